"""Floats and complex numbers taken apart: sign, exponent, neighbours, real and imaginary part."""

from hloom.frontend import dtypes
from hloom.frontend.errors import DTypeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.bitcast import bitcast_convert_type
from hloom.frontend.trace import aval_of
from hloom.numpy.elementwise import as_inexact, dtype_of, positive, real_only
from hloom.numpy.operations import of_two, operation
from hloom.numpy.promotion import (
    filled,
    no_out,
    operand,
    promote,
    promote_inexact,
    promote_shapes,
    select,
    strong,
    to_dtype,
)
from hloom.numpy.rounding import trunc
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

nextafter = of_two("nextafter", e.nextafter, dtypes.FLOATS, promote_inexact)


# ---------------------------------------------------------------- complex numbers
@operation
def conjugate(x, /):
    """The complex conjugate of each element."""
    x = operand("conjugate", x)
    return e.conj(x) if dtypes.is_complex(dtype_of(x)) else positive(x)


conj = conjugate


@operation
def real(val, /):
    """The real part of each element."""
    val = operand("real", val)
    return e.real(val) if dtypes.is_complex(dtype_of(val)) else positive(val)


@operation
def imag(val, /):
    """The imaginary part of each element."""
    val = operand("imag", val)
    return e.imag(val) if dtypes.is_complex(dtype_of(val)) else filled(0, aval_of(val))


@fused
def angle(z: ArrayLike, deg=False):
    """The angle of each complex number in the plane, in radians, or in degrees."""
    z = as_inexact("angle", z)
    is_complex = dtypes.is_complex(dtype_of(z))
    re, im = (e.real(z), e.imag(z)) if is_complex else (z, filled(0, aval_of(z)))
    result = e.atan2(im, re)
    return e.mul(result, 57.29577951308232) if deg else result


# ---------------------------------------------------------------- sign
_BITS = {8: dtypes.int8, 16: dtypes.int16, 32: dtypes.int32, 64: dtypes.int64}


def _bits(x):
    """A float's bits as a signed integer."""
    return bitcast_convert_type(x, _BITS[dtypes.finfo(dtype_of(x)).bits])


@operation
def signbit(x, /):
    """Whether the sign bit of each element is set: of negative numbers, -0.0 among them."""
    x = operand("signbit", x)
    real_only("signbit", x)
    if dtypes.is_float(dtype_of(x)):
        return e.lt(_bits(x), 0)
    return e.ne(x, x) if dtypes.is_bool(dtype_of(x)) else e.lt(x, 0)


@operation
def copysign(x1, x2, /):
    """The magnitude of `x1` with the sign of `x2`."""
    x1, x2 = promote_inexact("copysign", x1, x2)
    real_only("copysign", x1)
    size = e.abs(x1 if aval_of(x2).weak_type else strong(x1))
    return e.select(e.lt(_bits(x2), 0), e.neg(size), size)


@operation
def heaviside(x1, x2, /):
    """0 where `x1` is negative, `x2` where it is 0, 1 where it is positive."""
    x1, x2 = promote_inexact("heaviside", x1, x2)
    real_only("heaviside", x1)
    step = select(e.lt(x1, 0.0), 0.0, select(e.gt(x1, 0.0), 1.0, x2))
    return e.select(e.ne(x1, x1), x1, step)


# ---------------------------------------------------------------- neighbours and exponents
@operation
def spacing(x, /):
    """The distance from each element to the next float away from 0, with the element's sign."""
    x = as_inexact("spacing", x)
    real_only("spacing", x)
    size = e.abs(x)
    step = e.sub(e.nextafter(size, float("inf")), size)
    return e.select(e.lt(_bits(x), 0), e.neg(step), step)


@fused
def ldexp(x1: ArrayLike, x2: ArrayLike, /):
    """`x1` times 2 to the power of the integers `x2`."""
    x2 = operand("ldexp", x2)
    if not dtypes.is_integer(dtype_of(x2)) and not dtypes.is_bool(dtype_of(x2)):
        found = f"they are {aval_of(x2)}"
        raise DTypeError("ldexp: takes integer exponents", found, "convert them with x.astype(int)")
    (x1,) = promote_inexact("ldexp", x1)
    real_only("ldexp", x1)
    return _scaled(*promote_shapes("ldexp", x1, to_dtype(x2, dtypes.int32)))


def _scaled(x, n):
    """x times 2**n, in steps each of which is a finite power of two."""
    dtype, weak = dtype_of(x), aval_of(x).weak_type
    wide = dtype if dtypes.finfo(dtype).bits >= 32 else dtypes.float32
    limits = dtypes.finfo(wide)
    x, n = to_dtype(x, wide), e.max(e.min(n, 4 * limits.maxexp), -4 * limits.maxexp)
    for _ in range(3):
        step = e.max(e.min(n, limits.maxexp - 1), limits.minexp)
        x = e.mul(x, _power_of_two(step, wide))
        n = e.sub(n, step)
    return to_dtype(x, dtype, weak)


def _power_of_two(n, dtype):
    """2**n for integers n within the exponents of a float dtype."""
    limits = dtypes.finfo(dtype)
    biased = e.convert_element_type(e.add(n, limits.maxexp - 1), _BITS[limits.bits])
    return bitcast_convert_type(e.shift_left(biased, limits.nmant), dtype)


@fused
def frexp(x: ArrayLike, /):
    """Mantissas in [0.5, 1) and integer exponents with x = mantissa * 2**exponent.

    >>> import hloom.numpy as np
    >>> m, e = np.frexp(6.0)
    >>> float(m), int(e)
    (0.75, 3)
    """
    x = as_inexact("frexp", x)
    real_only("frexp", x)
    dtype = dtype_of(x)
    wide = to_dtype(x, dtypes.float32) if dtypes.finfo(dtype).bits < 32 else x
    limits = dtypes.finfo(dtype_of(wide))
    # subnormal numbers have no exponent bits: scaled up, they have
    small = e.lt(e.abs(wide), float(limits.tiny))
    scaled = e.select(small, e.mul(wide, 2.0**limits.nmant), wide)
    mask = (1 << (limits.bits - limits.nmant - 1)) - 1
    biased = e.bitwise_and(e.shift_right_logical(_bits(scaled), limits.nmant), mask)
    exponent = e.sub(e.convert_element_type(biased, dtypes.int32), limits.maxexp - 2)
    exponent = e.select(small, e.sub(exponent, limits.nmant), exponent)
    plain = e.bitwise_or(e.eq(scaled, 0.0), e.bitwise_not(e.is_finite(wide)))
    exponent = select(plain, 0, exponent)
    mantissa = e.select(plain, wide, _scaled(wide, e.neg(exponent)))
    return to_dtype(mantissa, dtype, aval_of(x).weak_type), exponent


@fused
def modf(x: ArrayLike, /, out=None):
    """The fractional and the integer part of each element, both with its sign."""
    no_out("modf", out)
    x = as_inexact("modf", x)
    whole = trunc(x)
    rest = e.select(e.eq(x, whole), e.mul(x, 0.0), e.sub(x, whole))
    rest = e.select(e.eq(e.abs(x), float("inf")), copysign(filled(0, aval_of(x)), x), rest)
    return rest, whole


# ---------------------------------------------------------------- NaN
def _without_nan(name, primitive):
    def body(x1: ArrayLike, x2: ArrayLike):
        x1, x2 = promote(name, x1, x2)
        either = primitive(x1, x2)
        if not dtypes.is_inexact(dtype_of(x1)):
            return either
        return e.select(e.ne(x1, x1), x2, e.select(e.ne(x2, x2), x1, either))

    body.__name__ = name
    body.__doc__ = primitive.__doc__.partition(";")[0] + "; the other one if one is NaN."
    return fused(body)


fmax = _without_nan("fmax", e.max)
fmin = _without_nan("fmin", e.min)


@fused
def nan_to_num(
    x: ArrayLike,
    copy=True,
    nan: ArrayLike = 0.0,
    posinf: ArrayLike | None = None,
    neginf: ArrayLike | None = None,
):
    """Numbers in place of NaN and the infinities: 0 and the largest finite numbers by default."""
    x = operand("nan_to_num", x)
    dtype = dtype_of(x)
    if dtypes.is_complex(dtype):
        parts = (nan_to_num.function(p, copy, nan, posinf, neginf) for p in (e.real(x), e.imag(x)))
        return e.complex(*parts)
    if not dtypes.is_float(dtype):
        return positive(x)
    limits = dtypes.finfo(dtype)
    posinf = float(limits.max) if posinf is None else posinf
    neginf = float(limits.min) if neginf is None else neginf
    for where, value in (
        (e.ne(x, x), nan),
        (e.eq(x, float("inf")), posinf),
        (e.eq(x, float("-inf")), neginf),
    ):
        value = to_dtype(operand("nan_to_num", value), dtype, True)
        x = e.select_n.bind(*promote_shapes("nan_to_num", where, x, value))[0]
    return x
