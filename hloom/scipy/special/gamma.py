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
from hloom.frontend.trace import aval_of
from hloom.lowering import gamma as series
from hloom.numpy.promotion import filled, select
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
    product = s.gamma(select(large, n, e.add(select(e.lt(n, 0.0), 0.0, n), 1.0)))
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
    p, q, number, change, kept, factor, inverse, pole, zero = _positive(a, b)
    total, lost = _sum(p, q)
    shift = e.mul(lost, e.digamma(total))
    lead = s.gamma(number)
    small = e.mul(e.mul(e.div(s.gamma(q), s.gamma(total)), lead), e.sub(1.0, shift))
    # as far as may be Γ itself, since the exponential of a logarithm has a larger error
    head = e.lt(number, 20.0)
    log = select(head, change, e.add(change, e.lgamma(p)))
    direct = e.bitwise_and(e.lt(total, _limit(total)), e.bitwise_not(kept))
    lead = select(direct, small, select(head, lead, 1.0))
    log = select(direct, 0.0, select(inverse, e.neg(log), log))
    half = e.exp(e.mul(log, 0.5))
    scale = select(inverse, e.div(factor, lead), e.mul(factor, lead))
    result = e.mul(e.mul(half, scale), half)
    return e.mul(sign, select(pole, math.inf, select(zero, 0.0, result)))


def _betaln(a, b):
    a, b, _ = _turned(a, b)
    p, q, number, change, kept, factor, inverse, pole, zero = _positive(a, b)
    total, lost = _sum(p, q)
    shift = e.mul(lost, e.digamma(total))
    near = e.bitwise_and(e.lt(q, 10.0), e.bitwise_not(kept))
    change = select(near, e.sub(e.sub(e.lgamma(q), e.lgamma(total)), shift), change)
    log = e.add(e.lgamma(number), change)
    log = e.add(select(inverse, e.neg(log), log), e.log(e.abs(factor)))
    return select(pole, math.inf, select(zero, -math.inf, log))


def _positive(a, b):
    """B(a, b) as a factor times B(p, q), or times the inverse of that, for positive p <= q.

    By Γ(x) Γ(1 - x) = π / sin πx. B(p, q) is Γ(number) e^change for large q. `kept` is where
    the number is the smaller one of a and b though negative: the other is so large that the
    quotient of Γ at that and at the sum has less error than a reflection.
    """
    least, most, total = e.min(a, b), e.max(a, b), e.add(a, b)
    below, both, sunk = e.lt(least, 0.0), e.lt(most, 0.0), e.le(total, 0.0)
    kept = e.bitwise_and(e.bitwise_and(below, e.gt(least, -20.0)), e.ge(most, 10.0))
    kept = e.bitwise_and(kept, e.bitwise_not(sunk))
    turned = e.bitwise_and(below, e.bitwise_not(kept))
    by_sum = e.bitwise_and(turned, e.bitwise_not(e.bitwise_or(both, e.bitwise_not(sunk))))
    above = e.bitwise_and(turned, e.bitwise_not(sunk))
    inverse = e.bitwise_and(turned, e.bitwise_not(by_sum))
    rest = e.sub(1.0, total)
    first = select(by_sum, rest, select(turned, e.sub(1.0, least), select(kept, 1.0, least)))
    second = select(both, e.sub(1.0, most), select(above, total, most))
    p, q = e.min(first, second), e.max(first, second)
    sine, other, whole = _sines(least, most)
    factor = e.div(select(above, math.pi, whole), sine)
    more = e.div(math.pi, e.mul(other, rest))
    more = select(both, more, select(above, e.div(1.0, most), 1.0))
    factor = select(turned, e.mul(factor, more), 1.0)
    change = series.log_quotient(select(kept, total, q), select(kept, e.neg(least), p))
    change = select(kept, change, e.neg(change))
    endless = e.eq(q, math.inf)
    change = select(endless, select(kept, e.abs(q), e.neg(q)), change)
    zero = e.bitwise_and(sunk, e.bitwise_or(e.eq(total, 0.0), e.eq(whole, 0.0)))
    pole = e.bitwise_or(_is_pole(a), _is_pole(b))
    return p, q, select(kept, least, p), change, kept, factor, inverse, pole, zero


def _sines(x, y):
    """The sines of πx, of πy and of π(x + y), where the rounding of x + y does not matter."""
    parts = series.fraction(x), series.fraction(y)
    odd = [series.is_odd(e.round(v, 1)) for v in (x, y)]
    total = e.add(*parts)
    whole = e.round(total, 1)
    parts = *parts, e.sub(total, whole)
    odd.append(e.bitwise_xor(e.bitwise_xor(*odd), e.ne(whole, 0.0)))
    sines = [series.sine(r) for r in parts]
    return [select(o, e.neg(v), v) for o, v in zip(odd, sines, strict=True)]


def _turned(a, b):
    """B(a, b) of integers with a pole is (-1)^b B(1 - a - b, b): a, b and the sign."""
    sign = 1.0
    for _ in range(2):
        rest = e.sub(e.sub(1.0, a), b)
        whole = e.bitwise_and(_is_pole(a), e.bitwise_and(e.gt(b, 0.0), e.eq(e.floor(b), b)))
        swap = e.bitwise_and(whole, e.bitwise_and(e.gt(rest, 0.0), e.lt(rest, math.inf)))
        change = select(e.bitwise_and(swap, series.is_odd(b)), -1.0, filled(1.0, aval_of(b)))
        sign = e.mul(change, sign)
        a, b = b, select(swap, rest, a)
    return a, b, sign


def _sum(a, b):
    """The rounded sum, and what the rounding took from it."""
    total = e.add(a, b)
    part = e.sub(total, a)
    lost = e.add(e.sub(a, e.sub(total, part)), e.sub(b, part))
    return total, select(e.is_finite(total), lost, 0.0)


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
    total, lost = _sum(z, m)
    below, sunk = e.le(z, 0.0), e.le(total, 0.0)
    # Γ(x) Γ(1 - x) = π / sin πx: a quotient or, where one of them is negative, a product
    u, v = select(sunk, e.sub(1.0, total), total), select(below, e.sub(1.0, z), z)
    unlike = e.bitwise_xor(below, sunk)
    sine, _, whole = _sines(z, m)
    roots = [e.bitwise_and(c, e.eq(x, 0.0)) for c, x in ((below, sine), (sunk, whole))]
    ends = e.bitwise_and(*roots)
    one = filled(1.0, aval_of(total))
    parity = select(series.is_odd(m), -1.0, one)
    top = select(below, select(ends, parity, sine), select(sunk, math.pi, one))
    bottom = select(sunk, select(ends, 1.0, whole), select(below, math.pi, one))
    # both by Γ itself as far as it is a number, else by logarithms
    small = e.le(e.max(u, v), _limit(u))
    lost = select(e.bitwise_or(small, unlike), lost, 0.0)
    factor = e.mul(e.div(top, bottom), e.add(e.mul(lost, e.digamma(u)), 1.0))
    gamma_u, gamma_v = (s.gamma(select(small, x, 1.0)) for x in (u, v))
    factor = e.mul(e.div(factor, select(sunk, gamma_u, 1.0)), select(sunk, 1.0, gamma_u))
    factor = e.mul(e.div(factor, select(below, 1.0, gamma_v)), select(below, gamma_v, 1.0))
    quotient = series.log_quotient(select(unlike, 1.0, e.min(u, v)), e.abs(m))
    log = select(unlike, e.add(e.lgamma(u), e.lgamma(v)), quotient)
    falls = select(unlike, sunk, e.lt(m, 0.0))
    half = e.exp(e.mul(select(falls, e.neg(log), log), 0.5))
    half = select(small, 1.0, half)
    result = e.mul(e.mul(half, factor), half)
    result = select(roots[1], select(ends, result, math.inf), select(roots[0], 0.0, result))
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
    least, rest = e.min(k, e.sub(n, k)), e.max(k, e.sub(n, k))
    log = e.sub(series.log_quotient(e.add(rest, 1.0), least), e.lgamma(e.add(least, 1.0)))
    # a number of subsets is whole, and its factors are
    whole = e.bitwise_and(e.eq(e.floor(n), n), e.eq(e.floor(k), k))
    few = e.bitwise_and(whole, e.le(least, 10.0))
    count = e.add(e.mul(least, 0.0), 1.0)
    for i in range(1, 11):
        step = e.div(e.mul(count, e.add(rest, float(i))), float(i))
        count = select(e.ge(least, float(i)), e.round(step, 1), count)
    direct = e.bitwise_and(whole, e.lt(n, _limit(n)))
    many, *others = (s.gamma(e.add(select(direct, x, 1.0), 1.0)) for x in (n, rest, least))
    many = e.div(e.div(many, others[0]), others[1])
    many = select(e.lt(many, 1 / float(finfo(aval_of(many).dtype).eps)), e.round(many, 1), many)
    result = select(few, count, select(direct, many, e.exp(log)))
    return select(inside, result, 0.0)


def _comb_slope(above, below):
    """The terms of `_comb`: the derivatives of log Γ at two places, whose difference matters."""

    def term(n, k, y):
        places = [e.add(x, 1.0) for x in (above(n, k), below(n, k))]
        inside = e.bitwise_and(e.ge(n, k), e.ge(k, 0.0))
        slopes = [e.digamma(select(inside, x, 1.0)) for x in places]
        return e.mul(y, e.sub(*slopes))

    return term


_combinations = differentiable(
    _comb,
    _comb_slope(lambda n, k: n, lambda n, k: e.sub(n, k)),
    _comb_slope(lambda n, k: e.sub(n, k), lambda n, k: k),
    name="comb",
)


@fused
def comb(N: ArrayLike, k: ArrayLike, *, repetition: bool = False) -> Array:
    """The number of choices of k things out of N, as a float; 0 for k > N, k < 0 or N < 0.

    With `repetition` a thing may be chosen several times.

    >>> import hloom
    >>> hloom.scipy.special.comb(5, 2)
    Array(10., dtype=float32, weak_type=True)
    """

    def count(n, k):
        return _combinations(e.sub(e.add(n, k), 1.0) if repetition else n, k)

    return computed("comb", count, N, k)
