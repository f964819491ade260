"""hloom.scipy.linalg beside SciPy."""

import numpy as np
import pytest
import scipy.linalg as reference

import hloom
import hloom.numpy as hnp
import hloom.scipy.linalg as linalg

pytestmark = pytest.mark.usefixtures("wide")

COMPLEX = pytest.mark.parametrize("c", [False, True], ids=["real", "complex"])


def sample(c, *shape):
    """Normal numbers, complex if asked."""
    rng = np.random.default_rng(sum(shape))
    x = rng.normal(size=shape)
    return x + 1j * rng.normal(size=shape) if c else x


def H(x):
    return np.swapaxes(x, -1, -2).conj()


def close(got, want, tol=1e-9):
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, tol, tol)


@COMPLEX
def test_cholesky(c):
    x = sample(c, 4, 4)
    x, b = x @ H(x) + np.eye(4), sample(c, 4, 2)
    for lower in (False, True):
        close(linalg.cholesky(x, lower), reference.cholesky(x, lower))
        factor, flag = linalg.cho_factor(x, lower)
        assert flag is lower
        close(linalg.cho_solve((factor, lower), b), np.linalg.solve(x, b))
        close(linalg.cho_solve((factor, lower), b[:, 0]), np.linalg.solve(x, b[:, 0]))
        read = np.tril(x) if lower else np.triu(x)
        close(linalg.solve(read, b, lower=lower, assume_a="pos"), np.linalg.solve(x, b))


@COMPLEX
def test_lu(c):
    x, b = sample(c, 4, 4), sample(c, 4, 2)
    packed, pivots = linalg.lu_factor(x)
    for got, want in zip((packed, pivots), reference.lu_factor(x), strict=True):
        close(got, want)
    for trans in (0, 1, 2):
        want = reference.lu_solve(reference.lu_factor(x), b, trans)
        close(linalg.lu_solve((packed, pivots), b, trans), want)
    for shape in ((4, 4), (5, 3), (3, 5)):
        y = sample(c, *shape)
        for permute in (False, True):
            for got, want in zip(linalg.lu(y, permute), reference.lu(y, permute), strict=True):
                close(got, want)
    close(linalg.solve(x, b), np.linalg.solve(x, b))
    close(linalg.inv(x), np.linalg.inv(x))
    close(linalg.det(x), np.linalg.det(x))


@COMPLEX
def test_solve_triangular(c):
    a, b = sample(c, 4, 4) + 3 * np.eye(4), sample(c, 4, 2)
    for trans in (0, 1, 2, "N", "T", "C"):
        for lower, unit in ((False, False), (True, False), (True, True)):
            want = reference.solve_triangular(a, b, trans, lower, unit)
            close(linalg.solve_triangular(a, b, trans, lower, unit), want)
    with pytest.raises(ValueError) as error:
        linalg.solve_triangular(a, b, "X")
    assert "trans 'X' is not known" in str(error.value)


@COMPLEX
def test_qr(c):
    x = sample(c, 5, 3)
    for mode in ("full", "economic", "r"):
        for pivoting in (False, True):
            got = linalg.qr(x, mode=mode, pivoting=pivoting)
            want = reference.qr(x, mode=mode, pivoting=pivoting)
            want = (want[0][:3], *want[1:]) if mode == "r" else want
            got = (got[0][:3], *got[1:]) if mode == "r" else got
            for g, w in zip(got, want, strict=True):
                close(abs(np.asarray(g)), abs(w))
    for left, y in ((True, sample(c, 3, 2)), (False, sample(c, 2, 5))):
        mode = "left" if left else "right"
        got, want = linalg.qr_multiply(x, y, mode), reference.qr_multiply(x, y, mode)
        close(got[0] @ got[1] if not left else got[0], want[0] @ want[1] if not left else want[0])


@COMPLEX
def test_spectral(c):
    x = sample(c, 4, 4)
    s = x + H(x)
    close(linalg.eigh(s)[0], reference.eigvalsh(s))
    close(linalg.eigh(np.triu(s), lower=False, eigvals_only=True), reference.eigvalsh(s))
    close(linalg.svd(x, compute_uv=False), reference.svdvals(x))
    for form in (linalg.schur(x), linalg.schur(x, "complex")):
        t, z = map(np.asarray, form)
        close(z @ t @ H(z), x)
    t, z = map(np.asarray, linalg.rsf2csf(*linalg.schur(x)))
    close(np.tril(t, -1), 0 * t)
    close(z @ t @ H(z), x)
    form, q = map(np.asarray, linalg.hessenberg(x, calc_q=True))
    close(q @ form @ H(q), x)
    close(np.tril(form, -2), 0 * form)
    for side in ("left", "right"):
        for got, want in zip(linalg.polar(x, side), reference.polar(x, side), strict=True):
            close(got, want)


def test_eigh_tridiagonal():
    d, e = sample(False, 5), sample(False, 4)
    close(linalg.eigh_tridiagonal(d, e, eigvals_only=True), reference.eigvalsh_tridiagonal(d, e))
    values, vectors = linalg.eigh_tridiagonal(d, e, select="i", select_range=(1, 3))
    full = np.diag(d) + np.diag(e, 1) + np.diag(e, -1)
    close(full @ vectors, vectors * values)
    assert values.shape == (3,)


@COMPLEX
def test_functions(c):
    x = sample(c, 4, 4)
    for scale in (0, 0.01, 1, 30):
        close(linalg.expm(scale * x), reference.expm(scale * x), 1e-8)
    close(linalg.expm(np.stack([x, 9 * x]))[1], reference.expm(9 * x), 1e-8)
    got, want = linalg.expm_frechet(x, x @ x), reference.expm_frechet(x, x @ x)
    close(got[0], want[0], 1e-8)
    close(got[1], want[1], 1e-8)
    root = np.asarray(linalg.sqrtm(x))
    close(root @ root, x.astype(complex))
    close(linalg.funm(x, hnp.sin), reference.sinm(x), 1e-8)
    b, rhs = sample(c, 3, 3), sample(c, 4, 3)
    close(linalg.solve_sylvester(x, b, rhs), reference.solve_sylvester(x, b, rhs))
    assert np.isnan(np.asarray(linalg.solve_sylvester(x, -x, x))).all()


def test_gradient_of_expm():
    x = sample(False, 3, 3)
    gradient = hloom.grad(lambda a: hnp.sum(linalg.expm(a)))(x)
    close(gradient, reference.expm_frechet(x.T, np.ones((3, 3)), compute_expm=False))


def test_special_matrices():
    a, b = sample(False, 4), sample(False, 3)
    a[0] = 1.5
    close(linalg.toeplitz(a), reference.toeplitz(a))
    close(linalg.toeplitz(a, b), reference.toeplitz(a, b))
    close(linalg.hankel(a), reference.hankel(a))
    close(linalg.hankel(a, b), reference.hankel(a, b))
    close(linalg.circulant(a), reference.circulant(a))
    close(linalg.companion(a), reference.companion(a))
    close(linalg.leslie(a, b), reference.leslie(a, b))
    close(linalg.fiedler(a), reference.fiedler(a))
    for n in range(2, 8):
        c = sample(False, n)
        close(linalg.fiedler_companion(c), reference.fiedler_companion(c))
    for mode in ("full", "same", "valid"):
        close(linalg.convolution_matrix(b, 5, mode), reference.convolution_matrix(b, 5, mode))
    blocks = np.ones((2, 3)), b, np.eye(2)
    close(linalg.block_diag(*blocks), reference.block_diag(*blocks))
    for n in (1, 2, 5):
        close(linalg.hilbert(n), reference.hilbert(n))
        close(linalg.invhilbert(n), reference.invhilbert(n))
        close(linalg.helmert(n, True), reference.helmert(n, True))
        close(linalg.helmert(n), reference.helmert(n))
        for kind in ("symmetric", "lower", "upper"):
            close(linalg.pascal(n, kind), reference.pascal(n, kind))
            close(linalg.invpascal(n, kind), reference.invpascal(n, kind))
        for scale in (None, "sqrtn", "n"):
            close(linalg.dft(n, scale), reference.dft(n, scale))
    close(linalg.hadamard(4), reference.hadamard(4))
