"""The incomplete gamma and beta functions."""

from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e, special as s
from hloom.frontend.trace import aval_of
from hloom.lowering.incomplete import (
    beta_complement,
    beta_density,
    gamma_density,
    regularized_incomplete_beta,
)
from hloom.numpy.promotion import broadcast_shapes, filled
from hloom.runtime.dispatch import fused
from hloom.scipy.special.differentiable import array_of, differentiable, slope
from hloom.scipy.special.series import computed
from hloom.typing import ArrayLike

_lower = differentiable(
    lambda a, x: s.igamma(a, x),
    lambda a, x, _: s.igamma_grad_a(a, x),
    lambda a, x, _: gamma_density(a, x),
    name="gammainc",
)
_upper = differentiable(
    lambda a, x: s.igammac(a, x),
    lambda a, x, _: e.neg(s.igamma_grad_a(a, x)),
    lambda a, x, _: e.neg(gamma_density(a, x)),
    name="gammaincc",
)


@fused
def gammainc(a: ArrayLike, x: ArrayLike) -> Array:
    """The regularized lower incomplete gamma function P(a, x), for a and x not below 0.

    >>> import hloom
    >>> hloom.scipy.special.gammainc(1.0, 2.0)
    Array(0.86466473, dtype=float32, weak_type=True)
    """
    return computed("gammainc", _lower, a, x)


@fused
def gammaincc(a: ArrayLike, x: ArrayLike) -> Array:
    """The regularized upper incomplete gamma function Q(a, x) = 1 - P(a, x), exact where small.

    >>> import hloom
    >>> hloom.scipy.special.gammaincc(1.0, 20.0)
    Array(2.0611537e-09, dtype=float32, weak_type=True)
    """
    return computed("gammaincc", _upper, a, x)


#: 1 - I_x(a, b) of arrays
beta_rest = differentiable(
    beta_complement,
    slope(beta_complement, 0, 3),
    slope(beta_complement, 1, 3),
    lambda a, b, x, _: e.neg(beta_density(a, b, x)),
)
#: the same of a, b, x and 1 - x, which x may be too near 1 to tell; its derivative is that of x
beta_rest_of_both = differentiable(
    beta_complement,
    slope(beta_complement, 0, 4),
    slope(beta_complement, 1, 4),
    lambda a, b, x, y, _: e.neg(beta_density(a, b, x, y)),
    lambda *operands: filled(0.0, aval_of(operands[0])),
)


_BETAINC_TERMS = (
    slope(regularized_incomplete_beta, 0, 3),
    slope(regularized_incomplete_beta, 1, 3),
    lambda a, b, x, _: beta_density(a, b, x),
)
_betainc = differentiable(lambda a, b, x: s.betainc(a, b, x), *_BETAINC_TERMS, name="betainc")


def betainc_slope(position, a, b, x):
    """The derivative of `betainc` in one of its operands, 0, 1 or 2."""
    shape = broadcast_shapes("betainc", *[aval_of(v).shape for v in (a, b, x)])
    a, b, x = [array_of(v, shape) for v in (a, b, x)]
    return computed("betainc", lambda *xs: _BETAINC_TERMS[position](*xs, None), a, b, x)


@fused
def betainc(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> Array:
    """The regularized incomplete beta function I_x(a, b), for a, b > 0 and x in [0, 1].

    >>> import hloom
    >>> hloom.scipy.special.betainc(2.0, 3.0, 0.5)
    Array(0.6875, dtype=float32, weak_type=True)
    """
    return computed("betainc", _betainc, a, b, x)
