"""Singular systems: least squares, pseudoinverses and ranks, by singular values."""

from hloom.frontend import dtypes
from hloom.frontend.errors import ShapeError
from hloom.frontend.prims.matrices import adjoint, identity, matmul
from hloom.frontend.prims.spectral import eigh, svd
from hloom.frontend.trace import aval_of
from hloom.numpy.norms import squares
from hloom.numpy.promotion import promote_dtypes_inexact, to_dtype
from hloom.numpy.reductions import max as largest
from hloom.numpy.reductions import sum
from hloom.numpy.selection import where
from hloom.numpy.solving import matrices
from hloom.runtime.dispatch import fused
from hloom.transforms.custom import custom_jvp
from hloom.typing import ArrayLike


def _eps(x):
    return float(dtypes.finfo(aval_of(x).dtype).eps)


def _as_column(tolerance):
    """A tolerance, one number or one for each matrix, beside the singular values."""
    found = getattr(tolerance, "ndim", 0)
    return tolerance[..., None] if found else tolerance


@fused
def matrix_rank(
    M: ArrayLike,
    rtol: ArrayLike | None = None,
    *,
    hermitian: bool = False,
    tol: ArrayLike | None = None,
):
    """The number of singular values above `rtol` times the largest, or above `tol`."""
    x = matrices("matrix_rank", M)
    values = abs(eigh(x)[1]) if hermitian else svd(x, compute_uv=False)
    if tol is None:
        rtol = max(aval_of(x).shape[-2:]) * _eps(values) if rtol is None else rtol
        bound = _as_column(rtol) * largest(values, -1, keepdims=True, initial=0)
    else:
        bound = _as_column(tol)
    return sum(values > bound, -1)


@custom_jvp
def _pinv(a, rtol):
    u, s, vt = svd(a, full_matrices=False)
    bound = _as_column(rtol) * largest(s, -1, keepdims=True, initial=0)
    inverse = where(s > bound, 1 / where(s > bound, s, 1), 0).astype(aval_of(a).dtype)
    return matmul(adjoint(vt), inverse[..., :, None] * adjoint(u))


@_pinv.defjvp
def _pinv_jvp(primals, tangents):
    """For constant rank (Golub and Pereyra, 1973), with P the pseudoinverse of A:

    dP = -P dA P + P P^H dA^H (1 - A P) + (1 - P A) dA^H P^H P
    """
    a, rtol = primals
    p = _pinv(a, rtol)
    da, dah, ph = tangents[0], adjoint(tangents[0]), adjoint(p)
    left, right = matmul(a, p), matmul(p, a)
    dp = matmul(p, matmul(ph, matmul(dah, identity(left) - left)))
    dp = dp + matmul(identity(right) - right, matmul(dah, matmul(ph, p)))
    return p, dp - matmul(p, matmul(da, p))


@fused
def pinv(
    a: ArrayLike,
    rtol: ArrayLike | None = None,
    hermitian: bool = False,
    *,
    rcond: ArrayLike | None = None,
):
    """The pseudoinverses of matrices; singular values up to `rtol` times the largest count as 0."""
    a = matrices("pinv", a)
    rtol = rcond if rtol is None else rtol
    if rtol is None:
        rtol = 10 * max(aval_of(a).shape[-2:]) * _eps(a)
    (rtol,) = promote_dtypes_inexact("pinv", rtol)
    if 0 in aval_of(a).shape:
        return adjoint(a)
    return _pinv(a, to_dtype(rtol, dtypes.to_real(aval_of(a).dtype)))


@fused
def lstsq(a: ArrayLike, b: ArrayLike, rcond: ArrayLike | None = None, *, numpy_resid: bool = False):
    """The x that makes |a x - b| least, the squared residuals, the rank and the singular values.

    Singular values up to `rcond` times the largest count as 0. With `numpy_resid` the residuals
    are empty where NumPy leaves them out.
    """
    a, b = promote_dtypes_inexact("lstsq", a, b)
    left, right = aval_of(a), aval_of(b)
    if left.ndim != 2 or right.ndim not in (1, 2) or left.shape[0] != right.shape[0]:
        found, remedy = f"a is {left}, b is {right}", "give a matrix, and vectors as long as it"
        raise ShapeError("lstsq: shapes do not fit", found, remedy)
    columns = b[:, None] if right.ndim == 1 else b
    m, n = left.shape
    u, s, vt = svd(a, full_matrices=False)
    rcond = _eps(s) * max(m, n) if rcond is None else rcond
    kept = s > rcond * s[0]
    rank = sum(kept)
    inverse = where(kept, 1 / where(kept, s, 1), 0).astype(left.dtype)
    x = matmul(adjoint(vt), inverse[:, None] * matmul(adjoint(u), columns))
    residual = sum(squares(columns - matmul(a, x)), 0)
    if numpy_resid:
        # only the shape can be known ahead: that of a matrix of full rank, or an empty one
        residual = residual if m > n else residual[:0]
    return (x[:, 0] if right.ndim == 1 else x), residual, rank, s
