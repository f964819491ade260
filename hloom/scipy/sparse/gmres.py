"""Generalized minimal residuals: the x in a Krylov space whose residual is least, restarted.

From the residual r come orthonormal vectors V and a Hessenberg matrix H with M A V = V' H, where V'
has a vector more. What is added to x is V y, where y makes |H y - |r| e| least.
"""

from hloom.frontend import dtypes
from hloom.frontend.prims import elementwise as e, linalg as factors
from hloom.frontend.prims.matrices import adjoint, diagonal, identity
from hloom.frontend.trace import aval_of
from hloom.lax.arrays import stack
from hloom.lax.loops import fori_loop, while_loop
from hloom.numpy import full_like, zeros
from hloom.numpy.promotion import to_dtype
from hloom.scipy.sparse.vectors import (
    add,
    basis,
    combined,
    norm,
    projections,
    scaled,
    subtract,
)


def minimal_residuals(a, b, x, m, small, maxiter, restart, incremental):
    """Saad and Schultz's method for any system, in cycles of `restart` steps.

    The vectors are orthogonalized twice by the classical method of Gram and Schmidt. With
    `incremental`, H is made triangular step by step, and a cycle ends when its residual is small.
    """
    cycle = _incremental if incremental else _batched

    def unfinished(state):
        k, _, _, size, left, before = state
        return e.gt(size, small) & e.lt(k, maxiter) & e.lt(left, before)

    def step(state):
        k, x, z, size, left, _ = state
        # half of what is needed: m may change what is small
        reach = left * e.min(small / size, 1.0) * 0.5
        x = add(x, cycle(lambda v: m(a(v)), z, left, reach, restart))
        return k + 1, *measured(x), left

    def measured(x):
        r = subtract(b, a(x))
        z = m(r)
        return x, z, norm(r), norm(z)

    start = measured(x)
    return while_loop(unfinished, step, (0, *start, full_like(start[-1], float("inf"))))[1]


def _extended(product, vectors, k):
    """The vectors with one more at k + 1, and the coefficients of its product: a column of H."""
    w = product([v[k] for v in vectors])
    length = norm(w)
    first = projections(vectors, w)
    w = subtract(w, combined(first, vectors))
    again = projections(vectors, w)
    w = subtract(w, combined(again, vectors))
    rest = norm(w)
    gone = e.le(rest, length * _eps(rest))  # what rounding left of a space that is exhausted
    unit = scaled(e.select(gone, 0.0, 1 / e.select(gone, 1.0, rest)), w)
    vectors = [v.at[k + 1].set(u) for v, u in zip(vectors, unit)]
    column = first + again
    below = to_dtype(e.select(gone, 0.0, rest), aval_of(column).dtype)
    return vectors, column.at[k + 1].set(below)


def _eps(x):
    return float(dtypes.finfo(aval_of(x).dtype).eps)


def _started(z, size, restart):
    """The vectors with z first, and the matrix that columns of H come into."""
    safe = e.select(e.gt(size, 0), size, 1.0)
    vectors = basis(scaled(1 / safe, z), restart + 1)
    dtype = aval_of(projections(vectors, z)).dtype
    return vectors, zeros((restart + 1, restart), dtype)


def _triangular(matrix, right):
    """The y of matrix y = right; 0 where the diagonal is."""
    empty = e.eq(diagonal(matrix), 0)
    matrix = matrix + e.convert_element_type(empty, aval_of(matrix).dtype) * identity(matrix)
    right = e.select(empty, 0.0, right)
    return factors.triangular_solve(matrix, right[:, None], left_side=True)[:, 0]


# ---------------------------------------------------------------- one cycle
def _batched(product, z, size, reach, restart):
    """What to add to x: all steps, then the least squares problem by a QR decomposition."""

    def step(k, state):
        vectors, hessenberg = state
        vectors, column = _extended(product, vectors, k)
        return vectors, hessenberg.at[:, k].set(column)

    vectors, hessenberg = fori_loop(0, restart, step, _started(z, size, restart))
    q, r = factors.qr(hessenberg, full_matrices=False)
    y = _triangular(r, adjoint(q)[:, 0] * to_dtype(size, aval_of(q).dtype))
    return combined(y, [v[:-1] for v in vectors])


def _incremental(product, z, size, reach, restart):
    """What to add to x: steps until the residual is small, H turned by Givens' rotations."""
    vectors, upper = _started(z, size, restart)
    dtype = aval_of(upper).dtype
    right = zeros(restart + 1, dtype).at[0].set(to_dtype(size, dtype))
    turns = zeros((restart, 2), dtype)

    def unfinished(state):
        k, _, _, right, _ = state
        return e.lt(k, restart) & e.gt(e.abs(right[k]), reach)

    def step(state):
        k, vectors, upper, right, turns = state
        vectors, column = _extended(product, vectors, k)
        column = fori_loop(0, k, lambda i, c: _turned(c, i, turns[i]), column)
        turn = _turn(column[k], column[k + 1])
        column = _turned(column, k, turn)
        right = _turned(right, k, turn)
        return k + 1, vectors, upper.at[:, k].set(column), right, turns.at[k].set(turn)

    _, vectors, upper, right, _ = while_loop(unfinished, step, (0, vectors, upper, right, turns))
    y = _triangular(upper[:-1], right[:-1])
    return combined(y, [v[:-1] for v in vectors])


def _turn(x, y):
    """The cosine and sine of the rotation that takes (x, y) to (r, 0)."""
    size = e.sqrt(e.integer_pow(e.abs(x), 2) + e.integer_pow(e.abs(y), 2))
    gone = e.eq(size, 0)
    safe = to_dtype(e.select(gone, 1.0, size), aval_of(x).dtype)
    return stack([e.select(gone, 1.0, x / safe), y / safe])


def _turned(v, k, turn):
    """A vector with its elements k and k + 1 rotated."""
    x, y, c, s = v[k], v[k + 1], turn[0], turn[1]
    return v.at[k].set(c.conj() * x + s.conj() * y).at[k + 1].set(c * y - s * x)
