"""The gamma distribution of shape a: density z^(a-1) exp(-z) / Γ(a) at z = (x - loc) / scale > 0.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import gamma
>>> gamma.logsf(np.array([2.0, 500.0]), a=1.0)
Array([  -2., -500.], dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.scipy.special import gammainc, gammaincc, gammaln, xlogy
from hloom.scipy.stats.families import Continuous
from hloom.scipy.stats.tails import log_gammainc, log_gammaincc
from hloom.scipy.stats.terms import log_gamma_power


def _logpdf(z, a):
    large = a >= 10
    z0, a0 = np.where(large, z, 10.0), np.where(large, a, 10.0)
    far = log_gamma_power(a0, z0) - np.log(z0 / a0)
    return np.where(large, far, xlogy(a - 1, z) - z - gammaln(a))


standard = Continuous(
    __name__,
    "the gamma distribution of shape a",
    support=(0, math.inf),
    inside=1.0,
    empty=lambda z, a: (z == 0) & (a > 1),
    valid=lambda a: a > 0,
    logpdf=_logpdf,
    cdf=lambda z, a: gammainc(a, z),
    sf=lambda z, a: gammaincc(a, z),
    logcdf=lambda z, a: log_gammainc(a, z),
    logsf=lambda z, a: log_gammaincc(a, z),
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
