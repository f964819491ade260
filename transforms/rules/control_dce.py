"""What is dead inside control flow: results nobody uses, and carries that only feed themselves."""

from hloom.frontend.ir import Eqn
from hloom.frontend.prims.control import cond, scan, while_loop
from hloom.transforms import dce
from hloom.transforms.dce import restricted, without_inputs
from hloom.transforms.rules.control import chosen, either


@dce.rule(cond)
def _cond(eqn, used):
    branches = eqn.params["branches"]
    made = [restricted(b, used) for b in branches]
    needed = made[0][1]
    for _, more in made[1:]:
        needed = either(needed, more)
    smaller = tuple([without_inputs(b, needed) if not all(needed) else b for b, _ in made])
    if smaller == branches:
        return eqn
    invars = [eqn.invars[0], *chosen(eqn.invars[1:], needed)]
    outvars = chosen(eqn.outvars, used)
    return Eqn(cond, invars, outvars, {**eqn.params, "branches": smaller}, eqn.source)


@dce.rule(while_loop)
def _while(eqn, used):
    p = eqn.params
    test, body, c, b = p["cond"], p["body"], p["cond_consts"], p["body_consts"]
    test, tested = restricted(test, (True,))
    carry = either(used, tested[c:])
    while True:
        made, needed = restricted(body, carry)
        if either(carry, needed[b:]) == carry:
            break
        carry = either(carry, needed[b:])
    if all(carry) and all(tested[:c]) and all(needed[:b]) and (test, made) == (p["cond"], body):
        return eqn
    params = {
        "cond": without_inputs(test, (*tested[:c], *carry)),
        "body": without_inputs(made, (*needed[:b], *carry)),
        "cond_consts": sum(tested[:c]),
        "body_consts": sum(needed[:b]),
    }
    invars = chosen(eqn.invars, (*tested[:c], *needed[:b], *carry))
    return Eqn(while_loop, invars, chosen(eqn.outvars, carry), params, eqn.source)


@dce.rule(scan)
def _scan(eqn, used):
    p = eqn.params
    body, c, n = p["body"], p["num_consts"], p["num_carry"]
    carry, ys = used[:n], used[n:]
    while True:
        made, needed = restricted(body, (*carry, *ys))
        if either(carry, needed[c : c + n]) == carry:
            break
        carry = either(carry, needed[c : c + n])
    kept = (*needed[:c], *carry, *needed[c + n :])
    if made is body and all(kept):
        return eqn
    params = {
        **p,
        "body": without_inputs(made, kept),
        "num_consts": sum(needed[:c]),
        "num_carry": sum(carry),
    }
    outvars = chosen(eqn.outvars, (*carry, *ys))
    return Eqn(scan, chosen(eqn.invars, kept), outvars, params, eqn.source)
