"""Windows by name, on the host, and their places along a signal."""

import functools

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import integer, one_of
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import structural as s
from hloom.frontend.prims.elementwise import mul
from hloom.frontend.prims.indexing import GatherDimensionNumbers, gather
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.trace import aval_of

#: window -> weights of cos(2 pi k i / n) in it, with alternating signs; others are asked of SciPy
_COSINES = {
    "boxcar": (1.0,),
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "nuttall": (0.3635819, 0.4891775, 0.1365995, 0.0106411),
}


@functools.lru_cache(64)
def named(window, n):
    """The periodic window of `n` points that a name, or a tuple of name and parameters, stands for.

    A NumPy array of float64.
    """
    if n == 1:
        return np.ones(1)
    if window in _COSINES:
        angle = 2 * np.pi / n * np.arange(n)
        return sum((-1) ** k * w * np.cos(k * angle) for k, w in enumerate(_COSINES[window]))
    # it takes a second to import, which the usual windows need not wait for
    from scipy.signal import get_window

    try:
        return get_window(window, n)
    except (ValueError, TypeError, IndexError) as error:
        what = f"there is no window {window!r}"
        raise ValueRangeError(what, str(error), "use a window of scipy.signal.get_window") from None


def split(name, window):
    """A window as (name or None, array or None); an array is a vector."""
    if isinstance(window, str) or type(window) is tuple or np.isscalar(window):
        return window, None
    window = window if isinstance(window, Array) else np.asarray(window)
    if window.ndim != 1:
        found = f"it has shape {window.shape}"
        raise ShapeError(f"{name}: a window is a vector", found, "give a vector, or a name")
    return None, window


def checked_length(name, nperseg, array, default):
    """The length of a segment: as given, or that of the window."""
    if nperseg is not None:
        nperseg = integer(name, "nperseg", nperseg, least=1)
    if array is None:
        return default if nperseg is None else nperseg
    n = array.shape[0]
    if not one_of(nperseg, (None, n)):
        found = f"nperseg is {nperseg}, the window has {n} elements"
        raise ShapeError(f"{name}: the window is as long as a segment", found, f"use nperseg={n}")
    return n


def checked_overlap(name, nperseg, noverlap):
    """The number of elements that neighbouring segments share, by default half of them."""
    noverlap = nperseg // 2 if noverlap is None else integer(name, "noverlap", noverlap)
    if not 0 <= noverlap < nperseg:
        found = f"noverlap is {noverlap}, a segment has {nperseg} elements"
        raise ValueRangeError(f"{name}: segments overlap in part", found, "give a smaller noverlap")
    return noverlap


def checked_fft(name, nperseg, nfft):
    """The length of the transform of a segment, which may be padded."""
    nfft = nperseg if nfft is None else integer(name, "nfft", nfft)
    if nfft < nperseg:
        found = f"nfft is {nfft}, a segment has {nperseg} elements"
        raise ValueRangeError(f"{name}: transforms whole segments", found, "give a larger nfft")
    return nfft


# ---------------------------------------------------------------- segments of a signal
def segments(x, length, step):
    """Windows of the last axis, `length` long and `step` apart: (..., n) becomes (..., m, length).

    One gather, which on CPU is several times faster than joining shifted copies.
    """
    shape = aval_of(x).shape
    lead, count = shape[:-1], (shape[-1] - length) // step + 1
    starts = s.reshape(mul(s.iota(dtypes.int32, count), step), (count, 1))
    r = len(lead)
    numbers = GatherDimensionNumbers((*range(r), r + 1), (), (r,))
    sizes = (*lead, length)
    return gather(x, starts, numbers, sizes, indices_are_sorted=True, mode="promise_in_bounds")


def overlapped(x, step):
    """The sum of segments `step` apart, each at its place: the transpose of `segments`.

    A segment is cut into blocks of `step` elements. Rows of blocks that are padded to one more than
    the row below holds, and read on as if they were shorter, move right by one block each.
    """
    *lead, m, length = aval_of(x).shape
    q = -(-length // step)
    r = len(lead)
    zero = typed_literal(0, aval_of(x).dtype)
    x = s.pad(x, zero, [(0, 0, 0)] * (r + 1) + [(0, q * step - length, 0)])
    x = s.transpose(s.reshape(x, (*lead, m, q, step)), (*range(r), r + 1, r, r + 2))
    x = s.pad(x, zero, [(0, 0, 0)] * (r + 1) + [(0, q, 0), (0, 0, 0)])
    x = s.reshape(x, (*lead, q * (m + q), step))
    x = s.slice_in_dim(x, 0, q * (m + q - 1), axis=r)
    x = reduce_sum(s.reshape(x, (*lead, q, m + q - 1, step)), (r,))
    x = s.reshape(x, (*lead, (m + q - 1) * step))
    return s.slice_in_dim(x, 0, (m - 1) * step + length, axis=r)
