"""Cosine transforms: scipy.fft.

Each is one Fourier transform: of the elements in another order (types 2 and 3: Makhoul, "A fast
cosine transform in one and two dimensions", 1980), of the signal continued by its mirror image
(type 1), or of the signal turned by complex numbers (type 4). `norm` says which direction is
scaled: "backward" the inverse by 1/m, "forward" the transform, "ortho" both by 1/sqrt(m), which
makes them orthogonal; m is 2n, and 2(n - 1) for type 1.
"""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.choices import integer, one_of
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.fft import FftType, fft as transform
from hloom.frontend.trace import aval_of
from hloom.numpy.axes import moveaxis
from hloom.numpy.fft import checked_lengths
from hloom.numpy.promotion import promote_dtypes_inexact, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

__all__ = ["dct", "dctn", "idct", "idctn"]

#: type -> the type of its inverse
_INVERSES = {1: 1, 2: 3, 3: 2, 4: 4}
_SWAPPED = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


@fused
def dct(x: ArrayLike, type=2, n=None, axis=-1, norm=None):
    """The cosine transform of type 1, 2, 3 or 4 along an axis, cut or padded with zeros to `n`.

    Complex numbers are transformed by parts.

    >>> import hloom.numpy as np
    >>> from hloom.scipy import fft
    >>> fft.dct(np.array([1.0, 0.0])).round(2)
    Array([2.  , 1.41], dtype=float32)
    """
    return _along("dct", x, type, _length("dct", n), (axis,), norm)


@fused
def idct(x: ArrayLike, type=2, n=None, axis=-1, norm=None):
    """The inverse of `dct`."""
    return _inverse("idct", x, type, _length("idct", n), (axis,), norm)


@fused
def dctn(x: ArrayLike, type=2, s=None, axes=None, norm=None):
    """The cosine transform along several axes, by default all, cut or padded to lengths `s`."""
    return _along("dctn", x, type, s, axes, norm)


@fused
def idctn(x: ArrayLike, type=2, s=None, axes=None, norm=None):
    """The inverse of `dctn`."""
    return _inverse("idctn", x, type, s, axes, norm)


def _length(name, n):
    return None if n is None else (integer(name, "n", n),)


def _inverse(name, x, kind, lengths, axes, norm):
    kind = _INVERSES[kind] if one_of(kind, _INVERSES) else kind
    return _along(name, x, kind, lengths, axes, _SWAPPED[norm] if one_of(norm, _SWAPPED) else norm)


def _along(name, x, kind, lengths, axes, norm):
    """The transform along axes, one after another."""
    if not one_of(kind, _TRANSFORMS):
        raise ValueRangeError(f"{name}: type {kind!r}", "the types are 1, 2, 3 and 4", "use one")
    if not one_of(norm, _SWAPPED):
        remedy = 'use "backward", "ortho" or "forward"'
        raise ValueRangeError(f"{name}: norm {norm!r} is not known", None, remedy)
    (x,) = promote_dtypes_inexact(name, x)
    if aval_of(x).dtype.itemsize < 4:
        x = to_dtype(x, dtypes.float32)
    rank = aval_of(x).ndim
    lengths = lengths if lengths is None else checked_lengths(name, lengths)
    if axes is None:
        axes = range(rank) if lengths is None else range(rank - len(lengths), rank)
    axes = s.canonical_axes(name, (axes,) if isinstance(axes, int) else axes, rank)
    if lengths is None:
        lengths = [aval_of(x).shape[axis] for axis in axes]
    if len(lengths) != len(axes):
        found = f"there are {len(lengths)} lengths and {len(axes)} axes"
        raise ValueRangeError(f"{name}: one length for each axis", found, "give as many")
    for axis, n in zip(axes, lengths, strict=True):
        n = aval_of(x).shape[axis] if n is None else n
        least = 2 if kind == 1 else 1
        if n < least:
            found = f"axis {axis} has length {n}"
            raise ShapeError(
                f"{name}: type {kind} takes {least} elements", found, "give a longer n"
            )
        x = moveaxis(_last_axis(moveaxis(x, axis, -1), kind, n, norm), -1, axis)
    return x


def _last_axis(x, kind, n, norm):
    if dtypes.is_complex(aval_of(x).dtype):
        return e.complex(*[_last_axis(part, kind, n, norm) for part in (e.real(x), e.imag(x))])
    aval = aval_of(x)
    if aval.shape[-1] != n:
        keep = [(0, 0, 0)] * (aval.ndim - 1)
        x = s.pad(x, typed_literal(0, aval.dtype), [*keep, (0, n - aval.shape[-1], 0)])
    period = 2 * (n - 1) if kind == 1 else 2 * n
    before, after = _orthogonal(kind, n) if norm == "ortho" else (None, None)
    scale = {"ortho": 1 / math.sqrt(period), "forward": 1 / period}.get(norm, 1.0)
    x = x if before is None else _times(x, before)
    x = _TRANSFORMS[kind](x, n)
    after = np.full((), 1.0) if after is None else after
    return x if norm in (None, "backward") else _times(x, scale * after)


def _orthogonal(kind, n):
    """What elements are multiplied by before and after an orthogonal transform, or None."""
    ends, first = np.ones(n), np.ones(n)
    ends[[0, -1]] = first[0] = math.sqrt(2)
    return {1: (ends, 1 / ends), 2: (None, 1 / first), 3: (first, None), 4: (None, None)}[kind]


def _times(x, factors):
    """The product with numbers of the host along the last axis, which are real or complex."""
    aval = aval_of(x)
    whole = np.iscomplexobj(factors)
    dtype = dtypes.to_complex(aval.dtype) if whole else dtypes.to_real(aval.dtype)
    factors = np.asarray(factors).astype(dtype)
    if not factors.ndim:
        return e.mul(x, typed_literal(factors.item(), aval.dtype))
    x = to_dtype(x, dtype) if whole else x
    return e.mul(x, s.broadcast_in_dim(factors, aval.shape, (aval.ndim - 1,)))


def _turns(positions, period):
    """exp(-2 pi i p / period), as NumPy's complex128."""
    return np.exp(-2j * np.pi * positions / period)


def _from(x, start, stop=None, stride=1):
    return s.slice_in_dim(x, start, stop, stride, -1)


def _joined(*parts):
    return s.concatenate(parts, aval_of(parts[0]).ndim - 1)


def _back(x):
    return s.rev(x, (aval_of(x).ndim - 1,))


# ---------------------------------------------------------------- the types, unscaled
def _first(x, n):
    mirrored = _joined(x, _back(_from(x, 1, n - 1))) if n > 2 else x
    return e.real(transform(mirrored, FftType.RFFT, (2 * n - 2,)))


def _second(x, n):
    # the even elements, then the odd ones from the end
    v = _joined(_from(x, 0, None, 2), _back(_from(x, 1, None, 2))) if n > 1 else x
    z = transform(v, FftType.RFFT, (n,))
    z = _times(z, 2 * _turns(np.arange(n // 2 + 1), 4 * n))
    if n < 3:
        return e.real(z) if n == 1 else _joined(e.real(_from(z, 0, 1)), e.real(_from(z, 1, 2)))
    return _joined(e.real(z), _back(e.neg(e.imag(_from(z, 1, (n + 1) // 2)))))


def _third(x, n):
    # the element n - k beside k, and 0 beside the first
    half = n // 2 + 1
    aval = aval_of(x)
    keep = [(0, 0, 0)] * (aval.ndim - 1)
    beside = _from(_back(s.pad(x, typed_literal(0, aval.dtype), [*keep, (0, 1, 0)])), 0, half)
    z = _times(e.complex(_from(x, 0, half), e.neg(beside)), n / _turns(np.arange(half), 4 * n))
    v = transform(z, FftType.IRFFT, (n,))
    if n < 3:
        return v
    middle = (n + 1) // 2
    lead = aval.shape[:-1]
    even, odd = _from(v, 0, middle), _back(_from(v, middle))
    if n % 2:
        odd = s.pad(odd, typed_literal(0, aval.dtype), [*keep, (0, 1, 0)])
    pairs = [s.reshape(part, (*lead, middle, 1)) for part in (even, odd)]
    return _from(s.reshape(_joined(*pairs), (*lead, 2 * middle)), 0, n)


def _fourth(x, n):
    z = _times(x, _turns(np.arange(n), 4 * n))
    keep = [(0, 0, 0)] * (aval_of(z).ndim - 1)
    z = s.pad(z, typed_literal(0, aval_of(z).dtype), [*keep, (0, n, 0)])
    z = _from(transform(z, FftType.FFT, (2 * n,)), 0, n)
    return e.real(_times(z, 2 * _turns(np.arange(n) + 0.5, 4 * n)))


_TRANSFORMS = {1: _first, 2: _second, 3: _third, 4: _fourth}
