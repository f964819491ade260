"""Derivatives of the elementwise primitives, and transposition of those that are linear.

In a term, `g` is the tangent of one operand, then come the operands, and `y` is the result.
"""

import math

from hloom.frontend import dtypes
from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Literal
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
    exp2,
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
    log2,
    log10,
    logistic,
    lt,
    max,
    min,
    mul,
    mulhi,
    ne,
    neg,
    nextafter,
    one_minus_square,
    population_count,
    pow,
    real,
    reduce_precision,
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
from hloom.frontend.trace import aval_of
from hloom.transforms import jvp, transpose
from hloom.transforms.transpose import is_linear
from hloom.transforms.zeros import has_tangent, zeros


def _const(value, like):
    return typed_literal(value, aval_of(like).dtype, True)


# ---------------------------------------------------------------- derivatives
jvp.elementwise(neg, lambda g, x, y: neg(g))
jvp.elementwise(add, lambda g, a, b, y: g, lambda g, a, b, y: g)
jvp.elementwise(sub, lambda g, a, b, y: g, lambda g, a, b, y: neg(g))
jvp.elementwise(mul, lambda g, a, b, y: mul(g, b), lambda g, a, b, y: mul(a, g))
jvp.elementwise(div, lambda g, a, b, y: div(g, b), lambda g, a, b, y: div(mul(neg(g), y), b))
jvp.elementwise(asin, lambda g, x, y: mul(g, rsqrt(one_minus_square(x))))
jvp.elementwise(acos, lambda g, x, y: neg(mul(g, rsqrt(one_minus_square(x)))))
jvp.elementwise(atan, lambda g, x, y: div(g, add(integer_pow(x, 2), 1)))
jvp.elementwise(sinh, lambda g, x, y: mul(g, cosh(x)))
jvp.elementwise(cosh, lambda g, x, y: mul(g, sinh(x)))
jvp.elementwise(asinh, lambda g, x, y: mul(g, rsqrt(add(integer_pow(x, 2), 1))))
jvp.elementwise(acosh, lambda g, x, y: mul(g, mul(rsqrt(sub(x, 1)), rsqrt(add(x, 1)))))
jvp.elementwise(one_minus_square, lambda g, x, y: mul(g, mul(x, -2)))
jvp.elementwise(atanh, lambda g, x, y: div(g, one_minus_square(x)))

#: functions with a choice of accuracy: the derivative times g
_APPROXIMATED = {
    sin: lambda g, x, y, **a: mul(g, cos(x, **a)),
    cos: lambda g, x, y, **a: neg(mul(g, sin(x, **a))),
    tan: lambda g, x, y, **_: mul(g, add(integer_pow(y, 2), 1)),
    tanh: lambda g, x, y, **_: mul(g, one_minus_square(y)),
    exp: lambda g, x, y, **_: mul(g, y),
    exp2: lambda g, x, y, **_: mul(g, mul(y, math.log(2))),
    expm1: lambda g, x, y, **_: mul(g, add(y, 1)),
    log: lambda g, x, y, **_: div(g, x),
    log1p: lambda g, x, y, **_: div(g, add(x, 1)),
    log2: lambda g, x, y, **_: div(g, mul(x, math.log(2))),
    log10: lambda g, x, y, **_: div(g, mul(x, math.log(10))),
    sqrt: lambda g, x, y, **_: mul(g, div(0.5, y)),
    rsqrt: lambda g, x, y, **_: mul(g, mul(-0.5, div(y, x))),
    cbrt: lambda g, x, y, **_: mul(g, div(1 / 3, integer_pow(y, 2))),
    logistic: lambda g, x, y, **_: mul(g, mul(y, sub(1, y))),
}
for _function, _term in _APPROXIMATED.items():
    jvp.elementwise(_function, _term)


def _gaussian(scale, sign):
    """The derivative `scale` exp(±u²) of the error function (u = x) or of its inverse (u = y)."""
    return lambda g, x, y: mul(
        g, mul(scale, exp(integer_pow(y, 2) if sign > 0 else neg(integer_pow(x, 2))))
    )


jvp.elementwise(erf, _gaussian(2 / math.sqrt(math.pi), -1))
jvp.elementwise(erfc, _gaussian(-2 / math.sqrt(math.pi), -1))
jvp.elementwise(erf_inv, _gaussian(math.sqrt(math.pi) / 2, 1))
jvp.elementwise(lgamma, lambda g, x, y: mul(g, digamma(x)))


def _angle_term(turn):
    """The derivative of an angle: `turn(a, b)` over the square of the radius; 0 at the origin."""

    def term(g, a, b, y):
        r2 = add(integer_pow(a, 2), integer_pow(b, 2))
        return mul(g, div(turn(a, b), select(eq(r2, _const(0, r2)), _const(1, r2), r2)))

    return term


jvp.elementwise(atan2, _angle_term(lambda a, b: b), _angle_term(lambda a, b: neg(a)))
jvp.elementwise(real, lambda g, x, y: real(g))
jvp.elementwise(imag, lambda g, x, y: imag(g))
jvp.elementwise(conj, lambda g, x, y: conj(g))
jvp.elementwise(
    complex,
    lambda g, a, b, y: complex(g, _const(0, g)),
    lambda g, a, b, y: complex(_const(0, g), g),
)


def _power_base(g, x, p, y):
    """d(x**p)/dx = p x**(p - 1), and 0 for p = 0 even where x is 0."""
    if type(p) is Literal:
        slope, lower = _const(p.value, x), _const(p.value - (p.value != 0), p)
    else:
        slope = convert_element_type(p, aval_of(x).dtype)
        lower = select(eq(p, _const(0, p)), _const(1, p), sub(p, 1))
    return mul(g, mul(slope, pow(x, lower)))


def _power_exponent(g, x, p, y):
    """d(x**p)/dp = x**p log x, and 0 where x is 0."""
    at_zero = eq(x, _const(0, x))
    return mul(g, mul(y, log(select(at_zero, _const(1, x), x))))


jvp.elementwise(pow, _power_base, _power_exponent)


def _integer_pow_term(g, x, out, *, y):
    if y in (0, 1):
        return g if y else mul(g, _const(0, g))
    return mul(g, mul(_const(y, x), x if y == 2 else integer_pow(x, y - 1)))


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
    turn = div(imag(mul(conj(y), g)), select(eq(r, _const(0, r)), _const(1, r), r))
    return [y], [mul(y, complex(_const(0, turn), turn))]


def _extreme_term(g, mine, other, y):
    """All of the tangent where the operand is the result, half of it where both are."""
    tie = select(eq(other, y), _const(0.5, y), _const(1, y))
    return mul(g, select(eq(mine, y), tie, _const(0, y)))


for _extreme in (max, min):
    jvp.elementwise(
        _extreme,
        lambda g, a, b, y: _extreme_term(g, a, b, y),
        lambda g, a, b, y: _extreme_term(g, b, a, y),
    )

jvp.elementwise(rem, lambda g, a, b, y: g, lambda g, a, b, y: neg(mul(g, round(div(sub(a, y), b)))))


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
    full = [zeros(aval_of(c)) if g is None else g for c, g in zip(cases, tangents[1:], strict=True)]
    shape = aval_of(y[0]).shape
    return y, [jvp.fill(select_n.bind(which, *full)[0], shape)]


def _clamp_edge(test):
    return lambda g, low, x, high, y: select(test(low, x, high), g, _const(0, g))


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
jvp.none(mulhi, "the operands are integers")
jvp.none(nextafter, "a step to a neighbouring number is piecewise constant in size")
jvp.linear(reduce_precision)


# ---------------------------------------------------------------- transposition
def _scaled(ct, x):
    """ct * x, where a gradient begins with the literal 1."""
    one = type(ct) is Literal and ct.value == 1 and ct.aval == aval_of(x)
    return x if one else mul(ct, x)


def _negated(ct):
    return Literal(-ct.value, ct.aval) if type(ct) is Literal else neg(ct)


transpose.linear(neg, lambda ct, x: _negated(ct))
transpose.linear(add, lambda ct, a, b: ct, lambda ct, a, b: ct)
transpose.linear(sub, lambda ct, a, b: ct, lambda ct, a, b: _negated(ct))
transpose.linear(mul, lambda ct, a, b: _scaled(ct, b), lambda ct, a, b: _scaled(ct, a))
transpose.linear(div, lambda ct, a, b: div(ct, b), None)
transpose.linear(real, lambda ct, x: complex(ct, _const(0, ct)))
transpose.linear(imag, lambda ct, x: complex(_const(0, ct), neg(ct)))
transpose.linear(conj, lambda ct, x: conj(ct))
transpose.linear(reduce_precision, lambda ct, x, **bits: reduce_precision.bind(ct, **bits)[0])
transpose.linear(complex, lambda ct, a, b: real(ct), lambda ct, a, b: neg(imag(ct)))

for _function in (
    sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh, exp, exp2, expm1, log,
    log1p, log2, log10, one_minus_square, sqrt, rsqrt, cbrt, logistic, erf, erfc, erf_inv, lgamma,
    atan2, pow, integer_pow, abs, sign, max, min, rem, clamp,
):  # fmt: skip
    transpose.none(_function, "not linear")


@transpose.rule(convert_element_type)
def _convert_back(cts, x, *, dtype, weak_type):
    return [convert_element_type.bind(cts[0], dtype=x.aval.dtype, weak_type=x.aval.weak_type)[0]]


@transpose.rule(select_n)
def _select_back(cts, which, *cases):
    (ct,) = cts
    nothing = _const(0, ct)
    results = []
    for i, c in enumerate(cases):
        if is_linear(c):
            chosen = [ct if j == i else nothing for j in range(len(cases))]
            results.append(transpose.collect(select_n.bind(which, *chosen)[0], c.aval))
        else:
            results.append(None)
    return [None, *results]
