"""Products of vectors, matrices and stacks of them. Each contraction is one dot_general."""

import functools

from hloom.frontend.choices import integer, unplaced
from hloom.frontend.errors import ShapeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims.elementwise import mul, sub
from hloom.frontend.prims.matrices import conjugated
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    canonical_axes,
    canonical_axis,
    concatenate,
    pad,
    reshape,
    slice_in_dim,
    squeeze,
    transpose,
)
from hloom.frontend.trace import aval_of
from hloom.numpy.axes import ndim_of
from hloom.numpy.operations import binary
from hloom.numpy.pairwise import pairwise
from hloom.numpy.promotion import operand, promote_dtypes, promote_shapes
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, DTypeLike


def _stack(n):
    """Labels of n leading axes that broadcast, counted from the last."""
    return tuple(range(-n, 0))


def _stacked(left, right, out):
    """Labels for stacks of things of which `left`, `right` and `out` are the letters."""

    @functools.cache
    def labels(left_rank, right_rank):
        m, n = left_rank - len(left), right_rank - len(right)
        return (*_stack(m), *left), (*_stack(n), *right), (*_stack(max(m, n)), *out)

    return labels


_MATRICES = {
    (False, False): _stacked("ik", "kj", "ij"),
    (True, False): _stacked("k", "kj", "j"),
    (False, True): _stacked("ik", "k", "i"),
    (True, True): _stacked("k", "k", ""),
}
_VECTORS = _stacked("k", "k", "")


@judged
def matmul(
    a, b, *, precision=None, preferred_element_type: DTypeLike | None = None, out_sharding=None
):
    """The product of matrices; leading axes broadcast, vectors count as a row or a column.

    >>> import hloom
    >>> hloom.numpy.matmul(hloom.numpy.ones((7, 2, 3)), hloom.numpy.ones((3, 4))).shape
    (7, 2, 4)
    """
    unplaced("matmul", out_sharding)
    if precision is None and preferred_element_type is None:
        return at(a, b)
    return _matmul(a, b, precision, preferred_element_type)


@fused
def _matmul(a: ArrayLike, b: ArrayLike, precision=None, preferred_element_type=None):
    x, y = operand("matmul", a), operand("matmul", b)
    left, right = aval_of(x), aval_of(y)
    if not left.ndim or not right.ndim:
        remedy = "multiply by a number with *"
        raise ShapeError("matmul: takes no scalars", f"the operands are {left} and {right}", remedy)
    _same_length("matmul", x, y, -1, -2 if right.ndim > 1 else -1)
    labels = _MATRICES[left.ndim == 1, right.ndim == 1]
    return pairwise("matmul", labels, x, y, precision, preferred_element_type)


#: `x @ y`
at = binary("matmul", _matmul.function)


@functools.cache
def _dot_labels(left_rank, right_rank):
    left = tuple(range(left_rank))
    right = tuple(range(left_rank, left_rank + right_rank))
    if left_rank and right_rank:
        place = max(right_rank - 2, 0)
        right = (*right[:place], left[-1], *right[place + 1 :])
    return left, right, tuple([i for i in (*left, *right) if (i in left) != (i in right)])


@fused
def dot(
    a: ArrayLike,
    b: ArrayLike,
    *,
    precision=None,
    preferred_element_type: DTypeLike | None = None,
    out_sharding=None,
):
    """The last axis of `a` with the last but one of `b`: products of vectors, matrices, scalars.

    >>> import hloom
    >>> hloom.numpy.dot(hloom.numpy.arange(3.0), hloom.numpy.arange(3.0))
    Array(5., dtype=float32)
    """
    unplaced("dot", out_sharding)
    return pairwise("dot", _dot_labels, a, b, precision, preferred_element_type)


@fused
def vdot(
    a: ArrayLike, b: ArrayLike, *, precision=None, preferred_element_type: DTypeLike | None = None
):
    """The inner product of two arrays as flat vectors, the first conjugated."""
    x, y = operand("vdot", a), operand("vdot", b)
    x, y = reshape(conjugated(x), (aval_of(x).size,)), reshape(y, (aval_of(y).size,))
    return pairwise("vdot", _VECTORS, x, y, precision, preferred_element_type)


@functools.cache
def _inner_labels(left_rank, right_rank):
    left, right = tuple(range(left_rank)), tuple(range(left_rank, left_rank + right_rank))
    if not left_rank or not right_rank:
        return left, right, (*left, *right)
    return left, (*right[:-1], left[-1]), (*left[:-1], *right[:-1])


@fused
def inner(
    a: ArrayLike, b: ArrayLike, *, precision=None, preferred_element_type: DTypeLike | None = None
):
    """The last axis of `a` with the last axis of `b`."""
    return pairwise("inner", _inner_labels, a, b, precision, preferred_element_type)


@fused
def outer(a: ArrayLike, b: ArrayLike, out=None):
    """The product of each element of `a` with each of `b`, both as flat vectors."""
    x, y = operand("outer", a), operand("outer", b)
    x, y = reshape(x, (aval_of(x).size,)), reshape(y, (aval_of(y).size,))
    return pairwise("outer", lambda m, n: ("i", "j", ("i", "j")), x, y)


@fused
def tensordot(
    a: ArrayLike,
    b: ArrayLike,
    axes=2,
    *,
    precision=None,
    preferred_element_type: DTypeLike | None = None,
    out_sharding=None,
):
    """Contract several axes: the last `axes` of `a` with the first of `b`, or a pair of lists.

    >>> import hloom
    >>> x, y = hloom.numpy.ones((2, 3, 4)), hloom.numpy.ones((4, 3, 5))
    >>> hloom.numpy.tensordot(x, y, ([1, 2], [1, 0])).shape
    (2, 5)
    """
    unplaced("tensordot", out_sharding)
    x, y = operand("tensordot", a), operand("tensordot", b)
    if isinstance(axes, list | tuple):
        left, right = [s if isinstance(s, list | tuple) else (s,) for s in axes]
    else:
        n = integer("tensordot", "axes", axes, 0)
        left, right = range(max(ndim_of(x) - n, 0), ndim_of(x)), range(n)
    left = canonical_axes("tensordot", left, ndim_of(x))
    right = canonical_axes("tensordot", right, ndim_of(y))
    shapes = aval_of(x).shape, aval_of(y).shape
    lengths = [shapes[0][i] for i in left], [shapes[1][i] for i in right]
    if lengths[0] != lengths[1]:
        found = f"axes {left} have lengths {lengths[0]}, axes {right} have {lengths[1]}"
        what = f"tensordot: shapes {shapes[0]} and {shapes[1]} do not fit"
        raise ShapeError(what, found, "name axes of equal lengths")

    def labels(m, n):
        kept = [a for a in range(n) if a not in right]
        second = tuple([left[right.index(a)] if a in right else m + a for a in range(n)])
        free = [a for a in range(m) if a not in left]
        return tuple(range(m)), second, (*free, *[m + a for a in kept])

    return pairwise("tensordot", labels, x, y, precision, preferred_element_type)


@fused
def vecdot(
    x1: ArrayLike,
    x2: ArrayLike,
    /,
    *,
    axis: int = -1,
    precision=None,
    preferred_element_type: DTypeLike | None = None,
):
    """The inner products of vectors along an axis, the first conjugated; other axes broadcast."""
    x, y = operand("vecdot", x1), operand("vecdot", x2)
    x, y = _last("vecdot", conjugated(x), axis), _last("vecdot", y, axis)
    _same_length("vecdot", x, y, -1, -1)
    return pairwise("vecdot", _VECTORS, x, y, precision, preferred_element_type)


@fused
def matvec(x1: ArrayLike, x2: ArrayLike, /):
    """Products of matrices and vectors; leading axes broadcast."""
    x, y = operand("matvec", x1), operand("matvec", x2)
    _needs_axes("matvec", x, y, 2, 1)
    _same_length("matvec", x, y, -1, -1)
    return pairwise("matvec", _MATRICES[False, True], x, y)


@fused
def vecmat(x1: ArrayLike, x2: ArrayLike, /):
    """Products of vectors, which are conjugated, and matrices; leading axes broadcast."""
    x, y = operand("vecmat", x1), operand("vecmat", x2)
    _needs_axes("vecmat", x, y, 1, 2)
    _same_length("vecmat", x, y, -1, -2)
    return pairwise("vecmat", _MATRICES[True, False], conjugated(x), y)


def _needs_axes(name, x, y, m, n):
    if ndim_of(x) < m or ndim_of(y) < n:
        found = f"the operands are {aval_of(x)} and {aval_of(y)}"
        raise ShapeError(
            f"{name}: takes operands of ranks {m} and {n}, or more", found, "reshape them"
        )


def _same_length(name, x, y, i, j):
    left, right = aval_of(x).shape, aval_of(y).shape
    if left[i] != right[j]:
        found = f"axis {i} is {left[i]} on the left, axis {j} is {right[j]} on the right"
        what = f"{name}: shapes {left} and {right} do not fit"
        raise ShapeError(what, found, "these axes belong together: make them equal")


def _last(name, x, axis):
    """`x` with an axis moved to the end."""
    axis = canonical_axis(name, axis, ndim_of(x))
    return transpose(x, [*[a for a in range(ndim_of(x)) if a != axis], axis])


@fused
def kron(a: ArrayLike, b: ArrayLike):
    """The Kronecker product: `a` with each element replaced by it times `b`.

    >>> import hloom
    >>> hloom.numpy.kron(hloom.numpy.eye(2), hloom.numpy.ones(2))
    Array([[1., 1., 0., 0.],
           [0., 0., 1., 1.]], dtype=float32)
    """
    x, y = promote_dtypes("kron", a, b)
    rank = max(ndim_of(x), ndim_of(y))
    m, n = ((1,) * (rank - ndim_of(v)) + aval_of(v).shape for v in (x, y))
    shape = [k for pair in zip(m, n, strict=True) for k in pair]
    x, y = reshape(x, m), reshape(y, n)
    x = broadcast_in_dim(x, shape, range(0, 2 * rank, 2))
    y = broadcast_in_dim(y, shape, range(1, 2 * rank, 2))
    return reshape(mul(x, y), [i * j for i, j in zip(m, n, strict=True)])


@fused
def cross(
    a: ArrayLike,
    b: ArrayLike,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
):
    """The cross product of vectors of length 3, or 2 (the third component is then 0).

    >>> import hloom
    >>> hloom.numpy.cross(hloom.numpy.array([1, 0, 0]), hloom.numpy.array([0, 1, 0]))
    Array([0, 0, 1], dtype=int32)
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = promote_dtypes("cross", a, b)
    x, y = _last("cross", x, axisa), _last("cross", y, axisb)
    lengths = aval_of(x).shape[-1], aval_of(y).shape[-1]
    if not {*lengths} <= {2, 3}:
        found = f"the vectors have lengths {lengths[0]} and {lengths[1]}"
        raise ShapeError("cross: takes vectors of length 2 or 3", found, "choose axisa and axisb")
    if lengths == (2, 2):
        x, y = promote_shapes("cross", x, y)
        last = ndim_of(x) - 1
        (x0, x1), (y0, y1) = ([_part(v, i, i + 1) for i in (0, 1)] for v in (x, y))
        return squeeze(sub(mul(x0, y1), mul(x1, y0)), (last,))
    x, y = promote_shapes("cross", *[_in_space(v) for v in (x, y)])
    # XLA writes the components faster as rows, which are then transposed, than side by side
    last = ndim_of(x) - 1
    x, y = (transpose(v, (last, *range(last))) for v in (x, y))
    x, y = ([slice_in_dim(v, i, i + 1) for i in range(3)] for v in (x, y))
    # component i is x_j y_k - x_k y_j, with i, j, k in a circle
    turns = (1, 2), (2, 0), (0, 1)
    product = concatenate([sub(mul(x[j], y[k]), mul(x[k], y[j])) for j, k in turns], 0)
    order = list(range(1, last + 1))
    order.insert(canonical_axis("cross", axisc, last + 1), 0)
    return transpose(product, order)


def _part(x, start, stop):
    return slice_in_dim(x, start, stop, axis=ndim_of(x) - 1)


def _in_space(x):
    """A vector of length 2 with a third component, 0."""
    if aval_of(x).shape[-1] == 3:
        return x
    return pad(x, 0, [(0, 0, 0)] * (ndim_of(x) - 1) + [(0, 1, 0)])
