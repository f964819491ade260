"""Sine, cosine and Fresnel integrals, and the dilogarithm (DLMF 6, 7 and 25.12).

Near 0 they are series in powers of x, with what is singular there taken out; further out sines and
cosines times series in a mapped variable. The tables of both are in tables.py. The dilogarithm is
the series of Bernoulli numbers in -log(x) ('t Hooft and Veltman, "Scalar one-loop integrals",
1979).
"""

import math

from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import aval_of
from hloom.lowering.gaussian import halves
from hloom.numpy.promotion import select
from hloom.runtime.dispatch import fused
from hloom.scipy.special import tables
from hloom.scipy.special.series import chebyshev, computed, polynomial
from hloom.transforms.custom import custom_jvp
from hloom.typing import ArrayLike

_GAMMA = 0.5772156649015329


# ---------------------------------------------------------------- sine and cosine integrals
#: sin(x) / x in x^2, up to rounding for |x| < 1
_SINC = [(-1) ** k / math.factorial(2 * k + 1) for k in range(10)]


@custom_jvp
def _sici(x):
    size = e.abs(x)
    far = e.gt(size, 4.0)
    inner = select(far, 4.0, size)
    t = e.sub(e.mul(e.square(inner), 0.125), 1.0)
    si = e.mul(inner, chebyshev(t, tables.SI))
    ci = e.mul(e.square(inner), chebyshev(t, tables.CIN))
    ci = e.add(e.add(e.log(inner), _GAMMA), ci)
    outer = select(far, size, 4.0)
    t = e.sub(1.0, e.div(16.0, e.add(outer, 4.0)))
    f = e.div(chebyshev(t, tables.SICI_F), outer)
    g = e.div(e.div(chebyshev(t, tables.SICI_G), outer), outer)
    # f and g are 0 at infinity, where there is no sine
    angle = select(e.eq(outer, math.inf), 0.0, outer)
    s, c = e.sin(angle), e.cos(angle)
    si = select(far, e.sub(e.sub(math.pi / 2, e.mul(f, c)), e.mul(g, s)), si)
    ci = select(far, e.sub(e.mul(f, s), e.mul(g, c)), ci)
    below = e.lt(x, 0.0)
    return select(below, e.neg(si), si), select(e.eq(x, -math.inf), math.nan, ci)


@_sici.defjvp
def _sici_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    near = e.lt(e.abs(x), 1.0)
    small = polynomial(e.square(select(near, x, 0.0)), _SINC)
    # infinity has no sine, but over infinity it would be 0
    angle = select(e.eq(e.abs(x), math.inf), 0.0, x)
    sinc = select(near, small, e.div(e.sin(angle), select(near, 1.0, x)))
    return _sici(x), (e.mul(t, sinc), e.mul(t, e.div(e.cos(angle), x)))


@fused
def sici(x: ArrayLike) -> tuple[Array, Array]:
    """The sine and cosine integrals: of sin(t) / t from 0 to x, and of cos(t) / t from infinity.

    For negative x the second is the real part, that of -x.

    >>> import hloom
    >>> [round(float(x), 4) for x in hloom.scipy.special.sici(1.0)]
    [0.9461, 0.3374]
    """
    return computed("sici", _sici, x)


# ---------------------------------------------------------------- Fresnel integrals
@custom_jvp
def _turn(x):
    """Cosine and sine of pi x^2 / 2, where the rounding of x^2 does not matter."""
    bound = 1e17 if aval_of(x).dtype.itemsize == 8 else 1e9
    x = e.clamp(-bound, x, bound)
    high, low = halves(x)
    quarters = e.square(high), e.mul(e.mul(high, low), 2.0), e.square(low)
    first, second, third = [_fraction(e.mul(q, 0.25)) for q in quarters]
    angle = e.mul(_fraction(e.add(e.add(first, second), third)), 2 * math.pi)
    return e.cos(angle), e.sin(angle)


def _fraction(x):
    return e.sub(x, e.round(x))


@_turn.defjvp
def _turn_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    c, s = _turn(x)
    rate = e.mul(t, e.mul(x, math.pi))
    return (c, s), (e.neg(e.mul(rate, s)), e.mul(rate, c))


@custom_jvp
def _fresnel(x):
    size = e.abs(x)
    far = e.gt(size, math.sqrt(math.sqrt(10)))
    inner, outer = select(far, 1.0, size), select(far, size, 2.0)
    square = e.square(inner)
    t = e.sub(e.mul(e.square(square), 0.2), 1.0)
    s = e.mul(e.mul(square, inner), chebyshev(t, tables.FRESNEL_S))
    c = e.mul(inner, chebyshev(t, tables.FRESNEL_C))
    t = e.sub(1.0, e.div(10.0, e.add(e.square(outer), 2.0)))
    over = e.div(1 / math.pi, outer)
    f = e.mul(chebyshev(t, tables.FRESNEL_F), over)
    g = e.mul(e.mul(chebyshev(t, tables.FRESNEL_G), e.square(over)), e.div(1.0, outer))
    cosine, sine = _turn(outer)
    s = select(far, e.sub(e.sub(0.5, e.mul(f, cosine)), e.mul(g, sine)), s)
    c = select(far, e.sub(e.add(e.mul(f, sine), 0.5), e.mul(g, cosine)), c)
    below = e.lt(x, 0.0)
    return select(below, e.neg(s), s), select(below, e.neg(c), c)


@_fresnel.defjvp
def _fresnel_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    c, s = _turn(x)
    return _fresnel(x), (e.mul(t, s), e.mul(t, c))


@fused
def fresnel(x: ArrayLike) -> tuple[Array, Array]:
    """The Fresnel integrals S and C, of sin(pi t^2 / 2) and cos(pi t^2 / 2) from 0 to x.

    >>> import hloom
    >>> [round(float(x), 4) for x in hloom.scipy.special.fresnel(1.0)]
    [0.4383, 0.7799]
    """
    return computed("fresnel", _fresnel, x)


# ---------------------------------------------------------------- the dilogarithm
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)
#: u / (1 - exp(-u)) - 1 - u / 2 in u^2
_EVEN = [b / math.factorial(2 * k) for k, b in enumerate(_BERNOULLI, 1)]


def _dilogarithm(u):
    """spence(exp(-u)) for |u| <= log(2)."""
    z = e.square(u)
    odd = [1.0, *[b / (2 * k + 1) for k, b in enumerate(_EVEN, 1)]]
    return e.mul(u, e.sub(polynomial(z, odd), e.mul(u, 0.25)))


@custom_jvp
def _spence(x):
    low, high = e.lt(x, 0.5), e.gt(x, 2.0)
    log = e.log(x)
    # spence(x) + spence(1 - x) = pi^2 / 6 - log(x) log(1 - x)
    # spence(x) + spence(1 / x) = -log(x)^2 / 2
    part = select(low, x, select(high, e.div(1.0, x), 0.25))
    other = e.log1p(e.neg(part))
    outside = e.bitwise_or(low, high)
    value = _dilogarithm(select(outside, e.neg(other), e.neg(log)))
    safe = select(e.eq(part, 0.0), 0.0, e.mul(log, other))
    below = e.sub(e.sub(math.pi**2 / 6, safe), value)
    above = e.sub(e.sub(value, e.mul(log, e.add(e.mul(log, 0.5), other))), math.pi**2 / 6)
    return select(low, below, select(high, above, value))


@_spence.defjvp
def _spence_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    near = e.lt(e.abs(e.sub(x, 1.0)), 0.5)
    u = e.neg(e.log(select(near, x, 1.0)))
    small = e.sub(e.mul(u, -0.5), polynomial(e.square(u), [1.0, *_EVEN]))
    large = e.div(e.log(x), e.sub(1.0, select(near, 2.0, x)))
    return _spence(x), e.mul(t, select(near, small, large))


@fused
def spence(x: Array) -> Array:
    """The dilogarithm of 1 - x: the integral of log(t) / (1 - t) from 1 to x; NaN for negative x.

    >>> import hloom
    >>> round(float(hloom.scipy.special.spence(2.0)), 4)
    -0.8225
    """
    return computed("spence", _spence, x)
