"""hloom.scipy.sparse.linalg beside direct solutions and SciPy's steps."""

import functools

import numpy as np
import pytest
import scipy.sparse.linalg as reference

import hloom
import hloom.numpy as hnp
from hloom.scipy.sparse.linalg import bicgstab, cg, gmres

pytestmark = pytest.mark.usefixtures("wide")

N = 6
RNG = np.random.default_rng(0)
GENERAL = RNG.normal(size=(N, N)) + 4 * np.eye(N)
DEFINITE = GENERAL @ GENERAL.T / N + np.eye(N)
RIGHT = RNG.normal(size=N)

SOLVERS = {
    "cg": (cg, DEFINITE),
    "bicgstab": (bicgstab, GENERAL),
    "gmres": (gmres, GENERAL),
    "incremental": (functools.partial(gmres, solve_method="incremental"), GENERAL),
}
EACH = pytest.mark.parametrize("name", SOLVERS)


def close(got, want, tol=1e-7):
    np.testing.assert_allclose(np.asarray(got), want, tol, tol)


def compiled(f, *args):
    """A function compiled with little effort, which is what takes the time."""
    options = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
    return hloom.jit(f).lower(*args).compile(options)


def quick(f, *args):
    """The results of a function, compiled so."""
    return compiled(f, *args)(*args)


# ---------------------------------------------------------------- values
@EACH
def test_a_matrix_or_a_function(name):
    solve, a = SOLVERS[name]
    want = np.linalg.solve(a, RIGHT)
    x, info = solve(a, RIGHT, tol=1e-10)
    close(x, want)
    assert info is None
    close(quick(lambda b: solve(lambda v: a @ v, b, tol=1e-10)[0], RIGHT), want)


@EACH
def test_a_guess_and_a_preconditioner(name):
    solve, a = SOLVERS[name]
    want, near = np.linalg.solve(a, RIGHT), np.diag(1 / np.diag(a))

    def run(b, maxiter):
        with_matrix = solve(a, b, b, tol=1e-10, M=near)[0]
        stopped = solve(lambda v: a @ v, b, b, tol=1e-10, M=lambda v: near @ v, maxiter=maxiter)
        return with_matrix, stopped[0]

    run = compiled(run, RIGHT, 100)
    close(run(RIGHT, 100), [want, want])
    close(run(RIGHT, 0)[1], RIGHT, 0)  # without steps the guess is kept


@EACH
def test_complex_systems(name):
    solve, a = SOLVERS[name]
    unitary = np.diag(np.exp(1j * np.arange(N)))
    a = unitary @ a @ unitary.conj().T if name == "cg" else unitary @ a
    close(quick(lambda a: solve(a, RIGHT, tol=1e-10)[0], a), np.linalg.solve(a, RIGHT))
    x = quick(lambda b: solve(lambda v: a @ v, b, tol=1e-10)[0], RIGHT + 1j)
    close(x, np.linalg.solve(a, RIGHT + 1j))


@EACH
def test_trees(name):
    solve, a = SOLVERS[name]
    b = {"u": RIGHT[:2], "v": (RIGHT[2:].reshape(2, 2).astype(np.float32),)}

    def product(x):
        flat = hnp.concatenate([x["u"], x["v"][0].ravel()])
        y = a @ flat
        return {"u": y[:2], "v": (y[2:].reshape(2, 2).astype("float32"),)}

    x = quick(lambda b: solve(product, b)[0], b)
    assert hloom.tree.structure(x) == hloom.tree.structure(b)
    assert x["v"][0].dtype == "float32"
    want = np.linalg.solve(a, np.concatenate([b["u"], b["v"][0].ravel()]))
    close(np.concatenate([x["u"], np.ravel(x["v"][0])]), want, 1e-4)


@EACH
def test_vmap_goes_on_until_all_are_done(name):
    solve, a = SOLVERS[name]
    b = np.stack([RIGHT, 0 * RIGHT, 1e3 * RIGHT[::-1]])
    many = np.stack([a, 2 * a, a.T])
    got = quick(hloom.vmap(lambda a, b: solve(a, b, tol=1e-10)[0]), many, b)
    close(got, [np.linalg.solve(*pair) for pair in zip(many, b, strict=True)])


@EACH
def test_tolerances(name):
    solve, a = SOLVERS[name]
    for tol, atol in ((1e-2, 0.0), (1e-9, 0.1), (0.0, 1e-6)):
        x, _ = solve(a, RIGHT, tol=tol, atol=atol)
        limit = max(tol * np.linalg.norm(RIGHT), atol)
        assert np.linalg.norm(RIGHT - a @ np.asarray(x)) <= limit
    coarse, fine = (solve(a, RIGHT, tol=tol, maxiter=1, **few(name))[0] for tol in (1e-3, 1e-12))
    close(coarse, fine, 1e-12)
    assert np.linalg.norm(RIGHT - a @ np.asarray(fine)) > 1e-3


def few(name):
    return {"restart": 2} if name in ("gmres", "incremental") else {}


def test_steps_are_those_of_scipy():
    for ours, theirs, a in (
        (cg, reference.cg, DEFINITE),
        (bicgstab, reference.bicgstab, GENERAL),
    ):
        want, _ = theirs(a, RIGHT, rtol=1e-12, maxiter=3)
        close(ours(a, RIGHT, tol=1e-12, maxiter=3)[0], want, 1e-10)
    want, _ = reference.gmres(a, RIGHT, rtol=1e-12, restart=3, maxiter=2)
    for method in ("batched", "incremental"):
        x, _ = gmres(a, RIGHT, tol=1e-12, restart=3, maxiter=2, solve_method=method)
        close(x, want, 1e-10)


def test_gmres_ends_where_a_space_is_exhausted():
    # b is in an invariant space of dimension 2, and the Krylov space has 2 vectors of 6
    b = np.eye(N)[0] + np.eye(N)[3]
    a = np.diag(np.arange(1.0, N + 1))
    singular = np.diag([1.0, 2.0, 3.0, 4.0, 5.0, 0.0])
    for method in ("batched", "incremental"):
        close(gmres(a, b, tol=1e-10, solve_method=method)[0], b / np.arange(1, N + 1), 1e-12)
        close(gmres(np.eye(N), RIGHT, solve_method=method)[0], RIGHT, 1e-12)
        # no solution: it ends, with what is least
        x, _ = gmres(singular, np.ones(N), tol=1e-10, solve_method=method)
        assert np.isfinite(np.asarray(x)).all()
        turn = np.roll(np.eye(N), 1, 0)  # its Krylov spaces are of no use but the last
        close(gmres(turn, np.eye(N)[0], solve_method=method)[0], np.eye(N)[-1], 1e-12)


@EACH
def test_zero_gives_zero(name):
    solve, a = SOLVERS[name]
    np.testing.assert_array_equal(solve(a, 0 * RIGHT)[0], 0 * RIGHT)


def test_single_precision_and_integers():
    a = np.array([[4, 1], [1, 3]])
    for solve in (cg, bicgstab, gmres):
        x, _ = solve(a.astype(np.float32), np.array([1, 2], np.float32))
        assert x.dtype == "float32"
        close(x, [1 / 11, 7 / 11], 1e-5)
        assert solve(a, np.array([1, 2]))[0].dtype == "float64"


# ---------------------------------------------------------------- derivatives
@EACH
def test_derivatives(name):
    """With respect to b and to the matrix, which A is or closes over, beside a direct solution."""
    solve, a = SOLVERS[name]
    near = np.triu(np.linalg.inv(a)) if name != "cg" else np.diag(1 / np.diag(a))
    symmetric = (lambda a: (a + a.T) / 2) if name == "cg" else (lambda a: a)

    def solved(a, b):
        a = symmetric(a)
        if name in ("cg", "incremental"):
            return solve(a, b, RIGHT, tol=1e-12, M=near)[0]
        return solve(lambda x: a @ x, b, tol=1e-12)[0]

    def direct(a, b):
        return hnp.linalg.solve(symmetric(a), b)

    def derivatives(f):
        def run(a, b, da, db, w):
            y, dy = hloom.jvp(f, (a, b), (da, db))
            gradients = hloom.vjp(f, a, b)[1](w)
            second = hloom.grad(
                lambda a, b: hnp.sum(hloom.grad(lambda a, b: hnp.sum(f(a, b) ** 2), 1)(a, b) * w)
            )(a, b)
            return y, dy, gradients, second

        return run

    args = a, RIGHT, RNG.normal(size=(N, N)), RNG.normal(size=N), RNG.normal(size=N)
    want = quick(derivatives(direct), *args)
    hloom.tree.map(lambda x, y: close(x, y, 1e-6), quick(derivatives(solved), *args), want)


def test_derivatives_against_differences():
    def f(theta):
        return hnp.sum(
            cg(lambda x: DEFINITE @ x + theta[0] * x, theta[1] * RIGHT, tol=1e-13)[0] ** 3
        )

    theta, step, f = np.array([0.5, 1.5]), 1e-5, hloom.jit(f)
    want = [(f(theta + d) - f(theta - d)) / (2 * step) for d in step * np.eye(2)]
    close(hloom.grad(f)(theta), np.array(want), 1e-6)


def test_derivatives_of_complex_systems():
    a = GENERAL + 1j * RNG.normal(size=(N, N))
    hermitian = a @ a.conj().T / N + np.eye(N)
    for solve, matrix in ((cg, hermitian), (bicgstab, a)):

        def size(b, solve=solve, a=matrix):
            x = solve(a, b, tol=1e-12)[0] if solve else hnp.linalg.solve(a, b)
            return hnp.sum(abs(x) ** 2)

        b = RIGHT + 1j * RIGHT[::-1]
        close(quick(hloom.grad(size), b), hloom.grad(lambda b, s=size: s(b, None))(b), 1e-6)


def test_batched_derivatives():
    def loss(solve):
        return hloom.grad(lambda a: hnp.sum(solve(a) ** 2))

    many = np.stack([GENERAL, GENERAL.T])
    got = quick(hloom.vmap(loss(lambda a: bicgstab(a, RIGHT, tol=1e-12)[0])), many)
    close(got, hloom.vmap(loss(lambda a: hnp.linalg.solve(a, RIGHT)))(many))


def test_programs_without_a_transpose():
    """A loop of unknown length has no transpose: no harm as M; as A it is said when asked."""

    def looped(x, scale):
        step = lambda state: (state[0] + 1, state[1] * scale)
        return hloom.lax.while_loop(lambda state: state[0] < 2, step, (0, x))[1]

    x, back = hloom.vjp(
        lambda b: gmres(GENERAL, b, tol=1e-12, M=lambda v: looped(v, 0.5))[0], RIGHT
    )
    close(x, np.linalg.solve(GENERAL, RIGHT))
    close(back(RIGHT)[0], np.linalg.solve(GENERAL.T, RIGHT))

    def scaled(b):
        return gmres(lambda v: looped(v, 2.0), b)[0]

    close(scaled(RIGHT), RIGHT / 4)
    close(hloom.jvp(scaled, (RIGHT,), (RIGHT,))[1], RIGHT / 4)
    with pytest.raises(NotImplementedError) as error:
        hloom.vjp(scaled, RIGHT)[1](RIGHT)
    assert "reverse mode solves the transposed system" in str(error.value)


# ---------------------------------------------------------------- errors
ERRORS = {
    "matrix": (
        lambda: cg(np.ones((2, 3)), np.ones(3)),
        ValueError,
        ("cg: A is square", "it has shape (2, 3)", "give a square matrix, or a function"),
    ),
    "kind": (
        lambda: bicgstab("A", np.ones(3)),
        TypeError,
        ("bicgstab: A is a matrix or a function", "it is of type str", "give one of them"),
    ),
    "preconditioner": (
        lambda: gmres(np.eye(2), np.ones(2), M=np.ones(2)),
        ValueError,
        ("gmres: M is square", "it has shape (2,)", "give a square matrix, or a function"),
    ),
    "tree": (
        lambda: cg(lambda x: x, {"u": RIGHT}, RIGHT),
        ValueError,
        ("cg: x0 has the structure of b", "x0 has a leaf, b has a dict", "give both the same tree"),
    ),
    "shape": (
        lambda: cg(np.eye(2), np.ones(2), np.ones(3)),
        ValueError,
        ("cg: x0 has the shapes of b", "x0 has [(3,)], b has [(2,)]", "give both the same shapes"),
    ),
    "result": (
        lambda: cg(lambda x: x[:1], np.ones(2)),
        TypeError,
        ("<lambda> returns what it takes", "f64[2]", "return arrays of the argument's structure"),
    ),
    "method": (
        lambda: gmres(np.eye(2), np.ones(2), solve_method="fast"),
        ValueError,
        ("gmres: no such solve_method", "it is 'fast'", 'use "batched" or "incremental"'),
    ),
    "restart": (
        lambda: gmres(np.eye(2), np.ones(2), restart=0),
        ValueError,
        ("gmres: restart is 1 or more", "it is 0", "give a larger one"),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, parts = ERRORS[name]
    with pytest.raises(kind) as error:
        call()
    for part in parts:
        assert part in str(error.value)
