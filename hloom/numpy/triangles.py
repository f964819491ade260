"""Diagonals and triangles of matrices."""

from hloom.frontend import dtypes
from hloom.frontend.choices import integer
from hloom.frontend.errors import ShapeError
from hloom.frontend.families import typed_literal
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.matrices import take_diagonal
from hloom.frontend.trace import aval_of
from hloom.numpy.manipulation import placed
from hloom.numpy.promotion import filled, operand, promote_shapes, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _on_or_below(shape, k):
    """Whether each element of the last two axes of a shape lies on diagonal `k` or below it."""
    rows, columns = _positions(shape, _within(k))
    return e.ge(rows, columns)


def _within(k):
    """The number of a diagonal, an int32 if it is an integer: past 2**30 all are empty."""
    return min(max(k, -(2**30)), 2**30) if type(k) is int else k


def _positions(shape, k):
    """The row, counted from diagonal `k`, and the column of each element of a matrix."""
    rows, columns = (s.broadcasted_iota(dtypes.int32, shape, i) for i in (0, 1))
    if type(k) is not int or k:
        rows = e.add(rows, to_dtype(operand("eye", k), dtypes.int32))
    return rows, columns


def _zero(aval):
    """The Literal 0 of an aval's dtype."""
    return typed_literal(0, aval.dtype, aval.weak_type)


@fused
def _eye(shape, k: ArrayLike, dtype):
    return to_dtype(e.eq(*_positions(shape, k)), dtype)


@judged
def eye(N, M=None, k=0, dtype=None, *, device=None):
    """A matrix with ones on diagonal `k` and zeros elsewhere; square unless `M` columns are asked.

    >>> import hloom.numpy as np
    >>> np.eye(2)
    Array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    dtype = dtypes.requested("eye", float if dtype is None else dtype)
    shape = s.canonical_shape("eye", (N, N if M is None else M))
    return placed(_eye(shape, _within(k), dtype), device)


@judged
def identity(n, dtype=None):
    """The square matrix with ones on the diagonal."""
    return eye(n, dtype=dtype)


@fused
def tri(N, M=None, k=0, dtype=None):
    """A matrix with ones on diagonal `k` and below it, zeros above."""
    dtype = dtypes.requested("tri", float if dtype is None else dtype)
    shape = s.canonical_shape("tri", (N, N if M is None else M))
    return to_dtype(_on_or_below(shape, k), dtype)


@fused
def tril(m: ArrayLike, k=0):
    """The lower triangle of the last two axes: zeros above diagonal `k`."""
    return _triangle("tril", m, k, True)


@fused
def triu(m: ArrayLike, k=0):
    """The upper triangle of the last two axes: zeros below diagonal `k`."""
    return _triangle("triu", m, k - 1, False)


def _triangle(name, m, k, lower):
    m = operand(name, m)
    aval = aval_of(m)
    if aval.ndim < 2:
        raise ShapeError(f"{name}: takes matrices", f"the operand is {aval}", "give it two axes")
    zero = _zero(aval)
    mask, m = promote_shapes(name, _on_or_below(aval.shape[-2:], k), m)
    return e.select_n.bind(mask, zero, m)[0] if lower else e.select_n.bind(mask, m, zero)[0]


@fused
def diagonal(a: ArrayLike, offset=0, axis1=0, axis2=1):
    """The elements whose indices along two axes differ by `offset`; they run along the last axis.

    >>> import hloom.numpy as np
    >>> np.diagonal(np.arange(9).reshape(3, 3), 1)
    Array([1, 5], dtype=int32)
    """
    a, offset = operand("diagonal", a), integer("diagonal", "offset", offset)
    n = aval_of(a).ndim
    if n < 2:
        found = f"the operand is {aval_of(a)}"
        raise ShapeError("diagonal: takes matrices", found, "give it two axes")
    return take_diagonal(a, offset, *s.canonical_axes("diagonal", (axis1, axis2), n))


@fused
def diag(v: ArrayLike, k=0):
    """The matrix with a vector on diagonal `k`, or diagonal `k` of a matrix."""
    v, k = operand("diag", v), integer("diag", "k", k)
    if aval_of(v).ndim == 1:
        return _matrix_of(v, k)
    if aval_of(v).ndim == 2:
        return take_diagonal(v, k, 0, 1)
    found = f"the operand is {aval_of(v)}"
    raise ShapeError("diag: takes a vector or a matrix", found, "use hloom.numpy.diagonal")


@fused
def diagflat(v: ArrayLike, k=0):
    """The matrix with the flattened elements on diagonal `k`."""
    v, k = operand("diagflat", v), integer("diagflat", "k", k)
    return _matrix_of(s.reshape(v, (aval_of(v).size,)), k)


def _matrix_of(v, k):
    aval = aval_of(v)
    n = aval.size + abs(k)
    v = s.pad(v, _zero(aval), [(max(k, 0), max(-k, 0), 0)])
    wide = s.broadcast_in_dim(v, (n, n), (1,))
    return e.select_n.bind(e.eq(*_positions((n, n), k)), _zero(aval), wide)[0]


@fused
def vander(x: ArrayLike, N=None, increasing=False):
    """The matrix of the powers of a vector's elements, the highest first unless `increasing`.

    >>> import hloom.numpy as np
    >>> np.vander(np.arange(1, 3), 3)
    Array([[1, 1, 1],
           [4, 2, 1]], dtype=int32)
    """
    x = operand("vander", x)
    if aval_of(x).ndim != 1:
        found = f"the operand is {aval_of(x)}"
        raise ShapeError("vander: takes a vector", found, "use hloom.numpy.ravel")
    n = aval_of(x).size
    powers = range(n if N is None else integer("vander", "N", N, 0))
    powers = powers if increasing else powers[::-1]
    column = s.reshape(x, (n, 1))
    columns = [column if k == 1 else e.integer_pow(column, k) for k in powers]
    return s.concatenate(columns, 1) if columns else filled(0, aval_of(x).update(shape=(n, 0)))
