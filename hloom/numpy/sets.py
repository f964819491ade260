"""The distinct elements of an array.

How many there are depends on the values: the result of `unique` has a shape of its own only on
concrete arrays, where it is found on the host; with `size` the shape is given.
"""

from typing import Any, NamedTuple, cast

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import ShapeError, TracerArrayError, UnsupportedError
from hloom.frontend.families import typed_literal
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.cumulative import cumsum
from hloom.frontend.prims.indexing import index_take
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.scatter import ScatterDimensionNumbers, scatter, scatter_min
from hloom.frontend.prims.sorting import sort
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    canonical_axis,
    concatenate,
    full,
    iota,
    reshape,
    slice_in_dim,
    transpose,
)
from hloom.frontend.trace import Tracer, aval_of
from hloom.numpy.promotion import operand, to_dtype
from hloom.runtime.array import as_array
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


class UniqueAll(NamedTuple):
    """The results of `unique_all`."""

    values: Array
    indices: Array
    inverse_indices: Array
    counts: Array


class UniqueCounts(NamedTuple):
    """The results of `unique_counts`."""

    values: Array
    counts: Array


class UniqueInverse(NamedTuple):
    """The results of `unique_inverse`."""

    values: Array
    inverse_indices: Array


@judged
def unique(
    ar,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    *,
    equal_nan=True,
    size=None,
    fill_value=None,
    sorted=True,
):
    """The distinct elements in order, or along an axis the distinct slices; optionally more.

    Followed, where asked for, by the index of the first occurrence of each, by the index of each
    element among the results, and by the number of occurrences. Under `jit` the number of results
    must be given as `size`: further ones are dropped, missing ones are `fill_value`, by default the
    smallest element, occurring 0 times.

    >>> import hloom.numpy as np
    >>> np.unique(np.array([3, 1, 3]), return_counts=True)
    (Array([1, 3], dtype=int32), Array([1, 2], dtype=int32))
    """
    asked = (True, return_index, return_inverse, return_counts)
    if size is None:
        if fill_value is not None:
            found = "the result has no missing elements"
            raise UnsupportedError("unique: fill_value goes with size", found, "give size")
        results = _on_host(ar, axis, equal_nan, asked)
    else:
        results = _sized(ar, axis, equal_nan, size, fill_value, asked.count(True) == 1)
    chosen = [y for y, wanted in zip(results, asked, strict=True) if wanted]
    return tuple(chosen) if len(chosen) > 1 else chosen[0]


def _on_host(ar, axis, equal_nan, asked):
    """All four results for a concrete array; those not asked for are None."""
    ar = operand("unique", ar)
    traced = isinstance(ar, Tracer)
    host = ar.concrete() if traced else as_array(ar)
    if host is None:
        raise TracerArrayError(
            "unique: the number of distinct elements must be known",
            f"the array is traced under {ar.trace.what} ({ar.aval})",
            "give it as unique(x, size=...), or call outside the traced function",
        )
    host = np.asarray(host)
    axis = axis if axis is None else canonical_axis("unique", axis, host.ndim)
    narrow = dtypes.is_float(host.dtype) and host.dtype.itemsize < 4
    found = cast(Any, np.unique)(
        host.astype(np.float32) if narrow else host,
        traced or asked[1],
        *asked[2:],
        axis,
        equal_nan=equal_nan,
    )
    found = iter(found if isinstance(found, tuple) else (found,))
    values = next(found)
    index = dtypes.canonicalize(dtypes.int64)
    first, inverse, counts = (
        as_array(next(found).astype(index)) if wanted else None
        for wanted in (traced or asked[1], *asked[2:])
    )
    own = aval_of(ar)
    if traced:  # taken from the tracer, values have derivatives
        whole = reshape(ar, (own.size,)) if axis is None else ar
        values = _take(whole, first, axis or 0)
    else:
        values = as_array(values.astype(own.dtype, copy=False))
    if inverse is not None:
        inverse = reshape(inverse, own.shape if axis is None else (own.shape[axis],))
    return values, first, inverse, counts


@fused
def _take(x: ArrayLike, positions: ArrayLike, axis):
    return _slices(x, positions, axis)


def _slices(x, positions, axis):
    """The slices of `x` at positions along an axis, which stays in its place."""
    axis = canonical_axis("unique", axis, aval_of(x).ndim)
    rows = index_take(x, [positions], (axis,))
    order = list(range(1, aval_of(rows).ndim))
    return transpose(rows, (*order[:axis], 0, *order[axis:]))


@fused
def _sized(ar: ArrayLike, axis, equal_nan, size, fill_value: ArrayLike | None, alone):
    """All four results; if `alone`, of a vector only the values."""
    ar = operand("unique", ar)
    shape, dtype = aval_of(ar).shape, aval_of(ar).dtype
    index = dtypes.canonicalize(dtypes.int64)
    axis = axis if axis is None else canonical_axis("unique", axis, len(shape))
    whole = reshape(ar, (aval_of(ar).size,)) if axis is None else ar
    at = axis or 0
    n = aval_of(whole).shape[at]
    if n == 0 and size and fill_value is None:
        found = f"the array has shape {shape}, size is {size}"
        raise ShapeError(
            "unique: of no elements, there is none to fill with", found, "give fill_value"
        )
    alone = alone and n > 0 and aval_of(whole).ndim == 1
    whole = sort(whole) if alone else whole
    order, ranks, total = _ranked(whole, at, equal_nan, index, alone)
    starts = _starts(ranks, n, size + 1, index)
    first, after = slice_in_dim(starts, 0, size), slice_in_dim(starts, 1, size + 1)
    there = e.lt(iota(index, size), total)
    places = e.select(there, first, typed_literal(0, index))
    if alone:
        indices = places
    else:
        indices = index_take(order, [places], (0,)) if n else full((size,), 0, index)
    values = _slices(whole, indices, at) if n else _filled(whole, at, size, fill_value)
    if fill_value is not None and n:
        fill = to_dtype(operand("unique", fill_value), dtype)
        missing = broadcast_in_dim(e.bitwise_not(there), aval_of(values).shape, (at,))
        values = e.select(missing, fill, values)
    if alone:
        return values, None, None, None
    inverse = scatter(full((n,), 0, index), reshape(order, (n, 1)), ranks, _INTO_VECTOR)
    inverse = reshape(inverse, shape) if axis is None else inverse
    return values, indices, inverse, e.sub(after, first)


def _filled(x, axis, size, fill_value):
    shape = list(aval_of(x).shape)
    shape[axis] = size
    return full(shape, to_dtype(operand("unique", fill_value or 0), aval_of(x).dtype))


_INTO_VECTOR = ScatterDimensionNumbers((), (0,), (0,))


def _ranked(x, axis, equal_nan, index, is_sorted):
    """The order that sorts the slices, their ranks in it, and how many ranks there are."""
    shape = aval_of(x).shape
    n = shape[axis]
    rows = transpose(x, (axis, *[i for i in range(len(shape)) if i != axis]))
    rows = reshape(rows, (n, aval_of(x).size // n if n else 0))
    columns = [
        reshape(slice_in_dim(rows, j, j + 1, axis=1), (n,)) for j in range(aval_of(rows).shape[1])
    ]
    order = iota(index, n)
    if columns and not is_sorted:
        *columns, order = sort((*columns, order), num_keys=len(columns))
    fresh = None
    for c in columns:
        before, here = slice_in_dim(c, 0, n - 1), slice_in_dim(c, 1, n)
        differ = e.ne(before, here)
        if equal_nan and dtypes.is_inexact(aval_of(c).dtype):
            differ = e.bitwise_and(differ, e.bitwise_or(e.eq(before, before), e.eq(here, here)))
        fresh = differ if fresh is None else e.bitwise_or(fresh, differ)
    if fresh is None or n == 0:
        return order, full((n,), 0, index), typed_literal(min(n, 1), index)
    steps = concatenate(
        [full((1,), typed_literal(0, index)), e.convert_element_type(fresh, index)], 0
    )
    total = e.add(reduce_sum(steps, (0,)), typed_literal(1, index))
    return order, cumsum(steps), total


def _starts(ranks, n, size, index):
    """Where each of the first `size` ranks begins; n for those that are not there."""
    ends = full((size,), typed_literal(n, index))
    positions = broadcasted_iota(index, (n,), 0)
    return scatter_min(
        ends, reshape(ranks, (n, 1)), positions, _INTO_VECTOR, indices_are_sorted=True
    )


# ---------------------------------------------------------------- the array API's forms
@judged
def unique_all(x, /, *, size=None, fill_value=None):
    """The distinct elements, their first places, the place of each element, and the counts."""
    return UniqueAll(
        *unique(x, True, True, True, equal_nan=False, size=size, fill_value=fill_value)
    )


@judged
def unique_counts(x, /, *, size=None, fill_value=None):
    """The distinct elements and how often each occurs."""
    found = unique(x, return_counts=True, equal_nan=False, size=size, fill_value=fill_value)
    return UniqueCounts(*found)


@judged
def unique_inverse(x, /, *, size=None, fill_value=None):
    """The distinct elements and where each element is among them."""
    found = unique(x, return_inverse=True, equal_nan=False, size=size, fill_value=fill_value)
    return UniqueInverse(*found)


@judged
def unique_values(x, /, *, size=None, fill_value=None):
    """The distinct elements."""
    return unique(x, equal_nan=False, size=size, fill_value=fill_value)
