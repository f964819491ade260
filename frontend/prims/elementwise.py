"""Elementwise primitives: arithmetic, functions, comparisons, logic, bits and conversions.

Each record gives a name, the dtypes it takes, and its meaning (StableHLO specification, section
"Ops"; CHLO for the special functions).
"""

import enum

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import DTypeError, ValueRangeError
from hloom.frontend.families import (
    ANY,
    ANYTHING,
    BITS,
    COMPLEX,
    FLOAT,
    INEXACT,
    INTEGER,
    NUMERIC,
    ORDERED,
    REAL,
    SIGNED,
    Elementwise,
    Unary,
    approximated,
    as_operand,
    binary,
    common_shape,
    compare,
    same_dtype,
    scalar_like,
    unary,
)
from hloom.frontend.primitive import primitive
from hloom.frontend.trace import PYTHON_SCALARS, aval_of

# ---------------------------------------------------------------- arithmetic
neg = unary("neg", NUMERIC, "The negative of each element; integers wrap.")
sign = unary("sign", NUMERIC, "-1, 0 or 1 by the sign of each element; z/|z| for complex numbers.")
abs = unary(
    "abs", SIGNED, "The absolute value of each element; real for complex numbers.", dtypes.to_real
)
add = binary("add", ANY, "The sum of two arrays; logical or for bool.")
sub = binary("sub", NUMERIC, "The difference of two arrays.")
mul = binary("mul", ANY, "The product of two arrays; logical and for bool.")
div = binary("div", NUMERIC, "The quotient; integers round towards zero, and x / 0 is -1.")
rem = binary("rem", REAL, "The remainder of x / y, with the sign of x; for integers, x if y is 0.")
max = binary("max", ANY, "The larger element; NaN if either is; complex numbers in lexical order.")
min = binary("min", ANY, "The smaller element; NaN if either is; complex numbers in lexical order.")
mulhi = binary("mulhi", INTEGER, "The upper half of the bits of the exact product.")
floor = unary("floor", FLOAT, "The largest integer not above each element.")
ceil = unary("ceil", FLOAT, "The smallest integer not below each element.")
is_finite = unary(
    "is_finite",
    FLOAT,
    "Whether each element is neither infinite nor NaN.",
    lambda _: np.dtype(bool),
)
nextafter = binary(
    "nextafter",
    FLOAT,
    "The next representable number after x1 in the direction of x2.",
    operands=("x1", "x2"),
)

# ---------------------------------------------------------------- functions
exp = approximated("exp", INEXACT, "e to the power of each element.")
exp2 = approximated("exp2", INEXACT, "2 to the power of each element.")
expm1 = approximated("expm1", INEXACT, "exp(x) - 1, exact for small x.")
log = approximated("log", INEXACT, "The natural logarithm of each element.")
log1p = approximated("log1p", INEXACT, "log(1 + x), exact for small x.")
log2 = approximated("log2", INEXACT, "The logarithm of each element to the base 2.")
log10 = approximated("log10", INEXACT, "The logarithm of each element to the base 10.")
sqrt = approximated("sqrt", INEXACT, "The square root of each element.")
rsqrt = approximated("rsqrt", INEXACT, "One over the square root of each element.")
cbrt = approximated("cbrt", FLOAT, "The cube root of each element.")
sin = approximated("sin", INEXACT, "The sine of each element, in radians.")
cos = approximated("cos", INEXACT, "The cosine of each element, in radians.")
tan = approximated("tan", INEXACT, "The tangent of each element, in radians.")
asin = unary("asin", INEXACT, "The inverse sine of each element, in radians.")
acos = unary("acos", INEXACT, "The inverse cosine of each element, in radians.")
atan = unary("atan", INEXACT, "The inverse tangent of each element, in radians.")
sinh = unary("sinh", INEXACT, "The hyperbolic sine of each element.")
cosh = unary("cosh", INEXACT, "The hyperbolic cosine of each element.")
tanh = approximated("tanh", INEXACT, "The hyperbolic tangent of each element.")
asinh = unary("asinh", INEXACT, "The inverse hyperbolic sine of each element.")
acosh = unary("acosh", INEXACT, "The inverse hyperbolic cosine of each element.")
atanh = unary("atanh", INEXACT, "The inverse hyperbolic tangent of each element.")
logistic = approximated(
    "logistic", INEXACT, "The logistic sigmoid 1 / (1 + exp(-x)) of each element."
)
atan2 = binary("atan2", INEXACT, "The angle of the point (y, x), in radians, in [-pi, pi].")
erf = unary("erf", FLOAT, "The error function.")
erfc = unary("erfc", FLOAT, "One minus the error function, exact for large x.")
erf_inv = unary("erf_inv", FLOAT, "The inverse of the error function on (-1, 1).")
one_minus_square = unary("one_minus_square", INEXACT, "1 - x², exact for x near 1 and -1.")
lgamma = unary("lgamma", FLOAT, "The logarithm of the absolute value of the gamma function.")
digamma = unary("digamma", FLOAT, "The derivative of lgamma.")

# ---------------------------------------------------------------- complex numbers
real = unary("real", COMPLEX, "The real part of each element.", dtypes.to_real)
imag = unary("imag", COMPLEX, "The imaginary part of each element.", dtypes.to_real)

_PART = (lambda d: dtypes.is_float(d) and d.itemsize > 2, "float32 or float64")
complex = binary("complex", _PART, "x + iy from real arrays x and y.", dtypes.to_complex)


class _Conjugate(Unary):
    def __call__(self, x, *more, **params):
        operand = as_operand(x)
        if _PART[0](aval_of(operand).dtype) and not (more or params):
            return complex(operand, 0.0)
        return super().__call__(operand, *more, **params)


conj = _Conjugate(
    "conj",
    (dtypes.is_complex, "float32, float64 or a complex dtype"),
    ("x",),
    "The complex conjugate of each element; reals become complex.",
)

# ---------------------------------------------------------------- logic and bits
bitwise_not = unary("not", BITS, "The complement: logical for bool, bitwise for integers.")
bitwise_and = binary("and", BITS, "Logical or bitwise and.")
bitwise_or = binary("or", BITS, "Logical or bitwise or.")
bitwise_xor = binary("xor", BITS, "Logical or bitwise exclusive or.")
shift_left = binary(
    "shift_left", INTEGER, "x shifted left by y bits; 0 if y is not below the width."
)
shift_right_logical = binary(
    "shift_right_logical", INTEGER, "x shifted right by y bits, filled with 0."
)
shift_right_arithmetic = binary(
    "shift_right_arithmetic", INTEGER, "x shifted right by y bits, filled with the sign bit."
)
population_count = unary("population_count", INTEGER, "The number of bits set in each element.")
clz = unary("clz", INTEGER, "The number of leading zero bits of each element.")

# ---------------------------------------------------------------- comparisons
eq = compare("eq", ANYTHING, "Whether elements are equal.")
ne = compare("ne", ANYTHING, "Whether elements differ.")
lt = compare("lt", ORDERED, "Whether x is below y.")
le = compare("le", ORDERED, "Whether x is not above y.")
gt = compare("gt", ORDERED, "Whether x is above y.")
ge = compare("ge", ORDERED, "Whether x is not below y.")


# ---------------------------------------------------------------- powers and rounding
class _Power(Elementwise):
    def _type(self, x, y):
        if not dtypes.is_integer(y.dtype) or x.dtype == y.dtype:
            return super()._type(x, y)
        accepts, called = self.kind
        if not accepts(x.dtype):
            raise DTypeError(f"pow: takes {called}", f"x is {x}", "convert x with x.astype(...)")
        return x.update(shape=common_shape("pow", (x, y)))


pow = _Power(
    "pow", NUMERIC, ("x", "y"), "x to the power of y, of the same dtype or an integer one."
)


def _integer_pow_type(x, *, y):
    if dtypes.is_bool(x.dtype):
        remedy = "use x.astype(int)"
        raise DTypeError("integer_pow: takes a number dtype", f"the operand is {x}", remedy)
    if y < 0 and not dtypes.is_inexact(x.dtype):
        remedy = "convert x to a floating dtype"
        raise DTypeError(f"integer_pow: power {y} of an integer", f"the operand is {x}", remedy)
    return x


@primitive(_integer_pow_type)
def integer_pow(x, y):
    """x to the power of a Python integer `y`, by repeated squaring.

    >>> integer_pow(2.0, -3)
    Array(0.125, dtype=float32, weak_type=True)
    """
    return integer_pow.bind(as_operand(x), y=int(y))[0]


integer_pow.family = "elementwise"


def _round_type(x, *, to_even):
    if not dtypes.is_float(x.dtype):
        remedy = "leave integers as they are, they are round"
        raise DTypeError("round: takes a floating dtype", f"the operand is {x}", remedy)
    return x


class RoundingMethod(enum.IntEnum):
    """Where a number goes that lies in the middle between two integers."""

    AWAY_FROM_ZERO = 0
    TO_NEAREST_EVEN = 1


@primitive(_round_type)
def round(x, rounding_method=RoundingMethod.AWAY_FROM_ZERO):
    """The nearest integer to each element; ties go where the `RoundingMethod` says.

    >>> round(2.5), round(2.5, RoundingMethod.TO_NEAREST_EVEN)
    (Array(3., dtype=float32, weak_type=True), Array(2., dtype=float32, weak_type=True))
    """
    return round.bind(as_operand(x), to_even=bool(rounding_method))[0]


round.family = "elementwise"


# ---------------------------------------------------------------- conversions
def _convert_type(x, *, dtype, weak_type):
    if x.dtype != dtype and (dtypes.is_extended(x.dtype) or dtypes.is_extended(dtype)):
        what = f"convert_element_type: {x.dtype.name} does not become {dtype.name}"
        remedy = "hloom.random.key_data and wrap_key_data convert keys"
        raise DTypeError(what, f"the operand is {x}", remedy)
    return ShapedArray(x.shape, dtype, weak_type)


@primitive(_convert_type)
def convert_element_type(operand, new_dtype, weak_type=False):
    """Each element converted to `new_dtype`.

    Floats go to integers towards zero, and to the nearest value if out of range, NaN to 0; complex
    numbers drop their imaginary part; bool is whether the element is not zero.

    >>> convert_element_type(-2.7, "int8")
    Array(-2, dtype=int8)
    """
    dtype = dtypes.requested("convert_element_type", new_dtype)
    aval = aval_of(operand)
    same = aval.dtype == dtype and aval.weak_type == weak_type
    if same and not isinstance(operand, np.ndarray | np.generic):
        return as_operand(operand)
    return convert_element_type.bind(as_operand(operand), dtype=dtype, weak_type=weak_type)[0]


convert_element_type.family = "elementwise"


def _reduce_precision_type(x, *, exponent_bits, mantissa_bits):
    if not dtypes.is_float(x.dtype):
        remedy = "use x.astype(float)"
        raise DTypeError("reduce_precision: takes a floating dtype", f"the operand is {x}", remedy)
    if exponent_bits < 1 or mantissa_bits < 0:
        found = f"exponent_bits is {exponent_bits}, mantissa_bits is {mantissa_bits}"
        remedy = "use 1 and 0, or more"
        raise ValueRangeError("reduce_precision: a float has bits", found, remedy)
    return x


@primitive(_reduce_precision_type)
def reduce_precision(operand, exponent_bits, mantissa_bits):
    """Each element rounded to a float of fewer bits, in the same dtype.

    >>> reduce_precision(1.2, 8, 2)
    Array(1.25, dtype=float32, weak_type=True)
    """
    bits = {"exponent_bits": int(exponent_bits), "mantissa_bits": int(mantissa_bits)}
    return reduce_precision.bind(as_operand(operand), **bits)[0]


reduce_precision.family = "elementwise"


# ---------------------------------------------------------------- choices
def _select_type(which, *cases):
    if len(cases) < 1 or (len(cases) > 2 and dtypes.is_bool(which.dtype)):
        asked, found = "select_n: a bool selector takes two cases", f"it was given {len(cases)}"
        raise DTypeError(asked, found, "use an int32 selector")
    if not dtypes.is_bool(which.dtype) and which.dtype != np.dtype("int32"):
        asked, found = "select_n: the selector is bool or int32", f"it is {which}"
        raise DTypeError(asked, found, "convert the selector")
    for c in cases:
        if c.dtype != cases[0].dtype:
            found = f"they are {', '.join(map(str, cases))}"
            remedy = "convert them with x.astype(...)"
            raise DTypeError("select_n: the cases need one dtype", found, remedy)
    shape = common_shape("select_n", (which, *cases))
    return ShapedArray(shape, cases[0].dtype, all_weak(cases))


def all_weak(avals):
    """Whether every aval is weakly typed."""
    return all([a.weak_type for a in avals])


@primitive(_select_type)
def select_n(which, *cases):
    """At each position the element of `cases[which]`; `which` is bool (two cases) or int32.

    >>> import hloom
    >>> select_n(hloom.numpy.array([2, 0]), 5.0, 6.0, hloom.numpy.array([7.0, 8.0]))
    Array([7., 5.], dtype=float32)
    """
    return select_n.bind(as_operand(which), *same_dtype(cases))[0]


select_n.family = "elementwise"


def select(pred, on_true, on_false):
    """At each position the element of `on_true` where `pred` holds, else that of `on_false`."""
    return select_n(pred, on_false, on_true)


def _clamp_type(low, x, high):
    if dtypes.is_complex(x.dtype):
        remedy = "clamp its real and imaginary parts"
        raise DTypeError("clamp: complex numbers have no order", f"the operand is {x}", remedy)
    for bound in (low, high):
        if bound.dtype != x.dtype:
            found = f"they are {low}, {x} and {high}"
            raise DTypeError(
                "clamp: bounds and operand need one dtype", found, "convert the bounds"
            )
    return ShapedArray(common_shape("clamp", (x, low, high)), x.dtype, x.weak_type)


@primitive(_clamp_type)
def clamp(min, x, max):
    """Each element of `x` moved into [min, max].

    >>> import hloom
    >>> hloom.lax.clamp(0.0, hloom.numpy.array([-1.0, 0.5, 3.0]), 1.0)
    Array([0. , 0.5, 1. ], dtype=float32)
    """
    aval = aval_of(x)
    low, high = (scalar_like(b, aval) if type(b) in PYTHON_SCALARS else b for b in (min, max))
    return clamp.bind(low, as_operand(x), high)[0]


clamp.family = "elementwise"


# ---------------------------------------------------------------- short compositions
def square(x):
    """x times x."""
    return integer_pow(x, 2)


def reciprocal(x):
    """1 / x."""
    return integer_pow(x, -1)
