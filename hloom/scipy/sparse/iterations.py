"""The iterations behind the solvers of linear systems, on vectors as lists of arrays.

Each takes the product `a`, the right side `b`, a first guess `x`, the preconditioner `m` (both
functions of vectors), how small the residual shall be, the number of steps allowed, and gives x.
"""

from hloom.frontend.prims import elementwise as e
from hloom.lax.loops import while_loop
from hloom.numpy import full_like
from hloom.scipy.sparse.vectors import (
    chosen,
    inner,
    norm,
    plus,
    real,
    subtract,
    zeros_like,
)


def conjugate_gradients(a, b, x, m, small, maxiter):
    """Hestenes and Stiefel's method for Hermitian positive definite systems."""

    def unfinished(state):
        k, _, _, _, _, size = state
        return e.gt(size, small) & e.lt(k, maxiter)

    def step(state):
        k, x, r, p, gamma, _ = state
        q = a(p)
        alpha = gamma / real(inner(p, q))
        x, r = plus(x, alpha, p), plus(r, -alpha, q)
        z = m(r)
        found = real(inner(r, z))
        return k + 1, x, r, plus(z, found / gamma, p), found, norm(r)

    r = subtract(b, a(x))
    z = m(r)
    return while_loop(unfinished, step, (0, x, r, z, real(inner(r, z)), norm(r)))[1]


def stabilized_biconjugate_gradients(a, b, x, m, small, maxiter):
    """Van der Vorst's method for any system; it ends where it breaks down."""
    r = subtract(b, a(x))
    shadow, zero = r, zeros_like(r)
    one = full_like(inner(r, r), 1)

    def unfinished(state):
        k, _, _, _, _, (rho, alpha, omega), size = state
        sound = e.ne(rho, 0) & e.ne(alpha, 0) & e.ne(omega, 0)
        return e.gt(size, small) & e.lt(k, maxiter) & sound

    def step(state):
        k, x, r, p, q, (rho, alpha, omega), _ = state
        found = inner(shadow, r)
        p = plus(r, found / rho * (alpha / omega), plus(p, -omega, q))
        forward = m(p)
        q = a(forward)
        alpha = found / inner(shadow, q)
        s = plus(r, -alpha, q)
        x = plus(x, alpha, forward)
        done = e.le(norm(s), small)  # then there is nothing left to divide by
        sideways = m(s)
        t = a(sideways)
        omega = e.select(done, 1.0, inner(t, s) / e.select(done, 1.0, inner(t, t)))
        x = chosen(done, x, plus(x, omega, sideways))
        r = chosen(done, s, plus(s, -omega, t))
        return k + 1, x, r, p, q, (found, alpha, omega), norm(r)

    start = (0, x, r, zero, zero, (one, one, one), norm(r))
    return while_loop(unfinished, step, start)[1]
