"""Primitives that read and write parts of an array at positions known only at run time.

A dynamic slice is one window; its start is moved so that it lies inside the array. A gather takes
many windows of one size (StableHLO specification, "gather"): each vector along the last axis of the
indices is the start of one. What becomes of windows that leave the array is the `mode`'s to say.
"""

import enum
from typing import NamedTuple

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray
from hloom.frontend.choices import one_of, shown
from hloom.frontend.errors import ArgumentError, DTypeError, ShapeError, ValueRangeError
from hloom.frontend.families import as_operand, same_dtype, typed_literal
from hloom.frontend.ir import Literal
from hloom.frontend.primitive import composed, primitive
from hloom.frontend.prims import structural as s
from hloom.frontend.prims.elementwise import add, convert_element_type, lt, select
from hloom.frontend.trace import PYTHON_SCALARS, aval_of, convert


class GatherScatterMode(enum.Enum):
    """What becomes of a window that is not inside the array.

    FILL_OR_DROP: a gather gives the fill value, a scatter leaves the window out. CLIP: the window
    is moved inside. PROMISE_IN_BOUNDS: the caller promises that it does not happen.
    """

    FILL_OR_DROP = "fill"
    CLIP = "clip"
    PROMISE_IN_BOUNDS = "promise_in_bounds"

    @classmethod
    def from_any(cls, mode, name="gather or scatter"):
        """The mode of a name ('fill' and 'drop' are one); None is FILL_OR_DROP."""
        found = _MODES[mode] if one_of(mode, _MODES) else None
        if found is None:
            raise ValueRangeError(
                f"{name}: there is no mode {mode!r}",
                "the modes are 'fill', 'drop', 'clip' and 'promise_in_bounds'",
                "use one of these",
            )
        return found


_MODES: dict = {
    **{m: m for m in GatherScatterMode},
    **{m.value: m for m in GatherScatterMode},
    "drop": GatherScatterMode.FILL_OR_DROP,
    None: GatherScatterMode.FILL_OR_DROP,
}
FILL, CLIP, PROMISE = GatherScatterMode


class GatherDimensionNumbers(NamedTuple):
    """How axes of the operand, the indices and the result of `gather` go together.

    `offset_dims`: axes of the result that run inside a window. `collapsed_slice_dims`: operand
    axes, of window length 1, that the result lacks. `start_index_map`: the operand axis of each
    element of an index vector. `operand_batching_dims` and `start_indices_batching_dims`: axes that
    run in step.
    """

    offset_dims: tuple[int, ...]
    collapsed_slice_dims: tuple[int, ...]
    start_index_map: tuple[int, ...]
    operand_batching_dims: tuple[int, ...] = ()
    start_indices_batching_dims: tuple[int, ...] = ()


def as_array_operand(x):
    """`x` as an operand: arrays as they are, Python scalars as Literals, lists refused."""
    x = as_operand(x)
    return x if isinstance(x, Array | Literal | np.ndarray | np.generic) else convert(x)


# ---------------------------------------------------------------- start indices
def index_dtype(shape):
    """The dtype of positions in an array of `shape`: int32, or int64 where that is too small."""
    wide = any(n > 2**31 - 1 for n in shape)
    return dtypes.canonicalize(np.dtype(np.int64 if wide else np.int32))


def as_index(name, x, dtype):
    """An integer array converted to the index dtype; DTypeError for other arrays."""
    x = as_array_operand(x)
    found = aval_of(x).dtype
    if found == dtype:
        return x
    if not dtypes.is_integer(found):
        raise DTypeError(
            f"{name}: indices are integers", f"they are {aval_of(x)}", "use x.astype(int)"
        )
    return typed_literal(x.value, dtype) if type(x) is Literal else convert_element_type(x, dtype)


def from_end(i, n):
    """`i` with negative values counted from the end of an axis of length `n`."""
    return i if dtypes.is_unsigned(aval_of(i).dtype) else select(lt(i, 0), add(i, n), i)


def start_operands(name, starts, shape, allow_negative):
    """Start indices as scalar operands of one dtype, negative ones counted from the end."""
    if isinstance(starts, Array | np.ndarray):
        if aval_of(starts).shape != (len(shape),):
            found = f"they have shape {aval_of(starts).shape}, the operand has shape {shape}"
            raise ShapeError(
                f"{name}: start indices are one vector", found, "give one start for each axis"
            )
        starts = [s.reshape(s.slice(starts, (i,), (i + 1,)), ()) for i in range(len(shape))]
    starts = list(starts)
    if len(starts) != len(shape):
        found = f"there are {len(starts)}, the operand has shape {shape}"
        raise ShapeError(
            f"{name}: one start index for each axis", found, "give one start for each axis"
        )
    wraps = [allow_negative] * len(shape) if isinstance(allow_negative, bool) else allow_negative
    dtype = index_dtype(shape)
    return [_start(name, i, n, w, dtype) for i, n, w in zip(starts, shape, wraps, strict=True)]


def _start(name, i, n, wrap, dtype):
    if isinstance(i, int | np.integer):
        i = int(i)
        return typed_literal(i + n if wrap and i < 0 else i, dtype)
    was_unsigned = dtypes.is_unsigned(aval_of(as_array_operand(i)).dtype)
    i = as_index(name, i, dtype)
    return from_end(i, n) if wrap and not was_unsigned else i


def _check_starts(name, starts, operand):
    for i in starts:
        if i.shape or not dtypes.is_integer(i.dtype) or i.dtype != starts[0].dtype:
            found = f"they are {', '.join(map(str, starts))}"
            raise DTypeError(
                f"{name}: start indices are integer scalars of one dtype", found, "convert them"
            )
    if len(starts) != operand.ndim:
        found = f"there are {len(starts)}, the operand is {operand}"
        raise ShapeError(
            f"{name}: one start index for each axis", found, "give one start for each axis"
        )


# ---------------------------------------------------------------- dynamic slices
def _dynamic_slice_type(x, *starts, slice_sizes):
    _check_starts("dynamic_slice", starts, x)
    _check_window("dynamic_slice", slice_sizes, x.shape)
    return ShapedArray(slice_sizes, x.dtype, x.weak_type)


def _check_window(name, sizes, shape):
    if len(sizes) != len(shape) or any(not 0 <= m <= n for m, n in zip(sizes, shape, strict=True)):
        found = f"the window has shape {sizes}, the operand has shape {shape}"
        raise ShapeError(
            f"{name}: the window does not fit", found, "use lengths from 0 to the operand's"
        )


@primitive(_dynamic_slice_type)
@composed("operand", "start_indices")
def dynamic_slice(operand, start_indices, slice_sizes, *, allow_negative_indices=True):
    """The window of shape `slice_sizes` that starts at `start_indices`.

    `start_indices` has one integer scalar for each axis; negative ones count from the end. The
    window is moved to lie inside `operand`.
    """
    operand = as_array_operand(operand)
    shape = aval_of(operand).shape
    starts = start_operands("dynamic_slice", start_indices, shape, allow_negative_indices)
    sizes = s.canonical_shape("dynamic_slice", slice_sizes)
    return dynamic_slice.bind(operand, *starts, slice_sizes=sizes)[0]


def _update_type(x, update, *starts):
    _check_starts("dynamic_update_slice", starts, x)
    _check_window("dynamic_update_slice", update.shape, x.shape)
    if update.dtype != x.dtype:
        found = f"they are {x} and {update}"
        raise DTypeError(
            "dynamic_update_slice: operand and update need one dtype", found, "convert one"
        )
    return x


@primitive(_update_type)
@composed("operand", "update", "start_indices")
def dynamic_update_slice(operand, update, start_indices, *, allow_negative_indices=True):
    """`operand` with the window that starts at `start_indices` replaced by `update`.

    The window is moved to lie inside `operand`; negative starts count from the end.
    """
    operand, update = same_dtype((as_array_operand(operand), update))
    shape = aval_of(operand).shape
    starts = start_operands("dynamic_update_slice", start_indices, shape, allow_negative_indices)
    return dynamic_update_slice.bind(operand, update, *starts)[0]


def _along(start, axis, ndim):
    return [start if i == axis else 0 for i in range(ndim)]


@composed("operand", "start_index")
def dynamic_slice_in_dim(operand, start_index, slice_size, axis=0, *, allow_negative_indices=True):
    """`dynamic_slice` along one axis, whole along the others."""
    shape = aval_of(operand).shape
    axis = s.canonical_axis("dynamic_slice_in_dim", axis, len(shape))
    sizes = (*shape[:axis], slice_size, *shape[axis + 1 :])
    starts = _along(start_index, axis, len(shape))
    return dynamic_slice(operand, starts, sizes, allow_negative_indices=allow_negative_indices)


@composed("operand", "index")
def dynamic_index_in_dim(operand, index, axis=0, keepdims=True, *, allow_negative_indices=True):
    """The elements at one position of an axis, which is dropped unless `keepdims`."""
    axis = s.canonical_axis("dynamic_index_in_dim", axis, aval_of(operand).ndim)
    wrap = allow_negative_indices
    found = dynamic_slice_in_dim(operand, index, 1, axis, allow_negative_indices=wrap)
    return found if keepdims else s.squeeze(found, (axis,))


@composed("operand", "update", "start_index")
def dynamic_update_slice_in_dim(operand, update, start_index, axis, *, allow_negative_indices=True):
    """`dynamic_update_slice` along one axis."""
    ndim = aval_of(operand).ndim
    axis = s.canonical_axis("dynamic_update_slice_in_dim", axis, ndim)
    starts = _along(start_index, axis, ndim)
    return dynamic_update_slice(
        operand, update, starts, allow_negative_indices=allow_negative_indices
    )


@composed("operand", "update", "index")
def dynamic_update_index_in_dim(operand, update, index, axis, *, allow_negative_indices=True):
    """`operand` with one position of an axis replaced; `update` may lack that axis."""
    ndim = aval_of(operand).ndim
    axis = s.canonical_axis("dynamic_update_index_in_dim", axis, ndim)
    update = as_array_operand(update)
    if aval_of(update).ndim != ndim:
        update = s.expand_dims(update, (axis,))
    wrap = allow_negative_indices
    return dynamic_update_slice_in_dim(operand, update, index, axis, allow_negative_indices=wrap)


@composed("operand")
def index_in_dim(operand, index, axis=0, keepdims=True):
    """The elements at a static position of an axis, which is dropped unless `keepdims`."""
    shape = aval_of(operand).shape
    axis = s.canonical_axis("index_in_dim", axis, len(shape))
    if not -shape[axis] <= index < shape[axis]:
        what = f"index_in_dim: there is no position {index}"
        raise ValueRangeError(
            what, f"axis {axis} has length {shape[axis]}", "use one from -length up"
        )
    index = int(index) % shape[axis]
    found = s.slice_in_dim(operand, index, index + 1, 1, axis)
    return found if keepdims else s.squeeze(found, (axis,))


# ---------------------------------------------------------------- gather
def check_axes(name, what, axes, limit, ordered=True):
    """ShapeError unless `axes` are distinct, below `limit` and, if so asked, increasing."""
    good = len(set(axes)) == len(axes) and all(0 <= a < limit for a in axes)
    if not good or (ordered and list(axes) != sorted(axes)):
        found = f"{what} is {tuple(axes)}"
        order = "increasing" if ordered else "distinct"
        raise ShapeError(
            f"{name}: wrong dimension numbers", found, f"use {order} axes from 0 to {limit - 1}"
        )


def check_indices(name, indices, index_map, batching, batched_axes, operand):
    """The checks that gather and scatter share: the indices against the axes they index."""
    if not indices.ndim or not dtypes.is_integer(indices.dtype):
        remedy = "give them a last axis that holds the index vectors"
        raise DTypeError(f"{name}: indices are an integer array", f"they are {indices}", remedy)
    if indices.shape[-1] != len(index_map):
        found = f"the last axis of the indices {indices} has length {indices.shape[-1]}"
        raise ShapeError(
            f"{name}: an index vector has {len(index_map)} elements", found, "correct it"
        )
    if len(batching) != len(batched_axes):
        found = f"they are {tuple(batching)} and {tuple(batched_axes)}"
        raise ShapeError(f"{name}: the batching axes go in pairs", found, "give as many of each")
    check_axes(name, "the map of indices", index_map, operand.ndim, ordered=False)
    check_axes(name, "batching axes of the indices", batched_axes, indices.ndim - 1, ordered=False)
    for a, b in zip(batching, batched_axes, strict=True):
        if operand.shape[a] != indices.shape[b] or a in index_map:
            found = f"axis {a} of {operand} goes with axis {b} of the indices {indices}"
            raise ShapeError(
                f"{name}: batching axes differ", found, "use axes of one length, not indexed"
            )


def _gather_type(
    x,
    indices,
    *,
    dimension_numbers,
    slice_sizes,
    indices_are_sorted,
    unique_indices,
    mode,
    fill_value,
):
    offsets, collapsed, index_map, batching, batched_axes = dimension_numbers
    _check_window("gather", slice_sizes, x.shape)
    check_indices("gather", indices, index_map, batching, batched_axes, x)
    dropped = sorted((*collapsed, *batching))
    check_axes("gather", "collapsed_slice_dims and operand_batching_dims", dropped, x.ndim)
    for a in dropped:
        if slice_sizes[a] != 1 and not (a in batching and x.shape[a] == 0):
            found = f"the window has shape {slice_sizes}, axis {a} is collapsed"
            raise ShapeError(
                "gather: a collapsed axis has window length 1", found, "correct slice_sizes"
            )
    windows = [n for a, n in enumerate(slice_sizes) if a not in dropped]
    rank = indices.ndim - 1 + len(windows)
    check_axes("gather", "offset_dims", offsets, rank)
    if len(offsets) != len(windows):
        found = f"offset_dims is {offsets}, the window has axes of lengths {windows}"
        raise ShapeError(
            "gather: one offset axis for each window axis", found, "correct offset_dims"
        )
    positions, lengths = iter(indices.shape[:-1]), iter(windows)
    shape = tuple([next(lengths) if i in offsets else next(positions) for i in range(rank)])
    return ShapedArray(shape, x.dtype, x.weak_type)


@primitive(_gather_type)
def gather(
    operand,
    start_indices,
    dimension_numbers,
    slice_sizes,
    *,
    unique_indices=False,
    indices_are_sorted=False,
    mode=None,
    fill_value=None,
):
    """Windows of `operand`, of shape `slice_sizes`, that start at the vectors of `start_indices`.

    In the mode 'fill', which is the default, windows that leave the operand hold `fill_value`: if
    it is None, NaN, the lowest signed or the highest unsigned integer, or True.
    """
    operand, indices = as_array_operand(operand), as_array_operand(start_indices)
    mode = GatherScatterMode.from_any(mode)
    params = {
        "dimension_numbers": GatherDimensionNumbers(*map(tuple, dimension_numbers)),
        "slice_sizes": s.canonical_shape("gather", slice_sizes),
        "indices_are_sorted": bool(indices_are_sorted),
        "unique_indices": bool(unique_indices),
        "mode": mode,
        "fill_value": fill_of(aval_of(operand).dtype, fill_value) if mode is FILL else None,
    }
    return gather.bind(operand, widened(indices), **params)[0]


def widened(indices):
    """Indices of less than 32 bits as int32, so that every limit can be said in their dtype."""
    dtype = aval_of(indices).dtype
    narrow = dtypes.is_integer(dtype) and dtypes.itemsize_bits(dtype) < 32
    return convert_element_type(indices, np.int32) if narrow else indices


def fill_of(dtype, value=None):
    """The Literal that stands for an element outside of an array."""
    if value is not None:
        value = getattr(value, "item", lambda: value)()
        if type(value) not in PYTHON_SCALARS:
            asked, found = "get: fill_value is a number", f"it is {shown(value)}"
            raise ArgumentError(asked, found, "give one number")
        return typed_literal(value, dtype)
    if dtypes.is_inexact(dtype):
        value = complex("nan") if dtypes.is_complex(dtype) else float("nan")
    elif dtypes.is_bool(dtype):
        value = True
    elif dtypes.is_extended(dtype):
        value = 0
    else:
        value = int(dtypes.iinfo(dtype).min if dtypes.is_signed(dtype) else dtypes.iinfo(dtype).max)
    return typed_literal(value, dtype)


@composed("src", "idxs")
def index_take(src, idxs, axes):
    """The elements of `src` at positions given by vectors `idxs`, one for each of `axes`."""
    shape = aval_of(src).shape
    axes = s.canonical_axes("index_take", axes, len(shape))
    if len(idxs) != len(axes):
        found = f"there are {len(idxs)} vectors and {len(axes)} axes"
        raise ArgumentError("index_take: one vector for each axis", found, "give as many of each")
    dtype = index_dtype(shape)
    columns = []
    for x, a in zip(idxs, axes, strict=True):
        x = from_end(as_index("index_take", x, dtype), shape[a])
        columns.append(s.reshape(x, (*aval_of(x).shape, 1)))
    indices = s.concatenate(columns, 1)
    sizes = [1 if a in axes else n for a, n in enumerate(shape)]
    kept = tuple(range(1, len(shape) - len(axes) + 1))
    numbers = GatherDimensionNumbers(kept, tuple(sorted(axes)), axes)
    return gather(src, indices, numbers, sizes, mode=CLIP)
