"""Making arrays: from values, filled, ranges, grids, triangles, and dtypes by name."""

import array as stdlib_array

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.frontend import errors


def same(found, expected, dtype=None):
    expected = np.asarray(expected)
    assert found.shape == expected.shape
    if dtype is not None:
        assert found.dtype == np.dtype(dtype)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=2e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("value", "dtype", "weak"),
    [
        (1, "int32", True),
        (2.5, "float32", True),
        (True, "bool", False),
        (1j, "complex64", True),
        ([1, 2], "int32", False),
        ([1, 2.5], "float32", False),
        ([[True], [False]], "bool", False),
        ([], "float32", False),
        ((1, 2j), "complex64", False),
        (range(3), "int32", False),
        (np.float64(3), "float32", False),
        (np.arange(3), "int32", False),
        ([np.int8(1), 2], "int8", False),
        ([np.float16(1), 2.0, 3], "float16", False),
        (stdlib_array.array("f", [1, 2]), "float32", False),
        (memoryview(b"ab"), "uint8", False),
    ],
)
def test_array_of_values(value, dtype, weak):
    for make in (jnp.array, jnp.asarray):
        found = make(value)
        assert (found.dtype.name, found.weak_type) == (dtype, weak)
        same(found, np.asarray(value))


def test_array_of_arrays_also_under_jit():
    def build(x):
        return jnp.array([[x, 1], [2.5, x * 2]])

    same(build(jnp.asarray(3)), [[3, 1], [2.5, 6]], "float32")
    same(hloom.jit(build)(3), [[3, 1], [2.5, 6]], "float32")
    same(hloom.grad(lambda x: build(x).sum())(3.0), 3.0)
    same(jnp.array([jnp.arange(2), np.arange(2)]), [[0, 1], [0, 1]], "int32")
    same(hloom.jit(lambda: jnp.asarray([1.5, 2]))(), [1.5, 2])


def test_array_options():
    assert jnp.array([1, 2], ndmin=3).shape == (1, 1, 2)
    assert jnp.array([1.7], dtype=int).tolist() == [1]
    assert jnp.array([1], dtype="bfloat16").dtype == jnp.bfloat16
    x = jnp.arange(3)
    assert jnp.asarray(x) is x
    assert jnp.array(x) is not x
    assert jnp.array(x, copy=False) is x
    assert jnp.asarray(jnp.asarray(1.0), dtype="float32").weak_type is False
    same(jnp.copy(x), [0, 1, 2])


def test_a_copy_does_not_follow_its_source():
    source = np.zeros(64, "float32")
    made = jnp.asarray(source)
    source[:] = 1
    assert made.sum() == 0
    x = jnp.ones(3)
    y = jnp.array(x)
    x.delete()
    assert y.sum() == 3


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: jnp.array([[1, 2], [3]]), errors.ShapeError, "different lengths"),
        (lambda: jnp.array(["a"]), errors.DTypeError, "arrays cannot hold"),
        (lambda: jnp.array(None), errors.DTypeError, "arrays cannot hold"),
        (lambda: jnp.array([2**40]), OverflowError, "out of bounds for int32"),
        (lambda: jnp.array([1], order="F"), errors.UnsupportedError, "order 'F'"),
        (lambda: jnp.zeros(-1), errors.ShapeError, "a length is negative"),
        (lambda: jnp.zeros((2,), "nonsense"), errors.DTypeError, "is not a dtype"),
        (lambda: jnp.arange(0, 1, 0), errors.ValueRangeError, "the step is 0"),
        (lambda: jnp.arange(np.ones(2)), errors.ShapeError, "the bounds are scalars"),
        (lambda: jnp.linspace(0, 1, -1), errors.ValueRangeError, "num is negative"),
        (lambda: jnp.tril(jnp.ones(3)), errors.ShapeError, "takes matrices"),
        (lambda: jnp.diag(3.0), errors.ShapeError, "a vector or a matrix"),
        (lambda: hloom.jit(jnp.arange)(3), errors.TracedValueError, "decide the length"),
    ],
)
def test_what_is_refused(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


def test_filled_arrays():
    same(jnp.zeros(3), np.zeros(3), "float32")
    same(jnp.zeros((2, 1), int), np.zeros((2, 1)), "int32")
    same(jnp.ones((), bool), True, "bool")
    same(jnp.empty((2,), "int8"), [0, 0], "int8")
    same(jnp.full((2, 2), 3), np.full((2, 2), 3), "int32")
    same(jnp.full((2, 3), jnp.arange(3), "float32"), [[0, 1, 2]] * 2, "float32")
    assert jnp.full(2, 3).weak_type
    x = jnp.ones((2, 3), "float16")
    for make, value in ((jnp.zeros_like, 0), (jnp.ones_like, 1), (jnp.empty_like, 0)):
        same(make(x), np.full((2, 3), value), "float16")
        same(make(x, dtype="int32", shape=(4,)), np.full(4, value), "int32")
    same(jnp.full_like(jnp.arange(2), 2.7), [2, 2], "int32")
    same(jnp.zeros_like(hloom.ShapeDtypeStruct((2,), np.dtype("int32"))), [0, 0], "int32")
    assert jnp.zeros(jnp.asarray(3)).shape == (3,)


@pytest.mark.parametrize(
    "args",
    [(5,), (1, 5), (5, 0, -2), (0, 1, 0.25), (0.5, 3), (5.0,), (3, 1), (np.int8(4),), (2, 9, 3)],
)
def test_arange(args):
    expected = np.arange(*args)
    same(jnp.arange(*args), expected)
    assert jnp.arange(*args).dtype.kind == expected.dtype.kind
    same(jnp.arange(*args, dtype="float32"), expected.astype("float32"), "float32")


def test_spaces():
    for args in ((0, 1), (0, 10, 5), (3, 0, 4), (1, 2, 1), (0, 1, 0), (-1e38, 1e38, 3)):
        same(jnp.linspace(*args), np.linspace(*args).astype("float32"), "float32")
    same(jnp.linspace(0, 1, 4, endpoint=False), np.linspace(0, 1, 4, endpoint=False))
    same(jnp.linspace(0, 5, 4, dtype=int), np.linspace(0, 5, 4, dtype=int), "int32")
    low, high = np.array([0.0, 1.0]), np.array([[1.0], [5.0]])
    for axis in (0, -1):
        same(jnp.linspace(low, high, 3, axis=axis), np.linspace(low, high, 3, axis=axis))
    found, step = jnp.linspace(0, 1, 5, retstep=True)
    assert (found[-1], step) == (1.0, 0.25)
    same(jnp.logspace(0, 3, 4, base=2), np.logspace(0, 3, 4, base=2))
    same(jnp.geomspace(1, 1000, 4), np.geomspace(1, 1000, 4))
    same(jnp.geomspace(-8, -1, 4), np.geomspace(-8, -1, 4))
    assert jnp.geomspace(0.3, 7.7, 5)[-1] == np.float32(7.7)


@pytest.mark.parametrize("x64", [False, True])
@pytest.mark.parametrize("num", [4, 7, 50, 101])
def test_lines_meet_their_ends_and_the_integers_between(num, x64):
    ends = [(0, num - 1), (3, 3 + 2 * (num - 1)), (10, 10 - 3 * (num - 1))]

    def line(a, b, dtype=None):
        return jnp.linspace(a, b, num, dtype=dtype)

    with hloom.enable_x64(x64):
        for first, last in ends:
            wanted = np.linspace(first, last, num, dtype="int32")
            arrays = np.float32(first), np.float32(last)
            for found in (
                line(first, last, int),
                line(*arrays, int),
                hloom.jit(line, static_argnums=2)(*arrays, int),
            ):
                np.testing.assert_array_equal(found, wanted)
            np.testing.assert_array_equal(line(first, last), np.linspace(first, last, num))
            for found in (
                line(0.1, last / 7),
                hloom.jit(line, static_argnums=2)(np.float64(0.1), last / 7),
            ):
                assert (found[0], found[-1]) == (found.dtype.type(0.1), found.dtype.type(last / 7))


def test_lines_between_numbers_take_part_in_programs():
    def f(x):
        return x * jnp.linspace(1, 3, 3)

    np.testing.assert_array_equal(hloom.jit(f)(2.0), [2, 4, 6])
    assert hloom.jit(lambda: jnp.linspace(0, 1, 5000))()[-1] == 1
    assert (
        jnp.linspace(-3e38, 3e38, 3).tolist() == jnp.linspace(np.float32(-3e38), 3e38, 3).tolist()
    )
    assert jnp.linspace(0, 300, 2, dtype="int8").shape == (2,)
    assert np.isnan(jnp.linspace(0, np.inf, 3)[0])


def test_grids():
    x, y, z = np.arange(2), np.arange(3.0), np.arange(4)
    for options in ({}, {"indexing": "ij"}, {"sparse": True}):
        for found, expected in zip(
            jnp.meshgrid(x, y, z, **options), np.meshgrid(x, y, z, **options), strict=True
        ):
            same(found, expected)
    same(jnp.indices((2, 3)), np.indices((2, 3)), "int32")
    for found, expected in zip(
        jnp.indices((2, 3), sparse=True), np.indices((2, 3), sparse=True), strict=True
    ):
        same(found, expected)
    same(jnp.fromfunction(lambda i, j: i * j, (2, 3)), np.fromfunction(lambda i, j: i * j, (2, 3)))


@pytest.mark.parametrize("k", [2**31 - 1, 2**63, -(2**31), -(2**70)])
def test_diagonals_far_outside_of_a_matrix(k):
    m, inside = np.ones((2, 3), "float32"), k > 0
    same(jnp.eye(2, 3, k), np.zeros((2, 3)))
    same(jnp.tri(2, 3, k), m * inside)
    same(jnp.tril(m, k), m * inside)
    same(jnp.triu(m, k), m * (not inside))


@pytest.mark.parametrize("k", [-2, 0, 1])
def test_triangles_and_diagonals(k):
    m, v = np.arange(12.0, dtype="float32").reshape(3, 4), np.arange(3.0, dtype="float32")
    stack = np.arange(24.0, dtype="float32").reshape(2, 3, 4)
    same(jnp.eye(3, 4, k), np.eye(3, 4, k))
    same(jnp.tri(3, 4, k), np.tri(3, 4, k))
    for name in ("tril", "triu"):
        for x in (m, stack):
            same(getattr(jnp, name)(x, k), getattr(np, name)(x, k))
    for x in (m, v):
        same(jnp.diag(x, k), np.diag(x, k))
    same(jnp.diagflat(m[:2, :2], k), np.diagflat(m[:2, :2], k))
    same(jnp.diagonal(stack, k, 1, 2), np.diagonal(stack, k, 1, 2))
    same(jnp.diagonal(stack, k, -1, 0), np.diagonal(stack, k, -1, 0))
    same(jnp.identity(2, "int8"), np.eye(2), "int8")
    same(jnp.vander(v, 3), np.vander(v, 3))
    same(jnp.vander(v, increasing=True), np.vander(v, increasing=True))


def test_nan_stays_outside_of_triangles():
    assert jnp.tril(jnp.full((2, 2), np.nan))[0, 1] == 0


def test_interchange(tmp_path):
    x = np.arange(3, dtype="float32")
    same(jnp.from_dlpack(x), x)
    same(np.from_dlpack(jnp.asarray(x)), x)
    same(jnp.frombuffer(x.tobytes(), "float32"), x)
    same(jnp.frombuffer(x.tobytes(), "float32", count=1, offset=4), [1])
    same(jnp.fromstring("1 2", sep=" "), [1, 2])
    same(jnp.fromiter(range(3), int), x)
    jnp.save(tmp_path / "x.npy", jnp.asarray(x))
    same(jnp.load(tmp_path / "x.npy"), x)
    x.tofile(tmp_path / "x.bin")
    same(jnp.fromfile(tmp_path / "x.bin", dtype="float32"), x)


def test_scalar_types():
    assert jnp.float32(3).dtype == np.float32
    assert jnp.int8([1, 2]).shape == (2,)
    assert jnp.zeros(2, jnp.bfloat16).dtype == jnp.bfloat16
    assert jnp.float32 == np.float32
    assert np.dtype("float32") == jnp.float32
    assert jnp.float32 != jnp.float64
    assert {jnp.int8: 1}[jnp.int8] == 1
    assert jnp.issubdtype(jnp.bfloat16, jnp.floating)
    assert not jnp.issubdtype(jnp.int8, jnp.floating)
    assert jnp.int_(1).dtype == np.int32
    with hloom.enable_x64():
        assert jnp.int_(1).dtype == np.int64
        assert jnp.arange(2).dtype == np.int64
    assert repr(jnp.float32) == "hloom.numpy.float32"


def test_questions_about_types():
    assert jnp.finfo(jnp.bfloat16).bits == 16
    assert jnp.iinfo("int8").max == 127
    assert jnp.result_type(jnp.int8(1), 2.0) == np.float32
    assert jnp.promote_types("int8", "uint8") == np.int16
    assert jnp.can_cast("int32", "float64")
    assert not jnp.can_cast("float32", "int32")
    assert jnp.isdtype(np.dtype("int8"), ("signed integer", "bool"))
    assert not jnp.isdtype("bfloat16", "integral")
    assert jnp.isscalar(3)
    assert jnp.isscalar(jnp.asarray(3))
    assert not jnp.isscalar([3])
    assert jnp.iscomplexobj(jnp.asarray(1j))
    assert jnp.isrealobj([1.0])
    assert (jnp.shape(3), jnp.ndim(np.ones(2)), jnp.size(jnp.ones((2, 3)), 1)) == ((), 1, 3)
    assert jnp.array_repr(jnp.arange(2)).startswith("array([0, 1]")
    assert jnp.array_str(jnp.arange(2)) == "[0 1]"
    with pytest.raises(errors.ValueRangeError, match="'nonsense' is no kind"):
        jnp.isdtype("int8", "nonsense")


def test_devices():
    (device,) = jnp.ones(2).devices()
    assert jnp.zeros(2, device=device).devices() == {device}
    assert jnp.arange(3, device=device).devices() == {device}
    assert jnp.ones(2).to_device(device).devices() == {device}
