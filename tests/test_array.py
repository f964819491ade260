"""Arrays: operators, promotion, weak types, methods, and what they refuse."""

import copy
import operator
import pickle

import hypothesis
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis.extra import numpy as hnp

import hloom
import hloom.numpy as jnp
from hloom.frontend import errors

F = np.array([[-2.5, -0.5, 0.0, 3.25], [1.5, 2.0, -4.0, 0.75]], "float32")
I = np.array([[-7, -2, 0, 3], [5, 6, -4, 1]], "int32")
B = np.array([[True, False, True, True], [False, False, True, False]])

ARITHMETIC = ["add", "sub", "mul", "truediv", "floordiv", "mod"]
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"]
BITS = ["and_", "or_", "xor"]


def same(found, expected):
    expected = np.asarray(expected)
    assert found.shape == expected.shape
    np.testing.assert_allclose(np.asarray(found), expected, rtol=2e-6)


@pytest.mark.parametrize("name", ARITHMETIC + COMPARISONS)
@pytest.mark.parametrize(("left", "right"), [(F, F + 1), (F, 2.0), (I, 3), (3, I + 20), (F, F[1])])
def test_binary_operators(name, left, right):
    apply = getattr(operator, name)
    wrap = lambda v: jnp.asarray(v) if isinstance(v, np.ndarray) else v
    same(apply(wrap(left), wrap(right)), apply(left, right))


@pytest.mark.parametrize("name", BITS)
@pytest.mark.parametrize(("left", "right"), [(I, 5), (3, I), (B, B[::-1]), (B, True)])
def test_bitwise_operators(name, left, right):
    apply = getattr(operator, name)
    wrap = lambda v: jnp.asarray(v.copy()) if isinstance(v, np.ndarray) else v
    same(apply(wrap(left), wrap(right)), apply(left, right))


def test_other_operators():
    f, i = jnp.asarray(F), jnp.asarray(I)
    same(-f, -F)
    same(+f, F)
    same(abs(i), abs(I))
    same(~i, ~I)
    same(i << 2, I << 2)
    same(i >> 1, I >> 1)
    same(round(f), np.round(F))
    same(round(f, 1), np.round(F, 1))
    same(i**2, I**2)
    same(2.0**f, 2.0**F)
    same(f @ f.T, F @ F.T)
    same(F @ f.T, F @ F.T)
    for found, expected in zip(divmod(i, 3), divmod(I, 3)):
        same(found, expected)
    same(divmod(7, jnp.asarray([2, -2]))[0], [3, -4])


def test_a_numpy_array_on_the_left_gives_an_array():
    assert isinstance(F + jnp.asarray(F), hloom.Array)
    assert isinstance(np.float32(2) * jnp.asarray(F), hloom.Array)


@pytest.mark.parametrize(
    ("left", "right", "dtype", "weak"),
    [
        (jnp.int32, 1, "int32", False),
        (jnp.int32, 1.0, "float32", True),
        (jnp.int8, 1, "int8", False),
        (jnp.uint8, jnp.int8, "int16", False),
        (jnp.bfloat16, 2.0, "bfloat16", False),
        (jnp.bfloat16, jnp.float32, "float32", False),
        (jnp.float32, 1j, "complex64", False),
        (jnp.bool_, 1, "int32", True),
        (jnp.bool_, True, "bool", False),
        (jnp.float16, jnp.bfloat16, "float32", False),
        (jnp.int32, np.float64(1), "float32", False),
    ],
)
def test_promotion(left, right, dtype, weak):
    x = left([1, 0])
    y = right([1, 1]) if isinstance(right, type) else right
    for found in (x + y, y + x, hloom.jit(lambda a: a + y)(x), hloom.jit(lambda b: x + b)(y)):
        assert (found.dtype.name, found.weak_type) == (dtype, weak)


def test_weak_types_give_way():
    weak = jnp.asarray(2.0)
    assert weak.weak_type
    assert (weak + 1).weak_type
    assert (weak * jnp.bfloat16([1])).dtype == jnp.bfloat16
    assert not jnp.asarray([2.0]).weak_type
    assert not jnp.float32(2.0).weak_type


def test_64_bits_are_kept_when_they_are_on():
    with hloom.enable_x64():
        assert (jnp.arange(3) + 1).dtype == np.int64
        assert (jnp.asarray([1.0]) * 2).dtype == np.float64
        assert (jnp.float32([1.0]) + 1.0).dtype == np.float32
    assert (jnp.arange(3) + 1).dtype == np.int32


def test_64_bits_are_narrowed_with_a_warning():
    with pytest.warns(UserWarning, match="zeros: float64 was asked for and float32 is made"):
        assert jnp.zeros(7, "float64").dtype == np.float32
    assert jnp.zeros(7, float).dtype == np.float32


def test_signed_zeros_and_nan_as_python_numbers():
    one = jnp.ones(2)
    for value in (0.0, -0.0, 0.0, float("nan"), float("-nan"), float("nan")):
        for found in (
            jnp.copysign(one, value),
            jnp.asarray(value),
            jnp.full(2, value),
            hloom.jit(lambda x, v=value: jnp.where(x > 1, x, v))(one),
        ):
            wanted = np.full(found.shape, np.signbit(value))
            np.testing.assert_array_equal(np.signbit(np.asarray(found)), wanted)


@pytest.mark.parametrize(
    "root",
    [
        jnp.sqrt,
        lambda z: jnp.sqrt(jnp.asarray(z)),
        lambda z: jnp.add(jnp.zeros(()), jnp.sqrt(jnp.full((), z))),
        lambda z: hloom.jit(lambda x: jnp.sqrt(jnp.where(x > 0, x, z)))(jnp.zeros(())),
        lambda z: jnp.sqrt(jnp.where(False, jnp.ones((), complex), z)),
        lambda z: jnp.multiply(jnp.ones((), np.complex64), jnp.sqrt(z)),
    ],
)
def test_complex_numbers_that_differ_in_the_sign_of_a_zero(root):
    for part in (0.0, -0.0, 0.0):
        assert complex(root(complex(-4, part))) == complex(0, np.copysign(2, part))


def test_numbers_as_operands_keep_the_sign_of_a_zero():
    z = jnp.zeros((), np.complex64)
    for part in (0.0, -0.0, 0.0):
        found = complex(jnp.where(z == 0, complex(1, part), z))
        assert np.signbit(found.imag) == np.signbit(part)


def test_integers_beside_narrow_arrays():
    assert (jnp.uint8([1]) + 255).tolist() == [0]
    assert (jnp.uint8([3]) & 0xFF).tolist() == [3]
    with pytest.raises(OverflowError, match="add: integer 257 is out of bounds for uint8"):
        jnp.uint8([1]) + 257


def test_foreign_operands_are_left_to_their_class():
    class Foreign:
        def __radd__(self, other):
            return "radd"

        def __matmul__(self, other):
            return "matmul"

        def __gt__(self, other):
            return "gt"

    x = jnp.ones(2)
    assert x + Foreign() == "radd"
    assert Foreign() @ x == "matmul"
    assert (x < Foreign()) == "gt"
    assert (x == None) is False  # noqa: E711
    assert (x != "text") is True
    with pytest.raises(TypeError, match="unsupported operand"):
        x - Foreign()


def test_objects_may_offer_an_array():
    class Offers:
        def __hloom_array__(self):
            return jnp.arange(2)

    same(jnp.ones(2) + Offers(), [1, 2])
    same(jnp.sin(Offers()), np.sin([0, 1]))
    same(hloom.jit(lambda x: x * Offers())(jnp.ones(2)), [0, 1])


# ---------------------------------------------------------------- errors
def message_of(call):
    """The text of an error without the line that names the place."""
    with pytest.raises(errors.HloomError) as found:
        call()
    lines = str(found.value).splitlines()
    assert any("    at test_array.py:" in line for line in lines)
    return "\n".join(line for line in lines if not line.startswith("    at "))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: jnp.ones((3, 4)) + jnp.ones(3),
            (
                "add: shapes (3, 4) and (3,) do not broadcast\n"
                "    axis -1 is 4 on the left and 3 on the right\n"
                "    reshape the right to (3, 1), or give it shape (4,)"
            ),
        ),
        (
            lambda: jnp.ones((2, 3)) * jnp.ones((2, 5)),
            (
                "multiply: shapes (2, 3) and (2, 5) do not broadcast\n"
                "    axis -1 is 3 on the left and 5 on the right\n"
                "    make the lengths of axis -1 equal, or one of them 1"
            ),
        ),
        (
            lambda: jnp.ones(2) + [1, 2],  # noqa: RUF005
            (
                "add: takes arrays and numbers\n"
                "    it was given a list of length 2\n"
                "    pass an array or a number; hloom.numpy.asarray makes an array of a list"
            ),
        ),
        (
            lambda: jnp.sin("x"),
            (
                "sin: takes arrays and numbers\n"
                "    it was given 'x' of type str\n"
                "    pass an array or a number; hloom.numpy.asarray makes an array of a list"
            ),
        ),
        (
            lambda: jnp.arange(3) ** -1,
            (
                "power: an integer to the power -1\n"
                "    the base is i32[3]\n"
                "    convert the base to a float"
            ),
        ),
        (
            lambda: jnp.stack([jnp.ones(2)], out=1),
            (
                "stack: takes no `out`\n"
                "    arrays are immutable, so a result cannot be written into one\n"
                "    leave `out` away and use the result"
            ),
        ),
        (
            lambda: -jnp.ones(2, bool),
            (
                "neg: takes a number dtype\n"
                "    the operand is bool[2]\n"
                "    convert the operand with x.astype(...)"
            ),
        ),
    ],
)
def test_errors(call, text):
    assert message_of(call) == text


def test_the_same_errors_under_jit():
    def call():
        return hloom.jit(lambda x: x + jnp.ones(3))(jnp.ones((3, 4)))

    assert message_of(call).startswith("add: shapes (3, 4) and (3,) do not broadcast")


def test_lists_are_refused_by_functions_and_taken_by_array():
    for function in (jnp.sin, jnp.ravel, jnp.transpose, jnp.squeeze, jnp.isnan):
        with pytest.raises(TypeError, match="takes arrays and numbers"):
            function([1.0])
    assert jnp.array([1.0]).shape == jnp.asarray([1.0]).shape == (1,)
    assert jnp.stack([1.0, 2.0]).shape == (2,)


# ---------------------------------------------------------------- broadcasting
@hypothesis.given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
@hypothesis.settings(max_examples=25)
def test_broadcasting_is_numpys(shapes):
    x, y = (np.arange(np.prod(s), dtype="float32").reshape(s) for s in shapes.input_shapes)
    same(hloom.jit(jnp.subtract)(x, y), np.subtract(x, y))


@hypothesis.given(
    st.lists(hnp.array_shapes(min_dims=0, max_dims=3, max_side=3), min_size=2, max_size=3)
)
def test_broadcast_shapes_is_numpys(shapes):
    try:
        expected = np.broadcast_shapes(*shapes)
    except ValueError:
        with pytest.raises(errors.ShapeError):
            jnp.broadcast_shapes(*shapes)
    else:
        assert jnp.broadcast_shapes(*shapes) == expected


# ---------------------------------------------------------------- methods
METHODS = [
    lambda x: x.reshape(4, 2),
    lambda x: x.reshape((2, -1)),
    lambda x: x.reshape(-1),
    lambda x: x.ravel(),
    lambda x: x.flatten(),
    lambda x: x.transpose(),
    lambda x: x.transpose(1, 0),
    lambda x: x.transpose((0, 1)),
    lambda x: x.T,
    lambda x: x.mT,
    lambda x: x.swapaxes(0, 1),
    lambda x: x.squeeze(),
    lambda x: x.clip(-1, 1),
    lambda x: x.round(1),
    lambda x: x.astype("int32"),
    lambda x: x.conj(),
    lambda x: x.real,
    lambda x: x.imag,
    lambda x: x.copy(),
    lambda x: x.repeat(2, axis=0),
    lambda x: x.trace(),
    lambda x: x.diagonal(1),
    lambda x: x.dot(x.T),
    lambda x: x.view("int32"),
    lambda x: x.view("uint8"),
    lambda x: x.sum(),
    lambda x: x.sum(axis=0),
    lambda x: x.mean(1, keepdims=True),
    lambda x: x.max(),
    lambda x: x.min(axis=1),
    lambda x: x.prod(),
    lambda x: x.argmax(),
    lambda x: x.argmin(axis=1),
    lambda x: x.any(),
    lambda x: x.all(axis=0),
    lambda x: x.std(),
    lambda x: x.var(0),
    lambda x: x.cumsum(),
    lambda x: x.cumprod(axis=1),
    lambda x: x.sort() if isinstance(x, hloom.Array) else np.sort(x),
    lambda x: x.argsort(),
    lambda x: x.take(np.array([1, 0]), axis=0),
    lambda x: x.nonzero()[0],
    lambda x: x.compress(np.array([True, False]), axis=0),
    lambda x: x[0].searchsorted(np.float32(0.5)) if x.ndim == 2 else x,
]


@pytest.mark.parametrize("call", METHODS, ids=range(len(METHODS)))
def test_methods(call):
    sorted_rows = np.sort(F)
    same(call(jnp.asarray(sorted_rows)), call(sorted_rows))


def test_methods_work_on_tracers():
    found = hloom.jit(lambda x: (x.T.reshape(-1)[1:3].sum(), x.astype(int).real, round(x)))(F)
    same(found[0], F.T.reshape(-1)[1:3].sum())
    assert found[1].dtype == np.int32


def test_truth_and_scalars():
    assert jnp.asarray(1)
    assert not jnp.asarray(0.0)
    assert (int(jnp.asarray(3.7)), float(jnp.asarray(2)), complex(jnp.asarray(1j))) == (3, 2.0, 1j)
    assert [10, 20, 30][jnp.asarray(1)] == 20
    with pytest.raises(ValueError, match="the truth of an array of 2 elements"):
        bool(jnp.ones(2))
    with pytest.raises(TypeError, match="cannot be hashed"):
        hash(jnp.ones(2))


def test_namespace_and_iteration():
    x = jnp.arange(6).reshape(3, 2)
    assert x.__array_namespace__() is jnp
    assert [row.tolist() for row in x] == [[0, 1], [2, 3], [4, 5]]
    assert len(x) == 3
    assert isinstance(x, jnp.ndarray)


def test_an_array_of_a_number_is_a_literal_in_programs():
    two = jnp.float32(2)
    program = hloom.make_program(lambda x: x * two + jnp.asarray(1.0))(jnp.ones(3))
    text = "{ lambda ; a:f32[3]. let b:f32[3] = mul a 2.0:f32; c:f32[3] = add b 1.0 in (c) }"
    assert str(program).split() == text.split()


def test_programs_are_minimal():
    program = hloom.make_program(lambda x, y: jnp.sin(x) * 2.0 + (1 - x) * y[0])(F, F)
    assert [e.primitive.name for e in program.eqns].count("convert_element_type") == 0
    assert len(program.eqns) <= 8


# ---------------------------------------------------------------- an array as an object
_DTYPES = (
    "bool int8 uint8 int16 uint16 int32 uint32 int2 int4 uint4 float16 bfloat16 float32 complex64 "
    "float8_e4m3fn float8_e5m2 float8_e4m3b11fnuz float8_e8m0fnu float4_e2m1fn"
)
DTYPES = _DTYPES.split()


def few(dtype):
    return jnp.asarray(np.array([1, 0, 1]).astype(jnp.dtype(dtype)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "again", [lambda x: pickle.loads(pickle.dumps(x)), copy.copy, copy.deepcopy]
)
def test_copies_and_pickles(dtype, again):
    x = few(dtype)
    found = again(x)
    assert found.aval is x.aval
    assert found.tobytes() == x.tobytes()


def test_copies_and_pickles_of_keys_and_weak_types():
    key, weak = hloom.random.split(hloom.random.key(3)), jnp.asarray(2.0)
    for again in (lambda x: pickle.loads(pickle.dumps(x)), copy.copy, copy.deepcopy):
        assert again(key).aval is key.aval
        same(hloom.random.key_data(again(key)), hloom.random.key_data(key))
        assert again(weak).aval is weak.aval


def test_a_deep_copy_has_memory_of_its_own():
    x = jnp.arange(3)
    found = copy.deepcopy(x)
    x.delete()
    assert found.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: few("bool"), "Array([ True, False,  True], dtype=bool)"),
        (lambda: few("int4"), "Array([1, 0, 1], dtype=int4)"),
        (lambda: few("uint2"), "Array([1, 0, 1], dtype=uint2)"),
        (lambda: few("bfloat16") * 1.5, "Array([1.5, 0. , 1.5], dtype=bfloat16)"),
        (lambda: few("float8_e5m2"), "Array([1., 0., 1.], dtype=float8_e5m2)"),
        (lambda: few("complex64") * 2j, "Array([0.+2.j, 0.+0.j, 0.+2.j], dtype=complex64)"),
        (lambda: jnp.array([np.nan, -np.inf, 1]), "Array([ nan, -inf,   1.], dtype=float32)"),
        (lambda: jnp.asarray(2.0), "Array(2., dtype=float32, weak_type=True)"),
        (lambda: jnp.zeros(0), "Array([], dtype=float32)"),
        (lambda: jnp.zeros((2, 0), "int8"), "Array([], shape=(2, 0), dtype=int8)"),
        (
            lambda: jnp.arange(2000),
            "Array([   0,    1,    2, ..., 1997, 1998, 1999], dtype=int32)",
        ),
        (lambda: jnp.eye(2), "Array([[1., 0.],\n       [0., 1.]], dtype=float32)"),
        (lambda: hloom.random.key(7), "Array((), dtype=key<fry>) of words\n[0 7]"),
    ],
)
def test_repr(make, text):
    assert repr(make()) == text


def test_str_and_format():
    assert str(jnp.eye(2)) == "[[1. 0.]\n [0. 1.]]"
    assert str(few("int4")) == "[1 0 1]"
    assert f"{jnp.asarray(1.25):.1f} {jnp.arange(2)}" == "1.2 [0 1]"


def test_iteration_and_length():
    rows = list(jnp.arange(6).reshape(3, 2))
    assert [r.tolist() for r in rows] == [[0, 1], [2, 3], [4, 5]]
    assert len(jnp.ones((3, 2))) == 3
    assert [type(x) for x in jnp.arange(2)] == [type(jnp.arange(2))] * 2
    for call in (iter, len):
        with pytest.raises(TypeError, match="0-dimensional"):
            call(jnp.asarray(1.0))
    assert 2 in jnp.arange(3)


def test_arrays_are_not_hashed():
    with pytest.raises(TypeError, match="an array cannot be hashed"):
        hash(jnp.ones(2))


def test_membership_is_by_elements():
    x = jnp.arange(6).reshape(2, 3)
    assert 5 in x
    assert 5.0 in x
    assert 7 not in x
    assert 0 not in jnp.zeros(0)
    with pytest.raises(hloom.errors.TracerBoolError):
        hloom.jit(lambda x: 5 in x)(x)


def test_python_numbers():
    found = int(jnp.asarray(3)), float(jnp.asarray(1.5)), complex(few("complex64")[0])
    assert found == (3, 1.5, 1)
    assert [10, 20, 30][jnp.asarray(1)] == 20
    for call in (int, float, complex):
        for x, remedy in ((jnp.ones(1), "use x.item()"), (jnp.ones(3), "index or reduce it first")):
            with pytest.raises(TypeError) as failure:
                call(x)
            assert str(failure.value) == (
                f"only arrays of rank 0 become a Python {call.__name__}\n"
                f"    this one has shape {x.shape}\n    {remedy}"
            )
    assert jnp.ones(1).item() == 1
    assert bool(jnp.ones(1))
    with pytest.raises(ValueError, match="the truth of an array of 3 elements"):
        bool(jnp.arange(3))
    with pytest.raises(TypeError, match="only integer arrays of rank 0"):
        operator.index(jnp.asarray(1.0))


def test_devices_and_readiness():
    x = jnp.ones(2)
    assert x.devices() == {x.device} == {hloom.devices()[0]}
    assert x.block_until_ready() is x
    assert x.is_ready()
    assert not x.is_deleted()
    x.delete()
    x.delete()
    assert x.is_deleted()
    assert repr(x) == "Array(f32[2], deleted)"
    assert str(x) == "deleted array"
    assert (x.shape, x.dtype, x.devices()) == ((2,), np.float32, {hloom.devices()[0]})


USES = {
    "unary": lambda x: jnp.sin(x),
    "operator": lambda x: x + 1,
    "reflected": lambda x: jnp.ones(3) - x,
    "library function": lambda x: jnp.mean(x),
    "keyword": lambda x: jnp.sum(x, axis=0),
    "primitive": lambda x: hloom.lax.sin(x),
    "index": lambda x: x[0],
    "slice": lambda x: x[1:],
    "at": lambda x: x.at[0].set(1),
    "at, value": lambda x: jnp.ones(3).at[:].set(x),
    "at, get": lambda x: x.at[5].get(mode="fill"),
    "at, apply": lambda x: x.at[0].apply(jnp.sin),
    "jit": lambda x: hloom.jit(lambda y: y + 1)(x),
    "jit of a tree": lambda x: hloom.jit(lambda t: t["a"] + 1)({"a": x}),
    "closure": lambda x: hloom.jit(lambda y: y + x)(jnp.ones(3)),
    "compiled": lambda x: hloom.jit(jnp.sin).lower(jnp.ones(3)).compile()(x),
    "grad": lambda x: hloom.grad(lambda y: jnp.sum(y * y))(x),
    "vmap": lambda x: hloom.vmap(jnp.sin)(x),
    "cond": lambda x: hloom.lax.cond(True, jnp.sin, jnp.cos, x),
    "iteration": lambda x: list(x),
    "numpy": lambda x: np.asarray(x),
    "DLPack": lambda x: np.from_dlpack(x),
    "pickle": lambda x: pickle.dumps(x),
    "deepcopy": lambda x: copy.deepcopy(x),
    "item": lambda x: x[:1].item(),
    "tolist": lambda x: x.tolist(),
    "wait": lambda x: x.block_until_ready(),
    "ready": lambda x: x.is_ready(),
    "to the host": lambda x: x.copy_to_host_async(),
    "address": lambda x: x.unsafe_buffer_pointer(),
}


@pytest.mark.parametrize("use", USES)
def test_use_after_deletion(use):
    x = jnp.ones(3)
    x.delete()
    with pytest.raises(errors.DeletedArrayError) as found:
        USES[use](x)
    what, why, *_, remedy = str(found.value).splitlines()
    assert what.endswith("has no value any more")
    assert why == "    it was deleted, or donated to a jitted function (donate_argnums)"
    assert remedy == "    use the function's result instead, or do not donate it"


def test_use_after_donation():
    x = jnp.ones(3)
    assert hloom.jit(lambda y: y + 1, donate_argnums=0)(x).tolist() == [2, 2, 2]
    message = r"operand 0 of 2, f32\[3\], has no value any more"
    with pytest.raises(errors.DeletedArrayError, match=message):
        x * x


def test_donation_of_one_array_twice():
    x = jnp.ones(3)
    step = hloom.jit(lambda a, b: (a + 1, b * 2), donate_argnums=(0, 1))
    with pytest.raises(errors.ArgumentError, match="operands 0 and 1 are the same array"):
        step(x, x)
    assert x.tolist() == [1, 1, 1]
