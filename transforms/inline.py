"""Inlining: put the equations of called programs in the place of the calls.

{ lambda ; a. b = jit[program=@f] a in (b) }     @f = { lambda ; x. y = sin x in (y) }
-> { lambda ; a. y = sin a in (y) }
"""

from hloom.frontend.ir import Eqn, Program, Var
from hloom.frontend.prims import calls


def inline(program, primitives=(calls.jit,)):
    """The program without calls by `primitives`, however deeply nested."""
    eqns: list = []
    constvars, consts = list(program.constvars), list(program.consts)

    def emit(source, env):
        def read(a):
            return env.get(a, a) if type(a) is Var else a

        for eqn in source.eqns:
            operands = [read(a) for a in eqn.invars]
            if eqn.primitive in primitives:
                callee = eqn.params["program"]
                inner = dict(zip(callee.invars, operands))
                for v, c in zip(callee.constvars, callee.consts):
                    inner[v] = Var(v.aval)
                    constvars.append(inner[v])
                    consts.append(c)
                env.update(zip(eqn.outvars, emit(callee, inner)))
            else:
                # a program may be inlined twice, so each time its variables are new ones
                results = eqn.outvars if source is program else [Var(v.aval) for v in eqn.outvars]
                env.update(zip(eqn.outvars, results))
                eqns.append(Eqn(eqn.primitive, operands, results, eqn.params, eqn.source))
        return [read(a) for a in source.outvars]

    outvars = emit(program, {})
    return Program(constvars, program.invars, eqns, outvars, consts, program.name)
