"""Differences of neighbours, and what is made of them: gradient, trapezoid, unwrap."""

import math

from hloom.frontend import dtypes
from hloom.frontend.choices import integer
from hloom.frontend.errors import ShapeError, UnsupportedError, ValueRangeError
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.trace import aval_of
from hloom.numpy import elementwise as ew
from hloom.numpy.axes import as_axes, moveaxis
from hloom.numpy.cumulative import cumsum
from hloom.numpy.elementwise import as_inexact, dtype_of
from hloom.numpy.joining import concatenate
from hloom.numpy.logic import not_equal
from hloom.numpy.manipulation import broadcast_to, ravel
from hloom.numpy.promotion import operand, promote_dtypes_inexact
from hloom.numpy.reductions import sum as sum_of
from hloom.numpy.selection import where
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _steps(x, axis):
    """The elements from the second on, and those before the last, along an axis."""
    return s.slice_in_dim(x, 1, None, axis=axis), s.slice_in_dim(x, 0, -1, axis=axis)


@fused
def diff(
    a: ArrayLike,
    n=1,
    axis=-1,
    prepend: ArrayLike | None = None,
    append: ArrayLike | None = None,
):
    """Each element minus the one before it along an axis, done `n` times.

    `prepend` and `append` are put at the ends first. Of bools it is whether neighbours differ.

    >>> import hloom.numpy as np
    >>> np.diff(np.array([1, 4, 9]))
    Array([3, 5], dtype=int32)
    """
    a = operand("diff", a)
    shape = aval_of(a).shape
    if not shape:
        raise ShapeError("diff: takes an axis", "the operand is a scalar", "give it an axis")
    n = integer("diff", "n", n)
    if n < 0:
        raise ValueRangeError(f"diff: {n} times", "n is negative", "give n >= 0")
    axis = s.canonical_axis("diff", axis, len(shape))
    single = (*shape[:axis], 1, *shape[axis + 1 :])
    ends = [
        None if v is None else broadcast_to(v, single) if aval_of(v).ndim == 0 else v
        for v in (prepend, append)
    ]
    parts = [v for v in (ends[0], a, ends[1]) if v is not None]
    a = concatenate(parts, axis) if len(parts) > 1 else a
    for _ in range(min(n, aval_of(a).shape[axis])):
        later, before = _steps(a, axis)
        a = not_equal(later, before) if dtypes.is_bool(dtype_of(a)) else e.sub(later, before)
    return a


@fused
def ediff1d(ary: ArrayLike, to_end: ArrayLike | None = None, to_begin: ArrayLike | None = None):
    """The differences of neighbours in the flat array, between `to_begin` and `to_end`."""
    flat = ravel(operand("ediff1d", ary))
    parts = [diff(flat)]
    if to_begin is not None:
        parts.insert(0, ravel(operand("ediff1d", to_begin)))
    if to_end is not None:
        parts.append(ravel(operand("ediff1d", to_end)))
    return concatenate(parts) if len(parts) > 1 else parts[0]


@fused
def gradient(f: ArrayLike, *varargs: ArrayLike, axis=None, edge_order=None):
    """Central differences along axes, one-sided at the ends: an array, or a list of one an axis.

    `varargs` are the distances of neighbours, one for all axes or one for each; a vector holds the
    coordinates along its axis.

    >>> import hloom.numpy as np
    >>> np.gradient(np.array([1.0, 4.0, 9.0]))
    Array([3., 4., 5.], dtype=float32)
    """
    if edge_order is not None and edge_order != 1:
        found = f"edge_order is {edge_order}"
        raise UnsupportedError("gradient: ends of the first order only", found, "leave it away")
    f = as_inexact("gradient", f)
    n = aval_of(f).ndim
    axes = range(n) if axis is None else s.canonical_axes("gradient", as_axes(axis), n)
    spacing = list(varargs) or [1.0]
    if len(spacing) == 1:
        spacing *= len(axes)
    if len(spacing) != len(axes):
        found = f"there are {len(spacing)} for {len(axes)} axes"
        raise ShapeError("gradient: one distance for each axis", found, "give one, or one each")
    made = [_gradient(f, a, h) for a, h in zip(axes, spacing)]
    return made[0] if len(made) == 1 else made


def _gradient(f, axis, h):
    shape = aval_of(f).shape
    if shape[axis] < 2:
        found = f"axis {axis} has length {shape[axis]}"
        raise ShapeError("gradient: needs two elements", found, "leave the axis out")
    f, h = promote_dtypes_inexact("gradient", f, h)
    later, before = _steps(f, axis)
    slope = e.sub(later, before)
    if aval_of(h).ndim == 0:
        slope = e.div(slope, h)
        across = e.sub(s.slice_in_dim(f, 2, None, axis=axis), s.slice_in_dim(f, 0, -2, axis=axis))
        inner = e.div(e.mul(across, 0.5), h)
    else:
        if aval_of(h).shape != (shape[axis],):
            found = f"they have shape {aval_of(h).shape}, the axis length {shape[axis]}"
            raise ShapeError("gradient: one coordinate for each element", found, "give as many")
        step = e.sub(*_steps(h, 0))
        step = s.broadcast_in_dim(step, aval_of(slope).shape, (axis,))
        slope = e.div(slope, step)
        (later, before), (after, ahead) = _steps(slope, axis), _steps(step, axis)
        # of two slopes, that of the nearer neighbour counts for more
        inner = e.div(e.add(e.mul(before, after), e.mul(later, ahead)), e.add(after, ahead))
    ends = s.slice_in_dim(slope, 0, 1, axis=axis), s.slice_in_dim(slope, -1, None, axis=axis)
    return s.concatenate([ends[0], inner, ends[1]], axis)


@fused
def trapezoid(y: ArrayLike, x: ArrayLike | None = None, dx: ArrayLike = 1.0, axis=-1):
    """The integral along an axis by the trapezoidal rule.

    >>> import hloom.numpy as np
    >>> float(np.trapezoid(np.array([1.0, 2.0, 3.0])))
    4.0
    """
    y = as_inexact("trapezoid", y)
    if x is None:
        y, dx = promote_dtypes_inexact("trapezoid", y, dx)
        y = moveaxis(y, axis, -1)
    else:
        y, x = promote_dtypes_inexact("trapezoid", y, x)
        y = moveaxis(y, axis, -1)
        x = moveaxis(x, axis, -1) if aval_of(x).ndim > 1 else x
        dx = e.sub(*_steps(x, aval_of(x).ndim - 1))
    later, before = _steps(y, aval_of(y).ndim - 1)
    return e.mul(sum_of(ew.multiply(dx, e.add(later, before)), axis=-1), 0.5)


@fused
def unwrap(p: ArrayLike, discont: ArrayLike | None = None, axis=-1, period: ArrayLike = math.tau):
    """A sequence of angles without jumps of more than half a `period` between neighbours.

    >>> import hloom.numpy as np
    >>> np.unwrap(np.array([0, 3, 6, 1]), period=7)
    Array([0, 3, 6, 8], dtype=int32)
    """
    p = operand("unwrap", p)
    axis = s.canonical_axis("unwrap", axis, aval_of(p).ndim)
    whole = dtypes.is_integer(dtypes.result_type(aval_of(p), aval_of(operand("unwrap", period))))
    if not whole:
        p = as_inexact("unwrap", p)
    half = ew.floor_divide(period, 2) if whole else ew.divide(period, 2)
    step = diff(p, axis=axis)
    wrapped = ew.subtract(ew.remainder(ew.add(step, half), period), half)
    if not whole or type(period) is not int or period % 2 == 0:
        # a step of exactly half a period keeps its sign
        at_end = (wrapped == ew.negative(half)) & (step > 0)
        wrapped = where(at_end, half, wrapped)
    correction = ew.subtract(wrapped, step)
    limit = half if discont is None else ew.maximum(half, discont)
    correction = where(ew.absolute(step) < limit, 0, correction)
    first, rest = s.slice_in_dim(p, 0, 1, axis=axis), s.slice_in_dim(p, 1, None, axis=axis)
    moved = ew.add(rest, cumsum(correction, axis=axis))
    return concatenate([first, moved], axis).astype(dtype_of(p))
