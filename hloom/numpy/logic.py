"""Comparisons, logic, bits, and tests of floats."""

import operator

from hloom.frontend import dtypes
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.reduction import reduce_and
from hloom.frontend.trace import aval_of, literal
from hloom.numpy.elementwise import absolute, bool_to_int, dtype_of, real_only
from hloom.numpy.operations import of_one, of_two, operation
from hloom.numpy.promotion import (
    filled,
    no_out,
    operand,
    promote,
    promote_inexact,
    select,
    to_dtype,
)
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

_BITS = dtypes.INTEGERS | dtypes.BOOLS
_ORDERED = (dtypes.NUMERIC | dtypes.BOOLS) - dtypes.COMPLEXES


def truth(x):
    """An operand as bool: whether it is not 0."""
    return to_dtype(x, dtypes.bool_)


def _ordered(name, x, y):
    """Operands of an order relation: of complex numbers, their rank and 0."""
    x, y = promote(name, x, y)
    return (_rank(x, y), literal(0, dtypes.int32)) if dtypes.is_complex(dtype_of(x)) else (x, y)


def _rank(x, y):
    """-1, 0 or 1 as x is before, at or after y, by the real part, then by the imaginary part."""
    first = _sign_of_difference(e.real(x), e.real(y))
    second = _sign_of_difference(e.imag(x), e.imag(y))
    return select(e.eq(first, 0), second, first)


def _sign_of_difference(x, y):
    after, before = (to_dtype(c, dtypes.int32) for c in (e.gt(x, y), e.lt(x, y)))
    return e.sub(after, before)


def _beyond(relation):
    """The comparison with an integer that a dtype does not hold: the same for all its values."""

    def compare(x, y):
        if type(x) is int:
            return _everywhere(operand(relation.__name__, y), relation(x, 0))
        return _everywhere(operand(relation.__name__, x), relation(0, y))

    return compare


def _comparison(name, primitive, relation, direct, promotion=promote):
    return of_two(name, primitive, direct, promotion, _beyond(relation))


_ANY = dtypes.NUMERIC | dtypes.BOOLS
equal = _comparison("equal", e.eq, operator.eq, _ANY)
not_equal = _comparison("not_equal", e.ne, operator.ne, _ANY)
less = _comparison("less", e.lt, operator.lt, _ORDERED, _ordered)
less_equal = _comparison("less_equal", e.le, operator.le, _ORDERED, _ordered)
greater = _comparison("greater", e.gt, operator.gt, _ORDERED, _ordered)
greater_equal = _comparison("greater_equal", e.ge, operator.ge, _ORDERED, _ordered)

bitwise_and = of_two("bitwise_and", e.bitwise_and, _BITS)
bitwise_or = of_two("bitwise_or", e.bitwise_or, _BITS)
bitwise_xor = of_two("bitwise_xor", e.bitwise_xor, _BITS)
bitwise_not = bitwise_invert = invert = of_one("invert", e.bitwise_not, _BITS)


def _truths(name, x, y):
    return promote(name, *(truth(operand(name, v)) for v in (x, y)))


logical_and = of_two("logical_and", e.bitwise_and, dtypes.BOOLS, _truths)
logical_or = of_two("logical_or", e.bitwise_or, dtypes.BOOLS, _truths)
logical_xor = of_two("logical_xor", e.bitwise_xor, dtypes.BOOLS, _truths)


@operation
def logical_not(x, /):
    """Whether each element is 0 or False."""
    return e.bitwise_not(truth(operand("logical_not", x)))


@operation
def left_shift(x, y, /):
    """Each element of `x` shifted left by `y` bits."""
    return e.shift_left(*map(bool_to_int, promote("left_shift", x, y)))


@operation
def right_shift(x, y, /):
    """Each element of `x` shifted right by `y` bits; the sign of signed integers stays."""
    x, y = map(bool_to_int, promote("right_shift", x, y))
    unsigned = dtypes.is_unsigned(dtype_of(x))
    return (e.shift_right_logical if unsigned else e.shift_right_arithmetic)(x, y)


bitwise_left_shift, bitwise_right_shift = left_shift, right_shift


@operation
def bitwise_count(x, /):
    """The number of bits set in the absolute value of each element, as uint8."""
    x = operand("bitwise_count", x)
    if dtypes.is_bool(dtype_of(x)):
        return to_dtype(x, dtypes.uint8)
    return to_dtype(e.population_count(absolute(x)), dtypes.uint8)


# ---------------------------------------------------------------- tests of floats
def _parts(test, x, both):
    """A test of floats on the parts of complex numbers."""
    return both(test(e.real(x)), test(e.imag(x)))


def _everywhere(x, value):
    """The same truth for each element."""
    return filled(value, aval_of(x).update(dtype=dtypes.bool_, weak_type=False))


@operation
def isnan(x, /):
    """Whether each element is NaN."""
    x = operand("isnan", x)
    return e.ne(x, x)


@operation
def isfinite(x, /):
    """Whether each element is neither infinite nor NaN."""
    x = operand("isfinite", x)
    if dtypes.is_complex(dtype_of(x)):
        return _parts(e.is_finite, x, e.bitwise_and)
    return e.is_finite(x) if dtypes.is_float(dtype_of(x)) else _everywhere(x, True)


@operation
def isinf(x, /):
    """Whether each element is infinite."""
    x = operand("isinf", x)
    if dtypes.is_complex(dtype_of(x)):
        return _parts(isinf, x, e.bitwise_or)
    return e.eq(e.abs(x), float("inf")) if dtypes.is_float(dtype_of(x)) else _everywhere(x, False)


@fused
def isposinf(x: ArrayLike, /, out=None):
    """Whether each element is positive infinity."""
    return _is_value("isposinf", x, out, float("inf"))


@fused
def isneginf(x: ArrayLike, /, out=None):
    """Whether each element is negative infinity."""
    return _is_value("isneginf", x, out, float("-inf"))


def _is_value(name, x, out, value):
    no_out(name, out)
    x = operand(name, x)
    real_only(name, x)
    return e.eq(x, value) if dtypes.is_float(dtype_of(x)) else _everywhere(x, False)


@fused
def iscomplex(x: ArrayLike):
    """Whether the imaginary part of each element is not 0."""
    x = operand("iscomplex", x)
    return e.ne(e.imag(x), 0.0) if dtypes.is_complex(dtype_of(x)) else _everywhere(x, False)


@fused
def isreal(x: ArrayLike):
    """Whether the imaginary part of each element is 0."""
    x = operand("isreal", x)
    is_complex = dtypes.is_complex(dtype_of(x))
    return e.eq(e.imag(x), 0.0) if is_complex else _everywhere(x, True)


# ---------------------------------------------------------------- close and equal arrays
@fused
def isclose(
    a: ArrayLike, b: ArrayLike, rtol: ArrayLike = 1e-5, atol: ArrayLike = 1e-8, equal_nan=False
):
    """Whether |a - b| <= atol + rtol * |b| for each element; NaNs are close if `equal_nan`."""
    a, b = promote_inexact("isclose", a, b)
    dtype = dtype_of(a)
    rtol, atol = (to_dtype(operand("isclose", v), dtypes.to_real(dtype)) for v in (rtol, atol))
    near = e.le(e.abs(e.sub(a, b)), e.add(atol, e.mul(rtol, e.abs(b))))
    finite = e.bitwise_and(isfinite(a), isfinite(b))
    close = select(finite, near, e.eq(a, b))
    if equal_nan:
        close = e.bitwise_or(close, e.bitwise_and(e.ne(a, a), e.ne(b, b)))
    return close


@fused
def allclose(
    a: ArrayLike, b: ArrayLike, rtol: ArrayLike = 1e-5, atol: ArrayLike = 1e-8, equal_nan=False
):
    """Whether all elements are close; see `isclose`."""
    return _all(isclose.function(a, b, rtol, atol, equal_nan))


def _all(x):
    return reduce_and(x, tuple(range(aval_of(x).ndim)))


@fused
def array_equal(a1: ArrayLike, a2: ArrayLike, equal_nan=False):
    """Whether two arrays have the same shape and equal elements."""
    return _equal_all("array_equal", a1, a2, equal_nan, lambda s, t: s == t)


@fused
def array_equiv(a1: ArrayLike, a2: ArrayLike):
    """Whether two arrays are equal once they are broadcast; False if they do not broadcast."""
    return _equal_all("array_equiv", a1, a2, False, _broadcast)


def _equal_all(name, a1, a2, equal_nan, fits):
    a1, a2 = operand(name, a1), operand(name, a2)
    if not fits(aval_of(a1).shape, aval_of(a2).shape):
        return e.convert_element_type.bind(literal(False), dtype=dtypes.bool_, weak_type=False)[0]
    a1, a2 = promote(name, a1, a2)
    same = e.eq(a1, a2)
    if equal_nan:
        same = e.bitwise_or(same, e.bitwise_and(e.ne(a1, a1), e.ne(a2, a2)))
    return _all(same)


def _broadcast(one, two):
    pairs = zip(reversed(one), reversed(two), strict=False)
    return all(n == m or 1 in (n, m) for n, m in pairs)
