"""The tail of erfc, mended: the rounding of x^2, which exp turns into an error of x^2 eps."""

from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import aval_of


def halves(x):
    """x as (high, low): high + low is x, and products of two of these are exact."""
    wide = aval_of(x).dtype.itemsize == 8
    high = e.reduce_precision(x, *((11, 25) if wide else (8, 11)))
    return high, e.sub(x, high)


def square_error(x):
    """What x * x, rounded, lacks of the square."""
    high, low = halves(x)
    return e.add(e.sub(e.square(high), e.mul(x, x)), e.mul(low, e.add(x, high)))


def erfc(x, rough):
    """erfc(x) from the compiler's, in which a rounded square stands in exp(-x^2)."""
    return e.sub(rough, e.mul(rough, square_error(e.clamp(0.0, x, 64.0))))
