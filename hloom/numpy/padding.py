"""`pad`: an array made longer at the ends of its axes, in each of NumPy's modes."""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import ArgumentError, ShapeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.reduction import reduce_max, reduce_min, reduce_sum
from hloom.frontend.prims.sorting import sort
from hloom.frontend.trace import aval_of, concrete_or_none
from hloom.numpy.elementwise import floor_divide
from hloom.numpy.promotion import operand, to_dtype
from hloom.numpy.rounding import rint
from hloom.numpy.vectorized import apply_along_axis
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, ArrayLikes


@judged
def pad(array, pad_width, mode="constant", **kwargs):
    """`array` made longer at both ends of its axes.

    `pad_width` is one number, a pair (before, after), a pair for each axis, or a dict of axes. The
    modes and their options: "constant" (`constant_values`), "edge", "empty", "linear_ramp"
    (`end_values`), "reflect" and "symmetric" (`reflect_type`), "wrap", "maximum", "minimum", "mean"
    and "median" (`stat_length`); or a function of NumPy's form.

    >>> import hloom.numpy as np
    >>> np.pad(np.arange(3), (1, 2))
    Array([0, 0, 1, 2, 0, 0], dtype=int32)
    >>> np.pad(np.arange(3), 2, mode="reflect")
    Array([2, 1, 0, 1, 2, 1, 0], dtype=int32)
    """
    array = operand("pad", array)
    widths = _widths(pad_width, aval_of(array).ndim)
    if callable(mode):
        return _by_function(array, widths, mode, kwargs)
    if mode not in _OPTIONS:
        known = ", ".join(map(repr, _OPTIONS))
        raise ValueRangeError(f"pad: there is no mode {mode!r}", f"known are {known}", "use one")
    option = _OPTIONS[mode]
    unknown = kwargs.keys() - {option}
    if unknown:
        found = f"it takes {option}" if option else "it takes no options"
        asked = f"pad: mode {mode!r} does not take {', '.join(sorted(unknown))}"
        raise ArgumentError(asked, found, "leave it away")
    given = kwargs.get(option) if option else None
    if mode == "constant":
        return _constant(array, widths, tuple(_pairs(0 if given is None else given, len(widths))))
    if mode == "linear_ramp":
        return _ramp(array, widths, tuple(_pairs(0 if given is None else given, len(widths))))
    if mode in _STATISTICS:
        lengths = None if given is None else _static_pairs(given, len(widths))
        return _by_statistic(array, widths, mode, lengths)
    return _extended(array, widths, mode, given == "odd")


_OPTIONS = {
    "constant": "constant_values",
    "edge": None,
    "empty": None,
    "linear_ramp": "end_values",
    "maximum": "stat_length",
    "mean": "stat_length",
    "median": "stat_length",
    "minimum": "stat_length",
    "reflect": "reflect_type",
    "symmetric": "reflect_type",
    "wrap": None,
}


# ---------------------------------------------------------------- arguments
def _widths(widths, ndim):
    """A pair (before, after) for each axis."""
    if isinstance(widths, dict):
        full = [(0, 0)] * ndim
        for axis, width in widths.items():
            pair = (width, width) if isinstance(width, int) else width
            full[s.canonical_axis("pad", axis, ndim)] = pair
        widths = full
    pairs = _static_pairs(widths, ndim)
    if any(n < 0 for pair in pairs for n in pair):
        found = f"the widths are {pairs}"
        raise ValueRangeError("pad: a width is negative", found, "slice the array instead")
    return pairs


def _static_pairs(values, ndim):
    """Pairs of Python integers, one pair for each axis."""
    found = np.asarray(concrete_or_none(values) if isinstance(values, Array) else values)
    if found.size and not np.issubdtype(found.dtype, np.integer):
        asked = f"pad: lengths are integers, not {found.dtype}"
        raise ArgumentError(asked, f"they are {values!r}", "pass integers")
    return tuple([(int(b), int(a)) for b, a in _pairs(found.tolist(), ndim)])


def _parts(values):
    """The parts of a sequence or of an array with axes; None of a scalar."""
    if isinstance(values, list | tuple):
        return values
    return [values[i] for i in range(len(values))] if aval_of(values).ndim else None


def _pairs(values, ndim):
    """A pair of values for each axis, from one value, a pair, or a pair for each axis."""
    parts = _parts(values)
    if parts is None:
        return [(values, values)] * ndim
    if len(parts) == 1:
        return _pairs(parts[0], ndim)
    nested = [_parts(p) for p in parts]
    if nested[0] is None and len(parts) == 2:
        return [(parts[0], parts[1])] * ndim
    if None not in nested and len(parts) == ndim:
        return [(p[0], p[-1]) for p in nested if p]
    found = f"there are {len(parts)} entries and {ndim} axes"
    raise ShapeError("pad: one value, a pair, or a pair for each axis", found, "give one of these")


# ---------------------------------------------------------------- the modes
@fused
def _constant(x: ArrayLike, widths, values: ArrayLikes):
    x = operand("pad", x)
    aval = aval_of(x)
    values = [[_fill(v, aval) for v in pair] for pair in values]
    fills = {id(v) for pair in values for v in pair}
    if len(fills) == 1:
        return s.pad(x, values[0][0], [(b, a, 0) for b, a in widths])
    for axis, ((before, after), (low, high)) in enumerate(zip(widths, values)):
        for fill, width in ((low, (before, 0, 0)), (high, (0, after, 0))):
            config = [(0, 0, 0)] * aval.ndim
            config[axis] = width
            x = s.pad(x, fill, config)
    return x


def _fill(value, aval):
    """A padding value in the dtype of the array."""
    value = to_dtype(operand("pad", value), aval.dtype, aval.weak_type)
    return s.reshape(value, ()) if aval_of(value).shape else value


@fused
def _ramp(x: ArrayLike, widths, ends: ArrayLikes):
    x = operand("pad", x)
    for axis, (pair, end) in enumerate(zip(widths, ends)):
        low, high = (_slope(x, axis, n, v, i) for i, (n, v) in enumerate(zip(pair, end)))
        x = s.concatenate([low, x, high], axis)
    return x


def _slope(x, axis, width, end, side):
    """Evenly spaced numbers between `end`, on the outside, and the edge of an array."""
    aval = aval_of(x)
    edge = _edges(x, axis)[side]
    shape = (*aval.shape[:axis], width, *aval.shape[axis + 1 :])
    place = s.broadcasted_iota(dtypes.int32, shape, axis)
    inner = to_dtype(s.rev(place, (axis,)) if side else place, aval.dtype, aval.weak_type)
    edge = s.broadcast_in_dim(edge, shape, range(aval.ndim))
    weighted = e.add(e.mul(_fill(end, aval), e.sub(width, inner)), e.mul(edge, inner))
    return (
        floor_divide(weighted, width) if dtypes.is_integer(aval.dtype) else e.div(weighted, width)
    )


@fused
def _extended(x: ArrayLike, widths, mode, odd):
    x = operand("pad", x)
    if mode == "empty":
        return s.pad(x, _fill(0, aval_of(x)), [(b, a, 0) for b, a in widths])
    for axis, (before, after) in enumerate(widths):
        n = aval_of(x).shape[axis]
        if not before and not after:
            continue
        if n == 0:
            found = f"axis {axis} of {aval_of(x)} is empty"
            raise ShapeError(f"pad: {mode!r} repeats elements", found, "use mode='constant'")
        if mode == "wrap":
            x = _wrapped(x, axis, n, before, after)
        elif mode == "edge" or (mode == "reflect" and n == 1):
            x = _with_edges(x, axis, before, after)
        else:
            x = _mirrored(x, axis, n, before, after, mode == "reflect", odd)
    return x


def _wrapped(x, axis, n, before, after):
    parts = [x] * (before // n + 1 + after // n)
    if before % n:
        parts.insert(0, s.slice_in_dim(x, n - before % n, n, axis=axis))
    if after % n:
        parts.append(s.slice_in_dim(x, 0, after % n, axis=axis))
    return s.concatenate(parts, axis)


def _edges(x, axis):
    """The first and the last elements along an axis."""
    return s.slice_in_dim(x, 0, 1, axis=axis), s.slice_in_dim(x, -1, None, axis=axis)


def _with_edges(x, axis, before, after):
    shape, ndim = aval_of(x).shape, aval_of(x).ndim
    parts = [x]
    for width, edge, side in zip((before, after), _edges(x, axis), (0, 2)):
        wide = s.broadcast_in_dim(edge, (*shape[:axis], width, *shape[axis + 1 :]), range(ndim))
        parts.insert(side, wide)
    return s.concatenate(parts, axis)


def _mirrored(x, axis, n, before, after, skip, odd):
    """Each end continued by its mirror image, without the edge itself if `skip`."""
    while before or after:
        low, high = min(before, n - skip), min(after, n - skip)
        size = aval_of(x).shape[axis]
        left = s.rev(s.slice_in_dim(x, skip, skip + low, axis=axis), (axis,))
        right = s.rev(s.slice_in_dim(x, size - skip - high, size - skip, axis=axis), (axis,))
        if odd:
            left = _turned(left, s.slice_in_dim(x, 0, 1, axis=axis))
            right = _turned(right, s.slice_in_dim(x, -1, None, axis=axis))
        x = s.concatenate([left, x, right], axis)
        before, after = before - low, after - high
    return x


def _turned(x, edge):
    """Elements mirrored in value too, about the edge's."""
    edge = s.broadcast_in_dim(edge, aval_of(x).shape, range(aval_of(x).ndim))
    return e.sub(e.mul(edge, 2), x)


# ---------------------------------------------------------------- statistics of the ends
def _mean(x, axis):
    aval = aval_of(x)
    total = reduce_sum(to_dtype(x, dtypes.to_inexact(aval.dtype)), (axis,))
    return e.div(total, aval.shape[axis])


def _median(x, axis):
    n = aval_of(x).shape[axis]
    middle = s.slice_in_dim(sort(x, axis), (n - 1) // 2, n // 2 + 1, axis=axis)
    return _mean(middle, axis)


_STATISTICS = {
    "maximum": lambda x, axis: reduce_max(x, (axis,)),
    "minimum": lambda x, axis: reduce_min(x, (axis,)),
    "mean": _mean,
    "median": _median,
}


@fused
def _by_statistic(x: ArrayLike, widths, mode, lengths):
    x = operand("pad", x)
    for axis, (before, after) in enumerate(widths):
        n = aval_of(x).shape[axis]
        low, high = (n, n) if lengths is None else (min(k, n) for k in lengths[axis])
        ends = s.slice_in_dim(x, 0, low, axis=axis), s.slice_in_dim(x, n - high, n, axis=axis)
        left, right = (_statistic(p, axis, w, mode) for p, w in zip(ends, (before, after)))
        x = s.concatenate([left, x, right], axis)
    return x


def _statistic(part, axis, width, mode):
    aval = aval_of(part)
    if aval.shape[axis] == 0:
        found = f"axis {axis} has none"
        raise ValueRangeError(f"pad: {mode!r} needs elements", found, "give stat_length >= 1")
    value = _STATISTICS[mode](part, axis)
    if not dtypes.is_inexact(aval.dtype) and dtypes.is_inexact(aval_of(value).dtype):
        value = rint(value)
    value = s.expand_dims(to_dtype(value, aval.dtype, aval.weak_type), (axis,))
    shape = (*aval.shape[:axis], width, *aval.shape[axis + 1 :])
    return s.broadcast_in_dim(value, shape, range(aval.ndim))


def _by_function(x, widths, function, options):
    padded = _constant(x, widths, tuple([(0, 0)] * len(widths)))
    for axis, pair in enumerate(widths):
        padded = apply_along_axis(function, axis, padded, pair, axis, options)
    return padded
