"""What the table of operations cannot say: slopes at special points, accuracies, errors."""

import math

import numpy as np
import pytest

import hloom
from hloom import lax
from hloom.errors import DTypeError, RuleError, ShapeError, ValueRangeError


def slope(f, *at):
    """The gradient of a scalar function in all its arguments, as Python floats."""
    return tuple(map(float, hloom.grad(f, argnums=tuple(range(len(at))))(*at)))


# ---------------------------------------------------------------- derivatives at special points
@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (lax.sqrt, (0.0,), (math.inf,)),
        (lax.cbrt, (0.0,), (math.inf,)),
        (lax.log1p, (-1.0,), (math.inf,)),
        (lax.log, (0.0,), (math.inf,)),
        (lax.tanh, (40.0,), (0.0,)),
        (lax.logistic, (-200.0,), (0.0,)),
        (lax.logistic, (200.0,), (0.0,)),
        (lax.abs, (0.0,), (0.0,)),
        (lax.erf_inv, (1.0,), (math.inf,)),
        (lax.asin, (1.0,), (math.inf,)),
        (lax.bessel_i1e, (0.0,), (0.5,)),
        (lax.bessel_i0e, (0.0,), (0.0,)),
        (lax.pow, (0.0, 0.0), (0.0, 0.0)),
        (lax.pow, (0.0, 1.0), (1.0, 0.0)),
        (lax.pow, (0.0, 2.0), (0.0, 0.0)),
        (lax.pow, (0.0, 0.5), (math.inf, 0.0)),
        (lambda x: lax.pow(x, 0.0), (0.0,), (0.0,)),
        (lambda x: lax.integer_pow(x, 0), (0.0,), (0.0,)),
        (lambda x: lax.integer_pow(x, 1), (0.0,), (1.0,)),
        (lax.atan2, (0.0, 0.0), (0.0, 0.0)),
        (lax.atan2, (0.0, -2.0), (-0.5, 0.0)),
        (lax.max, (1.0, 1.0), (0.5, 0.5)),
        (lax.min, (1.0, 1.0), (0.5, 0.5)),
        (lax.max, (2.0, 1.0), (1.0, 0.0)),
        (lax.rem, (7.0, 0.5), (1.0, -14.0)),
        (lax.igamma, (1.0, 0.0), (0.0, 1.0)),
    ],
)
def test_slope_at_a_special_point(f, at, expected):
    np.testing.assert_allclose(slope(f, *at), expected, 1e-6)


def test_power_of_a_negative_base_has_a_slope_in_the_base():
    x, p = slope(lax.pow, -2.0, 3.0)
    assert x == 12.0
    assert math.isnan(p)


def test_clamp_shares_nothing_at_its_edges():
    assert slope(lax.clamp, 0.0, 0.5, 1.0) == (0.0, 1.0, 0.0)
    assert slope(lax.clamp, 0.0, -0.5, 1.0) == (1.0, 0.0, 0.0)
    assert slope(lax.clamp, 0.0, 1.5, 1.0) == (0.0, 0.0, 1.0)


def test_derivative_of_the_largest_complex_number():
    _, t = hloom.jvp(lax.max, (1 + 2j, 1 + 3j), (1j, 2.0 + 0j))
    assert complex(t) == 2


def test_reduce_precision_rounds_tangents_too():
    _, t = hloom.jvp(lambda x: lax.reduce_precision(x, 8, 2), (1.0,), (1.2,))
    assert float(t) == 1.25
    assert slope(lambda x: lax.mul(lax.reduce_precision(x, 8, 2), 1.2), 1.0) == (1.25,)


@pytest.mark.parametrize("name", ["polygamma", "zeta", "igamma_grad_a", "random_gamma_grad"])
def test_derivatives_without_a_formula_say_so(name):
    f = getattr(lax, name)
    with pytest.raises(RuleError, match=f"{name}: the derivative in"):
        hloom.grad(f)(1.5, 2.0)


# ---------------------------------------------------------------- accuracy
def test_accuracy_is_said_in_the_module_and_kept_by_derivatives():
    f = hloom.jit(hloom.grad(lambda x: lax.sin(x, accuracy=lax.Tolerance(ulps=8))))
    text = f.lower(1.0).as_text()
    assert "cosine" in text
    assert "ulps = 8" in text
    high = hloom.jit(lambda x: lax.exp(x, accuracy=lax.AccuracyMode.HIGHEST))
    assert "HIGHEST" in high.lower(1.0).as_text()
    np.testing.assert_allclose(high(1.0), np.e, 1e-6)
    two = lax.exp2(3.0, accuracy=lax.AccuracyMode.HIGHEST)
    np.testing.assert_allclose(two, 8.0, 1e-6)


# ---------------------------------------------------------------- Python scalars and weak types
def test_python_scalars_take_the_dtype_of_the_array():
    x = np.ones(2, np.float16)
    for y in (lax.add(x, 1), lax.select(np.array([True, False]), x, 2.0), lax.clamp(0, x, 1)):
        assert y.dtype == np.float16
        assert not y.weak_type
    assert lax.add(1, 2.0).weak_type


def test_integer_powers():
    np.testing.assert_array_equal(lax.pow(np.float32([2, -2]), np.int32([-1, 3])), [0.5, -8])
    np.testing.assert_array_equal(lax.pow(np.int32([2, -2]), np.int32([10, 3])), [1024, -8])


# ---------------------------------------------------------------- errors
def message(error, f, *args):
    with pytest.raises(error) as caught:
        f(*args)
    return [line.strip() for line in str(caught.value).splitlines() if " at " not in line]


def test_errors_of_dtypes_and_shapes():
    assert message(DTypeError, lax.add, np.float32(1), np.int32(1)) == [
        "add: operands need one dtype",
        "the operands have dtypes float32, int32",
        "convert one: x.astype(float32), or use hloom.numpy, which promotes",
    ]
    assert message(ShapeError, lax.add, np.ones(2), np.ones(3)) == [
        "add: operands need one shape",
        "the operands have shapes (2,) and (3,)",
        "broadcast them first (hloom.numpy does it by itself)",
    ]
    assert message(DTypeError, lax.sin, np.int32(1)) == [
        "sin: takes a floating or complex dtype",
        "the operand is i32[]",
        "convert the operand with x.astype(...)",
    ]
    assert message(DTypeError, lax.add, np.int32(1), 1.5) == [
        "a float cannot become int32",
        "the operands are 1.5 and an array of i32[]",
        "convert the array with x.astype(...), or use hloom.numpy, which promotes",
    ]
    assert message(DTypeError, lax.integer_pow, np.int32(2), -1) == [
        "integer_pow: power -1 of an integer",
        "the operand is i32[]",
        "convert x to a floating dtype",
    ]
    assert message(DTypeError, lax.clamp, 0j, 1j, 2j) == [
        "clamp: complex numbers have no order",
        "the operand is ~c64[]",
        "clamp its real and imaginary parts",
    ]
    assert message(DTypeError, lax.round, np.int32(2)) == [
        "round: takes a floating dtype",
        "the operand is i32[]",
        "leave integers as they are, they are round",
    ]


def test_errors_of_selectors_and_parameters():
    assert message(DTypeError, lax.select_n, np.array(True), 1.0, 2.0, 3.0) == [
        "select_n: a bool selector takes two cases",
        "it was given 3",
        "use an int32 selector",
    ]
    assert message(ValueRangeError, lax.reduce_precision, 1.0, 0, 2) == [
        "reduce_precision: a float has bits",
        "exponent_bits is 0, mantissa_bits is 2",
        "use 1 and 0, or more",
    ]
    assert message(ValueRangeError, lambda: lax.sin(1.0, accuracy="high")) == [
        "sin: accuracy is a hloom.lax.Tolerance or a hloom.lax.AccuracyMode",
        "it is 'high'",
        "use AccuracyMode.HIGHEST, or Tolerance(ulps=1), or leave it out",
    ]
    with pytest.raises(ValueRangeError, match="from 0 up"):
        lax.Tolerance(atol=-1.0)


def test_wrong_number_of_operands():
    with pytest.raises(TypeError, match="add: missing a required argument: 'y'"):
        lax.add(1.0)
