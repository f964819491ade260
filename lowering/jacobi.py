"""Eigenvalues and singular values by Jacobi's rotations, for targets without kernels.

A rotation of a pair of axes makes one element beside the diagonal zero; sweeps over all pairs
converge quadratically. The pairs of one turn are disjoint: axis i goes with axis i + n/2, all at
once, and a cyclic exchange gives the next turn's pairs, n - 1 turns a sweep (Brent and Luk, 1985).
For singular values columns of the matrix are rotated until orthogonal (Hestenes, 1958).
"""

import math

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.families import typed_literal
from hloom.frontend.prims.control import while_loop
from hloom.frontend.prims.elementwise import (
    abs,
    add,
    bitwise_and,
    convert_element_type,
    div,
    eq,
    ge,
    gt,
    lt,
    mul,
    neg,
    select,
    sqrt,
    sub,
)
from hloom.frontend.prims.matrices import (
    adjoint,
    along_columns,
    along_rows,
    complex_if,
    conjugated,
    diagonal,
    identity,
    lower_part,
    matmul,
    off_diagonal,
    real_part,
    take_diagonal,
    take_rows,
    transposed,
    zero_of,
)
from hloom.frontend.prims.reduction import reduce_max, reduce_sum
from hloom.frontend.prims.sorting import sort
from hloom.frontend.prims.structural import (
    broadcasted_iota,
    concatenate,
    full,
    pad,
    reshape,
    slice_in_dim,
)
from hloom.frontend.trace import aval_of, stage
from hloom.lowering.factorizations import qr, repeat

_SWEEPS = 20
_INT = dtypes.dtype("int32")


def _one(x):
    return typed_literal(1, aval_of(x).dtype)


def _real_diagonal(x):
    """The real parts on the diagonal, others 0."""
    return mul(complex_if(real_part(x), x), identity(x))


# ---------------------------------------------------------------- rotations
def _angles(first, second, between):
    """c, s and the phase that make a Hermitian matrix [[first, between], [., second]] diagonal."""
    size = abs(between)
    still = eq(size, zero_of(size))
    one = typed_literal(1, aval_of(size).dtype)
    safe = select(still, one, size)
    ratio = div(sub(second, first), mul(safe, 2.0))
    tangent = div(one, add(abs(ratio), sqrt(add(mul(ratio, ratio), 1.0))))
    tangent = select(ge(ratio, zero_of(ratio)), tangent, neg(tangent))
    tangent = select(still, zero_of(size), tangent)
    c = div(one, sqrt(add(mul(tangent, tangent), 1.0)))
    phase = div(between, complex_if(safe, between))
    phase = select(still, typed_literal(1, aval_of(phase).dtype), phase)
    return complex_if(c, between), complex_if(mul(c, tangent), between), phase


def _halves(x, axis):
    n = aval_of(x).shape[axis]
    return slice_in_dim(x, 0, n // 2, axis=axis), slice_in_dim(x, n // 2, n, axis=axis)


def _turned(x, c, s, phase, axis, spread):
    """Pairs of rows, or columns, rotated; then exchanged, so that the next turn has other pairs."""
    top, bottom = _halves(x, axis)
    c, s = spread(c, top), spread(s, top)
    bottom = mul(bottom, spread(phase, top))
    first, second = sub(mul(c, top), mul(s, bottom)), add(mul(s, top), mul(c, bottom))
    h = aval_of(top).shape[axis]
    part = lambda v, i, j: slice_in_dim(v, i, j, axis=axis)
    if h == 1:
        return concatenate([first, second], axis)
    parts = [part(first, 0, 1), part(second, 0, 1), part(first, 1, h - 1)]
    return concatenate([*parts, part(second, 1, h), part(first, h - 1, h)], axis)


def _columns_turned(x, c, s, phase):
    return _turned(x, c, s, conjugated(phase), aval_of(x).ndim - 1, along_rows)


def _rows_turned(x, c, s, phase):
    return _turned(x, c, s, phase, aval_of(x).ndim - 2, along_columns)


def _until_small(turns, turn, rest, *carry):
    """Sweeps of `turns` turns, until `rest(*carry)` is below 1 or there have been too many."""
    avals = [ShapedArray((), _INT), *[aval_of(x).strip_weak_type() for x in carry]]
    turned = lambda *c: turn(*c) if turns == 1 else repeat(turns, lambda _, *d: turn(*d), *c)
    sweep = lambda i, *c: [add(i, 1), *turned(*c)]
    one = typed_literal(1, dtypes.float32)
    going = lambda i, *c: [bitwise_and(lt(i, _SWEEPS), gt(rest(*c), one))]
    body, cond = stage(sweep, avals, "sweep"), stage(going, avals, "going")
    start = typed_literal(0, _INT)
    found = while_loop.bind(start, *carry, cond=cond, body=body, cond_consts=0, body_consts=0)
    return found[1:]


def _even(x, columns_only=False):
    """Matrices with a zero column, and row, at the end if their number is odd."""
    odd = aval_of(x).shape[-1] % 2
    config = [(0, 0, 0)] * (aval_of(x).ndim - 2)
    config += [(0, 0 if columns_only else odd, 0), (0, odd, 0)]
    return pad(x, zero_of(x), config) if odd else x


def _sorted(keys, n, *matrices):
    """The first n keys in rising order, and columns of matrices in the same order."""
    last = aval_of(keys).ndim - 1
    keys, places = sort([keys, broadcasted_iota(_INT, aval_of(keys).shape, last)], last)
    cut = lambda x, axis: slice_in_dim(x, 0, n, axis=axis)
    places = cut(places, last)
    return cut(keys, last), *[transposed(take_rows(transposed(x), places)) for x in matrices]


def _padding_last(keys, vectors, n):
    """Keys with infinity for the column of `vectors` that stands for the padding."""
    if aval_of(vectors).shape[-1] == n:
        return keys
    row = abs(slice_in_dim(vectors, n, n + 1, axis=aval_of(vectors).ndim - 2))
    row = reshape(row, aval_of(keys).shape)
    last = typed_literal(float("inf"), aval_of(keys).dtype)
    return select(gt(row, typed_literal(0.5, aval_of(row).dtype)), last, keys)


def _excess(size, scale, n):
    """How many times larger the largest of sizes is than rounding makes it; a float32 scalar."""
    eps = float(dtypes.finfo(aval_of(size).dtype).eps) * math.sqrt(n)
    none = eq(scale, zero_of(scale))
    ratio = select(none, zero_of(size), div(size, select(none, _one(scale), scale)))
    found = reduce_max(mul(ratio, 1 / eps), range(aval_of(ratio).ndim))
    return convert_element_type(found, "float32")


# ---------------------------------------------------------------- eigh
def eigh(x, *, lower):
    """Eigenvectors and rising eigenvalues of Hermitian matrices of which one triangle is read."""
    n = aval_of(x).shape[-1]
    if not n:
        return x, real_part(diagonal(x))
    x = x if lower else adjoint(x)
    # the diagonal is real: its imaginary part is not read
    strict = lower_part(x, -1)
    x = _even(add(add(strict, adjoint(strict)), _real_diagonal(x)))
    size = aval_of(x).shape[-1]

    def turn(x, vectors):
        values = real_part(diagonal(x))
        first, second = _halves(values, aval_of(values).ndim - 1)
        rank = aval_of(x).ndim
        angles = _angles(first, second, take_diagonal(x, size // 2, rank - 2, rank - 1))
        return _rows_turned(_columns_turned(x, *angles), *angles), _columns_turned(vectors, *angles)

    def excess(x, _):
        sizes = abs(x)
        both = (aval_of(x).ndim - 2, aval_of(x).ndim - 1)
        return _excess(reduce_max(off_diagonal(sizes), both), reduce_max(sizes, both), size)

    x, vectors = _until_small(size - 1, turn, excess, x, identity(x))
    # IREE cannot compile a sort of elements read with steps, which a diagonal is elsewhere
    values = reduce_sum(_real_diagonal(x), (aval_of(x).ndim - 1,))
    keys = _padding_last(real_part(values), vectors, n)
    values, vectors = _sorted(keys, n, vectors)
    return slice_in_dim(vectors, 0, n, axis=aval_of(vectors).ndim - 2), values


# ---------------------------------------------------------------- svd
def svd(x, *, full_matrices, compute_uv):
    """U, falling singular values and V^H; the values alone without `compute_uv`."""
    m, n = aval_of(x).shape[-2:]
    if m < n:
        found = svd(adjoint(x), full_matrices=full_matrices, compute_uv=compute_uv)
        if not compute_uv:
            return found
        u, values, vt = found
        return adjoint(vt), values, adjoint(u)
    if not n:
        batch, dtype = aval_of(x).shape[:-2], aval_of(x).dtype
        u = identity(full((*batch, m, m if full_matrices else 0), 0, dtype))
        values = real_part(diagonal(x))
        return (u, values, full((*batch, 0, 0), 0, dtype)) if compute_uv else values
    w = _even(x, columns_only=True)
    size, rank = aval_of(w).shape[-1], aval_of(w).ndim
    v = identity(full((*aval_of(w).shape[:-2], size, size), 0, aval_of(w).dtype))

    def turn(w, v):
        p, q = _halves(w, rank - 1)
        inner = lambda a, b: reduce_sum(mul(conjugated(a), b), (rank - 2,))
        angles = _angles(real_part(inner(p, p)), real_part(inner(q, q)), inner(p, q))
        return _columns_turned(w, *angles), _columns_turned(v, *angles)

    def excess(w, _):
        products = abs(matmul(adjoint(w), w))
        lengths = sqrt(diagonal(products))
        scale = mul(along_rows(lengths, products), along_columns(lengths, products))
        return _excess(off_diagonal(products), scale, size)

    w, v = _until_small(size - 1, turn, excess, w, v)
    squares = reduce_sum(real_part(mul(conjugated(w), w)), (rank - 2,))
    values, w, v = _sorted(_padding_last(neg(sqrt(squares)), v, n), n, w, v)
    if not compute_uv:
        return neg(values)
    # the columns of w are orthogonal: R is diagonal, and Q completes them where they are 0
    q, r = qr(w, pivoting=False, full_matrices=full_matrices)
    pivots = real_part(diagonal(r))
    signs = select(
        lt(pivots, zero_of(pivots)),
        full(aval_of(pivots).shape, -1.0, aval_of(pivots).dtype),
        _one(pivots),
    )
    extra = aval_of(q).shape[-1] - n
    signs = pad(signs, _one(signs), [(0, 0, 0)] * (rank - 2) + [(0, extra, 0)])
    u = mul(q, along_rows(complex_if(signs, q), q))
    return u, abs(pivots), adjoint(slice_in_dim(v, 0, n, axis=rank - 2))
