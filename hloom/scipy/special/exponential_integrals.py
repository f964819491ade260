"""The exponential integrals E1, Ei and En (DLMF 6 and 8.19).

Near 0 they are series, with what is singular there taken out, for Ei also its zero; further out
exponentials times series in a mapped variable, whose tables are in tables.py. En is its power
series up to 1, and beyond its continued fraction (DLMF 8.19.8 and 8.19.17).
"""

import math

from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import aval_of
from hloom.lax.loops import fori_loop
from hloom.numpy.promotion import select
from hloom.runtime.dispatch import fused
from hloom.scipy.special import tables
from hloom.scipy.special.series import chebyshev, computed
from hloom.transforms.custom import custom_jvp
from hloom.typing import ArrayLike

_GAMMA = 0.5772156649015329


@custom_jvp
def _exp1(x):
    near = e.le(x, 1.0)
    inner, outer = select(near, x, 1.0), select(near, 1.0, x)
    small = e.mul(inner, chebyshev(e.sub(e.mul(inner, 2.0), 1.0), tables.EIN))
    small = e.sub(e.sub(small, _GAMMA), e.log(e.abs(inner)))
    t = e.sub(1.0, e.div(8.0, e.add(outer, 3.0)))
    large = e.div(e.mul(e.exp(e.neg(outer)), chebyshev(t, tables.EXP1)), outer)
    return select(e.lt(x, 0.0), math.nan, select(near, small, large))


_exp1.defjvps(lambda t, y, x: e.neg(e.mul(t, e.div(e.exp(e.neg(x)), x))))


@fused
def exp1(x: ArrayLike) -> Array:
    """The exponential integral E1, of exp(-t) / t from x to infinity; NaN for negative x.

    >>> import hloom
    >>> round(float(hloom.scipy.special.exp1(1.0)), 4)
    0.2194
    """
    return computed("exp1", _exp1, x)


#: the root of expi, and what rounding it to float64 leaves
_ROOT, _ROOT_REST = 0.3725074107813666, 1.3140183414386028e-17


@custom_jvp
def _expi(x):
    below = e.lt(x, 0.0)
    mirrored = e.neg(_exp1(select(below, e.neg(x), 1.0)))
    return select(below, mirrored, _expi_above(select(below, 1.0, x)))


def _expi_above(x):
    six, twelve, last = (e.gt(x, bound) for bound in (6.0, 12.0, 24.0))
    inner, outer = select(six, 6.0, x), select(six, x, 6.0)
    dtype = aval_of(x).dtype.type
    root = float(dtype(_ROOT))
    # the zero of expi is in a factor of its own
    rest = _ROOT - root + _ROOT_REST
    past = e.sub(inner, root)
    close = e.lt(e.abs(past), 0.1)
    ratio = e.sub(e.mul(select(close, past, 0.0), 1 / _ROOT), rest / _ROOT)
    log = select(close, e.log1p(ratio), e.log(e.mul(inner, 1 / _ROOT)))
    back = e.div(24.0, outer)
    twice = e.mul(back, 2.0)
    t = select(last, e.sub(twice, 1.0), select(twelve, e.sub(twice, 3.0), e.sub(back, 3.0)))
    t = select(six, t, e.sub(e.mul(inner, 1 / 3), 1.0))
    pieces = (six, tables.EXPI_6), (twelve, tables.EXPI_12), (last, tables.EXPI_24)
    value = chebyshev(t, tables.EXPI_NEAR, *pieces)
    half = e.exp(e.mul(x, 0.5))
    value = e.mul(value, half)
    far = e.mul(e.div(value, outer), half)
    near = e.add(e.sub(log, e.mul(value, rest)), e.mul(past, value))
    return select(six, select(e.eq(x, math.inf), x, far), near)


_expi.defjvps(lambda t, y, x: e.mul(t, e.div(e.exp(x), x)))


@fused
def expi(x: ArrayLike) -> Array:
    """The exponential integral Ei: the principal value of that of exp(t) / t from -infinity to x.

    >>> import hloom
    >>> round(float(hloom.scipy.special.expi(1.0)), 4)
    1.8951
    """
    return computed("expi", _expi, x)


def _expn_series(n, x, terms):
    """For 0 < x <= 1; in the term of index n - 1 a logarithm stands for the pole."""
    log = e.log(x)
    total, power, harmonic = None, 1.0, 0.0
    for m in range(terms):
        gap = e.sub(n, m + 1.0)
        pole = e.eq(gap, 0.0)
        regular = e.div(1.0, select(pole, 1.0, gap))
        term = e.mul(select(pole, e.sub(harmonic - _GAMMA, log), regular), power)
        total = term if total is None else e.add(total, term)
        power = e.mul(e.div(x, -(m + 1.0)), power)
        harmonic += 1 / (m + 1)
    return total


def _expn_fraction(n, x, terms):
    """exp(x) times the function, for x >= 1."""
    sum_ = e.add(x, n)

    def step(i, f):
        k = e.convert_element_type(e.sub(terms, i), aval_of(sum_).dtype)
        part = e.div(e.mul(k, e.sub(e.add(k, n), 1.0)), f)
        return e.sub(e.add(sum_, e.sub(e.mul(k, 2.0), 2.0)), part)

    return e.div(1.0, fori_loop(0, terms, step, e.add(sum_, 2.0 * terms)))


@custom_jvp
def _expn(n, x):
    near, wide = e.le(x, 1.0), aval_of(e.add(n, x)).dtype.itemsize == 8
    positive = e.gt(x, 0.0)
    low = e.lt(n, 1.0)
    order = select(low, 1.0, n)
    inner = select(e.bitwise_and(near, positive), x, 0.5)
    outer = select(near, 1.0, x)
    decay = e.exp(e.neg(x))
    large = e.mul(decay, _expn_fraction(order, outer, 100 if wide else 24))
    value = select(near, _expn_series(order, inner, 20 if wide else 12), large)
    value = select(low, e.div(decay, x), value)
    at_zero = select(e.le(n, 1.0), math.inf, e.div(1.0, e.sub(select(e.le(n, 1.0), 2.0, n), 1.0)))
    value = select(e.eq(x, 0.0), at_zero, select(e.eq(x, math.inf), 0.0, value))
    whole = e.bitwise_and(e.ge(n, 0.0), e.eq(n, e.floor(n)))
    return select(e.bitwise_and(whole, e.ge(x, 0.0)), value, math.nan)


@_expn.defjvp
def _expn_jvp(primals, tangents):
    (n, x), (_, t) = primals, tangents
    y = _expn(n, x)
    zero = e.eq(n, 0.0)
    lower = _expn(select(zero, 0.0, e.sub(n, 1.0)), x)
    slope = select(zero, e.mul(lower, e.add(e.div(1.0, x), 1.0)), lower)
    return y, e.neg(e.mul(t, slope))


@fused
def expn(n: ArrayLike, x: ArrayLike) -> Array:
    """The exponential integral En, of exp(-x t) / t^n from 1 to infinity; not differentiable in n.

    NaN where n is negative or no whole number, and where x is negative.

    >>> import hloom
    >>> round(float(hloom.scipy.special.expn(2, 1.0)), 4)
    0.1485
    """
    return computed("expn", _expn, n, x)
