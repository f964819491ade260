"""Cumulative operations: every prefix of an axis combined, and first-order recurrences along it.

    cumsum                 y[k] = y[k-1] + x[k]
    linear_recurrence      y[k] = a[k] * y[k-1] + b[k]

The derivatives of all cumulative operations are linear recurrences, and so is the derivative of a
linear recurrence (transforms/rules/cumulative.py).
"""

import math

from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import DTypeError, ShapeError
from hloom.frontend.families import FLOAT, NUMERIC, as_operand, same_dtype, typed_literal
from hloom.frontend.keywords import judged
from hloom.frontend.primitive import Primitive, primitive
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.structural import (
    canonical_axis,
    concatenate,
    full,
    reshape,
    rev,
    slice,
    slice_in_dim,
)
from hloom.frontend.trace import aval_of


class Cumulative(Primitive):
    """Combines, at each position of an axis, the elements up to it (from it on, if `reverse`)."""

    family = "cumulative"

    def __init__(self, name, kind, combine, doc):
        super().__init__(name, self._type, doc=doc)
        self.kind, self.combine = kind, combine

    def _type(self, x, *, axis, reverse):
        accepts, called = self.kind
        if not accepts(x.dtype):
            found = f"the operand is {x}"
            raise DTypeError(f"{self.name}: takes {called}", found, "use x.astype(...)")
        return x

    @judged
    def __call__(self, operand, axis=0, reverse=False):
        operand = as_operand(operand)
        axis = canonical_axis(self.name, axis, aval_of(operand).ndim)
        return self.bind(operand, axis=axis, reverse=bool(reverse))[0]


def logaddexp(x, y):
    """log(exp x + exp y) of floating arrays, without overflow."""
    distant = e.add(e.max(x, y), e.log1p(e.exp(e.neg(e.abs(e.sub(x, y))))))
    # equal infinities have no distance
    return e.select(e.eq(x, y), e.add(x, math.log(2)), distant)


cumsum = Cumulative("cumsum", NUMERIC, e.add, "The sum of the elements up to each position.")
cumprod = Cumulative("cumprod", NUMERIC, e.mul, "The product of the elements up to each position.")
cummax = Cumulative("cummax", NUMERIC, e.max, "The largest of the elements up to each position.")
cummin = Cumulative("cummin", NUMERIC, e.min, "The smallest of the elements up to each position.")
cumlogsumexp = Cumulative(
    "cumlogsumexp", FLOAT, logaddexp, "The log of the sum of exponentials up to each position."
)


# ---------------------------------------------------------------- recurrences
def _recurrence_type(a, b, *, axis, reverse):
    if a.shape != b.shape or a.dtype != b.dtype:
        found = f"the factors are {a}, the terms are {b}"
        raise ShapeError("linear_recurrence: takes two arrays of one type", found, "broadcast one")
    return ShapedArray(b.shape, b.dtype, a.weak_type and b.weak_type)


@primitive(_recurrence_type)
def linear_recurrence(a, b, axis=0, reverse=False):
    """y with y[k] = a[k] * y[k-1] + b[k] along an axis, y being 0 before its start.

    `reverse` goes from the end to the start.
    """
    a, b = same_dtype((a, b))
    axis = canonical_axis("linear_recurrence", axis, aval_of(b).ndim)
    return linear_recurrence.bind(a, b, axis=axis, reverse=bool(reverse))[0]


def compose(first, second):
    """The pair of two steps of a recurrence taken together."""
    (a, b), (c, d) = first, second
    return [e.mul(a, c), e.add(e.mul(c, b), d)]


# ---------------------------------------------------------------- by pairs
def shifted(x, axis, reverse, fill):
    """What stands one position before each, `fill` at the start; after and the end if `reverse`."""
    aval = aval_of(x)
    n = aval.shape[axis]
    if n == 0:
        return x
    edge = full(with_length(aval.shape, axis, 1), typed_literal(fill, aval.dtype))
    if reverse:
        return concatenate([slice_in_dim(x, 1, n, axis=axis), edge], axis)
    return concatenate([edge, slice_in_dim(x, 0, n - 1, axis=axis)], axis)


def with_length(shape, axis, n):
    """`shape` with another length along an axis."""
    return (*shape[:axis], n, *shape[axis + 1 :])


def scan_by_pairs(combine, xs, axis, reverse=False):
    """Every prefix of arrays of one shape combined, in log(n) steps of less than n operations.

    `combine(earlier, later)` takes and gives lists of arrays and is associative (Blelloch, Prefix
    Sums and Their Applications, 1990).
    """
    if reverse:
        turned = scan_by_pairs(combine, [rev(x, (axis,)) for x in xs], axis)
        return [rev(y, (axis,)) for y in turned]
    n = aval_of(xs[0]).shape[axis]
    if n < 2:
        return list(xs)
    half = n // 2
    odd = [_every_other(x, axis, 1, n) for x in xs]
    odd = scan_by_pairs(
        combine, combine([_every_other(x, axis, 0, n - n % 2) for x in xs], odd), axis
    )
    first = [slice_in_dim(x, 0, 1, axis=axis) for x in xs]
    if n == 2:
        return [concatenate(pair, axis) for pair in zip(first, odd, strict=True)]
    before = [slice_in_dim(y, 0, (n - 1) // 2, axis=axis) for y in odd]
    even = combine(before, [_every_other(x, axis, 2, n) for x in xs])
    results = []
    for e0, rest, o in zip(first, even, odd, strict=True):
        evens = concatenate([e0, rest], axis)
        woven = _woven(slice_in_dim(evens, 0, half, axis=axis), o, axis)
        if n % 2:
            woven = concatenate([woven, slice_in_dim(evens, half, half + 1, axis=axis)], axis)
        results.append(woven)
    return results


def _every_other(x, axis, start, stop):
    shape = aval_of(x).shape
    starts = [start if i == axis else 0 for i in range(len(shape))]
    strides = [2 if i == axis else 1 for i in range(len(shape))]
    return slice(x, starts, with_length(shape, axis, stop), strides)


def _woven(x, y, axis):
    """The elements of two arrays in turn along an axis."""
    shape = aval_of(x).shape
    apart = (*shape[: axis + 1], 1, *shape[axis + 1 :])
    both = concatenate([reshape(x, apart), reshape(y, apart)], axis + 1)
    return reshape(both, with_length(shape, axis, 2 * shape[axis]))
