"""Norms of vectors and matrices, and what is read off singular values."""

import functools
import math

from hloom.frontend import dtypes
from hloom.frontend.choices import flag
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.prims.elementwise import abs, sqrt
from hloom.frontend.prims.spectral import svd
from hloom.frontend.prims.structural import canonical_axes, canonical_axis, expand_dims, transpose
from hloom.frontend.trace import aval_of
from hloom.numpy.elementwise import power
from hloom.numpy.promotion import promote_dtypes_inexact
from hloom.numpy.reductions import max, min, sum
from hloom.numpy.selection import where
from hloom.numpy.solving import inv
from hloom.runtime.dispatch import fused
from hloom.transforms.custom import custom_jvp
from hloom.typing import ArrayLike


def squares(x):
    """The squared absolute value of each element."""
    if dtypes.is_complex(aval_of(x).dtype):
        return x.real * x.real + x.imag * x.imag
    return x * x


@functools.partial(custom_jvp, nondiff_argnums=1)
def root(total, p):
    """total^(1/p); its derivative at 0 counts as 0, so that a norm of zeros has the gradient 0."""
    return sqrt(total) if p == 2 else power(total, 1 / p)


@root.defjvp
def _root_jvp(p, primals, tangents):
    (total,), (change,) = primals, tangents
    found = root(total, p)
    zero = total == 0
    slope = found / (where(zero, 1, total) * p)
    return found, where(zero, 0, slope) * change


@fused
def norm(x: ArrayLike, ord=None, axis=None, keepdims: bool = False):
    """The norm of vectors along one axis, of matrices along two, of all elements without `ord`.

    Of vectors: 2 by default, 0, inf, -inf or any number p. Of matrices: "fro" by default, "nuc" the
    sum of singular values, 2 and -2 the extreme ones, 1 and inf the largest column and row sums.
    A norm of zeros has the gradient 0.

    >>> import hloom.numpy as np
    >>> np.linalg.norm(np.array([3.0, 4.0]))
    Array(5., dtype=float32)
    """
    keepdims = flag("norm", "keepdims", keepdims)
    (x,) = promote_dtypes_inexact("norm", x)
    n = aval_of(x).ndim
    if axis is None:
        if ord is None:
            return root(sum(squares(x), keepdims=keepdims), 2)
        axis = tuple(range(n))
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    axes = canonical_axes("norm", axes, n)
    if len(axes) == 1:
        return _of_vectors(x, ord, axes[0], keepdims)
    if len(axes) == 2:
        return _of_matrices(x, ord, axes, keepdims)
    found = f"the operand is {aval_of(x)}, axis is {axis}"
    raise ShapeError("norm: of one axis or two", found, "choose `axis`, or leave `ord` away")


def _largest(x, axis, keepdims=False):
    """The largest absolute value, which is 0 where there are no elements."""
    return max(x, axis, keepdims=keepdims, initial=None if aval_of(x).size else 0)


def _of_vectors(x, ord, axis, keepdims):
    if ord is None or ord == 2:
        return root(sum(squares(x), axis, keepdims=keepdims), 2)
    if isinstance(ord, str):
        remedy = "use a number, or two axes"
        raise ValueRangeError(f"norm: {ord!r} is no norm of vectors", None, remedy)
    size = abs(x)
    if ord in (math.inf, -math.inf):
        return (_largest if ord > 0 else min)(size, axis, keepdims=keepdims)
    if ord == 0:
        return sum((x != 0).astype(aval_of(size).dtype), axis, keepdims=keepdims)
    if ord == 1:
        return sum(size, axis, keepdims=keepdims)
    return root(sum(power(size, ord), axis, keepdims=keepdims), ord)


def _of_matrices(x, ord, axes, keepdims):
    row, column = axes
    if ord is None or ord in ("f", "fro"):
        return root(sum(squares(x), axes, keepdims=keepdims), 2)
    extreme = {1: (_largest, row, column), -1: (min, row, column)}
    extreme |= {math.inf: (_largest, column, row), -math.inf: (min, column, row)}
    if not isinstance(ord, str) and ord in extreme:
        found_by, summed, other = extreme[ord]
        sums = sum(abs(x), summed, keepdims=True)
        found = found_by(sums, other, keepdims=True)
    elif ord in (2, -2, "nuc"):
        order = [*[i for i in range(aval_of(x).ndim) if i not in axes], *axes]
        values = svd(transpose(x, order), compute_uv=False)
        found = {2: _largest, -2: min, "nuc": sum}[ord](values, -1)
        return expand_dims(found, sorted(axes)) if keepdims else found
    else:
        remedy = 'use "fro", "nuc", 1, -1, 2, -2, inf or -inf'
        raise ValueRangeError(f"norm: {ord!r} is no norm of matrices", None, remedy)
    return found if keepdims else found.squeeze(axes)


@fused
def matrix_norm(x: ArrayLike, /, *, keepdims: bool = False, ord="fro"):
    """The norms of matrices in the last two axes, as `norm` has them."""
    return norm(x, ord, (-2, -1), keepdims)


@fused
def vector_norm(x: ArrayLike, /, *, axis=None, keepdims: bool = False, ord=2):
    """The norms of vectors along axes, taken together; by default along all axes."""
    (x,), keepdims = promote_dtypes_inexact("vector_norm", x), flag("norm", "keepdims", keepdims)
    n = aval_of(x).ndim
    if axis is None or isinstance(axis, tuple | list):
        axes = canonical_axes("vector_norm", range(n) if axis is None else axis, n)
        order = [*[i for i in range(n) if i not in axes], *axes]
        kept = n - len(axes)
        flat = transpose(x, order).reshape((*[aval_of(x).shape[i] for i in order[:kept]], -1))
        found = _of_vectors(flat, ord, kept, False)
        return expand_dims(found, sorted(axes)) if keepdims else found
    return _of_vectors(x, ord, canonical_axis("vector_norm", axis, n), keepdims)


@fused
def cond(x: ArrayLike, p=None):
    """The condition numbers of matrices: the norm times the norm of the inverse."""
    (x,) = promote_dtypes_inexact("cond", x)
    if 0 in aval_of(x).shape[-2:]:
        found, remedy = f"the operand is {aval_of(x)}", "give them one row and one column or more"
        raise ShapeError("cond: empty matrices have no condition number", found, remedy)
    if p is None or p in (2, -2):
        values = svd(x, compute_uv=False)
        first, last = values[..., 0], values[..., -1]
        return last / first if p == -2 else first / last
    return norm(x, p, (-2, -1)) * norm(inv(x), p, (-2, -1))
