"""hloom.image beyond the table: nearest pixels, closed forms, other dtypes, errors."""

import numpy as np
import pytest

import hloom
from hloom.image import ResizeMethod, resize, scale_and_translate

X = np.arange(12.0, dtype=np.float32).reshape(3, 4)


def test_nearest_takes_the_pixel_below_the_center():
    for n in range(1, 9):
        x = np.arange(n, dtype=np.uint8)
        for new in range(1, 12):
            got = resize(x, (new,), "nearest")
            assert got.dtype == np.uint8
            centers = [(2 * o + 1) * n // (2 * new) for o in range(new)]
            np.testing.assert_array_equal(got, x[centers])


def test_nearest_scatters_its_gradient():
    gradient = hloom.grad(lambda x: resize(x, (2, 8), "nearest").sum())(X)
    np.testing.assert_array_equal(gradient, [[2] * 4, [0] * 4, [2] * 4])


def test_linear_is_interpolation_between_centers():
    x = np.array([3.0, -1.0, 4.0, 1.0, 5.0], np.float32)
    for new in (5, 6, 10, 13):
        centers = (np.arange(new) + 0.5) * 5 / new - 0.5
        np.testing.assert_allclose(
            resize(x, (new,), "bilinear"), np.interp(centers, np.arange(5), x), 1e-5
        )


def test_area_is_the_mean_of_blocks():
    x = np.random.default_rng(0).normal(size=(6, 8)).astype(np.float32)
    want = x.reshape(2, 3, 4, 2).mean((1, 3))
    np.testing.assert_allclose(resize(x, (2, 4), "area"), want, 1e-5)
    np.testing.assert_allclose(resize(x, (12, 8), "area"), x.repeat(2, 0), 1e-5)


def test_aligned_corners():
    """The scale and translation with which corners stay corners."""
    n, new = 4, 7
    scale = (new - 1) / (n - 1)
    x = np.array([1.0, 2.0, 4.0, 8.0], np.float32)
    got = scale_and_translate(
        x, (new,), (0,), np.array([scale]), np.array([0.5 - scale / 2]), "linear"
    )
    want = np.interp(np.linspace(0, n - 1, new), np.arange(n), x)
    np.testing.assert_allclose(got, want, 1e-5)


def test_pixels_from_outside_are_zero():
    one, far = np.ones(1), np.array([100.0])
    for method in ("linear", "cubic", "lanczos3", "area", "cubic-pytorch"):
        for antialias in (True, False):
            got = scale_and_translate(X, (3, 4), (0,), one, far, method, antialias)
            np.testing.assert_array_equal(got, 0 * X)


def test_a_batch_of_scales():
    def move(scale):
        return scale_and_translate(X, (3, 4), (-1,), scale, np.zeros(1), "linear")

    scales = np.array([[0.5], [1.0], [2.0]], np.float32)
    got = hloom.vmap(move)(scales)
    np.testing.assert_allclose(got, np.stack([move(s) for s in scales]), 1e-6)
    np.testing.assert_allclose(got[1], X, 1e-6)


@pytest.mark.parametrize(
    ("dtype", "want"),
    [("uint8", "float32"), ("bfloat16", "bfloat16"), ("float16", "float16"), ("bool", "float32")],
)
def test_dtypes(dtype, want):
    x = hloom.numpy.asarray([0, 1, 0, 1]).astype(dtype)
    for got in (resize(x, (2,), "linear"), resize(x, (4,), "linear")):
        assert got.dtype == want
    np.testing.assert_allclose(resize(x, (2,), "area").astype("float32"), [0.5, 0.5])


def test_complex_pixels():
    z = X + 1j * X[::-1]
    want = np.asarray(resize(X, (5, 4), "cubic")) + 1j * np.asarray(
        resize(X[::-1].copy(), (5, 4), "cubic")
    )
    np.testing.assert_allclose(resize(z.astype(np.complex64), (5, 4), "cubic"), want, 1e-5)


def test_empty_and_unchanged():
    assert resize(X, (0, 4), "linear").shape == (0, 4)
    assert scale_and_translate(X, (0, 4), (0,), np.ones(1), np.ones(1), "area").shape == (0, 4)
    np.testing.assert_array_equal(resize(X, X.shape, "lanczos3"), X)


def test_names():
    names = {
        "NEAREST": ["nearest"],
        "LINEAR": ["linear", "bilinear", "trilinear", "triangle"],
        "CUBIC": ["cubic", "bicubic", "tricubic"],
        "CUBIC_PYTORCH": ["cubic-pytorch", "bicubic-pytorch"],
        "LANCZOS3": ["lanczos3"],
        "LANCZOS5": ["lanczos5"],
        "AREA": ["area"],
    }
    assert [m.name for m in ResizeMethod] == (
        "NEAREST LINEAR LANCZOS3 LANCZOS5 CUBIC CUBIC_PYTORCH AREA".split()
    )
    for member, spellings in names.items():
        for s in spellings:
            assert ResizeMethod.from_string(s) is ResizeMethod[member]
    np.testing.assert_array_equal(
        resize(X, (2, 4), ResizeMethod.LINEAR), resize(X, (2, 4), "linear")
    )


ONE = np.ones(1)
ERRORS = {
    "method": (
        lambda: resize(X, (3, 4), "bilinearly"),
        ValueError,
        ("resize: no such method", "it is 'bilinearly'", "use one of nearest, linear"),
    ),
    "kind": (
        lambda: resize(X, (3, 4), 3),
        TypeError,
        ("resize: no such method", "it is 3", "give a ResizeMethod or its name"),
    ),
    "rank": (
        lambda: resize(X, (3,), "linear"),
        ValueError,
        (
            "resize: the new shape names every axis of the image",
            "the image has shape (3, 4), the new one is (3,)",
            "repeat the lengths of axes that do not change",
        ),
    ),
    "empty": (
        lambda: resize(X[:0], (3, 4), "nearest"),
        ValueError,
        ("resize: no pixels to make pixels of", "(0, 4)", "give an image with pixels"),
    ),
    "nearest": (
        lambda: scale_and_translate(X, (3, 4), (0,), ONE, ONE, "nearest"),
        ValueError,
        ("scale_and_translate: weighs pixels", "the method is NEAREST", "use another method"),
    ),
    "twice": (
        lambda: scale_and_translate(X, (3, 4), (0, -2), np.ones(2), np.ones(2), "linear"),
        ValueError,
        ("scale_and_translate: spatial_dims names an axis twice", "(0, -2)", "name each once"),
    ),
    "scales": (
        lambda: scale_and_translate(X, (3, 4), (0,), np.ones(2), ONE, "linear"),
        ValueError,
        (
            "scale_and_translate: takes one scale and translation for each axis",
            "there are 1 axes; scale has shape (2,), translation (1,)",
            "give both shape (1,)",
        ),
    ),
    "unnamed": (
        lambda: scale_and_translate(X, (3, 5), (0,), ONE, ONE, "linear"),
        ValueError,
        (
            "scale_and_translate: only spatial_dims change",
            "axis 1 would go from 4 to 5, spatial_dims are (0,)",
            "keep 4, or name the axis",
        ),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, parts = ERRORS[name]
    with pytest.raises(kind) as error:
        call()
    for part in parts:
        assert part in str(error.value)
