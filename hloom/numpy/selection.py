"""The choice between two arrays, element by element, and bounds."""

from hloom.frontend import dtypes
from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import aval_of
from hloom.numpy.elementwise import real_only
from hloom.numpy.promotion import operand, promote, promote_dtypes, promote_shapes, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@fused
def where(condition: ArrayLike, x: ArrayLike, y: ArrayLike):
    """The elements of `x` where `condition` holds, those of `y` elsewhere."""
    condition = to_dtype(operand("where", condition), dtypes.bool_)
    x, y = promote_dtypes("where", x, y)
    condition, x, y = promote_shapes("where", condition, x, y)
    return e.select_n.bind(condition, y, x)[0]


@fused
def clip(
    arr: ArrayLike | None = None, /, min: ArrayLike | None = None, max: ArrayLike | None = None
):
    """Each element moved into the interval from `min` to `max`; None is no bound.

    >>> import hloom.numpy as np
    >>> np.clip(np.arange(5), 1, 3)
    Array([1, 1, 2, 3, 3], dtype=int32)
    """
    result = operand("clip", arr)
    min, max = (_within(b, aval_of(result).dtype) for b in (min, max))
    for primitive, bound in ((e.max, min), (e.min, max)):
        if bound is not None:
            real_only("clip", result, operand("clip", bound))
            result = primitive.bind(*promote("clip", result, bound))[0]
    return result


def _within(bound, dtype):
    """A bound, moved to the nearest value that an integer dtype holds, which bounds as well."""
    if type(bound) is not int or dtype not in dtypes.LIMITS:
        return bound
    low, high = dtypes.LIMITS[dtype]
    return sorted((low, bound, high))[1]
