"""The adjugate of a triangular matrix, which exists where the inverse does not.

adj(U) is det(U) times the inverse, and a polynomial in the elements of U. Above the diagonal its
element (i, j) is the product of the pivots before i and after j, times a minor of U that lies
between them. The minors of row i follow from those of the rows below it, without a division.
"""

from hloom.frontend.prims.cumulative import cumprod
from hloom.frontend.prims.elementwise import eq
from hloom.frontend.prims.linalg import triangular_solve
from hloom.frontend.prims.matrices import diagonal, identity, matmul
from hloom.frontend.prims.reduction import reduce_or, reduce_prod, reduce_sum
from hloom.frontend.prims.structural import concatenate, rev, slice_in_dim, transpose
from hloom.frontend.trace import aval_of
from hloom.lax.branches import cond
from hloom.lax.loops import scan
from hloom.numpy.selection import where


def upper_adjugate(u):
    """The adjugates of the upper triangles of matrices; what lies below them is not read."""
    if not aval_of(u).shape[-1]:
        return u
    singular = reduce_or(eq(diagonal(u), 0), range(aval_of(u).ndim - 1))
    return cond(singular, _by_minors, _by_inverse, u)


def _by_inverse(u):
    pivots, unit = diagonal(u), identity(u)
    # a batch may take both branches, and a derivative must not divide by 0 in the one left out
    safe = where(unit * (pivots == 0)[..., None, :] != 0, 1, u)
    whole = reduce_prod(pivots, (aval_of(pivots).ndim - 1,))
    return triangular_solve(safe, unit, left_side=True) * whole[..., None, None]


def _products(pivots):
    """The product of the pivots before each one."""
    last = aval_of(pivots).ndim - 1
    one = pivots[..., :1] * 0 + 1
    rest = slice_in_dim(pivots, 0, aval_of(pivots).shape[last] - 1, axis=last)
    return cumprod(concatenate([one, rest], last), last)


def _by_minors(u):
    last = aval_of(u).ndim - 1
    order = (last - 1, *range(last - 1), last)
    unit = identity(u)

    def row(below, rows):
        values, here = rows
        found = here - matmul(values[..., None, :], below)[..., 0, :]
        pivot = reduce_sum(values * here, (last - 1,))
        return pivot[..., None, None] * below + here[..., :, None] * found[..., None, :], found

    rows = transpose(u, order), transpose(unit, order)
    found = scan(row, unit * 0, rows, reverse=True)[1]
    pivots = diagonal(u)
    axis = aval_of(pivots).ndim - 1
    before, after = _products(pivots), rev(_products(rev(pivots, [axis])), [axis])
    back = (*range(1, last), 0, last)
    return transpose(found, back) * before[..., :, None] * after[..., None, :]
