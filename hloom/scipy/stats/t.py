"""Student's t distribution: density proportional to (1 + z²/df)^(-(df+1)/2), z = (x - loc) / scale.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import t
>>> t.cdf(np.array([-1.0, 0.0]), df=1.0).round(4)
Array([0.25, 0.5 ], dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.scipy.special.incomplete import beta_rest_of_both
from hloom.scipy.special.series import computed
from hloom.scipy.stats.families import Continuous
from hloom.scipy.stats.tails import log_tail_beta
from hloom.scipy.stats.terms import log1p_square, log_beta


def _logpdf(z, df):
    powers = -0.5 * (df + 1) * log1p_square(z / np.sqrt(df))
    return powers - log_beta(0.5 * df, 0.5) - 0.5 * np.log(df)


def _share(z, df):
    """P(|Z| > |z|), by the incomplete beta function of z² / (df + z²), which may be near 0 or 1."""
    half, ratio = np.asarray(0.5 * df, z.dtype), np.square(z) / df
    part, rest = 1 / (1 + 1 / ratio), 1 / (1 + ratio)
    return computed("t", beta_rest_of_both, np.asarray(0.5, z.dtype), half, part, rest)


def _far(z, df):
    """Where the square of z leaves the range of its dtype; `_share` and its logarithm there."""
    large = np.finfo(z.dtype).max
    far = np.abs(z) > 0.01 * np.sqrt(np.minimum(df, 1.0) * large)
    z, half = np.where(far, np.abs(z), large), 0.5 * df
    log_scale = log_beta(half, 0.5)
    power = (z / np.sqrt(np.maximum(df, 1.0))) ** -df * np.minimum(df, 1.0) ** half
    share = power / (half * np.exp(log_scale))
    return far, share, half * (np.log(df) - 2 * np.log(z)) - np.log(half) - log_scale


def _cdf(z, df):
    zero = z == 0
    far, far_share, _ = _far(z, df)
    share = _share(np.where(zero | far, 1.0, z), df)
    tail = 0.5 * np.where(far, far_share, share)
    # at 0 by the derivative, which the formula has not there
    near = 0.5 + z * np.exp(_logpdf(z, df))
    return np.where(zero, near, np.where(z < 0, tail, 1 - tail))


def _logcdf(z, df):
    zero = z == 0
    below = z < 0
    far, far_share, log_share = _far(z, df)
    inner = np.where(zero | far, 1.0, z)
    square, share = np.square(inner), _share(inner, df)
    tail = log_tail_beta(share, 0.5 * df, 0.5, df / (df + square), square / (df + square))
    tail = np.where(far, log_share, tail) - math.log(2)
    above = np.log1p(-0.5 * np.where(far, far_share, share))
    near = 2 * z * np.exp(_logpdf(z, df)) - math.log(2)
    return np.where(zero, near, np.where(below, tail, above))


standard = Continuous(
    __name__,
    "Student's t distribution of df degrees of freedom",
    symmetric=True,
    valid=lambda df: df > 0,
    logpdf=_logpdf,
    cdf=_cdf,
    logcdf=_logcdf,
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
