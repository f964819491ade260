"""Lowerings of the call-like primitives."""

from hloom.frontend.prims import calls
from hloom.lowering.table import rule


@rule(calls.jit)
def _jit(ctx, *operands, program):
    return ctx.call(program, operands)


@rule(calls.custom_jvp_call)
@rule(calls.custom_vjp_call)
@rule(calls.custom_vmap_call)
def _custom(ctx, *operands, program, rule, num_consts):
    return ctx.call(program, operands)


@rule(calls.optimization_barrier)
def _barrier(ctx, *operands):
    return ctx.ops("stablehlo.optimization_barrier", operands)


@rule(calls.checkpoint)
def _checkpoint(ctx, *operands, program, policy, prevent_cse):
    return ctx.inline(program, operands)


@rule(calls.linear_call)
def _linear(ctx, *operands, map):
    return ctx.lower_fun(map.forward, operands, ctx.ins)


@rule(calls.name)
@rule(calls.stop)
def _identity(ctx, x, **_):
    return [x]
