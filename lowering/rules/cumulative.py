"""Lowerings of the cumulative operations.

On CPU a loop along the axis, which XLA makes one kernel, is the fastest by far; an axis of n
elements becomes blocks of about sqrt(n), whose loops run side by side: fewer steps and a smaller
rounding error. Where the elements at one position lie apart, the axis changes its place first, so
that a step reads and writes whole lines of memory. Elsewhere `reduce_window`, which XLA computes by
blocks itself. In portable modules pairs of elements, pairs of pairs and so on, since not every
compiler has those blocks.
"""

import math

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims import cumulative as c
from hloom.frontend.prims.calls import optimization_barrier
from hloom.frontend.prims.combiner import IDENTITIES, lowest
from hloom.frontend.prims.structural import broadcast_in_dim, pad, reshape, slice_in_dim, transpose
from hloom.lowering.rules.elementwise import compare
from hloom.lowering.table import rule

_INDEX = ShapedArray((), "int32")
_SHORT = 512
#: elements in a line of memory; from which distance of them, and size, it pays to move an axis
_LINE, _FAR, _LARGE = 16, 256, 1 << 17


def _identity(operation, dtype):
    return lowest(dtype) if operation is c.logaddexp else IDENTITIES[operation](dtype)


def _cumulative(primitive):
    combine = primitive.combine

    def one(earlier, later):
        return [combine(earlier[0], later[0])]

    def by_pairs(x, axis, reverse):
        return c.scan_by_pairs(one, [x], axis, reverse)

    by_pairs.__name__ = primitive.name

    @rule(primitive)
    def emit(ctx, x, *, axis, reverse):
        aval = ctx.ins[0]
        if ctx.module.target == "portable" or aval.size == 0:
            return ctx.lower_fun(by_pairs, [x], ctx.ins, axis=axis, reverse=reverse)
        return [_window(ctx, x, aval, combine, axis, reverse)]

    @rule(primitive, platform="cpu")
    def emit_loop(ctx, x, *, axis, reverse):
        aval = ctx.ins[0]
        if ctx.module.target == "portable" or aval.size == 0:
            return emit(ctx, x, axis=axis, reverse=reverse)
        # sums of narrow floats would stop growing when the sum is large
        narrow = dtypes.is_float(aval.dtype) and aval.dtype.itemsize < 4
        wide = aval.update(dtype="float32", weak_type=False) if narrow else aval
        if narrow:
            (x,) = ctx.op("stablehlo.convert", [x], out=wide)
        identity = [_identity(combine, wide.dtype)]
        (y,) = _blocks(ctx, [x], wide, axis, reverse, one, identity)
        return ctx.op("stablehlo.convert", [y]) if narrow else [y]


for _primitive in (c.cumsum, c.cumprod, c.cummax, c.cummin, c.cumlogsumexp):
    _cumulative(_primitive)


def _window(ctx, x, aval, combine, axis, reverse):
    """The window that reaches from the start (or to the end) to each position."""
    n, ndim = aval.shape[axis], aval.ndim
    window = [n if i == axis else 1 for i in range(ndim)]
    reach = (0, n - 1) if reverse else (n - 1, 0)
    padding = [reach if i == axis else (0, 0) for i in range(ndim)]
    scalar = ShapedArray((), aval.dtype)
    start = ctx.scalar(_identity(combine, aval.dtype), aval.dtype)
    attributes = {
        "window_dimensions": ctx.ints(window),
        "padding": ctx.pairs(padding),
    }
    body = lambda inner, a, b: inner.lower_fun(combine, [a, b], [scalar, scalar])
    return ctx.regional("stablehlo.reduce_window", [x, start], attributes, [([scalar] * 2, body)])[
        0
    ]


# ---------------------------------------------------------------- recurrences
def _recurrence_by_pairs(a, b, axis, reverse):
    return c.scan_by_pairs(c.compose, [a, b], axis, reverse)[1]


@rule(c.linear_recurrence)
def _recurrence(ctx, a, b, *, axis, reverse):
    return ctx.lower_fun(_recurrence_by_pairs, [a, b], ctx.ins, axis=axis, reverse=reverse)


@rule(c.linear_recurrence, platform="cpu")
def _recurrence_loop(ctx, a, b, *, axis, reverse):
    aval = ctx.outs[0]
    if ctx.module.target == "portable" or aval.size == 0:
        return _recurrence(ctx, a, b, axis=axis, reverse=reverse)
    return _blocks(ctx, [a, b], aval, axis, reverse, c.compose, [1, 0])[1:]


# ---------------------------------------------------------------- loops
def _blocks(ctx, xs, aval, axis, reverse, combine, identities):
    """Scan along an axis: in blocks, side by side, whose totals are then scanned and put in."""
    n, place = aval.shape[axis], _place(aval, axis)
    if place != axis:
        xs = [ctx.lower_fun(_moved, [x], [aval], source=axis, to=place)[0] for x in xs]
        moved = aval.update(shape=_with_axis_at(aval.shape, axis, place))
        ys = _blocks(ctx, xs, moved, place, reverse, combine, identities)
        return [ctx.lower_fun(_moved, [y], [moved], source=place, to=axis)[0] for y in ys]
    if n <= _SHORT:
        return _loop(ctx, xs, aval, axis, reverse, combine, identities)[1]
    length = math.isqrt(n - 1) + 1
    count = -(-n // length)
    shape = (*aval.shape[:axis], count, length, *aval.shape[axis + 1 :])
    place = _place(ShapedArray(shape, aval.dtype), axis + 1)
    blocked = ShapedArray(_with_axis_at(shape, axis + 1, place), aval.dtype)
    blocks = [
        ctx.lower_fun(_in_blocks, [x], [aval], axis=axis, shape=shape, fill=fill, place=place)[0]
        for x, fill in zip(xs, identities, strict=True)
    ]
    totals, inner = _loop(ctx, blocks, blocked, place, reverse, combine, identities)
    summary = ShapedArray((*aval.shape[:axis], count, *aval.shape[axis + 1 :]), aval.dtype)
    totals = [ctx.reshape(t, summary) for t in totals]
    prefixes = _blocks(ctx, totals, summary, axis, reverse, combine, identities)

    params = {"axis": axis, "reverse": reverse, "place": place, "n": n}
    avals = [summary] * len(xs) + [blocked] * len(xs)
    fills = tuple(identities)
    return ctx.lower_fun(
        _put_in, [*prefixes, *inner], avals, combine=combine, fills=fills, **params
    )


def _put_in(*values, combine, fills, axis, reverse, place, n):
    """Combine each block with the prefix before it, and join the blocks to `n` elements."""
    k = len(fills)
    shape = values[k].shape
    kept = [i for i in range(len(shape)) if i != place]
    before = [
        broadcast_in_dim(c.shifted(p, axis, reverse, f), shape, kept)
        for p, f in zip(values[:k], fills, strict=True)
    ]
    joined = [_moved(y, place, axis + 1) for y in combine(before, list(values[k:]))]
    shape = joined[0].shape
    long = (*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :])
    return [slice_in_dim(reshape(y, long), 0, n, axis=axis) for y in joined]


def _in_blocks(x, axis, shape, fill, place):
    missing = shape[axis] * shape[axis + 1] - x.shape[axis]
    if missing:
        config = [(0, missing if i == axis else 0, 0) for i in range(x.ndim)]
        x = pad(x, fill, config)
    return _moved(reshape(x, shape), axis + 1, place)


def _place(aval, axis):
    """Where the axis of a loop is best: before enough elements to fill a line of memory."""
    place, adjoining = axis, 1
    if axis == aval.ndim - 1 and aval.shape[axis] >= _FAR and aval.size >= _LARGE:
        while adjoining < _LINE and place > 0:
            place -= 1
            adjoining *= aval.shape[place]
    return place if adjoining >= _LINE else axis


def _with_axis_at(shape, axis, place):
    shape = list(shape)
    shape.insert(place, shape.pop(axis))
    return tuple(shape)


def _moved(x, source, to):
    """An array with an axis at another place, in memory too: nothing is fused with that."""
    if source == to:
        return x
    order = _with_axis_at(range(x.ndim), source, to)
    return optimization_barrier(transpose(optimization_barrier(x), order))


def _loop(ctx, xs, aval, axis, reverse, combine, identities):
    """A while loop over the positions of an axis: the last values, and all of them."""
    n = aval.shape[axis]
    k = len(xs)
    slab = ShapedArray(c.with_length(aval.shape, axis, 1), aval.dtype)
    # several results in the operands' places would make XLA copy them at every step
    outs = xs if k == 1 else [ctx.scalar(v, aval.dtype, aval.shape) for v in identities]
    spare = [] if k == 1 else list(xs)
    carry = [_INDEX, *[slab] * k, *[aval] * (k + len(spare))]
    accumulated = [ctx.scalar(v, aval.dtype, slab.shape) for v in identities]
    first = ctx.scalar(n - 1 if reverse else 0, "int32")

    def condition(body, i, *_):
        bound = body.scalar(0 if reverse else n, "int32")
        return [compare(body, "GE" if reverse else "LT", i, bound, _INDEX)]

    def step(body, i, *state):
        zero = body.scalar(0, "int32")
        starts = [i if d == axis else zero for d in range(aval.ndim)]
        sizes = {"slice_sizes": body.ints(slab.shape)}
        here = [
            body.op("stablehlo.dynamic_slice", [x, *starts], sizes, slab)[0] for x in state[-k:]
        ]
        new = body.lower_fun(_step, [*state[:k], *here], [slab] * (2 * k), combine=combine)
        # a position is read before it is overwritten, so results take the operands' place
        updated = [
            body.op("stablehlo.dynamic_update_slice", [x, y, *starts], out=aval)[0]
            for x, y in zip(state[k : 2 * k], new, strict=True)
        ]
        one = body.scalar(1, "int32")
        (i,) = body.op("stablehlo.subtract" if reverse else "stablehlo.add", [i, one], out=_INDEX)
        return [i, *new, *updated, *state[2 * k :]]

    results = ctx.regional(
        "stablehlo.while",
        [first, *accumulated, *outs, *spare],
        None,
        [(carry, condition), (carry, step)],
        carry,
    )
    return results[1 : 1 + k], results[1 + k : 1 + 2 * k]


def _step(*values, combine):
    half = len(values) // 2
    return combine(values[:half], values[half:])
