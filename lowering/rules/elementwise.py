"""Lowerings of the elementwise primitives."""

import numpy as np
from jaxlib.mlir.dialects import stablehlo

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims import elementwise as e
from hloom.lowering.table import one_to_one, rule

_BOOL = np.dtype(bool)

one_to_one(
    {
        e.neg: "stablehlo.negate",
        e.sign: "stablehlo.sign",
        e.abs: "stablehlo.abs",
        e.add: "stablehlo.add",
        e.sub: "stablehlo.subtract",
        e.mul: "stablehlo.multiply",
        e.div: "stablehlo.divide",
        e.rem: "stablehlo.remainder",
        e.max: "stablehlo.maximum",
        e.min: "stablehlo.minimum",
        e.floor: "stablehlo.floor",
        e.ceil: "stablehlo.ceil",
        e.is_finite: "stablehlo.is_finite",
        e.log1p: "stablehlo.log_plus_one",
        e.cbrt: "stablehlo.cbrt",
        e.sin: "stablehlo.sine",
        e.cos: "stablehlo.cosine",
        e.atan2: "stablehlo.atan2",
        e.pow: "stablehlo.power",
        e.real: "stablehlo.real",
        e.imag: "stablehlo.imag",
        e.complex: "stablehlo.complex",
        e.bitwise_not: "stablehlo.not",
        e.bitwise_and: "stablehlo.and",
        e.bitwise_or: "stablehlo.or",
        e.bitwise_xor: "stablehlo.xor",
        e.shift_left: "stablehlo.shift_left",
        e.shift_right_logical: "stablehlo.shift_right_logical",
        e.shift_right_arithmetic: "stablehlo.shift_right_arithmetic",
        e.population_count: "stablehlo.popcnt",
        e.clz: "stablehlo.count_leading_zeros",
        e.exp: "stablehlo.exponential",
        e.expm1: "stablehlo.exponential_minus_one",
        e.log: "stablehlo.log",
        e.sqrt: "stablehlo.sqrt",
        e.rsqrt: "stablehlo.rsqrt",
        e.tan: "stablehlo.tan",
        e.tanh: "stablehlo.tanh",
        e.logistic: "stablehlo.logistic",
        e.clamp: "stablehlo.clamp",
        e.asin: "chlo.asin",
        e.acos: "chlo.acos",
        e.atan: "chlo.atan",
        e.sinh: "chlo.sinh",
        e.cosh: "chlo.cosh",
        e.asinh: "chlo.asinh",
        e.acosh: "chlo.acosh",
        e.atanh: "chlo.atanh",
        e.erf: "chlo.erf",
        e.erfc: "chlo.erfc",
        e.erf_inv: "chlo.erf_inv",
        e.lgamma: "chlo.lgamma",
        e.digamma: "chlo.digamma",
        e.nextafter: "chlo.next_after",
    }
)


def compare(ctx, direction, x, y, aval):
    """Compare two values of an aval; a bool value."""
    dtype = aval.dtype
    if dtypes.is_inexact(dtype):
        kind = "FLOAT"
    else:
        kind = "SIGNED" if dtypes.is_signed(dtype) else "UNSIGNED"
    attributes = {
        "comparison_direction": ctx.enum(stablehlo.ComparisonDirectionAttr.get, direction),
        "compare_type": ctx.enum(stablehlo.ComparisonTypeAttr.get, kind),
    }
    return ctx.op("stablehlo.compare", [x, y], attributes, ShapedArray(aval.shape, _BOOL))[0]


def _comparison(primitive, direction):
    @rule(primitive)
    def emit(ctx, x, y):
        # an operand of rank 0 has been given the shape of the result
        return [compare(ctx, direction, x, y, ctx.outs[0].update(dtype=ctx.ins[0].dtype))]


for _primitive, _direction in (
    (e.eq, "EQ"), (e.ne, "NE"), (e.lt, "LT"), (e.le, "LE"), (e.gt, "GT"), (e.ge, "GE"),
):  # fmt: skip
    _comparison(_primitive, _direction)


@rule(e.conj)
def _conj(ctx, z):
    part = ShapedArray(ctx.ins[0].shape, dtypes.to_real(ctx.ins[0].dtype))
    (re,) = ctx.op("stablehlo.real", [z], out=part)
    (im,) = ctx.op("stablehlo.imag", [z], out=part)
    (im,) = ctx.op("stablehlo.negate", [im], out=part)
    return ctx.op("stablehlo.complex", [re, im])


@rule(e.integer_pow)
def _integer_pow(ctx, x, *, y):
    one = ctx.scalar(1, ctx.outs[0].dtype, ctx.outs[0].shape)
    result, square, n = None, x, -y if y < 0 else y
    while n:
        if n & 1:
            result = square if result is None else ctx.op("stablehlo.multiply", [result, square])[0]
        n >>= 1
        if n:
            (square,) = ctx.op("stablehlo.multiply", [square, square])
    if result is None:
        return [one]
    return ctx.op("stablehlo.divide", [one, result]) if y < 0 else [result]


@rule(e.round)
def _round(ctx, x, *, to_even):
    return ctx.op(f"stablehlo.round_nearest_{'even' if to_even else 'afz'}", [x])


@rule(e.convert_element_type)
def _convert(ctx, x, *, dtype, weak_type):
    source = ctx.ins[0].dtype
    if source == dtype:
        return [x]
    if dtypes.is_bool(dtype):
        zero = ctx.scalar(0, source, ctx.ins[0].shape)
        return [compare(ctx, "NE", x, zero, ctx.ins[0])]
    if dtypes.is_complex(source) and not dtypes.is_complex(dtype):
        part = ShapedArray(ctx.ins[0].shape, dtypes.to_real(source))
        (x,) = ctx.op("stablehlo.real", [x], out=part)
        if part.dtype == dtype:
            return [x]
    return ctx.op("stablehlo.convert", [x])


@rule(e.select_n)
def _select(ctx, which, *cases):
    if dtypes.is_bool(ctx.ins[0].dtype):
        if len(cases) == 1:
            return [cases[0]]
        return ctx.op("stablehlo.select", [which, cases[1], cases[0]])
    out = ctx.outs[0]
    result = cases[-1]
    for i in range(len(cases) - 2, -1, -1):
        bound = ctx.scalar(i, ctx.ins[0].dtype, out.shape)
        below = compare(ctx, "LE", which, bound, ShapedArray(out.shape, ctx.ins[0].dtype))
        (result,) = ctx.op("stablehlo.select", [below, cases[i], result])
    return [result]

