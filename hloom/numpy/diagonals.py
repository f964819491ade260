"""Diagonals of matrices without masks: every (columns + 1)-th element of the flat matrix."""

from hloom.frontend import dtypes
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.structural import canonical_axes, reshape, slice_in_dim, transpose
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import operand, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, DTypeLike


def take_diagonal(x, offset, axis1, axis2):
    """The diagonals of the matrices along two axes, as a new last axis."""
    shape = aval_of(x).shape
    rest = [a for a in range(len(shape)) if a not in (axis1, axis2)]
    rows, columns = shape[axis1], shape[axis2]
    start = offset if offset >= 0 else -offset * columns
    count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    x = transpose(x, [*rest, axis1, axis2])
    flat = reshape(x, (*[shape[a] for a in rest], rows * columns))
    step = columns + 1
    stop = start + (count - 1) * step + 1 if count else start
    if not count:
        start = stop = 0
    return slice_in_dim(flat, start, stop, step, axis=len(rest))


@fused
def trace(
    a: ArrayLike,
    offset: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: DTypeLike | None = None,
    out=None,
):
    """The sum of the diagonal of the matrices along two axes; small integers are summed as ints.

    >>> import hloom
    >>> hloom.numpy.trace(hloom.numpy.eye(3))
    Array(3., dtype=float32)
    """
    x = operand("trace", a)
    axes = canonical_axes("trace", (axis1, axis2), aval_of(x).ndim)
    diagonal = take_diagonal(x, int(offset), *axes)
    if dtype is None:
        dtype = summed_dtype(aval_of(x).dtype)
    dtype = dtypes.canonicalize(dtypes.dtype(dtype))
    return reduce_sum(to_dtype(diagonal, dtype), (aval_of(diagonal).ndim - 1,))


def summed_dtype(dtype):
    """The dtype of a sum: bools and small integers become the default integer of their kind."""
    if dtypes.is_unsigned(dtype):
        return dtypes.promote_types(dtype, dtypes.canonicalize(dtypes.dtype("uint64")))
    if dtypes.is_bool(dtype) or dtypes.is_integer(dtype):
        return dtypes.promote_types(dtype, dtypes.canonicalize(dtypes.dtype("int64")))
    return dtype
