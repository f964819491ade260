"""hloom.scipy.stats against scipy.stats: values, edges, signatures, derivatives, tails.

Each row names a distribution, its parameters (columns of arrays; some are out of range), and the
points to look at. All functions of a row are compiled as one program for each dtype.
"""

import inspect
from dataclasses import dataclass

import numpy as np
import pytest
import scipy.stats

import hloom
from hloom.scipy import stats

NAN, INF = np.nan, np.inf
CONTINUOUS = "pdf logpdf cdf logcdf sf logsf"
DISCRETE = "pmf logpmf cdf logcdf sf logsf"
QUANTILES = "ppf isf"
REAL_LINE = [-INF, -60.0, -7.5, -1.0, -0.3, 0.0, 0.7, 2.0, 8.0, 50.0, INF, NAN]
POSITIVE = [-INF, -1.0, 0.0, 1e-3, 0.3, 1.0, 1.7, 4.0, 11.0, 30.0, INF, NAN]
UNIT = [-0.5, 0.0, 1e-3, 0.2, 0.5, 0.8, 0.995, 1.0, 1.5, NAN]
COUNTS = [-INF, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.5, 7.0, 10.0, 12.0, NAN]
LEVELS = [-0.1, 0.0, 1e-4, 0.3, 0.5, 0.75, 0.999, 1.0, 1.1, NAN]
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
    held: tuple = ()  # shapes in which distribution functions have no derivative

    def __repr__(self):
        return self.name

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
        CONTINUOUS, held=("a", "b")),
    Row("betabinom", "k, n, a, b, loc=0", COUNTS,
        [(10.0, 2.0, 3.0), (0.0, 1.0, 1.0), (2.5, 1.0, 1.0), (3.0, -1.0, 1.0)], "pmf logpmf"),
    Row("binom", "k, n, p, loc=0", COUNTS,
        [(10.0, 0.3), (3.0, 0.0), (3.0, 1.0), (0.0, 0.4), (2.5, 0.1), (3.0, 1.1)], DISCRETE,
        held=("n",)),
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
        DISCRETE, held=("n",)),
    Row("norm", "x, loc=0, scale=1", REAL_LINE, [()]),
    Row("pareto", "x, b, loc=0, scale=1", POSITIVE, [(2.5,), (1.0,), (-1.0,)]),
    Row("poisson", "k, mu, loc=0", COUNTS, [(3.5,), (0.0,), (0.1,), (-1.0,)], DISCRETE),
    Row("t", "x, df, loc=0, scale=1", REAL_LINE, [(3.0,), (1.0,), (40.0,), (0.0,)], CONTINUOUS,
        held=("df",)),
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


@each
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values(row, dtype):
    names = row.functions.split()
    taken = {n: [np.asarray(x, dtype) for x in arguments(row, n)] for n in names}
    with hloom.enable_x64():
        got = hloom.jit(lambda taken: {n: getattr(row.ours, n)(*xs) for n, xs in taken.items()})(
            taken
        )
    for name, xs in taken.items():
        with np.errstate(all="ignore"):
            want = getattr(row.theirs, name)(*[x.astype("float64") for x in xs])
        assert got[name].dtype == dtype
        rtol, atol = (2e-5, 2e-6) if dtype == "float32" else (1e-10, 1e-13)
        np.testing.assert_allclose(got[name], want, rtol, atol, err_msg=name)
