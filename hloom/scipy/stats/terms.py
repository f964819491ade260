"""Terms that several log-densities have in common."""

import hloom.numpy as np
from hloom.scipy.special import betaln


def log1p_square(z):
    """log(1 + z²), also where z² overflows."""
    large = np.abs(z) > 1
    square = np.square(np.where(large, 1 / np.where(large, z, 1.0), z))
    lift = 2 * np.log(np.abs(np.where(large, z, 1.0)))
    return np.log1p(square) + lift


def log_choose(n, k):
    """The logarithm of the number of ways to choose k of n."""
    return -np.log(n + 1) - betaln(n - k + 1, k + 1)
