"""The tail of erfc, mended: the rounding of x^2, which exp turns into an error of x^2 eps."""

import numpy as np

from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.bitcast import bitcast_convert_type
from hloom.frontend.trace import aval_of
from hloom.lowering.series import horner

_U32, _U64 = np.dtype(np.uint32), np.dtype(np.uint64)


def halves(x):
    """x as (high, low): high + low is x, and products of two of these are exact.

    Half the bits are rounded away as those of an integer, in fewer steps than by reduce_precision.
    """
    dtype = aval_of(x).dtype
    bits, dropped = (_U64, 27) if dtype.itemsize == 8 else (_U32, 12)
    kept = (1 << bits.itemsize * 8) - (1 << dropped)
    (x_bits,) = bitcast_convert_type.bind(x, new_dtype=bits)
    rounded = e.add(x_bits, typed_literal(1 << dropped - 1, bits))
    rounded = e.bitwise_and(rounded, typed_literal(kept, bits))
    (high,) = bitcast_convert_type.bind(rounded, new_dtype=dtype)
    return high, e.sub(x, high)


def square_error(x):
    """What x * x, rounded, lacks of the square."""
    high, low = halves(x)
    return e.add(e.sub(e.square(high), e.mul(x, x)), e.mul(low, e.add(x, high)))


def erfc(x, rough):
    """erfc(x) from the compiler's, in which a rounded square stands in exp(-x^2)."""
    return e.sub(rough, e.mul(rough, square_error(e.clamp(0.0, x, 64.0))))


#: (x + 3) erfc(x) exp(x^2) in powers of t = a / (x + 3) - b, for x from 0 to 10.1
_SCALED = (
    1.3113393497926906, 0.9318817283196575, 0.5018575823428865, 0.19864115627252457,
    0.05227221943399718, 0.005870875836975543, -0.0013748679876834525, -0.0005428293114364432,
    2.340261308438256e-05, 3.1376719694354065e-05,
)  # fmt: skip
_A, _B = 7.782178217821782, 1.5940594059405941


def erfc32(x):
    """erfc(x) in float32, by one polynomial: from 10.1 on the square underflows it."""
    size = e.min(e.abs(x), 64.0)
    y = e.div(1.0, e.add(size, 3.0))
    rough = e.mul(e.exp(e.neg(e.square(size))), e.mul(y, horner(e.sub(e.mul(y, _A), _B), _SCALED)))
    above = e.sub(rough, e.mul(rough, square_error(size)))
    return e.select(e.lt(x, 0.0), e.sub(2.0, above), above)
