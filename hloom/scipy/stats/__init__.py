"""Probability distributions, each a module of functions, and statistics of samples: scipy.stats.

>>> import hloom.numpy as np
>>> from hloom.scipy import stats
>>> stats.norm.pdf(np.array([0.0, 1.0]), loc=0.0, scale=2.0)
Array([0.19947115, 0.17603266], dtype=float32)

A distribution is loaded when it is first used. Its functions take the point (or, for quantiles,
the probability), then shapes, then `loc` and `scale`; all of them broadcast. Outside the support a
density is 0; where a parameter is out of its range, or an argument is NaN, results are NaN.
"""

import importlib

from hloom.scipy.stats.kernels import gaussian_kde
from hloom.scipy.stats.samples import ModeResult, mode, rankdata, sem

_DISTRIBUTIONS = (
    "bernoulli beta betabinom binom cauchy chi2 dirichlet expon gamma gennorm geom gumbel_l "
    "gumbel_r laplace logistic multinomial multivariate_normal nbinom norm pareto poisson t "
    "truncnorm uniform vonmises wrapcauchy"
).split()

__all__ = [*_DISTRIBUTIONS, "gaussian_kde", "mode", "rankdata", "sem"]


def __getattr__(name):
    if name in _DISTRIBUTIONS:
        return importlib.import_module(f"hloom.scipy.stats.{name}")
    raise AttributeError(f"module 'hloom.scipy.stats' has no attribute {name!r}")


def __dir__():
    return __all__
