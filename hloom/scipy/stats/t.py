"""Student's t distribution: density proportional to (1 + z²/df)^(-(df+1)/2), z = (x - loc) / scale.

>>> from hloom.scipy.stats import t
>>> t.pdf(0.0, df=1.0), t.cdf(12.706, df=1.0)
(Array(0.31830987, dtype=float32), Array(0.9749998, dtype=float32))
"""

import hloom.numpy as np
from hloom.scipy.stats.interim import betainc, betaln
from hloom.scipy.stats.families import Continuous
from hloom.scipy.stats.terms import log1p_square


def _logpdf(z, df):
    powers = -0.5 * (df + 1) * log1p_square(z / np.sqrt(df))
    return powers - betaln(0.5 * df, 0.5) - 0.5 * np.log(df)


def _cdf(z, df):
    zero = z == 0
    square = np.square(np.where(zero, 1.0, z))
    # the incomplete beta function of the smaller part of df + z²
    far = square > 1
    half = np.asarray(0.5 * df, z.dtype)
    part = np.where(far, df, square) / (df + square)
    share = betainc(np.where(far, half, 0.5), np.where(far, 0.5, half), part)
    tail = 0.5 * np.where(far, share, 1 - share)
    # at 0 by the derivative, which the formula has not there
    near = 0.5 + z * np.exp(_logpdf(z, df))
    return np.where(zero, near, np.where(z < 0, tail, 1 - tail))


standard = Continuous(
    __name__,
    "Student's t distribution of df degrees of freedom",
    symmetric=True,
    valid=lambda df: df > 0,
    logpdf=_logpdf,
    cdf=_cdf,
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
