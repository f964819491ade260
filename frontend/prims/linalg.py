"""Factorizations that take finitely many steps, and triangular systems.

Matrices stand in the last two axes; leading axes are a batch.
"""

import numpy as np

from hloom.frontend.avals import ShapedArray
from hloom.frontend.choices import without
from hloom.frontend.errors import DTypeError, MatrixError, ShapeError
from hloom.frontend.primitive import composed, primitive
from hloom.frontend.prims.elementwise import add, mul, sub
from hloom.frontend.prims.matrices import (
    adjoint,
    along_columns,
    identity,
    is_complex,
    lower_part,
    matmul,
    symmetrized,
    upper_part,
)
from hloom.frontend.prims.structural import expand_dims, slice_in_dim, squeeze
from hloom.frontend.trace import aval_of

_TAKEN = ("float32", "float64", "complex64", "complex128")
_INT = np.dtype("int32")


def check_matrices(name, x, square=False):
    """Raise unless an aval is of matrices, square if asked, of a dtype that LAPACK knows."""
    if x.dtype.name not in _TAKEN:
        found = f"the operand is {x}"
        raise DTypeError(f"{name}: takes {', '.join(_TAKEN)}", found, "use x.astype('float32')")
    if x.ndim < 2 or (square and x.shape[-1] != x.shape[-2]):
        what = "square matrices" if square else "matrices"
        remedy = "give it two last axes" + " of equal length" * square
        raise MatrixError(f"{name}: takes {what}", f"the operand is {x}", remedy)


# ---------------------------------------------------------------- cholesky
def _cholesky_type(x):
    check_matrices("cholesky", x, square=True)
    return ShapedArray(x.shape, x.dtype)


@primitive(_cholesky_type)
@composed("x")
def cholesky(x, *, symmetrize_input=True):
    """The lower triangular L with x = L L^H of positive definite matrices; NaN where they are not.

    Only the lower triangle is read, after `x` has been replaced by the mean of itself and its
    adjoint if `symmetrize_input`, so that derivatives are symmetric.

    >>> import hloom
    >>> hloom.lax.linalg.cholesky(hloom.numpy.array([[4.0, 2.0], [2.0, 5.0]]))
    Array([[2., 0.],
           [1., 2.]], dtype=float32)
    """
    check_matrices("cholesky", aval_of(x), square=True)
    return cholesky.bind(symmetrized(x) if symmetrize_input else x)[0]


# ---------------------------------------------------------------- triangular_solve
def _triangular_solve_type(a, b, *, left_side, lower, transpose_a, conjugate_a, unit_diagonal):
    check_matrices("triangular_solve", a, square=True)
    check_matrices("triangular_solve", b)
    if a.dtype != b.dtype:
        raise DTypeError("triangular_solve: needs one dtype", f"found {a} and {b}", "convert one")
    axis = -2 if left_side else -1
    if a.shape[:-2] != b.shape[:-2] or a.shape[-1] != b.shape[axis]:
        found = f"a is {a}, b is {b}, left_side is {left_side}"
        remedy = "leading axes agree, and n fits on the side where a stands"
        raise ShapeError("triangular_solve: shapes do not fit", found, remedy)
    return ShapedArray(b.shape, b.dtype)


@primitive(_triangular_solve_type)
@composed("a", "b")
def triangular_solve(
    a,
    b,
    *,
    left_side=False,
    lower=False,
    transpose_a=False,
    conjugate_a=False,
    unit_diagonal=False,
):
    """The X of op(a) X = b, or of X op(a) = b without `left_side`, with a triangular `a`.

    op transposes and conjugates as asked. The other triangle of `a` is not read, nor its diagonal
    with `unit_diagonal`. `b` may be vectors, with one axis less than `a`.

    >>> import hloom
    >>> a, b = hloom.numpy.array([[2.0, 0.0], [1.0, 4.0]]), hloom.numpy.array([2.0, 9.0])
    >>> hloom.lax.linalg.triangular_solve(a, b, left_side=True, lower=True)
    Array([1., 2.], dtype=float32)
    """
    vectors = aval_of(b).ndim == aval_of(a).ndim - 1
    if vectors:
        place = (aval_of(a).ndim - 1 if left_side else aval_of(a).ndim - 2,)
        b = expand_dims(b, place)
    (x,) = triangular_solve.bind(
        a,
        b,
        left_side=bool(left_side),
        lower=bool(lower),
        transpose_a=bool(transpose_a),
        conjugate_a=bool(conjugate_a) and is_complex(a),
        unit_diagonal=bool(unit_diagonal),
    )
    return squeeze(x, place) if vectors else x


# ---------------------------------------------------------------- lu
def _lu_type(x):
    check_matrices("lu", x)
    *batch, m, n = x.shape
    pivots = ShapedArray((*batch, min(m, n)), _INT)
    return ShapedArray(x.shape, x.dtype), pivots, ShapedArray((*batch, m), _INT)


@primitive(_lu_type)
def lu(x):
    """The factors of x[permutation] = L U in one matrix, the pivots, and the permutation.

    L has ones on its diagonal, which are left out. Row i was exchanged with row `pivots[i]`.
    """
    return tuple(lu.bind(x))


# ---------------------------------------------------------------- qr
def _qr_type(x, *, pivoting, full_matrices):
    check_matrices("qr", x)
    *batch, m, n = x.shape
    k = m if full_matrices else min(m, n)
    found = ShapedArray((*batch, m, k), x.dtype), ShapedArray((*batch, k, n), x.dtype)
    return (*found, ShapedArray((*batch, n), _INT)) if pivoting else found


@primitive(_qr_type)
def qr(x, *, pivoting=False, full_matrices=True, use_magma=None):
    """Q with orthonormal columns and upper triangular R, with x = Q R, or x[:, p] = Q R.

    Q is square with `full_matrices`. With `pivoting`, p puts the diagonal of R in falling order.
    """
    without("qr", use_magma=use_magma)
    return tuple(qr.bind(x, pivoting=bool(pivoting), full_matrices=bool(full_matrices)))


def _geqrf_type(x):
    check_matrices("geqrf", x)
    return x.strip_weak_type(), ShapedArray((*x.shape[:-2], min(x.shape[-2:])), x.dtype)


@primitive(_geqrf_type)
def geqrf(x):
    """R above the diagonal and the reflectors of Q below it, and their factors.

    Derivatives are infinite or NaN where a column is 0 below the diagonal before it is reflected.
    """
    return tuple(geqrf.bind(x))


def _householder_type(a, taus):
    check_matrices("householder_product", a)
    *batch, m, n = a.shape
    if m < n or taus.shape[:-1] != tuple(batch) or taus.shape[-1] > n or taus.dtype != a.dtype:
        found = f"the reflectors are {a}, the factors {taus}"
        remedy = "give at most as many factors as columns, and at most as many columns as rows"
        raise ShapeError("householder_product: operands do not fit", found, remedy)
    return ShapedArray(a.shape, a.dtype)


@primitive(_householder_type)
def householder_product(a, taus):
    """The first columns of the product of the reflectors 1 - taus[i] v v^H.

    v is 0 above row i of column i of `a`, 1 in it, and stands in the column below it.
    """
    return householder_product.bind(a, taus)[0]


def reflected_columns(a, taus):
    """The first columns of a product of reflectors, as `householder_product` has it."""
    vectors, middle = blocked_reflectors(a, taus)
    top = slice_in_dim(vectors, 0, aval_of(a).shape[-1], axis=aval_of(a).ndim - 2)
    return sub(identity(a), matmul(vectors, matmul(middle, adjoint(top))))


def blocked_reflectors(a, taus):
    """V and T with the product of reflectors 1 - V T V^H.

    T is upper triangular (Schreiber and van Loan, 1989): with D the diagonal matrix of `taus` and S
    the part of V^H V above the diagonal, (1 + D S) T = D.
    """
    k = aval_of(taus).shape[-1]
    vectors = slice_in_dim(a, 0, k, axis=aval_of(a).ndim - 1)
    vectors = add(lower_part(vectors, -1), identity(vectors))
    overlap = upper_part(matmul(adjoint(vectors), vectors), 1)
    scale = along_columns(taus, overlap)
    unit = identity(overlap)
    system = add(unit, mul(scale, overlap))
    return vectors, triangular_solve(system, mul(scale, unit), left_side=True, unit_diagonal=True)
