"""Sorting along an axis, and the orders that sort; NaN last, complex numbers by real parts."""

from hloom.frontend import dtypes
from hloom.frontend.errors import ArgumentError, ShapeError, UnsupportedError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e, sorting as s
from hloom.frontend.prims.indexing import index_in_dim
from hloom.frontend.prims.structural import (
    broadcasted_iota,
    canonical_axis,
    reshape,
    rev,
    slice_in_dim,
)
from hloom.frontend.trace import aval_of
from hloom.numpy.folding import finished
from hloom.numpy.promotion import broadcast_shapes, broadcast_to, operand, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _prepared(name, a, axis, kind=None, order=None):
    """The operand, flattened if axis is None, and the axis."""
    for what, value in (("kind", kind), ("order", order)):
        if value is not None:
            found, remedy = f"{what} is {value!r}", "say stable=True or stable=False"
            raise UnsupportedError(f"{name}: takes no `{what}`", found, remedy)
    a = operand(name, a)
    aval = aval_of(a)
    if axis is None:
        return (a if aval.ndim == 1 else reshape(a, (aval.size,))), 0
    if not aval.shape:
        found = f"the operand is {aval}"
        raise ShapeError(f"{name}: needs an axis", found, "give axis=None, or an array")
    return a, canonical_axis(name, axis, aval.ndim)


@fused
def sort(a: ArrayLike, axis=-1, *, kind=None, order=None, stable=True, descending=False):
    """The elements sorted along an axis, or all of them for axis=None.

    >>> import hloom.numpy as np
    >>> np.sort(np.array([2, 3, 1]), descending=True)
    Array([3, 2, 1], dtype=int32)
    """
    a, axis = _prepared("sort", a, axis, kind, order)
    return _sorted(a, axis, stable, descending)


def _sorted(a, axis, stable=True, descending=False):
    # descending, equal elements keep their order as well
    a = rev(a, (axis,)) if descending else a
    y = s.sort(a, axis, stable)
    return rev(y, (axis,)) if descending else y


@fused
def argsort(
    a: ArrayLike, axis=-1, *, kind=None, order=None, stable=True, descending=False, dtype=None
):
    """The positions that sort an axis, or the flattened array for axis=None.

    >>> import hloom.numpy as np
    >>> np.argsort(np.array([2, 3, 1]))
    Array([2, 0, 1], dtype=int32)
    """
    a, axis = _prepared("argsort", a, axis, kind, order)
    dtype = dtypes.int64 if dtype is None else dtypes.requested("argsort", dtype)
    return _order(a, axis, dtypes.canonicalize(dtype), stable, descending)


def _order(a, axis, dtype, stable=True, descending=False):
    shape = aval_of(a).shape
    positions = broadcasted_iota(dtype, shape, axis)
    if not descending:
        return s.sort((a, positions), axis, stable)[1]
    backwards = e.sub(typed_literal(max(shape[axis] - 1, 0), dtype), positions)
    return rev(s.sort((rev(a, (axis,)), backwards), axis, stable)[1], (axis,))


@fused
def lexsort(keys: ArrayLike, axis=-1, *, batch_size=16):
    """The positions that sort by several keys, the last one first.

    `keys` is a sequence of arrays, or an array whose first axis is that of the keys.

    >>> import hloom.numpy as np
    >>> np.lexsort((np.array([2, 1, 1]), np.array([0, 1, 0])))
    Array([2, 0, 1], dtype=int32)
    """
    several = _keys(keys)
    if not several:
        raise ArgumentError("lexsort: needs a key", "there is none", "give one array at least")
    shape = broadcast_shapes("lexsort", *(aval_of(k).shape for k in several))
    axis = canonical_axis("lexsort", axis, len(shape))
    several = [broadcast_to(k, shape) for k in several[::-1]]
    positions = broadcasted_iota(dtypes.canonicalize(dtypes.int64), shape, axis)
    return s.sort((*several, positions), axis, num_keys=len(several))[-1]


def _keys(keys):
    """A sequence of keys, or the slices of an array, as a list."""
    if isinstance(keys, list | tuple):
        return [operand("lexsort", k) for k in keys]
    keys = operand("lexsort", keys)
    shape = aval_of(keys).shape
    if not shape:
        raise ShapeError("lexsort: keys are a sequence of arrays", "it is a scalar", "pass a tuple")
    return [index_in_dim(keys, i, 0, False) for i in range(shape[0])]


@fused
def sort_complex(a: ArrayLike):
    """The elements as complex numbers, sorted along the last axis."""
    a = operand("sort_complex", a)
    a = to_dtype(a, dtypes.to_complex(aval_of(a).dtype))
    a, axis = _prepared("sort_complex", a, -1)
    return _sorted(a, axis)


# ---------------------------------------------------------------- partitions
def _checked(name, a, kth, axis):
    a, axis = _prepared(name, a, axis)
    n = aval_of(a).shape[axis]
    if not isinstance(kth, int):
        found = f"it is {kth!r}"
        raise ArgumentError(f"{name}: kth is one static integer", found, "pass an int")
    if not -n <= kth < n:
        found = f"the axis has {n} elements"
        raise ValueRangeError(f"{name}: there is no element {kth}", found, "use a smaller kth")
    return a, axis


@fused
def partition(a: ArrayLike, kth, axis=-1):
    """The elements with that at `kth` where sorting puts it, smaller ones before, others after."""
    return _sorted(*_checked("partition", a, kth, axis))


@fused
def argpartition(a: ArrayLike, kth, axis=-1):
    """The positions that partition an axis at `kth`; see `partition`."""
    a, axis = _checked("argpartition", a, kth, axis)
    return _order(a, axis, dtypes.canonicalize(dtypes.int64))


@fused
def top_k(a: ArrayLike, k, /, *, axis=-1, mode="largest", sorted=True):
    """The `k` largest elements along an axis, or the smallest, in order, and their positions.

    >>> import hloom.numpy as np
    >>> np.top_k(np.array([1, 5, 3]), 2, mode="smallest")
    (Array([1, 3], dtype=int32), Array([0, 2], dtype=int32))
    """
    if mode not in ("largest", "smallest"):
        found = f"it is {mode!r}"
        raise ValueRangeError("top_k: the mode is not known", found, "use 'largest' or 'smallest'")
    a, axis = _prepared("top_k", a, axis)
    index = dtypes.canonicalize(dtypes.int64)
    if mode == "largest":
        values, order = s.top_k(a, k, axis=axis)
        return finished(values, aval_of(a).dtype), to_dtype(order, index)
    if not 0 <= k <= aval_of(a).shape[axis]:
        found = f"axis {axis} of {aval_of(a)} has {aval_of(a).shape[axis]} elements"
        raise ValueRangeError(f"top_k: there are no {k} elements", found, "use a smaller k")
    positions = broadcasted_iota(index, aval_of(a).shape, axis)
    values, order = (slice_in_dim(v, 0, k, axis=axis) for v in s.sort((a, positions), axis))
    return finished(values, aval_of(a).dtype), order
