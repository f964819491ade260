"""Rules of eigenvalue and singular value decompositions.

In the basis of the vectors a small change dA is M = V^H dA V. Its diagonal moves the values, and
the elements beside it turn the vectors: dV = V (M / differences of values). Where values coincide,
the vectors are not functions of the matrix, and their tangents are infinite or NaN.
"""

from hloom.frontend.families import typed_literal
from hloom.frontend.prims import spectral as sp
from hloom.frontend.prims.elementwise import (
    abs,
    add,
    complex,
    conj,
    div,
    eq,
    imag,
    mul,
    neg,
    real,
    select,
    sub,
)
from hloom.frontend.prims.linalg import lu, triangular_solve
from hloom.frontend.prims.matrices import (
    adjoint,
    along_columns,
    along_rows,
    complex_if,
    diagonal,
    is_complex,
    matmul,
    off_diagonal,
    real_part,
    take_rows,
)
from hloom.frontend.prims.reduction import argmax, reduce_sum
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    concatenate,
    pad,
    slice_in_dim,
)
from hloom.frontend.trace import aval_of
from hloom.transforms import jvp, transpose
from hloom.transforms.rules.linalg import leading
from hloom.transforms.zeros import zeros


def _gaps(values):
    """At (i, j) 1 / (values[j] - values[i]), and 0 on the diagonal."""
    shape = aval_of(values).shape
    n = len(shape)
    square = (*shape, shape[-1])
    columns = broadcast_in_dim(values, square, (*range(n - 1), n))
    differences = sub(columns, broadcast_in_dim(values, square, range(n)))
    return off_diagonal(div(1.0, off_diagonal(differences, 1)))


# ---------------------------------------------------------------- eigh and eig
@jvp.rule(sp.eigh)
def _eigh(primals, tangents, **params):
    (x,), (g,) = primals, tangents
    vectors, values = sp.eigh.bind(x, **params)
    moved = matmul(adjoint(vectors), matmul(g, vectors))
    turn = mul(complex_if(_gaps(values), moved), moved)
    return [vectors, values], [matmul(vectors, turn), real_part(diagonal(moved))]


@jvp.rule(sp.eig)
def _eig(primals, tangents, *, left, right):
    (x,), (g,) = primals, tangents
    values, *vectors = sp.eig.bind(x, left=left, right=right)
    known = vectors[-1] if right else sp.eig.bind(x, left=False, right=True)[1]
    moved = _solve(known, matmul(complex_if(g, known), known))
    turned = []
    if right:
        turned = [_kept_unit(known, matmul(known, mul(_gaps(values), moved)))]
    if left:
        # left vectors are the columns of the inverse's adjoint, scaled
        other = vectors[0]
        back = _solve(other, matmul(complex_if(adjoint(g), other), other))
        gaps = _gaps(conj(values))
        turned = [_kept_unit(other, matmul(other, mul(gaps, back))), *turned]
    return [values, *vectors], [diagonal(moved), *turned]


def _kept_unit(vectors, turned):
    """Tangents of vectors that keep length 1, and their largest element real as LAPACK has it."""
    rows = aval_of(vectors).ndim - 2
    along = real(reduce_sum(mul(conj(vectors), turned), (rows,)))
    place = argmax(abs(vectors), rows, "int32")
    shape = aval_of(vectors).shape
    place = broadcast_in_dim(place, shape, [i for i in range(len(shape)) if i != rows])
    here = eq(broadcasted_iota("int32", shape, rows), place)
    pick = lambda x: reduce_sum(select(here, x, typed_literal(0, aval_of(x).dtype)), (rows,))
    turned = sub(turned, mul(vectors, along_rows(complex_if(along, vectors), vectors)))
    phase = complex(zeros(aval_of(along)), div(pick(imag(turned)), pick(real(vectors))))
    return sub(turned, mul(vectors, along_rows(phase, vectors)))


def _solve(a, b):
    """a^-1 b, for square matrices."""
    packed, _, permutation = lu(a)
    b = take_rows(b, permutation)
    b = triangular_solve(packed, b, left_side=True, lower=True, unit_diagonal=True)
    return triangular_solve(packed, b, left_side=True)


# ---------------------------------------------------------------- svd
@jvp.rule(sp.svd)
def _svd(primals, tangents, *, full_matrices, compute_uv, algorithm):
    (x,), (g,) = primals, tangents
    m, n = aval_of(x).shape[-2:]
    found = sp.svd.bind(x, full_matrices=full_matrices, compute_uv=True, algorithm=algorithm)
    all_u, s, all_vt = found
    u, other_u = _split(all_u, min(m, n))
    v, other_v = _split(adjoint(all_vt), min(m, n))
    ut = adjoint(u)
    moved = matmul(ut, matmul(g, v))
    ds = real_part(diagonal(moved))
    if not compute_uv:
        return [s], [ds]
    scale = complex_if(s, moved)
    right, left = mul(moved, along_rows(scale, moved)), mul(moved, along_columns(scale, moved))
    # 1 / (s_j^2 - s_i^2)
    gaps = complex_if(_gaps(mul(s, s)), moved)
    turn_u, turn_v = mul(gaps, add(right, adjoint(right))), mul(gaps, add(left, adjoint(left)))
    du, dv = matmul(u, turn_u), matmul(v, turn_v)
    if is_complex(x):
        # the phases of a pair of vectors: half of the change goes to each
        phase = complex(zeros(aval_of(s)), div(imag(diagonal(moved)), mul(s, 2.0)))
        du = add(du, mul(u, along_rows(phase, u)))
        dv = sub(dv, mul(v, along_rows(phase, v)))
    if m > n:
        rest = matmul(g, v)
        rest = sub(rest, matmul(u, moved))
        du = add(du, div(rest, along_rows(scale, rest)))
    if n > m:
        rest = matmul(adjoint(g), u)
        rest = sub(rest, matmul(v, adjoint(moved)))
        dv = add(dv, div(rest, along_rows(scale, rest)))
    return found, [_completed(u, du, other_u), ds, adjoint(_completed(v, dv, other_v))]


def _split(vectors, count):
    """The first columns, and the others, or None if there are none."""
    axis, n = aval_of(vectors).ndim - 1, aval_of(vectors).shape[-1]
    if n == count:
        return vectors, None
    return [slice_in_dim(vectors, i, j, axis=axis) for i, j in ((0, count), (count, n))]


def _completed(vectors, changes, others):
    """Tangents of a basis; vectors that complete it turn only to stay orthogonal to the first."""
    if others is None:
        return changes
    turned = neg(matmul(vectors, matmul(adjoint(changes), others)))
    return concatenate([changes, turned], aval_of(vectors).ndim - 1)


# ---------------------------------------------------------------- tridiagonal systems
@jvp.rule(sp.tridiagonal_solve)
def _tridiagonal(primals, tangents):
    dl, d, du, b = primals
    gl, g, gu, gb = tangents
    (x,) = sp.tridiagonal_solve.bind(*primals)
    axis = aval_of(b).ndim - 2
    moved = gb
    for diagonal_tangent, shift in ((gl, 1), (g, 0), (gu, -1)):
        if diagonal_tangent is not None:
            term = mul(along_columns(diagonal_tangent, x), _shifted(x, shift, axis))
            moved = neg(term) if moved is None else sub(moved, term)
    return [x], sp.tridiagonal_solve.bind(dl, d, du, moved)


def _shifted(x, shift, axis):
    """Rows moved down (1) or up (-1), zeros coming in."""
    config = [(0, 0, 0)] * aval_of(x).ndim
    config[axis] = (shift, -shift, 0)
    return pad(x, typed_literal(0, aval_of(x).dtype), config) if shift else x


@transpose.rule(sp.tridiagonal_solve)
def _tridiagonal_back(cts, dl, d, du, b):
    # the transposed matrix has its side diagonals exchanged and moved by one
    last = aval_of(d).ndim - 1
    below, above = _shifted(du, 1, last), _shifted(dl, -1, last)
    return [None, None, None, sp.tridiagonal_solve.bind(below, d, above, cts[0])[0]]


for _primitive in (sp.eigh, sp.eig, sp.svd):
    leading(_primitive)
    transpose.none(_primitive, "not linear in its operand")
leading(sp.tridiagonal_solve)
