"""The chi-squared distribution of df degrees of freedom: the gamma distribution of 2 z, a = df/2.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import chi2
>>> chi2.sf(np.array([2.0, 4.0]), df=2)
Array([0.3678795 , 0.13533528], dtype=float32)
"""

import math

from hloom.scipy.stats.families import Continuous
from hloom.scipy.stats.gamma import standard as gamma

standard = Continuous(
    __name__,
    "the chi-squared distribution of df degrees of freedom",
    support=(0, math.inf),
    inside=1.0,
    empty=lambda z, df: (z == 0) & (df > 2),
    valid=lambda df: df > 0,
    logpdf=lambda z, df: gamma.logpdf(0.5 * z, 0.5 * df) - math.log(2),
    cdf=lambda z, df: gamma.cdf(0.5 * z, 0.5 * df),
    sf=lambda z, df: gamma.sf(0.5 * z, 0.5 * df),
    logcdf=lambda z, df: gamma.logcdf(0.5 * z, 0.5 * df),
    logsf=lambda z, df: gamma.logsf(0.5 * z, 0.5 * df),
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
