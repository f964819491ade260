"""Singular systems: least squares, pseudoinverses and ranks, by singular values."""

from hloom.frontend import dtypes
from hloom.frontend.errors import ShapeError
from hloom.frontend.prims.matrices import adjoint, diagonal, identity, matmul
from hloom.frontend.prims.spectral import eigh, svd
from hloom.frontend.trace import aval_of
from hloom.numpy.norms import squares
from hloom.numpy.promotion import promote_dtypes_inexact, to_dtype
from hloom.numpy.reductions import max as largest, sum
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


def _inverted(s, rtol):
    """The inverses of singular values, and 0 for those up to `rtol` times the largest."""
    kept = s > _as_column(rtol) * largest(s, -1, keepdims=True, initial=0)
    return where(kept, 1 / where(kept, s, 1), 0)


@custom_jvp
def _pinv(a, rtol):
    u, s, vt = svd(a, full_matrices=False)
    inverse = _inverted(s, rtol).astype(aval_of(a).dtype)
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


@custom_jvp
def _lstsq(a, b, rcond):
    u, s, vt = svd(a, full_matrices=False)
    inverse = _inverted(s, rcond).astype(aval_of(a).dtype)
    return matmul(adjoint(vt), inverse[:, None] * matmul(adjoint(u), b)), s


@_lstsq.defjvp
def _lstsq_jvp(primals, tangents):
    """That of the pseudoinverse P times b, and of the singular values."""
    (a, b, rcond), (da, db, _) = primals, tangents
    u, s, vt = svd(a, full_matrices=False)
    p = _pinv(a, rcond) if 0 not in aval_of(a).shape else adjoint(a)
    x, dah, ph = matmul(p, b), adjoint(da), adjoint(p)
    dx = matmul(p, db - matmul(da, x)) + matmul(p, matmul(ph, matmul(dah, b - matmul(a, x))))
    back = matmul(dah, matmul(ph, x))
    ds = diagonal(matmul(adjoint(u), matmul(da, adjoint(vt))))
    ds = ds.real if dtypes.is_complex(aval_of(a).dtype) else ds
    return (x, s), (dx + back - matmul(p, matmul(a, back)), ds)


@fused
def lstsq(a: ArrayLike, b: ArrayLike, rcond: ArrayLike | None = None, *, numpy_resid: bool = False):
    """The x that makes |a x - b| least, the squared residuals, the rank and the singular values.

    Singular values up to `rcond` times the largest count as 0; the derivatives of x hold where the
    rank does not change. With `numpy_resid` the residuals
    are empty where NumPy leaves them out.
    """
    a, b = promote_dtypes_inexact("lstsq", a, b)
    left, right = aval_of(a), aval_of(b)
    if left.ndim != 2 or right.ndim not in (1, 2) or left.shape[0] != right.shape[0]:
        found, remedy = f"a is {left}, b is {right}", "give a matrix, and vectors as long as it"
        raise ShapeError("lstsq: shapes do not fit", found, remedy)
    columns = b[:, None] if right.ndim == 1 else b
    m, n = left.shape
    if rcond is None:
        rcond = max(m, n) * _eps(a)
    (rcond,) = promote_dtypes_inexact("lstsq", rcond)
    rcond = to_dtype(rcond, dtypes.to_real(left.dtype))
    x, s = _lstsq(a, columns, rcond)
    rank = sum(s > rcond * largest(s, initial=0))
    residual = sum(squares(columns - matmul(a, x)), 0)
    if numpy_resid:
        # only the shape can be known ahead: that of a matrix of full rank, or an empty one
        residual = residual if m > n else residual[:0]
    return (x[:, 0] if right.ndim == 1 else x), residual, rank, s
