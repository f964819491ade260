"""Set operations and covariances beside NumPy's."""

import numpy as np
import pytest

import hloom
import hloom.numpy as hnp
from test_numpy_reductions import message, near

RNG = np.random.default_rng(0)
A = RNG.integers(0, 9, 12).astype(np.int32)
B = RNG.integers(1, 14, 10).astype(np.int32)


@pytest.mark.parametrize("name", ["union1d", "setdiff1d", "setxor1d", "intersect1d"])
def test_sets(name):
    function, want = getattr(hnp, name), getattr(np, name)(A, B)
    near(function(A, B), want)
    near(hloom.jit(lambda x, y: function(x, y, size=len(want)))(A, B), want)
    near(function(A, B, size=len(want) + 2, fill_value=-1), [*want, -1, -1])
    near(function(A, B, size=len(want) + 1), [*want, want[0]])
    near(function(A, B, size=2), want[:2])
    near(function(A, B, size=0), [])


def test_places_of_common_elements():
    want = np.intersect1d(A, B, return_indices=True)
    n = len(want[0])
    for size in (None, n):
        found = hnp.intersect1d(A, B, return_indices=True, size=size)
        for got, w in zip(found, want, strict=True):
            near(got, w)
    _, left, right = hnp.intersect1d(A, B, return_indices=True, size=n + 1)
    assert (left[-1], right[-1]) == (len(A), len(B))


@pytest.mark.parametrize("tests", [B, RNG.integers(0, 1000, 100), B[:0]], ids=len)
def test_isin(tests):
    near(hnp.isin(A.reshape(3, 4), tests), np.isin(A.reshape(3, 4), tests))
    near(hnp.isin(A, tests, invert=True), np.isin(A, tests, invert=True))


def test_traced_sets_need_a_size():
    assert message(lambda: hloom.jit(hnp.setdiff1d)(A, B)) == (
        "TracerArrayError",
        "setdiff1d: the number of results must be known",
        "an array is traced under jit (i32[12])",
        "give it as setdiff1d(x, y, size=...), or call outside the traced function",
    )


# ---------------------------------------------------------------- covariance
M = RNG.standard_normal((3, 10)).astype(np.float32)
COUNTS, SHARES = RNG.integers(1, 4, 10), RNG.random(10).astype(np.float32)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rowvar": False},
        {"bias": True},
        {"ddof": 2},
        {"fweights": COUNTS},
        {"aweights": SHARES},
        {"fweights": COUNTS, "aweights": SHARES},
    ],
    ids=lambda o: " ".join(o) or "plain",
)
def test_covariance(options):
    near(hnp.cov(M, **options), np.cov(M, **options))


def test_covariance_and_correlation():
    z = (M + 1j * M[::-1]).astype(np.complex64)
    near(hnp.cov(z), np.cov(z))
    near(hnp.cov(M[0]), np.cov(M[0]))
    near(hnp.cov(M, M[::-1]), np.cov(M, M[::-1]))
    near(hnp.corrcoef(M), np.corrcoef(M))
    near(hnp.corrcoef(z), np.corrcoef(z))
    near(hnp.corrcoef(M, rowvar=False), np.corrcoef(M, rowvar=False), 1e-4)


def test_top_k():
    values, order = hnp.top_k(M, 2, mode="smallest", axis=1)
    near(order, np.argsort(M, 1)[:, :2])
    near(values, np.sort(M, 1)[:, :2])
    values, order = hnp.top_k(M, 2, axis=0)
    near(values, np.sort(M, 0)[:-3:-1])


@pytest.mark.parametrize("name", ["union1d", "setdiff1d", "setxor1d", "intersect1d"])
def test_python_numbers_are_sets_of_one(name):
    for x, y in (A, 2), (2, A), (A, 2.5), (3, 3):
        found, expected = getattr(hnp, name)(x, y), getattr(np, name)(x, y)
        np.testing.assert_array_equal(found, expected)
    assert hnp.setdiff1d(A, 2.5).dtype == A.dtype
    assert hnp.unique(3).tolist() == [3]
