"""hloom.numpy.linalg beside NumPy, and its derivatives beside differences."""

import numpy as np
import pytest

import hloom
import hloom.numpy as hnp

pytestmark = pytest.mark.usefixtures("wide")

L, N = hnp.linalg, np.linalg
COMPLEX = pytest.mark.parametrize("c", [False, True], ids=["real", "complex"])


def sample(c, *shape, seed=0):
    """Normal numbers, complex if asked."""
    rng = np.random.default_rng(sum(shape) + seed)
    x = rng.normal(size=shape)
    return x + 1j * rng.normal(size=shape) if c else x


def H(x):
    return np.swapaxes(x, -1, -2).conj()


def close(got, want, tol=1e-9):
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, tol, tol)


def differentiates(f, x, tol=1e-6):
    """The derivative of `f` is that of differences, and reverse mode agrees with forward mode."""
    v, step = sample(np.iscomplexobj(x), *x.shape, seed=1), 1e-6
    value, change = hloom.jvp(f, (x,), (v,))
    close(change, (np.asarray(f(x + step * v)) - np.asarray(f(x - step * v))) / (2 * step), tol)
    w = sample(np.iscomplexobj(np.asarray(value)), *value.shape, seed=2)
    (back,) = hloom.vjp(f, x)[1](hnp.asarray(w))
    np.testing.assert_allclose(np.sum(change * w).real, np.sum(back * v).real, 1e-8, 1e-8)


@COMPLEX
def test_systems(c):
    a, b = sample(c, 2, 4, 4) + 2 * np.eye(4), sample(c, 2, 4, 3)
    close(L.solve(a, b), N.solve(a, b))
    close(L.solve(a[0], b), N.solve(a[0], b))
    close(L.solve(a, b[0]), N.solve(a, b[0]))
    close(L.solve(a[0], b[0, :, 0]), N.solve(a[0], b[0, :, 0]))
    close(L.inv(a), N.inv(a))
    close(hloom.vmap(L.solve, (0, 2))(a, np.moveaxis(b, 0, 2)), N.solve(a, b))
    differentiates(lambda x: L.solve(x, b), a)
    differentiates(lambda x: L.solve(a, x), b)
    differentiates(L.inv, a)
    four = sample(c, 2, 3, 6)
    close(L.tensorsolve(four, np.ones((2, 3))), N.tensorsolve(four, np.ones((2, 3))))
    close(L.tensorinv(four), N.tensorinv(four))
    moved = np.moveaxis(four, 2, 0)
    ones = np.ones((2, 3))
    close(L.tensorsolve(moved, ones, (0,)), N.tensorsolve(moved, ones, (0,)))


def test_second_derivative_of_solve():
    a, b = sample(False, 3, 3) + 2 * np.eye(3), sample(False, 3, 2)
    differentiates(hloom.grad(lambda x: hnp.sum(L.solve(x, b) ** 2)), a, 1e-4)


@COMPLEX
def test_determinants(c):
    a = sample(c, 2, 4, 4)
    close(L.det(a), N.det(a))
    for method in (None, "lu", "qr"):
        for got, want in zip(L.slogdet(a, method=method), N.slogdet(a), strict=True):
            close(got, want)
    differentiates(L.det, a)
    differentiates(lambda x: L.slogdet(x).logabsdet, a)
    a[0, 1] = 2 * a[0, 0]
    differentiates(L.det, a[0])


@COMPLEX
def test_decompositions(c):
    a, tall = sample(c, 2, 4, 4), sample(c, 2, 5, 3)
    p = a @ H(a) + np.eye(4)
    close(L.cholesky(p), N.cholesky(p))
    close(L.cholesky(p, upper=True), H(N.cholesky(p)))
    close(L.cholesky(np.triu(p), upper=True, symmetrize_input=False), H(N.cholesky(p)))
    assert np.isnan(np.asarray(L.cholesky(-p))).any()
    for mode in ("reduced", "complete", "raw"):
        for got, want in zip(L.qr(tall, mode), N.qr(tall, mode), strict=True):
            close(got, want)
    close(L.qr(tall, "r"), N.qr(tall, "r"))
    found = L.eigh(p, "U")
    close(found.eigenvalues, N.eigvalsh(p))
    close(p @ found.eigenvectors, found.eigenvectors * found.eigenvalues[:, None])
    close(L.eigvalsh(p), N.eigvalsh(p))
    found = L.eig(a)
    close(a @ found.eigenvectors, found.eigenvectors * found.eigenvalues[:, None])
    close(np.sort_complex(L.eigvals(a)), np.sort_complex(N.eigvals(a)))
    for x, hermitian in ((tall, False), (p - 5 * np.eye(4), True)):
        u, s, vh = L.svd(x, full_matrices=False, hermitian=hermitian)
        close(s, N.svd(x, compute_uv=False))
        close(L.svd(x, compute_uv=False, hermitian=hermitian), s)
        close(np.asarray(u) * s[:, None] @ vh, x)
    close(L.svdvals(tall), N.svd(tall, compute_uv=False))
    u, s, vh = L.svd(tall, full_matrices=False, subset_by_index=(0, 2))
    assert (u.shape, s.shape, vh.shape) == ((2, 5, 2), (2, 2), (2, 2, 3))


@COMPLEX
def test_singular_systems(c):
    tall, thin = sample(c, 5, 3), sample(c, 4, 2)
    low = thin @ H(thin)
    for a in (tall, H(tall), low):
        close(L.pinv(a), N.pinv(a))
        close(L.matrix_rank(a), N.matrix_rank(a))
        b = sample(c, len(a), 2)
        got, want = L.lstsq(a, b, numpy_resid=True), N.lstsq(a, b, rcond=None)
        for i in (0, 2, 3):
            close(got[i], want[i])
    close(L.lstsq(tall, b := sample(c, 5))[1], N.lstsq(tall, b, rcond=None)[1])
    close(L.matrix_rank(low, hermitian=True), 2)
    assert int(L.matrix_rank(np.diag([5.0, 2.0, 1.0]), tol=1.5)) == 2
    differentiates(L.pinv, tall)


@COMPLEX
def test_norms(c):
    x = sample(c, 2, 5, 3)
    for order in (None, 0, 1, 2, 3, -1, 2.5, np.inf, -np.inf):
        for axis, keep in ((0, False), (1, True), (-1, False)):
            close(L.norm(x, order, axis, keep), N.norm(x, order, axis, keep))
    for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
        for axes, keep in (((0, 1), False), ((2, 0), True), ((-1, -2), False)):
            close(L.norm(x, order, axes, keep), N.norm(x, order, axes, keep))
        close(L.matrix_norm(x, ord=order or "fro"), N.norm(x, order, (-2, -1)))
    close(L.norm(x), N.norm(x))
    close(L.vector_norm(x), N.norm(x.ravel()))
    close(L.vector_norm(x, axis=(2, 0), ord=3), np.sum(abs(x) ** 3, (0, 2)) ** (1 / 3))
    differentiates(lambda y: L.norm(y, "nuc", (-2, -1)), x)
    differentiates(lambda y: L.norm(y, 3, 1), x)


@COMPLEX
def test_products(c):
    a = sample(c, 2, 4, 4)
    for n in (0, 1, 2, 5, -1, -2):
        close(L.matrix_power(a, n), N.matrix_power(a, n), 1e-7)
    for p in (None, 1, -1, 2, -2, np.inf, -np.inf, "fro"):
        close(L.cond(a, p), N.cond(a, p))
    chain = sample(c, 3, 4), sample(c, 4, 2), sample(c, 2, 5)
    close(L.multi_dot(chain), N.multi_dot(chain))
    ends = chain[0][0], chain[1], chain[2][:, 0]
    close(L.multi_dot(ends), N.multi_dot(ends))
    x = sample(c, 5, 3)
    close(L.cross(x, x[::-1]), np.cross(x, x[::-1]))
    close(L.diagonal(a, offset=1), np.diagonal(a, 1, -2, -1))
    close(L.trace(a, offset=-1), np.trace(a, -1, -2, -1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: L.inv(np.ones((2, 3))), "inv: takes square matrices"),
        (lambda: L.solve(np.eye(2), np.ones(3)), "solve: shapes do not fit"),
        (lambda: L.norm(np.ones((2, 2)), "big"), "norm: 'big' is no norm of matrices"),
        (lambda: L.qr(np.eye(2), "big"), "qr: mode 'big' is not known"),
        (lambda: L.eigh(np.eye(2), "X"), "eigh: UPLO 'X' is not known"),
        (lambda: L.cholesky(np.ones((2, 2), "float16")), "cholesky: takes float32"),
        (lambda: L.multi_dot([np.eye(2)]), "multi_dot: multiplies two arrays or more"),
    ],
)
def test_errors(call, message):
    with pytest.raises((ValueError, TypeError)) as error:
        call()
    assert str(error.value).startswith(message)


def test_square_factors_stay_orthogonal():
    def of_svd(x):
        u, s, vh = L.svd(x)
        return u, s[:, None] * vh

    x, v = sample(True, 4, 2), sample(True, 4, 2)[::-1]
    for f in (of_svd, lambda x: L.qr(x, "complete")):
        (q, r), (dq, dr) = hloom.jvp(f, (x,), (v,))
        assert q.shape == (4, 4)
        r, dr = (np.pad(y, ((0, 4 - len(y)), (0, 0))) for y in (r, dr))
        np.testing.assert_allclose(dq @ r + q @ dr, v, 1e-9, 1e-9)
        turn = np.asarray(q).conj().T @ np.asarray(dq)
        np.testing.assert_allclose(turn, -turn.conj().T, 1e-9, 1e-9)
        assert np.abs(turn[2:, :2]).max() > 0.1
