"""The error function and its kin (DLMF chapter 7).

erfcx is a Chebyshev series in a mapped variable (Shepherd and Laframboise, "Chebyshev approximation
of (1 + 2x) exp(x^2) erfc(x) in 0 <= x < inf", 1981). Dawson's integral is such a series near 0, and
one in 1 / x^2 far out. The inverses are rational functions (Wichura, "Algorithm AS 241: the
percentage points of the normal distribution", 1988).
"""

import math

from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e
from hloom.numpy.promotion import select
from hloom.runtime.dispatch import fused
from hloom.scipy.special import tables
from hloom.scipy.special.series import chebyshev, computed, gauss, polynomial
from hloom.transforms.custom import custom_jvp
from hloom.typing import ArrayLike

_ROOT_PI = math.sqrt(math.pi)


# ---------------------------------------------------------------- error functions
def tail(x):
    """erfcx for x >= 0."""
    y = e.div(1.0, e.add(x, 2.5))
    return e.mul(y, chebyshev(e.sub(1.0, e.mul(y, 5.0)), tables.ERFCX))


def tail_integral(x):
    """exp(x^2) times the integral of erfc from x >= 0 on."""
    t = e.sub(1.0, e.div(7.5, e.add(x, 3.75)))
    weight = e.add(e.mul(x, 2.0), 1.0)
    return e.div(e.div(chebyshev(t, tables.IERFCX), weight), weight)


@fused
def erf(x: ArrayLike) -> Array:
    """The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x.

    >>> import hloom
    >>> round(float(hloom.scipy.special.erf(0.5)), 4)
    0.5205
    """
    return computed("erf", e.erf, x)


_erfc = custom_jvp(e.erfc)
_erfc.defjvps(lambda t, y, x: e.mul(t, e.mul(gauss(x, 1), -2 / _ROOT_PI)))


@fused
def erfc(x: ArrayLike) -> Array:
    """One minus the error function, exact to rounding for large x.

    >>> import hloom
    >>> round(float(hloom.scipy.special.erfc(1.0)), 4)
    0.1573
    """
    return computed("erfc", _erfc, x)


@custom_jvp
def erfcx_core(x):
    below = e.lt(x, 0.0)
    above = tail(e.abs(x))
    return select(below, e.sub(e.mul(gauss(select(below, x, 0.0), -1), 2.0), above), above)


@erfcx_core.defjvp
def _erfcx_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    y = erfcx_core(x)
    # 2 x erfcx(x) - 2 / sqrt(pi), where this is a difference of nearly equal numbers
    below = e.lt(x, 0.0)
    above = e.mul(tail_integral(select(below, 0.0, x)), -2.0)
    slope = select(below, e.sub(e.mul(e.mul(x, 2.0), y), 2 / _ROOT_PI), above)
    return y, e.mul(t, slope)


@fused
def erfcx(x: ArrayLike) -> Array:
    """exp(x^2) erfc(x), which neither overflows nor underflows for x >= 0.

    >>> import hloom
    >>> round(float(hloom.scipy.special.erfcx(100.0)), 4)
    0.0056
    """
    return computed("erfcx", erfcx_core, x)


# ---------------------------------------------------------------- Dawson's integral
def _dawsn_parts(x):
    """Whether x^2 > 16; x^2; and there (2 x dawsn(x) - 1) x^2, else (1 + 2 x^2) dawsn(x) / x."""
    z = e.square(x)
    far = e.gt(z, 16.0)
    t = select(far, e.sub(e.div(32.0, select(far, z, 16.0)), 1.0), e.sub(e.mul(z, 0.125), 1.0))
    return far, z, chebyshev(t, tables.DAWSN_NEAR, (far, tables.DAWSN_FAR))


def _dawsn_value(x):
    far, z, p = _dawsn_parts(x)
    beyond = select(far, x, 1.0)
    outer = e.div(e.mul(e.add(e.div(p, select(far, z, 1.0)), 1.0), 0.5), beyond)
    return select(far, outer, e.div(e.mul(x, p), e.add(e.mul(z, 2.0), 1.0)))


_dawsn = custom_jvp(_dawsn_value)


@_dawsn.defjvp
def _dawsn_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    y = _dawsn(x)
    far, z, p = _dawsn_parts(x)
    # 1 - 2 x dawsn(x), where this is a difference of nearly equal numbers
    outer = e.neg(e.div(p, select(far, z, 1.0)))
    slope = select(far, outer, e.sub(1.0, e.mul(e.mul(x, 2.0), _dawsn_value(x))))
    return y, e.mul(t, slope)


@fused
def dawsn(x: ArrayLike) -> Array:
    """Dawson's integral, exp(-x^2) times the integral of exp(t^2) from 0 to x.

    >>> import hloom
    >>> round(float(hloom.scipy.special.dawsn(1.0)), 4)
    0.5381
    """
    return computed("dawsn", _dawsn, x)


# ---------------------------------------------------------------- inverses
#: numerators and denominators of AS 241: near the median, in the tails, and far out
_MEDIAN = (
    (
        3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
        1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4,
        3.3430575583588128105e4, 2.5090809287301226727e3,
    ),
    (
        1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
        2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4,
        5.2264952788528545610e3,
    ),
)  # fmt: skip
_TAILS = (
    (
        1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
        3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
        2.27238449892691845833e-2, 7.74545014278341407640e-4,
    ),
    (
        1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
        1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)  # fmt: skip
_FAR = (
    (
        6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
        2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
        2.71155556874348757815e-5, 2.01033439929228813265e-7,
    ),
    (
        1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
        7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)  # fmt: skip


def quantile(q, r):
    """The normal quantile at probability 1/2 + q; r is the probability of the nearer tail."""
    middle = e.le(e.abs(q), 0.425)
    ends = e.eq(r, 0.0)
    root = e.sqrt(e.neg(e.log(select(e.bitwise_or(middle, ends), 0.25, r))))
    far = e.gt(root, 5.0)
    outer = select(far, e.sub(root, 5.0), e.sub(root, 1.6))
    x = select(middle, e.sub(0.180625, e.square(q)), outer)
    above, below = (
        polynomial(x, tail, (far, last), (middle, first))
        for tail, last, first in zip(_TAILS, _FAR, _MEDIAN, strict=True)
    )
    ratio = e.div(above, below)
    return e.mul(select(middle, q, e.sign(q)), select(ends, math.inf, ratio))


@custom_jvp
def _erfinv(x):
    return e.mul(quantile(e.mul(x, 0.5), e.mul(e.sub(1.0, e.abs(x)), 0.5)), math.sqrt(0.5))


_erfinv.defjvps(lambda t, y, x: e.mul(t, e.mul(gauss(y, -1), _ROOT_PI / 2)))


@fused
def erfinv(x: ArrayLike) -> Array:
    """The inverse of `erf`; NaN outside [-1, 1].

    >>> import hloom
    >>> round(float(hloom.scipy.special.erfinv(0.5)), 4)
    0.4769
    """
    return computed("erfinv", _erfinv, x)


@custom_jvp
def _erfcinv(y):
    nearer = e.mul(e.min(y, e.sub(2.0, y)), 0.5)
    return e.mul(quantile(e.mul(e.sub(1.0, y), 0.5), nearer), math.sqrt(0.5))


_erfcinv.defjvps(lambda t, x, y: e.mul(t, e.mul(gauss(x, -1), -_ROOT_PI / 2)))


@fused
def erfcinv(y: ArrayLike) -> Array:
    """The inverse of `erfc`, exact to rounding for small y; NaN outside [0, 2].

    >>> import hloom
    >>> round(float(hloom.scipy.special.erfcinv(1e-20)), 4)
    6.6016
    """
    return computed("erfcinv", _erfcinv, y)
