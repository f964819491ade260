"""Lowerings of the reductions."""

import numpy as np
from jaxlib.mlir import ir

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims import reduction as r
from hloom.lowering.rules.elementwise import compare
from hloom.lowering.table import rule


_BOOL = ShapedArray((), "bool")


def lowest(dtype):
    """The value below which no element of `dtype` lies: the identity of max."""
    if dtypes.is_bool(dtype):
        return False
    if dtypes.is_complex(dtype):
        return complex(-np.inf, -np.inf)
    if dtypes.is_float(dtype):
        return -np.inf if _has_infinity(dtype) else float(dtypes.finfo(dtype).min)
    return int(dtypes.iinfo(dtype).min)


def highest(dtype):
    """The value above which no element of `dtype` lies: the identity of min."""
    if dtypes.is_bool(dtype):
        return True
    if dtypes.is_complex(dtype):
        return complex(np.inf, np.inf)
    if dtypes.is_float(dtype):
        return np.inf if _has_infinity(dtype) else float(dtypes.finfo(dtype).max)
    return int(dtypes.iinfo(dtype).max)


def _has_infinity(dtype):
    return bool(np.isinf(np.array(np.inf, np.float32).astype(dtype).astype(np.float32)))


#: primitive -> (operation that combines two elements, its identity in a dtype)
MONOIDS = {
    r.reduce_sum: ("stablehlo.add", lambda d: 0),
    r.reduce_prod: ("stablehlo.multiply", lambda d: 1),
    r.reduce_max: ("stablehlo.maximum", lowest),
    r.reduce_min: ("stablehlo.minimum", highest),
    r.reduce_and: ("stablehlo.and", lambda d: True if dtypes.is_bool(d) else -1 if dtypes.is_signed(d) else int(dtypes.iinfo(d).max)),
    r.reduce_or: ("stablehlo.or", lambda d: 0),
    r.reduce_xor: ("stablehlo.xor", lambda d: 0),
}


def _reduction(primitive):
    combine, identity = MONOIDS[primitive]

    @rule(primitive)
    def emit(ctx, x, *, axes):
        dtype = ctx.ins[0].dtype
        return [reduce(ctx, combine, x, identity(dtype), dtype, axes)]


def reduce(ctx, combine, x, identity, dtype, axes):
    """Reduce one array with an operation on two scalars."""
    scalar = ShapedArray((), dtype)
    made = ir.Operation.create(
        "stablehlo.reduce",
        [ctx.context.type(ctx.outs[0])],
        [x, ctx.scalar(identity, dtype)],
        {"dimensions": ctx.ints(axes)},
        None,
        1,
        ctx.loc,
        ctx.ip,
    )
    ctx.region(made.regions[0], [scalar, scalar], lambda body, a, b: body.op(combine, [a, b], out=scalar))
    return made.result


for _primitive in MONOIDS:
    _reduction(_primitive)


def _argument(primitive, better, identity):
    @rule(primitive)
    def emit(ctx, x, *, axis, index_dtype):
        # a pair reduction: the better value wins, NaN beats all, ties go to the smaller index
        aval, out = ctx.ins[0], ctx.outs[0]
        index = ShapedArray(aval.shape, index_dtype)
        (positions,) = ctx.op("stablehlo.iota", [], {"iota_dimension": ctx.i64(axis)}, index)
        start = ctx.scalar(identity(aval.dtype), aval.dtype)
        nowhere = ctx.scalar(0, index_dtype)
        value, place = ShapedArray((), aval.dtype), ShapedArray((), index_dtype)
        kinds = [ctx.context.type(ShapedArray(out.shape, aval.dtype)), ctx.context.type(out)]
        made = ir.Operation.create(
            "stablehlo.reduce", kinds, [x, positions, start, nowhere],
            {"dimensions": ctx.ints((axis,))}, None, 1, ctx.loc, ctx.ip,
        )  # fmt: skip
        ctx.region(
            made.regions[0],
            [value, place, value, place],
            lambda body, a, i, b, j: _choose(body, better, value, place, a, i, b, j),
        )
        return [made.results[1]]


def _choose(body, better, value, place, a, i, b, j):
    wins = compare(body, better, a, b, value)
    if dtypes.is_float(value.dtype):
        wins = body.op("stablehlo.or", [wins, compare(body, "NE", a, a, value)], out=_BOOL)[0]
    ties = body.op(
        "stablehlo.and",
        [compare(body, "EQ", a, b, value), compare(body, "LT", i, j, place)],
        out=_BOOL,
    )[0]
    first = body.op("stablehlo.or", [wins, ties], out=_BOOL)[0]
    return [
        body.op("stablehlo.select", [wins, a, b], out=value)[0],
        body.op("stablehlo.select", [first, i, j], out=place)[0],
    ]


_argument(r.argmax, "GT", lowest)
_argument(r.argmin, "LT", highest)
