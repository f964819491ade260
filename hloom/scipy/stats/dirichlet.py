"""The Dirichlet distribution on the simplex: density Π x_i^(α_i - 1) / B(α).

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import dirichlet
>>> dirichlet.pdf(np.array([0.25, 0.75]), np.array([2.0, 1.0]))
Array(0.5, dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.frontend.array import Array
from hloom.frontend.errors import ShapeError
from hloom.numpy.promotion import promote_dtypes_inexact
from hloom.runtime.dispatch import fused
from hloom.scipy.special import gammaln, xlogy
from hloom.typing import ArrayLike


@fused
def logpdf(x: ArrayLike, alpha: ArrayLike) -> Array:
    """The logarithm of the density of the Dirichlet distribution at points of the simplex.

    `alpha` has shape (k,), and `x` shape (k, ...), or (k - 1, ...) without its last component,
    which makes the sum 1. -inf outside of the simplex; NaN if an alpha is not positive.
    """
    x, alpha = promote_dtypes_inexact("dirichlet.logpdf", x, alpha)
    x, alpha = np.asarray(x), np.asarray(alpha)
    k = alpha.shape[0] if alpha.ndim == 1 else None
    if k is None or not x.ndim or x.shape[0] not in (k, k - 1):
        what = "dirichlet: alpha has shape (k,), x has shape (k, ...) or (k - 1, ...)"
        found = f"they have shapes {alpha.shape} and {x.shape}"
        raise ShapeError(what, found, "reshape or transpose them")
    if x.shape[0] == k - 1:
        x = np.concatenate([x, 1 - np.sum(x, 0, keepdims=True)])
    alpha = alpha.reshape(-1, *[1] * (x.ndim - 1))
    tolerance = 8 * k * float(np.finfo(x.dtype).eps)
    outside = np.any(x < 0, 0) | (np.abs(np.sum(x, 0) - 1) > tolerance)
    inner = np.where(outside, 1 / k, x)
    norm = np.sum(gammaln(alpha)) - gammaln(np.sum(alpha))
    y = np.where(outside, -math.inf, np.sum(xlogy(alpha - 1, inner), 0) - norm)
    return np.where(np.all(alpha > 0), y, math.nan)


@fused
def pdf(x: ArrayLike, alpha: ArrayLike) -> Array:
    """The density of the Dirichlet distribution; see `logpdf`."""
    return np.exp(logpdf(x, alpha))
