"""Removal of constant and linear trends."""

import itertools

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.choices import integer, one_of
from hloom.frontend.errors import ShapeError, UnsupportedError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims import structural as s
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.trace import aval_of
from hloom.numpy.axes import moveaxis
from hloom.numpy.promotion import promote_dtypes_inexact
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

_KINDS = {"constant": "constant", "c": "constant", "linear": "linear", "l": "linear"}


@judged
def detrend(data, axis=-1, type="linear", bp=0, overwrite_data=None):
    """`data` less its mean ("constant") or its line of least squares ("linear") along an axis.

    `bp` are positions along the axis between which each part has a line of its own.

    >>> import hloom.numpy as np
    >>> from hloom.scipy import signal
    >>> signal.detrend(np.array([1.0, 2.0, 3.0, 10.0]), type="constant")
    Array([-3., -2., -1.,  6.], dtype=float32)
    """
    if overwrite_data:
        found, remedy = "arrays are immutable", "leave overwrite_data away and use the result"
        raise UnsupportedError("detrend: overwrite_data", found, remedy)
    breaks = tuple([integer("detrend", "bp", i) for i in np.ravel(np.asarray(bp)).tolist()])
    return _detrended(data, axis, kind_of("detrend", type), breaks)


def kind_of(name, kind):
    """'constant' or 'linear'; an error for other kinds of trend."""
    if not one_of(kind, _KINDS):
        found = f"it is {kind!r}"
        raise ValueRangeError(f"{name}: the kind of trend", found, 'use "linear" or "constant"')
    return _KINDS[kind]


@fused
def _detrended(data: ArrayLike, axis, kind, breaks):
    (x,) = promote_dtypes_inexact("detrend", data)
    shape = aval_of(x).shape
    axis = s.canonical_axis("detrend", axis, len(shape))
    n = shape[axis]
    places = sorted({0, n, *breaks}) if kind == "linear" else [0, n]
    if places[0] < 0 or places[-1] > n:
        found = f"they are {breaks}, the axis has length {n}"
        raise ShapeError("detrend: breakpoints lie on the axis", found, "leave the others out")
    x = moveaxis(x, axis, -1)
    parts = [s.slice_in_dim(x, i, j, axis=-1) for i, j in itertools.pairwise(places)]
    parts = [without_trend(part, kind) for part in parts]
    return moveaxis(s.concatenate(parts, len(shape) - 1), -1, axis)


def without_trend(x, kind):
    """`x` less its mean, or its line, along the last axis."""
    shape, dtype = aval_of(x).shape, aval_of(x).dtype
    n = shape[-1]
    if not n:
        return x
    x = x - _along(reduce_sum(x, (len(shape) - 1,)) / n, shape)
    if kind == "constant" or n == 1:
        return x
    # of x and of places without their means, the slope is a quotient of sums
    place = np.arange(n) - (n - 1) / 2
    weight = (place / (place @ place)).astype(dtypes.to_real(dtype)).astype(dtype)
    slope = reduce_sum(x * weight, (len(shape) - 1,))
    return x - _along(slope, shape) * place.astype(dtype)


def _along(x, shape):
    return s.broadcast_in_dim(x, shape, range(len(shape) - 1))
