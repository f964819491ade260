"""Sums of few terms: polynomials and Chebyshev series, as long as the dtype asks for."""

from hloom.frontend import dtypes
from hloom.frontend.prims.elementwise import add, mul, sub
from hloom.frontend.trace import aval_of


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


def horner(x, coefficients):
    """The polynomial at x whose coefficients are given from that of 1 upwards."""
    total = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = add(mul(x, total), c)
    return total
