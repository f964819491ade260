"""The Schur form by shifted QR iterations, for targets without kernels.

A matrix is reduced to Hessenberg form; then sweeps chase a bulge down the part of it that is not
split yet, until the form is triangular: with Francis's two shifts at once for real matrices, whose
complex eigenvalues stay in blocks of two rows, and with Wilkinson's shift for complex ones (Golub
and van Loan, "Matrix Computations", 4th edition, 7.5). The matrices of a batch take their sweeps
together, each in a window of its own.
"""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.control import while_loop
from hloom.frontend.prims.elementwise import (
    abs,
    add,
    bitwise_and,
    div,
    eq,
    ge,
    gt,
    le,
    lt,
    mul,
    ne,
    neg,
    select,
    sqrt,
    sub,
)
from hloom.frontend.prims.indexing import dynamic_slice_in_dim, dynamic_update_slice_in_dim
from hloom.frontend.prims.linalg import reflected_columns
from hloom.frontend.prims.matrices import (
    adjoint,
    along_columns,
    along_rows,
    conjugated,
    diagonal,
    identity,
    is_complex,
    lower_part,
    matmul,
    take_diagonal,
    upper_part,
    zero_of,
)
from hloom.frontend.prims.reduction import reduce_max, reduce_or, reduce_sum
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    concatenate,
    full,
    pad,
    reshape,
    slice_in_dim,
)
from hloom.frontend.trace import aval_of, stage
from hloom.lowering.factorizations import hessenberg, reflector, repeat

#: sweeps before giving up, for each row
_SWEEPS = 30
_INT = dtypes.dtype("int32")


def schur(x, *, vectors=True):
    """T and Z with x = Z T Z^H, or T alone; NaN where the iteration does not end.

    The blocks of two rows of a real T have equal elements on the diagonal.
    """
    n = aval_of(x).shape[-1]
    form, basis = _hessenberg(x)
    width = 2 if is_complex(x) else 3
    if n >= width:
        form, basis = _iterated(form, basis, width)
    if n > 1 and not is_complex(x):
        form, basis = _split(form, basis)
    return (form, basis) if vectors else form


def _hessenberg(x):
    """H and unitary Q with x = Q H Q^H, H being 0 below its subdiagonal."""
    n, rank = aval_of(x).shape[-1], aval_of(x).ndim
    if n < 3:
        return x, identity(x)
    packed, taus = hessenberg(x)
    vectors = slice_in_dim(slice_in_dim(packed, 1, n, axis=rank - 2), 0, n - 1, axis=rank - 1)
    inner = reflected_columns(vectors, taus)
    inner = pad(inner, zero_of(x), [(0, 0, 0)] * (rank - 2) + [(1, 0, 0)] * 2)
    first = eq(broadcasted_iota(_INT, aval_of(x).shape, rank - 1), 0)
    return upper_part(packed, -1), select(first, identity(x), inner)


# ---------------------------------------------------------------- iteration
def _iterated(form, basis, width):
    """The (quasi-)triangular form of Hessenberg matrices and its basis, by sweeps."""
    n, rank = aval_of(form).shape[-1], aval_of(form).ndim
    # reflections of `width` rows begin in the last but one too
    extra = width - 2
    sides = [(0, 0, 0)] * (rank - 2)
    form = pad(form, zero_of(form), [*sides, (0, extra, 0), (0, extra, 0)])
    basis = pad(basis, zero_of(basis), [*sides, (0, 0, 0), (0, extra, 0)])

    def going(i, form, _):
        end = _window(form, width)[1]
        left = reduce_or(gt(end, 0), range(aval_of(end).ndim))
        return [bitwise_and(lt(i, _SWEEPS * n), left)]

    def body(i, form, basis):
        return [add(i, 1), *_sweep(form, basis, eq(e.rem(i, 10), 9), width)]

    carry = [_deflated(form), basis]
    avals = [ShapedArray((), _INT), *map(aval_of, carry)]
    cond, body = stage(going, avals, "going"), stage(body, avals, "sweep")
    start = typed_literal(0, _INT)
    _, form, basis = while_loop.bind(
        start, *carry, cond=cond, body=body, cond_consts=0, body_consts=0
    )
    failed = gt(_window(form, width)[1], 0)
    failed = broadcast_in_dim(failed, (*aval_of(form).shape[:-2], n, n), range(rank))
    form = slice_in_dim(slice_in_dim(form, 0, n, axis=rank - 2), 0, n, axis=rank - 1)
    basis = slice_in_dim(basis, 0, n, axis=rank - 1)
    nothing = typed_literal(float("nan"), aval_of(form).dtype)
    return [select(failed, nothing, y) for y in (form, basis)]


def _deflated(form):
    """Hessenberg matrices with 0 for elements below the diagonal that rounding can make."""
    sizes, kind = abs(form), dtypes.finfo(aval_of(form).dtype)
    main = diagonal(sizes)
    limits = mul(add(along_rows(main, sizes), along_columns(main, sizes)), float(kind.eps))
    limits = e.max(limits, float(kind.smallest_normal))
    # an element that is NaN counts as small, so that the iteration ends
    beside = select(gt(sizes, limits), lower_part(form, -1), zero_of(form))
    return add(upper_part(form), upper_part(beside, -1))


def _window(form, width):
    """First and last row of the last part to be split, of shape (*batch, 1, 1); 0, 0 if none is."""
    *batch, n, _ = aval_of(form).shape
    rank = len(batch) + 1
    beside = ne(take_diagonal(form, -1, rank - 1, rank), zero_of(form))
    after = add(broadcasted_iota(_INT, (*batch, n - 1), rank - 1), 1)
    unsplit = beside
    if width == 3:
        before = pad(beside, False, [(0, 0, 0)] * (rank - 1) + [(1, -1, 0)])
        unsplit = bitwise_and(beside, before)
    ones = (*batch, 1)
    end = reshape(reduce_max(select(unsplit, after, 0), (rank - 1,)), ones)
    inside = le(after, broadcast_in_dim(end, (*batch, n - 1), range(rank)))
    starts = bitwise_and(e.bitwise_not(beside), inside)
    begin = reduce_max(select(starts, after, 0), (rank - 1,))
    return reshape(begin, (*ones, 1)), reshape(end, (*ones, 1))


def _sweep(form, basis, stuck, width):
    """One bulge chased through the window of each matrix."""
    begin, end = _window(form, width)
    shifts = (_wilkinson if width == 2 else _francis)(form, end, stuck)
    first = _first_single if width == 2 else _first_double
    rank = aval_of(form).ndim
    rows, columns = rank - 2, rank - 1

    def step(k, form, basis, begin, end, *shifts):
        part = lambda x, axis: _part(x, k, width, axis)
        band = part(form, rows)
        column = _part(band, e.max(sub(k, 1), 0), 1, columns)
        shape = aval_of(column).shape
        spread = lambda x: broadcast_in_dim(x, shape, range(rank))
        column = select(spread(eq(begin, k)), first(part(band, columns), *shifts), column)
        places = add(broadcasted_iota(_INT, shape, rows), k)
        inside = bitwise_and(le(places, spread(end)), spread(bitwise_and(le(begin, k), gt(end, k))))
        # nothing is reflected by a vector of zeros
        vector, tau = reflector(select(inside, column, zero_of(column)), 0)
        left, right = mul(spread(conjugated(tau)), vector), mul(spread(tau), vector)
        band = sub(band, matmul(left, matmul(adjoint(vector), band)))
        form = _with_part(form, band, k, rows)
        turned = [
            sub(part(x, columns), matmul(matmul(part(x, columns), right), adjoint(vector)))
            for x in (form, basis)
        ]
        form, basis = [_with_part(x, y, k, columns) for x, y in zip((form, basis), turned)]
        return form, basis, begin, end, *shifts

    size = aval_of(basis).shape[rows]
    form, basis, *_ = repeat(size - 1, step, form, basis, begin, end, *shifts)
    return _deflated(form), basis


def _part(x, start, length, axis):
    return dynamic_slice_in_dim(x, start, length, axis, allow_negative_indices=False)


def _with_part(x, part, start, axis):
    return dynamic_update_slice_in_dim(x, part, start, axis, allow_negative_indices=False)


# ---------------------------------------------------------------- shifts
def _at(vectors, places):
    """The elements of vectors at places of shape (*batch, 1, 1), in this shape."""
    shape = aval_of(vectors).shape
    rank = len(shape)
    places = broadcast_in_dim(places, (*shape, 1), range(rank + 1))
    here = eq(reshape(places, shape), broadcasted_iota(_INT, shape, rank - 1))
    found = reduce_sum(select(here, vectors, zero_of(vectors)), (rank - 1,))
    return reshape(found, (*aval_of(found).shape, 1, 1))


def _corner(form, end):
    """The elements a, b, c, d of the two last rows and columns of a window, and c one row above."""
    axes = aval_of(form).ndim - 2, aval_of(form).ndim - 1
    main, above, below = [take_diagonal(form, k, *axes) for k in (0, 1, -1)]
    before = sub(end, 1)
    a, d = _at(main, before), _at(main, end)
    return a, _at(above, before), _at(below, before), d, _at(below, sub(end, 2))


def _wilkinson(form, end, stuck):
    """The eigenvalue of a window's last two rows that is nearer to its last element."""
    a, b, c, d, _ = _corner(form, end)
    product, half = mul(b, c), mul(sub(a, d), 0.5)
    root = sqrt(add(mul(half, half), product))
    plus, minus = add(half, root), sub(half, root)
    far = select(ge(abs(plus), abs(minus)), plus, minus)
    one = typed_literal(1, aval_of(form).dtype)
    near = div(product, select(eq(far, zero_of(far)), one, far))
    aside = e.complex(abs(c), full(aval_of(c).shape, 0, aval_of(abs(c)).dtype))
    return (select(stuck, add(d, mul(aside, 0.75)), sub(d, near)),)


def _first_single(corner, shift):
    """The first column of H - shift, in its first two rows."""
    h00, h10 = _entry(corner, 0, 0), _entry(corner, 1, 0)
    return concatenate([sub(h00, shift), h10], aval_of(corner).ndim - 2)


def _francis(form, end, stuck):
    """Sum and product of the two eigenvalues of a window's last two rows."""
    a, b, c, d, above = _corner(form, end)
    size = add(abs(c), abs(above))
    aside = add(mul(size, 0.75), d)
    total = select(stuck, mul(aside, 2.0), add(a, d))
    other = add(mul(aside, aside), mul(mul(size, size), 0.4375))
    return total, select(stuck, other, sub(mul(a, d), mul(b, c)))


def _first_double(corner, total, product):
    """The first column of (H - s1) (H - s2) by H's element (1, 0), in its first three rows."""
    h00, h01, h10, h11 = [_entry(corner, i, j) for i in (0, 1) for j in (0, 1)]
    one = typed_literal(1, aval_of(corner).dtype)
    h10 = select(eq(h10, zero_of(h10)), one, h10)
    top = add(div(add(mul(h00, sub(h00, total)), product), h10), h01)
    middle = sub(add(h00, h11), total)
    return concatenate([top, middle, _entry(corner, 2, 1)], aval_of(corner).ndim - 2)


def _entry(x, i, j):
    rank = aval_of(x).ndim
    return slice_in_dim(slice_in_dim(x, i, i + 1, axis=rank - 2), j, j + 1, axis=rank - 1)


# ---------------------------------------------------------------- blocks of two rows
def blocks(form):
    """a, b, c, d of each two rows one after the other, [[a, b], [c, d]], as vectors."""
    rank, n = aval_of(form).ndim, aval_of(form).shape[-1]
    main, above, below = [take_diagonal(form, k, rank - 2, rank - 1) for k in (0, 1, -1)]
    cut = lambda i: slice_in_dim(main, i, i + n - 1, axis=rank - 2)
    return cut(0), above, below, cut(1)


def at_first(vectors, fill=0):
    """Elements, one for each two rows, at the first of both; `fill` at the last row."""
    return _padded(vectors, fill, (0, 1, 0))


def at_second(vectors, fill=0):
    """Elements, one for each two rows, at the second of both; `fill` at the first row."""
    return _padded(vectors, fill, (1, 0, 0))


def _padded(x, fill, last):
    aval = aval_of(x)
    return pad(x, typed_literal(fill, aval.dtype), [(0, 0, 0)] * (aval.ndim - 1) + [last])


def turned(form, basis, alpha, beta):
    """T and Z in a basis where rows k and k + 1 are turned by [[a, -conj b], [b, conj a]].

    `alpha` and `beta` have an element for each k, 1 and 0 where nothing is turned.
    """
    rank, shape = aval_of(form).ndim, aval_of(form).shape
    main = mul(at_first(alpha, 1), at_second(conjugated(alpha), 1))
    beta = at_first(beta)
    distance = sub(broadcasted_iota(_INT, shape, rank - 1), broadcasted_iota(_INT, shape, rank - 2))
    below, above = along_rows(beta, form), along_columns(neg(conjugated(beta)), form)
    turn = select(eq(distance, 0), along_rows(main, form), zero_of(form))
    turn = select(eq(distance, -1), below, turn)
    turn = select(eq(distance, 1), above, turn)
    return matmul(adjoint(turn), matmul(form, turn)), matmul(basis, turn)


def _split(form, basis):
    """A real form with blocks left for complex eigenvalues only, with equal diagonal elements."""
    a, b, c, d = blocks(form)
    half, product = mul(sub(a, d), 0.5), mul(b, c)
    disc = add(mul(half, half), product)
    block = ne(c, zero_of(c))
    apart = bitwise_and(block, ge(disc, zero_of(disc)))
    paired = bitwise_and(block, lt(disc, zero_of(disc)))
    one = typed_literal(1, aval_of(form).dtype)
    # the eigenvector (z, c) of a real eigenvalue
    root = sqrt(select(apart, disc, zero_of(disc)))
    z = add(half, select(ge(half, zero_of(half)), root, neg(root)))
    length = _length(z, c)
    # the angle that makes the diagonal equal: tan 2t = (d - a) / (b + c)
    total, twice = add(b, c), mul(half, 2.0)
    reach = _length(total, twice)
    level = eq(half, zero_of(half))
    cosine = sqrt(mul(add(select(level, one, div(abs(total), reach)), 1.0), 0.5))
    sine = div(half, mul(reach, cosine))
    sine = select(ge(total, zero_of(total)), neg(sine), sine)
    alpha = select(apart, div(z, length), select(paired, cosine, one))
    beta = select(apart, div(c, length), select(paired, sine, zero_of(c)))
    form, basis = turned(form, basis, alpha, beta)
    mean = mul(add(a, d), 0.5)
    main = select(at_first(paired, False), at_first(mean), diagonal(form))
    main = select(at_second(paired, False), at_second(mean), main)
    below = at_first(paired, False)
    kept = select(along_rows(below, form), upper_part(lower_part(form, -1), -1), zero_of(form))
    return add(add(upper_part(form, 1), kept), mul(along_rows(main, form), identity(form))), basis


def _length(x, y):
    """The length of (x, y), and 1 of (0, 0)."""
    found = sqrt(add(mul(x, x), mul(y, y)))
    return select(eq(found, zero_of(found)), typed_literal(1, aval_of(found).dtype), found)
