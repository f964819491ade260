"""Ragged products: `dot_general` in which consecutive parts of one axis belong to groups."""

from typing import Any, NamedTuple

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import unplaced
from hloom.frontend.errors import ArgumentError, AxisError, DTypeError, ShapeError
from hloom.frontend.families import as_operand
from hloom.frontend.keywords import judged
from hloom.frontend.precision import canonical_precision
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.cumulative import cumsum
from hloom.frontend.prims.indexing import dynamic_slice_in_dim
from hloom.frontend.prims.ragged import grouped_dot, grouped_outer
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.structural import broadcast_in_dim, reshape, transpose
from hloom.frontend.trace import aval_of
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


class RaggedDotDimensionNumbers(NamedTuple):
    """Which axes a ragged product contracts, which one of `lhs` is ragged, and which are groups.

    `dot_dimension_numbers` is as in `dot_general`, without the axis of groups of `rhs`;
    `lhs_ragged_dimensions` holds one axis; `rhs_group_dimensions` holds one axis where the ragged
    axis is neither contracted nor a batch axis, else none.
    """

    dot_dimension_numbers: Any
    lhs_ragged_dimensions: Any
    rhs_group_dimensions: Any


_ROWS = RaggedDotDimensionNumbers((((1,), (1,)), ((), ())), (0,), (0,))


@judged
def ragged_dot(
    lhs: ArrayLike,
    rhs: ArrayLike,
    group_sizes: ArrayLike,
    precision=None,
    preferred_element_type=None,
    group_offset: ArrayLike | None = None,
    out_sharding=None,
) -> Array:
    """The rows of `lhs`, in consecutive groups, each times the matrix of its group.

    `lhs` has shape (m, k), `rhs` (g, k, n), `group_sizes` (g,), of integers; the result has shape
    (m, n), with zeros in rows after the last group. With `group_offset`, an integer, `rhs` holds
    the matrices from that group on, and rows of other groups give zeros.

    >>> import hloom.numpy as np
    >>> x, w = np.ones((3, 1)), np.array([[[1.0]], [[2.0]]])
    >>> ragged_dot(x, w, np.array([1, 2])).ravel()
    Array([1., 2., 2.], dtype=float32)
    """
    unplaced("ragged_dot", out_sharding)
    return ragged_dot_general(
        lhs, rhs, group_sizes, _ROWS, precision, preferred_element_type, group_offset
    )


@judged
def ragged_dot_general(
    lhs: ArrayLike,
    rhs: ArrayLike,
    group_sizes: ArrayLike,
    ragged_dot_dimension_numbers,
    precision=None,
    preferred_element_type=None,
    group_offset: ArrayLike | None = None,
    out_sharding=None,
) -> Array:
    """`dot_general` in which one axis of `lhs`, the ragged one, is cut into consecutive groups.

    Where the ragged axis is free, `rhs` has an axis of groups, and each group meets its part of
    `rhs`; a contracted ragged axis gives a result with a new first axis, a product for each group;
    a ragged batch axis changes nothing. `group_sizes` has shape (g,), or (batch..., outer..., g),
    where `outer` are the axes of the ragged one's kind before it.

    >>> import hloom.numpy as np
    >>> x, y = np.ones((2, 5)), np.ones((5, 3))
    >>> numbers = RaggedDotDimensionNumbers((((1,), (0,)), ((), ())), (1,), ())
    >>> ragged_dot_general(x, y, np.array([1, 4]), numbers)[:, 0, 0]
    Array([1., 4.], dtype=float32)
    """
    unplaced("ragged_dot_general", out_sharding)
    lhs, rhs, group_sizes = as_operand(lhs), as_operand(rhs), as_operand(group_sizes)
    sizes = aval_of(group_sizes)
    if not dtypes.is_integer(sizes.dtype):
        remedy = "use x.astype(int)"
        raise DTypeError("ragged_dot: group sizes are integers", f"they are {sizes}", remedy)
    if not sizes.shape:
        found, remedy = f"they are {sizes}", "give shape (g,)"
        raise ShapeError("ragged_dot: group sizes are a vector, or more", found, remedy)
    numbers, ragged, group = _canonical(lhs, rhs, ragged_dot_dimension_numbers)
    if group_offset is not None and group is None:
        found, remedy = f"the ragged axis of lhs is {ragged}", "leave group_offset out"
        raise ArgumentError("ragged_dot: only groups of rhs are counted from", found, remedy)
    if preferred_element_type is not None:
        preferred_element_type = dtypes.canonicalize(dtypes.dtype(preferred_element_type))
    kinds = canonical_precision(precision), preferred_element_type
    return _product(lhs, rhs, group_sizes, group_offset, numbers, ragged, group, kinds)


@fused
def _product(
    lhs: ArrayLike,
    rhs: ArrayLike,
    group_sizes: ArrayLike,
    group_offset: ArrayLike | None,
    numbers,
    ragged,
    group,
    kinds,
):
    params = dict(zip(("precision", "preferred_element_type"), kinds))
    if group is not None:
        return _free(lhs, rhs, group_sizes, numbers, ragged, group, group_offset, params)
    if ragged in numbers[0][0]:
        return _contracted(lhs, rhs, group_sizes, numbers, ragged, params)
    return dot_general(lhs, rhs, numbers, **params)


def _canonical(lhs, rhs, dimension_numbers):
    """The numbers of dot_general, the ragged axis of lhs and that of rhs's groups, or None."""
    ((lc, rc), (lb, rb)), ragged, groups = dimension_numbers
    left, right = aval_of(lhs).ndim, aval_of(rhs).ndim
    front = lambda axes, rank: tuple([int(a) + rank * (a < 0) for a in axes])
    numbers = (front(lc, left), front(rc, right)), (front(lb, left), front(rb, right))
    ragged, groups = front(ragged, left), front(groups, right)
    if len(ragged) != 1 or not 0 <= ragged[0] < left:
        found, remedy = f"lhs_ragged_dimensions is {ragged}", "name one axis of lhs"
        raise AxisError("ragged_dot: one axis of lhs is ragged", found, remedy)
    free = ragged[0] not in (*numbers[0][0], *numbers[1][0])
    taken = (*numbers[0][1], *numbers[1][1])
    if len(groups) != free or any([a in taken or not 0 <= a < right for a in groups]):
        found = f"the ragged axis is {ragged[0]}, rhs_group_dimensions is {groups}"
        what = "ragged_dot: rhs has an axis of groups where the ragged axis is free, else none"
        raise AxisError(what, found, "name one other axis of rhs, or none")
    return numbers, ragged[0], groups[0] if free else None


def _bounds(group_sizes, wanted, width):
    """Where groups start and end, of shape (*wanted, g), if `width` rows stand for each counted."""
    shape = aval_of(group_sizes).shape
    if len(shape) > 1 and shape[:-1] != wanted:
        found = f"they have shape {shape}, the axes before the ragged one {wanted}"
        remedy = f"give shape {(*wanted, shape[-1])}, or {shape[-1:]}"
        raise ShapeError("ragged_dot: group sizes have the axes around the ragged", found, remedy)
    sizes = e.convert_element_type(group_sizes, "int32")
    if width != 1:
        sizes = e.mul(sizes, width)
    ends = cumsum(sizes, len(shape) - 1)
    starts = e.sub(ends, sizes)
    full = (*wanted, shape[-1])
    axes = tuple(range(len(full) - len(shape), len(full)))
    if full == shape:
        return starts, ends
    return broadcast_in_dim(starts, full, axes), broadcast_in_dim(ends, full, axes)


def _free(lhs, rhs, group_sizes, numbers, ragged, group, group_offset, params):
    ((lc, rc), (lb, rb)) = numbers
    free = [a for a in range(aval_of(lhs).ndim) if a not in lc and a not in lb]
    outer, inner = [a for a in free if a < ragged], [a for a in free if a > ragged]
    columns = [a for a in range(aval_of(rhs).ndim) if a not in rc and a not in rb and a != group]
    x, x_shape = _folded(lhs, [*lb, *outer], [ragged, *inner], lc)
    w, w_shape = _folded(rhs, rb, [group], rc, columns)
    starts, ends = _bounds(group_sizes, x_shape[: len(lb) + len(outer)], _size(lhs, inner))
    groups = aval_of(rhs).shape[group]
    given = aval_of(starts).shape[-1]
    if group_offset is not None:
        axis = len(aval_of(starts).shape) - 1
        first = e.convert_element_type(reshape(group_offset, ()), "int32")
        starts, ends = [dynamic_slice_in_dim(v, first, groups, axis) for v in (starts, ends)]
    elif given != groups:
        found = f"there are {given} sizes, rhs has {groups} groups"
        raise ShapeError("ragged_dot: each group has a size", found, "give a size for each")
    if outer:
        b, *matrices = aval_of(w).shape
        spread = broadcast_in_dim(w, (b, _size(lhs, outer), *matrices), (0, 2, 3, 4))
        w = reshape(spread, (aval_of(x).shape[0], *matrices))
    flat = (aval_of(x).shape[0], groups)
    bounds = [reshape(v, flat) for v in (starts, ends)]
    (product,) = grouped_dot.bind(x, w, *bounds, **params)
    rows = [aval_of(lhs).shape[a] for a in (*lb, *free)]
    return reshape(product, (*rows, *w_shape[len(rb) + 1 + len(rc) :]))


def _contracted(lhs, rhs, group_sizes, numbers, ragged, params):
    ((lc, rc), (lb, rb)) = numbers
    at = lc.index(ragged)
    outer, inner = lc[:at], lc[at + 1 :]
    rows = [a for a in range(aval_of(lhs).ndim) if a not in lc and a not in lb]
    columns = [a for a in range(aval_of(rhs).ndim) if a not in rc and a not in rb]
    x, x_shape = _folded(lhs, [*lb, *outer], [ragged, *inner], rows)
    y, y_shape = _folded(rhs, [*rb, *rc[:at]], rc[at:], columns)
    starts, ends = _bounds(group_sizes, x_shape[: len(lb) + at], _size(lhs, inner))
    groups = aval_of(starts).shape[-1]
    bounds = [reshape(v, (aval_of(x).shape[0], groups)) for v in (starts, ends)]
    (product,) = grouped_outer.bind(x, y, *bounds, **params)
    if outer:
        split = (_size(lhs, lb), _size(lhs, outer), *aval_of(product).shape[1:])
        product = reduce_sum(reshape(product, split), (1,))
    product, n = transpose(product, (1, 0, 2, 3)), len(lb) + len(lc)
    return reshape(product, (groups, *x_shape[: len(lb)], *x_shape[n:], *y_shape[n:]))


def _size(x, axes):
    total = 1
    for a in axes:
        total *= aval_of(x).shape[a]
    return total


def _folded(x, *parts):
    """`x` with the axes of each part made one, in order, and its shape before they were."""
    order = [a for part in parts for a in part]
    shape = tuple([aval_of(x).shape[a] for a in order])
    return reshape(transpose(x, order), [_size(x, part) for part in parts]), shape
