"""Eigenvalues and eigenvectors of general matrices, for targets without kernels.

The Schur form has the eigenvalues on its diagonal, and the vectors of a triangular matrix come by
substitution, for all eigenvalues at once, row by row (Golub and van Loan, "Matrix Computations",
4th edition, 7.6.4).
"""

from hloom.frontend import dtypes
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.elementwise import (
    abs,
    add,
    complex,
    conj,
    div,
    eq,
    ge,
    gt,
    imag,
    integer_pow,
    lt,
    mul,
    ne,
    neg,
    real,
    select,
    sqrt,
    sub,
)
from hloom.frontend.prims.indexing import dynamic_slice_in_dim
from hloom.frontend.prims.matrices import (
    adjoint,
    along_rows,
    diagonal,
    identity,
    is_complex,
    matmul,
    upper_part,
    zero_of,
)
from hloom.frontend.prims.reduction import argmax, reduce_max, reduce_sum
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    full,
    reshape,
    rev,
)
from hloom.frontend.trace import aval_of
from hloom.lowering.factorizations import repeat
from hloom.lowering.schur import at_first, at_second, blocks, schur, turned

_INT = dtypes.dtype("int32")


def eig(x, *, left, right):
    """Eigenvalues, then left and right eigenvectors of length 1, their largest element positive."""
    if not aval_of(x).shape[-1]:
        x = x if is_complex(x) else _as_complex(x)
        return [diagonal(x), *[x] * (left + right)]
    form, basis = schur(x)
    if is_complex(x):
        values = diagonal(form)
    else:
        form, basis, values = _triangular(form, basis)
    found = [values]
    if left:
        # left eigenvectors are those of the adjoint, which is upper triangular turned upside down
        last = aval_of(form).ndim - 1
        turn = lambda y: rev(y, (last - 1, last))
        vectors = _vectors(turn(adjoint(form)), rev(conj(values), (last - 1,)))
        found.append(_scaled(matmul(basis, turn(vectors)), values, x))
    if right:
        found.append(_scaled(matmul(basis, _vectors(form, values)), values, x))
    return found


def _as_complex(x):
    return complex(x, full(aval_of(x).shape, 0, aval_of(x).dtype))


def _triangular(form, basis):
    """A triangular form, its basis and the eigenvalues, from a real form with blocks."""
    main = diagonal(form)
    if aval_of(main).shape[-1] < 2:
        return _as_complex(form), _as_complex(basis), _as_complex(main)
    a, b, c, d = blocks(form)
    zero, one = zero_of(c), typed_literal(1, aval_of(c).dtype)
    block = ne(c, zero)
    # d + z is an eigenvalue and (z, c) its vector
    half = mul(sub(a, d), 0.5)
    disc = add(mul(half, half), mul(b, c))
    apart, beside = sqrt(e.max(disc, zero)), sqrt(e.max(neg(disc), zero))
    z = complex(add(half, select(ge(half, zero), apart, neg(apart))), beside)
    length = sqrt(add(integer_pow(abs(z), 2), mul(c, c)))
    length = _as_complex(select(block, length, one))
    only = lambda x, rest: select(block, x, typed_literal(rest, aval_of(x).dtype))
    alpha, beta = only(div(z, length), 1), only(div(_as_complex(c), length), 0)
    form, basis = turned(_as_complex(form), _as_complex(basis), alpha, beta)
    first = add(_as_complex(d), z)
    second = sub(_as_complex(add(a, d)), first)
    values = select(at_first(block, False), at_first(first), _as_complex(main))
    return form, basis, select(at_second(block, False), at_second(second), values)


# ---------------------------------------------------------------- vectors
def _vectors(form, values):
    """Eigenvectors of the triangular matrices above the diagonal of `form`, as columns."""
    n, rank = aval_of(form).shape[-1], aval_of(form).ndim
    kind = dtypes.finfo(dtypes.to_real(aval_of(form).dtype))
    sizes = reduce_max(abs(upper_part(form)), (rank - 2, rank - 1))
    least = e.max(mul(sizes, float(kind.eps)), float(kind.smallest_normal))
    least = reshape(least, (*aval_of(least).shape, 1, 1))

    def step(i, form, values, least, x):
        i = sub(n - 1, i)
        here = lambda y: dynamic_slice_in_dim(y, i, 1, rank - 2, allow_negative_indices=False)
        shape = aval_of(values).shape
        columns = broadcasted_iota(_INT, shape, rank - 1)
        own = dynamic_slice_in_dim(values, i, 1, rank - 1, allow_negative_indices=False)
        gaps = sub(values, broadcast_in_dim(own, shape, range(rank)))
        floor = broadcast_in_dim(least, shape, range(rank))
        # values that are equal up to rounding are kept apart
        gaps = select(lt(abs(gaps), floor), _as_complex(floor), gaps)
        row = select(gt(columns, i), div(matmul(here(form), x), gaps), here(x))
        # no element grows beyond 1
        shrink = e.max(abs(row), typed_literal(1, aval_of(least).dtype))
        rows = broadcasted_iota(_INT, aval_of(x).shape, rank - 2)
        fill = lambda y: broadcast_in_dim(y, aval_of(x).shape, range(rank))
        x = div(select(eq(rows, i), fill(row), x), fill(_as_complex(shrink)))
        return form, values, least, x

    values = reshape(values, (*aval_of(values).shape[:-1], 1, n))
    return repeat(n, step, form, values, least, identity(form))[-1]


def _scaled(vectors, values, x):
    """Vectors of length 1 with their largest element positive; real those of real values."""
    rows = aval_of(vectors).ndim - 2
    sizes = abs(vectors)
    length = sqrt(reduce_sum(mul(sizes, sizes), (rows,)))
    shape = aval_of(vectors).shape
    place = argmax(sizes, rows, _INT)
    place = along_rows(place, vectors)
    here = eq(broadcasted_iota(_INT, shape, rows), place)
    largest = reduce_sum(select(here, vectors, zero_of(vectors)), (rows,))
    unit = div(conj(largest), _as_complex(mul(abs(largest), length)))
    vectors = mul(vectors, along_rows(unit, vectors))
    if is_complex(x):
        return vectors
    flat = along_rows(eq(imag(values), zero_of(imag(values))), vectors)
    return select(flat, _as_complex(real(vectors)), vectors)
