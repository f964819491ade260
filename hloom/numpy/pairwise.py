"""The product of two arrays whose axes are named: which are summed, which are shared, which stay.

A label on an axis of both arrays and not of the result is contracted; one in both and in the result
is a batch axis; one in a single array is free, and summed first if the result lacks it. What is to
be done depends on labels and shapes only and is kept; what remains to do is one dot_general, and a
transposition where no order of the factors gives the axes in the order asked for.

    b q d,  d e  ->  b q e          dot_general, contracting axis 2 with axis 0
"""

import functools
from typing import NamedTuple

from hloom.frontend import dtypes
from hloom.frontend.errors import ShapeError
from hloom.frontend.precision import canonical_precision
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.reduction import reduce_or, reduce_sum
from hloom.frontend.prims.structural import reshape, transpose
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import promote_dtypes


class Plan(NamedTuple):
    """How two arrays are multiplied; `sums` and `shapes` prepare each, None for nothing to do."""

    sums: tuple
    shapes: tuple
    swap: bool
    numbers: tuple
    permutation: tuple | None


@functools.lru_cache(4096)
def plan(name, left, right, out, left_shape, right_shape):
    """The Plan for the labels of two arrays and of the result."""
    left_kept, sum_left, left_shape_kept = _prepare(left, left_shape, right, right_shape, out)
    right_kept, sum_right, right_shape_kept = _prepare(right, right_shape, left, left_shape, out)
    lengths = dict(zip(left, left_shape, strict=True))
    for label, n in zip(right, right_shape, strict=True):
        if label in lengths and lengths[label] != n and 1 not in (lengths[label], n):
            found = f"axis {left.index(label)} is {lengths[label]} on the left, axis "
            found += f"{right.index(label)} is {n} on the right"
            what = f"{name}: shapes {left_shape} and {right_shape} do not fit"
            raise ShapeError(what, found, "these axes belong together: make them equal")
    batch = [i for i in out if i in left_kept and i in right_kept]
    summed = [i for i in left_kept if i in right_kept and i not in out]
    free = [
        [i for i in kept if i not in batch and i not in summed] for kept in (left_kept, right_kept)
    ]
    straight, crossed = [*batch, *free[0], *free[1]], [*batch, *free[1], *free[0]]
    swap = straight != list(out) == crossed
    order = crossed if swap else straight
    sides = (right_kept, left_kept) if swap else (left_kept, right_kept)
    numbers = (
        tuple([tuple([side.index(i) for i in summed]) for side in sides]),
        tuple([tuple([side.index(i) for i in batch]) for side in sides]),
    )
    permutation = None if order == list(out) else tuple([order.index(i) for i in out])
    shapes = (left_shape_kept, right_shape_kept)
    return Plan((sum_left, sum_right), shapes, swap, numbers, permutation)


def _prepare(labels, shape, others, other_shape, out):
    """The labels an array keeps, the axes to sum, and the shape without those that broadcast."""
    sums = tuple([a for a, i in enumerate(labels) if i not in others and i not in out])
    kept = [(i, n) for i, n in zip(labels, shape, strict=True) if i in others or i in out]
    lengths = dict(zip(others, other_shape, strict=True))
    stays = [(i, n) for i, n in kept if n != 1 or lengths.get(i, 1) == 1]
    new_shape = tuple([n for _, n in stays]) if len(stays) < len(kept) else None
    return [i for i, _ in stays], sums or None, new_shape


def total(x, axes):
    """The sum along axes; of bools whether any is true, as products of bools have it."""
    reduce = reduce_or if dtypes.is_bool(aval_of(x).dtype) else reduce_sum
    return reduce(x, axes)


def multiply(found, x, y, precision=None, preferred=None):
    """Two arrays multiplied by a Plan, `precision` and `preferred` being canonical."""
    (sum_left, sum_right), (shape_left, shape_right), swap, numbers, permutation = found
    if sum_left:
        x = total(x, sum_left)
    if sum_right:
        y = total(y, sum_right)
    if shape_left is not None:
        x = reshape(x, shape_left)
    if shape_right is not None:
        y = reshape(y, shape_right)
    (product,) = dot_general.bind(
        *((y, x) if swap else (x, y)),
        dimension_numbers=numbers,
        precision=precision,
        preferred_element_type=preferred,
    )
    return product if permutation is None else transpose(product, permutation)


def pairwise(name, labels, x, y, precision=None, preferred_element_type=None):
    """The product of two operands: promoted, and laid out by `labels(left ndim, right ndim)`."""
    x, y = promote_dtypes(name, x, y)
    left, right = aval_of(x), aval_of(y)
    found = plan(name, *labels(left.ndim, right.ndim), left.shape, right.shape)
    preferred = preferred_dtype(preferred_element_type, left.dtype)
    return multiply(found, x, y, canonical_precision(precision), preferred)


def preferred_dtype(preferred_element_type, dtype):
    """`preferred_element_type` as a canonical dtype; None where it is the operands' own."""
    if preferred_element_type is None:
        return None
    found = dtypes.canonicalize(dtypes.dtype(preferred_element_type))
    return None if found == dtype else found
