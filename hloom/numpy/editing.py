"""Elements inserted and deleted, zeros trimmed; the places decide lengths, so they are static."""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import (
    ArgumentError,
    IndexingError,
    IndexTypeError,
    ShapeError,
    TracedValueError,
)
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.reduction import reduce_or
from hloom.frontend.prims.sorting import sort_key_val
from hloom.frontend.trace import aval_of, concrete_or_none
from hloom.numpy.creation import asarray
from hloom.numpy.folding import reduced_axes
from hloom.numpy.indexing import getitem
from hloom.numpy.promotion import broadcast_shapes, broadcast_to, operand, strong, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _static(name, x):
    """The value of an argument that decides a length, as a NumPy array."""
    found = concrete_or_none(x) if isinstance(x, Array) else x
    if found is None:
        raise TracedValueError(
            f"{name}: what is given decides the length of the result, so it is static",
            f"it is traced ({x.aval})",
            "pass Python or NumPy integers, or call it outside of the traced function",
        )
    return np.asarray(found)


def _places(name, obj, n):
    """Positions along an axis of length `n`, from a slice, a mask or integers."""
    if isinstance(obj, slice):
        return np.arange(n)[obj]
    found = _static(name, obj)
    if found.dtype == bool:
        if found.shape != (n,):
            what, remedy = f"it has shape {found.shape}, the axis {n} elements", "give it one each"
            raise ShapeError(f"{name}: a mask is as long as the axis", what, remedy)
        return np.flatnonzero(found)
    if found.size and found.dtype.kind not in "iu":
        what = f"it was given {obj!r}"
        raise IndexTypeError(f"{name}: positions are integers", what, "give ints, or a mask")
    return _inside(name, found if found.size else found.astype(int), n - (name == "delete"))


def _inside(name, places, last):
    n = last + (name == "delete")
    wrong = (places < -n) | (places > last)
    if wrong.any():
        found = f"the axis has length {n}"
        remedy = f"use positions from {-n} to {last}"
        raise IndexingError(f"{name}: at {np.atleast_1d(places)[wrong.ravel()][0]}", found, remedy)
    return np.where(places < 0, places + n, places)


def _length(name, arr, axis):
    """The length of an axis, or of the flat array if `axis` is None."""
    aval = aval_of(arr)
    return aval.size if axis is None else aval.shape[s.canonical_axis(name, axis, aval.ndim)]


def _along(name, arr, axis):
    """The array, flattened if `axis` is None, and the axis."""
    arr = operand(name, arr)
    if axis is None:
        return s.reshape(arr, (aval_of(arr).size,)), 0
    return arr, s.canonical_axis(name, axis, aval_of(arr).ndim)


@fused
def _taken(name, arr: ArrayLike, places: ArrayLike, axis):
    arr, axis = _along(name, arr, axis)
    return _take(arr, places, axis)


def _take(x, places, axis):
    return getitem(x, (slice(None),) * axis + (places,))


@judged
def insert(arr, obj, values, axis=None):
    """`arr` with `values` inserted before the positions `obj` of an axis, or of the flat array.

    >>> import hloom.numpy as np
    >>> np.insert(np.arange(3), 1, 9)
    Array([0, 9, 1, 2], dtype=int32)
    """
    arr = operand("insert", arr)
    values = asarray(values) if isinstance(values, list | tuple) else operand("insert", values)
    n = _length("insert", arr, axis)
    places = _places("insert", obj, n)
    ndim = 1 if axis is None else aval_of(arr).ndim
    one, shape = places.ndim == 0, aval_of(values).shape
    if one:  # the first axis of full values is the one that they are inserted along
        places = np.repeat(places, shape[0] if len(shape) == ndim else 1)
    elif len(places) == 1 and len(shape) == ndim:
        places = np.repeat(places, shape[axis or 0])
    # each new element moves those after it by one
    order = np.argsort(places, kind="stable")
    new = np.empty(len(places), int)
    new[order] = places[order] + np.arange(len(places))
    source = np.empty(n + len(places), np.int32)
    is_old = np.ones(len(source), bool)
    is_old[new] = False
    source[new], source[is_old] = n + np.arange(len(places)), np.arange(n)
    return _inserted(arr, values, source, axis, one)


@fused
def _inserted(arr: ArrayLike, values: ArrayLike, source: ArrayLike, axis, one):
    """The elements at `source` of the array followed by the values, along an axis."""
    arr, axis = _along("insert", arr, axis)
    shape, dtype = aval_of(arr).shape, aval_of(arr).dtype
    values = to_dtype(operand("insert", values), dtype, name="insert")
    own, ndim = aval_of(values).shape, len(shape)
    if one and own:
        values = s.reshape(values, (1,) * (ndim - len(own)) + own)
        values = s.transpose(values, [*range(1, axis + 1), 0, *range(axis + 1, ndim)])
    count = aval_of(source).size - shape[axis]
    room = (*shape[:axis], count, *shape[axis + 1 :])
    if broadcast_shapes("insert", aval_of(values).shape, room) != room:
        found = f"they have shape {own}, the places shape {room}"
        raise ShapeError("insert: values broadcast to the places", found, "give one for each")
    return _take(s.concatenate([strong(arr), broadcast_to(values, room)], axis), source, axis)


@judged
def delete(arr, obj, axis=None, *, assume_unique_indices=False):
    """`arr` without the positions `obj` of an axis, or of the flat array.

    Traced positions need `assume_unique_indices`: then they are as many as they seem.

    >>> import hloom.numpy as np
    >>> np.delete(np.arange(4), 1)
    Array([0, 2, 3], dtype=int32)
    """
    arr = operand("delete", arr)
    n = _length("delete", arr, axis)
    if assume_unique_indices and not isinstance(obj, slice):
        return _without(arr, obj, axis)
    places = _places("delete", obj, n)
    kept = np.setdiff1d(np.arange(n), places).astype(np.int32)
    return _taken("delete", arr, kept, axis)


@fused
def _without(arr: ArrayLike, places: ArrayLike, axis):
    arr, axis = _along("delete", arr, axis)
    return _take(arr, _others(places, aval_of(arr).shape[axis]), axis)


def _others(places, n):
    """The positions from 0 to n - 1 that are not among distinct `places`."""
    places = operand("delete", places)
    size = aval_of(places).size
    places = s.reshape(e.convert_element_type(places, dtypes.int32), (size, 1))
    places = e.select(e.lt(places, 0), e.add(places, n), places)
    positions = s.broadcasted_iota(dtypes.int32, (size, n), 1)
    same = e.eq(s.broadcast_in_dim(places, (size, n), (0, 1)), positions)
    gone = e.convert_element_type(reduce_or(same, (0,)), dtypes.int32)
    _, order = sort_key_val(gone, s.iota(dtypes.int32, n))
    return s.slice_in_dim(order, 0, n - size)


@judged
def trim_zeros(filt, trim="fb", axis=None):
    """`filt` without the zeros at the front ("f") and the back ("b") of its axes.

    >>> import hloom.numpy as np
    >>> np.trim_zeros(np.array([0, 1, 2, 0]))
    Array([1, 2], dtype=int32)
    """
    values = _static("trim_zeros", filt)
    if not isinstance(trim, str):
        found = f"it is {trim!r}"
        raise ArgumentError("trim_zeros: trim is a string", found, 'use "f", "b" or "fb"')
    sides = trim.lower()
    if set(sides) - {"f", "b"} or not sides:
        found = f"it is {trim!r}"
        raise ShapeError('trim_zeros: trim is made of "f" and "b"', found, "use one or both")
    axes = reduced_axes("trim_zeros", axis, values.ndim)
    index = [slice(None)] * values.ndim
    found = np.argwhere(values)
    for a in axes:
        low, high = (found[:, a].min(), found[:, a].max() + 1) if len(found) else (0, 0)
        n = values.shape[a]
        if not len(found) and sides == "f":
            low, high = n, n
        index[a] = slice(int(low) if "f" in sides else 0, int(high) if "b" in sides else n)
    return getitem(asarray(filt), tuple(index))
