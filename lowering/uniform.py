"""The incomplete gamma function for large a and x near it, where series need about √a terms.

With λ = x / a, η²/2 = λ - 1 - log λ and D = x^a e^-x / Γ(a+1) (Temme, "The asymptotic expansion of
the incomplete gamma functions", 1979; DLMF 8.12):

    P(a, x) = erfc(-η √(a/2)) / 2 - D T        Q(a, x) = erfc(η √(a/2)) / 2 + D T
    T = sum of c_k(η) / a^k

DLMF has another factor in place of D: here the series of Γ is multiplied into the c_k.
"""

import math

from hloom.frontend.prims.elementwise import (
    abs,
    add,
    bitwise_and,
    div,
    eq,
    erfc,
    exp,
    ge,
    gt,
    integer_pow,
    log1p,
    lt,
    mul,
    neg,
    select,
    sqrt,
    sub,
)
from hloom.lowering.iterate import eps
from hloom.lowering.series import horner

_LEAST, _WIDTH = 1000.0, 0.25
#: c_0, c_1, ... in powers of η
_TERMS = (
    (
        -0.3333333333333333, 0.08333333333333333, -0.014814814814814815, 0.0011574074074074073,
        0.0003527336860670194, -0.0001787551440329218, 3.919263178522438e-05,
        -2.185448510679992e-06, -1.85406221071516e-06, 8.296711340953087e-07,
        -1.7665952736826078e-07, 6.707853543401498e-09, 1.0261809784240309e-08,
        -4.382036018453353e-09, 9.14769958223679e-10,
    ),
    (
        -0.02962962962962963, 0.003472222222222222, 0.0014109347442680777, -0.000893775720164609,
        0.00023515579071134627, -1.5298139574759944e-05, -1.483249768572128e-05,
        7.467040206857778e-06, -1.766595273682608e-06, 7.378638897741648e-08,
        1.231417174108837e-07, -5.696646823989359e-08, 1.2806779415131507e-08,
    ),
    (
        0.0028218694885361554, -0.0026813271604938273, 0.0009406231628453851,
        -7.649069787379973e-05, -8.899498611432768e-05, 5.226928144800444e-05,
        -1.4132762189460864e-05, 6.640775007967483e-07, 1.231417174108837e-06,
        -6.266311506388295e-07,
    ),
    (
        0.0018812463256907702, -0.00022947209362139917, -0.0003559799444573107,
        0.0002613464072400222, -8.479657313676519e-05, 4.6485425055772385e-06,
        9.851337392870696e-06,
    ),
)  # fmt: skip


def is_near(a, x):
    """Where the expansion holds."""
    return bitwise_and(ge(a, _LEAST), lt(abs(sub(x, a)), mul(a, _WIDTH)))


def sides(density, a, exponent, above):
    """P and Q from D and log x^a e^-x a^-a e^a, which is -a η²/2; `above` is whether x > a."""
    root = sqrt(neg(exponent))
    z = select(above, root, neg(root))
    part = mul(density, _total(_terms(a), a, _eta(a, z)))
    lower, upper = mul(erfc(neg(z)), 0.5), mul(erfc(z), 0.5)
    return sub(lower, part), add(upper, part)


def slope(a, d, exponent):
    """The derivative of P in a, over D; d is λ - 1."""
    root = sqrt(neg(exponent))
    eta = _eta(a, select(gt(d, 0.0), root, neg(root)))
    centre = eq(eta, 0.0)
    # a dη/da is -(λ - 1) / η
    rate = select(centre, 1.0, div(d, select(centre, 1.0, eta)))
    r = div(1.0, a)
    r2 = integer_pow(r, 2)
    # E / D is the rest of Stirling's series
    stirling = exp(mul(r, add(mul(r2, -1 / 360), 1 / 12)))
    normal = mul(stirling, sub(mul(eta, 0.5), rate))
    rows = _terms(a)
    # the derivative of log D, less that of a log x - log Γ(a) - x, in which large numbers cancel
    tail = mul(r, add(mul(r, add(mul(r2, -1 / 120), 1 / 12)), -0.5))
    falling = add(log1p(d), tail)
    along = [[j * c for j, c in enumerate(row)][1:] or [0.0] for row in rows]
    by_a = [[-k * c for c in row] for k, row in enumerate(rows)]
    change = sub(_total(by_a, a, eta), mul(rate, _total(along, a, eta)))
    return sub(normal, add(mul(falling, _total(rows, a, eta)), mul(change, r)))


def _eta(a, z):
    return mul(z, sqrt(div(2.0, a)))


def _terms(a):
    """The coefficients that the dtype can see."""
    least = eps(a) / 64
    rows = [
        [c for j, c in enumerate(row) if math.fabs(c) * 0.28**j > least * _LEAST**k]
        for k, row in enumerate(_TERMS)
    ]
    return [row for row in rows if row]


def _total(rows, a, eta):
    r = div(1.0, a)
    return horner(r, [horner(eta, row) for row in rows])
