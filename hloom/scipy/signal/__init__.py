"""Signal processing: scipy.signal.

>>> import hloom.numpy as np
>>> from hloom.scipy import signal
>>> signal.convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0]))
Array([1., 3., 5., 3.], dtype=float32)
"""

from hloom.scipy.signal.convolutions import (
    convolve,
    convolve2d,
    correlate,
    correlate2d,
    fftconvolve,
)
from hloom.scipy.signal.inversion import istft
from hloom.scipy.signal.spectra import csd, stft, welch
from hloom.scipy.signal.trends import detrend

__all__ = [
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "csd",
    "detrend",
    "fftconvolve",
    "istft",
    "stft",
    "welch",
]
