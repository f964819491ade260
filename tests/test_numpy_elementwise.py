"""Elementwise functions of hloom.numpy: values against NumPy, dtypes, and exact corner cases."""

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp

F = np.array([-2.5, -0.5, 0.25, 0.75, 1.0, 3.25], "float32")
UNIT = np.array([-0.9, -0.5, 0.0, 0.3, 0.99], "float32")
POSITIVE = np.array([0.1, 0.5, 1.0, 2.5, 80.0], "float32")
I = np.array([-7, -2, 0, 3, 5, 6], "int32")
U = np.array([0, 1, 2, 200], "uint8")
B = np.array([True, False])
Z = np.array([1 + 2j, -0.5 + 0.1j, 2 - 3j], "complex64")
EXTREME = np.array([0.0, -0.0, 1.5, -1.5, np.inf, -np.inf, np.nan, 3e38], "float32")

#: functions of one array -> the samples they are tried on
UNARY = {
    "abs absolute negative positive square": (F, I, Z),
    "sign": (F, I),
    "fabs floor ceil trunc rint": (F, EXTREME, I),
    "sin cos tan sinh cosh tanh arctan atan arcsinh asinh": (F, I, Z),
    "arcsin asin arccos acos arctanh atanh": (UNIT,),
    "arccosh acosh": (POSITIVE + 1,),
    "exp exp2 expm1": (F, I, Z),
    "log log2 log10 log1p sqrt": (POSITIVE, Z),
    "cbrt": (F, EXTREME),
    "reciprocal": (POSITIVE, Z),
    "deg2rad radians rad2deg degrees sinc": (F, I),
    "isnan isinf isfinite": (EXTREME, I, Z),
    "isposinf isneginf": (EXTREME, I),
    "iscomplex isreal": (EXTREME, Z),
    "logical_not": (F, I, B),
    "invert bitwise_not bitwise_invert": (I, U, B),
    "bitwise_count": (I, U),
    "signbit": (EXTREME, I, U),
    "spacing": (F,),
    "frexp modf": (F, EXTREME[:4]),
    "conj conjugate real imag": (F, Z),
    "angle": (F, Z),
    "nan_to_num": (EXTREME, I),
    "round around": (F, I, Z),
}
#: functions of two arrays -> pairs of samples
PAIRS = ((F, F[::-1].copy()), (F, 2.5), (I, 3))
BINARY = {
    "add subtract multiply divide true_divide maximum minimum": (*PAIRS, (Z, Z[::-1].copy())),
    "floor_divide remainder mod fmod divmod": (*PAIRS, (I, -3), (U, np.uint8(7)), (EXTREME, 2.0)),
    "arctan2 atan2 hypot heaviside copysign": (*PAIRS, (EXTREME, EXTREME[::-1].copy())),
    "logaddexp logaddexp2": (*PAIRS, (EXTREME, 1.0)),
    "fmax fmin": (*PAIRS, (EXTREME, EXTREME[::-1].copy())),
    "nextafter": ((F, F[::-1].copy()),),
    "power pow float_power": ((POSITIVE, 1.5), (POSITIVE, POSITIVE / 9), (I.astype("f4"), 3)),
    "equal not_equal less less_equal greater greater_equal": (*PAIRS, (EXTREME, 0.0), (Z, Z[0])),
    "logical_and logical_or logical_xor": ((F, I), (B, True), (I, 2)),
    "bitwise_and bitwise_or bitwise_xor": ((I, 6), (B, B[::-1].copy()), (U, np.uint8(3))),
    "left_shift right_shift bitwise_left_shift bitwise_right_shift": ((I, 2), (U, np.uint8(1))),
    "gcd lcm": ((I, 4), (I, I[::-1].copy())),
    "ldexp": ((F, I),),
    "isclose allclose array_equal array_equiv": ((F, F + 1e-7), (EXTREME, EXTREME), (I, I)),
}


def rows(table):
    return [
        pytest.param(name, samples, id=name)
        for names, samples in table.items()
        for name in names.split()
    ]


def compare(found, expected, rtol=3e-6):
    """Values, and the dtype's kind: hloom's results have 32 bits where NumPy's have 64."""
    if isinstance(expected, tuple):
        for f, x in zip(found, expected, strict=True):
            compare(f, x)
        return
    expected = np.asarray(expected)
    assert found.dtype.kind == expected.dtype.kind
    assert found.shape == expected.shape
    np.testing.assert_allclose(np.asarray(found), expected, rtol=rtol, atol=1e-6)


def numpys(name, *args):
    """NumPy's result in the precision of the arguments."""
    wide = [a.astype("float32") if getattr(a, "dtype", None) == "int32" else a for a in args]
    function = getattr(np, {"atan2": "arctan2"}.get(name, name))
    with np.errstate(all="ignore"):
        try:
            found = function(*args)
        except TypeError:
            found = function(*wide)
    return found


@pytest.mark.parametrize(("name", "samples"), rows(UNARY))
def test_unary(name, samples):
    for x in samples:
        compare(getattr(jnp, name)(x), numpys(name, x))


@pytest.mark.parametrize(("name", "pairs"), rows(BINARY))
def test_binary(name, pairs):
    for x, y in pairs:
        compare(getattr(jnp, name)(x, y), numpys(name, x, y))


@pytest.mark.parametrize("name", ["add", "hypot", "sinc", "divmod", "frexp", "isclose", "power"])
def test_functions_are_the_same_under_jit(name):
    function = getattr(jnp, name)
    args = (F,) if name in ("sinc", "frexp") else (F, np.float32(1.5))
    eager, jitted = function(*args), hloom.jit(function)(*args)
    for f, j in zip(*(x if isinstance(x, tuple) else (x,) for x in (eager, jitted)), strict=True):
        np.testing.assert_allclose(np.asarray(f), np.asarray(j), rtol=1e-6)
        assert (f.dtype, f.weak_type) == (j.dtype, j.weak_type)


def test_integers_become_floats_where_results_are_no_integers():
    for function in (jnp.sin, jnp.sqrt, jnp.exp2, jnp.reciprocal):
        assert function(jnp.arange(1, 3)).dtype == np.float32
    assert jnp.divide(1, 2).dtype == np.float32
    assert jnp.floor(jnp.arange(3)).dtype == np.int32
    assert jnp.sin(jnp.ones(2, "bfloat16")).dtype == jnp.bfloat16


def test_integer_powers():
    x, n = np.array([-2, 0, 1, 3], "int32"), np.array([5, 0, 31, 4], "int32")
    np.testing.assert_array_equal(np.asarray(jnp.power(x, n)), np.power(x, n))
    np.testing.assert_array_equal(np.asarray(hloom.jit(jnp.power)(x, n)), np.power(x, n))
    np.testing.assert_array_equal(np.asarray(jnp.arange(4) ** 3), np.arange(4) ** 3)
    assert (jnp.float32([2.0]) ** -2).tolist() == [0.25]
    assert (jnp.uint8([3]) ** jnp.uint8([3])).tolist() == [27]


def test_exact_corners():
    inf, nan = np.inf, np.nan
    assert jnp.hypot(3e30, 4e30).item() == np.float32(5e30)
    assert jnp.hypot(inf, nan).item() == inf
    assert jnp.logaddexp(-inf, -inf).item() == -inf
    assert jnp.logaddexp(inf, 1.0).item() == inf
    assert jnp.sinc(0.0).item() == 1.0
    assert jnp.remainder(5, 0).item() == 0
    assert jnp.remainder(-1e-10, 3.0).item() == np.float32(3.0)
    assert jnp.floor_divide(-1.0, 0.0).item() == -inf
    assert jnp.round(jnp.float32([0.5, 1.5, 2.5])).tolist() == [0.0, 2.0, 2.0]
    assert jnp.round(jnp.array([15, 25, -15, 14]), -1).tolist() == [20, 20, -20, 10]
    assert jnp.round(jnp.float16([0.125]), 2).tolist() == [0.1199951171875]
    assert jnp.nan_to_num(nan, nan=7.0).item() == 7.0
    assert jnp.ldexp(1.0, 127).item() == 2.0**127
    assert jnp.ldexp(2.0**-126, 200).item() == 2.0**74
    assert jnp.gcd(-12, 18).item() == 6
    assert jnp.array_equal(jnp.ones(2), jnp.ones(3)).item() is False
    assert jnp.array_equal(jnp.float32([nan]), jnp.float32([nan]), equal_nan=True)
    assert jnp.array_equiv(jnp.ones((2, 3)), jnp.ones(3))


def test_derivatives_at_corners():
    grad = hloom.grad
    assert grad(jnp.sinc)(0.0) == 0.0
    np.testing.assert_allclose(grad(grad(jnp.sinc))(0.0), -(np.pi**2) / 3, rtol=1e-4)
    np.testing.assert_allclose(grad(jnp.logaddexp)(1.0, 1.0), 0.5)
    np.testing.assert_allclose(grad(grad(jnp.logaddexp))(1.0, 1.0), 0.25)
    np.testing.assert_allclose(grad(grad(jnp.logaddexp2))(1.0, 1.0), np.log(2) / 4, rtol=1e-6)
    assert np.isfinite(grad(jnp.logaddexp)(-np.inf, -np.inf))
    np.testing.assert_allclose(grad(jnp.hypot)(3.0, 4.0), 0.6, rtol=1e-6)
    assert np.isfinite(grad(jnp.hypot)(0.0, 0.0))
    assert grad(grad(jnp.hypot))(0.0, 2.0) == 0.5
    assert [float(x) for x in grad(jnp.hypot, (0, 1))(1.0, -np.inf)] == [0.0, -1.0]
    assert [float(x) for x in grad(jnp.floor_divide, (0, 1))(0.0, 0.5)] == [0.0, 0.0]
    assert grad(lambda x: x**2)(3.0) == 6.0
    assert grad(lambda x: x**0)(0.0) == 0.0
    np.testing.assert_allclose(grad(lambda x: jnp.frexp(x)[0])(6.0), 0.125)


def test_isclose_options():
    x = jnp.float32([1.0, np.nan, np.inf, 1.1])
    assert jnp.isclose(x, x).tolist() == [True, False, True, True]
    assert jnp.isclose(x, x, equal_nan=True).tolist() == [True] * 4
    assert jnp.isclose(x, 1.0, atol=0.2).tolist() == [True, False, False, True]
    assert jnp.isclose(100, 101, rtol=0.1).item() is True


def test_where_clip_and_select():
    x = jnp.arange(6)
    compare(jnp.where(x > 2, x, -x), np.where(I >= 3, 0, 0) + np.array([0, -1, -2, 3, 4, 5]))
    compare(jnp.where(x > 2, x, 0.5), [0.5, 0.5, 0.5, 3, 4, 5])
    assert jnp.where(jnp.array([0, 2]), 1, 2).tolist() == [2, 1]
    assert [i.tolist() for i in jnp.where(x > 3)] == [[4, 5]]
    assert jnp.where(True, jnp.ones(2), jnp.zeros((3, 1))).shape == (3, 2)
    assert jnp.clip(x, 1, 3).tolist() == [1, 1, 2, 3, 3, 3]
    assert jnp.clip(x, max=2.5).tolist() == [0.0, 1.0, 2.0, 2.5, 2.5, 2.5]
    assert jnp.clip(x, min=jnp.array([3] * 6)).tolist() == [3, 3, 3, 3, 4, 5]
    assert jnp.select([x < 2, x < 4], [x, 10 * x], -1).tolist() == [0, 1, 20, 30, -1, -1]
    found = jnp.piecewise(x, [x < 2, x > 4], [lambda v: -v, lambda v: v + 1, 7])
    assert found.tolist() == [0, -1, 7, 7, 7, 6]
    with pytest.raises(TypeError, match="takes real numbers"):
        jnp.clip(Z, 0, 1)
    with pytest.raises(ValueError, match="takes one array or three"):
        jnp.where(x > 2, x)


def test_the_gradient_of_where_is_that_of_the_chosen_side():
    found = hloom.grad(lambda x: jnp.where(x > 0, x * 3, x * 5).sum())(jnp.float32([1, -1]))
    assert found.tolist() == [3.0, 5.0]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: x + 2**40,
        lambda x: x & 0xFFFFFFFF,
        lambda x: jnp.maximum(x, -(2**40)),
        lambda x: x.at[0].set(2**40),
        lambda x: hloom.jit(lambda x: x * 2**40)(x),
    ],
)
def test_integers_of_more_than_32_bits_do_not_wrap(call):
    with pytest.raises(OverflowError, match="out of bounds for int32"):
        call(jnp.arange(3))
    with hloom.enable_x64():
        assert call(jnp.arange(3)).dtype in (np.int64, np.bool_)


def test_integers_that_fit_unsigned_ones_are_taken():
    x = jnp.arange(3, dtype="uint32")
    assert (x & 0xFFFFFFFF).tolist() == [0, 1, 2]
    assert (x - 1).tolist() == [2**32 - 1, 0, 1]


COMPARISONS = "equal not_equal less less_equal greater greater_equal"


@pytest.mark.parametrize("name", COMPARISONS.split())
def test_comparisons_with_integers_that_do_not_fit(name):
    mine, theirs = getattr(jnp, name), getattr(np, name)
    traced = hloom.jit(mine, static_argnums=1)
    for x in (np.array([-128, 0, 127], np.int8), np.array([0, 200], np.uint8)):
        y = jnp.asarray(x)
        for value in (300, -300, 2**40):
            compare(mine(y, value), theirs(x, value))
            compare(traced(y, value), theirs(x, value))
            compare(mine(value, y), theirs(value, x))


def test_ufunc_methods():
    x = np.arange(1, 7).reshape(2, 3)
    for name in ("add", "multiply", "maximum", "minimum", "bitwise_xor"):
        mine, theirs = getattr(jnp, name), getattr(np, name)
        compare(mine.reduce(x, axis=1), theirs.reduce(x, axis=1))
        compare(mine.accumulate(x, axis=1), theirs.accumulate(x, axis=1))
        compare(mine.outer(x[0], x[1]), theirs.outer(x[0], x[1]))
    compare(jnp.subtract.reduceat(x, [0, 2, 1], 1), np.subtract.reduceat(x, [0, 2, 1], 1))
    places = np.array([0, 0, 1])
    assert jnp.add.at(x[0], places, 2, inplace=False).tolist() == [5, 4, 3]
    assert jnp.bitwise_or.at(x[0], places, 4, inplace=False).tolist() == [5, 6, 3]
    with pytest.raises(NotImplementedError, match="works in place"):
        jnp.add.at(x[0], places, 2)
    with pytest.raises(NotImplementedError, match="takes no `where`"):
        jnp.add(1, 2, where=True)
    taken = np.array([True, False, True])
    for name in ("subtract", "logaddexp", "bitwise_and", "logical_xor", "maximum"):
        mine, theirs = getattr(jnp, name), getattr(np, name)
        assert (mine.nin, mine.nout, mine.__name__) == (2, 1, name)
        y = x.astype("float32") if name == "logaddexp" else x
        compare(mine.reduce(y, axis=1, keepdims=True), theirs.reduce(y, axis=1, keepdims=True))
        if name != "subtract":  # NumPy cannot leave elements of it out
            given = {"axis": 1, "where": taken, "initial": 1}
            compare(mine.reduce(y, **given), theirs.reduce(y, **given))
    assert isinstance(jnp.add, jnp.ufunc)
    assert jnp.frompyfunc(lambda a, b: a * b + 1, 2, 1).reduce(jnp.arange(4)).item() == 10


def test_results_of_weak_operands_are_weak():
    x = jnp.asarray(5.0)
    for y in (x % 2.0, x // 2.0, jnp.divmod(x, 2.0)[1], jnp.fmod(x, 2.0), jnp.sort(x[None])):
        assert y.aval.weak_type
    assert (jnp.asarray(3.0, "bfloat16") * (x % 2.0)).dtype == "bfloat16"


def test_results_of_a_strong_and_a_weak_operand_are_strong():
    x, n = jnp.ones(3), jnp.arange(3)
    for y in (jnp.copysign(2, x), jnp.copysign(x, 2), 2**n, 2.0**x, hloom.jit(lambda n: 2**n)(n)):
        assert not y.aval.weak_type
