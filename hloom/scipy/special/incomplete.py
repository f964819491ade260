"""The incomplete gamma and beta functions."""

from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e, special as s
from hloom.lowering.incomplete import regularized_incomplete_beta
from hloom.numpy.promotion import select
from hloom.runtime.dispatch import fused
from hloom.scipy.special.differentiable import differentiable, slope
from hloom.scipy.special.series import computed
from hloom.typing import ArrayLike


@fused
def gammainc(a: ArrayLike, x: ArrayLike) -> Array:
    """The regularized lower incomplete gamma function P(a, x), for a and x not below 0.

    >>> import hloom
    >>> hloom.scipy.special.gammainc(1.0, 2.0)
    Array(0.86466473, dtype=float32, weak_type=True)
    """
    return computed("gammainc", s.igamma, a, x)


@fused
def gammaincc(a: ArrayLike, x: ArrayLike) -> Array:
    """The regularized upper incomplete gamma function Q(a, x) = 1 - P(a, x), exact where small.

    >>> import hloom
    >>> hloom.scipy.special.gammaincc(1.0, 20.0)
    Array(2.0611537e-09, dtype=float32, weak_type=True)
    """
    return computed("gammaincc", s.igammac, a, x)


def _density(a, b, x, y):
    """x^(a-1) (1-x)^(b-1) / B(a, b)."""
    first, second = e.sub(a, 1.0), e.sub(b, 1.0)
    # 0 log 0 is 0
    left = e.mul(first, e.log(select(e.eq(first, 0.0), 1.0, x)))
    right = e.mul(second, e.log1p(e.neg(select(e.eq(second, 0.0), 0.0, x))))
    scale = e.sub(e.sub(e.lgamma(e.add(a, b)), e.lgamma(a)), e.lgamma(b))
    return e.exp(e.add(e.add(left, right), scale))


_betainc = differentiable(
    lambda a, b, x: s.betainc(a, b, x),
    slope(regularized_incomplete_beta, 0, 3),
    slope(regularized_incomplete_beta, 1, 3),
    _density,
    name="betainc",
)


@fused
def betainc(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> Array:
    """The regularized incomplete beta function I_x(a, b), for a, b > 0 and x in [0, 1].

    >>> import hloom
    >>> hloom.scipy.special.betainc(2.0, 3.0, 0.5)
    Array(0.6875, dtype=float32, weak_type=True)
    """
    return computed("betainc", _betainc, a, b, x)
