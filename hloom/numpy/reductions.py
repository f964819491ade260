"""Sums, products, extremes, logic and positions along axes."""

from hloom.frontend import dtypes
from hloom.frontend.errors import DTypeError, ShapeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims import reduction as r
from hloom.frontend.prims.structural import canonical_axis, reshape
from hloom.frontend.trace import aval_of
from hloom.numpy.folding import (
    ALL,
    ANY,
    MAX,
    MIN,
    PROD,
    SUM,
    finished,
    fold,
    keep,
    sum_dtype,
    wide,
)
from hloom.numpy.promotion import no_out, operand, to_dtype
from hloom.numpy.types import requested
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _total(name, kind, a, axis, dtype, out, keepdims, initial, where, promote_integers):
    a = operand(name, a)
    own = aval_of(a).dtype
    dtype = sum_dtype(own, promote_integers) if dtype is None else requested(name, dtype)
    y = fold(name, kind, to_dtype(a, wide(dtype)), axis, out, keepdims, initial, where)
    return finished(y, dtype)


@fused
def sum(
    a: ArrayLike,
    axis=None,
    dtype=None,
    out=None,
    keepdims=False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
    promote_integers=True,
):
    """The sum of the elements along axes, of all by default.

    Integers are summed in the default integer, unless `promote_integers` is False.

    >>> import hloom.numpy as np
    >>> np.sum(np.array([[1, 2], [3, 4]]), axis=0)
    Array([4, 6], dtype=int32)
    """
    return _total("sum", SUM, a, axis, dtype, out, keepdims, initial, where, promote_integers)


@fused
def prod(
    a: ArrayLike,
    axis=None,
    dtype=None,
    out=None,
    keepdims=False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
    promote_integers=True,
):
    """The product of the elements along axes, of all by default."""
    return _total("prod", PROD, a, axis, dtype, out, keepdims, initial, where, promote_integers)


def _extreme(name, kind, a, axis, out, keepdims, initial, where):
    a = operand(name, a)
    y = fold(name, kind, a, axis, out, keepdims, initial, where)
    return finished(y, aval_of(a).dtype)


@fused
def max(
    a: ArrayLike,
    axis=None,
    out=None,
    keepdims=False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
):
    """The largest element along axes, NaN if one is; `where` needs `initial`.

    >>> import hloom.numpy as np
    >>> np.max(np.array([[1, 2], [3, 4]]), axis=1)
    Array([2, 4], dtype=int32)
    """
    return _extreme("max", MAX, a, axis, out, keepdims, initial, where)


@fused
def min(
    a: ArrayLike,
    axis=None,
    out=None,
    keepdims=False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
):
    """The smallest element along axes, NaN if one is; `where` needs `initial`."""
    return _extreme("min", MIN, a, axis, out, keepdims, initial, where)


amax, amin = max, min


@fused
def minmax(
    a: ArrayLike,
    axis=None,
    out=None,
    keepdims=False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
):
    """The smallest and the largest element along axes; `initial` may be a pair, one for each."""
    low, high = initial if isinstance(initial, tuple | list) else (initial, initial)
    return (
        _extreme("minmax", MIN, a, axis, out, keepdims, low, where),
        _extreme("minmax", MAX, a, axis, out, keepdims, high, where),
    )


@fused
def ptp(a: ArrayLike, axis=None, out=None, keepdims=False):
    """The distance of the largest from the smallest element along axes."""
    a = operand("ptp", a)
    low, high = (_extreme("ptp", kind, a, axis, out, keepdims, None, None) for kind in (MIN, MAX))
    return e.sub(high, low)


# ---------------------------------------------------------------- logic
@fused
def any(a: ArrayLike, axis=None, out=None, keepdims=False, *, where: ArrayLike | None = None):
    """Whether an element along axes is not zero."""
    a = to_dtype(operand("any", a), dtypes.bool_)
    return finished(fold("any", ANY, a, axis, out, keepdims, None, where), dtypes.bool_)


@fused
def all(a: ArrayLike, axis=None, out=None, keepdims=False, *, where: ArrayLike | None = None):
    """Whether no element along axes is zero."""
    a = to_dtype(operand("all", a), dtypes.bool_)
    return finished(fold("all", ALL, a, axis, out, keepdims, None, where), dtypes.bool_)


@fused
def count_nonzero(a: ArrayLike, axis=None, keepdims=False):
    """How many elements along axes are not zero."""
    dtype = sum_dtype(dtypes.bool_)
    a = to_dtype(to_dtype(operand("count_nonzero", a), dtypes.bool_), dtype)
    return finished(fold("count_nonzero", SUM, a, axis, None, keepdims, None, None), dtype)


# ---------------------------------------------------------------- positions
def position(name, primitive, a, axis, out, keepdims):
    """The position of an extreme along one axis, or among all elements."""
    no_out(name, out)
    a = operand(name, a)
    shape = aval_of(a).shape
    if dtypes.is_complex(aval_of(a).dtype):
        found = f"the operand is {aval_of(a)}"
        raise DTypeError(f"{name}: takes real numbers", found, "use abs(x), or x.real")
    flat = axis is None
    axis = 0 if flat else canonical_axis(name, axis, len(shape))
    x = reshape(a, (aval_of(a).size,)) if flat and len(shape) != 1 else a
    if aval_of(x).shape[axis] == 0:
        found = f"the array has shape {shape}"
        raise ShapeError(f"{name}: of no elements", found, "there is no such position")
    dtype = dtypes.canonicalize(dtypes.int64)
    (y,) = primitive.bind(x, axis=axis, index_dtype=dtype)
    return keep(y, shape, range(len(shape)) if flat else (axis,)) if keepdims else y


@fused
def argmax(a: ArrayLike, axis=None, out=None, keepdims=None):
    """The position of the largest element, the first of equal ones; NaN is the largest.

    Without `axis` the position in the flattened array.

    >>> import hloom.numpy as np
    >>> np.argmax(np.array([3, 7, 7]))
    Array(1, dtype=int32)
    """
    return position("argmax", r.argmax, a, axis, out, keepdims)


@fused
def argmin(a: ArrayLike, axis=None, out=None, keepdims=None):
    """The position of the smallest element, the first of equal ones; NaN is the smallest."""
    return position("argmin", r.argmin, a, axis, out, keepdims)
