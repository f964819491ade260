"""Lowerings of the structural primitives."""

from hloom.frontend import dtypes
from hloom.frontend.prims import structural as s
from hloom.frontend.prims.elementwise import complex, imag, real
from hloom.lowering.table import rule


@rule(s.broadcast_in_dim)
def _broadcast(ctx, x, *, shape, broadcast_dimensions):
    return [ctx.broadcast(x, ctx.outs[0], broadcast_dimensions)]


@rule(s.reshape)
def _reshape(ctx, x, *, new_sizes):
    return ctx.op("stablehlo.reshape", [x])


@rule(s.transpose)
def _transpose(ctx, x, *, permutation):
    return ctx.op("stablehlo.transpose", [x], {"permutation": ctx.ints(permutation)})


@rule(s.broadcasted_iota)
def _iota(ctx, *, dtype, shape, dimension):
    return ctx.op("stablehlo.iota", [], {"iota_dimension": ctx.i64(dimension)})


@rule(s.slice)
def _slice(ctx, x, *, start_indices, limit_indices, strides):
    attributes = {
        "start_indices": ctx.ints(start_indices),
        "limit_indices": ctx.ints(limit_indices),
        "strides": ctx.ints(strides),
    }
    return ctx.op("stablehlo.slice", [x], attributes)


def _pad_parts(x, value, *, padding_config):
    """Complex numbers padded part by part."""
    parts = [s.pad(part(x), part(value), padding_config) for part in (real, imag)]
    return complex(*parts)


@rule(s.pad)
def _pad(ctx, x, value, *, padding_config):
    if ctx.module.target == "portable" and dtypes.is_complex(ctx.ins[0].dtype):
        # IREE's compiler crashes where complex numbers are padded
        return ctx.lower_fun(_pad_parts, [x, value], ctx.ins, padding_config=padding_config)
    low, high, interior = zip(*padding_config, strict=True) if padding_config else ((), (), ())
    attributes = {
        "edge_padding_low": ctx.ints(low),
        "edge_padding_high": ctx.ints(high),
        "interior_padding": ctx.ints(interior),
    }
    return ctx.op("stablehlo.pad", [x, value], attributes)


@rule(s.concatenate)
def _concatenate(ctx, *operands, dimension):
    return ctx.op("stablehlo.concatenate", operands, {"dimension": ctx.i64(dimension)})


@rule(s.rev)
def _rev(ctx, x, *, dimensions):
    return ctx.op("stablehlo.reverse", [x], {"dimensions": ctx.ints(dimensions)})
