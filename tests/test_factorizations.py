"""Factorizations without kernels: the loops of the portable target do what LAPACK does."""

import functools
import importlib.util
import itertools

import numpy as np
import pytest

import hloom
import hloom.numpy as hnp
from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims import linalg as la, spectral as sp
from hloom.frontend.trace import stage
from hloom.lowering import eig, factorizations as loops, jacobi, module, schur
from hloom.runtime import iree
from interpreter import interpreted
from ops_linalg import H

pytestmark = pytest.mark.usefixtures("wide")

HAS_IREE = importlib.util.find_spec("iree") is not None and all(
    importlib.util.find_spec(f"iree.{part}") for part in ("compiler", "runtime")
)
needs_iree = pytest.mark.skipif(not HAS_IREE, reason="iree-base-compiler is not installed")

REAL_AND_COMPLEX = pytest.mark.parametrize("dtype", ["float64", "complex128"])


def sample(dtype, *shape):
    """Normal numbers, complex if asked."""
    rng = np.random.default_rng(sum(shape))
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if dtype == "complex128" else x).astype(dtype)


def run(function, *arrays, **params):
    """The results of a compiled loop as NumPy arrays."""
    found = hloom.jit(functools.partial(function, **params))(*arrays)
    return [np.asarray(y) for y in (found if isinstance(found, list | tuple) else [found])]


def close(got, want):
    np.testing.assert_allclose(got, want, 1e-9, 1e-9)


def unitary(q):
    close(H(q) @ q, np.broadcast_to(np.eye(q.shape[-1]), (*q.shape[:-2], *q.shape[-1:] * 2)))


@REAL_AND_COMPLEX
def test_cholesky(dtype):
    x = sample(dtype, 2, 4, 4)
    x = x @ H(x) + np.eye(4)
    close(run(loops.cholesky, x)[0], np.linalg.cholesky(x))
    x[1] *= -1
    (found,) = run(loops.cholesky, x)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


@REAL_AND_COMPLEX
def test_triangular_solve(dtype):
    names = "left_side", "lower", "transpose_a", "conjugate_a", "unit_diagonal"
    a, b = sample(dtype, 2, 3, 3) + 3 * np.eye(3), sample(dtype, 2, 3, 2)
    for flags in itertools.product((False, True), repeat=5):
        params = dict(zip(names, flags, strict=True))
        right = b if params["left_side"] else np.swapaxes(b, -1, -2)
        want = la.triangular_solve(a, right, **params)
        close(run(loops.triangular_solve, a, right, **params)[0], want)


@REAL_AND_COMPLEX
@pytest.mark.parametrize("shape", [(4, 4), (2, 5, 3), (2, 3, 5)])
def test_lu(dtype, shape):
    x, k = sample(dtype, *shape), min(shape[-2:])
    packed, pivots, order = run(loops.lu, x)
    lower = np.tril(packed[..., :k], -1) + np.eye(shape[-2], k)
    close(lower @ np.triu(packed[..., :k, :]), np.take_along_axis(x, order[..., None], -2))
    if dtype == "float64":  # LAPACK's measure of a complex pivot is another one
        for got, want in zip((packed, pivots, order), la.lu(x), strict=True):
            close(got, want)


@REAL_AND_COMPLEX
@pytest.mark.parametrize("shape", [(4, 4), (2, 5, 3), (2, 3, 5)])
def test_qr(dtype, shape):
    x = sample(dtype, *shape)
    for full, pivoting in itertools.product((False, True), repeat=2):
        q, r, *order = run(loops.qr, x, pivoting=pivoting, full_matrices=full)
        moved = np.take_along_axis(x, order[0][..., None, :], -1) if pivoting else x
        close(q @ r, moved)
        close(np.tril(r, -1), 0)
        unitary(q)
        if pivoting:
            np.testing.assert_array_equal(order[0], la.qr(x, pivoting=True)[2])
    packed, taus = run(loops.geqrf, x)
    close(np.triu(packed)[..., : min(shape[-2:]), :], la_r(packed, taus, x))


def la_r(packed, taus, x):
    """R from the reflectors: Q^H x."""
    k = taus.shape[-1]
    q = np.asarray(la.householder_product(packed[..., :k], taus))
    return H(q) @ x


@REAL_AND_COMPLEX
def test_hessenberg_and_tridiagonal(dtype):
    x = sample(dtype, 2, 4, 4)
    packed, taus = run(loops.hessenberg, x)
    q = basis(packed, taus)
    close(q @ np.triu(packed, -1) @ H(q), x)
    x = x + H(x)
    for lower in (True, False):
        packed, main, beside, taus = run(loops.tridiagonal, x, lower=lower)
        turn = slice(None) if lower else slice(None, None, -1)
        q = basis(packed[:, turn, turn], taus[:, turn])[:, turn, turn]
        form = np.stack([np.diag(m) for m in main])
        form = form + np.stack([np.diag(b, 1) + np.diag(b, -1) for b in beside])
        close(q @ form @ H(q), x)


def basis(packed, taus):
    """The unitary matrix of reflectors that begin below the diagonal."""
    n = packed.shape[-1]
    q = np.zeros_like(packed)
    q[..., 0, 0] = 1
    q[..., 1:, 1:] = la.householder_product(packed[..., 1:, : n - 1], taus)
    return q


@REAL_AND_COMPLEX
def test_tridiagonal_solve(dtype):
    dl, d, du = (sample(dtype, 2, 4) + k for k in (0, 6, 1))
    b = sample(dtype, 2, 4, 3)
    close(run(loops.tridiagonal_solve, dl, d, du, b)[0], sp.tridiagonal_solve(dl, d, du, b))


@REAL_AND_COMPLEX
@pytest.mark.parametrize("n", [1, 2, 5])
def test_schur_and_eig(dtype, n):
    # shifts do not move the eigenvalues of a cycle, and a Jordan block has one eigenvector only
    cycle, block = np.roll(np.eye(n), 1, 0), np.eye(n) + np.eye(n, k=1)
    x = np.concatenate([sample(dtype, 2, n, n), np.stack([cycle, block, block * 0])])
    form, basis = interpreted(schur.schur)(x)
    close(basis @ form @ H(basis), x)
    unitary(basis)
    beside = np.diagonal(form, -1, -2, -1)
    if dtype == "complex128":
        close(np.tril(form, -1), 0)
    else:
        np.testing.assert_array_equal(np.tril(form, -2), 0)
        assert not (beside[..., 1:] * beside[..., :-1]).any()
        np.testing.assert_array_equal(*both_at_blocks(form, beside))
    values, left, right = interpreted(functools.partial(eig.eig, left=True, right=True))(x)
    close(x @ right, right * values[..., None, :])
    close(H(left) @ x, H(left) * values[..., :, None])
    close(np.linalg.norm(right, axis=-2), 1)
    for got, want in zip(values, np.linalg.eigvals(x), strict=True):
        distance = np.abs(got[:, None] - want)
        close(distance.min(0), 0)
        close(distance.min(1), 0)
    if dtype == "float64":
        np.testing.assert_array_equal(np.sort_complex(values), np.sort_complex(values.conj()))


def both_at_blocks(form, beside):
    """The elements on the diagonal at both rows of each block."""
    main = np.diagonal(form, 0, -2, -1)
    return main[..., :-1][beside != 0], main[..., 1:][beside != 0]


def test_schur_and_eig_of_empty_matrices():
    x = np.zeros((2, 0, 0))
    assert [y.shape for y in run(schur.schur, x)] == [(2, 0, 0)] * 2
    found = run(eig.eig, x, left=True, right=True)
    assert [y.shape for y in found] == [(2, 0), (2, 0, 0), (2, 0, 0)]
    assert {y.dtype for y in found} == {np.dtype("complex128")}


def test_what_is_no_number_ends_the_iteration():
    x = sample("float64", 2, 4, 4)
    x[0, 2, 1] = np.nan
    form, _ = interpreted(schur.schur)(x)
    assert np.isnan(form[0]).any()
    close(np.linalg.eigvals(form[1]).sum(), np.trace(x[1]))


@REAL_AND_COMPLEX
@pytest.mark.parametrize("n", [0, 1, 2, 5, 6])
def test_eigh(dtype, n):
    x = sample(dtype, 2, n, n)
    x = x + H(x)
    for lower in (True, False):
        read = np.tril(x) + 7 * np.triu(np.ones((n, n)), 1)
        read = read if lower else np.swapaxes(read, -1, -2).conj()
        vectors, values = run(jacobi.eigh, read, lower=lower)
        close(values, np.linalg.eigvalsh(x))
        close(x @ vectors, vectors * values[:, None, :])
        unitary(vectors)


@REAL_AND_COMPLEX
@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (1, 3), (3, 0)])
def test_svd(dtype, shape):
    x, k = sample(dtype, 2, *shape), min(shape)
    repeated = np.concatenate([x[..., :1]] * shape[1], -1) if k else x
    for y, full in itertools.product((x, repeated, 0 * x), (False, True)):
        u, s, vt = run(jacobi.svd, y, full_matrices=full, compute_uv=True)
        close(s, np.linalg.svd(y, compute_uv=False))
        close(u[..., :k] * s[:, None, :] @ vt[:, :k], y)
        unitary(u)
        unitary(H(vt))
    close(run(jacobi.svd, x, full_matrices=False, compute_uv=False)[0], s_of(x))


def s_of(x):
    return np.linalg.svd(x, compute_uv=False)


def test_jacobi_is_a_choice_on_cpu():
    x = sample("float64", 4, 3)
    close(hloom.lax.linalg.svd(x, compute_uv=False, algorithm="Jacobi"), s_of(x))
    _, values = hloom.lax.linalg.eigh(x.T @ x, implementation="jacobi")
    close(values, s_of(x)[::-1] ** 2)
    gradient = hloom.grad(lambda x: hnp.sum(sp.svd(x, compute_uv=False, algorithm="Jacobi")))(x)
    u, _, vt = np.linalg.svd(x, full_matrices=False)
    close(gradient, u @ vt)


@needs_iree
def test_iree_runs_the_loops():
    x = (np.eye(2) * 3 + 1).astype("float32")
    functions = {
        "solve": lambda x: hnp.linalg.solve(x, x + 1),
        "cholesky": hnp.linalg.cholesky,
        "values": lambda x: hnp.linalg.eigh(x).eigenvalues,
        "svd": lambda x: hnp.linalg.svd(x, compute_uv=False),
    }
    aval = ShapedArray(x.shape, x.dtype)
    with hloom.enable_x64(False):
        program = stage(lambda x: [f(x) for f in functions.values()], [aval])
        portable = module.lower(program, target="portable")
        found = iree.Runner(iree.compile(portable.bytecode()))(x)
        for got, f in zip(found, functions.values(), strict=True):
            np.testing.assert_allclose(got, f(x), 1e-5, 1e-5)
