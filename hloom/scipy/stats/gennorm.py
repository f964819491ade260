"""The generalized normal distribution: density β exp(-|x|^β) / (2 Γ(1/β)).

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import gennorm
>>> gennorm.cdf(np.array([-1.0, 0.0]), beta=1.0)
Array([0.18393975, 0.5       ], dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.scipy.special import gammaincc, gammaln
from hloom.scipy.stats.families import Continuous
from hloom.scipy.stats.tails import log_half_gammaincc


def _power(x, beta):
    """|x|^beta, whose derivatives at 0 are 0."""
    zero = x == 0
    return np.where(zero, 0.0, np.abs(np.where(zero, 1.0, x)) ** beta)


def _logpdf(x, beta):
    return -gammaln(1 + 1 / beta) - math.log(2) - _power(x, beta)


def _parts(x, beta):
    """Where |x|^beta is as good as 0, the slope there of 2 cdf, and |x|^beta elsewhere."""
    power = _power(x, beta)
    flat = power < 1e-30
    return flat, np.exp(-gammaln(1 + 1 / beta)), _power(np.where(flat, 1.0, x), beta)


def _cdf(x, beta):
    flat, slope, power = _parts(x, beta)
    tail = 0.5 * gammaincc(1 / beta, power)
    return np.where(flat, 0.5 + 0.5 * x * slope, np.where(x < 0, tail, 1 - tail))


def _logcdf(x, beta):
    flat, slope, power = _parts(x, beta)
    below = x < 0
    tail = log_half_gammaincc(1 / beta, power)
    above = np.log1p(-np.exp(np.where(below, -1.0, tail)))
    near = np.log1p(np.where(flat, x * slope, 0.0)) - math.log(2)
    return np.where(flat, near, np.where(below, tail, above))


standard = Continuous(
    __name__,
    "the generalized normal distribution of shape beta",
    symmetric=True,
    valid=lambda beta: beta > 0,
    places=(),
    logpdf=_logpdf,
    cdf=_cdf,
    logcdf=_logcdf,
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
