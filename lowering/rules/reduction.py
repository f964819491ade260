"""Lowerings of the reductions."""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims import elementwise as e, reduction as r
from hloom.frontend.prims.combiner import IDENTITIES, highest, lowest
from hloom.frontend.prims.structural import broadcast_in_dim, broadcasted_iota
from hloom.lowering.rules.elementwise import compare
from hloom.lowering.table import rule

_BOOL = ShapedArray((), "bool")

#: reduction -> the operation that combines two elements
_COMBINES = {
    r.reduce_sum: e.add,
    r.reduce_prod: e.mul,
    r.reduce_max: e.max,
    r.reduce_min: e.min,
    r.reduce_and: e.bitwise_and,
    r.reduce_or: e.bitwise_or,
    r.reduce_xor: e.bitwise_xor,
}

#: operation -> its StableHLO operation on two scalars
NAMES = {
    e.add: "stablehlo.add",
    e.mul: "stablehlo.multiply",
    e.max: "stablehlo.maximum",
    e.min: "stablehlo.minimum",
    e.bitwise_and: "stablehlo.and",
    e.bitwise_or: "stablehlo.or",
    e.bitwise_xor: "stablehlo.xor",
}


def _reduction(primitive, operation):
    @rule(primitive)
    def emit(ctx, x, *, axes):
        dtype = ctx.ins[0].dtype
        start = ctx.scalar(IDENTITIES[operation](dtype), dtype)
        return over_axes(ctx, [x], [start], axes, combine=one_operation(operation, dtype))


def one_operation(operation, dtype):
    """A region's body: one operation on two scalars."""
    scalar = ShapedArray((), dtype)
    return lambda body, a, b: body.op(NAMES[operation], [a, b], out=scalar)


def over_axes(ctx, operands, inits, axes, combine, outs=None):
    """`stablehlo.reduce`, whose region is filled by `combine(body, *lefts, *rights)`."""
    outs = ctx.outs if outs is None else outs
    scalars = [ShapedArray((), out.dtype) for out in outs]
    attributes = {"dimensions": ctx.ints(axes)}
    bodies = [(scalars * 2, combine)]
    return ctx.regional("stablehlo.reduce", [*operands, *inits], attributes, bodies, outs)


for _primitive, _operation in _COMBINES.items():
    _reduction(_primitive, _operation)


@rule(r.reduce)
def _reduce(ctx, *values, computation, axes):
    n = len(values) // 2
    return over_axes(ctx, values[:n], values[n:], axes, lambda body, *xs: body.run(computation, xs))


# ---------------------------------------------------------------- positions of extremes
def _argument(primitive, better, identity, extreme):
    @rule(primitive)
    def in_pairs(ctx, x, *, axis, index_dtype):
        # a reduction of (value, index): NaN beats all, ties go to the smaller index
        aval, out = ctx.ins[0], ctx.outs[0]
        positions = ShapedArray(aval.shape, index_dtype)
        (index,) = ctx.op("stablehlo.iota", [], {"iota_dimension": ctx.i64(axis)}, positions)
        inits = [ctx.scalar(identity(aval.dtype), aval.dtype), ctx.scalar(0, index_dtype)]
        value, place = ShapedArray((), aval.dtype), ShapedArray((), index_dtype)

        def choose(body, a, i, b, j):
            left, right = _beats(body, better, value, a, b), _beats(body, better, value, b, a)
            tie = compare(body, "EQ", left, right, _BOOL)
            (first,) = body.op("stablehlo.minimum", [i, j], out=place)
            (best,) = body.op("stablehlo.select", [left, i, j], out=place)
            return [
                body.op("stablehlo.select", [left, a, b], out=value)[0],
                body.op("stablehlo.select", [tie, first, best], out=place)[0],
            ]

        outs = [out.update(dtype=aval.dtype), out]
        return over_axes(ctx, [x, index], inits, (axis,), choose, outs)[1:]

    def in_two_passes(x, axis, index_dtype):
        """The extreme, then the first position of it or of NaN: XLA vectorises both."""
        shape = x.shape
        kept = [i for i in range(len(shape)) if i != axis]
        y = broadcast_in_dim(extreme(x, (axis,)), shape, kept)
        hit = e.eq(x, y)
        if dtypes.is_float(x.dtype):
            hit = e.bitwise_or(hit, e.ne(x, x))
        index = broadcasted_iota(index_dtype, shape, axis)
        return r.reduce_min(e.select(hit, index, shape[axis] - 1), (axis,))

    in_two_passes.__name__ = primitive.name

    @rule(primitive, platform="cpu")
    def emit(ctx, x, **params):
        return ctx.lower_fun(in_two_passes, [x], ctx.ins, **params)


def _beats(body, better, scalar, a, b):
    found = compare(body, better, a, b, scalar)
    if dtypes.is_float(scalar.dtype):
        found = body.op("stablehlo.or", [found, compare(body, "NE", a, a, scalar)], out=_BOOL)[0]
    return found


_argument(r.argmax, "GT", lowest, r.reduce_max)
_argument(r.argmin, "LT", highest, r.reduce_min)
