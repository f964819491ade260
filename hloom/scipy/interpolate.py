"""Interpolation on grids: scipy.interpolate."""

import functools

import numpy as np

from hloom.frontend.choices import one_of
from hloom.frontend.errors import ShapeError, TracedValueError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.indexing import GatherDimensionNumbers, gather, index_dtype
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.pytree import register_node_class
from hloom.frontend.trace import aval_of, concrete_or_none
from hloom.numpy.elementwise import as_inexact
from hloom.numpy.promotion import (
    broadcast_shapes,
    broadcast_to,
    operand,
    promote_dtypes,
    select,
    to_dtype,
)
from hloom.numpy.searching import searchsorted
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, ArrayLikes

__all__ = ["RegularGridInterpolator"]

_METHODS = ("linear", "nearest")


@register_node_class
class RegularGridInterpolator:
    """Interpolation of values on a grid of any number of dimensions whose lines may be uneven.

    `points` holds the increasing or decreasing positions of the lines along each dimension, vectors
    of lengths n1, ..., nd, and `values` has shape (n1, ..., nd, ...). The method is "linear" or
    "nearest". Outside of the grid the result is `fill_value`, or the function goes on if that is
    None; with `bounds_error` positions outside raise ValueError, which takes concrete ones. It is a
    pytree whose leaves are the points, the values and the fill value.

    >>> import hloom.numpy as np
    >>> from hloom.scipy.interpolate import RegularGridInterpolator
    >>> x, y = np.array([0.0, 1.0, 3.0]), np.array([0.0, 2.0])
    >>> f = RegularGridInterpolator((x, y), x[:, None] + 10 * y)
    >>> f(np.array([[2.0, 1.0], [0.5, 0.5]]))
    Array([12. ,  5.5], dtype=float32)
    """

    def __init__(self, points, values, method="linear", bounds_error=False, fill_value=np.nan):
        _check_method(method)
        points = [as_inexact("RegularGridInterpolator", p) for p in points]
        values = as_inexact("RegularGridInterpolator", values)
        _check_grid([aval_of(p).shape for p in points], aval_of(values).shape)
        for axis, p in enumerate(points):
            points[axis], values = _increasing(p, values, axis)
        self.grid, self.values, self.fill_value = tuple(points), values, fill_value
        self.method, self.bounds_error = method, bool(bounds_error)

    def __call__(self, xi, method=None):
        """The values at positions `xi` of shape (..., d), or a tuple of d arrays that broadcast.

        A vector holds one position after another.
        """
        method = self.method if method is None else method
        _check_method(method)
        fill = None if self.bounds_error else self.fill_value
        found = _interpolated(self.grid, self.values, xi, fill, method)
        if self.bounds_error:
            self._check_bounds(xi)
        return found

    def _check_bounds(self, xi):
        parts = xi if isinstance(xi, tuple | list) else [xi]
        known = [concrete_or_none(operand("RegularGridInterpolator", v)) for v in parts]
        grid = [concrete_or_none(v) for v in self.grid]
        if any(v is None for v in known + grid):
            raise TracedValueError(
                "RegularGridInterpolator: bounds_error looks at the positions",
                "they, or the grid, are traced",
                "pass bounds_error=False, and fill_value=None to extrapolate",
            )
        places = known if len(known) > 1 else np.reshape(known[0], (-1, len(grid))).T
        for axis, (line, x) in enumerate(zip(grid, places, strict=True)):
            x, line = np.asarray(x), np.asarray(line)
            if not ((x >= line[0]) & (x <= line[-1])).all():
                found = f"dimension {axis} of the grid goes from {line[0]} to {line[-1]}"
                remedy = "move them inside, or pass bounds_error=False"
                raise ValueRangeError("RegularGridInterpolator: positions outside", found, remedy)

    def tree_flatten(self):
        """The points, the values and the fill value; and the rest, which is static."""
        return (self.grid, self.values, self.fill_value), (self.method, self.bounds_error)

    @classmethod
    def tree_unflatten(cls, static, children):
        """The interpolator of leaves, which are not checked."""
        found = object.__new__(cls)
        found.grid, found.values, found.fill_value = children
        found.method, found.bounds_error = static
        return found


# ---------------------------------------------------------------- arguments
def _check_method(method):
    if not one_of(method, _METHODS):
        found = f"the methods are {_METHODS}"
        raise ValueRangeError(f"RegularGridInterpolator: method {method!r}", found, "use one")


def _check_grid(lines, shape):
    good = all(len(line) == 1 and line[0] for line in lines)
    if not good or shape[: len(lines)] != tuple(line[0] for line in lines if line):
        found = f"the points have shapes {lines}, the values {shape}"
        remedy = "give a vector for each dimension, as long as the values are along it"
        raise ShapeError("RegularGridInterpolator: points go with values", found, remedy)


def _increasing(line, values, axis):
    """A line of the grid that increases, and the values turned with it; traced ones as they are."""
    known = concrete_or_none(line)
    if known is None:
        return line, values
    steps = np.diff(np.asarray(known))
    if (steps > 0).all():
        return line, values
    if (steps < 0).all():
        return s.rev(line, (0,)), s.rev(values, (axis,))
    found = f"those of dimension {axis} are {np.asarray(known)}"
    raise ValueRangeError("RegularGridInterpolator: points increase", found, "sort them")


# ---------------------------------------------------------------- the program
@fused
def _interpolated(
    grid: ArrayLikes, values: ArrayLike, xi: ArrayLikes, fill: ArrayLike | None, method
):
    places, d = _positions(xi, len(grid)), len(grid)
    shape = aval_of(places[0]).shape
    places = promote_dtypes("RegularGridInterpolator", *places, *grid)
    places, grid = places[:d], places[d:]
    cells = [_cell(line, x) for line, x in zip(grid, places, strict=True)]
    if method == "nearest":
        indices = [i if share is None else _nearer(i, share) for i, share in cells]
        found = _windows(values, indices, d, 1)
        found = s.reshape(found, (*shape, *aval_of(found).shape[len(shape) + d :]))
    else:
        found = _windows(values, [i for i, _ in cells], d, 2)
        for _, share in cells:
            found = _mixed(found, share, len(shape))
    if fill is not None:
        found = _where(found, _outside(grid, places), fill)
    return _where(found, [e.ne(x, x) for x in places], np.nan)


def _positions(xi, d):
    """The positions along each dimension: an array of floats for each, of one shape."""
    name = "RegularGridInterpolator"
    if isinstance(xi, tuple | list):
        found = [as_inexact(name, v) for v in xi]
        common = broadcast_shapes(name, *[aval_of(v).shape for v in found])
        if len(found) == d:
            return [broadcast_to(v, common) for v in found]
        raise _misplaced(f"there are {len(found)} arrays", d)
    xi = as_inexact(name, xi)
    shape = aval_of(xi).shape
    if len(shape) < 2 and aval_of(xi).size % d == 0:
        # one position after another
        xi = s.reshape(xi, (aval_of(xi).size // d, d) if shape else (1,))
    elif len(shape) < 2 or shape[-1] != d:
        raise _misplaced(f"xi has shape {shape}", d)
    *shape, _ = aval_of(xi).shape
    return [s.reshape(s.slice_in_dim(xi, i, i + 1, axis=-1), shape) for i in range(d)]


def _misplaced(found, d):
    remedy = f"give positions of shape (..., {d}), or a tuple of {d} arrays"
    found = f"{found}, the grid has {d} dimensions"
    return ShapeError("RegularGridInterpolator: positions on the grid", found, remedy)


def _outside(grid, places):
    """Masks of the positions before and after the lines of each dimension."""
    masks = []
    for line, x in zip(grid, places, strict=True):
        first, last = (s.reshape(s.slice_in_dim(line, *at), ()) for at in ((0, 1), (-1, None)))
        masks += [e.lt(x, first), e.gt(x, last)]
    return masks


def _cell(line, x):
    """Where the cell that holds a position begins, and the share of it that lies before."""
    dtype = index_dtype(aval_of(line).shape)
    n, shape = aval_of(line).shape[0], aval_of(x).shape
    if n == 1:
        return s.full(shape, typed_literal(0, dtype)), None
    i = to_dtype(searchsorted(line, x, side="right"), dtype)
    i = e.clamp(0, e.sub(i, 1), n - 2)
    ends = _windows(line, [i], 1, 2)
    low, high = (s.reshape(s.slice_in_dim(ends, k, k + 1, axis=-1), shape) for k in (0, 1))
    return i, e.div(e.sub(x, low), e.sub(high, low))


def _nearer(i, share):
    return e.add(i, to_dtype(e.gt(share, 0.5), aval_of(i).dtype))


def _windows(values, indices, d, size):
    """The `size` values along each of the first d axes that begin at indices."""
    shape, sizes = aval_of(indices[0]).shape, list(aval_of(values).shape)
    sizes[:d] = [min(size, n) for n in sizes[:d]]
    columns = [s.reshape(i, (*shape, 1)) for i in indices]
    vectors = s.concatenate(columns, len(shape))
    offsets = range(len(shape), len(shape) + len(sizes))
    numbers = GatherDimensionNumbers(tuple(offsets), (), tuple(range(d)))
    return gather(values, vectors, numbers, sizes, mode="promise_in_bounds")


def _mixed(x, share, axis):
    """The values at the ends of cells, along `axis`, mixed by the share before a position."""
    if share is not None:
        pair = [s.expand_dims(v, (axis,)) for v in (e.sub(1.0, share), share)]
        x, weights = promote_dtypes("RegularGridInterpolator", x, s.concatenate(pair, axis))
        x = e.mul(x, s.broadcast_in_dim(weights, aval_of(x).shape, range(axis + 1)))
    return reduce_sum(x, (axis,))


def _where(found, masks, value):
    """`found`, but `value` where one of the masks holds."""
    aval = aval_of(found)
    mask = functools.reduce(e.bitwise_or, masks)
    mask = s.broadcast_in_dim(mask, aval.shape, range(aval_of(mask).ndim))
    value = to_dtype(operand("RegularGridInterpolator", value), aval.dtype)
    return select(mask, value, found)
