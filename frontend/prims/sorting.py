"""Sorting along an axis, and the k largest elements.

The order of floats is that of numbers, NaN last and -0.0 equal to 0.0; complex numbers are ordered
by their real parts, then by their imaginary parts.
"""

from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ArgumentError, DTypeError, ShapeError, ValueRangeError
from hloom.frontend.families import ORDERED, as_operand
from hloom.frontend.primitive import composed, primitive
from hloom.frontend.prims.elementwise import neg
from hloom.frontend.prims.indexing import (
    GatherDimensionNumbers,
    GatherScatterMode,
    as_array_operand,
    gather,
    index_dtype,
)
from hloom.frontend.prims.structural import canonical_axis, expand_dims, transpose
from hloom.frontend.trace import aval_of


def _sort_type(*xs, dimension, is_stable, num_keys):
    for x in xs:
        if x.shape != xs[0].shape:
            found = f"they have shapes {', '.join(str(a.shape) for a in xs)}"
            raise ShapeError("sort: operands need one shape", found, "broadcast them first")
    return list(xs)


@primitive(_sort_type)
def sort(operand, dimension=-1, is_stable=True, num_keys=1):
    """`operand` sorted along an axis; a sequence of arrays is sorted together, by the first ones.

    Of a sequence the first `num_keys` arrays are compared, an earlier one first, and all are
    permuted alike. A stable sort keeps the order of equal elements; among numbers alone -0.0 goes
    before 0.0.

    >>> import hloom
    >>> hloom.lax.sort(hloom.numpy.array([3, 1, 2]))
    Array([1, 2, 3], dtype=int32)
    """
    several = isinstance(operand, list | tuple)
    operands = [as_array_operand(x) for x in (operand if several else (operand,))]
    if not operands:
        raise ValueRangeError("sort: needs an array", "the sequence is empty", "pass at least one")
    if not 1 <= num_keys <= len(operands):
        found = f"there are {len(operands)} arrays, num_keys is {num_keys}"
        raise ValueRangeError("sort: num_keys is out of range", found, "compare 1 to all of them")
    axis = canonical_axis("sort", dimension, aval_of(operands[0]).ndim)
    params = {"dimension": axis, "is_stable": bool(is_stable), "num_keys": int(num_keys)}
    results = sort.bind(*operands, **params)
    return tuple(results) if several else results[0]


def sort_key_val(keys, values, dimension=-1, is_stable=True):
    """`keys` sorted along an axis, and `values` permuted alike."""
    return sort((keys, values), dimension, is_stable)


def take_in_order(x, order, axis):
    """The elements of `x` at positions `order`, which are valid and distinct, along an axis."""
    shape = aval_of(x).shape
    others = tuple([i for i in range(len(shape)) if i != axis])
    numbers = GatherDimensionNumbers(
        offset_dims=(),
        collapsed_slice_dims=(axis,),
        start_index_map=(axis,),
        operand_batching_dims=others,
        start_indices_batching_dims=others,
    )
    return gather(
        x,
        expand_dims(order, (len(shape),)),
        numbers,
        (1,) * len(shape),
        unique_indices=True,
        mode=GatherScatterMode.PROMISE_IN_BOUNDS,
    )


# ---------------------------------------------------------------- the largest
def _top_k_type(x, *, k):
    accepts, called = ORDERED
    if not accepts(x.dtype):
        found = f"the operand is {x}"
        raise DTypeError(f"top_k: takes {called}", found, "use abs(x), or sort")
    shape = (*x.shape[:-1], k)
    return [ShapedArray(shape, x.dtype, x.weak_type), ShapedArray(shape, index_dtype(x.shape))]


@primitive(_top_k_type)
@composed("operand")
def top_k(operand, k, *, axis=-1, is_stable=True):
    """The `k` largest elements along an axis, the largest first, and their positions.

    Of equal elements the first ones are taken; NaN counts as the largest.

    >>> import hloom
    >>> values, indices = hloom.lax.top_k(hloom.numpy.array([1.0, 5.0, 3.0]), 2)
    >>> values, indices
    (Array([5., 3.], dtype=float32), Array([1, 2], dtype=int32))
    """
    operand = as_operand(operand)
    aval = aval_of(operand)
    if not aval.shape:
        raise ShapeError("top_k: needs an axis", f"the operand is {aval}", "pass an array")
    axis, k = canonical_axis("top_k", axis, aval.ndim), _length(k)
    if not 0 <= k <= aval.shape[axis]:
        found = f"axis {axis} of {aval} has {aval.shape[axis]} elements"
        raise ValueRangeError(f"top_k: there are no {k} elements", found, "use a smaller k")
    order = [i for i in range(aval.ndim) if i != axis] + [axis]
    values, indices = top_k.bind(transpose(operand, order), k=k)
    back = sorted(range(aval.ndim), key=order.__getitem__)
    return transpose(values, back), transpose(indices, back)


def _length(k):
    try:
        return k.__index__()
    except AttributeError:
        found = f"it is {k!r}"
        raise ArgumentError("top_k: k is an integer", found, "pass an int") from None


@composed("operand")
def approx_max_k(
    operand,
    k,
    reduction_dimension=-1,
    recall_target=0.95,
    reduction_input_size_override=-1,
    aggregate_to_topk=True,
):
    """The `k` largest elements along an axis and their positions; here all of them, exactly."""
    return top_k(operand, k, axis=reduction_dimension)


@composed("operand")
def approx_min_k(
    operand,
    k,
    reduction_dimension=-1,
    recall_target=0.95,
    reduction_input_size_override=-1,
    aggregate_to_topk=True,
):
    """The `k` smallest elements along an axis and their positions; here all of them, exactly."""
    values, indices = top_k(neg(operand), k, axis=reduction_dimension)
    return neg(values), indices
