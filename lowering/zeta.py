"""The Hurwitz zeta function and the derivatives of digamma, by Euler and Maclaurin's summation.

With a = q + n (DLMF 2.10.1, 25.11.5):

    ζ(x, q) = sum of (q + k)^-x for k < n
              + a^(1-x) (1/(x-1) + (1/2 + sum of B_2j / (2j)! x (x+1) ... (x+2j-2) / a^(2j-1)) / a)

The sum over j converges when x / (2πa) is small.
"""

import math

from hloom.frontend.prims.elementwise import (
    abs,
    add,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    div,
    eq,
    floor,
    ge,
    gt,
    is_finite,
    le,
    lt,
    mul,
    neg,
    pow,
    select,
    sub,
)
from hloom.lowering.gamma import digamma, gamma, is_odd
from hloom.lowering.iterate import eps, filled, repeat

#: numerators and denominators of the Bernoulli numbers B_2, B_4, ...
_TOPS = (1, -1, 1, -1, 5, -691, 7, -3617, 43867, -174611, 854513, -236364091)
_BOTTOMS = (6, 30, 42, 30, 66, 2730, 6, 510, 798, 330, 138, 2730)
#: B_2j / (2j)!
_TERMS = [n / (d * math.factorial(2 * j)) for j, (n, d) in enumerate(zip(_TOPS, _BOTTOMS), 1)]


def zeta(x, q, factor=None):
    """ζ(x, q) for x > 1, times `factor`; inf for x = 1 and q = 0, -1, ...; NaN if not real."""
    valid = bitwise_or(gt(q, 0.0), eq(floor(x), x))
    valid = bitwise_and(bitwise_and(valid, is_finite(x)), bitwise_and(gt(x, 1.0), is_finite(q)))
    result = sum_of_powers(select(valid, x, 2.0), select(valid, q, 1.0), factor)
    result = select(valid, result, math.nan)
    result = select(bitwise_and(eq(q, math.inf), gt(x, 1.0)), 0.0, result)
    pole = bitwise_and(gt(x, 1.0), bitwise_and(le(q, 0.0), eq(floor(q), q)))
    return select(bitwise_or(bitwise_and(eq(x, 1.0), eq(q, q)), pole), math.inf, result)


def sum_of_powers(x, q, factor=None):
    """ζ(x, q) by the formula above, for finite arguments with x not 1 and q no pole."""
    factors = () if factor is None else (factor,)
    least = add(mul(abs(x), 0.5), 10.0)

    def step(_, x, least, *operands):
        *factors, a, total, rest = operands
        before = lt(a, least)
        term = _power(a, neg(x), *factors)
        # what follows a tiny term is nothing to the sum, and the formula may fail there
        tiny = bitwise_and(gt(a, 0.0), lt(term, mul(total, eps(x) / 64)))
        total = select(before, add(total, term), total)
        rest = select(bitwise_and(before, tiny), 0.0, rest)
        return bitwise_and(before, bitwise_not(tiny)), add(a, 1.0), total, rest

    state = q, filled(0.0, q), filled(1.0, q)
    a, total, rest = repeat(step, (x, least, *factors), state, 1_000_000)
    return select(eq(rest, 0.0), total, add(total, _remainder(x, sub(a, 1.0), *factors)))


def _remainder(x, a, *factors):
    """The terms of the formula that hold powers of a."""
    r = div(1.0, a)
    factor, tail = mul(x, r), filled(0.5, a)
    for j, coefficient in enumerate(_TERMS, 1):
        tail = add(tail, mul(factor, coefficient))
        factor = mul(factor, mul(mul(add(x, 2.0 * j - 1), r), mul(add(x, 2.0 * j), r)))
    return mul(_power(a, sub(1.0, x), *factors), add(div(1.0, sub(x, 1.0)), mul(tail, r)))


def _power(a, y, factor=None):
    """a^y, or a whole power y of a times a factor, though it alone be too small for a float."""
    if factor is None:
        return pow(a, y)
    half = pow(abs(a), mul(y, 0.5))
    size = mul(mul(factor, half), half)
    return select(bitwise_and(lt(a, 0.0), is_odd(y)), neg(size), size)


def polygamma(m, x):
    """(-1)^(m+1) m! ζ(m + 1, x); digamma for m = 0; NaN unless m is a whole number."""
    positive = gt(m, 0.0)
    order = select(positive, add(m, 1.0), 2.0)
    size = zeta(order, x, gamma(order))
    result = select(is_odd(m), size, neg(size))
    result = select(eq(m, 0.0), digamma(x), result)
    return select(bitwise_and(ge(m, 0.0), eq(floor(m), m)), result, math.nan)
