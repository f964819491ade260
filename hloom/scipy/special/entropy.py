"""Products and powers with logarithms, that have limits where a logarithm is infinite."""

import math

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import promote_inexact, select
from hloom.runtime.dispatch import fused
from hloom.scipy.special.differentiable import differentiable
from hloom.scipy.special.series import computed, polynomial
from hloom.typing import ArrayLike


def _times(logarithm, shift):
    """x times `logarithm(y)`, whose derivative is 1 / (y + shift); 0 where x is 0."""

    def product(x, y):
        # 0 log y is 0, but NaN if y is NaN
        zero = e.bitwise_and(e.eq(x, 0.0), e.eq(y, y))
        return select(zero, 0.0, e.mul(x, logarithm(select(zero, 1.0, y))))

    def in_y(x, y, _):
        zero = e.eq(x, 0.0)
        return select(zero, 0.0, e.div(x, select(zero, 1.0, e.add(y, shift) if shift else y)))

    # a term is taken only where its operand has a tangent: an infinite logarithm is not times 0
    return differentiable(product, lambda x, y, _: logarithm(y), in_y)


_xlogy, _xlog1py = _times(e.log, 0.0), _times(e.log1p, 1.0)


@fused
def xlogy(x: ArrayLike, y: ArrayLike) -> Array:
    """x log(y), and 0 where x is 0, unless y is NaN.

    >>> import hloom
    >>> round(float(hloom.scipy.special.xlogy(0.0, 0.0)), 4)
    0.0
    """
    return _xlogy(*promote_inexact("xlogy", x, y))


@fused
def xlog1py(x: ArrayLike, y: ArrayLike) -> Array:
    """x log(1 + y), exact for small y, and 0 where x is 0, unless y is NaN.

    >>> import hloom
    >>> float(hloom.scipy.special.xlog1py(0.0, -1.0))
    0.0
    """
    return _xlog1py(*promote_inexact("xlog1py", x, y))


# ---------------------------------------------------------------- entropies
def _entr(x):
    below = e.lt(x, 0.0)
    safe = select(below, 1.0, x)
    return select(below, -math.inf, e.neg(_xlogy(safe, safe)))


@fused
def entr(x: ArrayLike) -> Array:
    """-x log(x), which is 0 at 0, and -inf for negative x.

    >>> import hloom
    >>> round(float(hloom.scipy.special.entr(0.5)), 4)
    0.3466
    """
    return computed("entr", _entr, x)


#: (atanh(u) / u - 1) / u^2 in u^2, up to rounding for |u| < 0.2
_ATANH = [1 / (2 * k + 3) for k in range(12)]


def _divergence(p, q, extended):
    both = e.bitwise_and(e.gt(p, 0.0), e.gt(q, 0.0))
    none = e.bitwise_and(e.eq(p, 0.0), e.ge(q, 0.0))
    p0, q0 = select(both, p, 1.0), select(both, q, 1.0)
    ratio = e.div(p0, q0)
    near = e.bitwise_and(e.gt(ratio, 0.75), e.lt(ratio, 1.5))
    # log(p / q) is 2 atanh(u): near 1 this has no differences of nearly equal numbers
    gap = select(near, e.sub(p0, q0), 0.0)
    u = e.div(gap, e.add(p0, q0))
    square = e.square(u)
    cubic = e.mul(e.mul(u, square), polynomial(square, _ATANH))
    close = e.mul(e.mul(p0, 2.0), cubic if extended else e.add(u, cubic))
    # and far from it two logarithms where the ratio over- or underflows
    kind = dtypes.finfo(aval_of(ratio).dtype)
    plain = e.bitwise_and(e.gt(ratio, float(kind.tiny)), e.lt(ratio, math.inf))
    log = select(plain, e.log(select(plain, ratio, 1.0)), e.sub(e.log(p0), e.log(q0)))
    apart, rest = e.mul(p0, log), e.mul(q0, 0.0)
    if extended:
        close = e.add(close, e.mul(gap, u))
        apart, rest = e.add(e.sub(apart, p0), q0), q
    broken = e.bitwise_or(e.ne(p, p), e.ne(q, q))
    outside = select(broken, math.nan, select(none, rest, math.inf))
    return select(both, select(near, close, apart), outside)


@fused
def rel_entr(p: ArrayLike, q: ArrayLike) -> Array:
    """p log(p / q) where both are positive, 0 where p = 0 and q >= 0, else inf.

    >>> import hloom
    >>> round(float(hloom.scipy.special.rel_entr(2.0, 1.0)), 4)
    1.3863
    """
    return computed("rel_entr", lambda p, q: _divergence(p, q, False), p, q)


@fused
def kl_div(p: ArrayLike, q: ArrayLike) -> Array:
    """p log(p / q) - p + q where both are positive, q where p = 0 and q >= 0, else inf.

    >>> import hloom
    >>> round(float(hloom.scipy.special.kl_div(2.0, 1.0)), 4)
    0.3863
    """
    return computed("kl_div", lambda p, q: _divergence(p, q, True), p, q)


# ---------------------------------------------------------------- the transform of Box and Cox
#: (exp(s) - 1) / s up to rounding for |s| < 1/2
_EXCESS = [1 / math.factorial(k + 1) for k in range(14)]


def _exponent(logarithm, power, zero):
    """The power times the logarithm, which may be infinite where the power is zero."""
    limit = e.bitwise_and(zero, e.eq(e.abs(logarithm), math.inf))
    return e.mul(power, select(limit, 0.0, logarithm))


def _power_excess(logarithm, power):
    """(exp(power logarithm) - 1) / power, and `logarithm` where the power is 0."""
    zero = e.eq(power, 0.0)
    s = _exponent(logarithm, power, zero)
    near = e.bitwise_or(e.lt(e.abs(s), 0.5), zero)
    small = e.mul(logarithm, polynomial(select(near, s, 0.0), _EXCESS))
    s, power = select(near, 1.0, s), select(near, 1.0, power)
    # exp(s) may overflow where exp(s) / power does not
    huge = e.gt(s, 80.0)
    half = e.exp(e.mul(select(huge, s, 0.0), 0.5))
    above = e.mul(e.div(half, power), half)
    return select(near, small, select(huge, above, e.div(e.expm1(select(huge, 1.0, s)), power)))


#: the derivative of (exp(s) - 1) / s
_EXCESS_SLOPE = [k * c for k, c in enumerate(_EXCESS)][1:]


def _in_power(logarithm, power, y):
    """The derivative of `_power_excess`, whose value is y, in the power."""
    zero = e.eq(power, 0.0)
    s = _exponent(logarithm, power, zero)
    near = e.lt(e.abs(s), 0.5)
    small = e.mul(e.square(logarithm), polynomial(select(near, s, 0.0), _EXCESS_SLOPE))
    grown = e.exp(s)
    # an exponential that vanishes does so faster than its logarithm grows
    grown = e.mul(select(e.eq(grown, 0.0), 0.0, select(near, 1.0, logarithm)), grown)
    return select(near, small, e.div(e.sub(grown, y), select(zero, 1.0, power)))


def _transform(logarithm, shift):
    """The transform of a number x + shift with this logarithm."""
    return differentiable(
        lambda x, power: _power_excess(logarithm(x), power),
        # by no logarithm, which is infinite where x + shift is 0
        lambda x, power, y: e.pow(e.add(x, shift) if shift else x, e.sub(power, 1.0)),
        lambda x, power, y: _in_power(logarithm(x), power, y),
        name="boxcox1p" if shift else "boxcox",
    )


_boxcox, _boxcox1p = _transform(e.log, 0.0), _transform(e.log1p, 1.0)


@fused
def boxcox(x: ArrayLike, lmbda: ArrayLike) -> Array:
    """The Box-Cox transform (x^lmbda - 1) / lmbda, and log(x) where lmbda is 0; NaN for x < 0.

    >>> import hloom
    >>> round(float(hloom.scipy.special.boxcox(4.0, 0.5)), 4)
    2.0
    """
    return computed("boxcox", _boxcox, x, lmbda)


@fused
def boxcox1p(x: ArrayLike, lmbda: ArrayLike) -> Array:
    """The Box-Cox transform of 1 + x, exact for small x; NaN for x < -1.

    >>> import hloom
    >>> round(float(hloom.scipy.special.boxcox1p(3.0, 0.5)), 4)
    2.0
    """
    return computed("boxcox1p", _boxcox1p, x, lmbda)
