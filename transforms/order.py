"""Ordered effects become data: each ordered call takes a token that the one before it gave.

    { lambda ; a. debug_callback[ordered=True] a; debug_callback[ordered=True] a in (a) }
 -> { lambda ; a. s = ordered_call 0 a; t = ordered_call s a in (a) }

Loops carry the token, branches and called programs take and give it, so the order of the program's
text is the order in which the host is called. The last token is dropped.
"""

from hloom.frontend.errors import UnsupportedError
from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Eqn, Program, Var, memoised
from hloom.frontend.prims import callbacks, calls, control
from hloom.frontend.prims.callbacks import TOKEN, is_ordered, ordered_call


def ordered(program):
    """The program with its ordered effects in a chain; itself if it has none."""
    return _ordered(program) if is_ordered(program.effects) else program


@memoised
def _ordered(program):
    eqns, _ = _chained(program.eqns, typed_literal(0, TOKEN.dtype))
    return _with(program, program.invars, eqns, program.outvars)


@memoised
def _passing(program, place=0):
    """The program with a token among its inputs, at `place`, and before its results."""
    token = Var(TOKEN)
    eqns, last = _chained(program.eqns, token)
    invars = [*program.invars[:place], token, *program.invars[place:]]
    return _with(program, invars, eqns, [last, *program.outvars])


def _with(program, invars, eqns, outvars):
    return Program(program.constvars, invars, eqns, outvars, program.consts, program.name)


def _chained(eqns, token):
    """The equations with a token going from one to the next, and the last token."""
    made = []
    for eqn in eqns:
        if is_ordered(eqn.effects):
            after = Var(TOKEN)
            eqn = _rule_of(eqn)(eqn, token, after)
            token = after
        made.append(eqn)
    return made, token


def _rule_of(eqn):
    found = _RULES.get(eqn.primitive)
    if found is None:
        raise UnsupportedError(
            f"{eqn.primitive.name}: an ordered effect happens in a program that it holds",
            "how often and in which order that program runs is not known",
            "pass ordered=False to the callback",
            eqn.source,
        )
    return found


# ---------------------------------------------------------------- one rule for each primitive
def _callback(eqn, before, after):
    params = {"function": eqn.params["function"]}
    return Eqn(ordered_call, [before, *eqn.invars], [after, *eqn.outvars], params, eqn.source)


def _call(eqn, before, after):
    params = {"program": _passing(eqn.params["program"])}
    return Eqn(calls.jit, [before, *eqn.invars], [after, *eqn.outvars], params, eqn.source)


def _cond(eqn, before, after):
    index, *operands = eqn.invars
    branches = tuple([_passing(b) for b in eqn.params["branches"]])
    invars = [index, before, *operands]
    return Eqn(control.cond, invars, [after, *eqn.outvars], {"branches": branches}, eqn.source)


def _while(eqn, before, after):
    p = eqn.params
    if is_ordered(p["cond"].effects):
        raise UnsupportedError(
            "while_loop: an ordered effect happens in its condition",
            "a condition gives a bool and nothing else",
            "move the callback to the body, or pass it ordered=False",
            eqn.source,
        )
    test, n, m = p["cond"], p["cond_consts"], p["cond_consts"] + p["body_consts"]
    wider = [*test.invars[:n], Var(TOKEN), *test.invars[n:]]
    params = {
        **p,
        "cond": _with(test, wider, test.eqns, test.outvars),
        "body": _passing(p["body"], p["body_consts"]),
    }
    invars = [*eqn.invars[:m], before, *eqn.invars[m:]]
    return Eqn(control.while_loop, invars, [after, *eqn.outvars], params, eqn.source)


def _scan(eqn, before, after):
    p, n = eqn.params, eqn.params["num_consts"]
    params = {**p, "body": _passing(p["body"], n), "num_carry": p["num_carry"] + 1}
    invars = [*eqn.invars[:n], before, *eqn.invars[n:]]
    return Eqn(control.scan, invars, [after, *eqn.outvars], params, eqn.source)


_RULES = {
    callbacks.io_callback: _callback,
    callbacks.debug_callback: _callback,
    calls.jit: _call,
    calls.checkpoint: _call,
    calls.custom_jvp_call: _call,
    calls.custom_vjp_call: _call,
    calls.custom_vmap_call: _call,
    control.cond: _cond,
    control.while_loop: _while,
    control.scan: _scan,
}
