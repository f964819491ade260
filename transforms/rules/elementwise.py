"""Derivatives of the elementwise primitives, and transposition of those that are linear.

In a term, `g` is the tangent of one operand, then come the operands, and `y` is the result.
"""

import math

from hloom.frontend import dtypes
from hloom.frontend.families import typed_literal
from hloom.frontend.prims.elementwise import (
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    cbrt,
    ceil,
    clamp,
    clz,
    complex,
    conj,
    convert_element_type,
    cos,
    cosh,
    digamma,
    div,
    eq,
    erf,
    erf_inv,
    erfc,
    exp,
    expm1,
    floor,
    ge,
    gt,
    imag,
    integer_pow,
    is_finite,
    le,
    lgamma,
    log,
    log1p,
    logistic,
    lt,
    max,
    min,
    mul,
    ne,
    neg,
    nextafter,
    population_count,
    pow,
    real,
    rem,
    round,
    rsqrt,
    select,
    select_n,
    shift_left,
    shift_right_arithmetic,
    shift_right_logical,
    sign,
    sin,
    sinh,
    sqrt,
    sub,
    tan,
    tanh,
)
from hloom.frontend.prims.structural import broadcast_in_dim
from hloom.frontend.trace import aval_of
from hloom.transforms import jvp, transpose
from hloom.transforms.transpose import is_linear
from hloom.transforms.zeros import has_tangent, zeros


def _const(value, like):
    return typed_literal(value, aval_of(like).dtype)


def _zero_where_not(pred, g):
    return select(pred, g, _const(0, g))


# ---------------------------------------------------------------- derivatives
jvp.elementwise(neg, lambda g, x, y: neg(g))
jvp.elementwise(add, lambda g, a, b, y: g, lambda g, a, b, y: g)
jvp.elementwise(sub, lambda g, a, b, y: g, lambda g, a, b, y: neg(g))
jvp.elementwise(mul, lambda g, a, b, y: mul(g, b), lambda g, a, b, y: mul(a, g))
jvp.elementwise(
    div, lambda g, a, b, y: div(g, b), lambda g, a, b, y: mul(mul(neg(g), y), integer_pow(b, -1))
)
jvp.elementwise(sin, lambda g, x, y: mul(g, cos(x)))
jvp.elementwise(cos, lambda g, x, y: neg(mul(g, sin(x))))
jvp.elementwise(tan, lambda g, x, y: mul(g, add(integer_pow(y, 2), 1.0)))
jvp.elementwise(asin, lambda g, x, y: mul(g, rsqrt(sub(1.0, integer_pow(x, 2)))))
jvp.elementwise(acos, lambda g, x, y: neg(mul(g, rsqrt(sub(1.0, integer_pow(x, 2))))))
jvp.elementwise(atan, lambda g, x, y: div(g, add(integer_pow(x, 2), 1.0)))
jvp.elementwise(sinh, lambda g, x, y: mul(g, cosh(x)))
jvp.elementwise(cosh, lambda g, x, y: mul(g, sinh(x)))
jvp.elementwise(tanh, lambda g, x, y: mul(g, sub(1.0, integer_pow(y, 2))))
jvp.elementwise(asinh, lambda g, x, y: mul(g, rsqrt(add(integer_pow(x, 2), 1.0))))
jvp.elementwise(acosh, lambda g, x, y: mul(g, mul(rsqrt(sub(x, 1.0)), rsqrt(add(x, 1.0)))))
jvp.elementwise(atanh, lambda g, x, y: div(g, sub(1.0, integer_pow(x, 2))))
jvp.elementwise(exp, lambda g, x, y: mul(g, y))
jvp.elementwise(expm1, lambda g, x, y: mul(g, add(y, 1.0)))
jvp.elementwise(log, lambda g, x, y: div(g, x))
jvp.elementwise(log1p, lambda g, x, y: div(g, add(x, 1.0)))
jvp.elementwise(sqrt, lambda g, x, y: mul(g, div(0.5, y)))
jvp.elementwise(rsqrt, lambda g, x, y: mul(g, mul(-0.5, div(y, x))))
jvp.elementwise(cbrt, lambda g, x, y: mul(g, div(y, mul(3.0, x))))
jvp.elementwise(logistic, lambda g, x, y: mul(g, mul(y, sub(1.0, y))))
jvp.elementwise(
    erf, lambda g, x, y: mul(g, mul(2 / math.sqrt(math.pi), exp(neg(integer_pow(x, 2)))))
)
jvp.elementwise(
    erfc, lambda g, x, y: mul(g, mul(-2 / math.sqrt(math.pi), exp(neg(integer_pow(x, 2)))))
)
jvp.elementwise(
    erf_inv, lambda g, x, y: mul(g, mul(math.sqrt(math.pi) / 2, exp(integer_pow(y, 2))))
)
jvp.elementwise(lgamma, lambda g, x, y: mul(g, digamma(x)))
jvp.elementwise(
    atan2,
    lambda g, a, b, y: mul(g, div(b, add(integer_pow(a, 2), integer_pow(b, 2)))),
    lambda g, a, b, y: mul(g, div(neg(a), add(integer_pow(a, 2), integer_pow(b, 2)))),
)
jvp.elementwise(real, lambda g, x, y: real(g))
jvp.elementwise(imag, lambda g, x, y: imag(g))
jvp.elementwise(conj, lambda g, x, y: conj(g))
jvp.elementwise(
    complex, lambda g, a, b, y: complex(g, zeros(aval_of(g))), lambda g, a, b, y: complex(zeros(aval_of(g)), g)
)


def _power_base(g, x, p, y):
    """d(x**p)/dx = p x**(p - 1), and 0 for p = 0 even where x is 0."""
    p_is_zero = eq(p, _const(0, p))
    return mul(g, select(p_is_zero, zeros_of(y), mul(p, pow(x, select(p_is_zero, ones_of(y), sub(p, 1.0))))))


def _power_exponent(g, x, p, y):
    """d(x**p)/dp = x**p log x, and 0 where x is 0 and p is not negative."""
    at_zero = eq(x, _const(0, x))
    return mul(g, mul(y, log(select(at_zero, ones_of(y), x))))


def zeros_of(x):
    """Zeros shaped as `x`."""
    return zeros(aval_of(x).strip_weak_type())


def ones_of(x):
    """Ones shaped as `x`."""
    return broadcast_in_dim(_const(1, x), aval_of(x).shape, ())


jvp.elementwise(pow, _power_base, _power_exponent)


def _integer_pow_term(g, x, out, *, y):
    return mul(g, mul(_const(y, x), x if y == 2 else integer_pow(x, y - 1))) if y else mul(g, _const(0, x))


jvp.elementwise(integer_pow, _integer_pow_term)


def _abs_term(g, x, y):
    if not dtypes.is_complex(aval_of(x).dtype):
        return mul(g, sign(x))
    return real(mul(g, conj(sign(x))))


jvp.elementwise(abs, _abs_term)


@jvp.rule(sign)
def _sign(primals, tangents):
    (x,), (g,) = primals, tangents
    y = sign(x)
    if not dtypes.is_complex(aval_of(x).dtype):
        return [y], [None]
    # z/|z| turns with z: its tangent is i y Im(conj(y) g) / |z|, and 0 at the origin
    r = abs(x)
    turn = div(imag(mul(conj(y), g)), select(eq(r, _const(0, r)), ones_of(r), r))
    return [y], [mul(y, complex(zeros_of(turn), turn))]


def _extreme(primitive, wins):
    def share(g, a, b, y):
        # ties share the tangent
        return mul(g, select(wins(a, b), ones_of(y), select(eq(a, b), half_of(y), zeros_of(y))))

    jvp.elementwise(primitive, share, lambda g, a, b, y: share(g, b, a, y))


def half_of(x):
    """Halves shaped as `x`."""
    return broadcast_in_dim(_const(0.5, x), aval_of(x).shape, ())


_extreme(max, lambda a, b: gt(a, b))
_extreme(min, lambda a, b: lt(a, b))


def _quotient(a, b):
    """The quotient a/b rounded towards zero."""
    q = div(a, b)
    return mul(sign(q), floor(abs(q)))


jvp.elementwise(rem, lambda g, a, b, y: g, lambda g, a, b, y: neg(mul(g, _quotient(a, b))))


@jvp.rule(convert_element_type)
def _convert(primals, tangents, *, dtype, weak_type):
    (x,), (g,) = primals, tangents
    y = convert_element_type.bind(x, dtype=dtype, weak_type=weak_type)
    if g is None or not has_tangent(y[0]):
        return y, [None]
    return y, convert_element_type.bind(g, dtype=dtype, weak_type=weak_type)


@jvp.rule(select_n)
def _select(primals, tangents):
    which, *cases = primals
    y = select_n.bind(which, *cases)
    if all(g is None for g in tangents[1:]):
        return y, [None]
    full = [
        zeros(aval_of(c)) if g is None else g for c, g in zip(cases, tangents[1:], strict=True)
    ]
    shape = aval_of(y[0]).shape
    return y, [jvp.fill(select_n.bind(which, *full)[0], shape)]


def _clamp_edge(test):
    return lambda g, low, x, high, y: _zero_where_not(test(low, x, high), jvp.fill(g, aval_of(y).shape))


jvp.elementwise(
    clamp,
    _clamp_edge(lambda low, x, high: gt(low, x)),
    _clamp_edge(lambda low, x, high: bitwise_and(gt(x, low), lt(x, high))),
    _clamp_edge(lambda low, x, high: lt(high, x)),
)

for _step in (floor, ceil, round):
    jvp.none(_step, "piecewise constant")
for _bool in (is_finite, eq, ne, lt, le, gt, ge):
    jvp.none(_bool, "the result is bool")
for _bits in (
    bitwise_not, bitwise_and, bitwise_or, bitwise_xor, shift_left, shift_right_logical,
    shift_right_arithmetic, population_count, clz,
):  # fmt: skip
    jvp.none(_bits, "the operands are integers")
jvp.none(nextafter, "its derivative with respect to the direction is zero; to x it is not defined")


# ---------------------------------------------------------------- transposition
def _mul_left(ct, a, b):
    return mul(ct, b)


transpose.linear(neg, lambda ct, x: neg(ct))
transpose.linear(add, lambda ct, a, b: ct, lambda ct, a, b: ct)
transpose.linear(sub, lambda ct, a, b: ct, lambda ct, a, b: neg(ct))
transpose.linear(mul, _mul_left, lambda ct, a, b: mul(ct, a))
transpose.linear(div, lambda ct, a, b: div(ct, b), None)
transpose.linear(rem, lambda ct, a, b: ct, None)
transpose.linear(real, lambda ct, x: complex(ct, zeros(aval_of(ct))))
transpose.linear(imag, lambda ct, x: complex(zeros(aval_of(ct)), neg(ct)))
transpose.linear(conj, lambda ct, x: conj(ct))
transpose.linear(complex, lambda ct, a, b: real(ct), lambda ct, a, b: neg(imag(ct)))


@transpose.rule(convert_element_type)
def _convert_back(cts, x, *, dtype, weak_type):
    return [convert_element_type.bind(cts[0], dtype=x.aval.dtype, weak_type=x.aval.weak_type)[0]]


@transpose.rule(select_n)
def _select_back(cts, which, *cases):
    (ct,) = cts
    nothing = zeros(aval_of(ct))
    results = []
    for i, c in enumerate(cases):
        if is_linear(c):
            chosen = select_n.bind(which, *[ct if j == i else nothing for j in range(len(cases))])[0]
            results.append(transpose.collect(chosen, c.aval))
        else:
            results.append(None)
    return [None, *results]
