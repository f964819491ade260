"""Derivatives and batching, alone and in every order, inside jit and out, against closed forms."""

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp

pytestmark = pytest.mark.usefixtures("wide")

X = np.linspace(-1.0, 1.5, 6).reshape(2, 3)


def scalar(x):
    return jnp.sum(jnp.sin(x) * jnp.exp(x) * x)


def scalar_grad(x):
    return np.exp(x) * (np.sin(x) + x * np.sin(x) + x * np.cos(x))


def scalar_second(x):
    return np.exp(x) * ((2 + 2 * x) * np.cos(x) + 2 * np.sin(x))


WRAPPERS = {"plain": lambda f: f, "jit": hloom.jit}


@pytest.mark.parametrize("outer", WRAPPERS)
@pytest.mark.parametrize("inner", WRAPPERS)
class TestCompositions:
    """Each transformation of a function, jitted inside, outside, both or neither."""

    def wrap(self, outer, inner, transform, fun=scalar):
        return WRAPPERS[outer](transform(WRAPPERS[inner](fun)))

    def test_grad(self, outer, inner):
        f = self.wrap(outer, inner, hloom.grad)
        np.testing.assert_allclose(f(X), scalar_grad(X), rtol=1e-12)

    def test_value_and_grad(self, outer, inner):
        value, g = self.wrap(outer, inner, hloom.value_and_grad)(X)
        np.testing.assert_allclose(value, np.sum(np.sin(X) * np.exp(X) * X), rtol=1e-12)
        np.testing.assert_allclose(g, scalar_grad(X), rtol=1e-12)

    def test_jvp_is_the_gradient_in_a_direction(self, outer, inner):
        f = self.wrap(outer, inner, lambda f: lambda x, t: hloom.jvp(f, (x,), (t,))[1])
        np.testing.assert_allclose(f(X, X + 1), np.sum(scalar_grad(X) * (X + 1)), rtol=1e-12)

    def test_linearize_is_linear_and_equals_jvp(self, outer, inner):
        f = self.wrap(outer, inner, lambda f: lambda x, t: hloom.linearize(f, x)[1](t))
        np.testing.assert_allclose(f(X, X + 1), np.sum(scalar_grad(X) * (X + 1)), rtol=1e-12)

    def test_hessian_is_diagonal(self, outer, inner):
        h = np.asarray(self.wrap(outer, inner, hloom.hessian)(X)).reshape(6, 6)
        np.testing.assert_allclose(h, np.diag(scalar_second(X).ravel()), atol=1e-12)

    @pytest.mark.parametrize("order", ["ff", "fr", "rf", "rr"])
    def test_second_derivatives_of_both_modes(self, outer, inner, order):
        modes = {"f": hloom.jacfwd, "r": hloom.jacrev}
        f = self.wrap(outer, inner, lambda f: modes[order[0]](modes[order[1]](f)))
        found = np.asarray(f(X)).reshape(6, 6)
        np.testing.assert_allclose(found, np.diag(scalar_second(X).ravel()), atol=1e-12)

    def test_vmap_of_grad(self, outer, inner):
        f = self.wrap(outer, inner, lambda f: hloom.vmap(hloom.grad(f)))
        np.testing.assert_allclose(f(X), scalar_grad(X), rtol=1e-12)

    def test_grad_of_vmap(self, outer, inner):
        f = self.wrap(outer, inner, lambda f: hloom.grad(lambda x: jnp.sum(hloom.vmap(f)(x))))
        np.testing.assert_allclose(f(X), scalar_grad(X), rtol=1e-12)

    def test_third_derivative(self, outer, inner):
        f = self.wrap(
            outer, inner, lambda f: hloom.grad(hloom.grad(hloom.grad(f))), lambda x: jnp.sin(2 * x)
        )
        np.testing.assert_allclose(f(0.3), -8 * np.cos(0.6), rtol=1e-12)


def test_vjp_pulls_trees_back():
    y, pull = hloom.vjp(lambda p, x: {"y": p["w"] * x + p["b"]}, {"w": 2.0, "b": 1.0}, X)
    np.testing.assert_allclose(y["y"], 2 * X + 1)
    p, x = pull({"y": jnp.ones((2, 3))})
    assert (float(p["w"]), float(p["b"])) == (pytest.approx(X.sum()), 6.0)
    np.testing.assert_allclose(x, np.full((2, 3), 2.0))


def test_a_pullback_passes_through_jit():
    y, pull = hloom.jit(lambda x: hloom.vjp(jnp.sin, x))(0.5)
    (g,) = hloom.jit(lambda p, c: p(c))(pull, 2.0)
    assert float(g) == pytest.approx(2 * np.cos(0.5))
    assert float(y) == pytest.approx(np.sin(0.5))


def test_has_aux_everywhere():
    f = lambda x: (jnp.sum(x**2), {"twice": 2 * x})
    (value, aux), g = hloom.value_and_grad(f, has_aux=True)(X)
    np.testing.assert_allclose(aux["twice"], 2 * X)
    np.testing.assert_allclose(g, 2 * X)
    g, aux = hloom.grad(f, has_aux=True)(X)
    np.testing.assert_allclose(aux["twice"], 2 * X)
    for jacobian in (hloom.jacfwd, hloom.jacrev):
        j, aux = jacobian(f, has_aux=True)(X)
        np.testing.assert_allclose(j, 2 * X)
        np.testing.assert_allclose(aux["twice"], 2 * X)
    _, pull, aux = hloom.vjp(f, X, has_aux=True)
    np.testing.assert_allclose(pull(1.0)[0], 2 * X)
    _, t, aux = hloom.jvp(f, (X,), (X,), has_aux=True)
    assert float(t) == pytest.approx(float(np.sum(2 * X * X)))
    assert float(value) == pytest.approx(float(np.sum(X * X)))


def test_argnums_choose_and_order_gradients():
    f = lambda x, y, z: x * y**2 + z
    assert float(hloom.grad(f, 1)(2.0, 3.0, 4.0)) == 12.0
    gz, gx = hloom.grad(f, (2, 0))(2.0, 3.0, 4.0)
    assert (float(gz), float(gx)) == (1.0, 9.0)
    assert float(hloom.grad(f, -1)(2.0, 3.0, 4.0)) == 1.0


def test_integers_have_float0_gradients():
    g = hloom.grad(lambda n, x: n * x, (0, 1), allow_int=True)(3, 2.0)
    assert g[0].dtype == hloom.dtypes.float0
    assert float(g[1]) == 3.0


def test_holomorphic_derivative():
    z = 0.3 + 0.4j
    found = hloom.grad(lambda z: jnp.sin(z) * z, holomorphic=True)(z)
    np.testing.assert_allclose(found, np.cos(z) * z + np.sin(z), rtol=1e-12)
    for jacobian in (hloom.jacfwd, hloom.jacrev):
        found = jacobian(lambda z: z**3, holomorphic=True)(z)
        np.testing.assert_allclose(found, 3 * z**2, rtol=1e-12)


def test_real_gradient_through_complex_values():
    f = lambda x: jnp.sum(jnp.abs(jnp.exp(1j * x) + 2.0) ** 2)
    np.testing.assert_allclose(hloom.grad(f)(X), -4 * np.sin(X), rtol=1e-12)


def test_real_functions_of_complex_numbers():
    z = 1.0 + 2.0j
    for derivative in (hloom.grad, hloom.jacrev):
        np.testing.assert_allclose(derivative(lambda z: jnp.abs(z) ** 2)(z), 2 * np.conj(z))
        np.testing.assert_allclose(derivative(lambda z: 2 * z.real + z.imag)(z), 2.0 - 1.0j)


def test_linear_transpose():
    a = np.arange(6.0).reshape(2, 3)
    back = hloom.linear_transpose(lambda x: jnp.dot(a, x), hloom.ShapeDtypeStruct((3,), float))
    np.testing.assert_allclose(back(np.array([1.0, 2.0]))[0], a.T @ [1.0, 2.0])


def test_jacobians_of_trees():
    f = lambda p: {"s": p["a"] * p["b"], "t": jnp.sum(p["a"])}
    p = {"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])}
    for jacobian in (hloom.jacfwd, hloom.jacrev):
        j = jacobian(f)(p)
        np.testing.assert_allclose(j["s"]["a"], np.diag(p["b"]))
        np.testing.assert_allclose(j["s"]["b"], np.diag(p["a"]))
        np.testing.assert_allclose(j["t"]["a"], [1.0, 1.0])
        np.testing.assert_allclose(j["t"]["b"], [0.0, 0.0])


def test_python_control_flow_on_concrete_values():
    seen = []

    def f(x):
        seen.append(float(x))
        return x**2 if x > 0 else -x

    assert float(hloom.grad(f)(3.0)) == 6.0
    assert float(hloom.grad(f)(-3.0)) == -1.0
    assert seen == [3.0, -3.0]


# ---------------------------------------------------------------- vmap
def test_vmap_axes():
    f = lambda x, y: x * y
    y = np.arange(3.0)
    np.testing.assert_allclose(hloom.vmap(f, (1, 0))(X, y), (X * y).T)
    np.testing.assert_allclose(hloom.vmap(f, (1, 0), 1)(X, y), X * y)
    np.testing.assert_allclose(hloom.vmap(f, (None, 0))(2.0, y), 2 * y)
    np.testing.assert_allclose(hloom.vmap(f, (-1, 0), -1)(X, y), X * y)
    tree = hloom.vmap(lambda t: t["a"] + t["b"], ({"a": 0, "b": None},))({"a": y, "b": 1.0})
    np.testing.assert_allclose(tree, y + 1)
    a, b = hloom.vmap(lambda x: (x, 1.0), out_axes=(0, None))(y)
    np.testing.assert_allclose(a, y)
    assert float(b) == 1.0
    np.testing.assert_allclose(hloom.vmap(lambda: jnp.ones(2), axis_size=3)(), np.ones((3, 2)))
    np.testing.assert_allclose(hloom.vmap(lambda x, *, k: x + k)(y, k=y), 2 * y)


def test_nested_vmap_is_an_outer_product():
    y = np.arange(3.0)
    f = hloom.vmap(hloom.vmap(jnp.multiply, (None, 0)), (0, None))
    np.testing.assert_allclose(f(y, y + 1), np.outer(y, y + 1))


# ---------------------------------------------------------------- work preservation
def test_reverse_mode_costs_a_small_multiple():
    def deep(x):
        for _ in range(50):
            x = jnp.sin(x) * 0.5 + x
        return jnp.sum(x)

    primal = len(hloom.jit(deep).trace(X).program.eqns)
    reverse = len(hloom.jit(hloom.grad(deep)).trace(X).program.eqns)
    assert reverse <= 3 * primal


def test_a_repeated_function_is_traced_and_lowered_once():
    calls = []

    @hloom.jit
    def block(x):
        calls.append(1)
        return jnp.sin(x) * 2

    def deep(x):
        for _ in range(48):
            x = block(x)
        return jnp.sum(x)

    lowered = hloom.jit(hloom.grad(deep)).lower(X)
    assert len(calls) == 1
    text = lowered.as_text()
    assert text.count("func.func private") <= 3
    assert text.count("stablehlo.cosine") == 1


# ---------------------------------------------------------------- custom derivatives
def test_a_custom_rule_may_call_a_custom_function_on_tangents():
    @hloom.custom_jvp
    def scaled(a, x):
        return a * x

    @scaled.defjvp
    def _(primals, tangents):
        (a, x), (da, dx) = primals, tangents
        return scaled(a, x), da * x + a * dx

    @hloom.custom_jvp
    def cube(x):
        return x**3

    @cube.defjvp
    def _(primals, tangents):
        (x,), (dx,) = primals, tangents
        return cube(x), scaled(3 * x**2, dx)

    x = np.array([1.0, -2.0])
    for f in (cube, hloom.jit(cube)):
        np.testing.assert_allclose(hloom.jacrev(f)(x).sum(1), 3 * x**2)
        np.testing.assert_allclose(hloom.jacrev(hloom.jacrev(f))(x).sum((1, 2)), 6 * x)
        np.testing.assert_allclose(hloom.jacfwd(hloom.jacrev(f))(x).sum((1, 2)), 6 * x)


@pytest.mark.parametrize("cotangent", [{"n": None, "x": 5.0, "p": None}, {"n": None, "x": 5.0}])
def test_none_in_the_cotangents_of_a_custom_rule(cotangent):
    @hloom.custom_vjp
    def f(t):
        return t["x"] * t["p"][0]

    f.defvjp(lambda t: (f(t), None), lambda _, g: (cotangent,))
    t = {"n": None, "x": 2.0, "p": (3.0, 4.0)}
    if "p" in cotangent:
        assert hloom.grad(f)(t) == {"n": None, "x": 5.0, "p": (0.0, 0.0)}
    else:
        with pytest.raises(ValueError, match="cotangent 0 in another structure"):
            hloom.grad(f)(t)


def test_named_sums_count_bools_and_named_means_of_integers_are_floats():
    x = np.array([2, 3, 5])

    def f(v):
        return hloom.lax.psum(v > 2, "i"), hloom.lax.pmean(v, "i"), hloom.lax.pmean(v > 2, "i")

    count, mean, share = hloom.vmap(f, axis_name="i", out_axes=None)(x)
    assert (int(count), count.dtype) == (2, "int32")
    np.testing.assert_allclose([mean, share], [10 / 3, 2 / 3])
