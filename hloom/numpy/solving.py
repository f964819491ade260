"""Linear systems, inverses and determinants.

Systems are solved with a pivoted LU factorization. The derivative of a solution is one more
solution with the same factors, so the factorization itself is not differentiated.
"""

import math
from typing import NamedTuple

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import integer
from hloom.frontend.errors import MatrixError, ShapeError, ValueRangeError
from hloom.frontend.prims.elementwise import abs, complex, convert_element_type, log, ne, rem, sign
from hloom.frontend.prims.linalg import lu, qr, triangular_solve
from hloom.frontend.prims.matrices import diagonal, identity, matmul, take_rows, transposed
from hloom.frontend.prims.reduction import reduce_prod, reduce_sum
from hloom.frontend.prims.structural import broadcasted_iota, reshape, squeeze, transpose
from hloom.frontend.trace import aval_of
from hloom.numpy.adjugate import upper_adjugate
from hloom.numpy.promotion import broadcast_shapes, broadcast_to, promote_dtypes_inexact
from hloom.runtime.dispatch import fused
from hloom.transforms.custom import custom_jvp
from hloom.typing import ArrayLike


def matrices(name, a, square=False):
    """An operand as matrices of floats or complex numbers."""
    (x,) = promote_dtypes_inexact(name, a)
    shape = aval_of(x).shape
    if len(shape) < 2 or (square and shape[-1] != shape[-2]):
        what = f"{name}: takes {'square ' * square}matrices"
        remedy = "give it two last axes" + " of equal length" * square
        raise MatrixError(what, f"the operand is {aval_of(x)}", remedy)
    return x


# ---------------------------------------------------------------- systems
def factored_solve(packed, permutation, b):
    """The X of A X = b, from the factors of A."""
    b = take_rows(b, permutation)
    b = triangular_solve(packed, b, left_side=True, lower=True, unit_diagonal=True)
    return triangular_solve(packed, b, left_side=True)


@custom_jvp
def solve_square(a, b):
    """The X of a X = b for matrices with the same leading axes."""
    packed, _, permutation = lu(a)
    return factored_solve(packed, permutation, b)


@solve_square.defjvp
def _solve_jvp(primals, tangents):
    (a, b), (da, db) = primals, tangents
    packed, _, permutation = lu(a)
    x = factored_solve(packed, permutation, b)
    return x, factored_solve(packed, permutation, db - matmul(da, x))


def with_equal_batch(name, *operands):
    """Matrices whose leading axes have been broadcast to one shape."""
    shapes = [aval_of(x).shape for x in operands]
    batch = broadcast_shapes(name, *[s[:-2] for s in shapes])
    return [broadcast_to(x, (*batch, *s[-2:])) for x, s in zip(operands, shapes, strict=True)]


def solve_with(name, solver, a, b):
    """`solver(a, b)` for matrices b, or for one vector b, with leading axes broadcast."""
    a, b = promote_dtypes_inexact(name, a, b)
    a = matrices(name, a, square=True)
    vector = aval_of(b).ndim == 1
    if vector:
        b = reshape(b, (*aval_of(b).shape, 1))
    left, right = aval_of(a).shape, aval_of(b).shape
    if len(right) < 2 or left[-1] != right[-2]:
        found = f"a is {aval_of(a)}, b is {aval_of(b)}"
        remedy = "give b as many rows as a has, as matrices or as one vector"
        raise ShapeError(f"{name}: shapes do not fit", found, remedy)
    x = solver(*with_equal_batch(name, a, b))
    return squeeze(x, (aval_of(x).ndim - 1,)) if vector else x


@fused
def solve(a: ArrayLike, b: ArrayLike):
    """The X of a X = b for square matrices; `b` is matrices, or one vector.

    >>> import hloom.numpy as np
    >>> np.linalg.solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([2.0, 2.0]))
    Array([1. , 0.5], dtype=float32)
    """
    return solve_with("solve", solve_square, a, b)


@fused
def inv(a: ArrayLike):
    """The inverses of square matrices."""
    a = matrices("inv", a, square=True)
    return solve_square(a, identity(a))


@fused
def tensorsolve(a: ArrayLike, b: ArrayLike, axes=None):
    """The x of tensordot(a, x, x.ndim) = b; `axes` of a go to its end first."""
    a, b = promote_dtypes_inexact("tensorsolve", a, b)
    if axes is not None:
        axes = [i % aval_of(a).ndim for i in axes]
        a = transpose(a, [*[i for i in range(aval_of(a).ndim) if i not in axes], *axes])
    shape, size = aval_of(a).shape[aval_of(b).ndim :], aval_of(b).size
    if math.prod(shape) != size:
        found = f"a is {aval_of(a)}, b is {aval_of(b)}"
        remedy = "the product of a's last lengths is that of b's"
        raise ShapeError("tensorsolve: shapes do not fit", found, remedy)
    x = solve_square(reshape(a, (size, size)), reshape(b, (size, 1)))
    return reshape(x, shape)


@fused
def tensorinv(a: ArrayLike, ind: int = 2):
    """The inverse of `a` as a map from its last axes to its first `ind`."""
    (a,), ind = promote_dtypes_inexact("tensorinv", a), integer("tensorinv", "ind", ind)
    front, back = aval_of(a).shape[:ind], aval_of(a).shape[ind:]
    n = math.prod(front)
    if ind < 1 or n != math.prod(back):
        found, remedy = f"a is {aval_of(a)}, ind is {ind}", "choose `ind` so that both are equal"
        raise ShapeError("tensorinv: the two products of lengths differ", found, remedy)
    a = reshape(a, (n, n))
    return reshape(solve_square(a, identity(a)), (*back, *front))


# ---------------------------------------------------------------- determinants
class SlogdetResult(NamedTuple):
    """The sign of determinants, or their phase, and the logarithms of their absolute values."""

    sign: Array
    logabsdet: Array


def _parity(pivots, dtype):
    """1 or -1, by the number of rows that were exchanged."""
    shape = aval_of(pivots).shape
    moved = ne(pivots, broadcasted_iota("int32", shape, len(shape) - 1))
    count = reduce_sum(convert_element_type(moved, "int32"), (len(shape) - 1,))
    return convert_element_type(1 - 2 * rem(count, 2), dtype)


def _trace(x):
    return reduce_sum(diagonal(x), (aval_of(x).ndim - 2,))


def _sign_and_log(pivot):
    last = (aval_of(pivot).ndim - 1,)
    return reduce_prod(sign(pivot), last), reduce_sum(log(abs(pivot)), last)


def _slogdet_of(packed, pivots):
    phase, size = _sign_and_log(diagonal(packed))
    return _parity(pivots, aval_of(phase).dtype) * phase, size


@custom_jvp
def _slogdet(a):
    packed, pivots, _ = lu(a)
    return _slogdet_of(packed, pivots)


@_slogdet.defjvp
def _slogdet_jvp(primals, tangents):
    (a,), (da,) = primals, tangents
    packed, pivots, permutation = lu(a)
    phase, size = _slogdet_of(packed, pivots)
    change = _trace(factored_solve(packed, permutation, da))
    if not dtypes.is_complex(aval_of(a).dtype):
        return (phase, size), (0 * phase, change)
    return (phase, size), (phase * complex(0 * size, change.imag), change.real)


@fused
def slogdet(a: ArrayLike, *, method=None):
    """The sign, or phase, of determinants and the logarithms of their absolute values.

    `method` is "lu", which is the default, or "qr".
    """
    a = matrices("slogdet", a, square=True)
    if method in (None, "lu"):
        return SlogdetResult(*_slogdet(a))
    if method != "qr":
        raise ValueRangeError(f"slogdet: method {method!r} is not known", None, 'use "lu" or "qr"')
    q, r = qr(a, full_matrices=False)
    phase, size = _sign_and_log(diagonal(r))
    return SlogdetResult(phase * _slogdet(q)[0], size)


def _product(x):
    return reduce_prod(x, (aval_of(x).ndim - 1,))


@custom_jvp
def _det(a):
    packed, pivots, _ = lu(a)
    return _parity(pivots, aval_of(a).dtype) * _product(diagonal(packed))


@_det.defjvp
def _det_jvp(primals, tangents):
    """d det A = tr(adj(A) dA), where the adjugate is that of singular matrices too."""
    (a,), (da,) = primals, tangents
    packed, pivots, permutation = lu(a)
    parity = _parity(pivots, aval_of(a).dtype)
    adjugate = triangular_solve(packed, upper_adjugate(packed), lower=True, unit_diagonal=True)
    last = aval_of(a).ndim - 1
    change = reduce_sum(transposed(adjugate) * take_rows(da, permutation), (last - 1, last))
    return parity * _product(diagonal(packed)), parity * change


@fused
def det(a: ArrayLike):
    """The determinants of square matrices.

    >>> import hloom.numpy as np
    >>> np.linalg.det(np.array([[2.0, 1.0], [0.0, 3.0]]))
    Array(6., dtype=float32)
    """
    return _det(matrices("det", a, square=True))
