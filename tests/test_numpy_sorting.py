"""Sorting, distinct elements and counting in hloom.numpy beside NumPy's."""

import numpy as np
import pytest

import hloom
import hloom.numpy as hnp
from test_numpy_reductions import message, near

RNG = np.random.default_rng(1)
X = RNG.standard_normal((3, 8)).astype(np.float32)
I = RNG.integers(0, 6, (4, 5)).astype(np.int32)
SPECIAL = np.array([3.0, np.nan, 0.0, -np.inf, -0.0, np.nan, np.inf, 1.0], np.float32)


# ---------------------------------------------------------------- order
@pytest.mark.parametrize("name", ["sort", "argsort"])
def test_sorting(name):
    for axis in (None, 0, -1):
        near(getattr(hnp, name)(X, axis), getattr(np, name)(X, axis))
        near(getattr(hnp.asarray(X), name)(axis=axis), getattr(np, name)(X, axis))
    near(getattr(hnp, name)(SPECIAL), getattr(np, name)(SPECIAL, kind="stable"))


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "float16", "bfloat16", "complex64"])
def test_dtypes(dtype):
    x = hnp.asarray(RNG.integers(0, 2 if dtype == "bool" else 9, 30)).astype(dtype)
    order = np.argsort(np.asarray(x), kind="stable")
    assert hnp.argsort(x).tolist() == order.tolist()
    assert hnp.sort(x).dtype == x.dtype
    assert hnp.sort(x).tolist() == np.asarray(x)[order].tolist()


def test_descending_keeps_the_order_of_equals():
    x = hnp.array([1.0, np.nan, 2.0, 2.0, 0.0])
    assert hnp.argsort(x, descending=True).tolist() == [1, 2, 3, 0, 4]
    near(hnp.sort(x, descending=True), [np.nan, 2, 2, 1, 0])


def test_several_keys():
    keys = RNG.integers(0, 3, (3, 20))
    near(hnp.lexsort(keys), np.lexsort(keys))
    near(hnp.lexsort(tuple(keys)), np.lexsort(keys))
    mixed = (X.ravel()[:20], keys[0])
    near(hnp.lexsort(mixed), np.lexsort(mixed))
    near(hnp.sort_complex(I), np.sort_complex(I.astype(np.float32)))


def test_partitions():
    for kth in (0, 3, -1):
        got, order = hnp.partition(X, kth), np.asarray(hnp.argpartition(X, kth))
        near(np.take_along_axis(X, order, -1), got)
        near(got[:, kth], np.partition(X, kth)[:, kth])
        place = kth % X.shape[1]
        parts = np.asarray(got)
        assert (parts[:, :place] <= parts[:, place : place + 1]).all()
        assert (parts[:, place:] >= parts[:, place : place + 1]).all()


# ---------------------------------------------------------------- distinct elements
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_unique(axis):
    x = np.concatenate([I, I[1:3]]) if axis == 0 else I
    want = np.unique(x, True, True, True, axis)
    size = len(want[1])
    compiled = hloom.jit(lambda v: hnp.unique(v, True, True, True, axis, size=size))
    for results in (hnp.unique(hnp.asarray(x), True, True, True, axis), compiled(x)):
        for got, w in zip(results, want, strict=True):
            near(got, w.reshape(got.shape))
    assert results[2].shape == (x.shape if axis is None else x.shape[axis : axis + 1])


def test_unique_of_a_given_size():
    x = hnp.array([3, 1, 1])
    values, index, inverse, counts = hnp.unique(x, True, True, True, size=4)
    assert values.tolist() == [1, 3, 1, 1]
    assert index.tolist() == [1, 0, 1, 1]
    assert inverse.tolist() == [1, 0, 0]
    assert counts.tolist() == [2, 1, 0, 0]
    assert hnp.unique(x, size=4, fill_value=-7).tolist() == [1, 3, -7, -7]
    assert hnp.unique(x, return_counts=True, size=1)[1].tolist() == [2]


@pytest.mark.parametrize("dtype", ["float32", "int32", "float16", "uint8"])
@pytest.mark.parametrize(("shape", "k"), [((5000,), 3), ((2, 3000), 7), ((4097,), 64)])
def test_top_k_of_many(dtype, shape, k):
    x = np.random.default_rng(0).integers(0, 99, shape).astype(dtype)
    if dtype.startswith("float"):
        x.flat[:3000:1000] = -np.nan, -np.inf, np.nan
    ranks = np.where(np.isnan(x), np.inf, x)
    order = np.argsort(-ranks.astype(float), axis=-1, kind="stable")[..., :k]
    values, positions = hloom.lax.top_k(x, k)
    np.testing.assert_array_equal(positions, order)
    np.testing.assert_array_equal(values, np.take_along_axis(x, order, -1))


def test_unique_and_nan():
    x = np.array([np.nan, 3.0, np.nan], np.float32)
    for size in (None, 2):
        near(hnp.unique(hnp.asarray(x), size=size), [3, np.nan])
    for size in (None, 3):
        found = hnp.unique_all(hnp.asarray(x), size=size)
        near(found.values, [3, np.nan, np.nan])
        assert found.counts.tolist() == [1, 1, 1]
        assert found.inverse_indices.tolist() == [1, 0, 2]
        assert found.indices.tolist() == [1, 0, 2]
    assert hnp.unique_counts(hnp.asarray(I)).counts.sum() == I.size
    assert hnp.unique_values(hnp.asarray(I)).tolist() == np.unique(I).tolist()
    assert hnp.unique_inverse(hnp.asarray(I)).inverse_indices.shape == I.shape


# ---------------------------------------------------------------- counting
def test_bincount():
    x, weights = I.ravel(), RNG.standard_normal(I.size).astype(np.float32)
    near(hnp.bincount(x), np.bincount(x))
    near(hnp.bincount(x, weights, minlength=9), np.bincount(x, weights, minlength=9))
    assert hnp.bincount(hnp.array([1, -2, 7]), length=3).tolist() == [1, 1, 0]
    assert hloom.jit(lambda v: hnp.bincount(v, length=2))(np.array([1, 1])).tolist() == [0, 2]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bins": 3},
        {"bins": np.array([-1, 0, 0.5, 2], np.float32)},
        {"range": (-1, 1)},
        {"density": True, "bins": 4},
        {"weights": np.abs(X)},
    ],
    ids=str,
)
def test_histogram(options):
    for got, want in zip(hnp.histogram(X, **options), np.histogram(X, **options), strict=True):
        near(got, want)
    edges = {k: v for k, v in options.items() if k != "density"}
    near(hnp.histogram_bin_edges(X, **edges), np.histogram_bin_edges(X, **edges))


@pytest.mark.parametrize(
    "options",
    [
        {"bins": (3, 4)},
        {"bins": [np.array([-1, 0, 0.5, 2], np.float32), 5]},
        {"range": ((-1, 1), (0, 1)), "density": True},
    ],
    ids=str,
)
def test_histograms_of_points(options):
    x, y = X.ravel(), X[::-1].ravel()
    want = np.histogram2d(x, y, **options)
    for got, w in zip(hnp.histogram2d(x, y, **options), want, strict=True):
        near(got, w)
    counts, edges = hnp.histogramdd(np.stack([x, y], 1), **options)
    near(counts, want[0])
    near(edges[1], want[2])


@pytest.mark.parametrize("bins", [[1.0, 2, 3], [3.0, 2, 1], [2.0], [1.0, 1, 2]], ids=str)
def test_digitize(bins):
    bins, x = np.array(bins, np.float32), np.array([0.5, 1, 1.5, 2, 3, 4, np.nan], np.float32)
    for right in (False, True):
        near(hnp.digitize(x, bins, right), np.digitize(x, bins, right))
    near(hnp.digitize(x.reshape(7, 1), bins), np.digitize(x, bins).reshape(7, 1))


# ---------------------------------------------------------------- transformations
def test_gradients():
    x, w = X[0], np.arange(8, dtype=np.float32)
    near(hloom.grad(lambda v: hnp.sum(hnp.sort(v) * w))(x), np.argsort(np.argsort(x)))
    assert hloom.grad(lambda v: hnp.unique(v).sum())(hnp.array([2.0, 0, 2])).tolist() == [1, 1, 0]
    got = hloom.grad(lambda v: hnp.histogram(v, 2, (0, 1), weights=v)[0][1])(hnp.array([0.2, 0.7]))
    assert got.tolist() == [0, 1]


def test_vmap_is_a_loop():
    for function in (hnp.argsort, hnp.sort, lambda v: hnp.unique(v, size=3), hnp.median):
        near(hloom.vmap(function)(X), np.stack([function(x) for x in X]))


# ---------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("call", "lines"),
    [
        (
            lambda x: hloom.jit(hnp.unique)(x),
            ("TracerArrayError", "unique: the number of distinct elements must be known",
             "the array is traced under jit (f32[3,8])",
             "give it as unique(x, size=...), or call outside the traced function"),
        ),
        (
            lambda x: hnp.sort(x, kind="quicksort"),
            ("UnsupportedError", "sort: takes no `kind`", "kind is 'quicksort'",
             "say stable=True or stable=False"),
        ),
        (
            lambda x: hnp.sort(2.0),
            ("ShapeError", "sort: needs an axis", "the operand is ~f32[]",
             "give axis=None, or an array"),
        ),
        (
            lambda x: hnp.partition(x, 8),
            ("ValueRangeError", "partition: there is no element 8", "the axis has 8 elements",
             "use a smaller kth"),
        ),
        (
            lambda x: hloom.jit(hnp.bincount)(np.array([1])),
            ("TracerIntegerError", "bincount: the number of bins must be known",
             "the array is traced under jit (i32[1])", "give it as bincount(x, length=...)"),
        ),
        (
            lambda x: hnp.bincount(x[0]),
            ("ArgumentError", "bincount: counts integers", "they are f32[8]",
             "convert with x.astype(int)"),
        ),
        (
            lambda x: hnp.histogram(x, bins="auto"),
            ("UnsupportedError", "histogram: bins are a number or edges", "bins is 'auto'",
             "pass an int"),
        ),
        (
            lambda x: hloom.lax.top_k(x, 9),
            ("ValueRangeError", "top_k: there are no 9 elements",
             "axis 1 of f32[3,8] has 8 elements", "use a smaller k"),
        ),
    ],
)  # fmt: skip
def test_messages(call, lines):
    assert message(lambda: call(hnp.asarray(X))) == lines
