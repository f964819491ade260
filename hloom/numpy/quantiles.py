"""Quantiles: sort along the axes, then interpolate between the elements around a position.

The quantile q of n sorted elements stands at position q * (n - 1); a `method` says what is taken
when that is between two elements.
"""

import functools

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import flag
from hloom.frontend.errors import DTypeError, ShapeError, UnsupportedError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.cumulative import cumsum
from hloom.frontend.prims.indexing import GatherDimensionNumbers, GatherScatterMode, gather
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.sorting import sort, sort_key_val
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    expand_dims,
    reshape,
    slice_in_dim,
    transpose,
)
from hloom.frontend.trace import aval_of
from hloom.naming import named
from hloom.numpy.folding import count, finished, keep_if, reduced_axes
from hloom.numpy.promotion import (
    broadcast_to,
    known,
    no_out,
    not_an_array,
    operand,
    promote_dtypes_inexact,
    select,
    to_dtype,
)
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

_METHODS = ("linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf")


def _quantile(name, a, q, axis, out, overwrite, method, keepdims, weights, skip_nan):
    no_out(name, out)
    if overwrite:
        found = "arrays are immutable"
        raise UnsupportedError(f"{name}: takes no `overwrite_input`", found, "leave it away")
    if method not in _METHODS:
        found = f"it is {method!r}"
        raise ValueRangeError(f"{name}: the method is not known", found, f"use one of {_METHODS}")
    if weights is not None and method != "inverted_cdf":
        found = f"the method is {method!r}"
        raise UnsupportedError(f"{name}: weights need 'inverted_cdf'", found, "set method")
    a = promote_dtypes_inexact(name, a)[0]
    dtype, shape = aval_of(a).dtype, aval_of(a).shape
    if dtypes.is_complex(dtype):
        found = f"the operand is {aval_of(a)}"
        raise DTypeError(f"{name}: takes real numbers", found, "use x.real, or abs(x)")
    axes = reduced_axes(name, axis, len(shape))
    if count(shape, axes) == 0:
        found = f"the array has shape {shape}, the axes are {axes}"
        raise ShapeError(f"{name}: of no elements", found, "leave out the empty axis")
    if q is None:  # the median, whose place is known
        y = finished(_middle(sort(_in_last_axis(a, axes))), dtype)
        return keep_if(name, keepdims, y, shape, axes)
    q = operand(name, q)
    if aval_of(q).ndim > 1:
        found = f"it has shape {aval_of(q).shape}"
        raise ShapeError(f"{name}: q is a scalar or a vector", found, "flatten it")
    scalar = aval_of(q).ndim == 0
    q = to_dtype(q, dtypes.float64 if dtype == dtypes.float64 else dtypes.float32)
    q = reshape(q, (1,)) if scalar else q
    x = _in_last_axis(a, axes)
    if weights is None:
        y = _interpolated(sort(x), q, method, skip_nan)
    else:
        w = to_dtype(operand(name, weights), aval_of(q).dtype)
        own = aval_of(w).shape
        if own != shape and len(own) == len(axes) == 1 and len(shape) > 1:
            w = broadcast_in_dim(w, shape, axes)
        y = _weighted(x, _in_last_axis(broadcast_to(w, shape), axes), q, skip_nan)
    y = finished(y, dtype)
    n = aval_of(y).ndim - 1
    if scalar:
        y = reshape(y, aval_of(y).shape[:-1])
        return keep_if(name, keepdims, y, shape, axes)
    y = transpose(y, (n, *range(n)))
    if flag(name, "keepdims", keepdims):
        y = reshape(y, (aval_of(y).shape[0], *[1 if i in axes else m for i, m in enumerate(shape)]))
    return y


def _in_last_axis(x, axes):
    """The axes moved to the end and made one."""
    shape = aval_of(x).shape
    kept = [i for i in range(len(shape)) if i not in axes]
    moved = transpose(x, (*kept, *sorted(axes)))
    return reshape(moved, (*[shape[i] for i in kept], count(shape, axes)))


def _interpolated(x, q, method, skip_nan):
    """The quantiles `q` of vectors sorted along the last axis, NaN last."""
    *lead, n = aval_of(x).shape
    dtype, kind = aval_of(x).dtype, aval_of(q).dtype
    number = lambda v: typed_literal(v, kind)
    shape = (*lead, *aval_of(q).shape)
    q = broadcast_in_dim(q, shape, (len(lead),))
    if skip_nan:
        numbers = reduce_sum(to_dtype(e.eq(x, x), kind), (len(lead),))
        size = broadcast_in_dim(numbers, shape, range(len(lead)))
    else:
        size = number(n)
    last = e.sub(size, number(1)) if skip_nan else number(n - 1)
    last = e.max(last, number(0)) if skip_nan else last
    if method == "inverted_cdf":
        position = e.sub(e.ceil(e.mul(q, size)), number(1))
    else:
        position = e.mul(q, last)
    position = e.max(e.min(position, last), number(0))
    low, high = e.floor(position), e.ceil(position)
    if method == "nearest":
        low = high = e.round(position, 1)
    elif method in ("lower", "inverted_cdf"):
        high = low
    elif method == "higher":
        low = high
    y = _at(x, low)
    if method in ("linear", "midpoint"):
        weight = e.sub(position, low) if method == "linear" else number(0.5)
        above = _at(x, high)
        weight = to_dtype(weight, dtype)
        distance = e.sub(above, y)
        # equal neighbours may be infinite, and so have no distance
        y = select(e.ne(distance, distance), y, e.add(y, e.mul(distance, weight)))
    return y if skip_nan else _or_nan(x, y)


def _middle(x):
    """The medians of vectors sorted along the last axis, NaN last."""
    *lead, n = aval_of(x).shape

    def at(i):
        return reshape(slice_in_dim(x, i, i + 1, axis=-1), lead)

    low, high, end = at((n - 1) // 2), at(n // 2), at(n - 1)
    y = low
    if n % 2 == 0:
        distance = e.sub(high, low)
        mean = e.add(low, e.mul(distance, typed_literal(0.5, aval_of(x).dtype)))
        y = select(e.ne(distance, distance), low, mean)
    return select(e.eq(end, end), y, end)


def _or_nan(x, y):
    """`y`, NaN where the sorted vector has one, at its end."""
    n = aval_of(x).shape[-1]
    end = slice_in_dim(x, n - 1, n, axis=-1)
    end = broadcast_in_dim(end, aval_of(y).shape, range(aval_of(y).ndim))
    return select(e.eq(end, end), y, end)


def _at(x, positions):
    """The elements at float positions along the last axis, for each vector its own."""
    n = aval_of(x).ndim
    batch = tuple(range(n - 1))
    numbers = GatherDimensionNumbers((), (n - 1,), (n - 1,), batch, batch)
    indices = expand_dims(e.convert_element_type(positions, "int32"), (n,))
    mode = GatherScatterMode.PROMISE_IN_BOUNDS
    return gather(x, indices, numbers, (1,) * n, mode=mode)


def _weighted(x, weights, q, skip_nan):
    """The first element at which the share of the weights up to it reaches `q`."""
    *lead, n = aval_of(x).shape
    kind = aval_of(q).dtype
    if skip_nan:
        weights = select(e.eq(x, x), weights, typed_literal(0, kind))
    x, weights = sort_key_val(x, weights)
    sums = cumsum(weights, len(lead))
    whole = broadcast_in_dim(
        slice_in_dim(sums, n - 1, n, axis=-1), (*lead, n), range(len(lead) + 1)
    )
    shape = (*lead, *aval_of(q).shape, n)
    shares = broadcast_in_dim(e.div(sums, whole), shape, (*range(len(lead)), len(shape) - 1))
    below = e.lt(shares, broadcast_in_dim(q, shape, (len(lead),)))
    position = reduce_sum(to_dtype(below, kind), (len(shape) - 1,))
    y = _at(x, e.min(position, typed_literal(n - 1, kind)))
    return y if skip_nan else _or_nan(x, y)


def _by_share(name, whole, skip_nan, doc):
    def quantiles(
        a: ArrayLike,
        q: ArrayLike,
        axis=None,
        out=None,
        overwrite_input=False,
        method="linear",
        keepdims=False,
        *,
        weights: ArrayLike | None = None,
    ):
        if whole != 1:
            q = promote_dtypes_inexact(name, q)[0]
            q = e.div(q, typed_literal(whole, aval_of(q).dtype))
        return _quantile(
            name, a, q, axis, out, overwrite_input, method, keepdims, weights, skip_nan
        )

    run = fused(named(quantiles, name, doc))

    @functools.wraps(run)
    def checked(*args, **kwargs):
        q = args[1] if len(args) > 1 else kwargs.get("q", 0)
        if not isinstance(q, Array):
            _within(name, q, whole)
        return run(*args, **kwargs)

    return checked


def _within(name, q, whole):
    """Raise unless shares that are no array yet, and so can be seen, are from 0 to `whole`."""
    if q is None:
        raise not_an_array(name, q)
    wrong = not 0 <= q <= whole if type(q) in (int, float) else _outside(operand(name, q), whole)
    if wrong:
        remedy = f"use numbers from 0 to {whole}"
        raise ValueRangeError(f"{name}: q is from 0 to {whole}", f"it is {q}", remedy)


def _outside(q, whole):
    values = known(q)
    if np.iscomplexobj(values):
        return True
    return not np.all((values >= 0) & (values <= whole))


quantile = _by_share(
    "quantile",
    1,
    False,
    """The quantiles `q`, a scalar or vector of numbers in [0, 1], along axes; NaN if one is.

    Between two elements the method "linear" interpolates, "lower", "higher" and "nearest" take one,
    "midpoint" takes the mean; "inverted_cdf" takes the first that at least a share q is not above,
    of the weights if they are given. The axis of a vector `q` comes first in the result.

    >>> import hloom.numpy as np
    >>> np.quantile(np.arange(5.0), np.array([0.25, 0.6]))
    Array([1. , 2.4], dtype=float32)
    """,
)
nanquantile = _by_share(
    "nanquantile",
    1,
    True,
    "The quantiles along axes of the elements that are not NaN; see `quantile`.",
)
percentile = _by_share(
    "percentile", 100, False, "The quantiles at `q` percent along axes; see `quantile`."
)
nanpercentile = _by_share(
    "nanpercentile",
    100,
    True,
    "The quantiles at `q` percent along axes of the elements that are not NaN.",
)


def _middle_of(name, q, skip_nan, doc):
    def middle(a: ArrayLike, axis=None, out=None, overwrite_input=False, keepdims=False):
        return _quantile(
            name, a, q, axis, out, overwrite_input, "midpoint", keepdims, None, skip_nan
        )

    return fused(named(middle, name, doc))


median = _middle_of(
    "median",
    None,
    False,
    "The middle of the sorted elements along axes, the mean of the two middle ones if even.",
)
nanmedian = _middle_of(
    "nanmedian", 0.5, True, "The median along axes of the elements that are not NaN."
)
