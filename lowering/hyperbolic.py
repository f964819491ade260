"""sinh, cosh and atanh of real numbers, where the compiler's own forms lose digits.

The compiler has exp(x + log(1/2)) for exp(x) / 2, which is off by x eps, and its atanh takes
log1p where that is not exact (see rules/elementwise.py).
"""

import math

from hloom.frontend.prims import elementwise as e


def _halved_exp(size):
    """exp(size) / 2, finite as long as that is; the difference is exact for sizes from 1."""
    return e.mul(e.exp(e.sub(size, 1.0)), math.e / 2)


def sinh(x):
    """The hyperbolic sine: of expm1 below 1, of exp from there."""
    size = e.abs(x)
    less = e.expm1(e.min(size, 1.0))
    near = e.mul(e.add(less, e.div(less, e.add(less, 1.0))), 0.5)
    up = _halved_exp(size)
    far = e.sub(up, e.div(0.25, up))
    value = e.select(e.lt(size, 1.0), near, far)
    return e.select(e.lt(x, 0.0), e.neg(value), e.select(e.eq(x, 0.0), x, value))


def cosh(x):
    """The hyperbolic cosine."""
    up = _halved_exp(e.abs(x))
    return e.add(up, e.div(0.25, up))


def atanh(x):
    """The inverse hyperbolic tangent, log1p(2 |x| / (1 - |x|)) / 2 with the sign of x."""
    size = e.abs(x)
    value = e.mul(e.log1p(e.div(e.mul(size, 2.0), e.sub(1.0, size))), 0.5)
    return e.select(e.lt(x, 0.0), e.neg(value), e.select(e.eq(x, 0.0), x, value))
