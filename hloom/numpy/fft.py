"""Discrete Fourier transforms: numpy.fft.

Transforms of several axes are one operation for up to three of them. `norm` says which direction is
scaled: "backward" the inverse by 1/n, "forward" the transform, "ortho" both by 1/sqrt(n).
"""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.choices import integer, shown
from hloom.frontend.errors import ArgumentError, ShapeError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.keywords import judged
from hloom.frontend.prims.elementwise import conj, div, mul
from hloom.frontend.prims.fft import FftType, fft as transform
from hloom.frontend.prims.structural import (
    canonical_axes,
    canonical_axis,
    concatenate,
    pad,
    slice_in_dim,
    transpose,
)
from hloom.frontend.trace import aval_of
from hloom.numpy.manipulation import placed
from hloom.numpy.promotion import operand, promote_dtypes_inexact, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, DTypeLike

_INVERSE = (FftType.IFFT, FftType.IRFFT)
_SWAPPED = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def checked_lengths(name, s):
    """The lengths `s`, integers or None for that of the axis, as a list."""
    try:
        several = list(s)
    except TypeError:
        asked, found = f"{name}: s is a length for each axis", f"it is {shown(s)}"
        raise ArgumentError(asked, found, "give a tuple of ints") from None
    return [n if n is None else integer(name, "a length of s", n) for n in several]


def _along(name, kind, a, s, axes, norm):
    """The transform `kind` along axes, to which lengths `s` pad or cut the operand first."""
    x = operand(name, a)
    rank = aval_of(x).ndim
    s = s if s is None else checked_lengths(name, s)
    if axes is None:
        axes = range(rank) if s is None else range(rank - len(s), rank)
    axes = canonical_axes(name, axes, rank)
    if s is not None and len(s) != len(axes):
        found = f"there are {len(s)} lengths and {len(axes)} axes"
        raise ValueRangeError(f"{name}: one length for each axis", found, "give as many")
    if not axes:
        return x
    lengths = [aval_of(x).shape[i] for i in axes]
    if kind is FftType.IRFFT:
        lengths[-1] = 2 * (lengths[-1] - 1)
    if s is not None:
        lengths = [n if k is None else k for n, k in zip(lengths, s, strict=True)]
    if min(lengths) < 1:
        found = f"they are {tuple(lengths)}, the operand is {aval_of(x)}"
        raise ShapeError(f"{name}: lengths are at least 1", found, "give other lengths")
    taken = list(lengths)
    if kind is FftType.IRFFT:
        taken[-1] = lengths[-1] // 2 + 1
    x = _fitted(x, axes, taken)
    order = [*[i for i in range(rank) if i not in axes], *axes]
    x = _last_axes(transpose(x, order), kind, tuple(lengths))
    x = transpose(x, [order.index(i) for i in range(rank)])
    factor = _factor(name, kind, norm, math.prod(lengths))
    return x if factor == 1 else mul(x, factor)


def _last_axes(x, kind, lengths):
    """The transform along the last axes, at most three of them at a time."""
    if len(lengths) <= 3:
        return transform(x, kind, lengths)
    if kind is FftType.IRFFT:
        x = _before_last_three(x, FftType.IFFT, lengths[:-3])
        return transform(x, kind, lengths[-3:])
    x = transform(x, kind, lengths[-3:])
    whole = FftType.IFFT if kind is FftType.IFFT else FftType.FFT
    return _before_last_three(x, whole, lengths[:-3])


def _before_last_three(x, kind, lengths):
    rank, n = aval_of(x).ndim, len(lengths)
    first = rank - 3 - n
    swapped = [*range(first), *range(rank - 3, rank), *range(first, rank - 3)]
    x = _last_axes(transpose(x, swapped), kind, lengths)
    return transpose(x, [swapped.index(i) for i in range(rank)])


def _fitted(x, axes, lengths):
    """`x` cut, or padded with zeros at the end, to lengths along axes."""
    shape = aval_of(x).shape
    if all([shape[i] == n for i, n in zip(axes, lengths, strict=True)]):
        return x
    config = [(0, 0, 0)] * len(shape)
    for i, n in zip(axes, lengths, strict=True):
        config[i] = (0, n - shape[i], 0)
    dtype = aval_of(x).dtype
    return pad(x, typed_literal(0, dtype), config)


def _factor(name, kind, norm, n):
    """What the unscaled transform, or the inverse scaled by 1/n, is multiplied by."""
    if norm not in _SWAPPED:
        remedy = 'use "backward", "ortho" or "forward"'
        raise ValueRangeError(f"{name}: norm {norm!r} is not known", None, remedy)
    if norm in (None, "backward"):
        return 1
    scale = math.sqrt(n) if norm == "ortho" else n
    return scale if kind in _INVERSE else 1 / scale


def _lengths(name, n):
    if n is None:
        return None
    if not hasattr(n, "__index__"):
        raise ArgumentError(f"{name}: n is an integer", f"it is {n!r}", "give an int")
    return (n,)


@fused
def fft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None):
    """The discrete Fourier transform along an axis, cut or padded to `n`.

    >>> import hloom.numpy as np
    >>> np.fft.fft(np.array([1.0, 0.0, 0.0, 0.0]))
    Array([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j], dtype=complex64)
    """
    return _along("fft", FftType.FFT, a, _lengths("fft", n), (axis,), norm)


@fused
def ifft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None):
    """The inverse of `fft`."""
    return _along("ifft", FftType.IFFT, a, _lengths("ifft", n), (axis,), norm)


@fused
def rfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None):
    """The first half of the spectrum of real numbers: `n // 2 + 1` frequencies."""
    return _along("rfft", FftType.RFFT, a, _lengths("rfft", n), (axis,), norm)


@fused
def irfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None):
    """The inverse of `rfft`: `n` real numbers, by default an even number of them."""
    return _along("irfft", FftType.IRFFT, a, _lengths("irfft", n), (axis,), norm)


@fused
def hfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None):
    """The real spectrum of a signal that is conjugate to its reverse; `a` is its first half."""
    x = operand("hfft", a)
    x = conj(x) if dtypes.is_complex(aval_of(x).dtype) else x
    return _along("hfft", FftType.IRFFT, x, _lengths("hfft", n), (axis,), _SWAPPED.get(norm, norm))


@fused
def ihfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None):
    """The inverse of `hfft`: the first half of the signal with a real spectrum."""
    half = _along("ihfft", FftType.RFFT, a, _lengths("ihfft", n), (axis,), _SWAPPED.get(norm, norm))
    return conj(half)


@fused
def fft2(a: ArrayLike, s=None, axes=(-2, -1), norm: str | None = None):
    """The transform along two axes."""
    return _along("fft2", FftType.FFT, a, s, axes, norm)


@fused
def ifft2(a: ArrayLike, s=None, axes=(-2, -1), norm: str | None = None):
    """The inverse of `fft2`."""
    return _along("ifft2", FftType.IFFT, a, s, axes, norm)


@fused
def rfft2(a: ArrayLike, s=None, axes=(-2, -1), norm: str | None = None):
    """Half of the spectrum of real numbers along two axes: the second is halved."""
    return _along("rfft2", FftType.RFFT, a, s, axes, norm)


@fused
def irfft2(a: ArrayLike, s=None, axes=(-2, -1), norm: str | None = None):
    """The inverse of `rfft2`."""
    return _along("irfft2", FftType.IRFFT, a, s, axes, norm)


@fused
def fftn(a: ArrayLike, s=None, axes=None, norm: str | None = None):
    """The transform along several axes, by default all."""
    return _along("fftn", FftType.FFT, a, s, axes, norm)


@fused
def ifftn(a: ArrayLike, s=None, axes=None, norm: str | None = None):
    """The inverse of `fftn`."""
    return _along("ifftn", FftType.IFFT, a, s, axes, norm)


@fused
def rfftn(a: ArrayLike, s=None, axes=None, norm: str | None = None):
    """Half of the spectrum of real numbers along several axes: the last is halved."""
    return _along("rfftn", FftType.RFFT, a, s, axes, norm)


@fused
def irfftn(a: ArrayLike, s=None, axes=None, norm: str | None = None):
    """The inverse of `rfftn`."""
    return _along("irfftn", FftType.IRFFT, a, s, axes, norm)


@judged
def fftfreq(n: int, d=1.0, *, dtype: DTypeLike | None = None, device=None):
    """The frequencies of `fft` of `n` samples at distance `d`.

    >>> import hloom.numpy as np
    >>> np.fft.fftfreq(4)
    Array([ 0.  ,  0.25, -0.5 , -0.25], dtype=float32)
    """
    n = _samples("fftfreq", n)
    counts = np.arange(n)
    return placed(_frequencies("fftfreq", (counts + n // 2) % n - n // 2, n, d, dtype), device)


@judged
def rfftfreq(n: int, d=1.0, *, dtype: DTypeLike | None = None, device=None):
    """The frequencies of `rfft` of `n` samples at distance `d`.

    >>> import hloom.numpy as np
    >>> np.fft.rfftfreq(4)
    Array([0.  , 0.25, 0.5 ], dtype=float32)
    """
    n = _samples("rfftfreq", n)
    return placed(_frequencies("rfftfreq", np.arange(n // 2 + 1), n, d, dtype), device)


def _samples(name, n):
    if isinstance(n, bool) or not hasattr(n, "__index__") or n < 1:
        found, remedy = f"n is {n!r}", "give a positive int"
        raise ValueRangeError(f"{name}: n is the number of samples", found, remedy)
    return n


def _frequencies(name, counts, n, d, dtype):
    dtype = dtypes.requested(name, float if dtype is None else dtype)
    return _divided(name, tuple(counts.tolist()), n, d, dtype)


@fused
def _divided(name, counts, n, d: ArrayLike, dtype):
    distance = to_dtype(promote_dtypes_inexact(name, d)[0], dtype)
    return div(np.array(counts, dtype) / dtype.type(n), distance)


@fused
def fftshift(x: ArrayLike, axes=None):
    """The frequency zero moved to the middle of axes, by default all."""
    return _shifted("fftshift", x, axes, lambda n: n // 2)


@fused
def ifftshift(x: ArrayLike, axes=None):
    """The inverse of `fftshift`."""
    return _shifted("ifftshift", x, axes, lambda n: n - n // 2)


def _shifted(name, x, axes, count):
    x = operand(name, x)
    shape = aval_of(x).shape
    axes = range(len(shape)) if axes is None else axes if hasattr(axes, "__iter__") else (axes,)
    for axis in axes:
        axis = canonical_axis(name, axis, len(shape))
        n = shape[axis]
        middle = n - count(n)
        if 0 < middle < n:
            halves = [slice_in_dim(x, middle, n, axis=axis), slice_in_dim(x, 0, middle, axis=axis)]
            x = concatenate(halves, axis)
    return x
