"""Finding positions: nonzero, flatnonzero, argwhere, and searchsorted in sorted vectors."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ShapeError, TracedValueError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Literal
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.cumulative import cumsum
from hloom.frontend.prims.indexing import PROMISE, GatherDimensionNumbers, gather, index_dtype
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.scatter import ScatterDimensionNumbers, scatter
from hloom.frontend.trace import aval_of, concrete_or_none
from hloom.lax.loops import fori_loop
from hloom.numpy.manipulation import ravel
from hloom.numpy.promotion import operand, promote_dtypes, strong, to_dtype
from hloom.runtime.array import put
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@judged
def nonzero(a, *, size=None, fill_value=None):
    """The positions of the elements that are not 0, in row-major order: a vector for each axis.

    Under a transformation, where their number must be known, `size` gives it: positions past it are
    left out, missing ones are `fill_value` (0, a number, or one number for each axis).

    >>> import hloom.numpy as np
    >>> np.nonzero(np.array([[0, 5], [7, 0]]))
    (Array([0, 1], dtype=int32), Array([1, 0], dtype=int32))
    """
    a = operand("nonzero", a)
    if aval_of(a).ndim == 0:
        found, remedy = f"it is a scalar, {aval_of(a)}", "use hloom.numpy.atleast_1d(x)"
        raise ShapeError("nonzero: the array needs axes", found, remedy)
    return nonzero_of("nonzero", a, size, fill_value)


def nonzero_of(name, a, size, fill_value):
    """`nonzero` of an operand, under the name that errors use."""
    if size is not None:
        return _nonzero_sized(a, int(size), fills_of(fill_value, aval_of(a).ndim))
    dtype, _ = dtypes.python_scalar_dtype(int)
    found = np.nonzero(known_mask(name, a))
    return tuple([put(p.astype(dtype), ShapedArray(p.shape, dtype)) for p in found])


def fills_of(fill_value, ndim):
    """What stands for missing positions along each axis."""
    fills = fill_value if isinstance(fill_value, tuple) else (fill_value,) * ndim
    return tuple([0 if f is None else f for f in fills])


def known_mask(name, a):
    """The elements of an operand, whose number of positions must be known, on the host."""
    known = concrete_or_none(a)
    if known is None:
        raise TracedValueError(
            f"{name}: the number of positions needs concrete values, or `size`",
            f"the array is traced under {a.trace.what} ({a.aval})",
            f"use {name}(x, size=n), with n a static bound",
        )
    return np.asarray(known.value if type(known) is Literal else known)


@fused
def _nonzero_sized(a: ArrayLike, size, fills: ArrayLike):
    dtype, _ = dtypes.python_scalar_dtype(int)
    a = operand("nonzero", a)
    aval = aval_of(a)
    if aval.size == 0 or size == 0:
        return tuple([_filled(size, f, dtype) for f in fills])
    hits = ravel.function(a)
    hits = hits if dtypes.is_bool(aval.dtype) else e.ne(hits, typed_literal(0, aval.dtype))
    # hit k goes to place k, all else past the end
    counts = cumsum(to_dtype(hits, dtype), 0)
    past = typed_literal(size, dtype)
    places = e.select(hits, e.sub(counts, 1), past)
    flat = scatter(
        s.full((size,), typed_literal(aval.size, dtype)),
        s.reshape(places, (aval.size, 1)),
        s.iota(dtype, aval.size),
        ScatterDimensionNumbers((), (0,), (0,)),
    )
    missing = e.ge(flat, aval.size)
    found = []
    for axis, (n, fill) in enumerate(zip(aval.shape, fills, strict=True)):
        stride = math.prod(aval.shape[axis + 1 :])
        place = e.div(flat, stride) if stride > 1 else flat
        place = e.rem(place, n) if axis else place
        found.append(e.select(missing, to_dtype(operand("nonzero", fill), dtype), place))
    return tuple(found)


def _filled(size, fill, dtype):
    return s.broadcast_in_dim(strong(to_dtype(operand("nonzero", fill), dtype)), (size,), ())


@judged
def flatnonzero(a, *, size=None, fill_value=None):
    """The positions in the flat array of the elements that are not 0; see nonzero."""
    a = operand("flatnonzero", a)
    if size is not None:
        return _flat_sized(a, int(size), fills_of(fill_value, 1))
    dtype, _ = dtypes.python_scalar_dtype(int)
    found = np.flatnonzero(known_mask("flatnonzero", a))
    return put(found.astype(dtype), ShapedArray(found.shape, dtype))


@fused
def _flat_sized(a: ArrayLike, size, fills: ArrayLike):
    return _nonzero_sized.function(ravel.function(operand("flatnonzero", a)), size, fills)[0]


@judged
def argwhere(a, *, size=None, fill_value=None):
    """The indices of the elements that are not 0, one a row; see nonzero.

    >>> import hloom.numpy as np
    >>> np.argwhere(np.array([[0, 5], [7, 0]]))
    Array([[0, 1],
           [1, 0]], dtype=int32)
    """
    a = operand("argwhere", a)
    ndim = aval_of(a).ndim
    if size is not None:
        return _rows_sized(a, int(size), fills_of(fill_value, ndim))
    dtype, _ = dtypes.python_scalar_dtype(int)
    found = np.argwhere(known_mask("argwhere", a))
    return put(found.astype(dtype), ShapedArray(found.shape, dtype))


@fused
def _rows_sized(a: ArrayLike, size, fills: ArrayLike):
    if not fills:
        return s.full((size, 0), 0, dtypes.python_scalar_dtype(int)[0])
    columns = _nonzero_sized.function(a, size, fills)
    return s.concatenate([s.reshape(c, (size, 1)) for c in columns], 1)


# ---------------------------------------------------------------- searchsorted
@fused
def searchsorted(
    a: ArrayLike, v: ArrayLike, side="left", sorter: ArrayLike = None, *, method="scan"
):
    """Where to insert values into a sorted vector so that it stays sorted.

    `side` 'left' is before equal elements, 'right' after them; NaN is above all numbers. `sorter`
    are positions that sort `a`. `method` is 'scan' (binary search in a loop), 'scan_unrolled' (the
    loop written out), 'sort' (a name of 'scan'), or 'compare_all' (for short vectors).

    >>> import hloom.numpy as np
    >>> np.searchsorted(np.array([1, 2, 2, 3]), np.array([2, 9]))
    Array([1, 4], dtype=int32)
    """
    if side not in ("left", "right"):
        found = f"it is {side!r}"
        raise ValueRangeError(
            "searchsorted: the side is 'left' or 'right'", found, "use one of these"
        )
    if method not in ("scan", "scan_unrolled", "sort", "compare_all"):
        remedy = "use 'scan', 'scan_unrolled', 'sort' or 'compare_all'"
        raise ValueRangeError("searchsorted: there is no such method", f"it is {method!r}", remedy)
    a, v = promote_dtypes("searchsorted", a, v)
    if aval_of(a).ndim != 1:
        found = f"it has shape {aval_of(a).shape}"
        raise ShapeError(
            "searchsorted: the sorted array is a vector", found, "use vmap for more axes"
        )
    if sorter is not None:
        there = aval_of(operand("searchsorted", sorter))
        if there.shape != aval_of(a).shape:
            found = f"it has shape {there.shape}, the vector {aval_of(a).shape}"
            raise ShapeError("searchsorted: the sorter is as long", found, "use argsort of it")
        a = _at(a, sorter)
    before = _below if side == "left" else _not_above
    dtype = index_dtype(aval_of(a).shape)
    if method == "compare_all":
        found = _count(a, v, before, dtype)
    else:
        found = _search(a, v, before, method != "scan_unrolled", dtype)
    return to_dtype(found, dtypes.canonicalize(dtypes.int64))


def _below(x, v):
    """Whether x < v, with NaN above all numbers and the real part first."""
    dtype = aval_of(x).dtype
    if dtypes.is_complex(dtype):
        real, same = _below(e.real(x), e.real(v)), e.eq(e.real(x), e.real(v))
        return e.bitwise_or(real, e.bitwise_and(same, _below(e.imag(x), e.imag(v))))
    less = e.lt(x, v)
    if not dtypes.is_float(dtype):
        return less
    return e.bitwise_or(less, e.bitwise_and(e.ne(v, v), e.eq(x, x)))


def _not_above(x, v):
    return e.bitwise_not(_below(v, x))


def _count(a, v, before, dtype):
    from_a = s.broadcast_in_dim(a, (*aval_of(v).shape, aval_of(a).size), (aval_of(v).ndim,))
    spread = s.broadcast_in_dim(v, aval_of(from_a).shape, range(aval_of(v).ndim))
    return reduce_sum(to_dtype(before(from_a, spread), dtype), (aval_of(v).ndim,))


def _search(a, v, before, looped, dtype=None):
    """For each value the number of elements before it, bit by bit from the highest."""
    n, shape = aval_of(a).size, aval_of(v).shape
    dtype = dtype or index_dtype((n,))
    bits = n.bit_length()
    count = s.broadcast_in_dim(typed_literal(0, dtype), shape, ())
    if not n:
        return count

    def advanced(count, by):
        further = e.add(count, by)
        reached = e.le(further, n)
        good = e.bitwise_and(reached, before(_at(a, e.sub(further, 1)), v))
        return e.select(good, further, count)

    if not looped:
        for k in reversed(range(bits)):
            count = advanced(count, 1 << k)
        return count
    one = typed_literal(1, dtype)

    def step(k, count):
        return advanced(count, e.shift_left(one, to_dtype(e.sub(bits - 1, k), dtype)))

    return fori_loop(0, bits, step, count)


def _at(a, positions):
    """The elements of a vector at positions that are moved inside."""
    shape = aval_of(positions).shape
    return gather(
        a,
        s.reshape(positions, (*shape, 1)),
        GatherDimensionNumbers((), (0,), (0,)),
        (1,),
        mode=PROMISE,
    )
