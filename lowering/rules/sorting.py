"""Lowerings of sorting.

Floats are compared as integers that have the order of the floats: XLA sorts them many times faster
than by a comparison that knows about NaN. The bits of a positive float grow with it; those of a
negative one, but for the sign, are turned over.
"""

import math

import numpy as np
from jaxlib.mlir import ir

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e, sorting as s
from hloom.frontend.prims.bitcast import bitcast_convert_type
from hloom.frontend.prims.indexing import index_dtype
from hloom.frontend.prims.reduction import reduce_max
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    concatenate,
    reshape,
    rev,
    slice_in_dim,
)
from hloom.lowering.rules.elementwise import compare
from hloom.lowering.table import rule

_WIDE = np.dtype(np.int64)
_SHORT, _LANES = 2048, 16


def _integer_of(dtype):
    return np.dtype(np.int64 if dtype.itemsize == 8 else np.int32)


def _to_order(x, equal_zeros):
    """Integers, or pairs of them for complex numbers, that have the order of the elements."""
    dtype = x.dtype
    if dtypes.is_complex(dtype):
        return [*_to_order(e.real(x), equal_zeros), *_to_order(e.imag(x), equal_zeros)]
    if not dtypes.is_float(dtype):
        return [x]
    if dtype.itemsize < 4:
        x = e.convert_element_type(x, "float32")
    if equal_zeros:
        zero = typed_literal(0, x.dtype)
        x = e.select(e.eq(x, zero), zero, x)
    x = e.select(e.ne(x, x), typed_literal(float("nan"), x.dtype), x)
    return [_turned(bitcast_convert_type(x, _integer_of(x.dtype)))]


def _turned(bits):
    """Negative integers with all but the sign turned over; its own inverse."""
    mask = typed_literal(int(dtypes.iinfo(bits.dtype).max), bits.dtype)
    negative = e.lt(bits, typed_literal(0, bits.dtype))
    return e.select(negative, e.bitwise_xor(bits, mask), bits)


def _from_order(key, dtype):
    """The floats of a dtype that integers stand for."""
    wide = np.dtype(np.float32) if dtype.itemsize < 4 else dtype
    return e.convert_element_type(bitcast_convert_type(_turned(key), wide), dtype)


@rule(s.sort)
def _sort(ctx, *operands, dimension, is_stable, num_keys):
    if len(operands) == 1 and dtypes.is_float(ctx.ins[0].dtype):
        (key,) = ctx.lower_fun(_to_order, operands, ctx.ins, equal_zeros=False)
        aval = ShapedArray(ctx.ins[0].shape, _key_dtype(ctx.ins[0].dtype))
        (key,) = _by_keys(ctx, [key], [aval], 1, dimension, is_stable)
        return ctx.lower_fun(_from_order, [key], [aval], dtype=ctx.ins[0].dtype)
    keys, avals = _keys(ctx, operands[:num_keys])
    rest = num_keys if _are_integers(ctx, num_keys) else 0
    values, kinds = [*keys, *operands[rest:]], [*avals, *ctx.ins[rest:]]
    results = _by_keys(ctx, values, kinds, len(keys), dimension, is_stable)
    return results if rest else results[len(keys) :]


@rule(s.sort, platform="cuda")
@rule(s.sort, platform="cpu")
def _sort_pairs(ctx, *operands, dimension, is_stable, num_keys):
    if len(operands) == 1:
        return _sort(ctx, *operands, dimension=dimension, is_stable=is_stable, num_keys=num_keys)
    if ctx.ins[0].size == 0:
        return list(operands)
    # XLA sorts one array much faster than several: positions by each key, then all in their order
    keys, avals = _keys(ctx, operands[:num_keys])
    index = ShapedArray(ctx.ins[0].shape, index_dtype(ctx.ins[0].shape))
    (first,) = ctx.op("stablehlo.iota", [], {"iota_dimension": ctx.i64(dimension)}, index)
    order = None
    for key, aval in zip(reversed(keys), reversed(avals), strict=True):
        if order is None:
            order = _ordered(ctx, key, aval, first, index, dimension)
        else:
            (key,) = _in_order(ctx, key, aval, order, index, dimension)
            moved = _ordered(ctx, key, aval, first, index, dimension)
            (order,) = _in_order(ctx, order, index, moved, index, dimension)
    return [
        _in_order(ctx, x, aval, order, index, dimension)[0]
        for x, aval in zip(operands, ctx.ins, strict=True)
    ]


def _ordered(ctx, key, key_aval, positions, index, dimension):
    """The positions 0, 1, ... sorted by a key, stably."""
    wide = key_aval.dtype.itemsize > 4 or index.dtype.itemsize > 4
    if wide or ctx.module.platform != "cpu":
        return _by_keys(ctx, [key, positions], [key_aval, index], 1, dimension, True)[1]
    both = ShapedArray(index.shape, "int64")
    packed = ctx.lower_fun(_pack, [key, positions], [key_aval, index])
    packed = _by_keys(ctx, packed, [both], 1, dimension, False)
    return ctx.lower_fun(_unpack, packed, [both])[0]


def _pack(key, index):
    """64-bit integers with the key in the upper and the index in the lower half."""
    wide = e.convert_element_type.bind(key, dtype=_WIDE, weak_type=False)[0]
    if key.dtype == np.uint32:
        wide = e.sub(wide, typed_literal(1 << 31, _WIDE))
    index = e.convert_element_type.bind(index, dtype=_WIDE, weak_type=False)[0]
    return e.bitwise_or(e.shift_left(wide, typed_literal(32, _WIDE)), index)


def _unpack(packed):
    index = e.bitwise_and(packed, typed_literal((1 << 32) - 1, _WIDE))
    return e.convert_element_type(index, "int32")


def _in_order(ctx, x, aval, order, index, axis):
    return ctx.lower_fun(s.take_in_order, [x, order], [aval, index], axis=axis)


def _are_integers(ctx, num_keys):
    return not any(dtypes.is_inexact(a.dtype) for a in ctx.ins[:num_keys])


def _keys(ctx, operands):
    """The integers that stand for the keys, and their avals."""
    keys, avals = [], []
    for x, aval in zip(operands, ctx.ins, strict=False):
        found = ctx.lower_fun(_to_order, [x], [aval], equal_zeros=True)
        keys += found
        avals += [ShapedArray(aval.shape, _key_dtype(aval.dtype))] * len(found)
    return keys, avals


def _key_dtype(dtype):
    real = dtypes.to_real(dtype) if dtypes.is_complex(dtype) else dtype
    return _integer_of(real) if dtypes.is_float(real) else dtype


def _by_keys(ctx, values, avals, count, dimension, is_stable):
    """`stablehlo.sort` by the first `count` values, an earlier one first."""
    scalars = [ShapedArray((), a.dtype) for a in avals]
    boolean = ShapedArray((), "bool")

    def less(body, *pairs):
        found = None
        for i in reversed(range(count)):
            a, b, scalar = pairs[2 * i], pairs[2 * i + 1], scalars[i]
            below = compare(body, "LT", a, b, scalar)
            if found is not None:
                equal = compare(body, "EQ", a, b, scalar)
                (found,) = body.op("stablehlo.and", [equal, found], out=boolean)
                (found,) = body.op("stablehlo.or", [below, found], out=boolean)
            else:
                found = below
        return [found]

    attributes = {
        "dimension": ctx.i64(dimension),
        "is_stable": ctx.enum(ir.BoolAttr.get, is_stable),
    }
    bodies = [([a for a in scalars for _ in range(2)], less)]
    return ctx.regional("stablehlo.sort", values, attributes, bodies, avals)


# ---------------------------------------------------------------- the largest
@rule(s.top_k)
def _top_k(ctx, x, *, k):
    aval, index = ctx.ins[0], ctx.outs[1]
    if ctx.module.target == "portable" or k == 0 or index.dtype != np.int32:
        return ctx.lower_fun(_top_k_by_sort, [x], ctx.ins, k=k, index=index.dtype)
    if not dtypes.is_float(aval.dtype):
        return ctx.ops("chlo.top_k", [x], {"k": ctx.i64(k)})
    # compared by their bits: a NaN with a sign would be the smallest
    narrow = aval.dtype.itemsize < 4
    wide = aval.update(dtype="float32") if narrow else aval
    (x,) = ctx.lower_fun(_without_sign_of_nan, [x], [aval], dtype=wide.dtype)
    outs = [ctx.outs[0].update(dtype=wide.dtype), index]
    values, indices = ctx.ops("chlo.top_k", [x], {"k": ctx.i64(k)}, outs)
    return [ctx.op("stablehlo.convert", [values])[0] if narrow else values, indices]


@rule(s.top_k, platform="cpu")
def _top_k_on_cpu(ctx, x, *, k):
    n = ctx.ins[0].shape[-1]
    plain = ctx.module.target == "portable" or ctx.outs[1].dtype != np.int32
    if plain or k == 0 or n < max(_SHORT, 64 * k):
        return _top_k(ctx, x, k=k)
    return ctx.lower_fun(_top_k_by_blocks, [x], ctx.ins, k=k)


def _top_k_by_blocks(x, k):
    """The largest of the k blocks with the largest maxima: to each other one, k are above it."""
    *rows, n = x.shape
    axis = x.ndim - 1
    # XLA reduces an axis before the last one side by side, the last one element by element
    height = max(1, math.isqrt(n // k) // _LANES)
    length = height * _LANES
    count = n // length
    blocked = slice_in_dim(x, 0, count * length, axis=axis)
    (key,) = _to_order(reshape(blocked, (*rows, count, height, _LANES)), equal_zeros=False)
    largest = reduce_max(reduce_max(key, (axis + 1,)), (axis + 1,))
    if key.dtype != x.dtype:
        largest = _from_order(largest, x.dtype)
    # in their order, so that the first of equal elements is taken
    blocks = s.sort(s.top_k(largest, k)[1], axis)
    shape = (*rows, k, length)
    starts = e.mul(broadcast_in_dim(blocks, shape, range(x.ndim)), length)
    places = reshape(e.add(starts, broadcasted_iota("int32", shape, x.ndim)), (*rows, k * length))
    rest = n - count * length
    if rest:
        last = e.add(broadcasted_iota("int32", (*rows, rest), axis), count * length)
        places = concatenate([places, last], axis)
    values, found = s.top_k(s.take_in_order(x, places, axis), k)
    return values, s.take_in_order(places, found, axis)


def _without_sign_of_nan(x, dtype):
    if x.dtype != dtype:
        x = e.convert_element_type(x, dtype)
    return e.select(e.ne(x, x), typed_literal(float("nan"), dtype), x)


def _top_k_by_sort(x, k, index):
    # sorted backwards, so that a stable sort leaves the first of equal elements last
    axis = x.ndim - 1
    n = x.shape[axis]
    backwards = e.sub(typed_literal(n - 1, index), broadcasted_iota(index, x.shape, axis))
    values, indices = s.sort((rev(x, (axis,)), backwards), axis)
    return [slice_in_dim(rev(v, (axis,)), 0, k, axis=axis) for v in (values, indices)]
