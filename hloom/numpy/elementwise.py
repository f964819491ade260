"""Arithmetic and mathematical functions of each element.

Most are one primitive behind promotion, and stand at the end; integers become the default float
where the function's values are no integers.
"""

from hloom.frontend import dtypes
from hloom.frontend.errors import DTypeError
from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Literal
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.calls import stop
from hloom.frontend.trace import aval_of
from hloom.lowering.gamma import is_odd
from hloom.lowering.series import sinc as sinc_near
from hloom.numpy.operations import of_one, of_one_inexact, of_two, operation
from hloom.numpy.promotion import (
    common_dtype,
    operand,
    promote,
    promote_dtypes_inexact,
    promote_inexact,
    promote_shapes,
    select,
    strong,
    to_dtype,
)
from hloom.runtime.dispatch import fused
from hloom.transforms.custom import custom_jvp
from hloom.typing import ArrayLike


def dtype_of(x):
    """The dtype of an operand."""
    return aval_of(x).dtype


def as_inexact(name, x):
    """One operand in a float or complex dtype."""
    return promote_dtypes_inexact(name, x)[0]


def real_only(name, *xs):
    """Raise unless the operands are real."""
    for x in xs:
        if dtypes.is_complex(dtype_of(x)):
            found = f"an operand is {aval_of(x)}"
            raise DTypeError(f"{name}: takes real numbers", found, "use x.real, or abs(x)")


def bool_to_int(x):
    """An operand with bools as integers."""
    is_bool = dtypes.is_bool(dtype_of(x))
    return to_dtype(x, dtypes.canonicalize(dtypes.int64)) if is_bool else x


# ---------------------------------------------------------------- arithmetic
@operation
def absolute(x, /):
    """The absolute value of each element; real for complex numbers."""
    x = operand("absolute", x)
    unchanged = dtypes.is_bool(dtype_of(x)) or dtypes.is_unsigned(dtype_of(x))
    return positive(x) if unchanged else e.abs(x)


@operation
def fabs(x, /):
    """The absolute value of each element of a real array, as a float."""
    x = as_inexact("fabs", x)
    real_only("fabs", x)
    return e.abs(x)


@operation
def positive(x, /):
    """Each element, unchanged."""
    x = operand("positive", x)
    return e.convert_element_type.bind(x, dtype=dtype_of(x), weak_type=aval_of(x).weak_type)[0]


@operation
def square(x, /):
    """The square of each element."""
    return e.integer_pow(bool_to_int(operand("square", x)), 2)


@operation
def reciprocal(x, /):
    """One over each element, as a float."""
    return e.integer_pow(as_inexact("reciprocal", x), -1)


@operation
def floor_divide(x1, x2, /):
    """The largest integer not above the quotient of two arrays."""
    x1, x2 = _divisible("floor_divide", x1, x2)
    return _quotient(x1, x2, *_rest(x1, x2))


@operation
def remainder(x1, x2, /):
    """The remainder of floor division: it has the sign of the divisor."""
    x1, x2 = _divisible("remainder", x1, x2)
    x2 = _never_zero(x2)
    return _modulus(x2, *_rest(x1, x2))


@operation
def fmod(x1, x2, /):
    """The remainder of division towards zero: it has the sign of the dividend."""
    x1, x2 = _divisible("fmod", x1, x2)
    return e.rem(x1, _never_zero(x2))


@fused
def divmod(x1: ArrayLike, x2: ArrayLike, /):
    """The quotient and the remainder of floor division.

    >>> import hloom.numpy as np
    >>> q, r = np.divmod(-7, 3)
    >>> int(q), int(r)
    (-3, 2)
    """
    x1, x2 = _divisible("divmod", x1, x2)
    rest = _rest(x1, x2)
    return _quotient(x1, x2, *rest), _modulus(x2, *rest)


def _divisible(name, x1, x2):
    x1, x2 = promote(name, x1, x2)
    real_only(name, x1)
    return bool_to_int(x1), bool_to_int(x2)


def _never_zero(divisor):
    """An integer divisor, with 1 for 0, so that the remainder is 0 as NumPy has it."""
    if (type(divisor) is Literal and divisor.value) or not dtypes.is_integer(dtype_of(divisor)):
        return divisor
    return select(e.eq(divisor, 0), 1, divisor)


def _rest(x1, x2):
    """The remainder of division towards zero, and where it lacks the sign of the divisor."""
    rest = e.rem(x1, x2)
    if dtypes.is_unsigned(dtype_of(x1)):
        return rest, None
    return rest, e.bitwise_and(e.ne(rest, 0), e.ne(e.lt(rest, 0), e.lt(x2, 0)))


def _quotient(x1, x2, rest, adjust):
    if dtypes.is_unsigned(dtype_of(x1)):
        return e.div(x1, x2)
    if dtypes.is_integer(dtype_of(x1)):
        quotient = e.div(x1, x2)
        return select(adjust, e.sub(quotient, 1), quotient)
    # the difference is a multiple of x2, but for rounding
    quotient = select(e.eq(rest, x1), 0.0, e.round(e.div(e.sub(x1, rest), x2), 1))
    quotient = select(adjust, e.sub(quotient, 1.0), quotient)
    vanishes = e.bitwise_or(e.eq(x1, 0.0), e.eq(x2, 0.0))
    return select(vanishes, stop.bind(e.div(x1, x2))[0], quotient)


def _modulus(divisor, rest, adjust):
    """The remainder with the sign of the divisor, if it is 0 too."""
    if adjust is None:
        return rest
    rest = select(adjust, e.add(rest, divisor), rest)
    aval = aval_of(rest)
    if not dtypes.is_float(aval.dtype):
        return rest
    # -0 + 0 is 0, and keeps the derivative; a sum with a constant would be simplified away
    zero, nan = (typed_literal(c, aval.dtype, aval.weak_type) for c in (0.0, float("nan")))
    nothing = select(e.eq(rest, rest), zero, nan)
    negative = e.lt(divisor, 0)
    size = e.add(select(negative, e.neg(rest), rest), nothing)
    return select(negative, e.neg(size), size)


@operation
def float_power(x1, x2, /):
    """`x1` to the power of `x2`, both as floats."""
    return e.pow(*promote_inexact("float_power", x1, x2))


# ---------------------------------------------------------------- exponentials and their inverses
@operation
def exp2(x, /):
    """2 to the power of each element."""
    return e.exp2(as_inexact("exp2", x))


@operation
def log2(x, /):
    """The logarithm to base 2 of each element."""
    return e.log2(as_inexact("log2", x))


@operation
def log10(x, /):
    """The logarithm to base 10 of each element."""
    return e.log10(as_inexact("log10", x))


@operation
def logaddexp(x1, x2, /):
    """log(exp(x1) + exp(x2)), without overflow."""
    x1, x2 = promote_inexact("logaddexp", x1, x2)
    return _logaddexp(x1, x2, e.exp, e.log1p)


@operation
def logaddexp2(x1, x2, /):
    """log2(2**x1 + 2**x2), without overflow."""
    x1, x2 = promote_inexact("logaddexp2", x1, x2)
    return _logaddexp(x1, x2, exp2, lambda x: e.div(e.log1p(x), 0.6931471805599453))


def _logaddexp(x1, x2, exp, log1p):
    is_complex = dtypes.is_complex(dtype_of(x1))
    above = e.ge(e.real(x1), e.real(x2)) if is_complex else e.ge(x1, x2)
    # not by max and abs: each branch is the whole function where x1 = x2, and so its derivatives
    most, least = select(above, x1, x2), select(above, x2, x1)
    difference = e.sub(least, most)
    if is_complex:
        return e.add(most, log1p(exp(difference)))
    undefined = e.ne(difference, difference)  # equal infinities, or a NaN
    regular = e.add(most, log1p(exp(select(undefined, 0.0, difference))))
    return select(undefined, e.add(x1, x2), regular)


@operation
def hypot(x1, x2, /):
    """The length of the hypotenuse, sqrt(x1**2 + x2**2), without overflow."""
    x1, x2 = promote_inexact("hypot", x1, x2)
    real_only("hypot", x1)
    return _hypot(x1, x2)


@custom_jvp
def _hypot(x1, x2):
    x1, x2 = e.abs(x1), e.abs(x2)
    infinite = e.bitwise_or(e.eq(x1, float("inf")), e.eq(x2, float("inf")))
    most, least = e.max(x1, x2), e.min(x1, x2)
    ratio = e.div(least, select(e.eq(most, 0.0), 1.0, most))
    length = e.mul(most, e.sqrt(e.add(e.integer_pow(ratio, 2), 1.0)))
    return select(infinite, float("inf"), length)


@_hypot.defjvp
def _hypot_jvp(primals, tangents):
    length = _hypot(*primals)
    infinite = e.eq(length, float("inf"))
    safe = select(e.bitwise_or(infinite, e.eq(length, 0.0)), 1.0, length)

    def term(x, t):
        # what is infinite is all of the length, and what is finite beside it has no share
        alone = select(e.eq(e.abs(x), float("inf")), e.sign(x), 0.0)
        return e.mul(t, e.div(select(infinite, alone, x), safe))

    return length, e.add(*map(term, primals, tangents))


# ---------------------------------------------------------------- angles
@operation
def deg2rad(x, /):
    """Degrees to radians."""
    return e.mul(as_inexact("deg2rad", x), 0.017453292519943295)


@operation
def rad2deg(x, /):
    """Radians to degrees."""
    return e.mul(as_inexact("rad2deg", x), 57.29577951308232)


@operation
def sinc(x, /):
    """sin(pi x) / (pi x), which is 1 at 0."""
    x = as_inexact("sinc", x)
    if dtypes.is_complex(dtype_of(x)):
        x = e.mul(x, 3.141592653589793)
        zero = e.eq(x, 0)
        safe = select(zero, 1.0, x)
        near = e.sub(1.0, e.div(e.integer_pow(x, 2), 6.0))
        return select(zero, near, e.div(e.sin(safe), safe))
    # sin(pi x) is that of the distance to the nearest integer, but for the sign
    nearest = e.round(x, 1)
    r = e.sub(x, nearest)
    at_zero = sinc_near(r)
    here = e.eq(nearest, 0.0)
    elsewhere = e.div(e.mul(r, at_zero), select(here, 1.0, x))
    turned = select(is_odd(nearest), e.neg(elsewhere), elsewhere)
    return select(here, at_zero, turned)


# ---------------------------------------------------------------- power
@judged
def power(x1, x2, /):
    """`x1` to the power of `x2`.

    Integers to the power of integers are integers; a Python integer `x2` is a static exponent, and
    a negative one of an integer `x1` raises TypeError.

    >>> import hloom.numpy as np
    >>> np.power(np.arange(4), 2)
    Array([0, 1, 4, 9], dtype=int32)
    """
    if type(x2) is int:
        return _static_power(x1, x2)
    return _power(x1, x2)


@fused
def _static_power(x1: ArrayLike, x2):
    x1 = bool_to_int(operand("power", x1))
    if x2 < 0 and dtypes.is_integer(dtype_of(x1)):
        found = f"the base is {aval_of(x1)}"
        raise DTypeError(
            f"power: an integer to the power {x2}", found, "convert the base to a float"
        )
    return e.integer_pow(x1, x2)


@operation
def _power(x1, x2, /):
    x1, x2 = operand("power", x1), operand("power", x2)
    dtype, weak = common_dtype([x1, x2])
    if not dtypes.is_inexact(dtype):
        x1, x2 = map(bool_to_int, promote("power", x1, x2))
        return _integer_power(x1 if weak else strong(x1), x2)
    x1, x2 = (to_dtype(x, dtype, weak) for x in promote_shapes("power", x1, x2))
    return e.pow(x1, x2)


def _integer_power(x, n):
    """By repeated squaring, one bit of the exponents after another; 0 for negative exponents."""
    bits = dtypes.iinfo(dtype_of(n)).bits
    result = select(e.eq(e.bitwise_and(n, 1), 1), x, 1)
    for i in range(1, bits - dtypes.is_signed(dtype_of(n))):
        x = e.integer_pow(x, 2)
        bit = e.bitwise_and(e.shift_right_logical(n, i), 1)
        result = select(e.eq(bit, 1), e.mul(result, x), result)
    if dtypes.is_unsigned(dtype_of(n)):
        return result
    return select(e.lt(n, 0), 0, result)


@operation
def sign(x, /):
    """-1, 0 or 1 by the sign of each element, 0.0 for -0.0; z/|z| for complex numbers."""
    x = operand("sign", x)
    signs = e.sign(x)
    return select(e.eq(x, 0), 0, signs) if dtypes.is_inexact(dtype_of(x)) else signs


# ---------------------------------------------------------------- one primitive each
negative = of_one("negative", e.neg, dtypes.NUMERIC)

exp = of_one_inexact("exp", e.exp)
expm1 = of_one_inexact("expm1", e.expm1)
log = of_one_inexact("log", e.log)
log1p = of_one_inexact("log1p", e.log1p)
sqrt = of_one_inexact("sqrt", e.sqrt)
cbrt = of_one_inexact("cbrt", e.cbrt)
sin = of_one_inexact("sin", e.sin)
cos = of_one_inexact("cos", e.cos)
tan = of_one_inexact("tan", e.tan)
asin = arcsin = of_one_inexact("arcsin", e.asin)
acos = arccos = of_one_inexact("arccos", e.acos)
atan = arctan = of_one_inexact("arctan", e.atan)
sinh = of_one_inexact("sinh", e.sinh)
cosh = of_one_inexact("cosh", e.cosh)
tanh = of_one_inexact("tanh", e.tanh)
asinh = arcsinh = of_one_inexact("arcsinh", e.asinh)
acosh = arccosh = of_one_inexact("arccosh", e.acosh)
atanh = arctanh = of_one_inexact("arctanh", e.atanh)

add = of_two("add", e.add, dtypes.NUMERIC | dtypes.BOOLS)
subtract = of_two("subtract", e.sub, dtypes.NUMERIC)
multiply = of_two("multiply", e.mul, dtypes.NUMERIC | dtypes.BOOLS)
divide = true_divide = of_two("divide", e.div, dtypes.INEXACTS, promote_inexact)
atan2 = arctan2 = of_two("arctan2", e.atan2, dtypes.FLOATS, promote_inexact)
maximum = of_two("maximum", e.max, dtypes.NUMERIC | dtypes.BOOLS)
minimum = of_two("minimum", e.min, dtypes.NUMERIC | dtypes.BOOLS)

abs = absolute
mod = remainder
pow = power
radians = deg2rad
degrees = rad2deg
