"""x[index] and x.at[index] are NumPy's: eager, traced, mapped and differentiated."""

import math
import re
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import hloom
import hloom.numpy as hnp
from hloom import lax

EXAMPLES = settings(max_examples=40)


# ---------------------------------------------------------------- random indices
def indexed(traceable=False):
    """A NumPy array of distinct numbers and an index of it that NumPy takes.

    A traceable index has arrays, but no masks, for their values would have to be known.
    """
    # numbers drawn one by one would be small and alike: most indices would be of one entry
    return st.randoms(use_true_random=True).map(lambda rng: sample(rng, traceable))


def sample(rng, traceable):
    """One array and index."""
    lengths = [1, 2, 3, 4, 4] if traceable else [0, 1, 2, 3, 4, 4]
    shape = tuple(rng.choice(lengths) for _ in range(rng.randint(1, 4)))
    x = np.arange(math.prod(shape), dtype=np.float32).reshape(shape) + 1
    batch = tuple(rng.randint(1, 3) for _ in range(rng.randint(0, 2)))
    entries, axis, gaps = [], 0, 1
    while axis < len(shape) and rng.random() < 0.9:
        n = shape[axis]
        kind = rng.choice("int slice slice array array array mask new gap".split())
        if kind == "int" and n:
            entries.append(rng.randrange(-n, n))
        elif kind == "array" and n:
            own = [m if rng.random() < 0.8 else 1 for m in batch[rng.randint(0, len(batch)) :]]
            flat = [rng.randrange(-n, n) for _ in range(math.prod(own))]
            entries.append(np.array(flat, np.int32).reshape(own))
        elif kind == "mask" and not traceable:
            lengths = shape[axis : axis + rng.randint(0, 2)]
            bits = [rng.random() < 0.5 for _ in range(math.prod(lengths))]
            entries.append(np.array(bits, bool).reshape(lengths) if lengths else bits[0])
            axis += len(lengths) - 1
        elif kind == "new":
            entries.append(None)
            axis -= 1
        elif kind == "gap" and gaps:
            entries.append(Ellipsis)
            gaps, axis = 0, rng.randint(axis, len(shape)) - 1
        else:
            bounds = [rng.choice([None, rng.randint(-n - 1, n + 1)]) for _ in range(2)]
            entries.append(slice(*bounds, rng.choice([None, None, 1, -1, 2, -2, 3, -3])))
        axis += 1
    index = tuple(entries)
    try:
        x[index]
    except IndexError:  # masks of different counts, or too many axes after the gap
        return sample(rng, traceable)
    return x, index if len(index) != 1 or rng.random() < 0.5 else index[0]


def over_arrays(index, function):
    """The index with a function applied to its arrays."""
    if isinstance(index, tuple):
        return tuple(function(e) if isinstance(e, np.ndarray) else e for e in index)
    return function(index) if isinstance(index, np.ndarray) else index


def arrays_of(index):
    """The arrays of an index, and the function that makes an index of others."""
    found = []
    over_arrays(index, found.append)

    def rebuild(others):
        others = iter(others)
        return over_arrays(index, lambda _: next(others))

    return found, rebuild


def values_for(x, index):
    """Values for the elements at an index, all different."""
    shape = x[index].shape
    return -1 - np.arange(math.prod(shape), dtype=np.float32).reshape(shape)


def wanted(ufunc, x, index, value):
    """NumPy's `ufunc.at`, or assignment, on a copy."""
    x = x.copy()
    if ufunc is None:
        x[index] = value
    else:
        ufunc.at(x, index, value)
    return x


def unique(x, index):
    """Whether an index names no element twice."""
    count = np.zeros(x.shape, int)
    np.add.at(count, index, 1)
    return count.max(initial=0) < 2


@EXAMPLES
@given(indexed(), st.booleans())
def test_reading_is_numpys(drawn, concrete):
    x, index = drawn
    got = hnp.asarray(x)[over_arrays(index, hnp.asarray) if concrete else index]
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, x[index])
    assert got.shape == x[index].shape


@EXAMPLES
@given(indexed(traceable=True))
def test_reading_traced_is_numpys(drawn):
    x, index = drawn
    arrays, rebuild = arrays_of(index)
    got = hloom.jit(lambda x, arrays: x[rebuild(arrays)])(x, arrays)
    np.testing.assert_array_equal(got, x[index])
    assert got.shape == x[index].shape


@EXAMPLES
@given(indexed())
def test_writing_is_numpys(drawn):
    x, index = drawn
    value = values_for(x, index)
    at = hnp.asarray(x).at[over_arrays(index, hnp.asarray)]
    if unique(x, index):
        np.testing.assert_array_equal(at.set(value), wanted(None, x, index, value))
    np.testing.assert_array_equal(at.set(7.0), wanted(None, x, index, 7))
    np.testing.assert_array_equal(at.add(value), wanted(np.add, x, index, value))


METHODS = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "min": np.minimum,
    "max": np.maximum,
    "power": np.power,
}


@EXAMPLES
@given(indexed(traceable=True), st.booleans())
def test_writing_traced_is_numpys(drawn, scalar):
    x, index = drawn
    arrays, rebuild = arrays_of(index)
    value = np.float32(-2) if scalar else values_for(x, index) / 8
    once = unique(x, index)
    names = [n for n in METHODS if once or n != "power"]  # NaN, and (x ** -2) ** -2 overflows

    def everything(x, value, arrays):
        at = x.at[rebuild(arrays)]
        found = {n: getattr(at, n)(value) for n in names}
        return (
            found | {"apply": at.apply(lambda v: v * 3)} | ({"set": at.set(value)} if once else {})
        )

    for name, got in hloom.jit(everything)(x, value, arrays).items():
        with np.errstate(all="ignore"):
            if name == "set":
                expected = wanted(None, x, index, value)
            elif name == "apply":
                expected = wanted(np.multiply, x, index, 3)
            else:
                expected = wanted(METHODS[name], x, index, value)
        np.testing.assert_allclose(got, expected, 2e-6, err_msg=name)


@EXAMPLES
@given(indexed(traceable=True))
def test_derivatives_of_reading_and_writing(drawn):
    x, index = drawn
    arrays, rebuild = arrays_of(index)
    ct = values_for(x, index)
    whole = np.cos(x)

    def everything(x, value, arrays, ct, whole):
        index = rebuild(arrays)
        (read,) = hloom.vjp(lambda x: x[index], x)[1](ct)
        added = hloom.vjp(lambda x, v: x.at[index].add(v), x, value)[1](whole)
        written = hloom.vjp(lambda x, v: x.at[index].set(v), x, value)[1](whole)
        return read, added, written, x.at[index].set(value)

    read, added, written, result = hloom.jit(everything)(x, ct, arrays, ct, whole)
    np.testing.assert_allclose(read, wanted(np.add, np.zeros_like(x), index, ct))
    np.testing.assert_allclose(added[0], whole)
    np.testing.assert_allclose(added[1], whole[index])
    kept = wanted(None, np.ones_like(x), index, 0)
    np.testing.assert_allclose(written[0], whole * kept)
    # of the values for one element, the one that stayed has the cotangent
    stayed = np.asarray(result)[index] == ct
    np.testing.assert_allclose(written[1], whole[index] * stayed)


@EXAMPLES
@given(indexed(traceable=True), st.data())
def test_vmap_is_a_loop(drawn, data):
    x, index = drawn
    arrays, rebuild = arrays_of(index)
    size = 3
    xs = np.stack([x, -x, 2 * x], axis=-1)
    shifted = [
        np.stack([a, (a % n + 1) % n, (a % n + 2) % n])
        for a, n in zip(arrays, lengths_of(x.shape, index), strict=True)
    ]
    map_x = data.draw(st.booleans())
    map_arrays = [data.draw(st.booleans()) for _ in arrays]
    if not map_x and not any(map_arrays):
        map_x = True
    operands = [s if m else a for s, a, m in zip(shifted, arrays, map_arrays, strict=True)]
    value = values_for(x, index)

    def f(x, arrays):
        at = x.at[rebuild(arrays)]
        return at.get(), at.get(mode="fill"), at.add(value), at.max(value), at.set(5.0)

    axes = (-1 if map_x else None, [0 if m else None for m in map_arrays])
    got = hloom.jit(lambda *a: hloom.vmap(f, in_axes=axes)(*a))(xs if map_x else x, operands)
    for k in range(size):
        one = [o[k] if m else o for o, m in zip(operands, map_arrays, strict=True)]
        inner = rebuild(one)
        y = xs[..., k] if map_x else x
        np.testing.assert_allclose(got[0][k], y[inner])
        np.testing.assert_allclose(got[1][k], y[inner])
        np.testing.assert_allclose(got[2][k], wanted(np.add, y, inner, value), 1e-6)
        np.testing.assert_allclose(got[3][k], wanted(np.maximum, y, inner, value))
        np.testing.assert_allclose(got[4][k], wanted(None, y, inner, 5))


def lengths_of(shape, index):
    """The lengths of the axes that the arrays of an index are for."""
    entries = index if isinstance(index, tuple) else (index,)
    count = sum(e is not None and e is not Ellipsis for e in entries)
    axis, found = 0, []
    for e in entries:
        if e is Ellipsis:
            axis += len(shape) - count
        elif e is not None:
            if isinstance(e, np.ndarray):
                found.append(shape[axis])
            axis += 1
    return found


# ---------------------------------------------------------------- outside of the array
X = np.array([10.0, 20.0, 30.0], np.float32)
OUTSIDE = [7, -7, 3, -4]


def forms(i):
    """A position as an int, a NumPy array, an array of one axis, and a traced scalar."""
    yield lambda f: f(hnp.asarray(X), i)
    yield lambda f: f(hnp.asarray(X), np.array([i]))[..., -1:]
    yield lambda f: f(hnp.asarray(X), hnp.asarray(i))
    yield lambda f: hloom.jit(f)(X, i)
    yield lambda f: hloom.jit(lambda x: f(x, i))(X)


@pytest.mark.parametrize("i", OUTSIDE)
def test_reading_outside(i):
    end = X[2] if i > 0 else X[0]
    for call in forms(i):
        assert np.all(np.asarray(call(lambda x, i: x[i])) == end)
        assert np.all(np.asarray(call(lambda x, i: x.at[i].get(mode="clip"))) == end)
        assert np.isnan(np.asarray(call(lambda x, i: x.at[i].get(mode="fill")))).all()
        filled = call(lambda x, i: x.at[i].get(mode="fill", fill_value=-1))
        assert np.all(np.asarray(filled) == -1)


@pytest.mark.parametrize("i", OUTSIDE)
def test_writing_outside(i):
    clipped = wanted(None, X, 2 if i > 0 else 0, 5)
    for call in forms(i):

        def result(mode, name="set", call=call):
            return call(lambda x, i: getattr(x.at[i], name)(5.0, mode=mode)[None])

        for mode in (None, "drop", "fill"):
            got = np.asarray(result(mode))
            assert got.ravel()[-1] == X[-1]
            assert got.size != 3 or (got == X).all()
        got = np.asarray(result("clip"))
        assert got.size != 3 or (got == clipped).all()


def test_writing_outside_with_arrays_drops_single_elements():
    x, i = hnp.asarray(X), hnp.asarray([0, 7, -7, 2])
    np.testing.assert_array_equal(x.at[i].set(1.0), [1, 20, 1])
    np.testing.assert_array_equal(x.at[i].add(1.0), [11, 20, 31])
    np.testing.assert_array_equal(x.at[i].add(1.0, mode="clip"), [12, 20, 32])
    np.testing.assert_array_equal(x.at[i].apply(lambda v: 2 * v), [20, 20, 60])


def test_fill_values_of_dtypes():
    i = hnp.asarray([5])
    fills = {"int8": -128, "uint16": 65535, "bool": True, "int32": -(2**31)}
    for dtype, fill in fills.items():
        got = hnp.zeros(3, dtype).at[i].get(mode="fill")
        assert got.dtype == dtype
        assert got[0] == fill
    assert np.isnan(np.asarray(hnp.zeros(3, "complex64").at[i].get(mode="fill"))).all()


def test_negative_positions_may_count_as_outside():
    x, i = hnp.asarray(X), hnp.asarray([-1])
    np.testing.assert_array_equal(x.at[i].get(wrap_negative_indices=False), [10])
    got = x.at[i].get(mode="fill", wrap_negative_indices=False)
    assert np.isnan(np.asarray(got)).all()
    np.testing.assert_array_equal(x.at[i].set(5.0, wrap_negative_indices=False), X)
    np.testing.assert_array_equal(x.at[-1].set(5.0, wrap_negative_indices=False), X)


def test_the_derivative_of_what_is_outside_is_zero():
    got = hloom.grad(lambda x: hnp.sum(x.at[hnp.asarray([7, 0])].get(mode="fill", fill_value=0)))(X)
    np.testing.assert_array_equal(got, [1, 0, 0])
    _, back = hloom.vjp(lambda v: hnp.asarray(X).at[hnp.asarray([7, 0])].set(v), np.ones(2, "f"))
    np.testing.assert_array_equal(back(np.ones(3, "f"))[0], [0, 1])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint32", "int64"])
def test_every_integer_dtype_is_an_index(dtype):
    x = hnp.arange(200.0)
    with hloom.enable_x64():
        i = hnp.asarray(np.array([3, 100], dtype))
        np.testing.assert_array_equal(x[i], [3, 100])
        np.testing.assert_array_equal(hloom.jit(lambda x, i: x[i[1]])(x, i), 100)
        if "u" not in dtype:
            np.testing.assert_array_equal(x[-i], [197, 100])


# ---------------------------------------------------------------- what it costs
def primitives_of(f, *args):
    """The names of the primitives of a traced function."""
    return [e.primitive.name for e in hloom.make_program(f)(*args).eqns]


def test_static_indices_are_slices():
    x = np.zeros((4, 5, 6), "f")
    assert primitives_of(lambda x: x[0], x) == ["slice", "reshape"]
    assert primitives_of(lambda x: x[1:3], x) == ["slice"]
    assert primitives_of(lambda x: x[:, ::-1, None], x) == ["rev", "reshape"]
    assert primitives_of(lambda x: x[...], x) == []
    assert primitives_of(lambda x, v: x.at[1:3].set(v), x, x[1:3]) == ["dynamic_update_slice"]
    assert primitives_of(lambda x: x.at[1:3].add(1.0), x) == [
        "slice",
        "add",
        "dynamic_update_slice",
    ]
    assert primitives_of(lambda x: x.at[:].add(1.0), x) == ["add"]


def test_traced_indices_wrap_and_move():
    x, i = np.zeros((4, 5), "f"), np.int32(1)
    wrap = ["lt", "add", "select_n"]
    assert primitives_of(lambda x, i: x[i], x, i) == [*wrap, "dynamic_slice", "reshape"]
    assert primitives_of(lambda x, i: x[i], x, np.uint32([1])) == [
        "convert_element_type",
        "broadcast_in_dim",
        "gather",
    ]
    assert primitives_of(lambda x: x[np.array([0, 2])], x) == ["gather"]
    assert primitives_of(lambda x, i: x.at[i].add(1.0), x, i) == [
        *wrap,
        "broadcast_in_dim",
        "broadcast_in_dim",
        "scatter_add",
    ]


def test_a_loop_over_rows_compiles_once():
    x = hnp.asarray(np.arange(24.0, dtype="f").reshape(8, 3))
    from hloom.numpy import indexing, updating

    x[0], x[1:3], x[0, 1], x.at[0].set(1.0)
    sizes = [len(c) for c in (indexing._rows, indexing._reads, updating._writes)]
    for i in range(-8, 8):
        np.testing.assert_array_equal(x[i], np.arange(24).reshape(8, 3)[i])
        np.testing.assert_array_equal(x[i, 2], np.arange(24).reshape(8, 3)[i, 2])
        np.testing.assert_array_equal(x.at[i].set(1.0)[i], np.ones(3))
    assert sizes == [len(c) for c in (indexing._rows, indexing._reads, updating._writes)]


# ---------------------------------------------------------------- forms of indices and values
def test_iteration_ends():
    assert [float(v) for v in hnp.asarray(X)] == [10, 20, 30]
    a, b, c = hloom.jit(lambda x: tuple(2 * v for v in x))(X)
    assert (float(a), float(b), float(c)) == (20, 40, 60)


def test_masks_under_jit_need_no_values_where_the_shape_does_not():
    x = np.arange(6.0, dtype="f").reshape(2, 3)
    got = hloom.jit(lambda x: x.at[x > 2].set(-1.0))(x)
    np.testing.assert_array_equal(got, np.where(x > 2, -1, x))
    got = hloom.jit(lambda x: x.at[x[:, 0] > 2].add(np.array([1, 2, 3], "f")))(x)
    np.testing.assert_array_equal(got, x + np.array([[0, 0, 0], [1, 2, 3]]))
    slope = hloom.grad(lambda x: hnp.sum(x.at[x > 2].multiply(3.0)))(x)
    np.testing.assert_array_equal(slope, np.where(x > 2, 3, 1))


def test_dynamic_slices_in_brackets():
    x = np.arange(20.0, dtype="f").reshape(4, 5)
    got = hloom.jit(lambda x, i: x[hloom.ds(i, 2), 1])(x, 1)
    np.testing.assert_array_equal(got, x[1:3, 1])
    got = hloom.jit(lambda x, i: x.at[hloom.ds(i, 2)].set(0.0))(x, 1)
    np.testing.assert_array_equal(got, wanted(None, x, slice(1, 3), 0))
    np.testing.assert_array_equal(hnp.asarray(x)[hloom.ds(2, 2)], x[2:])


def test_lists_inside_a_tuple_are_arrays():
    x = np.arange(20.0, dtype="f").reshape(4, 5)
    np.testing.assert_array_equal(hnp.asarray(x)[0, [1, 2]], x[0, [1, 2]])
    np.testing.assert_array_equal(hnp.asarray(x)[:, []], x[:, []])
    got = hloom.jit(lambda x, i: x[0, [1, i]])(x, 2)
    np.testing.assert_array_equal(got, x[0, [1, 2]])


def test_the_dtype_of_the_array_stays_and_losses_are_told():
    x = hnp.arange(3)
    with pytest.warns(FutureWarning, match="loses something in an array of int32"):
        got = x.at[0].set(1.5)
    assert got.dtype == np.int32
    assert list(got) == [1, 1, 2]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hnp.zeros(3, "bfloat16").at[0].set(1.0).dtype == "bfloat16"
        assert hnp.zeros(3, "float32").at[0].add(np.int32(1)).dtype == "float32"
    assert x.at[1].divide(2).dtype == np.float32
    half = hnp.ones(3, "float16")
    with pytest.warns(FutureWarning, match="loses something"):
        assert half.at[0].divide(np.float32(2)).dtype == "float16"
    with pytest.warns(FutureWarning, match="loses something"):
        assert x.at[1].power(np.float32(2)).dtype == np.int32


def test_apply_is_differentiable_where_elements_are_named_once():
    x = np.array([1.0, 2.0, 3.0], "f")
    i = hnp.asarray([0, 2])
    slope = hloom.grad(lambda x: hnp.sum(x.at[i].apply(lambda v: v**3, unique_indices=True)))(x)
    np.testing.assert_allclose(slope, [3, 1, 27])
    slope = hloom.grad(lambda x: hnp.sum(x.at[1:].apply(lambda v: v**2)))(x)
    np.testing.assert_allclose(slope, [1, 4, 6])


def test_sizes_of_dynamic_slices_along_an_axis():
    x = np.arange(20.0, dtype="f").reshape(4, 5)
    cases = [
        (lax.dynamic_slice_in_dim(x, 3, 2), x[2:4]),
        (lax.dynamic_slice_in_dim(x, -2, 2, axis=1), x[:, 3:]),
        (lax.dynamic_index_in_dim(x, 1, 1, keepdims=False), x[:, 1]),
        (lax.dynamic_index_in_dim(x, 9), x[3:]),
        (lax.index_in_dim(x, -1, 1), x[:, 4:]),
        (lax.index_take(x, (np.array([0, 3]), np.array([1, -1])), (0, 1)), x[[0, 3], [1, -1]]),
        (lax.dynamic_slice(x, np.array([1, 1]), (2, 2)), x[1:3, 1:3]),
        (lax.dynamic_update_slice_in_dim(x, x[:2], 3, 0), np.r_[x[:2], x[:2]]),
        (lax.dynamic_update_index_in_dim(x, x[0], 2, 0), x[[0, 1, 0, 3]]),
    ]
    for got, want in cases:
        np.testing.assert_array_equal(got, want)


# ---------------------------------------------------------------- errors
def message(call, *kinds):
    """The message of the error that a call raises, without the line of the call."""
    with pytest.raises(kinds) as info:
        call()
    assert all(isinstance(info.value, k) for k in kinds)
    assert "\n    at test_indexing.py:" in str(info.value)
    return re.sub(r"\n    at test_indexing\.py:.*", "", str(info.value))


WRONG = "indexing: an index is an integer, a slice, ..., None, a mask or an integer array\n    "
EAGER = {
    "too many": (
        lambda x: x[0, 0, 0],
        (IndexError,),
        "indexing: too many indices\n    the array has 2 axes, 3 are indexed\n    leave some away",
    ),
    "float": (
        lambda x: x[1.0],
        (TypeError, IndexError),
        WRONG + "one of its entries is 1.0 of type float\n    use one of these, such as int(i)",
    ),
    "text": (
        lambda x: x["a"],
        (TypeError,),
        WRONG + "one of its entries is 'a' of type str\n    use one of these, such as int(i)",
    ),
    "float array": (
        lambda x: x[x],
        (TypeError,),
        WRONG + "one of its entries is an array of f32[2,3]\n    use x.astype(int)",
    ),
    "list": (
        lambda x: x[[0, 1]],
        (TypeError,),
        (
            "indexing: a list is not an index\n    the index is [0, 1]\n"
            "    use x[hloom.numpy.array(index)] to take elements, or x[tuple(index)] to index axes"
        ),
    ),
    "mask": (
        lambda x: x[np.array([True, False, True])],
        (IndexError,),
        (
            "indexing: a boolean mask has the shape of the axes it selects from\n"
            "    the mask has shape (3,), the axes have shape (2,)\n"
            "    index with a mask of that shape"
        ),
    ),
    "two gaps": (
        lambda x: x[..., 0, ...],
        (IndexError,),
        (
            "indexing: an index has one `...`\n    there are 2\n"
            "    keep one; slices (:) stand for axes"
        ),
    ),
    "float bound": (
        lambda x: x[0:1.5],
        (TypeError,),
        (
            "indexing: the bounds of a slice are integers or None\n"
            "    the slice is slice(0, 1.5, None)\n    convert them with int(...)"
        ),
    ),
    "shapes of arrays": (
        lambda x: x[np.array([0, 1]), np.array([0, 1, 2])],
        (ValueError,),
        (
            "indexing: shapes (2,) and (3,) do not broadcast\n"
            "    axis -1 is 2 on the left and 3 on the right\n"
            "    make the lengths of axis -1 equal, or one of them 1"
        ),
    ),
    "value": (
        lambda x: x.at[0].set(np.ones(2)),
        (ValueError,),
        (
            "x.at[...]: the value does not broadcast to the elements\n"
            "    the value has shape (2,), the elements have shape (3,)\n    reshape it"
        ),
    ),
    "mode": (
        lambda x: x.at[0].set(1.0, mode="x"),
        (ValueError,),
        (
            "x.at[...]: there is no mode 'x'\n"
            "    the modes are 'fill', 'drop', 'clip' and 'promise_in_bounds'\n    use one of these"
        ),
    ),
    "empty axis": (
        lambda x: x[:0][0],
        (IndexError,),
        (
            "indexing: a position on an empty axis\n"
            "    axis 0 of an array of shape (0, 3) has length 0\n    there are no elements"
        ),
    ),
    "assignment": (
        lambda x: x.__setitem__(0, 1),
        (TypeError,),
        (
            "x[index] = value: arrays are immutable\n    x is an array of f32[2,3]\n"
            "    use x = x.at[index].set(value)"
        ),
    ),
}


@pytest.mark.parametrize("name", EAGER)
def test_errors(name):
    call, kinds, text = EAGER[name]
    x = hnp.asarray(np.ones((2, 3), "f"))
    assert message(lambda: call(x), *kinds) == text


TRACED = {
    "mask": (
        lambda x, i: x[x > 0],
        (TypeError, IndexError),
        (
            "indexing: a boolean mask needs concrete values, for they decide the result's shape\n"
            "    the mask is traced under jit (bool[2,3])\n"
            "    use hloom.numpy.where(mask, x, y), or hloom.numpy.nonzero(mask, size=...)"
        ),
    ),
    "slice": (
        lambda x, i: x[i : i + 2],
        (TypeError, IndexError),
        (
            "indexing: the bounds of a slice are static, for they decide the result's shape\n"
            "    one is traced under jit (~i32[])\n"
            "    use x[hloom.ds(start, size)] or hloom.lax.dynamic_slice"
        ),
    ),
    "values under a mask": (
        lambda x, i: x.at[x[:, 0] > 0].set(np.ones((2, 3), "f")),
        (TypeError, IndexError),
        (
            "indexing: a boolean mask needs concrete values, for they decide the result's shape\n"
            "    the mask is traced under jit (bool[2])\n"
            "    use hloom.numpy.where(mask, x, y), or hloom.numpy.nonzero(mask, size=...)"
        ),
    ),
    "dynamic stride": (
        lambda x, i: x[hloom.ds(i, 1, 2)],
        (TypeError,),
        (
            "indexing: a dynamic slice has stride 1\n    it is 2, and the start is traced\n"
            "    use an array of positions"
        ),
    ),
}


@pytest.mark.parametrize("name", TRACED)
def test_errors_under_jit(name):
    call, kinds, text = TRACED[name]
    x = np.ones((2, 3), "f")
    assert message(lambda: hloom.jit(call)(x, 0), *kinds) == text


def test_primitives_name_the_finding():
    x = np.ones((2, 3), "f")
    assert message(lambda: lax.dynamic_slice(x, (0, 0), (3, 3)), ValueError) == (
        "dynamic_slice: the window does not fit\n"
        "    the window has shape (3, 3), the operand has shape (2, 3)\n"
        "    use lengths from 0 to the operand's"
    )
    assert message(lambda: lax.dynamic_slice(x, (0.5, 0), (1, 1)), TypeError) == (
        "dynamic_slice: indices are integers\n    they are ~f32[]\n    use x.astype(int)"
    )
    assert message(lambda: lax.dynamic_slice(x, (0,), (1, 1)), ValueError) == (
        "dynamic_slice: one start index for each axis\n"
        "    there are 1, the operand has shape (2, 3)\n    give one start for each axis"
    )
    numbers = lax.GatherDimensionNumbers((1,), (0,), (0,))
    wide = np.zeros((2, 1), np.int32)
    assert message(lambda: lax.gather(x, wide, numbers, (2, 3)), ValueError) == (
        "gather: a collapsed axis has window length 1\n"
        "    the window has shape (2, 3), axis 0 is collapsed\n    correct slice_sizes"
    )
