"""custom_vmap: when the stated rule is used, and what is asked of it."""

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.custom_batching import custom_vmap, sequential_vmap
from hloom.errors import ArgumentError, ShapeError, TreeError

X = np.arange(3, dtype=np.float32)
WAYS = {"eager": lambda f: f, "jit": hloom.jit}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def noted():
    """sin(x) * y in a tree; its rule notes what it was given, and gives ten times as much."""
    calls = []

    @custom_vmap
    def f(tree, y):
        return {"out": jnp.sin(tree["x"]) * y}

    @f.def_vmap
    def rule(axis_size, in_batched, tree, y):
        calls.append((axis_size, in_batched))
        return {"out": 10 * jnp.sin(tree["x"]) * y}, {"out": in_batched[0]["x"] or in_batched[1]}

    return (lambda x, y: f({"x": x}, y)["out"]), calls


@ways
def test_the_rule_is_used_where_there_is_a_batch(way):
    f, calls = noted()
    assert float(way(f)(0.0, 1.0)) == 0
    assert calls == []
    np.testing.assert_allclose(way(hloom.vmap(f, (0, None)))(X, 2.0), 20 * np.sin(X), rtol=1e-6)
    assert calls == [(3, [{"x": True}, False])]
    np.testing.assert_allclose(hloom.vmap(way(f), (None, 0))(1.0, X), 10 * np.sin(1) * X, rtol=1e-6)


@ways
def test_a_batch_that_is_not_in_front(way):
    f, _ = noted()
    x = np.ones((2, 3), np.float32)
    found = way(hloom.vmap(lambda x: f(x, x), 1, 1))(x)
    np.testing.assert_allclose(found, 10 * np.sin(x), rtol=1e-6)


@ways
def test_derivatives(way):
    f, _ = noted()
    np.testing.assert_allclose(way(hloom.grad(f))(1.0, 2.0), 2 * np.cos(1), rtol=1e-6)
    # of the rule, where the batch comes first
    total = lambda x: jnp.sum(hloom.vmap(f, (0, None))(x, 2.0))
    np.testing.assert_allclose(way(hloom.grad(total))(X), 20 * np.cos(X), rtol=1e-6)
    # of the rule too, where forward mode comes first
    tangent = lambda x: hloom.jvp(lambda x: f(x, 2.0), (x,), (1.0,))[1]
    np.testing.assert_allclose(way(hloom.vmap(tangent))(X), 20 * np.cos(X), rtol=1e-6)
    # of the function, where reverse mode comes first
    found = way(hloom.vmap(hloom.grad(f), (0, None)))(X, 2.0)
    np.testing.assert_allclose(found, 2 * np.cos(X), rtol=1e-6)


def test_tangents_batched_without_their_primals():
    f, _ = noted()
    push = lambda t: hloom.jvp(lambda x: f(x, 2.0), (1.0,), (t,))
    y, t = hloom.vmap(push)(X)
    np.testing.assert_allclose(y, np.full(3, 20 * np.sin(1)), rtol=1e-6)
    np.testing.assert_allclose(t, 20 * np.cos(1) * X, rtol=1e-6)
    pull = lambda x: hloom.jvp(lambda x: f(x, 2.0), (x,), (1.0,))[1]
    np.testing.assert_allclose(hloom.vmap(hloom.vmap(pull))(X[None])[0], 20 * np.cos(X), rtol=1e-6)


@ways
def test_sequential_vmap(way):
    shapes = []

    @sequential_vmap
    def f(x, y):
        shapes.append((x.shape, y.shape))
        return x * y, x

    x = np.ones((2, 3), np.float32)
    product, same = way(hloom.vmap(f, (1, None)))(x, X[:2])
    np.testing.assert_array_equal(product, np.broadcast_to(X[:2], (3, 2)))
    np.testing.assert_array_equal(same, x.T)
    assert set(shapes) == {((2,), (2,))}
    table = hloom.vmap(hloom.vmap(f, (0, None)), (None, 0))(X, X)[0]
    np.testing.assert_array_equal(table, np.outer(X, X))


def test_what_is_asked_of_a_rule():
    f = custom_vmap(lambda x: x)
    with pytest.raises(ArgumentError, match="def_vmap was never called"):
        f(1.0)
    wrong = {
        lambda n, b, x: x: (ArgumentError, "gives a pair"),
        lambda n, b, x: (x, (True, True)): (TreeError, "a bool for each array"),
        lambda n, b, x: (x, 1): (TreeError, "a bool for each array"),
        lambda n, b, x: (x[0], True): (ShapeError, "without the batch in front"),
    }
    for rule, (error, words) in wrong.items():
        f.def_vmap(rule)
        with pytest.raises(error, match=words):
            hloom.vmap(f)(X)


def test_closures_over_what_is_transformed():
    def over(transform):
        def outer(a):
            f = custom_vmap(lambda x: x * a)
            f.def_vmap(lambda n, b, x: (x * a, b[0]))
            return hloom.jit(f)(2.0)

        return transform(outer)

    with pytest.raises(ArgumentError, match="closes over a value that is being differentiated"):
        over(hloom.grad)(1.0)
    with pytest.raises(ArgumentError, match="closes over a value that is being mapped"):
        over(hloom.vmap)(X)
