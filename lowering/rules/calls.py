"""Lowerings of the call-like primitives."""

from hloom.frontend.prims import calls
from hloom.lowering.table import rule


@rule(calls.jit)
def _jit(ctx, *operands, program):
    return ctx.call(program, operands)


@rule(calls.custom_jvp_call)
@rule(calls.custom_vjp_call)
def _custom(ctx, *operands, program, rule, num_consts):
    return ctx.call(program, operands)


@rule(calls.optimization_barrier)
def _barrier(ctx, *operands):
    return ctx.ops("stablehlo.optimization_barrier", operands)
