"""The von Mises distribution of angles: density exp(κ cos x) / (2π I0(κ)).

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import vonmises
>>> vonmises.pdf(np.array([0.0, 3.0]), kappa=1.0)
Array([0.34171045, 0.0467106 ], dtype=float32)
"""

import math

import hloom.numpy as np
from hloom.scipy.special import i0e
from hloom.scipy.stats.families import Continuous

standard = Continuous(
    __name__,
    "the von Mises distribution of concentration kappa",
    valid=lambda kappa: kappa >= 0,
    places=(),
    # cos x - 1 = -2 sin²(x/2), exact near 0, where kappa may be large
    logpdf=lambda x, kappa: (
        -2 * kappa * np.square(np.sin(0.5 * x)) - np.log(2 * math.pi * i0e(kappa))
    ),
)
pdf, logpdf = standard.densities()
