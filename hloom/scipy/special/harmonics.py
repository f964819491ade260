"""Spherical harmonics, by the recurrence of Legendre functions (DLMF 14.10.3, 14.30.1)."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import integer
from hloom.frontend.errors import DTypeError, UnsupportedError, ValueRangeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import Tracer, aval_of
from hloom.lax.loops import fori_loop
from hloom.lowering.gamma import is_odd
from hloom.numpy.promotion import (
    broadcast_shapes,
    filled,
    operand,
    promote_dtypes_inexact,
    select,
    to_dtype,
)
from hloom.runtime.dispatch import fused
from hloom.scipy.special.differentiable import array_of
from hloom.typing import ArrayLike


def sph_harm_y(
    n: ArrayLike,
    m: ArrayLike,
    theta: ArrayLike,
    phi: ArrayLike,
    diff_n: int | None = None,
    n_max: int | None = None,
) -> Array:
    """The spherical harmonic of degree n and order m at polar angle theta and azimuth phi, complex.

    n and m are integers; the arguments broadcast. `n_max`, by default the largest n, must be given
    where n is traced; for degrees above it the result is NaN. `diff_n` must be None.

    >>> import hloom
    >>> hloom.scipy.special.sph_harm_y(1, 0, 0.0, 0.0)
    Array(0.48860252+0.j, dtype=complex64)
    """
    if diff_n is not None:
        found, remedy = f"it is {diff_n!r}", "leave it away, and use hloom.jacfwd in theta and phi"
        raise UnsupportedError("sph_harm_y: diff_n is not supported", found, remedy)
    if n_max is None:
        if isinstance(n, Tracer):
            found = f"n is traced ({n.aval}), and the number of steps must be known"
            raise ValueRangeError("sph_harm_y: needs n_max", found, "give n_max=, a Python int")
        n_max = int(np.max(np.asarray(n), initial=0))
    return _harmonics(n, m, theta, phi, integer("sph_harm_y", "n_max", n_max))


@fused
def _harmonics(n: ArrayLike, m: ArrayLike, theta: ArrayLike, phi: ArrayLike, n_max: int):
    theta, phi = promote_dtypes_inexact("sph_harm_y", theta, phi)
    dtype = aval_of(theta).dtype
    if dtypes.is_complex(dtype):
        found, remedy = f"they promote to {dtype}", "pass real angles"
        raise DTypeError("sph_harm_y: angles are real", found, remedy)
    dtype = dtypes.float64 if dtype == dtypes.float64 else dtypes.float32
    n, m = operand("sph_harm_y", n), operand("sph_harm_y", m)
    for name, x in (("n", n), ("m", m)):
        if not dtypes.is_integer(aval_of(x).dtype):
            remedy = f"convert it with {name}.astype(int)"
            raise DTypeError(f"sph_harm_y: {name} is an integer", f"it is {aval_of(x)}", remedy)
    xs = [to_dtype(x, dtype) for x in (n, m, theta, phi)]
    shape = broadcast_shapes("sph_harm_y", *[aval_of(x).shape for x in xs])
    n, m, theta, phi = (array_of(x, shape) for x in xs)
    size = e.abs(m)
    legendre = _legendre(n, size, theta, n_max)
    angle = e.mul(m, phi)
    flipped = e.bitwise_and(e.lt(m, 0.0), is_odd(size))
    legendre = select(flipped, e.neg(legendre), legendre)
    defined = e.bitwise_and(e.ge(n, 0.0), e.le(n, float(n_max)))
    legendre = select(defined, legendre, math.nan)
    return e.complex(e.mul(legendre, e.cos(angle)), e.mul(legendre, e.sin(angle)))


def _legendre(n, m, theta, n_max):
    """The normalized Legendre function of degree n and order m >= 0 at cos(theta)."""
    x, y = e.cos(theta), e.sin(theta)

    def step(i, state):
        last, here, found = state
        k = to_dtype(i, aval_of(n).dtype)
        climbing = e.le(k, m)
        # up to k = m, the diagonal one of order k
        factor = e.sqrt(e.div(e.add(e.mul(k, 2.0), 1.0), e.mul(k, 2.0)))
        diagonal = e.neg(e.mul(e.mul(here, y), factor))
        squares = e.integer_pow(k, 2), e.integer_pow(m, 2)
        gap = select(climbing, 1.0, e.sub(*squares))
        first = e.sqrt(e.div(e.sub(e.mul(squares[0], 4.0), 1.0), gap))
        before = e.integer_pow(e.sub(k, 1.0), 2)
        below = select(climbing, 0.0, e.sub(before, squares[1]))
        ratio = e.div(below, e.sub(e.mul(before, 4.0), 1.0))
        positive = e.gt(ratio, 0.0)
        second = select(positive, e.sqrt(select(positive, ratio, 1.0)), 0.0)
        above = e.mul(first, e.sub(e.mul(x, here), e.mul(second, last)))
        last = select(climbing, 0.0, here)
        here = select(climbing, diagonal, above)
        return last, here, select(e.eq(n, k), here, found)

    zero = filled(0.0, aval_of(x))
    start = filled(math.sqrt(1 / (4 * math.pi)), aval_of(x))
    found = select(e.eq(n, 0.0), start, zero)
    _, _, found = fori_loop(1, n_max + 1, step, (zero, start, found))
    return select(e.gt(m, n), 0.0, found)
