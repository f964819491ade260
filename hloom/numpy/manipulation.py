"""One array in another shape or dtype: reshape, broadcast, resize, astype, view."""

import math

import numpy as np

from hloom.api import device_put
from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.bitcast import bitcast_convert_type
from hloom.frontend.prims.indexing import index_in_dim
from hloom.frontend.trace import aval_of
from hloom.numpy import promotion
from hloom.numpy.elementwise import positive
from hloom.numpy.promotion import operand, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, ArrayLikes


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
        found = "arrays have no memory order of their own"
        raise ValueRangeError(f"reshape: order {order!r}", found, "use 'C' or 'F'")
    reverse = s.transpose(a, tuple(range(aval_of(a).ndim))[::-1])
    return s.transpose(s.reshape(reverse, shape[::-1]), tuple(range(len(shape)))[::-1])


def _inferred(aval, shape):
    """A shape as a tuple, with -1 replaced by the length that fits."""
    shape = s.lengths("reshape", shape)
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
    a = operand("ravel", a)
    return reshape.function(a, (aval_of(a).size,), order)


@fused
def broadcast_to(array: ArrayLike, shape, *, out_sharding=None):
    """`array` repeated to a shape, by the rules of broadcasting."""
    return repeated("broadcast_to", array, s.canonical_shape("broadcast_to", shape))


def repeated(name, a, shape):
    """An operand repeated to a shape; ShapeError if it does not broadcast to it."""
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


@fused
def broadcast_arrays(*args: ArrayLike):
    """The arrays, repeated to their common shape."""
    operands = [operand("broadcast_arrays", a) for a in args]
    shape = promotion.broadcast_shapes("broadcast_arrays", *(aval_of(x).shape for x in operands))
    return tuple([positive(promotion.broadcast_to(x, shape)) for x in operands])


def broadcast_shapes(*shapes):
    """The shape that shapes broadcast to together.

    >>> import hloom.numpy as np
    >>> np.broadcast_shapes((3, 1), 4)
    (3, 4)
    """
    canonical = [s.canonical_shape("broadcast_shapes", shape) for shape in shapes]
    return promotion.broadcast_shapes("broadcast_shapes", *canonical)


@fused
def resize(a: ArrayLike, new_shape):
    """The elements in another shape, repeated from the start where they are too few."""
    a = operand("resize", a)
    shape = s.canonical_shape("resize", new_shape)
    wanted, size = math.prod(shape), aval_of(a).size
    if not wanted or not size:
        return promotion.filled(0, aval_of(a).update(shape=shape))
    flat = s.reshape(a, (size,))
    repeated = s.concatenate([flat] * -(-wanted // size), 0)
    return s.reshape(s.slice_in_dim(repeated, 0, wanted), shape)


@judged
def atleast_1d(*arys):
    """Each array, as one of an element if it has no axis."""
    return _atleast(arys, lambda shape: shape or (1,))


@judged
def atleast_2d(*arys):
    """Each array with at least two axes; new ones stand at the front."""
    return _atleast(arys, lambda shape: (1,) * (2 - len(shape)) + shape)


@judged
def atleast_3d(*arys):
    """Each array with at least three axes; a vector of length n becomes (1, n, 1)."""
    return _atleast(arys, _three_axes)


def _three_axes(shape):
    if len(shape) < 2:
        return (1, *shape, 1) if shape else (1, 1, 1)
    return (*shape, 1) if len(shape) == 2 else shape


def _atleast(arrays, new_shape):
    if len(arrays) == 1 and isinstance(arrays[0], list | tuple):
        raise promotion.not_an_array("atleast", arrays[0])
    if len(arrays) == 1:
        return reshape(arrays[0], new_shape(tuple(np.shape(arrays[0]))))
    return _reshaped(arrays, tuple([new_shape(tuple(np.shape(a))) for a in arrays]))


@fused
def _reshaped(arrays: ArrayLikes, shapes):
    return tuple([reshape.function(a, shape) for a, shape in zip(arrays, shapes, strict=True)])


# ---------------------------------------------------------------- dtypes
def placed(x, place):
    """`x` on a device or with a sharding; where it is if `place` is None."""
    return x if place is None else device_put(x, place)


@judged
def astype(x, dtype, /, *, copy=False, device=None):
    """`x` in another dtype; complex numbers lose their imaginary part on the way to real ones.

    An array that has the dtype is returned as it is, unless `copy`. Integers wrap around; floats go
    towards zero, and what NaN, negative floats for unsigned dtypes and floats out of range become
    is up to the device, as in NumPy: round, clip or test them first. Python numbers that do not fit
    a dtype raise OverflowError where they become arrays. While 64-bit types are off, to ask for one
    warns, and gives 32 bits.

    >>> import hloom.numpy as np
    >>> np.astype(np.array([1.5, -2.5]), "int32")
    Array([ 1, -2], dtype=int32)
    """
    strong = isinstance(x, Array) and not x.aval.weak_type
    if strong and not copy and dtype is not None and dtypes.dtype(dtype, "astype") == x.aval.dtype:
        return placed(x, device)
    return placed(_astype(x, dtype), device)


@fused
def _astype(x: ArrayLike, dtype):
    x = operand("astype", x)
    dtype = dtypes.requested("astype", float if dtype is None else dtype)
    return convert_strongly(x, dtype)


def convert_strongly(x, dtype):
    """An operand in a dtype, not weakly typed."""
    aval = aval_of(x)
    if aval.dtype == dtype and not aval.weak_type and isinstance(x, Array):
        return x
    return e.convert_element_type.bind(x, dtype=dtype, weak_type=False)[0]


def view(x, dtype):
    """The same bits as another dtype; the last axis grows or shrinks where the widths differ."""
    return x if dtype is None else _view(x, dtype)


@fused
def _view(x: ArrayLike, dtype):
    dtype, own, shape = dtypes.requested("view", dtype), aval_of(x).dtype, aval_of(x).shape
    if dtypes.is_bool(own):
        x, own = to_dtype(x, dtypes.uint8), dtypes.uint8
    if dtypes.is_bool(dtype):
        return to_dtype(_view.function(x, dtypes.uint8), dtypes.bool_)
    if dtypes.is_complex(own):
        parts = [e.real(x), e.imag(x)]
        x = s.concatenate([s.expand_dims(p, (len(shape),)) for p in parts], len(shape))
        return _view.function(s.reshape(x, (*shape[:-1], 2 * shape[-1]) if shape else (2,)), dtype)
    if dtypes.is_complex(dtype):
        x = _view.function(x, dtypes.to_real(dtype))
        shape = aval_of(x).shape
        pairs = s.reshape(x, (*shape[:-1], _fitting(shape, 2, dtype), 2))
        return e.complex(*(index_in_dim(pairs, i, -1, False) for i in range(2)))
    old, new = dtypes.itemsize_bits(own), dtypes.itemsize_bits(dtype)
    if old == new:
        return bitcast_convert_type(x, dtype)
    if not shape:
        found = f"the array is {aval_of(x)}"
        raise ShapeError(f"view: {dtype} has another width", found, "give the array an axis")
    if old > new:
        return s.reshape(bitcast_convert_type(x, dtype), (*shape[:-1], shape[-1] * (old // new)))
    ratio = new // old
    groups = s.reshape(x, (*shape[:-1], _fitting(shape, ratio, dtype), ratio))
    return bitcast_convert_type(groups, dtype)


def _fitting(shape, ratio, dtype):
    """How many groups of `ratio` elements the last axis holds."""
    if not shape or shape[-1] % ratio:
        found = f"the last axis of {shape} is no multiple of {ratio}"
        raise ShapeError(f"view: elements do not fill {dtype}", found, "pad the axis")
    return shape[-1] // ratio
