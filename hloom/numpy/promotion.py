"""Promotion: operands of different dtypes and shapes become operands that primitives take together.

Dtypes join in the lattice of frontend/dtypes.py; a Python scalar is a weak type and becomes a
Literal of the dtype beside it, which costs no equation. Shapes broadcast as NumPy's do, but
operands of rank 0 stay as they are, since elementwise primitives take them with any shape.
"""

import warnings

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError, ShapeError, message
from hloom.frontend.families import same_dtype, typed_literal
from hloom.frontend.ir import Literal
from hloom.frontend.keywords import unsupported
from hloom.frontend.prims.elementwise import convert_element_type, select_n
from hloom.frontend.prims.structural import broadcast_in_dim
from hloom.frontend.trace import PYTHON_SCALARS, aval_of, convert, literal

#: for each type of Python number, the dtypes that it joins without changing them
_KEPT = {
    bool: frozenset(dtypes.ALL),
    int: dtypes.NUMERIC,
    float: dtypes.INEXACTS,
    complex: dtypes.COMPLEXES,
}


_NUMBERS = bool | int | float | complex


def keeps(dtype, kind):
    """Whether an array of `dtype` keeps it beside a Python number of type `kind`."""
    return dtype in _KEPT[kind]


def operand(name, x):
    """`x` as an operand: an Array, a Literal or a NumPy array of a dtype that arrays can have."""
    if isinstance(x, Array) or type(x) is Literal:
        return x
    if type(x) in PYTHON_SCALARS:
        return literal(x)
    if isinstance(x, np.generic):
        dtype = dtypes.canonicalize(dtypes.dtype(x.dtype))
        return literal(typed_literal(x.item(), dtype, name=name).value, dtype)
    if isinstance(x, np.ndarray):
        return dtypes.narrowed(name, x)
    if (
        hasattr(x, "__hloom_array__") or hasattr(x, "__array__") or isinstance(x, _NUMBERS)
    ) and not isinstance(x, type):
        return operand(name, convert(x))
    raise not_an_array(name, x)


def not_an_array(name, x):
    """The error for an argument that is no array and no number."""
    # the elements of a list may be stand-ins by now, which would say nothing to the caller
    text = repr(x)
    found = f"{text if len(text) < 60 else text[:57] + '...'} of type {type(x).__name__}"
    if isinstance(x, list | tuple):
        found = f"a {type(x).__name__} of length {len(x)}"
    remedy = "pass an array or a number; hloom.numpy.asarray makes an array of a list"
    return ArgumentError(f"{name}: takes arrays and numbers", f"it was given {found}", remedy)


def known(x):
    """The value of an operand that is no Array: a number, or a NumPy array."""
    return x.value if type(x) is Literal else x


def no_out(name, out):
    """Raise unless `out` is None."""
    if out is not None:
        raise unsupported(name, "out")


def to_dtype(x, dtype, weak=False, name="a number"):
    """An operand converted to a dtype, without an equation where it is not traced."""
    if type(x) is Literal:
        value = x.value
        if not x.aval.weak_type and type(value) is int and dtype in dtypes.LIMITS:
            low, high = dtypes.LIMITS[dtype]  # an integer with a dtype wraps, as an array does
            value = (value - low) % (high - low + 1) + low
        return typed_literal(value, dtype, weak, name)
    if isinstance(x, np.ndarray):
        return x.astype(dtype, copy=False)
    if x.aval.dtype is dtype or x.aval.dtype == dtype:
        return x
    return convert_element_type.bind(x, dtype=dtype, weak_type=weak)[0]


def strong(x):
    """An operand that is not weakly typed."""
    aval = aval_of(x)
    if not aval.weak_type:
        return x
    if type(x) is Literal:
        return literal(x.value, aval.dtype)
    return convert_element_type.bind(x, dtype=aval.dtype, weak_type=False)[0]


def common_dtype(xs):
    """The (dtype, weak) that operands promote to."""
    first = aval_of(xs[0])
    dtype, weak = first.dtype, first.weak_type
    for x in xs[1:]:
        aval = aval_of(x)
        dtype, weak = dtypes.join(dtype, weak, aval.dtype, aval.weak_type)
    return dtype, weak


def promote_dtypes(name, *xs):
    """The operands in their common dtype."""
    operands = [operand(name, x) for x in xs]
    dtype, weak = common_dtype(operands)
    return [to_dtype(x, dtype, weak, name) for x in operands]


def promote_dtypes_inexact(name, *xs):
    """The operands in their common dtype, or the default float if that is an integer or bool."""
    operands = [operand(name, x) for x in xs]
    dtype, weak = common_dtype(operands)
    return [to_dtype(x, dtypes.to_inexact(dtype), weak) for x in operands]


def promote(name, *xs):
    """The operands in one dtype, and in one shape but for those of rank 0."""
    return promote_shapes(name, *promote_dtypes(name, *xs))


def promote_inexact(name, *xs):
    """The operands in one float or complex dtype, and in one shape but for those of rank 0."""
    return promote_shapes(name, *promote_dtypes_inexact(name, *xs))


def select(which, x, y):
    """`x` where `which` holds, else `y`; a Python number takes the dtype of the other."""
    y, x = same_dtype((y, x))
    return select_n.bind(which, y, x)[0]


def filled(value, aval):
    """A Python number in every place of an array of an aval."""
    value = typed_literal(value, aval.dtype, aval.weak_type)
    return broadcast_in_dim.bind(value, shape=aval.shape, broadcast_dimensions=())[0]


def promote_shapes(name, *xs):
    """The operands broadcast to one shape, but for those of rank 0."""
    shapes = {aval_of(x).shape for x in xs} - {()}
    if len(shapes) < 2:
        return xs
    if thread.context.settings.numpy_rank_promotion != "allow":
        _judge_ranks(name, shapes)
    shape = broadcast_shapes(name, *(aval_of(x).shape for x in xs))
    return [x if aval_of(x).shape == () else broadcast_to(x, shape) for x in xs]


def _judge_ranks(name, shapes):
    if len({len(s) for s in shapes}) == 1:
        return
    asked = f"{name}: arrays of different ranks, {' and '.join(map(str, sorted(shapes, key=len)))}"
    policy = thread.context.settings.numpy_rank_promotion
    found = f'numpy_rank_promotion is "{policy}"'
    remedy = "give them one rank with reshape or x[None], or allow it"
    if policy == "raise":
        raise ShapeError(asked, found, remedy)
    warnings.warn(message(asked, found, remedy), stacklevel=2)


def broadcast_to(x, shape):
    """An operand repeated to a shape that it is known to broadcast to."""
    own = aval_of(x).shape
    if own == shape:
        return x
    dims = tuple(range(len(shape) - len(own), len(shape)))
    return broadcast_in_dim.bind(x, shape=shape, broadcast_dimensions=dims)[0]


def broadcast_shapes(name, *shapes):
    """The shape that shapes broadcast to together; ShapeError if they do not."""
    result = ()
    for shape in shapes:
        if shape == result:
            continue
        long, short = (shape, result) if len(shape) > len(result) else (result, shape)
        found, extra = list(long), len(long) - len(short)
        for i, n in enumerate(short, extra):
            if found[i] == 1:
                found[i] = n
            elif n != 1 and n != found[i]:
                raise _apart(name, shapes)
        result = tuple(found)
    return result


def _apart(name, shapes):
    both = " and ".join(str(s) for s in shapes)
    asked = f"{name}: shapes {both} do not broadcast"
    if len(shapes) != 2:
        found = "lengths along an axis, counted from the last, must be equal or 1"
        return ShapeError(asked, found, "reshape the operands")
    left, right = shapes
    axis = next(
        -i
        for i in range(1, min(len(left), len(right)) + 1)
        if left[-i] != right[-i] and 1 not in (left[-i], right[-i])
    )
    found = f"axis {axis} is {left[axis]} on the left and {right[axis]} on the right"
    return ShapeError(asked, found, _remedy(left, right, axis))


def _remedy(left, right, axis):
    side, short, long = ("right", right, left) if len(right) <= len(left) else ("left", left, right)
    n = len(short)
    if n < len(long) and long[:n] == short:
        padded = short + (1,) * (len(long) - n)
        return f"reshape the {side} to {padded}, or give it shape {long[len(long) - n :]}"
    return f"make the lengths of axis {axis} equal, or one of them 1"
