"""Checks of derivatives pass for right ones and fail for wrong ones."""

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.test_util import check_grads, check_jvp, check_vjp

X = np.array([0.5, 1.0, 2.0])


def wrong(order):
    """sin, whose derivative of an order is ten times too large."""

    @hloom.custom_jvp
    def f(x):
        return jnp.sin(x) if order == 1 else jnp.cos(x)

    f.defjvps(lambda t, y, x: 10 * t * (jnp.cos(x) if order == 1 else -jnp.sin(x)))
    if order == 1:
        return f
    g = hloom.custom_jvp(lambda x: jnp.sin(x))
    g.defjvps(lambda t, y, x: t * f(x))
    return g


def test_right_derivatives_pass():
    tree = lambda p, n: {"y": p["x"] ** 2 * p["w"], "z": jnp.sum(p["x"]), "n": n + 1}
    with hloom.enable_x64():
        check_grads(tree, ({"x": X, "w": 3.0}, 4), order=2)
        check_grads(lambda z: z * jnp.exp(z), (X + 1j * X[::-1],), order=2)
    check_grads(jnp.tanh, (X.astype(np.float32),), order=2)
    check_grads(jnp.tanh, (X.astype(np.float32),), order=1, modes="fwd")


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("mode", ["fwd", "rev"])
def test_wrong_derivatives_fail(order, mode):
    with hloom.enable_x64():
        if order == 2:
            check_grads(wrong(2), (X,), 1, modes=mode)
        words = {"fwd": "fwd tangent", "rev": "rev cotangent"}[mode]
        with pytest.raises(AssertionError, match=words):
            check_grads(wrong(order), (X,), order, modes=mode)


def test_each_check_alone():
    f = lambda x: x**3
    with hloom.enable_x64():
        check_jvp(f, lambda p, t: hloom.jvp(f, p, t), (X,))
        check_vjp(f, lambda x: hloom.vjp(f, x), (X,))
        with pytest.raises(AssertionError, match="here value"):
            check_jvp(f, lambda p, t: (p[0], t[0]), (X,), err_msg="here ")
        with pytest.raises(AssertionError, match="cotangent"):
            check_vjp(f, lambda x: (f(x), lambda c: (c,)), (X,))
        check_vjp(f, lambda x: (f(x), lambda c: (c,)), (X,), atol=100.0)
    with pytest.raises(ValueError, match="it holds \\['back'\\]"):
        check_grads(f, (X,), 1, modes=("fwd", "back"))
