"""The multivariate normal distribution of a mean and a covariance matrix.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import multivariate_normal
>>> multivariate_normal.logpdf(np.array([1.0, 2.0]), np.zeros(2), np.eye(2))
Array(-4.3378773, dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.frontend.array import Array
from hloom.frontend.errors import ShapeError
from hloom.numpy.promotion import promote_dtypes_inexact
from hloom.runtime.dispatch import fused
from hloom.scipy.linalg import solve_triangular
from hloom.typing import ArrayLike


@fused
def logpdf(
    x: ArrayLike, mean: ArrayLike, cov: ArrayLike, allow_singular: bool | None = None
) -> Array:
    """The logarithm of the density of the multivariate normal distribution at points.

    `x` and `mean` have shapes (..., n), `cov` has shape (..., n, n); leading axes broadcast. A
    vector of n is a diagonal of `cov`, and a number a multiple of the identity. NaN if `cov` is not
    positive definite; with `allow_singular` it may be semidefinite: the density is then one on the
    subspace of the distribution, -inf outside of it.
    """
    operands = promote_dtypes_inexact("multivariate_normal.logpdf", x, mean, cov)
    x, mean, cov = map(np.asarray, operands)
    if not mean.ndim and not cov.ndim:
        x = x[..., None]
    n = (mean.shape[-1:] or cov.shape[-1:] or (1,))[0]
    if (x.ndim and x.shape[-1] != n) or cov.shape[-2:] not in ((), (n,), (n, n)):
        what = "multivariate_normal: x has shape (..., n), mean (..., n), cov (..., n, n)"
        found = f"they have shapes {x.shape}, {mean.shape} and {cov.shape}"
        raise ShapeError(what, found, "reshape or transpose them")
    apart = np.broadcast_to(x - mean, (*np.broadcast_shapes(x.shape, mean.shape, (n,)),))
    if cov.ndim < 2:
        cov = np.broadcast_to(cov, (n,))
        steps, log_scales = apart / np.sqrt(cov), 0.5 * np.log(cov)
    elif allow_singular:
        return _semidefinite(apart, cov)
    else:
        root = np.linalg.cholesky(cov)
        steps, log_scales = _solved(root, apart), np.log(np.diagonal(root, axis1=-2, axis2=-1))
    return _log_density(steps, log_scales, n)


@fused
def pdf(x: ArrayLike, mean: ArrayLike, cov: ArrayLike) -> Array:
    """The density of the multivariate normal distribution at points; see `logpdf`."""
    return np.exp(logpdf(x, mean, cov))


def _log_density(steps, log_scales, rank):
    """Of a standard normal vector, in coordinates that were scaled."""
    square = 0.5 * np.sum(np.square(steps), -1)
    return -square - np.sum(log_scales, -1) - 0.5 * rank * math.log(2 * math.pi)


def _solved(root, x):
    """The solutions of root y = x for vectors x in the last axis."""
    if root.ndim == 2:
        flat = x.reshape(-1, x.shape[-1])
        return solve_triangular(root, flat.T, lower=True).T.reshape(x.shape)
    batch = np.broadcast_shapes(root.shape[:-2], x.shape[:-1])
    root = np.broadcast_to(root, (*batch, *root.shape[-2:]))
    x = np.broadcast_to(x, (*batch, x.shape[-1]))
    return solve_triangular(root, x[..., None], lower=True)[..., 0]


def _semidefinite(apart, cov):
    """By eigenvectors: those of eigenvalues up to rounding 0 are normal to the subspace."""
    values, vectors = np.linalg.eigh(cov)
    largest = np.max(np.abs(values), -1, keepdims=True)
    least = 1e3 * float(np.finfo(cov.dtype).eps) * largest
    kept = values > least
    along = (apart[..., None, :] @ vectors)[..., 0, :]
    steps = np.where(kept, along / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    log_scales = 0.5 * np.where(kept, np.log(np.where(kept, values, 1.0)), 0.0)
    outside = np.sum(np.square(np.where(kept, 0.0, along)), -1) > least[..., 0]
    y = _log_density(steps, log_scales, np.sum(kept, -1))
    indefinite = np.any(values < -least, -1)
    return np.where(indefinite, math.nan, np.where(outside, -math.inf, y))
