"""Differences, interpolation and convolution: hloom.numpy against NumPy."""

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.frontend import errors

M = np.arange(12.0).reshape(3, 4) ** 2
X = np.array([0.0, 1, 3, 7])
Z = np.array([1 + 2j, -1j, 0.5, 2 + 1j, 3])
ANGLES = np.array([0, 1, 2, -1, 5, 12, 3.0])


def same(found, expected):
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for f, x in zip(found, expected, strict=True):
            same(f, x)
        return
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-5, atol=1e-5)


CALLS = {
    "diff": [
        ((M,), {}),
        ((M, 2), {"axis": 0}),
        ((M, 0), {}),
        ((M > 20,), {}),
        ((M,), {"prepend": 0, "append": M[:, :2]}),
    ],
    "ediff1d": [((M,), {}), ((X, np.array([9.0]), np.array([1.0, 2.0])), {})],
    "gradient": [
        ((M,), {}),
        ((M, 2.0, X), {}),
        ((M, X), {"axis": 1}),
        ((M, 0.5), {"axis": (1, 0)}),
    ],
    "trapezoid": [((M,), {}), ((M, X), {}), ((M,), {"dx": 0.5, "axis": 0})],
    "unwrap": [
        ((ANGLES,), {}),
        ((ANGLES,), {"period": 4}),
        ((ANGLES.astype(int),), {"period": 5}),
        ((M,), {"axis": 0, "discont": 4}),
    ],
    "interp": [
        ((np.linspace(-1, 9, 23), X, X[::-1]), {}),
        ((np.linspace(-1, 9, 23), X, X[::-1], -5, 7), {}),
        ((np.linspace(-9, 9, 23), X, X[::-1]), {"period": 8}),
        ((3.0, X, X[::-1]), {}),
    ],
    "convolve": [((a, b, mode), {}) for a, b in ((X, X[:2]), (X[:3], ANGLES), (Z, X))
                 for mode in ("full", "same", "valid")],
    "correlate": [((a, b, mode), {}) for a, b in ((X, X[:2]), (X, ANGLES), (Z, Z[:2]))
                  for mode in ("full", "same", "valid")],
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_same_as_numpy(name):
    for args, options in CALLS[name]:
        same(getattr(jnp, name)(*args, **options), getattr(np, name)(*args, **options))


def test_interp_extrapolates():
    assert jnp.interp(-1.0, X, 2 * X, left="extrapolate").item() == -2.0
    assert jnp.interp(9.0, X, 2 * X, right="extrapolate").item() == 18.0
    assert jnp.interp(9.0, X, 2 * X).item() == 14.0


def test_derivatives():
    slope = hloom.grad(lambda x: jnp.interp(x, X, X**2))
    assert slope(2.0) == 4.0
    same(hloom.grad(lambda a: jnp.convolve(a, X).sum())(ANGLES), np.full(7, X.sum()))
    same(hloom.grad(lambda y: jnp.trapezoid(y, X))(X), [0.5, 1.5, 3.0, 2.0])


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: jnp.diff(1.0), errors.ShapeError, "takes an axis"),
        (lambda: jnp.diff(X, -1), errors.ValueRangeError, "-1 times"),
        (lambda: jnp.gradient(X[:1]), errors.ShapeError, "needs two elements"),
        (lambda: jnp.gradient(M, X), errors.ShapeError, "one coordinate for each element"),
        (lambda: jnp.gradient(M, edge_order=2), NotImplementedError, "of the first order only"),
        (lambda: jnp.convolve(M, X), errors.ShapeError, "two vectors that are not empty"),
        (lambda: jnp.convolve(X, X, "all"), errors.ValueRangeError, "mode 'all'"),
        (lambda: jnp.interp(1.0, X, X[1:]), errors.ShapeError, "equally long"),
        (lambda: jnp.interp(1.0, X, X, "nonsense"), errors.ValueRangeError, "left and right"),
    ],
)
def test_what_is_refused(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize(("m", "n"), [(300, 1), (500, 3), (777, 34), (1100, 65)])
def test_long_vectors(m, n, mode):
    """They are multiplied in blocks; what is not finite stays within the kernel's reach."""
    rng = np.random.default_rng(0)
    x, v = rng.standard_normal((2, m)).astype("float32"), rng.standard_normal(n).astype("float32")
    rows = hloom.vmap(lambda row: jnp.convolve(row, v, mode))(x)
    np.testing.assert_allclose(rows, [np.convolve(row, v, mode) for row in x], atol=1e-4)
    x[0, 70], x[0, 90] = np.nan, np.inf
    found = np.isnan(jnp.convolve(x[0], v, mode))
    np.testing.assert_array_equal(found, np.isnan(np.convolve(x[0], v, mode)))


def test_the_gradient_at_an_element_does_not_depend_on_it():
    x = np.array([1, np.nan, 3, np.inf, -np.inf, 2], np.float32)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(jnp.gradient(x), np.gradient(x))
