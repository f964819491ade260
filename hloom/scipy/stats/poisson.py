"""The Poisson distribution of mean mu: probability mu^k exp(-mu) / k!.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import poisson
>>> poisson.pmf(np.array([0, 1]), mu=1.0)
Array([0.36787945, 0.36787945], dtype=float32, weak_type=True)
"""

import math

import hloom.numpy as np
from hloom.frontend.array import Array
from hloom.runtime.dispatch import fused
from hloom.scipy.special import gammainc, gammaincc, gammaln
from hloom.scipy.stats.families import Discrete, real_operands
from hloom.scipy.stats.tails import log_gammainc, log_gammaincc
from hloom.scipy.stats.terms import log_gamma_power
from hloom.typing import ArrayLike

standard = Discrete(
    __name__,
    "the Poisson distribution of mean mu",
    support=(0, math.inf),
    valid=lambda mu: mu >= 0,
    logpmf=lambda k, mu: log_gamma_power(k, mu),
    ends=(0,),
    power=lambda k, mu: mu**k * np.exp(-mu - gammaln(k + 1)),
    cdf=lambda k, mu: gammaincc(k + 1, mu),
    sf=lambda k, mu: gammainc(k + 1, mu),
    logcdf=lambda k, mu: log_gammaincc(k + 1, mu),
    logsf=lambda k, mu: log_gammainc(k + 1, mu),
)
pmf, logpmf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()

#: of the powers of 1/mu, the highest first, in the expansion of the entropy
_EXPANSION = (-57281 / 1440, -33953 / 5040, -1375 / 1008, -863 / 2520, -9 / 80, -19 / 360)
_EXPANSION += (-1 / 24, -1 / 12, 0.0)


@fused
def entropy(mu: ArrayLike, loc: ArrayLike = 0) -> Array:
    """The entropy of the Poisson distribution of mean mu, in nats; NaN if mu is negative.

    For small mu by the sum over k, else by the expansion log(2πe mu)/2 - 1/(12 mu) - 1/(24 mu²) -
    ... (Evans, Boersma, "The entropy of a Poisson distribution", SIAM Review 30, 1988).
    """
    mu, loc = real_operands("poisson.entropy", mu, loc)
    # how many terms each of the two needs for the precision of a dtype
    limit, terms = (40.0, 128) if mu.dtype.itemsize > 4 else (10.0, 48)
    large = mu > limit
    small = np.where(large | ~(mu >= 0), 1.0, mu)[..., None]
    logs = standard.logpmf(np.arange(terms, dtype=mu.dtype), small)
    # where the logarithm is infinite, the term is 0
    total = -np.sum(np.exp(logs) * np.maximum(logs, -1e4), -1)
    great = np.where(large, mu, limit)
    expansion = np.polyval(np.array(_EXPANSION, mu.dtype), 1 / great)
    expansion = expansion + 0.5 * np.log(2 * math.pi * math.e * great)
    return np.where(mu >= 0, np.where(large, expansion, total), math.nan) + 0 * loc
