"""Contractions: `dot_general`, the general product of two arrays, and the functions made of it."""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.choices import unplaced
from hloom.frontend.errors import AxisError, DTypeError, ShapeError
from hloom.frontend.families import as_operand
from hloom.frontend.precision import canonical_precision
from hloom.frontend.primitive import primitive
from hloom.frontend.trace import aval_of


def _dot_type(x, y, *, dimension_numbers, precision, preferred_element_type):
    (xc, yc), (xb, yb) = dimension_numbers
    for what, i, j in (("contracted", xc, yc), ("batch", xb, yb)):
        lengths, others = [x.shape[a] for a in i], [y.shape[a] for a in j]
        if lengths != others:
            found = f"axes {i} of {x} have lengths {lengths}, axes {j} of {y} have {others}"
            remedy = "transpose or reshape one"
            raise ShapeError(f"dot_general: {what} axes need equal lengths", found, remedy)
    batch = tuple([x.shape[a] for a in xb])
    left = tuple([n for a, n in enumerate(x.shape) if a not in xc and a not in xb])
    right = tuple([n for a, n in enumerate(y.shape) if a not in yc and a not in yb])
    if preferred_element_type is None:
        dtype, weak = dtypes.join(x.dtype, x.weak_type, y.dtype, y.weak_type)
    else:
        dtype, weak = preferred_element_type, False
        if dtypes.is_complex(x.dtype) and not dtypes.is_complex(dtype):
            found, remedy = f"the operands are {x} and {y}", "take the real part of the result"
            raise DTypeError(f"dot_general: a complex product as {dtype}", found, remedy)
    return ShapedArray(batch + left + right, dtype, weak)


@primitive(_dot_type)
def dot_general(
    lhs, rhs, dimension_numbers, precision=None, preferred_element_type=None, *, out_sharding=None
):
    """Contract axes of two arrays: ((left, right contracted axes), (left, right batch axes)).

    The result has the batch axes, then the other axes of `lhs`, then those of `rhs`. Its dtype is
    `preferred_element_type`, in which sums are accumulated, or else the operands' common dtype.
    `precision` is a `Precision` or its name, a pair of them, a `DotAlgorithm` or a preset.

    >>> import hloom
    >>> x, y = hloom.numpy.ones((2, 3, 4)), hloom.numpy.ones((2, 4, 5))
    >>> hloom.lax.dot_general(x, y, (([2], [1]), ([0], [0]))).shape
    (2, 3, 5)
    """
    unplaced("dot_general", out_sharding)
    lhs, rhs = as_operand(lhs), as_operand(rhs)
    x, y = aval_of(lhs), aval_of(rhs)
    if preferred_element_type is not None:
        preferred_element_type = dtypes.canonicalize(dtypes.dtype(preferred_element_type))
        if preferred_element_type == x.dtype == y.dtype and not (x.weak_type and y.weak_type):
            preferred_element_type = None
    return dot_general.bind(
        lhs,
        rhs,
        dimension_numbers=_numbers(dimension_numbers, x.ndim, y.ndim),
        precision=canonical_precision(precision),
        preferred_element_type=preferred_element_type,
    )[0]


def _numbers(dimension_numbers, left_rank, right_rank):
    """Dimension numbers as nested tuples of axes counted from the front."""
    (xc, yc), (xb, yb) = dimension_numbers
    left, right = _axes(left_rank, xc, xb), _axes(right_rank, yc, yb)
    found = (left[0], right[0]), (left[1], right[1])
    if any(len(i) != len(j) for i, j in found):
        remedy = "name as many axes on the left as on the right"
        raise AxisError("dot_general: axes go in pairs", f"they are {found}", remedy)
    return found


def _axes(rank, contracted, batched):
    axes = [int(a) + rank * (a < 0) for a in (*contracted, *batched)]
    if len(set(axes)) != len(axes) or not all([0 <= a < rank for a in axes]):
        found = (
            f"contracted {tuple(contracted)}, batch {tuple(batched)}; the operand has {rank} axes"
        )
        raise AxisError(
            "dot_general: no such axes, or one named twice", found, "name each axis once"
        )
    n = len(contracted)
    return tuple(axes[:n]), tuple(axes[n:])


def dot(
    lhs,
    rhs,
    *,
    dimension_numbers=None,
    precision=None,
    preferred_element_type=None,
    out_sharding=None,
):
    """The product of two vectors or matrices, or, with `dimension_numbers`, `dot_general`.

    >>> import hloom
    >>> hloom.lax.dot(hloom.numpy.ones((2, 3)), hloom.numpy.ones(3)).shape
    (2,)
    """
    unplaced("dot", out_sharding)
    if dimension_numbers is None:
        x, y = aval_of(lhs), aval_of(rhs)
        if not (x.ndim in (1, 2) and y.ndim in (1, 2)):
            found = f"the operands are {x} and {y}"
            remedy = "use hloom.numpy.matmul, or give dimension_numbers"
            raise ShapeError("dot: takes vectors and matrices", found, remedy)
        dimension_numbers = ((x.ndim - 1,), (0,)), ((), ())
    return dot_general(lhs, rhs, dimension_numbers, precision, preferred_element_type)


def batch_matmul(lhs, rhs, precision=None):
    """Products of matrices, one for each index of the equal leading axes of two arrays.

    >>> import hloom
    >>> hloom.lax.batch_matmul(hloom.numpy.ones((7, 2, 3)), hloom.numpy.ones((7, 3, 4))).shape
    (7, 2, 4)
    """
    x, y = aval_of(lhs), aval_of(rhs)
    if x.ndim < 2 or x.ndim != y.ndim:
        found, remedy = f"they are {x} and {y}", "give both at least two axes, and equally many"
        raise ShapeError("batch_matmul: operands need equal ranks", found, remedy)
    batch = tuple(range(x.ndim - 2))
    return dot_general(lhs, rhs, (((x.ndim - 1,), (x.ndim - 2,)), (batch, batch)), precision)
