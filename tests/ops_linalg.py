"""Rows of factorizations and triangular systems.

Matrices of samples are moved away from singular ones before they are factored.
"""

import numpy as np
import scipy.linalg

from hloom.frontend.prims import linalg as la
from hloom.frontend.prims.elementwise import add
from hloom.frontend.prims.matrices import adjoint, identity, matmul
from ops import COMPLEX, WIDE, A, Op, case

DTYPES = WIDE + COMPLEX


def H(x):
    """The adjoints of matrices."""
    return np.swapaxes(x, -1, -2).conj()


def shifted(x):
    """`x` plus a multiple of the unit matrix."""
    return add(x, _times(identity(x), 4))


def _times(x, n):
    return x if n == 1 else add(x, _times(x, n - 1))


def shifted_np(x):
    """`shifted` in NumPy."""
    return x + 4 * np.eye(*x.shape[-2:])


def definite(x):
    """A positive definite matrix."""
    return shifted(matmul(x, adjoint(x)))


def each(function, *arrays):
    """`function` of the single matrices of a batch."""
    batch = arrays[0].shape[:-2]
    flat = [x.reshape(-1, *x.shape[-2:]) for x in arrays]
    found = [function(*xs) for xs in zip(*flat, strict=True)]
    parts = found if isinstance(found[0], tuple) else [(y,) for y in found]
    results = [np.stack(p).reshape(*batch, *p[0].shape) for p in zip(*parts, strict=True)]
    return results if isinstance(found[0], tuple) else results[0]


def solved(a, b, left_side, lower, transpose_a, conjugate_a, unit_diagonal):
    """Triangular systems by the inverse."""
    a = shifted_np(a)
    a = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        a = a - a * np.eye(a.shape[-1]) + np.eye(a.shape[-1])
    a = a.conj() if conjugate_a else a
    a = np.swapaxes(a, -1, -2) if transpose_a else a
    return np.linalg.inv(a) @ b if left_side else b @ np.linalg.inv(a)


def options(left, lower, transposed, conjugated, unit):
    """The parameters of triangular_solve."""
    return {
        "left_side": left,
        "lower": lower,
        "transpose_a": transposed,
        "conjugate_a": conjugated,
        "unit_diagonal": unit,
    }


SYSTEMS = [
    case(A(3, 3), A(3, 2), **options(True, True, False, False, False)),
    case(A(3, 3), A(2, 3), **options(False, True, False, True, False)),
    case(A(2, 3, 3), A(2, 3, 1), **options(True, False, True, False, True)),
    case(A(2, 3, 3), A(2, 2, 3), **options(False, False, True, True, False)),
    case(A(1, 1), A(1, 2), **options(True, True, True, True, False)),
]
SHAPES = [(3, 3), (2, 4, 2), (2, 4), (1, 1)]


def lu(x):
    """The factors of a matrix by SciPy, packed, and the pivots as the order of rows."""
    packed, pivots = scipy.linalg.lu_factor(x)
    order = np.arange(len(x))
    for i, p in enumerate(pivots):
        order[[i, p]] = order[[p, i]]
    return packed, pivots.astype("int32"), order.astype("int32")


def product_and_triangle(q, r):
    """Q R, the gram matrix of Q, and the absolute values of R: signs are free."""
    return [q @ r, H(q) @ q, np.abs(r)]


def qr_facts(x, pivoting, full_matrices):
    """What does not depend on the signs of the columns of Q."""
    q, r, *rest = la.qr(x, pivoting=pivoting, full_matrices=full_matrices)
    return [matmul(q, r), matmul(adjoint(q), q), abs(r), *rest]


def qr_facts_np(x, pivoting, full_matrices):
    """The same by SciPy."""
    mode = "full" if full_matrices else "economic"

    def one(x):
        q, r, *rest = scipy.linalg.qr(x, mode=mode, pivoting=pivoting)
        return (*product_and_triangle(q, r), *[p.astype("int32") for p in rest])

    return each(one, x)


def qr_shapes(shapes, **params):
    """Cases of several shapes."""
    return [case(A(*s), **params) for s in shapes]


def columns(a, taus):
    """The product of reflectors by definition."""
    m, n = a.shape[-2:]

    def one(a, taus):
        q = np.eye(m)
        for i, tau in enumerate(taus[:, 0]):
            v = np.concatenate([np.zeros(i), [1], a[i + 1 :, i]])
            q = q @ (np.eye(m) - tau * np.outer(v, v.conj()))
        return q[:, :n]

    return each(one, a, taus[..., None])


OPS = [
    Op(
        lambda x: la.cholesky(definite(x)),
        lambda x: np.linalg.cholesky(shifted_np(x @ H(x))),
        [case(A(3, 3)), case(A(2, 2, 3, 3)), case(A(1, 1))],
        DTYPES,
        name="cholesky",
        covers=(la.cholesky,),
        tol=64,
    ),
    Op(
        lambda a, b, **params: la.triangular_solve(shifted(a), b, **params),
        solved,
        SYSTEMS,
        DTYPES,
        name="triangular_solve",
        covers=(la.triangular_solve,),
        tol=64,
        in_axes=[(0, None), (None, 1), (1, 2)],
    ),
    Op(
        lambda x: la.lu(x),
        lambda x: each(lu, x),
        [case(A(*s)) for s in SHAPES],
        WIDE,
        name="lu",
        covers=(la.lu,),
        tol=128,
        grad_tol=1e-5,
    ),
    Op(
        qr_facts,
        qr_facts_np,
        qr_shapes(SHAPES[:3], pivoting=False, full_matrices=False)
        + qr_shapes([(3, 3), (2, 3)], pivoting=True, full_matrices=True),
        DTYPES,
        name="qr",
        covers=(la.qr,),
        tol=128,
        grad_tol=1e-5,
    ),
    Op(
        qr_facts,
        qr_facts_np,
        qr_shapes([(4, 2), (2, 4, 2), (1, 1)], pivoting=False, full_matrices=True)
        + qr_shapes([(3, 2)], pivoting=True, full_matrices=True),
        DTYPES,
        name="qr_full",
        tol=128,
        grad_tol=1e-5,
    ),
    Op(
        la.geqrf,
        lambda x: each(lambda x: scipy.linalg.qr(x, mode="raw")[0], x),
        [case(A(*s)) for s in [(4, 2), (3, 3), (2, 2, 4)]],
        DTYPES,
        tol=128,
        grad_tol=1e-5,
    ),
    Op(
        la.householder_product,
        columns,
        [case(A(3, 2), A(2)), case(A(2, 3, 3), A(2, 2))],
        DTYPES,
        tol=128,
        in_axes=[(0, None), (1, 1), (None, 0)],
    ),
]
