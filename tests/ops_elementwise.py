"""Rows of the elementwise operations."""

import ml_dtypes
import numpy as np
from scipy import special

from hloom.frontend import dtypes as kinds
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.bitcast import bitcast_convert_type
from ops import (
    ANY,
    BOOL,
    COMPLEX,
    FLOATS,
    INEXACT,
    INTS,
    NUMERIC,
    ORDERED,
    REAL,
    SIGNED_INTS,
    A,
    Op,
    V,
    case,
)

WITHOUT_BOOL = tuple(d for d in ANY if d != "bool")
BITS = BOOL + INTS
SPECIAL = V(0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan)


STEPS = [case(A(6, low=-9, high=9))]
TIES = [case(V(0.5, 1.5, 2.5, -0.5, -1.5)), case(V(0.5, 1.5, 2.5, -0.5, -1.5), rounding_method=1)]
TIES_AND_NAN = [
    case(V(np.nan, 1, 0), V(1, np.nan, 0)),
    case(V(1 + 2j, 1 + 3j, 1 - 1j, 2, np.nan), V(1 + 3j, 1 - 5j, 1 - 1j, 3 + 1j, 1j)),
]
TINY_COMPLEX = [case(V(4.6e-9 - 3.0e-8j, -1e-3 + 1e-4j))]
CONVERTED = ("bool", "int8", "uint8", "int64", "uint32", "int4", "float16", "bfloat16", "float32")
CONVERTED += ("float64", "float8_e5m2", "complex64", "complex128")


def unary(function, oracle, low=-2.0, high=2.0, dtypes=INEXACT, **options):
    """A row of one operand, spread over [low, high]."""
    return Op(function, oracle, [case(A(6, low=low, high=high))], dtypes, **options)


def binary(function, oracle, low=-2.0, high=2.0, dtypes=INEXACT, **options):
    """A row of two operands, spread over [low, high]."""
    operands = A(6, low=low, high=high), A(6, low=low, high=high)
    return Op(function, oracle, [case(*operands)], dtypes, **options)


def bits(function, oracle, dtypes=INTS, **options):
    """A row of integers of all magnitudes that fit the narrowest."""
    options = {"grad": False, **options}
    return binary(function, oracle, -100, 100, dtypes, **options)


def shift(function, oracle):
    """A row of a shift, by less than the width and by more."""
    near = case(A(6, low=-100, high=100), A(6, low=0, high=7))
    far = case(V(5, -5, 5, -5, 5, -5), V(8, 16, 32, 64, 127, -1))
    return Op(function, oracle, [near], INTS, grad=False, edges=[far])


def compare(function, oracle, dtypes=ORDERED):
    """A row of a comparison: elements below, equal and above."""
    cases = [case(A(6, low=-9, high=9), A(6, low=-9, high=9)), case(V(0, 1, 1), V(1, 1, 0))]
    return Op(function, oracle, cases, dtypes, grad=False)


# ---------------------------------------------------------------- oracles
def divide(x, y):
    """x / y; integers as the hardware-free definition has it: towards zero, and x / 0 is -1."""
    if x.dtype.kind not in "iu":
        return x / y
    q = np.where(y == 0, 1, y).astype(object)
    q = [abs(int(a)) // abs(int(b)) * (1 if (a < 0) == (b < 0) else -1) for a, b in zip(x, q)]
    return np.where(y == 0, -1, np.array(q, object)).astype(np.int64).astype(x.dtype)


def remainder(x, y):
    """The remainder with the sign of x; x itself where an integer y is 0."""
    if x.dtype.kind not in "iu":
        return np.fmod(x, y)
    return np.where(y == 0, x, np.fmod(x, np.where(y == 0, 1, y))).astype(x.dtype)


def upper_half(x, y):
    """The upper half of the bits of the product of integers."""
    bits = 8 * x.dtype.itemsize
    return np.array([(int(a) * int(b)) >> bits for a, b in zip(x, y)], object).astype(x.dtype)


def shifted(x, y, shift):
    """x shifted as exact integers by y bits, read without a sign."""
    width = 8 * x.dtype.itemsize
    by = [int(v) % (1 << width) for v in y]
    return np.array([shift(int(a), min(b, width)) for a, b in zip(x, by)], object)


def unsigned(x):
    """The bits of x as an unsigned integer type."""
    return x.view(f"u{x.dtype.itemsize}")


def shift_left(x, y):
    mask = (1 << 8 * x.dtype.itemsize) - 1
    found = shifted(unsigned(x), y, lambda a, b: (a << b) & mask)
    return found.astype(unsigned(x).dtype).view(x.dtype)


def shift_right_logical(x, y):
    u = unsigned(x)
    return shifted(u, y, lambda a, b: a >> b).astype(u.dtype).view(x.dtype)


def shift_right_arithmetic(x, y):
    s = x.view(f"i{x.dtype.itemsize}")
    return shifted(s, y, lambda a, b: a >> b).astype(s.dtype).view(x.dtype)


def leading_zeros(x):
    width = 8 * x.dtype.itemsize
    return np.array([width - int(v).bit_length() for v in unsigned(x)]).astype(x.dtype)


def convert(x, new_dtype):
    """Conversion to a dtype, where numbers out of range go to the nearest and NaN to 0."""
    new = np.dtype(getattr(ml_dtypes, new_dtype, new_dtype))
    if x.dtype.kind == "c" and new.kind != "c":
        x = x.real
    if x.dtype.kind == "f" and kinds.is_integer(new):
        info = ml_dtypes.iinfo(new)
        exact = [0 if v != v else v if np.isinf(v) else int(v) for v in x.ravel().tolist()]
        x = np.array([min(max(v, info.min), info.max) for v in exact], np.int64).reshape(x.shape)
    if kinds.itemsize_bits(new) < 8 and kinds.is_integer(x.dtype):
        x = x.astype(np.int64)  # ml_dtypes has no casts between its own integers
    return x.astype(new)


def rounded(x, rounding_method=0):
    if rounding_method:
        return np.round(x)
    return np.copysign(np.floor(np.abs(x) + 0.5), x)


def reduced(x, exponent_bits, mantissa_bits):
    """x rounded to a number of mantissa bits, for values well inside the range of exponents."""
    mantissa, exponent = np.frexp(x)
    scale = 2.0 ** (mantissa_bits + 1)
    return np.ldexp(np.round(mantissa * scale) / scale, exponent)


def chosen(which, *cases):
    return np.choose(np.asarray(which).astype(int), cases)


def power(x, y):
    return np.power(x, y.astype(x.dtype)) if x.dtype.kind in "fc" else np.power(x, y)


def signum(x):
    return x / np.abs(x) if x.dtype.kind == "c" else np.sign(x)


OPS = [
    # arithmetic
    unary(e.neg, np.negative, dtypes=NUMERIC, edges=[case(SPECIAL)]),
    unary(e.sign, signum, dtypes=NUMERIC, edges=[case(SPECIAL)]),
    unary(e.abs, np.abs, dtypes=SIGNED_INTS + INEXACT, edges=[case(SPECIAL)]),
    binary(e.add, np.add, dtypes=ANY),
    binary(e.sub, np.subtract, dtypes=NUMERIC),
    binary(e.mul, np.multiply, dtypes=ANY),
    Op(
        e.div,
        divide,
        [case(A(6, low=-9, high=9), A(6, low=1, high=4))],
        NUMERIC,
        edges=[case(V(5, -5, 0, -128, 1), V(0, 0, 0, -1, -1))],
    ),
    Op(
        e.rem,
        remainder,
        [
            case(A(6, low=-9, high=9), A(6, low=1, high=4)),
            case(A(6, low=-9, high=9), A(6, low=-4, high=-1)),
        ],
        REAL,
        edges=[case(V(5, -5, 0, -128, 1), V(0, 0, 0, -1, -1))],
    ),
    binary(e.max, np.maximum, dtypes=ANY, edges=TIES_AND_NAN),
    binary(e.min, np.minimum, dtypes=ANY, edges=TIES_AND_NAN),
    Op(e.floor, np.floor, STEPS),
    Op(e.ceil, np.ceil, STEPS),
    Op(e.round, rounded, [*STEPS, case(A(6, low=-9, high=9), rounding_method=1)], edges=TIES),
    unary(e.is_finite, np.isfinite, dtypes=FLOATS, grad=False, edges=[case(SPECIAL)]),
    Op(
        e.nextafter,
        np.nextafter,
        [case(A(6), A(6))],
        ("bfloat16", "float16", "float32", "float64"),
        edges=[case(V(1.0, 1.0, 2.0, np.inf, np.nan), V(1.0, 2.0, 0.0, 0.0, 1.0))],
        grad=False,
        wide=False,
        tol=0,
    ),
    bits(e.mulhi, upper_half, edges=[case(V(-1, -128, 127), V(-1, -128, 127))]),
    # functions
    unary(e.exp, np.exp, edges=[case(SPECIAL)]),
    unary(e.exp2, np.exp2, -9, 9, edges=[case(SPECIAL)], dtypes=FLOATS),
    unary(e.exp2, np.exp2, dtypes=COMPLEX, name="exp2_complex"),
    unary(e.expm1, np.expm1, edges=[case(SPECIAL), case(V(1e-3, -1e-3))]),
    unary(e.log, np.log, 0.1, 4, edges=[case(SPECIAL)]),
    unary(e.log1p, np.log1p, -0.5, 4, edges=[case(SPECIAL), case(V(1e-3, -1e-3))]),
    unary(e.log2, np.log2, 0.1, 4, edges=[case(SPECIAL), case(V(0.25, 8.0, 1024.0))]),
    unary(e.log10, np.log10, 0.1, 4, edges=[case(SPECIAL), case(V(0.01, 1.0, 1000.0))]),
    unary(e.sqrt, np.sqrt, 0.1, 4, edges=[case(SPECIAL)]),
    unary(e.rsqrt, lambda x: 1 / np.sqrt(x), 0.1, 4, edges=[case(V(np.inf, np.nan, 0.0, -1.0))]),
    unary(e.cbrt, np.cbrt, 0.1, 4, dtypes=FLOATS, edges=[case(SPECIAL), case(V(-8.0, 27.0))]),
    unary(e.square, np.square, dtypes=NUMERIC),
    unary(e.reciprocal, lambda x: 1 / x, 0.2, 2),
    unary(e.one_minus_square, lambda x: 1 - x * x, dtypes=INEXACT),
    unary(e.sin, np.sin, -9, 9, edges=[case(SPECIAL)], dtypes=FLOATS),
    unary(e.sin, np.sin, dtypes=COMPLEX, name="sin_complex", edges=TINY_COMPLEX),
    unary(e.cos, np.cos, -9, 9, edges=[case(SPECIAL)], dtypes=FLOATS),
    unary(e.cos, np.cos, dtypes=COMPLEX, name="cos_complex"),
    unary(e.tan, np.tan, -1.2, 1.2, edges=[case(SPECIAL)]),
    unary(e.asin, np.arcsin, -0.9, 0.9, edges=[case(SPECIAL)]),
    unary(e.acos, np.arccos, -0.9, 0.9, edges=[case(SPECIAL)]),
    unary(e.atan, np.arctan, edges=[case(SPECIAL)]),
    unary(e.sinh, np.sinh, edges=[case(SPECIAL), *TINY_COMPLEX]),
    unary(e.cosh, np.cosh, edges=[case(SPECIAL)]),
    unary(e.tanh, np.tanh, edges=[case(SPECIAL)]),
    unary(e.asinh, np.arcsinh, edges=[case(SPECIAL)]),
    unary(e.acosh, np.arccosh, 1.1, 4, edges=[case(SPECIAL)]),
    unary(e.atanh, np.arctanh, -0.9, 0.9, edges=[case(SPECIAL)]),
    unary(e.logistic, lambda x: 1 / (1 + np.exp(-x)), edges=[case(SPECIAL)]),
    binary(
        e.atan2,
        np.arctan2,
        dtypes=FLOATS,
        edges=[case(V(0.0, 0.0, -0.0, -0.0, np.inf), V(1.0, -1.0, 1.0, -1.0, -np.inf))],
    ),
    # log((x + iy) / sqrt(x^2 + y^2)) / i
    binary(
        e.atan2,
        lambda y, x: -1j * np.log((x + 1j * y) / np.sqrt(x * x + y * y)),
        0.5,
        2,
        dtypes=COMPLEX,
        name="atan2_complex",
        tol=20,
    ),
    Op(
        e.pow,
        power,
        [case(A(6, low=0.3, high=2), A(6))],
        INEXACT,
        tol=16,
        edges=[case(V(0.0, 0.0, -8.0, 2.0, np.inf), V(0.0, 3.0, 3.0, np.inf, -1.0))],
    ),
    Op(
        e.pow,
        power,
        [case(A(6, low=0.5, high=2), A(6, low=-3, high=3, dtype="int32"))],
        INEXACT,
        name="pow_of_integer",
        tol=16,
        edges=[case(V(0.0, 0.0, -2.0), np.int32([0, 2, 3]))],
    ),
    Op(
        e.pow,
        power,
        [case(A(6, low=-3, high=3), A(6, low=0, high=3))],
        INTS,
        name="pow_of_integers",
    ),
    Op(
        e.integer_pow,
        lambda x, y: np.power(x, y),
        [case(A(6), y=y) for y in (0, 1, 2, 3, 7)],
        NUMERIC,
        tol=8,
    ),
    Op(
        e.integer_pow,
        lambda x, y: x ** float(y),
        [case(A(6, low=0.5, high=2), y=y) for y in (-1, -2, -3)],
        INEXACT,
        name="integer_pow_negative",
        tol=8,
    ),
    # special functions
    unary(e.erf, special.erf, dtypes=FLOATS, edges=[case(SPECIAL)]),
    unary(e.erfc, special.erfc, -3, 9, dtypes=FLOATS, atol=0, tol=32, edges=[case(SPECIAL)]),
    unary(e.erf_inv, special.erfinv, -0.9, 0.9, dtypes=FLOATS, tol=32, edges=[case(SPECIAL)]),
    unary(
        e.lgamma,
        special.gammaln,
        0.2,
        6,
        dtypes=FLOATS,
        tol=16,
        edges=[case(V(-2.5, -0.5, 0.0, -1.0, 1.0, 2.0, np.inf, np.nan))],
    ),
    unary(
        e.digamma,
        special.digamma,
        0.2,
        6,
        dtypes=FLOATS,
        tol=16,
        edges=[case(V(-2.5, -0.5, np.inf, np.nan))],
    ),
    # complex numbers
    unary(e.real, np.real, dtypes=COMPLEX),
    unary(e.imag, np.imag, dtypes=COMPLEX),
    unary(e.conj, np.conj, dtypes=COMPLEX),
    unary(e.conj, lambda x: np.conj(x) + 0j, dtypes=("float32", "float64"), name="conj_real"),
    binary(e.complex, lambda x, y: x + 1j * y, dtypes=("float32", "float64")),
    # logic and bits
    bits(e.bitwise_and, np.bitwise_and, BITS),
    bits(e.bitwise_or, np.bitwise_or, BITS),
    bits(e.bitwise_xor, np.bitwise_xor, BITS),
    unary(e.bitwise_not, np.invert, -100, 100, dtypes=BITS, grad=False),
    shift(e.shift_left, shift_left),
    shift(e.shift_right_logical, shift_right_logical),
    shift(e.shift_right_arithmetic, shift_right_arithmetic),
    unary(
        e.population_count,
        lambda x: np.bitwise_count(unsigned(x)),
        -100,
        100,
        dtypes=INTS,
        grad=False,
    ),
    unary(e.clz, leading_zeros, -100, 100, dtypes=INTS, grad=False, edges=[case(V(0, 1, -1))]),
    # comparisons
    compare(e.eq, np.equal, ANY),
    compare(e.ne, np.not_equal, ANY),
    compare(e.lt, np.less),
    compare(e.le, np.less_equal),
    compare(e.gt, np.greater),
    compare(e.ge, np.greater_equal),
    # conversions
    Op(
        e.convert_element_type,
        convert,
        [case(A(6, low=-9, high=9), new_dtype=d) for d in CONVERTED],
        ANY,
        grad=False,
        edges=[
            case(V(np.nan, np.inf, -np.inf, 300.7, -300.7), new_dtype=d)
            for d in ("bool", "int8", "uint8", "int32", "uint32")
        ],
    ),
    Op(
        e.convert_element_type,
        convert,
        [case(A(6, low=-7, high=7), new_dtype=d) for d in ("float32", "int32", "int4")],
        ("int4", "uint4", "float8_e4m3fn", "float8_e5m2"),
        name="convert_narrow",
        grad=False,
    ),
    Op(
        e.convert_element_type,
        convert,
        [case(A(6), new_dtype=d) for d in ("float64", "complex128")],
        ("float64", "complex128"),
        name="convert_smoothly",
    ),
    Op(
        e.reduce_precision,
        reduced,
        [
            case(A(6), exponent_bits=8, mantissa_bits=7),
            case(A(6), exponent_bits=5, mantissa_bits=10),
        ],
        ("float32", "float64"),
        grad=False,
    ),
    Op(
        bitcast_convert_type,
        lambda x, new_dtype: x.view(new_dtype),
        [case(A(6), new_dtype="int32")],
        ("float32", "uint32"),
        wide=False,
        grad=False,
    ),
    Op(
        bitcast_convert_type,
        lambda x, new_dtype: x[..., None].view(new_dtype),
        [case(A(2, 3), new_dtype="uint16")],
        ("float32", "float64"),
        name="bitcast_narrower",
        wide=False,
        grad=False,
    ),
    Op(
        bitcast_convert_type,
        lambda x, new_dtype: x.view(new_dtype)[..., 0],
        [case(A(3, 4, low=0, high=200), new_dtype="float32")],
        ("uint8", "int8"),
        name="bitcast_wider",
        wide=False,
        grad=False,
    ),
    # choices
    Op(
        e.select_n,
        chosen,
        [
            case(np.array([True, False, True]), A(3), A(3)),
            case(np.array([2, 0, 1], np.int32), A(3), A(3), A(3)),
        ],
        ANY,
    ),
    Op(
        e.clamp,
        lambda low, x, high: np.clip(x, low, high),
        [
            case(A(6, low=0, high=2), A(6, low=-5, high=9), A(6, low=3, high=5)),
            case(A(low=0, high=2), A(6, low=-5, high=9), A(low=3, high=5)),
        ],
        REAL,
    ),
]
