"""hloom.scipy: ndimage, interpolate, integrate and cluster.vq, where the rows do not go."""

import numpy as np
import pytest
import scipy.cluster.vq
import scipy.integrate
import scipy.interpolate
import scipy.ndimage

import hloom
import hloom.numpy as hnp
from hloom.frontend import errors
from hloom.scipy.cluster.vq import vq
from hloom.scipy.integrate import trapezoid
from hloom.scipy.interpolate import RegularGridInterpolator
from hloom.scipy.ndimage import map_coordinates

RNG = np.random.default_rng(0)


def close(got, want, tol=1e-10):
    assert got.shape == np.shape(want)
    np.testing.assert_allclose(got, want, tol, tol)


# ---------------------------------------------------------------- map_coordinates
MODES = "constant nearest wrap mirror reflect grid-constant grid-wrap grid-mirror".split()
#: the modes that go on with the values between elements, as the grid does here, under SciPy's names
SCIPY = {"constant": "grid-constant", "wrap": "grid-wrap"}


@pytest.mark.parametrize("mode", MODES)
def test_modes(mode, wide):
    known = SCIPY.get(mode, mode)
    for shape, scale in (((5,), 1 + 2j), ((3, 1, 4), 1)):
        x, places = RNG.normal(size=shape) * scale, RNG.uniform(-6, 11, (len(shape), 3, 7))
        for order in (0, 1):
            want = scipy.ndimage.map_coordinates(x, places, order=order, mode=known, cval=2.5)
            close(map_coordinates(x, places, order, mode, 2.5), want)


def test_integers_are_rounded():
    x = np.array([[0, 3], [5, 9]], np.int8)
    found = map_coordinates(x, [np.array([0.5, 0.5]), np.array([0.0, 0.5])], 1)
    assert (found.dtype, found.tolist()) == (np.int8, [3, 4])
    assert map_coordinates(x, [np.array([1]), np.array([1])], 1).tolist() == [9]


def test_empty_images_and_coordinates():
    assert map_coordinates(np.ones((0, 2)), [np.ones(3)] * 2, 1, cval=7.0).tolist() == [7.0] * 3
    assert map_coordinates(np.ones((2, 2)), [np.ones((0, 3))] * 2, 1).shape == (0, 3)


def test_slopes_of_images(wide):
    x, places = RNG.normal(size=(4, 4)), [np.array([1.2]), np.array([2.7])]
    by_row = hloom.grad(lambda r: map_coordinates(x, [r, places[1]], 1)[0])(places[0])
    step = lambda c: x[2, c] - x[1, c]
    np.testing.assert_allclose(by_row, [0.3 * step(2) + 0.7 * step(3)])
    far = hloom.grad(lambda r: map_coordinates(x, [r, r], 1, cval=9.0)[0])(np.array([99.0]))
    assert far.tolist() == [0.0]
    weights = hloom.grad(lambda x: map_coordinates(x, places, 1)[0])(x)
    np.testing.assert_allclose(weights.sum(), 1.0)


# ---------------------------------------------------------------- RegularGridInterpolator
@pytest.mark.parametrize("method", ["linear", "nearest"])
@pytest.mark.parametrize("fill", [np.nan, 7.0, None])
def test_grids(method, fill, wide):
    for lines, rest in (((4,), ()), ((4, 5, 1), (2,)), ((3, 2), ())):
        points = [np.sort(RNG.uniform(0, 5, n)) for n in lines]
        points[0] = points[0][::-1].copy()
        values = RNG.normal(size=(*lines, *rest)) * (1 + 1j)
        xi = RNG.uniform(-1, 6, (6, 2, len(lines)))
        xi[0, 0, 0], xi[1, 0, 0] = np.nan, points[0][0]
        if 1 in lines:
            xi[..., -1] = points[-1][0]
        made = [
            kind(points, values, method, False, fill)(xi)
            for kind in (RegularGridInterpolator, scipy.interpolate.RegularGridInterpolator)
        ]
        close(*made)


def test_positions_by_dimension():
    f = RegularGridInterpolator([np.arange(3.0), np.arange(4.0)], np.arange(12).reshape(3, 4))
    found = f((np.array([[0.5], [1.5]]), np.array([0.0, 1.0, 2.5])))
    assert found.tolist() == [[2.0, 3.0, 4.5], [6.0, 7.0, 8.5]]
    assert f(np.array([0.6, 0.6]), method="nearest").tolist() == [5.0]
    line = RegularGridInterpolator([np.arange(3.0)], np.array([0.0, 10.0, 30.0]))
    assert line(np.array([0.5, 1.5])).tolist() == [5.0, 20.0]
    assert line(1.5) == 20.0


def test_bounds():
    f = RegularGridInterpolator([np.arange(3.0)], np.arange(3.0), bounds_error=True)
    assert f(np.array([0.0, 2.0])).tolist() == [0.0, 2.0]
    with pytest.raises(errors.ValueRangeError, match=r"dimension 0 of the grid goes from 0.0 to 2"):
        f(np.array([2.5]))
    with pytest.raises(errors.TracedValueError, match="bounds_error looks at the positions"):
        hloom.jit(f)(np.array([0.5]))


def test_interpolators_are_trees(wide):
    x = np.array([0.0, 1.0, 3.0])
    f = RegularGridInterpolator([x], x**2, fill_value=-1.0)
    assert len(hloom.tree.leaves(f)) == 3
    slope = hloom.jit(hloom.grad(lambda f, x: f(x)[0]))(f, np.array([2.0]))
    assert slope.values.tolist() == [0.0, 0.5, 0.5]
    assert slope.grid[0].tolist() == [0.0, -2.0, -2.0]
    many = hloom.vmap(lambda values: RegularGridInterpolator([x], values)(np.array([2.0])))
    assert many(np.stack([x, 2 * x])).tolist() == [[2.0], [4.0]]
    assert hloom.grad(lambda x: f(x)[0])(np.array([9.0])).tolist() == [0.0]


# ---------------------------------------------------------------- the rest
def test_vector_quantization(wide):
    obs, codes = RNG.normal(size=(20, 3)), RNG.normal(size=(4, 3))
    for pair in ((obs, codes), (obs[:, 0], codes[:, 0])):
        for got, want in zip(vq(*pair), scipy.cluster.vq.vq(*pair), strict=True):
            close(got, want)
    assert vq(np.array([[1, 1]]), np.array([[0, 1], [2, 1]]))[0].tolist() == [0]
    # a distance of 0 has no slope
    assert hloom.grad(lambda x: vq(x, codes)[1].sum())(codes[:1]).tolist() == [[0.0] * 3]


def test_trapezoid(wide):
    y, x = RNG.normal(size=(3, 5)), np.sort(RNG.normal(size=5))
    close(trapezoid(y, x), scipy.integrate.trapezoid(y, x))
    close(trapezoid(y, dx=0.5, axis=0), scipy.integrate.trapezoid(y, dx=0.5, axis=0))


M, V = hnp.ones((2, 2)), hnp.ones(3)
LINE = np.arange(3.0)


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: map_coordinates(M, [V, V], 3), NotImplementedError, "orders 0 and 1 only"),
        (lambda: map_coordinates(M, [V, V], 1, "edge"), errors.ValueRangeError, "mode 'edge'"),
        (lambda: map_coordinates(M, [V], 1), errors.ShapeError, "one array of coordinates"),
        (lambda: map_coordinates(M, 1.0, 1), errors.ArgumentError, "are a sequence"),
        (lambda: map_coordinates(M, [V, V * 1j], 1), errors.ArgumentError, "are real"),
        (lambda: map_coordinates(M, [V, V], 1, cval=V), errors.ShapeError, "cval is one number"),
        (
            lambda: RegularGridInterpolator([LINE], V, "cubic"),
            errors.ValueRangeError,
            "method 'cubic'",
        ),
        (lambda: RegularGridInterpolator([LINE], M), errors.ShapeError, "points go with values"),
        (
            lambda: RegularGridInterpolator([np.array([0.0, 2.0, 1.0])], V),
            errors.ValueRangeError,
            "points increase",
        ),
        (
            lambda: RegularGridInterpolator([LINE[:2]] * 2, M)(V),
            errors.ShapeError,
            "positions on the grid",
        ),
        (lambda: vq(M, V), errors.ShapeError, "have the same features"),
        (lambda: vq(M, M[:0]), errors.ShapeError, "there is a code"),
        (lambda: vq(M * 1j, M), errors.DTypeError, "observations are real"),
    ],
)
def test_what_is_refused(call, kind, text):
    with pytest.raises(kind, match=text):
        call()
