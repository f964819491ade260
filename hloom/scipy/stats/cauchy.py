"""The Cauchy distribution: density 1 / (π (1 + z²)) at z = (x - loc) / scale.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import cauchy
>>> cauchy.cdf(np.array([-1.0, 0.0, 1.0]))
Array([0.25, 0.5 , 0.75], dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.scipy.stats.families import Continuous
from hloom.scipy.stats.terms import log1p_square


def _ppf(q):
    low = q < 0.5
    angle = math.pi * np.where(low, q, 1 - q)
    y = np.cos(angle) / np.sin(angle)
    return np.where(low, -y, y)


def _density(z):
    large = np.abs(z) > 1
    inverse = 1 / np.where(large, z, 1.0)
    square = np.square(np.where(large, inverse, z))
    return np.where(large, square, 1.0) / (math.pi * (1 + square))


standard = Continuous(
    __name__,
    "the Cauchy distribution",
    symmetric=True,
    logpdf=lambda z: -log1p_square(z) - math.log(math.pi),
    density=_density,
    cdf=lambda z: np.arctan2(1.0, -z) / math.pi,
    ppf=_ppf,
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
ppf, isf = standard.quantiles()
