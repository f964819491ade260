"""Rules of the calls with a batching rule of their own."""

from hloom.frontend.errors import ArgumentError
from hloom.frontend.ir import Program
from hloom.frontend.prims.calls import custom_vmap_call, jit
from hloom.frontend.trace import aval_of, stage
from hloom.transforms import batch, jvp, linearize
from hloom.transforms.batch import at_front
from hloom.transforms.custom_vmap import DerivedVmapRule
from hloom.transforms.programs import jvp_program
from hloom.transforms.rules.control import mask_of, present
from hloom.transforms.zeros import unpack


@batch.rule(custom_vmap_call)
def _batch(axis, operands, dims, *, program, rule, num_consts):
    if any(mask_of(dims[:num_consts])):
        raise _closure(rule, "mapped", "batching rule")
    batched = list(mask_of(dims[num_consts:]))
    if not any(batched):
        outs = custom_vmap_call.bind(*operands, program=program, rule=rule, num_consts=num_consts)
        return outs, [None] * len(outs)
    front = [at_front(x, d) for x, d in zip(operands[num_consts:], dims[num_consts:])]
    outs, found = rule(axis.size, front, batched)
    return outs, [0 if on else None for on in found]


def _closure(rule, what, which):
    return ArgumentError(
        f"{rule.name}: closes over a value that is being {what}",
        f"its {which} says nothing about that value",
        "pass the value as an argument of the function",
    )


def _staged(primals, tangents, program, rule, num_consts):
    """The operands, their tangents and the Program of a call that may not have been staged yet."""
    if not isinstance(program, Program):
        made = stage(program, [aval_of(p) for p in primals], rule.name, "custom_vmap")
        if any([isinstance(c, jvp.JVPTracer) for c in made.consts]):
            raise _closure(rule, "differentiated", "derivative")
        n = len(made.consts)
        primals, tangents = [*made.consts, *primals], [*[None] * n, *tangents]
        program, num_consts = made.closed(), n
    elif any(mask_of(tangents[:num_consts])):
        raise _closure(rule, "differentiated", "derivative")
    return primals, tangents, program, num_consts


@jvp.rule(custom_vmap_call)
def _jvp(primals, tangents, *, program, rule, num_consts):
    primals, tangents, program, n = _staged(primals, tangents, program, rule, num_consts)
    found = jvp_program(program, mask_of(tangents))
    derived = DerivedVmapRule(rule, mask_of(tangents[n:]), found.nonzero)
    outs = custom_vmap_call.bind(
        *primals, *present(tangents), program=found.program, rule=derived, num_consts=n
    )
    k = len(found.nonzero)
    return outs[:k], unpack(outs[k:], found.nonzero)


@linearize.rule(custom_vmap_call)
def _linearize(primals, tangents, *, program, rule, num_consts):
    primals, tangents, program, _ = _staged(primals, tangents, program, rule, num_consts)
    return linearize.rules[jit](primals, tangents, program=program)
