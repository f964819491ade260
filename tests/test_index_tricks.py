"""take, put, nonzero, searchsorted and the builders of indices are NumPy's, also under jit."""

import math
import re

import numpy as np
import pytest

import hloom
import hloom.numpy as hnp

RNG = np.random.default_rng(0)
X = RNG.permutation(24).astype("f").reshape(2, 3, 4)
M = X > 11
I = np.array([[2, 0], [-1, 1]], np.int32)


def both(f, *args):
    """The results of a function, eager and under jit, which must be equal."""
    eager = f(*map(hnp.asarray, args))
    jitted = hloom.jit(f)(*args)
    for a, b in zip(leaves(eager), leaves(jitted), strict=True):
        assert a.aval is b.aval
        np.testing.assert_array_equal(a, b)
    return eager


def leaves(x):
    """The arrays of a result."""
    return list(x) if isinstance(x, tuple | list) else [x]


def assert_same(got, want):
    """Assert that results have NumPy's shapes and values."""
    for g, w in zip(leaves(got), leaves(want), strict=True):
        assert g.shape == np.shape(w)
        np.testing.assert_array_equal(g, w)


# ---------------------------------------------------------------- taking
@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("mode", [None, "clip", "wrap"])
def test_take(axis, mode):
    n = X.size if axis is None else X.shape[axis]
    inside = I if mode is None else I * 5
    inside = np.where(inside < n, inside, 0) if mode is None else inside
    inside = np.where(inside < -n, 0, inside) if mode is None else inside
    want = np.take(X, inside, axis, mode=mode or "raise")
    assert_same(both(lambda x, i: hnp.take(x, i, axis, mode=mode), X, inside), want)
    if mode is None:
        back = hloom.vjp(lambda x: hnp.take(x, inside, axis), X)[1](np.ones(want.shape, "f"))[0]
        count = np.zeros(X.shape if axis is not None else X.size)
        index = (slice(None),) * (axis % 3) if axis else ()
        np.add.at(count, (*index, inside), 1)
        np.testing.assert_array_equal(back, count.reshape(X.shape))


def test_take_fills():
    x, i = hnp.asarray(X[0, 0]), hnp.asarray([0, 4, -5, -4])
    np.testing.assert_array_equal(hnp.take(x, i), [X[0, 0, 0], np.nan, np.nan, X[0, 0, 0]])
    np.testing.assert_array_equal(hnp.take(x, i, fill_value=7), [X[0, 0, 0], 7, 7, X[0, 0, 0]])
    assert hnp.take(hnp.arange(3), 9) == -(2**31)
    assert hnp.take(hnp.arange(3), 1).shape == ()


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_take_along_axis(axis):
    n = X.shape[axis]
    for ones in ((), (0,), (1,), (0, 2), (0, 1, 2)):
        shape = [1 if a in ones else m for a, m in enumerate(X.shape)]
        i = RNG.integers(-n, n, shape).astype(np.int32)
        want = np.take_along_axis(X, i, axis)
        assert_same(both(lambda x, i: hnp.take_along_axis(x, i, axis), X, i), want)
        stacked = np.stack([i, (i + n + 1) % n])
        mapped = hloom.vmap(lambda i: hnp.take_along_axis(X, i, axis))(stacked)
        assert_same(mapped, np.stack([np.take_along_axis(X, j, axis) for j in stacked]))
        ct = RNG.standard_normal(want.shape).astype("f")
        back = hloom.vjp(lambda x, i=i: hnp.take_along_axis(x, i, axis), X)[1](ct)[0]
        step = RNG.standard_normal(X.shape).astype("f")
        moved = np.sum(np.take_along_axis(step, i, axis) * ct)
        np.testing.assert_allclose(np.sum(np.asarray(back) * step), moved, 1e-4)


def test_take_along_axis_repeats_the_array():
    i = np.array([[2, 0, 1, 1]] * 5, np.int32)
    assert_same(both(lambda x, i: hnp.take_along_axis(x, i, 1), X[:1, 0], i), X[0, 0][i])
    flat = both(lambda x, i: hnp.take_along_axis(x, i, None), X, np.array([3, -1, 99], np.int32))
    np.testing.assert_array_equal(flat, [X.ravel()[3], X.ravel()[-1], np.nan])


def test_sorting_positions_sort():
    order = hnp.asarray(np.argsort(X, axis=1).astype(np.int32))
    assert_same(hnp.take_along_axis(hnp.asarray(X), order, 1), np.sort(X, axis=1))


def test_compress_and_extract():
    keep = np.array([True, False, True])
    assert_same(hnp.compress(keep, X, axis=1), X[:, keep])
    assert_same(hnp.compress(keep, X), np.compress(keep, X))
    assert_same(hnp.extract(M, X), np.extract(M, X))
    sized = hloom.jit(lambda c, x: hnp.compress(c, x, 1, size=3, fill_value=-1))(keep, X)
    assert_same(sized, np.concatenate([X[:, keep], np.full((2, 1, 4), -1, "f")], 1))
    sized = hloom.jit(lambda c, x: hnp.extract(c, x, size=2))(M, X)
    assert_same(sized, X[M][:2])
    assert_same(hnp.compress(np.append(keep, False), X, axis=1), X[:, keep])


def test_choose():
    choices = [np.arange(4), 10 * np.arange(4), 100 * np.arange(4)]
    a = np.array([[2, 0, 1, 1]], np.int32)
    assert_same(hnp.choose(a, choices), np.choose(a, choices))
    for mode in ("wrap", "clip"):
        want = np.choose(a * 3 - 2, choices, mode=mode)
        assert_same(both(lambda a, m=mode: hnp.choose(a, choices, mode=m), a * 3 - 2), want)
    assert_same(hnp.choose(a % 2, choices[:2]), np.choose(a % 2, choices[:2]))


# ---------------------------------------------------------------- putting
def test_put():
    i, v = np.array([0, 5, -1]), np.array([7, 8], "f")
    for mode in (None, "wrap", "clip"):
        want = X.copy()
        np.put(want, i, v, mode or "raise")
        assert_same(both(lambda x, m=mode: hnp.put(x, i, v, m, inplace=False), X), want)


def test_place():
    v = np.array([-1, -2, -3, -4, -5], "f")
    for values in (v, v[:1]):
        want = X.copy()
        np.place(want, M, values)
        assert_same(both(lambda x, m, v: hnp.place(x, m, v, inplace=False), X, M, values), want)


def test_put_along_axis():
    i = np.array([[[3]], [[-2]]], np.int32)
    want = X.copy()
    np.put_along_axis(want, i, 9, 2)
    got = both(lambda x, i: hnp.put_along_axis(x, i, 9.0, 2, inplace=False), X, i)
    assert_same(got, want)
    values = np.ones((2, 3, 1), "f")
    _, back = hloom.vjp(lambda v: hnp.put_along_axis(X, i, v, 2, inplace=False), values)
    assert_same(back(X)[0], np.take_along_axis(X, i, 2))


@pytest.mark.parametrize("shape", [(3, 3), (5, 2), (2, 5), (3, 3, 3), (7, 3)])
@pytest.mark.parametrize("wrap", [False, True])
def test_fill_diagonal(shape, wrap):
    for value in (5.0, np.array([1.0, 2.0], "f")):
        want = np.zeros(shape, "f")
        np.fill_diagonal(want, value, wrap)
        got = hnp.fill_diagonal(np.zeros(shape, "f"), value, wrap, inplace=False)
        assert_same(got, want)


# ---------------------------------------------------------------- searching
def test_nonzero():
    assert_same(hnp.nonzero(X > 11), np.nonzero(X > 11))
    assert_same(hnp.where(X > 11), np.where(X > 11))
    assert_same(hnp.argwhere(X > 11), np.argwhere(X > 11))
    assert_same(hnp.flatnonzero(X), np.flatnonzero(X))
    assert hnp.argwhere(np.float32(3)).shape == (1, 0)


@pytest.mark.parametrize("size", [0, 1, 5, 12, 15])
def test_nonzero_of_known_size(size):
    for a in (M, X % 3, np.zeros((2, 3, 4), bool), np.zeros((0, 2), "f")):
        found = np.nonzero(a)
        want = [np.concatenate([p, np.full(size, -1)])[:size] for p in found]
        assert_same(both(lambda a: hnp.nonzero(a, size=size, fill_value=-1), a), tuple(want))
    fills = hnp.nonzero(M[0], size=15, fill_value=(7, 8))
    assert (int(fills[0][-1]), int(fills[1][-1])) == (7, 8)
    mapped = hloom.vmap(lambda m: hnp.flatnonzero(m, size=4, fill_value=-1))(M)
    for row, m in zip(mapped, M, strict=True):
        want = np.concatenate([np.flatnonzero(m), [-1] * 4])[:4]
        np.testing.assert_array_equal(row, want)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("method", ["scan", "scan_unrolled", "sort", "compare_all"])
def test_searchsorted(side, method):
    v = np.array([[-9.0, 0, 0.5], [1, 7, np.nan]], "f")
    for n in (0, 1, 2, 5, 8, 9):
        a = np.sort(RNG.integers(-3, 4, n)).astype("f")
        if n > 5:
            a[-2:] = np.nan
        got = both(lambda a, v: hnp.searchsorted(a, v, side, method=method), a, v)
        assert_same(got, np.searchsorted(a, v, side))
        assert got.dtype == np.int32
    a = np.array([3, 1, 2], "f")
    got = hnp.searchsorted(a, 2.5, side, sorter=np.array([1, 2, 0]), method=method)
    assert_same(got, np.searchsorted(a, 2.5, side, [1, 2, 0]))
    z = np.array([1, 1 + 1j, 2, 2 + 3j], np.complex64)
    assert_same(
        hnp.searchsorted(z, z[::-1], side, method=method), np.searchsorted(z, z[::-1], side)
    )


# ---------------------------------------------------------------- building indices
def test_positions_of_diagonals_and_triangles():
    assert_same(hnp.diag_indices(3, 3), np.diag_indices(3, 3))
    assert_same(hnp.diag_indices_from(np.ones((3, 3))), np.diag_indices(3))
    for k, m in ((0, None), (1, 5), (-1, 2)):
        assert_same(hnp.tril_indices(3, k, m), np.tril_indices(3, k, m))
        assert_same(hnp.triu_indices(3, k, m), np.triu_indices(3, k, m))
    assert_same(hnp.tril_indices_from(X[0], 1), np.tril_indices_from(X[0], 1))
    assert_same(hnp.triu_indices_from(X[0], 1), np.triu_indices_from(X[0], 1))
    assert_same(hnp.mask_indices(3, hnp.triu, 1), np.mask_indices(3, np.triu, 1))


@pytest.mark.parametrize("shape", [(2, 3, 4), (5,), (1, 7)])
def test_flat_positions(shape):
    flat = np.arange(math.prod(shape))
    index = np.unravel_index(flat, shape)
    assert_same(both(lambda i: hnp.unravel_index(i, shape), flat.astype(np.int32)), index)
    outside = hnp.unravel_index(hnp.array([-1, 99, -99]), shape)
    assert_same(outside[0], np.array([shape[0] - 1, shape[0] - 1, 0]))
    for order in "CF":
        want = np.ravel_multi_index(index, shape, order=order)
        assert_same(hnp.ravel_multi_index(index, shape, order=order), want)
    for mode in ("wrap", "clip"):
        outside = tuple(3 * p - 2 for p in index)
        want = np.ravel_multi_index(outside, shape, mode)
        got = both(lambda *p, m=mode: hnp.ravel_multi_index(p, shape, m), *outside)
        assert_same(got, want)


def test_grids():
    a, b = np.array([0, 2]), np.array([True, False, True])
    assert_same(hnp.ix_(a, b), np.ix_(a, b))
    assert_same(hnp.asarray(X[0])[hnp.ix_(a, a)], X[0][np.ix_(a, a)])
    assert_same(hnp.mgrid[0:2, 1:7:3], np.mgrid[0:2, 1:7:3])
    assert_same(hnp.ogrid[0:2, 1:7:3], np.ogrid[0:2, 1:7:3])
    np.testing.assert_allclose(hnp.mgrid[0:1:5j], np.mgrid[0:1:5j], 1e-6)
    assert_same(hnp.mgrid[0:4], np.mgrid[0:4])


def test_joining_in_brackets():
    v = np.arange(3)
    h = hnp.asarray(v)
    assert_same(hnp.r_[0:3, 5, h], np.r_[0:3, 5, v])
    assert_same(hnp.r_["0,2", h, h], np.r_["0,2", v, v])
    assert_same(hnp.r_["1,2,0", h, h], np.r_["1,2,0", v, v])
    assert_same(hnp.c_[h, h], np.c_[v, v])
    assert_same(hnp.c_[hnp.asarray([[1, 2, 3]]), 0], np.c_[np.array([[1, 2, 3]]), 0])
    assert hnp.s_[1:, 0] == np.s_[1:, 0]
    assert hnp.index_exp[1] == np.index_exp[1]


# ---------------------------------------------------------------- errors
ERRORS = {
    "take of floats": (
        lambda: hnp.take(X, X),
        TypeError,
        "take: positions are integers\n    they are f32[2,3,4]\n    use x.astype(int)",
    ),
    "take with a mode": (
        lambda: hnp.take(X, 0, mode="raise"),
        ValueError,
        "take: there is no mode 'raise'\n    the modes are 'fill', 'clip', 'wrap'\n    use one",
    ),
    "take of nothing": (
        lambda: hnp.take(X[:0], 0, axis=0),
        IndexError,
        (
            "take: positions on an empty axis\n    axis 0 of shape (0, 3, 4) has length 0\n"
            "    there are no elements"
        ),
    ),
    "take_along_axis": (
        lambda: hnp.take_along_axis(X, I, 0),
        ValueError,
        (
            "take_along_axis: array and positions have equal ranks\n"
            "    they have shapes (2, 3, 4) and (2, 2)\n    use expand_dims"
        ),
    ),
    "put": (
        lambda: hnp.put(X, 0, 1.0),
        ValueError,
        (
            "put: cannot change an array\n"
            "    arrays are immutable, and inplace is True, NumPy's way\n    pass inplace=False"
        ),
    ),
    "choose": (
        lambda: hnp.choose(np.array([2]), [X, X]),
        ValueError,
        (
            "choose: a number is out of range\n    they are from 2 to 2\n"
            "    use numbers from 0 to 1, or mode='clip' or 'wrap'"
        ),
    ),
    "choose under jit": (
        lambda: hloom.jit(lambda a: hnp.choose(a, [X, X]))(np.array([1], np.int32)),
        TypeError,
        (
            "choose: the mode 'raise' needs concrete numbers\n"
            "    they are traced under jit (i32[1])\n    use mode='clip' or mode='wrap'"
        ),
    ),
    "nonzero under jit": (
        lambda: hloom.jit(hnp.nonzero)(X),
        TypeError,
        (
            "nonzero: the number of positions needs concrete values, or `size`\n"
            "    the array is traced under jit (f32[2,3,4])\n"
            "    use nonzero(x, size=n), with n a static bound"
        ),
    ),
    "nonzero of a scalar": (
        lambda: hnp.nonzero(1.0),
        ValueError,
        (
            "nonzero: the array needs axes\n    it is a scalar, ~f32[]\n"
            "    use hloom.numpy.atleast_1d(x)"
        ),
    ),
    "searchsorted": (
        lambda: hnp.searchsorted(X, 1.0),
        ValueError,
        (
            "searchsorted: the sorted array is a vector\n    it has shape (2, 3, 4)\n"
            "    use vmap for more axes"
        ),
    ),
    "compress": (
        lambda: hnp.compress(np.ones(5, bool), X, axis=1),
        IndexError,
        (
            "compress: the condition holds past the end\n    it has 5 elements, the axis 3\n"
            "    shorten it"
        ),
    ),
    "r_": (
        lambda: hnp.r_["x", 1],
        ValueError,
        (
            "r_: the text is 'axis,rank,place'\n    it is 'x'\n"
            "    give one to three integers, such as '0,2'"
        ),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, text = ERRORS[name]
    with pytest.raises(kind) as info:
        call()
    assert re.sub(r"\n    at test_index_tricks\.py:.*", "", str(info.value)) == text
