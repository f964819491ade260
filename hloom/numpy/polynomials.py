"""Polynomials as vectors of coefficients, the highest power first."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import integer
from hloom.frontend.errors import ShapeError, TracedValueError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.trace import concrete_or_none
from hloom.lax.loops import scan
from hloom.numpy import elementwise as ew, linalg
from hloom.numpy.creation import arange, array, asarray, full, ones, zeros
from hloom.numpy.editing import trim_zeros
from hloom.numpy.inspection import result_type
from hloom.numpy.joining import concatenate
from hloom.numpy.manipulation import atleast_1d
from hloom.numpy.padding import pad
from hloom.numpy.products import dot, outer
from hloom.numpy.reductions import sum as sum_of
from hloom.numpy.triangles import diag, vander
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _vector(name, p):
    p = p if isinstance(p, Array) else asarray(p)
    p = p if p.ndim else atleast_1d(p)
    if p.ndim != 1:
        found = f"it has shape {p.shape}"
        raise ShapeError(f"{name}: coefficients are a vector", found, "pass one polynomial")
    return p


def _inexact(p):
    return p.astype(dtypes.to_inexact(p.dtype))


def _same_length(name, a1, a2):
    a1, a2 = _vector(name, a1), _vector(name, a2)
    n = max(a1.size, a2.size)
    return pad(a1, (n - a1.size, 0)), pad(a2, (n - a2.size, 0))


@fused
def polyadd(a1: ArrayLike, a2: ArrayLike):
    """The sum of two polynomials.

    >>> import hloom.numpy as np
    >>> np.polyadd(np.array([1, 2]), np.array([9, 5, 4]))
    Array([9, 6, 6], dtype=int32)
    """
    a1, a2 = _same_length("polyadd", a1, a2)
    return a1 + a2


@fused
def polysub(a1: ArrayLike, a2: ArrayLike):
    """The difference of two polynomials."""
    a1, a2 = _same_length("polysub", a1, a2)
    return a1 - a2


@judged
def polymul(a1, a2, *, trim_leading_zeros=False):
    """The product of two polynomials.

    >>> import hloom.numpy as np
    >>> np.polymul(np.array([1.0, 2.0]), np.array([1.0, -2.0]))
    Array([ 1.,  0., -4.], dtype=float32)
    """
    if trim_leading_zeros:
        a1, a2 = (_trimmed("polymul", _vector("polymul", a)) for a in (a1, a2))
    return _product(a1, a2)


@fused
def _product(a1: ArrayLike, a2: ArrayLike):
    """The sums of the antidiagonals of all products: rows sheared by one place each."""
    products = outer(_vector("polymul", a1), _vector("polymul", a2))
    m, n = products.shape
    sheared = pad(products, ((0, 0), (0, m))).reshape(-1)[: m * (m + n - 1)]
    return sum_of(sheared.reshape(m, m + n - 1), axis=0, dtype=products.dtype)


def _known(name, p):
    known = concrete_or_none(p)
    if known is None:
        asked = f"{name}: the zeros at the front decide the length"
        raise TracedValueError(asked, f"they are traced ({p.aval})", "leave zeros where they are")
    return np.asarray(known)


def _trimmed(name, p):
    _known(name, p)
    found = trim_zeros(p, "f")
    return found if found.size else zeros(1, p.dtype)


@judged
def polydiv(u, v, *, trim_leading_zeros=False):
    """The quotient and the remainder of two polynomials.

    The remainder keeps its zeros at the front unless `trim_leading_zeros`.

    >>> import hloom.numpy as np
    >>> q, r = np.polydiv(np.array([1.0, 0.0, -4.0]), np.array([1.0, 2.0]))
    >>> q, r
    (Array([ 1., -2.], dtype=float32), Array([0., 0., 0.], dtype=float32))
    """
    quotient, rest = _divided(u, v)
    return quotient, _trimmed("polydiv", rest) if trim_leading_zeros else rest


@fused
def _divided(u: ArrayLike, v: ArrayLike):
    u, v = _inexact(_vector("polydiv", u)), _inexact(_vector("polydiv", v))
    dtype = result_type(u, v)
    rest, v = u.astype(dtype), v.astype(dtype)
    steps = u.size - v.size + 1
    if steps <= 0:
        return zeros(1, dtype), rest

    def step(rest, i):
        window = arange(v.size) + i
        factor = rest[i] / v[0]
        return rest.at[window].add(-factor * v), factor

    rest, quotient = scan(step, rest, arange(steps))
    return quotient, rest


@fused
def polyval(p: ArrayLike, x: ArrayLike, *, unroll=None):
    """The values of a polynomial at `x`, by Horner's scheme.

    >>> import hloom.numpy as np
    >>> np.polyval(np.array([1, 0, 2]), np.arange(3))
    Array([2, 3, 6], dtype=int32)
    """
    p = atleast_1d(asarray(p))
    x = asarray(x)
    dtype = result_type(p, x)
    p, x = p.astype(dtype), x.astype(dtype)
    shape = (p[0] + x).shape if p.size else x.shape
    start = zeros(shape, dtype)
    return scan(
        lambda y, c: (y * x + c, None), start, p, unroll=16 if unroll is None else unroll or 1
    )[0]


@fused
def polyder(p: ArrayLike, m=1):
    """The derivative of order `m` of a polynomial."""
    m = integer("polyder", "m", m)
    if m < 0:
        raise ValueRangeError(f"polyder: order {m}", "an order is not negative", "use polyint")
    p = _vector("polyder", p)
    n = p.size - m
    factors = [math.perm(k + m, m) for k in range(n)][::-1]
    return p[:n] * array(factors, p.dtype) if n > 0 else zeros(0, p.dtype)


@fused
def polyint(p: ArrayLike, m=1, k: ArrayLike | None = None):
    """The integral of order `m` of a polynomial, with the constants `k`, 0 by default."""
    m = integer("polyint", "m", m)
    if m < 0:
        raise ValueRangeError(f"polyint: order {m}", "an order is not negative", "use polyder")
    p = _inexact(_vector("polyint", p))
    constants = zeros(m, p.dtype) if k is None else atleast_1d(asarray(k))
    if constants.size == 1:
        constants = full(m, constants[0])
    if constants.shape != (m,):
        found = f"there are {constants.size}"
        raise ShapeError(f"polyint: one constant or {m}", found, "give one for each order")
    whole = concatenate([p, constants.astype(p.dtype)])
    top = whole.size - 1
    # the coefficient of x**(j - m) came to x**j; constants were integrated fewer times
    divisors = [math.perm(top - i, min(m, top - i)) for i in range(whole.size)]
    return whole / array(divisors, p.dtype)


@fused
def poly(seq_of_zeros: ArrayLike):
    """The polynomial with the given zeros, or the characteristic one of a matrix."""
    z = atleast_1d(asarray(seq_of_zeros))
    if z.ndim == 2 and z.shape[0] == z.shape[1]:
        z = linalg.eigvals(z)
    elif z.ndim != 1:
        found = f"it has shape {z.shape}"
        raise ShapeError("poly: takes a vector or a square matrix", found, "reshape it")
    z = _inexact(z)
    start = zeros(z.size + 1, z.dtype).at[0].set(1)
    return scan(lambda p, zero: (p - zero * pad(p[:-1], (1, 0)), None), start, z)[0]


@judged
def roots(p, *, strip_zeros=True):
    """The zeros of a polynomial: the eigenvalues of its companion matrix.

    With `strip_zeros` zeros at both ends of `p` are taken off, which a transformation cannot do;
    without it they give NaN, and `p` may be traced.
    """
    p = _vector("roots", p)
    low, high, at_zero = 0, p.size, 0
    if strip_zeros:
        kept = np.flatnonzero(_known("roots", p))
        low, high = (int(kept[0]), int(kept[-1]) + 1) if kept.size else (0, 0)
        at_zero = p.size - high if high else 0
    return _eigenvalues(p, low, high, at_zero)


@fused
def _eigenvalues(p: ArrayLike, low, high, at_zero):
    """Those of the companion matrix of p[low:high], and as many zeros as are asked for."""
    p = _inexact(asarray(p))[low:high]
    complex_dtype = dtypes.to_complex(p.dtype)
    if p.size < 2:
        return zeros(at_zero, complex_dtype)
    below = diag(ones(p.size - 2, p.dtype), -1)
    found = linalg.eigvals(below.at[0].set(-p[1:] / p[0]))
    return concatenate([found, zeros(at_zero, complex_dtype)])


@fused
def polyfit(
    x: ArrayLike,
    y: ArrayLike,
    deg,
    rcond=None,
    full=False,
    w: ArrayLike | None = None,
    cov=False,
):
    """The polynomial of degree `deg` that fits points best in the sense of least squares.

    `w` weights the points. With `full` also the residuals, rank, singular values and `rcond`;
    with `cov` the covariance of the coefficients, unscaled if it is "unscaled".
    """
    x, y = _inexact(_vector("polyfit", x)), _inexact(asarray(y))
    if deg < 0 or x.size == 0 or y.ndim not in (1, 2) or y.shape[0] != x.size:
        found = f"x has shape {x.shape}, y {y.shape}, the degree is {deg}"
        raise ShapeError("polyfit: a vector x, and y as long", found, "correct them")
    order = deg + 1
    rcond = x.size * float(dtypes.finfo(x.dtype).eps) if rcond is None else rcond
    left, right = vander(x, order), y
    if w is not None:
        w = _inexact(_vector("polyfit", w))
        left, right = left * w[:, None], right * (w[:, None] if y.ndim == 2 else w)
    scale = ew.sqrt(sum_of(left * left, axis=0))
    solution, residuals, rank, singular = linalg.lstsq(left / scale, right, rcond)
    c = solution / (scale[:, None] if y.ndim == 2 else scale)
    if full:
        return c, residuals, rank, singular, asarray(rcond)
    if not cov:
        return c
    scaled = left / scale
    base = linalg.inv(dot(scaled.T, scaled)) / outer(scale, scale)
    if cov == "unscaled":
        return c, base
    if x.size <= order:
        found = f"there are {x.size} points for {order} coefficients"
        raise ValueRangeError("polyfit: cov needs more points", found, 'use cov="unscaled"')
    factor = sum_of((right - dot(left, c)) ** 2, axis=0) / (x.size - order)
    return c, base[:, :, None] * factor if y.ndim == 2 else base * factor
