"""Contractions: `dot_general`, the general product of two arrays."""

import enum

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import context
from hloom.frontend.errors import DTypeError, ShapeError, ValueRangeError
from hloom.frontend.families import as_operand
from hloom.frontend.primitive import primitive
from hloom.frontend.trace import aval_of


class Precision(enum.Enum):
    """How exactly a product of floating-point arrays is computed, where the hardware has a choice."""

    DEFAULT = 0
    HIGH = 1
    HIGHEST = 2

    def __repr__(self):
        return self.name


_PRECISIONS = {
    None: Precision.DEFAULT,
    "default": Precision.DEFAULT,
    "fastest": Precision.DEFAULT,
    "bfloat16": Precision.DEFAULT,
    "high": Precision.HIGH,
    "bfloat16_3x": Precision.HIGH,
    "tensorfloat32": Precision.HIGH,
    "highest": Precision.HIGHEST,
    "float32": Precision.HIGHEST,
}


def canonical_precision(precision):
    """A pair of Precisions (left, right), or None for the default; names as JAX documents them."""
    if precision is None:
        precision = context.settings.default_matmul_precision
        if precision is None:
            return None
    pair = precision if isinstance(precision, tuple | list) else (precision, precision)
    found = tuple(p if isinstance(p, Precision) else _PRECISIONS.get(p) for p in pair)
    if len(found) != 2 or None in found:
        names = ", ".join(repr(k) for k in _PRECISIONS if k)
        raise ValueRangeError(f"precision {precision!r} is not known", f"known are {names}", "use one of these")
    return None if found == (Precision.DEFAULT,) * 2 else found


def _dot_type(x, y, *, dimension_numbers, precision, preferred_element_type):
    (xc, yc), (xb, yb) = dimension_numbers
    for what, i, j in (("contracted", xc, yc), ("batch", xb, yb)):
        left, right = [x.shape[a] for a in i], [y.shape[a] for a in j]
        if left != right:
            found = f"axes {i} of {x} have lengths {left}, axes {j} of {y} have {right}"
            raise ShapeError(f"dot_general: {what} axes need equal lengths", found, "transpose or reshape one")
    if x.dtype != y.dtype and preferred_element_type is None:
        found = f"the operands are {x} and {y}"
        raise DTypeError("dot_general: operands need one dtype", found, "convert one with x.astype(...)")
    batch = tuple([x.shape[a] for a in xb])
    left = tuple([n for a, n in enumerate(x.shape) if a not in xc and a not in xb])
    right = tuple([n for a, n in enumerate(y.shape) if a not in yc and a not in yb])
    weak = x.weak_type and y.weak_type and preferred_element_type is None
    return ShapedArray(batch + left + right, preferred_element_type or x.dtype, weak)


@primitive(_dot_type)
def dot_general(lhs, rhs, dimension_numbers, precision=None, preferred_element_type=None):
    """Contract axes of two arrays: ((left, right contracted axes), (left, right batch axes)).

    The result has the batch axes, then the other axes of `lhs`, then those of `rhs`. Sums are
    accumulated in `preferred_element_type` if it is given.
    """
    lhs, rhs = as_operand(lhs), as_operand(rhs)
    pairs = tuple(
        tuple(tuple(int(a) + n * (a < 0) for a in axes) for axes, n in zip(pair, ranks, strict=True))
        for pair in dimension_numbers
        for ranks in ((aval_of(lhs).ndim, aval_of(rhs).ndim),)
    )
    if preferred_element_type is not None:
        preferred_element_type = dtypes.canonicalize(dtypes.dtype(preferred_element_type))
        if preferred_element_type == aval_of(lhs).dtype == aval_of(rhs).dtype:
            preferred_element_type = None
    return dot_general.bind(
        lhs,
        rhs,
        dimension_numbers=pairs,
        precision=canonical_precision(precision),
        preferred_element_type=preferred_element_type,
    )[0]


def dot(lhs, rhs, precision=None, preferred_element_type=None):
    """The product of vectors and matrices: the last axis of `lhs` with the first of `rhs`."""
    x = aval_of(lhs)
    dims = (((x.ndim - 1,), (0,)), ((), ()))
    return dot_general(lhs, rhs, dims, precision, preferred_element_type)

