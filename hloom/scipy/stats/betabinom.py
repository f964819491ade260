"""The beta-binomial distribution: successes in n trials, their probability beta distributed.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import betabinom
>>> betabinom.pmf(np.array([0, 1, 2, 3]), n=2, a=1.0, b=1.0)
Array([0.3333333, 0.3333333, 0.3333333, 0.       ], dtype=float32, weak_type=True)
"""

import hloom.numpy as np
from hloom.scipy.stats.families import Discrete
from hloom.scipy.stats.terms import log_beta, log_choose

standard = Discrete(
    __name__,
    "the beta-binomial distribution of n trials and shapes a and b",
    support=lambda n, a, b: (0, n),
    valid=lambda n, a, b: (n >= 0) & (np.floor(n) == n) & (a > 0) & (b > 0),
    logpmf=lambda k, n, a, b: log_choose(n, k) + log_beta(k + a, n - k + b) - log_beta(a, b),
)
pmf, logpmf = standard.densities()
