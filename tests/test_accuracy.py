"""Functions of real numbers beside mpmath, in units of the last place, over their domains."""

import mpmath as mp
import numpy as np
import pytest

import hloom
from hloom import lax, numpy as hnp

U = np.random.default_rng(7).uniform


def _small(n=40):
    return U(-1, 1, n) * 10.0 ** U(-25, 0, n)


FAR = 10.0 ** U(0, 30, 40)

#: names, mpmath's function, samples in float32, further ones in float64, bound in ulps
ROWS = {
    "exp": (mp.exp, [U(-87, 88, 60)], [U(-700, 700, 60)], 2),
    "exp2": (lambda x: mp.mpf(2) ** x, [U(-125, 127, 60)], [U(-1000, 1000, 60)], 2),
    "expm1": (mp.expm1, [U(-20, 88, 60), U(-1, 1, 60), _small()], [], 6),
    "log": (mp.log, [10.0 ** U(-30, 30, 60), U(0.5, 2, 60)], [10.0 ** U(-290, 290, 60)], 2),
    "log2": (
        lambda x: mp.log(x, 2),
        [10.0 ** U(-30, 30, 60), U(0.5, 2, 60)],
        [10.0 ** U(-290, 290, 60)],
        2,
    ),
    "log10": (mp.log10, [10.0 ** U(-30, 30, 60), U(0.5, 2, 60)], [10.0 ** U(-290, 290, 60)], 3),
    "log1p": (
        mp.log1p,
        [U(-0.99, 2, 60), U(-0.5, -0.2, 60), 10.0 ** U(0, 30, 40), _small()],
        [],
        4,
    ),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), [U(-9, 9, 60), _small()], [], 4),
    "sin": (mp.sin, [U(-9, 9, 60), U(-1e5, 1e5, 60), 10.0 ** U(5, 30, 40)], [], 2),
    "cos": (mp.cos, [U(-9, 9, 60), U(-1e5, 1e5, 60), 10.0 ** U(5, 30, 40)], [], 2),
    "tan": (mp.tan, [U(-9, 9, 60), U(-1e5, 1e5, 60), 10.0 ** U(5, 30, 40)], [], 2),
    "asin": (mp.asin, [U(-1, 1, 60), 1 - 10.0 ** U(-6, -1, 40), _small()], [], 3),
    "acos": (mp.acos, [U(-1, 1, 60), 1 - 10.0 ** U(-6, -1, 40)], [], 3),
    "atan": (mp.atan, [U(-9, 9, 60), FAR, _small()], [], 4),
    "sinh": (mp.sinh, [U(-88, 88, 60), U(-2, 2, 60), _small()], [U(-709, 709, 60)], 6),
    "cosh": (mp.cosh, [U(-88, 88, 60), U(-2, 2, 60)], [U(-709, 709, 60)], 3),
    "tanh": (mp.tanh, [U(-9, 9, 60), U(-1, 1, 60), _small()], [U(-20, 20, 60)], 8),
    "asinh": (mp.asinh, [U(-9, 9, 60), FAR, _small()], [], 4),
    "acosh": (mp.acosh, [U(1, 9, 60), 10.0 ** U(0, 30, 40), 1 + 10.0 ** U(-6, -1, 40)], [], 4),
    "atanh": (mp.atanh, [U(-1, 1, 90), 1 - 10.0 ** U(-6, -1, 40), _small()], [], 4),
    "logistic": (lambda x: 1 / (1 + mp.exp(-x)), [U(-85, 85, 60), U(-5, 5, 60)], [], 3),
    "erf": (mp.erf, [U(-4, 4, 60), _small()], [], 6),
    "erfc": (mp.erfc, [U(-4, 1, 60), U(0.5, 9, 90)], [U(9, 26, 60)], 8),
}


def _error(found, wanted):
    """The distance in units of the last place of `found`'s dtype."""
    info = np.finfo(found.dtype)
    place = mp.mpf(2) ** (mp.frexp(wanted)[1] - 1 - info.nmant)
    return float(abs(mp.mpf(float(found)) - wanted) / place)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ROWS)
def test_functions_are_near_the_exact_value(name, dtype):
    exact, samples, more, bound = ROWS[name]
    wide = dtype == np.float64
    x = np.concatenate(samples + more if wide else samples).astype(dtype)
    with hloom.enable_x64(wide), mp.workprec(150):
        found = np.asarray((getattr(lax, name, None) or getattr(hnp, name))(x))
        assert found.dtype == dtype
        wanted = [exact(mp.mpf(float(a))) for a in x]
        low, high = float(np.finfo(dtype).tiny), float(np.finfo(dtype).max)
        errors = [
            (_error(a, b), float(at)) for a, b, at in zip(found, wanted, x) if low < abs(b) < high
        ]
    assert len(errors) > 0.9 * len(x)
    assert max(errors)[0] <= bound, max(errors)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_powers_of_two_and_of_ten_have_exact_logarithms(dtype):
    limits = np.finfo(dtype)
    with hloom.enable_x64():
        n = np.arange(limits.minexp, limits.maxexp).astype(dtype)
        np.testing.assert_array_equal(hnp.exp2(n), np.exp2(n))
        np.testing.assert_array_equal(hnp.log2(np.exp2(n)), n)
        # the powers of ten that the dtype holds exactly
        k = [k for k in range(23) if 5**k < 2 ** (limits.nmant + 1)]
        np.testing.assert_array_equal(hnp.log10(np.array([10.0**i for i in k], dtype)), k)


@pytest.mark.parametrize("wide", [False, True])
def test_hyperbolic_functions_are_finite_up_to_their_last_argument(wide):
    with hloom.enable_x64(wide):
        dtype = np.float64 if wide else np.float32
        last = dtype(np.arcsinh(float(np.finfo(dtype).max)))
        x = np.array([last * dtype(1 - 1e-6), last * dtype(1 + 1e-6)])
        for function in (lax.sinh, lax.cosh):
            assert np.isfinite(function(x)).tolist() == [True, False]
        assert np.signbit([lax.sinh(dtype(-0.0)), lax.atanh(dtype(-0.0))]).all()
        ends = lax.atanh(np.array([-1, 1, 1.5, np.inf], dtype))
        np.testing.assert_array_equal(ends, [-np.inf, np.inf, np.nan, np.nan])


@pytest.mark.parametrize("decimals", [1, 2, 3, 6])
def test_round_divides_exactly(decimals):
    x = (U(-3, 3, 200) * 10.0 ** U(0, 3, 200)).astype(np.float32)
    x[:2] = 3.0, -7.0
    np.testing.assert_array_equal(hnp.round(x, decimals), np.round(x, decimals))
    inside = hloom.jit(lambda x: hnp.round(x, decimals))
    np.testing.assert_array_equal(inside(x), np.round(x, decimals))
    np.testing.assert_array_equal(hloom.vmap(inside)(x), np.round(x, decimals))
