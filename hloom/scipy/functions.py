"""Functions of matrices: the exponential, the square root, and equations solved by Schur forms."""

import math
from functools import partial

from hloom.frontend import dtypes
from hloom.frontend.choices import one_of
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.prims.elementwise import sqrt
from hloom.frontend.prims.linalg import triangular_solve
from hloom.frontend.prims.matrices import (
    adjoint,
    diagonal,
    identity,
    lower_part,
    matmul,
    off_diagonal,
    transposed,
    upper_part,
)
from hloom.frontend.prims.spectral import schur
from hloom.frontend.staging import require_callable
from hloom.frontend.trace import aval_of
from hloom.lax.branches import cond
from hloom.lax.implicit import custom_linear_solve
from hloom.lax.loops import fori_loop, while_loop
from hloom.numpy import linalg
from hloom.numpy.creation import arange, zeros
from hloom.numpy.elementwise import exp2, log2, minimum
from hloom.numpy.promotion import promote_dtypes
from hloom.numpy.reductions import max as largest, min as smallest
from hloom.numpy.rounding import ceil
from hloom.numpy.selection import where
from hloom.numpy.solving import matrices, solve_square, with_equal_batch
from hloom.runtime.dispatch import fused
from hloom.transforms.custom import custom_jvp
from hloom.transforms.derivatives import jvp
from hloom.typing import ArrayLike

#: norms up to which the Padé approximant of order 13, or 7 in float32, is exact to rounding
#: (Higham, "The Scaling and Squaring Method for the Matrix Exponential Revisited", 2005)
_ORDERS = {"float64": (13, 5.371920351148152), "float32": (7, 3.925724783138660)}


def _pade(order):
    """Coefficients of the numerator of the diagonal Padé approximant of exp."""
    f = math.factorial
    return [
        f(2 * order - k) * f(order) / (f(2 * order) * f(k) * f(order - k)) for k in range(order + 1)
    ]


@fused
def expm(A: ArrayLike, *, upper_triangular: bool = False, max_squarings: int = 16):
    """The exponential of square matrices: a Padé approximant of A / 2^s, squared s times.

    NaN where s would be over `max_squarings`.
    """
    a = matrices("expm", A, square=True)
    if upper_triangular:
        a = upper_part(a)
    order, bound = _ORDERS[dtypes.to_real(aval_of(a).dtype).name]
    size = linalg.norm(a, 1, (-2, -1))
    squarings = largest(ceil(log2(size / bound)), initial=0)
    squarings = where(size == 0, 0, squarings) if not aval_of(size).ndim else squarings
    a = a / exp2(squarings).astype(aval_of(a).dtype)
    coefficients = _pade(order)
    unit, square = identity(a), matmul(a, a)
    # the even part V and the odd part U of the numerator; the denominator is V - U
    power, even, odd = None, unit * coefficients[0], unit * coefficients[1]
    for k in range(2, order + 1, 2):
        power = square if power is None else matmul(power, square)
        even = even + power * coefficients[k]
        odd = odd + power * coefficients[k + 1]
    odd = matmul(a, odd)
    found = solve_square(even - odd, even + odd)
    found = _squared(found, squarings, max_squarings)
    return where(squarings > max_squarings, math.nan, found)


@partial(custom_jvp, nondiff_argnums=(2,))
def _squared(x, times, most):
    """A matrix squared so many times; the loop ends there, which reverse mode could not undo."""
    bound = minimum(times, most)
    step = lambda state: (state[0] + 1, matmul(state[1], state[1]))
    return while_loop(lambda state: state[0] < bound, step, (0, x))[1]


@_squared.defjvp
def _(most, primals, tangents):
    def step(i, x):
        return cond(i < primals[1], lambda x: matmul(x, x), lambda x: x, x)

    return jvp(lambda x: fori_loop(0, most, step, x), primals[:1], tangents[:1])


@fused
def expm_frechet(
    A: ArrayLike, E: ArrayLike, *, method: str | None = None, compute_expm: bool = True
):
    """The exponential of A, if asked for, and its derivative in the direction E."""
    a, e = matrices("expm_frechet", A, square=True), matrices("expm_frechet", E, square=True)
    value, change = jvp(expm, (a,), (e.astype(aval_of(a).dtype),))
    return (value, change) if compute_expm else change


# ---------------------------------------------------------------- by Schur forms
def _complex_schur(name, a):
    a = matrices(name, a, square=True)
    return schur(a.astype(dtypes.to_complex(aval_of(a).dtype)))


@fused
def rsf2csf(T: ArrayLike, Z: ArrayLike, check_finite: bool = True):
    """The complex Schur form, which is triangular, from a real one."""
    t, z = matrices("rsf2csf", T, square=True), matrices("rsf2csf", Z, square=True)
    form, basis = _complex_schur("rsf2csf", t)
    return form, matmul(z.astype(aval_of(basis).dtype), basis)


@fused
def sqrtm(A: ArrayLike, blocksize: int = 1):
    """The principal square roots of matrices, complex; by the Schur form (Björck and Hammarling).

    The derivative dR of a root R solves R dR + dR R = dA; it is NaN where that is singular.
    """
    a = matrices("sqrtm", A, square=True)
    a = a.astype(dtypes.to_complex(aval_of(a).dtype))
    return _root(a) if aval_of(a).shape[-1] else a


@custom_jvp
def _root(a):
    t, z = schur(a)
    n = aval_of(t).shape[-1]
    roots = sqrt(diagonal(t))
    first = identity(t) * roots[..., None, :]

    def column(j, r):
        def element(k, r):
            i = j - 1 - k
            inner = (r[..., i, :] * r[..., :, j]).sum(-1)
            found = (t[..., i, j] - inner) / (roots[..., i] + roots[..., j])
            # what is summed holds the diagonal times 0, as r[i, j] is still 0
            return r.at[..., i, j].set(found)

        return fori_loop(0, j, element, r)

    root = fori_loop(0, n, column, first)
    return matmul(matmul(z, root), adjoint(z))


@_root.defjvp
def _root_jvp(primals, tangents):
    root = _root(*primals)
    return root, sylvester(root, root, *tangents)


@fused
def funm(A: ArrayLike, func, disp: bool = True):
    """`func`, a function of numbers, of a matrix; without `disp` an estimate of the error as well.

    By the Schur form and Parlett's recurrence, which needs eigenvalues that are apart; derivatives
    are infinite or NaN where two are equal.
    """
    require_callable("funm", func, "func")
    t, z = _complex_schur("funm", A)
    n = aval_of(t).shape[-1]
    if not n:
        return t if disp else (t, zeros(aval_of(t).shape[:-2], dtypes.to_real(aval_of(t).dtype)))
    values = func(diagonal(t))
    unit = identity(t)
    first = unit * values[..., None, :]
    eps = float(dtypes.finfo(aval_of(t).dtype).eps)
    main, columns = diagonal(t), arange(n)
    rows = columns[:, None]

    def column(j, f):
        # (T - t_jj) f_j = F t_j - t_j f_jj above the diagonal
        own = t[..., :, j][..., None]
        right = matmul(f, own) - own * values[..., j][..., None, None]
        gaps = main - main[..., j][..., None]
        shifted = off_diagonal(t) + unit * where(gaps == 0, eps, gaps)[..., None, :]
        system = where(rows < j, shifted, unit)
        found = triangular_solve(system, where(rows < j, right, 0), left_side=True)
        return f + where(columns == j, found, 0)

    found = fori_loop(1, n, column, first)
    result = matmul(matmul(z, found), adjoint(z))
    if disp:
        return result
    gaps = abs(off_diagonal(main[..., :, None] - main[..., None, :], math.inf))
    size = linalg.norm(lower_part(adjoint(t), -1), 1, (-2, -1))
    error = eps / smallest(gaps, (-2, -1)) * size
    return result, where(error < eps, eps, error)


@fused
def solve_sylvester(
    A: ArrayLike, B: ArrayLike, C: ArrayLike, *, method: str = "schur", tol: float = 1e-8
):
    """The X of A X + X B = C, by Schur forms; `method` is "schur" or "eigen"; NaN if singular."""
    a, b = (matrices("solve_sylvester", x, square=True) for x in (A, B))
    c = matrices("solve_sylvester", C)
    if not one_of(method, ("schur", "eigen")):
        remedy = 'use "schur" or "eigen"'
        raise ValueRangeError(f"solve_sylvester: method {method!r} is not known", None, remedy)
    a, b, c = promote_dtypes("solve_sylvester", a, b, c)
    m, n = aval_of(a).shape[-1], aval_of(b).shape[-1]
    if aval_of(c).shape[-2:] != (m, n):
        found = f"A is {aval_of(a)}, B is {aval_of(b)}, C is {aval_of(c)}"
        raise ShapeError("solve_sylvester: shapes do not fit", found, f"give C shape ({m}, {n})")
    a, b, c = with_equal_batch("solve_sylvester", a, b, c)
    return sylvester(a, b, c, tol) if aval_of(c).size else c


def sylvester(a, b, c, tol=0.0):
    """The X of A X + X B = C for complex or real matrices of one dtype and batch."""

    def product(x):
        return matmul(a, x) + matmul(x, b)

    def solve(_, c):
        return _sylvester(a, b, c, tol)

    def solve_transposed(_, c):
        return _sylvester(transposed(a), transposed(b), c, tol)

    return custom_linear_solve(product, c, solve, solve_transposed)


def _sylvester(a, b, c, tol):
    wide = dtypes.to_complex(aval_of(a).dtype)
    (r, u), (s, v) = schur(a.astype(wide)), schur(b.astype(wide))
    f = matmul(matmul(adjoint(u), c.astype(wide)), v)
    gaps = abs(diagonal(r)[..., :, None] + diagonal(s)[..., None, :])
    bound = tol * (largest(abs(r), (-2, -1)) + largest(abs(s), (-2, -1)))
    singular = smallest(gaps, (-2, -1)) <= bound

    def column(j, y):
        # (R + s_jj) y_j = f_j - Y s_j
        right = f[..., :, j] - matmul(y, s[..., :, j][..., None])[..., 0]
        shifted = r + identity(r) * s[..., j, j][..., None, None]
        found = triangular_solve(shifted, right[..., None], left_side=True)
        return y.at[..., :, j].set(found[..., 0])

    y = fori_loop(0, aval_of(f).shape[-1], column, f * 0)
    x = where(singular[..., None, None], math.nan, matmul(matmul(u, y), adjoint(v)))
    dtype = aval_of(c).dtype
    return x if dtypes.is_complex(dtype) else x.real.astype(dtype)
