"""Convolution and correlation of arrays of any rank, by sums of products or by Fourier transforms.

The whole convolution of lengths m and n along an axis has m + n - 1 elements; the modes take parts
of it: "same" the middle m, "valid" those where one operand is all inside of the other.
"""

import math

from hloom.frontend import dtypes
from hloom.frontend.choices import one_of
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import structural as s
from hloom.frontend.prims.convolution import conv_general_dilated
from hloom.frontend.prims.elementwise import mul
from hloom.frontend.trace import aval_of
from hloom.numpy.creation import asarray
from hloom.numpy.fft import fftn, ifftn, irfftn, rfftn
from hloom.numpy.floats import conjugate
from hloom.numpy.padding import pad
from hloom.numpy.promotion import broadcast_shapes, broadcast_to, operand, promote_dtypes_inexact
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

#: number of products of an element from which "auto" takes Fourier transforms
_MANY = 128
#: the mode "same" where the second array is reversed: of two elements, the other is the middle
_SAME_OF_REVERSED = object()
_BOUNDARIES = {"fill": "constant", "wrap": "wrap", "symm": "symmetric"}


@fused
def convolve(in1: ArrayLike, in2: ArrayLike, mode="full", method="auto", precision=None):
    """The convolution of two arrays of equal rank; integers become floats.

    `mode` is "full", "same", the middle part of the shape of `in1`, or "valid", where one array is
    all inside of the other. `method` is "direct", "fft" or "auto": "fft" for floats of 32 bits and
    more if `precision` is not given and each element is a sum of many products.

    >>> import hloom.numpy as np
    >>> from hloom.scipy import signal
    >>> signal.convolve(np.ones((2, 2)), np.ones((1, 2)), "same")
    Array([[1., 2.],
           [1., 2.]], dtype=float32)
    """
    a, v, exact = _operands("convolve", in1, in2)
    return _by_method("convolve", a, v, mode, method, precision, exact)


@fused
def correlate(in1: ArrayLike, in2: ArrayLike, mode="full", method="auto", precision=None):
    """The correlation of two arrays: `in1` convolved with the conjugate of `in2` reversed.

    The options are those of `convolve`.
    """
    a, v, exact = _operands("correlate", in1, in2)
    return _by_method("correlate", a, _reversed(v), mode, method, precision, exact)


@fused
def convolve2d(
    in1: ArrayLike,
    in2: ArrayLike,
    mode="full",
    boundary="fill",
    fillvalue: ArrayLike = 0,
    precision=None,
):
    """The convolution of two matrices.

    Beyond its ends `in1` goes on with `fillvalue` ("fill"), with its own beginning ("wrap") or with
    its mirror image ("symm").
    """
    a, v, _ = _operands("convolve2d", in1, in2, 2)
    return _with_boundary("convolve2d", a, v, mode, boundary, fillvalue, precision)


@fused
def correlate2d(
    in1: ArrayLike,
    in2: ArrayLike,
    mode="full",
    boundary="fill",
    fillvalue: ArrayLike = 0,
    precision=None,
):
    """The correlation of two matrices; the boundaries are those of `convolve2d`."""
    a, v, _ = _operands("correlate2d", in1, in2, 2)
    mode = _SAME_OF_REVERSED if mode == "same" else mode
    return _with_boundary("correlate2d", a, _reversed(v), mode, boundary, fillvalue, precision)


@fused
def fftconvolve(in1: ArrayLike, in2: ArrayLike, mode="full", axes=None):
    """The convolution of two arrays by Fourier transforms, along `axes`, by default all.

    The other axes broadcast. A NaN or an infinity spreads over the whole result.
    """
    a, v, _ = _operands("fftconvolve", in1, in2)
    rank = aval_of(a).ndim
    axes = range(rank) if axes is None else (axes,) if isinstance(axes, int) else axes
    axes = s.canonical_axes("fftconvolve", axes, rank)
    return _by_fft("fftconvolve", a, v, mode, sorted(axes))


# ---------------------------------------------------------------- arguments
def _operands(name, a, v, rank=None):
    """Both in one float or complex dtype, and whether they held integers."""
    a, v = operand(name, a), operand(name, v)
    exact = not any([dtypes.is_inexact(aval_of(x).dtype) for x in (a, v)])
    a, v = promote_dtypes_inexact(name, a, v)
    one, two = aval_of(a), aval_of(v)
    if one.ndim != two.ndim or rank not in (None, one.ndim):
        found = f"they have shapes {one.shape} and {two.shape}"
        wanted = "two arrays of equal rank" if rank is None else "two matrices"
        raise ShapeError(f"{name}: takes {wanted}", found, "reshape one")
    return a, v, exact


def _reversed(x):
    return s.rev(conjugate(x), range(aval_of(x).ndim))


def _is_smaller(name, one, two):
    """Whether the first shape fits into the second, not the other way; an error if neither does."""
    pairs = list(zip(one, two, strict=True))
    if all(m >= n for m, n in pairs):
        return False
    if all(m <= n for m, n in pairs):
        return True
    remedy = 'use another mode, such as "same"'
    asked = f"{name}: for 'valid' one array is as large as the other along every axis"
    raise ShapeError(asked, f"they have lengths {one} and {two}", remedy)


def _part(name, mode, m, n):
    """(start, length) of what `mode` takes of the whole convolution of lengths m and n."""
    if mode == "full":
        return 0, m + n - 1
    if mode == "same":
        return (n - 1) // 2, m
    if mode is _SAME_OF_REVERSED:
        return n // 2, m
    if mode == "valid":
        return min(m, n) - 1, abs(m - n) + 1
    found = "the modes are 'full', 'same' and 'valid'"
    raise ValueRangeError(f"{name}: mode {mode!r}", found, "use one of these")


# ---------------------------------------------------------------- by sums of products
def _by_method(name, a, v, mode, method, precision, exact):
    if not one_of(method, ("auto", "direct", "fft")):
        found = f"method is {method!r}"
        raise ValueRangeError(f"{name}: the method", found, 'use "auto", "direct" or "fft"')
    one, two = aval_of(a), aval_of(v)
    if not one.ndim:
        _part(name, mode, 1, 1)
        return mul(a, v)
    if method == "auto":
        many = min(one.size, two.size) >= _MANY and one.dtype.itemsize >= 4
        method = "fft" if many and precision is None and not exact else "direct"
    if method == "fft":
        return _by_fft(name, a, v, mode, range(one.ndim))
    return _direct(name, a, v, mode, precision)


def _direct(name, a, v, mode, precision):
    """The convolution as one operation whose kernel is the smaller array, where that is allowed."""
    one, two = aval_of(a), aval_of(v)
    if not one.size or not two.size:
        return _nothing(one.dtype, one.ndim)
    smaller = mode == "full" and one.size < two.size
    if mode == "valid":
        smaller = _is_smaller(name, one.shape, two.shape)
    if smaller:
        a, v = v, a
    return _slid(a, v, _pads(name, mode, a, v), precision)


def _pads(name, mode, a, v):
    """How far `v` slides out of `a` at both ends of each axis."""
    pads = []
    for m, n in zip(aval_of(a).shape, aval_of(v).shape, strict=True):
        start, length = _part(name, mode, m, n)
        pads.append((n - 1 - start, start + length - m))
    return pads


def _slid(a, v, pads, precision):
    """Sums of products of `a` and the reversed `v`, which slides over it."""
    rank = aval_of(a).ndim
    x = s.reshape(a, (1, 1, *aval_of(a).shape))
    kernel = s.reshape(s.rev(v, range(rank)), (1, 1, *aval_of(v).shape))
    found = conv_general_dilated(x, kernel, (1,) * rank, pads, precision=precision)
    return s.reshape(found, aval_of(found).shape[2:])


def _nothing(dtype, rank):
    return s.full((0,) * rank, typed_literal(0, dtype))


def _with_boundary(name, a, v, mode, boundary, fill, precision):
    if not one_of(boundary, _BOUNDARIES):
        found = f"boundary is {boundary!r}"
        raise ValueRangeError(f"{name}: the boundary", found, 'use "fill", "wrap" or "symm"')
    if not isinstance(fill, int | float) and aval_of(asarray(fill)).size != 1:
        found = f"it has shape {aval_of(asarray(fill)).shape}"
        raise ShapeError(f"{name}: fillvalue is a number", found, "give one number")
    if mode == "valid" or (boundary == "fill" and type(fill) is int and fill == 0):
        return _direct(name, a, v, mode, precision)
    if not aval_of(a).size or not aval_of(v).size:
        return _nothing(aval_of(a).dtype, 2)
    pads = _pads(name, mode, a, v)
    options = {"constant_values": fill} if boundary == "fill" else {}
    return _slid(pad(a, pads, _BOUNDARIES[boundary], **options), v, [(0, 0)] * 2, precision)


# ---------------------------------------------------------------- by Fourier transforms
def _by_fft(name, a, v, mode, axes):
    one, two = aval_of(a), aval_of(v)
    if not one.size or not two.size:
        return _nothing(one.dtype, one.ndim)
    others = [i for i in range(one.ndim) if i not in axes]
    common = broadcast_shapes(name, *[[x.shape[i] for i in others] for x in (one, two)])
    if mode == "valid":
        _is_smaller(name, *[[x.shape[i] for i in axes] for x in (one, two)])
    if not axes:
        return mul(*[broadcast_to(x, common) for x in (a, v)])
    parts = [_part(name, mode, one.shape[i], two.shape[i]) for i in axes]
    lengths = tuple([good_length(one.shape[i] + two.shape[i] - 1) for i in axes])
    forward, back = (fftn, ifftn) if dtypes.is_complex(one.dtype) else (rfftn, irfftn)
    left, right = (forward(x, lengths, axes) for x in (a, v))
    spectrum = left * right
    found = back(spectrum, lengths, axes)
    for axis, (start, length) in zip(axes, parts, strict=True):
        found = s.slice_in_dim(found, start, start + length, axis=axis)
    return found if aval_of(found).dtype == one.dtype else found.astype(one.dtype)


def good_length(n):
    """The smallest number from `n` up that is a product of powers of 2, 3 and 5."""
    best = 1 << max(n - 1, 0).bit_length()
    five = 1
    while five < best:
        odd = five
        while odd < best:
            best = min(best, odd << max(math.ceil(n / odd) - 1, 0).bit_length())
            odd *= 3
        five *= 5
    return best
