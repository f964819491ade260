"""hloom.scipy.signal beside SciPy: modes, options and shapes that the rows do not go through."""

import warnings

import numpy as np
import pytest
import scipy.signal as reference

import hloom
import hloom.numpy as hnp
from hloom.frontend import errors
from hloom.scipy import signal
from hloom.scipy.signal.convolutions import good_length
from hloom.scipy.signal.windows import named

MODES = ("full", "same", "valid")
PAIRS = [((7,), (4,)), ((4,), (7,)), ((5, 4), (3, 2)), ((3, 5), (4, 2)), ((2, 2), (5, 5)), ((), ())]


def sample(c, *shape, seed=0):
    """Normal numbers, complex if asked."""
    rng = np.random.default_rng(sum(shape) + seed)
    x = rng.normal(size=shape)
    return x + 1j * rng.normal(size=shape) if c else x


def close(got, want, tol=1e-10):
    got, want = (v if isinstance(v, tuple) else (v,) for v in (got, want))
    assert len(got) == len(want)
    for g, w in zip(got, want, strict=True):
        assert g.shape == np.shape(w)
        np.testing.assert_allclose(g, w, tol, tol)


def both(name, *args, **options):
    """The function here and SciPy's on the same arguments agree, or refuse both."""
    try:
        with warnings.catch_warnings(action="ignore"):
            want = getattr(reference, name)(*args, **options)
    except ValueError:
        with pytest.raises(ValueError, match=name):
            getattr(signal, name)(*args, **options)
        return
    close(getattr(signal, name)(*args, **options), want)


# ---------------------------------------------------------------- convolution
@pytest.mark.parametrize("name", ["convolve", "correlate"])
@pytest.mark.parametrize("method", ["direct", "fft"])
def test_modes(name, method, wide):
    for shapes in PAIRS:
        a, v = sample(True, *shapes[0]), sample(False, *shapes[1], seed=1)
        for mode in MODES:
            both(name, a, v, mode, method)


@pytest.mark.parametrize("name", ["convolve2d", "correlate2d"])
def test_boundaries(name, wide):
    for shapes in PAIRS[2:5]:
        a, v = (sample(False, *shape) for shape in shapes)
        both(name, a, v, "valid")
        for boundary in ("fill", "wrap", "symm"):
            both(name, a, v, "same", boundary)
    for boundary in ("fill", "wrap", "symm"):
        both(name, a, v, "full", boundary, 2.5)
    both("correlate2d", sample(True, 4, 4), sample(True, 2, 3), "same", "wrap")


def test_a_correlation_reversed_is_conjugate(wide):
    a, v = sample(True, 2, 3), sample(True, 4, 5)
    for name in ("correlate", "correlate2d"):
        one, two = (getattr(signal, name)(*pair, "valid") for pair in ((a, v), (v, a)))
        close(one, np.asarray(two)[::-1, ::-1].conj())


def test_fftconvolve(wide):
    for c in (False, True):
        both("fftconvolve", sample(c, 3, 7, 2), sample(c, 3, 4, 1), "same", axes=1)
        both("fftconvolve", sample(c, 3, 7, 2), sample(c, 1, 4, 5), "full", axes=[2, 1])
        both("fftconvolve", sample(c, 3, 4), sample(c, 2, 2), "valid")
    both("fftconvolve", sample(False, 3, 4), sample(False, 4, 2), "valid")


def test_auto_transforms_long_floats_only():
    def operations(x, **options):
        program = hloom.make_program(lambda x: signal.convolve(x, x, **options))(x)
        return {eqn.primitive.name for eqn in program.eqns}

    long = np.ones(200, np.float32)
    assert "fft" in operations(long)
    assert "fft" not in operations(long[:50])
    assert "fft" not in operations(long.astype(int))
    assert "fft" not in operations(long, precision="highest")
    assert signal.convolve(np.arange(200), np.ones(200, int))[100] == 5050.0


@pytest.mark.parametrize("shapes", [((0,), (3,)), ((2, 0), (2, 2))])
def test_nothing_to_convolve(shapes):
    for method in ("direct", "fft"):
        assert signal.convolve(*map(np.ones, shapes), method=method).size == 0


def test_good_lengths():
    from scipy.fft import next_fast_len

    numbers = [*range(1, 200), 997, 4099, 65537]
    assert [good_length(n) for n in numbers] == [next_fast_len(n, real=True) for n in numbers]


# ---------------------------------------------------------------- trends and windows
def test_detrend(wide):
    for c in (False, True):
        x = sample(c, 3, 8, 2)
        for kind in ("linear", "constant"):
            both("detrend", x, 1, kind)
            both("detrend", x, -2, kind, [0, 3, 5])
    both("detrend", sample(False, 1, 4), 0)
    both("detrend", np.arange(6), 0, "linear", 9)


WINDOWS = "boxcar hann hamming blackman blackmanharris nuttall bartlett".split()


@pytest.mark.parametrize("window", [*WINDOWS, ("kaiser", 3.0)])
def test_windows(window):
    for n in (1, 2, 7, 16):
        np.testing.assert_allclose(named(window, n), reference.get_window(window, n), atol=1e-12)


# ---------------------------------------------------------------- spectra
STFT = [
    {"nperseg": 16},
    {"nperseg": 15, "noverlap": 11, "nfft": 32, "window": "hamming"},
    {"nperseg": 20, "window": ("kaiser", 3.0), "boundary": "even", "fs": 7.5},
    {"nperseg": 20, "boundary": "odd", "detrend": "constant"},
    {"nperseg": 21, "boundary": "constant", "detrend": "linear"},
    {"nperseg": 12, "boundary": None, "padded": False, "return_onesided": False},
    {"nperseg": 9, "window": np.arange(9.0), "noverlap": 0, "detrend": lambda x: 2 * x},
]
WELCH = [
    {},
    {"nperseg": 16, "fs": 2.0},
    {"nperseg": 15, "noverlap": 11, "nfft": 32, "window": "hamming", "scaling": "spectrum"},
    {"nperseg": 12, "detrend": "linear", "average": "median"},
    {"nperseg": 13, "detrend": False, "return_onesided": False},
    {"window": np.arange(9.0)},
]


@pytest.mark.parametrize("options", STFT)
def test_stft(options, wide):
    both("stft", sample(False, 51), **options)
    both("stft", sample(False, 50, 2), axis=0, **options)


@pytest.mark.parametrize("options", WELCH)
def test_welch_and_csd(options, wide):
    x, y = sample(False, 2, 41), sample(False, 2, 30, seed=1)
    both("welch", x, **options)
    both("csd", x, x, **options)
    both("csd", x, y, **options)
    both("csd", x.T, x.T[:, ::-1], axis=0, **options)
    both("csd", x[:, None], x[::-1], **options)


def test_spectra_of_complex_numbers(wide):
    x = sample(True, 40)
    for name in ("stft", "welch"):
        with pytest.warns(UserWarning, match="return_onesided is ignored"):
            found = getattr(signal, name)(x, nperseg=10)
        close(found, getattr(reference, name)(x, nperseg=10, return_onesided=False))
    both("csd", x, x[::-1], nperseg=10, return_onesided=False)


def test_short_signals():
    with pytest.warns(UserWarning, match="but the signal has 5 elements; it is made 5"):
        assert signal.welch(np.ones(5), nperseg=9)[0].shape == (3,)
    assert [v.shape for v in signal.welch(np.ones((2, 0)))] == [(2, 0)] * 2
    assert [v.shape for v in signal.stft(np.ones(0))] == [(0,)] * 3


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"noverlap": 5},
        {"input_onesided": False},
        {"boundary": False, "window": "hamming"},
        {"window": np.arange(1.0, 6.0), "nfft": 16, "nperseg": 5},
        {"nperseg": 17},
    ],
)
def test_istft(options, wide):
    both("istft", sample(True, 9, 7), fs=2.0, **options)
    z = sample(True, 2, 7, 9)
    found = signal.istft(z, time_axis=1, freq_axis=2, **options)[1]
    close(found, reference.istft(z, time_axis=1, freq_axis=2, **options)[1])


def test_samples_that_no_window_sees(wide):
    z = sample(True, 9, 4)
    with pytest.warns(UserWarning, match="the windows do not cover every sample"):
        found = signal.istft(z, noverlap=0)
    with warnings.catch_warnings(action="ignore"):
        close(found, reference.istft(z, noverlap=0))


def test_there_and_back():
    x = sample(False, 3, 100).astype(np.float32)
    for options in ({"nperseg": 16}, {"nperseg": 15, "noverlap": 12, "nfft": 20}):
        spectrum = signal.stft(x, **options)[2]
        back = signal.istft(spectrum, **options)[1]
        np.testing.assert_allclose(back[:, :100], x, atol=1e-5)


def test_traced(wide):
    x, window = sample(False, 40), np.hanning(10) + 0.1
    power = lambda fs, window: signal.welch(x, fs, window=window)[1]
    close(hloom.jit(power)(2.0, window), reference.welch(x, 2.0, window=window)[1])
    slope = hloom.grad(lambda w: hnp.log(power(1.0, w)).sum())(hnp.asarray(window))
    step = 1e-6 * np.eye(10)[3]
    difference = sum(
        s * np.log(reference.welch(x, window=window + s * step)[1]).sum() for s in (1, -1)
    )
    np.testing.assert_allclose(slope[3], difference / 2e-6, rtol=1e-5)


def test_dtypes():
    x = np.ones(20, np.float32)
    with hloom.enable_x64():
        kinds = [v.dtype.name for v in signal.stft(x, nperseg=8)]
        assert kinds == ["float64", "float64", "complex64"]
        assert signal.welch(x, nperseg=8)[1].dtype == np.float32
        assert signal.detrend(x).dtype == np.float32
    assert signal.convolve(np.arange(3), np.arange(2)).dtype == np.float32
    assert signal.convolve(x.astype("bfloat16"), np.ones(150, "bfloat16")).dtype == "bfloat16"


V, M = np.ones(8), np.ones((3, 3))


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: signal.convolve(V, M), errors.ShapeError, "two arrays of equal rank"),
        (lambda: signal.convolve(V, V, "all"), errors.ValueRangeError, "mode 'all'"),
        (lambda: signal.convolve(V, V, method="slow"), errors.ValueRangeError, "method is 'slow'"),
        (lambda: signal.convolve2d(V, V), errors.ShapeError, "takes two matrices"),
        (lambda: signal.convolve2d(M, M, boundary="odd"), errors.ValueRangeError, "the boundary"),
        (lambda: signal.correlate2d(M, M, "late"), errors.ValueRangeError, "mode 'late'"),
        (
            lambda: signal.convolve(np.ones((3, 2)), np.ones((2, 3)), "valid"),
            errors.ShapeError,
            "for 'valid' one array is as large",
        ),
        (lambda: signal.detrend(V, type="cubic"), errors.ValueRangeError, "the kind of trend"),
        (lambda: signal.detrend(V, bp=9), errors.ShapeError, "breakpoints lie on the axis"),
        (lambda: signal.detrend(V, overwrite_data=True), NotImplementedError, "are immutable"),
        (lambda: signal.welch(V, window="round"), errors.ValueRangeError, "no window 'round'"),
        (lambda: signal.stft(V, window=M), errors.ShapeError, "a window is a vector"),
        (lambda: signal.stft(V, window=V), errors.ShapeError, "use nperseg=8"),
        (lambda: signal.stft(V, boundary="far"), errors.ValueRangeError, "boundary 'far'"),
        (lambda: signal.welch(V, window=np.ones(9)), errors.ShapeError, "longer than the signal"),
        (lambda: signal.welch(V, nperseg=0), errors.ValueRangeError, "a segment has elements"),
        (lambda: signal.welch(V, nperseg=4, noverlap=4), errors.ValueRangeError, "overlap in part"),
        (lambda: signal.welch(V, nperseg=4, nfft=3), errors.ValueRangeError, "whole segments"),
        (lambda: signal.welch(V, scaling="dB"), errors.ValueRangeError, "the scaling"),
        (lambda: signal.welch(V, average="mode"), errors.ValueRangeError, "the average"),
        (lambda: signal.istft(V), errors.ShapeError, "takes frequencies and times"),
        (lambda: signal.istft(M, freq_axis=-1), errors.AxisError, "axis"),
    ],
)  # fmt: skip
def test_what_is_refused(call, kind, text):
    with pytest.raises(kind, match=text):
        call()
