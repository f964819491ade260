"""Trigonometric functions of float32 arrays, in vectors and without branches; 0.51 ulp.

An angle is reduced to |r| <= pi/4 and a count of quarter turns: below 2^23 by subtracting multiples
of pi/2 in float64 (Cody and Waite), from there on by its product with those bits of 2/pi that do
not give whole turns (Payne and Hanek, "Radian reduction for trigonometric functions", 1983), in
64-bit integers. The polynomials are minimax fits of the relative error.
"""

import itertools
import math

from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.lowering.series import horner
from hloom.lowering.wide import (
    F64,
    U32,
    U64,
    bits,
    convert,
    magnitude,
    nearest,
    number,
    sign_of,
    signed,
    word,
)

#: pi/2 in two parts, of which the first has 29 bits
_QUARTER, _QUARTER_REST = 1.570796325802803, 9.920935796805404e-10
#: the bits of 2/pi after two zeros
_TWO_OVER_PI = (0x28BE60DB9391054A, 0x7F09D5F47D4D3770, 0x36D8A5664F10E410, 0x7F9458EAF7AEF158)

_SIN = (-0.16666666640784952, 0.00833332930348764, -0.00019839311841354836, 2.718117587995349e-06)
_COS = (-0.4999999969433664, 0.0416666203418133, -0.0013886681171265648, 2.4383522870050256e-05)
_ATAN = (
    -0.3333333249858583, 0.19999903858590407, -0.14282006300223898,
    0.11044672986975959, -0.08476161859577594, 0.047438196151341414,
)  # fmt: skip


def _reduced(x):
    """The quarter turns of |x|, of which the last two bits count, and the rest, in float64."""
    size = magnitude(x)
    turns, turns_word = nearest(e.mul(size, 2 / math.pi))
    near = e.sub(e.sub(size, e.mul(turns, _QUARTER)), e.mul(turns, _QUARTER_REST))

    exponent = e.bitwise_and(e.shift_right_logical(bits(x, U32), 23), 255)
    far_turns, far = _reduced_far(x, exponent)
    is_far = e.gt(exponent, 150)
    # infinity less itself is NaN
    rest = e.add(e.select(is_far, far, near), e.sub(size, size))
    return e.select(is_far, far_turns, turns_word), rest


def _reduced_far(x, exponent):
    """The same from 2^23 on, where x is an integer."""
    mantissa = e.bitwise_or(e.bitwise_and(bits(x, U32), 0x7FFFFF), 0x800000)
    mantissa = convert(mantissa, U64)
    place = convert(e.sub(e.max(exponent, 150), 150), U64)
    later = e.ge(place, word(64))
    shift = e.bitwise_and(place, word(63))
    back = e.sub(word(63), shift)
    first, second, third = (
        e.select(later, word(b), word(a)) for a, b in itertools.pairwise(_TWO_OVER_PI)
    )

    def window(high, low):
        low = e.shift_right_logical(e.shift_right_logical(low, word(1)), back)
        return e.bitwise_or(e.shift_left(high, shift), low)

    high, low = window(first, second), e.shift_right_logical(window(second, third), word(32))
    product = e.add(e.mul(mantissa, high), e.shift_right_logical(e.mul(mantissa, low), word(32)))
    # two bits before the point and 62 after it
    turns = e.shift_right_logical(e.add(product, word(1 << 61)), word(62))
    rest = e.sub(product, e.shift_left(turns, word(62)))
    high = e.bitwise_xor(e.shift_right_logical(rest, word(32)), word(1 << 31))
    low = e.bitwise_and(rest, word(0xFFFFFFFF))
    unit = math.pi / 2 * 2.0**-30
    rest = e.add(
        e.mul(number(high, 2.0**31), unit),
        e.mul(number(low), unit * 2.0**-32),
    )
    return turns, rest


def _sin_and_cos(r):
    squared = e.mul(r, r)
    sine = e.add(r, e.mul(e.mul(r, squared), horner(squared, _SIN)))
    return sine, e.add(e.mul(squared, horner(squared, _COS)), 1.0)


def _is_odd(turns):
    return e.ne(e.bitwise_and(turns, word(1)), word(0))


def _turned(turns, r):
    """The sine, but for the sign of the angle: its value, and the bit of the sign."""
    sine, cosine = _sin_and_cos(r)
    value = e.select(_is_odd(turns), cosine, sine)
    return value, convert(e.shift_left(e.bitwise_and(turns, word(2)), word(30)), U32)


def sin(x):
    """The sine."""
    value, sign = _turned(*_reduced(x))
    return signed(value, e.bitwise_xor(sign, sign_of(x)))


def cos(x):
    """The cosine: the sine a quarter turn further."""
    turns, r = _reduced(x)
    return signed(*_turned(e.add(turns, word(1)), r))


def tan(x):
    """The tangent."""
    turns, r = _reduced(x)
    sine, cosine = _sin_and_cos(r)
    odd = _is_odd(turns)
    value = e.div(e.select(odd, e.neg(cosine), sine), e.select(odd, sine, cosine))
    return signed(value, sign_of(x))


# ---------------------------------------------------------------- inverses
def _angle(y, x):
    """The angle of the point (x, y), both not negative, in float64."""
    swapped = e.gt(y, x)
    high, low = e.max(x, y), e.min(x, y)
    steep = e.gt(low, e.mul(high, math.tan(math.pi / 8)))
    # above an eighth turn, the angle from there
    top = e.select(steep, e.sub(low, high), low)
    bottom = e.select(steep, e.add(low, high), high)
    t = e.div(top, e.select(e.eq(bottom, 0.0), 1.0, bottom))
    squared = e.mul(t, t)
    angle = e.add(t, e.mul(e.mul(t, squared), horner(squared, _ATAN)))
    angle = e.add(angle, e.select(steep, typed_literal(math.pi / 4, F64), 0.0))
    return e.select(swapped, e.sub(math.pi / 2, angle), angle)


def atan2(y, x):
    """The angle of the point (x, y)."""
    # infinite ones lie on a diagonal
    angle = _angle(e.min(magnitude(y), 1e300), e.min(magnitude(x), 1e300))
    behind = e.ne(sign_of(x), 0)
    return signed(e.select(behind, e.sub(math.pi, angle), angle), sign_of(y))


def _cosine_of_asin(size):
    return e.sqrt(e.mul(e.sub(1.0, size), e.add(1.0, size)))


def asin(x):
    """The inverse sine."""
    size = magnitude(x)
    return signed(_angle(size, _cosine_of_asin(size)), sign_of(x))


def acos(x):
    """The inverse cosine: of -x, it is pi less that of x."""
    size = magnitude(x)
    angle = _angle(_cosine_of_asin(size), size)
    behind = e.ne(sign_of(x), 0)
    return signed(e.select(behind, e.sub(angle, math.pi), angle), sign_of(x))
