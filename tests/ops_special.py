"""Rows of the special functions."""

import numpy as np
from scipy import special

from hloom.frontend.prims import special as s
from ops import A, Op, V, case

#: eps allowed of functions computed by long sums, or by CHLO
LONG = {"default": 64}


def slope_in_a(a, x):
    """The derivative of gammainc in a, by differences of fourth order."""
    h = 1e-3 * a
    outer = special.gammainc(a + 2 * h, x) - special.gammainc(a - 2 * h, x)
    inner = special.gammainc(a + h, x) - special.gammainc(a - h, x)
    return (8 * inner - outer) / (12 * h)


def density(a, x):
    """The density of the gamma distribution."""
    return np.exp((a - 1) * np.log(x) - x - special.gammaln(a))


GAMMA = [case(A(6, low=0.3, high=6), A(6, low=0.2, high=9))]
GAMMA_EDGES = [
    case(V(1e-3, 0.5, 30.0, 900.0, 900.0, 5e3), V(1e-3, 0.4, 12.0, 860.0, 960.0, 5.1e3)),
    case(V(1.0, 2.0, 0.5, -1.0, 1.0, np.nan), V(0.0, np.inf, 0.0, 1.0, -1.0, 1.0)),
]
DIFFERENCES = {"float64": 1e5, "default": 64}

OPS = [
    Op(
        s.gamma,
        special.gamma,
        [case(V(-3.3, -0.6, 0.2, 1.7, 4.4, 9.5))],
        edges=[case(V(0.0, -0.0, -1.0, np.inf, -np.inf, np.nan, 30.0, 1e-30))],
    ),
    Op(
        s.bessel_i0e,
        special.i0e,
        [case(A(6, low=-20, high=20))],
        edges=[case(V(0.0, 8.0, -8.0, 700.0, np.nan))],
    ),
    Op(
        s.bessel_i1e,
        special.i1e,
        [case(A(6, low=-20, high=20))],
        edges=[case(V(0.0, 8.0, -8.0, 700.0, np.nan))],
    ),
    Op(
        s.zeta,
        special.zeta,
        [case(A(6, low=1.2, high=6), A(6, low=0.3, high=6))],
        grad=(1,),
        edges=[
            case(V(1.0, 3.0), V(2.0, np.nan)),
            case(V(3.0, 2.5, 3.0, 5.0, 30.0), V(-1.5, -1.5, -2.0, 200.0, 7.0)),
        ],
    ),
    Op(
        s.polygamma,
        lambda m, x: special.polygamma(m.astype(int), x),
        [case(V(1, 1, 2, 3, 0, 4), A(6, low=0.4, high=6))],
        grad=(1,),
        edges=[case(V(1, 2, 3, 0, 5), V(-0.5, -2.25, 900.0, -1.5, -4.5))],
    ),
    Op(s.igamma, special.gammainc, GAMMA, tol=LONG, order=1, edges=GAMMA_EDGES),
    Op(s.igammac, special.gammaincc, GAMMA, tol=LONG, order=1, edges=GAMMA_EDGES),
    Op(
        s.igamma,
        special.gammainc,
        GAMMA,
        name="igamma_in_x",
        grad=(1,),
        tol=LONG,
    ),
    Op(
        s.igamma_grad_a,
        slope_in_a,
        GAMMA,
        grad=(1,),
        tol=DIFFERENCES,
    ),
    Op(
        s.random_gamma_grad,
        lambda a, x: -slope_in_a(a, x) / density(a, x),
        [case(A(6, low=0.5, high=6), A(6, low=0.4, high=8))],
        grad=False,
        tol=DIFFERENCES,
    ),
    Op(
        s.betainc,
        special.betainc,
        [case(A(6, low=0.3, high=6), A(6, low=0.3, high=6), A(6, low=0.05, high=0.95))],
        tol=LONG,
        edges=[
            case(V(20.0, 900.0, 3.0, 2e3), V(30.0, 800.0, 900.0, 4.0), V(0.4, 0.5, 0.01, 0.995)),
            case(V(1.0, 2.0, -1.0, np.nan), V(1.0, 2.0, 1.0, 1.0), V(0.0, 1.0, 0.5, 0.5)),
        ],
    ),
]
