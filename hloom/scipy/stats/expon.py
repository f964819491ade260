"""The exponential distribution: density exp(-z) at z = (x - loc) / scale > 0.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import expon
>>> expon.logsf(np.array([-1.0, 3.0]), scale=2.0)
Array([ 0. , -1.5], dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.nn.activations import log1mexp
from hloom.scipy.stats.families import Continuous

standard = Continuous(
    __name__,
    "the exponential distribution",
    support=(0, math.inf),
    inside=1.0,
    logpdf=lambda z: -z,
    cdf=lambda z: -np.expm1(-z),
    logcdf=log1mexp,
    logsf=lambda z: -z,
    ppf=lambda q: -np.log1p(-q),
    isf=lambda q: -np.log(q),
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
ppf, isf = standard.quantiles()
