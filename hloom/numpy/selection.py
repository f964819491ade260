"""Choosing elements by conditions: where, clip, select, piecewise."""

from hloom.frontend import dtypes
from hloom.frontend.errors import ArgumentError
from hloom.frontend.prims import elementwise as e
from hloom.numpy.elementwise import real_only
from hloom.numpy.promotion import operand, promote, promote_dtypes, promote_shapes, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@fused
def _where(condition: ArrayLike, x: ArrayLike, y: ArrayLike):
    condition = to_dtype(operand("where", condition), dtypes.bool_)
    x, y = promote_dtypes("where", x, y)
    condition, x, y = promote_shapes("where", condition, x, y)
    return e.select_n.bind(condition, y, x)[0]


def where(condition, x=None, y=None, /, *, size=None, fill_value=None):
    """The elements of `x` where `condition` holds, those of `y` elsewhere.

    With `condition` alone, the indices where it holds: `nonzero(condition)`.

    >>> import hloom.numpy as np
    >>> np.where(np.array([True, False]), 1, np.array([2, 3]))
    Array([1, 3], dtype=int32)
    """
    if x is None or y is None or size is not None or fill_value is not None:
        found = "x and y go together, and exclude size and fill_value"
        raise ArgumentError("where: takes one array or three", found, "give where(condition, x, y)")
    return _where(condition, x, y)


@fused
def clip(arr: ArrayLike = None, /, min: ArrayLike | None = None, max: ArrayLike | None = None):
    """Each element moved into the interval from `min` to `max`; None is no bound.

    >>> import hloom.numpy as np
    >>> np.clip(np.arange(5), 1, 3)
    Array([1, 1, 2, 3, 3], dtype=int32)
    """
    result = operand("clip", arr)
    for primitive, bound in ((e.max, min), (e.min, max)):
        if bound is not None:
            real_only("clip", result, operand("clip", bound))
            result = primitive.bind(*promote("clip", result, bound))[0]
    return result
