"""Functions over closed-over values, and linear functions that know their transpose."""

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.custom_derivatives import (
    CustomVJPPrimal,
    SymbolicZero,
    custom_vjp_primal_tree_values,
    linear_call,
    zero_from_primal,
)
from hloom.errors import ArgumentError, TreeError

X = np.arange(3, dtype=np.float32)


# ---------------------------------------------------------------- custom rules within a batch
def stated_forward(c):
    @hloom.custom_jvp
    def f(x):
        return jnp.sin(x) * c

    f.defjvp(lambda p, t: (f(*p), 2 * jnp.cos(p[0]) * c * t[0]))
    return f


def stated_backward(c):
    @hloom.custom_vjp
    def f(x):
        return jnp.sin(x) * c

    f.defvjp(lambda x: (f(x), x), lambda x, g: (2 * jnp.cos(x) * c * g,))
    return f


WITHIN = {
    "vmap": lambda f: hloom.vmap(f),
    "jit(vmap)": lambda f: hloom.jit(hloom.vmap(f)),
    "vmap(jit)": lambda f: hloom.vmap(hloom.jit(f)),
    "vmap(vmap)": lambda f: lambda c, x: hloom.vmap(hloom.vmap(f), (None, 0))(c, x[None])[0],
    "vmap over c": lambda f: lambda c, x: hloom.vmap(
        hloom.vmap(f, (None, 0)), (0, None))(c, x).diagonal(),
}  # fmt: skip


@pytest.mark.parametrize("stated", [stated_forward, stated_backward])
@pytest.mark.parametrize("way", WITHIN)
def test_a_function_with_a_rule_closes_over_mapped_values(way, stated):
    """The sine's derivative is stated to be twice what it is, so that the rule is seen."""
    transform = WITHIN[way]
    c, x = X + 1, X * 0.3
    f = transform(lambda c, x: stated(c)(x))
    np.testing.assert_allclose(f(c, x), np.sin(x) * c, rtol=1e-6)
    g = transform(lambda c, x: hloom.grad(stated(c))(x))
    np.testing.assert_allclose(g(c, x), 2 * np.cos(x) * c, rtol=1e-6)
    t = transform(lambda c, x: hloom.jvp(stated(c), (x,), (1.0,))[1])
    np.testing.assert_allclose(t(c, x), 2 * np.cos(x) * c, rtol=1e-6)


@pytest.mark.parametrize("stated", [stated_forward, stated_backward])
def test_a_rule_over_nothing_mapped_stays_so(stated):
    """What is the same for the whole batch is computed once: out_axes=None takes it."""
    f = stated(2.0)
    y, g = hloom.vmap(lambda x: (f(0.5), hloom.grad(f)(0.5)), out_axes=None)(X)
    np.testing.assert_allclose((y, g), (2 * np.sin(0.5), 4 * np.cos(0.5)), rtol=1e-6)
    # derivatives of the mapped function: w has no batch, and its cotangent is a sum
    outer = lambda x, w: hloom.vmap(lambda x: f(x) + f(w))(x).sum()
    for grad in (hloom.grad, lambda g, i: hloom.jit(hloom.grad(g, i))):
        gx, gw = grad(outer, (0, 1))(X, 0.5)
        np.testing.assert_allclose(gx, 4 * np.cos(X), rtol=1e-6)
        np.testing.assert_allclose(gw, 3 * 4 * np.cos(0.5), rtol=1e-6)


@pytest.mark.parametrize("outer", [hloom.jit, lambda f: f])
def test_a_rule_may_close_over_what_its_function_does_not(outer):
    """The tangents are mapped, and so are the results that come with them."""

    @hloom.vmap
    def f(c):
        sine = hloom.custom_jvp(jnp.sin)
        sine.defjvp(lambda p, t: (sine(*p), c * t[0]))
        return hloom.jvp(sine, (0.5,), (1.0,))

    y, t = outer(f)(X)
    np.testing.assert_allclose(y, [np.sin(np.float32(0.5))] * 3, rtol=1e-6)
    np.testing.assert_allclose(t, X)


def test_residuals_may_be_mapped_where_results_are_not():
    def outer(w):
        def lane(c):
            sine = hloom.custom_vjp(jnp.sin)
            sine.defvjp(lambda x: (sine(x), c), lambda c, g: (c * g,))
            return sine(w) * c

        return hloom.vmap(lane)(X).sum()

    assert float(hloom.grad(outer)(0.5)) == float(hloom.jit(hloom.grad(outer))(0.5)) == 0 + 1 + 4


# ---------------------------------------------------------------- closure_convert
def test_only_traced_inexact_values_are_hoisted():
    fixed = jnp.ones(3)

    def f(a, n):
        g, consts = hloom.closure_convert(lambda x: {"y": a * x * fixed + n}, X)
        assert len(consts) == 1
        return jnp.sum(g(X, *consts)["y"])

    expected = X.sum() * 2 + 3 * 5
    assert float(hloom.jit(f)(2.0, 5)) == expected
    value, gradient = hloom.value_and_grad(f)(2.0, 5)
    assert (float(value), float(gradient)) == (expected, X.sum())


def test_nothing_is_hoisted_from_concrete_values():
    g, consts = hloom.closure_convert(lambda x: jnp.sin(x), X)
    assert consts == []
    np.testing.assert_allclose(g(X), np.sin(X), rtol=1e-6)
    with pytest.raises(TreeError, match="converted for other arguments"):
        g(X, X)


def root(f, guess):
    """Where f is 0, by Newton's method; its derivative by the implicit function theorem."""
    f, consts = hloom.closure_convert(f, guess)

    @hloom.custom_vjp
    def solve(guess, *consts):
        step = lambda _, x: x - f(x, *consts) / hloom.grad(f)(x, *consts)
        return hloom.lax.fori_loop(0, 20, step, guess)

    def fwd(guess, *consts):
        x = solve(guess, *consts)
        return x, (x, consts)

    def bwd(residuals, g):
        x, consts = residuals
        _, pull = hloom.vjp(lambda *c: f(x, *c), *consts)
        return (jnp.zeros_like(x), *pull(-g / hloom.grad(f)(x, *consts)))

    solve.defvjp(fwd, bwd)
    return solve(guess, *consts)


@pytest.mark.parametrize("way", [lambda f: f, hloom.jit], ids=["eager", "jit"])
def test_an_implicit_function(way):
    square_root = lambda a: root(lambda x: x * x - a, jnp.float32(1.0))
    found = way(hloom.value_and_grad(square_root))(2.0)
    np.testing.assert_allclose(found, (2**0.5, 0.5 / 2**0.5), rtol=1e-6)


# ---------------------------------------------------------------- custom_gradient
@pytest.mark.parametrize("way", [lambda f: f, hloom.jit], ids=["eager", "jit"])
def test_custom_gradient(way):
    @hloom.custom_gradient
    def f(x, y):
        s = jnp.sin(x)
        return s * y, lambda g: (g * s * 10, g * y * 100)

    assert f.__name__ == "f"
    value, grads = way(hloom.value_and_grad(f, (0, 1)))(1.0, 2.0)
    np.testing.assert_allclose(value, 2 * np.sin(1), rtol=1e-6)
    np.testing.assert_allclose(grads, (10 * np.sin(1), 200), rtol=1e-6)
    mapped = hloom.vmap(hloom.grad(f), (0, None))(X, 2.0)
    np.testing.assert_allclose(mapped, 10 * np.sin(X), rtol=1e-6)


def test_custom_gradient_of_a_tree():
    f = hloom.custom_gradient(lambda tree: (tree["a"] ** 2, lambda g: {"a": g * 7}))
    assert float(hloom.grad(f)({"a": 3.0})["a"]) == 7
    with pytest.raises(ArgumentError, match="returns \\(result, rule\\)"):
        hloom.custom_gradient(lambda x: x)(1.0)


# ---------------------------------------------------------------- linear_call
def scaled(r, x):
    return {"y": x["a"] * r, "z": jnp.sum(x["b"])}


def scaled_back(r, c):
    return {"a": 10 * c["y"] * r, "b": jnp.full(2, c["z"])}


@pytest.mark.parametrize("way", [lambda f: f, hloom.jit], ids=["eager", "jit"])
def test_the_stated_transpose_is_used(way):
    operands = {"a": 3.0, "b": np.ones(2, np.float32)}
    f = lambda x: linear_call(scaled, scaled_back, 2.0, x)
    y, pull = hloom.vjp(way(f), operands)
    assert (float(y["y"]), float(y["z"])) == (6, 2)
    (found,) = way(pull)({"y": 1.0, "z": 5.0})
    assert float(found["a"]) == 20
    np.testing.assert_array_equal(found["b"], [5, 5])
    # the transpose of the transpose is the function
    again = hloom.linear_transpose(lambda c: pull(c)[0], y)(operands)[0]
    assert float(again["y"]) == 6
    _, tangent = hloom.jvp(way(f), (operands,), (operands,))
    assert float(tangent["y"]) == 6


def test_linear_call_in_a_batch_and_in_its_residuals():
    f = lambda r, x: linear_call(lambda r, x: r * x, lambda r, c: 10 * r * c, r, x)
    np.testing.assert_array_equal(hloom.vmap(f, (0, None))(X, 2.0), 2 * X)
    np.testing.assert_array_equal(hloom.vmap(hloom.grad(f, 1), (0, None))(X, 2.0), 10 * X)
    assert float(hloom.jvp(f, (3.0, 2.0), (1.0, 0.0))[1]) == 2
    with pytest.raises(TreeError, match="gives the cotangent of linear_args"):
        hloom.grad(lambda x: linear_call(lambda r, x: x, lambda r, c: (c, c), (), x))(1.0)


# ---------------------------------------------------------------- zeros
def test_zeros_and_primals():
    tree = {"a": X, "n": 3}
    found = zero_from_primal(tree)
    np.testing.assert_array_equal(found["a"], 0 * X)
    assert found["n"].dtype == hloom.float0
    assert isinstance(zero_from_primal(X, symbolic_zeros=True), SymbolicZero)
    assert custom_vjp_primal_tree_values([CustomVJPPrimal(1, True), 2]) == [1, 2]
