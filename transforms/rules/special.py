"""Derivatives of the special functions (DLMF 8.8.13, 10.25.2, 10.29, 25.11.17)."""

import math

from hloom.frontend.errors import RuleError
from hloom.frontend.prims.elementwise import (
    abs,
    add,
    digamma,
    div,
    eq,
    exp,
    integer_pow,
    lgamma,
    log,
    lt,
    mul,
    neg,
    select,
    sign,
    sub,
)
from hloom.frontend.prims.special import (
    bessel_i0e,
    bessel_i1e,
    gamma,
    igamma,
    igamma_grad_a,
    igammac,
    polygamma,
    random_gamma_grad,
    regularized_incomplete_beta,
    zeta,
)
from hloom.transforms import jvp, transpose


def _undefined(primitive, operand):
    """The term of an operand in which no derivative is known in closed form."""

    def term(*_):
        raise RuleError(
            f"{primitive.name}: the derivative in {operand}",
            "there is no formula for it",
            f"hold {operand} fixed with hloom.lax.stop_gradient, or differentiate in the others",
        )

    return term


jvp.elementwise(gamma, lambda g, x, y: mul(g, mul(y, digamma(x))))
jvp.elementwise(digamma, lambda g, x, y: mul(g, polygamma(1.0, x)))
jvp.elementwise(
    polygamma,
    _undefined(polygamma, "m"),
    lambda g, m, x, y: mul(g, polygamma(add(m, 1.0), x)),
)
jvp.elementwise(
    zeta,
    _undefined(zeta, "x"),
    lambda g, x, q, y: mul(g, mul(neg(x), zeta(add(x, 1.0), q))),
)


# ---------------------------------------------------------------- Bessel functions
jvp.elementwise(bessel_i0e, lambda g, x, y: mul(g, sub(bessel_i1e(x), mul(sign(x), y))))


#: I1(x) / x in x², up to rounding for |x| < 1
_I1_RATIO = [0.5 / (4**k * math.factorial(k) * math.factorial(k + 1)) for k in range(10)]


def i1_ratio(x, y, *, scaled):
    """I1(x) / x for y = I1(x), both times exp(-|x|) if `scaled`.

    Near 0 it is a series, since the derivative of a quotient would be a difference of equal numbers
    there.
    """
    near = lt(abs(x), 1.0)
    inner = select(near, x, 0.0)
    square, total = integer_pow(inner, 2), _I1_RATIO[-1]
    for c in reversed(_I1_RATIO[:-1]):
        total = add(mul(square, total), c)
    if scaled:
        total = mul(total, exp(neg(abs(inner))))
    return select(near, total, div(y, select(near, 1.0, x)))


def _i1e_term(g, x, y):
    ratio = i1_ratio(x, y, scaled=True)
    return mul(g, sub(sub(bessel_i0e(x), ratio), mul(sign(x), y)))


jvp.elementwise(bessel_i1e, _i1e_term)


# ---------------------------------------------------------------- incomplete gamma functions
def _gamma_density(a, x):
    """x^(a-1) e^-x / Γ(a), the derivative of igamma in x."""
    power = sub(a, 1.0)
    # 0 log 0 is 0
    safe = select(eq(power, 0.0), 1.0, x)
    return exp(sub(sub(mul(power, log(safe)), x), lgamma(a)))


jvp.elementwise(
    igamma,
    lambda g, a, x, y: mul(g, igamma_grad_a(a, x)),
    lambda g, a, x, y: mul(g, _gamma_density(a, x)),
)
jvp.elementwise(
    igammac,
    lambda g, a, x, y: neg(mul(g, igamma_grad_a(a, x))),
    lambda g, a, x, y: neg(mul(g, _gamma_density(a, x))),
)
jvp.elementwise(
    igamma_grad_a,
    _undefined(igamma_grad_a, "a"),
    lambda g, a, x, y: mul(g, mul(_gamma_density(a, x), sub(log(x), digamma(a)))),
)
jvp.elementwise(
    random_gamma_grad, _undefined(random_gamma_grad, "a"), _undefined(random_gamma_grad, "x")
)

# the derivatives of the incomplete beta function are those of its loops: hloom/slopes.py

for _function in (
    gamma, digamma, polygamma, zeta, bessel_i0e, bessel_i1e, igamma, igammac, igamma_grad_a,
    random_gamma_grad, regularized_incomplete_beta,
):  # fmt: skip
    transpose.none(_function, "not linear")
