"""Dead-code elimination: drop equations whose results nobody uses.

    { lambda ; a. b = sin a; c = cos a in (b) }   ->   { lambda ; a. b = sin a in (b) }

Equations with effects stay. Constants that are no longer used go; inputs stay.
"""

from hloom.frontend.ir import Program, Var


def dce(program):
    """The program without its dead equations; itself if there are none."""
    live = {a for a in program.outvars if type(a) is Var}
    kept = []
    for eqn in reversed(program.eqns):
        for v in eqn.outvars:
            if v in live:
                break
        else:
            if not eqn.effects:
                continue
        kept.append(eqn)
        live.update([a for a in eqn.invars if type(a) is Var])
    if len(kept) == len(program.eqns):
        return program
    kept.reverse()
    pairs = [(v, c) for v, c in zip(program.constvars, program.consts) if v in live]
    constvars, consts = [v for v, _ in pairs], [c for _, c in pairs]
    return Program(constvars, program.invars, kept, program.outvars, consts, program.name)
