"""Terms that several log-densities have in common."""

import functools
import math

import hloom.numpy as np
from hloom.lowering.incomplete import log_minus
from hloom.scipy.special import gammaln, xlogy

#: from here on few terms of Stirling's series are enough
_LARGE = 10.0
#: of x, x³, x⁵, ..., x = 1/z: what Stirling's formula lacks of log Γ(z) (DLMF 5.11.1)
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_STIRLING += (-3617 / 122400,)


def log1p_square(z):
    """log(1 + z²), also where z² overflows."""
    large = np.abs(z) > 1
    square = np.square(np.where(large, 1 / np.where(large, z, 1.0), z))
    lift = 2 * np.log(np.abs(np.where(large, z, 1.0)))
    return np.log1p(square) + lift


def log_beta(a, b):
    """log B(a, b) for positive a and b, without cancellation where they are large.

    Only positive numbers occur here, for which it takes a fraction of the operations of `betaln`.
    """
    least, most = np.minimum(a, b), np.maximum(a, b)
    large = most > _LARGE
    both = least > _LARGE
    low = np.where(both, 1.0, least)
    log_gamma = gammaln(low)
    near = np.where(large, 1.0, most)
    near = gammaln(near) - gammaln(near + np.where(large, 1.0, least)) + log_gamma
    most = np.where(large, most, _LARGE)
    # by Stirling's series for the larger and the sum, and for the least if it is large
    total = most + least
    log_total = np.log(total)
    far = _stirling(most) - _stirling(total) - (most - 0.5) * np.log1p(least / most)
    high = np.where(both, least, _LARGE)
    high = (high - 0.5) * np.log(high / total) + _stirling(high) + 0.5 * math.log(2 * math.pi)
    far = far + np.where(both, high - 0.5 * log_total, log_gamma + low * (1 - log_total))
    return np.where(large, far, near)


def _stirling(z):
    x = 1 / z
    terms = _STIRLING if z.dtype.itemsize > 4 else _STIRLING[:3]
    square = x * x
    return x * functools.reduce(lambda y, term: y * square + term, reversed(terms))


def log_gamma_power(a, x):
    """log(x^a exp(-x) / Γ(a + 1)), without cancellation where a is large and x near it."""
    x, a = np.broadcast_arrays(np.asarray(x), np.asarray(a))
    large = a >= _LARGE
    least = np.where(large, a, _LARGE)
    ratio = np.where(large, x, _LARGE) / least
    gap = np.where(large, x - least, 0.0) / least
    far = least * log_minus(ratio, gap) - _stirling(least) - 0.5 * np.log(2 * math.pi * least)
    low = np.where(large, 1.0, a)
    near = xlogy(low, np.where(large, 1.0, x)) - x - gammaln(low + 1)
    return np.where(large, far, near)


def log_beta_power(a, b, x, near):
    """log(x^a (1 - x)^b Γ(a + b + 1) / (Γ(a + 1) Γ(b + 1))) for large a and b, else `near`.

    It does not cancel where x is near the mean (Loader, "Fast and accurate computation of binomial
    probabilities", 2000).
    """
    a, b, x = np.broadcast_arrays(np.asarray(a), np.asarray(b), np.asarray(x))
    large = (a >= _LARGE) & (b >= _LARGE)
    a, b, x = np.where(large, a, _LARGE), np.where(large, b, _LARGE), np.where(large, x, 0.5)
    total, gap = a + b, b * x - a * (1 - x)
    far = a * log_minus(total * x / a, gap / a) + b * log_minus(total * (1 - x) / b, -gap / b)
    far = far + _stirling(total) - _stirling(a) - _stirling(b)
    return np.where(large, far + 0.5 * np.log(total / (2 * math.pi * a) / b), near)


def bounded_exp(x):
    """exp(x), or a large number where it would overflow."""
    return np.exp(np.minimum(x, 80.0))


def log_choose(n, k):
    """The logarithm of the number of ways to choose k of n."""
    return -np.log(n + 1) - log_beta(n - k + 1, k + 1)
