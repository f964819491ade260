"""Decompositions by eigenvalues and singular values, which are found by iteration.

Matrices stand in the last two axes; leading axes are a batch.
"""

import enum

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.choices import without
from hloom.frontend.errors import ShapeError, UnsupportedError, ValueRangeError
from hloom.frontend.primitive import composed, primitive
from hloom.frontend.prims.linalg import check_matrices
from hloom.frontend.prims.matrices import symmetrized
from hloom.frontend.prims.structural import slice_in_dim
from hloom.frontend.trace import aval_of


class SvdAlgorithm(enum.Enum):
    """How singular values are found.

    DEFAULT divides and conquers on CPU, is QR on CUDA and rotates elsewhere.
    """

    DEFAULT = "default"
    QR = "QR"
    JACOBI = "Jacobi"
    POLAR = "polar"
    DIVIDE_AND_CONQUER = "divide_and_conquer"


class EighImplementation(enum.Enum):
    """How eigenvalues of Hermitian matrices are found.

    The default is QR on CPU, cuSOLVER's choice on CUDA, and JACOBI elsewhere.
    """

    QR = "qr"
    JACOBI = "jacobi"
    QDWH = "qdwh"


class EigImplementation(enum.Enum):
    """Which library finds eigenvalues of square matrices: LAPACK on CPU, loops elsewhere."""

    CUSOLVER = "cusolver"
    MAGMA = "magma"
    LAPACK = "lapack"


def _supported(name, kind, given, accepted):
    """The member of an enum that an argument names, if it is among those that there are."""
    found = None if given is None else kind(given)
    if found not in accepted:
        known = " or ".join(str(k) for k in accepted if k)
        raise UnsupportedError(f"{name}: {found} is not available", None, f"use {known}")
    return found


# ---------------------------------------------------------------- eigh
def _eigh_type(x, *, lower, rotate):
    check_matrices("eigh", x, square=True)
    return ShapedArray(x.shape, x.dtype), ShapedArray(x.shape[:-1], dtypes.to_real(x.dtype))


@primitive(_eigh_type)
@composed("x")
def eigh(
    x,
    *,
    lower=True,
    symmetrize_input=True,
    sort_eigenvalues=True,
    subset_by_index=None,
    implementation=None,
):
    """Eigenvectors, as columns, and eigenvalues, rising, of Hermitian matrices; NaN on failure.

    One triangle is read, after `x` has been replaced by the mean of itself and its adjoint if
    `symmetrize_input`. `subset_by_index` is the first and one past the last pair wanted.
    Derivatives of the vectors are infinite or NaN where eigenvalues repeat.
    """
    check_matrices("eigh", aval_of(x), square=True)
    accepted = (None, EighImplementation.QR, EighImplementation.JACOBI)
    kind = _supported("eigh", EighImplementation, implementation, accepted)
    x = symmetrized(x) if symmetrize_input else x
    rotate = kind is EighImplementation.JACOBI
    vectors, values = eigh.bind(x, lower=bool(lower), rotate=rotate)
    if subset_by_index is not None:
        start, stop = checked_subset("eigh", subset_by_index, aval_of(x).shape[-1])
        vectors = slice_in_dim(vectors, start, stop, axis=aval_of(x).ndim - 1)
        values = slice_in_dim(values, start, stop, axis=aval_of(x).ndim - 2)
    return vectors, values


def checked_subset(name, subset, n):
    """`subset_by_index` as (start, stop)."""
    start, stop = (int(i) for i in subset)
    if not 0 <= start < stop <= n:
        found = f"subset_by_index is {tuple(subset)}, there are {n}"
        raise ValueRangeError(f"{name}: there is no such range", found, "use 0 <= start < stop")
    return start, stop


# ---------------------------------------------------------------- eig
def _eig_type(x, *, left, right):
    check_matrices("eig", x, square=True)
    dtype = dtypes.to_complex(x.dtype) if dtypes.is_float(x.dtype) else x.dtype
    vectors = ShapedArray(x.shape, dtype)
    return ShapedArray(x.shape[:-1], dtype), *[vectors] * (left + right)


@primitive(_eig_type)
def eig(
    x,
    *,
    compute_left_eigenvectors=True,
    compute_right_eigenvectors=True,
    enable_eigvec_derivs=True,
    implementation=None,
    use_magma=None,
):
    """Eigenvalues of square matrices, then left and right eigenvectors as columns, if asked.

    Derivatives of the vectors are infinite or NaN where eigenvalues repeat.
    """
    _supported("eig", EigImplementation, implementation, (None, EigImplementation.LAPACK))
    without("eig", use_magma=use_magma)
    left, right = bool(compute_left_eigenvectors), bool(compute_right_eigenvectors)
    return eig.bind(x, left=left, right=right)


# ---------------------------------------------------------------- svd
def _svd_type(x, *, full_matrices, compute_uv, algorithm):
    check_matrices("svd", x)
    *batch, m, n = x.shape
    k = min(m, n)
    values = ShapedArray((*batch, k), dtypes.to_real(x.dtype))
    if not compute_uv:
        return (values,)
    rows, columns = (m, n) if full_matrices else (k, k)
    left = ShapedArray((*batch, m, rows), x.dtype)
    return left, values, ShapedArray((*batch, columns, n), x.dtype)


@primitive(_svd_type)
@composed("x")
def svd(x, *, full_matrices=True, compute_uv=True, subset_by_index=None, algorithm=None):
    """U, s and V^H with x = U diag(s) V^H and `s` falling; only `s` without `compute_uv`.

    U and V are square with `full_matrices`. `subset_by_index` is the first and one past the last
    singular value wanted. Derivatives of the vectors are infinite or NaN where singular values
    repeat, or vanish in matrices that are not square; those that complete a square U or V turn no
    more than orthogonality asks.
    """
    accepted = (None, *[a for a in SvdAlgorithm if a is not SvdAlgorithm.POLAR])
    algorithm = _supported("svd", SvdAlgorithm, algorithm, accepted) or SvdAlgorithm.DEFAULT
    compute_uv, full_matrices = bool(compute_uv), bool(full_matrices) and bool(compute_uv)
    if subset_by_index is not None and full_matrices:
        remedy = "use full_matrices=False"
        raise ValueRangeError("svd: a subset has no full matrices", None, remedy)
    params = {"full_matrices": full_matrices, "compute_uv": compute_uv, "algorithm": algorithm}
    found = svd.bind(x, **params)
    if subset_by_index is not None:
        rank, k = aval_of(x).ndim, min(aval_of(x).shape[-2:])
        start, stop = checked_subset("svd", subset_by_index, k)
        axes = (rank - 1, rank - 2, rank - 2) if compute_uv else (rank - 2,)
        found = [slice_in_dim(y, start, stop, axis=a) for y, a in zip(found, axes, strict=True)]
    return tuple(found) if compute_uv else found[0]


# ---------------------------------------------------------------- reductions to simpler form
def _schur_type(x, *, vectors):
    check_matrices("schur", x, square=True)
    return (x.strip_weak_type(),) * (2 if vectors else 1)


@primitive(_schur_type)
def schur(x, *, compute_schur_vectors=True, sort_eig_vals=False, select_callable=None):
    """T, upper triangular but for 2x2 blocks in real matrices, and unitary Z: x = Z T Z^H.

    Derivatives leave the phases of complex columns of Z as they are; they are infinite or NaN where
    eigenvalues repeat, and where a block [[a, b], [-b, a]] could be turned freely.
    """
    without("schur", sort_eig_vals=sort_eig_vals, select_callable=select_callable)
    return tuple(schur.bind(x, vectors=bool(compute_schur_vectors)))


def _hessenberg_type(x):
    check_matrices("hessenberg", x, square=True)
    *batch, n, _ = x.shape
    return x.strip_weak_type(), ShapedArray((*batch, max(n - 1, 0)), x.dtype)


@primitive(_hessenberg_type)
def hessenberg(a):
    """The Hessenberg form, with reflectors below its subdiagonal, and their factors.

    Derivatives are infinite or NaN where the form, or a column to be reflected, has zeros there.
    """
    return tuple(hessenberg.bind(a))


def _tridiagonal_type(x, *, lower):
    check_matrices("tridiagonal", x, square=True)
    *batch, n, _ = x.shape
    real = dtypes.to_real(x.dtype)
    side = (*batch, max(n - 1, 0))
    diagonals = ShapedArray((*batch, n), real), ShapedArray(side, real)
    return x.strip_weak_type(), *diagonals, ShapedArray(side, x.dtype)


@primitive(_tridiagonal_type)
def tridiagonal(a, *, lower=True):
    """The tridiagonal form of Hermitian matrices: reflectors, diagonal, the one beside it, factors.

    The reflectors stand beyond the two diagonals, as `householder_product` takes them; the triangle
    that is not read stays as it is. Derivatives are infinite or NaN where a reflector does nothing.
    """
    return tuple(tridiagonal.bind(a, lower=bool(lower)))


def _tridiagonal_solve_type(dl, d, du, b):
    check_matrices("tridiagonal_solve", b)
    if {dl, d, du} != {ShapedArray(b.shape[:-1], b.dtype)}:
        found = f"the diagonals are {dl}, {d} and {du}, the right side is {b}"
        remedy = "give three vectors as long as b has rows; dl[0] and du[-1] are not read"
        raise ShapeError("tridiagonal_solve: shapes do not fit", found, remedy)
    return ShapedArray(b.shape, b.dtype)


@primitive(_tridiagonal_solve_type)
def tridiagonal_solve(dl, d, du, b, *, perturb_singular=False):
    """The X of A X = b, A having the diagonals `dl` (from element 1 on), `d` and `du`."""
    without("tridiagonal_solve", perturb_singular=perturb_singular)
    return tridiagonal_solve.bind(dl, d, du, b)[0]
