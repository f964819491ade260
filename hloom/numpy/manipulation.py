"""Shapes: reshape, transpose, broadcast, join, split, repeat, flip, roll."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import ArgumentError, ShapeError, ValueRangeError
from hloom.frontend.prims import structural as s
from hloom.frontend.trace import aval_of
from hloom.numpy import promotion
from hloom.numpy.promotion import operand, promote_dtypes, to_dtype
from hloom.numpy.types import requested
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


# ---------------------------------------------------------------- one array, another shape
@fused
def reshape(a: ArrayLike, shape, order="C", *, copy=None, out_sharding=None):
    """The elements of `a` in another shape; one length may be -1, and is inferred.

    >>> import hloom.numpy as np
    >>> np.reshape(np.arange(6), (2, -1)).shape
    (2, 3)
    """
    a = operand("reshape", a)
    shape = _inferred(aval_of(a), shape)
    if order == "C":
        return s.reshape(a, shape)
    if order != "F":
        raise ValueRangeError(f"reshape: order {order!r}", "it is 'C' or 'F'", "use one of these")
    reverse = s.transpose(a, tuple(range(aval_of(a).ndim))[::-1])
    return s.transpose(s.reshape(reverse, shape[::-1]), tuple(range(len(shape)))[::-1])


def _inferred(aval, shape):
    """A shape as a tuple, with -1 replaced by the length that fits."""
    try:
        shape = tuple([n.__index__() for n in shape])
    except TypeError:
        shape = (shape.__index__(),)
    if -1 not in shape:
        return shape
    rest = math.prod([n for n in shape if n != -1])
    if shape.count(-1) > 1 or rest == 0 or aval.size % rest:
        found = f"the array has shape {aval.shape}, which is {aval.size} elements"
        what = f"reshape: cannot make shape {shape}"
        raise ShapeError(what, found, "use a shape of as many elements, with at most one -1")
    return tuple([aval.size // rest if n == -1 else n for n in shape])


@fused
def ravel(a: ArrayLike, order="C", *, out_sharding=None):
    """The elements in one axis."""
    return reshape.function(a, (-1,) if aval_of(a).size else (0,), order)


@fused
def transpose(a: ArrayLike, axes=None):
    """The axes in another order, reversed by default."""
    a = operand("transpose", a)
    n = aval_of(a).ndim
    if axes is None:
        axes = range(n)[::-1]
    return s.transpose(a, s.canonical_axes("transpose", axes, n))


@fused
def broadcast_to(array: ArrayLike, shape, *, out_sharding=None):
    """`array` repeated to a shape, by the rules of broadcasting."""
    return _broadcast_to("broadcast_to", array, s.canonical_shape("broadcast_to", shape))


def _broadcast_to(name, a, shape):
    a = operand(name, a)
    own = aval_of(a).shape
    fits = len(own) <= len(shape) and all(
        n in (1, m) for n, m in zip(reversed(own), reversed(shape), strict=False)
    )
    if not fits:
        found = f"the array has shape {own}"
        what = f"{name}: cannot repeat to shape {shape}"
        raise ShapeError(
            what, found, "each axis, counted from the last, needs length 1 or the result's"
        )
    return promotion.broadcast_to(a, shape)


# ---------------------------------------------------------------- joining
def _arrays(name, arrays):
    """The operands of a function that takes a sequence of arrays."""
    if isinstance(arrays, Array | np.ndarray):
        n = aval_of(arrays).shape[0]
        return [_item(operand(name, arrays), i) for i in range(n)]
    if not isinstance(arrays, list | tuple):
        found = f"it was given a {type(arrays).__name__}"
        raise ArgumentError(f"{name}: takes a sequence of arrays", found, "pass a list or a tuple")
    if not arrays:
        raise ValueRangeError(
            f"{name}: needs an array", "the sequence is empty", "pass at least one"
        )
    return arrays


def _item(a, i):
    shape = aval_of(a).shape[1:]
    zeros, ones = (0,) * len(shape), (1,) * (len(shape) + 1)
    part = s.slice.bind(a, start_indices=(i, *zeros), limit_indices=(i + 1, *shape), strides=ones)[
        0
    ]
    return s.reshape(part, shape)


def _in_dtype(name, arrays, dtype):
    if dtype is None:
        return promote_dtypes(name, *arrays)
    dtype = requested(name, dtype)
    return [to_dtype(operand(name, a), dtype) for a in arrays]


@fused
def concatenate(arrays: ArrayLike, axis=0, dtype=None):
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
def stack(arrays: ArrayLike, axis=0, out=None, dtype=None):
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
def astype(x: ArrayLike, dtype, /, *, copy=False, device=None):
    """`x` in another dtype; complex numbers lose their imaginary part on the way to real ones."""
    x = operand("astype", x)
    dtype = dtypes.canonicalize(dtypes.float64) if dtype is None else requested("astype", dtype)
    return promotion.strong(to_dtype(x, dtype))
