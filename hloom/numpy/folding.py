"""What all reductions of hloom.numpy share: axes, masks, initial values, and the dtype of a sum.

Sums of narrow floats are computed in float32; sums of narrow integers, unless told otherwise, are
made in the default integer.
"""

import math
from typing import Any, NamedTuple

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import flag
from hloom.frontend.errors import ArgumentError, ShapeError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e, reduction as r
from hloom.frontend.prims.combiner import IDENTITIES
from hloom.frontend.prims.structural import canonical_axes, canonical_axis, reshape
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import (
    broadcast_shapes,
    broadcast_to,
    no_out,
    operand,
    select,
    to_dtype,
)


class Fold(NamedTuple):
    """A reduction, the operation it repeats, and whether it has a value for no elements."""

    reduce: Any
    combine: Any
    empty: bool = True


SUM = Fold(r.reduce_sum, e.add)
PROD = Fold(r.reduce_prod, e.mul)
MAX = Fold(r.reduce_max, e.max, empty=False)
MIN = Fold(r.reduce_min, e.min, empty=False)
ANY = Fold(r.reduce_or, e.bitwise_or)
ALL = Fold(r.reduce_and, e.bitwise_and)


def reduced_axes(name, axis, ndim):
    """The axes of an `axis` argument: all for None."""
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, bool):
        found = f"it is {axis}"
        raise ArgumentError(f"{name}: an axis is an integer", found, "give an int, or keepdims=...")
    if isinstance(axis, tuple | list):
        return canonical_axes(name, axis, ndim)
    return (canonical_axis(name, axis, ndim),)


def count(shape, axes):
    """How many elements each reduction takes."""
    return math.prod(shape[a] for a in axes)


def keep(x, shape, axes):
    """A reduced array with the reduced axes kept, of length 1."""
    return reshape(x, [1 if i in axes else n for i, n in enumerate(shape)])


def keep_if(name, keepdims, x, shape, axes):
    """A reduced array, with the reduced axes kept if `keepdims`."""
    return keep(x, shape, axes) if flag(name, "keepdims", keepdims) else x


def mask_for(name, where, shape):
    """A `where` argument as bools that broadcast to `shape`."""
    where = to_dtype(operand(name, where), dtypes.bool_)
    own = aval_of(where).shape
    if broadcast_shapes(name, own, shape) != shape:
        found = f"it has shape {own}, the array has shape {shape}"
        raise ShapeError(f"{name}: `where` broadcasts to the array", found, "reshape or index it")
    return broadcast_to(where, shape) if own else where


def masked(name, x, where, fill):
    """`x` with `fill` where the mask does not hold."""
    return select(mask_for(name, where, aval_of(x).shape), x, typed_literal(fill, aval_of(x).dtype))


def fold(name, kind, x, axis, out, keepdims, initial, where):
    """Reduce an operand along axes, its dtype being that of the result."""
    no_out(name, out)
    aval = aval_of(x)
    axes = reduced_axes(name, axis, aval.ndim)
    if not kind.empty and initial is None:
        if where is not None:
            remedy = "give `initial`, the value where nothing is taken"
            raise ValueRangeError(
                f"{name}: `where` needs `initial`", "no elements may be left", remedy
            )
        if count(aval.shape, axes) == 0:
            found = f"the array has shape {aval.shape}, the axes are {axes}"
            raise ValueRangeError(f"{name}: of no elements", found, "give `initial`")
    if where is not None:
        x = masked(name, x, where, IDENTITIES[kind.combine](aval.dtype))
    y = kind.reduce.bind(x, axes=axes)[0] if axes else x
    if initial is not None:
        y = kind.combine(y, _initial(name, initial, aval.dtype))
    return keep_if(name, keepdims, y, aval.shape, axes)


def _initial(name, initial, dtype):
    initial = operand(name, initial)
    if aval_of(initial).shape:
        found = f"it is {aval_of(initial)}"
        raise ShapeError(f"{name}: `initial` is a scalar", found, "combine it with the result")
    return to_dtype(initial, dtype)


def wide(dtype):
    """The dtype that sums of a dtype are computed in."""
    return dtypes.float32 if dtypes.is_float(dtype) and dtype.itemsize < 4 else dtype


def sum_dtype(dtype, promote_integers=True):
    """The dtype of a sum: integers narrower than the default one become that."""
    if dtypes.is_bool(dtype):
        return dtypes.canonicalize(dtypes.int64)
    if not promote_integers or not dtypes.is_integer(dtype):
        return dtype
    full = dtypes.int64 if dtypes.is_signed(dtype) else dtypes.uint64
    full = dtypes.canonicalize(full)
    return full if dtypes.itemsize_bits(full) > dtypes.itemsize_bits(dtype) else dtype


def finished(y, dtype):
    """A result in its dtype, not weakly typed, and no literal."""
    aval = aval_of(y)
    if aval.dtype == dtype and not aval.weak_type and isinstance(y, Array):
        return y
    return e.convert_element_type.bind(y, dtype=dtype, weak_type=False)[0]
