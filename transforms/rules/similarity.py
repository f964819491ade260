"""Rules of the forms to which a unitary change of basis brings a matrix.

A = Q H Q^H stays true of a small change dA if, with M = Q^H dA Q and the skew-Hermitian
K = Q^H dQ, dH = M + H K - K H. That dH keeps the zeros of the form determines K: by columns in
Hessenberg matrices, where Q keeps its first column, and by a triangular Sylvester equation in
Schur forms. Where the form is not unique, tangents are infinite or NaN: at a zero below the
diagonal of a Hessenberg form, at a repeated eigenvalue on the diagonal of a Schur form.
"""

from hloom.frontend.families import typed_literal
from hloom.frontend.prims import spectral as sp
from hloom.frontend.prims.control import scan
from hloom.frontend.prims.elementwise import (
    add,
    bitwise_or,
    complex,
    div,
    eq,
    ge,
    gt,
    imag,
    mul,
    ne,
    neg,
    real,
    select,
    sqrt,
    sub,
)
from hloom.frontend.prims.indexing import dynamic_slice_in_dim
from hloom.frontend.prims.linalg import householder_product, triangular_solve
from hloom.frontend.prims.matrices import (
    adjoint,
    along_columns,
    along_rows,
    complex_if,
    diagonal,
    identity,
    is_complex,
    lower_part,
    matmul,
    real_part,
    symmetrized,
    take_diagonal,
    transposed,
    upper_part,
    zero_of,
)
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    expand_dims,
    pad,
    rev,
    slice_in_dim,
    transpose,
)
from hloom.frontend.trace import aval_of, stage
from hloom.transforms import jvp, transpose as back
from hloom.transforms.rules.linalg import leading, reflector_tangents
from hloom.transforms.zeros import zeros


def _commutator(form, turn):
    return sub(matmul(form, turn), matmul(turn, form))


# ---------------------------------------------------------------- column by column
def _by_columns(step, count, form, right):
    """Matrices x, zero at first, after `x = step(x, form, j, column j of right)` for columns j."""
    n, start = aval_of(form).ndim, zeros(aval_of(form))
    if count < 1:
        return start
    right = slice_in_dim(right, 0, count, axis=n - 1)
    right = expand_dims(transpose(right, (n - 1, *range(n - 1))), (n,))
    places = broadcasted_iota("int32", (count,), 0)
    avals = [aval_of(x) for x in (form, start, places, right)]
    avals[2:] = [a.update(shape=a.shape[1:]) for a in avals[2:]]
    body = stage(lambda form, x, j, column: [step(x, form, j, column)], avals, "column")
    counts = {"num_consts": 1, "num_carry": 1, "length": count}
    (found,) = scan.bind(form, start, places, right, body=body, reverse=False, unroll=1, **counts)
    return found


def _column(x, j):
    return dynamic_slice_in_dim(x, j, 1, aval_of(x).ndim - 1, allow_negative_indices=False)


def _places(x, axis):
    """At each element of matrices the number of its row (-2) or column (-1)."""
    return broadcasted_iota("int32", aval_of(x).shape, aval_of(x).ndim + axis)


def _in_column(v, j, x):
    """Matrices in the shape of `x`, 0 but for column j."""
    shape = aval_of(x).shape
    wide = broadcast_in_dim(v, shape, range(len(shape)))
    return select(eq(_places(x, -1), j), wide, zero_of(x))


def _element(v, i):
    """The element at row i of matrices of one column, repeated in their shape."""
    shape = aval_of(v).shape
    n = len(shape)
    found = reduce_sum(select(eq(_places(v, -2), i), v, zero_of(v)), (n - 2,))
    return broadcast_in_dim(found, shape, (*range(n - 2), n - 1))


# ---------------------------------------------------------------- Hessenberg forms
def _next_column(turn, form, j, moved):
    """K with column j + 1, and the row that mirrors it, from column j of dH = M + H K - K H.

    Below the subdiagonal dH is 0; on it dH is real, which settles the diagonal of a complex K.
    """
    below, after = _column(form, j), add(j, 1)
    rest = sub(add(moved, matmul(form, _column(turn, j))), matmul(turn, below))
    rows = _places(rest, -2)
    found = select(gt(rows, after), rest, zero_of(rest))
    if is_complex(form):
        half = mul(imag(rest), 0.5)
        found = select(eq(rows, after), complex(zeros(aval_of(half)), half), found)
    found = _in_column(div(found, _element(below, after)), after, turn)
    return sub(add(turn, found), adjoint(found))


def hessenberg_turn(form, moved):
    """K for a Hessenberg form; its first column is 0, as Q keeps its own."""
    n = aval_of(form).shape[-1]
    return _by_columns(_next_column, n - 1 if is_complex(form) else n - 2, form, moved)


def _reduced(packed, taus, form, g):
    """Tangents of a Hessenberg form, and of the reflectors, in their place, and their factors."""
    n, rank = aval_of(form).shape[-1], aval_of(form).ndim
    if n < 2:
        return g, zeros(aval_of(packed)), zeros(aval_of(taus))
    # Q is 1 beside the product of the reflectors
    corner = [(0, 0, 0)] * (rank - 2) + [(1, 0, 0)] * 2
    inside = lambda x: slice_in_dim(slice_in_dim(x, 1, n, axis=rank - 2), 1, n, axis=rank - 1)
    vectors = slice_in_dim(slice_in_dim(packed, 1, n, axis=rank - 2), 0, n - 1, axis=rank - 1)
    (product,) = householder_product.bind(vectors, taus)
    first = eq(_places(form, -1), 0)
    basis = select(first, identity(form), pad(product, zero_of(product), corner))
    moved = matmul(adjoint(basis), matmul(g, basis))
    turn = hessenberg_turn(form, moved)
    dv, dtaus = reflector_tangents(vectors, taus, matmul(product, inside(turn)))
    beside = [(0, 0, 0)] * (rank - 2) + [(1, 0, 0), (0, 1, 0)]
    return add(moved, _commutator(form, turn)), pad(dv, zero_of(dv), beside), dtaus


@jvp.rule(sp.hessenberg)
def _hessenberg(primals, tangents):
    (x,), (g,) = primals, tangents
    packed, taus = sp.hessenberg.bind(x)
    change, dv, dtaus = _reduced(packed, taus, upper_part(packed, -1), g)
    return [packed, taus], [add(upper_part(change, -1), dv), dtaus]


@jvp.rule(sp.tridiagonal)
def _tridiagonal(primals, tangents, *, lower):
    (x,), (g,) = primals, tangents
    outs = sp.tridiagonal.bind(x, lower=lower)
    # the upper form is the lower one of the matrix turned upside down
    turned = lambda y: rev(y, range(aval_of(x).ndim - 2, aval_of(y).ndim))
    flip = (lambda y: y) if lower else turned
    packed, main, beside, taus = map(flip, outs)
    g, rank = flip(g), aval_of(x).ndim
    form = _tridiagonal_matrix(packed, main, beside)
    read = symmetrized(add(lower_part(g), lower_part(g, -1)))
    change, dv, dtaus = _reduced(packed, taus, form, read)
    change = real_part(change)
    dmain, dbeside = diagonal(change), take_diagonal(change, -1, rank - 2, rank - 1)
    change = complex_if(lower_part(upper_part(change, -1)), packed)
    # the triangle that is not read is left as it is
    found = add(add(change, dv), upper_part(g, 1))
    return outs, [flip(y) for y in (found, dmain, dbeside, dtaus)]


def _tridiagonal_matrix(like, main, beside):
    beside = _padded(beside, 1)
    distance = sub(_places(like, -1), _places(like, -2))
    pick = lambda k, x: select(eq(distance, k), complex_if(x, like), zero_of(like))
    found = add(pick(0, along_rows(main, like)), pick(-1, along_rows(beside, like)))
    return add(found, pick(1, along_columns(beside, like)))


# ---------------------------------------------------------------- Schur forms
def _next_solved(found, form, j, right):
    """L with column j of T L - L T = right below the diagonal; T is upper, L strictly lower."""
    column, unit = _column(form, j), identity(form)
    pivot = _element(column, j)
    shape = aval_of(form).shape
    shifted = sub(form, mul(unit, broadcast_in_dim(pivot, shape, range(len(shape)))))
    system = select(gt(_places(form, -2), j), shifted, unit)
    right = add(right, matmul(found, column))
    right = select(gt(_places(right, -2), j), right, zero_of(right))
    (solved,) = triangular_solve.bind(
        system,
        right,
        left_side=True,
        lower=False,
        transpose_a=False,
        conjugate_a=False,
        unit_diagonal=False,
    )
    return add(found, _in_column(solved, j, found))


def _triangle(form, moved):
    """The strictly lower L of which T L - L T + M is upper triangular."""
    return _by_columns(_next_solved, aval_of(form).shape[-1] - 1, form, neg(moved))


@jvp.rule(sp.schur)
def _schur(primals, tangents, *, vectors):
    (x,), (g,) = primals, tangents
    form, basis = sp.schur.bind(x, vectors=True)
    moved = matmul(adjoint(basis), matmul(g, basis))
    turn, change = (_complex_turn if is_complex(x) else _real_turn)(form, moved)
    if not vectors:
        return [form], [change]
    return [form, basis], [change, matmul(basis, turn)]


def _complex_turn(form, moved):
    """K, whose diagonal is 0 as the phases of vectors are free, and dT."""
    lower = _triangle(form, moved)
    turn = sub(lower, adjoint(lower))
    return turn, upper_part(add(moved, _commutator(form, turn)))


def _real_turn(form, moved):
    """K and dT where T has blocks [[a, b], [c, a]] of two rows, with b c < 0, on its diagonal.

    A unitary change of basis in each block makes T triangular. What turns a block in itself is
    chosen to keep its diagonal equal.
    """
    rank, n = aval_of(form).ndim, aval_of(form).shape[-1]
    if n < 2:
        return zeros(aval_of(form)), moved
    above, below = [take_diagonal(form, k, rank - 2, rank - 1) for k in (1, -1)]
    one = typed_literal(1, aval_of(form).dtype)
    paired = ne(below, zero_of(below))
    inside = ne(lower_part(form, -1), zero_of(form))
    split = _splitting(form, select(paired, above, one), below, paired)
    wide = lambda x: complex_if(x, split)
    triangular = upper_part(matmul(adjoint(split), matmul(wide(form), split)))
    lower = _triangle(triangular, matmul(adjoint(split), matmul(wide(moved), split)))
    lower = select(inside, zero_of(lower), lower)
    lower = real(matmul(split, matmul(lower, adjoint(split))))
    turn = sub(lower, transposed(lower))
    change = add(moved, _commutator(form, turn))
    main = diagonal(change)
    first, second = [slice_in_dim(main, i, i + n - 1, axis=rank - 2) for i in (0, 1)]
    angle = div(sub(second, first), select(paired, mul(add(above, below), 2.0), one))
    angle = select(inside, along_rows(_padded(angle, 1), form), zero_of(form))
    own = sub(angle, transposed(angle))
    change = add(change, _commutator(form, own))
    kept = bitwise_or(inside, ge(_places(form, -1), _places(form, -2)))
    return add(turn, own), select(kept, change, zero_of(change))


def _splitting(form, above, below, paired):
    """Unitary W, [[b, i m], [i m, b]] scaled in each block, m^2 = - b c; W^H T W is upper."""
    one = typed_literal(1, aval_of(form).dtype)
    product = select(paired, neg(mul(above, below)), one)
    length = sqrt(add(mul(above, above), product))
    cosine = div(above, length)
    sine = select(paired, div(sqrt(product), length), zero_of(length))
    cosine = select(paired, cosine, one)
    main = mul(_padded(cosine, 1, 1), _padded(cosine, 0, 1))
    distance = sub(_places(form, -1), _places(form, -2))
    pick = lambda k, x: select(eq(distance, k), x, zero_of(x))
    beside = _padded(sine, 1)
    found = add(pick(-1, along_rows(beside, form)), pick(1, along_columns(beside, form)))
    return complex(pick(0, along_rows(main, form)), found)


def _padded(x, after, fill=0):
    """Vectors with one more element at the end, or at the start if `after` is 0."""
    aval = aval_of(x)
    config = [(0, 0, 0)] * (aval.ndim - 1) + [(1 - after, after, 0)]
    return pad(x, typed_literal(fill, aval.dtype), config)


for _primitive in (sp.schur, sp.hessenberg, sp.tridiagonal):
    leading(_primitive)
    back.none(_primitive, "not linear in its operand")
