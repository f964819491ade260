"""The beta distribution: density z^(a-1) (1-z)^(b-1) / B(a, b) at z = (x - loc) / scale in (0, 1).

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import beta
>>> beta.cdf(np.array([0.25, 0.5]), a=2.0, b=2.0).round(4)
Array([0.1562, 0.5   ], dtype=float32)
"""

import hloom.numpy as np
from hloom.scipy.special import betainc, xlog1py, xlogy
from hloom.scipy.special.incomplete import beta_rest
from hloom.scipy.special.series import computed
from hloom.scipy.stats.families import Continuous
from hloom.scipy.stats.tails import log_betainc
from hloom.scipy.stats.terms import log_beta, log_beta_power


def _logpdf(z, a, b):
    near = xlogy(a - 1, z) + xlog1py(b - 1, -z) - log_beta(a, b)
    inner = np.where((z > 0) & (z < 1), z, 0.5)
    rest = np.log(a / (a + b) * b / inner / (1 - inner))
    return np.where((a >= 10) & (b >= 10), log_beta_power(a, b, inner, near) + rest, near)


standard = Continuous(
    __name__,
    "the beta distribution of shapes a and b",
    support=(0, 1),
    inside=0.5,
    empty=lambda z, a, b: ((z == 0) & (a > 1)) | ((z == 1) & (b > 1)),
    valid=lambda a, b: (a > 0) & (b > 0),
    logpdf=_logpdf,
    cdf=lambda z, a, b: betainc(a, b, z),
    sf=lambda z, a, b: computed("beta", beta_rest, a, b, z),
    logcdf=lambda z, a, b: log_betainc(a, b, z),
    logsf=lambda z, a, b: log_betainc(b, a, 1 - z, z),
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
