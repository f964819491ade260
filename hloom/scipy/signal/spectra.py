"""Spectra of signals from the Fourier transforms of their segments: stft, csd, welch.

The arguments that shape the program are judged on the host; what remains is one program for the
frequencies, the times and the spectrum.
"""

from typing import NamedTuple

import numpy as np

from hloom.frontend import dtypes, notices
from hloom.frontend.choices import one_of
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.trace import aval_of
from hloom.numpy.axes import moveaxis
from hloom.numpy.elementwise import multiply
from hloom.numpy.fft import fft, rfft
from hloom.numpy.floats import conj
from hloom.numpy.padding import pad
from hloom.numpy.promotion import operand, promote_dtypes_inexact, to_dtype
from hloom.numpy.quantiles import median
from hloom.numpy.statistics import mean
from hloom.runtime.dispatch import fused
from hloom.scipy.signal import windows
from hloom.scipy.signal.trends import kind_of, without_trend
from hloom.typing import ArrayLike

#: boundary -> mode and options of `pad`
_BOUNDARIES = {
    "even": ("reflect", {}),
    "odd": ("reflect", {"reflect_type": "odd"}),
    "constant": ("edge", {}),
    "zeros": ("constant", {}),
    None: None,
}


class _Plan(NamedTuple):
    """How a signal is cut into segments and transformed; all of it static."""

    axis: int
    window: object
    nperseg: int
    noverlap: int
    nfft: int
    detrend: object
    onesided: bool


@judged
def stft(
    x,
    fs=1.0,
    window="hann",
    nperseg=256,
    noverlap=None,
    nfft=None,
    detrend=False,
    return_onesided=True,
    boundary="zeros",
    padded=True,
    axis=-1,
):
    """The short-time Fourier transform: frequencies, times, and the spectrum of each segment.

    The signal, sampled `fs` times a unit of time, lies along `axis`, where the spectrum has its
    frequencies; times are its last axis. Segments have `nperseg` elements, share `noverlap`, are
    multiplied by `window` (a name, a tuple of a name and parameters, or a vector) and padded to
    `nfft`. `detrend` is False, "constant", "linear" or a function of segments. `boundary` continues
    the signal by half a segment: "zeros", "even", "odd", "constant" or None; `padded` makes it a
    whole number of segments.

    >>> import hloom.numpy as np
    >>> from hloom.scipy import signal
    >>> f, t, z = signal.stft(np.sin(np.arange(64.0)), nperseg=16)
    >>> f.shape, t.shape, z.shape
    ((9,), (9,), (9, 9))
    """
    if not one_of(boundary, _BOUNDARIES):
        known = ", ".join(repr(k) for k in _BOUNDARIES)
        raise ValueRangeError(f"stft: boundary {boundary!r}", f"known are {known}", "use one")
    plan, array = _planned(
        "stft", x, None, window, nperseg, noverlap, nfft, detrend, return_onesided, axis
    )
    operand("stft", fs)
    return _stft(x, fs, array, plan, boundary, bool(padded))


@judged
def csd(
    x,
    y,
    fs=1.0,
    window="hann",
    nperseg=None,
    noverlap=None,
    nfft=None,
    detrend="constant",
    return_onesided=True,
    scaling="density",
    axis=-1,
    average="mean",
):
    """The cross spectral density of two signals by Welch's method: frequencies and the spectrum.

    It is the average, "mean" or "median", over segments of the conjugate of the transform of `x`
    times that of `y`; with `y` None or `x` itself, it is real. The shorter signal is padded with
    zeros. `scaling` is "density", a power for each unit of frequency, or "spectrum", a power. The
    other arguments are those of `stft`; segments have 256 elements by default.
    """
    if not one_of(scaling, ("density", "spectrum")):
        found = f"scaling is {scaling!r}"
        raise ValueRangeError("csd: the scaling", found, 'use "density" or "spectrum"')
    if not one_of(average, ("mean", "median")):
        found = f"average is {average!r}"
        raise ValueRangeError("csd: the average", found, 'use "mean" or "median"')
    y = None if y is x else y
    plan, array = _planned(
        "csd", x, y, window, nperseg, noverlap, nfft, detrend, return_onesided, axis
    )
    operand("csd", fs)
    return _csd(x, y, fs, array, plan, scaling=scaling, average=average)


@judged
def welch(
    x,
    fs=1.0,
    window="hann",
    nperseg=None,
    noverlap=None,
    nfft=None,
    detrend="constant",
    return_onesided=True,
    scaling="density",
    axis=-1,
    average="mean",
):
    """The power spectral density of a signal by Welch's method: frequencies and the spectrum.

    The arguments are those of `csd`.

    >>> import hloom.numpy as np
    >>> from hloom.scipy import signal
    >>> f, power = signal.welch(np.sin(np.arange(64.0) * np.pi / 2), nperseg=32)
    >>> float(f[np.argmax(power)])
    0.25
    """
    operand("welch", x), operand("welch", fs)
    options = (window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average)
    return csd(x, None, fs, *options)


# ---------------------------------------------------------------- arguments
def _planned(name, x, y, window, nperseg, noverlap, nfft, detrend, onesided, axis):
    """The plan of a call, and its window if that is an array."""
    avals = [aval_of(operand(name, v)) for v in ([x] if y is None else [x, y])]
    n = max([a.shape[s.canonical_axis(name, axis, a.ndim)] for a in avals])
    window, array = windows.split(name, window)
    length = windows.checked_length(name, nperseg, array, 256)
    if length > n > 0:
        if array is not None:
            found = f"it has {length} elements, the signal has {n}"
            raise ShapeError(f"{name}: the window is longer than the signal", found, "shorten it")
        if nperseg is not None:
            what = f"{name}: nperseg is {length}, but the signal has {n} elements; it is made {n}"
            notices.warn(what)
        length = n
    if onesided and any(dtypes.is_complex(a.dtype) for a in avals):
        what = f"{name}: the spectrum of complex numbers has two sides; return_onesided is ignored"
        notices.warn(what)
        onesided = False
    if detrend is not False and not callable(detrend):
        detrend = kind_of(name, detrend)
    overlap = windows.checked_overlap(name, length, noverlap)
    nfft = windows.checked_fft(name, length, nfft)
    return _Plan(int(axis), window, length, overlap, nfft, detrend, bool(onesided)), array


def _window_of(plan, array):
    """The window: an operand, or float64 on the host."""
    return windows.named(plan.window, plan.nperseg) if array is None else array


# ---------------------------------------------------------------- the programs
@fused
def _stft(x: ArrayLike, fs: ArrayLike, window: ArrayLike | None, plan, boundary, padded):
    (x,) = promote_dtypes_inexact("stft", x)
    if not aval_of(x).size:
        return (_zeros_like(x),) * 3
    x = moveaxis(x, plan.axis, -1)
    nperseg, step = plan.nperseg, plan.nperseg - plan.noverlap
    kept = [(0, 0)] * (aval_of(x).ndim - 1)
    if boundary is not None:
        mode, options = _BOUNDARIES[boundary]
        x = pad(x, [*kept, (nperseg // 2, nperseg // 2)], mode, **options)
    missing = -(aval_of(x).shape[-1] - nperseg) % step % nperseg
    if padded and missing:
        x = pad(x, [*kept, (0, missing)])
    window = _window_of(plan, window)
    z = _transformed(x, window, plan)
    z = z / to_dtype(operand("stft", abs(window.sum())), dtypes.to_real(aval_of(z).dtype))
    middles = np.arange(aval_of(z).shape[-2]) * step + (nperseg / 2 if boundary is None else 0)
    times = middles.astype(_real()) / fs
    axis = s.canonical_axis("stft", plan.axis, aval_of(x).ndim)
    return _frequencies(plan, fs), times, moveaxis(z, -1, axis)


@fused
def _csd(x: ArrayLike, y: ArrayLike | None, fs: ArrayLike, window: ArrayLike | None, plan, **how):
    signals = promote_dtypes_inexact("csd", *[v for v in (x, y) if v is not None])
    if not all(aval_of(v).size for v in signals):
        return (_zeros_like(min(signals, key=lambda v: aval_of(v).size)),) * 2
    signals = _of_one_length([moveaxis(v, plan.axis, -1) for v in signals])
    window = _window_of(plan, window)
    spectra = [_transformed(v, window, plan) for v in signals]
    if len(spectra) == 1:
        power = e.real(spectra[0]) ** 2 + e.imag(spectra[0]) ** 2
    else:
        power = multiply(conj(spectra[0]), spectra[1])
    power = _averaged(power, how["average"])
    density = how["scaling"] == "density"
    weights = _sides(plan) / ((window * window).sum() if density else window.sum() ** 2)
    power = power * to_dtype(weights, dtypes.to_real(aval_of(power).dtype))
    power = power / fs if density else power
    return _frequencies(plan, fs), moveaxis(power, -1, plan.axis)


def _zeros_like(x):
    return s.full(aval_of(x).shape, typed_literal(0, aval_of(x).dtype))


def _of_one_length(signals):
    """The signals padded with zeros to the length of the longest."""
    n = max([aval_of(v).shape[-1] for v in signals])
    ends = [[(0, 0)] * (aval_of(v).ndim - 1) + [(0, n - aval_of(v).shape[-1])] for v in signals]
    return [pad(v, width) if width[-1][1] else v for v, width in zip(signals, ends, strict=True)]


def _transformed(x, window, plan):
    """The transform of each segment: (..., n) becomes (..., segment, frequency)."""
    x = windows.segments(x, plan.nperseg, plan.nperseg - plan.noverlap)
    if callable(plan.detrend):
        x = plan.detrend(x)
    elif plan.detrend:
        x = without_trend(x, plan.detrend)
    x = x * to_dtype(window, dtypes.to_real(aval_of(x).dtype))
    return (rfft if plan.onesided else fft)(x, plan.nfft)


def _averaged(power, average):
    """The average over the segments, which are the last axis but one."""
    n = aval_of(power).shape[-2]
    if average == "mean" or n == 1:
        return mean(power, -2)
    # of n exponentially distributed numbers, the median over the mean is an alternating sum
    bias = 1 + sum(1 / (k + 1) - 1 / k for k in range(2, n, 2))
    if not dtypes.is_complex(aval_of(power).dtype):
        return median(power, -2) / bias
    return e.complex(median(e.real(power), -2), median(e.imag(power), -2)) / bias


def _sides(plan):
    """How often the power of each frequency counts: twice if it stands for its negative too."""
    if not plan.onesided:
        return np.ones(plan.nfft)
    places = np.arange(plan.nfft // 2 + 1)
    return np.where((places == 0) | (2 * places == plan.nfft), 1.0, 2.0)


def _frequencies(plan, fs):
    n = plan.nfft
    found = np.fft.rfftfreq(n) if plan.onesided else np.fft.fftfreq(n)
    return found.astype(_real()) * fs


def _real():
    return dtypes.to_inexact(dtypes.int32)
