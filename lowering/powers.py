"""Powers, roots and logarithms in vectors, without branches.

pow and cbrt are of float32 and within 0.51 ulp; exp2, log2 and log10 within 2 ulp.

The polynomials are minimax fits of the relative error. A number is 2^n m with m in [√½, √2), whose
logarithm is a series in (m - 1) / (m + 1).
"""

import math
from fractions import Fraction

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import aval_of
from hloom.lowering.iterate import filled
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


_LOG10_OF_2 = Fraction("0.30102999566398119521373889472449302676819")
#: dtype -> the integers of its width, the bits of its mantissa, the bias of its exponent
_LAYOUT = {F32: (np.dtype(np.int32), 23, 127), F64: (np.dtype(np.int64), 52, 1023)}


def exp2(x):
    """2 to the power of x, in float32 or float64: 2^n 2^f for the integer n nearest to x."""
    dtype = aval_of(x).dtype
    _, _, bias = _LAYOUT[dtype]
    x = e.clamp(-1.2 * bias, x, bias + 3.0)
    n = e.round(x, e.RoundingMethod.TO_NEAREST_EVEN)
    f = e.sub(x, n)
    if dtype == F32:
        value = e.add(e.mul(f, horner(f, _EXP2_LESS_ONE)), 1.0)
    else:
        value = e.exp(e.mul(f, math.log(2)))
    # in two factors, since 2^n may be out of range where the result is not
    half = e.floor(e.mul(n, 0.5))
    return e.mul(e.mul(value, _power_of_two(half)), _power_of_two(e.sub(n, half)))


def _power_of_two(n):
    """2^n for an integer, in float32 or float64, within the range of exponents."""
    integers, width, bias = _LAYOUT[aval_of(n).dtype]
    # added to so large a number, an integer stands in its lower bits
    biased = bits(e.add(n, 1.5 * 2.0**width + bias), integers)
    return bits(e.shift_left(biased, typed_literal(width, integers)), aval_of(n).dtype)


def log2(x):
    """The logarithm to base 2 in float32 or float64; that of 2^n is n."""
    return _logarithm(x, math.log(2), Fraction(1))


def log10(x):
    """The logarithm to base 10 in float32 or float64; that of 10^n is n."""
    return _logarithm(x, math.log(10), _LOG10_OF_2)


def _logarithm(x, unit, of_two):
    """The logarithm over `unit` of x = 2^n m, n `of_two` + log(m) / unit.

    `of_two` is taken in two parts, whose first has so few bits that its product with n is exact.
    """
    dtype = aval_of(x).dtype
    integers, width, _ = _LAYOUT[dtype]
    tiny = float(dtypes.finfo(dtype).tiny)
    lift = width + 1
    pattern = bits(e.select(e.lt(x, tiny), e.mul(x, 2.0**lift), x), integers)
    root = typed_literal(int(np.sqrt(dtype.type(0.5)).view(integers)), integers)
    shift = typed_literal(width, integers)
    n = e.shift_right_arithmetic(e.sub(pattern, root), shift)
    m = bits(e.sub(pattern, e.shift_left(n, shift)), dtype)
    n = convert(n, dtype)
    n = e.select(e.lt(x, tiny), e.sub(n, float(lift)), n)
    s = e.div(e.sub(m, 1.0), e.add(m, 1.0))
    value = e.mul(s, horner(e.mul(s, s), [2 / (k * unit) for k in range(1, lift // 2, 2)]))
    short = Fraction(math.floor(of_two * 2 ** (width - 12)), 2 ** (width - 12))
    if short != of_two:
        value = e.add(value, e.mul(n, float(of_two - short)))
    value = e.add(e.mul(n, float(short)), value)
    ends = e.select(e.eq(x, math.inf), math.inf, filled(math.nan, x))
    ends = e.select(e.eq(x, 0.0), -math.inf, ends)
    return e.select(e.bitwise_and(e.gt(x, 0.0), e.lt(x, math.inf)), value, ends)


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
