"""The normal distribution: density exp(-z²/2) / √(2π) at z = (x - loc) / scale.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import norm
>>> norm.logsf(np.array([20.0, 40.0]))
Array([-203.91716, -804.60846], dtype=float32)
"""

import math

from hloom.scipy.special import log_ndtr, ndtr, ndtri
from hloom.scipy.stats.families import Continuous

standard = Continuous(
    __name__,
    "the normal distribution of mean `loc` and deviation `scale`",
    symmetric=True,
    logpdf=lambda z: -0.5 * z * z - 0.5 * math.log(2 * math.pi),
    cdf=ndtr,
    logcdf=log_ndtr,
    ppf=ndtri,
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
ppf, isf = standard.quantiles()
