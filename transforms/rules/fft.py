"""Rules of fft: all four transforms are linear.

The matrix of a complex transform is symmetric, so it is its own transpose. A real transform keeps
one half of a spectrum whose other half is conjugate: its transpose puts zeros there, and that of
the inverse counts twice the frequencies that have a partner.
"""

import math

import numpy as np

from hloom.frontend.families import typed_literal
from hloom.frontend.prims.elementwise import conj, mul, real
from hloom.frontend.prims.fft import FftType, fft
from hloom.frontend.prims.structural import broadcast_in_dim, pad
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import at_front

jvp.linear(fft)


@transpose.rule(fft)
def _fft_back(cts, x, *, fft_type, fft_lengths):
    return [_BACK[fft_type](cts[0], fft_lengths)]


def _rfft_back(ct, lengths):
    # the real part of the transform of the half spectrum, filled up with zeros
    n = lengths[-1]
    missing = [(0, 0, 0)] * (aval_of(ct).ndim - 1) + [(0, n - n // 2 - 1, 0)]
    zero = typed_literal(0, aval_of(ct).dtype)
    return real(fft(pad(ct, zero, missing), FftType.FFT, lengths))


def _irfft_back(ct, lengths):
    n = lengths[-1]
    half = n // 2 + 1
    spectrum = fft(ct, FftType.RFFT, lengths)
    partners = np.full(half, 2 / math.prod(lengths), aval_of(spectrum).dtype)
    alone = [0, -1] if n % 2 == 0 else [0]
    partners[alone] /= 2
    shape = aval_of(spectrum).shape
    weights = broadcast_in_dim(partners, shape, (len(shape) - 1,))
    return conj(mul(spectrum, weights))


_BACK = {
    FftType.FFT: lambda ct, lengths: fft(ct, FftType.FFT, lengths),
    FftType.IFFT: lambda ct, lengths: fft(ct, FftType.IFFT, lengths),
    FftType.RFFT: _rfft_back,
    FftType.IRFFT: _irfft_back,
}


@batch.rule(fft)
def _fft_batch(axis, operands, dims, **params):
    return fft.bind(at_front(operands[0], dims[0]), **params), [0]
