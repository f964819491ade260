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

standard = Discrete(
    __name__,
    "the geometric distribution of success probability p",
    support=(1, math.inf),
    inside=1.0,
    valid=lambda p: (p > 0) & (p <= 1),
    logpmf=lambda k, p: xlog1py(k - 1, -p) + np.log(p),
    cdf=lambda k, p: -np.expm1(xlog1py(k, -p)),
    logcdf=lambda k, p: log1mexp(-xlog1py(k, -p)),
    logsf=lambda k, p: xlog1py(k, -p),
)
pmf, logpmf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
