"""Gamma, beta, zeta, Bessel and hypergeometric functions over wide domains, beside mpmath.

Bounds are in units of eps of the dtype, of the exact result for the rounded arguments; errors are
relative, or relative to `floor` where results are smaller than that (near zeros). Where a sweep is
`conditioned`, what half an eps of each argument changes in the result is left out of the error.
"""

from dataclasses import dataclass

import mpmath as mp
import numpy as np
import pytest
from scipy import special

import hloom
from hloom import lax
from hloom.errors import DTypeError, UnsupportedError, ValueRangeError
from hloom.scipy import special as s

N = 40


@pytest.fixture(autouse=True)
def _wide():
    with hloom.enable_x64(), mp.workdps(40):
        yield


def spread(low, high, seed=0):
    """Numbers over an interval."""
    return np.random.default_rng(seed).uniform(low, high, N)


def scales(low, high, seed=1):
    """Positive numbers of all magnitudes from `low` to `high`."""
    return np.exp(spread(np.log(low), np.log(high), seed))


def whole(low, high, seed=2):
    """Integers as floats."""
    return np.floor(spread(low, high + 1, seed))


STEP = mp.mpf(2) ** -40


@dataclass
class Sweep:
    """A function, the exact one, samples of its arguments, and the error allowed."""

    name: str
    function: object
    exact: object
    arguments: tuple
    bound: float
    floor: float = 0.0
    conditioned: bool = False

    def slack(self, xs):
        """How much the exact result changes with the arguments, each by its own size."""
        at = lambda i, step: mp.re(self.exact(*xs[:i], xs[i] * (1 + step), *xs[i + 1 :]))
        return sum(abs(at(i, STEP) - at(i, -STEP)) / (2 * STEP) for i in range(len(xs)))


def regularized(a, low, high):
    """The incomplete gamma function over the whole one."""
    return mp.gammainc(a, low, high, regularized=True)


def by_quadrature(a, x):
    """The lower incomplete gamma function for large a, from where its integrand is tiny."""
    width = mp.sqrt(a)
    places = mp.linspace(a - 12 * width, x, 3)
    constant = mp.loggamma(a)
    return mp.quad(lambda t: mp.exp((a - 1) * mp.log(t) - t - constant), places, maxdegree=4)


def in_shape(a, x):
    """The derivative of the lower incomplete gamma function in a."""
    value = lambda t: mp.exp(t * mp.log(x) - x - mp.loggamma(t + 1)) * mp.hyp1f1(1, t + 1, x)
    return mp.diff(value, a)


def log_beta(a, b):
    """log |B(a, b)|."""
    return mp.re(mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b))


SIGNS = np.where(np.arange(N) % 2, 1.0, -1.0)
SMALL, BELOW = scales(1e-8, 0.9), spread(-24, 0)
SHAPE = scales(1e-3, 1e4)
NEAR_SHAPE = SHAPE * np.exp(spread(-1, 1, 3) * np.minimum(3, 4 / np.sqrt(SHAPE)))
ANY = np.copysign(scales(1e-3, 200, 7), spread(-1, 1)), spread(-60, 40, 8)
LARGE = scales(1e3, 1e14)
AROUND = LARGE + spread(-4, 4, 3) * np.sqrt(LARGE)
A, B = scales(1e-2, 3e3), scales(1e-2, 3e3, 5)
MEAN = A / (A + B)
NEAR_MEAN = np.clip(MEAN + spread(-4, 4, 6) * np.sqrt(MEAN * (1 - MEAN) / (A + B)), 1e-4, 0.9999)

SWEEPS = [
    Sweep("gammaln", s.gammaln, mp.loggamma, (scales(1e-30, 1e30),), 3),
    Sweep("gammaln near zeros", s.gammaln, mp.loggamma, (1.5 + spread(-0.52, 0.52),), 3),
    Sweep("gammaln below 0", s.gammaln, lambda x: mp.re(mp.loggamma(x)), (spread(-40, 0),), 3, 1),
    Sweep("gamma", s.gamma, mp.gamma, (spread(0, 34),), 4),
    Sweep("gamma below 0", s.gamma, mp.gamma, (spread(-30, 0),), 5),
    Sweep("digamma", s.digamma, mp.digamma, (scales(1e-30, 1e30),), 3),
    Sweep("digamma near its zero", s.digamma, mp.digamma, (1.4616 + spread(-1, 1) / 100,), 4),
    Sweep("digamma below 0", s.digamma, mp.digamma, (spread(-40, 0),), 5, 1),
    Sweep(
        "polygamma",
        s.polygamma,
        lambda n, x: mp.psi(int(n), x),
        (whole(0, 9), scales(1e-2, 1e3)),
        5,
    ),
    Sweep("zeta of Hurwitz", s.zeta, mp.zeta, (1 + scales(1e-3, 15), scales(1e-2, 1e2, 4)), 4),
    Sweep("zeta of Riemann", s.zeta, mp.zeta, (spread(-8, 30),), 8),
    Sweep("beta", s.beta, mp.beta, (spread(0.01, 16), spread(0.01, 16, 4)), 4),
    Sweep("betaln", s.betaln, log_beta, (scales(1e-3, 1e6), scales(1e-3, 1e6, 4)), 6, 1),
    Sweep("beta of small negative a", s.beta, mp.beta, (-SMALL, scales(1e-2, 1e5, 4)), 8),
    Sweep("betaln of small negative a", s.betaln, log_beta, (-SMALL, scales(1e-2, 1e5, 4)), 6, 1),
    Sweep("betaln below 0", s.betaln, log_beta, (BELOW, scales(30, 1e4, 4)), 6, 1, True),
    Sweep("beta of any signs", s.beta, mp.beta, ANY, 40, conditioned=True),
    Sweep("betaln of any signs", s.betaln, log_beta, ANY, 8, conditioned=True),
    Sweep("poch of any signs", s.poch, mp.rf, ANY, 8, conditioned=True),
    Sweep(
        "comb of many",
        s.comb,
        mp.binomial,
        (scales(30, 1e12), scales(1e-4, 6, 4)),
        40,
        conditioned=True,
    ),
    Sweep("poch", s.poch, mp.rf, (spread(0.01, 20), spread(0, 10, 4)), 4),
    Sweep("comb", s.comb, mp.binomial, (whole(10, 30), whole(0, 10, 4)), 4),
    Sweep("gammainc", s.gammainc, lambda a, x: regularized(a, 0, x), (SHAPE, NEAR_SHAPE), 16),
    Sweep(
        "gammaincc", s.gammaincc, lambda a, x: regularized(a, x, mp.inf), (SHAPE, NEAR_SHAPE), 18
    ),
    Sweep("gammainc of large a", s.gammainc, by_quadrature, (LARGE, AROUND), 5, conditioned=True),
    Sweep(
        "slope of gammainc in small a",
        lax.igamma_grad_a,
        in_shape,
        (scales(1e-9, 0.5), scales(1e-9, 1, 4)),
        5,
    ),
    Sweep(
        "slope of gammainc in large a",
        lax.igamma_grad_a,
        in_shape,
        (LARGE ** (1 / 3) + 1e3, AROUND ** (1 / 3) + 1e3),
        5,
        conditioned=True,
    ),
    Sweep(
        "gammaincc of small a",
        s.gammaincc,
        lambda a, x: regularized(a, x, mp.inf),
        (scales(1e-9, 0.5), scales(1e-9, 1, 4)),
        8,
    ),
    Sweep(
        "betainc",
        s.betainc,
        lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True),
        (A, B, NEAR_MEAN),
        16,
    ),
    Sweep(
        "betainc of small a",
        s.betainc,
        lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True),
        (scales(1e-9, 1e-3), scales(0.1, 5, 2), spread(0.02, 0.2, 3)),
        8,
    ),
    Sweep(
        "slope of gammainc",
        hloom.vmap(hloom.grad(s.gammainc, 1)),
        lambda a, x: mp.exp((a - 1) * mp.log(x) - x - mp.loggamma(a)),
        (SHAPE, NEAR_SHAPE),
        14,
    ),
    Sweep(
        "slope of betainc",
        hloom.vmap(hloom.grad(s.betainc, 2)),
        lambda a, b, x: mp.exp((a - 1) * mp.log(x) + (b - 1) * mp.log1p(-x) - log_beta(a, b)),
        (A, B, NEAR_MEAN),
        12,
    ),
    Sweep(
        "gammaincc of small a and middling x",
        s.gammaincc,
        lambda a, x: regularized(a, x, mp.inf),
        (spread(0, 5), spread(1, 3, 4)),
        8,
    ),
    Sweep("i0", s.i0, lambda x: mp.besseli(0, x), (spread(-85, 85),), 4),
    Sweep("i1", s.i1, lambda x: mp.besseli(1, x), (spread(-85, 85),), 4),
    Sweep("i0e", s.i0e, lambda x: mp.besseli(0, x) * mp.exp(-abs(x)), (scales(1e-6, 1e5),), 4),
    Sweep("i1e", s.i1e, lambda x: mp.besseli(1, x) * mp.exp(-abs(x)), (scales(1e-6, 1e5),), 4),
    Sweep(
        "bessel_jn",
        lambda z: s.bessel_jn(z, v=5)[5],
        lambda z: mp.besselj(5, z),
        (spread(-60, 60),),
        16,
        0.05,
    ),
    Sweep(
        "hyp1f1",
        s.hyp1f1,
        mp.hyp1f1,
        (spread(0.1, 3), spread(3, 6, 4), spread(-100, 80, 5)),
        12,
    ),
    Sweep(
        "hyp1f1 of changing signs",
        s.hyp1f1,
        mp.hyp1f1,
        (spread(3, 50) * SIGNS, scales(0.05, 9, 4), spread(0, 50, 5) * -SIGNS),
        16,
        conditioned=True,
    ),
    Sweep(
        "hyp1f1 of negative b",
        s.hyp1f1,
        mp.hyp1f1,
        (spread(-38, 38), spread(-30, 0, 4), spread(-40, 40, 5)),
        16,
        conditioned=True,
    ),
    Sweep(
        "hyp1f1 that ends",
        s.hyp1f1,
        mp.hyp1f1,
        (whole(1, 3), spread(3, 9, 4), spread(15, 60, 5)),
        32,
    ),
    Sweep(
        "hyp2f1 of changing signs",
        s.hyp2f1,
        mp.hyp2f1,
        (spread(-7, 0), spread(-1, 5, 4), spread(3, 8, 5), -scales(0.1, 10, 6)),
        16,
        conditioned=True,
    ),
    Sweep(
        "hyp2f1 of large c",
        s.hyp2f1,
        mp.hyp2f1,
        (spread(-3, 3), spread(-3, 3, 4), scales(10, 300, 5), spread(0.5, 0.97, 6)),
        10,
    ),
    Sweep(
        "hyp2f1",
        s.hyp2f1,
        mp.hyp2f1,
        (spread(0.1, 3), spread(0.1, 3, 4), spread(3, 8, 5), 1 - scales(1e-4, 10, 6)),
        10,
    ),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=lambda d: d.__name__)
@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name)
def test_accuracy(sweep, dtype):
    operands = [x.astype(dtype) for x in sweep.arguments]
    results = np.asarray(sweep.function(*operands))
    limits = np.finfo(dtype)
    worst, compared = 0.0, 0
    for y, *xs in zip(results, *operands, strict=True):
        exact = mp.re(sweep.exact(*[mp.mpf(float(x)) for x in xs]))
        if not limits.tiny < abs(exact) < limits.max:
            continue
        unit, places = max(abs(exact), sweep.floor), [mp.mpf(float(x)) for x in xs]
        error = abs(mp.mpf(float(y)) - exact) / float(limits.eps)
        if sweep.conditioned and error > 2 * unit:
            error = max(0, error - sweep.slack(places) / 2)
        error = error / unit
        worst, compared = max(worst, float(error)), compared + 1
    assert compared > N / 2
    assert worst < sweep.bound


# ---------------------------------------------------------------- derivatives
def test_derivatives_in_parameters():
    """Of functions without a formula, beside differences of the exact ones."""
    cases = [
        (s.betainc, lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True), (2.5, 3.5, 0.3), 2),
        (s.hyp1f1, mp.hyp1f1, (1.5, 2.25, -3.0), 3),
        (s.hyp2f1, mp.hyp2f1, (1.5, 0.25, 2.75, 0.8), 4),
        (s.zeta, mp.zeta, (2.5, 1.75), 1),
        (s.gammainc, lambda a, x: regularized(a, 0, x), (2.5, 3.5), 1),
    ]
    for function, exact, at, count in cases:
        gradient = hloom.jit(hloom.grad(function, tuple(range(count))))(*at)
        for i, found in enumerate(gradient):
            along = lambda t, i=i, at=at, exact=exact: exact(*at[:i], t, *at[i + 1 :])
            assert float(found) == pytest.approx(float(mp.diff(along, at[i])), rel=1e-12)


def test_gradients_at_the_ends_are_finite():
    assert float(hloom.grad(s.betainc, 2)(1.0, 1.0, 0.0)) == 1.0
    assert float(hloom.grad(s.gammainc, 1)(1.0, 0.0)) == 1.0
    assert float(hloom.grad(s.factorial)(0.0)) == pytest.approx(-np.euler_gamma, rel=1e-14)
    assert float(hloom.grad(s.i1)(0.0)) == pytest.approx(0.5, rel=1e-15)
    # and twice near it, where I1(x) / x is all rounding: 3 x / 8, and -1 beside exp(-|x|)
    for function, at, slope in [(s.i1, 1e-8, 3.75e-9), (s.i1e, 1e-8, -1.0), (s.i1e, -1e-8, 1.0)]:
        second = hloom.grad(hloom.grad(function))
        assert float(second(at)) == pytest.approx(slope, rel=1e-6)
    assert float(hloom.grad(s.hyp2f1, 3)(1.0, 1.0, 2.0, 0.0)) == 0.5
    assert np.all(np.isfinite(hloom.jacfwd(lambda z: s.bessel_jn(z, v=2))(0.0)))
    angle = hloom.grad(lambda t: s.sph_harm_y(2, 1, t, 0.0).real)
    assert float(angle(0.0)) == pytest.approx(-np.sqrt(15 / (8 * np.pi)), rel=1e-14)


def test_second_derivatives():
    hessian = hloom.hessian(s.hyp1f1, 0)(1.5, 2.5, 0.7)
    exact = mp.diff(lambda a: mp.hyp1f1(a, 2.5, 0.7), 1.5, 2)
    assert float(hessian) == pytest.approx(float(exact), rel=1e-10)


# ---------------------------------------------------------------- what rows cannot say
def test_ends_of_domains():
    """Zeros of both signs, poles and infinities; SciPy has -inf for gammaln(-inf)."""
    ends = np.array([0.0, -0.0, -1.0, -2.5, np.inf, np.nan])
    for name in ("gamma", "gammaln", "gammasgn", "digamma"):
        np.testing.assert_allclose(
            getattr(s, name)(ends), getattr(special, name)(ends), 1e-15, 1e-15
        )
    assert s.gammaln(-np.inf) == np.inf
    shapes, points = np.array([0, 0, 1, 1, np.inf]), np.array([0, 1, -1, np.inf, 1.0])
    for name in ("gammainc", "gammaincc"):
        exact = getattr(special, name)(shapes, points)
        np.testing.assert_array_equal(getattr(s, name)(shapes, points), exact)
    a, b, x = np.meshgrid([0, 1, np.inf, -1], [0, 2, np.inf], [0, 0.5, 1, 2, np.nan])
    shares = special.betainc(a, b, x)
    np.testing.assert_array_equal(s.betainc(a, b, x), shares)
    np.testing.assert_array_equal(s.i0(np.array([0, np.inf, -np.inf])), [1, np.inf, np.inf])


def test_narrow_floats_are_float32_rounded_once():
    x = np.array([0.3, 1.5, 7.0], "float16")
    for function in (s.gamma, s.digamma, lambda x: s.beta(x, x), s.zeta, s.i1):
        wide = np.asarray(function(x.astype("float32")))
        found = np.asarray(function(x))
        assert found.dtype == np.float16
        np.testing.assert_array_equal(found, wide.astype("float16"))


def test_choices_are_whole_and_exact():
    assert s.comb(5, 3, repetition=True) == 35
    n, k = np.array([15, 40, 160, 500, 1e30]), np.array([8, 5, 155, 3, 1])
    counts = [6435, 658008, 820384032, 20708500, 1e30]
    assert np.asarray(s.comb(n, k)).tolist() == counts
    found = s.comb(n.astype(np.float32), k.astype(np.float32))
    assert np.asarray(found)[[0, 1, 4]].tolist() == [6435, 658008, np.float32(1e30)]
    # the beta function of these is less than the least number
    assert float(s.comb(np.float32(313), np.float32(24))) == pytest.approx(5.0984892e35, rel=1e-4)


def test_ends_of_beta_functions():
    np.testing.assert_array_equal(s.beta(np.inf, np.array([2.0, -0.5])), [0, -np.inf])
    np.testing.assert_array_equal(s.betaln(np.inf, np.array([2.0, -0.5])), [-np.inf, np.inf])


def test_bernoulli_numbers():
    numbers = np.asarray(s.bernoulli(262))
    assert numbers[1] == -0.5
    for k in (0, 2, 12, 100, 258, 259):
        assert numbers[k] == float(mp.bernoulli(k))
    assert list(numbers[260:]) == [-np.inf, 0, np.inf]


def test_integers_become_floats():
    assert s.gamma(5) == 24
    assert s.comb(10, 3) == 120
    assert s.gammaln(np.array([1, 2])).dtype == np.float64
    assert s.beta(np.float32(2), 3).dtype == np.float32


def test_many_orders_of_bessel_functions():
    z = np.array([0.5, 29.0, 31.0, 80.0])
    found = s.bessel_jn(z, v=30)
    assert found.shape == (31, 4)
    exact = [[float(mp.besselj(k, x)) for x in z] for k in range(31)]
    np.testing.assert_allclose(found, exact, 1e-12, 1e-14)


def test_spherical_harmonics_of_traced_degree():
    harmonic = hloom.jit(lambda n: s.sph_harm_y(n, 1, 0.3, 0.4, n_max=3))
    np.testing.assert_allclose(harmonic(2), s.sph_harm_y(2, 1, 0.3, 0.4), 1e-14)
    assert np.isnan(harmonic(4).real)
    with pytest.raises(ValueRangeError) as e:
        hloom.jit(lambda n: s.sph_harm_y(n, 1, 0.3, 0.4))(2)
    assert "give n_max=, a Python int" in str(e.value)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: s.gamma(1j), DTypeError, "gamma: takes real numbers"),
        (lambda: s.factorial(3, exact=True), UnsupportedError, "factorial: has no exact=True"),
        (lambda: s.multigammaln(3.0, 0), ValueRangeError, "multigammaln: the dimension d is"),
        (lambda: s.bernoulli(-1), ValueRangeError, "bernoulli: n is an integer from 0 on"),
        (lambda: s.bessel_jn(1, v=2), DTypeError, "bessel_jn: takes a floating dtype"),
        (lambda: s.bessel_jn(1.0, v=-2), ValueRangeError, "bessel_jn: v is an integer from 0 on"),
        (lambda: s.sph_harm_y(1, 0, 0.1, 0.2, 1), UnsupportedError, "sph_harm_y: diff_n is not"),
        (lambda: s.sph_harm_y(1.0, 0, 0.1, 0.2), DTypeError, "sph_harm_y: n is an integer"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error) as e:
        call()
    assert message in str(e.value)
