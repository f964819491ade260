"""The beta-binomial distribution: successes in n trials, their probability beta distributed.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import betabinom
>>> betabinom.pmf(np.array([0, 1, 2, 3]), n=2, a=1.0, b=1.0)
Array([0.3333333, 0.3333333, 0.3333333, 0.       ], dtype=float32, weak_type=True)
"""

import hloom.numpy as np
from hloom.scipy.stats.counts import log_beta_binomial
from hloom.scipy.stats.families import Discrete

standard = Discrete(
    __name__,
    "the beta-binomial distribution of n trials and shapes a and b",
    support=lambda n, a, b: (0, n),
    valid=lambda n, a, b: (n >= 0) & (np.floor(n) == n) & (a > 0) & (b > 0),
    logpmf=lambda k, n, a, b: log_beta_binomial(k, n, a, b),
)
pmf, logpmf = standard.densities()
