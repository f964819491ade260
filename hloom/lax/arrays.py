"""Short compositions of structural operations: arrays made, joined, cut and repeated."""

import itertools

import numpy as np

from hloom.frontend.choices import unplaced
from hloom.frontend.errors import ArgumentError, ShapeError
from hloom.frontend.families import as_operand, typed_literal
from hloom.frontend.keywords import judged
from hloom.frontend.prims.elementwise import add, convert_element_type, mul
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    canonical_axis,
    concatenate,
    expand_dims,
    full,
    reshape,
    slice_in_dim,
    squeeze,
)
from hloom.frontend.trace import PYTHON_SCALARS, aval_of
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, ArrayLikes


def dtype(x):
    """The dtype of an array or number."""
    return aval_of(x).dtype


@judged
def empty(shape, dtype, *, out_sharding=None):
    """An array whose values do not matter; they are zeros."""
    unplaced("empty", out_sharding)
    return full(shape, 0, dtype)


@judged
def full_like(x, fill_value, dtype=None, shape=None, sharding=None):
    """An array of the shape and dtype of `x` in which every element is `fill_value`."""
    unplaced("full_like", sharding)
    aval = aval_of(x)
    if type(fill_value) in PYTHON_SCALARS:
        fill_value = typed_literal(fill_value, aval.dtype if dtype is None else dtype)
    weak = dtype is None and aval.weak_type
    shape, dtype = aval.shape if shape is None else shape, aval.dtype if dtype is None else dtype
    return _filled(fill_value, shape, dtype, weak)


@fused
def _filled(value: ArrayLike, shape, dtype, weak):
    return full(shape, convert_element_type(value, dtype, weak))


@fused
def shape_as_value(shape):
    """A shape as an array of integers."""
    return (
        concatenate([full((1,), n, "int32") for n in shape], 0) if shape else empty((0,), "int32")
    )


def stage(x, /):
    """`x` as an array: under a trace as a traced one, even if it is a number or a NumPy array.

    >>> import hloom
    >>> hloom.lax.stage(2)
    Array(2, dtype=int32, weak_type=True)
    """
    aval = aval_of(x)
    same = {"dtype": aval.dtype, "weak_type": aval.weak_type}
    return convert_element_type.bind(as_operand(x), **same)[0]


# ---------------------------------------------------------------- shapes
@judged
def broadcast_shapes(*shapes):
    """The shape that arrays of the given shapes have together.

    >>> import hloom
    >>> hloom.lax.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    ndim = max(map(len, shapes), default=0)
    found = [1] * ndim
    for shape in shapes:
        for i, n in enumerate(shape, ndim - len(shape)):
            if n not in (1, found[i]) and found[i] != 1:
                listed = " and ".join(map(str, shapes))
                remedy = "give the arrays equal lengths there, or length 1"
                raise ShapeError(
                    "broadcast_shapes: the shapes do not broadcast", f"they are {listed}", remedy
                )
            found[i] = n if found[i] == 1 else found[i]
    return tuple(found)


@judged
def broadcast_to_rank(x, rank):
    """`x` with axes of length 1 put in front until it has `rank` axes."""
    return expand_dims(x, range(rank - aval_of(x).ndim))


@fused
def broadcast_like(arr: ArrayLike, like_arr: ArrayLike):
    """`arr` repeated to the shape of `like_arr`."""
    shape, target = aval_of(arr).shape, aval_of(like_arr).shape
    if broadcast_shapes(shape, target) != target:
        what = "broadcast_like: the array does not broadcast to the other's shape"
        raise ShapeError(what, f"the shapes are {shape} and {target}", "reshape it first")
    kept = [i for i, n in enumerate(shape) if n == target[i + len(target) - len(shape)]]
    dims = [i + len(target) - len(shape) for i in kept]
    return broadcast_in_dim(reshape(arr, [shape[i] for i in kept]), target, dims)


@judged
def collapse(operand, start_dimension, stop_dimension=None):
    """`operand` with the axes from `start_dimension` to before `stop_dimension` made one.

    >>> import hloom
    >>> hloom.lax.collapse(hloom.numpy.ones((2, 3, 4)), 1).shape
    (2, 12)
    """
    shape = aval_of(operand).shape
    start, stop, _ = slice(start_dimension, stop_dimension).indices(len(shape))
    if stop - start < 1:
        found = f"axes {start_dimension} to {stop_dimension} of shape {shape}"
        raise ShapeError("collapse: there are no axes in the range", found, "name one or more axes")
    return reshape(operand, (*shape[:start], int(np.prod(shape[start:stop])), *shape[stop:]))


# ---------------------------------------------------------------- joining and cutting
@fused
def stack(operands: ArrayLikes, axis=0):
    """Arrays of one shape along a new axis."""
    operands = list(operands)
    if not operands:
        what = "stack: needs an array"
        raise ArgumentError(what, "the sequence is empty", "give one or more arrays")
    axis = canonical_axis("stack", axis, aval_of(operands[0]).ndim + 1)
    return concatenate([expand_dims(x, (axis,)) for x in operands], axis)


@fused
def unstack(x: ArrayLike, axis=0):
    """The elements of `x` along an axis, as a tuple of arrays without it."""
    axis = canonical_axis("unstack", axis, aval_of(x).ndim)
    n = aval_of(x).shape[axis]
    return tuple([squeeze(slice_in_dim(x, i, i + 1, axis=axis), (axis,)) for i in range(n)])


@fused
def split(operand: ArrayLike, sizes, axis=0):
    """`operand` cut along an axis into pieces of the given sizes, a list.

    >>> import hloom
    >>> [x.shape for x in hloom.lax.split(hloom.numpy.ones(5), [2, 3])]
    [(2,), (3,)]
    """
    shape = aval_of(operand).shape
    axis = canonical_axis("split", axis, len(shape))
    sizes = [int(n) for n in sizes]
    if sum(sizes) != shape[axis] or any([n < 0 for n in sizes]):
        found = f"they are {sizes}, the axis has length {shape[axis]}"
        raise ShapeError("split: the sizes add up to the length of the axis", found, "correct them")
    ends = list(itertools.accumulate(sizes))
    return [slice_in_dim(operand, e - n, e, axis=axis) for n, e in zip(sizes, ends, strict=True)]


@fused
def tile(operand: ArrayLike, reps):
    """`operand` repeated `reps[i]` times along axis i."""
    shape, reps = aval_of(operand).shape, tuple(reps)
    if len(reps) != len(shape):
        found = f"there are {len(reps)}, the operand has shape {shape}"
        raise ShapeError(
            "tile: needs one number of repetitions for each axis", found, "give one for each"
        )
    pairs = [n for pair in zip(reps, shape, strict=True) for n in pair]
    spread = broadcast_in_dim(operand, pairs, range(1, len(pairs), 2))
    return reshape(spread, [r * n for r, n in zip(reps, shape, strict=True)])


@fused
def polynomial(x: ArrayLike, coeffs: ArrayLikes, *, unroll=None):
    """The polynomial `coeffs[0] + coeffs[1] x + coeffs[2] x² + ...` by Horner's rule.

    >>> import hloom
    >>> float(hloom.lax.polynomial(3.0, [1.0, 5.0, 2.0]))
    34.0
    """
    coeffs = list(coeffs)
    if not coeffs:
        return full_like(x, 0)
    total = as_operand(coeffs[-1])
    for c in reversed(coeffs[:-1]):
        total = add(mul(total, x), c)
    if len(coeffs) == 1 and aval_of(total).shape != aval_of(x).shape:
        return add(total, full_like(x, 0))
    return total
