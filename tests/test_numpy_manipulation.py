"""Shapes, axes, joining, repeating, padding, editing: hloom.numpy against NumPy."""

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.frontend import errors

V = np.arange(4.0, dtype="float32")
M = np.arange(12.0, dtype="float32").reshape(3, 4)
T = np.arange(24.0, dtype="float32").reshape(2, 3, 4)
ONE = np.ones((1, 3, 1), "float32")
INTS = np.array([[5, -3, 2], [7, 0, -1]], "int32")
EMPTY = np.array([], np.int32)

#: name -> the argument lists on which hloom.numpy is to give what NumPy gives
SAME = {
    "reshape": [(T, (4, 6)), (T, -1), (T, (3, -1)), (T, (6, 4), "F"), (V[:0], (0, 3)), (3.0, (1,))],
    "ravel": [(T,), (T, "F"), (V[:0],), (2.0,)],
    "transpose": [(T,), (T, (1, 0, 2)), (T, (-1, 0, 1)), (V,)],
    "permute_dims": [(T, (2, 0, 1))],
    "matrix_transpose": [(T,)],
    "swapaxes": [(T, 0, -1)],
    "moveaxis": [(T, 0, -1), (T, (0, 1), (-1, 0)), (T, -1, 0)],
    "rollaxis": [(T, 2), (T, 0, 2), (T, 1, 3)],
    "expand_dims": [(M, 1), (M, (0, -1))],
    "squeeze": [(ONE,), (ONE, 0), (ONE, (0, -1))],
    "broadcast_to": [(V, (3, 4)), (2.0, (2,)), (M[:, :1], (2, 3, 4))],
    "broadcast_arrays": [(V, M[:, :1], 2.0)],
    "resize": [(M, (5, 3)), (M, (2, 2)), (M, (0,))],
    "atleast_1d": [(2.0,), (2.0, V)],
    "atleast_2d": [(2.0,), (V,), (T,)],
    "atleast_3d": [(2.0,), (V,), (M,), (T,)],
    "flip": [(T,), (T, 1), (T, (0, 2))],
    "fliplr": [(M,)],
    "flipud": [(M,)],
    "rot90": [(M,), (M, 2), (M, 3), (M, -1), (T, 1, (0, 2)), (T, 1, (2, 1))],
    "roll": [(M, 1), (M, -5), (M, (1, 2), (0, 1)), (M, 1, 0), (M, 3, (0, 1)), (V[:0], 1)],
    "concatenate": [([M, M],), ([M, M], 1), ([M, T], None), ([V, INTS[0]],), (T,)],
    "concat": [([M, M],)],
    "stack": [([V, V],), ([V, V], -1), ([M, M, M], 1), ([1.0, 2.0],)],
    "vstack": [([V, V],), ([M, V],)],
    "hstack": [([V, V],), ([M, M],), ([1.0, 2.0],)],
    "dstack": [([V, V],), ([M, M],)],
    "column_stack": [([V[:3], M],)],
    "block": [([[M, M], [M, M]],), ([V, V],), ([[M], [V]],), (M,)],
    "append": [(M, V), (M, M, 0)],
    "unstack": [(T,)],
    "split": [(T, 2), (T, 2, 2), (V, [1, 3]), (V, [1, 9]), (M, [-1], 1)],
    "array_split": [(V, 3), (T, 3, 2), (V, 6)],
    "vsplit": [(M, 3)],
    "hsplit": [(M, 2), (V, 2)],
    "dsplit": [(T, [1])],
    "tile": [(V, 2), (M, (2, 1, 2)), (T, (2,)), (2.0, (2, 2))],
    "repeat": [(V, 2), (M, 2, 1), (M, np.array([1, 0, 2]), 0), (M, [2], 0), (V, [0, 1, 2, 1]),
               (V, [0] * 4), (V[:0], EMPTY), (M[:0], EMPTY, 0), (M[:, :0], [2, 1, 0], 0)],
    "trim_zeros": [(np.array([0, 0, 1, 0, 2, 0]),), (np.array([0, 3, 0]), "f"), (np.zeros(2), "b")],
    "insert": [
        (M, 1, 9), (M, [1, 2], [9, 8]), (M, 1, [1, 2, 3], 1), (M, [1], [[1], [2], [3]], 1),
        (M, [0, 0, 3], 7, 1), (M, slice(0, 2), 5, 0), (M, -1, 5, 0), (M, 3, V, 0),
    ],
    "delete": [
        (M, 1), (M, [1, 2], 0), (M, [0, 0, 3], 1), (M, slice(0, 3, 2), 0), (M, -1, 1),
        (M, np.array([True, False, True]), 0),
    ],
    "apply_along_axis": [(lambda v: v[::-1] * v[0], 0, T), (lambda v: v[:2], 1, T)],
}  # fmt: skip


def same(found, expected):
    if isinstance(expected, list | tuple):
        assert len(found) == len(expected)
        for f, x in zip(found, expected, strict=True):
            same(f, x)
        return
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", SAME)
def test_same_as_numpy(name):
    numpys = {"permute_dims": np.transpose, "concat": np.concatenate, "unstack": list}
    for args in SAME[name]:
        same(getattr(jnp, name)(*args), numpys.get(name, getattr(np, name, None))(*args))


def test_under_jit_and_grad():
    def f(x):
        y = jnp.concatenate([x.T.reshape(3, 4), jnp.flip(x, 0)], 1)
        return jnp.stack(jnp.split(jnp.roll(y, 2, 1), 2, 1)).transpose(1, 0, 2)

    same(hloom.jit(f)(M), f(M))
    weights = np.arange(24.0, dtype="float32").reshape(3, 2, 4)
    same(
        hloom.grad(lambda x: (f(x) * weights).sum())(M), hloom.vjp(f, M)[1](jnp.asarray(weights))[0]
    )
    same(hloom.vmap(lambda x: jnp.tile(x, 2))(M), np.tile(M, (1, 2)))


def test_traced_shifts_and_repeats():
    same(hloom.jit(jnp.roll)(M, 5), np.roll(M, 5))
    same(hloom.jit(lambda x, n: jnp.roll(x, n, 1))(M, -1), np.roll(M, -1, 1))
    same(
        hloom.jit(lambda x, n: jnp.roll(x, n, (0, 1)))(M, np.array([1, 2])),
        np.roll(M, (1, 2), (0, 1)),
    )
    repeat = hloom.jit(lambda x, n: jnp.repeat(x, n, total_repeat_length=6))
    same(repeat(V, np.array([1, 2, 0, 3])), np.repeat(V, [1, 2, 0, 3]))
    same(repeat(V, np.array([1, 2, 0, 1])), [0, 1, 1, 3, 3, 3])
    same(repeat(V, np.array([4, 4, 4, 4])), [0, 0, 0, 0, 1, 1])
    same(jnp.delete(M, np.array([1]), 0, assume_unique_indices=True), np.delete(M, 1, 0))
    delete = hloom.jit(lambda x, i: jnp.delete(x, i, assume_unique_indices=True))
    same(delete(V, np.array([-1, 1])), [0, 2])


def test_dtypes_of_joined_arrays():
    assert jnp.concatenate([jnp.arange(2), jnp.ones(2)]).dtype == np.float32
    assert jnp.concatenate([M, M], dtype="int32").dtype == np.int32
    assert jnp.stack([jnp.bfloat16([1]), jnp.bfloat16([2])]).dtype == jnp.bfloat16
    assert jnp.vstack([V, V], dtype="float16").dtype == np.float16


def test_astype_and_view():
    assert jnp.astype(M + 0.7, int).tolist() == M.astype(int).tolist()
    assert jnp.astype(np.array([1 + 2j]), "float32").tolist() == [1.0]
    assert not jnp.asarray(1.0).astype("float32").weak_type
    x = jnp.asarray(V)
    for dtype in ("int32", "uint8", "float16", "complex64"):
        np.testing.assert_array_equal(np.asarray(x.view(dtype)), V.view(dtype))
    z = np.array([1 + 2j, 3j], "complex64")
    np.testing.assert_array_equal(np.asarray(jnp.asarray(z).view("float32")), z.view("float32"))
    np.testing.assert_array_equal(np.asarray(jnp.asarray(V > 1).view("int8")), (V > 1).view("int8"))
    with pytest.raises(errors.ShapeError, match="elements do not fill float32"):
        jnp.ones(3, "int8").view("float32")


def test_vectorize():
    add = jnp.vectorize(lambda x, y: x + y)
    same(add(np.arange(2)[:, None], np.arange(3)), [[0, 1, 2], [1, 2, 3]])
    dot = jnp.vectorize(lambda a, b: a @ b, signature="(n),(n)->()")
    same(dot(T, V), T @ V)
    same(dot(T[:, :1], M), np.einsum("abc,bc->ab", np.broadcast_to(T[:, :1], T.shape), M))
    outer = jnp.vectorize(lambda a, b: (a[:, None] * b, a.sum()), signature="(m),(n)->(m,n),()")
    products, sums = outer(M, V)
    same(products, M[:, :, None] * V)
    same(sums, M.sum(1))
    same(jnp.vectorize(lambda x, n: x**n, excluded={1})(V, 2), V**2)
    with pytest.raises(errors.ShapeError, match="axis 'n'"):
        dot(V, V[:2])
    with pytest.raises(errors.ArgumentError, match="no signature"):
        jnp.vectorize(abs, signature="n->n")
    same(jnp.apply_over_axes(jnp.sum, T, [0, 2]), np.apply_over_axes(np.sum, T, [0, 2]))


PADS = [
    ("constant", {}),
    ("constant", {"constant_values": 5}),
    ("constant", {"constant_values": ((1, 2), (3, 4))}),
    ("edge", {}),
    ("linear_ramp", {"end_values": (3, -2)}),
    ("reflect", {}),
    ("reflect", {"reflect_type": "odd"}),
    ("symmetric", {}),
    ("symmetric", {"reflect_type": "odd"}),
    ("wrap", {}),
    ("maximum", {}),
    ("minimum", {"stat_length": ((1, 2), (2, 1))}),
    ("mean", {"stat_length": 2}),
    ("median", {}),
]


@pytest.mark.parametrize(("mode", "options"), PADS)
def test_pad(mode, options):
    for x in (M, INTS):
        for widths in (1, ((1, 7), (5, 0))):
            same(jnp.pad(x, widths, mode, **options), np.pad(x, widths, mode, **options))


def test_pad_forms():
    same(jnp.pad(M, {-1: (1, 2)}), np.pad(M, ((0, 0), (1, 2))))
    assert jnp.pad(M, 1, "empty").shape == (5, 6)
    same(
        hloom.jit(lambda x, c: jnp.pad(x, 1, constant_values=c))(V, 2),
        np.pad(V, 1, constant_values=2),
    )

    def ends(vector, widths, axis, options):
        vector = jnp.asarray(vector)
        n = vector.shape[0]
        place = jnp.arange(n)
        outside = (place < widths[0]) | (place >= n - widths[1])
        return jnp.where(outside, options["fill"], vector)

    same(jnp.pad(V, 1, ends, fill=7.0), [7, 0, 1, 2, 3, 7])
    same(hloom.grad(lambda x: jnp.pad(x, 2, "reflect").sum())(V), [1, 3, 3, 1])


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: jnp.reshape(M, (5, 5)), errors.ShapeError, r"12 elements, not 25"),
        (lambda: jnp.reshape(M, (-1, -1)), errors.ShapeError, "with at most one -1"),
        (lambda: jnp.reshape(M, (2, 6), "K"), errors.ValueRangeError, "order 'K'"),
        (lambda: jnp.broadcast_to(M, (3, 5)), errors.ShapeError, "cannot repeat to shape"),
        (lambda: jnp.transpose(M, (0, 0)), errors.AxisError, "an axis is named twice"),
        (lambda: jnp.squeeze(M, 0), errors.ShapeError, "axes of length 1 only"),
        (lambda: jnp.expand_dims(M, 5), errors.AxisError, "there is no axis 5"),
        (lambda: jnp.moveaxis(M, (0, 1), 0), errors.ValueRangeError, "2 sources and 1 dest"),
        (lambda: jnp.matrix_transpose(V), errors.ShapeError, "exchanges two axes"),
        (lambda: jnp.concatenate([]), errors.ValueRangeError, "the sequence is empty"),
        (lambda: jnp.concatenate([V, M]), errors.ShapeError, "may differ only along axis 0"),
        (lambda: jnp.concatenate([1.0, 2.0]), errors.ShapeError, "use hloom.numpy.stack"),
        (lambda: jnp.concatenate(3.0), errors.ArgumentError, "takes a sequence of arrays"),
        (lambda: jnp.stack([V, M]), errors.ShapeError, "needs arrays of one shape"),
        (lambda: jnp.block([[M], M]), errors.ShapeError, "blocks lie equally deep"),
        (lambda: jnp.split(V, 3), errors.ValueRangeError, "use hloom.numpy.array_split"),
        (lambda: jnp.roll(M, (1, 2, 3), (0, 1)), errors.ShapeError, "one shift for each axis"),
        (lambda: jnp.insert(V, 9, 1), errors.IndexingError, "insert: at 9"),
        (lambda: jnp.delete(V, 4), errors.IndexingError, "delete: at 4"),
        (lambda: jnp.pad(V, 1, "nonsense"), errors.ValueRangeError, "no mode 'nonsense'"),
        (lambda: jnp.pad(V, 1, "edge", end_values=1), errors.ArgumentError, "does not take end_v"),
        (lambda: jnp.pad(V, -1), errors.ValueRangeError, "a width is negative"),
        (lambda: hloom.jit(jnp.repeat)(V, 2), errors.TracedValueError, "total_repeat_length"),
        (lambda: hloom.jit(jnp.trim_zeros)(V), errors.TracedValueError, "so it is static"),
        (lambda: hloom.jit(jnp.delete)(V, 1), errors.TracedValueError, "so it is static"),
    ],
)  # fmt: skip
def test_what_is_refused(call, kind, text):
    with pytest.raises(kind, match=text):
        call()
