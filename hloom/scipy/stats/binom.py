"""The binomial distribution: the number of successes in n trials, each of probability p.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import binom
>>> binom.pmf(np.array([0, 1, 2, 3]), n=2, p=0.5).round(3)
Array([0.25, 0.5 , 0.25, 0.  ], dtype=float32)
"""

import hloom.numpy as np
from hloom.scipy.special import betainc
from hloom.scipy.special.incomplete import beta_rest
from hloom.scipy.special.series import computed
from hloom.scipy.stats.counts import log_binomial
from hloom.scipy.stats.families import Discrete
from hloom.scipy.stats.tails import log_betainc
from hloom.scipy.stats.terms import bounded_exp, log_choose


def _failures(n, k):
    """n - k, at least 1 as for all k < n, beyond which these functions are constant."""
    return np.maximum(n - k, 1)


standard = Discrete(
    __name__,
    "the binomial distribution of n trials",
    support=lambda n, p: (0, n),
    valid=lambda n, p: (n >= 0) & (np.floor(n) == n) & (p >= 0) & (p <= 1),
    logpmf=lambda k, n, p: log_binomial(k, n, p),
    ends=(0, 1),
    power=lambda k, n, p: bounded_exp(log_choose(n, k)) * p**k * (1 - p) ** (n - k),
    cdf=lambda k, n, p: computed("binom", beta_rest, k + 1, _failures(n, k), p),
    sf=lambda k, n, p: betainc(k + 1, _failures(n, k), p),
    logcdf=lambda k, n, p: log_betainc(_failures(n, k), k + 1, 1 - p, p),
    logsf=lambda k, n, p: log_betainc(k + 1, _failures(n, k), p),
)
pmf, logpmf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
