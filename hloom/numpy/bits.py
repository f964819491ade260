"""Bits packed into bytes, and bytes taken apart."""

from hloom.frontend import dtypes
from hloom.frontend.choices import integer
from hloom.frontend.errors import DTypeError, ValueRangeError
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.trace import aval_of
from hloom.numpy.logic import truth
from hloom.numpy.manipulation import ravel
from hloom.numpy.promotion import operand, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _shifts(name, bitorder):
    """The place of each of 8 bits, in the order in which they stand."""
    if bitorder not in ("big", "little"):
        found = f"it is {bitorder!r}"
        raise ValueRangeError(f"{name}: bitorder is 'big' or 'little'", found, "use one of these")
    places = s.iota(dtypes.uint8, 8)
    return s.rev(places, (0,)) if bitorder == "big" else places


def _last(name, a, axis):
    """The array with `axis` last, all in one axis if it is None, and where the axis was."""
    a = operand(name, a)
    if axis is None:
        return ravel(a), 0
    axis = s.canonical_axis(name, axis, aval_of(a).ndim)
    return _moved(a, axis, aval_of(a).ndim - 1), axis


def _moved(a, source, destination):
    order = [i for i in range(aval_of(a).ndim) if i != source]
    order.insert(destination, source)
    return s.transpose(a, order)


@fused
def packbits(a: ArrayLike, axis=None, bitorder="big"):
    """Bytes of which each bit is whether an element is not 0; zeros fill the last one.

    >>> import hloom.numpy as np
    >>> np.packbits(np.array([1, 0, 1]))
    Array([160], dtype=uint8)
    """
    a, axis = _last("packbits", a, axis)
    if dtypes.is_inexact(aval_of(a).dtype):
        found = f"the operand is {aval_of(a)}"
        raise DTypeError("packbits: takes bools and integers", found, "compare it with 0")
    bits = to_dtype(truth(a), dtypes.uint8)
    *rest, n = aval_of(bits).shape
    bits = s.pad(bits, 0, [(0, 0, 0)] * len(rest) + [(0, -n % 8, 0)])
    bits = s.reshape(bits, (*rest, -(-n // 8), 8))
    places = s.broadcast_in_dim(
        _shifts("packbits", bitorder), aval_of(bits).shape, (len(rest) + 1,)
    )
    packed = reduce_sum(e.shift_left(bits, places), (len(rest) + 1,))
    return _moved(packed, len(rest), axis)


@fused
def unpackbits(a: ArrayLike, axis=None, count=None, bitorder="big"):
    """The bits of bytes, `count` of them, as 0 and 1; a negative `count` leaves bits out.

    >>> import hloom.numpy as np
    >>> np.unpackbits(np.uint8([160]), count=3)
    Array([1, 0, 1], dtype=uint8)
    """
    a, axis = _last("unpackbits", a, axis)
    if aval_of(a).dtype != dtypes.uint8:
        found = f"the operand is {aval_of(a)}"
        raise DTypeError("unpackbits: takes uint8", found, "convert it with x.astype('uint8')")
    *rest, n = aval_of(a).shape
    shape = (*rest, n, 8)
    places = s.broadcast_in_dim(_shifts("unpackbits", bitorder), shape, (len(rest) + 1,))
    whole = s.broadcast_in_dim(a, shape, range(len(rest) + 1))
    bits = s.reshape(e.bitwise_and(e.shift_right_logical(whole, places), 1), (*rest, 8 * n))
    if count is not None:
        count = integer("unpackbits", "count", count)
        wanted = count if count >= 0 else 8 * n + count
        more = [(0, 0, 0)] * len(rest) + [(0, max(wanted - 8 * n, 0), 0)]
        bits = s.slice_in_dim(s.pad(bits, 0, more), 0, wanted, axis=len(rest))
    return _moved(bits, len(rest), axis)
