"""The Bernoulli distribution: 1 with probability p, else 0.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import bernoulli
>>> bernoulli.pmf(np.array([0, 1]), p=0.25)
Array([0.75, 0.25], dtype=float32, weak_type=True)
"""

import hloom.numpy as np
from hloom.scipy.special import xlog1py, xlogy
from hloom.scipy.stats.families import Discrete


def _at(q, nothing, success):
    """0, or 1 for a success; -1, which is below the support, for nothing."""
    return np.where(q == nothing, -1.0, np.where(success, 1.0, 0.0)).astype(q.dtype)


standard = Discrete(
    __name__,
    "the Bernoulli distribution",
    support=(0, 1),
    valid=lambda p: (p >= 0) & (p <= 1),
    fixed=("cdf", "ppf"),
    logpmf=lambda k, p: xlogy(k, p) + xlog1py(1 - k, -p),
    ends=(0, 1),
    power=lambda k, p: p**k * (1 - p) ** (1 - k),
    # with k, so that its NaN is not lost
    cdf=lambda k, p: 1 - p + 0 * k,
    sf=lambda k, p: p + 0 * k,
    ppf=lambda q, p: _at(q, 0, (q > 1 - p) | (q == 1)),
    isf=lambda q, p: _at(q, 1, (q < p) | (q == 0)),
)
pmf, logpmf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
ppf, isf = standard.quantiles()
