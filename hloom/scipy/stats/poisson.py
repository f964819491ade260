"""The Poisson distribution of mean mu: probability mu^k exp(-mu) / k!.

>>> from hloom.scipy.stats import poisson
>>> poisson.pmf(0, mu=1.0), poisson.entropy(3.0)
(Array(0.36787945, dtype=float32), Array(1.9313848, dtype=float32))
"""

import math

import hloom.numpy as np
from hloom.scipy.stats.interim import gammainc, gammaincc, gammaln, xlogy
from hloom.scipy.stats.families import Discrete

standard = Discrete(
    __name__,
    "the Poisson distribution of mean mu",
    support=(0, math.inf),
    valid=lambda mu: mu >= 0,
    logpmf=lambda k, mu: xlogy(k, mu) - mu - gammaln(k + 1),
    cdf=lambda k, mu: gammaincc(k + 1, mu),
    sf=lambda k, mu: gammainc(k + 1, mu),
)
pmf, logpmf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
