"""Reductions of exponentials, and what is normalised by them: softmax, logsumexp, standardize."""

import functools

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import flag
from hloom.frontend.errors import DTypeError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.calls import custom_jvp_call, stop
from hloom.frontend.prims.reduction import reduce_max, reduce_sum
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    canonical_axis,
    canonical_shape,
)
from hloom.frontend.trace import aval_of
from hloom.nn.activations import as_inexact
from hloom.numpy.creation import asarray
from hloom.numpy.folding import count, keep, mask_for, reduced_axes
from hloom.numpy.promotion import operand, promote_inexact, select, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _spread(x, shape, axes):
    """A reduced array repeated along the axes that were reduced."""
    return broadcast_in_dim(x, shape, [i for i in range(len(shape)) if i not in axes])


def _largest(x, axes):
    """The largest elements, as constants of differentiation."""
    return stop.bind(reduce_max(e.real(x) if dtypes.is_complex(x.dtype) else x, axes))[0]


def _finite(x):
    """`x` with 0 in place of infinities."""
    return select(e.is_finite(x), x, 0.0)


def _setup(name, x, axis, where):
    """The operand, its axes, and the mask or None; the operand is -inf where the mask is false."""
    x = as_inexact(name, x)
    aval = aval_of(x)
    if not aval.shape:
        x = broadcast_in_dim(x, (), ()) if not isinstance(x, Array) else x
    axes = reduced_axes(name, axis, aval.ndim)
    if where is None:
        return x, axes, None
    where = mask_for(name, where, aval.shape)
    return select(where, x, -np.inf), axes, where


# ---------------------------------------------------------------- softmax
@fused
def softmax(x: ArrayLike, axis=-1, where: ArrayLike = None) -> Array:
    """exp(x) over its sum along `axis` (one, several or None for all).

    Only elements where `where` holds count; the others get 0.

    >>> import hloom
    >>> hloom.nn.softmax(hloom.numpy.array([0.0, 0.0, -1e9]))
    Array([0.5, 0.5, 0. ], dtype=float32)
    """
    x, axes, where = _setup("softmax", x, axis, where)
    if not axes or 0 in x.shape:
        return e.exp(e.sub(x, x)) if not axes else x
    program, rule = _softmax(axes)
    y = custom_jvp_call.bind(x, program=program, rule=rule, num_consts=0)[0]
    return y if where is None else select(where, y, 0.0)


@functools.cache
def _softmax(axes):
    """The softmax over axes and its derivative, y * (g - sum(y * g)), for custom_jvp_call."""

    def softmax(x):
        z = e.exp(e.sub(x, _spread(_largest(x, axes), x.shape, axes)))
        return [e.div(z, _spread(reduce_sum(z, axes), x.shape, axes))]

    def softmax_jvp(primals, tangents):
        (y,) = custom_jvp_call.bind(*primals, program=softmax, rule=softmax_jvp, num_consts=0)
        (g,) = tangents
        if g is None:
            return [y], [None]
        total = reduce_sum(e.mul(y, g), axes)
        return [y], [e.mul(y, e.sub(g, _spread(total, y.shape, axes)))]

    softmax_jvp.name = "softmax"
    return softmax, softmax_jvp


@fused
def log_softmax(x: ArrayLike, axis=-1, where: ArrayLike = None) -> Array:
    """The logarithm of `softmax`, exact where that is tiny; -inf where `where` does not hold."""
    x, axes, where = _setup("log_softmax", x, axis, where)
    if 0 in x.shape:
        return x
    shifted = e.sub(x, _spread(_largest(x, axes), x.shape, axes))
    total = e.log(reduce_sum(_exp_where(shifted, where), axes))
    y = e.sub(shifted, _spread(total, x.shape, axes))
    return y if where is None else select(where, y, -np.inf)


def _exp_where(x, where):
    """exp(x) and its derivative, 0 outside of the mask."""
    if where is None:
        return e.exp(x)
    return select(where, e.exp(select(where, x, 0.0)), 0.0)


# ---------------------------------------------------------------- log of a sum, log of a mean
@fused
def logsumexp(
    a: ArrayLike,
    axis=None,
    b: ArrayLike = None,
    keepdims=False,
    return_sign=False,
    where: ArrayLike = None,
):
    """log(sum(b * exp(a))) along axes, without overflow.

    With `return_sign` the logarithm of the absolute value and the sign of the sum, a pair.

    >>> import hloom
    >>> round(float(hloom.nn.logsumexp(hloom.numpy.array([1000.0, 1000.0]))), 2)
    1000.69
    """
    keepdims = flag("logsumexp", "keepdims", keepdims)
    return_sign = flag("logsumexp", "return_sign", return_sign)
    if b is not None:
        a, b = promote_inexact("logsumexp", a, b)
        # an element that counts zero times must not decide the shift
        a = select(e.ne(b, 0), a, -np.inf)
    x, axes, where = _setup("logsumexp", a, axis, where)
    if count(x.shape, axes) == 0 and axes:
        total = reduce_sum(x, axes)
        shift = total
    else:
        shift = _finite(_largest(x, axes) if axes else _alone(x))
        z = e.exp(e.sub(x, _spread(to_dtype(shift, x.dtype), x.shape, axes)))
        z = z if b is None else e.mul(z, b)
        total = reduce_sum(z if where is None else select(where, z, 0.0), axes)
    return _logarithm(total, shift, x.shape, axes, keepdims, return_sign)


def _alone(x):
    return stop.bind(e.real(x) if dtypes.is_complex(x.dtype) else x)[0]


def _logarithm(total, shift, shape, axes, keepdims, return_sign):
    sign = e.sign(total)
    size = e.abs(total) if return_sign else total
    y = e.add(e.log(size), to_dtype(shift, size.dtype))
    if keepdims:
        y, sign = keep(y, shape, axes), keep(sign, shape, axes)
    return (y, sign) if return_sign else y


@fused
def logmeanexp(x: ArrayLike, axis=None, where: ArrayLike = None, keepdims=False) -> Array:
    """log(mean(exp(x))) along axes, without overflow."""
    keepdims = flag("logmeanexp", "keepdims", keepdims)
    total = logsumexp.function(x, axis, None, keepdims, False, where)
    shape = aval_of(operand("logmeanexp", x)).shape
    axes = reduced_axes("logmeanexp", axis, len(shape))
    if where is None:
        return e.sub(total, e.log(typed_literal(count(shape, axes), total.dtype)))
    mask = mask_for("logmeanexp", where, shape)
    mask = mask if aval_of(mask).shape == shape else broadcast_in_dim(mask, shape, ())
    kept = reduce_sum(e.convert_element_type(mask, total.dtype), axes)
    return e.sub(total, e.log(keep(kept, shape, axes) if keepdims else kept))


# ---------------------------------------------------------------- others
@fused
def standardize(
    x: ArrayLike,
    axis=-1,
    mean: ArrayLike = None,
    variance: ArrayLike = None,
    epsilon: ArrayLike = 1e-5,
    where: ArrayLike = None,
    *,
    algorithm="fast",
) -> Array:
    """(x - mean) / sqrt(variance + epsilon) along axes.

    The variance is mean(x^2) - mean(x)^2 if `algorithm` is "fast", which loses digits where the
    mean is large, and mean((x - mean)^2) if it is "stable".
    """
    if algorithm not in ("fast", "stable"):
        found = f"it is {algorithm!r}"
        what = "standardize: the algorithm is 'fast' or 'stable'"
        raise ValueRangeError(what, found, "use one of them")
    x = as_inexact("standardize", x)
    shape, dtype = aval_of(x).shape, aval_of(x).dtype
    axes = reduced_axes("standardize", axis, len(shape))
    mask = None if where is None else mask_for("standardize", where, shape)

    def average(v):
        if mask is None:
            return _spread(e.div(reduce_sum(v, axes), float(count(shape, axes))), shape, axes)
        ones = select(mask, v, 0.0), select(mask, broadcast_in_dim(_one(v), shape, ()), 0.0)
        return _spread(e.div(*[reduce_sum(o, axes) for o in ones]), shape, axes)

    given = [None if v is None else _like(v, x) for v in (mean, variance)]
    mean = average(x) if given[0] is None else given[0]
    if given[1] is not None:
        variance = given[1]
    elif algorithm == "stable":
        variance = average(e.square(e.sub(x, mean)))
    else:
        variance = e.sub(average(e.square(x)), e.square(mean))
    epsilon = to_dtype(operand("standardize", epsilon), dtype)
    return e.mul(e.sub(x, mean), e.rsqrt(e.add(variance, epsilon)))


def _one(x):
    return typed_literal(1, aval_of(x).dtype)


def _like(v, x):
    """A given statistic in the dtype and shape of `x`."""
    shape = aval_of(x).shape
    v = to_dtype(operand("standardize", v), aval_of(x).dtype)
    own = aval_of(v).shape
    return broadcast_in_dim(v, shape, range(len(shape) - len(own), len(shape))) if own else v


@fused
def one_hot(x: ArrayLike, num_classes, *, dtype=None, axis=-1, out_sharding=None) -> Array:
    """1 at the class that each integer names, 0 elsewhere, along a new axis.

    Integers outside of [0, num_classes) give zeros.

    >>> import hloom
    >>> hloom.nn.one_hot(hloom.numpy.array([0, 2]), 3)
    Array([[1., 0., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    x = asarray(x) if type(x) in (list, tuple) else operand("one_hot", x)
    aval = aval_of(x)
    if dtypes.is_complex(aval.dtype) or dtypes.is_extended(aval.dtype):
        what = "one_hot: takes integers"
        raise DTypeError(what, f"it was given {aval}", "convert with x.astype(int)")
    if dtypes.is_bool(aval.dtype):
        x = to_dtype(x, dtypes.int32)
    n = canonical_shape("one_hot", (num_classes,))[0]
    axis = canonical_axis("one_hot", axis, aval.ndim + 1)
    shape = (*aval.shape[:axis], n, *aval.shape[axis:])
    classes = broadcasted_iota(aval_of(x).dtype, shape, axis)
    if aval.shape:
        x = broadcast_in_dim(x, shape, [i for i in range(len(shape)) if i != axis])
    dtype = dtypes.python_scalar_dtype(float)[0] if dtype is None else dtype
    return e.convert_element_type(e.eq(x, classes), dtype)
