"""Normal numbers, and what is made of them and of exponentials without iteration."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import DTypeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.structural import canonical_shape
from hloom.random.draw import bits_of, constant, keys_of, placed, requested, row
from hloom.random.uniform import draw, draw_width
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@fused
def normal(key: ArrayLike, shape=(), dtype=None, *, out_sharding=None) -> Array:
    """Standard normal numbers; for a complex dtype, of variance one half in each part.

    >>> import hloom
    >>> x = hloom.random.normal(hloom.random.key(0), (1000,))
    >>> abs(float(x.mean())) < 0.1
    True
    """
    return placed(_normal(key, canonical_shape("normal", shape), dtype), out_sharding)


def _normal(key, shape, dtype):
    dtype = dtypes.python_scalar_dtype(float)[0] if dtype is None else requested(dtype)
    if dtypes.is_complex(dtype):
        part = dtypes.to_real(dtype)
        made, pair = keys_of("normal", key, 2)
        re, im = (standard(made.bits(row(pair, i), shape, draw_width(part)), part) for i in (0, 1))
        return e.div(e.complex(re, im), constant(math.sqrt(2), part).value)
    if not dtypes.is_float(dtype):
        found = f"dtype is {dtype.name}"
        raise DTypeError("normal: makes floats or complex numbers", found, "use a float dtype")
    return standard(bits_of("normal", key, shape, draw_width(dtype)), dtype)


def standard(random, dtype):
    """Normal numbers from random bits, by the inverse of the error function on (-1, 1)."""
    low = constant(np.nextafter(np.asarray(-1, dtype), np.asarray(0, dtype), dtype=dtype), dtype)
    x = draw(random, dtype, low, constant(1, dtype))
    return e.mul(constant(math.sqrt(2), dtype), e.erf_inv(x))
