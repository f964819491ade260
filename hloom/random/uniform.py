"""Bits, uniform numbers and what follows from them in one step."""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import DTypeError
from hloom.frontend.ir import Literal
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.bitcast import bitcast_convert_type
from hloom.frontend.prims.structural import canonical_shape
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import operand, to_dtype
from hloom.random.draw import (
    bits_of,
    constant,
    float_dtype,
    full_shape,
    int_dtype,
    keys_of,
    parameters,
    placed,
    requested,
    row,
    spread,
)
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@fused
def bits(key: ArrayLike, shape=(), dtype=None, *, out_sharding=None) -> Array:
    """Uniform random bits as unsigned integers of `dtype`, by default of 32 bits (64 under x64).

    >>> import hloom
    >>> hloom.random.bits(hloom.random.key(0), (2,), "uint8").dtype
    dtype('uint8')
    """
    dtype = dtypes.canonicalize(dtypes.uint64) if dtype is None else requested(dtype)
    if not dtypes.is_unsigned(dtype) or dtypes.itemsize_bits(dtype) < 8:
        found = f"dtype is {dtype.name}"
        raise DTypeError("bits: makes unsigned integers of 8 to 64 bits", found, "use uint32")
    shape = canonical_shape("bits", shape)
    return placed(bits_of("bits", key, shape, dtypes.itemsize_bits(dtype)), out_sharding)


@fused
def uniform(
    key: ArrayLike,
    shape=(),
    dtype=None,
    minval: ArrayLike = 0.0,
    maxval: ArrayLike = 1.0,
    *,
    out_sharding=None,
) -> Array:
    """Uniform floats in [minval, maxval).

    >>> import hloom
    >>> x = hloom.random.uniform(hloom.random.key(0), (100,), minval=2.0, maxval=3.0)
    >>> bool((x >= 2.0).all() & (x < 3.0).all())
    True
    """
    dtype = float_dtype("uniform", dtype)
    low, high = parameters("uniform", dtype, minval, maxval)
    shape = full_shape("uniform", shape, low, high)
    random = bits_of("uniform", key, shape, draw_width(dtype))
    return placed(draw(random, dtype, low, high), out_sharding)


def unit(name, key, shape, dtype, low=0.0, high=1.0):
    """Uniform floats between two Python numbers, in [low, high)."""
    low, high = constant(low, dtype), constant(high, dtype)
    return draw(bits_of(name, key, shape, draw_width(dtype)), dtype, low, high)


def draw_width(dtype):
    """How many bits `draw` takes for one float."""
    return 8 if dtypes.finfo(dtype).nmant < 8 else dtypes.itemsize_bits(dtype)


def draw(random, dtype, low, high):
    """Floats in [low, high) from random bits.

    The bits become the fraction of a float in [1, 2); one is taken away, and the rest scaled.
    """
    width, fraction = dtypes.itemsize_bits(dtype), dtypes.finfo(dtype).nmant
    unsigned = np.dtype(f"uint{width}")
    one = int(np.ones((), dtype).view(unsigned))
    drop = dtypes.itemsize_bits(random.dtype) - fraction
    word = e.convert_element_type(random, unsigned)
    word = e.bitwise_or(e.shift_right_logical(word, drop) if drop else word, one)
    unit = e.sub(bitcast_convert_type(word, dtype), 1.0)
    if type(low) is Literal and type(high) is Literal:
        if (low.value, high.value) == (0.0, 1.0):
            return unit
        span = constant(np.asarray(high.value, dtype) - np.asarray(low.value, dtype), dtype)
    else:
        span = e.sub(high, low)
    low, span = spread(low, unit.shape), spread(span, unit.shape)
    # the product may round up to the upper bound's neighbour below `low`
    return e.max(low, e.add(e.mul(unit, span), low))


# ---------------------------------------------------------------- integers
@judged
def randint(
    key: ArrayLike,
    shape,
    minval: ArrayLike,
    maxval: ArrayLike,
    dtype=None,
    *,
    out_sharding=None,
) -> Array:
    """Uniform integers in [minval, maxval); `minval` where that is empty.

    Bounds outside of the range of `dtype` are moved to its ends.

    >>> import hloom
    >>> x = hloom.random.randint(hloom.random.key(0), (100,), 5, 8)
    >>> int(x.min()), int(x.max())
    (5, 7)
    """
    dtype = int_dtype("randint", dtype)
    if type(minval) is int and type(maxval) is int:
        shape = canonical_shape("randint", shape)
        return placed(_randint_between(key, shape, minval, maxval, dtype), out_sharding)
    low, high = operand("randint", minval), operand("randint", maxval)
    for bound in (aval_of(low), aval_of(high)):
        if not dtypes.is_integer(bound.dtype):
            what = "randint: takes integer bounds"
            raise DTypeError(what, f"one is {bound}", "convert it with x.astype(int)")
    return placed(_randint(key, shape, low, high, dtype), out_sharding)


def _work(dtype):
    """The dtype in which integers of `dtype` are drawn, and the unsigned one of its width."""
    work = dtypes.int32 if dtypes.itemsize_bits(dtype) < 32 else dtype
    return work, np.dtype(f"uint{dtypes.itemsize_bits(work)}")


@fused
def _randint_between(key: ArrayLike, shape, minval, maxval, dtype):
    work, unsigned = _work(dtype)
    width, limits = dtypes.itemsize_bits(unsigned), dtypes.iinfo(dtype)
    low = min(max(minval, limits.min), limits.max)
    span = max(min(maxval, limits.max + 1) - low, 1)
    upper, lower = _two_draws(key, shape, width)
    if span < 1 << width:
        half = (1 << width // 2) % span
        lower = _offset(upper, lower, span, half * half % (1 << width) % span)
    result = e.add(e.convert_element_type(lower, work), low)
    return e.convert_element_type(result, dtype)


@fused
def _randint(key: ArrayLike, shape, minval: ArrayLike, maxval: ArrayLike, dtype):
    work, unsigned = _work(dtype)
    width, limits = dtypes.itemsize_bits(unsigned), dtypes.iinfo(dtype)
    last = limits.max + (work != dtype)
    low, high = (
        _within(minval, limits.min, limits.max, work),
        _within(maxval, limits.min, last, work),
    )
    shape = full_shape("randint", shape, low, high)
    some = e.gt(spread(high, shape), spread(low, shape))
    span = e.convert_element_type(e.sub(spread(high, shape), spread(low, shape)), unsigned)
    if dtypes.iinfo(aval_of(maxval).dtype).max > last:
        beyond = e.gt(spread(maxval, shape), last)
        span = e.select(beyond, e.add(span, 1), span)
    span = e.select(some, span, constant(1, unsigned))
    half = e.rem(constant(1 << width // 2, unsigned), span)
    unit = e.rem(e.mul(half, half), span)
    upper, lower = _two_draws(key, shape, width)
    offset = _offset(upper, lower, span, unit)
    result = e.add(e.convert_element_type(offset, work), spread(low, shape))
    return e.convert_element_type(result, dtype)


def _within(x, low, high, work):
    limits = dtypes.iinfo(aval_of(x).dtype)
    if limits.min < low or limits.max > high:
        x = e.clamp(max(low, limits.min), x, min(high, limits.max))
    return to_dtype(x, work)


def _two_draws(key, shape, width):
    made, pair = keys_of("randint", key, 2)
    return [made.bits(row(pair, i), shape, width) for i in (0, 1)]


def _offset(upper, lower, span, unit):
    """(upper * 2**width + lower) mod span, where `unit` is 2**width mod span."""
    lower = e.rem(lower, span)
    if type(unit) is int and unit == 0:
        return lower
    return e.rem(e.add(e.mul(e.rem(upper, span), unit), lower), span)
