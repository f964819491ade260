"""hloom.numpy.fft beside NumPy."""

import numpy as np
import pytest

import hloom
import hloom.numpy as hnp

pytestmark = pytest.mark.usefixtures("wide")


def sample(real, *shape):
    """Normal numbers."""
    rng = np.random.default_rng(sum(shape))
    x = rng.normal(size=shape)
    return x if real else x + 1j * rng.normal(size=shape)


def close(got, want):
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, 1e-11, 1e-11)


def both(name, *args):
    """The function here and NumPy's on the same arguments agree."""
    close(getattr(hnp.fft, name)(*args), getattr(np.fft, name)(*args))


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_one_axis(name):
    x = sample(name in ("rfft", "ihfft"), 4, 5, 6)
    for norm in (None, "backward", "ortho", "forward"):
        both(name, x, None, -1, norm)
    for n, axis in ((4, 0), (9, 1), (5, 2)):
        both(name, x, n, axis)


@pytest.mark.parametrize("name", ["fft2", "ifft2", "rfft2", "irfft2"])
def test_two_axes(name):
    x = sample(name == "rfft2", 4, 5, 6)
    for s, axes in ((None, (-2, -1)), ((3, 8), (0, 2)), ((5, 7), (2, 1))):
        both(name, x, s, axes, "ortho")


@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
def test_several_axes(name):
    x = sample(name == "rfftn", 2, 3, 4, 3, 2)
    for s, axes in ((None, (1, 0)), ((3, 2), (-2, -1)), (None, (3, 1, 0, 2)), (None, None)):
        both(name, x, s, axes)


@pytest.mark.parametrize("n", [1, 4, 5])
def test_frequencies(n):
    close(hnp.fft.fftfreq(n, 0.3), np.fft.fftfreq(n, 0.3))
    close(hnp.fft.rfftfreq(n, 0.3), np.fft.rfftfreq(n, 0.3))
    x = sample(True, n, 3)
    for axes in (None, 0, (1,), (0, 1), -1):
        both("fftshift", x, axes)
        both("ifftshift", x, axes)


def test_dtypes():
    with hloom.enable_x64(False):
        assert hnp.fft.fft(np.arange(4)).dtype == np.dtype("complex64")
        assert hnp.fft.rfft(np.ones(4, "float16")).dtype == np.dtype("complex64")
        assert hnp.fft.fftfreq(4).dtype == np.dtype("float32")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: hnp.fft.fft(x, norm="big"), "fft: norm 'big' is not known"),
        (lambda x: hnp.fft.fft(x, 0), "fft: lengths are at least 1"),
        (lambda x: hnp.fft.fftn(x, (2,), (0, 1)), "fftn: one length for each axis"),
        (lambda x: hnp.fft.fft(x, axis=2), "fft: there is no axis 2"),
        (lambda x: hloom.lax.fft(x, "DCT", (3,)), "fft: the type 'DCT' is not known"),
        (lambda x: hnp.fft.rfft(x + 0j), "rfft: RFFT takes real numbers"),
    ],
)
def test_errors(call, message):
    with pytest.raises((ValueError, TypeError)) as error:
        call(sample(True, 2, 3))
    assert str(error.value).startswith(message)
