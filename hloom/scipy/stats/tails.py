"""Logarithms of the incomplete gamma and beta functions, exact where these underflow.

A share p of the whole is used by itself up to 1/2, and by its complement from there. Far out, where
p is tiny, continued fractions converge in a few steps (DLMF 8.9.1, 8.9.2 and 8.17.22).
"""

import math

import hloom.numpy as np
from hloom.scipy.special import gammainc, gammaincc, xlog1py
from hloom.scipy.special.incomplete import beta_rest_of_both
from hloom.scipy.special.series import computed
from hloom.scipy.stats.terms import log_beta, log_beta_power, log_gamma_power

_TINY = 1e-30


def log_gammainc(a, x):
    """log P(a, x), the regularized lower incomplete gamma function's logarithm."""
    share, rest = gammainc(a, x), gammaincc(a, x)
    return _log_of(share, rest, _far(share, _lower_gamma, (1.0, 1e-9), a, x))


def log_gammaincc(a, x):
    """log Q(a, x), the regularized upper incomplete gamma function's logarithm."""
    share, rest = gammaincc(a, x), gammainc(a, x)
    return _log_of(share, rest, _far(share, _upper_gamma, (1.0, 40.0), a, x))


def log_half_gammaincc(a, x):
    """log(Q(a, x) / 2), which is never near 0, so that it needs no complement."""
    share = gammaincc(a, x)
    return _log(share, _far(share, _upper_gamma, (1.0, 40.0), a, x)) - math.log(2)


def log_betainc(a, b, x, rest=None):
    """log I_x(a, b), the regularized incomplete beta function's logarithm; `rest` is 1 - x."""
    # the smaller side: I_x(a, b) = 1 - I_{1-x}(b, a)
    low = x * (a + b) < a
    rest = 1 - x if rest is None else rest
    # that below the mean, unless its parameter is so small that nearly all is at its end
    c, d, u = (np.where(low, *pair) for pair in ((a, b), (b, a), (x, rest)))
    low = low ^ ((c < 0.5) & (d / (c + d) * (u * np.maximum(1.0, c + d)) ** c > 0.5))
    sides = [np.where(low, *pair) for pair in ((b, a), (a, b), (rest, x), (x, rest))]
    p = computed("betainc", beta_rest_of_both, *sides)
    share = np.where(low, p, 0.5)
    return np.where(low, log_tail_beta(share, a, b, x, rest), np.log1p(-np.where(low, 0.5, p)))


def log_tail_beta(share, a, b, x, rest=None):
    """log I_x(a, b), not near 0, where I_x(a, b) is `share`; `rest` is 1 - x."""
    rest = 1 - x if rest is None else rest
    return _log(share, _far(share, _lower_beta, (1.0, 1.0, 1e-9, 1.0), a, b, x, rest))


def log_of(share, rest):
    """The logarithm of a probability that is exact both near 0 and, by the rest, near 1."""
    return _log_of(share, rest, None)


def _log_of(share, rest, far):
    small = share < 0.5
    below = _log(np.where(small, share, 0.5), far)
    return np.where(small, below, np.log1p(-np.where(small, 0.5, rest)))


def _log(share, far):
    if far is None:
        return np.log(share)
    tiny = share < _TINY
    return np.where(tiny, far, np.log(np.where(tiny, 0.5, share)))


def _far(share, logarithm, inside, *operands):
    """The logarithm where the share is tiny; elsewhere it sees `inside` for the operands."""
    tiny = share < _TINY
    return logarithm(*[np.where(tiny, x, value) for x, value in zip(operands, inside)])


def _steps(x):
    """As many steps, the last first, as a fraction takes to reach the precision of a dtype."""
    return range(16 if x.dtype.itemsize > 4 else 8, 0, -1)


def _gamma_power(a, x):
    """log(x^a exp(-x) / Γ(a)); -inf at infinity."""
    end = x == math.inf
    x = np.where(end, 1.0, x)
    return np.where(end, -math.inf, log_gamma_power(a, x) + np.log(a))


def _lower_gamma(a, x):
    rest = 0.0
    for k in _steps(x):
        rest = (a + (k - 1)) * x / (a + (2 * k - 1) + k * x / (a + 2 * k - rest))
    return _gamma_power(a, x) - np.log(a - rest)


def _upper_gamma(a, x):
    rest, start = 0.0, x - a
    for k in _steps(x):
        rest = k * (k - a) / (start + (2 * k + 1) - rest)
    return _gamma_power(a, x) - np.log(start + 1 - rest)


def _lower_beta(a, b, x, other):
    rest = 1.0
    for k in _steps(x):
        even = k * (b - k) * x / ((a + (2 * k - 1)) * (a + 2 * k))
        odd = (a + k) * (a + b + k) * x / ((a + 2 * k) * (a + (2 * k + 1)))
        rest = 1 + even / (1 - odd / rest)
    rest = 1 - (a + b) * x / (a + 1) / rest
    # the less of x and 1 - x tells the other one
    low = x < 0.5
    p, q, u = (np.where(low, *pair) for pair in ((a, b), (b, a), (x, other)))
    ends = np.log(a / (a + b) * b)
    near = p * np.log(u) + xlog1py(q, -u) - log_beta(a, b) - ends
    return log_beta_power(p, q, u, near) + ends - np.log(a * rest)
