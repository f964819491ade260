"""The Gumbel distribution of largest values: density exp(-z - exp(-z)) at z = (x - loc) / scale.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import gumbel_r
>>> gumbel_r.logsf(np.array([0.0, 300.0]))
Array([  -0.45867515, -300.        ], dtype=float32)
"""

import hloom.numpy as np
from hloom.nn.activations import log1mexp
from hloom.scipy.stats.families import Continuous


def _logpdf(z):
    z = np.maximum(z, np.finfo(z.dtype).min)  # -inf + inf is NaN
    return -z - np.exp(-z)


def _decay(z):
    """exp(-z) where exp(-exp(-z)) is not 0, and bounded elsewhere, as derivatives need it."""
    return np.exp(-np.maximum(z, -20.0))


def _logsf(z):
    """log(1 - exp(-y)), y = exp(-z), by its series in y where y is small."""
    far = z > 20
    y = _decay(np.where(far, 0.0, z))
    return np.where(far, -z - 0.5 * np.exp(-z), log1mexp(y))


standard = Continuous(
    __name__,
    "the Gumbel distribution of largest values",
    points={"ppf": "p"},
    logpdf=_logpdf,
    logcdf=lambda z: -np.exp(-z),
    cdf=lambda z: np.exp(-_decay(z)),
    sf=lambda z: -np.expm1(-_decay(z)),
    logsf=_logsf,
    ppf=lambda q: -np.log(-np.log(q)),
    isf=lambda q: -np.log(-np.log1p(-q)),
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
ppf, isf = standard.quantiles()
