"""The Pareto distribution of shape b: density b / z^(b+1) at z = (x - loc) / scale > 1.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import pareto
>>> pareto.sf(np.array([1.0, 2.0]), b=3.0)
Array([1.   , 0.125], dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.nn.activations import log1mexp
from hloom.scipy.stats.families import Continuous

standard = Continuous(
    __name__,
    "the Pareto distribution of shape b",
    support=(1, math.inf),
    inside=2.0,
    empty=lambda z, b: z == math.inf,
    valid=lambda b: b > 0,
    logpdf=lambda z, b: np.log(b) - (b + 1) * np.log(z),
    density=lambda z, b: b / z * np.exp(-b * np.log(z)),
    cdf=lambda z, b: -np.expm1(-b * np.log(z)),
    logcdf=lambda z, b: log1mexp(b * np.log(z)),
    logsf=lambda z, b: -b * np.log(z),
    ppf=lambda q, b: np.exp(-np.log1p(-q) / b),
    isf=lambda q, b: np.exp(-np.log(q) / b),
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
ppf, isf = standard.quantiles()
