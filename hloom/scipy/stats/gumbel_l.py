"""The Gumbel distribution of smallest values: density exp(z - exp(z)) at z = (x - loc) / scale.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import gumbel_l
>>> gumbel_l.logcdf(np.array([-300.0, 0.0]))
Array([-300.        ,   -0.45867515], dtype=float32)
"""

from hloom.scipy.stats.gumbel_r import standard as largest

standard = largest.mirrored(
    __name__, "the Gumbel distribution of smallest values", points={"ppf": "p"}
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
ppf, isf = standard.quantiles()
