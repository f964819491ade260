"""Structural primitives: they move elements about and compute nothing."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.choices import shown, unplaced, whole
from hloom.frontend.errors import (
    ArgumentError,
    AxisError,
    DTypeError,
    HloomError,
    ShapeError,
    ValueRangeError,
)
from hloom.frontend.families import as_operand, same_dtype, typed_literal
from hloom.frontend.ir import Literal
from hloom.frontend.keywords import judged
from hloom.frontend.primitive import composed, primitive
from hloom.frontend.prims.elementwise import convert_element_type
from hloom.frontend.trace import aval_of


def canonical_axis(name, axis, ndim):
    """`axis` counted from the front; AxisError if there is no such axis."""
    found = whole(axis)
    if found is None:
        asked = f"{name}: an axis is an integer"
        raise ArgumentError(asked, f"it is {shown(axis)}", "give an int, or a tuple of ints")
    if not -ndim <= found < ndim:
        what = f"{name}: there is no axis {found}"
        limits = (
            f"use an axis from {-ndim} to {ndim - 1}" if ndim else "give the array an axis first"
        )
        raise AxisError(what, f"the operand has {ndim} axes", limits)
    return found + ndim if found < 0 else found


def canonical_axes(name, axes, ndim):
    """Axes counted from the front, in the order given; AxisError for a bad or repeated one."""
    try:
        axes = tuple(axes)
    except TypeError:
        asked, given = f"{name}: axes are integers", f"they are {shown(axes)}"
        raise ArgumentError(asked, given, "give a tuple of ints") from None
    found = tuple([canonical_axis(name, a, ndim) for a in axes])
    if len(set(found)) != len(found):
        raise AxisError(f"{name}: an axis is named twice", f"the axes are {axes}", "name each once")
    return found


def lengths(name, shape):
    """A shape as a tuple of Python ints; an int is the length of the one axis."""
    try:
        several = list(shape)
    except TypeError:
        several = [shape]
    try:
        return tuple([n.__index__() for n in several])
    except HloomError:  # a traced length, which says so
        raise
    except (AttributeError, TypeError):
        asked, found = f"{name}: lengths are integers", f"the shape is {shown(shape)}"
        raise ArgumentError(asked, found, "give an int, or a tuple of ints") from None


def canonical_shape(name, shape):
    """A shape as a tuple of Python ints, none negative."""
    found = lengths(name, shape)
    if any(s < 0 for s in found):
        raise ShapeError(
            f"{name}: a length is negative", f"the shape is {found}", "use lengths from 0 up"
        )
    return found


# ---------------------------------------------------------------- broadcast, reshape, transpose
def _broadcast_type(x, *, shape, broadcast_dimensions):
    fits = len(broadcast_dimensions) == x.ndim and all(
        d < len(shape) and n in (1, shape[d])
        for n, d in zip(x.shape, broadcast_dimensions, strict=False)
    )
    if not fits or list(broadcast_dimensions) != sorted(set(broadcast_dimensions)):
        found = f"the operand has shape {x.shape}, its axes go to axes {broadcast_dimensions}"
        remedy = "each axis needs a place of equal length, or length 1, in increasing order"
        raise ShapeError(f"broadcast_in_dim: cannot make shape {shape}", found, remedy)
    return ShapedArray(shape, x.dtype, x.weak_type)


@primitive(_broadcast_type)
def broadcast_in_dim(operand, shape, broadcast_dimensions, *, out_sharding=None):
    """Repeat `operand` to fill `shape`; its axis i becomes axis `broadcast_dimensions[i]`."""
    unplaced("broadcast_in_dim", out_sharding)
    shape = canonical_shape("broadcast_in_dim", shape)
    dims = tuple([int(d) for d in broadcast_dimensions])
    operand = as_operand(operand)
    if aval_of(operand).shape == shape and shape:
        return operand
    return broadcast_in_dim.bind(operand, shape=shape, broadcast_dimensions=dims)[0]


@judged
def broadcast(operand, sizes, *, out_sharding=None):
    """Put new leading axes of the given sizes before those of `operand`."""
    unplaced("broadcast", out_sharding)
    sizes, shape = tuple(sizes), aval_of(operand).shape
    dims = range(len(sizes), len(sizes) + len(shape))
    return broadcast_in_dim(operand, (*sizes, *shape), dims)


@judged
def full(shape, fill_value, dtype=None, *, sharding=None):
    """An array of `shape` in which every element is the scalar `fill_value`."""
    unplaced("full", sharding)
    fill_value = as_operand(fill_value)
    aval = aval_of(fill_value)
    if aval.shape:
        raise ShapeError(
            "full: the fill value is a scalar", f"it has shape {aval.shape}", "use broadcast_in_dim"
        )
    if dtype is not None:
        dtype = dtypes.requested("full", dtype)
        if aval.dtype != dtype or aval.weak_type:
            if type(fill_value) is not Literal:
                return _converted_full(canonical_shape("full", shape), fill_value, dtype)
            fill_value = typed_literal(fill_value.value, dtype)
    shape = canonical_shape("full", shape)
    return broadcast_in_dim.bind(fill_value, shape=shape, broadcast_dimensions=())[0]


@composed("fill_value")
def _converted_full(shape, fill_value, dtype):
    fill_value = convert_element_type(fill_value, dtype)
    return broadcast_in_dim.bind(fill_value, shape=shape, broadcast_dimensions=())[0]


def _reshape_type(x, *, new_sizes):
    if math.prod(new_sizes) != x.size:
        size = math.prod(new_sizes)
        found = f"the operand has shape {x.shape}, which is {x.size} elements, not {size}"
        raise ShapeError(
            f"reshape: cannot make shape {new_sizes}", found, "use a shape of as many elements"
        )
    return ShapedArray(new_sizes, x.dtype, x.weak_type)


@primitive(_reshape_type)
def reshape(operand, new_sizes, dimensions=None, *, out_sharding=None):
    """The elements of `operand`, in row-major order, under a new shape."""
    unplaced("reshape", out_sharding)
    new_sizes = canonical_shape("reshape", new_sizes)
    operand = as_operand(operand)
    if dimensions is not None:
        return _permuted_reshape(operand, new_sizes, dimensions)
    if aval_of(operand).shape == new_sizes and not isinstance(operand, np.ndarray | np.generic):
        return operand
    return reshape.bind(operand, new_sizes=new_sizes)[0]


@composed("operand")
def _permuted_reshape(operand, new_sizes, dimensions):
    return reshape(transpose(operand, dimensions), new_sizes)


def squeeze(array, dimensions):
    """Drop axes of length 1."""
    shape = aval_of(array).shape
    axes = canonical_axes("squeeze", dimensions, len(shape))
    for a in axes:
        if shape[a] != 1:
            found = f"axis {a} has length {shape[a]}, the shape is {shape}"
            raise ShapeError(
                "squeeze: drops axes of length 1 only", found, "index or reduce the axis"
            )
    return reshape(array, [n for i, n in enumerate(shape) if i not in axes])


@judged
def expand_dims(array, dimensions):
    """Insert axes of length 1 so that they stand at `dimensions` of the result."""
    shape = list(aval_of(array).shape)
    axes = canonical_axes("expand_dims", dimensions, len(shape) + len(tuple(dimensions)))
    kept = [i for i in range(len(shape) + len(axes)) if i not in axes]
    new = [1] * (len(shape) + len(axes))
    for i, n in zip(kept, shape, strict=True):
        new[i] = n
    return broadcast_in_dim(array, new, kept)


def _transpose_type(x, *, permutation):
    if sorted(permutation) != list(range(x.ndim)):
        found = f"the operand has shape {x.shape}"
        raise AxisError(f"transpose: {permutation} is no permutation", found, "name each axis once")
    return ShapedArray(tuple([x.shape[i] for i in permutation]), x.dtype, x.weak_type)


@primitive(_transpose_type)
def transpose(operand, permutation):
    """Permute axes: axis i of the result is axis `permutation[i]` of `operand`."""
    operand, permutation = as_operand(operand), tuple([int(p) for p in permutation])
    if permutation == tuple(range(aval_of(operand).ndim)):
        return operand
    return transpose.bind(operand, permutation=permutation)[0]


# ------------------------------------------------------------ iota, slice, pad, concatenate, rev
def _iota_type(*, dtype, shape, dimension):
    return ShapedArray(shape, dtype)


@primitive(_iota_type, name="iota")
def broadcasted_iota(dtype, shape, dimension, *, out_sharding=None):
    """Positions along axis `dimension`: the element at index i is `i[dimension]`."""
    unplaced("broadcasted_iota", out_sharding)
    shape = canonical_shape("iota", shape)
    dimension = canonical_axis("iota", dimension, len(shape))
    dtype = dtypes.requested("iota", dtype)
    if dtypes.is_bool(dtype):
        raise DTypeError(
            "iota: needs a number dtype", f"it was given {dtype}", "use int32 and convert"
        )
    return broadcasted_iota.bind(dtype=dtype, shape=shape, dimension=dimension)[0]


def iota(dtype, size):
    """0, 1, ..., size - 1."""
    return broadcasted_iota(dtype, (size,), 0)


def _slice_type(x, *, start_indices, limit_indices, strides):
    rank_fits = len(start_indices) == len(limit_indices) == len(strides) == x.ndim
    if not rank_fits or not all(
        0 <= lo <= hi <= n and step > 0
        for lo, hi, step, n in zip(start_indices, limit_indices, strides, x.shape, strict=True)
    ):
        found = f"the operand has shape {x.shape}"
        what = f"slice: from {start_indices} to {limit_indices} in steps of {strides}"
        raise ShapeError(what, found, "for each axis 0 <= start <= limit <= length and step > 0")
    lengths = zip(start_indices, limit_indices, strides, strict=True)
    return ShapedArray(
        tuple([-(-(hi - lo) // step) for lo, hi, step in lengths]), x.dtype, x.weak_type
    )


@primitive(_slice_type)
def slice(operand, start_indices, limit_indices, strides=None):
    """The elements from `start_indices` up to `limit_indices`, in steps of `strides`; static."""
    operand = as_operand(operand)
    shape = aval_of(operand).shape
    start, limit = (tuple([int(i) for i in v]) for v in (start_indices, limit_indices))
    strides = (1,) * len(start) if strides is None else tuple([int(s) for s in strides])
    if limit == shape and not any(start) and strides == (1,) * len(shape):
        return operand
    return slice.bind(operand, start_indices=start, limit_indices=limit, strides=strides)[0]


@judged
def slice_in_dim(operand, start_index, limit_index, stride=1, axis=0):
    """`slice` along one axis; None and negative indices as in Python."""
    shape = aval_of(operand).shape
    axis = canonical_axis("slice_in_dim", axis, len(shape))
    n = shape[axis]
    start = 0 if start_index is None else start_index + n * (start_index < 0)
    limit = n if limit_index is None else limit_index + n * (limit_index < 0)
    starts, limits, strides = [0] * len(shape), list(shape), [1] * len(shape)
    starts[axis], limits[axis], strides[axis] = start, limit, stride
    return slice(operand, starts, limits, strides)


def _pad_type(x, value, *, padding_config):
    if value.shape or value.dtype != x.dtype:
        found = f"they are {value} and {x}"
        raise DTypeError(
            "pad: the padding value is a scalar of the operand's dtype", found, "convert it"
        )
    if len(padding_config) != x.ndim or any(mid < 0 for _, _, mid in padding_config):
        found = f"the operand has shape {x.shape}, the padding is {padding_config}"
        raise ShapeError(
            "pad: one (low, high, interior) for each axis, interior >= 0", found, "correct it"
        )
    lengths = [
        lo + hi + n + mid * (n - 1 if n else 0)
        for n, (lo, hi, mid) in zip(x.shape, padding_config, strict=True)
    ]
    if any(n < 0 for n in lengths):
        found = f"the operand has shape {x.shape}, the padding is {padding_config}"
        raise ShapeError(
            f"pad: the result would have shape {tuple(lengths)}", found, "take away less"
        )
    return ShapedArray(tuple(lengths), x.dtype, x.weak_type)


@primitive(_pad_type)
def pad(operand, padding_value, padding_config):
    """Put `padding_value` around and between elements: (low, high, interior) for each axis."""
    operand, padding_value = same_dtype((operand, padding_value))
    config = tuple([tuple([int(n) for n in c]) for c in padding_config])
    return pad.bind(operand, padding_value, padding_config=config)[0]


def _concatenate_type(*xs, dimension):
    first = xs[0]
    for x in xs:
        same = x.ndim == first.ndim and all(
            n == m
            for i, (n, m) in enumerate(zip(x.shape, first.shape, strict=True))
            if i != dimension
        )
        if not same:
            found = f"the operands have shapes {', '.join(str(x.shape) for x in xs)}"
            what = f"concatenate: shapes may differ only along axis {dimension}"
            raise ShapeError(what, found, "reshape or pad the operands")
        if x.dtype != first.dtype:
            found = f"they are {', '.join(str(x.dtype) for x in xs)}"
            raise DTypeError(
                "concatenate: operands need one dtype", found, "convert with x.astype(...)"
            )
    shape = list(first.shape)
    shape[dimension] = sum(x.shape[dimension] for x in xs)
    return ShapedArray(tuple(shape), first.dtype, all([x.weak_type for x in xs]))


@primitive(_concatenate_type)
def concatenate(operands, dimension):
    """Join arrays along an axis."""
    operands = [as_operand(x) for x in operands]
    if not operands:
        raise ValueRangeError(
            "concatenate: needs an array", "the sequence is empty", "pass at least one"
        )
    dimension = canonical_axis("concatenate", dimension, aval_of(operands[0]).ndim)
    if len(operands) == 1:
        return operands[0]
    return concatenate.bind(*operands, dimension=dimension)[0]


def _rev_type(x, *, dimensions):
    return x


@primitive(_rev_type)
def rev(operand, dimensions):
    """Reverse the order of elements along axes."""
    axes = canonical_axes("rev", dimensions, aval_of(operand).ndim)
    return rev.bind(operand, dimensions=axes)[0] if axes else operand


def converted(x, dtype):
    """`x` in `dtype`; a Literal stays a Literal."""
    if type(x) is Literal:
        return typed_literal(x.value, dtype)
    return convert_element_type(x, dtype)
