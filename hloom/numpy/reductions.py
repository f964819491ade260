"""Sums, products, extremes, logic and positions along axes."""

from hloom.frontend import dtypes
from hloom.frontend.errors import DTypeError, ShapeError
from hloom.frontend.prims import elementwise as e, reduction as r
from hloom.frontend.prims.structural import canonical_axis, reshape
from hloom.frontend.trace import aval_of
from hloom.naming import named
from hloom.numpy.folding import (
    ALL,
    ANY,
    MAX,
    MIN,
    PROD,
    SUM,
    finished,
    fold,
    keep_if,
    sum_dtype,
    wide,
)
from hloom.numpy.promotion import no_out, operand, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _total(name, kind, doc):
    def total(
        a: ArrayLike,
        axis=None,
        dtype=None,
        out=None,
        keepdims=False,
        initial: ArrayLike | None = None,
        where: ArrayLike | None = None,
        promote_integers=True,
    ):
        x = operand(name, a)
        own = aval_of(x).dtype
        result = (
            sum_dtype(own, promote_integers) if dtype is None else dtypes.requested(name, dtype)
        )
        y = fold(name, kind, to_dtype(x, wide(result)), axis, out, keepdims, initial, where)
        return finished(y, result)

    return fused(named(total, name, doc))


sum = _total(
    "sum",
    SUM,
    """The sum of the elements along axes, of all by default.

    Integers are summed in the default integer, unless `promote_integers` is False.

    >>> import hloom.numpy as np
    >>> np.sum(np.array([[1, 2], [3, 4]]), axis=0)
    Array([4, 6], dtype=int32)
    """,
)
prod = _total("prod", PROD, "The product of the elements along axes, of all by default.")


def _largest(name, kind, a, axis, out, keepdims, initial, where):
    a = operand(name, a)
    y = fold(name, kind, a, axis, out, keepdims, initial, where)
    return finished(y, aval_of(a).dtype)


def _extreme(name, kind, doc):
    def extreme(
        a: ArrayLike,
        axis=None,
        out=None,
        keepdims=False,
        initial: ArrayLike | None = None,
        where: ArrayLike | None = None,
    ):
        return _largest(name, kind, a, axis, out, keepdims, initial, where)

    return fused(named(extreme, name, doc))


max = _extreme(
    "max",
    MAX,
    """The largest element along axes, NaN if one is; `where` needs `initial`.

    >>> import hloom.numpy as np
    >>> np.max(np.array([[1, 2], [3, 4]]), axis=1)
    Array([2, 4], dtype=int32)
    """,
)
min = _extreme(
    "min", MIN, "The smallest element along axes, NaN if one is; `where` needs `initial`."
)
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
        _largest("minmax", MIN, a, axis, out, keepdims, low, where),
        _largest("minmax", MAX, a, axis, out, keepdims, high, where),
    )


@fused
def ptp(a: ArrayLike, axis=None, out=None, keepdims=False):
    """The distance of the largest from the smallest element along axes."""
    a = operand("ptp", a)
    low, high = (_largest("ptp", kind, a, axis, out, keepdims, None, None) for kind in (MIN, MAX))
    return e.sub(high, low)


# ---------------------------------------------------------------- logic
def _logic(name, kind, doc):
    def logic(a: ArrayLike, axis=None, out=None, keepdims=False, *, where: ArrayLike | None = None):
        x = to_dtype(operand(name, a), dtypes.bool_)
        return finished(fold(name, kind, x, axis, out, keepdims, None, where), dtypes.bool_)

    return fused(named(logic, name, doc))


any = _logic("any", ANY, "Whether an element along axes is not zero.")
all = _logic("all", ALL, "Whether no element along axes is zero.")


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
    return keep_if(name, keepdims or False, y, shape, range(len(shape)) if flat else (axis,))


def _position(name, primitive, doc):
    def extreme(a: ArrayLike, axis=None, out=None, keepdims=None):
        return position(name, primitive, a, axis, out, keepdims)

    return fused(named(extreme, name, doc))


argmax = _position(
    "argmax",
    r.argmax,
    """The position of the largest element, the first of equal ones; NaN is the largest.

    Without `axis` the position in the flattened array.

    >>> import hloom.numpy as np
    >>> np.argmax(np.array([3, 7, 7]))
    Array(1, dtype=int32)
    """,
)
argmin = _position(
    "argmin",
    r.argmin,
    "The position of the smallest element, the first of equal ones; NaN is the smallest.",
)
