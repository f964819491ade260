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
    is_complex,
    lower_part,
    matmul,
    symmetrized,
    upper_part,
)
from hloom.frontend.trace import aval_of
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


def svd(x, full_matrices, compute_uv):
    """Singular values, and the matrix in which they have been cubed."""
    if not compute_uv:
        return [sp.svd(x, compute_uv=False)]
    u, s, vt = sp.svd(x, full_matrices=full_matrices)
    k = aval_of(s).shape[-1]
    return [s, matmul(scaled(u[..., :k], mul(s, mul(s, s))), vt[..., :k, :])]


def svd_np(x, full_matrices, compute_uv):
    """The same without singular vectors."""
    values = np.linalg.svd(x, compute_uv=False)
    return [values, x @ H(x) @ x] if compute_uv else [values]


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
    """The product of the factors, and what is left of the form below its subdiagonal."""
    form, basis = sp.schur(x)
    return [matmul(matmul(basis, form), adjoint(basis)), add(lower_part(form, -2), 0.0)]


def hessenberg(x):
    """The absolute values of the Hessenberg form."""
    return abs(upper_part(sp.hessenberg(x)[0], -1))


def tridiagonal(x, lower):
    """The diagonal, and the absolute values beside it."""
    _, diagonal, beside, _ = sp.tridiagonal(symmetrized(x), lower=lower)
    return [diagonal, abs(beside)]


def tridiagonal_np(x, lower):
    """By SciPy's Hessenberg form; the upper one begins at the other end."""

    def one(x):
        x = (x + H(x)) / 2
        form = scipy.linalg.hessenberg(x if lower else x[::-1, ::-1])
        main, beside = np.diagonal(form).real, np.abs(np.diagonal(form, -1))
        return (main, beside) if lower else (main[::-1], beside[::-1])

    return each(one, x)


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
        svd,
        svd_np,
        [case(A(*s), full_matrices=True, compute_uv=True) for s in [(2, 4, 2), (2, 4)]],
        DTYPES,
        name="svd_full",
        grad=False,
        tol=512,
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
        lambda x: [x, 0 * x],
        [case(A(3, 3)), case(A(2, 2, 2))],
        DTYPES,
        covers=(sp.schur,),
        grad=False,
        tol=512,
    ),
    Op(
        hessenberg,
        lambda x: each(lambda x: np.abs(scipy.linalg.hessenberg(x)), x),
        [case(A(4, 4)), case(A(2, 3, 3))],
        DTYPES,
        covers=(sp.hessenberg,),
        grad=False,
        tol=512,
    ),
    Op(
        tridiagonal,
        tridiagonal_np,
        [case(A(4, 4), lower=True), case(A(2, 3, 3), lower=False)],
        DTYPES,
        covers=(sp.tridiagonal,),
        grad=False,
        tol=512,
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
