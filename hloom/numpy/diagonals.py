"""Sums of diagonals."""

from hloom.frontend import dtypes
from hloom.frontend.prims.matrices import take_diagonal
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.structural import canonical_axes
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import no_out, operand, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, DTypeLike


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
    no_out("trace", out)
    x = operand("trace", a)
    axes = canonical_axes("trace", (axis1, axis2), aval_of(x).ndim)
    diagonal = take_diagonal(x, int(offset), *axes)
    if dtype is None:
        dtype = summed_dtype(aval_of(x).dtype)
    else:
        dtype = dtypes.requested("trace", dtype)
    return reduce_sum(to_dtype(diagonal, dtype), (aval_of(diagonal).ndim - 1,))


def summed_dtype(dtype):
    """The dtype of a sum: bools and small integers become the default integer of their kind."""
    if dtypes.is_unsigned(dtype):
        return dtypes.promote_types(dtype, dtypes.canonicalize(dtypes.dtype("uint64")))
    if dtypes.is_bool(dtype) or dtypes.is_integer(dtype):
        return dtypes.promote_types(dtype, dtypes.canonicalize(dtypes.dtype("int64")))
    return dtype
