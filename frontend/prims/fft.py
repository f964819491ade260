"""Discrete Fourier transforms over the last axes of an array."""

import enum

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import DTypeError, ShapeError, ValueRangeError
from hloom.frontend.families import as_operand
from hloom.frontend.primitive import primitive
from hloom.frontend.prims.elementwise import convert_element_type
from hloom.frontend.trace import aval_of


class FftType(enum.IntEnum):
    """The kinds of transform: complex, its inverse, of real numbers, and the inverse of that."""

    FFT = 0
    IFFT = 1
    RFFT = 2
    IRFFT = 3


def _fft_type(x, *, fft_type, fft_lengths):
    n, shape = len(fft_lengths), x.shape
    if not 1 <= n <= 3 or n > x.ndim:
        found = f"the operand is {x}, the lengths are {fft_lengths}"
        raise ShapeError("fft: transforms one, two or three last axes", found, "transform in steps")
    real = fft_type is FftType.RFFT
    if real != dtypes.is_float(x.dtype) or x.dtype.name not in _TAKEN[real]:
        found = f"{fft_type.name} takes {' or '.join(_TAKEN[real])}"
        raise DTypeError(f"fft: the operand is {x}", found, "convert it with x.astype(...)")
    expected = fft_lengths
    if fft_type is FftType.IRFFT:
        expected = (*fft_lengths[:-1], fft_lengths[-1] // 2 + 1)
    if shape[x.ndim - n :] != expected:
        what = f"fft: {fft_type.name} of lengths {fft_lengths} needs last axes {expected}"
        raise ShapeError(what, f"the operand is {x}", "slice or pad it")
    rest = shape[: x.ndim - n]
    if real:
        result = (*fft_lengths[:-1], fft_lengths[-1] // 2 + 1)
        return ShapedArray((*rest, *result), dtypes.to_complex(x.dtype))
    dtype = dtypes.to_real(x.dtype) if fft_type is FftType.IRFFT else x.dtype
    return ShapedArray((*rest, *fft_lengths), dtype)


_TAKEN = {True: ("float32", "float64"), False: ("complex64", "complex128")}


@primitive(_fft_type)
def fft(x, fft_type, fft_lengths):
    """The transform over the last axes, of `fft_lengths`; `fft_type` is an FftType or its name.

    >>> import hloom
    >>> hloom.lax.fft(hloom.numpy.arange(4.0), "RFFT", (4,))
    Array([ 6.+0.j, -2.+2.j, -2.+0.j], dtype=complex64)
    """
    kind = _kind(fft_type)
    x = as_operand(x)
    dtype = aval_of(x).dtype
    if kind is FftType.RFFT and dtypes.is_complex(dtype):
        found, remedy = f"the operand is {aval_of(x)}", "take its real part, or use FFT"
        raise DTypeError("fft: RFFT takes real numbers", found, remedy)
    wanted = dtypes.to_inexact(dtype)
    if wanted.name in ("float16", "bfloat16"):
        wanted = np.dtype("float32")
    if kind is not FftType.RFFT:
        wanted = dtypes.to_complex(wanted) if dtypes.is_float(wanted) else wanted
    x = convert_element_type(x, wanted)
    lengths = tuple([int(n) for n in fft_lengths])
    if not lengths:
        return x
    return fft.bind(x, fft_type=kind, fft_lengths=lengths)[0]


def _kind(fft_type):
    if isinstance(fft_type, FftType):
        return fft_type
    if isinstance(fft_type, str) and fft_type.upper() in FftType.__members__:
        return FftType[fft_type.upper()]
    known = ", ".join(FftType.__members__)
    raise ValueRangeError(
        f"fft: the type {fft_type!r} is not known", f"known are {known}", "use one"
    )
