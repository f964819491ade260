"""Dead-code elimination: drop equations whose results nobody uses.

    { lambda ; a. b = sin a; c = cos a in (b) }   ->   { lambda ; a. b = sin a in (b) }

Equations with effects stay. Constants that are no longer used go; inputs stay. A primitive that
holds programs may have a rule that drops what is dead inside it.
"""

from hloom.frontend.ir import Program, Var, memoised
from hloom.frontend.primitive import registrar

#: primitive -> rule(equation, mask of the results that are used) -> a smaller equation
rules: dict = {}

#: the decorator that registers the rule of a primitive
rule = registrar(rules)


def dce(program):
    """The program without its dead equations; itself if there are none."""
    live = {a for a in program.outvars if type(a) is Var}
    kept, changed = [], False
    for eqn in reversed(program.eqns):
        for v in eqn.outvars:
            if v in live:
                break
        else:
            if not eqn.effects:
                changed = True
                continue
        smaller = rules.get(eqn.primitive)
        if smaller is not None:
            found = smaller(eqn, tuple([v in live for v in eqn.outvars]))
            changed = changed or found is not eqn
            eqn = found
        kept.append(eqn)
        live.update([a for a in eqn.invars if type(a) is Var])
    if not changed:
        return program
    kept.reverse()
    pairs = [(v, c) for v, c in zip(program.constvars, program.consts) if v in live]
    constvars, consts = [v for v, _ in pairs], [c for _, c in pairs]
    return Program(constvars, program.invars, kept, program.outvars, consts, program.name)


@memoised
def restricted(program, used):
    """The program with the results marked in `used` alone, and which inputs it then needs."""
    outvars = [y for y, on in zip(program.outvars, used) if on]
    made = program
    if len(outvars) != len(program.outvars):
        parts = program.constvars, program.invars, program.eqns, outvars, program.consts
        made = Program(*parts, program.name)
    made = dce(made)
    live = {a for q in made.eqns for a in q.invars}.union(made.outvars)
    return made, tuple([v in live for v in made.invars])


@memoised
def without_inputs(program, kept):
    """The program with those inputs alone that `kept` marks; it does not use the others."""
    invars = [v for v, on in zip(program.invars, kept) if on]
    parts = program.constvars, invars, program.eqns, program.outvars, program.consts
    return Program(*parts, program.name)
