"""The inverse of the short-time Fourier transform."""

from typing import NamedTuple

import numpy as np

from hloom.frontend import dtypes, notices
from hloom.frontend.errors import ShapeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims import structural as s
from hloom.frontend.trace import aval_of
from hloom.numpy.axes import moveaxis
from hloom.numpy.elementwise import as_inexact
from hloom.numpy.fft import ifft, irfft
from hloom.numpy.promotion import operand, to_dtype
from hloom.numpy.selection import where
from hloom.runtime.dispatch import fused
from hloom.scipy.signal import windows
from hloom.typing import ArrayLike

#: sums of squared windows up to which a sample is taken for lost
_LOST = 1e-10


class _Plan(NamedTuple):
    """How segments are put together; all of it static."""

    axes: tuple
    window: object
    nperseg: int
    step: int
    nfft: int
    onesided: bool
    boundary: bool


@judged
def istft(
    Zxx,
    fs=1.0,
    window="hann",
    nperseg=None,
    noverlap=None,
    nfft=None,
    input_onesided=True,
    boundary=True,
    time_axis=-1,
    freq_axis=-2,
):
    """The inverse of `stft`: the times and the signal, along what was the axis of times.

    The options are those that the spectrum was made with; `boundary` says whether the signal was
    continued. Samples that no window sees are 0, of which there is a warning.

    >>> import hloom.numpy as np
    >>> from hloom.scipy import signal
    >>> x = np.arange(8.0)
    >>> _, back = signal.istft(signal.stft(x, nperseg=4)[2])
    >>> bool(np.allclose(back, x, atol=1e-5))
    True
    """
    operand("istft", fs)
    aval = aval_of(operand("istft", Zxx))
    if aval.ndim < 2:
        found = f"it has shape {aval.shape}"
        raise ShapeError("istft: takes frequencies and times", found, "give it two axes")
    axes = s.canonical_axes("istft", (freq_axis, time_axis), aval.ndim)
    size = aval.shape[axes[0]]
    usual = 2 * (size - 1) if input_onesided else size
    window, array = windows.split("istft", window)
    length = windows.checked_length("istft", nperseg, array, usual)
    if nfft is None:
        # half a spectrum may be that of an even or of an odd length
        nfft = length if input_onesided and length == usual + 1 else usual
    step = length - windows.checked_overlap("istft", length, noverlap)
    nfft = windows.checked_fft("istft", length, nfft)
    plan = _Plan(axes, window, length, step, nfft, bool(input_onesided), bool(boundary))
    if array is None and _is_lossy(plan, aval.shape[axes[1]]):
        what = "istft: the windows do not cover every sample, the others are 0; use more overlap"
        notices.warn(what)
    return _istft(Zxx, fs, array, plan)


def _is_lossy(plan, count):
    """Whether some samples are not covered by windows."""
    squares = windows.named(plan.window, plan.nperseg) ** 2
    total = np.zeros(plan.nperseg + (count - 1) * plan.step)
    for i in range(count):
        total[i * plan.step : i * plan.step + plan.nperseg] += squares
    return bool((total[_kept(plan, len(total))] <= _LOST).any())


def _kept(plan, n):
    half = plan.nperseg // 2 if plan.boundary else 0
    return slice(half, n - half)


@fused
def _istft(Zxx: ArrayLike, fs: ArrayLike, window: ArrayLike | None, plan):
    z = moveaxis(as_inexact("istft", Zxx), plan.axes[::-1], (-2, -1))
    x = (irfft if plan.onesided else ifft)(z, plan.nfft)
    x = s.slice_in_dim(x, 0, plan.nperseg, axis=-1)
    dtype = dtypes.to_real(aval_of(x).dtype)
    if window is None:
        window = windows.named(plan.window, plan.nperseg)
    x = windows.overlapped(x * to_dtype(window * window.sum(), dtype), plan.step)
    squares = to_dtype(window * window, dtype)
    count = aval_of(z).shape[-2]
    squares = s.broadcast_in_dim(squares, (count, plan.nperseg), (1,))
    norm = windows.overlapped(squares, plan.step)
    kept = _kept(plan, aval_of(x).shape[-1])
    x, norm = (s.slice_in_dim(v, kept.start, kept.stop, axis=-1) for v in (x, norm))
    x = x / where(norm > _LOST, norm, 1.0)
    places = np.arange(aval_of(x).shape[-1]).astype(dtypes.to_inexact(dtypes.int32))
    freq_axis, time_axis = plan.axes
    return places / fs, moveaxis(x, -1, time_axis - (freq_axis < time_axis))
