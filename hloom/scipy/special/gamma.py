"""The gamma and beta functions and what is made of them: factorials, Pochhammer's symbol, zeta."""

import math

from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims import special as s
from hloom.numpy.promotion import promote_inexact
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@fused
def gammaln(x: ArrayLike) -> Array:
    """The logarithm of the absolute value of the gamma function; inf at its poles.

    >>> import hloom
    >>> hloom.scipy.special.gammaln(5.0)
    Array(3.1780539, dtype=float32, weak_type=True)
    """
    return e.lgamma(*promote_inexact("gammaln", x))


@fused
def digamma(x: ArrayLike) -> Array:
    """The derivative of `gammaln`; NaN at negative integers.

    >>> import hloom
    >>> hloom.scipy.special.digamma(1.0)
    Array(-0.5772157, dtype=float32, weak_type=True)
    """
    return e.digamma(*promote_inexact("digamma", x))
