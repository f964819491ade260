"""Counting: which bin each value is in, and how many values each bin has."""

import builtins
import math

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import integer
from hloom.frontend.errors import (
    ArgumentError,
    ShapeError,
    TracerIntegerError,
    UnsupportedError,
    ValueRangeError,
)
from hloom.frontend.families import typed_literal
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.reduction import reduce_max, reduce_min, reduce_sum
from hloom.frontend.prims.scatter import ScatterDimensionNumbers, scatter_add
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    full,
    iota,
    reshape,
    rev,
    slice_in_dim,
)
from hloom.frontend.trace import PYTHON_SCALARS, Tracer, aval_of
from hloom.numpy.promotion import (
    broadcast_to,
    operand,
    promote_dtypes,
    promote_dtypes_inexact,
    select,
    to_dtype,
)
from hloom.numpy.searching import searchsorted
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

#: as many edges are compared with every value
_FEW = 32
_INTO_VECTOR = ScatterDimensionNumbers((), (0,), (0,))


def _flat(x):
    return x if aval_of(x).ndim == 1 else reshape(x, (aval_of(x).size,))


# ---------------------------------------------------------------- bins
def rank(edges, x, strict):
    """How many of the sorted edges are not above `x`, or below it if `strict`; all for NaN."""
    method = "compare_all" if aval_of(edges).size <= _FEW else "scan_unrolled"
    found = searchsorted.function(edges, x, "left" if strict else "right", method=method)
    return to_dtype(found, dtypes.int32)


@fused
def digitize(x: ArrayLike, bins: ArrayLike, right=False, *, method=None):
    """The bin of each value: i where bins[i-1] <= x < bins[i], or < and <= if `right`.

    Bins increase, or decrease, and then so do the sides of the interval.

    >>> import hloom.numpy as np
    >>> np.digitize(np.array([0.5, 1.0, 3.5]), np.array([1.0, 2.0, 3.0]))
    Array([0, 1, 3], dtype=int32)
    """
    x, bins = promote_dtypes("digitize", x, bins)
    if aval_of(bins).ndim != 1:
        found = f"they are {aval_of(bins)}"
        raise ShapeError("digitize: bins are a vector", found, "give the edges in one axis")
    index = dtypes.canonicalize(dtypes.int64)
    shape, m = aval_of(x).shape, aval_of(bins).shape[0]
    if m == 0:
        return full(shape, typed_literal(0, index))
    up = to_dtype(rank(bins, x, right), index)
    if m == 1:
        return up
    down = to_dtype(rank(rev(bins, (0,)), x, right), index)
    first, last = (reshape(slice_in_dim(bins, i, i + 1), ()) for i in (0, m - 1))
    return select(e.ge(last, first), up, e.sub(typed_literal(m, index), down))


@judged
def bincount(x, weights=None, minlength=0, *, length=None, out_sharding=None):
    """How often each integer from 0 up occurs in a vector, or the sum of its weights.

    Without `length`, the number of results, it is the largest integer plus one, at least
    `minlength`, and the values must be concrete; negative integers count as 0, and those from
    `length` up are left out.

    >>> import hloom.numpy as np
    >>> np.bincount(np.array([1, 2, 2]))
    Array([0, 1, 2], dtype=int32)
    """
    minlength = integer("bincount", "minlength", minlength, 0)
    if length is None:
        length = max(minlength, _needed(operand("bincount", x)))
    return _bincount(x, weights, length)


def _needed(x):
    """One more than the largest element."""
    if isinstance(x, Tracer) and x.concrete() is None:
        raise TracerIntegerError(
            "bincount: the number of bins must be known",
            f"the array is traced under {x.trace.what} ({x.aval})",
            "give it as bincount(x, length=...)",
        )
    if aval_of(x).size == 0:
        return 0
    return int(_largest(x)) + 1


@fused
def _largest(x: ArrayLike):
    return reduce_max(x, range(aval_of(x).ndim))


@fused
def _bincount(x: ArrayLike, weights: ArrayLike | None, length):
    x = operand("bincount", x)
    aval = aval_of(x)
    if not dtypes.is_integer(aval.dtype) and not dtypes.is_bool(aval.dtype):
        found = f"they are {aval}"
        raise ArgumentError("bincount: counts integers", found, "convert with x.astype(int)")
    if aval.ndim != 1:
        raise ShapeError("bincount: takes a vector", f"it is {aval}", "use x.ravel()")
    x = to_dtype(x, dtypes.int32) if dtypes.is_bool(aval.dtype) else x
    x = e.max(x, typed_literal(0, aval_of(x).dtype))
    if weights is None:
        return _counted(x, typed_literal(1, dtypes.canonicalize(dtypes.int64)), length)
    weights = operand("bincount", weights)
    if aval_of(weights).shape != aval.shape:
        found = f"the weights are {aval_of(weights)}, the array is {aval}"
        raise ShapeError("bincount: one weight for each element", found, "broadcast them")
    return _counted(x, weights, length)


def _counted(x, weights, length):
    """The sum of the weights at each place of a vector; x from `length` up is left out."""
    n = aval_of(x).shape[0]
    dtype = aval_of(weights).dtype
    updates = broadcast_to(weights, (n,))
    zeros = full((length,), typed_literal(0, dtype))
    if length == 0 or n == 0:
        return zeros
    return scatter_add(zeros, reshape(x, (n, 1)), updates, _INTO_VECTOR)


# ---------------------------------------------------------------- histograms
def _edges(name, a, bins, range, dtype):
    """The edges of the bins: as given, or evenly from the smallest to the largest element."""
    if isinstance(bins, str):
        found = f"bins is {bins!r}"
        raise UnsupportedError(f"{name}: bins are a number or edges", found, "pass an int")
    if not isinstance(bins, int):
        edges = to_dtype(operand(name, bins), dtype)
        if aval_of(edges).ndim != 1:
            found = f"they are {aval_of(edges)}"
            raise ShapeError(f"{name}: edges are a vector", found, "give them in one axis")
        return edges
    if bins < 1:
        found = f"bins is {bins}"
        raise ValueRangeError(f"{name}: needs a bin", found, "use 1 or more")
    if range is None:
        if aval_of(a).size == 0:
            low, high = typed_literal(0, dtype), typed_literal(1, dtype)
        else:
            every = builtins.range(aval_of(a).ndim)
            low, high = reduce_min(a, every), reduce_max(a, every)
    else:
        low, high = (to_dtype(operand(name, v), dtype) for v in range)
    # an empty range is widened
    half = select(e.eq(low, high), typed_literal(0.5, dtype), typed_literal(0, dtype))
    low, high = e.sub(low, half), e.add(high, half)
    share = e.div(iota(dtype, bins + 1), typed_literal(bins, dtype))
    return e.add(e.mul(e.sub(typed_literal(1, dtype), share), low), e.mul(share, high))


def _inexact(name, a):
    return promote_dtypes_inexact(name, a)[0]


def _as_range(range):
    if range is None:
        return None
    try:
        low, high = range
    except (TypeError, ValueError):
        found = f"it is {range!r}"
        raise ValueRangeError("histogram: a range is a pair", found, "give (low, high)") from None
    if type(low) in PYTHON_SCALARS and type(high) in PYTHON_SCALARS and low > high:
        found = f"it is {range!r}"
        raise ValueRangeError("histogram: the range ends before it begins", found, "exchange them")
    for end in (low, high):
        if type(end) is float and not math.isfinite(end):
            found = f"it is {range!r}"
            raise ValueRangeError("histogram: the range is finite", found, "give other ends")
    return low, high


@judged
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    """The edges of the bins of `histogram`, one more than there are bins."""
    return _bin_edges(a, *_split(bins), _as_range(range))


def _split(bins):
    """A number of bins and edges, one of which is None."""
    static = isinstance(bins, int | str)
    return (bins, None) if static else (None, bins)


@fused
def _bin_edges(a: ArrayLike, number, edges: ArrayLike | None, range: ArrayLike | None):
    a = _inexact("histogram_bin_edges", a)
    bins = number if edges is None else edges
    return _edges("histogram_bin_edges", a, bins, range, aval_of(a).dtype)


def _bins_of(x, edges):
    """The bin of each value, whose last one is closed; one past the last for values in none."""
    m = aval_of(edges).shape[0]
    found = rank(edges, x, False)
    last = broadcast_to(reshape(slice_in_dim(edges, m - 1, m), ()), aval_of(x).shape)
    one = typed_literal(1, dtypes.int32)
    found = e.select(e.eq(x, last), typed_literal(m - 1, dtypes.int32), found)
    found = e.sub(found, one)
    outside = e.lt(found, typed_literal(0, dtypes.int32))
    return e.select(outside, typed_literal(m - 1, dtypes.int32), found)


@judged
def histogram(a, bins=10, range=None, weights=None, density=None, out_sharding=None):
    """How many values each bin has, or their weight, and the edges of the bins.

    `bins` is their number, over `range` or from the smallest to the largest value, or their edges.
    With `density` the counts are divided so that the histogram's integral is 1.

    >>> import hloom.numpy as np
    >>> counts, edges = np.histogram(np.array([1.0, 2.0, 2.0, 5.0]), bins=2)
    >>> counts, edges
    (Array([3., 1.], dtype=float32), Array([1., 3., 5.], dtype=float32))
    """
    return _histogram(a, *_split(bins), _as_range(range), weights, bool(density))


@fused
def _histogram(
    a: ArrayLike,
    number,
    edges: ArrayLike | None,
    range: ArrayLike | None,
    weights: ArrayLike | None,
    density,
):
    a = _inexact("histogram", a)
    dtype = aval_of(a).dtype
    edges = _edges("histogram", a, number if edges is None else edges, range, dtype)
    weights = _weights("histogram", a, weights)
    m = aval_of(edges).shape[0] - 1
    counts = _counted(_bins_of(_flat(a), edges), weights, m)
    if density:
        counts = e.div(counts, e.mul(_widths(edges), _spread(counts)))
    return counts, edges


def _spread(counts):
    aval = aval_of(counts)
    return broadcast_to(reduce_sum(counts, builtins.range(aval.ndim)), aval.shape)


def _widths(edges):
    m = aval_of(edges).shape[0]
    return e.sub(slice_in_dim(edges, 1, m), slice_in_dim(edges, 0, m - 1))


def _weights(name, a, weights):
    """A weight for each element of the flattened array."""
    if weights is None:
        return typed_literal(1, aval_of(a).dtype)
    weights = to_dtype(operand(name, weights), aval_of(a).dtype)
    if aval_of(weights).shape not in ((), aval_of(a).shape):
        found = f"the weights have shape {aval_of(weights).shape}, the array {aval_of(a).shape}"
        raise ShapeError(f"{name}: a weight for each element", found, "give as many")
    return _flat(broadcast_to(weights, aval_of(a).shape))


@judged
def histogram2d(x, y, bins=10, range=None, weights=None, density=None):
    """How many points (x, y) each bin of a grid has, and the edges of the bins in x and in y."""
    if isinstance(bins, list | tuple) and len(bins) == 2:
        pair = bins
    else:
        pair = (bins, bins)
    counts, edges = _grid((x, y), pair, range, weights, density)
    return counts, *edges


@judged
def histogramdd(sample, bins=10, range=None, weights=None, density=None):
    """How many points, the rows of `sample`, each bin of a grid has, and the edges of each axis."""
    if isinstance(sample, list | tuple):
        columns, count = tuple(sample), len(sample)
    else:
        sample = operand("histogramdd", sample)
        if aval_of(sample).ndim != 2:
            found = f"it is {aval_of(sample)}"
            raise ShapeError("histogramdd: points are the rows of a matrix", found, "reshape it")
        columns, count = (sample,), aval_of(sample).shape[1]
    several = isinstance(bins, list | tuple) or (isinstance(bins, Array) and bins.ndim == 1)
    if several and len(bins) != count:
        found = f"there are {count} axes and {len(bins)} bins"
        raise ShapeError("histogramdd: bins for each axis", found, "give one entry for each axis")
    each = tuple(bins) if several else (bins,) * count
    return _grid(columns, each, range, weights, density)


def _grid(columns, bins, range, weights, density):
    split = [_split(b) for b in bins]
    ranges = [None] * len(bins) if range is None else [_as_range(r) for r in range]
    if len(ranges) != len(bins):
        found = f"there are {len(bins)} axes and {len(ranges)} ranges"
        raise ShapeError("histogramdd: a range for each axis", found, "give one for each, or None")
    numbers, edges = tuple([n for n, _ in split]), [b for _, b in split]
    return _histogram_grid(list(columns), numbers, edges, ranges, weights, bool(density))


@fused
def _histogram_grid(
    columns: list[ArrayLike],
    numbers,
    edges: list[ArrayLike | None],
    ranges: list[ArrayLike | None],
    weights: ArrayLike | None,
    density,
):
    columns = promote_dtypes_inexact("histogramdd", *columns)
    if len(columns) == 1 and aval_of(columns[0]).ndim == 2:
        columns = _columns_of(columns[0])
    if len({aval_of(c).shape for c in columns}) > 1:
        found = f"they have shapes {', '.join(str(aval_of(c).shape) for c in columns)}"
        raise ShapeError("histogramdd: coordinates of one length", found, "give as many of each")
    dtype = aval_of(columns[0]).dtype
    found = [
        _edges("histogramdd", x, n if b is None else b, r, dtype)
        for x, n, b, r in zip(columns, numbers, edges, ranges, strict=True)
    ]
    lengths = [aval_of(b).shape[0] - 1 for b in found]
    place, outside = None, None
    for x, b, m in zip(columns, found, lengths, strict=True):
        here = _bins_of(x, b)
        beyond = e.eq(here, typed_literal(m, dtypes.int32))
        outside = beyond if outside is None else e.bitwise_or(outside, beyond)
        place = here if place is None else e.add(e.mul(place, typed_literal(m, dtypes.int32)), here)
    size = math.prod(lengths)
    place = e.select(outside, typed_literal(size, dtypes.int32), place)
    counts = _counted(place, _weights("histogramdd", columns[0], weights), size)
    counts = reshape(counts, lengths)
    if density:
        counts = e.div(counts, _spread(counts))
        for axis, b in enumerate(found):
            counts = e.div(counts, broadcast_in_dim(_widths(b), lengths, (axis,)))
    return counts, found


def _columns_of(x):
    n, m = aval_of(x).shape
    return [reshape(slice_in_dim(x, i, i + 1, axis=1), (n,)) for i in builtins.range(m)]
