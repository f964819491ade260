"""Unions, intersections and differences of arrays as sets.

The number of results depends on the values, so that a `size` must be given under `jit`: further
results are dropped, missing ones are `fill_value`, by default the smallest result.
"""

from typing import Any

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.errors import TracerArrayError
from hloom.frontend.families import typed_literal
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.cumulative import cumsum
from hloom.frontend.prims.indexing import index_take
from hloom.frontend.prims.reduction import reduce_or, reduce_sum
from hloom.frontend.prims.scatter import ScatterDimensionNumbers, scatter
from hloom.frontend.prims.sorting import sort
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    concatenate,
    full,
    iota,
    reshape,
    slice_in_dim,
)
from hloom.frontend.trace import Tracer, aval_of
from hloom.numpy.promotion import operand, promote_dtypes, to_dtype
from hloom.numpy.searching import searchsorted
from hloom.numpy.sets import unique
from hloom.runtime.array import as_array
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

#: NumPy, whose annotations tell the results' types from constant flags only
_host: Any = np
_FEW = 64
_INTO_VECTOR = ScatterDimensionNumbers((), (0,), (0,))


def _flat(x):
    return reshape(x, (aval_of(x).size,))


@fused
def isin(
    element: ArrayLike,
    test_elements: ArrayLike,
    assume_unique=False,
    invert=False,
    *,
    method="auto",
):
    """Whether each element is among `test_elements`, or is not if `invert`.

    >>> import hloom.numpy as np
    >>> np.isin(np.array([1, 2, 3]), np.array([3, 1]))
    Array([ True, False,  True], dtype=bool)
    """
    x, tests = promote_dtypes("isin", element, test_elements)
    found = _among(x, _flat(tests))
    return e.bitwise_not(found) if invert else found


def _among(x, tests):
    shape, n = aval_of(x).shape, aval_of(tests).size
    if n == 0:
        return full(shape, typed_literal(False, np.dtype(bool)))
    if n <= _FEW:
        wide = (*shape, n)
        pairs = (
            broadcast_in_dim(x, wide, range(len(shape))),
            broadcast_in_dim(tests, wide, (len(shape),)),
        )
        return reduce_or(e.eq(*pairs), (len(shape),))
    tests = sort(tests)
    place = searchsorted.function(tests, x, method="scan_unrolled")
    place = e.min(place, typed_literal(n - 1, aval_of(place).dtype))
    there = index_take(tests, [_flat(place)], (0,))
    return e.eq(reshape(there, shape), x)


# ---------------------------------------------------------------- results of unknown length
def _concrete(name, arrays):
    """The arrays as NumPy's, in their common dtype; TracerArrayError if one has no value."""
    found = []
    for x in promote_dtypes(name, *arrays):
        host = x.concrete() if isinstance(x, Tracer) else as_array(x)
        if host is None:
            raise TracerArrayError(
                f"{name}: the number of results must be known",
                f"an array is traced under {x.trace.what} ({x.aval})",
                f"give it as {name}(x, y, size=...), or call outside the traced function",
            )
        found.append(np.asarray(host).ravel())
    return found


@judged
def union1d(ar1, ar2, *, size=None, fill_value=None):
    """The distinct elements of two arrays, in order.

    >>> import hloom.numpy as np
    >>> np.union1d(np.array([1, 3]), np.array([3, 2]))
    Array([1, 2, 3], dtype=int32)
    """
    if size is not None:
        return _union_sized(ar1, ar2, size, fill_value)
    return unique(_joined(ar1, ar2))


@fused
def _union_sized(x: ArrayLike, y: ArrayLike, size, fill_value: ArrayLike | None):
    return unique(_joined.function(x, y), size=size, fill_value=fill_value)


@fused
def _joined(x: ArrayLike, y: ArrayLike):
    return concatenate([_flat(v) for v in promote_dtypes("union1d", x, y)], 0)


@judged
def setdiff1d(ar1, ar2, assume_unique=False, *, size=None, fill_value=None):
    """The distinct elements of the first array that are not in the second, in order."""
    dtype = aval_of(operand("setdiff1d", ar1)).dtype
    if size is None:
        found = _host.setdiff1d(*_concrete("setdiff1d", (ar1, ar2)), assume_unique)
        return as_array(found.astype(dtype))
    return to_dtype(_sized(ar1, ar2, "setdiff1d", size, fill_value), dtype)


@judged
def setxor1d(ar1, ar2, assume_unique=False, *, size=None, fill_value=None):
    """The distinct elements that are in one of two arrays only, in order."""
    if size is None:
        return as_array(_host.setxor1d(*_concrete("setxor1d", (ar1, ar2)), assume_unique))
    return _sized(ar1, ar2, "setxor1d", size, fill_value)


@judged
def intersect1d(ar1, ar2, assume_unique=False, return_indices=False, *, size=None, fill_value=None):
    """The distinct elements that are in both of two arrays, in order.

    With `return_indices` also where each is first in the one and in the other; with `size` a
    missing result is past the end of both.
    """
    if size is not None:
        return _sized(ar1, ar2, "intersect1d", size, fill_value, return_indices)
    arrays = _concrete("intersect1d", (ar1, ar2))
    if not return_indices:
        return as_array(_host.intersect1d(*arrays, assume_unique))
    index = dtypes.canonicalize(dtypes.int64)
    values, *places = _host.intersect1d(*arrays, assume_unique, True)
    return as_array(values), *[as_array(p.astype(index)) for p in places]


@fused
def _sized(x: ArrayLike, y: ArrayLike, name, size, fill_value: ArrayLike | None, places=False):
    """The first `size` results of an operation, among the sorted elements of both arrays."""
    x, y = (_flat(v) for v in promote_dtypes(name, x, y))
    n, m = aval_of(x).size, aval_of(y).size
    index = dtypes.canonicalize(dtypes.int64)
    values, order = sort((concatenate([x, y], 0), iota(index, n + m)))
    first = e.bitwise_not(_equal_to_previous(values))
    in_x, in_y = _among(values, x), _among(values, y)
    chosen = {
        "setdiff1d": lambda: e.bitwise_and(in_x, e.bitwise_not(in_y)),
        "setxor1d": lambda: e.bitwise_xor(in_x, in_y),
        "intersect1d": lambda: e.bitwise_and(in_x, in_y),
    }[name]()
    chosen = e.bitwise_and(chosen, first)
    hits = e.convert_element_type(chosen, index)
    # results move to their ranks, other elements past the end
    rank = e.sub(cumsum(hits, 0), typed_literal(1, index))
    rank = e.select(chosen, rank, typed_literal(size, index))
    slots = full((size + 1,), typed_literal(0, index))
    at = scatter(slots, reshape(rank, (n + m, 1)), iota(index, n + m), _INTO_VECTOR)
    at = slice_in_dim(at, 0, size)
    there = e.lt(iota(index, size), reduce_sum(hits, (0,)))
    found = index_take(values, [at], (0,))
    if fill_value is None:
        missing = broadcast_in_dim(slice_in_dim(found, 0, 1), (size,), (0,)) if size else found
    else:
        missing = to_dtype(operand(name, fill_value), aval_of(found).dtype)
    found = e.select(there, found, missing)
    if not places:
        return found
    left = index_take(order, [at], (0,))
    right = _first_place(y, found)
    past = [typed_literal(k, index) for k in (n, m)]
    return found, e.select(there, left, past[0]), e.select(there, right, past[1])


def _equal_to_previous(x):
    n = aval_of(x).size
    start = full((1,), typed_literal(False, np.dtype(bool)))
    return concatenate([start, e.eq(slice_in_dim(x, 0, n - 1), slice_in_dim(x, 1, n))], 0)


def _first_place(y, values):
    """The first position in `y` of each of the values."""
    index = dtypes.canonicalize(dtypes.int64)
    ordered, order = sort((y, iota(index, aval_of(y).size)))
    place = searchsorted.function(ordered, values, method="scan_unrolled")
    return index_take(order, [place], (0,))
