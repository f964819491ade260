"""Ragged products in general: the three modes, offsets, lost rows, and what is refused."""

import re

import numpy as np
import pytest

import hloom
from control import message_of
from hloom import lax
from hloom.frontend.errors import ArgumentError, AxisError, DTypeError, ShapeError
from ops_ragged import by_groups, of_groups

Numbers = lax.RaggedDotDimensionNumbers
N = np.random.default_rng(3).normal


def _close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=2e-5)


def _f32(*shape):
    return N(size=shape).astype(np.float32)


def test_a_free_ragged_axis_with_batches_and_axes_around():
    # lhs: (outer, ragged, batch, contracted, inner); rhs: (contracted, group, column, batch)
    x, w, sizes = _f32(2, 5, 3, 4, 2), _f32(4, 2, 6, 3), np.array([[[2, 1]] * 2] * 3)
    sizes[1, 1] = 3, 2
    numbers = Numbers((((3,), (0,)), ((2,), (3,))), (1,), (1,))
    found = lax.ragged_dot_general(x, w, sizes, numbers)
    assert found.shape == (3, 2, 5, 2, 6)
    for b, o, i in np.ndindex(3, 2, 2):
        wanted = by_groups(x[o, :, b, :, i], w[..., b].transpose(1, 0, 2), sizes[b, o])
        _close(found[b, o, :, i], wanted)
    same = lax.ragged_dot_general(x, w, np.array([2, 1]), numbers)
    _close(same[0], found[0])


def test_a_contracted_ragged_axis_with_batches_and_axes_around():
    # lhs: (batch, outer, row, ragged, inner); rhs: (inner, ragged, outer, batch, column)
    x, y, sizes = _f32(2, 2, 3, 5, 4), _f32(4, 5, 2, 2, 3), np.array([[[2, 1], [0, 4]]] * 2)
    numbers = Numbers((((1, 3, 4), (2, 1, 0)), ((0,), (3,))), (3,), ())
    found = lax.ragged_dot_general(x, y, sizes, numbers)
    assert found.shape == (2, 2, 3, 3)
    for b in range(2):
        parts = [of_groups(x[b, o, :, :, i], y[i, :, o, b], sizes[b, o])
                 for o in range(2) for i in range(4)]  # fmt: skip
        _close(found[:, b], sum(parts))


def test_a_ragged_batch_axis_changes_nothing():
    x, y = _f32(3, 2, 4), _f32(3, 4, 5)
    numbers = Numbers((((2,), (1,)), ((0,), (0,))), (0,), ())
    _close(lax.ragged_dot_general(x, y, np.array([1, 2]), numbers), x @ y)


def test_an_offset_counts_groups_of_rhs():
    x, w, sizes = _f32(7, 2), _f32(4, 2, 3), np.array([2, 1, 3, 1])
    whole = by_groups(x, w, sizes)
    for first, count in ((0, 2), (1, 2), (2, 2), (3, 1)):
        found = lax.ragged_dot(x, w[first : first + count], sizes, group_offset=np.int32(first))
        begin, end = sizes[:first].sum(), sizes[: first + count].sum()
        wanted = np.where((np.arange(7) >= begin) & (np.arange(7) < end), whole.T, 0).T
        _close(found, wanted)


@pytest.mark.parametrize("m", [6, 300])
def test_rows_of_no_group_and_infinities_of_others(m):
    x, w = _f32(m, 2), _f32(8, 2, 3)
    sizes = np.array([2, 1, 0, 0, 0, 0, 1, 0])
    w[6] = np.inf
    found = np.asarray(lax.ragged_dot(x, w, sizes))
    _close(found[:3], by_groups(x[:3], w, sizes[:2]))
    assert not np.isfinite(found[3]).any()
    assert not found[4:].any()


def test_preferred_types_and_vmap_over_each_operand():
    x, w, sizes = _f32(6, 2), _f32(3, 2, 4), np.array([[2, 0, 3], [1, 1, 1]])
    assert lax.ragged_dot(x.astype("bfloat16"), w, sizes[0]).dtype == np.float32
    wide = lax.ragged_dot(x.astype("bfloat16"), w.astype("bfloat16"), sizes[0], None, "float32")
    assert wide.dtype == np.float32
    ints = lax.ragged_dot(np.ones((3, 2), np.int8), np.ones((1, 2, 2), np.int8), np.array([2]))
    assert np.asarray(ints).tolist() == [[2, 2], [2, 2], [0, 0]]
    found = hloom.vmap(lax.ragged_dot, (None, None, 0))(x, w, sizes)
    _close(found, np.stack([by_groups(x, w, s) for s in sizes]))


def test_a_program_of_many_rows_loops_over_tiles():
    x, w, sizes = _f32(512, 2), _f32(16, 2, 2), np.full(16, 32)
    tiles = "dot_general %[0-9]+, %[0-9]+, contracting_dims = .*tensor<32x2xf32>, tensor<2x2xf32>"
    assert re.search(tiles, hloom.jit(lax.ragged_dot).lower(x, w, sizes).as_text())
    assert not re.search(tiles, hloom.jit(lax.ragged_dot).lower(x[:99], w, sizes).as_text())


REFUSED = {
    "sizes of floats": (
        lambda x, w: lax.ragged_dot(x, w, np.ones(3, np.float32)),
        DTypeError,
        "ragged_dot: group sizes are integers",
    ),
    "too few sizes": (
        lambda x, w: lax.ragged_dot(x, w, np.array([1, 2])),
        ShapeError,
        "ragged_dot: each group has a size",
    ),
    "a number for sizes": (
        lambda x, w: lax.ragged_dot(x, w, 3),
        ShapeError,
        "ragged_dot: group sizes are a vector, or more",
    ),
    "sizes of other axes": (
        lambda x, w: lax.ragged_dot(x, w, np.ones((2, 3), int)),
        ShapeError,
        "ragged_dot: group sizes have the axes around the ragged",
    ),
    "no group": (
        lambda x, w: lax.ragged_dot_general(
            x, w, np.array([1]), Numbers((((1,), (1,)), ((), ())), (0,), ())
        ),
        AxisError,
        "ragged_dot_general: rhs has an axis of groups where the ragged axis is free, else none",
    ),
    "two ragged axes": (
        lambda x, w: lax.ragged_dot_general(
            x, w, np.array([1]), Numbers((((1,), (1,)), ((), ())), (0, 1), ())
        ),
        AxisError,
        "ragged_dot_general: one axis of lhs is ragged",
    ),
    "an offset without groups": (
        lambda x, w: lax.ragged_dot_general(
            x,
            w[0],
            np.array([1]),
            Numbers((((1,), (0,)), ((), ())), (1,), ()),
            group_offset=np.int32(1),
        ),
        ArgumentError,
        "ragged_dot_general: only groups of rhs are counted from",
    ),
    "unequal contracted axes": (
        lambda x, w: lax.ragged_dot(x[:, :1], w, np.array([1, 2, 3])),
        ShapeError,
        "ragged_dot: takes shapes (b, m, k), (b, g, k, n), (b, g) and (b, g)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_errors(name):
    call, kind, message = REFUSED[name]
    assert message_of(kind, lambda: call(_f32(6, 2), _f32(3, 2, 4)))[0] == message
