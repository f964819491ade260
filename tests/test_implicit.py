"""Solutions of equations and associative scans: values and derivatives of every kind."""

import numpy as np
import pytest

import hloom
from control import close, looped, message_of, orders, reverse
from hloom import lax, numpy as hnp
from hloom.frontend.errors import AxisError, ControlFlowError, RuleError, ShapeError

pytestmark = pytest.mark.usefixtures("wide")


A = np.array([[3.0, 0.5, -0.2], [0.1, 2.0, 0.4], [-0.3, 0.2, 1.5]])
B = np.array([1.0, -2.0, 0.5])


# ---------------------------------------------------------------- custom_root
def newton(f, x):
    """A solver that cannot be differentiated in reverse: it stops when it likes."""

    def step(s):
        x, _ = s
        value, slope = hloom.jvp(f, (x,), (hnp.ones_like(x),))
        return x - value / slope, abs(value / slope)

    return lax.while_loop(lambda s: s[1] > 1e-14, step, (x, hnp.ones_like(x)))[0]


def cube_root(a):
    return lax.custom_root(lambda x: x * x * x - a, 1.0, newton, lambda g, y: y / g(1.0))


def test_root_and_its_derivatives():
    close(cube_root(8.0), 2.0)
    orders(cube_root, (8.0,))
    close(hloom.grad(hloom.grad(cube_root))(8.0), -2 / 9 * 8.0 ** (-5 / 3), 1e-8)
    close(hloom.jit(hloom.grad(cube_root))(8.0), 1 / 12)
    args = [np.array([1.0, 8.0, 27.0])]
    close(hloom.vmap(cube_root)(*args), np.array([1.0, 2.0, 3.0]))
    close(hloom.vmap(hloom.grad(cube_root))(*args), looped(hloom.grad(cube_root), args, (0,)))


def test_root_of_a_tree_with_auxiliary_data():
    def both(a, b):
        def f(v):
            return {"p": a * v["p"] - b, "q": v["q"] - v["p"][0]}

        def solve(f, guess):
            p = b / a
            return {"p": p, "q": p[0]}, hnp.sum(guess["p"])

        def tangent_solve(g, y):
            p = y["p"] / a
            return {"p": p, "q": y["q"] + p[0]}

        return lax.custom_root(f, {"p": B, "q": 0.0}, solve, tangent_solve, has_aux=True)

    (root, aux), x = both(A[0], B), B / A[0]
    close((root, aux), ({"p": x, "q": x[0]}, B.sum()))
    orders(lambda a, b: both(a, b)[0], (A[0], B))


def test_the_initial_guess_has_no_derivative():
    def f(guess):
        return lax.custom_root(lambda x: x * x - 4.0, guess, newton, lambda g, y: y / g(1.0))

    close(hloom.value_and_grad(f)(1.0), (2.0, 0.0))


# ---------------------------------------------------------------- custom_linear_solve
def descend(matvec, b):
    """Conjugate gradients on the normal equations, as long as needed."""
    transposed = hloom.linear_transpose(matvec, b)

    def product(x):
        return transposed(matvec(x))[0]

    def step(s):
        x, r, p, _ = s
        q = product(p)
        size = hnp.vdot(r, r)
        alpha = size / hnp.vdot(p, q)
        new = r - alpha * q
        return x + alpha * p, new, new + hnp.vdot(new, new) / size * p, hnp.vdot(new, new)

    r = transposed(b)[0]
    start = (hnp.zeros_like(b), r, r, hnp.vdot(r, r))
    return lax.while_loop(lambda s: s[3] > 1e-28, step, start)[0]


def solved(a, b, **options):
    return lax.custom_linear_solve(lambda x: a @ x, b, descend, **options)


def test_linear_solve_and_its_derivatives():
    def f(a, b):
        return solved(a, b, transpose_solve=descend)

    close(f(A, B), np.linalg.solve(A, B))
    orders(f, (A, B))
    close(hloom.jit(f)(A, B), np.linalg.solve(A, B))


def test_symmetric_linear_solve():
    def f(a, b):
        return solved(a + a.T, b, symmetric=True)

    close(f(A, B), np.linalg.solve(A + A.T, B))
    orders(f, (A, B))


@pytest.mark.parametrize("in_axes", [(0, None), (None, 0), (2, 1)])
def test_vmap_of_linear_solve(in_axes):
    def f(a, b):
        return solved(a, b, transpose_solve=descend)

    args = [
        x if d is None else np.stack([x, x + 0.1], d) for x, d in zip((A, B), in_axes, strict=True)
    ]
    close(hloom.vmap(f, in_axes=in_axes)(*args), looped(f, args, in_axes))
    gradient = hloom.grad(lambda a, b: hnp.sum(hnp.sin(f(a, b))), argnums=(0, 1))
    close(hloom.vmap(gradient, in_axes=in_axes)(*args), looped(gradient, args, in_axes))


def test_linear_solve_with_auxiliary_data():
    def f(a, b):
        solve = lambda matvec, b: (b / a, hnp.sum(b))
        return lax.custom_linear_solve(lambda x: a * x, b, solve, symmetric=True, has_aux=True)

    d = np.array([1.0, 2.0, 4.0])
    close(f(d, B), (B / d, B.sum()))
    orders(lambda a, b: f(a, b)[0], (d, B))


def test_errors_of_solvers():
    assert message_of(RuleError, lambda: hloom.grad(lambda b: hnp.sum(solved(A, b)))(B)) == [
        "custom_linear_solve: reverse mode solves the transposed system",
        "    transpose_solve was not given",
        "    pass transpose_solve, or symmetric=True if the system is",
    ]
    assert message_of(ControlFlowError, lambda: solved(A[:2], B)) == [
        "custom_linear_solve: <lambda> returns what it takes",
        "    the root: its argument has f64[3], its result has f64[2]",
        "    return arrays of the argument's structure, shapes and dtypes",
    ]


# ---------------------------------------------------------------- associative_scan
def prefixes(fn, elems):
    found = [elems[0]]
    for e in elems[1:]:
        found.append(fn(found[-1], e))
    return found


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 8])
@pytest.mark.parametrize("backwards", [False, True])
def test_associative_scan_of_matrix_products(n, backwards):
    xs = np.sin(np.arange(n * 4.0)).reshape(n, 2, 2) + np.eye(2)
    got = lax.associative_scan(hnp.matmul, xs, reverse=backwards)
    if n:
        order = prefixes(np.matmul, list(xs[::-1] if backwards else xs))
        close(got, np.stack(order[::-1] if backwards else order))
    assert got.shape == xs.shape


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_associative_scan_along_an_axis_of_trees(axis):
    a = np.linspace(0.5, 1.5, 12).reshape(3, 4)
    b = np.cos(a)

    def compose(f, g):
        return {"scale": f["scale"] * g["scale"], "shift": g["scale"] * f["shift"] + g["shift"]}

    def f(a, b):
        return lax.associative_scan(compose, {"scale": a, "shift": b}, axis=axis)

    got, shift = f(a, b), np.zeros(3 if axis else 4)
    for i in range(a.shape[axis]):
        shift = np.take(a, i, axis) * shift + np.take(b, i, axis)
        close(hnp.take(got["shift"], i, axis), shift)
    close(got["scale"], np.cumprod(a, axis))
    close(hloom.jit(f)(a, b), got)
    reverse(f, (a, b))


def test_errors_of_associative_scan():
    pairs = (np.ones(3), np.ones(4))
    assert message_of(ShapeError, lambda: lax.associative_scan(lambda a, b: a, pairs)) == [
        "associative_scan: the lengths along axis 0 differ",
        "    elems[0]: f64[3]",
        "    elems[1]: f64[4]",
        "    give all arrays one length there",
    ]
    assert message_of(
        ControlFlowError, lambda: lax.associative_scan(lambda a, b: (a, b), np.ones(3))
    ) == [
        "associative_scan: <lambda> returns what it takes",
        "    the root: its argument has a leaf, its result has a tuple of length 2",
        "    return the structure of one of its arguments",
    ]
    with pytest.raises(AxisError, match="there is no axis 1"):
        lax.associative_scan(hnp.add, np.ones(3), axis=1)
