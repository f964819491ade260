"""The geometric distribution: trials up to the first success of probability p.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import geom
>>> geom.pmf(np.array([0, 1, 2]), p=0.25)
Array([0.    , 0.25  , 0.1875], dtype=float32, weak_type=True)
"""

import math

import hloom.numpy as np
from hloom.nn.activations import log1mexp
from hloom.scipy.special import xlog1py
from hloom.scipy.stats.families import Discrete


def _tails(k, p):
    """Whether p is above 1/2; (1 - p)^k, there; and its logarithm, elsewhere.

    The power has derivatives at p = 1, where the logarithm is infinite.
    """
    high = p > 0.5
    return high, (1 - np.where(high, p, 0.5)) ** k, xlog1py(k, -np.where(high, 0.5, p))


def _sf(k, p):
    high, power, log = _tails(k, p)
    return np.where(high, power, np.exp(log))


def _cdf(k, p):
    high, power, log = _tails(k, p)
    return np.where(high, 1 - power, -np.expm1(log))


def _logcdf(k, p):
    high, power, log = _tails(k, p)
    return np.where(high, np.log1p(-power), log1mexp(-log))


standard = Discrete(
    __name__,
    "the geometric distribution of success probability p",
    support=(1, math.inf),
    inside=1.0,
    valid=lambda p: (p > 0) & (p <= 1),
    logpmf=lambda k, p: xlog1py(k - 1, -p) + np.log(p),
    density=lambda k, p: p * np.exp(xlog1py(k - 1, -p)),
    ends=(1,),
    power=lambda k, p: p * (1 - p) ** (k - 1),
    cdf=_cdf,
    sf=_sf,
    logcdf=_logcdf,
    logsf=lambda k, p: xlog1py(k, -p),
)
pmf, logpmf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
