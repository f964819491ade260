"""Common-subexpression elimination: compute equal things once.

    { lambda ; a. b = sin a; c = sin a; d = add b c in (d) }
    -> { lambda ; a. b = sin a; d = add b b in (d) }

Two equations are equal when they apply one primitive to the same operands with equal parameters and
have no effects.
"""

from hloom.frontend.ir import Eqn, Program, Var


def cse(program):
    """The program with each repeated equation replaced by its first occurrence."""
    known: dict = {}
    seen: dict = {}
    eqns = []
    for eqn in program.eqns:
        atoms = [known.get(a, a) if type(a) is Var else a for a in eqn.invars]
        key = (eqn.primitive, *atoms, *eqn.params.items())
        first = None if eqn.effects else seen.get(key)
        if first is not None:
            known.update(zip(eqn.outvars, first))
            continue
        seen[key] = eqn.outvars
        eqns.append(Eqn(eqn.primitive, atoms, eqn.outvars, eqn.params, eqn.source))
    if len(eqns) == len(program.eqns):
        return program
    outvars = [known.get(a, a) if type(a) is Var else a for a in program.outvars]
    constvars, consts = program.constvars, program.consts
    return Program(constvars, program.invars, eqns, outvars, consts, program.name)
