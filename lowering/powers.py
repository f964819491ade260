"""Powers and roots of float32 arrays, in vectors and without branches; 0.51 ulp, exp2 1 ulp.

The polynomials are minimax fits of the relative error. A number is 2^n m with m in [√½, √2), whose
logarithm is a series in (m - 1) / (m + 1).
"""

import math

import numpy as np

from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.lowering.series import horner
from hloom.lowering.wide import (
    F32,
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

_I32 = np.dtype(np.int32)

#: log2((1 + s) / (1 - s)) / s in s^2
_LOG2 = (
    2.8853900817900864, 0.9617966733417896, 0.5770835849578373,
    0.4116727197098249, 0.34073009066655013,
)  # fmt: skip
#: 2^f for f in [-1/2, 1/2]
_EXP2 = (
    0.999999999961707, 0.6931471807294892, 0.24022651197974948, 0.05550410350046069,
    0.009618027273265597, 0.0013333925317400106, 0.0001546928589786559, 1.5201287197586683e-05,
)  # fmt: skip
#: (2^f - 1) / f there
_EXP2_LESS_ONE = (
    0.6931472028835377, 0.24022647915639453, 0.05550332430305277,
    0.009618437011148132, 0.0013398886767952488, 0.0001535347455646955,
)  # fmt: skip


def exp2(x):
    """2 to the power of x, in float32."""
    x = e.clamp(-152.0, x, 130.0)
    n = e.round(x, e.RoundingMethod.TO_NEAREST_EVEN)
    f = e.sub(x, n)
    value = e.add(e.mul(f, horner(f, _EXP2_LESS_ONE)), 1.0)
    # in two factors, since 2^n may be out of range where the result is not
    n = convert(n, _I32)
    half = e.shift_right_arithmetic(n, 1)
    power = bits(e.shift_left(e.add(half, 127), 23), F32)
    inverse = bits(e.shift_left(e.sub(127, e.sub(n, half)), 23), F32)
    return e.div(e.mul(value, power), inverse)


def _log2(size):
    """The logarithm of a positive finite float64."""
    from_root = e.sub(bits(size, U64), word(0x3FE6A09E667F3BCD))
    exponent = e.bitwise_and(from_root, word(0xFFF << 52))
    m = bits(e.sub(bits(size, U64), exponent), F64)
    n = e.bitwise_xor(e.shift_right_logical(from_root, word(52)), word(0x800))
    s = e.div(e.sub(m, 1.0), e.add(m, 1.0))
    return e.add(number(n, 0x800), e.mul(s, horner(e.mul(s, s), _LOG2)))


def pow(x, y):
    """x to the power of y."""
    size, sign = magnitude(x), sign_of(x)
    negative = e.ne(sign, 0)
    exponent = magnitude(y)
    whole = e.eq(e.floor(exponent), exponent)
    half = e.mul(exponent, 0.5)
    odd = e.bitwise_and(whole, e.ne(e.floor(half), half))
    exponent = e.min(e.select(e.ne(sign_of(y), 0), e.neg(exponent), exponent), 1e300)
    exponent = e.max(exponent, -1e300)

    log = e.select(e.lt(size, math.inf), _log2(size), size)
    log = e.select(e.eq(size, 0.0), -math.inf, log)
    # anything to the power of 0 is 1, and so is 1 to any power
    is_one = e.bitwise_or(e.eq(exponent, 0.0), e.eq(x, 1.0))
    log = e.select(is_one, typed_literal(0.0, F64), e.mul(log, exponent))
    log = e.clamp(-300.0, log, 300.0)
    n, n_word = nearest(log)
    scale = bits(e.shift_left(e.add(n_word, word(1023)), word(52)), F64)
    value = e.mul(horner(e.sub(log, n), _EXP2), scale)

    real = e.bitwise_or(whole, e.bitwise_or(e.eq(size, 0.0), e.eq(size, math.inf)))
    undefined = e.bitwise_and(negative, e.bitwise_not(real))
    value = e.select(undefined, math.nan, value)
    return signed(value, e.select(odd, sign, typed_literal(0, U32)))


def cbrt(x):
    """The cube root, by two steps of Halley's method from a third of the exponent."""
    size = e.clamp(1e-300, magnitude(x), 1e300)
    upper = convert(e.shift_right_logical(bits(size, U64), word(32)), U32)
    third = e.add(e.div(upper, typed_literal(3, U32)), typed_literal(715094163, U32))
    root = bits(e.shift_left(convert(third, U64), word(32)), F64)
    for _ in range(2):
        cube = e.mul(e.mul(root, root), root)
        more = e.add(e.add(size, size), cube)
        root = e.mul(root, e.div(more, e.add(e.add(cube, cube), size)))
    return signed(root, sign_of(x))
