"""Evenly spaced numbers and grids of them: linspace, logspace, geomspace, meshgrid, indices."""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import integer
from hloom.frontend.errors import ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.trace import aval_of
from hloom.numpy.elementwise import dtype_of, log, power
from hloom.numpy.joining import stack
from hloom.numpy.lines import is_known, known_line, line
from hloom.numpy.manipulation import convert_strongly, placed, repeated
from hloom.numpy.promotion import known, operand, promote_inexact, strong
from hloom.numpy.rounding import floor
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@judged
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    """`num` evenly spaced numbers from `start` to `stop`, along a new axis.

    `start` and `stop` may be arrays. With `retstep` also the distance between the numbers.

    >>> import hloom.numpy as np
    >>> np.linspace(0, 1, 3)
    Array([0. , 0.5, 1. ], dtype=float32)
    """
    num = integer("linspace", "num", num)
    if is_known(start, stop, num, axis, dtype):
        made = known_line("linspace", start, stop, num, endpoint, retstep, dtype)
    else:
        made = _linspace("linspace", start, stop, num, endpoint, dtype, axis, retstep)
    return (placed(made[0], device), made[1]) if retstep else placed(made, device)


@fused
def _linspace(name, start: ArrayLike, stop: ArrayLike, num, endpoint, dtype, axis, retstep):
    if num < 0:
        raise ValueRangeError(f"{name}: makes {num} numbers", "num is negative", "give num >= 0")
    first, last = promote_inexact(name, start, stop)
    first, last = strong(first), strong(last)
    wanted = dtype_of(first) if dtype is None else dtypes.requested(name, dtype)
    numbers, step = line(first, last, num, endpoint, dtypes.is_integer(wanted))
    if dtypes.is_integer(wanted):
        numbers = floor(numbers)
    numbers = convert_strongly(_moved(name, numbers, axis), wanted)
    return (numbers, step) if retstep else numbers


def _moved(name, x, axis):
    """The first axis moved to `axis`."""
    n = aval_of(x).ndim
    axis = s.canonical_axis(name, axis, n)
    return s.transpose(x, [*range(1, axis + 1), 0, *range(axis + 1, n)])


@fused
def logspace(
    start: ArrayLike, stop: ArrayLike, num=50, endpoint=True, base: ArrayLike = 10.0,
    dtype=None, axis=0,
):  # fmt: skip
    """`num` numbers whose logarithms are evenly spaced: from base**start to base**stop.

    >>> import hloom.numpy as np
    >>> np.logspace(0, 2, 3)
    Array([  1.,  10., 100.], dtype=float32)
    """
    numbers = _linspace.function("logspace", start, stop, num, endpoint, None, axis, False)
    made = power(base, numbers)
    return made if dtype is None else convert_strongly(made, dtypes.requested("logspace", dtype))


@judged
def geomspace(start: ArrayLike, stop: ArrayLike, num=50, endpoint=True, dtype=None, axis=0):
    """`num` numbers from `start` to `stop` with equal ratios.

    >>> import hloom.numpy as np
    >>> np.geomspace(1, 8, 4)
    Array([1., 2., 4., 8.], dtype=float32)
    """
    for x in (start, stop):
        if not isinstance(x, Array) and not np.all(known(operand("geomspace", x))):
            what = "geomspace: equal ratios lead neither from 0 nor to it"
            raise ValueRangeError(what, f"it was given {x}", "use numbers that are not 0")
    num = integer("geomspace", "num", num)
    return _geomspace("geomspace", start, stop, num, endpoint, dtype, axis)


@fused
def _geomspace(name, start: ArrayLike, stop: ArrayLike, num, endpoint, dtype, axis):
    start, stop = (strong(x) for x in promote_inexact(name, start, stop))
    exponent = log(e.div(stop, start))
    numbers = _linspace.function("geomspace", 0.0, exponent, num, endpoint, None, 0, False)
    shape = aval_of(numbers).shape
    first, last = (repeated("geomspace", x, shape) for x in (start, stop))
    numbers = e.mul(first, e.exp(numbers))
    if endpoint and num > 1:  # both ends are exact
        inner = s.slice_in_dim(numbers, 1, num - 1)
        ends = s.slice_in_dim(first, 0, 1), s.slice_in_dim(last, 0, 1)
        numbers = s.concatenate([ends[0], inner, ends[1]], 0)
    made = _moved(name, numbers, axis)
    return made if dtype is None else convert_strongly(made, dtypes.requested(name, dtype))


# ---------------------------------------------------------------- grids
@fused
def meshgrid(*xi: ArrayLike, copy=True, sparse=False, indexing="xy"):
    """Coordinate arrays of the grid over vectors: one for each vector, along an axis of its own.

    >>> import hloom.numpy as np
    >>> x, y = np.meshgrid(np.arange(3), np.arange(2))
    >>> x.shape, y[:, 0]
    ((2, 3), Array([0, 1], dtype=int32))
    """
    if indexing not in ("xy", "ij"):
        found = f"it is {indexing!r}"
        raise ValueRangeError("meshgrid: indexing is 'xy' or 'ij'", found, "use one of these")
    vectors = [operand("meshgrid", x) for x in xi]
    axes = list(range(len(vectors)))
    if indexing == "xy" and len(vectors) > 1:
        axes[:2] = 1, 0
    lengths = [aval_of(x).size for x in vectors]
    whole = [lengths[a] for a in axes]
    made = []
    for x, axis in zip(vectors, axes):
        shape = [aval_of(x).size if i == axis else 1 for i in range(len(axes))]
        x = s.reshape(x, shape)
        made.append(x if sparse else s.broadcast_in_dim(x, whole, range(len(axes))))
    return tuple(made)


@fused
def indices(dimensions, dtype=None, sparse=False):
    """The index of each element of an array of the given shape, an array for each axis."""
    shape = s.canonical_shape("indices", dimensions)
    dtype = dtypes.requested("indices", int if dtype is None else dtype)
    made = []
    for axis, n in enumerate(shape):
        own = [n if i == axis else 1 for i in range(len(shape))] if sparse else shape
        made.append(s.broadcasted_iota(dtype, own, axis))
    if sparse:
        return tuple(made)
    return stack.function(made) if made else s.full((0,), 0, dtype)
