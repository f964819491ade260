"""Sums and products of the elements up to each position of an axis."""

from hloom.frontend import dtypes
from hloom.frontend.errors import ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import cumulative as c
from hloom.frontend.prims.structural import canonical_axis, concatenate, full, reshape
from hloom.frontend.trace import aval_of
from hloom.numpy.folding import finished, sum_dtype
from hloom.numpy.promotion import no_out, operand, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _cumulative(name, primitive, a, axis, dtype, out):
    no_out(name, out)
    a = operand(name, a)
    own = aval_of(a)
    if dtype is None:
        dtype = sum_dtype(own.dtype, promote_integers=False)
    else:
        dtype = dtypes.requested(name, dtype)
    if axis is None:
        a, axis = reshape(a, (own.size,)) if own.ndim != 1 else a, 0
    return finished(primitive(to_dtype(a, dtype), axis), dtype)


@fused
def cumsum(a: ArrayLike, axis=None, dtype=None, out=None):
    """The sums of the elements up to each position along an axis, or of the flattened array.

    >>> import hloom.numpy as np
    >>> np.cumsum(np.array([1, 2, 3]))
    Array([1, 3, 6], dtype=int32)
    """
    return _cumulative("cumsum", c.cumsum, a, axis, dtype, out)


@fused
def cumprod(a: ArrayLike, axis=None, dtype=None, out=None):
    """The products of the elements up to each position along an axis, or of the flattened array."""
    return _cumulative("cumprod", c.cumprod, a, axis, dtype, out)


def _along(name, primitive, start, x, axis, dtype, include_initial):
    x = operand(name, x)
    aval = aval_of(x)
    if axis is None:
        if aval.ndim != 1:
            found = f"the array has {aval.ndim} axes"
            raise ValueRangeError(f"{name}: which axis?", found, "give axis=0, for example")
        axis = 0
    axis = canonical_axis(name, axis, aval.ndim)
    dtype = sum_dtype(aval.dtype) if dtype is None else dtypes.requested(name, dtype)
    y = finished(primitive(to_dtype(x, dtype), axis), dtype)
    if not include_initial:
        return y
    edge = full(c.with_length(aval.shape, axis, 1), typed_literal(start, dtype))
    return concatenate([edge, y], axis)


@fused
def cumulative_sum(x: ArrayLike, /, *, axis=None, dtype=None, include_initial=False):
    """The sums of the elements up to each position along an axis, after a 0 if asked for.

    Narrow integers are summed in the default integer. The axis may be left out of vectors only.
    """
    return _along("cumulative_sum", c.cumsum, 0, x, axis, dtype, include_initial)


@fused
def cumulative_prod(x: ArrayLike, /, *, axis=None, dtype=None, include_initial=False):
    """The products of the elements up to each position along an axis, after a 1 if asked for."""
    return _along("cumulative_prod", c.cumprod, 1, x, axis, dtype, include_initial)
