"""The negative binomial distribution: failures before the n-th success of probability p.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import nbinom
>>> nbinom.pmf(np.array([0, 1, 2]), n=2, p=0.5)
Array([0.25  , 0.25  , 0.1875], dtype=float32, weak_type=True)
"""

import math

import hloom.numpy as np
from hloom.scipy.special import betainc
from hloom.scipy.special.incomplete import beta_rest
from hloom.scipy.special.series import computed
from hloom.scipy.stats.counts import log_negative_binomial
from hloom.scipy.stats.families import Discrete
from hloom.scipy.stats.tails import log_betainc
from hloom.scipy.stats.terms import bounded_exp, log_beta


def _log_ways(k, n):
    """The logarithm of Γ(k + n) / (k! Γ(n)), which is 1 / ((k + n) B(k + 1, n))."""
    return -np.log(k + n) - log_beta(k + 1, n)


standard = Discrete(
    __name__,
    "the negative binomial distribution of n successes",
    support=(0, math.inf),
    valid=lambda n, p: (n > 0) & (p > 0) & (p <= 1),
    logpmf=lambda k, n, p: log_negative_binomial(k, n, p),
    ends=(1,),
    power=lambda k, n, p: bounded_exp(_log_ways(k, n)) * p**n * (1 - p) ** k,
    cdf=lambda k, n, p: betainc(n, k + 1, p),
    sf=lambda k, n, p: computed("nbinom", beta_rest, n, k + 1, p),
    logcdf=lambda k, n, p: log_betainc(n, k + 1, p),
    logsf=lambda k, n, p: log_betainc(k + 1, n, 1 - p, p),
)
pmf, logpmf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
