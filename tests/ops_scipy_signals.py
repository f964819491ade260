"""Rows of scipy's signals, cosine transforms, interpolation and vector quantization."""

import numpy as np
import scipy.cluster.vq
import scipy.fft
import scipy.interpolate
import scipy.ndimage
import scipy.signal

import hloom.scipy.cluster.vq as vq
import hloom.scipy.fft as fft
import hloom.scipy.interpolate as interpolate
import hloom.scipy.ndimage as ndimage
import hloom.scipy.signal as signal
from ops import COMPLEX, WIDE, A, Op, case

#: a window of positive numbers, and cuts that overlap by different lengths
WINDOW = np.array([0.3, 1.0, 0.7, 0.2])
GRID = np.array([0.0, 1.0, 1.5, 4.0]), np.array([-1.0, 2.0])


def row(module, name, reference, *cases, dtypes=WIDE, **options):
    """A row of a function that has the name and the arguments of its oracle."""
    return Op(getattr(module, name), getattr(reference, name), list(cases), dtypes, **options)


def spectrum(name, *cases, dtypes=WIDE, **options):
    """A row of a function whose last result is checked."""
    ours = lambda *args, **params: getattr(signal, name)(*args, **params)[-1]
    theirs = lambda *args, **params: getattr(scipy.signal, name)(*args, **params)[-1]
    options = {"tol": 64, "name": name, **options}
    return Op(ours, theirs, list(cases), dtypes, **options)


def cosine(kind, norm, n):
    """The row of a cosine transform of one type."""
    cases = [case(A(2, 5), type=kind, n=n, norm=norm), case(A(4, 2), type=kind, axis=0, norm=norm)]
    return Op(fft.dct, scipy.fft.dct, cases, WIDE, tol=32, name=f"dct{kind}")


def at(places, order, mode):
    """The row of map_coordinates with one mode, by `places` in each axis."""
    name = f"map_coordinates_{order}_{mode}"
    ours = lambda x, *c: ndimage.map_coordinates(x, list(c), order, mode, 0.5)
    known = {"constant": "grid-constant", "wrap": "grid-wrap"}.get(mode, mode)
    theirs = lambda x, *c: scipy.ndimage.map_coordinates(
        x, np.array(c), order=order, mode=known, cval=0.5
    )
    return Op(ours, theirs, [case(A(3, 4), *places)], WIDE, tol=16, name=name, in_axes=MAPPED)


MAPPED = [(0, None, None), (2, 0, None), (None, 0, 1)]
PLACES = A(5, low=-2.3, high=4.7), A(5, low=-1.9, high=5.2)


def on_grid(library, method, fill):
    def interpolated(values, xi):
        return library.RegularGridInterpolator(GRID, values, method, False, fill)(xi)

    return interpolated


def grid(method, fill):
    cases = [case(A(4, 2, 2), A(5, 2, low=-0.9, high=1.9))]
    both = (on_grid(library, method, fill) for library in (interpolate, scipy.interpolate))
    name = f"RegularGridInterpolator_{method}"
    return Op(*both, cases, WIDE, tol=16, name=name)


OPS = [
    row(
        signal,
        "convolve",
        scipy.signal,
        case(A(5), A(3), mode="full"),
        case(A(3, 4), A(2, 2), mode="same"),
        dtypes=WIDE + COMPLEX,
        tol=16,
    ),
    row(
        signal,
        "correlate",
        scipy.signal,
        case(A(3), A(5), mode="valid"),
        case(A(4), A(2), mode="same", method="fft"),
        dtypes=WIDE + COMPLEX,
        tol=32,
    ),
    row(
        signal,
        "convolve2d",
        scipy.signal,
        case(A(3, 3), A(2, 2), mode="same", boundary="fill", fillvalue=1.5),
        tol=16,
    ),
    row(signal, "correlate2d", scipy.signal, case(A(3, 3), A(2, 2), boundary="symm"), tol=16),
    row(signal, "fftconvolve", scipy.signal, case(A(2, 5), A(2, 3), axes=1), tol=32),
    row(
        signal,
        "detrend",
        scipy.signal,
        case(A(2, 7), bp=3),
        case(A(5, 2), axis=0, type="constant"),
        tol=32,
    ),
    spectrum("stft", case(A(2, 11), nperseg=4, noverlap=1, boundary="even", detrend="linear")),
    spectrum(
        "istft", case(A(5, 3), nperseg=8), case(A(2, 4, 5), input_onesided=False), dtypes=COMPLEX
    ),
    spectrum(
        "csd",
        case(A(12), A(9), fs=2.0, window=WINDOW),
        case(A(12), A(12), nperseg=5, average="median", detrend=False),
    ),
    spectrum("welch", case(A(2, 13), nperseg=4, nfft=7, scaling="spectrum")),
    cosine(1, None, 4),
    cosine(2, "ortho", 6),
    cosine(3, "forward", 5),
    cosine(4, "backward", 3),
    row(fft, "idctn", scipy.fft, case(A(3, 4), norm="ortho"), tol=32),
    *[at(PLACES, 1, m) for m in ("constant", "mirror")],
    at(PLACES, 0, "wrap"),
    grid("linear", 0.25),
    grid("nearest", None),
    row(vq, "vq", scipy.cluster.vq, case(A(5, 3), A(3, 3)), tol=16),
]
