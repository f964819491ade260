"""The gamma function and its kin: logarithm, derivatives, quotients and products.

>>> import hloom
>>> hloom.scipy.special.gamma(5.0)
Array(24., dtype=float32, weak_type=True)
"""

import math

from hloom.frontend.array import Array
from hloom.frontend.dtypes import finfo
from hloom.frontend.errors import UnsupportedError, ValueRangeError
from hloom.frontend.prims import elementwise as e, special as s
from hloom.frontend.prims.calls import stop
from hloom.frontend.trace import aval_of
from hloom.lowering import gamma as series
from hloom.numpy.promotion import select
from hloom.runtime.dispatch import fused
from hloom.scipy.special.differentiable import differentiable
from hloom.scipy.special.series import computed
from hloom.typing import ArrayLike


# ---------------------------------------------------------------- one argument
@fused
def gamma(x: ArrayLike) -> Array:
    """The gamma function of real numbers; at 0 infinite, NaN at the other poles.

    >>> import hloom
    >>> hloom.scipy.special.gamma(-0.5)
    Array(-3.5449076, dtype=float32, weak_type=True)
    """
    return computed("gamma", s.gamma, x)


@fused
def gammaln(x: ArrayLike) -> Array:
    """The logarithm of the absolute value of the gamma function; inf at its poles.

    >>> import hloom
    >>> hloom.scipy.special.gammaln(5.0)
    Array(3.1780539, dtype=float32, weak_type=True)
    """
    return computed("gammaln", e.lgamma, x)


@fused
def loggamma(x: ArrayLike) -> Array:
    """The logarithm of the gamma function of real numbers; NaN for x < 0, where it is not real.

    >>> import hloom
    >>> hloom.scipy.special.loggamma(hloom.numpy.array([0.5, -0.5]))
    Array([0.5723649,       nan], dtype=float32)
    """
    return computed("loggamma", _loggamma, x)


def _loggamma(x):
    negative = e.lt(x, 0.0)
    return select(negative, math.nan, e.lgamma(select(negative, 1.0, x)))


@fused
def gammasgn(x: ArrayLike) -> Array:
    """The sign of the gamma function, NaN where it has none: at -inf and at negative integers.

    >>> import hloom
    >>> hloom.scipy.special.gammasgn(hloom.numpy.array([2.5, -0.5, -1.0]))
    Array([ 1., -1., nan], dtype=float32)
    """
    return computed("gammasgn", _sign, x)


def _sign(x):
    below = e.floor(x)
    sign = select(series.is_odd(below), -1.0, select(e.eq(x, x), 1.0, x))
    pole = e.bitwise_and(e.lt(x, 0.0), e.eq(below, x))
    at_zero = e.sign(e.div(1.0, select(e.eq(x, 0.0), x, 1.0)))
    sign = select(e.lt(x, 0.0), select(pole, math.nan, sign), select(e.eq(x, x), 1.0, x))
    return select(e.eq(x, 0.0), at_zero, sign)


@fused
def digamma(x: ArrayLike) -> Array:
    """The derivative of `gammaln`; infinite at 0, NaN at negative integers.

    >>> import hloom
    >>> hloom.scipy.special.digamma(1.0)
    Array(-0.5772157, dtype=float32, weak_type=True)
    """
    return computed("digamma", e.digamma, x)


@fused
def factorial(n: ArrayLike, exact: bool = False) -> Array:
    """The factorial of n, as a float: gamma(n + 1), and 0 for n < 0.

    `exact` must be False: integers of a fixed width cannot hold it.

    >>> import hloom
    >>> hloom.scipy.special.factorial(hloom.numpy.array([0, 5]))
    Array([  1., 120.], dtype=float32)
    """
    if exact:
        found = "integers of a fixed width cannot hold large factorials"
        remedy = "leave exact at False, or use math.factorial"
        raise UnsupportedError("factorial: has no exact=True", found, remedy)
    return computed("factorial", _factorial, n)


def _factorial(n):
    # n Γ(n), since n + 1 is rounded
    large = e.gt(n, 1.0)
    product = s.gamma(select(large, n, e.add(e.max(n, 0.0), 1.0)))
    product = e.mul(product, select(large, n, 1.0))
    return select(e.lt(n, 0.0), 0.0, product)


@fused
def multigammaln(a: ArrayLike, d: int) -> Array:
    """The logarithm of the multivariate gamma function of the integer dimension d; a > (d - 1) / 2.

    >>> import hloom
    >>> hloom.scipy.special.multigammaln(3.0, 2)
    Array(1.550195, dtype=float32, weak_type=True)
    """
    if isinstance(d, bool) or not hasattr(d, "__index__") or d.__index__() < 1:
        found, remedy = f"it is {d!r}", "give a positive Python int"
        raise ValueRangeError("multigammaln: the dimension d is a positive integer", found, remedy)
    d = d.__index__()

    def total(a):
        result = e.lgamma(a)
        for j in range(1, d):
            result = e.add(result, e.lgamma(e.sub(a, j / 2)))
        result = e.add(result, d * (d - 1) / 4 * math.log(math.pi))
        return select(e.gt(a, (d - 1) / 2), result, math.nan)

    return computed("multigammaln", total, a)


@fused
def polygamma(n: ArrayLike, x: ArrayLike) -> Array:
    """The derivative of order n of `digamma`, n = 0, 1, ...; NaN for other n.

    >>> import hloom
    >>> hloom.scipy.special.polygamma(1, 1.0)
    Array(1.644934, dtype=float32, weak_type=True)
    """
    return computed("polygamma", s.polygamma, n, x)


# ---------------------------------------------------------------- two arguments
#: up to these, Γ does not overflow
_LARGE = {"float64": 170.0, "float32": 34.0}


def _limit(x):
    return _LARGE[aval_of(x).dtype.name]


def _beta(a, b):
    a, b, sign = _turned(a, b)
    least, most = e.min(a, b), e.max(a, b)
    total, shift = _sum(a, b)
    large = e.bitwise_and(e.gt(least, 0.0), e.ge(total, _limit(total)))
    small = e.mul(e.div(s.gamma(most), s.gamma(total)), s.gamma(least))
    small = e.mul(small, e.sub(1.0, shift))
    # 1 / Γ vanishes at a pole
    small = select(_is_pole(total), 0.0, small)
    small = select(e.bitwise_or(_is_pole(a), _is_pole(b)), math.inf, small)
    far = e.exp(_log_large(select(large, least, 1.0), select(large, most, 10.0)))
    rest, below = _all_but_least(least, most, total, 10.0)
    half = e.exp(e.mul(rest, 0.5))
    turned = e.mul(e.mul(s.gamma(least), half), half)
    turned = select(_is_pole(least), math.inf, turned)
    return e.mul(sign, select(large, far, select(below, turned, small)))


def _betaln(a, b):
    a, b, _ = _turned(a, b)
    least, most = e.min(a, b), e.max(a, b)
    large = e.bitwise_and(e.gt(least, 0.0), e.ge(most, 10.0))
    total, shift = _sum(a, b)
    small = e.sub(e.add(e.sub(e.lgamma(most), e.lgamma(total)), e.lgamma(least)), shift)
    pole = e.bitwise_or(_is_pole(a), _is_pole(b))
    rest, below = _all_but_least(least, most, total, 10.0)
    small = select(below, e.add(e.lgamma(least), rest), small)
    small = select(pole, math.inf, select(_is_pole(total), -math.inf, small))
    return select(large, _log_large(select(large, least, 1.0), select(large, most, 10.0)), small)


def _log_large(least, most):
    return e.sub(e.lgamma(least), series.log_quotient(most, least))


def _all_but_least(least, most, total, limit):
    """log Γ(most) / Γ(total) where `least` is negative, and where it is so.

    By the exact difference of the two: the rounding of their sum hardly matters.
    """
    below = e.bitwise_and(e.lt(least, 0.0), e.bitwise_and(e.gt(total, 0.0), e.ge(most, limit)))
    return series.log_quotient(select(below, total, 1.0), select(below, e.neg(least), 1.0)), below


def _turned(a, b):
    """B(a, b) of integers with a pole is (-1)^b B(1 - a - b, b): a, b and the sign."""
    sign = 1.0
    for _ in range(2):
        rest = e.sub(e.sub(1.0, a), b)
        whole = e.bitwise_and(_is_pole(a), e.bitwise_and(e.gt(b, 0.0), e.eq(e.floor(b), b)))
        swap = e.bitwise_and(whole, e.gt(rest, 0.0))
        change = select(e.bitwise_and(swap, series.is_odd(b)), -1.0, e.add(e.mul(b, 0.0), 1.0))
        sign = change if type(sign) is float else e.mul(sign, change)
        a, b = b, select(swap, rest, a)
    return a, b, sign


def _sum(a, b):
    """The rounded sum, and how much the rounding takes from log Γ of it."""
    total = e.add(a, b)
    part = e.sub(total, a)
    lost = e.add(e.sub(a, e.sub(total, part)), e.sub(b, part))
    none = e.bitwise_or(e.eq(lost, 0.0), e.bitwise_not(e.is_finite(total)))
    return total, select(none, 0.0, e.mul(lost, e.digamma(total)))


def _is_pole(x):
    return e.bitwise_and(e.le(x, 0.0), e.eq(e.floor(x), x))


def _digamma_step(a, b):
    """ψ(a) - ψ(a + b)."""
    return e.sub(e.digamma(a), e.digamma(e.add(a, b)))


_beta_function = differentiable(
    _beta,
    lambda a, b, y: e.mul(y, _digamma_step(a, b)),
    lambda a, b, y: e.mul(y, _digamma_step(b, a)),
)
_log_beta = differentiable(
    _betaln,
    lambda a, b, y: _digamma_step(a, b),
    lambda a, b, y: _digamma_step(b, a),
)


@fused
def beta(a: ArrayLike, b: ArrayLike) -> Array:
    """The beta function, gamma(a) gamma(b) / gamma(a + b).

    >>> import hloom
    >>> hloom.scipy.special.beta(2.0, 3.0)
    Array(0.08333334, dtype=float32, weak_type=True)
    """
    return computed("beta", _beta_function, a, b)


@fused
def betaln(a: ArrayLike, b: ArrayLike) -> Array:
    """The logarithm of the absolute value of the beta function.

    >>> import hloom
    >>> hloom.scipy.special.betaln(2.0, 3.0)
    Array(-2.4849067, dtype=float32, weak_type=True)
    """
    return computed("betaln", _log_beta, a, b)


def _poch(z, m):
    total, shift = _sum(z, m)
    positive = e.bitwise_and(e.gt(z, 0.0), e.gt(total, 0.0))
    least, most = e.min(z, total), e.max(z, total)
    large = e.bitwise_and(positive, e.gt(most, _limit(most)))
    small = e.mul(e.div(s.gamma(total), s.gamma(z)), e.add(1.0, shift))
    near = select(large, least, 1.0)
    far = series.log_quotient(near, select(large, e.abs(m), 1.0))
    far = e.exp(select(e.lt(m, 0.0), e.neg(far), far))
    # below the range of Γ the logarithms of both are large: only their difference is known
    deep = e.lt(least, -0.8 * _limit(least))
    sign = e.mul(_sign(total), _sign(z))
    by_logarithm = e.mul(sign, e.exp(e.sub(e.lgamma(total), e.lgamma(z))))
    result = select(large, far, select(deep, by_logarithm, small))
    # Γ has a pole above, below or in both
    above, below = _is_pole(total), _is_pole(z)
    turned = e.exp(e.sub(e.lgamma(e.sub(1.0, z)), e.lgamma(e.sub(1.0, total))))
    turned = select(series.is_odd(m), e.neg(turned), turned)
    result = select(above, select(below, turned, math.inf), select(below, 0.0, result))
    result = select(e.eq(m, 0.0), 1.0, result)
    return select(e.bitwise_or(e.ne(z, z), e.ne(m, m)), math.nan, result)


_pochhammer = differentiable(
    _poch,
    lambda z, m, y: e.mul(y, e.sub(e.digamma(e.add(z, m)), e.digamma(z))),
    lambda z, m, y: e.mul(y, e.digamma(e.add(z, m))),
)


@fused
def poch(z: ArrayLike, m: ArrayLike) -> Array:
    """Pochhammer's symbol gamma(z + m) / gamma(z), which is z (z + 1) ... (z + m - 1) for whole m.

    >>> import hloom
    >>> hloom.scipy.special.poch(3.0, 2.0)
    Array(12., dtype=float32, weak_type=True)
    """
    return computed("poch", _pochhammer, z, m)


def _comb(n, k):
    inside = e.bitwise_and(e.ge(n, k), e.ge(k, 0.0))
    n, k = select(inside, n, 1.0), select(inside, k, 0.0)
    result = e.div(
        1.0, e.mul(e.add(n, 1.0), _beta_function(e.add(e.sub(n, k), 1.0), e.add(k, 1.0)))
    )
    # a number of subsets is whole; the derivative is that of the function
    nearest = stop.bind(e.round(result, 1))[0]
    exact = e.bitwise_and(e.eq(e.floor(n), n), e.eq(e.floor(k), k))
    exact = e.bitwise_and(exact, e.lt(e.abs(result), 1 / float(finfo(aval_of(result).dtype).eps)))
    result = select(exact, e.add(e.sub(result, stop.bind(result)[0]), nearest), result)
    return select(inside, result, 0.0)


@fused
def comb(N: ArrayLike, k: ArrayLike, *, repetition: bool = False) -> Array:
    """The number of choices of k things out of N, as a float; 0 for k > N, k < 0 or N < 0.

    With `repetition` a thing may be chosen several times.

    >>> import hloom
    >>> hloom.scipy.special.comb(5, 2)
    Array(10., dtype=float32, weak_type=True)
    """

    def count(n, k):
        return _comb(e.sub(e.add(n, k), 1.0) if repetition else n, k)

    return computed("comb", count, N, k)
