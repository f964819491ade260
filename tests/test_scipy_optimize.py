"""hloom.scipy.optimize: minima known in closed form, and those that SciPy finds."""

import numpy as np
import pytest
import scipy.optimize as reference

import hloom
import hloom.numpy as hnp
from hloom.scipy.optimize import OptimizeResults, minimize

pytestmark = pytest.mark.usefixtures("wide")

BFGS, LBFGS = "BFGS", "l-bfgs-experimental-do-not-rely-on-this"
BOTH = pytest.mark.parametrize("method", [BFGS, LBFGS], ids=["bfgs", "l-bfgs"])


def rosenbrock(x):
    return hnp.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def himmelblau(x):
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def eggholder(x):
    high = x[1] + 47
    return -high * hnp.sin(abs(x[0] / 2 + high) ** 0.5) - x[0] * hnp.sin(abs(x[0] - high) ** 0.5)


PROBLEMS = {
    "rosenbrock in 6 dimensions": (rosenbrock, np.zeros(6), np.ones(6)),
    "himmelblau": (himmelblau, np.ones(2), np.array([3.0, 2.0])),
    "eggholder": (eggholder, 100 * np.ones(2), None),
    "quartic": (lambda x: hnp.sum((x - 1) ** 4), np.array([3.0, -2.0]), None),
    "scalar of one": (lambda x: hnp.cosh(x[0] - 2.0), np.array([-1.0]), np.array([2.0])),
}


@BOTH
@pytest.mark.parametrize("name", PROBLEMS)
def test_minima(name, method):
    fun, x0, known = PROBLEMS[name]
    found = minimize(fun, x0, method=method)
    value_and_grad = hloom.jit(hloom.value_and_grad(fun))
    value, gradient = map(np.asarray, value_and_grad(found.x))
    assert isinstance(found, OptimizeResults)
    assert (bool(found.success), int(found.status)) == (True, 0)
    np.testing.assert_allclose(found.fun, value, 1e-12)
    np.testing.assert_allclose(found.jac, gradient, 1e-9, 1e-9)
    if method == BFGS:
        assert abs(gradient).max() < 1e-5
    if known is not None:
        np.testing.assert_allclose(found.x, known, 1e-3)
    best = reference.minimize(
        lambda x: float(value_and_grad(x)[0]),
        x0,
        jac=lambda x: np.asarray(value_and_grad(x)[1]),
        method="BFGS" if method == BFGS else "L-BFGS-B",
    )
    np.testing.assert_allclose(found.fun, best.fun, 1e-6, 1e-6)
    # a good line search needs about one evaluation a step, and SciPy's number of steps
    assert int(found.nit) <= 2 * best.nit + 5
    assert int(found.nit) < int(found.nfev) <= 2 * int(found.nit) + 8
    assert int(found.njev) == int(found.nfev)


def test_the_inverse_hessian():
    a = np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 0.5], [0.0, 0.5, 1.0]])
    found = minimize(lambda x: x @ a @ x / 2 - x[0], np.ones(3), method=BFGS, tol=1e-9)
    np.testing.assert_allclose(found.x, np.linalg.inv(a)[0], 1e-8, 1e-8)
    # an estimate: exact on a quadratic only after exact line searches
    np.testing.assert_allclose(found.hess_inv, np.linalg.inv(a), 0, 0.01)
    assert minimize(himmelblau, np.ones(2), method=LBFGS).hess_inv is None


@BOTH
def test_transformations(method):
    """Under jit, a batch of starts and parameters, each with a number of steps of its own."""

    def best(x0, center):
        fun = lambda x, c: hnp.sum((x - c) ** 2 * hnp.arange(1.0, 3.0)) + hnp.sum(x**4)
        return minimize(fun, x0, (center,), method=method, tol=1e-10, options={"maxiter": 50})

    starts, centers = np.array([[0.0, 0.0], [9.0, -9.0]]), np.array([0.0, 2.0])
    many = hloom.jit(hloom.vmap(best))(starts, centers)
    assert int(many.nit[0]) == 0 < int(many.nit[1])
    np.testing.assert_array_equal(many.status, [0, 0])
    one = best(starts[1], centers[1])
    for x, y in zip(hloom.tree.leaves(one), hloom.tree.leaves(many), strict=True):
        np.testing.assert_allclose(x, y[1], 1e-6, 1e-8)
    # the derivative in the center by the implicit function theorem: (2 w + 12 x²) dx = 2 w dc
    _, moved = hloom.jit(
        lambda c: hloom.jvp(lambda c: best(starts[1], c).x, (c,), (hnp.ones_like(c),))
    )(centers[1])
    w = 2 * np.arange(1.0, 3.0)
    np.testing.assert_allclose(moved, w / (w + 12 * np.asarray(one.x) ** 2), 1e-4)


# ---------------------------------------------------------------- how it ends
def test_statuses():
    def ends(fun, x0, **options):
        found = minimize(fun, np.array(x0), method=BFGS, options=options)
        assert bool(found.success) == (int(found.status) == 0)
        return found

    found = ends(rosenbrock, [0.0, 0.0], maxiter=3)
    assert (int(found.status), int(found.nit)) == (1, 3)
    assert float(found.fun) < 1
    found = ends(rosenbrock, [1.0, 1.0])
    assert (int(found.status), int(found.nit), int(found.nfev)) == (0, 0, 1)
    # downhill for ever: steps are doubled, and no two of them have a minimum between them
    found = ends(lambda x: -x[0], [0.0], maxiter=5)
    assert int(found.status) == 1
    assert float(found.fun) < -1e6
    # a gradient that points uphill: no step between 0 and the first is any good
    found = ends(lambda x: 2 * hloom.lax.stop_gradient(x[0]) - x[0], [1.0])
    assert int(found.status) == 3
    np.testing.assert_array_equal(found.x, [1.0])
    assert int(ends(lambda x: -x[0], [0.0], line_search_maxiter=0).status) == 5
    found = minimize(lambda x: -x[0], np.zeros(1), method=LBFGS, options={"maxls": 0})
    assert int(found.status) == 5


def test_limits_of_limited_memory():
    for name in ("maxfun", "maxgrad"):
        found = minimize(rosenbrock, np.zeros(2), method=LBFGS, options={name: 6})
        assert int(found.status) == 2
        assert 6 <= int(found.nfev) <= 9
    coarse = minimize(rosenbrock, np.zeros(2), method=LBFGS, options={"ftol": 0.5, "gtol": 0.0})
    assert int(coarse.status) == 0
    assert int(coarse.nit) < 10
    short = minimize(rosenbrock, np.zeros(6), method=LBFGS, options={"maxcor": 1, "ftol": 0.0})
    np.testing.assert_allclose(short.x, np.ones(6), 1e-3)


@BOTH
def test_a_norm_of_the_gradient(method):
    """With a sum as the norm, more must vanish than with the maximum."""
    for norm, size in ((1, lambda g: abs(g).sum()), (np.inf, lambda g: abs(g).max())):
        options = {"norm": norm, "gtol": 1e-3}
        found = minimize(rosenbrock, np.zeros(6), method=method, options=options)
        assert size(np.asarray(found.jac)) < 1e-3


def test_values_that_are_not_finite_are_passed_by():
    """A logarithm left of 0 is NaN: the step is made shorter."""
    found = minimize(lambda x: x[0] - hnp.log(x[0]), np.array([0.05]), method=BFGS)
    np.testing.assert_allclose(found.x, [1.0], 1e-4)
    assert int(found.status) == 0


@BOTH
def test_single_precision(method):
    with hloom.enable_x64(False):
        found = minimize(himmelblau, np.array([1, 1]), method=method)
        assert found.x.dtype == found.fun.dtype == "float32"
        np.testing.assert_allclose(found.x, [3.0, 2.0], 1e-4)
        assert bool(found.success)


# ---------------------------------------------------------------- errors
ERRORS = {
    "method": (
        lambda: minimize(rosenbrock, np.ones(2), method="Newton"),
        ValueError,
        ("minimize: no such method", "it is 'Newton'", 'use "BFGS" or "l-bfgs-exp'),
    ),
    "args": (
        lambda: minimize(rosenbrock, np.ones(2), 1.0, method=BFGS),
        TypeError,
        ("minimize: args is a tuple", "it is of type float", "write (value,) for one value"),
    ),
    "fun": (
        lambda: minimize(1.0, np.ones(2), method=BFGS),
        TypeError,
        ("minimize: fun is a function", "it is 1.0", "pass the function itself"),
    ),
    "matrix": (
        lambda: minimize(rosenbrock, np.ones((2, 2)), method=BFGS),
        ValueError,
        ("minimize: x0 is a vector", "it is f64[2,2]", "ravel it"),
    ),
    "complex": (
        lambda: minimize(rosenbrock, np.ones(2) * 1j, method=BFGS),
        TypeError,
        ("minimize: takes real variables", "x0 is c128[2]", "stack its real and imaginary parts"),
    ),
    "vector": (
        lambda: minimize(lambda x: x, np.ones(2), method=BFGS),
        ValueError,
        ("minimize: fun returns a real scalar", "it returned f64[2]", "reduce it"),
    ),
    "option": (
        lambda: minimize(rosenbrock, np.ones(2), method=BFGS, options={"xtol": 1}),
        ValueError,
        ("minimize: BFGS has no such option", "options has xtol", "use maxiter, gtol, norm"),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, parts = ERRORS[name]
    with pytest.raises(kind) as error:
        call()
    for part in parts:
        assert part in str(error.value)
