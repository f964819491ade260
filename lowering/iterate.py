"""Loops whose every element rests as soon as it has converged, and constants for them."""

from hloom.frontend import dtypes
from hloom.frontend.prims.control import while_loop
from hloom.frontend.prims.elementwise import add, bitwise_and, lt, select
from hloom.frontend.prims.reduction import reduce_or
from hloom.frontend.prims.structural import full
from hloom.frontend.trace import aval_of, stage

_STEPS = 10_000


def repeat(step, constants, state, steps=_STEPS):
    """The state after `step(n, *constants, *state) -> (active, *state)` for n = 1, 2, ...

    An element rests as soon as `active` does not hold of it. The loop ends when all of them rest,
    or after so many steps that no argument in reach needs more.
    """
    shape, dtype = aval_of(state[0]).shape, aval_of(state[0]).dtype
    carry = [full((), 0.0, dtype), full(shape, True), *state]
    avals = [aval_of(v) for v in (*constants, *carry)]

    def go_on(n, active, *_):
        return [bitwise_and(lt(n, float(steps)), reduce_or(active, range(len(shape))))]

    def body(*operands):
        known, (n, active, *old) = operands[: len(constants)], operands[len(constants) :]
        n = add(n, 1.0)
        still, *new = step(n, *known, *old)
        new = [select(active, a, b) for a, b in zip(new, old, strict=True)]
        return [n, bitwise_and(active, still), *new]

    found = while_loop.bind(
        *constants,
        *carry,
        cond=stage(go_on, avals[len(constants) :], "cond"),
        body=stage(body, avals, "body"),
        cond_consts=0,
        body_consts=len(constants),
    )
    return found[2:]


def filled(value, like):
    """A number in every place of an array like `like`."""
    aval = aval_of(like)
    return full(aval.shape, value, aval.dtype)


def eps(x):
    """The distance from 1 to the next number of the dtype of x."""
    return float(dtypes.finfo(aval_of(x).dtype).eps)


def tiny(x):
    """The smallest normal number of the dtype of x."""
    return float(dtypes.finfo(aval_of(x).dtype).tiny)
