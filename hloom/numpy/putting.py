"""Copies of an array with elements replaced: put, place, put_along_axis, fill_diagonal.

NumPy's functions change their argument; arrays are immutable, so these want `inplace=False`.
"""

import math

from hloom.frontend import dtypes
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.cumulative import cumsum
from hloom.frontend.prims.indexing import GatherScatterMode, index_dtype
from hloom.frontend.prims.scatter import ScatterDimensionNumbers, scatter
from hloom.frontend.trace import aval_of
from hloom.numpy.index_plan import plan
from hloom.numpy.manipulation import ravel
from hloom.numpy.promotion import broadcast_to, operand, to_dtype
from hloom.numpy.taking import along, integers, modulo, no_raise, take
from hloom.numpy.writing import Flags, cast, fits, write
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _not_in_place(name, inplace):
    if inplace:
        found = "arrays are immutable, and inplace is True, NumPy's way"
        raise ValueRangeError(f"{name}: cannot change an array", found, "pass inplace=False")


def _cycled(values, n):
    """The flat values, repeated or cut to n elements."""
    values = ravel.function(values)
    size = aval_of(values).size
    if size == n or size == 1:
        return broadcast_to(values, (n,))
    repeats = -(-n // size)
    values = s.reshape(s.broadcast_in_dim(values, (repeats, size), (1,)), (repeats * size,))
    return s.slice_in_dim(values, 0, n)


@judged
def put(a, ind, v, mode=None, *, inplace=True):
    """A copy with the elements at positions in the flat array replaced by `v`, again and again.

    Positions outside are moved to the nearest end ('clip') or begin again ('wrap'); by default,
    negative ones count from the end.

    >>> import hloom.numpy as np
    >>> np.put(np.zeros(4), np.array([0, -1]), 5.0, inplace=False)
    Array([5., 0., 0., 5.], dtype=float32)
    """
    _not_in_place("put", inplace)
    no_raise("put", mode, (None, "clip", "wrap"))
    return _put(a, ind, v, mode)


@fused
def _put(a: ArrayLike, ind: ArrayLike, v: ArrayLike, mode):
    a, ind, v = operand("put", a), integers("put", ind), operand("put", v)
    aval, count = aval_of(a), aval_of(ind).size
    if not count or not aval_of(v).size:
        return a
    ind = ravel.function(ind)
    if mode == "wrap":
        ind = modulo(ind, aval.size)
    flags = Flags(mode="clip", wrap=mode is None)
    flat = ravel.function(a)
    flat = write(flat, plan((aval.size,), ind, flags.wrap), "set", _cycled(v, count), flags)
    return s.reshape(flat, aval.shape)


@judged
def place(arr, mask, vals, *, inplace=True):
    """A copy with the elements where `mask` holds replaced by the values in turn.

    >>> import hloom.numpy as np
    >>> x = np.arange(5)
    >>> np.place(x, x > 1, np.array([10, 20]), inplace=False)
    Array([ 0,  1, 10, 20, 10], dtype=int32)
    """
    _not_in_place("place", inplace)
    return _place(arr, mask, vals)


@fused
def _place(arr: ArrayLike, mask: ArrayLike, vals: ArrayLike):
    arr, mask, vals = (operand("place", x) for x in (arr, mask, vals))
    aval, count = aval_of(arr), aval_of(vals).size
    if aval_of(mask).size != aval.size or not count:
        found = f"array {aval}, mask {aval_of(mask)}, values {aval_of(vals)}"
        raise ShapeError(
            "place: the mask has the array's size, and there are values", found, "check"
        )
    vals = cast(vals, aval.dtype)
    mask = to_dtype(s.reshape(mask, (aval.size,)), dtypes.bool_)
    if count == 1:
        new = s.reshape(vals, ())
    else:
        turn = e.sub(cumsum(to_dtype(mask, index_dtype((aval.size,))), 0), 1)
        new = take.function(ravel.function(vals), e.rem(turn, count), 0, None, "clip")
    return s.reshape(e.select(mask, new, ravel.function(arr)), aval.shape)


@judged
def put_along_axis(arr, indices, values, axis, inplace=True, *, mode=None):
    """A copy with the elements at positions along an axis replaced; the other axes run in step.

    Positions outside are left out, unless `mode` is 'clip'. The inverse of take_along_axis.

    >>> import hloom.numpy as np
    >>> np.put_along_axis(np.zeros((2, 3)), np.array([[0], [2]]), 5.0, axis=1, inplace=False)
    Array([[5., 0., 0.],
           [0., 0., 5.]], dtype=float32)
    """
    _not_in_place("put_along_axis", inplace)
    return _put_along_axis(arr, indices, values, axis, mode)


@fused
def _put_along_axis(arr: ArrayLike, indices: ArrayLike, values: ArrayLike, axis, mode):
    shape = aval_of(operand("put_along_axis", arr)).shape
    arr, vectors, numbers, _ = along("put_along_axis", arr, indices, axis, True)
    whole = aval_of(arr).shape
    dims = aval_of(operand("put_along_axis", indices)).shape
    unlike = [a for a in numbers.collapsed_slice_dims if a not in numbers.start_index_map]
    if unlike:
        found = f"the array has shape {whole}, the positions {dims}"
        raise ShapeError("put_along_axis: positions run past the array", found, "use its lengths")
    values = cast(values, aval_of(arr).dtype)
    target = tuple([whole[a] if a in numbers.offset_dims else n for a, n in enumerate(dims)])
    fits(aval_of(values).shape, target)
    values = broadcast_to(values, target)
    (new,) = scatter.bind(
        arr,
        vectors,
        values,
        dimension_numbers=ScatterDimensionNumbers(*numbers),
        indices_are_sorted=False,
        unique_indices=False,
        mode=GatherScatterMode.from_any(mode),
    )
    return s.reshape(new, shape)


@judged
def fill_diagonal(a, val, wrap=False, *, inplace=True):
    """A copy with the main diagonal replaced by `val`, repeated or cut to its length.

    A tall matrix has one diagonal, or one in each of its squares if `wrap` is True.

    >>> import hloom.numpy as np
    >>> np.fill_diagonal(np.zeros((2, 2)), 5.0, inplace=False)
    Array([[5., 0.],
           [0., 5.]], dtype=float32)
    """
    _not_in_place("fill_diagonal", inplace)
    return _fill_diagonal(a, val, bool(wrap))


@fused
def _fill_diagonal(a: ArrayLike, val: ArrayLike, wrap):
    a = operand("fill_diagonal", a)
    aval = aval_of(a)
    shape = aval.shape
    if len(shape) < 2 or (len(shape) > 2 and len(set(shape)) > 1):
        found = f"it has shape {shape}"
        remedy = "use a matrix, or an array of equal lengths"
        raise ShapeError("fill_diagonal: the array has a main diagonal", found, remedy)
    if len(shape) == 2:
        step = shape[1] + 1
        end = aval.size if wrap else min(aval.size, shape[1] * shape[1])
    else:
        step = sum(math.prod(shape[k + 1 :]) for k in range(len(shape)))
        end = aval.size
    count = len(range(0, end, step))
    if not count:
        return a
    value = _cycled(cast(val, aval.dtype), count)
    flat = write(ravel.function(a), plan((aval.size,), slice(0, end, step)), "set", value)
    return s.reshape(flat, shape)
