"""Building indices: positions of diagonals and triangles, flat positions, open grids, r_ and c_."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray
from hloom.frontend.choices import integer, shown
from hloom.frontend.errors import (
    ArgumentError,
    DTypeError,
    ShapeError,
    ValueRangeError,
)
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.staging import require_callable
from hloom.frontend.trace import aval_of
from hloom.numpy.creation import arange, asarray
from hloom.numpy.joining import concatenate, stack
from hloom.numpy.manipulation import atleast_1d
from hloom.numpy.promotion import known, operand, promote, to_dtype
from hloom.numpy.searching import nonzero
from hloom.numpy.spaces import linspace, meshgrid
from hloom.numpy.taking import check_range, integers, modulo, no_raise
from hloom.runtime.array import put
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _host(x):
    dtype, _ = dtypes.python_scalar_dtype(int)
    return put(x.astype(dtype), ShapedArray(x.shape, dtype))


# ---------------------------------------------------------------- diagonals and triangles
@judged
def diag_indices(n, ndim=2):
    """The positions of the main diagonal of an array of `ndim` axes of length n.

    >>> import hloom.numpy as np
    >>> np.diag_indices(2)
    (Array([0, 1], dtype=int32), Array([0, 1], dtype=int32))
    """
    n, ndim = (integer("diag_indices", what, v, 0) for what, v in (("n", n), ("ndim", ndim)))
    return (arange(n),) * ndim


@judged
def diag_indices_from(arr):
    """The positions of the main diagonal of an array whose axes have one length."""
    shape = np.shape(arr)
    if len(shape) < 2 or len(set(shape)) > 1:
        found = f"it has shape {shape}"
        remedy = "use an array of at least two axes of one length"
        raise ShapeError("diag_indices_from: the array has a main diagonal", found, remedy)
    return diag_indices(shape[0], len(shape))


@judged
def tril_indices(n, k=0, m=None):
    """The positions on and below diagonal k of an n x m matrix (n x n by default).

    >>> import hloom.numpy as np
    >>> np.tril_indices(2)
    (Array([0, 1, 1], dtype=int32), Array([0, 0, 1], dtype=int32))
    """
    return _triangle("tril_indices", np.tril_indices, n, k, m)


@judged
def triu_indices(n, k=0, m=None):
    """The positions on and above diagonal k of an n x m matrix (n x n by default)."""
    return _triangle("triu_indices", np.triu_indices, n, k, m)


def _triangle(name, indices, n, k, m):
    n, m = s.canonical_shape(name, (n, n if m is None else m))
    return tuple([_host(p) for p in indices(n, integer(name, "k", k), m)])


def _matrix_shape(name, arr):
    shape = np.shape(arr)
    if len(shape) != 2:
        raise ShapeError(f"{name}: takes a matrix", f"the array has shape {shape}", "use two axes")
    return shape


@judged
def tril_indices_from(arr, k=0):
    """The positions on and below diagonal k of a matrix."""
    n, m = _matrix_shape("tril_indices_from", arr)
    return tril_indices(n, k, m)


@judged
def triu_indices_from(arr, k=0):
    """The positions on and above diagonal k of a matrix."""
    n, m = _matrix_shape("triu_indices_from", arr)
    return triu_indices(n, k, m)


@judged
def mask_indices(n, mask_func, k=0, *, size=None):
    """The positions where `mask_func(matrix of ones, k)` is not 0, for an n x n matrix."""
    require_callable("mask_indices", mask_func, "mask_func")
    ones = s.full(s.canonical_shape("mask_indices", (n, n)), 1, np.float32)
    return nonzero(mask_func(ones, k), size=size)


# ---------------------------------------------------------------- flat positions
@judged
def unravel_index(indices, shape):
    """The index, a tuple, of flat positions in an array of `shape`.

    Negative positions count from the end. Of numbers and NumPy arrays those outside raise; of
    arrays, whose values may be unknown, they are moved to the nearest end.

    >>> import hloom.numpy as np
    >>> np.unravel_index(np.array([1, 5]), (2, 3))
    (Array([0, 1], dtype=int32), Array([1, 2], dtype=int32))
    """
    shape = s.canonical_shape("unravel_index", shape)
    if not isinstance(indices, Array):
        values, size = np.asarray(known(integers("unravel_index", indices))), math.prod(shape)
        if size and values.size and not (-size <= values.min() and values.max() < size):
            found = f"they are from {values.min()} to {values.max()}"
            remedy = f"use numbers from {-size} to {size - 1}"
            what = f"unravel_index: a position is outside of shape {shape}"
            raise ValueRangeError(what, found, remedy)
    return _unravel_index(indices, shape)


@fused
def _unravel_index(indices: ArrayLike, shape):
    x = integers("unravel_index", indices)
    size, dtype = math.prod(shape), aval_of(x).dtype
    if size == 0:
        found = f"the shape is {shape}"
        raise ShapeError("unravel_index: the array has elements", found, "there are no positions")
    if size <= int(dtypes.iinfo(dtype).max):
        if not dtypes.is_unsigned(dtype):
            x = e.select(e.lt(x, 0), e.add(x, size), x)
        x = e.clamp(0, x, size - 1)
    found = []
    for axis, n in enumerate(shape):
        stride = math.prod(shape[axis + 1 :])
        place = e.div(x, stride) if stride > 1 else x
        found.append(e.rem(place, n) if axis else place)
    return tuple(found)


@judged
def ravel_multi_index(multi_index, dims, mode="raise", order="C", *, dtype=None):
    """The flat positions of an index, a tuple of integer arrays, in an array of shape `dims`.

    The mode 'raise' refuses positions outside, and so needs concrete ones; 'wrap' begins again,
    'clip' takes the nearest. `order` 'F' counts the first axis fastest.

    >>> import hloom.numpy as np
    >>> np.ravel_multi_index((np.array([0, 1]), np.array([1, 2])), (2, 3))
    Array([1, 5], dtype=int32)
    """
    dims = s.canonical_shape("ravel_multi_index", dims)
    if len(multi_index) != len(dims):
        found = f"there are {len(multi_index)} and {len(dims)}"
        raise ArgumentError(
            "ravel_multi_index: one array for each axis", found, "give as many of each"
        )
    no_raise("ravel_multi_index", mode, ("raise", "wrap", "clip"))
    if order not in ("C", "F"):
        what = "ravel_multi_index: the order is 'C' or 'F'"
        raise ValueRangeError(what, f"it is {order!r}", "use one of these")
    if mode == "raise":
        for x, n in zip(multi_index, dims, strict=True):
            check_range("ravel_multi_index", integers("ravel_multi_index", x), 0, n)
    return _ravel_multi_index(tuple(multi_index), dims, mode, order, dtype)


@fused
def _ravel_multi_index(multi_index: ArrayLike, dims, mode, order, dtype):
    columns = [integers("ravel_multi_index", x) for x in multi_index]
    if mode == "wrap":
        columns = [modulo(x, n) for x, n in zip(columns, dims, strict=True)]
    elif mode == "clip":
        columns = [e.clamp(0, x, n - 1) for x, n in zip(columns, dims, strict=True)]
    columns = promote("ravel_multi_index", *columns)
    total = None
    for axis, x in enumerate(columns):
        stride = math.prod(dims[axis + 1 :] if order == "C" else dims[:axis])
        part = e.mul(x, stride) if stride != 1 else x
        total = part if total is None else e.add(total, part)
    total = s.full((), 0, int) if total is None else total
    wanted = dtypes.python_scalar_dtype(int)[0] if dtype is None else dtype
    return e.convert_element_type(total, wanted)


@judged
def ix_(*args):
    """Index arrays for the grid over vectors of positions, each along an axis of its own.

    A mask, which must be concrete, stands for the positions where it holds.

    >>> import hloom.numpy as np
    >>> [x.shape for x in np.ix_(np.arange(2), np.array([True, False, True]))]
    [(2, 1), (1, 2)]
    """
    return _open_grid([_vector(i, operand("ix_", x)) for i, x in enumerate(args)])


def _vector(i, x):
    aval = aval_of(x)
    if aval.ndim != 1:
        raise ShapeError("ix_: takes vectors", f"argument {i} has shape {aval.shape}", "use ravel")
    if dtypes.is_bool(aval.dtype):
        return nonzero(x)[0]
    if not dtypes.is_integer(aval.dtype) and aval.size:
        found = f"argument {i} is {aval}"
        raise DTypeError("ix_: positions are integers", found, "use x.astype(int)")
    return to_dtype(x, dtypes.python_scalar_dtype(int)[0]) if not aval.size else x


@fused
def _open_grid(vectors: ArrayLike):
    count = len(vectors)
    sizes = [aval_of(x).size for x in vectors]
    shapes = [[n if a == i else 1 for a in range(count)] for i, n in enumerate(sizes)]
    return tuple([s.reshape(x, shape) for x, shape in zip(vectors, shapes, strict=True)])


# ---------------------------------------------------------------- with brackets
def _ends(e):
    """The start, stop and step of a slice."""
    if not isinstance(e, slice):
        asked, found = "mgrid, ogrid and r_: take slices here", f"they were given {shown(e)}"
        raise ArgumentError(asked, found, "write start:stop:step in the brackets")
    return 0 if e.start is None else e.start, e.stop, 1 if e.step is None else e.step


def _line(start, stop, step):
    """The numbers of a slice; a complex step is their count, the end included."""
    if isinstance(step, complex):
        return linspace(start, stop, int(abs(step)))
    return arange(start, stop, step)


@fused
def _grid(ends, sparse):
    grids = meshgrid(*[_line(*e) for e in ends], indexing="ij", sparse=sparse)
    return list(grids) if sparse else stack(grids)


class _Grid:
    """A grid of coordinates by slices in brackets."""

    def __init__(self, name, sparse, doc):
        self._name, self._sparse, self.__doc__ = name, sparse, doc

    def __getitem__(self, index):
        if not isinstance(index, tuple):
            return _line(*_ends(index))
        return _grid(tuple(map(_ends, index)), self._sparse)

    def __repr__(self):
        return f"hloom.numpy.{self._name}"


mgrid = _Grid("mgrid", False, "The dense grid over slices: `mgrid[0:2, 0:3]` has shape (2, 2, 3).")
ogrid = _Grid("ogrid", True, "The open grid over slices: arrays that broadcast to the dense grid.")


class _Join:
    """Arrays, numbers and slices in brackets joined along an axis."""

    def __init__(self, name, axis, ndim, place, doc):
        self._name, self._axis, self._ndim, self._place = name, axis, ndim, place
        self.__doc__ = doc

    def __getitem__(self, index):
        entries = index if isinstance(index, tuple) else (index,)
        axis, ndim, place = self._axis, self._ndim, self._place
        if entries and isinstance(entries[0], str):
            axis, ndim, place = _directive(entries[0], ndim, place)
            entries = entries[1:]
        for x in entries:
            if isinstance(x, str):
                asked, found = f"{self._name}: a text comes first", f"there is one later: {x!r}"
                raise ArgumentError(asked, found, "move it to the front")
        lines = tuple([_ends(x) if isinstance(x, slice) else None for x in entries])
        return _joined(
            [asarray(x) for x in entries if not isinstance(x, slice)], lines, axis, ndim, place
        )

    def __repr__(self):
        return f"hloom.numpy.{self._name}"


@fused
def _joined(arrays: ArrayLike, lines, axis, ndim, place):
    """The lines, and where there is none the next array, joined as arrays of at least `ndim`."""
    rest = iter(arrays)
    made = [next(rest) if line is None else _line(*line) for line in lines]
    return concatenate([_raised(atleast_1d(x), ndim, place) for x in made], axis)


def _raised(x, ndim, place):
    missing = ndim - x.ndim
    if missing <= 0:
        return x
    first = place if place >= 0 else missing + 1 + place
    return x.reshape((1,) * first + x.shape + (1,) * (missing - first))


def _directive(text, ndim, place):
    """The axis, the least rank and the place of the array's axes from 'axis,rank,place'."""
    try:
        numbers = [int(t) for t in text.split(",")]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3:
        remedy = "give one to three integers, such as '0,2'"
        raise ValueRangeError("r_: the text is 'axis,rank,place'", f"it is {text!r}", remedy)
    return tuple(numbers + [0, ndim, place][len(numbers) :])


r_ = _Join("r_", 0, 1, -1, "Join along the first axis: `r_[0:3, 5, x]`; `r_['axis,rank', ...]`.")
c_ = _Join("c_", -1, 2, 0, "Join along the last axis, vectors as columns: `c_[x, y]`.")


class _Index:
    """Gives back the index in the brackets."""

    def __init__(self, as_tuple, doc):
        self._as_tuple, self.__doc__ = as_tuple, doc

    def __getitem__(self, index):
        return (index,) if self._as_tuple and not isinstance(index, tuple) else index


s_ = _Index(False, "The index in the brackets: `s_[1:, 0]` is `(slice(1, None), 0)`.")
index_exp = _Index(True, "The index in the brackets, always as a tuple.")
