"""The normal distribution: its function, logarithm and quantile, and Owen's T function.

Owen's T is reduced to 0 <= a <= 1 (Owen, "Tables for computing bivariate normal probabilities",
1956), where it is an integral by the Gauss-Legendre rule, from 0 to where its integrand vanishes.
"""

import functools
import math
import operator

import numpy as np

from hloom.frontend.array import Array
from hloom.frontend.errors import ValueRangeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.structural import broadcast_in_dim
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import select
from hloom.runtime.dispatch import fused
from hloom.scipy.special.error_functions import erfcx_core, quantile, tail, tail_integral
from hloom.scipy.special.series import computed, gauss
from hloom.transforms.custom import custom_jvp
from hloom.typing import ArrayLike

_ROOT_HALF = math.sqrt(0.5)
_ROOT_PI, _ROOT_TWO_PI = math.sqrt(math.pi), math.sqrt(2 * math.pi)


def _upper(x):
    """One minus the distribution function, for x >= 0."""
    return e.mul(e.mul(gauss(x, 0.5), tail(e.mul(x, _ROOT_HALF))), 0.5)


def _density(x):
    return e.mul(gauss(x, 0.5), 1 / _ROOT_TWO_PI)


@custom_jvp
def _ndtr(x):
    far = e.lt(x, -0.7)
    middle = e.mul(e.add(e.erf(e.mul(x, _ROOT_HALF)), 1.0), 0.5)
    return select(far, _upper(e.abs(x)), middle)


_ndtr.defjvps(lambda t, y, x: e.mul(t, _density(x)))


@fused
def ndtr(x: ArrayLike) -> Array:
    """The normal distribution function: the probability of a normal number up to x.

    >>> import hloom
    >>> round(float(hloom.scipy.special.ndtr(-2.0)), 4)
    0.0228
    """
    return computed("ndtr", _ndtr, x)


@custom_jvp
def _log_ndtr(x):
    size = e.abs(x)
    scaled = tail(e.mul(size, _ROOT_HALF))
    left, right = e.lt(x, -0.7), e.gt(x, 0.7)
    bottom = e.sub(e.log(e.mul(scaled, 0.5)), e.mul(e.mul(x, 0.5), x))
    top = e.log1p(e.mul(e.mul(gauss(x, 0.5), scaled), -0.5))
    middle = e.log(e.mul(e.add(e.erf(e.mul(x, _ROOT_HALF)), 1.0), 0.5))
    return select(left, bottom, select(right, top, middle))


_log_ndtr.defjvps(lambda t, y, x: e.mul(t, _hazard(x)))


@custom_jvp
def _hazard(x):
    """The density over the distribution function: the derivative of log_ndtr."""
    return e.div(math.sqrt(2 / math.pi), erfcx_core(e.mul(x, -_ROOT_HALF)))


@_hazard.defjvp
def _hazard_jvp(primals, tangents):
    (x,), (t,) = primals, tangents
    y = _hazard(x)
    # -y (x + y), whose sum is of nearly equal numbers on the left; y is 0 before x is infinite
    right = e.gt(x, 0.0)
    above = e.mul(y, e.add(e.min(x, 64.0), y))
    rest = tail_integral(select(right, 0.0, e.mul(x, -_ROOT_HALF)))
    below = e.mul(e.mul(e.mul(rest, _ROOT_PI), y), y)
    return y, e.neg(e.mul(t, select(right, above, below)))


@fused
def log_ndtr(x: ArrayLike, series_order: int = 3) -> Array:
    """The logarithm of `ndtr`, exact to rounding on all of the real line.

    `series_order`, from 0 to 30, is where an asymptotic series may be cut; none is used here, so
    that the result does not depend on it.

    >>> import hloom
    >>> round(float(hloom.scipy.special.log_ndtr(-5.0)), 4)
    -15.065
    """
    if not 0 <= operator.index(series_order) <= 30:
        found, remedy = f"it is {series_order}", "leave series_order away"
        raise ValueRangeError("log_ndtr: series_order is in [0, 30]", found, remedy)
    return computed("log_ndtr", _log_ndtr, x)


@custom_jvp
def _ndtri(p):
    return quantile(e.sub(p, 0.5), e.min(p, e.sub(1.0, p)))


_ndtri.defjvps(lambda t, y, p: e.mul(t, e.mul(gauss(y, -0.5), _ROOT_TWO_PI)))


@fused
def ndtri(p: ArrayLike) -> Array:
    """The inverse of `ndtr`: the quantile of the normal distribution; NaN outside [0, 1].

    >>> import hloom
    >>> round(float(hloom.scipy.special.ndtri(0.975)), 4)
    1.96
    """
    return computed("ndtri", _ndtri, p)


# ---------------------------------------------------------------- Owen's T
@functools.cache
def _rule(wide):
    """Squared nodes on [0, 1] and weights over 2 pi; and where the integrand is below rounding."""
    nodes, weights = np.polynomial.legendre.leggauss(26 if wide else 12)
    return np.square((nodes + 1) / 2), weights / (4 * math.pi), 9.0 if wide else 6.0


@custom_jvp
def _owens_t(h, a):
    h, size = e.min(e.abs(h), 64.0), e.abs(a)
    steep = e.gt(size, 1.0)
    # T(h, a) = (Q(h) + Q(a h)) / 2 - Q(h) Q(a h) - T(a h, 1 / a), Q the upper probability
    still = e.eq(h, 0.0)
    scaled = select(still, 0.0, e.min(e.mul(select(still, 1.0, h), select(steep, size, 1.0)), 64.0))
    first, second = _upper(h), _upper(scaled)
    both = e.add(e.mul(first, e.sub(1.0, second)), e.mul(second, e.sub(1.0, first)))
    slope = select(steep, e.div(1.0, select(steep, size, 1.0)), size)
    inner = _integral(select(steep, scaled, h), slope)
    return e.mul(e.sign(a), select(steep, e.sub(e.mul(both, 0.5), inner), inner))


def _integral(h, a):
    """T(h, a) for h >= 0 and 0 <= a <= 1."""
    aval = aval_of(e.add(h, a))
    nodes, weights, end = _rule(aval.dtype.itemsize == 8)
    shape = (len(nodes), *aval.shape)

    def repeated(x):
        return broadcast_in_dim(x, shape, range(1, 1 + len(aval_of(x).shape)))

    def spread(values):
        return broadcast_in_dim(values.astype(aval.dtype), shape, (0,))

    end = e.min(a, e.div(end, e.max(h, 1.0)))
    s = e.mul(spread(nodes), repeated(e.square(end)))
    values = e.exp(e.mul(s, repeated(e.mul(e.square(h), -0.5))))
    total = reduce_sum(e.mul(e.div(values, e.add(s, 1.0)), spread(weights)), (0,))
    return e.mul(e.mul(gauss(h, 0.5), end), total)


@_owens_t.defjvp
def _owens_t_jvp(primals, tangents):
    (h, a), (dh, da) = primals, tangents
    product = e.mul(h, a)
    in_h = e.mul(_density(h), e.mul(e.erf(e.mul(product, _ROOT_HALF)), -0.5))
    power = e.mul(gauss(h, 0.5), gauss(product, 0.5))
    in_a = e.div(power, e.mul(e.add(e.square(a), 1.0), 2 * math.pi))
    return _owens_t(h, a), e.add(e.mul(dh, in_h), e.mul(da, in_a))


@fused
def owens_t(h: ArrayLike, a: ArrayLike) -> Array:
    """Owen's T: the probability of X > h and 0 < Y < a X, X and Y independent normal numbers.

    >>> import hloom
    >>> round(float(hloom.scipy.special.owens_t(1.0, 0.5)), 4)
    0.0431
    """
    return computed("owens_t", _owens_t, h, a)
