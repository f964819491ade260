"""Reductions along axes: sums, products, extremes, logic, and the positions of extremes."""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import DTypeError, ShapeError
from hloom.frontend.families import ANY, BITS, NUMERIC, as_operand
from hloom.frontend.primitive import Primitive, primitive
from hloom.frontend.prims.structural import canonical_axes, canonical_axis
from hloom.frontend.trace import aval_of


class Reduction(Primitive):
    """A reduction of `axes`, which are static, distinct and counted from the front."""

    family = "reduction"

    def __init__(self, name, kind, doc):
        super().__init__(name, self._type, doc=doc)
        self.kind = kind

    def _type(self, x, *, axes):
        accepts, called = self.kind
        if not accepts(x.dtype):
            raise DTypeError(f"{self.name}: takes {called}", f"the operand is {x}", "use x.astype(...)")
        kept = tuple([n for i, n in enumerate(x.shape) if i not in axes])
        return ShapedArray(kept, x.dtype, x.weak_type)

    def __call__(self, operand, axes):
        operand = as_operand(operand)
        axes = canonical_axes(self.name, axes, aval_of(operand).ndim)
        return self.bind(operand, axes=axes)[0] if axes else operand


reduce_sum = Reduction("reduce_sum", NUMERIC, "The sum of the elements along axes.")
reduce_prod = Reduction("reduce_prod", NUMERIC, "The product of the elements along axes.")
reduce_max = Reduction("reduce_max", ANY, "The largest element along axes; NaN if one is.")
reduce_min = Reduction("reduce_min", ANY, "The smallest element along axes; NaN if one is.")
reduce_and = Reduction("reduce_and", BITS, "The logical or bitwise and of the elements along axes.")
reduce_or = Reduction("reduce_or", BITS, "The logical or bitwise or of the elements along axes.")
reduce_xor = Reduction("reduce_xor", BITS, "The exclusive or of the elements along axes.")


def _arg_type(name):
    def rule(x, *, axis, index_dtype):
        if dtypes.is_complex(x.dtype):
            raise DTypeError(f"{name}: takes real numbers", f"the operand is {x}", "use abs(x) or real(x)")
        if x.shape[axis] == 0:
            found = f"axis {axis} of {x} has length 0"
            raise ShapeError(f"{name}: of an empty axis", found, "there is no such position; pad it first")
        return ShapedArray(x.shape[:axis] + x.shape[axis + 1 :], index_dtype)

    return rule


def _bind_arg(prim, operand, axis, index_dtype):
    operand = as_operand(operand)
    axis = canonical_axis(prim.name, axis, aval_of(operand).ndim)
    return prim.bind(operand, axis=axis, index_dtype=dtypes.canonicalize(dtypes.dtype(index_dtype)))[0]


@primitive(_arg_type("argmax"))
def argmax(operand, axis, index_dtype):
    """The position of the largest element along an axis: the first one; the first NaN if there is one."""
    return _bind_arg(argmax, operand, axis, index_dtype)


@primitive(_arg_type("argmin"))
def argmin(operand, axis, index_dtype):
    """The position of the smallest element along an axis: the first one; the first NaN if there is one."""
    return _bind_arg(argmin, operand, axis, index_dtype)
