"""Linear algebra: scipy.linalg. Matrices stand in the last two axes; leading axes are a batch.

The parameters `overwrite_…`, `check_finite`, `turbo` and `lwork` change nothing: arrays are
immutable, and what is not finite gives NaN.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import flag, integer, one_of, shown
from hloom.frontend.errors import ArgumentError, ShapeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims import linalg as factors, spectral
from hloom.frontend.prims.matrices import (
    adjoint,
    conjugated,
    identity,
    lower_part,
    matmul,
    take_rows,
    upper_part,
)
from hloom.frontend.prims.structural import slice_in_dim
from hloom.frontend.trace import aval_of
from hloom.lax.linalg import polar_tangents
from hloom.lowering.factorizations import permutation_of
from hloom.numpy import linalg as np_linalg
from hloom.numpy.promotion import promote_dtypes_inexact
from hloom.numpy.solving import factored_solve, matrices, solve_with, with_equal_batch
from hloom.runtime.dispatch import fused
from hloom.scipy.functions import (
    expm,
    expm_frechet,
    funm,
    rsf2csf,
    solve_sylvester,
    sqrtm,
)
from hloom.scipy.special_matrices import (
    block_diag,
    circulant,
    companion,
    convolution_matrix,
    dft,
    fiedler,
    fiedler_companion,
    hadamard,
    hankel,
    helmert,
    hilbert,
    invhilbert,
    invpascal,
    leslie,
    pascal,
    toeplitz,
)
from hloom.transforms.custom import custom_jvp
from hloom.transforms.rules.similarity import hessenberg_turn
from hloom.typing import ArrayLike

__all__ = [
    "block_diag",
    "cho_factor",
    "cho_solve",
    "cholesky",
    "circulant",
    "companion",
    "convolution_matrix",
    "det",
    "dft",
    "eigh",
    "eigh_tridiagonal",
    "expm",
    "expm_frechet",
    "fiedler",
    "fiedler_companion",
    "funm",
    "hadamard",
    "hankel",
    "helmert",
    "hessenberg",
    "hilbert",
    "inv",
    "invhilbert",
    "invpascal",
    "leslie",
    "lu",
    "lu_factor",
    "lu_solve",
    "pascal",
    "polar",
    "qr",
    "qr_multiply",
    "rsf2csf",
    "schur",
    "solve",
    "solve_sylvester",
    "solve_triangular",
    "sqrtm",
    "svd",
    "toeplitz",
]


# ---------------------------------------------------------------- Cholesky
@fused
def cholesky(
    a: ArrayLike, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
):
    """The upper triangular U with a = U^H U, or lower L with a = L L^H; NaN if there is none."""
    return np_linalg.cholesky(a, upper=not lower)


@judged
def cho_factor(a, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True):
    """A Cholesky factor and whether it is the lower one, for `cho_solve`."""
    lower = flag("cho_factor", "lower", lower)
    return cholesky(a, lower), lower


@judged
def cho_solve(
    c_and_lower: tuple[Array, bool],
    b: ArrayLike,
    overwrite_b: bool = False,
    check_finite: bool = True,
):
    """The x of A x = b, from what `cho_factor` makes of A."""
    factor, lower = _pair("cho_solve", c_and_lower, "the pair that cho_factor makes")
    return _cho_solve(factor, b, flag("cho_solve", "lower", lower))


def _pair(name, found, what):
    if not isinstance(found, tuple | list) or len(found) != 2:
        text = f"it was given a value of type {type(found).__name__}"
        raise ArgumentError(f"{name}: takes {what}", text, "give a tuple of two")
    return found


@fused
def _cho_solve(factor: ArrayLike, b: ArrayLike, lower):
    def solver(c, b):
        first = {"transpose_a": not lower, "conjugate_a": not lower}
        last = {"transpose_a": lower, "conjugate_a": lower}
        b = factors.triangular_solve(c, b, left_side=True, lower=lower, **first)
        return factors.triangular_solve(c, b, left_side=True, lower=lower, **last)

    return solve_with("cho_solve", solver, factor, b)


# ---------------------------------------------------------------- LU
@fused
def lu_factor(a: ArrayLike, overwrite_a: bool = False, check_finite: bool = True):
    """L and U in one matrix, and the pivots: row i was exchanged with row `pivots[i]`."""
    packed, pivots, _ = factors.lu(matrices("lu_factor", a))
    return packed, pivots


@judged
def lu_solve(
    lu_and_piv: tuple[Array, ArrayLike],
    b: ArrayLike,
    trans: int = 0,
    overwrite_b: bool = False,
    check_finite: bool = True,
):
    """The x of A x = b, A^T x = b (`trans` 1) or A^H x = b (2), from `lu_factor` of A."""
    packed, pivots = _pair("lu_solve", lu_and_piv, "the pair that lu_factor makes")
    if not one_of(trans, (0, 1, 2)):
        raise ValueRangeError(f"lu_solve: trans {trans!r} is not known", None, "use 0, 1 or 2")
    return _lu_solve(packed, pivots, b, int(trans))


@fused
def _lu_solve(packed: ArrayLike, pivots: ArrayLike, b: ArrayLike, trans):
    packed = matrices("lu_solve", packed, square=True)
    order = permutation_of(pivots, aval_of(packed).shape[-1])

    def solver(packed, b):
        if not trans:
            return factored_solve(packed, order, b)
        turned = {"left_side": True, "transpose_a": True, "conjugate_a": trans == 2}
        b = factors.triangular_solve(packed, b, **turned)
        b = factors.triangular_solve(packed, b, lower=True, unit_diagonal=True, **turned)
        return take_rows(b, order.argsort(-1))

    return solve_with("lu_solve", solver, packed, b)


@fused
def lu(a: ArrayLike, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True):
    """P, L and U with a = P L U; with `permute_l` the two factors P L and U."""
    a = matrices("lu", a)
    packed, _, order = factors.lu(a)
    m, n = aval_of(a).shape[-2:]
    k, rank = min(m, n), aval_of(a).ndim
    lower = lower_part(slice_in_dim(packed, 0, k, axis=rank - 1), -1)
    lower = lower + identity(lower)
    upper = upper_part(slice_in_dim(packed, 0, k, axis=rank - 2))
    back = order.argsort(-1)
    if permute_l:
        return take_rows(lower, back), upper
    rows = identity(matmul(packed, adjoint(packed)).real)
    return take_rows(rows, back), lower, upper


# ---------------------------------------------------------------- systems
@fused
def solve(
    a: ArrayLike,
    b: ArrayLike,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    debug: bool = False,
    check_finite: bool = True,
    assume_a: str = "gen",
):
    """The x of a x = b; `assume_a` "pos" says that `a` is positive definite, which is quicker."""
    if not one_of(assume_a, ("gen", "sym", "her", "pos")):
        remedy = 'use "gen", "sym", "her" or "pos"'
        raise ValueRangeError(f"solve: assume_a {assume_a!r} is not known", None, remedy)
    if assume_a != "pos":
        return np_linalg.solve(a, b)
    (a,) = promote_dtypes_inexact("solve", a)
    return cho_solve(cho_factor(_from_triangle(a, lower), True), b)


def _from_triangle(a, lower):
    """The Hermitian matrices of which only one triangle is read."""
    half = lower_part(a, -1) if lower else adjoint(upper_part(a, 1))
    return half + adjoint(half) + identity(a) * a.real


@fused
def solve_triangular(
    a: ArrayLike,
    b: ArrayLike,
    trans=0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    debug=None,
    check_finite: bool = True,
):
    """The x of a x = b for a triangular `a`; `trans` is 0 or "N", 1 or "T", 2 or "C" (adjoint).

    >>> import hloom.numpy as np
    >>> import hloom.scipy.linalg as linalg
    >>> linalg.solve_triangular(np.array([[2.0, 1.0], [0.0, 4.0]]), np.array([4.0, 8.0]))
    Array([1., 2.], dtype=float32)
    """
    kinds = {0: 0, "N": 0, 1: 1, "T": 1, 2: 2, "C": 2}
    if not one_of(trans, kinds):
        remedy = 'use 0, 1, 2, "N", "T" or "C"'
        raise ValueRangeError(f"solve_triangular: trans {trans!r} is not known", None, remedy)
    params = {
        "lower": lower,
        "transpose_a": kinds[trans] > 0,
        "conjugate_a": kinds[trans] == 2,
        "unit_diagonal": unit_diagonal,
    }

    def solver(a, b):
        return factors.triangular_solve(a, b, left_side=True, **params)

    return solve_with("solve_triangular", solver, a, b)


@fused
def inv(a: ArrayLike, overwrite_a: bool = False, check_finite: bool = True):
    """The inverses of square matrices."""
    return np_linalg.inv(a)


@fused
def det(a: ArrayLike, overwrite_a: bool = False, check_finite: bool = True):
    """The determinants of square matrices."""
    return np_linalg.det(a)


# ---------------------------------------------------------------- QR
@fused
def qr(
    a: ArrayLike,
    overwrite_a: bool = False,
    lwork=None,
    mode: str = "full",
    pivoting: bool = False,
    check_finite: bool = True,
):
    """Q and R with a = Q R, or a[:, p] = Q R and p with `pivoting`.

    `mode` is "full" for a square Q, "economic", or "r" for all but Q.
    """
    a = matrices("qr", a)
    if not one_of(mode, ("full", "r", "economic")):
        remedy = 'use "full", "economic" or "r"'
        raise ValueRangeError(f"qr: mode {mode!r} is not known", None, remedy)
    found = factors.qr(a, pivoting=pivoting, full_matrices=mode != "economic")
    return found[1:] if mode == "r" else found


@fused
def qr_multiply(
    a: ArrayLike,
    c: ArrayLike,
    mode: str = "right",
    pivoting: bool = False,
    conjugate: bool = False,
    overwrite_a: bool = False,
    overwrite_c: bool = False,
):
    """c Q, or Q c in mode "left", and R, where a = Q R; then p with `pivoting`."""
    if not one_of(mode, ("left", "right")):
        raise ValueRangeError(
            f"qr_multiply: mode {mode!r} is not known", None, 'use "left" or "right"'
        )
    a, c = promote_dtypes_inexact("qr_multiply", a, c)
    if not aval_of(c).ndim:
        found = f"c is {aval_of(c)}"
        raise ShapeError("qr_multiply: c is a matrix or a vector", found, "give it an axis")
    q, *rest = factors.qr(a, pivoting=pivoting, full_matrices=False)
    q = conjugated(q) if conjugate else q
    vector = aval_of(c).ndim == 1
    if vector:
        c = c[:, None] if mode == "left" else c[None]
    if mode == "left" and aval_of(c).shape[-2] != aval_of(q).shape[-1]:
        q = factors.qr(a, pivoting=pivoting)[0]
        q = conjugated(q) if conjugate else q
    product = matmul(q, c) if mode == "left" else matmul(c, q)
    return (product.ravel() if vector else product), *rest


# ---------------------------------------------------------------- values and forms
@fused
def svd(
    a: ArrayLike,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
):
    """U, s and V^H with a = U diag(s) V^H and `s` falling; only `s` without `compute_uv`."""
    return np_linalg.svd(a, full_matrices, compute_uv)


@fused
def eigh(
    a: ArrayLike,
    b: ArrayLike | None = None,
    lower: bool = True,
    eigvals_only: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    turbo: bool = True,
    eigvals=None,
    type: int = 1,
    check_finite: bool = True,
):
    """Rising eigenvalues, and eigenvectors unless `eigvals_only`, of Hermitian matrices.

    With a positive definite `b`, of a v = w b v, or of a b v = w v (`type` 2) or b a v = w v (3);
    then V^H b V is the identity, or V^H b^-1 V for type 3. `eigvals` is a pair: the positions of
    the first and the last to give.

    >>> import hloom.numpy as np
    >>> from hloom.scipy.linalg import eigh
    >>> eigh(np.diag(np.array([3.0, 4.0])), np.diag(np.array([1.0, 4.0])), eigvals_only=True)
    Array([1., 3.], dtype=float32)
    """
    if not one_of(type, (1, 2, 3)):
        raise ValueRangeError("eigh: type is 1, 2 or 3", f"it is {shown(type)}", "use one of these")
    if b is None:
        a = _from_triangle(matrices("eigh", a, square=True), lower)
        vectors, values = spectral.eigh(a, symmetrize_input=False)
    else:
        vectors, values = _generalized_eigh(a, b, lower, type)
    if eigvals is not None:
        values, vectors = _selected("eigh", "eigvals", eigvals, values, vectors)
    return values if eigvals_only else (values, vectors)


def _generalized_eigh(a, b, lower, kind):
    """Eigenvectors and eigenvalues of a pair, by the Cholesky factor L of the second."""
    a, b = (matrices("eigh", x, square=True) for x in promote_dtypes_inexact("eigh", a, b))
    if aval_of(a).shape[-1] != aval_of(b).shape[-1]:
        found = f"they have shapes {aval_of(a).shape} and {aval_of(b).shape}"
        raise ShapeError("eigh: a and b are of one size", found, "give square ones of one size")
    a, b = with_equal_batch("eigh", _from_triangle(a, lower), _from_triangle(b, lower))
    factor = factors.cholesky(b, symmetrize_input=False)
    over = lambda x, left, **op: factors.triangular_solve(
        factor, x, left_side=left, lower=True, **op
    )
    back = {"transpose_a": True, "conjugate_a": True}
    # L^-1 a L^-H, or L^H a L
    middle = over(over(a, True), False, **back) if kind == 1 else adjoint(factor) @ a @ factor
    vectors, values = spectral.eigh(middle)
    return factor @ vectors if kind == 3 else over(vectors, True, **back), values


def _selected(name, what, positions, values, vectors):
    """The eigenvalues and eigenvectors from one position to another, both included."""
    first, last = (
        integer(name, f"a position of {what}", i)
        for i in _pair(name, positions, f"a pair of positions as {what}")
    )
    return values[..., first : last + 1], vectors[..., first : last + 1]


@fused
def hessenberg(
    a: ArrayLike, *, calc_q: bool = False, overwrite_a: bool = False, check_finite: bool = True
):
    """The Hessenberg form H, and with `calc_q` the unitary Q with a = Q H Q^H.

    Derivatives are infinite or NaN where H has a zero below its diagonal.
    """
    a = matrices("hessenberg", a, square=True)
    form, q = _hessenberg(a)
    return (form, q) if calc_q else form


@custom_jvp
def _hessenberg(a):
    packed, taus = spectral.hessenberg(a)
    n, q = aval_of(a).shape[-1], identity(a)
    if n > 1:
        inner = factors.householder_product(packed[..., 1:, : n - 1], taus)
        q = q.at[..., 1:, 1:].set(inner)
    return upper_part(packed, -1), q


@_hessenberg.defjvp
def _hessenberg_jvp(primals, tangents):
    """Of the form and its basis, which are smooth where the reflectors between them are not."""
    (form, q), (da,) = _hessenberg(*primals), tangents
    moved = matmul(adjoint(q), matmul(da, q))
    turn = hessenberg_turn(form, moved)
    moved = moved + matmul(form, turn) - matmul(turn, form)
    return (form, q), (upper_part(moved, -1), matmul(q, turn))


@fused
def schur(a: ArrayLike, output: str = "real"):
    """T and unitary Z with a = Z T Z^H: T is upper triangular, but for 2x2 blocks if it is real.

    Derivatives leave the phases of complex columns of Z as they are; they are infinite or NaN where
    eigenvalues repeat.
    """
    if not one_of(output, ("real", "complex")):
        raise ValueRangeError(
            f"schur: output {output!r} is not known", None, 'use "real" or "complex"'
        )
    a = matrices("schur", a, square=True)
    if output == "complex":
        a = a.astype(dtypes.to_complex(aval_of(a).dtype))
    return spectral.schur(a)


@fused
def polar(
    a: ArrayLike,
    side: str = "right",
    *,
    method: str = "qdwh",
    eps: float | None = None,
    max_iterations: int | None = None,
):
    """u with orthonormal columns, or rows, and positive p: a = u p, or a = p u on the left side."""
    if side not in ("left", "right") or method not in ("qdwh", "svd"):
        remedy = 'use "left" or "right", and "qdwh" or "svd"'
        found = f"side is {side!r}, method is {method!r}"
        raise ValueRangeError("polar: there is no such side or method", found, remedy)
    a = matrices("polar", a)
    m, n = aval_of(a).shape[-2:]
    u, p = _polar(a if m >= n else adjoint(a))
    if (m >= n) == (side == "left"):
        p = matmul(u, matmul(p, adjoint(u)))
    return (u if m >= n else adjoint(u)), p


@custom_jvp
def _polar(a):
    """U and P with a = U P, for matrices with no more columns than rows."""
    u, s, vt = spectral.svd(a, full_matrices=False)
    basis = adjoint(vt)
    return matmul(u, vt), matmul(basis * s.astype(aval_of(a).dtype)[..., None, :], vt)


@_polar.defjvp
def _polar_jvp(primals, tangents):
    u, p = _polar(*primals)
    return (u, p), polar_tangents(u, p, *tangents)


@fused
def eigh_tridiagonal(
    d: ArrayLike,
    e: ArrayLike,
    *,
    eigvals_only: bool = False,
    select: str = "a",
    select_range=None,
    tol: float | None = None,
    key=None,
):
    """Rising eigenvalues of Hermitian tridiagonal matrices, and eigenvectors unless `eigvals_only`.

    `select` is "a" for all, or "i" for those from `select_range[0]` to `select_range[1]`, both
    included.
    """
    d, e = promote_dtypes_inexact("eigh_tridiagonal", d, e)
    n = aval_of(d).size
    if aval_of(d).ndim != 1 or aval_of(e).shape != (max(n - 1, 0),):
        found, remedy = f"d is {aval_of(d)}, e is {aval_of(e)}", "give n and n - 1 elements"
        raise ShapeError("eigh_tridiagonal: diagonals do not fit", found, remedy)
    if select not in ("a", "i") or (select == "i") != (select_range is not None):
        found = f"select is {select!r}, select_range is {select_range}"
        remedy = 'use "a" alone, or "i" with a pair of positions'
        raise ArgumentError("eigh_tridiagonal: no such selection", found, remedy)
    rows = identity(d[:, None] * d[None, :])
    full = rows * d[:, None]
    if n > 1:
        first, second = np.arange(n - 1), np.arange(1, n)
        full = full.at[second, first].set(e).at[first, second].set(conjugated(e))
    vectors, values = spectral.eigh(full, symmetrize_input=False)
    if select == "i":
        name = "eigh_tridiagonal"
        values, vectors = _selected(name, "select_range", select_range, values, vectors)
    return values if eigvals_only else (values, vectors)
