"""Images of any number of dimensions: scipy.ndimage."""

import math

from hloom.frontend import dtypes
from hloom.frontend.choices import one_of
from hloom.frontend.errors import ArgumentError, ShapeError, UnsupportedError, ValueRangeError
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.indexing import GatherDimensionNumbers, gather, index_dtype
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.trace import aval_of
from hloom.numpy.elementwise import as_inexact, remainder
from hloom.numpy.promotion import (
    broadcast_shapes,
    broadcast_to,
    operand,
    promote_dtypes,
    select,
    to_dtype,
)
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, ArrayLikes

__all__ = ["map_coordinates"]


def _mirrored(i, n):
    """d c b | a b c d | c b a: the edges stand once."""
    if n == 1:
        return e.mul(i, 0)
    period = 2 * n - 2
    return e.sub(n - 1, e.abs(e.sub(remainder(i, period), n - 1)))


def _reflected(i, n):
    """d c b a | a b c d | d c b a: the edges stand twice."""
    i = remainder(i, 2 * n)
    return e.min(i, e.sub(2 * n - 1, i))


#: mode -> the position inside of an axis of length n that stands for a position
_MODES = {
    "constant": lambda i, n: i,
    "nearest": lambda i, n: e.clamp(0, i, n - 1),
    "wrap": remainder,
    "mirror": _mirrored,
    "reflect": _reflected,
}
#: SciPy's names for what continues the grid itself
_MODES |= {f"grid-{m}": _MODES[k] for m, k in
           {"constant": "constant", "wrap": "wrap", "mirror": "reflect"}.items()}  # fmt: skip


@fused
def map_coordinates(
    input: ArrayLike, coordinates: ArrayLikes, order, mode="constant", cval: ArrayLike = 0.0
):
    """The values of an array at coordinates between its elements.

    `coordinates` has one array for each axis of `input`, all of the shape of the result. `order` is
    0 for the nearest element or 1 for linear interpolation. Beyond its ends the array goes on by
    `mode`: with `cval` ("constant"), its last elements ("nearest"), its mirror image without
    ("mirror") or with ("reflect") the last element, or its beginning ("wrap"). Neighbours of a
    coordinate are continued one by one, so that "constant" and "wrap" are what SciPy calls
    "grid-constant" and "grid-wrap", names that are known as well. Integers are rounded.

    >>> import hloom.numpy as np
    >>> from hloom.scipy import ndimage
    >>> image = np.array([[0.0, 1.0], [2.0, 3.0]])
    >>> ndimage.map_coordinates(image, [np.array([0.5, 1.0]), np.array([0.5, 0.0])], order=1)
    Array([1.5, 2. ], dtype=float32)
    """
    x = operand("map_coordinates", input)
    aval = aval_of(x)
    places = _coordinates(coordinates, aval)
    if not one_of(order, (0, 1)):
        found = f"order is {order!r}; splines of a higher order need a filter of the whole array"
        remedy = "use order=1, or scipy.ndimage on the host"
        raise UnsupportedError("map_coordinates: orders 0 and 1 only", found, remedy)
    if not one_of(mode, _MODES):
        known = ", ".join(map(repr, _MODES))
        raise ValueRangeError(f"map_coordinates: mode {mode!r}", f"known are {known}", "use one")
    shape = aval_of(places[0]).shape
    if not aval.size or math.prod(shape) == 0:
        return _all_outside(x, shape, cval)
    return _nearest(x, places, mode, cval) if order == 0 else _linear(x, places, mode, cval)


def _coordinates(coordinates, aval):
    """One array of floats for each axis, of one shape and dtype."""
    if not isinstance(coordinates, list | tuple):
        array = operand("map_coordinates", coordinates)
        if not aval_of(array).ndim:
            found = f"they are {aval_of(array)}"
            remedy = "give a sequence with an array for each axis"
            raise ArgumentError("map_coordinates: coordinates are a sequence", found, remedy)
        coordinates = [array[i] for i in range(aval_of(array).shape[0])]
    if len(coordinates) != aval.ndim or not coordinates:
        found = f"there are {len(coordinates)}, the input has shape {aval.shape}"
        asked = "map_coordinates: one array of coordinates for each axis"
        raise ShapeError(asked, found, "give as many, for an input with axes")
    arrays = promote_dtypes("map_coordinates", *coordinates)
    shape = broadcast_shapes("map_coordinates", *[aval_of(v).shape for v in arrays])
    if dtypes.is_complex(aval_of(arrays[0]).dtype):
        found = f"they are {aval_of(arrays[0])}"
        raise ArgumentError("map_coordinates: coordinates are real", found, "use x.real")
    return [broadcast_to(as_inexact("map_coordinates", v), shape) for v in arrays]


def _all_outside(x, shape, cval):
    """The result where there is nothing to read, or nowhere."""
    return s.broadcast_in_dim(_as_element(cval, x), shape, ())


def _as_element(cval, x):
    cval = operand("map_coordinates", cval)
    if aval_of(cval).shape:
        found, remedy = f"it is {aval_of(cval)}", "give a scalar"
        raise ShapeError("map_coordinates: cval is one number", found, remedy)
    return to_dtype(cval, aval_of(x).dtype)


def _nearest(x, places, mode, cval):
    dtype = index_dtype((aval_of(x).size,))
    indices = [to_dtype(e.round(place), dtype) for place in places]
    return _elements(x, indices, mode, cval)


def _linear(x, places, mode, cval):
    """The sum of the 2^d elements around each coordinate, which are axes of length 2 in front."""
    shape, d = aval_of(places[0]).shape, len(places)
    dtype = index_dtype((aval_of(x).size,))
    whole = (*[2] * d, *shape)
    kept = tuple(range(d, len(whole)))
    indices, weights = [], None
    for axis, place in enumerate(places):
        low = e.floor(place)
        index = s.broadcast_in_dim(to_dtype(low, dtype), (2, *shape), range(1, len(shape) + 1))
        index = e.add(index, s.broadcasted_iota(dtype, (2, *shape), 0))
        upper = e.sub(place, low)
        weight = s.concatenate([s.expand_dims(v, (0,)) for v in (e.sub(1.0, upper), upper)], 0)
        index, weight = (s.broadcast_in_dim(v, whole, (axis, *kept)) for v in (index, weight))
        indices.append(index)
        weights = weight if weights is None else e.mul(weights, weight)
    found, weights = promote_dtypes("map_coordinates", _elements(x, indices, mode, cval), weights)
    total = reduce_sum(e.mul(found, weights), tuple(range(d)))
    result = aval_of(x).dtype
    return to_dtype(total if dtypes.is_inexact(result) else e.round(total), result)


def _elements(x, indices, mode, cval):
    """The elements at positions, one array of them for each axis, continued by `mode`."""
    aval, shape = aval_of(x), aval_of(indices[0]).shape
    flat, inside, stride = None, None, aval.size
    for index, n in zip(indices, aval.shape, strict=True):
        stride //= n
        if mode.endswith("constant"):
            here = e.bitwise_and(e.ge(index, 0), e.lt(index, n))
            inside = here if inside is None else e.bitwise_and(inside, here)
        index = _MODES[mode](index, n)
        index = index if stride == 1 else e.mul(index, stride)
        flat = index if flat is None else e.add(flat, index)
    flat = s.reshape(flat, (*shape, 1))
    numbers = GatherDimensionNumbers((), (0,), (0,))
    found = gather(s.reshape(x, (aval.size,)), flat, numbers, (1,), mode=_READS[inside is None])
    return found if inside is None else select(inside, found, _as_element(cval, x))


#: whether all positions are inside -> the mode of the gather
_READS = {True: "promise_in_bounds", False: "clip"}
