"""Errors, whole: what was asked, what was found, the user's line, what to do.

Each case fails on purpose; its text is the golden of its name, with the line's number left out.
"""

import re

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom import errors, lax
from hloom.frontend.primitive import Primitive

X = np.ones((2, 3), np.float32)
CASES = {}


def case(kind):
    """Register a failing function with the error class it must raise."""

    def register(function):
        CASES[function.__name__] = kind, function
        return function

    return register


# ---------------------------------------------------------------- traced values
@case(errors.TracerBoolError)
def traced_if():
    hloom.jit(lambda x: 1 if x > 0 else 2)(1.0)


@case(errors.TracerIntegerError)
def traced_int():
    hloom.jit(lambda n: jnp.zeros(int(n)))(3)


@case(errors.TracerIntegerError)
def traced_range():
    hloom.jit(lambda n: list(range(n)))(3)


@case(errors.TracerIntegerError)
def traced_list_index():
    hloom.jit(lambda i: [1, 2, 3][i])(1)


@case(errors.TracedValueError)
def traced_float():
    hloom.jit(lambda x: float(x))(1.0)


@case(errors.TracerArrayError)
def traced_numpy_array():
    hloom.jit(lambda x: np.asarray(x))(1.0)


@case(errors.TracerArrayError)
def traced_numpy_function():
    hloom.jit(lambda x: np.sin(x))(1.0)


@case(errors.TracedValueError)
def traced_dict_key():
    hloom.jit(lambda x: {x: 1})(1.0)


@case(errors.NonConcreteIndexError)
def traced_mask():
    hloom.jit(lambda x: x[x > 0])(X)


@case(errors.TracerBoolError)
def batched_if():
    hloom.vmap(lambda x: 1 if x > 0 else 2)(jnp.arange(3.0))


@case(errors.LeakedTracerError)
def leaked():
    box = []
    hloom.jit(lambda x: box.append(x * 2) or x)(1.0)
    jnp.sin(box[0])


@case(errors.RefError)
def a_returned_ref():
    hloom.jit(lambda x: hloom.new_ref(x))(1.0)


# ---------------------------------------------------------------- derivatives
@case(errors.ShapeError)
def gradient_of_an_array():
    hloom.grad(lambda x: x * 2)(X)


@case(errors.ShapeError)
def gradient_of_a_tree():
    hloom.grad(lambda x: {"a": x})(1.0)


@case(errors.DTypeError)
def gradient_by_an_integer():
    hloom.grad(lambda p: p["n"] * 2.0)({"n": 3})


@case(errors.DTypeError)
def gradient_of_an_integer():
    hloom.grad(lambda x: jnp.sum(x).astype(int))(1.0)


@case(errors.DTypeError)
def forward_jacobian_by_a_complex_number():
    hloom.jacfwd(lambda x: abs(x))(1j)


@case(errors.ArgumentError)
def gradient_by_no_argument():
    hloom.grad(lambda x: x, argnums=1)(1.0)


@case(errors.ArgumentError)
def gradient_by_a_name():
    hloom.grad(lambda x: x, argnums="x")(1.0)


@case(errors.ArgumentError)
def gradient_of_a_value():
    hloom.grad(3.0)


@case(errors.ArgumentError)
def no_auxiliary_data():
    hloom.grad(lambda x: x, has_aux=True)(1.0)


@case(errors.ShapeError)
def tangent_of_another_shape():
    hloom.jvp(jnp.sin, (X,), (1.0,))


@case(errors.TreeError)
def tangents_of_another_structure():
    hloom.jvp(lambda p: p["a"], ({"a": 1.0},), ({"b": 1.0},))


@case(errors.TreeError)
def cotangent_of_another_structure():
    hloom.vjp(lambda x: {"a": x}, 1.0)[1](1.0)


@case(errors.RuleError)
def a_missing_rule():
    mystery = Primitive("mystery", lambda x: x)
    hloom.grad(lambda x: mystery.bind(x)[0])(1.0)


@case(errors.ArgumentError)
def custom_jvp_without_a_rule():
    hloom.custom_jvp(lambda x: x)(1.0)


@case(errors.TreeError)
def custom_vjp_with_too_few_cotangents():
    f = hloom.custom_vjp(lambda x, y: x * y)
    f.defvjp(lambda x, y: (x * y, None), lambda _, g: (g,))
    hloom.grad(f)(1.0, 2.0)


@case(errors.ShapeError)
def custom_vjp_with_a_wrong_cotangent():
    f = hloom.custom_vjp(lambda x: jnp.sum(x))
    f.defvjp(lambda x: (jnp.sum(x), None), lambda _, g: (g,))
    hloom.grad(f)(X)


# ---------------------------------------------------------------- vmap and collectives
@case(errors.ShapeError)
def vmap_over_different_lengths():
    hloom.vmap(lambda x, y: x + y)(jnp.ones(3), jnp.ones(4))


@case(errors.AxisError)
def vmap_over_no_such_axis():
    hloom.vmap(lambda x: x, in_axes=2)(X)


@case(errors.ValueRangeError)
def vmap_with_too_many_in_axes():
    hloom.vmap(lambda x: x, in_axes=(0, 0))(X)


@case(errors.TreeError)
def vmap_with_in_axes_of_another_structure():
    hloom.vmap(lambda t: t["a"], in_axes=({"b": 0},))({"a": X})


@case(errors.ValueRangeError)
def vmap_over_nothing():
    hloom.vmap(lambda x: x, in_axes=None)(X)


@case(errors.ValueRangeError)
def vmap_with_an_unmapped_result():
    hloom.vmap(lambda x: x, out_axes=None)(X)


@case(errors.UnboundAxisError)
def an_unbound_axis():
    lax.psum(1.0, "i")


# ---------------------------------------------------------------- control flow
@case(errors.ControlFlowError)
def scan_carry_changes_its_type():
    lax.scan(lambda c, x: ({"n": c["n"], "x": c["x"][None]}, x), {"n": 1, "x": 2.0}, jnp.ones(3))


@case(errors.ControlFlowError)
def scan_carry_changes_its_structure():
    lax.scan(lambda c, x: ((c, c), x), 1.0, jnp.ones(3))


@case(errors.ControlFlowError)
def scan_body_without_a_pair():
    lax.scan(lambda c, x: c, 1, jnp.ones(3))


@case(errors.ControlFlowError)
def while_carry_changes_its_type():
    lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, c[1] > 0), (0, 1.0))


@case(errors.ControlFlowError)
def cond_branches_differ():
    lax.cond(True, lambda x: (x, 1), lambda x: (x, 1.5), 1.0)


# ---------------------------------------------------------------- arguments
@case(errors.ArgumentError)
def a_string_to_a_jitted_function():
    hloom.jit(lambda x, *, tag: x)(1.0, tag={"name": "hello"})


@case(errors.ArgumentError)
def an_object_from_a_jitted_function():
    hloom.jit(lambda x: {"model": "linear", "y": x})(1.0)


@case(errors.ArgumentError)
def an_unhashable_static_argument():
    hloom.jit(lambda x, shape: x, static_argnames="shape")(1.0, shape=[1])


@case(errors.ArgumentError)
def an_array_as_a_static_argument():
    hloom.jit(lambda x, n: x, static_argnums=1)(1.0, jnp.ones(2))


@case(errors.ArgumentError)
def a_list_to_a_function():
    jnp.sin([1.0])


@case(errors.TreeError)
def a_compiled_function_called_with_another_structure():
    hloom.jit(lambda t: t["a"]).lower({"a": 1.0}).compile()({"b": 1.0})


@case(errors.TreeError)
def a_compiled_function_called_with_another_shape():
    hloom.jit(lambda x: x).lower(X).compile()(X[0])


@case(errors.ArgumentError)
def assignment_to_an_element():
    jnp.ones(3)[0] = 1


# ---------------------------------------------------------------- shapes, dtypes, axes, indices
@case(errors.ShapeError)
def shapes_that_do_not_broadcast():
    jnp.ones((3, 4)) + jnp.ones(3)


@case(errors.AxisError)
def an_axis_out_of_bounds():
    jnp.sum(jnp.ones(3), axis=1)


@case(errors.AxisError)
def an_axis_named_twice():
    jnp.sum(X, axis=(0, -2))


@case(errors.ShapeError)
def a_shape_of_other_size():
    jnp.reshape(jnp.ones(3), (2, 2))


@case(errors.ShapeError)
def matrices_that_do_not_fit():
    jnp.ones((2, 3)) @ jnp.ones((2, 3))


@case(errors.ShapeError)
def joining_other_shapes():
    jnp.concatenate([jnp.ones((2, 3)), jnp.ones((2, 4))])


@case(errors.DTypeError)
def an_integer_to_a_floating_operation():
    lax.sin(jnp.arange(3))


@case(errors.DTypeError)
def two_dtypes_to_one_operation():
    lax.add(jnp.arange(3), jnp.ones(3))


@case(errors.TypePromotionError)
def dtypes_that_do_not_promote():
    jnp.ones(3, "float8_e4m3fn") + jnp.ones(3)


@case(errors.DTypeError)
def no_such_dtype():
    jnp.zeros(3, "int37")


@case(errors.IndexingError)
def too_many_indices():
    jnp.ones(3)[0, 0]


@case(errors.IndexTypeError)
def a_fraction_as_an_index():
    jnp.ones(3)[1.5]


# ---------------------------------------------------------------- NaNs
@case(errors.InterchangeError)
def dlpack_of_packed_elements():
    np.from_dlpack(jnp.zeros(2, "int4"))


@case(errors.NanError)
def a_nan_at_once():
    with hloom.debug_nans():
        jnp.log(jnp.float32(-1))


@case(errors.NanError)
def a_nan_inside_jit():
    @hloom.jit
    def f(x):
        y = hloom.jit(jnp.sqrt)(x - 1)
        return jnp.exp(y) * 2

    with hloom.debug_nans():
        f(0.5)


@pytest.mark.parametrize("name", CASES)
def test_the_whole_text(name, golden):
    kind, function = CASES[name]
    with pytest.raises(kind) as caught:
        function()
    text = re.sub(r"test_errors\.py:\d+", "test_errors.py:LINE", str(caught.value))
    assert "hloom/" not in text
    golden(f"{name}.txt", f"{type(caught.value).__name__}: {text}\n")


def test_every_error_class_is_raised_somewhere_or_tested_elsewhere():
    elsewhere = {
        "HloomError", "ArtifactError", "BackendError", "CallbackError", "DeletedArrayError",
        "DeviceError", "IreeError", "IntegerRangeError", "MatrixError", "ProgramError",
        "UnsupportedError", "CacheWarning", "KeyReuseError",
        "ForbiddenError", "JaxlibError", "JaxRuntimeError", "JaxprTypeError",
    }  # fmt: skip
    raised = {kind for kind, _ in CASES.values()}
    public = {v for n, v in vars(errors).items() if isinstance(v, type) and n not in elsewhere}
    assert public <= raised
