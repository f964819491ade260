"""Log-probabilities of counts: binomial, negative binomial and beta-binomial, by deviances.

    log(x^a y^b (a+b)^(a+b) / (a^a b^b)) = -D(a, (a+b) x) - D(b, (a+b) y)        x + y = 1

where D(u, v) = u log(u/v) + v - u is positive and 0 at the mean, so that nothing cancels. The rest
is what Stirling's formula gives, and lacks (Loader, "Fast and accurate computation of binomial
probabilities", 2000). The derivatives are stated: those of such sums would cancel.
"""

import math

import hloom.numpy as np
from hloom.lowering.incomplete import log_minus
from hloom.scipy.special import digamma
from hloom.scipy.special.differentiable import differentiable
from hloom.scipy.special.series import chebyshev

#: (z + 1/2) (log Γ(z) - (z - 1/2) log z + z - log(2π)/2) 2/3 in 3/(z + 1/2) - 1, for z >= 1; the
#: coefficients of the interpolant at 64 points, computed with 50 digits
_STIRLING = (
    0.06731125685605541,
    0.012683248037108564,
    0.0009913393227183275,
    6.911790391135441e-05,
    5.871714249598395e-06,
    5.861204286191693e-07,
    4.27437216784731e-08,
    3.5373046927204248e-09,
    5.374617779170977e-10,
    1.9978682292254944e-11,
    1.3385967548614516e-12,
    1.151727987354952e-12,
    -1.1002694805767879e-13,
    3.839372304336887e-15,
    5.831353764192808e-15,
    -1.6494489649911084e-15,
    2.332392305574535e-16,
    1.543216405981931e-17,
    -1.8144301639637213e-17,
)


def _stirling(z):
    """What Stirling's formula lacks of log Γ(z), for z >= 1."""
    v = 1.5 / (z + 0.5)
    return v * chebyshev(2 * v - 1, _STIRLING)


def _deviance(a, b, x, y, gap):
    """log(x^a y^b (a+b)^(a+b) / (a^a b^b)), where the gap is b x - a y."""
    total = a + b
    return _part(a, total * x, gap) + _part(b, total * y, -gap)


def _part(count, mean, gap):
    one = np.where(count == 0, 1.0, count)
    return np.where(count == 0, -gap, count * log_minus(mean / one, gap / one))


def _log_binomial(k, n, p):
    m, q = n - k, 1 - p
    end = (k == 0) | (m == 0)
    a, b = np.where(end, 1.0, k), np.where(end, 1.0, m)
    rest = 0.5 * np.log(n / (2 * math.pi) / a / b) + _stirling(n) - _stirling(a) - _stirling(b)
    return _deviance(k, m, p, q, m * p - k * q) + np.where(end, 0.0, rest)


def _log_waiting(k, n, p):
    """log(Γ(k + n) / (k! Γ(n)) p^n (1 - p)^k)."""
    weight, rest = _waiting_rest(k, n)
    return _deviance(n, k, p, 1 - p, k * p - n * (1 - p)) + 0.5 * np.log(weight) + rest


def _waiting_rest(k, n):
    """w and r, where log(Γ(k + n) / (k! Γ(n))) is less than its deviance by log(w) / 2 + r."""
    end, low = k == 0, n < 1
    b, total = np.where(end, 1.0, k), np.where(end, 1.0, k + n)
    # below 1, by the recurrence of log Γ
    lift = np.where(low, (n + 0.5) * np.log((n + 1) / np.where(low, n, 1.0)) - 1, 0.0)
    rest = _stirling(total) - _stirling(b) - _stirling(np.where(low, n + 1, n)) - lift
    weight = n / (2 * math.pi) / b / total
    return np.where(end, 1.0, weight), np.where(end, 0.0, rest)


def _slope(a, b, p):
    """The derivative of a log(p) + b log(1 - p)."""
    q, no_a, no_b = 1 - p, a == 0, b == 0
    above = np.where(no_a, -b, np.where(no_b, a, a - (a + b) * p))
    return above / np.where(no_a, np.where(no_b, 1.0, q), np.where(no_b, p, p * q))


def _log_mixed(k, n, a, b):
    # a binomial of waiting times, the same for every p: here their mean, where that of all has none
    m, whole = n - k, a + b
    p, q = whole / (whole + n), n / (whole + n)
    (u, first), (v, second), (w, both) = map(_waiting_rest, (k, m, n), (a, b, whole))
    waits = _deviance(a, k, p, q, k * p - a * q) + _deviance(b, m, p, q, m * p - b * q)
    return waits + (first + second - both) + 0.5 * np.log(u / w * v)


log_binomial = differentiable(
    _log_binomial,
    lambda k, n, p, _: digamma(n - k + 1) - digamma(k + 1) + np.log(p) - np.log1p(-p),
    lambda k, n, p, _: digamma(n + 1) - digamma(n - k + 1) + np.log1p(-p),
    lambda k, n, p, _: _slope(k, n - k, p),
)
log_negative_binomial = differentiable(
    _log_waiting,
    lambda k, n, p, _: digamma(k + n) - digamma(k + 1) + np.log1p(-p),
    lambda k, n, p, _: digamma(k + n) - digamma(n) + np.log(p),
    lambda k, n, p, _: _slope(n, k, p),
    name="log_negative_binomial",
)
log_beta_binomial = differentiable(
    _log_mixed,
    lambda k, n, a, b, _: _rise(a - 1, k + 1) - _rise(b - 1, n - k + 1),
    lambda k, n, a, b, _: _rise(b - 1, n - k + 1) - _rise(a + b - 1, n + 1),
    lambda k, n, a, b, _: _rise(k, a) - _rise(n, a + b),
    lambda k, n, a, b, _: _rise(n - k, b) - _rise(n, a + b),
)


def _rise(d, a):
    """ψ(a + d) - ψ(a)."""
    return digamma(a + d) - digamma(a)
