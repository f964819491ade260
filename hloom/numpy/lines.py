"""Numbers at equal distances, which meet both ends.

XLA multiplies by the reciprocal where it divides by a constant. That misses the last number, and
integers between. So the numbers between Python's numbers are computed here, by NumPy, and those
between arrays with their end set, or by steps that are quotients indeed.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.context import thread
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.trace import aval_of
from hloom.numpy.creation import asarray
from hloom.numpy.promotion import promote_shapes, select, to_dtype

#: a traced program holds no more numbers than these as a constant
_MOST = 4096


def is_known(start, stop, num, axis, dtype):
    """Whether the line is one of Python's numbers, and none of them overflows on the way."""
    if not (type(start) in (int, float) and type(stop) in (int, float)):
        return False
    if num < 0 or axis not in (0, -1) or (thread.context.trace is not None and num > _MOST):
        return False
    wanted = np.dtype(float) if dtype is None else dtypes.dtype(dtype, "linspace")
    low, high = dtypes.LIMITS.get(wanted, (-1e300, 1e300))
    return low <= start <= high and low <= stop <= high


def known_line(name, start, stop, num, endpoint, retstep, dtype):
    """`num` numbers from `start` to `stop`; with `retstep` their distance, too."""
    real = dtypes.canonicalize(dtypes.float64)
    wanted = real if dtype is None else dtypes.requested(name, dtype)
    numbers, step = np.linspace(float(start), float(stop), num, endpoint, retstep=True)
    numbers = np.floor(numbers) if dtypes.is_integer(wanted) else numbers
    with np.errstate(over="ignore"):
        numbers = asarray(numbers.astype(wanted))
    return (numbers, asarray(step, real)) if retstep else numbers


def line(first, last, num, endpoint, in_steps):
    """The numbers along a new first axis, and their distance; `in_steps`: integers stay exact."""
    dtype, shape = aval_of(first).dtype, aval_of(e.add(first, last)).shape
    gaps = num - 1 if endpoint else num
    step = _quotient(e.sub(last, first), gaps)
    places = s.iota(dtypes.to_real(dtype), num)
    if in_steps and gaps > 0:
        places, by, first = promote_shapes("", _column(places, dtype, shape), step, first)
        numbers = e.add(first, e.mul(places, by))
    else:
        # a weighted mean meets both ends exactly and does not overflow
        weights = e.div(places, max(gaps, 1))
        if endpoint and gaps > 0:
            weights = select(e.eq(places, gaps), 1.0, weights)
        weights, first, last = promote_shapes("", _column(weights, dtype, shape), first, last)
        numbers = e.add(e.mul(first, e.sub(1.0, weights)), e.mul(last, weights))
    return s.broadcast_in_dim(numbers, (num, *shape), range(aval_of(numbers).ndim)), step


def _quotient(distance, gaps):
    """The distance divided by a constant that XLA does not recognise; NaN for no gaps."""
    if gaps <= 0:
        return e.mul(distance, float("nan"))
    dtype = aval_of(distance).dtype
    divisor, nan = (typed_literal(c, dtype) for c in (gaps, float("nan")))
    return e.div(distance, select(e.eq(distance, distance), divisor, nan))


def _column(x, dtype, shape):
    """A vector along the first axis before the axes of a shape."""
    return s.reshape(to_dtype(x, dtype), (*aval_of(x).shape, *(1,) * len(shape)))
