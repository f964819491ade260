"""The logistic distribution: distribution function 1 / (1 + exp(-z)) at z = (x - loc) / scale.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import logistic
>>> logistic.logsf(np.array([0.0, 1000.0]))
Array([-6.931472e-01, -1.000000e+03], dtype=float32)
"""

import hloom.numpy as np
from hloom.nn.activations import log_sigmoid, sigmoid
from hloom.scipy.stats.families import Continuous

standard = Continuous(
    __name__,
    "the logistic distribution",
    symmetric=True,
    points={"isf": "x", "ppf": "x"},
    logpdf=lambda z: log_sigmoid(z) + log_sigmoid(-z),
    cdf=sigmoid,
    logcdf=log_sigmoid,
    ppf=lambda q: np.log(q) - np.log1p(-q),
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
ppf, isf = standard.quantiles()
