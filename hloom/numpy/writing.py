"""`x.at[index].set(value)` and its kin in primitives.

Where the index is a box of slices and scalar positions, the box is read, changed and put back; a
scatter does it where positions may be outside, or come in arrays.
"""

import warnings
from typing import NamedTuple

import numpy as np

from hloom.frontend import dtypes, source
from hloom.frontend.errors import ShapeError
from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Literal
from hloom.frontend.prims import elementwise as e, scatter as sc, structural as s
from hloom.frontend.prims.indexing import (
    CLIP,
    FILL,
    GatherScatterMode,
    dynamic_slice,
    dynamic_update_slice,
)
from hloom.frontend.trace import aval_of, is_staged
from hloom.numpy import elementwise
from hloom.numpy.index_plan import BATCH, Plan, Point, Points, Span
from hloom.numpy.promotion import broadcast_shapes, common_dtype, operand, to_dtype
from hloom.numpy.reading import index_vectors, is_static, read, window_of

#: operation -> (its scatter, the primitive that combines an element and a value, if there is one)
SCATTERS = {
    "set": (sc.scatter, None),
    "add": (sc.scatter_add, e.add),
    "subtract": (sc.scatter_sub, e.sub),
    "multiply": (sc.scatter_mul, e.mul),
    "min": (sc.scatter_min, e.min),
    "max": (sc.scatter_max, e.max),
}
#: operations without a scatter: the library function of an element and a value
FUNCTIONS = {"divide": elementwise.divide, "power": elementwise.power}


class Flags(NamedTuple):
    """What the caller says of the indices."""

    mode: str | GatherScatterMode | None = None
    is_sorted: bool = False
    unique: bool = False
    wrap: bool = True


_DEFAULT = Flags()


def write(x, plan, operation, value, flags=_DEFAULT):
    """`x` with the elements of a Plan combined with `value`; a function as operation maps them."""
    mode = GatherScatterMode.from_any(flags.mode)
    x_aval = aval_of(x)
    if operation == "divide" and not dtypes.is_inexact(x_aval.dtype):
        value = operand(operation, value)
        dtype, _ = common_dtype([x, value])
        x = to_dtype(x, dtypes.to_inexact(dtype))
        x_aval = aval_of(x)
    elif callable(operation):
        value = None
    if value is not None:
        value = cast(value, x_aval.dtype)
        fits(aval_of(value).shape, plan.shape)
    if 0 in plan.shape:
        return x
    if is_static(plan):
        plan = _inside(plan, x_aval.shape, mode is CLIP)
        if plan is None:
            return x
        return _boxed(x, plan, operation, value, flags)
    if not plan.advanced and (mode is not FILL or _safe(plan)):
        return _boxed(x, plan, operation, value, flags)
    unique = flags.unique or not plan.advanced
    if operation in SCATTERS:
        primitive, _ = SCATTERS[operation]
        return _scattered(x, plan, primitive, value, flags, mode, unique)
    if unique:
        old = read(x, plan, flags.wrap, CLIP)
        new = to_dtype(combined(operation, old, value), x_aval.dtype)
        return _scattered(x, plan, sc.scatter, new, flags, mode, True)
    if operation in FUNCTIONS:
        ones = s.full(x_aval.shape, typed_literal(1, x_aval.dtype))
        product = _scattered(ones, plan, sc.scatter_mul, value, flags, mode, False)
        return FUNCTIONS[operation](x, product)
    return _scattered(x, plan, operation, None, flags, mode, False)


def cast(value, dtype):
    """A value in the dtype of the array that it goes into; a warning if that loses something."""
    value = operand("x.at[...]", value)
    aval = aval_of(value)
    if aval.dtype == dtype:
        return value
    if dtypes.join(dtype, False, aval.dtype, aval.weak_type)[0] != dtype:
        _warn(f"x.at[...]: a value of {aval} loses something in an array of {dtype.name}")
    if dtypes.is_complex(aval.dtype) and not dtypes.is_complex(dtype):
        if type(value) is Literal:
            return typed_literal(value.value.real, dtype)
        value = e.real(value)
    return to_dtype(value, dtype)


def _warn(text):
    frame = source.user_frame(source.here())
    place = (frame.file_name, frame.line_num) if frame else ("<unknown>", 1)
    warnings.warn_explicit(f"{text}; convert it with x.astype(...)", FutureWarning, *place)


def fits(shape, wanted):
    """ShapeError unless a value broadcasts to the elements; leading axes of length 1 may go."""
    extra = max(len(shape) - len(wanted), 0)
    try:
        good = broadcast_shapes("x.at[...]", shape[extra:], wanted) == wanted
    except ShapeError:
        good = False
    if not good or any(n != 1 for n in shape[:extra]):
        found = f"the value has shape {shape}, the elements have shape {wanted}"
        raise ShapeError(
            "x.at[...]: the value does not broadcast to the elements", found, "reshape it"
        )


def _safe(plan):
    return all(
        type(p) is Span or (type(p) is Point and (p.safe or type(p.index) is int))
        for p in plan.axes
    )


def _inside(plan, shape, clip):
    """A static plan with its positions moved inside, or None if one is not inside and not moved."""
    axes = list(plan.axes)
    for a, (p, n) in enumerate(zip(plan.axes, shape, strict=True)):
        if type(p) is Point and not 0 <= p.index < n:
            if not clip or not n:
                return None
            axes[a] = Point(min(max(p.index, 0), n - 1))
    return Plan(axes, plan.batch, plan.layout)


def combined(operation, old, value):
    """The new elements."""
    if callable(operation):
        return operation(old)
    if operation in FUNCTIONS:
        return FUNCTIONS[operation](old, value)
    combine = SCATTERS[operation][1]
    return value if combine is None else combine(old, value)


# ---------------------------------------------------------------- boxes
def _boxed(x, plan, operation, value, flags):
    """Read the box that holds the elements, change it, and put it back."""
    aval = aval_of(x)
    starts, sizes = window_of(aval.shape, plan, flags.wrap)
    spans = [(a, p) for a, p in enumerate(plan.axes) if type(p) is Span]
    strided = any(p.strided for _, p in spans)
    counts = [p.size if type(p) is Span else n for p, n in zip(plan.axes, sizes, strict=True)]
    if operation != "set" or strided:
        box = _read_box(x, starts, sizes)
        steps = [abs(p.step) if type(p) is Span else 1 for p in plan.axes]
        old = s.slice(box, [0] * len(sizes), sizes, steps) if strided else box
    if value is not None:
        keep_scalar = operation != "set" and aval_of(value).ndim == 0
        value = (
            value if keep_scalar else placed(value, plan, counts, dict(enumerate(range(aval.ndim))))
        )
        if not keep_scalar:
            value = s.rev(
                value, [a for a, p in spans if p.step < 0 and aval_of(value).shape[a] > 1]
            )
    new = value if operation == "set" else to_dtype(combined(operation, old, value), aval.dtype)
    if strided:
        gaps = [(0, 0, abs(p.step) - 1 if type(p) is Span else 0) for p in plan.axes]
        changed = s.pad(s.full(counts, True), False, gaps)
        new = e.select(changed, s.pad(new, typed_literal(0, aval.dtype), gaps), box)
    if tuple(sizes) == aval.shape:
        return new
    return dynamic_update_slice.bind(x, new, *starts)[0]


def _read_box(x, starts, sizes):
    if is_staged() and all(type(i) is Literal for i in starts):
        low = [i.value for i in starts]
        return s.slice(x, low, [i + n for i, n in zip(low, sizes, strict=True)])
    return dynamic_slice.bind(x, *starts, slice_sizes=tuple(sizes))[0]


def placed(value, plan, shape, places):
    """A value that fits the plan's elements, repeated to `shape`.

    `places` has, for each array axis that the elements keep, its axis in `shape`, and under BATCH
    that of the first axis of index arrays.
    """
    own = aval_of(value).shape
    slots = []
    for part in plan.layout:
        if part is BATCH:
            slots.extend(range(places[BATCH], places[BATCH] + len(plan.batch)))
        else:
            slots.append(None if part is None else places[part])
    extra = len(own) - len(slots)
    slots = slots[-len(own) :] if extra <= 0 and own else [None] * max(extra, 0) + slots * bool(own)
    kept = [(n, d) for n, d in zip(own, slots, strict=True) if d is not None]
    value = s.reshape(value, [n for n, _ in kept])
    return s.broadcast_in_dim(value, shape, [d for _, d in kept])


# ---------------------------------------------------------------- scatters
def _scattered(x, plan, primitive, value, flags, mode, unique):
    """One scatter; `primitive` may be a function of a scalar, and then there is no value."""
    aval = aval_of(x)
    places, shape, windows, batch = {}, [], [], []
    for part in plan.layout:
        if part is None:
            continue
        places[part] = len(shape)
        if part is BATCH:
            shape.extend(plan.batch)
            batch.extend(plan.batch)
            continue
        p = plan.axes[part]
        if type(p) is Span and p.strided:
            batch.append(p.size)
        else:
            windows.append(len(shape))
        shape.append(p.size)
    columns, inserted = _columns(plan, places, windows)
    numbers = sc.ScatterDimensionNumbers(
        tuple(windows), tuple(inserted), tuple([c[0] for c in columns])
    )
    indices = index_vectors(columns, aval.shape, tuple(batch), flags.wrap)
    params = {
        "indices_are_sorted": flags.is_sorted or not batch,
        "unique_indices": unique,
        "mode": mode,
    }
    if not isinstance(primitive, sc.Scatter):
        return sc.scatter_apply(x, indices, primitive, numbers, update_shape=shape, **params)
    value = placed(value, plan, shape, places)
    turned = [
        places[a]
        for a, p in enumerate(plan.axes)
        if type(p) is Span and p.step == -1 and p.size > 1
    ]
    value = s.rev(value, turned)
    return primitive.bind(x, indices, value, dimension_numbers=numbers, **params)[0]


def _columns(plan, places, windows):
    """The columns of the index vectors (reading.index_vectors), and the axes that windows lack."""
    columns, inserted = [], []
    # an axis of the updates that is not inside windows is the axis of the index vectors of its rank
    rank_of = lambda place: place - sum(w < place for w in windows)
    first = rank_of(places[BATCH]) if BATCH in places else 0
    for a, p in enumerate(plan.axes):
        if type(p) is Span and p.strided:
            d = rank_of(places[a])
            columns.append((a, p, np.arange(p.size) * p.step + p.start, range(d, d + 1)))
            inserted.append(a)
        elif type(p) is Span:
            if p.low:
                columns.append((a, p, p.low, ()))
        elif type(p) is Points:
            end = first + len(plan.batch)
            columns.append((a, p, p.index, range(end - p.index.ndim, end)))
            inserted.append(a)
        else:
            columns.append((a, p, p.index if type(p) is Point else p.start, ()))
            if type(p) is Point:
                inserted.append(a)
    return columns, inserted
