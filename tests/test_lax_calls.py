"""Composites, sinks, stage, the device's random numbers, scaled products; names and signatures."""

import functools
import inspect

import numpy as np
import pytest
from numpy.testing import assert_array_equal as same

import hloom
from control import message_of
from hloom import lax, numpy as hnp
from hloom.frontend.errors import ArgumentError, DTypeError, ShapeError

X = np.array([1.0, 2.0], np.float32)


@functools.partial(lax.composite, name="test.scale", version=3)
def scale(x, /, *, factor, mode=None, **_):
    return {"out": x * factor + np.array([1.0, 2.0], np.float32)}


# ---------------------------------------------------------------- composites
def test_a_composite_is_one_named_operation():
    attributes = {"mode": "hi", "table": np.array([1, 2]), "on": True, "pair": (1, "a")}
    text = hloom.jit(lambda x: scale(x, factor=2.0, axis=None, **attributes)).lower(X).as_text()
    (line,) = [row for row in text.splitlines() if "stablehlo.composite" in row]
    for part in (
        '"test.scale"',
        "version = 3 : i32",
        "factor = 2.000000e+00 : f64",
        'mode = "hi"',
        "table = dense<[1, 2]> : tensor<2xi64>",
        "on = true",
        'pair = [1, "a"]',
    ):
        assert part in line
    assert "axis" not in line
    assert "dense<[1.000000e+00, 2.000000e+00]>" in text


def test_a_composite_is_its_function():
    double = lambda x: scale(x, factor=2)["out"]
    same(double(X), 2 * X + [1, 2])
    same(hloom.jit(double)(X), 2 * X + [1, 2])
    same(hloom.grad(lambda x: double(x).sum())(X), [2, 2])
    same(hloom.vmap(double)(np.stack([X, X + 1])), 2 * np.stack([X, X + 1]) + [1, 2])
    with hloom.disable_jit():
        same(double(X), 2 * X + [1, 2])


def test_what_a_composite_refuses():
    assert message_of(ArgumentError, lambda: scale(X, factor={1}))[0] == (
        "composite: attribute factor of test.scale is not one that StableHLO has"
    )
    closing = hloom.jit(lambda y: lax.composite(lambda x: x + y, "test.add")(1.0))
    assert message_of(ArgumentError, lambda: closing(2.0))[0] == (
        "composite: test.add takes all its traced arrays as operands"
    )


# ---------------------------------------------------------------- sinks and stages
def test_a_sink_keeps_what_goes_into_it():
    @hloom.jit
    def f(x):
        lax.dce_sink({"sine": hnp.sin(x)})
        lax.dce_sink([hnp.cos(x)], prevent_mlir_dce=True)
        hnp.tan(x)
        return x

    text = f.lower(X).as_text()
    assert "stablehlo.sine" in text
    assert "optimization_barrier" in text
    assert "stablehlo.tan" not in text
    same(f(X), X)
    same(hloom.vmap(f)(X), X)
    same(hloom.grad(lambda x: f(x).sum())(X), [1, 1])


def test_stage_makes_an_array():
    assert isinstance(lax.stage(2), hloom.Array)
    assert lax.stage(2).aval.weak_type
    seen = []
    hloom.jit(lambda: seen.append(isinstance(lax.stage(X), hloom.Array)))()
    assert seen == [True]


# ---------------------------------------------------------------- the device's random numbers
def test_rng_uniform_draws_anew_within_its_range():
    draw = hloom.jit(lambda: (lax.rng_uniform(-1.0, 3.0, (64,)), lax.rng_uniform(0, 5, (64,))))
    (x, i), (y, _) = draw(), draw()
    assert not np.array_equal(x, y)
    assert -1 <= np.min(x) < 0 < 2 < np.max(x) < 3
    assert set(np.asarray(i).tolist()) == set(range(5))
    two = hloom.jit(lambda: [lax.rng_uniform(0.0, 1.0, (4,)) for _ in range(2)])()
    assert not np.array_equal(*two)
    lanes = hloom.vmap(lambda a: lax.rng_uniform(a, a + 1, (3,)))(np.arange(3.0))
    same(np.floor(lanes), np.broadcast_to(np.arange(3.0)[:, None], (3, 3)))
    what = "rng_uniform: the bounds are two numbers of one dtype"
    assert message_of(DTypeError, lambda: lax.rng_uniform(X, 1.0, ()))[0] == what


def test_algorithms_and_rounding_methods_have_names():
    state = np.arange(4, dtype=np.uint32)
    for algorithm, name in zip(lax.RandomAlgorithm, ("default", "three_fry", "philox")):
        found = lax.rng_bit_generator(state, (3,), algorithm=algorithm)
        for x, y in zip(found, lax.rng_bit_generator(state, (3,), algorithm=name), strict=True):
            same(x, y)
    ties = np.array([0.5, 1.5, -2.5], np.float32)
    same(lax.round(ties, lax.RoundingMethod.TO_NEAREST_EVEN), [0, 2, -2])
    same(lax.round(ties, rounding_method=lax.RoundingMethod.AWAY_FROM_ZERO), [1, 2, -3])


# ---------------------------------------------------------------- scaled products
def test_scaled_dot():
    r = np.random.RandomState(3)
    a, b = r.randn(2, 4, 8).astype("float8_e4m3fn"), r.randn(2, 8, 3).astype("float8_e4m3fn")
    s = (2.0 ** r.randint(-2, 3, (2, 4, 2))).astype("float8_e8m0fnu")
    t = (2.0 ** r.randint(-2, 3, (2, 4, 3))).astype("float8_e8m0fnu")
    wide = a.astype(float) * np.repeat(s.astype(float), 4, 2)
    other = b.astype(float) * np.repeat(t.astype(float), 2, 1)
    found = lax.scaled_dot(a, b, lhs_scale=s, rhs_scale=t, preferred_element_type=np.float32)
    np.testing.assert_allclose(found, wide @ other, rtol=1e-5, atol=1e-4)
    assert lax.scaled_dot(a, b, lhs_scale=s).dtype == hnp.bfloat16
    numbers = (((1,), (1,)), ((), ()))
    found = lax.scaled_dot(
        a[0], b[0].T, rhs_scale=t[0].T, dimension_numbers=numbers, preferred_element_type="float32"
    )
    np.testing.assert_allclose(found, a[0].astype(float) @ other[0], rtol=1e-5, atol=1e-4)
    what = "scaled_dot: a scale divides the contracted axes and equals the others"
    assert message_of(ShapeError, lambda: lax.scaled_dot(a, b, lhs_scale=t))[0] == what
    what = "scaled_dot: multiplies matrices, or batches of them"
    assert message_of(ShapeError, lambda: lax.scaled_dot(a[0, 0], b))[0] == what


# ---------------------------------------------------------------- names and signatures
@pytest.mark.parametrize(
    ("function", "signature"),
    [
        (lax.add, "(x, y)"),
        (lax.sin, "(x, *, accuracy=None)"),
        (lax.nextafter, "(x1, x2)"),
        (lax.betainc, "(a, b, x)"),
        (lax.polygamma, "(m, x)"),
        (lax.cumsum, "(operand, axis=0, reverse=False)"),
        (lax.reshape, "(operand, new_sizes, dimensions=None, *, out_sharding=None)"),
    ],
)
def test_primitives_have_signatures(function, signature):
    assert str(inspect.signature(function)) == signature


def test_every_public_function_has_a_signature():
    for name in dir(lax):
        function = getattr(lax, name)
        if not name.startswith("_") and callable(function) and not isinstance(function, type):
            assert inspect.signature(function) is not None, name


def test_operands_may_be_named():
    assert float(lax.sub(5.0, y=3.0)) == float(lax.sub(y=3.0, x=5.0)) == 2.0
    assert float(lax.exp(x=0.0)) == 1.0
    assert float(lax.zeta(q=1.0, x=2.0)) == float(lax.zeta(2.0, 1.0))
    assert lax.convert_element_type(operand=1, new_dtype="float32").dtype == np.float32
    with pytest.raises(TypeError, match="missing a required argument: 'y'"):
        lax.add(1.0)
    with pytest.raises(TypeError, match="add: has no parameter `z`"):
        lax.add(1.0, z=2.0)
