"""Reductions along axes: sums, products, extremes and their positions, logic, and any other."""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.choices import unplaced
from hloom.frontend.errors import DTypeError, ShapeError
from hloom.frontend.families import ANY, BITS, NUMERIC, as_operand
from hloom.frontend.primitive import Calling, Primitive, primitive
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.combiner import combiner, is_identity, known_operation, split
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
            raise DTypeError(
                f"{self.name}: takes {called}", f"the operand is {x}", "use x.astype(...)"
            )
        kept = tuple([n for i, n in enumerate(x.shape) if i not in axes])
        return ShapedArray(kept, x.dtype, x.weak_type)

    def __call__(self, operand, axes, *, out_sharding=None):
        unplaced(self.name, out_sharding)
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

#: operation -> (its reduction, its reduction of bools)
OF_OPERATION = {
    e.add: (reduce_sum, reduce_or),
    e.mul: (reduce_prod, reduce_and),
    e.max: (reduce_max, reduce_or),
    e.min: (reduce_min, reduce_and),
    e.bitwise_and: (reduce_and, reduce_and),
    e.bitwise_or: (reduce_or, reduce_or),
    e.bitwise_xor: (reduce_xor, reduce_xor),
}


# ---------------------------------------------------------------- positions of extremes
def _arg_type(name):
    def rule(x, *, axis, index_dtype):
        if dtypes.is_complex(x.dtype):
            raise DTypeError(
                f"{name}: takes real numbers", f"the operand is {x}", "use abs(x) or real(x)"
            )
        if not dtypes.is_integer(index_dtype):
            remedy = "use int32 or another integer dtype"
            raise DTypeError(
                f"{name}: positions are integers", f"index_dtype is {index_dtype}", remedy
            )
        if x.shape[axis] == 0:
            found = f"axis {axis} of {x} has length 0"
            raise ShapeError(
                f"{name}: of an empty axis", found, "there is no such position; pad it first"
            )
        return ShapedArray(x.shape[:axis] + x.shape[axis + 1 :], index_dtype)

    return rule


def _bind_arg(prim, operand, axis, index_dtype):
    operand = as_operand(operand)
    axis = canonical_axis(prim.name, axis, aval_of(operand).ndim)
    return prim.bind(
        operand, axis=axis, index_dtype=dtypes.canonicalize(dtypes.dtype(index_dtype))
    )[0]


@primitive(_arg_type("argmax"))
def argmax(operand, axis, index_dtype):
    """The position of the largest element along an axis; ties and NaN: the first."""
    return _bind_arg(argmax, operand, axis, index_dtype)


@primitive(_arg_type("argmin"))
def argmin(operand, axis, index_dtype):
    """The position of the smallest element along an axis; ties and NaN: the first."""
    return _bind_arg(argmin, operand, axis, index_dtype)


# ---------------------------------------------------------------- any reduction
def _reduce_type(*avals, computation, axes):
    n = len(avals) // 2
    for x in avals[:n]:
        if x.shape != avals[0].shape:
            found = f"they have shapes {', '.join(str(a.shape) for a in avals[:n])}"
            raise ShapeError("reduce: operands need one shape", found, "broadcast them first")
    kept = tuple([m for i, m in enumerate(avals[0].shape) if i not in axes])
    return [ShapedArray(kept, x.dtype) for x in avals[:n]]


@primitive(_reduce_type, kind=Calling)
def reduce(operands, init_values, computation, dimensions, out_sharding=None):
    """Combine the elements along `dimensions` with a function of two scalars.

    `operands` is an array or a tree of arrays of one shape, `init_values` has a scalar for each;
    `computation(x, y)` takes two such trees of scalars and gives one. It must be associative and
    commutative, and the initial values must not change anything: elements are combined in any
    order, the initial value any number of times.

    >>> import hloom
    >>> from hloom import lax
    >>> lax.reduce(hloom.numpy.array([1.0, 5.0, 3.0]), 0.0, lax.add, (0,))
    Array(9., dtype=float32)
    """
    unplaced("reduce", out_sharding)
    flat, inits, structure = split("reduce", operands, init_values)
    axes = canonical_axes("reduce", dimensions, aval_of(flat[0]).ndim)
    scalars = [ShapedArray((), aval_of(x).dtype) for x in flat]
    operation = known_operation(computation, scalars, structure, "reduce")
    if operation is not None:
        (x,), (init,) = flat, inits
        named = OF_OPERATION[operation][dtypes.is_bool(scalars[0].dtype)]
        total = named(x, axes)
        return structure.unflatten(
            [total if is_identity(operation, init) else operation(total, init)]
        )
    program = combiner("reduce", computation, structure, scalars)
    return structure.unflatten(reduce.bind(*flat, *inits, computation=program, axes=axes))
