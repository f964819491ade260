"""Choosing elements by conditions: where, select, piecewise."""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import DTypeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.trace import aval_of
from hloom.numpy import selection
from hloom.numpy.creation import asarray
from hloom.numpy.manipulation import broadcast_to
from hloom.numpy.promotion import operand, promote_dtypes, to_dtype
from hloom.numpy.searching import nonzero
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, ArrayLikes


@judged
def where(condition, x=None, y=None, /, *, size=None, fill_value=None):
    """The elements of `x` where `condition` holds, those of `y` elsewhere.

    With `condition` alone, the indices where it holds: `nonzero(condition)`.

    >>> import hloom.numpy as np
    >>> np.where(np.array([True, False]), 1, np.array([2, 3]))
    Array([1, 3], dtype=int32)
    """
    if x is not None and y is not None and size is None and fill_value is None:
        return selection.where(condition, x, y)
    if x is None and y is None:
        return nonzero(condition, size=size, fill_value=fill_value)
    found = "x and y go together, and exclude size and fill_value"
    raise ValueRangeError("where: takes one array or three", found, "give where(condition, x, y)")


@fused
def select(condlist: ArrayLikes, choicelist: ArrayLikes, default: ArrayLike = 0):
    """At each position the choice of the first condition that holds, else `default`.

    >>> import hloom.numpy as np
    >>> x = np.arange(4)
    >>> np.select([x < 1, x < 3], [x, 10 * x], -1)
    Array([ 0, 10, 20, -1], dtype=int32)
    """
    if len(condlist) != len(choicelist) or not condlist:
        found = f"there are {len(condlist)} conditions and {len(choicelist)} choices"
        raise ValueRangeError("select: one choice for each condition", found, "give as many")
    for condition in condlist:
        if not dtypes.is_bool(aval_of(operand("select", condition)).dtype):
            found = f"one is {aval_of(condition)}"
            raise DTypeError("select: conditions are bools", found, "compare it with 0")
    choices = promote_dtypes("select", *choicelist, default)
    result = choices[-1]
    for condition, choice in zip(condlist[::-1], choices[-2::-1]):
        result = selection.where.function(condition, choice, result)
    return result


@judged
def piecewise(x, condlist, funclist, *args, **kw):
    """At each position the function, or the value, of the last condition that holds.

    One function more than conditions is for the positions where none holds; else they are 0.
    """
    x = asarray(x)
    if isinstance(condlist, Array | np.ndarray | bool) and aval_of(condlist).ndim == x.ndim:
        condlist = [condlist]
    conditions = condlist if isinstance(condlist, Array | np.ndarray) else list(condlist)
    functions = list(funclist)
    if len(functions) == len(conditions):
        functions.append(0)
    if len(functions) != len(conditions) + 1:
        found = f"there are {len(conditions)} conditions and {len(functions)} functions"
        raise ValueRangeError(
            "piecewise: a function for each condition", found, "give one more at most"
        )
    values = [f(x, *args, **kw) if callable(f) else f for f in functions]
    return _chosen(conditions, values, x.shape, x.dtype)


@fused
def _chosen(conditions: ArrayLikes, values: ArrayLikes, shape, dtype):
    """At each position the value of the last condition that holds, else the last value."""
    values = [to_dtype(operand("piecewise", 0 if v is None else v), dtype) for v in values]
    result = values[-1]
    for condition, value in zip(conditions, values):
        result = selection.where.function(condition, value, result)
    return broadcast_to.function(result, shape)
