"""hloom.scipy.stats against scipy.stats: values, edges, signatures, derivatives, tails.

Each row names a distribution, its parameters (columns of arrays; some are out of range), and the
points to look at. All functions of a row are compiled as one program for each dtype.
"""

import importlib
import inspect
from dataclasses import dataclass

import mpmath
import numpy as np
import pytest
import scipy.stats

import hloom
from hloom.scipy import stats
from hurry import hurried

NAN, INF = np.nan, np.inf
CONTINUOUS = "pdf logpdf cdf logcdf sf logsf"
DISCRETE = "pmf logpmf cdf logcdf sf logsf"
QUANTILES = "ppf isf"
REAL_LINE = [-INF, -60.0, -7.5, -1.0, -0.3, 0.0, 0.7, 2.0, 8.0, 50.0, INF, NAN]
POSITIVE = [-INF, -1.0, 0.0, 1e-3, 0.3, 1.0, 1.7, 4.0, 11.0, 30.0, INF, NAN]
UNIT = [-0.5, 0.0, 1e-3, 0.2, 0.5, 0.8, 0.995, 1.0, 1.5, NAN]
COUNTS = [-INF, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.5, 7.0, 10.0, 12.0, NAN]
LEVELS = [-0.1, 0.0, 1e-4, 0.3, 0.5, 0.75, 0.999, 1.0, 1.1, NAN]
# distributions whose functions take long to compile, and of which derivatives are looked at
COSTLY = {
    "beta": ("pdf", "cdf"),
    "betabinom": ("logpmf",),
    "binom": ("logpmf", "cdf"),
    "chi2": ("logpdf",),
    "gamma": ("logpdf", "cdf", "logsf"),
    "gennorm": ("logpdf", "logsf"),
    "nbinom": ("logpmf",),
    "poisson": ("logpmf", "logsf"),
    "t": ("logpdf", "cdf"),
}
# which of their functions are looked at in which dtype; the rest are in TAILS
SHARED_OUT = {"float32": ("pdf", "pmf", "cdf", "sf"), "float64": ("logpdf", "logpmf", "logcdf")}
# loc and scale beside the shapes: plain, moved, and out of range
PLACED = [(0.0, 1.0), (0.5, 2.0), (1.0, -1.0), (0.0, 0.0)]


@dataclass
class Row:
    name: str
    signature: str
    points: list
    shapes: list  # of tuples
    functions: str = f"{CONTINUOUS} {QUANTILES}"
    renamed: dict = None

    def __repr__(self):
        return self.name

    @property
    def costly(self):
        """Whether its functions take long to compile."""
        return self.name in COSTLY

    @property
    def ours(self):
        return getattr(stats, self.name)

    @property
    def theirs(self):
        return getattr(scipy.stats, self.name)

    def parameters(self):
        """The columns of parameters: every shape plain, the first shape placed."""
        placed = [p[: self.signature.count("=")] for p in PLACED]
        rows = [(*s, *placed[0]) for s in self.shapes] + [(*self.shapes[0], *p) for p in placed[1:]]
        return [np.array(column) for column in zip(*rows, strict=True)]


ROWS = [
    Row("bernoulli", "k, p, loc=0", COUNTS, [(0.3,), (0.0,), (1.0,), (1.2,)],
        f"{DISCRETE} {QUANTILES}", {"cdf": "k, p", "ppf": "q, p"}),
    Row("beta", "x, a, b, loc=0, scale=1", UNIT, [(2.0, 3.0), (1.0, 1.0), (0.5, 0.7), (0.0, 1.0)],
        CONTINUOUS),
    Row("betabinom", "k, n, a, b, loc=0", COUNTS,
        [(10.0, 2.0, 3.0), (0.0, 1.0, 1.0), (2.5, 1.0, 1.0), (3.0, -1.0, 1.0)], "pmf logpmf"),
    Row("binom", "k, n, p, loc=0", COUNTS,
        [(10.0, 0.3), (3.0, 0.0), (3.0, 1.0), (0.0, 0.4), (2.5, 0.1), (3.0, 1.1)], DISCRETE),
    Row("cauchy", "x, loc=0, scale=1", REAL_LINE, [()]),
    Row("chi2", "x, df, loc=0, scale=1", POSITIVE, [(3.0,), (2.0,), (0.7,), (0.0,)], CONTINUOUS),
    Row("expon", "x, loc=0, scale=1", POSITIVE, [()]),
    Row("gamma", "x, a, loc=0, scale=1", POSITIVE, [(2.5,), (1.0,), (0.4,), (-1.0,)], CONTINUOUS),
    Row("gennorm", "x, beta", REAL_LINE, [(2.0,), (1.3,), (0.8,), (-1.0,)], CONTINUOUS),
    Row("geom", "k, p, loc=0", COUNTS, [(0.3,), (1.0,), (0.0,), (1.2,)], DISCRETE),
    Row("gumbel_l", "x, loc=0, scale=1", REAL_LINE, [()], renamed={"ppf": "p, loc=0, scale=1"}),
    Row("gumbel_r", "x, loc=0, scale=1", REAL_LINE, [()], renamed={"ppf": "p, loc=0, scale=1"}),
    Row("laplace", "x, loc=0, scale=1", REAL_LINE, [()]),
    Row("logistic", "x, loc=0, scale=1", REAL_LINE, [()],
        renamed={"ppf": "x, loc=0, scale=1", "isf": "x, loc=0, scale=1"}),
    Row("nbinom", "k, n, p, loc=0", COUNTS, [(2.5, 0.3), (1.0, 1.0), (0.0, 0.3), (2.0, 0.0)],
        DISCRETE),
    Row("norm", "x, loc=0, scale=1", REAL_LINE, [()]),
    Row("pareto", "x, b, loc=0, scale=1", POSITIVE, [(2.5,), (1.0,), (-1.0,)]),
    Row("poisson", "k, mu, loc=0", COUNTS, [(3.5,), (0.0,), (0.1,), (-1.0,)], DISCRETE),
    Row("t", "x, df, loc=0, scale=1", REAL_LINE, [(3.0,), (1.0,), (40.0,), (0.0,)], CONTINUOUS),
    Row("truncnorm", "x, a, b, loc=0, scale=1", REAL_LINE,
        [(-1.0, 2.5), (1.0, 9.0), (-9.0, -0.2), (-INF, 1.0), (-2.0, INF), (1.0, 0.0)], CONTINUOUS),
    Row("uniform", "x, loc=0, scale=1", UNIT, [()]),
    Row("vonmises", "x, kappa", [-3.0, -0.2, 0.0, 1e-3, 1.7, 3.1, NAN], [(2.0,), (0.0,), (90.0,)],
        "pdf logpdf"),
    Row("wrapcauchy", "x, c", [-0.1, 0.0, 0.3, 3.0, np.pi, 5.0, 6.4, NAN],
        [(0.3,), (0.95,), (0.0,), (1.0,)], CONTINUOUS),
]  # fmt: skip
each = pytest.mark.parametrize("row", ROWS, ids=repr)


def arguments(row, function):
    """The first argument as a column, and the parameters that a function takes."""
    points = np.array(LEVELS if function in QUANTILES.split() else row.points)
    count = len(signature(getattr(row.ours, function)).split(", "))
    return [points[:, None], *row.parameters()[: count - 1]]


def signature(function):
    """The parameters of a function and their defaults, as text."""
    parameters = inspect.signature(function).parameters.values()
    assert all("Array" in str(p.annotation) for p in parameters)
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in parameters]
    return ", ".join(map(str, plain))


@each
def test_signatures(row):
    where, rest = row.signature.split(", ", 1)
    for name in row.functions.split():
        first = "q" if name in QUANTILES.split() else where
        expected = (row.renamed or {}).get(name, f"{first}, {rest}")
        function = getattr(row.ours, name)
        assert signature(function) == expected
        assert (function.__module__, function.__name__) == (row.ours.__name__, name)
        assert function.__doc__


def numbers(f):
    """`f`, compiled with little effort, giving NumPy arrays."""
    run = hurried(f)
    return lambda *args: hloom.tree.map(np.asarray, run(*args))


@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values(row, dtype):
    names = row.functions.split()
    if row.costly:
        names = [n for n in names if n in SHARED_OUT[dtype]]
    taken = {n: [x.astype(dtype) for x in arguments(row, n)] for n in names}

    def everything(taken):
        return {n: getattr(row.ours, n)(*xs) for n, xs in taken.items()}

    with hloom.enable_x64():
        got = numbers(everything)(taken)
    for name, xs in taken.items():
        want = oracle(row, name, [x.astype("float64") for x in xs])
        assert got[name].dtype == dtype
        rtol, atol = (2e-5, 2e-6) if dtype == "float32" else (1e-10, 1e-13)
        np.testing.assert_allclose(got[name], want, rtol, atol, err_msg=name)


def oracle(row, name, xs):
    """SciPy's values, but for its slips."""
    with np.errstate(all="ignore"):
        want = getattr(row.theirs, name)(*xs)
        if name in ("logcdf", "logsf"):
            share = getattr(row.theirs, name[3:])(*xs)
            want = np.where(
                np.isnan(share), NAN, want
            )  # 0 past the end for parameters out of range
    if row.name.startswith("gumbel") and name in ("pdf", "logpdf"):  # inf - inf
        want = np.where(np.isinf(xs[0]) & (xs[-1] > 0), 0.0 if name == "pdf" else -INF, want)
    if row.name == "gennorm" and name in ("logcdf", "logsf"):  # underflows
        far = np.isneginf(want) & np.isfinite(xs[0])
        want = np.where(far, scipy.stats.norm.logcdf(-np.abs(xs[0]) * np.sqrt(2)), want)
    return want


# ---------------------------------------------------------------- derivatives
SMOOTH = [
    (REAL_LINE, [-2.3, -0.4, 0.0, 0.7, 3.1]),
    (POSITIVE, [-1.0, 0.7, 1.9, 4.0]),
    (UNIT, [-0.5, 0.4, 1.2, 2.5]),
    (COUNTS, [-1.0, 0.5, 2.0, 3.0, 30.0]),
]


@each
def test_derivatives(row):
    """In every parameter, beside central differences; outside of the support they are 0."""
    names = row.functions.split()
    if row.costly:
        names = [n for n in names if n in COSTLY[row.name]]
    discrete = "pmf" in row.functions
    points = next((s for p, s in SMOOTH if p is row.points), row.points[2:-2])
    place = (0.0,) if discrete else (0.3, 1.4)
    parameters = [*row.shapes[0], *place[: row.signature.count("=")]]

    def operands(name):
        first = [0.2, 0.45, 0.9] if name in QUANTILES.split() else points
        parameters_ = parameters[: signature(getattr(row.ours, name)).count(",")]
        return [
            np.full(len(first), x) if np.ndim(x) == 0 else x
            for x in (np.array(first), *parameters_)
        ]

    taken = {n: operands(n) for n in names}

    def everything(taken):
        return {n: with_slopes(getattr(row.ours, n), xs, discrete) for n, xs in taken.items()}

    with hloom.enable_x64():
        run = numbers(everything)
        slopes = run(taken)
        for i in range(discrete, len(parameters) + 1):
            step = 1e-4
            names = [n for n, xs in taken.items() if i < len(xs)]
            if row.signature.split(", ")[i] in ("loc=0", "n") and discrete:
                continue
            at = []
            for k in (-2, -1, 1, 2):
                moved = {n: list(xs) for n, xs in taken.items()}
                for n in names:
                    moved[n][i] = moved[n][i] + k * step
                at.append({n: y for n, (y, _) in run(moved).items()})
            for n in names:
                a, b, c, d = (np.where(np.isinf(y[n]), 0, y[n]) for y in at)
                want = (a - 8 * b + 8 * c - d) / (12 * step)
                got = slopes[n][1][i - discrete]
                np.testing.assert_allclose(got, want, 1e-6, 1e-7, err_msg=f"{n} in operand {i}")


def with_slopes(f, xs, discrete):
    """The value, and its derivatives in all operands, without the point of a discrete one."""
    held, active = xs[:discrete], xs[discrete:]
    y, back = hloom.vjp(lambda *active: f(*held, *active), *active)
    return y, back(np.ones(y.shape))


ENDS = [
    ("gamma", "pdf", [0.0, 1.0], (3.0,)),
    ("chi2", "pdf", [0.0, 1.0], (6.0,)),
    ("beta", "pdf", [0.0, 0.5, 1.0], (3.0, 3.0)),
    ("uniform", "logpdf", [0.0, 0.5, 1.0], ()),
    ("expon", "logpdf", [-1.0, 0.0, 1.0], ()),
    ("pareto", "logpdf", [0.0, 1.0, 2.0], (2.0,)),
    ("t", "cdf", [-1e3, 0.0, 1e3], (3.0,)),
    ("truncnorm", "logcdf", [-5.0, 0.0, 5.0], (-1.0, 2.0)),
    ("gumbel_r", "logsf", [-5.0, 0.0, 300.0], ()),
    ("logistic", "logcdf", [-1e3, 0.0, 1e3], ()),
    ("norm", "logcdf", [-40.0, 0.0, 40.0], ()),
    ("vonmises", "logpdf", [0.0, 1.0], (0.0,)),
]


@pytest.mark.parametrize(("name", "function", "points", "shapes"), ENDS)
def test_derivatives_at_ends_are_finite(name, function, points, shapes):
    f = getattr(getattr(stats, name), function)
    argnums = (0,) if name == "t" else tuple(range(len(shapes) + 1))  # its slope in df is costly
    operands = [np.array(points, "float32"), *map(np.float32, shapes)]
    every = hloom.grad(lambda *xs: f(*xs).sum(), argnums=argnums)
    for slope in numbers(every)(*operands):
        assert np.isfinite(slope).all()


# ---------------------------------------------------------------- tails
#: functions of a count, the shapes before the last, that one, and the derivatives in it
AT_THE_ENDS = [
    (stats.bernoulli.pmf, [0, 1], (), 0, [-1, 1]),
    (stats.bernoulli.pmf, [0, 1], (), 1, [-1, 1]),
    (stats.bernoulli.logpmf, [0, 1], (), 0, [-1, np.inf]),
    (stats.bernoulli.logpmf, [0, 1], (), 1, [-np.inf, 1]),
    (stats.binom.pmf, [0, 1, 2, 5], (5.0,), 0, [-5, 5, 0, 0]),
    (stats.binom.pmf, [0, 3, 4, 5], (5.0,), 1, [0, 0, -5, 5]),
    (stats.binom.logpmf, [0, 1], (5.0,), 0, [-5, np.inf]),
    (stats.binom.cdf, [0, 1, 4], (5.0,), 1, [0, 0, -5]),
    (stats.binom.logsf, [0, 1, 4], (5.0,), 1, [0, 0, 5]),
    (stats.geom.pmf, [1, 2, 3], (), 1, [1, -1, 0]),
    (stats.geom.logpmf, [1, 2], (), 1, [1, -np.inf]),
    (stats.geom.cdf, [1, 2], (), 1, [1, 0]),
    (stats.geom.sf, [1, 2], (), 1, [-1, 0]),
    (stats.geom.logcdf, [1, 2], (), 1, [1, 0]),
    (stats.nbinom.pmf, [0, 1, 2], (3.0,), 1, [3, -3, 0]),
    (stats.nbinom.logpmf, [0, 1], (3.0,), 1, [3, -np.inf]),
    (stats.nbinom.sf, [0, 1], (3.0,), 1, [-3, 0]),
    (stats.poisson.pmf, [0, 1, 2], (), 0, [-1, 1, 0]),
    (stats.poisson.logpmf, [0, 1], (), 0, [-1, np.inf]),
    (stats.poisson.cdf, [0, 1], (), 0, [-1, 0]),
    (stats.poisson.logcdf, [0, 1], (), 0, [-1, 0]),
]


@pytest.mark.parametrize(("function", "counts", "shapes", "p", "slopes"), AT_THE_ENDS)
def test_derivatives_where_an_outcome_is_impossible(function, counts, shapes, p, slopes):
    at = lambda k: lambda p: function(k, *shapes, p)
    both = lambda k, p: (hloom.grad(at(k))(p), hloom.jvp(at(k), (p,), (np.float32(1),))[1])
    found = hloom.jit(hloom.vmap(both, (0, None)))(np.float32(counts), np.float32(p))
    for slope in found:
        np.testing.assert_allclose(slope, slopes, rtol=1e-5, atol=1e-6)


def test_derivatives_of_multinomial_where_an_outcome_is_impossible():
    counts, p = np.float32([[2, 0], [1, 1], [0, 2]]), np.float32([1, 0])
    slopes = hloom.vmap(hloom.jacfwd(lambda x, p: stats.multinomial.pmf(x, 2, p), 1), (0, None))
    np.testing.assert_allclose(slopes(counts, p), [[2, 0], [0, 2], [0, 0]], rtol=1e-6)


def gamma_tail(a, x):
    return mpmath.log(mpmath.gammainc(a, x, regularized=True))


def beta_tail(a, b, x):
    return mpmath.log(mpmath.betainc(a, b, 0, x, regularized=True))


TAILS = [
    ("norm", "logsf", (100.0,), lambda x: mpmath.log(mpmath.erfc(x / mpmath.sqrt(2)) / 2)),
    ("cauchy", "logcdf", (-1e15,), lambda x: -mpmath.log(mpmath.pi * -x)),
    ("cauchy", "logpdf", (1e30,), lambda x: -mpmath.log(mpmath.pi) - 2 * mpmath.log(x)),
    ("expon", "logcdf", (1e-30,), mpmath.log),
    ("gumbel_r", "logsf", (300.0,), lambda x: -x),
    ("gumbel_l", "logcdf", (-300.0,), lambda x: x),
    ("laplace", "logsf", (900.0,), lambda x: -x - mpmath.log(2)),
    ("logistic", "logcdf", (-900.0,), lambda x: x),
    ("gamma", "logsf", (500.0, 2.5), lambda x, a: gamma_tail(a, x)),
    ("gamma", "logcdf", (5.0, 100.0), lambda x, a: mpmath.log(mpmath.gammainc(a, 0, x, True))),
    ("chi2", "logsf", (1000.0, 5.0), lambda x, k: gamma_tail(k / 2, x / 2)),
    ("poisson", "logcdf", (3.0, 900.0), lambda k, mu: gamma_tail(k + 1, mu)),
    ("poisson", "logcdf", (236487.0, 242223.0), lambda k, mu: gamma_tail(k + 1, mu)),
    ("beta", "logcdf", (1e-12, 4.5, 0.75), lambda x, a, b: beta_tail(a, b, x)),
    ("beta", "logcdf", (0.125, 200.0, 200.0), lambda x, a, b: beta_tail(a, b, x)),
    ("beta", "logsf", (0.875, 4.5, 60.0), lambda x, a, b: beta_tail(b, a, 1 - x)),
    ("beta", "logsf", (1e-12, 1 / 32, 2.0), lambda x, a, b: beta_tail(b, a, 1 - x)),
    ("beta", "logcdf", (1e-30, 2.0**-19, 8.0), lambda x, a, b: beta_tail(a, b, x)),
    ("nbinom", "logsf", (300.0, 2.5, 0.5), lambda k, n, p: beta_tail(k + 1, n, 1 - p)),
    ("nbinom", "logsf", (27.0, 0.003, 1 / 64), lambda k, n, p: beta_tail(k + 1, n, 1 - p)),
    ("binom", "logsf", (98.0, 100.0, 1 / 1024), lambda k, n, p: beta_tail(k + 1, n - k, p)),
    ("nbinom", "logcdf", (1.0, 60.0, 1 / 64), lambda k, n, p: beta_tail(n, k + 1, p)),
    (
        "binom",
        "logcdf",
        (101.0, 36182.0, 0.0086),
        lambda k, n, p: beta_tail(n - k, k + 1, 1 - p),
    ),
    (
        "gennorm",
        "logcdf",
        (-0.9375, 8284.0),
        lambda x, b: mpmath.log((1 + x / mpmath.gamma(1 + 1 / b)) / 2),
    ),
    (
        "t",
        "logcdf",
        (-1e9, 9.0),
        lambda z, v: beta_tail(v / 2, 0.5, v / (v + z * z)) - mpmath.log(2),
    ),
    (
        "truncnorm",
        "logsf",
        (41.0, 40.0, 60.0),
        lambda x, a, b: mpmath.log(mpmath.ncdf(-x)) - mpmath.log(mpmath.ncdf(-a)),
    ),
    (
        "vonmises",
        "logpdf",
        (1e-3, 1e6),
        lambda x, k: (
            k * (mpmath.cos(x) - 1)
            - mpmath.log(2 * mpmath.pi * mpmath.besseli(0, k) * mpmath.exp(-k))
        ),
    ),
]


@pytest.mark.parametrize(("name", "function", "operands", "exact"), TAILS)
def test_logarithms_are_exact_where_probabilities_underflow(name, function, operands, exact):
    operands = [np.float32(x) for x in operands]
    with mpmath.workdps(60):
        want = float(exact(*[mpmath.mpf(float(x)) for x in operands]))
    f = getattr(getattr(stats, name), function)
    position = len(operands) - 1 if signature(f).startswith("k") else 0
    value, slope = numbers(hloom.value_and_grad(f, argnums=position))(*operands)
    np.testing.assert_allclose(value, want, 1e-5)
    assert np.isfinite(slope)
    assert slope != 0


# ---------------------------------------------------------------- what rows cannot say
def test_a_distribution_is_a_module():
    module = importlib.import_module("hloom.scipy.stats.norm")
    assert module is stats.norm
    assert sorted(set(dir(stats)) & {"norm", "rankdata", "gaussian_kde", "absent"}) == [
        "gaussian_kde",
        "norm",
        "rankdata",
    ]
    with pytest.raises(AttributeError):
        stats.absent


def test_dtypes():
    assert stats.norm.pdf(1).dtype == np.float32
    assert stats.norm.pdf(np.arange(3)).dtype == np.float32
    assert stats.poisson.logpmf(np.arange(3), np.float16(2)).dtype == np.float16
    assert stats.norm.pdf(np.ones(2, "float16"), 0.5, scale=2).dtype == np.float16
    with hloom.enable_x64():
        assert stats.norm.pdf(1.0).dtype == np.float64
        assert stats.gamma.sf(np.float32(1), 2).dtype == np.float32


def test_parameters_broadcast_and_go_by_name():
    x, loc, scale = np.arange(3.0), np.zeros((2, 1)), 2.0
    got = stats.norm.logpdf(x, scale=scale, loc=loc)
    assert got.shape == (2, 3)
    np.testing.assert_allclose(got, scipy.stats.norm.logpdf(x, loc, scale), 1e-6)
    mapped = hloom.vmap(lambda m: stats.norm.logpdf(x, m, scale))(loc[:, 0])
    np.testing.assert_array_equal(mapped, got)
    assert stats.expon.pdf(1.0, np.zeros((2, 0))).shape == (2, 0)


def test_complex_numbers_are_refused():
    with pytest.raises(hloom.errors.DTypeError) as error:
        stats.norm.pdf(1j)
    assert "norm.pdf: takes real numbers" in str(error.value)


def test_large_shapes_do_not_cancel():
    cases = [
        (stats.beta, (0.5, 1e5, 1e5), 2e-2),
        (stats.beta, (0.999, 2e4, 12.0), 1e-2),
        (stats.t, (1.0, 1e6), 1e-5),
        (stats.nbinom, (9.0, 3e5, 0.99997), 1e-4),
    ]
    for module, operands, atol in cases:
        theirs = getattr(scipy.stats, module.__name__.rpartition(".")[2])
        name = "logpdf" if hasattr(module, "logpdf") else "logpmf"
        operands = [np.float32(x) for x in operands]
        want = getattr(theirs, name)(*map(float, operands))
        f = getattr(module, name)
        np.testing.assert_allclose(numbers(f)(*operands), want, atol=atol, rtol=0)


def _log_binomial(k, n, p):
    log, lg = mpmath.log, mpmath.loggamma
    return lg(n + 1) - lg(k + 1) - lg(n - k + 1) + k * log(p) + (n - k) * mpmath.log1p(-p)


def _log_beta_binomial(k, n, a, b):
    ways = mpmath.log(mpmath.binomial(n, k))
    return ways + beta_log(k + a, n - k + b) - beta_log(a, b)


def beta_log(a, b):
    """log B(a, b)."""
    return mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)


#: log-densities near the mean of large shapes
NEAR_THE_MEAN = [
    (
        stats.gamma.logpdf,
        lambda x, a: (a - 1) * mpmath.log(x) - x - mpmath.loggamma(a),
        ([7185.5, 2268.5, 140.0], [7232.75, 2269.0, 120.0]),
    ),
    (
        stats.poisson.logpmf,
        lambda k, mu: k * mpmath.log(mu) - mu - mpmath.loggamma(k + 1),
        ([4320.0, 7234.0, 100.0], [4332.0, 7232.5, 120.0]),
    ),
    (
        stats.binom.logpmf,
        _log_binomial,
        ([935.0, 17890.0, 40.0], [2317.0, 23897.0, 100.0], [0.40625, 0.75, 0.5]),
    ),
    (
        stats.nbinom.logpmf,
        lambda k, n, p: _log_binomial(n, n + k, p) + mpmath.log(n / (n + k)),
        ([8421.0, 130266.0, 15.0], [7125.0, 4030.0, 20.0], [0.46875, 0.03125, 0.5]),
    ),
    (
        stats.nbinom.logpmf,
        lambda k, n, p: _log_binomial(n, n + k, p) + mpmath.log(n / (n + k)),
        ([1.0, 3000.0, 2.0, 0.0], [2.0**-40, 0.75, 0.5, 0.25], [0.5, 2.0**-12, 0.25, 0.125]),
    ),
    (
        stats.betabinom.logpmf,
        _log_beta_binomial,
        (
            [368564.0, 14.0, 3.0, 0.0, 1.0],
            [986632.0, 21.0, 5.0, 7.0, 1.0],
            [4.75, 42197.0, 2.0**-10, 1.5, 43369.0],
            [0.03125, 20984.0, 0.5, 0.25, 13510.0],
        ),
    ),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("function", "exact", "columns"), NEAR_THE_MEAN)
def test_log_densities_near_the_mean(function, exact, columns, dtype):
    with hloom.enable_x64(), mpmath.workdps(40):
        found = function(*[np.array(c, dtype) for c in columns])
        wanted = [float(exact(*map(mpmath.mpf, xs))) for xs in zip(*columns, strict=True)]
    np.testing.assert_allclose(found, wanted, rtol=12 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_t_of_many_degrees_of_freedom(dtype):
    df = np.array([1e3, 5492558.0, 2**20, 1e6, 6400776.0])
    z = np.array([-4.5, -1.875, 0.5, -6.0, 3.0])
    with hloom.enable_x64():
        found = stats.t.cdf(z.astype(dtype), df.astype(dtype))
        far = stats.t.logcdf(np.array([-37.0, -15.0, -30.0], dtype), np.array(8e6, dtype))
    rtol = 24 * np.finfo(dtype).eps
    np.testing.assert_allclose(found, scipy.stats.t.cdf(z, df), rtol=rtol)
    with mpmath.workdps(60):
        exact = [
            mpmath.log(mpmath.betainc(4e6, 0.5, 0, 8e6 / mpmath.mpf(8e6 + z * z)) / 2)
            - mpmath.log(mpmath.beta(4e6, 0.5))
            for z in (37, 15, 30)
        ]
    # of 8e6 degrees of freedom float64 keeps 13 digits
    np.testing.assert_allclose(far, np.array(exact, np.float64), rtol=max(rtol, 1e-13))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_tails_of_t(dtype):
    # z^2 / (df + z^2) is 1 to rounding, or nearly
    df = np.array([0.1, 0.5, 0.75554, 1.0, 1.7, 3.0, 5.4], dtype)
    z = np.array([20.0, 45.75878, 4131.98, 2e4, 3e7], dtype)[:, None]
    if dtype == np.float32:  # z^2 is infinite
        z = np.append(z, np.float32([[1e19], [3e38]]), 0)

    def everything(z):
        cdf = lambda z: stats.t.cdf(-z, df).sum()
        logs = stats.t.logcdf(-z, df), stats.t.logcdf(z, df)
        near = z[:5]
        return (
            stats.t.cdf(-z, df),
            stats.t.sf(z, df),
            logs,
            hloom.grad(cdf)(near),
            hloom.hessian(cdf)(z[2, 0]),
        )

    with hloom.enable_x64(dtype == np.float64):
        below, above, logs, slopes, bends = numbers(everything)(z)

    def tail(z, df):
        return mpmath.betainc(df / 2, 0.5, 0, df / (df + z * z), regularized=True) / 2

    with mpmath.workdps(40):
        exact = [[tail(mpmath.mpf(float(a)), mpmath.mpf(float(b))) for b in df] for a in z[:, 0]]
        log_above = np.array([[mpmath.log1p(-p) for p in row] for row in exact], np.float64)
        log_below = np.array([[mpmath.log(p) for p in row] for row in exact], np.float64)
    exact, eps = np.array(exact, np.float64), np.finfo(dtype).eps
    for found, expected in ((below, exact), (above, exact), (logs[0], log_below)):
        np.testing.assert_allclose(found, expected, 16 * eps, np.finfo(dtype).tiny)
    np.testing.assert_allclose(logs[1], log_above, 16 * eps, np.finfo(dtype).tiny)
    wide, orders = z.astype(np.float64), df.astype(np.float64)
    density = scipy.stats.t.pdf(wide, orders)
    np.testing.assert_allclose(slopes[:, 0], -density.sum(1)[:5], rtol=100 * eps)
    bent = density[2] * (orders + 1) * wide[2] / (orders + wide[2] ** 2)
    np.testing.assert_allclose(bends, bent.sum(), rtol=100 * eps)


def test_binomials_of_probabilities_that_one_does_not_feel():
    # in float32, 1 - p is 1 or nearly
    k, n = np.float32([0, 1, 3, 2, 4]), np.float32([1e7, 1e6, 1e5, 1e7, 6e5])
    p = np.float32([1e-8, 3e-9, 1e-4, 2e-7, 1e-5])
    wide = [v.astype(np.float64) for v in (k, n, p)]
    for name in ("cdf", "sf", "logcdf", "logsf"):
        found = getattr(stats.binom, name)(k, n, p)
        expected = getattr(scipy.stats.binom, name)(*wide)
        np.testing.assert_allclose(found, expected, rtol=2e-6)
    k, n, p = np.float32([1e6, 3e6, 1e7]), np.float32([2, 3, 1]), np.float32([2e-6, 1e-6, 1e-8])
    wide = [v.astype(np.float64) for v in (k, n, p)]
    for name in ("cdf", "sf", "logsf"):
        found = getattr(stats.nbinom, name)(k, n, p)
        np.testing.assert_allclose(found, getattr(scipy.stats.nbinom, name)(*wide), rtol=2e-6)


def test_entropy_of_poisson():
    mu = np.array([0.0, 1e-3, 0.5, 3.0, 9.9, 10.1, 39.9, 40.1, 1000.0, -1.0])
    got = stats.poisson.entropy(mu.astype("float32"))
    np.testing.assert_allclose(got, scipy.stats.poisson.entropy(mu), 1e-5, 1e-6)
    with hloom.enable_x64():
        got = stats.poisson.entropy(mu)
        slope = numbers(hloom.grad(stats.poisson.entropy))(3.0)
    np.testing.assert_allclose(got, scipy.stats.poisson.entropy(mu), 1e-11, 1e-12)
    about = scipy.stats.poisson.entropy([3 - 1e-4, 3 + 1e-4])
    np.testing.assert_allclose(slope, (about[1] - about[0]) / 2e-4, 1e-6)


def test_dirichlet():
    alpha = np.array([1.0, 2.0, 0.5])
    x = np.array([[0.2, 0.3, 0.5], [0.7, 0.1, 0.2], [0.25, 0.75, 0.0]]).T
    with hloom.enable_x64():
        for points in (x[:, :2], x[:2, :2], x[:, 0]):
            want = scipy.stats.dirichlet.logpdf(points, alpha)
            np.testing.assert_allclose(stats.dirichlet.logpdf(points, alpha), want, 1e-12)
            np.testing.assert_allclose(stats.dirichlet.pdf(points, alpha), np.exp(want), 1e-12)
        assert stats.dirichlet.pdf(np.array([0.5, 0.6, 0.2]), alpha) == 0
        assert np.isnan(stats.dirichlet.pdf(x[:, 0], -alpha))
        slope = hloom.grad(stats.dirichlet.logpdf, argnums=(0, 1))(x[:, 0], alpha)
        assert np.isfinite(slope).all()
    with pytest.raises(hloom.errors.ShapeError) as error:
        stats.dirichlet.pdf(np.ones(5), alpha.astype("float32"))
    assert "they have shapes (3,) and (5,)" in str(error.value)


def test_multinomial():
    x, p = np.array([[1, 2, 3], [0, 3, 3], [2, 2, 3], [-1, 4, 3]]), np.array([0.2, 0.3, 0.5])
    with hloom.enable_x64():
        want = scipy.stats.multinomial.logpmf(x, 6, p)
        np.testing.assert_allclose(stats.multinomial.logpmf(x, 6, p), want, 1e-12)
        want = scipy.stats.multinomial.pmf(x, [6, 6, 7, 6], p)
        np.testing.assert_allclose(stats.multinomial.pmf(x, np.array([6, 6, 7, 6]), p), want, 1e-12)
        assert stats.multinomial.pmf(np.array([2, 0]), 2, np.array([1.0, 0.0])) == 1
        assert np.isnan(stats.multinomial.pmf(np.array([2, 0]), 2, np.array([1.1, -0.1])))


@pytest.fixture
def normal():
    rng = np.random.default_rng(0)
    m = rng.normal(size=(3, 3))
    return rng.normal(size=(4, 2, 3)), rng.normal(size=3), m @ m.T + np.eye(3)


def test_multivariate_normal(normal):
    x, mean, cov = normal
    ours, theirs = stats.multivariate_normal, scipy.stats.multivariate_normal
    calls = [(x, mean, cov), (x, mean, np.array([1.0, 2.0, 3.0])), (x, mean, 2.0)]
    calls += [(x[:, 0, 0], 0.5, 2.0), (mean, mean * 0, cov)]
    with hloom.enable_x64():
        for call in calls:
            want = theirs.logpdf(*call)
            np.testing.assert_allclose(ours.logpdf(*call), want, 1e-11)
            np.testing.assert_allclose(ours.pdf(*call), np.exp(want), 1e-11)
        covs = np.stack([cov, 2 * cov])
        got = ours.logpdf(x, mean, covs)
        want = [theirs.logpdf(x[:, i], mean, covs[i]) for i in (0, 1)]
        np.testing.assert_allclose(got, np.stack(want, 1), 1e-11)
        assert np.isnan(ours.logpdf(mean, mean, -cov))
        slope = hloom.grad(lambda c: ours.logpdf(x[0, 0], mean, c))(cov)
        d = np.linalg.solve(cov, x[0, 0] - mean)
        np.testing.assert_allclose(slope, 0.5 * (np.outer(d, d) - np.linalg.inv(cov)), 1e-9)
    with pytest.raises(hloom.errors.ShapeError) as error:
        ours.logpdf(np.ones(3), np.ones(3), np.eye(2))
    assert "they have shapes (3,), (3,) and (2, 2)" in str(error.value)


def test_singular_covariances(normal):
    x, mean, _ = normal
    cov = np.outer(mean, mean)
    points = np.stack([3 * mean, mean, x[0, 0]])
    ours = stats.multivariate_normal.logpdf
    with hloom.enable_x64():
        got = ours(points, mean, cov, allow_singular=True)
        want = scipy.stats.multivariate_normal.logpdf(points, mean, cov, allow_singular=True)
        np.testing.assert_allclose(got, want, 1e-9)
        assert np.isnan(ours(points, mean, -np.eye(3), allow_singular=True)).all()


# ---------------------------------------------------------------- kernels
BANDWIDTHS = [None, "silverman", 0.4, lambda kde: 0.3 * kde.n**-0.2]


@pytest.mark.parametrize(("d", "weighted"), [(1, False), (2, True)])
def test_gaussian_kde(d, weighted):
    rng = np.random.default_rng(0)
    data, points = rng.normal(size=(d, 12)), rng.normal(size=(d, 5))
    weights = rng.uniform(size=12) if weighted else None
    mean, cov = points[:, 0], 0.5 * np.eye(d)
    with hloom.enable_x64():
        for width in BANDWIDTHS:
            ours = stats.gaussian_kde(data, width, weights)
            theirs = scipy.stats.gaussian_kde(data, width, weights)
            for name in ("factor", "neff", "covariance", "inv_cov", "weights", "n", "d"):
                np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), 1e-10)
            for name in ("evaluate", "__call__", "pdf", "logpdf"):
                want = getattr(theirs, name)(points)
                np.testing.assert_allclose(getattr(ours, name)(points), want, 1e-10)
            want = theirs.integrate_gaussian(mean, cov)
            np.testing.assert_allclose(ours.integrate_gaussian(mean, cov), want, 1e-10)
            want = theirs.integrate_kde(scipy.stats.gaussian_kde(data + 0.3))
            got = ours.integrate_kde(stats.gaussian_kde(data + 0.3))
            np.testing.assert_allclose(got, want, 1e-10)
            if d == 1:
                want = theirs.integrate_box_1d(-1, 0.3)
                np.testing.assert_allclose(ours.integrate_box_1d(-1, 0.3), want, 1e-10)


def test_gaussian_kde_is_a_pytree_and_draws():
    rng = np.random.default_rng(0)
    data = rng.normal(size=(2, 12)).astype("float32")
    kde = stats.gaussian_kde(data)
    points = data[:, :3]
    np.testing.assert_allclose(hloom.jit(lambda k, p: k(p))(kde, points), kde(points), 1e-6)
    slope = numbers(hloom.grad(lambda x: stats.gaussian_kde(x).logpdf(points).sum()))(data)
    assert slope.shape == data.shape
    assert np.isfinite(slope).all()
    key = hloom.random.key(0)
    assert kde.resample(key).shape == (2,)
    draws = np.asarray(kde.resample(key, (40, 500))).reshape(2, -1)
    np.testing.assert_allclose(draws.mean(1), data.mean(1), atol=0.05)
    spread = np.cov(data, bias=True) + np.asarray(kde.covariance)
    np.testing.assert_allclose(np.cov(draws), spread, atol=0.05)


KDE_ERRORS = [
    (lambda k: stats.gaussian_kde(np.ones(1)), "samples have shape (n,) or (d, n)"),
    (lambda k: stats.gaussian_kde(np.arange(3), weights=np.ones(2)), "one weight for each sample"),
    (lambda k: stats.gaussian_kde(np.arange(3), "wide"), "bw_method says how wide kernels are"),
    (lambda k: k(np.ones((3, 4))), "points have shape (2, m)"),
    (lambda k: k.integrate_box_1d(0, 1), "takes estimates of one dimension"),
    (lambda k: k.integrate_gaussian(np.ones(3), np.eye(3)), "the mean has shape (2,)"),
    (lambda k: k.integrate_kde(stats.gaussian_kde(np.arange(3))), "equal dimensions"),
    (lambda k: k.integrate_box(0, 1), "use integrate_box_1d"),
    (lambda k: k.set_bandwidth(1), "make another: gaussian_kde(dataset, bw_method)"),
]


@pytest.mark.parametrize(("call", "message"), KDE_ERRORS)
def test_gaussian_kde_errors(call, message):
    kde = stats.gaussian_kde(np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 0.0]], "float32"))
    with pytest.raises(hloom.errors.HloomError) as error:
        call(kde)
    assert message in str(error.value)


# ---------------------------------------------------------------- samples
def sample():
    a = np.random.default_rng(0).integers(0, 4, (4, 5, 3)).astype("float32")
    a[0, 0, 0] = NAN
    return a


@pytest.mark.parametrize("method", ["average", "min", "max", "dense", "ordinal"])
def test_rankdata(method):
    for a in (sample(), np.nan_to_num(sample()).astype(int)):
        for axis in (None, 1, -1):
            want = scipy.stats.rankdata(a, method, axis=axis)
            got = stats.rankdata(a, method, axis=axis)
            assert got.dtype == np.float32
            np.testing.assert_array_equal(got, want)
    assert stats.rankdata(np.zeros((2, 0)), method, axis=0).shape == (2, 0)


@pytest.mark.parametrize("keepdims", [False, True])
def test_mode(keepdims):
    for a in (sample(), np.nan_to_num(sample()).astype("int32")):
        for axis in (None, 0, -1):
            want = scipy.stats.mode(a, axis=axis, keepdims=keepdims)
            got = stats.mode(a, axis, keepdims=keepdims)
            assert got.mode.dtype == a.dtype
            np.testing.assert_array_equal(got.mode, want.mode)
            np.testing.assert_array_equal(got.count, want.count)
    got = stats.mode(np.zeros((0, 2), int), keepdims=keepdims)
    assert np.isnan(got.mode).all()
    assert not got.count.any()


@pytest.mark.parametrize("policy", ["propagate", "omit"])
def test_sem(policy):
    for axis, keepdims, ddof in ((None, False, 1), (0, True, 0), (1, False, 2)):
        options = {"ddof": ddof, "nan_policy": policy, "keepdims": keepdims}
        want = scipy.stats.sem(sample().astype(float), axis=axis, **options)
        np.testing.assert_allclose(stats.sem(sample(), axis, **options), want, 1e-5)


@pytest.mark.parametrize("function", [stats.mode, stats.rankdata, stats.sem])
def test_nan_policies(function):
    with pytest.raises(hloom.errors.UnsupportedError) as error:
        function(np.arange(3), nan_policy="raise")
    assert "look for NaN with hloom.numpy.isnan beforehand" in str(error.value)
    with pytest.raises(hloom.errors.ValueRangeError) as error:
        function(np.arange(3), nan_policy="ignore")
    assert "it is 'ignore'" in str(error.value)


def test_rankdata_knows_its_methods():
    with pytest.raises(hloom.errors.ValueRangeError) as error:
        stats.rankdata(np.arange(3), "middle")
    assert "the method is one of 'average', 'min', 'max', 'dense', 'ordinal'" in str(error.value)


# ------------------------------------------------------------ intervals, and far out
INTERVALS = [(-1, 1), (30, 31), (-40, -39.75), (0.5, 0.5 + 2**-20), (-3, 8)]


def _upper(z):
    return mpmath.erfc(mpmath.mpf(z) / mpmath.sqrt(2)) / 2


def _normal_mass(a, b):
    return _upper(-b) - _upper(-a) if b < 0 else _upper(a) - _upper(b)


@pytest.mark.parametrize(("a", "b"), INTERVALS)
def test_truncnorm_of_narrow_and_of_far_intervals(a, b):
    points = np.linspace(a, b, 7)[1:-1]
    with hloom.enable_x64(), mpmath.workdps(80):
        mass = _normal_mass(a, b)
        wanted = {
            "cdf": [_normal_mass(a, z) / mass for z in points],
            "sf": [_normal_mass(z, b) / mass for z in points],
            "pdf": [mpmath.npdf(mpmath.mpf(z)) / mass for z in points],
        }
        wanted["logcdf"] = [mpmath.log(p) for p in wanted["cdf"]]
        for name, values in wanted.items():
            found = getattr(stats.truncnorm, name)(points, float(a), float(b))
            np.testing.assert_allclose(found, [float(v) for v in values], rtol=4e-15, err_msg=name)


def test_densities_far_out_are_no_exponentials_of_large_logarithms():
    with hloom.enable_x64(), mpmath.workdps(80):
        z = np.array([1e-300, 0.5, 1e10, 1e150])
        wanted = [float(1 / (mpmath.pi * (1 + mpmath.mpf(v) ** 2))) for v in z]
        np.testing.assert_allclose(stats.cauchy.pdf(z), wanted, rtol=1e-15)
        z = np.array([1.5, 1e10, 1e80])
        wanted = [float(2.5 / mpmath.mpf(v) ** 3.5) for v in z]
        np.testing.assert_allclose(stats.pareto.pdf(z, 2.5), wanted, rtol=2e-13)
        c, x = mpmath.mpf(1 - 2**-20), np.linspace(1e-9, 6.25, 9)
        square = [1 + c * c - 2 * c * mpmath.cos(v) for v in x]
        wanted = [float((1 - c * c) / (2 * mpmath.pi * s)) for s in square]
        np.testing.assert_allclose(stats.wrapcauchy.pdf(x, 1 - 2**-20), wanted, rtol=2e-15)


def test_derivatives_at_infinity_are_zero():
    for function, z in (
        (lambda z: stats.pareto.pdf(z, 2.0), np.inf),
        (stats.gumbel_r.cdf, -800.0),
        (stats.cauchy.pdf, np.inf),
    ):
        assert hloom.grad(function)(z) == 0
