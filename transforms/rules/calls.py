"""Rules of `jit`: transform the program it calls, and call the result.

What is derived from a composite is no longer what its name says: it is an ordinary call.
"""

from hloom.frontend.capture import values_of, write_back
from hloom.frontend.prims.calls import composite, dce_sink, jit
from hloom.transforms import batch, jvp, linearize, transpose
from hloom.transforms.programs import (
    batch_program,
    jvp_program,
    linearize_program,
    transpose_program,
)
from hloom.transforms.transpose import is_linear
from hloom.transforms.zeros import unpack


@jvp.rule(jit)
def _jvp(primals, tangents, *, program):
    found = jvp_program(program, tuple([t is not None for t in tangents]))
    outs = jit.bind(*primals, *[t for t in tangents if t is not None], program=found.program)
    n = len(found.nonzero)
    return outs[:n], unpack(outs[n:], found.nonzero)


@linearize.rule(jit)
def _linearize(primals, tangents, *, program):
    found = linearize_program(program, tuple([t is not None for t in tangents]))
    outs = jit.bind(*primals, program=found.primal)
    if not any(found.nonzero):
        return outs[: len(found.nonzero)], [None] * len(found.nonzero)
    residuals = found.residuals(primals, outs)
    active = [t for t in tangents if t is not None]
    out_tangents = jit.bind(*residuals, *active, program=found.tangent)
    return outs[: len(found.nonzero)], unpack(out_tangents, found.nonzero)


@transpose.rule(jit)
def _transpose(cts, *operands, program):
    linear = tuple([is_linear(x) for x in operands])
    found = transpose_program(program, linear, tuple([c is not None for c in cts]))
    known = [x for x in operands if not is_linear(x)]
    given = [c for c in cts if c is not None]
    outs = jit.bind(*known, *given, *values_of(found.refs), program=found.program)
    n = len(outs) - len(found.refs)
    write_back(found.refs, outs[n:])
    return unpack(unpack(outs[:n], found.nonzero), linear)


@batch.rule(jit)
def _batch(axis, operands, dims, *, program):
    found = batch_program(program, axis, dims)
    return jit.bind(*operands, program=found.program), found.dims


# ---------------------------------------------------------------- composites
def _as_call(table):
    rule = table.rules[jit]

    @table.rule(composite)
    def apply(*args, program, name, version, attributes):
        return rule(*args, program=program)


for _table in (jvp, linearize, transpose, batch):
    _as_call(_table)


# ---------------------------------------------------------------- sinks
jvp.none(dce_sink, "it has no results")


@batch.rule(dce_sink)
def _sink(axis, operands, dims, *, keep):
    return dce_sink.bind(*operands, keep=keep), []
