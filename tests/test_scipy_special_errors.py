"""Error functions, integrals and entropies over their whole domains, beside mpmath.

Bounds are in units of eps of the dtype, of the exact result for the rounded argument.
"""

import math

import mpmath as mp
import numpy as np
import pytest

import hloom
from hloom.errors import DTypeError, ValueRangeError
from hloom.scipy import special as s

N = 60


@pytest.fixture(autouse=True)
def _wide():
    with hloom.enable_x64(), mp.workdps(40):
        yield


def spread(low, high, n=N, seed=0):
    """Numbers over an interval."""
    return np.random.default_rng(seed).uniform(low, high, n)


def scales(low, high, n=N, seed=1):
    """Positive numbers of magnitudes from 10^low to 10^high."""
    return 10.0 ** spread(low, high, n, seed)


def both(x):
    """Numbers and their negatives."""
    return np.concatenate([x, -x])


def join(*parts):
    """Samples in one array."""
    return np.concatenate([np.atleast_1d(p) for p in parts])


# ---------------------------------------------------------------- references
def erfcx(x):
    """Exact erfcx."""
    if x < 50:
        return mp.exp(x * x) * mp.erfc(x)
    z = -1 / (2 * x * x)
    return mp.hyp2f0(1, 0.5, 2 * z) / (x * mp.sqrt(mp.pi))


def dawsn(x):
    """Exact Dawson's integral."""
    if abs(x) > 50:
        return mp.nsum(lambda k: mp.fac2(2 * k - 1) / (2 * x * x) ** k, [0, 12]) / (2 * x)
    with mp.extradps(20):
        return mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x)


def upper(x):
    """The probability of a normal number above x."""
    return mp.erfc(x / mp.sqrt(2)) / 2


def log_ndtr(x):
    """Exact log_ndtr."""
    return mp.log1p(-upper(x)) if x > 0 else mp.log(upper(-x))


def quantile(p):
    """Exact ndtri, by Newton's method on log_ndtr."""
    if p > 0.5:
        return -quantile(1 - p)
    start = -mp.sqrt(-2 * mp.log(2 * p)) if p < 0.1 else (p - 0.5) * mp.sqrt(2 * mp.pi)
    return mp.findroot(lambda x: log_ndtr(x) - mp.log(p), start)


def dilogarithm(x):
    """Exact spence."""
    return mp.re(mp.polylog(2, 1 - x))


def box_cox(logarithm, power):
    """The transform of exp(logarithm)."""
    return mp.expm1(power * logarithm) / power if power else logarithm


def owens_t(h, a):
    """Exact Owen's T function."""
    h, size = abs(h), abs(a)
    if size > 1:
        p, q = upper(h), upper(size * h)
        return mp.sign(a) * ((p + q) / 2 - p * q - owens_t(size * h, 1 / size))
    end = min(size, 15 / max(h, mp.mpf(1)))
    value = mp.quad(lambda t: mp.exp(-h * h * t * t / 2) / (1 + t * t), mp.linspace(0, end, 4))
    return mp.sign(a) * mp.exp(-h * h / 2) * value / (2 * mp.pi)


def faddeeva(z):
    """Exact wofz, up to |z| = 30."""
    with mp.workdps(80):
        return mp.exp(-z * z) * mp.erfc(-1j * z)


REAL = both(join(spread(0, 7), scales(-30, 3)))
UNIT = join(spread(0, 1), scales(-30, 0, 30), 1 - scales(-7, 0, 20))
ROOT = 0.3725074107813666

#: function, reference, samples, bound
SWEEPS = [
    (s.erf, mp.erf, REAL, 4),
    (s.erfc, mp.erfc, join(REAL, spread(0, 27)), 5),
    (s.erfcx, erfcx, join(REAL, spread(-26, 26)), 5),
    (s.dawsn, dawsn, REAL, 6),
    (s.ndtr, lambda x: upper(-x), join(REAL, spread(-38, 0)), 5),
    (s.log_ndtr, log_ndtr, join(spread(-40, 30), spread(-2, 2), -scales(0, 2)), 4),
    (s.ndtri, quantile, UNIT, 4),
    (s.erfcinv, lambda y: -quantile(y / 2) / mp.sqrt(2), join(UNIT, 1 + UNIT), 4),
    (s.erfinv, mp.erfinv, both(join(spread(0, 0.999), scales(-20, 0, 20))), 4),
    (s.exp1, mp.e1, join(scales(-30, 0), spread(0, 20), spread(20, 700)), 4),
    (
        s.expi,
        mp.ei,
        join(
            scales(-30, 0), spread(-20, 30), spread(30, 715), ROOT, ROOT + both(scales(-15, -1, 20))
        ),
        4,
    ),
    (s.spence, dilogarithm, join(scales(-30, 20), spread(0, 4), 1 + both(scales(-12, -1, 20))), 4),
    (s.entr, lambda x: -x * mp.log(x), join(scales(-20, 20), spread(0, 3)), 4),
    # relative errors grow near the zeros of the cosine integral
    (s.sici, mp.ci, join(scales(-20, 3), spread(4.0, 6.0)), 30),
    (s.sici, mp.si, both(join(scales(-20, 3), spread(0, 20))), 4),
    (s.fresnel, mp.fresnels, both(join(scales(-5, 5), spread(0, 5))), 4),
    (s.fresnel, mp.fresnelc, both(join(scales(-5, 5), spread(0, 5))), 4),
]
#: function, reference, samples of two operands, bound
PAIRS = [
    (
        s.expn,
        lambda n, x: mp.expint(int(n), x),
        (np.arange(120) % 13 * 3, join(scales(-8, 0), spread(0, 9))),
        6,
    ),
    (s.expn, lambda n, x: mp.expint(int(n), x), (np.arange(1e3, 1e5, 9e3), spread(0, 9, 11)), 6),
    (s.owens_t, owens_t, (spread(-6, 6), spread(-2, 2, seed=2)), 6),
    (s.owens_t, owens_t, (spread(0, 12), scales(-8, 8)), 6),
    (s.rel_entr, lambda p, q: p * mp.log(p / q), (scales(-20, 20), scales(-20, 20)[::-1]), 4),
    (s.rel_entr, lambda p, q: p * mp.log(p / q), (spread(1, 3), spread(1, 3) + scales(-7, -1)), 4),
    (s.kl_div, lambda p, q: p * mp.log(p / q) - p + q, (spread(0, 3), spread(0, 3, seed=2)), 24),
    (
        s.kl_div,
        lambda p, q: p * mp.log(p / q) - p + q,
        (spread(1, 3), spread(1, 3) + scales(-7, -1)),
        6,
    ),
    # |lmbda log(x)| eps is in the exponent
    (s.boxcox, lambda x, k: box_cox(mp.log(x), k), (scales(-9, 9), spread(-2, 2)), 44),
    (s.boxcox, lambda x, k: box_cox(mp.log(x), k), (spread(0.3, 3), both(scales(-20, -1, 30))), 4),
    (s.boxcox1p, lambda x, k: box_cox(mp.log1p(x), k), (scales(-20, 0), spread(-2, 2)), 4),
    (s.boxcox1p, lambda x, k: box_cox(mp.log1p(x), k), (spread(-0.9, 0), spread(-2, 2, seed=2)), 6),
    (s.xlogy, lambda x, y: x * mp.log(y), (spread(-3, 3), scales(-20, 20)), 4),
    (s.xlog1py, lambda x, y: x * mp.log1p(y),
     (spread(-3, 3), join(scales(-20, 0, 30), -spread(0, 0.9, 30))), 4),
]  # fmt: skip


def error(got, want, dtype):
    """The relative error of a result in eps; what under- or overflows has to do so."""
    info = np.finfo(dtype)
    if abs(want) < info.tiny:
        return 0.0 if abs(float(got)) <= info.tiny else math.inf
    if abs(want) >= info.max:
        return 0.0 if math.isinf(got) else math.inf
    return float(abs(mp.mpf(float(got)) / want - 1) / mp.mpf(float(info.eps)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("function", "reference", "samples", "bound"),
    [(f, r, x if isinstance(x, tuple) else (x,), b) for f, r, x, b in [*SWEEPS, *PAIRS]],
    ids=[f"{f.__name__}_{i}" for i, (f, *_) in enumerate([*SWEEPS, *PAIRS])],
)
def test_sweep(function, reference, samples, bound, dtype):
    xs = [x.astype(dtype) for x in samples]
    with np.errstate(all="ignore"):
        kept = np.all(
            [np.isfinite(x) & ((abs(x) > np.finfo(dtype).tiny) | (x == 0)) for x in xs], 0
        )
    if function in (s.ndtri, s.erfcinv, s.erfinv):
        kept &= (xs[0] != 1) & (xs[0] != 2) & (xs[0] != 0)
    xs = [x[kept] for x in xs]
    result = function(*xs)
    if isinstance(result, tuple):
        result = result[reference in (mp.ci, mp.fresnelc)]
    wanted = [reference(*map(mp.mpf, map(float, point))) for point in zip(*xs, strict=True)]
    errors = [error(g, w, dtype) for g, w in zip(np.asarray(result), wanted, strict=True)]
    worst = int(np.argmax(errors))
    assert errors[worst] <= bound, [errors[worst], *[x[worst] for x in xs]]


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_faddeeva_sweep(dtype):
    near = spread(-7, 7, 200) + 1j * spread(-3, 7, 200, 3)
    thin = spread(-20, 20) + 1j * scales(-10, 1)
    far = scales(0, 1.4) * np.exp(1j * spread(0, 3.14))
    z = join(near, thin, far, 1j * spread(0, 20), spread(-6, 6)).astype(dtype)
    got = np.asarray(s.wofz(z))
    assert got.dtype == dtype
    eps = float(np.finfo(dtype).eps)
    for x, y in zip(z, got, strict=True):
        want = faddeeva(mp.mpc(complex(x)))
        # exp(-z^2), which there is below the real line, has the relative error |z|^2 eps
        assert abs(mp.mpc(complex(y)) / want - 1) <= (6 + abs(x) ** 2 * (x.imag < 0)) * eps, x


def test_faddeeva_on_the_real_line_and_far_out():
    x = spread(0, 25)
    np.testing.assert_allclose(s.wofz(x).real, np.exp(-x * x), 1e-12)
    np.testing.assert_allclose(s.wofz(x).imag, 2 / math.sqrt(math.pi) * s.dawsn(x), 1e-13)
    z = np.array([1e10, 1e200j, 1e300 + 1e299j])
    np.testing.assert_allclose(s.wofz(z), 1j / math.sqrt(math.pi) / z, 1e-13)
    assert s.wofz(np.float32(1)).dtype == "complex64"


# ---------------------------------------------------------------- limits and dtypes
def test_limits_that_scipy_leaves_out():
    assert float(s.spence(math.inf)) == -math.inf
    assert float(s.boxcox1p(math.inf, -2.0)) == 0.5


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(
    "function", [s.erfc, s.erfcx, s.dawsn, s.log_ndtr, s.expi, s.spence, s.fresnel, s.entr]
)
def test_narrow_floats_are_float32_rounded_once(function, dtype):
    x = hloom.numpy.linspace(0.1, 3, 20).astype(dtype)
    narrow, wide = function(x), function(x.astype("float32"))
    if function is s.fresnel:
        narrow, wide = narrow[0], wide[0]
    assert narrow.dtype == dtype
    np.testing.assert_array_equal(narrow.astype("float32"), wide.astype(dtype).astype("float32"))


def test_integers_become_floats():
    x = hloom.numpy.array([1, 2], "int32")
    assert s.erf(x).dtype == s.expn(2, x).dtype == s.xlogy(x, x).dtype == "float64"
    with hloom.enable_x64(False):
        assert s.erf(x).dtype == s.owens_t(x, x).dtype == s.spence(x).dtype == "float32"


def test_logarithms_of_complex_numbers():
    x, y = np.array([0, 1 + 1j]), np.array([0, 2 - 1j])
    np.testing.assert_allclose(s.xlogy(x, y), [0, x[1] * np.log(y[1])], 1e-15)
    np.testing.assert_allclose(s.xlog1py(x, y), [0, x[1] * np.log(1 + y[1])], 1e-15)


def test_real_functions_refuse_complex_numbers():
    with pytest.raises(DTypeError, match="erfcx: takes real numbers"):
        s.erfcx(1j)


def test_the_order_of_the_series_of_log_ndtr():
    x = np.array([-30.0, 3.0])
    np.testing.assert_array_equal(s.log_ndtr(x), s.log_ndtr(x, series_order=20))
    with pytest.raises(ValueRangeError, match="log_ndtr: series_order is in"):
        s.log_ndtr(x, series_order=31)


# ---------------------------------------------------------------- derivatives
#: function, its exact first and second derivatives, where they are hard
SLOPES = [
    (s.erfcx, erfcx, [1e3, 30.0, 0.0, -3.0]),
    (s.dawsn, dawsn, [0.0, 3.9, 4.1, 45.0]),
    (s.erfc, mp.erfc, [-2.0, 0.5, 20.0]),
    (s.log_ndtr, log_ndtr, [-35.0, -0.7, 0.7, 20.0, 50.0]),
    (s.ndtri, quantile, [1e-9, 0.3, 0.5001]),
    (s.spence, dilogarithm, [1e-3, 0.999999, 1.0, 1.6, 30.0]),
    (s.exp1, mp.e1, [1e-3, 1.0, 50.0]),
    (s.expi, mp.ei, [-2.0, ROOT, 20.0]),
    (lambda x: s.sici(x)[0], mp.si, [1e-4, 0.99, 1.01, 300.0]),
    (lambda x: s.sici(x)[1], mp.ci, [0.1, 6.0]),
    (lambda x: s.fresnel(x)[0], mp.fresnels, [0.01, 1.7, 1.8, 30.3]),
    (lambda x: s.expn(1, x), mp.e1, [0.5, 3.0]),
    (lambda x: s.boxcox(x, 0.0), mp.log, [0.5, 3.0]),
    (lambda k: s.boxcox(3.0, k), lambda k: box_cox(mp.log(3), k), [1e-9, 0.45, 0.46, -2.0]),
    (lambda h: s.owens_t(h, 3.0), lambda h: owens_t(h, mp.mpf(3)), [0.0, 2.0]),
    (lambda p: s.kl_div(p, 2.0), lambda p: p * mp.log(p / 2) - p + 2, [1.0, 2.0, 9.0]),
]


@pytest.mark.parametrize(("function", "reference", "points"), SLOPES)
def test_derivatives_where_they_are_hard(function, reference, points):
    first = hloom.grad(function)
    program = hloom.jit(hloom.vmap(lambda x: (first(x), hloom.grad(first)(x))))
    got = np.stack(program(np.array(points)), 1)
    want = [[mp.diff(reference, mp.mpf(x), n) for n in (1, 2)] for x in points]
    np.testing.assert_allclose(got, np.array(want, float), 1e-11, 1e-15)


#: function of two operands, a point at the edge of its domain, the gradient there
EDGES = [
    (s.xlogy, (0.0, 2.0), (math.log(2), 0.0)),
    (s.xlogy, (0.0, 0.0), (-math.inf, 0.0)),
    (s.xlog1py, (0.0, -1.0), (-math.inf, 0.0)),
    (s.rel_entr, (2.0, 1.0), (1 + math.log(2), -2.0)),
    (s.kl_div, (0.0, 2.0), (0.0, 1.0)),
    (s.boxcox, (3.0, 0.0), (1 / 3, math.log(3) ** 2 / 2)),
    (s.boxcox, (0.0, 1.0), (1.0, 1.0)),
    (s.boxcox, (1e-30, 1.0), (1.0, 1.0)),
    (s.boxcox, (0.0, 0.5), (math.inf, 4.0)),
    (s.boxcox1p, (0.0, 0.0), (1.0, 0.0)),
    (s.boxcox1p, (-1.0, 2.0), (0.0, 0.25)),
    (s.owens_t, (0.0, 0.0), (0.0, 1 / (2 * math.pi))),
]


@pytest.mark.parametrize(("function", "point", "gradient"), EDGES)
def test_gradients_at_the_edges(function, point, gradient):
    got = hloom.grad(function, argnums=(0, 1))(*point)
    np.testing.assert_allclose([float(x) for x in got], gradient, 1e-14)


def test_the_slope_of_the_sine_integral_vanishes_at_infinity():
    first = hloom.grad(lambda x: s.sici(x)[0])
    assert [float(f(math.inf)) for f in (first, hloom.grad(first))] == [0.0, 0.0]


def test_the_derivative_of_wofz():
    z = np.array([0, 0.3 - 1j, -2 + 0.1j, 0.5j, 5 + 5j, 40 - 0.1j])
    one = np.ones_like(z)
    w, slope = hloom.jvp(s.wofz, (z,), (one,))
    want = 2j / math.sqrt(math.pi) - 2 * z * np.asarray(w)
    np.testing.assert_allclose(slope, want, 1e-11, 1e-12)
