"""What an index means: `plan(shape, index)` reads `x[index]` the way NumPy does.

Each axis of the array gets one entry: a `Point` (one position, the axis goes away), a `Points` (an
array of positions), a `Span` (a slice, static) or a `Window` (a slice of static length whose start
is known at run time). `layout` tells the order of the result's axes: the number of an array axis,
None for a new axis, BATCH for the common axes of all index arrays. These stand where the arrays
stood if they stood side by side, and first otherwise; integers count as arrays if there is an
array.

    x[:, i, None, 2:0:-1]     axes: Span(0, n, 1), Point(i), Span(2, 2, -1)      layout: 0, None, 2
"""

import math
import operator

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import IndexingError, IndexTypeError, NonConcreteIndexError
from hloom.frontend.ir import Literal
from hloom.frontend.trace import Tracer, aval_of, brief, concrete_or_none, convert
from hloom.numpy.creation import asarray
from hloom.numpy.promotion import broadcast_shapes

BATCH = "batch"


class Point:
    """One position of an axis: an int or a scalar array; `safe` if it is known to be inside."""

    __slots__ = ("index", "safe")

    def __init__(self, index, safe=False):
        self.index = index
        self.safe = safe


class Points:
    """An integer array of positions of an axis."""

    __slots__ = ("index",)

    def __init__(self, index):
        self.index = index


class Span:
    """The positions start, start + step, ..., `size` of them; step may be negative."""

    __slots__ = ("size", "start", "step")

    def __init__(self, start, size, step):
        self.start, self.size, self.step = start, size, step if size > 1 else 1

    @property
    def low(self):
        """The lowest position."""
        return self.start + (self.size - 1) * self.step if self.step < 0 else self.start

    @property
    def width(self):
        """Positions from the lowest to the highest, both included."""
        return (self.size - 1) * abs(self.step) + 1 if self.size else 0

    @property
    def strided(self):
        """Whether positions are left out in between."""
        return abs(self.step) > 1


class Window:
    """`size` positions from `start`, a scalar array, in steps of one."""

    __slots__ = ("size", "start")

    def __init__(self, start, size):
        self.start, self.size = start, size


class InBounds:
    """An entry of an index: a scalar array that is known to be inside, and not negative."""

    __slots__ = ("index",)

    def __init__(self, index):
        self.index = index


class Flag:
    """An entry True or False of an index: an array of one position, or none, of no axis."""

    __slots__ = ("length",)

    def __init__(self, value):
        self.length = int(value)


class DynamicSlice:
    """An entry of an index: `size` elements from `start`, which may be traced; made by `ds`."""

    __slots__ = ("size", "start", "stride")

    def __init__(self, start, size, stride=1):
        self.start, self.size, self.stride = start, size, stride


def ds(start, size=None, stride=None):
    """A slice of static length from a start that may be traced: `x[hloom.ds(i, 3)]`.

    `ds(size)`, with None as start, is the slice of the first `size` elements.
    """
    if size is None:
        start, size = 0, start
    start = 0 if start is None else start
    stride = 1 if stride is None else operator.index(stride)
    size = operator.index(size)
    if isinstance(start, int | np.integer):
        return slice(int(start), int(start) + size * stride, stride)
    return DynamicSlice(start, size, stride)


class Plan:
    """An index understood: an entry for each axis, the result's layout and shape."""

    __slots__ = ("axes", "batch", "layout", "shape")

    def __init__(self, axes, batch, layout):
        self.axes, self.batch, self.layout = axes, batch, layout
        shape = []
        for part in layout:
            if part is None:
                shape.append(1)
            elif part is BATCH:
                shape.extend(batch)
            else:
                shape.append(axes[part].size)
        self.shape = tuple(shape)

    @property
    def advanced(self):
        """Whether there are index arrays."""
        return BATCH in self.layout


def plan(shape, index, wrap=True):
    """The Plan of `x[index]` for an array of `shape`; `wrap`: negative integers count back."""
    entries = index if type(index) is tuple else (_no_sequence(index),)
    entries, gap = _without_ellipsis(shape, [_entry(e) for e in entries])
    has_arrays = any(_is_array(e) or type(e) is Flag for e in entries)
    axes, layout, shapes, places = [], [], [], []
    for place, e in enumerate(entries):
        axis = len(axes)
        if e is None:
            layout.append(None)
        elif type(e) is slice or type(e) is DynamicSlice:
            axes.append((_span if type(e) is slice else _window)(e, shape[axis]))
            layout.append(axis)
        else:
            if has_arrays:
                if not places:
                    layout.append(BATCH)
                places.append(place)
            found, lengths = _positions(e, shape, axis, wrap)
            axes.extend(found)
            shapes.append(lengths)
    batch = broadcast_shapes("indexing", *shapes) if has_arrays else ()
    # `...` keeps arrays apart even where it stands for no axis
    if places and (places[-1] - places[0] >= len(places) or places[0] < gap <= places[-1]):
        layout.remove(BATCH)
        layout.insert(0, BATCH)
    if batch == (1,) and not any(type(a) is Points for a in axes):
        layout[layout.index(BATCH)] = None  # True alone is a new axis
    return Plan(axes, batch, layout)


def _positions(e, shape, axis, wrap):
    """The axes' entries for one entry that is no slice, and the shape of its positions."""
    if type(e) is Flag:
        return [], (e.length,)
    if type(e) is int:
        return [Point(e + shape[axis] if wrap and e < 0 else e)], ()
    if type(e) is InBounds:
        return [Point(e.index, True)], ()
    if not dtypes.is_bool(e.dtype):
        return [Points(e) if e.ndim else Point(e)], e.shape
    lengths = shape[axis : axis + e.ndim]
    if len(lengths) != e.ndim or any(m not in (0, n) for m, n in zip(e.shape, lengths)):
        raise IndexingError(
            "indexing: a boolean mask has the shape of the axes it selects from",
            f"the mask has shape {e.shape}, the axes have shape {lengths}",
            "index with a mask of that shape",
        )
    mask = concrete_or_none(e) if math.prod(e.shape) else np.zeros(e.shape, bool)
    if mask is None:
        raise NonConcreteIndexError(
            "indexing: a boolean mask needs concrete values, for they decide the result's shape",
            f"the mask is traced under {e.trace.what} ({e.aval})",
            "use hloom.numpy.where(mask, x, y), or hloom.numpy.nonzero(mask, size=...)",
        )
    found = [p.astype(np.int32) for p in np.nonzero(np.asarray(mask))]
    return [Points(p) for p in found], found[0].shape


# ---------------------------------------------------------------- entries
def _no_sequence(index):
    if isinstance(index, list | tuple):
        raise IndexTypeError(
            "indexing: a list is not an index",
            f"the index is {brief(index)}",
            "use x[hloom.numpy.array(index)] to take elements, or x[tuple(index)] to index axes",
        )
    return index


def _entry(e):
    """An entry of an index as None, Ellipsis, slice, int, Flag, InBounds, DynamicSlice or array."""
    kind = type(e)
    if e is None or e is Ellipsis or kind in (slice, int, InBounds, DynamicSlice):
        return e
    if kind is bool or kind is np.bool_:
        return Flag(e)
    if isinstance(e, np.integer):
        return int(e)
    if isinstance(e, list | tuple):
        e = _from_sequence(e)
    elif not isinstance(e, Array | np.ndarray):
        e = _converted(e)
        if type(e) is int:
            return e
    if not (dtypes.is_integer(e.dtype) or dtypes.is_bool(e.dtype)):
        raise _wrong(f"an array of {aval_of(e)}", "use x.astype(int)")
    if e.ndim == 0:
        concrete = (
            None if isinstance(e, Array) and dtypes.is_integer(e.dtype) else concrete_or_none(e)
        )
        if concrete is not None:
            return int(concrete) if dtypes.is_integer(e.dtype) else Flag(bool(concrete))
    return e


def _from_sequence(e):
    if len(e) == 0:
        return np.zeros(0, np.int32)
    try:
        found = np.asarray(e) if _is_plain(e) else asarray(e)
    except ValueError:
        raise _wrong(f"the ragged list {brief(e)}") from None
    return found


def _is_plain(e):
    return all(_is_plain(x) if isinstance(x, list | tuple) else not isinstance(x, Array) for x in e)


def _converted(e):
    if isinstance(e, Literal):
        e = e.value
    if hasattr(e, "__index__"):
        return operator.index(e)
    if hasattr(e, "__array__") or hasattr(e, "__hloom_array__"):
        return convert(e)
    raise _wrong(f"{brief(e)} of type {type(e).__name__}")


def _wrong(found, remedy="use one of these, such as int(i)"):
    return IndexTypeError(
        "indexing: an index is an integer, a slice, ..., None, a mask or an integer array",
        f"one of its entries is {found}",
        remedy,
    )


def _is_array(e):
    return isinstance(e, Array | np.ndarray) and (e.ndim > 0 or dtypes.is_bool(e.dtype))


def _consumes(e):
    """How many axes an entry is for."""
    if e is None or e is Ellipsis or type(e) is Flag:
        return 0
    return e.ndim if _is_array(e) and dtypes.is_bool(e.dtype) else 1


def _without_ellipsis(shape, entries):
    """The entries with a slice for each axis that `...`, or the end, stands for; and its place."""
    count = sum(map(_consumes, entries))
    gaps = [i for i, e in enumerate(entries) if e is Ellipsis]
    if count > len(shape):
        found = f"the array has {len(shape)} axes, {count} are indexed"
        raise IndexingError("indexing: too many indices", found, "leave some away")
    if len(gaps) > 1:
        remedy = "keep one; slices (:) stand for axes"
        raise IndexingError("indexing: an index has one `...`", f"there are {len(gaps)}", remedy)
    at = gaps[0] if gaps else len(entries)
    return [*entries[:at], *[slice(None)] * (len(shape) - count), *entries[at + 1 :]], at


def _span(e, n):
    try:
        start, stop, step = e.indices(n)
    except TypeError:
        raise _slice_error(e) from None
    return Span(start, len(range(start, stop, step)), step)


def _slice_error(e):
    for bound in (e.start, e.stop, e.step):
        if isinstance(bound, Tracer):
            return IndexTypeError(
                "indexing: the bounds of a slice are static, for they decide the result's shape",
                f"one is traced under {bound.trace.what} ({bound.aval})",
                "use x[hloom.ds(start, size)] or hloom.lax.dynamic_slice",
            )
    what = "indexing: the bounds of a slice are integers or None"
    return IndexTypeError(what, f"the slice is {brief(e)}", "convert them with int(...)")


def _window(e, n):
    if e.size > n:
        found = f"the slice has {e.size} elements, the axis {n}"
        raise IndexingError(
            "indexing: a slice is longer than its axis", found, "use a smaller size"
        )
    if e.stride != 1:
        found = f"it is {e.stride}, and the start is traced"
        raise IndexTypeError(
            "indexing: a dynamic slice has stride 1", found, "use an array of positions"
        )
    return Window(e.start, e.size)
