"""The short compositions of hloom.lax beside NumPy's functions, and their errors."""

import numpy as np
import pytest

import hloom
from control import close, message_of
from hloom import lax, numpy as hnp
from hloom.frontend.errors import ArgumentError, AxisError, ShapeError

X = np.arange(24.0, dtype=np.float32).reshape(2, 3, 4)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_stack_unstack_split(axis):
    close(lax.stack([X, X + 1], axis), np.stack([X, X + 1], axis))
    close(lax.unstack(X, axis), tuple(np.moveaxis(X, axis, 0)))
    n = X.shape[axis]
    close(lax.split(X, [1, 0, n - 1], axis), np.split(X, [1, 1], axis))


def test_tile():
    close(lax.tile(X, (2, 1, 3)), np.tile(X, (2, 1, 3)))
    assert lax.tile(X, (2, 0, 3)).shape == (4, 0, 12)


@pytest.mark.parametrize(
    "shapes", [[(2, 1), (3,)], [(), (2,)], [(0, 1), (1, 5)], [(4, 1, 3), (2, 1), (1, 1, 1)], []]
)
def test_broadcast_shapes(shapes):
    assert lax.broadcast_shapes(*shapes) == np.broadcast_shapes(*shapes)


def test_broadcasts():
    assert lax.broadcast_to_rank(X, 5).shape == (1, 1, 2, 3, 4)
    assert lax.broadcast_to_rank(X, 2).shape == (2, 3, 4)
    column = X[0, :, :1]
    close(lax.broadcast_like(column, X), np.broadcast_to(column, X.shape))
    close(lax.broadcast_like(1.0, X), np.ones_like(X))


@pytest.mark.parametrize(
    ("start", "stop", "shape"),
    [(0, 2, (6, 4)), (1, None, (2, 12)), (-2, None, (2, 12)), (0, 1, (2, 3, 4)), (0, -1, (6, 4))],
)
def test_collapse(start, stop, shape):
    close(lax.collapse(X, start, stop), X.reshape(shape))


def test_full_like_keeps_what_it_is_not_told():
    assert lax.full_like(X, 2).aval == hnp.asarray(X).aval
    assert lax.full_like(1.0, 2).aval.weak_type
    found = lax.full_like(X, 2.7, dtype=np.int32, shape=(2,))
    close(found, np.array([2, 2]))
    assert found.dtype == np.int32
    close(lax.full_like(X, hnp.float32(0.5)), np.full_like(X, 0.5))
    assert lax.dtype(X) == np.float32
    assert lax.empty((2, 3), np.int8).aval == hnp.zeros((2, 3), np.int8).aval
    close(lax.shape_as_value((2, 3)), np.array([2, 3]))
    assert lax.shape_as_value(()).shape == (0,)


def test_polynomial():
    x = np.linspace(-1, 1, 5, dtype=np.float32)
    close(lax.polynomial(x, [1.0, -2.0, 0.5]), np.polyval([0.5, -2, 1], x), 1e-6)
    close(lax.polynomial(x, [3.0]), np.full_like(x, 3))
    close(lax.polynomial(x, []), np.zeros_like(x))
    close(hloom.grad(lambda x: lax.polynomial(x, [1.0, 5.0, 2.0]))(3.0), np.array(17.0))


def test_errors():
    assert message_of(ShapeError, lambda: lax.broadcast_shapes((2,), (3,))) == [
        "broadcast_shapes: the shapes do not broadcast",
        "    they are (2,) and (3,)",
        "    give the arrays equal lengths there, or length 1",
    ]
    assert message_of(ShapeError, lambda: lax.broadcast_like(X, X[0])) == [
        "broadcast_like: the array does not broadcast to the other's shape",
        "    the shapes are (2, 3, 4) and (3, 4)",
        "    reshape it first",
    ]
    assert message_of(ShapeError, lambda: lax.collapse(X, 1, 1)) == [
        "collapse: there are no axes in the range",
        "    axes 1 to 1 of shape (2, 3, 4)",
        "    name one or more axes",
    ]
    assert message_of(ShapeError, lambda: lax.split(X, [1, 2])) == [
        "split: the sizes add up to the length of the axis",
        "    they are [1, 2], the axis has length 2",
        "    correct them",
    ]
    assert message_of(ShapeError, lambda: lax.tile(X, (2,))) == [
        "tile: needs one number of repetitions for each axis",
        "    there are 1, the operand has shape (2, 3, 4)",
        "    give one for each",
    ]
    assert message_of(ArgumentError, lambda: lax.stack([])) == [
        "stack: needs an array",
        "    the sequence is empty",
        "    give one or more arrays",
    ]
    with pytest.raises(AxisError, match="there is no axis 4"):
        lax.stack([X], axis=4)
