"""Sums of few terms: polynomials and Chebyshev series, as long as the dtype asks for."""

import math

from hloom.frontend import dtypes
from hloom.frontend.prims.elementwise import add, convert_element_type, mul, sub
from hloom.frontend.trace import aval_of


def widened(*operands, function):
    """`function`, computed in float32 for narrower floats."""
    dtype = aval_of(operands[0]).dtype
    if dtypes.itemsize_bits(dtype) >= 32:
        return function(*operands)
    wide = function(*[convert_element_type(x, dtypes.float32) for x in operands])
    return convert_element_type(wide, dtype)


def chebyshev(t, coefficients):
    """The Chebyshev series at t in [-1, 1], by Clenshaw's recurrence.

    Last terms that change nothing in the dtype of t are left out.
    """
    least = max(coefficients, key=abs) * float(dtypes.finfo(aval_of(t).dtype).eps) / 16
    kept = [i for i, c in enumerate(coefficients) if abs(c) > abs(least)]
    coefficients = coefficients[: kept[-1] + 1]
    t2 = mul(t, 2.0)
    b, c = coefficients[-1], 0.0
    for a in reversed(coefficients[1:-1]):
        b, c = add(sub(mul(t2, b), c), a), b
    return add(sub(mul(t, b), c), coefficients[0])


#: sin(πr) / (πr) in r², less the 1 it begins with
_SINC = tuple((-1) ** k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(1, 12))


def sinc(r):
    """sin(πr) / (πr) for r in [-1/2, 1/2]; XLA's sine calls a function for each element."""
    squared = mul(r, r)
    terms = 7 if dtypes.itemsize_bits(aval_of(r).dtype) <= 32 else len(_SINC)
    return add(mul(squared, horner(squared, _SINC[:terms])), 1.0)


def horner(x, coefficients):
    """The polynomial at x whose coefficients are given from that of 1 upwards."""
    total = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = add(mul(x, total), c)
    return total
