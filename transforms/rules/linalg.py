"""Rules of the factorizations and of triangular systems.

Each factorization is differentiated as an equation: A = L L^H gives dA = dL L^H + L dL^H, which
is solved for a lower triangular dL by splitting L^-1 dA L^-H into triangles; L U, Q R alike.
"""

from hloom.frontend.families import typed_literal
from hloom.frontend.prims import linalg as la
from hloom.frontend.prims.elementwise import add, conj, mul, neg, sub
from hloom.frontend.prims.matrices import (
    adjoint,
    conjugated,
    diagonal,
    identity,
    is_complex,
    lower_part,
    matmul,
    take_rows,
    transposed,
    upper_part,
    zero_of,
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
    return _to_shape(x, aval_of(x).shape[-2], n)


def _to_shape(x, m, n):
    """Matrices cut, or widened with zeros, to m rows and n columns."""
    rows, columns = aval_of(x).shape[-2:]
    config = [(0, 0, 0)] * (aval_of(x).ndim - 2) + [(0, m - rows, 0), (0, n - columns, 0)]
    return x if (m, n) == (rows, columns) else pad(x, zero_of(x), config)


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
    q, r, *rest = la.qr.bind(x, pivoting=pivoting, full_matrices=full_matrices)
    if pivoting:
        g, x = _take_columns(g, rest[0]), _take_columns(x, rest[0])
    m, n = aval_of(x).shape[-2:]
    if full_matrices and m > n:
        # the columns that complete Q are those of the product of the reflectors
        outs, changes = jvp.jvp(_full_qr, [x], [g])
        return [*outs, *rest], [*changes, *[None for _ in rest]]
    dq, dr = _factor_tangents(q, r, x, g)
    return [q, r, *rest], [dq, dr, *[None for _ in rest]]


def _full_qr(x):
    """Square Q, and R, of matrices with more rows than columns."""
    m = aval_of(x).shape[-2]
    packed, taus = la.geqrf.bind(x)
    return [la.householder_product.bind(_to_columns(packed, m), taus)[0], upper_part(packed)]


def _factor_tangents(q, r, x, g):
    """Tangents of Q and R, whose first columns are of full rank."""
    m, n = aval_of(x).shape[-2:]
    if m >= n:
        return _qr_tangents(q, r, g)
    axis = aval_of(x).ndim - 1
    dq, dr = _qr_tangents(q, slice_in_dim(r, 0, m, axis=axis), slice_in_dim(g, 0, m, axis=axis))
    x, g = slice_in_dim(x, m, n, axis=axis), slice_in_dim(g, m, n, axis=axis)
    return dq, concatenate([dr, add(matmul(adjoint(dq), x), matmul(adjoint(q), g))], axis)


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


@jvp.rule(la.geqrf)
def _geqrf(primals, tangents):
    (x,), (g,) = primals, tangents
    packed, taus = la.geqrf.bind(x)
    m, n = aval_of(x).shape[-2:]
    rank, k = aval_of(x).ndim, min(m, n)
    vectors = slice_in_dim(packed, 0, k, axis=rank - 1)
    q = la.householder_product.bind(vectors, taus)[0]
    r = upper_part(slice_in_dim(packed, 0, k, axis=rank - 2))
    dq, dr = _factor_tangents(q, r, x, g)
    dv, dtaus = reflector_tangents(vectors, taus, dq)
    return [packed, taus], [add(_to_shape(upper_part(dr), m, n), _to_shape(dv, m, n)), dtaus]


def reflector_tangents(packed, taus, dq):
    """Tangents of reflectors, below the diagonal, and of their factors, from those of Q's columns.

    Q = 1 - V U with U = T V^H is an LU factorization, with `taus` on the diagonal of U. Where one
    of them is 0, as of a column that was 0 below the diagonal, the tangents are infinite or NaN.
    """
    m, k = aval_of(packed).shape[-2:]
    # the last of square real reflections reflects nothing, whatever the matrix
    count = k if m > k or is_complex(packed) else max(k - 1, 0)
    cut = lambda v: slice_in_dim(v, 0, count, axis=aval_of(v).ndim - 1)
    factors = cut(taus)
    vectors, middle = la.blocked_reflectors(cut(packed), factors)
    top = slice_in_dim(vectors, 0, count, axis=aval_of(vectors).ndim - 2)
    moved = neg(_right(matmul(middle, adjoint(top)), cut(dq)))
    first = slice_in_dim(moved, 0, count, axis=aval_of(moved).ndim - 2)
    inner = upper_part(_left(top, first, lower=True, unit_diagonal=True))
    dv = lower_part(sub(moved, matmul(vectors, inner)), -1)
    dtaus = mul(diagonal(inner), factors)
    short = [(0, 0, 0)] * (aval_of(taus).ndim - 1) + [(0, k - count, 0)]
    return _to_columns(dv, k), pad(dtaus, zero_of(dtaus), short) if k > count else dtaus


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
