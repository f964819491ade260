"""Rules of the factorizations and of triangular systems.

Each factorization is differentiated as an equation: A = L L^H gives dA = dL L^H + L dL^H, which
is solved for a lower triangular dL by splitting L^-1 dA L^-H into triangles; L U, Q R alike.
"""

from hloom.frontend.errors import RuleError
from hloom.frontend.families import typed_literal
from hloom.frontend.primitive import because
from hloom.frontend.prims import linalg as la
from hloom.frontend.prims.elementwise import add, conj, mul, neg, sub
from hloom.frontend.prims.matrices import (
    adjoint,
    conjugated,
    identity,
    is_complex,
    lower_part,
    matmul,
    take_rows,
    transposed,
    upper_part,
)
from hloom.frontend.prims.structural import concatenate, pad, reshape, slice_in_dim
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import move, to_front
from hloom.transforms.zeros import instantiate


def _left(a, b, **options):
    return la.triangular_solve(a, b, left_side=True, **options)


def _right(a, b, **options):
    return la.triangular_solve(a, b, left_side=False, **options)


# ---------------------------------------------------------------- cholesky
@jvp.rule(la.cholesky)
def _cholesky(primals, tangents):
    (x,), (g,) = primals, tangents
    (factor,) = la.cholesky.bind(x)
    inner = _right(factor, g, lower=True, transpose_a=True, conjugate_a=True)
    inner = _left(factor, inner, lower=True)
    return [factor], [matmul(factor, _lower_half(inner))]


def _lower_half(x):
    """The lower triangle of matrices with the diagonal halved."""
    return mul(add(lower_part(x, -1), lower_part(x)), 0.5)


# ---------------------------------------------------------------- triangular_solve
@jvp.rule(la.triangular_solve)
def _solve(primals, tangents, **params):
    (a, b), (ga, gb) = primals, tangents
    (x,) = la.triangular_solve.bind(a, b, **params)
    if ga is not None:
        # op(a) dx = db - op(da) x, and alike with a on the right
        strict = -1 if params["unit_diagonal"] else 0
        ga = lower_part(ga, strict) if params["lower"] else upper_part(ga, -strict)
        ga = conjugated(ga) if params["conjugate_a"] else ga
        ga = transposed(ga) if params["transpose_a"] else ga
        product = matmul(ga, x) if params["left_side"] else matmul(x, ga)
        gb = neg(product) if gb is None else sub(gb, product)
    return [x], la.triangular_solve.bind(a, gb, **params)


@transpose.rule(la.triangular_solve)
def _solve_back(cts, a, b, *, transpose_a, **params):
    return [None, la.triangular_solve.bind(a, cts[0], transpose_a=not transpose_a, **params)[0]]


@batch.rule(la.triangular_solve)
def _solve_batch(axis, operands, dims, **params):
    (a, b), (da, db) = operands, dims
    if da is not None:
        a, b = move(a, da, 0), to_front(b, db, axis.size)
        return la.triangular_solve.bind(a, b, **params), [0]
    # one matrix for all: the batch becomes more columns, or rows, of b
    rank = aval_of(b).ndim
    first = rank - 2 if params["left_side"] else rank - 3
    b = move(b, db, first + 1 if params["left_side"] else first)
    shape = aval_of(b).shape
    merged = (*shape[:first], shape[first] * shape[first + 1], *shape[first + 2 :])
    (x,) = la.triangular_solve.bind(a, reshape(b, merged), **params)
    return [reshape(x, shape)], [first + 1 if params["left_side"] else first]


# ---------------------------------------------------------------- lu
@jvp.rule(la.lu)
def _lu(primals, tangents):
    (x,), (g,) = primals, tangents
    packed, pivots, permutation = la.lu.bind(x)
    m, n = aval_of(x).shape[-2:]
    # square factors, so that L F U has the shape of x for every F in that shape
    lower = _to_columns(packed, m)
    lower = add(lower_part(lower, -1), identity(lower))
    upper = upper_part(_to_rows(packed, n))
    inner = _left(lower, take_rows(g, permutation), lower=True, unit_diagonal=True)
    inner = _right(upper, inner)
    tangent = add(matmul(lower, lower_part(inner, -1)), matmul(upper_part(inner), upper))
    return [packed, pivots, permutation], [tangent, None, None]


def _to_columns(x, n):
    """Matrices cut, or widened with zeros, to n columns."""
    extra = n - aval_of(x).shape[-1]
    config = [(0, 0, 0)] * (aval_of(x).ndim - 1) + [(0, extra, 0)]
    return pad(x, typed_literal(0, aval_of(x).dtype), config) if extra else x


def _to_rows(x, n):
    """Matrices cut, or lengthened with rows of the unit matrix, to n rows."""
    m, axis = aval_of(x).shape[-2], aval_of(x).ndim - 2
    if n <= m:
        return slice_in_dim(x, 0, n, axis=axis)
    config = [(0, 0, 0)] * axis + [(0, n - m, 0), (0, 0, 0)]
    unit = identity(pad(x, typed_literal(0, aval_of(x).dtype), config))
    return concatenate([x, slice_in_dim(unit, m, n, axis=axis)], axis)


# ---------------------------------------------------------------- qr
@jvp.rule(la.qr)
def _qr(primals, tangents, *, pivoting, full_matrices):
    (x,), (g,) = primals, tangents
    m, n = aval_of(x).shape[-2:]
    if full_matrices and m > n:
        remedy = "use full_matrices=False: the columns that complete Q are not unique"
        raise RuleError("qr: the full Q has no derivative", f"the operand is {aval_of(x)}", remedy)
    q, r, *rest = la.qr.bind(x, pivoting=pivoting, full_matrices=full_matrices)
    if pivoting:
        g, x = _take_columns(g, rest[0]), _take_columns(x, rest[0])
    if m >= n:
        dq, dr = _qr_tangents(q, r, g)
    else:
        axis = aval_of(x).ndim - 1
        dq, dr = _qr_tangents(q, slice_in_dim(r, 0, m, axis=axis), slice_in_dim(g, 0, m, axis=axis))
        x, g = slice_in_dim(x, m, n, axis=axis), slice_in_dim(g, m, n, axis=axis)
        dr = concatenate([dr, add(matmul(adjoint(dq), x), matmul(adjoint(q), g))], axis)
    return [q, r, *rest], [dq, dr, *[None for _ in rest]]


def _qr_tangents(q, r, g):
    """Tangents of the factors of a matrix that has full column rank."""
    moved = _right(r, g)
    inner = matmul(adjoint(q), moved)
    lower = lower_part(inner, -1)
    turn = sub(lower, adjoint(lower))
    if is_complex(inner):
        # the diagonal of R stays real
        turn = add(turn, mul(mul(sub(inner, conj(inner)), 0.5), identity(inner)))
    upper = sub(inner, turn)
    return sub(moved, matmul(q, upper)), matmul(upper, r)


def _take_columns(x, places):
    return transposed(take_rows(transposed(x), places))


@jvp.rule(la.householder_product)
def _householder(primals, tangents):
    product = la.householder_product.bind(*primals)
    full = [instantiate(t, p) for t, p in zip(tangents, primals, strict=True)]
    _, (tangent,) = jvp.jvp(lambda a, taus: [la.reflected_columns(a, taus)], primals, full)
    return product, [tangent]


def refused(primitive, reason, remedy):
    """State that a primitive has no derivative: to differentiate it is an error, not zero."""

    @jvp.rule(primitive)
    @because(reason)
    def refuse(primals, tangents, **_):
        raise RuleError(f"{primitive.name}: has no derivative", reason, remedy)


refused(la.geqrf, "its reflectors are steps of an algorithm", "differentiate qr")


# ---------------------------------------------------------------- batching
def leading(primitive):
    """Register the batching rule of a primitive that takes any number of leading axes."""

    @batch.rule(primitive)
    def apply(axis, operands, dims, **params):
        fronts = [to_front(x, d, axis.size) for x, d in zip(operands, dims, strict=True)]
        outs = primitive.bind(*fronts, **params)
        return outs, [0] * len(outs)


for _primitive in (la.cholesky, la.lu, la.qr, la.geqrf, la.householder_product):
    leading(_primitive)
    transpose.none(_primitive, "not linear in its operands")
