"""Rows of hloom.scipy.special: gamma, beta, zeta, Bessel and hypergeometric functions, sigmoids."""

import numpy as np
from scipy import special

import hloom
from ops import FLOATS, WIDE, A, Op, V, case

S = hloom.scipy.special

POSITIVE = A(5, low=0.3, high=6)
GAMMA = V(-3.3, -0.6, 0.2, 4.4, 9.5)
#: both signs of zero, poles and infinities
ENDS = V(0.0, -0.0, -1.0, np.inf, -np.inf, np.nan)
#: some of the ways to map over operands: each is a program of its own
PAIRED = [(0, 0), (None, 1)]
TRIPLED = [(0, 0, 0), (1, None, None)]
FOURFOLD = [(0, 0, 0, 0), (None, None, 1, None)]
TWO = [case(A(5, low=0.3, high=6), A(5, low=0.4, high=7))]


def real_log_gamma(x):
    """NaN for negative numbers, where the logarithm is complex."""
    return np.where(x < 0, np.nan, special.gammaln(x))


def first_kind(z):
    """The Bessel functions of orders 0 to 3."""
    return np.stack([special.jv(k, z) for k in range(4)])


OPS = [
    Op(
        S.loggamma,
        real_log_gamma,
        [case(POSITIVE)],
        name="special_loggamma",
        edges=[case(V(-0.5, 0.0, np.inf, np.nan))],
    ),
    Op(
        S.gammasgn,
        special.gammasgn,
        [case(GAMMA)],
        FLOATS,
        False,
        name="special_gammasgn",
        edges=[case(ENDS), case(V(-1.5, -2.5))],
    ),
    Op(
        lambda a: S.multigammaln(a, 3),
        lambda a: np.vectorize(lambda x: special.multigammaln(x, 3))(a),
        [case(A(5, low=1.2, high=6))],
        name="special_multigammaln",
    ),
    Op(
        S.factorial,
        special.factorial,
        [case(A(5, low=0.1, high=8))],
        name="special_factorial",
        # SciPy errs by some eps
        tol={"float64": 16, "default": 4},
        edges=[case(V(-1.0, 0.0, 3.0, 12.0, np.nan))],
    ),
    Op(
        S.beta,
        special.beta,
        TWO,
        dtypes=WIDE,
        name="special_beta",
        mixed=False,
        in_axes=PAIRED,
        tol=16,
        edges=[case(V(-3.0, -3.0, -2.5, 0.0, 1e-30), V(2.0, 5.0, 1.2, 1.0, 1.0))],
    ),
    Op(
        S.betaln,
        special.betaln,
        TWO,
        WIDE,
        name="special_betaln",
        in_axes=PAIRED,
        tol=16,
        edges=[case(V(1e3), V(1e4))],
    ),
    Op(
        S.poch,
        special.poch,
        TWO,
        dtypes=WIDE,
        name="special_poch",
        mixed=False,
        in_axes=PAIRED,
        tol=16,
        edges=[case(V(0.5, -2.5, -3.0, -3.0, 0.0), V(-0.5, -0.5, -1.0, 1.5, 0.0))],
    ),
    Op(
        S.comb,
        special.comb,
        [case(V(5.5, 8.25, 9.5), V(2.25, 3.5, 1.5))],
        WIDE,
        name="special_comb",
        mixed=False,
        in_axes=PAIRED,
        tol=32,
        edges=[case(V(5.0, 5.0, -1.0, 30.0), V(2.0, -1.0, 2.0, 15.0))],
    ),
    Op(
        lambda x: S.zeta(x),
        special.zeta,
        [case(V(-3.3, -0.5, 0.5, 1.5, 6.0))],
        WIDE,
        name="special_zeta",
        tol=16,
        edges=[case(V(1.0, 0.0, -2.0, -1.0, np.inf, np.nan, 1.001, -20.5))],
    ),
    Op(
        S.zeta,
        special.zeta,
        [case(V(1.25, 2.5, 6.0), A(3, low=0.3, high=6))],
        WIDE,
        name="special_zeta_of_hurwitz",
        in_axes=PAIRED,
        tol=16,
    ),
    Op(
        S.betainc,
        special.betainc,
        [case(POSITIVE, A(5, low=0.3, high=6), A(5, low=0.05, high=0.95))],
        WIDE,
        name="special_betainc",
        mixed=False,
        in_axes=TRIPLED,
        tol=64,
        order=1,
        edges=[case(V(3.0, 1.2, 0.2), V(1e-3, 1e-5, 0.01), V(0.97, 0.9, 0.999))],
    ),
    Op(S.i0, special.i0, [case(A(5, low=-20, high=20))], name="special_i0"),
    Op(S.i1, special.i1, [case(V(-20.0, -0.2, 0.0, 3.0, 9.0))], name="special_i1"),
    Op(
        lambda z: S.bessel_jn(z, v=3),
        first_kind,
        [case(V(-3.0, 0.0, 0.5, 9.0, 40.0))],
        WIDE,
        name="special_bessel_jn",
        mixed=False,
        tol=16,
    ),
    Op(
        S.hyp1f1,
        special.hyp1f1,
        [case(V(1.5, -0.5, 2.5), V(2.5, 1.5, 0.7), V(0.7, -3.0, 40.0))],
        WIDE,
        name="special_hyp1f1",
        mixed=False,
        in_axes=TRIPLED,
        tol=64,
        order=1,
        edges=[
            case(
                V(-2.0, 1.0, 1.0, 3.0, 1.5),
                V(-2.0, 2.0, 0.0, 2.0, 2.0),
                V(0.5, -1e10, 0.5, 0.0, -60.0),
            ),
        ],
    ),
    Op(
        S.hyp2f1,
        special.hyp2f1,
        [case(V(1.5, 0.5, 2.0), V(1.25, 1.0, 0.3), V(2.5, 3.0, 1.7), V(0.4, 0.9, -3.0))],
        WIDE,
        name="special_hyp2f1",
        mixed=False,
        in_axes=FOURFOLD,
        tol=64,
        order=1,
        edges=[
            case(
                V(1.0, 0.5, 1.0, -2.0, 1.0, 0.5),
                V(1.0, 1.0, 1.0, 3.0, 1.0, 1.5),
                V(2.0, 3.0, 0.5, 1.5, -2.0, 2.0),
                V(2.0, 1.0, 1.0, 4.0, 0.3, 0.99999),
            ),
        ],
    ),
    Op(
        lambda theta, phi: S.sph_harm_y(
            np.array([0, 1, 4, 7, 2]), np.array([0, -1, 3, -6, 3]), theta, phi
        ),
        lambda theta, phi: special.sph_harm_y(
            np.array([0, 1, 4, 7, 2]), np.array([0, -1, 3, -6, 3]), theta, phi
        ),
        [case(A(5, low=0.0, high=3.1), A(5, low=-3, high=3))],
        WIDE,
        name="special_sph_harm_y",
        tol=16,
        in_axes=[(0, 0), (None, 1)],
    ),
    Op(
        S.logit,
        special.logit,
        [case(A(6, low=0.02, high=0.98))],
        name="special_logit",
        tol={"float64": 32, "default": 4},
        edges=[case(V(0.0, 1.0, -0.5, 2.0, 0.5, np.nan, 1e-30))],
    ),
    Op(
        lambda x: S.log_softmax(x, axis=0),
        lambda x: special.log_softmax(x, axis=0),
        [case(A(2, 3))],
        WIDE,
        name="special_log_softmax",
    ),
    Op(
        lambda x, b: S.logsumexp(x, axis=(0, 1), b=b),
        lambda x, b: special.logsumexp(x, axis=(0, 1), b=b),
        [case(A(2, 3), A(2, 3, low=0.5, high=2))],
        WIDE,
        name="special_logsumexp",
    ),
]
