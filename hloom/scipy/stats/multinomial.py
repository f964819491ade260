"""The multinomial distribution: counts of the outcomes of n trials of probabilities p.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import multinomial
>>> multinomial.pmf(np.array([1, 1]), n=2, p=np.array([0.5, 0.5]))
Array(0.5, dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.frontend.array import Array
from hloom.numpy.promotion import promote_dtypes_inexact
from hloom.runtime.dispatch import fused
from hloom.scipy.special import gammaln, xlogy
from hloom.typing import ArrayLike


@fused
def logpmf(x: ArrayLike, n: ArrayLike, p: ArrayLike) -> Array:
    """The logarithm of the probability of counts under the multinomial distribution.

    `x` and `p` have shapes (..., k), `n` has shape (...); they broadcast. -inf unless x are counts
    whose sum is n; NaN if n or a probability is out of range.
    """
    x, n, p = map(np.asarray, promote_dtypes_inexact("multinomial.logpmf", x, n, p))
    bad = (x < 0) | (x > np.floor(x))
    outside = np.any(bad, -1) | (np.sum(x, -1) != n)
    x = np.where(bad, 0.0, x)
    y = gammaln(np.where(n < 0, 0.0, n) + 1) + np.sum(xlogy(x, p) - gammaln(x + 1), -1)
    valid = (n >= 0) & (np.floor(n) == n) & np.all((p >= 0) & (p <= 1), -1)
    return np.where(valid, np.where(outside, -math.inf, y), math.nan)


@fused
def pmf(x: ArrayLike, n: ArrayLike, p: ArrayLike) -> Array:
    """The probability of counts under the multinomial distribution; see `logpmf`."""
    x, n, p = map(np.asarray, promote_dtypes_inexact("multinomial.pmf", x, n, p))
    # probabilities of 0 by powers, which have derivatives there
    none = p == 0
    powers = np.where(none, p, 1.0) ** np.where(none & (x >= 0), x, 0.0)
    return np.exp(logpmf(x, n, np.where(none, 1.0, p))) * np.prod(powers, -1)
