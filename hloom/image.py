"""Images resized and moved by resampling. Any axes may be resized; the others are a batch.

Each axis is resampled by a product with a matrix of weights: output pixel `o` lies at
f(o) = (o + 1/2 - translation) / scale - 1/2 in the input, and takes input pixel `i` with weight
kernel(|f(o) - i|), divided by the sum of its weights. Pixel centers are at halves.
"""

import enum
import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import flag
from hloom.frontend.errors import ArgumentError, AxisError, ShapeError, ValueRangeError
from hloom.frontend.precision import Precision
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    canonical_axis,
    canonical_shape,
    transpose,
)
from hloom.frontend.trace import aval_of
from hloom.numpy.elementwise import sinc
from hloom.numpy.promotion import filled, operand, promote_dtypes_inexact, select, to_dtype
from hloom.numpy.taking import take
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

__all__ = ["ResizeMethod", "resize", "scale_and_translate"]


class ResizeMethod(enum.Enum):
    """How pixels are resampled.

    NEAREST takes the nearest pixel, LINEAR interpolates between two, CUBIC (Keys' kernel) between
    four; LANCZOS3 and LANCZOS5 use windowed sincs of radius 3 and 5; AREA takes the mean over the
    area of the output pixel. CUBIC_PYTORCH is CUBIC, but without antialiasing it is Keys' kernel
    with a = -3/4 and repeats the edges of the image.
    """

    NEAREST = 0
    LINEAR = 1
    LANCZOS3 = 2
    LANCZOS5 = 3
    CUBIC = 4
    CUBIC_PYTORCH = 5
    AREA = 6

    @staticmethod
    def from_string(s: str) -> "ResizeMethod":
        """The method of a name, such as "bilinear"; raises ValueError for others.

        >>> from hloom.image import ResizeMethod
        >>> ResizeMethod.from_string("bicubic").name
        'CUBIC'
        """
        if s not in _NAMES:
            remedy = f"use one of {', '.join(_NAMES)}"
            raise ValueRangeError("ResizeMethod: no such method", f"it is {s!r}", remedy)
        return _NAMES[s]


_NAMES = {
    "nearest": ResizeMethod.NEAREST,
    **dict.fromkeys(("linear", "bilinear", "trilinear", "triangle"), ResizeMethod.LINEAR),
    "lanczos3": ResizeMethod.LANCZOS3,
    "lanczos5": ResizeMethod.LANCZOS5,
    **dict.fromkeys(("cubic", "bicubic", "tricubic"), ResizeMethod.CUBIC),
    **dict.fromkeys(("cubic-pytorch", "bicubic-pytorch"), ResizeMethod.CUBIC_PYTORCH),
    "area": ResizeMethod.AREA,
}


# ---------------------------------------------------------------- kernels of a distance
def _triangle(x):
    return e.max(1 - x, 0.0)


def _keys(a):
    """Keys' cubic kernel, of radius 2."""

    def kernel(x):
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = a * (((x - 5) * x + 8) * x - 4)
        return select(e.lt(x, 1.0), near, select(e.lt(x, 2.0), far, 0.0))

    return kernel


def _lanczos(radius):
    return lambda x: select(e.lt(x, float(radius)), sinc(x) * sinc(x / radius), 0.0)


_KERNELS = {
    ResizeMethod.LINEAR: _triangle,
    ResizeMethod.LANCZOS3: _lanczos(3),
    ResizeMethod.LANCZOS5: _lanczos(5),
    ResizeMethod.CUBIC: _keys(-0.5),
    ResizeMethod.CUBIC_PYTORCH: _keys(-0.5),
}


# ---------------------------------------------------------------- weights
def _weights(size, new_size, scale, translation, method, antialias, dtype):
    """The matrix of weights, in a float dtype, of shape (size, new_size).

    `scale` is a float and `translation` None, or both are scalars.
    """
    shape = size, new_size
    step = 1.0 / scale
    f = _positions(broadcasted_iota(dtype, shape, 1), step, translation) - 0.5
    i = broadcasted_iota(dtype, shape, 0)
    if method is ResizeMethod.CUBIC_PYTORCH and not antialias:
        return _repeating_edges(f, i, size)
    distance = e.abs(f - i)
    if method is ResizeMethod.AREA:
        # the part of an interval of length `step` around f that lies in pixel i
        overlap = (step + 1) * 0.5 - distance
        weights = e.max(_smaller(_smaller(overlap, step), 1.0), 0.0)
    else:
        wide = antialias and (not isinstance(step, float) or step > 1)
        weights = _KERNELS[method](distance / _larger(step, 1.0) if wide else distance)
    total = reduce_sum(weights, (0,))
    some = e.gt(e.abs(total), 1000 * float(dtypes.finfo(dtype).eps))
    center = _positions(broadcasted_iota(dtype, (new_size,), 0), step, translation)
    kept = some & e.ge(center, 0.0) & e.le(center, float(size))
    factor = select(kept, 1 / select(some, total, 1.0), 0.0)
    return weights * broadcast_in_dim(factor, shape, (1,))


def _positions(pixels, step, translation):
    """Where the centers of output pixels lie in the input, in units of its pixels."""
    centers = pixels + 0.5
    return (centers if translation is None else centers - translation) * step


def _repeating_edges(f, i, size):
    """Weights of the four pixels around f; those beyond an edge count for the pixel there.

    Further than four pixels from the image is nothing.
    """
    kernel, first, weights = _keys(-0.75), e.floor(f) - 1, None
    for k in range(4):
        tap = first + k
        placed = e.eq(e.clamp(0.0, tap, float(size - 1)), i)
        part = select(placed, kernel(e.abs(f - tap)), 0.0)
        weights = part if weights is None else weights + part
    near = e.ge(f, -4.0) & e.le(f, float(size + 3))
    return select(near, weights, 0.0)


def _smaller(x, y):
    return min(x, y) if isinstance(x, float) and isinstance(y, float) else e.min(x, y)


def _larger(x, y):
    return max(x, y) if isinstance(x, float) and isinstance(y, float) else e.max(x, y)


def _resampled(image, parts, precision):
    """The image with its axes multiplied by matrices: `parts` are (axis, weights)."""
    order = list(range(aval_of(image).ndim))
    for axis, weights in parts:
        place = order.index(axis)
        weights = to_dtype(weights, aval_of(image).dtype)
        image = dot_general(image, weights, (((place,), (0,)), ((), ())), precision)
        order.append(order.pop(place))
    back = [order.index(a) for a in range(len(order))]
    return image if back == sorted(back) else transpose(image, back)


def _exact(dtype):
    """The float dtype that positions and weights for images of a dtype are computed in."""
    return np.dtype("float64" if dtypes.to_real(dtype) == np.float64 else "float32")


# ---------------------------------------------------------------- arguments
def _arguments(name, image, shape, method, antialias):
    """The new shape, the method and whether kernels are widened, checked."""
    if isinstance(method, str):
        method = ResizeMethod.from_string(method)
    if not isinstance(method, ResizeMethod):
        remedy = "give a ResizeMethod or its name"
        raise ArgumentError(f"{name}: no such method", f"it is {method!r}", remedy)
    own, shape = aval_of(image).shape, canonical_shape(name, shape)
    if len(shape) != len(own):
        what = f"{name}: the new shape names every axis of the image"
        found = f"the image has shape {own}, the new one is {shape}"
        raise ShapeError(what, found, "repeat the lengths of axes that do not change")
    for n, new in zip(own, shape):
        if new and not n:
            found = f"the image has shape {own}, the new one is {shape}"
            remedy = "give an image with pixels"
            raise ShapeError(f"{name}: no pixels to make pixels of", found, remedy)
    return shape, method, flag(name, "antialias", antialias)


# ---------------------------------------------------------------- public functions
@fused
def resize(
    image: ArrayLike, shape, method, antialias: bool = True, precision=Precision.HIGHEST
) -> Array:
    """The image resampled to a shape of the same rank; only axes that change are touched.

    `method` is a ResizeMethod or its name. With `antialias` kernels are widened where the image
    shrinks. "nearest" keeps the dtype; the other methods give floats. Raises ShapeError for a shape
    of another rank, ValueError for an unknown method.

    >>> import hloom
    >>> hloom.image.resize(hloom.numpy.arange(3.0), (6,), "linear")
    Array([0.  , 0.25, 0.75, 1.25, 1.75, 2.  ], dtype=float32)
    >>> hloom.image.resize(hloom.numpy.arange(4), (2,), "nearest")
    Array([1, 3], dtype=int32)
    """
    image = operand("resize", image)
    shape, method, antialias = _arguments("resize", image, shape, method, antialias)
    sizes = aval_of(image).shape
    axes = [a for a, n in enumerate(shape) if n != sizes[a]]
    if method is ResizeMethod.NEAREST:
        for a in axes:
            pixels = (2 * np.arange(shape[a]) + 1) * sizes[a] // (2 * shape[a])
            image = take(image, pixels.astype(np.int32), axis=a, mode="clip")
        return image
    (image,) = promote_dtypes_inexact("resize", image)
    aval = aval_of(image)
    if math.prod(shape) == 0:
        return filled(0, aval.update(shape=shape))
    exact = _exact(aval.dtype)
    axes.sort(key=lambda a: shape[a] / sizes[a])  # what shrinks most goes first
    parts = [
        (a, _weights(sizes[a], shape[a], shape[a] / sizes[a], None, method, antialias, exact))
        for a in axes
    ]
    return _resampled(image, parts, precision)


@fused
def scale_and_translate(
    image: ArrayLike,
    shape,
    spatial_dims,
    scale: ArrayLike,
    translation: ArrayLike,
    method,
    antialias: bool = True,
    precision=Precision.HIGHEST,
) -> Array:
    """The image scaled, then translated, and resampled to a shape of the same rank.

    `scale` and `translation` hold a float for each of the axes `spatial_dims`; what lies at x goes
    to x * scale + translation. Pixels from outside the image are 0. It can be differentiated in
    the scale and the translation too. Any method but "nearest" will do, as in `resize`. Raises
    ShapeError if the arguments do not fit together, ValueError for the method.

    >>> import hloom
    >>> import hloom.numpy as np
    >>> x = np.arange(1.0, 5.0)
    >>> hloom.image.scale_and_translate(x, (4,), (0,), np.ones(1), np.array([1.5]), "linear")
    Array([0. , 1. , 1.5, 2.5], dtype=float32)
    """
    what = "scale_and_translate"
    (image,) = promote_dtypes_inexact(what, image)
    shape, method, antialias = _arguments(what, image, shape, method, antialias)
    if method is ResizeMethod.NEAREST:
        remedy = 'use another method, such as "linear"'
        raise ValueRangeError(f"{what}: weighs pixels", "the method is NEAREST", remedy)
    aval = aval_of(image)
    if not np.iterable(spatial_dims):
        found = f"they are {spatial_dims!r}"
        raise ArgumentError(f"{what}: spatial_dims are axes", found, "give a tuple of ints")
    axes = [canonical_axis(what, a, aval.ndim) for a in spatial_dims]
    if len(set(axes)) < len(axes):
        found = f"they are {tuple(spatial_dims)}"
        raise AxisError(f"{what}: spatial_dims names an axis twice", found, "name each once")
    scale, translation = promote_dtypes_inexact(what, scale, translation)
    given = aval_of(scale).shape, aval_of(translation).shape
    if given != ((len(axes),),) * 2:
        found = f"there are {len(axes)} axes; scale has shape {given[0]}, translation {given[1]}"
        remedy = f"give both shape ({len(axes)},)"
        raise ShapeError(f"{what}: takes one scale and translation for each axis", found, remedy)
    for a, (n, new) in enumerate(zip(aval.shape, shape)):
        if n != new and a not in axes:
            found = f"axis {a} would go from {n} to {new}, spatial_dims are {tuple(axes)}"
            raise ShapeError(
                f"{what}: only spatial_dims change", found, f"keep {n}, or name the axis"
            )
    if math.prod(shape) == 0:
        return filled(0, aval.update(shape=shape))
    exact = _exact(aval.dtype)
    scale, translation = to_dtype(scale, exact), to_dtype(translation, exact)
    parts = [
        (a, _weights(aval.shape[a], shape[a], scale[k], translation[k], method, antialias, exact))
        for k, a in enumerate(axes)
    ]
    return _resampled(image, parts, precision)
