"""The Faddeeva function w(z) = exp(-z^2) erfc(-i z).

In the first quadrant it is the trapezoidal or the midpoint rule for its integral, whichever has its
nodes further from z, and what the poles between the path of integration and the real line add (Al
Azah and Chandler-Wilde, "Computation of the complex error function using modified trapezoidal
rules", 2021). The other quadrants follow by symmetry.
"""

import math

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.calls import stop_gradient
from hloom.frontend.trace import aval_of, literal
from hloom.numpy.promotion import operand, select, to_dtype
from hloom.runtime.dispatch import fused
from hloom.scipy.special.series import gauss
from hloom.typing import ArrayLike


def _quadrant(x, y):
    """(Re, Im) of w(x + i y) for x, y >= 0 that are not so large that their squares overflow."""
    count = 11 if aval_of(x).dtype.itemsize == 8 else 5
    h = math.sqrt(math.pi / (count + 1))
    steps = e.div(x, h)
    turn = e.sub(steps, e.round(steps))
    high = e.ge(y, math.pi / h)
    # the midpoint rule has its nodes at (k + 1/2) h, the trapezoidal rule at k h
    middle = e.bitwise_or(e.lt(e.abs(turn), 0.25), high)
    re, im = e.mul(e.sub(x, y), e.add(x, y)), e.mul(e.mul(x, y), 2.0)
    total = None
    for k in range(count + 1):
        nodes = ((k + 0.5) * h) ** 2, (k * h) ** 2
        weights = math.exp(-nodes[0]), math.exp(-nodes[1]) / (1 if k else 2)
        distance = e.sub(re, _number(middle, nodes, x))
        term = _over(_number(middle, weights, x), distance, im)
        total = term if total is None else list(map(e.add, total, term))
    # 2 i h / pi times z times the sum
    real = e.neg(e.add(e.mul(x, total[1]), e.mul(y, total[0])))
    imag = e.sub(e.mul(x, total[0]), e.mul(y, total[1]))
    real, imag = e.mul(real, 2 * h / math.pi), e.mul(imag, 2 * h / math.pi)
    poles = _poles(x, e.min(y, math.pi / h), turn, middle, h)
    return [e.add(a, select(high, 0.0, b)) for a, b in zip((real, imag), poles, strict=True)]


def _number(where, pair, like):
    dtype = aval_of(like).dtype
    return select(where, *[literal(v, dtype) for v in pair])


def _over(weight, a, b):
    """(Re, Im) of weight / (a + i b)."""
    weight = e.div(weight, e.add(e.square(a), e.square(b)))
    return [e.mul(weight, a), e.neg(e.mul(weight, b))]


def _poles(x, y, turn, middle, h):
    """(Re, Im) of 2 exp(-z^2) / (1 + c exp(-2 pi i z / h)), c = 1 or -1 by the rule."""
    size = e.mul(e.exp(e.mul(y, 2 * math.pi / h)), _number(middle, (1.0, -1.0), x))
    angle = e.mul(turn, -2 * math.pi)
    re, im = _over(2.0, e.add(e.mul(size, e.cos(angle)), 1.0), e.mul(size, e.sin(angle)))
    size = e.mul(gauss(x, 1), gauss(y, -1))
    angle = e.mul(e.mul(x, y), -2.0)
    c, s = e.mul(size, e.cos(angle)), e.mul(size, e.sin(angle))
    return e.sub(e.mul(c, re), e.mul(s, im)), e.add(e.mul(c, im), e.mul(s, re))


@fused
def wofz(z: ArrayLike) -> Array:
    """The Faddeeva function exp(-z^2) erfc(-i z), complex.

    >>> import hloom
    >>> round(float(hloom.scipy.special.wofz(1j).real), 4)
    0.4276
    """
    z = operand("wofz", z)
    aval = aval_of(z)
    dtype = dtypes.to_complex(dtypes.to_inexact(aval.dtype))
    z = to_dtype(z, dtype, aval.weak_type)
    x, y = e.real(z), e.imag(z)
    left, below = e.lt(x, 0.0), e.lt(y, 0.0)
    flip = lambda where, v: select(where, e.neg(v), v)
    a, b = flip(left, x), flip(below, y)
    # w(z) is nearly i / (sqrt(pi) z) from `bound` on
    kind = dtypes.finfo(dtypes.to_real(dtype))
    bound = 1e8 if kind.bits == 64 else 1e4
    scale = e.min(e.div(bound, e.max(e.max(a, b), bound)), 1.0)
    scale, largest = stop_gradient(scale), float(kind.max)
    inside = [e.mul(e.min(v, largest), scale) for v in (a, b)]
    real, imag = (e.mul(v, scale) for v in _quadrant(*inside))
    imag = flip(left, imag)
    # below the real line w(z) = 2 exp(-z^2) - w(-z)
    p, q = select(below, x, 0.0), select(below, y, 0.0)
    size = e.mul(e.exp(e.mul(e.sub(q, p), e.add(q, p))), 2.0)
    angle = e.mul(e.mul(p, q), -2.0)
    sine = e.sin(angle)
    level = e.eq(sine, 0.0)
    swing = select(level, 0.0, e.mul(select(level, 0.0, size), sine))
    lower = e.sub(e.mul(size, e.cos(angle)), real), e.add(swing, imag)
    return e.complex(select(below, lower[0], real), select(below, lower[1], imag))
