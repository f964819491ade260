"""Reductions that leave NaN out: the functions whose names begin with "nan"."""

from hloom.frontend import dtypes
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims import reduction as r
from hloom.frontend.prims.combiner import IDENTITIES
from hloom.frontend.trace import aval_of
from hloom.numpy import cumulative, reductions, statistics
from hloom.numpy.folding import ALL, MAX, MIN, fold, mask_for
from hloom.numpy.promotion import operand, select
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def is_number(x):
    """Where an operand is not NaN; None if it cannot be."""
    if not dtypes.is_inexact(aval_of(x).dtype):
        return None
    return e.eq(x, x)


def replaced(x, fill):
    """An operand with another value in place of NaN."""
    numbers = is_number(x)
    return x if numbers is None else select(numbers, x, typed_literal(fill, aval_of(x).dtype))


def _numbers_in(name, a, where):
    """An operand and the mask of elements to take."""
    a = operand(name, a)
    numbers = is_number(a)
    if where is not None:
        where = mask_for(name, where, aval_of(a).shape)
        numbers = where if numbers is None else e.bitwise_and(numbers, where)
    return a, numbers


@fused
def nansum(
    a: ArrayLike,
    axis=None,
    dtype=None,
    out=None,
    keepdims=False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
):
    """The sum along axes of the elements that are not NaN.

    >>> import hloom.numpy as np
    >>> np.nansum(np.array([1.0, np.nan, 2.0]))
    Array(3., dtype=float32)
    """
    a = replaced(operand("nansum", a), 0)
    return reductions.sum.function(a, axis, dtype, out, keepdims, initial, where)


@fused
def nanprod(
    a: ArrayLike,
    axis=None,
    dtype=None,
    out=None,
    keepdims=False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
):
    """The product along axes of the elements that are not NaN."""
    a = replaced(operand("nanprod", a), 1)
    return reductions.prod.function(a, axis, dtype, out, keepdims, initial, where)


def _extreme(name, kind, a, axis, out, keepdims, initial, where):
    a = operand(name, a)
    numbers = is_number(a)
    filled = replaced(a, IDENTITIES[kind.combine](aval_of(a).dtype))
    y = fold(name, kind, filled, axis, out, keepdims, initial, where)
    if numbers is None or initial is not None:
        return y
    nothing = fold(name, ALL, e.bitwise_not(numbers), axis, None, keepdims, None, where)
    return select(nothing, typed_literal(float("nan"), aval_of(y).dtype), y)


@fused
def nanmax(
    a: ArrayLike,
    axis=None,
    out=None,
    keepdims=False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
):
    """The largest element along axes that is not NaN; NaN if all are."""
    return _extreme("nanmax", MAX, a, axis, out, keepdims, initial, where)


@fused
def nanmin(
    a: ArrayLike,
    axis=None,
    out=None,
    keepdims=False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
):
    """The smallest element along axes that is not NaN; NaN if all are."""
    return _extreme("nanmin", MIN, a, axis, out, keepdims, initial, where)


@fused
def nanmean(
    a: ArrayLike,
    axis=None,
    dtype=None,
    out=None,
    keepdims=False,
    where: ArrayLike | None = None,
):
    """The mean along axes of the elements that are not NaN; NaN if all are."""
    a, numbers = _numbers_in("nanmean", a, where)
    return statistics.mean.function(a, axis, dtype, out, keepdims, where=numbers)


@fused
def nanvar(
    a: ArrayLike,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=False,
    where: ArrayLike | None = None,
    mean: ArrayLike | None = None,
):
    """The variance along axes of the elements that are not NaN."""
    a, numbers = _numbers_in("nanvar", a, where)
    return statistics.var.function(
        replaced(a, 0), axis, dtype, out, ddof, keepdims, where=numbers, mean=mean
    )


@fused
def nanstd(
    a: ArrayLike,
    axis=None,
    dtype=None,
    out=None,
    ddof=0,
    keepdims=False,
    where: ArrayLike | None = None,
    mean: ArrayLike | None = None,
):
    """The standard deviation along axes of the elements that are not NaN."""
    a, numbers = _numbers_in("nanstd", a, where)
    return statistics.std.function(
        replaced(a, 0), axis, dtype, out, ddof, keepdims, where=numbers, mean=mean
    )


# ---------------------------------------------------------------- positions and prefixes
def _position(name, primitive, kind, a, axis, out, keepdims):
    a = operand(name, a)
    numbers = is_number(a)
    filled = replaced(a, IDENTITIES[kind.combine](aval_of(a).dtype))
    keepdims = bool(keepdims)
    y = reductions.position(name, primitive, filled, axis, out, keepdims)
    if numbers is None:
        return y
    # an infinity of the filling's sign may stand before the first number
    nothing = fold(name, ALL, e.bitwise_not(numbers), axis, None, keepdims, None, None)
    return select(nothing, typed_literal(-1, aval_of(y).dtype), y)


@fused
def nanargmax(a: ArrayLike, axis=None, out=None, keepdims=None):
    """The position of the largest element that is not NaN; -1 if all are."""
    return _position("nanargmax", r.argmax, MAX, a, axis, out, keepdims)


@fused
def nanargmin(a: ArrayLike, axis=None, out=None, keepdims=None):
    """The position of the smallest element that is not NaN; -1 if all are."""
    return _position("nanargmin", r.argmin, MIN, a, axis, out, keepdims)


@fused
def nancumsum(a: ArrayLike, axis=None, dtype=None, out=None):
    """The sums of the elements up to each position, NaN counting as 0."""
    a = replaced(operand("nancumsum", a), 0)
    return cumulative.cumsum.function(a, axis, dtype, out)


@fused
def nancumprod(a: ArrayLike, axis=None, dtype=None, out=None):
    """The products of the elements up to each position, NaN counting as 1."""
    a = replaced(operand("nancumprod", a), 1)
    return cumulative.cumprod.function(a, axis, dtype, out)
