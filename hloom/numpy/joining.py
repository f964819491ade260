"""Several arrays to one: concatenate, stack and their relatives; append, insert, delete."""

import itertools

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import integer
from hloom.frontend.errors import ArgumentError, ShapeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims import structural as s
from hloom.frontend.prims.indexing import index_in_dim
from hloom.frontend.trace import aval_of
from hloom.numpy import promotion
from hloom.numpy.manipulation import atleast_1d, atleast_2d, atleast_3d, convert_strongly
from hloom.numpy.promotion import operand, promote_dtypes
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, ArrayLikes


def _arrays(name, arrays):
    """The operands of a function that takes a sequence of arrays."""
    if isinstance(arrays, Array | np.ndarray) and aval_of(arrays).ndim:
        return [index_in_dim(arrays, i, 0, False) for i in range(aval_of(arrays).shape[0])]
    if not isinstance(arrays, list | tuple):
        found = f"it was given a {type(arrays).__name__}"
        raise ArgumentError(f"{name}: takes a sequence of arrays", found, "pass a list or a tuple")
    if not arrays:
        raise ValueRangeError(
            f"{name}: needs an array", "the sequence is empty", "pass at least one"
        )
    return arrays


def _in_dtype(name, arrays, dtype):
    if dtype is None:
        return promote_dtypes(name, *arrays)
    dtype = dtypes.requested(name, dtype)
    return [convert_strongly(operand(name, a), dtype) for a in arrays]


@fused
def concatenate(arrays: ArrayLikes, axis=0, dtype=None):
    """Arrays joined along an axis; flattened first if `axis` is None.

    >>> import hloom.numpy as np
    >>> np.concatenate([np.arange(2), np.zeros(1)])
    Array([0., 1., 0.], dtype=float32)
    """
    arrays = _in_dtype("concatenate", _arrays("concatenate", arrays), dtype)
    if axis is None:
        arrays, axis = [s.reshape(a, (aval_of(a).size,)) for a in arrays], 0
    if not aval_of(arrays[0]).ndim:
        found = "an array of rank 0 has no axes"
        raise ShapeError("concatenate: joins along an axis", found, "use hloom.numpy.stack")
    return s.concatenate(arrays, axis)


@fused
def stack(arrays: ArrayLikes, axis=0, out=None, dtype=None):
    """Arrays of one shape joined along a new axis.

    >>> import hloom.numpy as np
    >>> np.stack([np.zeros(3), np.ones(3)]).shape
    (2, 3)
    """
    promotion.no_out("stack", out)
    arrays = _in_dtype("stack", _arrays("stack", arrays), dtype)
    shape = aval_of(arrays[0]).shape
    for a in arrays:
        if aval_of(a).shape != shape:
            found = f"the shapes are {', '.join(str(aval_of(a).shape) for a in arrays)}"
            raise ShapeError("stack: needs arrays of one shape", found, "reshape or pad the arrays")
    axis = s.canonical_axis("stack", axis, len(shape) + 1)
    return s.concatenate([s.expand_dims(a, (axis,)) for a in arrays], axis)


@fused
def concat(arrays: ArrayLikes, /, *, axis=0):
    """Arrays joined along an axis; flattened first if `axis` is None."""
    return concatenate.function(arrays, axis)


@fused
def vstack(tup: ArrayLikes, dtype=None):
    """Arrays joined along axis 0; vectors become rows."""
    return _joined("vstack", [atleast_2d(a) for a in _arrays("vstack", tup)], 0, dtype)


def _joined(name, arrays, axis, dtype=None):
    """Arrays joined for a function of another name, which stands in its errors."""
    try:
        return concatenate.function(arrays, axis, dtype)
    except ShapeError as error:
        raise ShapeError(str(error).replace("concatenate:", f"{name}:", 1)) from None


@fused
def hstack(tup: ArrayLikes, dtype=None):
    """Arrays joined along axis 1, vectors along axis 0."""
    arrays = [atleast_1d(a) for a in _arrays("hstack", tup)]
    return _joined("hstack", arrays, 0 if aval_of(arrays[0]).ndim == 1 else 1, dtype)


@fused
def dstack(tup: ArrayLikes, dtype=None):
    """Arrays joined along axis 2."""
    return _joined("dstack", [atleast_3d(a) for a in _arrays("dstack", tup)], 2, dtype)


@fused
def column_stack(tup: ArrayLikes):
    """Vectors as columns, and matrices, joined along axis 1."""
    return _joined("column_stack", [_column(a) for a in _arrays("column_stack", tup)], 1)


def _column(a):
    a = operand("column_stack", a)
    return s.reshape(a, (aval_of(a).size, 1)) if aval_of(a).ndim < 2 else a


@fused
def block(arrays: ArrayLikes):
    """An array put together of nested lists of blocks: the innermost lists along the last axis.

    >>> import hloom.numpy as np
    >>> np.block([[np.eye(2), np.zeros((2, 1))]]).shape
    (2, 3)
    """
    depth = _depth(arrays)
    ndim = max(depth, _most_axes(arrays))
    return _block(arrays, depth, ndim)


def _depth(x):
    if not isinstance(x, list):
        return 0
    if not x:
        raise ValueRangeError("block: needs blocks", "a list is empty", "leave empty lists away")
    depths = {_depth(part) for part in x}
    if len(depths) > 1:
        found = f"lists are nested {' and '.join(str(d) for d in sorted(depths))} deep"
        raise ShapeError("block: blocks lie equally deep", found, "nest all blocks equally deep")
    return 1 + depths.pop()


def _most_axes(x):
    return max(map(_most_axes, x)) if isinstance(x, list) else aval_of(operand("block", x)).ndim


def _block(x, depth, ndim):
    if depth:
        return concatenate.function([_block(part, depth - 1, ndim) for part in x], -depth)
    x = operand("block", x)
    return s.reshape(x, (1,) * (ndim - aval_of(x).ndim) + aval_of(x).shape)


@fused
def append(arr: ArrayLike, values: ArrayLike, axis=None):
    """`values` joined to the end of `arr` along an axis, both flattened if `axis` is None."""
    return _joined("append", [arr, values], axis)


# ---------------------------------------------------------------- splitting
@fused
def unstack(x: ArrayLike, /, *, axis=0):
    """The parts along an axis, without it: a tuple of arrays."""
    x = operand("unstack", x)
    axis = s.canonical_axis("unstack", axis, aval_of(x).ndim)
    return tuple([index_in_dim(x, i, axis, False) for i in range(aval_of(x).shape[axis])])


@judged
def split(ary, indices_or_sections, axis=0):
    """Parts along an axis: so many equal ones, or those between the given indices.

    >>> import hloom.numpy as np
    >>> [x.shape for x in np.split(np.zeros(6), [1, 3])]
    [(1,), (2,), (3,)]
    """
    return _split("split", ary, indices_or_sections, axis, True)


@judged
def array_split(ary, indices_or_sections, axis=0):
    """Parts along an axis, as `split`, but their lengths may differ by one."""
    return _split("array_split", ary, indices_or_sections, axis, False)


@judged
def vsplit(ary, indices_or_sections):
    """Parts along axis 0 of an array of two axes or more."""
    _needs_axes("vsplit", ary, 2)
    return _split("vsplit", ary, indices_or_sections, 0, True)


@judged
def hsplit(ary, indices_or_sections):
    """Parts along axis 1, of a vector along axis 0."""
    _needs_axes("hsplit", ary, 1)
    return _split("hsplit", ary, indices_or_sections, min(1, aval_of(ary).ndim - 1), True)


@judged
def dsplit(ary, indices_or_sections):
    """Parts along axis 2 of an array of three axes or more."""
    _needs_axes("dsplit", ary, 3)
    return _split("dsplit", ary, indices_or_sections, 2, True)


def _needs_axes(name, ary, count):
    aval = aval_of(operand(name, ary))
    if aval.ndim < count:
        remedy = "use hloom.numpy.split, which takes the axis"
        raise ShapeError(f"{name}: the array needs {count} axes", f"it is {aval}", remedy)


def _split(name, ary, sections, axis, equal):
    ary = operand(name, ary)
    n = aval_of(ary).shape[s.canonical_axis(name, axis, aval_of(ary).ndim)]
    if not isinstance(sections, Array) and not np.ndim(sections):
        sections = integer(name, "the number of parts", sections)
        if sections < 1:
            found = f"the number of parts is {sections}"
            raise ValueRangeError(f"{name}: makes one part or more", found, "use 1 and up")
        if equal and n % sections:
            found = f"the axis has length {n}"
            remedy = "use hloom.numpy.array_split, which makes parts of different lengths"
            raise ValueRangeError(f"{name}: into {sections} equal parts", found, remedy)
        small, longer = divmod(n, int(sections))
        lengths = [small + 1] * longer + [small] * (int(sections) - longer)
        bounds = [0, *np.cumsum(lengths).tolist()]
    else:
        bounds = [0, *[integer(name, "an index", i) for i in np.asarray(sections).tolist()], n]
    return _parts(ary, tuple(bounds), axis)


@fused
def _parts(ary: ArrayLike, bounds, axis):
    n = aval_of(ary).shape[axis]
    ends = [min(max(b + n * (b < 0), 0), n) for b in bounds]
    return [s.slice_in_dim(ary, lo, max(lo, hi), axis=axis) for lo, hi in itertools.pairwise(ends)]
