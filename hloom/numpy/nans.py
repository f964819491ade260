"""Reductions that leave NaN out: the functions whose names begin with "nan"."""

from hloom.frontend import dtypes
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e, reduction as r
from hloom.frontend.prims.combiner import IDENTITIES
from hloom.frontend.trace import aval_of
from hloom.naming import named
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


def _total(name, like, fill, doc):
    def total(
        a: ArrayLike,
        axis=None,
        dtype=None,
        out=None,
        keepdims=False,
        initial: ArrayLike | None = None,
        where: ArrayLike | None = None,
    ):
        x = replaced(operand(name, a), fill)
        return like.function(x, axis, dtype, out, keepdims, initial, where)

    return fused(named(total, name, doc))


nansum = _total(
    "nansum",
    reductions.sum,
    0,
    """The sum along axes of the elements that are not NaN.

    >>> import hloom.numpy as np
    >>> np.nansum(np.array([1.0, np.nan, 2.0]))
    Array(3., dtype=float32)
    """,
)
nanprod = _total(
    "nanprod", reductions.prod, 1, "The product along axes of the elements that are not NaN."
)


def _extreme(name, kind, doc):
    def extreme(
        a: ArrayLike,
        axis=None,
        out=None,
        keepdims=False,
        initial: ArrayLike | None = None,
        where: ArrayLike | None = None,
    ):
        x = operand(name, a)
        numbers = is_number(x)
        filled = replaced(x, IDENTITIES[kind.combine](aval_of(x).dtype))
        y = fold(name, kind, filled, axis, out, keepdims, initial, where)
        if numbers is None or initial is not None:
            return y
        nothing = fold(name, ALL, e.bitwise_not(numbers), axis, None, keepdims, None, where)
        return select(nothing, typed_literal(float("nan"), aval_of(y).dtype), y)

    return fused(named(extreme, name, doc))


nanmax = _extreme("nanmax", MAX, "The largest element along axes that is not NaN; NaN if all are.")
nanmin = _extreme("nanmin", MIN, "The smallest element along axes that is not NaN; NaN if all are.")


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


def _moment(name, like, doc):
    def moment(
        a: ArrayLike,
        axis=None,
        dtype=None,
        out=None,
        ddof=0,
        keepdims=False,
        where: ArrayLike | None = None,
        mean: ArrayLike | None = None,
    ):
        x, numbers = _numbers_in(name, a, where)
        x = replaced(x, 0)
        return like.function(x, axis, dtype, out, ddof, keepdims, where=numbers, mean=mean)

    return fused(named(moment, name, doc))


nanvar = _moment(
    "nanvar", statistics.var, "The variance along axes of the elements that are not NaN."
)
nanstd = _moment(
    "nanstd", statistics.std, "The standard deviation along axes of the elements that are not NaN."
)


# ---------------------------------------------------------------- positions and prefixes
def _position(name, primitive, kind, doc):
    def extreme(a: ArrayLike, axis=None, out=None, keepdims=None):
        x = operand(name, a)
        numbers = is_number(x)
        filled = replaced(x, IDENTITIES[kind.combine](aval_of(x).dtype))
        y = reductions.position(name, primitive, filled, axis, out, keepdims or False)
        if numbers is None:
            return y
        # an infinity of the filling's sign may stand before the first number
        nothing = fold(name, ALL, e.bitwise_not(numbers), axis, None, keepdims or False, None, None)
        return select(nothing, typed_literal(-1, aval_of(y).dtype), y)

    return fused(named(extreme, name, doc))


nanargmax = _position(
    "nanargmax",
    r.argmax,
    MAX,
    "The position of the largest element that is not NaN; -1 if all are.",
)
nanargmin = _position(
    "nanargmin",
    r.argmin,
    MIN,
    "The position of the smallest element that is not NaN; -1 if all are.",
)


def _prefixes(name, like, fill, doc):
    def prefixes(a: ArrayLike, axis=None, dtype=None, out=None):
        return like.function(replaced(operand(name, a), fill), axis, dtype, out)

    return fused(named(prefixes, name, doc))


nancumsum = _prefixes(
    "nancumsum",
    cumulative.cumsum,
    0,
    "The sums of the elements up to each position, NaN counting as 0.",
)
nancumprod = _prefixes(
    "nancumprod",
    cumulative.cumprod,
    1,
    "The products of the elements up to each position, NaN counting as 1.",
)
