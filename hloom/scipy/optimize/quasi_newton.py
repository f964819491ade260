"""Quasi-Newton descent: steps along -H g, where H is an estimate of the inverse Hessian.

`descend` is the loop. What it remembers of the Hessian is a Memory: BFGS keeps the matrix H,
limited-memory BFGS the last steps and what they did to the gradient.
"""

from typing import Any, NamedTuple

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import aval_of
from hloom.lax.loops import scan, while_loop
from hloom.numpy import concatenate, dot, eye, linalg, outer, zeros
from hloom.scipy.optimize.line_search import line_search

RUNNING, CONVERGED, MAXITER, MAXFUN, ZOOM, LINE_SEARCH = -1, 0, 1, 2, 3, 5


class Descent(NamedTuple):
    """The state of a descent; `before` is the value one step ago."""

    nit: Array
    nfev: Array
    status: Array
    x: Array
    value: Array
    gradient: Array
    before: Array
    memory: Any


class Limits(NamedTuple):
    """When a descent ends; None is no limit."""

    maxiter: Any
    gtol: Any
    norm: Any
    maxls: Any
    ftol: Any = None
    maxfun: Any = None


# ---------------------------------------------------------------- what is remembered
class Dense(NamedTuple):
    """The estimate as a matrix, which starts as the unit matrix."""

    inverse: Array

    @classmethod
    def start(cls, x):
        """The memory of nothing."""
        return cls(eye(x.size, dtype=x.dtype))

    def direction(self, gradient):
        """-H g."""
        return -dot(self.inverse, gradient, precision="highest")

    def after(self, step, change):
        """The memory with a step and the change of the gradient (Nocedal and Wright, 6.17)."""
        along = dot(step, change)
        image = dot(self.inverse, change, precision="highest")
        useful = _useful(step, change)
        rho = 1 / e.select(useful, along, 1.0)
        half = self.inverse - rho * outer(image, step)
        rest = step - dot(change, half, precision="highest")
        grown = half + rho * outer(step, rest)
        return Dense(e.select(useful, grown, self.inverse))


class Limited(NamedTuple):
    """The last steps, changes of the gradient, their 1 / <step, change>, and the scale of H."""

    steps: Array
    changes: Array
    factors: Array
    scale: Array

    @classmethod
    def start(cls, x, count):
        """The memory of nothing; factors of 0 say that a place is empty."""
        rows = zeros((count, x.size), x.dtype)
        return cls(rows, rows, zeros(count, x.dtype), zeros((), x.dtype) + 1)

    def direction(self, gradient):
        """-H g by two loops over the memory (Nocedal and Wright, algorithm 7.4)."""

        def back(q, row):
            step, change, factor = row
            weight = factor * dot(step, q)
            return q - weight * change, weight

        def forth(q, row):
            step, change, factor, weight = row
            return q + (weight - factor * dot(change, q)) * step, None

        rows = self.steps, self.changes, self.factors
        q, weights = scan(back, gradient, rows, reverse=True)
        return -scan(forth, self.scale * q, (*rows, weights))[0]

    def after(self, step, change):
        """The memory with a step and the change of the gradient, and without the oldest."""
        along = dot(step, change)
        useful = _useful(step, change)
        safe = e.select(useful, along, 1.0)
        scale = safe / e.select(useful, dot(change, change), 1.0)
        new = step, change, 1 / safe, scale
        grown = [concatenate([old[1:], x[None]]) for old, x in zip(self[:3], new)]
        return Limited(*[e.select(useful, a, b) for a, b in zip((*grown, scale), self)])


def _useful(step, change):
    """Whether the gradient grew along a step, by more than rounding."""
    eps = float(dtypes.finfo(aval_of(step).dtype).eps)
    return e.gt(dot(step, change), eps * linalg.norm(step) * linalg.norm(change))


# ---------------------------------------------------------------- the loop
def descend(value_and_grad, x, memory, limits):
    """The Descent that ended, from x."""

    def size(gradient):
        return linalg.norm(gradient, ord=limits.norm)

    def unfinished(d):
        return e.eq(d.status, RUNNING)

    def step(d):
        direction = d.memory.direction(d.gradient)
        slope = dot(d.gradient, direction)
        falls = e.lt(slope, 0.0)
        direction = e.select(falls, direction, -d.gradient)
        slope = e.select(falls, slope, -dot(d.gradient, d.gradient))
        guess = 2.02 * (d.value - d.before) / slope  # as much to gain as the step before
        first = e.select(e.gt(guess, 0.0) & e.lt(guess, 1.0), guess, 1.0)
        search = line_search(
            value_and_grad, d.x, direction, d.value, d.gradient, first, limits.maxls
        )
        moved = search.low.step * direction
        value, gradient = search.low.value, search.gradient
        nit, nfev = d.nit + 1, d.nfev + search.count
        ends = [(e.lt(size(gradient), limits.gtol), CONVERGED)]
        stuck = e.eq(search.low.step, 0.0)
        bracketed = e.is_finite(search.high.step)
        ends += [(stuck & bracketed, ZOOM), (stuck & ~bracketed, LINE_SEARCH)]
        if limits.ftol is not None:
            scale = e.max(e.max(e.abs(d.value), e.abs(value)), 1.0)
            ends.append((e.le(d.value - value, limits.ftol * scale), CONVERGED))
        if limits.maxfun is not None:
            ends.append((e.ge(nfev, limits.maxfun), MAXFUN))
        ends.append((e.ge(nit, limits.maxiter), MAXITER))
        memory = d.memory.after(moved, gradient - d.gradient)
        return Descent(nit, nfev, _first(ends), d.x + moved, value, gradient, d.value, memory)

    value, gradient = value_and_grad(x)
    ends = [(e.lt(size(gradient), limits.gtol), CONVERGED)]
    before = value + linalg.norm(gradient) / 2  # so that the first step has a length of about 1
    start = Descent(0, 1, _first(ends), x, value, gradient, before, memory)
    return while_loop(unfinished, step, start)


def _first(ends):
    """The status of the first condition that holds."""
    status = RUNNING
    for holds, code in reversed(ends):
        status = e.select(holds, e.convert_element_type(code, "int32"), status)
    return status
