"""The Laplace distribution: density exp(-|z|) / 2 at z = (x - loc) / scale.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import laplace
>>> laplace.cdf(np.array([-1.0, 0.0, 1.0]))
Array([0.18393973, 0.5       , 0.81606025], dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.scipy.stats.families import Continuous


def _logcdf(z):
    low = z < 0
    below = z - math.log(2)
    return np.where(low, below, np.log1p(-0.5 * np.exp(-np.where(low, 0.0, z))))


def _ppf(q):
    low = q < 0.5
    tail = np.log(2 * np.where(low, q, 1 - q))
    return np.where(low, tail, -tail)


standard = Continuous(
    __name__,
    "the Laplace distribution",
    symmetric=True,
    logpdf=lambda z: -np.abs(z) - math.log(2),
    logcdf=_logcdf,
    ppf=_ppf,
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
ppf, isf = standard.quantiles()
