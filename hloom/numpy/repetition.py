"""Elements repeated: repeat and tile."""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import ArgumentError, ShapeError, TracedValueError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.cumulative import cumsum
from hloom.frontend.prims.indexing import GatherDimensionNumbers, gather
from hloom.frontend.prims.scatter import ScatterDimensionNumbers, scatter_add
from hloom.frontend.trace import aval_of, brief, concrete_or_none
from hloom.numpy.promotion import operand
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@fused
def tile(A: ArrayLike, reps):
    """The array repeated `reps[i]` times along axis i.

    >>> import hloom.numpy as np
    >>> np.tile(np.arange(2), 2)
    Array([0, 1, 0, 1], dtype=int32)
    """
    A = operand("tile", A)
    reps, shape = s.canonical_shape("tile", reps), aval_of(A).shape
    added = max(0, len(reps) - len(shape))
    shape = (1,) * added + shape
    reps = (1,) * (len(shape) - len(reps)) + reps
    pairs = [n for pair in zip(reps, shape) for n in pair]
    whole = s.broadcast_in_dim(A, pairs, range(2 * added + 1, len(pairs), 2))
    return s.reshape(whole, [r * n for r, n in zip(reps, shape)])


@judged
def repeat(a, repeats, axis=None, *, total_repeat_length=None, out_sharding=None):
    """Each element repeated `repeats` times along an axis, or in the flat array.

    The length of the result is static: `total_repeat_length` states it where `repeats` is traced;
    what is too long is cut off, what is too short is filled with the last element.

    >>> import hloom.numpy as np
    >>> np.repeat(np.arange(3), 2)
    Array([0, 0, 1, 1, 2, 2], dtype=int32)
    """
    if total_repeat_length is not None:
        return _repeat_to(a, repeats, axis, int(total_repeat_length))
    found = concrete_or_none(repeats) if isinstance(repeats, Array) else repeats
    if found is None:
        raise TracedValueError(
            "repeat: the repeats decide the length, so they are static",
            f"they are traced ({repeats.aval})",
            "state the length: total_repeat_length=...",
        )
    counts = np.asarray(found)
    if counts.size and counts.dtype.kind not in "biu":
        what = f"they are {brief(found)}"
        raise ArgumentError("repeat: the repeats are integers", what, "give ints")
    if (counts < 0).any():
        what = f"they are {brief(found)}"
        raise ValueRangeError("repeat: the repeats are not negative", what, "use 0 and up")
    if counts.size == 1:
        return _repeat_all(a, int(counts.reshape(())), axis)
    return _repeat_to(a, counts.astype(np.int32), axis, int(counts.sum()))


def _along(a, axis):
    a = operand("repeat", a)
    if axis is None:
        return s.reshape(a, (aval_of(a).size,)), 0
    return a, s.canonical_axis("repeat", axis, aval_of(a).ndim)


@fused
def _repeat_all(a: ArrayLike, count, axis):
    a, axis = _along(a, axis)
    shape = aval_of(a).shape
    whole = (*shape[: axis + 1], count, *shape[axis + 1 :])
    dims = [i + (i > axis) for i in range(len(shape))]
    wide = s.broadcast_in_dim(a, whole, dims)
    return s.reshape(wide, (*shape[:axis], shape[axis] * count, *shape[axis + 1 :]))


@fused
def _repeat_to(a: ArrayLike, repeats: ArrayLike, axis, length):
    a, axis = _along(a, axis)
    shape = aval_of(a).shape
    n = shape[axis]
    repeats = e.convert_element_type(operand("repeat", repeats), dtypes.int32)
    if aval_of(repeats).shape not in ((), (1,), (n,)):
        found = f"there are {aval_of(repeats).shape} repeats and the axis has length {n}"
        raise ShapeError("repeat: one number, or one for each element", found, "give as many")
    if length == 0:
        return s.slice_in_dim(a, 0, 0, axis=axis)
    if n == 0:
        found = f"the axis has none, of shape {shape}, and the length is {length}"
        raise ShapeError("repeat: needs an element to repeat", found, "give an element")
    counts = s.broadcast_in_dim(repeats, (n,), range(aval_of(repeats).ndim))
    # each element's end raises the index by one for all positions after it
    ends = s.reshape(cumsum(counts), (n, 1))
    zeros = s.full((length,), 0, dtypes.int32)
    ones, numbers = s.full((n,), 1, dtypes.int32), ScatterDimensionNumbers((), (0,), (0,))
    marks = scatter_add(zeros, ends, ones, numbers)
    index = s.reshape(cumsum(marks), (length, 1))
    offsets = tuple(i for i in range(len(shape)) if i != axis)
    sizes = (*shape[:axis], 1, *shape[axis + 1 :])
    return gather(a, index, GatherDimensionNumbers(offsets, (axis,), (axis,)), sizes, mode="clip")
