"""The wrapped Cauchy distribution of angles in [0, 2π]: (1 - c²) / (2π (1 + c² - 2c cos x)).

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import wrapcauchy
>>> wrapcauchy.cdf(np.array([0.0, 3.0]), c=0.5)
Array([0.        , 0.49247706], dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.scipy.stats.families import Continuous


def _square(x, c):
    # 1 + c² - 2c cos x, without cancellation
    return np.square(1 - c) + 4 * c * np.square(np.sin(0.5 * x))


def _logpdf(x, c):
    return np.log1p(-c) + np.log1p(c) - np.log(_square(x, c)) - math.log(2 * math.pi)


def _half_angle(x, c, sign):
    return np.arctan2((1 + c) * np.sin(0.5 * x), sign * (1 - c) * np.cos(0.5 * x)) / math.pi


standard = Continuous(
    __name__,
    "the wrapped Cauchy distribution of concentration c",
    support=(0, 2 * math.pi),
    inside=1.0,
    valid=lambda c: (c > 0) & (c < 1),
    places=(),
    logpdf=_logpdf,
    density=lambda x, c: (1 - c) * (1 + c) / (2 * math.pi * _square(x, c)),
    cdf=lambda x, c: _half_angle(x, c, 1),
    sf=lambda x, c: _half_angle(x, c, -1),
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
