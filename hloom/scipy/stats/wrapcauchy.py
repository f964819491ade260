"""The wrapped Cauchy distribution of angles in [0, 2π]: (1 - c²) / (2π (1 + c² - 2c cos x)).

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import wrapcauchy
>>> wrapcauchy.cdf(np.array([0.0, 3.0]), c=0.5)
Array([0.        , 0.49247706], dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.scipy.stats.families import Continuous


def _logpdf(x, c):
    # 1 + c² - 2c cos x = (1 - c)² + 4c sin²(x/2)
    square = np.square(1 - c) + 4 * c * np.square(np.sin(0.5 * x))
    return np.log1p(-c * c) - np.log(square) - math.log(2 * math.pi)


def _half_angle(x, c):
    return np.arctan2((1 + c) * np.sin(0.5 * x), (1 - c) * np.cos(0.5 * x)) / math.pi


standard = Continuous(
    __name__,
    "the wrapped Cauchy distribution of concentration c",
    support=(0, 2 * math.pi),
    inside=1.0,
    valid=lambda c: (c > 0) & (c < 1),
    places=(),
    logpdf=_logpdf,
    cdf=_half_angle,
    sf=lambda x, c: _half_angle(2 * math.pi - x, c),
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
