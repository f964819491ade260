"""Linear algebra on matrices in the last two axes: the primitives, and functions close to them.

Kernels of LAPACK do the work on CPU. Nothing is promoted; see hloom.numpy.linalg for NumPy's names.
"""

import functools

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import ShapeError
from hloom.frontend.prims.elementwise import abs, min as minimum, sqrt, square
from hloom.frontend.prims.indexing import dynamic_slice_in_dim, dynamic_update_slice_in_dim
from hloom.frontend.prims.linalg import (
    blocked_reflectors,
    cholesky,
    geqrf,
    householder_product,
    lu,
    qr,
    triangular_solve,
)
from hloom.frontend.prims.matrices import (
    adjoint,
    along_columns,
    along_rows,
    complex_if,
    identity,
    matmul,
    symmetrized,
    transposed,
)
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.spectral import (
    EighImplementation,
    EigImplementation,
    SvdAlgorithm,
    eig,
    eigh,
    hessenberg,
    schur,
    svd,
    tridiagonal,
    tridiagonal_solve,
)
from hloom.frontend.prims.structural import concatenate, slice_in_dim
from hloom.frontend.trace import aval_of
from hloom.lax.implicit import custom_linear_solve
from hloom.lax.loops import fori_loop, while_loop
from hloom.lowering.factorizations import permutation_of
from hloom.runtime.dispatch import fused
from hloom.transforms.custom import custom_jvp
from hloom.transforms.zeros import instantiate
from hloom.typing import ArrayLike

__all__ = [
    "EigImplementation",
    "EighImplementation",
    "SvdAlgorithm",
    "cholesky",
    "cholesky_update",
    "eig",
    "eigh",
    "geqrf",
    "hessenberg",
    "householder_product",
    "lu",
    "lu_pivots_to_permutation",
    "ormqr",
    "qdwh",
    "qr",
    "schur",
    "svd",
    "symmetric_product",
    "triangular_solve",
    "tridiagonal",
    "tridiagonal_solve",
]


@fused
def lu_pivots_to_permutation(pivots: Array, permutation_size: int):
    """The permutation of rows that exchanges row i with row `pivots[i]`, one after another.

    >>> import hloom
    >>> hloom.lax.linalg.lu_pivots_to_permutation(hloom.numpy.array([2, 2, 2]), 3)
    Array([2, 0, 1], dtype=int32)
    """
    return permutation_of(pivots, permutation_size)


@fused
def ormqr(a: Array, taus: Array, c: Array, *, left: bool = True, transpose: bool = False):
    """Q c or c Q, or with Q^H in place of Q, for the product Q of reflectors that `geqrf` gives."""
    vectors, middle = blocked_reflectors(a, taus)
    middle = adjoint(middle) if transpose else middle
    if left:
        return c - matmul(vectors, matmul(middle, matmul(adjoint(vectors), c)))
    return c - matmul(matmul(matmul(c, vectors), middle), adjoint(vectors))


@fused
def symmetric_product(
    a_matrix: Array,
    c_matrix: Array,
    *,
    alpha: float = 1.0,
    beta: float = 0.0,
    symmetrize_output: bool = False,
):
    """alpha A A^T + beta C."""
    found = alpha * matmul(a_matrix, transposed(a_matrix)) + beta * c_matrix
    return (found + transposed(found)) / 2 if symmetrize_output else found


@fused
def cholesky_update(r_matrix: ArrayLike, w_vector: ArrayLike):
    """The upper triangular factor of R^T R + w w^T, from R, by a rotation for each row."""
    n = aval_of(r_matrix).shape[-1]
    if aval_of(r_matrix).shape != (n, n) or aval_of(w_vector).shape != (n,):
        found = f"R is {aval_of(r_matrix)}, w is {aval_of(w_vector)}"
        remedy = "give a square matrix and a vector of its length"
        raise ShapeError("cholesky_update: shapes do not fit", found, remedy)

    def rotate(i, state):
        r, w = state
        row = dynamic_slice_in_dim(r, i, 1, 0)
        pivot, here = dynamic_slice_in_dim(row, i, 1, 1), dynamic_slice_in_dim(w, i, 1, 1)
        length = sqrt(pivot * pivot + here * here)
        c, s = pivot / length, here / length
        return dynamic_update_slice_in_dim(r, c * row + s * w, i, 0), c * w - s * row

    return fori_loop(0, n, rotate, (r_matrix, w_vector.reshape((1, n))))[0]


def _length(x):
    """The Frobenius norm of a matrix."""
    return sqrt(reduce_sum(square(abs(x)), (0, 1)))


@fused
def qdwh(
    x: Array,
    *,
    is_hermitian: bool = False,
    max_iterations: int | None = None,
    eps: float | None = None,
    dynamic_shape=None,
):
    """The polar factors of x = u h, the number of iterations, and whether they converged.

    u has orthonormal columns, h is Hermitian and positive: dynamically weighted Halley iterations
    (Nakatsukasa, Bai and Gygi, 2010), each with one QR factorization. `x` has at least as many rows
    as columns. `is_hermitian` and `dynamic_shape` change nothing.
    """
    m, n = aval_of(x).shape[-2:]
    if aval_of(x).ndim != 2 or m < n:
        found, remedy = f"the operand is {aval_of(x)}", "give it transposed"
        raise ShapeError("qdwh: takes one matrix with no more columns than rows", found, remedy)
    tiny = float(dtypes.finfo(aval_of(x).dtype).eps) if eps is None else eps
    limit = 10 if max_iterations is None else max_iterations
    return _halley(x, tiny, limit)


@functools.partial(custom_jvp, nondiff_argnums=(1, 2))
def _halley(x, tiny, limit):
    """What `qdwh` gives, by its iterations."""
    m, n = aval_of(x).shape
    scale = _length(x)
    start = x / scale.astype(aval_of(x).dtype)
    # a lower bound of the smallest singular value, which the weights raise to 1
    bound = tiny + 0 * scale

    tolerance = (4 * tiny) ** (1 / 3)

    def going(state):
        _, low, i, change = state
        return (i < limit) & ((change > tolerance) | (low < 1 - tolerance))

    def step(state):
        u, low, i, _ = state
        low2 = low * low
        d = (4 * (1 - low2) / (low2 * low2)) ** (1 / 3)
        a = sqrt(1 + d) + sqrt(8 - 4 * d + 8 * (2 - low2) / (low2 * sqrt(1 + d))) / 2
        b = (a - 1) ** 2 / 4
        c = a + b - 1
        root = sqrt(c).astype(u.dtype)
        q, _ = qr(concatenate([root * u, identity(u[:n])], 0), full_matrices=False)
        above, below = slice_in_dim(q, 0, m), slice_in_dim(q, m, m + n)
        ratio = (b / c).astype(u.dtype)
        weight = ((a - b / c) / sqrt(c)).astype(u.dtype)
        moved = ratio * u + weight * matmul(above, adjoint(below))
        # rounding must not lift the bound over 1, where the cube root above would fail
        low = minimum(low * (a + b * low2) / (1 + c * low2), 1.0)
        return moved, low, i + 1, _length(moved - u)

    first = (start, bound, 0, 0 * scale + 1)
    u, low, count, change = while_loop(going, step, first)
    h = symmetrized(matmul(adjoint(u), x))
    return u, h, count, (change <= tolerance) & (low >= 1 - tolerance)


@_halley.defjvp
def _halley_jvp(tiny, limit, primals, tangents):
    u, h, *state = _halley(*primals, tiny, limit)
    rest = [instantiate(None, y) for y in state]
    return (u, h, *state), (*polar_tangents(u, h, *tangents), *rest)


def polar_tangents(u, p, g):
    """Tangents of the factors of x = u p, for a tangent of x with no more columns than rows.

    With W = u^H du, which is skew, p W + W p = u^H dx - dx^H u, and dp = u^H dx - W p.
    """
    inner = matmul(adjoint(u), g)
    turn = _anticommuted(p, inner - adjoint(inner))
    dp, du = symmetrized(inner - matmul(turn, p)), matmul(u, turn)
    if aval_of(u).shape[-2] > aval_of(p).shape[-1]:
        # the part of dx outside of the columns of u is (1 - u u^H) du p
        outside, factor = g - matmul(u, inner), cholesky(p)
        options = {"left_side": False, "lower": True}
        outside = triangular_solve(factor, outside, transpose_a=True, conjugate_a=True, **options)
        du = du + triangular_solve(factor, outside, **options)
    return du, dp


def _anticommuted(p, right):
    """The W of p W + W p = right, for Hermitian matrices p whose eigenvalues are positive."""

    def solution(p, right):
        vectors, values = eigh(p, symmetrize_input=False)
        sums = along_columns(values, p) + along_rows(values, p)
        moved = matmul(adjoint(vectors), matmul(right, vectors))
        moved = moved / complex_if(sums, moved)
        return matmul(vectors, matmul(moved, adjoint(vectors)))

    return custom_linear_solve(
        lambda w: matmul(p, w) + matmul(w, p),
        right,
        lambda _, right: solution(p, right),
        lambda _, right: solution(transposed(p), right),
    )
