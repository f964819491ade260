"""Arguments that users give by keyword: statics of checkpoint, copies of device_put, names."""

import inspect

import numpy as np
import pytest

import hloom
from hloom import lax, numpy as hnp
from hloom.ad_checkpoint import checkpoint_name

X = np.array([0.5, 2.0], np.float32)


def power(x, n, *, negative=False):
    """x**n by a Python loop, so that n and negative are Python values."""
    y = x
    for _ in range(n - 1):
        y = y * x
    return (-y if negative else y).sum()


@pytest.mark.parametrize(
    "options",
    [
        {"static_argnames": ("n", "negative")},
        {"static_argnums": 1, "static_argnames": "negative"},
        {"static_argnums": (1,), "static_argnames": ["negative", "n"]},
    ],
)
def test_static_arguments_of_checkpoint(options):
    kept = hloom.checkpoint(power, **options)
    for call in (
        lambda x: kept(x, 3, negative=True),
        lambda x: kept(x, n=3, negative=True),
        lambda x: kept(x=x, n=3, negative=True),
        hloom.jit(lambda x: hloom.checkpoint(**options)(power)(x, 3, negative=True)),
    ):
        np.testing.assert_allclose(hloom.grad(call)(X), -3 * X**2, rtol=1e-6)
    assert list(inspect.signature(kept).parameters) == ["x", "n", "negative"]


def test_names_are_given_by_name():
    policy = hloom.checkpoint_policies.save_only_these_names("here")
    f = hloom.checkpoint(lambda x: hnp.sin(checkpoint_name(x, name="here")), policy=policy)
    np.testing.assert_allclose(hloom.grad(f)(0.5), np.cos(0.5), rtol=1e-6)


def test_device_put_shares_no_memory_where_it_may_not():
    x = hnp.asarray(X)
    assert hloom.device_put(x) is x
    assert hloom.device_put(x, may_alias=True) is x
    apart = hloom.device_put({"a": x}, x.device, src=x.device, may_alias=False)["a"]
    assert apart.unsafe_buffer_pointer() != x.unsafe_buffer_pointer()
    np.testing.assert_array_equal(apart, x)
    mine = np.arange(64.0, dtype=np.float32)
    held = hloom.device_put(mine, may_alias=False)
    mine[:] = 0
    np.testing.assert_array_equal(held, np.arange(64.0))
    assert hloom.device_put(x, donate=True) is x
    assert not x.is_deleted()


def test_a_barrier_takes_a_tree():
    tree = {"a": X, "b": (1.0, hnp.ones((2, 2)))}
    found = lax.optimization_barrier(tree)
    assert hloom.tree.structure(found) == hloom.tree.structure(tree)
    np.testing.assert_array_equal(found["a"], X)
    assert lax.optimization_barrier(X).shape == (2,)
    assert lax.optimization_barrier(()) == ()
    np.testing.assert_allclose(hloom.grad(lambda x: lax.optimization_barrier(x * x))(3.0), 6.0)
