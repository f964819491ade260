"""Statistics of samples along an axis: the mode, ranks, and the standard error of the mean."""

import math
from typing import NamedTuple

import hloom.numpy as np
from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import one_of
from hloom.frontend.errors import UnsupportedError, ValueRangeError
from hloom.frontend.prims.cumulative import cummax, cummin, cumsum
from hloom.frontend.prims.sorting import sort
from hloom.frontend.prims.structural import broadcasted_iota, canonical_axis
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


class ModeResult(NamedTuple):
    """The most common values, and how often they occur."""

    mode: Array
    count: Array


@fused
def mode(
    a: ArrayLike, axis: int | None = 0, nan_policy: str = "propagate", keepdims: bool = False
) -> ModeResult:
    """The most common value along an axis, the least of them if there are several; and its count.

    Of all elements for axis=None. NaN is a value like others; the mode of nothing is NaN.

    >>> import hloom.numpy as np
    >>> mode(np.array([3, 1, 2, 1]))
    ModeResult(mode=Array(1, dtype=int32), count=Array(2, dtype=int32))
    """
    _check_policy("mode", nan_policy, ("propagate",))
    a, axis, shape = _along("mode", a, axis)
    result_shape = [1 if axis is None or i == axis else n for i, n in enumerate(shape)]
    a, axis = (a.reshape(-1), 0) if axis is None else (a, axis)
    if a.shape[axis]:
        values = sort(a, axis)
        position, first, _ = _runs(values, axis)
        lengths = position - first + 1
        best = np.argmax(lengths, axis, keepdims=True)
        found = (np.take_along_axis(x, best, axis) for x in (values, lengths))
    else:
        lengths = (*a.shape[:axis], 1, *a.shape[axis + 1 :])
        found = (np.full(lengths, math.nan, dtypes.to_inexact(a.dtype)), np.zeros(lengths, "int32"))
    found = (x.reshape(result_shape) if keepdims else x.squeeze(axis) for x in found)
    return ModeResult(*found)


@fused
def rankdata(
    a: ArrayLike, method: str = "average", *, axis: int | None = None, nan_policy: str = "propagate"
) -> Array:
    """The ranks of elements along an axis, from 1, as floats; of the flattened array for axis=None.

    Equal elements get the mean of their ranks, the least ("min"), the greatest ("max"), ranks
    without gaps ("dense"), or ranks in the order of their places ("ordinal"). Where there is a NaN,
    all ranks along the axis are NaN.

    >>> import hloom.numpy as np
    >>> rankdata(np.array([0, 2, 3, 2]))
    Array([1. , 2.5, 4. , 2.5], dtype=float32)
    """
    _check_policy("rankdata", nan_policy, ("propagate",))
    if not one_of(method, _RANKS):
        what = f"rankdata: the method is one of {', '.join(map(repr, _RANKS))}"
        raise ValueRangeError(what, f"it is {method!r}", "use one of them")
    a, axis, _ = _along("rankdata", a, axis)
    a, axis = (a.reshape(-1), 0) if axis is None else (a, axis)
    kind = dtypes.python_scalar_dtype(float)[0]
    if not a.size:
        return np.zeros(a.shape, kind)
    values, order = sort((a, broadcasted_iota("int32", a.shape, axis)), axis)
    ranks = _RANKS[method](*_runs(values, axis), axis).astype(kind)
    _, ranks = sort((order, ranks), axis)  # back to where the elements were
    if dtypes.is_inexact(a.dtype):
        ranks = np.where(np.isnan(a).any(axis, keepdims=True), math.nan, ranks)
    return ranks


@fused
def sem(
    a: ArrayLike,
    axis: int | None = 0,
    ddof: int = 1,
    nan_policy: str = "propagate",
    *,
    keepdims: bool = False,
) -> Array:
    """The standard error of the mean along an axis: the standard deviation over the root of n.

    The variance is divided by n - ddof. `nan_policy` "omit" leaves NaN out of it and of n.

    >>> import hloom.numpy as np
    >>> sem(np.array([1.0, 2.0, 3.0, 4.0]))
    Array(0.64549726, dtype=float32)
    """
    _check_policy("sem", nan_policy, ("propagate", "omit"))
    a, axis, shape = _along("sem", a, axis)
    if nan_policy == "omit":
        n = np.sum(~np.isnan(a), axis, keepdims=keepdims)
        return np.nanstd(a, axis, ddof=ddof, keepdims=keepdims) / np.sqrt(n)
    n = a.size if axis is None else shape[axis]
    return np.std(a, axis, ddof=ddof, keepdims=keepdims) / math.sqrt(n)


def _check_policy(name, policy, known):
    if policy in known:
        return
    what = f"{name}: the nan_policy is {' or '.join(map(repr, known))}"
    if policy in ("propagate", "omit", "raise"):
        remedy = "look for NaN with hloom.numpy.isnan beforehand"
        raise UnsupportedError(what, f"it is {policy!r}", remedy)
    raise ValueRangeError(what, f"it is {policy!r}", "use one of them")


def _along(name, a, axis):
    """The array, of rank 1 at least, its axis, and its shape."""
    a = np.atleast_1d(a)
    return a, None if axis is None else canonical_axis(name, axis, a.ndim), a.shape


def _runs(values, axis):
    """Of sorted values: positions, those of the first equal to each, and marks of the first."""
    n = values.shape[axis]
    left, right = (np.take(values, np.arange(i, n - 1 + i), axis) for i in (0, 1))
    differs = left != right
    if dtypes.is_inexact(values.dtype):
        differs = differs & ~(np.isnan(left) & np.isnan(right))
    pad = [(int(i == axis), 0) for i in range(values.ndim)]
    starts = np.pad(differs, pad, constant_values=True)
    position = broadcasted_iota("int32", values.shape, axis)
    return position, cummax(np.where(starts, position, 0), axis=axis), starts


def _last(position, starts, axis):
    """The positions of the last elements equal to each."""
    n = starts.shape[axis]
    following = np.where(starts, position, n)
    pad = [(0, int(i == axis)) for i in range(starts.ndim)]
    following = np.pad(np.take(following, np.arange(1, n), axis), pad, constant_values=n)
    return cummin(following, axis=axis, reverse=True) - 1


#: how sorted elements are ranked, by positions, first positions and marks of first elements
_RANKS = {
    "average": lambda at, first, starts, axis: 0.5 * (first + _last(at, starts, axis)) + 1,
    "min": lambda at, first, starts, axis: first + 1,
    "max": lambda at, first, starts, axis: _last(at, starts, axis) + 1,
    "dense": lambda at, first, starts, axis: cumsum(starts.astype("int32"), axis=axis),
    "ordinal": lambda at, first, starts, axis: at + 1,
}
