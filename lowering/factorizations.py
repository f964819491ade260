"""Factorizations as loops over columns, in our own operations, for targets without kernels.

Each is the textbook's algorithm, one column a step, with masks in place of shrinking matrices:
every step does the same work, as machines with fixed shapes want it (Golub and van Loan, "Matrix
Computations", 4th edition: 4.2 Cholesky, 3.1 triangular systems, 3.4 LU, 5.2 and 5.4 QR). Leading
axes are a batch: all its matrices take their steps together.
"""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.families import typed_literal
from hloom.frontend.prims.control import while_loop
from hloom.frontend.prims.elementwise import (
    abs,
    add,
    complex,
    div,
    eq,
    ge,
    gt,
    imag,
    integer_pow,
    lt,
    max,
    mul,
    ne,
    real,
    select,
    sqrt,
    sub,
)
from hloom.frontend.prims.indexing import dynamic_slice_in_dim
from hloom.frontend.prims.linalg import reflected_columns
from hloom.frontend.prims.matrices import (
    adjoint,
    conjugated,
    diagonal,
    is_complex,
    lower_part,
    matmul,
    take_diagonal,
    take_rows,
    transposed,
    upper_part,
    zero_of,
)
from hloom.frontend.prims.reduction import argmax, reduce_or, reduce_sum
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    full,
    pad,
    reshape,
    rev,
    slice_in_dim,
)
from hloom.frontend.trace import aval_of, stage

_INT = dtypes.dtype("int32")


def repeat(n, step, *carry):
    """The carry after `step(i, *carry)` for i = 0, 1, ..., n - 1."""
    if not n:
        return list(carry)
    avals = [ShapedArray((), _INT), *[aval_of(c).strip_weak_type() for c in carry]]
    body = stage(lambda i, *c: [add(i, 1), *step(i, *c)], avals, "step")
    cond = stage(lambda i, *c: [lt(i, n)], avals, "going")
    start = typed_literal(0, _INT)
    found = while_loop.bind(start, *carry, cond=cond, body=body, cond_consts=0, body_consts=0)
    return found[1:]


# ---------------------------------------------------------------- rows and columns
def _row(x, i):
    return dynamic_slice_in_dim(x, i, 1, aval_of(x).ndim - 2, allow_negative_indices=False)


def _column(x, i):
    return dynamic_slice_in_dim(x, i, 1, aval_of(x).ndim - 1, allow_negative_indices=False)


def _rows(x):
    """At each element the number of its row."""
    return broadcasted_iota(_INT, aval_of(x).shape, aval_of(x).ndim - 2)


def _columns(x):
    """At each element the number of its column."""
    return broadcasted_iota(_INT, aval_of(x).shape, aval_of(x).ndim - 1)


def _filled(x, like):
    """Matrices of one row, one column or both, repeated to the shape of `like`."""
    shape = aval_of(like).shape
    return x if aval_of(x).shape == shape else broadcast_in_dim(x, shape, range(len(shape)))


def _zeros(x):
    return full(aval_of(x).shape, 0, aval_of(x).dtype)


# ---------------------------------------------------------------- cholesky and triangular systems
def cholesky(x):
    """The lower triangular factor of positive definite matrices; NaN where they are not."""
    n = aval_of(x).shape[-1]

    def step(j, x, factor):
        column = sub(_column(x, j), matmul(factor, adjoint(_row(factor, j))))
        pivot = _row(column, j)
        root = sqrt(real(pivot)) if is_complex(x) else sqrt(pivot)
        root = complex(root, _zeros(root)) if is_complex(x) else root
        column = div(column, _filled(root, column))
        column = select(ge(_rows(column), j), column, zero_of(x))
        return x, select(eq(_columns(x), j), _filled(column, x), factor)

    _, factor = repeat(n, step, x, _zeros(x))
    pivots = diagonal(factor)
    failed = reduce_or(ne(pivots, pivots), (aval_of(pivots).ndim - 1,))
    failed = broadcast_in_dim(failed, aval_of(x).shape, range(aval_of(failed).ndim))
    return select(failed, typed_literal(float("nan"), aval_of(x).dtype), factor)


def triangular_solve(a, b, *, left_side, lower, transpose_a, conjugate_a, unit_diagonal):
    """Forward or backward substitution, one row of the result a step."""
    a = lower_part(a) if lower else upper_part(a)
    a = conjugated(a) if conjugate_a else a
    # X op(a) = b is op(a)^T X^T = b^T
    if transpose_a is left_side:
        a, lower = transposed(a), not lower
    b = b if left_side else transposed(b)
    n = aval_of(a).shape[-1]

    def step(i, a, b, x):
        i = i if lower else sub(n - 1, i)
        coefficients = _row(a, i)
        row = sub(_row(b, i), matmul(coefficients, x))
        if not unit_diagonal:
            row = div(row, _filled(_column(coefficients, i), row))
        return a, b, select(eq(_rows(x), i), _filled(row, x), x)

    x = repeat(n, step, a, b, _zeros(b))[2]
    return x if left_side else transposed(x)


# ---------------------------------------------------------------- lu
def lu(x):
    """The factors L and U in one matrix, the pivots and the permutation, by partial pivoting."""
    *batch, m, n = aval_of(x).shape
    k = min(m, n)

    def step(j, x, pivots):
        column = abs(_column(x, j))
        column = select(ge(_rows(column), j), column, typed_literal(-1, aval_of(column).dtype))
        place = argmax(reshape(column, (*batch, m)), len(batch), _INT)
        pivots = _with_entry(pivots, j, place)
        x = _exchanged(x, j, place)
        row, column = _row(x, j), _column(x, j)
        pivot = _row(column, j)
        safe = select(eq(pivot, zero_of(x)), typed_literal(1, aval_of(x).dtype), pivot)
        below = gt(_rows(column), j)
        scaled = select(below, div(column, _filled(safe, column)), column)
        factors = select(below, scaled, zero_of(x))
        row = select(gt(_columns(row), j), row, zero_of(x))
        reduced = sub(x, mul(_filled(factors, x), _filled(row, x)))
        return select(eq(_columns(x), j), _filled(scaled, x), reduced), pivots

    packed, pivots = repeat(k, step, x, full((*batch, k), 0, _INT))
    return packed, pivots, permutation_of(pivots, m)


def _with_entry(vectors, i, values):
    """Vectors with the element at `i` replaced by the values, one for each."""
    shape = aval_of(vectors).shape
    last = len(shape) - 1
    values = broadcast_in_dim(values, shape, range(last))
    return select(eq(broadcasted_iota(_INT, shape, last), i), values, vectors)


def _exchanged(x, i, places):
    """Matrices with row `i` and the rows at `places`, one for each matrix, exchanged."""
    batch = aval_of(places).shape
    there = take_rows(x, reshape(places, (*batch, 1)))
    rows = _rows(x)
    places = broadcast_in_dim(places, aval_of(x).shape, range(len(batch)))
    moved = select(eq(rows, places), _filled(_row(x, i), x), x)
    return select(eq(rows, i), _filled(there, x), moved)


def permutation_of(pivots, rows):
    """The permutation of `rows` rows that exchanges rows i and `pivots[i]` in turn."""
    *batch, k = aval_of(pivots).shape

    def step(i, pivots, order):
        places = reshape(_column(pivots, i), tuple(batch))
        return pivots, _exchanged(order, i, places)

    order = broadcasted_iota(_INT, (*batch, rows, 1), len(batch))
    return reshape(repeat(k, step, pivots, order)[1], (*batch, rows))


# ---------------------------------------------------------------- qr
def qr(x, *, pivoting, full_matrices):
    """Q and R by reflections of column after column; the columns' order too if `pivoting`."""
    *batch, m, n = aval_of(x).shape
    k = min(m, n)
    x, vectors, taus, order = _reflections(x, pivoting)
    width = m if full_matrices else k
    q = reflected_columns(_widened(vectors, width), taus)
    r = upper_part(slice_in_dim(x, 0, width, axis=len(batch)))
    return (q, r, reshape(order, (*batch, n))) if pivoting else (q, r)


def geqrf(x):
    """R and the reflectors in one matrix, and the factors."""
    n = aval_of(x).shape[-1]
    x, vectors, taus, _ = _reflections(x, False)
    return add(upper_part(x), _widened(lower_part(vectors, -1), n)), taus


def _widened(x, columns):
    extra = columns - aval_of(x).shape[-1]
    config = [(0, 0, 0)] * (aval_of(x).ndim - 1) + [(0, extra, 0)]
    return pad(x, zero_of(x), config) if extra else x


def _reflections(x, pivoting):
    """R, the reflectors as columns, their factors and the order of the columns."""
    *batch, m, n = aval_of(x).shape
    k = min(m, n)

    def step(j, x, vectors, taus, order):
        if pivoting:
            x, order = _largest_first(x, order, j)
        column = _column(x, j)
        column = select(ge(_rows(column), j), column, zero_of(x))
        vector, tau = reflector(column, j)
        projected = mul(_filled(conjugated(tau), vector), vector)
        x = sub(x, matmul(projected, matmul(adjoint(vector), x)))
        vectors = select(eq(_columns(vectors), j), _filled(vector, vectors), vectors)
        return x, vectors, _with_entry(taus, j, reshape(tau, tuple(batch))), order

    vectors = full((*batch, m, k), 0, aval_of(x).dtype)
    taus = full((*batch, k), 0, aval_of(x).dtype)
    order = broadcasted_iota(_INT, (*batch, n, 1), len(batch))
    return repeat(k, step, x, vectors, taus, order)


def reflector(column, j):
    """v and tau with (1 - conj(tau) v v^H) column = beta e_j, beta real; v is 1 at row j.

    A column that is a real multiple of e_j already is left as it is: tau is 0, as in LAPACK.
    """
    alpha = _row(column, j)
    squares = integer_pow(abs(column), 2)
    squares = select(eq(_rows(squares), j), zero_of(squares), squares)
    rest = reshape(reduce_sum(squares, (aval_of(column).ndim - 2,)), aval_of(alpha).shape)
    front = alpha
    if is_complex(column):
        front = real(alpha)
        rest = add(rest, integer_pow(imag(alpha), 2))
    still = eq(rest, zero_of(rest))
    norm = sqrt(add(rest, integer_pow(front, 2)))
    beta = select(ge(front, zero_of(front)), sub(zero_of(norm), norm), norm)
    beta = complex(beta, _zeros(beta)) if is_complex(column) else beta
    one = typed_literal(1, aval_of(column).dtype)
    tau = select(still, zero_of(alpha), div(sub(beta, alpha), select(still, one, beta)))
    vector = div(column, _filled(select(still, one, sub(alpha, beta)), column))
    vector = select(eq(_rows(vector), j), one, vector)
    return vector, tau


def _largest_first(x, order, j):
    """Columns from `j` on with the longest of them exchanged to the front."""
    lengths = reduce_sum(
        select(ge(_rows(x), j), integer_pow(abs(x), 2), zero_of(abs(x))), (aval_of(x).ndim - 2,)
    )
    last = aval_of(lengths).ndim - 1
    shape = aval_of(lengths).shape
    free = ge(broadcasted_iota(_INT, shape, last), j)
    places = argmax(select(free, lengths, typed_literal(-1, aval_of(lengths).dtype)), last, _INT)
    moved = transposed(_exchanged(transposed(x), j, places))
    return moved, _exchanged(order, j, places)


# ---------------------------------------------------------------- similar matrices of simpler form
def hessenberg(x):
    """The Hessenberg form with the reflectors below its subdiagonal, and their factors."""
    *batch, n, _ = aval_of(x).shape
    count = n - 1 if n else 0

    def step(j, x, vectors, taus):
        column = _column(x, j)
        column = select(gt(_rows(column), j), column, zero_of(x))
        vector, tau = reflector(column, add(j, 1))
        vector = select(gt(_rows(vector), j), vector, zero_of(x))
        left = mul(_filled(conjugated(tau), vector), vector)
        x = sub(x, matmul(left, matmul(adjoint(vector), x)))
        right = mul(_filled(tau, vector), vector)
        x = sub(x, matmul(matmul(x, right), adjoint(vector)))
        vectors = select(eq(_columns(vectors), j), _filled(vector, vectors), vectors)
        return x, vectors, _with_entry(taus, j, reshape(tau, tuple(batch)))

    taus = full((*batch, count), 0, aval_of(x).dtype)
    x, vectors, taus = repeat(count, step, x, _zeros(x), taus)
    return add(upper_part(x, -1), lower_part(vectors, -2)), taus


def tridiagonal(x, *, lower):
    """The same for Hermitian matrices, of which one triangle is read, and the two diagonals."""
    rank = aval_of(x).ndim
    last = rank - 2
    # the upper form is the lower one of the matrix turned upside down
    x = x if lower else rev(x, (rank - 2, rank - 1))
    strict = lower_part(x, -1)
    packed, taus = hessenberg(add(lower_part(x), adjoint(strict)))
    packed = add(lower_part(packed), upper_part(x, 1))
    main, beside = diagonal(packed), take_diagonal(packed, -1, rank - 2, rank - 1)
    main, beside = (real(v) if is_complex(v) else v for v in (main, beside))
    if lower:
        return packed, main, beside, taus
    turned = [rev(v, (last,)) for v in (main, beside, taus)]
    return rev(packed, (rank - 2, rank - 1)), *turned


# ---------------------------------------------------------------- tridiagonal systems
def tridiagonal_solve(dl, d, du, b):
    """Elimination downwards, then substitution upwards (4.3.6), without exchanges of rows."""
    n = aval_of(b).shape[-2]
    side = lambda v: reshape(v, (*aval_of(v).shape, 1))
    dl, d, du = side(dl), side(d), side(du)

    def down(i, dl, d, du, b, ratios, x):
        before = max(sub(i, 1), 0)
        below = select(gt(i, 0), _row(dl, i), zero_of(dl))
        pivot = sub(_row(d, i), mul(below, _row(ratios, before)))
        row = sub(_row(b, i), mul(_filled_row(below, b), _row(x, before)))
        ratios = select(eq(_rows(ratios), i), _filled(div(_row(du, i), pivot), ratios), ratios)
        row = div(row, _filled_row(pivot, b))
        return dl, d, du, b, ratios, select(eq(_rows(x), i), _filled(row, x), x)

    *_, ratios, x = repeat(n, down, dl, d, du, b, _zeros(d), _zeros(b))

    def up(i, ratios, x):
        here = sub(n - 2, i)
        row = sub(_row(x, here), mul(_filled_row(_row(ratios, here), x), _row(x, add(here, 1))))
        return ratios, select(eq(_rows(x), here), _filled(row, x), x)

    return repeat(n - 1, up, ratios, x)[1]


def _filled_row(x, like):
    """One element for each matrix, repeated to a row as long as those of `like`."""
    shape = aval_of(like).shape
    return broadcast_in_dim(x, (*shape[:-2], 1, shape[-1]), range(len(shape)))
