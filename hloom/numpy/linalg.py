"""Linear algebra: numpy.linalg. Matrices stand in the last two axes; leading axes are a batch."""

from typing import NamedTuple

from hloom.frontend.array import Array
from hloom.frontend.errors import ArgumentError, MatrixError, ShapeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims import linalg as factors, spectral
from hloom.frontend.prims.elementwise import abs as absolute, sign
from hloom.frontend.prims.matrices import adjoint, along_rows, identity, take_rows, transposed
from hloom.frontend.trace import aval_of
from hloom.numpy import diagonals, products, triangles
from hloom.numpy.axes import matrix_transpose
from hloom.numpy.einstein import einsum
from hloom.numpy.least import lstsq, matrix_rank, pinv
from hloom.numpy.norms import cond, matrix_norm, norm, vector_norm
from hloom.numpy.products import matmul, outer, tensordot, vecdot
from hloom.numpy.solving import det, inv, matrices, slogdet, solve, tensorinv, tensorsolve
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, DTypeLike

__all__ = [
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "lstsq",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
    "vecdot",
    "vector_norm",
]


class EigResult(NamedTuple):
    """Eigenvalues, and eigenvectors as columns."""

    eigenvalues: Array
    eigenvectors: Array


class EighResult(NamedTuple):
    """Rising eigenvalues, and eigenvectors as columns."""

    eigenvalues: Array
    eigenvectors: Array


class QRResult(NamedTuple):
    """Orthonormal columns, and an upper triangular matrix."""

    Q: Array
    R: Array


class SVDResult(NamedTuple):
    """Left singular vectors as columns, falling singular values, right ones as conjugate rows."""

    U: Array
    S: Array
    Vh: Array


# ---------------------------------------------------------------- decompositions
@fused
def cholesky(a: ArrayLike, *, upper: bool = False, symmetrize_input: bool = True):
    """The lower triangular L with a = L L^H, or upper U with a = U^H U; NaN where there is none.

    >>> import hloom.numpy as np
    >>> np.linalg.cholesky(np.array([[4.0, 2.0], [2.0, 5.0]]))
    Array([[2., 0.],
           [1., 2.]], dtype=float32)
    """
    a = matrices("cholesky", a, square=True)
    if upper and not symmetrize_input:
        a = adjoint(a)
    found = factors.cholesky(a, symmetrize_input=symmetrize_input)
    return adjoint(found) if upper else found


@fused
def qr(a: ArrayLike, mode: str = "reduced"):
    """Orthonormal Q and upper triangular R with a = Q R, as the pair (Q, R).

    `mode` is "reduced", "complete" for a square Q, "r" for R alone, or "raw".
    """
    a = matrices("qr", a)
    if mode == "raw":
        packed, taus = factors.geqrf(a)
        return transposed(packed), taus
    if mode not in ("reduced", "complete", "full", "r"):
        remedy = 'use "reduced", "complete", "r" or "raw"'
        raise ValueRangeError(f"qr: mode {mode!r} is not known", None, remedy)
    q, r = factors.qr(a, full_matrices=mode in ("complete", "full"))
    return r if mode == "r" else QRResult(q, r)


def _lower(name, uplo):
    if uplo not in (None, "L", "U"):
        raise ValueRangeError(f"{name}: UPLO {uplo!r} is not known", None, 'use "L" or "U"')
    return uplo != "U"


@fused
def eigh(a: ArrayLike, UPLO: str | None = None, symmetrize_input: bool = True):
    """Rising eigenvalues and eigenvectors, as columns, of Hermitian matrices.

    Derivatives of the vectors are infinite or NaN where eigenvalues repeat.

    >>> import hloom.numpy as np
    >>> np.linalg.eigh(np.diag(np.array([3.0, 1.0]))).eigenvalues
    Array([1., 3.], dtype=float32)
    """
    a = matrices("eigh", a, square=True)
    lower = _lower("eigh", UPLO)
    vectors, values = spectral.eigh(a, lower=lower, symmetrize_input=symmetrize_input)
    return EighResult(values, vectors)


@fused
def eigvalsh(a: ArrayLike, UPLO: str | None = "L", *, symmetrize_input: bool = True):
    """Rising eigenvalues of Hermitian matrices."""
    return eigh(a, UPLO, symmetrize_input).eigenvalues


@fused
def eig(a: ArrayLike):
    """Eigenvalues and eigenvectors, as columns, of square matrices.

    Derivatives of the vectors are infinite or NaN where eigenvalues repeat.
    """
    a = matrices("eig", a, square=True)
    return EigResult(*spectral.eig(a, compute_left_eigenvectors=False))


@fused
def eigvals(a: ArrayLike):
    """Eigenvalues of square matrices."""
    a = matrices("eigvals", a, square=True)
    options = {"compute_left_eigenvectors": False, "compute_right_eigenvectors": False}
    return spectral.eig(a, **options)[0]


@fused
def svd(
    a: ArrayLike,
    full_matrices: bool = True,
    compute_uv: bool = True,
    hermitian: bool = False,
    subset_by_index=None,
):
    """U, S and Vh with a = U diag(S) Vh and S falling; only S without `compute_uv`.

    U and Vh are square with `full_matrices`. `hermitian` says that `a` is, which is quicker.
    Derivatives of U and Vh are infinite or NaN where singular values repeat, or vanish in matrices
    that are not square.
    """
    a = matrices("svd", a)
    if hermitian:
        return _hermitian_svd(a, compute_uv, subset_by_index)
    found = spectral.svd(
        a, full_matrices=full_matrices, compute_uv=compute_uv, subset_by_index=subset_by_index
    )
    return SVDResult(*found) if compute_uv else found


def _hermitian_svd(a, compute_uv, subset):
    """Singular values are the eigenvalues' absolute values; signs go to the right vectors."""
    vectors, values = spectral.eigh(a)
    size = absolute(values)
    order = (-size).argsort(-1)
    if subset is not None:
        start, stop = spectral.checked_subset("svd", subset, aval_of(a).shape[-1])
        order = order[..., start:stop]
    ordered = take_rows(size[..., None], order)[..., 0]
    if not compute_uv:
        return ordered
    left = transposed(take_rows(transposed(vectors), order))
    signs = take_rows(sign(values)[..., None], order)[..., 0].astype(aval_of(a).dtype)
    return SVDResult(left, ordered, adjoint(left * along_rows(signs, left)))


@fused
def svdvals(x: ArrayLike, /):
    """Falling singular values."""
    return spectral.svd(matrices("svdvals", x), compute_uv=False)


# ---------------------------------------------------------------- products
@fused
def matrix_power(a: ArrayLike, n: int):
    """The n-th powers of square matrices, by repeated squaring; inverses for negative n."""
    if not hasattr(n, "__index__"):
        raise ArgumentError("matrix_power: the power is an integer", f"it is {n!r}", "give an int")
    a = matrices("matrix_power", a, square=True) if n < 0 else a
    if aval_of(a).ndim < 2 or aval_of(a).shape[-1] != aval_of(a).shape[-2]:
        remedy = "give it two last axes of equal length"
        what = "matrix_power: takes square matrices"
        raise MatrixError(what, f"the operand is {aval_of(a)}", remedy)
    if n == 0:
        return identity(a)
    a = inv(a) if n < 0 else a
    result, n = None, abs(n)
    while n:
        if n & 1:
            result = a if result is None else products.at(result, a)
        n >>= 1
        a = products.at(a, a) if n else a
    return result


@judged
def multi_dot(arrays, *, precision=None):
    """The product of several matrices in the cheapest order; the first and last may be vectors.

    >>> import hloom.numpy as np
    >>> np.linalg.multi_dot([np.ones((9, 2)), np.ones((2, 9)), np.ones(9)]).shape
    (9,)
    """
    arrays = list(arrays)
    if len(arrays) < 2:
        found = f"there are {len(arrays)}"
        raise ValueRangeError("multi_dot: multiplies two arrays or more", found, "give more")
    terms, letters = [], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for i, x in enumerate(arrays):
        rank, ends = aval_of(x).ndim, i in (0, len(arrays) - 1)
        if rank != 2 and not (rank == 1 and ends):
            found = f"operand {i} is {aval_of(x)}"
            remedy = "give matrices; the first and the last may be vectors"
            raise ShapeError("multi_dot: multiplies matrices", found, remedy)
        both = letters[i : i + 2]
        terms.append(both if rank == 2 else both[1] if i == 0 else both[0])
    first = letters[0] if aval_of(arrays[0]).ndim == 2 else ""
    last = letters[len(arrays)] if aval_of(arrays[-1]).ndim == 2 else ""
    form = f"{','.join(terms)}->{first}{last}"
    return einsum(form, *arrays, optimize="auto", precision=precision)


@fused
def cross(x1: ArrayLike, x2: ArrayLike, /, *, axis: int = -1):
    """The cross product of vectors of length 3."""
    for x in (x1, x2):
        if aval_of(x).shape[axis] != 3:
            found = f"the operand is {aval_of(x)}, axis is {axis}"
            raise ShapeError("cross: takes vectors of length 3", found, "choose another axis")
    return products.cross(x1, x2, axis=axis)


@fused
def diagonal(x: ArrayLike, /, *, offset: int = 0):
    """The diagonals of matrices in the last two axes."""
    return triangles.diagonal(x, offset, -2, -1)


@fused
def trace(x: ArrayLike, /, *, offset: int = 0, dtype: DTypeLike | None = None):
    """The sums of the diagonals of matrices in the last two axes."""
    return diagonals.trace(x, offset, -2, -1, dtype)
