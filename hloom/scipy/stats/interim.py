import math

import hloom.numpy as np
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims import special as s
from hloom.numpy.promotion import promote_inexact

def lift(f): return lambda *xs: f(*promote_inexact("f", *xs))
gammaln = lift(e.lgamma)
gammainc, gammaincc, betainc, i0e = map(lift, (s.igamma, s.igammac, s.betainc, s.bessel_i0e))


def xlogy(x, y):
    zero = x == 0
    return np.where(zero, 0.0, x * np.log(np.where(zero, 1.0, y)))


def xlog1py(x, y):
    zero = x == 0
    return np.where(zero, 0.0, x * np.log1p(np.where(zero, 0.0, y)))


def betaln(a, b):
    return gammaln(a) + gammaln(b) - gammaln(a + b)


def ndtr(z):
    return 0.5 * e.erfc(-math.sqrt(0.5) * z)


def log_ndtr(z):
    return np.log(ndtr(z))


def ndtri(q):
    return math.sqrt(2) * e.erf_inv(2 * q - 1)
