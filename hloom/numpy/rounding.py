"""Rounding: floor, ceil, trunc, rint and round. Integers are round already."""

from hloom.frontend import dtypes
from hloom.frontend.errors import ArgumentError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.calls import optimization_barrier
from hloom.frontend.trace import aval_of
from hloom.numpy.elementwise import as_inexact, dtype_of, positive, real_only
from hloom.numpy.operations import operation
from hloom.numpy.promotion import no_out, operand, select, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _rounding(name, primitive):
    def body(x, /):
        x = operand(name, x)
        real_only(name, x)
        return primitive(x) if dtypes.is_float(dtype_of(x)) else positive(x)

    body.__name__, body.__doc__ = name, primitive.__doc__
    return operation(body)


floor = _rounding("floor", e.floor)
ceil = _rounding("ceil", e.ceil)


@fused
def trunc(x: ArrayLike):
    """The integer part of each element: what is left of it without its decimals."""
    x = operand("trunc", x)
    real_only("trunc", x)
    if not dtypes.is_float(dtype_of(x)):
        return positive(x)
    return e.select(e.lt(x, 0.0), e.ceil(x), e.floor(x))


@operation
def rint(x, /):
    """The nearest integer to each element, as a float; ties go to the even one."""
    return _nearest(as_inexact("rint", x))


def _nearest(x):
    if dtypes.is_complex(dtype_of(x)):
        return e.complex(e.round(e.real(x), 1), e.round(e.imag(x), 1))
    return e.round(x, 1)


@fused
def round(a: ArrayLike, decimals=0, out=None):
    """The nearest number with the given number of decimals; ties go to the even one.

    >>> import hloom.numpy as np
    >>> np.round(np.array([1.25, 2.5]), 1)
    Array([1.2, 2.5], dtype=float32)
    """
    no_out("round", out)
    if not hasattr(decimals, "__index__"):
        raise ArgumentError("round: decimals is an integer", f"it is {decimals!r}", "give an int")
    a = operand("round", a)
    dtype = dtype_of(a)
    if not dtypes.is_inexact(dtype):
        return positive(a) if decimals >= 0 else _round_integers(a, 10**-decimals)
    if decimals == 0:
        return _nearest(a)
    # small floats have too few digits for the scaled number
    wide = to_dtype(a, dtypes.float32, aval_of(a).weak_type) if dtypes.finfo(dtype).bits < 32 else a
    # divided by a constant the compiler would multiply by its inverse, which is not exact
    factor = optimization_barrier(typed_literal(float(10 ** abs(decimals)), dtype_of(wide)))
    up, down = (e.mul, e.div) if decimals > 0 else (e.div, e.mul)
    return to_dtype(down(_nearest(up(wide, factor)), factor), dtype, aval_of(a).weak_type)


def _round_integers(a, unit):
    """The nearest multiple of a power of ten."""
    dtype = dtype_of(a)
    if dtypes.is_bool(dtype):
        a, dtype = to_dtype(a, dtypes.int32), dtypes.int32
    if unit > 2 * int(dtypes.iinfo(dtype).max):
        return e.mul(a, 0)
    below = e.rem(a, unit)
    if dtypes.is_signed(dtype):
        below = e.select(e.lt(below, 0), e.add(below, unit), below)
    base, half = e.sub(a, below), unit // 2
    odd = e.ne(e.rem(e.div(base, unit), 2), 0)
    up = e.bitwise_or(e.gt(below, half), e.bitwise_and(e.eq(below, half), odd))
    return select(up, e.add(base, unit), base)


around = round
