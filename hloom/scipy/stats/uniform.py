"""The uniform distribution on [loc, loc + scale].

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import uniform
>>> uniform.cdf(np.array([2.0, 3.0]), loc=2.0, scale=4.0)
Array([0.  , 0.25], dtype=float32)
"""

import hloom.numpy as np
from hloom.scipy.stats.families import Continuous

standard = Continuous(
    __name__,
    "the uniform distribution on [loc, loc + scale]",
    support=(0, 1),
    inside=0.5,
    logpdf=lambda z: 0 * z,  # NaN stays NaN
    cdf=lambda z: z,
    logcdf=np.log,
    sf=lambda z: 1 - z,
    logsf=lambda z: np.log1p(-z),
    ppf=lambda q: q,
    isf=lambda q: 1 - q,
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
ppf, isf = standard.quantiles()
