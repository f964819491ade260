"""Matrices at their edges: no elements, values that repeat or vanish, and derivatives there.

A row of a table names a function of one matrix; what is asked of all rows stands once below.
"""

import numpy as np
import pytest
import scipy.linalg as reference

import hloom
import hloom.numpy as hnp
from hloom.lax import linalg as lax_linalg
from hloom.scipy import linalg

pytestmark = pytest.mark.usefixtures("wide")

L, N = hnp.linalg, np.linalg


def sample(dtype, *shape, seed=0):
    """Normal numbers of a dtype."""
    rng = np.random.default_rng(sum(shape) + seed)
    x = rng.normal(size=shape)
    x = x + 1j * rng.normal(size=shape) if np.dtype(dtype).kind == "c" else x
    return x.astype(dtype)


def H(x):
    return x.swapaxes(-1, -2).conj()


def definite(x):
    return x @ H(x) + np.eye(x.shape[-1], dtype=x.dtype)


def close(got, want, tol=1e-8):
    got, want = np.asarray(got), np.asarray(want)
    assert (got.shape, got.dtype.kind) == (want.shape, want.dtype.kind)
    np.testing.assert_allclose(got, want, tol, tol)


def exponential(x):
    return np.zeros_like(x) if 0 in x.shape else reference.expm(x)


# ---------------------------------------------------------------- shapes and dtypes
#: functions of square matrices, and NumPy's way to the same
SQUARE = {
    "cholesky": (lambda x: L.cholesky(definite(x)), lambda x: N.cholesky(definite(x))),
    "cho_solve": (
        lambda x: linalg.cho_solve(linalg.cho_factor(definite(x)), x),
        lambda x: N.solve(definite(x), x),
    ),
    "lu": (lambda x: _product(linalg.lu(x)), np.array),
    "lu_solve": (
        lambda x: linalg.lu_solve(linalg.lu_factor(x), x, 1),
        lambda x: N.solve(x.swapaxes(-1, -2), x),
    ),
    "qr": (lambda x: _product(L.qr(x)), np.array),
    "qr of scipy": (lambda x: _product(linalg.qr(x)), np.array),
    "svd": (lambda x: _product_of_svd(L.svd(x)), np.array),
    "svdvals": (L.svdvals, lambda x: N.svd(x, compute_uv=False)),
    "eigh": (lambda x: _rebuilt(*L.eigh(x + H(x))), lambda x: x + H(x)),
    "schur": (lambda x: _conjugated(*linalg.schur(x)), np.array),
    "hessenberg": (lambda x: _conjugated(*linalg.hessenberg(x, calc_q=True)), np.array),
    "det": (L.det, N.det),
    "slogdet": (lambda x: L.slogdet(x)[1], lambda x: N.slogdet(x)[1]),
    "inv": (L.inv, N.inv),
    "solve": (lambda x: L.solve(x, x @ x), np.array),
    "pinv": (L.pinv, lambda x: np.zeros_like(x) if 0 in x.shape else N.pinv(x)),
    "expm": (linalg.expm, exponential),
    "polar": (lambda x: _product(linalg.polar(x)), np.array),
    "polar on the left": (lambda x: _product(linalg.polar(x, "left")[::-1]), np.array),
    "sqrtm": (lambda x: _squared(linalg.sqrtm(definite(x))), lambda x: definite(x) + 0j),
    "funm": (lambda x: linalg.funm(x, hnp.exp), lambda x: exponential(x) + 0j),
    "solve_sylvester": (
        lambda x: linalg.solve_sylvester(definite(x), definite(x), 2 * definite(x)),
        lambda x: np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape),
    ),
    "norm": (lambda x: L.norm(x, axis=(-2, -1)), lambda x: N.norm(x, axis=(-2, -1))),
    "nuclear norm": (
        lambda x: L.norm(x, "nuc", (-2, -1)),
        lambda x: N.svd(x, compute_uv=False).sum(-1),
    ),
    "matrix_power": (lambda x: L.matrix_power(x, 3), lambda x: N.matrix_power(x, 3)),
    "tridiagonal": (lambda x: _spectrum(*lax_linalg.tridiagonal(x + H(x))), lambda x: 0 * x.real),
}


def _product(factors):
    found = factors[0]
    for x in factors[1:]:
        found = found @ x
    return found


def _product_of_svd(factors):
    u, s, vh = factors
    return (u * s[..., None, :]).astype(u.dtype) @ vh


def _rebuilt(values, vectors):
    return (vectors * values[..., None, :]) @ H(vectors)


def _conjugated(form, basis):
    return basis @ form @ H(basis)


def _squared(x):
    return x @ x


def _spectrum(packed, diagonal, beside, taus):
    return 0 * packed.real


@pytest.mark.parametrize("name", SQUARE)
def test_every_shape_and_dtype(name):
    function, wanted = SQUARE[name]
    mapped = hloom.jit(hloom.vmap(function))
    for how, dtype, *shapes in (
        (function, "float32", (2, 3, 3)),
        (mapped, "complex128", (2, 3, 3)),
        (function, "float64", (1, 1)),
        (function, "complex64", (0, 0), (0, 3, 3)),
    ):
        for shape in shapes:
            x = sample(dtype, *shape)
            got, want = np.asarray(how(x)), wanted(x)
            close(got, want, 1e-9 if dtype in ("float64", "complex128") else 2e-3)
            assert got.dtype.itemsize == want.dtype.itemsize


def test_matrices_without_elements():
    for ord in (None, "fro", "nuc", 1, 2, np.inf):
        assert float(L.norm(np.zeros((0, 0)), ord, (0, 1))) == 0
    assert float(L.norm(np.zeros(0), np.inf)) == 0
    x, residual, rank, values = L.lstsq(np.zeros((3, 0)), np.ones(3))
    assert (x.shape, residual.shape, int(rank), values.shape) == ((0,), (1,), 0, (0,))
    with pytest.raises(ValueError) as error:
        L.cond(np.zeros((0, 0)))
    assert str(error.value).startswith("cond: empty matrices have no condition number")


# ---------------------------------------------------------------- derivatives
def differences(f, x, v, step=1e-6):
    return (np.asarray(f(x + step * v)) - np.asarray(f(x - step * v))) / (2 * step)


def differentiates(f, x, tol=1e-5, second=False):
    """Forward mode is differences, reverse mode is its transpose, a batch is a loop, and again."""
    v = sample(x.dtype, *x.shape, seed=1)

    def forward(x):
        return hloom.jvp(f, (x,), (v,))

    value, change = hloom.jit(forward)(x)
    close(change, differences(f, x, v), tol)
    w = sample(value.dtype, *value.shape, seed=2)

    def backward(x):
        return hloom.vjp(f, x)[1](w)[0]

    back = hloom.jit(hloom.vmap(backward))(np.stack([x, x]))
    close(back[0], back[1])
    np.testing.assert_allclose(np.sum(change * w).real, np.sum(back[1] * v).real, 1e-7, 1e-7)
    if second:
        again = hloom.jit(lambda x: hloom.jvp(backward, (x,), (v,))[1])(x)
        close(again, differences(hloom.jit(backward), x, v), max(10 * tol, 1e-4))


UNIT, REPEATED = np.eye(3), np.diag([2.0, 1.0, 2.0])
#: eigenvalues 1 and 2, and a pair of complex ones
TURNS = np.diag([1.0, 2.0, 4.0, 4.0]) + np.diag([0.0, 0.0, 2.0], 1) - np.diag([0.0, 0.0, 1.0], -1)
TURNS = TURNS + sample("float64", 4, 4) / 4
SMOOTH = {
    "expm of zeros": (linalg.expm, 0 * UNIT),
    "sqrtm of equal eigenvalues": (linalg.sqrtm, REPEATED, True),
    "polar of equal values": (lambda x: linalg.polar(x)[0], REPEATED, True),
    "polar of a tall matrix": (lambda x: linalg.polar(x, "left")[1], np.eye(4, 2), True),
    "polar of a wide matrix": (lambda x: linalg.polar(x)[0], np.eye(2, 4)),
    "polar of complex numbers": (lambda x: linalg.polar(x)[0], (1 + 1j) * REPEATED),
    "qdwh": (lambda x: hnp.stack(lax_linalg.qdwh(x)[:2]), sample("complex128", 3, 3), True),
    "qdwh of a tall matrix": (lambda x: lax_linalg.qdwh(x)[0], np.eye(4, 2)),
    "pinv of equal values": (L.pinv, np.eye(4, 2)),
    "lstsq of equal values": (lambda x: L.lstsq(x, np.arange(4.0))[0], np.eye(4, 2), True),
    "lstsq of complex numbers": (lambda x: L.lstsq(x, x[:, :1])[0], sample("complex128", 4, 2)),
    "solve_sylvester": (lambda x: linalg.solve_sylvester(x @ x, x, x + 1), REPEATED, True),
    "the trace of eigenvalues": (lambda x: L.eigvalsh(x + x.T).sum(), UNIT),
    "the sum of singular values": (lambda x: L.norm(x, "nuc"), REPEATED),
    "eigh of a triangle": (
        lambda x: linalg.eigh(x, lower=False, eigvals_only=True),
        sample("complex128", 3, 3),
        True,
    ),
    "eigh_tridiagonal": (
        lambda x: linalg.eigh_tridiagonal(x[0], x[1, :2], eigvals_only=True),
        sample("float64", 2, 3),
    ),
    "det": (L.det, sample("complex128", 3, 3), True),
    "the Schur form of a real matrix": (lambda x: linalg.schur(x)[0], TURNS, True),
    "its basis": (lambda x: linalg.schur(x)[1], TURNS),
    "the moduli of a complex Schur form": (
        lambda x: abs(linalg.schur(x)[0] + UNIT) ** 2,
        sample("complex128", 3, 3),
        True,
    ),
    "a complex Schur form of a real matrix": (
        lambda x: abs(linalg.schur(x, output="complex")[0] + np.eye(4)) ** 2,
        TURNS,
    ),
    "rsf2csf": (lambda x: abs(linalg.rsf2csf(*linalg.schur(x))[0] + np.eye(4)) ** 2, TURNS),
    "hessenberg": (lambda x: hnp.stack(linalg.hessenberg(x, calc_q=True)), TURNS, True),
    "hessenberg of complex numbers": (
        lambda x: hnp.stack(linalg.hessenberg(x, calc_q=True)),
        sample("complex128", 3, 3),
    ),
    "hessenberg of a form": (
        lambda x: linalg.hessenberg(x) ** 2,
        np.triu(sample("float64", 3, 3), -1),
    ),
    "funm": (lambda x: linalg.funm(x, hnp.exp), sample("complex128", 3, 3), True),
    "cholesky_update": (
        lambda x: lax_linalg.cholesky_update(hnp.triu(x), x[1]),
        sample("float64", 3, 3) + 2 * UNIT,
    ),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_where_values_repeat_or_vanish(name):
    function, x, *second = SMOOTH[name]
    differentiates(function, x, 1e-5, *second)


def test_the_adjugate_of_any_rank():
    def cofactors(a):
        n = len(a)
        minors = [[N.det(np.delete(np.delete(a, i, 0), j, 1)) for j in range(n)] for i in range(n)]
        return np.array(minors) * (-1.0) ** np.add.outer(range(n), range(n))

    rng = np.random.default_rng(3)
    matrices = [rng.normal(size=(4, 4)) for _ in range(4)]
    matrices[1][:, 2] = 0
    matrices[2][1] = 2 * matrices[2][0]
    matrices[3][:, :2] = 0
    matrices += [np.eye(4, k=1), np.diag([1.0, 0.0, 2.0, 0.0]), np.zeros((4, 4))]
    gradients = hloom.grad(lambda x: L.det(x).sum())(np.stack(matrices))
    close(gradients, np.stack([cofactors(a) for a in matrices]), 1e-12)
    alone = hloom.grad(L.det)(matrices[4])
    close(alone, cofactors(matrices[4]), 1e-12)


@pytest.mark.parametrize("order", [None, 2, 3, 1])
def test_the_gradient_of_a_norm_of_zeros_is_zero(order):
    close(hloom.grad(lambda x: L.norm(x, order))(np.zeros(3)), np.zeros(3))
    close(hloom.hessian(lambda x: L.norm(x, order))(np.zeros(2)), np.zeros((2, 2)))


def test_singular_systems_have_no_finite_derivative():
    assert np.isnan(hloom.jacfwd(lambda x: linalg.sqrtm(x).real)(np.zeros((2, 2)))).all()
    # forms that are not unique: equal eigenvalues, blocks that may be turned, nothing to reflect
    rotation = np.array([[0.0, 1.0], [-1.0, 0.0]])
    for f, x in (
        (L.eigh, UNIT),
        (L.eig, UNIT),
        (L.svd, UNIT),
        (linalg.schur, UNIT),
        (linalg.schur, rotation),
        (lambda x: linalg.hessenberg(x, calc_q=True), UNIT),
        (lax_linalg.hessenberg, np.triu(np.ones((3, 3)), -1)),
        (lax_linalg.tridiagonal, UNIT),
        (lax_linalg.geqrf, UNIT),
        (lambda x: linalg.funm(x, hnp.exp), UNIT),
    ):
        change = hloom.jit(lambda x, f=f: hloom.jvp(f, (x,), (x + 1,))[1])(x)
        assert not all(np.isfinite(t).all() for t in hloom.tree.leaves(change))


def test_cholesky_update():
    r, w = np.triu(sample("float64", 4, 4)) + 3 * np.eye(4), sample("float64", 4)
    got = np.asarray(lax_linalg.cholesky_update(r, w))
    close(got.T @ got, r.T @ r + np.outer(w, w))
    close(np.tril(got, -1), 0 * got)


def test_shapes_of_sylvester_systems():
    with pytest.raises(ValueError) as error:
        linalg.solve_sylvester(UNIT, UNIT, np.ones((2, 3)))
    assert str(error.value).startswith("solve_sylvester: shapes do not fit")
