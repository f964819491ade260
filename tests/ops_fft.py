"""Rows of Fourier transforms."""

import numpy as np

from hloom.frontend.prims.fft import FftType, fft
from ops import COMPLEX, WIDE, A, Op, case

KINDS = {
    FftType.FFT: np.fft.fftn,
    FftType.IFFT: np.fft.ifftn,
    FftType.RFFT: np.fft.rfftn,
    FftType.IRFFT: np.fft.irfftn,
}


def transform(x, fft_type, fft_lengths):
    """By NumPy, over the last axes."""
    return KINDS[fft_type](x, fft_lengths, range(-len(fft_lengths), 0))


def row(kind, dtypes, *cases):
    """The row of one kind: cases are (shape, lengths)."""
    samples = [case(A(*shape), fft_type=kind, fft_lengths=n) for shape, n in cases]
    return Op(fft, transform, samples, dtypes, tol=32, name=kind.name.lower())


WHOLE = [((4,), (4,)), ((2, 5), (5,)), ((2, 3, 4), (3, 4)), ((2, 3, 2), (2, 3, 2))]
HALF = [((3,), (4,)), ((2, 3), (5,)), ((2, 3, 3), (3, 4)), ((2, 3, 2), (2, 3, 3))]

OPS = [
    row(FftType.FFT, COMPLEX, *WHOLE),
    row(FftType.IFFT, COMPLEX, *WHOLE),
    row(FftType.RFFT, WIDE, *WHOLE),
    row(FftType.IRFFT, COMPLEX, *HALF),
]
