"""The normal distribution restricted to a <= z <= b, z = (x - loc) / scale.

>>> import hloom.numpy as np
>>> from hloom.scipy.stats import truncnorm
>>> truncnorm.cdf(np.array([-1.0, 0.0, 1.0]), a=-1.0, b=1.0)
Array([0. , 0.5, 1. ], dtype=float32)

A probability is that of an interval [a, b], which is φ(p) R: p is its point nearest to 0, and R the
integral of exp((p² - t²) / 2) over it. R neither underflows nor cancels: in a wide interval it is a
difference of Mills ratios (DLMF 7.8.1), in a narrow one it is by the Gauss-Legendre rule.
"""

import functools
import math

import numpy

import hloom.numpy as np
from hloom.scipy.special import erfcx
from hloom.scipy.stats.families import Continuous
from hloom.transforms.custom import custom_jvp


@functools.cache
def _rule(wide):
    """Nodes on [-1, 1] and weights, enough for the precision of a dtype."""
    return [x.tolist() for x in numpy.polynomial.legendre.leggauss(7 if wide else 4)]


def _nearest(a, b):
    """The point of [a, b] nearest to 0."""
    return np.clip(np.zeros_like(a), a, b)


def _mills(x):
    """(1 - Φ(x)) / φ(x)."""
    return math.sqrt(0.5 * math.pi) * erfcx(math.sqrt(0.5) * x)


@custom_jvp
def _scaled_mass(a, b):
    """R of [a, b]."""
    left, right = a > 0, b < 0
    width = b - a
    middle = 0.5 * a + 0.5 * b
    narrow = width * np.maximum(np.abs(middle), 1.0) < 1
    first, last = np.abs(a), np.abs(b)
    near, far = np.where(right, last, first), np.where(right, first, last)
    one_side = _mills(near) - np.exp(-width * np.abs(middle)) * _mills(far)
    rest = np.exp(-0.5 * a * a) * _mills(first) + np.exp(-0.5 * b * b) * _mills(last)
    broad = np.where(left | right, one_side, math.sqrt(2 * math.pi) - rest)
    # from p, without which large numbers would be subtracted
    p, half = _nearest(a, b), np.where(narrow, 0.5 * width, 0.0)
    center = np.where(left, half, np.where(right, -half, np.where(narrow, middle, 0.0)))
    total = 0.0
    for node, weight in zip(*_rule(width.dtype.itemsize > 4), strict=True):
        step = center + node * half
        total = total + weight * np.exp(-step * (p + 0.5 * step))
    return np.where(narrow, half * total, broad)


@_scaled_mass.defjvp
def _scaled_mass_jvp(primals, tangents):
    (a, b), (da, db) = primals, tangents
    mass, p = _scaled_mass(a, b), _nearest(a, b)
    in_a = np.where(a > 0, a, 0.0) * mass - np.exp(0.5 * (p - a) * (p + a))
    in_b = np.where(b < 0, b, 0.0) * mass + np.exp(0.5 * (p - b) * (p + b))
    return mass, da * in_a + db * in_b


def _ends(a, b):
    return np.broadcast_arrays(np.asarray(a), np.asarray(b))


def _logpdf(z, a, b):
    a, b = _ends(a, b)
    p = _nearest(a, b)
    return -0.5 * (z - p) * (z + p) - np.log(_scaled_mass(a, b))


def _density(z, a, b):
    a, b = _ends(a, b)
    p = _nearest(a, b)
    return np.exp(-0.5 * (z - p) * (z + p)) / _scaled_mass(a, b)


def _parts(z, a, b):
    """R of [a, z], [z, b] and [a, b]; and the logarithms of how the first two are scaled."""
    z, a, b = np.broadcast_arrays(z, np.asarray(a), np.asarray(b))
    z, p = np.clip(z, a, b), _nearest(a, b)
    sides = ((a, z), (z, b))
    lifts = [0.5 * (p - q) * (p + q) for q in (_nearest(*side) for side in sides)]
    return *(_scaled_mass(*side) for side in sides), _scaled_mass(a, b), *lifts


def _share(part, rest, whole, lift, lift_rest):
    """A probability, by the rest if that is less."""
    share, rest = part * np.exp(lift) / whole, rest * np.exp(lift_rest) / whole
    return np.where(share < rest, share, 1 - rest)


def _log_share(part, rest, whole, lift, lift_rest):
    rest = rest * np.exp(lift_rest) / whole
    small = (rest > 0.5) & (part > 0)
    share = lift + np.log(np.where(small, part, 1.0) / whole)
    return np.where(small, share, np.log1p(-np.where(small, 0.5, rest)))


def _turned(part, rest, whole, lift, lift_rest):
    return rest, part, whole, lift_rest, lift


standard = Continuous(
    __name__,
    "the normal distribution restricted to a <= z <= b, z = (x - loc) / scale",
    support=lambda a, b: (a, b),
    valid=lambda a, b: a < b,
    logpdf=_logpdf,
    density=_density,
    cdf=lambda z, a, b: _share(*_parts(z, a, b)),
    sf=lambda z, a, b: _share(*_turned(*_parts(z, a, b))),
    logcdf=lambda z, a, b: _log_share(*_parts(z, a, b)),
    logsf=lambda z, a, b: _log_share(*_turned(*_parts(z, a, b))),
)
pdf, logpdf = standard.densities()
cdf, logcdf, sf, logsf = standard.tails()
