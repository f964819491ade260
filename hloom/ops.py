"""Reductions of segments: rows with equal numbers are summed, multiplied or compared together.

Each is one scatter into as many results as there are segments.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.choices import flag, integer
from hloom.frontend.errors import DTypeError, ShapeError, TracerIntegerError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e, reduction as r, scatter as sc
from hloom.frontend.prims.combiner import IDENTITIES
from hloom.frontend.prims.indexing import GatherScatterMode
from hloom.frontend.prims.structural import concatenate, full, iota, reshape
from hloom.frontend.trace import aval_of, concrete_or_none
from hloom.naming import named
from hloom.numpy.manipulation import placed
from hloom.numpy.promotion import operand, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

#: function -> its scatter, its operation on two elements, its reduction of an axis
_KINDS = {
    "segment_sum": (sc.scatter_add, e.add, r.reduce_sum),
    "segment_prod": (sc.scatter_mul, e.mul, r.reduce_prod),
    "segment_max": (sc.scatter_max, e.max, r.reduce_max),
    "segment_min": (sc.scatter_min, e.min, r.reduce_min),
}


def _segments(name, doc):
    def segment(
        data: ArrayLike,
        segment_ids: ArrayLike,
        num_segments: int | None = None,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        bucket_size: int | None = None,
        mode=None,
        out_sharding=None,
    ):
        if num_segments is None:
            num_segments = _needed(name, segment_ids)
        else:
            num_segments = integer(name, "num_segments", num_segments, least=0)
        if bucket_size is not None:
            bucket_size = integer(name, "bucket_size", bucket_size, least=1)
        flags = (
            flag(name, "indices_are_sorted", indices_are_sorted),
            flag(name, "unique_indices", unique_indices),
            GatherScatterMode.from_any(mode, name),
        )
        found = _reduced(name, data, segment_ids, num_segments, bucket_size, flags)
        return placed(found, out_sharding)

    return named(segment, name, doc)


def _needed(name, ids):
    """One more than the largest segment number."""
    found = concrete_or_none(operand(name, ids))
    if found is None:
        raise TracerIntegerError(
            f"{name}: the number of segments must be known",
            f"segment_ids is traced ({aval_of(ids)})",
            f"give it as {name}(data, segment_ids, num_segments)",
        )
    largest = int(np.max(found)) if aval_of(found).size else -1
    return max(largest + 1, 0)


@fused
def _reduced(name, data: ArrayLike, ids: ArrayLike, num_segments, bucket_size, flags):
    data, ids = operand(name, data), operand(name, ids)
    _check(name, aval_of(data), aval_of(ids))
    scatter, combine, reduction = _KINDS[name]
    aval, n = aval_of(data), aval_of(data).shape[0]
    identity = typed_literal(IDENTITIES[combine](aval.dtype), aval.dtype)
    window, first = aval.shape[1:], (num_segments,)
    if not num_segments:
        return full((0, *window), identity)
    indices = reshape(ids, (n, 1))
    if bucket_size is not None:
        first = (-(-n // bucket_size), num_segments)
        indices = _with_buckets(ids, n, bucket_size)
    axes = tuple(range(len(first)))
    numbers = sc.ScatterDimensionNumbers(tuple(range(1, aval.ndim)), axes, axes)
    is_sorted, unique, mode = flags
    found = scatter(
        full((*first, *window), identity),
        indices,
        data,
        numbers,
        indices_are_sorted=is_sorted,
        unique_indices=unique,
        mode=mode,
    )
    return found if bucket_size is None else reduction(found, (0,))


def _with_buckets(ids, n, bucket_size):
    """The index vectors (bucket, segment) of each row."""
    ids = to_dtype(ids, np.int32) if dtypes.itemsize_bits(aval_of(ids).dtype) < 32 else ids
    buckets = e.div(iota(aval_of(ids).dtype, n), bucket_size)
    return concatenate([reshape(x, (n, 1)) for x in (buckets, ids)], 1)


def _check(name, data, ids):
    if not dtypes.is_integer(ids.dtype):
        found = f"segment_ids is {ids}"
        raise DTypeError(f"{name}: segments have integer numbers", found, "use x.astype(int)")
    if name in ("segment_sum", "segment_prod") and dtypes.is_bool(data.dtype):
        remedy = "convert it, as data.astype(int), or use segment_max or segment_min"
        raise DTypeError(f"{name}: takes numbers", f"data is {data}", remedy)
    if ids.ndim != 1 or data.shape[:1] != ids.shape:
        found = f"segment_ids has shape {ids.shape}, data has shape {data.shape}"
        remedy = "give a vector as long as the first axis of data"
        raise ShapeError(f"{name}: each row of data has one segment", found, remedy)


segment_sum = _segments(
    "segment_sum",
    """The sums of the rows of `data`, of shape (n, ...), that have the same segment.

    `segment_ids`, n integers, has the segment of each row; rows of segments below 0 or from
    `num_segments` up are left out, as `mode` is "fill". With "clip" they belong to the first or the
    last segment, with "promise_in_bounds" the caller promises that there are none. The result has
    shape (num_segments, ...); `num_segments` is by default the largest segment plus one, which
    needs concrete `segment_ids`. Empty segments have 0.

    `indices_are_sorted` and `unique_indices` are promises about `segment_ids`. With `bucket_size`
    so many rows at a time are reduced, and then their results, which rounds less.

    >>> import hloom
    >>> import hloom.numpy as np
    >>> hloom.ops.segment_sum(np.array([1.0, 2.0, 5.0]), np.array([0, 0, 2]))
    Array([3., 0., 5.], dtype=float32)
    """,
)

segment_prod = _segments(
    "segment_prod",
    """The products of the rows of `data` that have the same segment; 1 for empty segments.

    The arguments are those of `segment_sum`. Its derivative needs `unique_indices`.
    """,
)

segment_max = _segments(
    "segment_max",
    """The largest elements of the rows of `data` that have the same segment.

    Empty segments have -inf, or the smallest integer. The arguments are those of `segment_sum`.

    >>> import hloom
    >>> import hloom.numpy as np
    >>> hloom.ops.segment_max(np.array([1.0, 2.0, 5.0]), np.array([0, 0, 1]), num_segments=2)
    Array([2., 5.], dtype=float32)
    """,
)

segment_min = _segments(
    "segment_min",
    """The smallest elements of the rows of `data` that have the same segment.

    Empty segments have inf, or the largest integer. The arguments are those of `segment_sum`.
    """,
)
