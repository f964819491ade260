"""A step along a line that meets the strong Wolfe conditions (Nocedal and Wright, algorithm 3.5).

With p(a) = f(x + a d), a step a is taken when p(a) <= p(0) + c1 a p'(0) and |p'(a)| <= c2 |p'(0)|.
Such steps lie between `low`, the best step so far, and `high`, a step on the other side of a
minimum, which is infinite until one is found. One loop first doubles the step, then narrows the
bracket. Where rounding hides the decrease, the derivative decides (Hager and Zhang, 2005).
"""

from typing import NamedTuple

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import aval_of
from hloom.lax.loops import while_loop
from hloom.numpy import dot, full_like, zeros_like

DECREASE, CURVATURE = 1e-4, 0.9


class Point(NamedTuple):
    """A step with the value and the derivative there."""

    step: Array
    value: Array
    slope: Array


class Search(NamedTuple):
    """The state of a search: the last trial, the bracket, and the gradient at its low end."""

    count: Array
    found: Array
    trial: Array
    low: Point
    high: Point
    gradient: Array


def line_search(value_and_grad, x, direction, value, gradient, first, maxiter):
    """The Search that ended: the step taken is `low`, which is at 0 if none was an improvement."""
    slope = dot(gradient, direction)
    zero = zeros_like(slope)
    rounding = 10 * float(dtypes.finfo(aval_of(value).dtype).eps) * e.abs(value)

    def unfinished(s):
        return ~s.found & e.lt(s.count, maxiter)

    def advance(s):
        f, g = value_and_grad(x + s.trial * direction)
        here = Point(s.trial, f, dot(g, direction))
        flat = e.le(e.abs(here.slope), -CURVATURE * slope)
        lower = e.le(f, value + DECREASE * s.trial * slope) & e.lt(f, s.low.value)
        even = e.le(f, value + rounding) & e.le(here.slope, (2 * DECREASE - 1) * slope)
        found = flat & (lower | even)
        better = lower | found
        past = better & e.ge(here.slope * (s.high.step - s.low.step), 0)
        low = _either(better, here, s.low)
        high = _either(better, _either(past, s.low, s.high), here)
        g = e.select(better, g, s.gradient)
        return Search(s.count + 1, found, _next(low, high), low, high, g)

    low = Point(zero, value, slope)
    high = Point(full_like(zero, float("inf")), zero, zero)
    start = Search(0, e.lt(zero, 0.0), first, low, high, gradient)
    return while_loop(unfinished, advance, start)


def _either(which, x, y):
    return Point(*[e.select(which, a, b) for a, b in zip(x, y)])


def _next(low, high):
    """Twice the step while there is no bracket; then the least point of a cubic, or the middle."""
    width = high.step - low.step
    bend = low.slope + high.slope - 3 * (high.value - low.value) / width
    root = e.sign(width) * e.sqrt(e.max(bend * bend - low.slope * high.slope, 0.0))
    part = (high.slope + root - bend) / (high.slope - low.slope + 2 * root)
    inside = e.ge(part, 0.1) & e.le(part, 0.9)  # false for what is not a number
    inner = high.step - width * e.select(inside, part, 0.5)
    return e.select(e.is_finite(width), inner, 2 * low.step)
