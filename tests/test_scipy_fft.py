"""hloom.scipy.fft beside SciPy."""

import numpy as np
import pytest
import scipy.fft as reference

import hloom
from hloom.frontend import errors
from hloom.scipy import fft

pytestmark = pytest.mark.usefixtures("wide")

TYPES = pytest.mark.parametrize("kind", [1, 2, 3, 4])


def sample(*shape):
    rng = np.random.default_rng(sum(shape))
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def both(name, *args, **options):
    """The function here and SciPy's on the same arguments agree."""
    got, want = (getattr(library, name)(*args, **options) for library in (fft, reference))
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, 1e-11, 1e-11)


@TYPES
def test_lengths(kind):
    for n in (1 + (kind == 1), 2, 3, 4, 7):
        x = sample(2, n)
        both("dct", x if n == 4 else x.real, kind)


@TYPES
@pytest.mark.parametrize("norm", [None, "backward", "forward", "ortho"])
def test_norms(kind, norm):
    x = sample(3, 6).real
    both("dct", x, kind, norm=norm)
    both("idct", x, kind, norm=norm)


def test_axes():
    x = sample(4, 5, 6).real
    for n, axis in ((3, 0), (9, 1), (6, -1)):
        both("dct", x, 2, n, axis)
        both("idct", x, 4, n, axis)
    for s, axes in ((None, None), ((3, 8), None), ((2, 7), (2, 0)), (None, (1,)), (None, 2)):
        both("dctn", x, 3, s, axes)
        both("idctn", x, 1, s, axes, "ortho")


def test_dtypes():
    for dtype in ("float16", "bfloat16", "float32"):
        assert fft.dct(np.ones(3, dtype)).dtype == np.float32
    assert fft.dct(np.ones(3, "complex64")).dtype == np.complex64
    assert fft.idct(np.arange(3)).dtype == np.float64


def test_one_transform():
    program = hloom.make_program(fft.dct)(np.ones(8))
    assert [eqn.primitive.name for eqn in program.eqns].count("fft") == 1


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda x: fft.dct(x, 5), errors.ValueRangeError, "dct: type 5"),
        (lambda x: fft.dct(x, norm="big"), errors.ValueRangeError, "norm 'big' is not known"),
        (lambda x: fft.dct(x, 1, 1), errors.ShapeError, "type 1 takes 2 elements"),
        (lambda x: fft.idct(x, 2, 0), errors.ShapeError, "takes 1 elements"),
        (lambda x: fft.dctn(x, 2, (2,), (0, 1)), errors.ValueRangeError, "one length for each"),
        (lambda x: fft.dct(x, axis=2), errors.AxisError, "there is no axis 2"),
    ],
)
def test_what_is_refused(call, kind, text):
    with pytest.raises(kind, match=text):
        call(np.ones((2, 3)))
