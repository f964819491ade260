"""The Gumbel distribution of smallest values: density exp(z - exp(z)) at z = (x - loc) / scale.

>>> from hloom.scipy.stats import gumbel_l
>>> gumbel_l.sf(0.0), gumbel_l.ppf(0.5)
(Array(0.36787945, dtype=float32), Array(-0.36651292, dtype=float32))
"""

from hloom.scipy.stats.gumbel_r import standard as largest

standard = largest.mirrored(
    __name__, "the Gumbel distribution of smallest values", points={"ppf": "p"}
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
ppf, isf = standard.quantiles()
