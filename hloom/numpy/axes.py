"""The axes of one array: their order, their number, and the order of elements along them."""

from hloom.frontend.choices import integer
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.ir import Literal
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.indexing import dynamic_slice_in_dim, index_in_dim
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import operand
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, ArrayLikes


def ndim_of(x):
    """The number of axes of an operand."""
    return aval_of(x).ndim


def as_axes(axis):
    """One axis or several as a tuple."""
    return tuple(axis) if isinstance(axis, list | tuple) else (axis,)


@fused
def transpose(a: ArrayLike, axes=None):
    """The axes in another order, reversed by default.

    >>> import hloom.numpy as np
    >>> np.transpose(np.zeros((2, 3, 4)), (1, 0, 2)).shape
    (3, 2, 4)
    """
    return _transpose("transpose", a, axes)


@fused
def permute_dims(a: ArrayLike, /, axes):
    """The axes in another order."""
    return _transpose("permute_dims", a, axes)


def _transpose(name, a, axes):
    a = operand(name, a)
    n = ndim_of(a)
    axes = range(n)[::-1] if axes is None else s.canonical_axes(name, axes, n)
    return s.transpose(a, axes)


@fused
def matrix_transpose(x: ArrayLike, /):
    """The last two axes exchanged."""
    x = operand("matrix_transpose", x)
    n = ndim_of(x)
    if n < 2:
        found = f"the operand is {aval_of(x)}"
        raise ShapeError("matrix_transpose: exchanges two axes", found, "give the array two axes")
    return s.transpose(x, (*range(n - 2), n - 1, n - 2))


@fused
def swapaxes(a: ArrayLike, axis1, axis2):
    """Two axes exchanged."""
    a = operand("swapaxes", a)
    order = list(range(ndim_of(a)))
    i, j = (s.canonical_axis("swapaxes", x, len(order)) for x in (axis1, axis2))
    order[i], order[j] = order[j], order[i]
    return s.transpose(a, order)


@fused
def moveaxis(a: ArrayLike, source, destination):
    """Axes moved to new places; the others keep their order.

    >>> import hloom.numpy as np
    >>> np.moveaxis(np.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    a = operand("moveaxis", a)
    n = ndim_of(a)
    source = s.canonical_axes("moveaxis", as_axes(source), n)
    destination = s.canonical_axes("moveaxis", as_axes(destination), n)
    if len(source) != len(destination):
        found = f"there are {len(source)} sources and {len(destination)} destinations"
        raise ValueRangeError("moveaxis: moves each axis to one place", found, "give as many")
    order = [i for i in range(n) if i not in source]
    for to, axis in sorted(zip(destination, source)):
        order.insert(to, axis)
    return s.transpose(a, order)


@fused
def rollaxis(a: ArrayLike, axis, start=0):
    """One axis moved back until it stands before the axis `start`."""
    a = operand("rollaxis", a)
    n = ndim_of(a)
    axis = s.canonical_axis("rollaxis", axis, n)
    start = n if start == n else s.canonical_axis("rollaxis", start, n)
    order = [i for i in range(n) if i != axis]
    order.insert(start - (start > axis), axis)
    return s.transpose(a, order)


@fused
def expand_dims(a: ArrayLike, axis):
    """New axes of length 1, which stand at `axis` of the result."""
    return s.expand_dims(operand("expand_dims", a), as_axes(axis))


@fused
def squeeze(a: ArrayLike, axis=None):
    """Without the axes of length 1, or without the given ones, which must have length 1."""
    a = operand("squeeze", a)
    if axis is None:
        axis = [i for i, n in enumerate(aval_of(a).shape) if n == 1]
    return s.squeeze(a, as_axes(axis))


# ---------------------------------------------------------------- order along axes
@fused
def flip(m: ArrayLike, axis=None):
    """The elements in reverse order along axes, all of them by default."""
    m = operand("flip", m)
    n = ndim_of(m)
    return s.rev(m, range(n) if axis is None else s.canonical_axes("flip", as_axes(axis), n))


@fused
def fliplr(m: ArrayLike):
    """The elements in reverse order along axis 1."""
    return _reversed("fliplr", m, 1)


@fused
def flipud(m: ArrayLike):
    """The elements in reverse order along axis 0."""
    return _reversed("flipud", m, 0)


def _reversed(name, m, axis):
    m = operand(name, m)
    return s.rev(m, (s.canonical_axis(name, axis, ndim_of(m)),))


@fused
def rot90(m: ArrayLike, k=1, axes=(0, 1)):
    """The array turned by `k` times 90 degrees, from the first of two axes towards the second."""
    m = operand("rot90", m)
    n = ndim_of(m)
    k, axes = integer("rot90", "k", k), s.canonical_axes("rot90", as_axes(axes), n)
    if len(axes) != 2:
        found = f"the axes are {axes}"
        raise ValueRangeError("rot90: turns within two axes", found, "give a pair")
    i, j = axes
    order = list(range(n))
    order[i], order[j] = j, i
    if k % 4 == 0:
        return m
    if k % 4 == 2:
        return s.rev(m, (i, j))
    return s.transpose(s.rev(m, (j,)), order) if k % 4 == 1 else s.rev(s.transpose(m, order), (j,))


@fused
def roll(a: ArrayLike, shift: ArrayLikes, axis=None):
    """The elements moved along axes, those that fall off the end come in at the start.

    `shift` may be traced. Without `axis` the array is rolled as if it were flat.

    >>> import hloom.numpy as np
    >>> np.roll(np.arange(5), 2)
    Array([3, 4, 0, 1, 2], dtype=int32)
    """
    a = operand("roll", a)
    shape = aval_of(a).shape
    if axis is None:
        return s.reshape(roll.function(s.reshape(a, (aval_of(a).size,)), shift, 0), shape)
    axes = tuple([s.canonical_axis("roll", i, len(shape)) for i in as_axes(axis)])
    shifts = _shifts(shift, len(axes))
    return _roll(a, shifts, axes if len(axes) == len(shifts) else axes * len(shifts))


def _shifts(shift, count):
    """The shifts of `count` axes, or several of one: Python integers, or operands of rank 0."""
    if isinstance(shift, list | tuple):
        parts = list(shift)
    else:
        shift = operand("roll", shift)
        ndim, length = ndim_of(shift), aval_of(shift).size
        parts = [index_in_dim(shift, i, 0, False) for i in range(length)] if ndim else [shift]
    parts = [x if type(x) is int else operand("roll", x) for x in parts]
    parts = [x.value if type(x) is Literal else x for x in parts]
    if len(parts) == 1:
        parts *= count
    if len(parts) != count and count != 1:
        found = f"there are {len(parts)} shifts and {count} axes"
        raise ShapeError("roll: one shift for each axis", found, "give as many shifts as axes")
    return parts


def _roll(a, shifts, axes):
    for shift, axis in zip(shifts, axes):
        n = aval_of(a).shape[axis]
        if n == 0 or (type(shift) is int and shift % n == 0):
            continue
        if type(shift) is int:
            start = n - shift % n
            parts = s.slice_in_dim(a, start, n, axis=axis), s.slice_in_dim(a, 0, start, axis=axis)
            a = s.concatenate(parts, axis)
        else:
            back = e.rem(shift, n)
            start = e.sub(n, e.select(e.lt(back, 0), e.add(back, n), back))
            a = dynamic_slice_in_dim(s.concatenate((a, a), axis), start, n, axis)
    return a
