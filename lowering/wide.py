"""float32 functions by way of float64: reading operands, and giving results their signs.

XLA calls a function of the C library for each element of some operations, ten times slower than
float64 polynomials over whole vectors, whose rounding a float32 result hardly shows. A function
ends with a division by its sign: XLA repeats cheap operations in every kernel that uses the result,
but never a division, and so all that stands before it is computed once.
"""

import numpy as np

from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.bitcast import bitcast_convert_type

F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
U32, U64 = np.dtype(np.uint32), np.dtype(np.uint64)
_I32 = np.dtype(np.int32)

_SIGN, _ONE = 0x80000000, 0x3F800000
#: added to an integer in float64, it leaves that in the lower bits
_IN_LOWER_BITS = 1.5 * 2.0**52
_EXPONENT_OF_52 = 0x4330000000000000


def word(value):
    """A 64-bit literal."""
    return typed_literal(value, U64)


def convert(x, dtype):
    """`x` in a dtype, also where 64 bits are off."""
    return e.convert_element_type.bind(x, dtype=dtype, weak_type=False)[0]


def bits(x, dtype):
    """The bits of `x` read as a dtype of the same width."""
    return bitcast_convert_type.bind(x, new_dtype=dtype)[0]


def magnitude(x):
    """|x| in float64; subnormal numbers too, which a conversion on CPU takes for zeros."""
    whole = e.bitwise_and(bits(x, _I32), 0x7FFFFFFF)
    subnormal = e.mul(convert(whole, F64), 2.0**-149)
    return e.select(e.lt(whole, 0x00800000), subnormal, convert(e.abs(x), F64))


def sign_of(x):
    """The bit of the sign, in place."""
    return e.bitwise_and(bits(x, U32), _SIGN)


def signed(value, sign):
    """A float64 value rounded to float32, negated where `sign` has the bit of the sign."""
    return e.div(convert(value, F32), bits(e.bitwise_or(sign, _ONE), F32))


def nearest(x):
    """The integer nearest to a float64 below 2^51, and that as a word, modulo 2^51."""
    n = e.round(x, e.RoundingMethod.TO_NEAREST_EVEN)
    return n, bits(e.add(n, _IN_LOWER_BITS), U64)


def number(integer, offset=0):
    """The float64 of a word below 2^32, less `offset`."""
    return e.sub(bits(e.bitwise_or(integer, word(_EXPONENT_OF_52)), F64), 2.0**52 + offset)
