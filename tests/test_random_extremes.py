"""Distributions at extreme parameters, in every float dtype, and the gradients of their numbers.

A float of few digits stands for all that rounds to it: counts are compared with the chances of the
intervals between floats.
"""

import numpy as np
import pytest
import scipy.special
import scipy.stats as st

import hloom
import hloom.numpy as hnp
from hloom import random

KEY = random.key(21)
N = 4000


def agrees(found, wanted, dtype, bins=24):
    """The p-value of a chi-squared test with bins that end where rounding does."""
    dtype = hnp.dtype(dtype)
    limits = hnp.finfo(dtype)
    found = np.asarray(found)
    assert found.dtype == dtype
    found = found.astype(np.float64)
    assert not np.isnan(found).any()
    with np.errstate(over="ignore"):
        ends = wanted.ppf(np.arange(1, bins) / bins).astype(dtype).astype(np.float64)
    low = float(limits.tiny) * 4 if wanted.support()[0] >= 0 else -float(limits.max) / 2
    ends = np.unique(np.clip(ends, low, float(limits.max) / 2).astype(dtype))
    after = np.nextafter(ends, np.asarray(np.inf, dtype), dtype=dtype)
    between = (ends.astype(np.float64) + after.astype(np.float64)) / 2
    # the numbers of a bounded distribution that would round to a bound are moved inside
    inside = between < wanted.support()[1]
    ends, between = ends[inside].astype(np.float64), between[inside]
    counts = np.diff([0, *[(found <= x).sum() for x in ends], N])
    chances = np.diff([0, *wanted.cdf(between), 1])
    common = chances * N >= 5
    counts = np.append(counts[common], counts[~common].sum())
    chances = np.append(chances[common], chances[~common].sum())
    if chances[-1] * N < 1e-6:
        assert counts[-1] == 0
        counts, chances = counts[:-1], chances[:-1]
    assert len(counts) > 1
    return st.chisquare(counts, chances / chances.sum() * N).pvalue


# ---------------------------------------------------------------- continuous
def row(name, wanted, *parameters):
    """A sampler with its parameters, and SciPy's distribution."""
    arguments = [np.float64(p) for p in parameters]
    return f"{name} {parameters}", (name, arguments, wanted)


WIDE, NARROW = ("float32", "float64"), ("float16", "bfloat16")
EXTREME = dict(
    [
        row("gamma", st.gamma(1e-4), 1e-4),
        row("gamma", st.gamma(0.5), 0.5),
        row("gamma", st.gamma(1e6), 1e6),
        row("loggamma", st.loggamma(1e-4), 1e-4),
        row("beta", st.beta(1e-3, 1e-3), 1e-3, 1e-3),
        row("beta", st.beta(1e-3, 5), 1e-3, 5),
        row("beta", st.beta(200, 100), 200, 100),
        row("t", st.t(0.1), 0.1),
        row("t", st.t(1e4), 1e4),
        row("chisquare", st.chi2(1e4), 1e4),
        row("f", st.f(0.1, 0.1), 0.1, 0.1),
        row("f", st.f(1e4, 1e4), 1e4, 1e4),
        row("generalized_normal", st.gennorm(0.2), 0.2),
        row("generalized_normal", st.gennorm(100), 100),
        row("generalized_normal", st.uniform(-1, 2), np.inf),
        row("wald", st.invgauss(1e-3), 1e-3),
        row("wald", st.invgauss(1e6), 1e6),
        row("wald", st.levy(), 1e30),
        row("triangular", st.triang(0.5, 0, 2e30), 0, 1e30, 2e30),
        row("triangular", st.triang(0.5, 0, 2e-28), 0, 1e-28, 2e-28),
        row("truncated_normal", st.truncnorm(3, 5), 3, 5),
        row("truncated_normal", st.truncnorm(-9, -8), -9, -8),
        row("truncated_normal", st.truncnorm(6, np.inf), 6, np.inf),
        row("truncated_normal", st.truncnorm(-np.inf, -4), -np.inf, -4),
        row("truncated_normal", st.truncnorm(0, 1e-3), 0, 1e-3),
        row("truncated_normal", st.truncnorm(30, 40), 30, 40),
    ]
)


@pytest.mark.parametrize("name", EXTREME)
def test_extreme_parameters(name):
    sampler, parameters, wanted = EXTREME[name]
    sampler = getattr(random, sampler)
    # every second row is of doubles, which cost another compilation
    dtype = WIDE[list(EXTREME).index(name) % 2]
    with hloom.enable_x64():
        found = sampler(KEY, *parameters, shape=(N,), dtype=dtype)
        # the key is fixed: a correct sampler passes now and always
        assert agrees(found, wanted, dtype) > 0.003


HALVES = dict(
    [
        row("gamma", st.gamma(0.5), 0.5),
        row("loggamma", st.loggamma(50), 50),
        row("beta", st.beta(2, 0.5), 2, 0.5),
        row("t", st.t(0.2), 0.2),
        row("chisquare", st.chi2(100), 100),
        row("f", st.f(1e4, 1e4), 1e4, 1e4),
        row("generalized_normal", st.gennorm(0.5), 0.5),
        row("wald", st.invgauss(1e3), 1e3),
        row("lognormal", st.lognorm(1), 1),
        row("triangular", st.triang(0.5, 0, 2), 0, 1, 2),
        row("truncated_normal", st.truncnorm(-2, 2), -2, 2),
        row("weibull_min", st.weibull_min(1.5, scale=2), 2, 1.5),
        row("exponential", st.expon()),
        row("gumbel", st.gumbel_r()),
        row("cauchy", st.cauchy()),
    ]
)


@pytest.mark.parametrize("name", HALVES)
def test_halves_are_rounded_numbers(name):
    sampler, parameters, wanted = HALVES[name]
    # both kinds of halves are rounded from the same numbers
    for dtype in NARROW if sampler in ("f", "wald", "t") else NARROW[-1:]:
        found = getattr(random, sampler)(KEY, *parameters, shape=(N,), dtype=dtype)
        assert agrees(found, wanted, dtype) > 0.003


def test_tails_of_arrays_of_bounds():
    lower, upper = np.float32([3, -8, -1, 30]), np.float32([5, -6, 1, 31])
    keys = random.split(KEY, 4)
    mapped = hloom.jit(hloom.vmap(lambda k, a, b: random.truncated_normal(k, a, b, (N,))))
    together = random.truncated_normal(KEY, lower, upper, (N, 4)).T
    for found in (mapped(keys, lower, upper), together):
        for x, a, b in zip(np.asarray(found), lower, upper, strict=True):
            assert (a < x).all()
            assert (x < b).all()
            assert agrees(x, st.truncnorm(a, b), "float32") > 0.003


# ---------------------------------------------------------------- counts
COUNTS = {
    "poisson 1e-3": (lambda d: random.poisson(KEY, 1e-3, (N,)), st.poisson(1e-3)),
    "poisson 1e8": (lambda d: random.poisson(KEY, 1e8, (N,)), st.poisson(1e8)),
    "binomial rare": (lambda d: random.binomial(KEY, 1e9, 1e-9, (N,), d), st.binom(10**9, 1e-9)),
    "binomial often": (
        lambda d: random.binomial(KEY, 1000, 0.999, (N,), d),
        st.binom(1000, 0.999),
    ),
    "geometric": (lambda d: random.geometric(KEY, hnp.asarray(1e-4, d), (N,)), st.geom(1e-4)),
}


@pytest.mark.parametrize("name", COUNTS)
def test_extreme_counts(name):
    sample, wanted = COUNTS[name]
    found = np.asarray(sample("float32"), np.float64)
    assert (found == np.round(found)).all()
    # a uniform number between two values of the distribution function is uniform
    low, high = wanted.cdf(found - 1), wanted.cdf(found)
    even = low + np.random.default_rng(1).random(N) * (high - low)
    assert st.kstest(even, "uniform").pvalue > 0.003


def test_categories_of_halves():
    chances = np.array([0.02, 0.08, 0.3, 0.6])
    for dtype in NARROW:
        logits = hnp.log(hnp.asarray(chances, dtype))
        for found in (
            random.categorical(KEY, logits, shape=(N,)),
            random.choice(KEY, 4, (N,), p=hnp.asarray(chances, dtype)),
        ):
            seen = np.bincount(found, minlength=4)
            assert st.chisquare(seen, chances * N).pvalue > 0.003


def test_draws_without_replacement_have_the_chances_of_drawing_in_turn():
    p = np.array([0.1, 0.2, 0.3, 0.4])
    keys = random.split(KEY, N)
    chances = p[:, None] * p / (1 - p[:, None]) * (1 - np.eye(4))
    for sample in (
        lambda k: random.choice(k, 4, (2,), replace=False, p=p),
        lambda k: random.categorical(k, hnp.log(p), shape=(2,), replace=False),
    ):
        first, second = np.asarray(hloom.jit(hloom.vmap(sample))(keys)).T
        seen = np.bincount(4 * first + second, minlength=16)
        kept = chances.ravel() > 0
        assert seen[~kept].sum() == 0
        assert st.chisquare(seen[kept], chances.ravel()[kept] * N).pvalue > 0.003


# ---------------------------------------------------------------- vectors and matrices
def test_small_parameters_of_dirichlet():
    x = np.asarray(random.dirichlet(KEY, np.float32([1e-4, 1e-4, 2e-4]), (N,)))
    np.testing.assert_allclose(x.sum(1), 1, 1e-6)
    seen = [(x[:, i] > 0.5).sum() for i in range(3)]
    assert st.chisquare(seen, np.array([0.25, 0.25, 0.5]) * N).pvalue > 0.01


@pytest.mark.parametrize("dtype", [*NARROW, *WIDE])
def test_vectors_in_every_dtype(dtype):
    with hloom.enable_x64():
        eps = float(hnp.finfo(dtype).eps)
        q = random.orthogonal(KEY, 3, (200,), dtype)
        assert q.dtype == hnp.dtype(dtype)
        q = np.asarray(q).astype(np.float64)
        np.testing.assert_allclose(q @ q.mT, np.broadcast_to(np.eye(3), q.shape), atol=8 * eps)
        # a column of a uniformly distributed rotation is uniform on the sphere
        assert st.kstest(q[:, 0, 0], st.uniform(-1, 2).cdf).pvalue > 0.01
        cov = np.float32([[2.0, 0.5], [0.5, 1.0]])
        for method in ("cholesky", "eigh", "svd"):
            x = random.multivariate_normal(KEY, np.zeros(2), cov, (N,), dtype, method)
            assert x.dtype == hnp.dtype(dtype)
            assert agrees(x[:, 0], st.norm(scale=2**0.5), dtype) > 0.003
            assert agrees(x[:, 1], st.norm(), dtype) > 0.003
        x = np.asarray(random.ball(KEY, 3, 2, (N,), dtype)).astype(np.float64)
        assert st.kstest((x**2).sum(1) ** 1.5, st.uniform().cdf).pvalue > 0.003


@pytest.mark.parametrize("p", [0.03, 300.0])
def test_balls_of_extreme_norms(p):
    x = np.abs(np.asarray(random.ball(KEY, 2, p, (N,))).astype(np.float64))
    assert (x <= 1).all()
    # the part of the ball within a multiple of itself
    norm = np.exp(np.logaddexp.reduce(p * np.log(x), 1) / p)
    assert st.kstest(norm**2, st.uniform().cdf).pvalue > 0.003


def test_the_ball_of_the_largest_element_is_a_cube():
    x = np.asarray(random.ball(KEY, 2, np.inf, (N,)))
    assert agrees(x[:, 0], st.uniform(-1, 2), "float32") > 0.003
    assert agrees(x.max(1), st.beta(2, 1, -1, 2), "float32") > 0.003


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_probabilities_of_every_dtype(dtype):
    with hloom.enable_x64():
        p = hnp.asarray([0.0, 0.25, 1.0], dtype)
        x = random.bernoulli(KEY, p[:, None], (3, N))
        assert np.array_equal(x, random.uniform(KEY, (3, N), dtype) < p[:, None])
    assert abs(float(x[1].mean()) - 0.25) < 4 * (0.25 * 0.75 / N) ** 0.5
    assert x[2].all()
    assert not x[0].any()


# ---------------------------------------------------------------- what has no distribution
WITHOUT = {
    "generalized_normal": lambda: random.generalized_normal(KEY, np.float32([-1, np.nan])),
    "gamma": lambda: random.gamma(KEY, np.float32([np.nan, -1, np.inf])),
    "beta": lambda: random.beta(KEY, np.float32([0, -1, np.nan]), np.float32([0, 1, 1])),
    "t": lambda: random.t(KEY, np.float32([-1, np.nan])),
    "wald": lambda: random.wald(KEY, np.float32([-1, np.nan])),
    "binomial": lambda: random.binomial(KEY, 10, np.float32([2, -1, np.nan])),
    "truncated_normal": lambda: random.truncated_normal(KEY, np.nan, 1.0, (2,)),
}


@pytest.mark.parametrize("name", WITHOUT)
def test_wrong_parameters_give_no_number_and_end(name):
    assert np.isnan(WITHOUT[name]()).all()


def test_ends_of_the_range_of_counts():
    largest = np.iinfo("int32").max
    assert (np.asarray(random.poisson(KEY, np.float32([1e12, np.inf]))) == largest).all()
    assert int(random.geometric(KEY, 0.0)) == largest
    assert float(random.gamma(KEY, 0.0)) == 0


# ---------------------------------------------------------------- gradients
def _gamma(q, a):
    return scipy.special.gammaincinv(a, q)


@pytest.mark.parametrize("a", [0.05, 3.0])
def test_the_derivative_of_gamma_numbers_is_that_of_their_quantile(a):
    with hloom.enable_x64():

        def sample(a):
            return random.gamma(KEY, a, (300,))

        x, change = map(np.asarray, hloom.jvp(sample, (a,), (1.0,)))
        logs, log_change = map(
            np.asarray, hloom.jvp(lambda a: random.loggamma(KEY, a, (300,)), (a,), (1.0,))
        )
        if a >= 1:  # from there on numbers are a function of their quantile alone
            q, step = st.gamma(a).cdf(x), 1e-5 * a
            wanted = (_gamma(q, a + step) - _gamma(q, a - step)) / (2 * step)
            sure = (q > 1e-3) & (q < 1 - 1e-3)
            np.testing.assert_allclose(change[sure], wanted[sure], 1e-4)
        np.testing.assert_allclose(log_change * np.exp(logs), change, 1e-9)
        assert np.isfinite(log_change).all()


MEANS = {
    "gamma": (lambda a: random.gamma(KEY, a, (20000,)), lambda a: a, 0.6),
    "loggamma": (lambda a: random.loggamma(KEY, a, (20000,)), scipy.special.digamma, 0.02),
    "beta": (lambda a: random.beta(KEY, a, 2.0, (20000,)), lambda a: a / (a + 2), 0.5),
    "dirichlet": (
        lambda a: random.dirichlet(KEY, hnp.stack([a, 2.0, 3.0]), (10000,))[:, 0],
        lambda a: a / (a + 5),
        0.7,
    ),
    "log of t squared": (
        lambda d: hnp.log(random.t(KEY, d, (20000,)) ** 2),
        lambda d: np.log(d) - scipy.special.digamma(d / 2),
        3.0,
    ),
    "log of f": (
        lambda d: hnp.log(random.f(KEY, 3.0, d, (20000,))),
        lambda d: np.log(d) - scipy.special.digamma(d / 2),
        3.0,
    ),
}


@pytest.mark.parametrize("name", MEANS)
def test_the_mean_of_the_gradient_is_the_gradient_of_the_mean(name):
    sample, mean, at = MEANS[name]
    found = float(hloom.grad(lambda a: sample(a).mean())(at))
    wanted = (mean(at + 1e-5) - mean(at - 1e-5)) / 2e-5
    assert found == pytest.approx(wanted, rel=0.06)
