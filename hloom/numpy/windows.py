"""Window functions of signal processing, and the Bessel function that one of them needs."""

import math

from hloom.frontend import dtypes
from hloom.frontend.choices import integer
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.special import bessel_i0e
from hloom.numpy.elementwise import as_inexact, real_only
from hloom.numpy.promotion import operand, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@fused
def i0(x: ArrayLike):
    """The modified Bessel function of the first kind of order 0."""
    x = as_inexact("i0", x)
    real_only("i0", x)
    return e.mul(bessel_i0e(x), e.exp(e.abs(x)))


def _places(M):
    """0, 1, ..., M - 1 as floats."""
    return s.iota(dtypes.to_inexact(dtypes.int32), M)


def _cosines(M, *weights):
    """The sum of weights[k] * cos(2 pi k n / (M - 1))."""
    if M <= 1:
        return s.full((max(M, 0),), 1.0, dtypes.to_inexact(dtypes.int32))
    angle = e.mul(_places(M), 2 * math.pi / (M - 1))
    total = e.add(e.mul(angle, 0.0), weights[0])
    for k, weight in enumerate(weights[1:], 1):
        total = e.add(total, e.mul(e.cos(e.mul(angle, float(k))), weight))
    return total


@fused
def hanning(M):
    """The Hann window of `M` points, a raised cosine."""
    M = integer("hanning", "M", M)
    return _cosines(M, 0.5, -0.5)


@fused
def hamming(M):
    """The Hamming window of `M` points."""
    M = integer("hamming", "M", M)
    return _cosines(M, 0.54, -0.46)


@fused
def blackman(M):
    """The Blackman window of `M` points."""
    M = integer("blackman", "M", M)
    return _cosines(M, 0.42, -0.5, 0.08)


@fused
def bartlett(M):
    """The triangular window of `M` points that is 0 at both ends.

    >>> import hloom.numpy as np
    >>> np.bartlett(5)
    Array([0. , 0.5, 1. , 0.5, 0. ], dtype=float32)
    """
    M = integer("bartlett", "M", M)
    if M <= 1:
        return _cosines(M)
    return e.sub(1.0, e.abs(e.sub(e.mul(_places(M), 2 / (M - 1)), 1.0)))


@fused
def kaiser(M, beta: ArrayLike):
    """The Kaiser window of `M` points and shape `beta`."""
    M = integer("kaiser", "M", M)
    if M <= 1:
        return _cosines(M)
    beta = to_dtype(operand("kaiser", beta), dtypes.to_inexact(dtypes.int32))
    place = e.sub(e.mul(_places(M), 2 / (M - 1)), 1.0)
    inside = e.max(e.sub(1.0, e.integer_pow(place, 2)), 0.0)
    return e.div(i0(e.mul(beta, e.sqrt(inside))), i0(beta))
