"""Rows of eigenvalues and singular values.

Vectors are determined up to signs, or phases: what is checked does not depend on them.
"""

import numpy as np
import scipy.linalg

from hloom.frontend.prims import spectral as sp
from hloom.frontend.prims.elementwise import abs, add, complex, mul, real, sign
from hloom.frontend.prims.matrices import (
    adjoint,
    along_rows,
    diagonal,
    identity,
    is_complex,
    matmul,
    symmetrized,
)
from hloom.frontend.prims.structural import broadcast_in_dim
from hloom.frontend.trace import aval_of
from hloom.scipy.linalg import eigh as scipy_eigh
from hloom.transforms.zeros import zeros
from ops import COMPLEX, WIDE, A, Op, case
from ops_linalg import H, each

DTYPES = WIDE + COMPLEX


def scaled(vectors, values):
    """Vectors, as columns, times values."""
    if is_complex(vectors) and not is_complex(values):
        values = complex(values, zeros(aval_of(values)))
    return mul(vectors, along_rows(values, vectors))


def eigh(x, lower):
    """Eigenvalues, and the matrix in which they have been cubed."""
    vectors, values = sp.eigh(symmetrized(x), lower=lower)
    cubes = mul(values, mul(values, values))
    return [values, matmul(scaled(vectors, cubes), adjoint(vectors))]


def eigh_np(x, lower):
    """The same without eigenvectors."""
    x = (x + H(x)) / 2
    return [np.linalg.eigvalsh(x), x @ x @ x]


def paired_eigh(x, y, type):
    """Eigenvalues of a pair of matrices, and V W^3 V^H."""
    y = add(matmul(y, adjoint(y)), identity(y))
    values, vectors = scipy_eigh(symmetrized(x), y, type=type)
    cubes = mul(values, mul(values, values))
    return [values, matmul(scaled(vectors, cubes), adjoint(vectors))]


def paired_eigh_np(x, y, type):
    """The same by powers of the matrix of the problem."""
    x, y = (x + H(x)) / 2, y @ H(y) + np.eye(y.shape[-1])
    left = np.linalg.inv(y) @ x if type == 1 else x @ y if type == 2 else y @ x
    values = np.sort(np.linalg.eigvals(left).real, -1)
    # V V^H is the inverse of y, or y
    return [values, left @ left @ left @ (y if type == 3 else np.linalg.inv(y))]


def svd(x, full_matrices, compute_uv):
    """Singular values, and the matrix in which they have been cubed."""
    if not compute_uv:
        return [sp.svd(x, compute_uv=False)]
    u, s, vt = sp.svd(x, full_matrices=full_matrices)
    k = aval_of(s).shape[-1]
    return [s, matmul(scaled(u[..., :k], mul(s, mul(s, s))), vt[..., :k, :])]


def completed(x):
    """The projections on what completes the singular vectors, which may be any basis of it."""
    u, s, vt = sp.svd(x)
    k = aval_of(s).shape[-1]
    rest, other = u[..., k:], vt[..., k:, :]
    return [matmul(rest, adjoint(rest)), matmul(adjoint(other), other)]


def svd_np(x, full_matrices, compute_uv):
    """The same without singular vectors."""
    values = np.linalg.svd(x, compute_uv=False)
    return [values, x @ H(x) @ x] if compute_uv else [values]


def completed_np(x):
    """The same by the pseudoinverse."""
    inverse = np.linalg.pinv(x)
    return [np.eye(p.shape[-1]) - p for p in (x @ inverse, inverse @ x)]


def eig(x):
    """Eigenvalues and eigenvectors, left and right, of matrices near a diagonal one."""
    values, *vectors = sp.eig(x)
    signs = [sign(real(diagonal(v))) for v in vectors]
    return [values, *[scaled(v, s) for v, s in zip(vectors, signs, strict=True)]]


def eig_np(x):
    """By SciPy, with vectors of length 1."""

    def one(x):
        values, *vectors = scipy.linalg.eig(x, left=True)
        return values, *[v * np.sign(np.diagonal(v).real) for v in vectors]

    return each(one, x)


def spread(x):
    """A matrix with distinct real parts of eigenvalues, in the same order everywhere."""
    n = x.shape[-1]
    return np.diag(np.arange(n) * 8.0) + x


def schur(x):
    """What does not depend on the phases of the vectors; on their order it does."""
    form, basis = sp.schur(x)
    size = abs(form)
    order = np.arange(1, x.shape[-1] + 1).astype(size.dtype)
    order = scaled(basis, broadcast_in_dim(order, x.shape[:-1], (len(x.shape) - 2,)))
    product = matmul(matmul(basis, form), adjoint(basis))
    return [mul(size, size), matmul(order, adjoint(basis)), product]


def schur_np(x):
    """By SciPy."""

    def one(x):
        kind = "complex" if np.iscomplexobj(x) else "real"
        form, basis = scipy.linalg.schur(x, output=kind)
        return np.abs(form) ** 2, basis * np.arange(1, len(x) + 1) @ H(basis), x

    return each(one, x)


def hessenberg(x):
    """The packed form and the factors of the reflectors, by LAPACK."""
    return each(lambda x: scipy.linalg.get_lapack_funcs("gehrd", (x,))(x)[:2], x)


def tridiagonal(x, lower):
    """The packed form, the diagonals and the factors, by LAPACK."""

    def one(x):
        name = "hetrd" if np.iscomplexobj(x) else "sytrd"
        return scipy.linalg.get_lapack_funcs(name, (x,))(x, lower=lower)[:4]

    return each(one, (x + H(x)) / 2)


def banded(dl, d, du, b):
    """A tridiagonal system as a full one."""
    n = d.shape[-1]

    def one(dl, d, du, b):
        a = np.diag(d[:, 0] + 6) + np.diag(dl[1:, 0], -1) + np.diag(du[: n - 1, 0], 1)
        return np.linalg.solve(a, b)

    return each(one, dl[..., None], d[..., None], du[..., None], b)


SHAPES = [(3, 3), (2, 4, 4), (1, 1)]

OPS = [
    Op(
        eigh,
        eigh_np,
        [case(A(*s), lower=True) for s in SHAPES] + [case(A(3, 3), lower=False)],
        DTYPES,
        covers=(sp.eigh,),
        tol=512,
        grad_tol=1e-5,
    ),
    Op(
        paired_eigh,
        paired_eigh_np,
        [case(A(*s), A(*s), type=1) for s in SHAPES[:2]]
        + [case(A(3, 3), A(3, 3), type=2), case(A(3, 3), A(3, 3), type=3)],
        WIDE,
        tol=4096,
        grad_tol=1e-4,
    ),
    Op(
        svd,
        svd_np,
        [case(A(*s), full_matrices=False, compute_uv=True) for s in [(3, 3), (2, 4, 2), (2, 4)]]
        + [case(A(2, 3), full_matrices=False, compute_uv=False)]
        + [case(A(3, 3), full_matrices=True, compute_uv=True)],
        DTYPES,
        covers=(sp.svd,),
        tol=512,
        grad_tol=1e-5,
    ),
    Op(
        completed,
        completed_np,
        [case(A(*s)) for s in [(2, 4, 2), (2, 4)]],
        DTYPES,
        name="svd_full",
        tol=512,
        grad_tol=1e-5,
    ),
    Op(
        lambda x: eig(add(x, np.diag(np.arange(3) * 8.0).astype(x.dtype))),
        lambda x: eig_np(spread(x)),
        [case(A(3, 3))],
        DTYPES,
        name="eig",
        covers=(sp.eig,),
        tol=512,
        grad_tol=1e-5,
    ),
    Op(
        schur,
        schur_np,
        [case(A(4, 4)), case(A(2, 2, 2))],
        DTYPES,
        covers=(sp.schur,),
        tol=512,
        grad_tol=1e-5,
        # blocks of two rows may be turned by a right angle, as rounding has it
        wide=False,
    ),
    Op(
        sp.hessenberg,
        hessenberg,
        [case(A(4, 4)), case(A(2, 3, 3))],
        DTYPES,
        tol=512,
        grad_tol=1e-5,
    ),
    Op(
        lambda x, lower: sp.tridiagonal(symmetrized(x), lower=lower),
        tridiagonal,
        [case(A(4, 4), lower=True), case(A(2, 3, 3), lower=False)],
        DTYPES,
        name="tridiagonal",
        covers=(sp.tridiagonal,),
        tol=512,
        grad_tol=1e-5,
    ),
    Op(
        lambda dl, d, du, b: sp.tridiagonal_solve(dl, d + 6, du, b),
        banded,
        [case(A(4), A(4), A(4), A(4, 2)), case(A(2, 3), A(2, 3), A(2, 3), A(2, 3, 1))],
        DTYPES,
        name="tridiagonal_solve",
        covers=(sp.tridiagonal_solve,),
        tol=64,
        in_axes=[(0, 0, 0, 0), (None, 1, None, None), (None, None, None, 1)],
    ),
]
