"""Taking elements by positions or conditions: take, take_along_axis, compress, extract, choose."""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.choices import flag
from hloom.frontend.errors import (
    IndexingError,
    IndexTypeError,
    ShapeError,
    TracedValueError,
    ValueRangeError,
)
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.indexing import (
    FILL,
    GatherDimensionNumbers,
    GatherScatterMode,
    as_index,
    fill_of,
    from_end,
    gather,
    index_dtype,
)
from hloom.frontend.trace import Tracer, aval_of, concrete_or_none
from hloom.numpy.index_plan import plan
from hloom.numpy.manipulation import ravel
from hloom.numpy.promotion import (
    broadcast_shapes,
    broadcast_to,
    no_out,
    operand,
    promote_dtypes,
    to_dtype,
)
from hloom.numpy.reading import read
from hloom.numpy.searching import known_mask, nonzero_of
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def integers(name, x):
    """An operand of integers; IndexTypeError for others."""
    x = operand(name, x)
    if not dtypes.is_integer(aval_of(x).dtype):
        found = f"they are {aval_of(x)}"
        raise IndexTypeError(f"{name}: positions are integers", found, "use x.astype(int)")
    return x


def no_raise(name, mode, allowed=("fill", "clip", "wrap")):
    """Raise for modes that a function does not have."""
    if mode not in allowed:
        names = ", ".join(repr(m) for m in allowed if m is not None)
        raise ValueRangeError(
            f"{name}: there is no mode {mode!r}", f"the modes are {names}", "use one"
        )


@fused
def take(
    a: ArrayLike,
    indices: ArrayLike,
    axis=None,
    out=None,
    mode=None,
    unique_indices=False,
    indices_are_sorted=False,
    fill_value=None,
):
    """The elements at positions along an axis; of the flat array if `axis` is None.

    Negative positions count from the end. What is outside depends on `mode`: 'fill', the default,
    gives `fill_value` (NaN, the lowest signed or the highest unsigned integer, or True), 'clip' the
    nearest end, counting no position from the end, 'wrap' begins again.

    >>> import hloom.numpy as np
    >>> np.take(np.array([5.0, 6.0, 7.0]), np.array([0, -1, 9]))
    Array([ 5.,  7., nan], dtype=float32)
    """
    no_out("take", out)
    no_raise("take", mode, (None, "fill", "clip", "wrap"))
    unique_indices = flag("take", "unique_indices", unique_indices)
    indices_are_sorted = flag("take", "indices_are_sorted", indices_are_sorted)
    a, indices = operand("take", a), integers("take", indices)
    if axis is None:
        a, axis = ravel.function(a), 0
    shape = aval_of(a).shape
    axis = s.canonical_axis("take", axis, len(shape))
    if shape[axis] == 0 and aval_of(indices).size:
        found = f"axis {axis} of shape {shape} has length 0"
        raise IndexingError("take: positions on an empty axis", found, "there are no elements")
    wrap = mode != "clip"
    if mode == "wrap":
        indices, mode, wrap = modulo(indices, shape[axis]), "clip", False
    entries = (slice(None),) * axis + (indices,)
    found = plan(shape, entries, wrap)
    mode = FILL if mode is None else mode
    return read(a, found, wrap, mode, fill_value, indices_are_sorted, unique_indices)


def modulo(indices, n):
    """Positions brought into 0 .. n - 1 by adding or taking away multiples of n."""
    rest = e.rem(as_index("wrap", indices, index_dtype((n,))), n)
    return from_end(rest, n)


def along(name, arr, indices, axis, wrap):
    """What gather and scatter along an axis share.

    The array (flat if `axis` is None), index vectors, their GatherDimensionNumbers, window lengths.
    """
    arr, indices = operand(name, arr), integers(name, indices)
    if axis is None:
        if aval_of(indices).ndim != 1:
            found = f"they have shape {aval_of(indices).shape}"
            raise ShapeError(
                f"{name}: positions in the flat array are a vector", found, "use ravel"
            )
        arr, axis = ravel.function(arr), 0
    shape, lengths = aval_of(arr).shape, aval_of(indices).shape
    if len(shape) != len(lengths):
        found = f"they have shapes {shape} and {lengths}"
        raise ShapeError(f"{name}: array and positions have equal ranks", found, "use expand_dims")
    axis = s.canonical_axis(name, axis, len(shape))
    others = [t[:axis] + t[axis + 1 :] for t in (shape, lengths)]
    broadcast_shapes(name, *others)
    unsigned = dtypes.is_unsigned(aval_of(indices).dtype)
    indices = as_index(name, indices, index_dtype(shape))
    indices = from_end(indices, shape[axis]) if wrap and not unsigned else indices
    offsets, collapsed, batching, batched, kept, sizes = [], [], [], [], [], []
    for a, (n, m) in enumerate(zip(shape, lengths, strict=True)):
        window = a != axis and m == 1
        sizes.append(n if window else 1)
        if window:
            offsets.append(a)
            continue
        if a == axis or n != m:
            collapsed.append(a)
        else:
            batching.append(a)
            batched.append(len(kept))
        kept.append(m)
    numbers = map(tuple, (offsets, collapsed, (axis,), batching, batched))
    vectors = s.reshape(indices, (*kept, 1))
    return arr, vectors, GatherDimensionNumbers(*numbers), tuple(sizes)


@fused
def take_along_axis(
    arr: ArrayLike,
    indices: ArrayLike,
    axis=-1,
    mode=None,
    fill_value=None,
    *,
    wrap_negative_indices=True,
):
    """For each position along an axis the element there; the other axes run in step.

    Positions outside give `fill_value` (NaN, or the integer furthest from 0), unless `mode` is
    'clip' or 'promise_in_bounds'.

    >>> import hloom.numpy as np
    >>> x = np.array([[3, 1, 2], [7, 9, 8]])
    >>> np.take_along_axis(x, np.argsort(x, axis=1), axis=1)
    Array([[1, 2, 3],
           [7, 8, 9]], dtype=int32)
    """
    mode = GatherScatterMode.from_any(mode)
    found = along("take_along_axis", arr, indices, axis, wrap_negative_indices)
    arr, vectors, numbers, sizes = found
    return gather.bind(
        arr,
        vectors,
        dimension_numbers=numbers,
        slice_sizes=sizes,
        indices_are_sorted=False,
        unique_indices=False,
        mode=mode,
        fill_value=fill_of(aval_of(arr).dtype, fill_value) if mode is FILL else None,
    )[0]


@judged
def compress(condition, a, axis=None, *, size=None, fill_value=0, out=None):
    """The slices along an axis where `condition`, a vector, holds; of the flat array by default.

    Under a transformation, `size` tells how many; `fill_value` stands for those that are missing.

    >>> import hloom.numpy as np
    >>> np.compress(np.array([True, False, True]), np.arange(3))
    Array([0, 2], dtype=int32)
    """
    no_out("compress", out)
    condition = operand("compress", condition)
    if aval_of(condition).ndim != 1:
        found = f"it has shape {aval_of(condition).shape}"
        raise ShapeError("compress: the condition is a vector", found, "use ravel")
    return _compressed("compress", condition, a, axis, size, fill_value)


def _compressed(name, condition, a, axis, size, fill_value):
    """The slices along an axis where the flat condition holds."""
    condition, a = operand(name, condition), operand(name, a)
    shape, length = aval_of(a).shape, aval_of(condition).size
    n = aval_of(a).size if axis is None else shape[s.canonical_axis(name, axis, len(shape))]
    known = known_mask(name, condition) if size is None else None
    beyond = concrete_or_none(condition) if length > n else None
    if beyond is not None and np.asarray(beyond).ravel()[n:].any():
        found = f"it has {length} elements, the axis {n}"
        raise IndexingError(f"{name}: the condition holds past the end", found, "shorten it")
    if size is not None:
        return _kept_sized(condition, a, axis, int(size), fill_value)
    positions = np.flatnonzero(known)
    return take(
        a, positions.astype(index_dtype((n,))), axis, None, "fill", False, False, fill_value
    )


@fused
def _kept_sized(condition: ArrayLike, a: ArrayLike, axis, size, fill_value):
    condition, a = operand("compress", condition), operand("compress", a)
    n = aval_of(a).size if axis is None else aval_of(a).shape[axis]
    condition = ravel.function(condition)
    if aval_of(condition).size > n:
        condition = s.slice_in_dim(condition, 0, n)
    (positions,) = nonzero_of("compress", condition, size, n)
    return take.function(a, positions, axis, None, "fill", False, False, fill_value)


@judged
def extract(condition, arr, *, size=None, fill_value=0):
    """The elements of the flat array where the flat condition holds; `size` as for compress."""
    return _compressed("extract", condition, arr, None, size, fill_value)


@judged
def choose(a, choices, out=None, mode="raise"):
    """At each position the element of the choice that `a` numbers.

    The mode 'raise' refuses numbers outside, and so needs concrete ones; 'wrap' begins again,
    'clip' takes the nearest.

    >>> import hloom.numpy as np
    >>> np.choose(np.array([0, 1, 1]), [np.arange(3), 10 * np.arange(3)])
    Array([ 0, 10, 20], dtype=int32)
    """
    no_out("choose", out)
    no_raise("choose", mode, ("raise", "wrap", "clip"))
    a, count = integers("choose", a), len(choices)
    if mode == "raise":
        check_range("choose", a, 0, count)
    return _choose(a, [choices[k] for k in range(count)], mode)


@fused
def _choose(a: ArrayLike, choices: ArrayLike, mode):
    choices = promote_dtypes("choose", *choices)
    a = integers("choose", a)
    n = len(choices)
    a = modulo(a, n) if mode == "wrap" else e.clamp(0, a, n - 1)
    a = to_dtype(a, np.dtype(np.int32))
    shape = broadcast_shapes("choose", aval_of(a).shape, *(aval_of(c).shape for c in choices))
    if n == 1:
        return broadcast_to(choices[0], shape)
    which = broadcast_to(e.ne(a, 0) if n == 2 else a, shape)
    return e.select_n(which, *[broadcast_to(c, shape) for c in choices])


def check_range(name, x, low, high):
    """Raise unless all numbers of a concrete array are from `low` up to `high`, not included."""
    known = concrete_or_none(x)
    if known is None:
        raise TracedValueError(
            f"{name}: the mode 'raise' needs concrete numbers",
            f"they are traced under {x.trace.what} ({x.aval})" if isinstance(x, Tracer) else None,
            "use mode='clip' or mode='wrap'",
        )
    known = np.asarray(getattr(known, "value", known))
    if known.size and not (low <= known.min() and known.max() < high):
        found = f"they are from {known.min()} to {known.max()}"
        remedy = f"use numbers from {low} to {high - 1}, or mode='clip' or 'wrap'"
        raise ValueRangeError(f"{name}: a number is out of range", found, remedy)
