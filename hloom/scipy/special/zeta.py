"""The zeta functions and Bernoulli's numbers (DLMF chapters 24 and 25)."""

import functools
import math
from fractions import Fraction

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import shown, whole
from hloom.frontend.errors import ValueRangeError
from hloom.frontend.prims import elementwise as e, special as s
from hloom.frontend.trace import aval_of
from hloom.lowering.gamma import is_odd
from hloom.lowering.series import chebyshev
from hloom.lowering.zeta import sum_of_powers, zeta as hurwitz
from hloom.numpy.creation import asarray
from hloom.numpy.promotion import select
from hloom.runtime.dispatch import fused
from hloom.scipy.special.differentiable import differentiable, slope
from hloom.scipy.special.series import computed
from hloom.typing import ArrayLike

#: (x - 1) ζ(x), for x in [-1, 1]
_STRIP = (
    0.5417799842556974,
    0.4172196028758992,
    0.04166667585643251,
    -0.0005604167401123054,
    -0.00011331893035817901,
    7.503675104826969e-06,
    -9.187640061687481e-09,
    -2.3127127394380095e-08,
    1.3413319210483991e-09,
    -1.725265774183889e-11,
    -2.1257879014184192e-12,
    1.5499730683981141e-13,
    -4.449202025673086e-15,
    -3.2212446773396257e-17,
    8.924878318178562e-18,
)
#: π, and what double precision loses of it
_PI, _PI_REST = math.pi, 1.2246467991473532e-16


# ---------------------------------------------------------------- zeta
_hurwitz = differentiable(
    lambda x, q: s.zeta(x, q),
    slope(hurwitz, 0, 2),
    lambda x, q, y: e.neg(e.mul(x, _hurwitz(e.add(x, 1.0), q))),
    name="zeta",
)


def _riemann(x):
    low = e.lt(x, -1.0)
    t = select(low, e.sub(1.0, x), x)
    beyond = e.gt(t, 1.0)
    # beyond, ζ is 1 to rounding
    above = select(beyond, e.min(t, 200.0), 2.0)
    series = sum_of_powers(above, e.add(e.mul(above, 0.0), 1.0))
    inner = select(beyond, 0.5, x)
    strip = e.div(chebyshev(inner, _STRIP), e.sub(inner, 1.0))
    right = select(beyond, series, strip)
    result = select(low, e.mul(right, _reflection(select(low, x, -3.0))), right)
    return select(e.eq(x, 1.0), math.inf, select(e.eq(x, -math.inf), math.nan, result))


def _reflection(x):
    """ζ(x) / ζ(t) with t = 1 - x: sin(πx/2) Γ(t/2) Γ((t + 1)/2) π^(-t - 1/2)."""
    half = e.mul(x, 0.5)
    turns = e.round(half, 1)
    sine = e.sin(e.mul(e.sub(half, turns), math.pi))
    sine = select(is_odd(turns), e.neg(sine), sine)
    exponent = e.sub(x, 1.5)
    pi = float(aval_of(x).dtype.type(_PI))
    rest = e.mul(exponent, ((_PI - pi) + _PI_REST) / _PI)
    scale = e.mul(e.pow(e.add(e.mul(x, 0.0), pi), exponent), e.add(rest, 1.0))
    first, second = s.gamma(e.mul(e.sub(1.0, x), 0.5)), s.gamma(e.mul(e.sub(2.0, x), 0.5))
    size = e.mul(first, e.mul(second, scale))
    least = -265.0 if dtypes.itemsize_bits(aval_of(x).dtype) == 64 else -68.0
    found = e.mul(sine, select(e.lt(x, least), math.inf, size))
    return select(e.eq(sine, 0.0), 0.0, found)


_riemann_zeta = differentiable(_riemann, slope(_riemann, 0, 1))


@fused
def zeta(x: ArrayLike, q: ArrayLike | None = None) -> Array:
    """The Hurwitz zeta function, the sum of (k + q)**-x for k = 0, 1, ...; Riemann's without q.

    Riemann's is continued to x < 1, where the sum does not converge; Hurwitz's is NaN there.

    >>> import hloom
    >>> hloom.scipy.special.zeta(2.0)
    Array(1.644934, dtype=float32, weak_type=True)
    """
    if q is None:
        return computed("zeta", _riemann_zeta, x)
    return computed("zeta", _hurwitz, x, q)


# ---------------------------------------------------------------- Bernoulli's numbers
def bernoulli(n: int) -> Array:
    """Bernoulli's numbers B0, ..., Bn, where B1 is -1/2; inf where a float cannot hold them.

    >>> import hloom
    >>> hloom.scipy.special.bernoulli(4)
    Array([ 1.        , -0.5       ,  0.16666667,  0.        , -0.03333334],      dtype=float32)
    """
    if isinstance(n, bool) or whole(n) is None or n.__index__() < 0:
        found, remedy = f"it is {shown(n)}", "give a Python int that is not negative"
        raise ValueRangeError("bernoulli: n is an integer from 0 on", found, remedy)
    n = n.__index__()
    numbers = np.zeros(n + 1)
    numbers[: min(n + 1, _OVERFLOW)] = _bernoulli_numbers()[: n + 1]
    numbers[_OVERFLOW::4], numbers[_OVERFLOW + 2 :: 4] = -np.inf, np.inf
    with np.errstate(over="ignore"):
        return asarray(numbers.astype(dtypes.python_scalar_dtype(float)[0]))


#: from this one on, those that are not 0 exceed float64
_OVERFLOW = 260


@functools.cache
def _bernoulli_numbers():
    """Those below the first that overflows, from tangent numbers: ±2k T_k / (4^k (4^k - 1))

    Brent and Harvey, "Fast computation of Bernoulli, tangent and secant numbers", 2013.
    """
    count = _OVERFLOW // 2 - 1
    tangents = [0, 1]
    for k in range(2, count + 1):
        tangents.append((k - 1) * tangents[k - 1])
    for k in range(2, count + 1):
        for j in range(k, count + 1):
            tangents[j] = (j - k) * tangents[j - 1] + (j - k + 2) * tangents[j]
    numbers = np.zeros(_OVERFLOW)
    numbers[:2] = 1.0, -0.5
    for k in range(1, count + 1):
        sign = 1 if k % 2 else -1
        numbers[2 * k] = float(Fraction(sign * 2 * k * tangents[k], 4**k * (4**k - 1)))
    return numbers
