"""Small functions of matrices, which stand in the last two axes, for linear algebra's rules."""

from hloom.frontend import dtypes
from hloom.frontend.families import typed_literal
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.elementwise import add, complex, conj, eq, ge, mul, real, select
from hloom.frontend.prims.indexing import GatherDimensionNumbers, gather
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    full,
    reshape,
    slice_in_dim,
    transpose,
)
from hloom.frontend.trace import aval_of


def is_complex(x):
    """Whether an array is complex."""
    return dtypes.is_complex(aval_of(x).dtype)


def zero_of(x):
    """The Literal 0 in the dtype of an array."""
    return typed_literal(0, aval_of(x).dtype)


def real_part(x):
    """The real part; real arrays as they are."""
    return real(x) if is_complex(x) else x


def complex_if(x, like):
    """An array, complex with imaginary part 0 if it is real and `like` is complex."""
    if is_complex(x) or not is_complex(like):
        return x
    return complex(x, full(aval_of(x).shape, 0, aval_of(x).dtype))


def matmul(x, y):
    """Products of matrices; both have the same leading axes."""
    n = aval_of(x).ndim
    batch = tuple(range(n - 2))
    return dot_general(x, y, (((n - 1,), (n - 2,)), (batch, batch)), "highest")


def transposed(x):
    """The transposes of matrices."""
    n = aval_of(x).ndim
    return transpose(x, (*range(n - 2), n - 1, n - 2))


def conjugated(x):
    """The complex conjugate; real arrays as they are."""
    return conj(x) if is_complex(x) else x


def adjoint(x):
    """The conjugate transposes of matrices."""
    return transposed(conjugated(x))


def symmetrized(x):
    """The mean of matrices and their adjoints."""
    return mul(add(x, adjoint(x)), 0.5)


def _mask(x, k, compare):
    """Where `compare(row, column - k)` holds, in the shape of `x`."""
    shape = aval_of(x).shape
    n = len(shape)
    rows = broadcasted_iota("int32", shape[n - 2 :], 0)
    columns = broadcasted_iota("int32", shape[n - 2 :], 1)
    found = compare(rows, add(columns, -k) if k else columns)
    return found if n == 2 else broadcast_in_dim(found, shape, (n - 2, n - 1))


def lower_part(x, k=0):
    """The elements on and below diagonal `k`, others 0."""
    return select(_mask(x, k, ge), x, zero_of(x))


def upper_part(x, k=0):
    """The elements on and above diagonal `k`, others 0."""
    return select(_mask(x, k - 1, ge), zero_of(x), x)


def identity(x):
    """Unit matrices in the shape of `x`."""
    one, zero = [typed_literal(v, aval_of(x).dtype) for v in (1, 0)]
    mask = _mask(x, 0, eq)
    return select(mask, broadcast_in_dim(one, aval_of(x).shape, ()), zero)


def off_diagonal(x, fill=0):
    """`x` with the elements on the diagonal replaced."""
    return select(_mask(x, 0, eq), typed_literal(fill, aval_of(x).dtype), x)


def diagonal(x):
    """The elements on the diagonals of matrices."""
    n = aval_of(x).ndim
    return take_diagonal(x, 0, n - 2, n - 1)


def take_diagonal(x, offset, axis1, axis2):
    """The diagonals of the matrices along two axes, as a new last axis.

    No mask is needed: a diagonal is every (columns + 1)-th element of the flat matrix.
    """
    shape = aval_of(x).shape
    rest = [a for a in range(len(shape)) if a not in (axis1, axis2)]
    rows, columns = shape[axis1], shape[axis2]
    start = offset if offset >= 0 else -offset * columns
    count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    x = transpose(x, [*rest, axis1, axis2])
    flat = reshape(x, (*[shape[a] for a in rest], rows * columns))
    step = columns + 1
    if not count:
        return slice_in_dim(flat, 0, 0, axis=len(rest))
    return slice_in_dim(flat, start, start + (count - 1) * step + 1, step, axis=len(rest))


def along_rows(v, x):
    """Vectors repeated as rows in the shape of `x`: element j stands in column j."""
    n = aval_of(x).ndim
    return broadcast_in_dim(v, aval_of(x).shape, (*range(n - 2), n - 1))


def along_columns(v, x):
    """Vectors repeated as columns in the shape of `x`: element i stands in row i."""
    return broadcast_in_dim(v, aval_of(x).shape, range(aval_of(x).ndim - 1))


def take_rows(x, rows):
    """The rows of matrices at positions `rows`, integer vectors with the same leading axes."""
    shape, places = aval_of(x).shape, aval_of(rows).shape
    n = len(shape) - 2
    batch = tuple(range(n))
    numbers = GatherDimensionNumbers((n + 1,), (n,), (n,), batch, batch)
    if 0 in places:
        return full((*places, shape[-1]), typed_literal(0, aval_of(x).dtype))
    sizes = (*(1,) * (n + 1), shape[-1])
    return gather(x, reshape(rows, (*places, 1)), numbers, sizes, mode="promise_in_bounds")
