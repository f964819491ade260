"""Means, variances and averages along axes."""

import numbers

from hloom.frontend import dtypes
from hloom.frontend.choices import flag, whole
from hloom.frontend.errors import ArgumentError, ShapeError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    concatenate,
    reshape,
    transpose,
)
from hloom.frontend.trace import aval_of
from hloom.naming import named
from hloom.numpy.folding import count, finished, keep, keep_if, mask_for, reduced_axes, wide
from hloom.numpy.promotion import (
    broadcast_to,
    no_out,
    operand,
    promote_dtypes_inexact,
    select,
    to_dtype,
)
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _number(value, dtype):
    return typed_literal(value, dtype)


def _spread(y, shape, axes):
    """A reduced array repeated over the reduced axes."""
    kept = [i for i in range(len(shape)) if i not in axes]
    return broadcast_in_dim(y, shape, kept) if kept else y


def total(x, axes, mask):
    """The sum over axes of the elements that the mask leaves, and how many these are."""
    aval = aval_of(x)
    if mask is None:
        return _sum(x, axes), _number(count(aval.shape, axes), dtypes.to_real(aval.dtype))
    ones = broadcast_to(to_dtype(mask, dtypes.to_real(aval.dtype)), aval.shape)
    return _sum(select(mask, x, _number(0, aval.dtype)), axes), _sum(ones, axes)


def _sum(x, axes):
    return reduce_sum.bind(x, axes=axes)[0] if axes else x


def over(y, n):
    """A sum divided by a real count."""
    return e.div(y, to_dtype(n, aval_of(y).dtype))


@fused
def mean(
    a: ArrayLike,
    axis=None,
    dtype=None,
    out=None,
    keepdims=False,
    *,
    where: ArrayLike | None = None,
):
    """The mean of the elements along axes, a float; NaN of no elements.

    >>> import hloom.numpy as np
    >>> np.mean(np.array([1, 2, 6]))
    Array(3., dtype=float32)
    """
    no_out("mean", out)
    a = operand("mean", a)
    shape = aval_of(a).shape
    mask = None if where is None else mask_for("mean", where, shape)
    return _mean("mean", a, axis, dtype, keepdims, mask)


def _mean(name, a, axis, dtype, keepdims, mask):
    shape = aval_of(a).shape
    axes = reduced_axes(name, axis, len(shape))
    dtype = dtypes.to_inexact(aval_of(a).dtype) if dtype is None else dtypes.requested(name, dtype)
    computed = wide(dtypes.to_inexact(dtype))
    y = finished(over(*total(to_dtype(a, computed), axes, mask)), dtype)
    return keep_if(name, keepdims, y, shape, axes)


# ---------------------------------------------------------------- variance
def _variance(name, a, axis, dtype, ddof, correction, keepdims, mask, mean, finish):
    if correction is not None:
        if ddof:
            found = f"ddof is {ddof}, correction is {correction}"
            raise ArgumentError(f"{name}: ddof and correction are the same", found, "give one")
        ddof = correction
    if not isinstance(ddof, numbers.Real):
        found = f"it is {ddof!r}"
        raise ArgumentError(f"{name}: ddof is a number", found, "give an int or a float")
    shape = aval_of(a).shape
    axes = reduced_axes(name, axis, len(shape))
    own = dtypes.to_inexact(aval_of(a).dtype)
    dtype = dtypes.to_real(own) if dtype is None else dtypes.requested(name, dtype)
    real = wide(dtypes.to_real(dtypes.to_inexact(dtype)))
    x = to_dtype(a, own if dtypes.is_complex(own) else real)
    if mean is None:
        center = _spread(over(*total(x, axes, mask)), shape, axes)
    else:
        center = to_dtype(operand(name, mean), aval_of(x).dtype)
        center = broadcast_to(center, shape) if aval_of(center).shape else center
    apart = e.sub(x, center)
    if dtypes.is_complex(aval_of(apart).dtype):
        squares = e.add(e.square(e.real(apart)), e.square(e.imag(apart)))
    else:
        squares = e.square(apart)
    if mask is None:
        y, n = _sum(squares, axes), count(shape, axes) - ddof
        y = over(y, _number(n if n > 0 else float("nan"), aval_of(y).dtype))
    else:
        y, n = total(squares, axes, mask)
        n = e.sub(n, _number(ddof, aval_of(n).dtype)) if ddof else n
        nothing = _number(float("nan"), aval_of(n).dtype)
        y = over(y, select(e.gt(n, _number(0, aval_of(n).dtype)), n, nothing))
    y = finished(finish(y), dtype)
    return keep_if(name, keepdims, y, shape, axes)


def _moment(name, finish, doc):
    def moment(
        a: ArrayLike,
        axis=None,
        dtype=None,
        out=None,
        ddof=0,
        keepdims=False,
        *,
        where: ArrayLike | None = None,
        mean: ArrayLike | None = None,
        correction=None,
    ):
        no_out(name, out)
        x = operand(name, a)
        mask = None if where is None else mask_for(name, where, aval_of(x).shape)
        return _variance(name, x, axis, dtype, ddof, correction, keepdims, mask, mean, finish)

    return fused(named(moment, name, doc))


var = _moment(
    "var",
    lambda y: y,
    """The mean square distance from the mean along axes, divided by n - ddof; real.

    `mean`, if given, is used as the mean; its reduced axes are kept. NaN if ddof is not below n.

    >>> import hloom.numpy as np
    >>> np.var(np.array([1.0, 2.0, 3.0, 4.0]))
    Array(1.25, dtype=float32)
    """,
)
std = _moment("std", e.sqrt, "The square root of the variance along axes; see `var`.")


# ---------------------------------------------------------------- average
@fused
def average(
    a: ArrayLike, axis=None, weights: ArrayLike | None = None, returned=False, keepdims=False
):
    """The weighted mean along axes; with `returned` also the sum of the weights.

    Weights have the shape of `a`, or that of the averaged axes.

    >>> import hloom.numpy as np
    >>> np.average(np.array([1.0, 2.0]), weights=np.array([3.0, 1.0]))
    Array(1.25, dtype=float32)
    """
    a = operand("average", a)
    shape = aval_of(a).shape
    axes = reduced_axes("average", axis, len(shape))
    if weights is None:
        a = promote_dtypes_inexact("average", a)[0]
        y = _mean("average", a, axes, None, keepdims, None)
        n = _number(count(shape, axes), aval_of(y).dtype)
        return (y, broadcast_in_dim(n, aval_of(y).shape, ())) if returned else y
    a, weights = promote_dtypes_inexact("average", a, operand("average", weights))
    weights = _as_weights(weights, shape, axes, axis)
    dtype = aval_of(a).dtype
    a, weights = (to_dtype(x, wide(dtype)) for x in (a, weights))
    scale = _sum(weights, axes)
    y = finished(e.div(_sum(e.mul(a, weights), axes), scale), dtype)
    if flag("average", "keepdims", keepdims):
        y, scale = keep(y, shape, axes), keep(scale, shape, axes)
    return (y, finished(scale, dtype)) if returned else y


def _as_weights(weights, shape, axes, axis):
    """Weights in the shape of the array."""
    own = aval_of(weights).shape
    if own == shape:
        return weights
    lengths = tuple([shape[i] for i in axes])
    if axis is None or own != lengths:
        found = f"they have shape {own}, the array has shape {shape}, axis is {axis}"
        remedy = "give weights the shape of the array, or name the axes that they belong to"
        raise ShapeError("average: the weights do not fit", found, remedy)
    order = sorted(range(len(axes)), key=axes.__getitem__)
    return broadcast_in_dim(transpose(weights, order), shape, sorted(axes))


# ---------------------------------------------------------------- covariance
def _variables(name, m, y, rowvar, dtype):
    """The observations of variables, one variable a row."""
    parts = [m] if y is None else [m, y]
    parts = promote_dtypes_inexact(name, *(operand(name, p) for p in parts))
    if dtype is not None:
        parts = [to_dtype(p, dtypes.requested(name, dtype)) for p in parts]
    rows = []
    for p in parts:
        n = aval_of(p).ndim
        if n > 2:
            found = f"there is one of shape {aval_of(p).shape}"
            raise ShapeError(f"{name}: variables are a vector or matrix", found, "reshape it")
        p = transpose(p, (1, 0)) if n == 2 and not rowvar else p
        rows.append(p if n == 2 else reshape(p, (1, aval_of(p).size)))
    return concatenate(rows, 0)


@fused
def cov(
    m: ArrayLike,
    y: ArrayLike | None = None,
    rowvar=True,
    bias=False,
    ddof=None,
    fweights: ArrayLike | None = None,
    aweights: ArrayLike | None = None,
    dtype=None,
):
    """The covariances of variables, a matrix; each row of `m` (and `y`) is one, or each column.

    Divided by n - 1, by n if `bias`, or by n - ddof. `fweights` count repeated observations,
    `aweights` say how much each matters.

    >>> import hloom.numpy as np
    >>> np.cov(np.array([[0.0, 1.0, 2.0], [2.0, 1.0, 0.0]]))
    Array([[ 1., -1.],
           [-1.,  1.]], dtype=float32)
    """
    return _covariance("cov", m, y, rowvar, bias, ddof, fweights, aweights, dtype)


def _covariance(name, m, y, rowvar, bias, ddof, fweights, aweights, dtype):
    x = _variables(name, m, y, rowvar, dtype)
    (count_, n), kind = aval_of(x).shape, aval_of(x).dtype
    real = dtypes.to_real(kind)
    ddof = (0 if bias else 1) if ddof is None else ddof
    if whole(ddof) is None:
        raise ValueRangeError(f"{name}: ddof is an integer", f"it is {ddof!r}", "give an int")
    weights = None
    for w in (fweights, aweights):
        if w is not None:
            w = to_dtype(operand(name, w), real)
            if aval_of(w).shape != (n,):
                found = f"there are {n} observations, the weights are {aval_of(w)}"
                raise ShapeError(f"{name}: one weight for each observation", found, "correct them")
            weights = w if weights is None else e.mul(weights, w)
    if weights is None:
        size, share, scale = _number(n, real), None, _number(n - ddof, real)
    else:
        size = _sum(weights, (0,))
        share = broadcast_in_dim(to_dtype(weights, kind), (count_, n), (1,))
        scale = e.sub(size, _number(ddof, real))
        if ddof and aweights is not None:
            squares = e.mul(weights, to_dtype(operand(name, aweights), real))
            scale = e.sub(size, e.div(e.mul(_number(ddof, real), _sum(squares, (0,))), size))
    weighted = x if share is None else e.mul(x, share)
    apart = e.sub(x, _spread(over(_sum(weighted, (1,)), size), (count_, n), (1,)))
    other = apart if share is None else e.mul(apart, share)
    other = e.conj(other) if dtypes.is_complex(kind) else other
    product = over(dot_general(apart, other, (((1,), (1,)), ((), ()))), scale)
    return reshape(product, ()) if count_ == 1 else product


@fused
def corrcoef(x: ArrayLike, y: ArrayLike | None = None, rowvar=True, dtype=None):
    """The correlations of variables, a matrix; see `cov`."""
    c = _covariance("corrcoef", x, y, rowvar, False, None, None, None, dtype)
    kind = aval_of(c).dtype
    if not aval_of(c).ndim:
        return e.div(c, c)
    n = aval_of(c).shape[0]
    index = [broadcasted_iota("int32", (n, n), i) for i in (0, 1)]
    diagonal = _sum(select(e.eq(*index), c, _number(0, kind)), (1,))
    scale = e.sqrt(e.real(diagonal) if dtypes.is_complex(kind) else diagonal)
    scale = to_dtype(scale, kind)
    scale = e.mul(_spread(scale, (n, n), (1,)), _spread(scale, (n, n), (0,)))
    c = e.div(c, scale)
    low, high = _number(-1, dtypes.to_real(kind)), _number(1, dtypes.to_real(kind))
    if dtypes.is_complex(kind):
        return e.complex(e.clamp(low, e.real(c), high), e.clamp(low, e.imag(c), high))
    return e.clamp(low, c, high)
