"""`x[index]` in primitives.

A static index is a slice; scalar positions that are known only at run time make a dynamic slice,
index arrays one gather.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import IndexingError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import structural as s
from hloom.frontend.prims.indexing import (
    FILL,
    PROMISE,
    GatherDimensionNumbers,
    GatherScatterMode,
    as_index,
    dynamic_slice,
    fill_of,
    from_end,
    gather,
    index_dtype,
)
from hloom.frontend.trace import aval_of, is_staged
from hloom.numpy.index_plan import BATCH, Point, Points, Span, Window


def read(x, plan, wrap=True, mode=None, fill_value=None, is_sorted=False, unique=False):
    """The elements of `x` that a Plan tells."""
    mode = PROMISE if mode is None else GatherScatterMode.from_any(mode)
    aval = aval_of(x)
    points = [(a, e) for a, e in enumerate(plan.axes) if type(e) is Point or type(e) is Points]
    if 0 in plan.shape:
        return s.full(plan.shape, typed_literal(0, aval.dtype))
    empty = [a for a, _ in points if aval.shape[a] == 0]
    if empty:
        if mode is FILL:
            return s.full(plan.shape, fill_of(aval.dtype, fill_value))
        found = f"axis {empty[0]} of an array of shape {aval.shape} has length 0"
        raise IndexingError("indexing: a position on an empty axis", found, "there are no elements")
    if not plan.advanced:
        if is_static(plan) and (mode is FILL or not points or is_staged()):
            return _sliced(x, aval, plan, mode, fill_value)
        if mode is not FILL or all(e.safe for _, e in points):
            return _windowed(x, aval, plan, wrap)
    return _gathered(x, aval, plan, wrap, mode, fill_value, is_sorted, unique)


def is_static(plan):
    """Whether a plan has nothing but slices and Python integers."""
    return all(type(e) is Span or (type(e) is Point and type(e.index) is int) for e in plan.axes)


# ---------------------------------------------------------------- slices
def row(x, shape, index):
    """`x[index]` for a Python integer: `read` of the simplest plan, without making it."""
    n, rest = shape[0], shape[1:]
    index = min(max(index + n if index < 0 else index, 0), n - 1)
    zeros, sizes = (0,) * len(rest), (1, *rest)
    if is_staged():  # where each is run at once, one program should serve all positions
        starts, limits, strides = (index, *zeros), (index + 1, *rest), (1,) * len(shape)
        (found,) = s.slice.bind(x, start_indices=starts, limit_indices=limits, strides=strides)
    else:
        starts = [typed_literal(i, index_dtype(shape)) for i in (index, *zeros)]
        (found,) = dynamic_slice.bind(x, *starts, slice_sizes=sizes)
    return s.reshape.bind(found, new_sizes=rest)[0]


def _sliced(x, aval, plan, mode, fill_value):
    starts, limits, strides, reverse = [], [], [], []
    for a, (e, n) in enumerate(zip(plan.axes, aval.shape, strict=True)):
        if type(e) is Point:
            if mode is FILL and not 0 <= e.index < n:
                return s.full(plan.shape, fill_of(aval.dtype, fill_value))
            low, width, step = min(max(e.index, 0), n - 1), 1, 1
        else:
            low, width, step = e.low, e.width, e.step
        starts.append(low)
        limits.append(low + width)
        strides.append(abs(step))
        if step < 0:
            reverse.append(a)
    found = s.slice(x, starts, limits, strides)
    return s.reshape(s.rev(found, reverse), plan.shape)


def _windowed(x, aval, plan, wrap):
    starts, sizes = window_of(aval.shape, plan, wrap)
    (found,) = dynamic_slice.bind(x, *starts, slice_sizes=tuple(sizes))
    return _finished(found, plan, dict(enumerate(range(aval.ndim))))


def window_of(shape, plan, wrap):
    """Starts (scalars of one dtype) and lengths of the box that holds all elements of a plan."""
    dtype = index_dtype(shape)
    starts, sizes = [], []
    for e, n in zip(plan.axes, shape, strict=True):
        start, size = box(e)
        starts.append(
            typed_literal(start, dtype) if type(start) is int else position(e, n, dtype, wrap)
        )
        sizes.append(size)
    return starts, sizes


def box(entry):
    """The first position, as in the entry, and the number of positions from there to the last."""
    if type(entry) is Span:
        return entry.low, entry.width
    return (entry.start, entry.size) if type(entry) is Window else (entry.index, 1)


def position(entry, n, dtype, wrap):
    """A traced position, or an array of them, in the index dtype and counted from the front."""
    index = entry.start if type(entry) is Window else entry.index
    found = as_index("indexing", index, dtype)
    counted = not wrap or (type(entry) is Point and entry.safe)
    return found if counted or dtypes.is_unsigned(index.dtype) else from_end(found, n)


def _finished(found, plan, places):
    """Leave positions out, reverse and make axes; `places`: result axis of each array axis."""
    spans = [(places[a], e) for a, e in enumerate(plan.axes) if type(e) is Span]
    if any(e.strided for _, e in spans):
        strides = [1] * aval_of(found).ndim
        for place, e in spans:
            strides[place] = abs(e.step)
        found = s.slice(found, [0] * len(strides), aval_of(found).shape, strides)
    found = s.rev(found, [place for place, e in spans if e.step < 0])
    return s.reshape(found, plan.shape)


# ---------------------------------------------------------------- gathers
def _gathered(x, aval, plan, wrap, mode, fill_value, is_sorted, unique):
    columns, sizes, collapsed, rank = [], [], [], len(plan.batch)
    for a, e in enumerate(plan.axes):
        start, size = box(e)
        if not (type(start) is int and start == 0):
            columns.append((a, e, start, range(rank - getattr(start, "ndim", 0), rank)))
        sizes.append(size)
        if type(e) is Point or type(e) is Points:
            collapsed.append(a)
    indices = index_vectors(columns, aval.shape, plan.batch, wrap)
    offsets, places, rank = [], {}, 0
    for part in plan.layout:
        if part is BATCH:
            rank += len(plan.batch)
        elif part is not None:
            places[part] = rank
            offsets.append(rank)
            rank += 1
    (found,) = gather.bind(
        x,
        indices,
        dimension_numbers=GatherDimensionNumbers(
            tuple(offsets), tuple(collapsed), tuple([c[0] for c in columns])
        ),
        slice_sizes=tuple(sizes),
        indices_are_sorted=is_sorted,
        unique_indices=unique,
        mode=mode,
        fill_value=fill_of(aval.dtype, fill_value) if mode is FILL else None,
    )
    return _finished(found, plan, places)


def index_vectors(columns, shape, batch, wrap):
    """An array of index vectors, of shape `batch` and one axis more.

    A column is (axis, entry, positions, dims): an int or an integer array whose axes go to `dims`.
    """
    dtype = index_dtype(shape)
    static = [_static(start, shape[a], wrap, dtype) for a, _, start, _ in columns]
    if all(c is not None for c in static):
        spread = [
            np.broadcast_to(_placed(c, dims, len(batch)), batch)
            for c, (_, _, _, dims) in zip(static, columns, strict=True)
        ]
        return np.stack(spread, -1)
    made = []
    for c, (a, e, _, dims) in zip(static, columns, strict=True):
        if c is None:
            c = position(e, shape[a], dtype, wrap)
        elif c.ndim == 0:
            c = typed_literal(int(c), dtype)
        dims = tuple(dims) if aval_of(c).ndim else ()
        made.append(s.broadcast_in_dim.bind(c, shape=(*batch, 1), broadcast_dimensions=dims)[0])
    return s.concatenate(made, len(batch))


def _static(start, n, wrap, dtype):
    """Positions known while tracing, as a NumPy array; None for others."""
    if type(start) is int:
        return np.asarray(start, dtype)
    if isinstance(start, Array):
        return None
    # negative integers of an index were counted from the front by the plan
    return np.where(start < 0, start + n, start).astype(dtype) if wrap else start.astype(dtype)


def _placed(c, dims, rank):
    if c.ndim == 0:
        return c
    shape = [1] * rank
    for d, n in zip(dims, c.shape, strict=True):
        shape[d] = n
    return c.reshape(shape)
