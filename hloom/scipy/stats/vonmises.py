"""The von Mises distribution of angles: density exp(κ cos x) / (2π I0(κ)).

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import vonmises
>>> vonmises.pdf(np.array([0.0, 3.0]), kappa=1.0).round(4)
Array([0.3417, 0.0467], dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.scipy.special import i0e
from hloom.scipy.stats.families import Continuous


def _exponent(x, kappa):
    # cos x - 1 = -2 sin²(x/2), exact near 0, where kappa may be large
    exponent = -2 * kappa * np.square(np.sin(0.5 * x))
    # i0e is even, and at 0 its derivative is not that for kappa > 0, which is less by 1
    return exponent + np.where(kappa == 0, kappa, 0.0)


standard = Continuous(
    __name__,
    "the von Mises distribution of concentration kappa",
    valid=lambda kappa: kappa >= 0,
    places=(),
    logpdf=lambda x, kappa: _exponent(x, kappa) - np.log(2 * math.pi * i0e(kappa)),
    density=lambda x, kappa: np.exp(_exponent(x, kappa)) / (2 * math.pi * i0e(kappa)),
)
pdf, logpdf = standard.densities()
