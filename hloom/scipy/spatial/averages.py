"""Rotations nearest to data in the sense of squares: means of rotations, and aligned vectors."""

from hloom.frontend.array import Array
from hloom.frontend.errors import ShapeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.matrices import identity, symmetrized
from hloom.frontend.trace import aval_of
from hloom.numpy import asarray, linalg, matmul, ones, outer
from hloom.numpy.promotion import promote_dtypes_inexact
from hloom.runtime.dispatch import fused
from hloom.transforms.custom import custom_jvp
from hloom.typing import ArrayLike


@custom_jvp
def _top(matrix):
    """The eigenvector of the largest eigenvalue of a symmetric matrix."""
    return linalg.eigh(matrix)[1][:, -1]


@_top.defjvp
def _top_jvp(primals, tangents):
    # the derivative of an eigenvector by a system that is regular though other eigenvalues be equal
    matrix, moved = primals[0], symmetrized(tangents[0])
    top = _top(matrix)
    value = top @ matrix @ top
    system = value * (identity(matrix) + outer(top, top)) - matrix
    change = moved @ top
    return top, linalg.solve(system, change - (top @ change) * top)


@fused
def mean(quat: ArrayLike, weights: ArrayLike | None = None) -> Array:
    """The quaternion with the largest weighted sum of squared inner products with others."""
    quat, weights = _weighted("mean", quat, weights)
    return _top(matmul((quat * weights[:, None]).T, quat, precision="highest"))


@fused
def aligned(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None = None):
    """The matrix of the rotation that takes vectors `b` nearest to `a`, and the distance left."""
    a, weights = _weighted("align_vectors", a, weights)
    product = matmul((a * weights[:, None]).T, b, precision="highest")
    u, _, vt = linalg.svd(product)
    sign = e.sign(linalg.det(matmul(u, vt, precision="highest")))
    last = u[:, 2:] * sign
    turn = matmul(u.at[:, 2:].set(last), vt, precision="highest")
    rest = a - matmul(b, turn.T, precision="highest")
    return turn, e.sqrt((weights * (rest * rest).sum(-1)).sum())


def _weighted(name, x, weights):
    """The operand and its weights, one for each row, by default 1."""
    n = aval_of(x).shape[0]
    weights = ones(n, aval_of(x).dtype) if weights is None else asarray(weights)
    if aval_of(weights).shape != (n,):
        found = f"there are {n}, weights have shape {aval_of(weights).shape}"
        raise ShapeError(f"Rotation.{name}: a weight for each", found, f"give shape ({n},)")
    return promote_dtypes_inexact(f"Rotation.{name}", x, weights)
