"""The normal distribution restricted to a <= z <= b, z = (x - loc) / scale.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import truncnorm
>>> truncnorm.cdf(np.array([-1.0, 0.0, 1.0]), a=-1.0, b=1.0)
Array([0. , 0.5, 1. ], dtype=float32)
"""

import hloom.numpy as np
from hloom.nn.activations import log1mexp
from hloom.scipy.special import log_ndtr
from hloom.scipy.stats.families import Continuous
from hloom.scipy.stats.norm import standard as normal


def _log_mass(a, b):
    """log(Φ(b) - Φ(a)) for a < b, without cancellation: by tails if both are on one side of 0."""
    flip = a > 0
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    one_side = b <= 0
    lower, upper = log_ndtr(a), log_ndtr(np.where(one_side, b, -b))
    gap = upper - lower
    gap = np.where(one_side & ~(gap <= 0), gap, 1.0)
    rest = np.where(one_side, 0.5, np.exp(lower) + np.exp(upper))
    return np.where(one_side, upper + log1mexp(gap), np.log1p(-rest))


def _logcdf(z, a, b):
    whole = _log_mass(a, b)
    share, rest = _log_mass(a, z) - whole, _log_mass(z, b) - whole
    return _log_share(share, rest)


def _logsf(z, a, b):
    whole = _log_mass(a, b)
    share, rest = _log_mass(z, b) - whole, _log_mass(a, z) - whole
    return _log_share(share, rest)


def _log_share(share, rest):
    """The logarithm of a probability near 1 by the logarithm of the rest."""
    near = share > -0.1
    return np.where(near, np.log1p(-np.exp(np.where(near, rest, -1.0))), share)


standard = Continuous(
    __name__,
    "the normal distribution restricted to a <= z <= b, z = (x - loc) / scale",
    support=lambda a, b: (a, b),
    valid=lambda a, b: a < b,
    logpdf=lambda z, a, b: normal.logpdf(z) - _log_mass(a, b),
    logcdf=_logcdf,
    logsf=_logsf,
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
