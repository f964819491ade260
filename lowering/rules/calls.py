"""Lowerings of the call-like primitives."""

from jaxlib.mlir import ir

from hloom.frontend.prims import calls
from hloom.lowering.context import dense
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


@rule(calls.dce_sink)
def _sink(ctx, *operands, keep):
    if keep:
        ctx.ops("stablehlo.optimization_barrier", operands, outs=ctx.ins)
    return []


@rule(calls.composite)
def _composite(ctx, *operands, program, name, version, attributes):
    given = {key: _attribute(value) for key, value in attributes}
    return ctx.ops(
        "stablehlo.composite",
        operands,
        {
            "name": ctx.string(name),
            "version": ctx.i32(version),
            "composite_attributes": ir.DictAttr.get(given),
            "decomposition": ctx.module.symbol(program),
        },
    )


def _attribute(value):
    """An MLIR attribute of a Python value: text, a number, an array or a tuple of such."""
    if isinstance(value, str):
        return ir.StringAttr.get(value)
    if isinstance(value, bool):
        return ir.BoolAttr.get(value)
    if isinstance(value, int):
        return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value)
    if isinstance(value, float):
        return ir.FloatAttr.get_f64(value)
    if isinstance(value, tuple):
        return ir.ArrayAttr.get([_attribute(v) for v in value])
    return dense(value.array)
