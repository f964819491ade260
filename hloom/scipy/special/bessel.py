"""Bessel functions: the modified ones of orders 0 and 1, and those of the first kind (DLMF 10)."""

import functools
import math

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import DTypeError, ValueRangeError
from hloom.frontend.prims import elementwise as e, special as s
from hloom.frontend.prims.structural import concatenate, expand_dims, slice_in_dim
from hloom.frontend.trace import aval_of
from hloom.lowering.iterate import eps
from hloom.lowering.series import horner
from hloom.numpy.promotion import filled, operand, select, to_dtype
from hloom.runtime.dispatch import fused
from hloom.scipy.special.differentiable import differentiable
from hloom.scipy.special.series import computed
from hloom.transforms.rules.special import i1_ratio
from hloom.typing import ArrayLike


# ---------------------------------------------------------------- modified functions
@fused
def i0e(x: ArrayLike) -> Array:
    """The modified Bessel function of order 0 times exp(-abs(x)).

    >>> import hloom
    >>> hloom.scipy.special.i0e(1.0)
    Array(0.4657596, dtype=float32, weak_type=True)
    """
    return computed("i0e", s.bessel_i0e, x)


@fused
def i1e(x: ArrayLike) -> Array:
    """The modified Bessel function of order 1 times exp(-abs(x)).

    >>> import hloom
    >>> hloom.scipy.special.i1e(1.0)
    Array(0.20791042, dtype=float32, weak_type=True)
    """
    return computed("i1e", s.bessel_i1e, x)


def _grown(scaled):
    def function(x):
        # the exponential in two parts: it may overflow where the product does not
        half = e.exp(e.mul(e.abs(x), 0.5))
        product = e.mul(e.mul(scaled(x), half), half)
        return select(e.eq(e.abs(x), math.inf), x if scaled is s.bessel_i1e else math.inf, product)

    return function


def _i1_slope(x):
    return e.sub(_i0_function(x), i1_ratio(x, _i1_function(x), scaled=False))


_i0_function = differentiable(_grown(s.bessel_i0e), lambda x, y: _i1_function(x), name="i0")
_i1_function = differentiable(_grown(s.bessel_i1e), lambda x, y: _i1_slope(x), name="i1")


@fused
def i0(x: ArrayLike) -> Array:
    """The modified Bessel function of order 0.

    >>> import hloom
    >>> hloom.scipy.special.i0(1.0)
    Array(1.2660658, dtype=float32, weak_type=True)
    """
    return computed("i0", _i0_function, x)


@fused
def i1(x: ArrayLike) -> Array:
    """The modified Bessel function of order 1.

    >>> import hloom
    >>> hloom.scipy.special.i1(1.0)
    Array(0.5651591, dtype=float32, weak_type=True)
    """
    return computed("i1", _i1_function, x)


# ---------------------------------------------------------------- functions of the first kind
@fused
def bessel_jn(z: ArrayLike, *, v: int, n_iter: int = 50) -> Array:
    """The Bessel functions of the first kind of orders 0, ..., v, stacked in a new first axis.

    Below max(25, v) they follow by recurrence from orders above, at least `n_iter`; beyond, from
    Hankel's expansions of orders 0 and 1. `z` is real, of a floating dtype.

    >>> import hloom
    >>> hloom.scipy.special.bessel_jn(hloom.numpy.array([0.0, 1.0]), v=1)
    Array([[1.       , 0.7651977],
           [0.       , 0.4400506]], dtype=float32)
    """
    z = operand("bessel_jn", z)
    dtype, weak = aval_of(z).dtype, aval_of(z).weak_type
    if not dtypes.is_float(dtype):
        found, remedy = f"z is {aval_of(z)}", "convert it with z.astype(float)"
        raise DTypeError("bessel_jn: takes a floating dtype", found, remedy)
    for name, value in (("v", v), ("n_iter", n_iter)):
        if isinstance(value, bool) or not hasattr(value, "__index__") or value.__index__() < 0:
            asked = f"bessel_jn: {name} is an integer from 0 on"
            raise ValueRangeError(asked, f"it is {value!r}", "give a Python int")
    wide = to_dtype(z, dtypes.float32) if dtypes.itemsize_bits(dtype) < 32 else z
    values = _first_kind(v.__index__(), n_iter.__index__())(wide)
    return to_dtype(values, dtype, weak)


@functools.cache
def _first_kind(v, n_iter):
    """The function to J0(z), ..., Jv(z), stacked."""

    def values(z):
        return concatenate([expand_dims(y, (0,)) for y in _orders(z, v, n_iter)], 0)

    def slopes(z, _):
        # 2 Jn' = J(n-1) - J(n+1), and J(-1) = -J1
        orders = _first_kind(v + 1, n_iter)(z)
        above = slice_in_dim(orders, 1, v + 2)
        below = [e.neg(slice_in_dim(orders, 1, 2)), slice_in_dim(orders, 0, v)]
        return e.mul(e.sub(concatenate(below, 0), above), 0.5)

    return differentiable(values, slopes, name="bessel_jn")


def _orders(z, v, n_iter):
    """J0(z), ..., Jv(z)."""
    size = e.abs(z)
    border = float(max(25, v))
    far = e.gt(size, border)
    start = max(n_iter, int(border + 12 * border ** (1 / 3)))
    low = _downwards(select(far, 1.0, size), v, start)
    high = _upwards(select(far, size, border), v)
    found = [select(far, b, a) for a, b in zip(low, high, strict=True)]
    # Jn(-z) = (-1)^n Jn(z)
    negative = e.lt(z, 0.0)
    return [select(negative, e.neg(y), y) if n % 2 else y for n, y in enumerate(found)]


def _downwards(z, v, start):
    """From quotients r = Jn / J(n-1) and J0 + 2 J2 + 2 J4 + ... = 1 (DLMF 10.6.1, 10.12.4)."""
    r = total = filled(0.0, aval_of(z))
    ratios = []
    for n in range(start + start % 2, 0, -1):
        below = e.sub(2.0 * n, e.mul(z, r))
        last, r = r, e.div(z, select(e.eq(below, 0.0), eps(z), below))
        if n % 2:
            total = e.mul(e.mul(r, last), e.add(total, 1.0))
        ratios = [r, *ratios] if n <= v else ratios
    values = [e.div(1.0, e.add(e.mul(total, 2.0), 1.0))]
    for r in ratios:
        values.append(e.mul(values[-1], r))
    return values


def _hankel(order):
    """The coefficients of powers of 1/z² in the two series of Hankel's expansion (DLMF 10.17.1)."""
    terms = [1.0]
    for k in range(1, 18):
        terms.append(terms[-1] * (4 * order**2 - (2 * k - 1) ** 2) / (8 * k))
    signed = [t * (-1) ** (k // 2) for k, t in enumerate(terms)]
    return signed[::2], signed[1::2]


def _upwards(z, v):
    """By Hankel's expansions of J0 and J1, and the recurrence, which is stable up to order z."""
    r = e.div(1.0, z)
    r2 = e.integer_pow(r, 2)
    sine, cosine = e.sin(z), e.cos(z)
    plus, minus = e.add(cosine, sine), e.sub(sine, cosine)
    scale = e.sqrt(e.mul(r, 1 / math.pi))
    (p0, q0), (p1, q1) = _hankel(0), _hankel(1)
    p0, q0, p1, q1 = (horner(r2, c) for c in (p0, q0, p1, q1))
    first = e.sub(e.mul(p0, plus), e.mul(e.mul(q0, r), minus))
    second = e.add(e.mul(p1, minus), e.mul(e.mul(q1, r), plus))
    ends = e.eq(z, math.inf)
    values = [select(ends, 0.0, e.mul(scale, x)) for x in (first, second)]
    for n in range(1, v):
        values.append(e.sub(e.mul(e.mul(values[n], r), 2.0 * n), values[n - 1]))
    return values[: v + 1]
