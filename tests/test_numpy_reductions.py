"""Reductions of hloom.numpy beside NumPy's: dtypes, axes, masks, derivatives, messages."""

import re

import ml_dtypes
import numpy as np
import pytest

import hloom
import hloom.numpy as hnp
from hloom.frontend.prims.cumulative import linear_recurrence

RNG = np.random.default_rng(0)
X = RNG.standard_normal((3, 4, 5)).astype(np.float32)
N = X.copy()
N[0, 1, 2] = N[:, 2, 1] = np.nan
MASK = X > 0
MASK[:, 0] = True
AXES = [None, 0, -1, (0, 2)]
EVERY = ["sum", "prod", "max", "min", "mean", "var", "std", "any", "all", "ptp"]
MASKED = ["sum", "prod", "mean", "var", "std", "any", "all"]
NANS = ["nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd", "nanmedian"]


def near(got, want, rtol=2e-5, atol=2e-6):
    got = np.asarray(got)
    assert got.shape == np.shape(want)
    np.testing.assert_allclose(got, want, rtol, atol)


def message(call):
    """The lines of an error, without the place."""
    with pytest.raises(Exception) as info:
        call()
    lines = [s for s in str(info.value).split("\n    ") if not re.match(r"at \S+:\d+", s)]
    return type(info.value).__name__, *lines


# ---------------------------------------------------------------- values
@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("axis", AXES, ids=str)
def test_axes(name, axis):
    for keepdims in (False, True):
        want = getattr(np, name)(X, axis=axis, keepdims=keepdims)
        near(getattr(hnp, name)(X, axis=axis, keepdims=keepdims), want)
    near(getattr(hnp.asarray(X), name)(axis=axis), getattr(np, name)(X, axis=axis))


@pytest.mark.parametrize("name", NANS)
def test_nan_is_left_out(name):
    for axis in (None, 1, (0, 2)):
        for keepdims in (False, True):
            want = getattr(np, name)(N, axis=axis, keepdims=keepdims)
            near(getattr(hnp, name)(N, axis=axis, keepdims=keepdims), want)


@pytest.mark.parametrize("name", ["max", "min", "mean", "var", "median", "argmax", "argmin", "sum"])
def test_nan_goes_through(name):
    near(getattr(hnp, name)(N, axis=1), getattr(np, name)(N, axis=1))


@pytest.mark.parametrize("name", MASKED)
def test_where(name):
    function, oracle = getattr(hnp, name), getattr(np, name)
    near(function(X, axis=1, where=MASK), oracle(X, axis=1, where=MASK))
    near(function(X, where=MASK[0, :1]), oracle(X, where=MASK[0, :1]))


def test_initial_and_where_of_extremes():
    near(hnp.max(X, axis=0, initial=0.5), np.max(X, axis=0, initial=0.5))
    near(hnp.min(X, 0, initial=-0.5, where=MASK), np.min(X, 0, initial=-0.5, where=MASK))
    near(hnp.sum(X, initial=3.0), np.sum(X, initial=3.0), 1e-4)
    low, high = hnp.minmax(X, 1, initial=(0.0, 1.0))
    near(low, np.min(X, 1, initial=0.0))
    near(high, np.max(X, 1, initial=1.0))
    assert hnp.max(hnp.zeros((2, 0)), 1, initial=7).tolist() == [7.0, 7.0]


def test_positions():
    for axis in (None, 0, 2):
        for keepdims in (False, True):
            near(hnp.argmax(X, axis, keepdims=keepdims), np.argmax(X, axis, keepdims=keepdims))
            near(hnp.argmin(X, axis, keepdims=keepdims), np.argmin(X, axis, keepdims=keepdims))
    near(hnp.nanargmax(N, 1), np.nanargmax(N, 1))
    near(hnp.nanargmin(N), np.nanargmin(N))
    nothing = np.array([[np.nan, np.nan], [-np.inf, np.nan], [np.nan, -np.inf]], np.float32)
    assert hnp.nanargmax(nothing, 1).tolist()[:2] == [-1, 0]
    assert hnp.argmax(np.array([1.0, np.nan, np.nan])) == 1
    assert hnp.argmax(np.array([[True, False], [False, True]]), 1).tolist() == [0, 1]


def test_moments():
    near(hnp.var(X, ddof=1), np.var(X, ddof=1))
    near(hnp.std(X, 0, correction=2), np.std(X, 0, ddof=2))
    near(hnp.var(X, 1, mean=X.mean(1, keepdims=True)), np.var(X, 1))
    z = (X + 1j * X[::-1]).astype(np.complex64)
    near(hnp.var(z, 0), np.var(z, 0))
    near(hnp.std(z), np.std(z))
    near(hnp.mean(z, 1), np.mean(z, 1))
    assert np.isnan(hnp.var(hnp.ones(3), ddof=3))
    assert np.isnan(hnp.mean(hnp.zeros(0)))


def test_average():
    weights = np.abs(X) + 0.1
    near(hnp.average(X, weights=weights), np.average(X, weights=weights))
    near(hnp.average(X, 1, weights[0, :, 0]), np.average(X, 1, weights[0, :, 0]))
    pair = hnp.average(X, (2, 0), weights[:, 0, :].T, returned=True)
    for got, want in zip(pair, np.average(X, (2, 0), weights[:, 0].T, returned=True), strict=True):
        near(got, want)
    near(hnp.average(X, 0, keepdims=True), np.average(X, 0, keepdims=True))


# ---------------------------------------------------------------- dtypes
@pytest.mark.parametrize(
    ("dtype", "total", "prefix", "mean"),
    [
        ("bool", "int32", "int32", "float32"),
        ("int8", "int32", "int8", "float32"),
        ("uint8", "uint32", "uint8", "float32"),
        ("uint32", "uint32", "uint32", "float32"),
        ("bfloat16", "bfloat16", "bfloat16", "bfloat16"),
        ("float16", "float16", "float16", "float16"),
        ("complex64", "complex64", "complex64", "complex64"),
    ],
)
def test_dtypes_of_results(dtype, total, prefix, mean):
    x = hnp.ones(3, dtype)
    assert {hnp.sum(x).dtype, hnp.prod(x).dtype, hnp.cumulative_sum(x).dtype} == {np.dtype(total)}
    assert {hnp.cumsum(x).dtype, hnp.cumprod(x).dtype} == {np.dtype(prefix)}
    assert {hnp.mean(x).dtype, hnp.average(x).dtype} == {np.dtype(mean)}
    assert hnp.max(x).dtype == x.dtype
    assert hnp.any(x).dtype == np.dtype(bool)


def test_dtypes_asked_for():
    x = hnp.ones(3, "int8")
    assert hnp.sum(x, promote_integers=False).dtype == np.dtype("int8")
    assert hnp.mean(x, dtype="float16").dtype == np.dtype("float16")
    assert hnp.sum(hnp.full(2, 1.6), dtype="int32") == 2
    with hloom.enable_x64():
        assert hnp.sum(hnp.ones(3, "int8")).dtype == np.dtype("int64")
        assert hnp.argmax(hnp.ones(3, "int8")).dtype == np.dtype("int64")


def test_results_are_not_weak():
    for name in ("sum", "max", "mean", "any", "cumsum"):
        assert not getattr(hnp, name)(2.0).weak_type


def test_narrow_sums_are_exact():
    ones = hnp.ones(3000, ml_dtypes.bfloat16)
    assert hnp.sum(ones) == 3008  # 3000 to the nearest bfloat16, not the 256 where adding 1 stops
    assert hnp.cumsum(ones)[-1] == 3008
    assert hnp.mean(ones) == 1


# ---------------------------------------------------------------- quantiles
@pytest.mark.parametrize(
    "method", ["linear", "lower", "higher", "midpoint", "nearest", "inverted_cdf"]
)
def test_quantiles(method):
    for axis, q in ((None, 0.3), (1, np.array([0.0, 0.25, 0.5, 1.0], np.float32)), ((0, 2), 0.5)):
        for x, name in ((X, "quantile"), (N, "quantile"), (N, "nanquantile")):
            want = getattr(np, name)(x.astype(np.float64), q, axis, method=method, keepdims=True)
            near(getattr(hnp, name)(x, q, axis, method=method, keepdims=True), want)


def test_medians_and_percentiles():
    for axis in (None, 0, 1, (1, 2)):
        near(hnp.median(X, axis, keepdims=True), np.median(X, axis, keepdims=True))
    near(hnp.percentile(X, np.array([30, 40])), np.percentile(X, [30, 40]))
    near(hnp.nanpercentile(N, 30, 1), np.nanpercentile(N, 30, 1))
    assert hnp.median(hnp.array([1, 2])).dtype == np.dtype("float32")
    assert hnp.median(hnp.array([np.inf, np.inf])) == np.inf


def test_weighted_quantiles():
    weights, q = np.abs(X) + 0.1, np.array([0.2, 0.7], np.float32)
    got = hnp.quantile(X, q, 1, weights=weights, method="inverted_cdf")
    near(got, np.quantile(X, q, 1, weights=weights, method="inverted_cdf"))


# ---------------------------------------------------------------- prefixes
def test_prefixes():
    near(hnp.cumsum(X), np.cumsum(X), atol=1e-5)
    near(hnp.cumprod(X, 1), np.cumprod(X, 1))
    near(hnp.nancumsum(N, 1), np.nancumsum(N, 1))
    near(hnp.nancumprod(N, 2), np.nancumprod(N, 2))
    assert hnp.cumulative_prod(hnp.array([2, 3]), include_initial=True).tolist() == [1, 2, 6]
    assert hnp.cumulative_sum(hnp.ones((2, 2)), axis=1).tolist() == [[1, 2], [1, 2]]


# ---------------------------------------------------------------- derivatives
def slope(function, x):
    """The gradient of a sum of results by central differences."""
    total = lambda v: float(np.sum(np.asarray(function(v), np.float64)))
    steps = np.eye(x.size).reshape(x.size, *x.shape) * 1e-6
    return np.array([(total(x + s) - total(x - s)) / 2e-6 for s in steps]).reshape(x.shape)


@pytest.mark.parametrize(
    "function",
    [
        lambda np, x: np.mean(x, axis=0),
        lambda np, x: np.var(x, axis=1),
        lambda np, x: np.std(x, ddof=1),
        lambda np, x: np.prod(x, axis=1),
        lambda np, x: np.median(x, axis=1),
        lambda np, x: np.quantile(x, 0.3, axis=0),
        lambda np, x: np.ptp(x, axis=0),
        lambda np, x: np.average(x, weights=abs(x)),
        lambda np, x: np.cumprod(x, axis=1),
        lambda np, x: np.sum(x, where=x > 0, axis=1) ** 2,
    ],
)
def test_gradients(function):
    x = X[0].astype(np.float64)
    with hloom.enable_x64():
        got = hloom.grad(lambda v: hnp.sum(function(hnp, v)))(x)
    near(got, slope(lambda v: function(np, v), x), 1e-6, 1e-7)


def test_gradients_at_corners():
    grad = lambda f, *x: hloom.grad(f)(hnp.array(x)).tolist()
    assert grad(hnp.max, 1.0, 2.0, 2.0) == [0, 0.5, 0.5]
    assert grad(hnp.var, 1.0, 1.0, 1.0) == [0, 0, 0]
    assert grad(hnp.prod, 2.0, 0.0, 5.0) == [0, 10, 0]
    assert grad(hnp.prod, 0.0, 0.0, 5.0) == [0, 0, 0]
    assert grad(lambda x: hnp.cumprod(x)[-1], 2.0, 0.0, 5.0) == [0, 10, 0]
    assert grad(hnp.nanmean, 1.0, np.nan, 3.0) == [0.5, 0, 0.5]
    # neighbours share even where they are equal
    assert grad(hnp.median, 2.0, 2.0, 1.0, 3.0) == [0.5, 0.5, 0, 0]
    assert grad(lambda x: hnp.nanquantile(x, 0.25), 2.0, np.nan, 2.0, 3.0) == [0.5, 0, 0.5, 0]
    assert grad(lambda x: hnp.sort(x)[0], 2.0, 1.0) == [0, 1]


@pytest.mark.parametrize(
    "name", ["sum", "mean", "max", "argmin", "median", "var", "cumsum", "nanmean"]
)
def test_vmap_is_a_loop(name):
    function = getattr(hnp, name)
    got = hloom.vmap(function, in_axes=1)(X)
    near(got, np.stack([function(x) for x in X.swapaxes(0, 1)]), atol=1e-5)


def test_equations_are_few():
    count = lambda f, *xs: len(hloom.make_program(f)(*xs).eqns)
    assert count(hnp.sum, X) == count(hnp.max, X) == 1
    assert count(hnp.mean, X) == 2
    assert count(hnp.var, X) == 6


# ---------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("call", "lines"),
    [
        (
            lambda x: hnp.max(x[:0]),
            ("ValueRangeError", "max: of no elements",
             "the array has shape (0, 4, 5), the axes are (0, 1, 2)", "give `initial`"),
        ),
        (
            lambda x: hnp.min(x, where=x > 0),
            ("ValueRangeError", "min: `where` needs `initial`", "no elements may be left",
             "give `initial`, the value where nothing is taken"),
        ),
        (
            lambda x: hnp.sum(x, axis=3),
            ("AxisError", "sum: there is no axis 3", "the operand has 3 axes",
             "use an axis from -3 to 2"),
        ),
        (
            lambda x: hnp.sum(x, axis=(0, -3)),
            ("AxisError", "sum: an axis is named twice", "the axes are (0, -3)", "name each once"),
        ),
        (
            lambda x: hnp.sum(x, where=np.ones((2, 3, 4, 5), bool)),
            ("ShapeError", "sum: `where` broadcasts to the array",
             "it has shape (2, 3, 4, 5), the array has shape (3, 4, 5)", "reshape or index it"),
        ),
        (
            lambda x: hnp.mean(x, out=x),
            ("UnsupportedError", "mean: takes no `out`",
             "arrays are immutable, so a result cannot be written into one",
             "leave `out` away and use the result"),
        ),
        (
            lambda x: hnp.argmax(x[:, :0], axis=1),
            ("ShapeError", "argmax: of no elements", "the array has shape (3, 0, 5)",
             "there is no such position"),
        ),
        (
            lambda x: hnp.quantile(x, 0.5, method="hazen"),
            ("ValueRangeError", "quantile: the method is not known", "it is 'hazen'",
             "use one of ('linear', 'lower', 'higher', 'midpoint', 'nearest', 'inverted_cdf')"),
        ),
        (
            lambda x: hnp.average(x, weights=np.ones(2, np.float32)),
            ("ShapeError", "average: the weights do not fit",
             "they have shape (2,), the array has shape (3, 4, 5), axis is None",
             "give weights the shape of the array, or name the axes that they belong to"),
        ),
    ],
)  # fmt: skip
def test_messages(call, lines):
    assert message(lambda: call(hnp.asarray(X))) == lines


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("shape", [(1 << 17,), (300, 600), (20, 8, 1000), (3, 50_000)])
def test_scans_of_far_elements(shape, reverse):
    # of such sizes the last axis changes its place before it is scanned (on CPU)
    a, b = np.random.default_rng(0).uniform(-1, 1, (2, *shape)).astype(np.float32)
    axis, turn = len(shape) - 1, lambda x: np.flip(x, -1) if reverse else x
    wide = turn(b).astype(np.float64)
    sums = hloom.lax.cumsum(b, axis, reverse=reverse)
    np.testing.assert_allclose(turn(sums), np.cumsum(wide, -1), rtol=1e-5, atol=1e-3)
    largest = hloom.lax.cummax(b, axis, reverse=reverse)
    np.testing.assert_array_equal(turn(largest), np.maximum.accumulate(turn(b), -1))
    found = linear_recurrence(a, b, axis=axis, reverse=reverse)
    expected, last = np.empty_like(wide), 0.0
    for k in range(shape[-1]):
        expected[..., k] = last = turn(a)[..., k] * last + wide[..., k]
    np.testing.assert_allclose(turn(found), expected, rtol=1e-5, atol=1e-5)
