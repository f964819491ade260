"""float32 functions of large arrays on CPU beside float64: over the whole range and at its ends."""

import numpy as np
import pytest

import hloom
from hloom import lax

N = 1 << 15
R = np.random.default_rng(3)

TINY, HUGE = np.finfo(np.float32).tiny, np.finfo(np.float32).max
EDGES = np.float32(
    [
        *(0.0, -0.0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 2.5, 1 / 3, np.inf, -np.inf, np.nan),
        *(3e38, -3e38, TINY, -TINY, 1e30, 2**23 - 0.5, 2**23 + 1, 2**24, -(2.0**25), 1e-10),
    ]
)


def numbers(*ends):
    """Normal numbers of every size, or evenly between two ends."""
    if ends:
        return R.uniform(*ends, N).astype(np.float32)
    found = R.integers(0, 1 << 32, 2 * N, dtype=np.uint64).astype(np.uint32).view(np.float32)
    return found[np.isfinite(found) & (np.abs(found) >= TINY)][:N]


#: name -> the function in float64, samples of the operands, bound in ulps
ROWS = {
    "sin": (np.sin, [(numbers(-9, 9),), (numbers(-1e7, 1e7),), (numbers(),)], 0.51),
    "cos": (np.cos, [(numbers(-9, 9),), (numbers(-1e7, 1e7),), (numbers(),)], 0.51),
    "tan": (np.tan, [(numbers(-9, 9),), (numbers(-1e7, 1e7),), (numbers(),)], 0.51),
    "asin": (np.arcsin, [(numbers(-1, 1),)], 0.51),
    "acos": (np.arccos, [(numbers(-1, 1),)], 0.51),
    "atan2": (np.arctan2, [(numbers(-2, 2), numbers(-2, 2)), (numbers(), numbers())], 0.51),
    "pow": (
        np.power,
        [
            (numbers(0, 9), numbers(-9, 9)),
            (np.abs(numbers()), numbers(-1, 1)),
            (numbers(-9, 9), np.round(numbers(-30, 30))),
        ],
        0.51,
    ),
    "exp2": (np.exp2, [(numbers(-126, 128),), (np.round(numbers(-126, 127)),)], 1),
    "cbrt": (np.cbrt, [(numbers(-9, 9),), (numbers(),)], 0.51),
}


@pytest.fixture(scope="module")
def compiled():
    return {name: hloom.jit(getattr(lax, name)) for name in ROWS}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_near_the_function_in_float64(name, compiled):
    exact, samples, bound = ROWS[name]
    for xs in samples:
        wanted = exact(*[x.astype(np.float64) for x in xs])
        found = np.asarray(compiled[name](*xs))
        assert found.dtype == np.float32
        normal = (np.abs(wanted) > TINY) & (np.abs(wanted) <= HUGE)
        assert normal.mean() > 0.4
        place = np.spacing(np.abs(wanted[normal]).astype(np.float32)).astype(np.float64)
        errors = np.abs(found[normal] - wanted[normal]) / place
        worst = errors.argmax()
        assert errors[worst] <= bound, [errors[worst], *[x[normal][worst] for x in xs]]


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_edges(name, compiled):
    exact, samples, _ = ROWS[name]
    pairs = np.meshgrid(EDGES, EDGES) if len(samples[0]) == 2 else [EDGES]
    xs = [np.resize(x.ravel(), N) for x in pairs]
    wanted, found = exact(*xs), np.asarray(compiled[name](*xs))
    keep = (wanted == 0) | ~(np.abs(wanted) < TINY)  # subnormal results are flushed, here or there
    np.testing.assert_allclose(found[keep], wanted[keep], rtol=3e-7, atol=0)
    zeros = keep & (wanted == 0)
    np.testing.assert_array_equal(np.signbit(found[zeros]), np.signbit(wanted[zeros]))


@pytest.mark.parametrize("name", ["atan2", "cbrt", "pow"])
def test_subnormal_operands_are_not_zeros(name, compiled):
    xs = [np.full(N, 3e-40, np.float32), np.full(N, 0.25, np.float32)][: 1 + (name != "cbrt")]
    if name == "atan2":
        xs[1] = xs[0]
    exact = ROWS[name][0](*[x.astype(np.float64) for x in xs])
    np.testing.assert_allclose(compiled[name](*xs), exact, rtol=1e-6)


def test_narrow_floats_are_computed_in_float32():
    x = hloom.numpy.asarray(numbers(-9, 9)).astype("bfloat16")
    wanted = np.sin(np.asarray(x).astype(np.float32))
    assert lax.sin(x).dtype == hloom.numpy.bfloat16
    np.testing.assert_allclose(np.asarray(lax.sin(x)).astype(np.float32), wanted, atol=2**-8)


@pytest.mark.parametrize(
    ("function", "operation"),
    [
        (lambda x: lax.sin(x[:100]), "stablehlo.sine"),
        (lambda x: lax.sin(x, accuracy=lax.AccuracyMode.HIGHEST), "stablehlo.sine"),
        (lambda x: lax.pow(x, 0.5), "stablehlo.power"),
        (lambda x: lax.pow(x, x.astype("int32")), "stablehlo.power"),
    ],
)
def test_others_are_one_operation(function, operation):
    x = hloom.ShapeDtypeStruct((N,), np.float32)
    assert operation in hloom.jit(function).lower(x).as_text()
