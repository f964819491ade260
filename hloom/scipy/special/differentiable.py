"""Functions whose partial derivatives are stated: one term for each operand, taken when needed.

A term is `term(*operands, result)`. Where there is no formula, `slope(core, i)` makes the term of
an operand: the derivative of the core itself in forward mode, through its loops, which reverse mode
could not pass. It is a function of the same kind, so it can be differentiated as often as need be.

Core and slope are each one executable when they are called on concrete arrays.
"""

import functools

from hloom.frontend.ir import Literal
from hloom.frontend.prims.calls import custom_jvp_call
from hloom.frontend.prims.elementwise import add, convert_element_type, mul
from hloom.frontend.prims.structural import full
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import broadcast_shapes, broadcast_to, filled
from hloom.runtime.dispatch import fused
from hloom.transforms import jvp
from hloom.typing import ArrayLike


def differentiable(core, *terms, name=None):
    """The function `core` of arrays with the derivative that the terms state."""
    name = name or core.__name__.strip("_")
    run = fused(_of_arrays(core, name))

    def program(*xs):
        return [run(*xs)]

    def rule(primals, tangents):
        (y,) = custom_jvp_call.bind(*primals, program=program, rule=rule, num_consts=0)
        total = None
        for term, g in zip(terms, tangents, strict=True):
            if g is not None:
                change = mul(broadcast_to(g, aval_of(y).shape), term(*primals, y))
                total = change if total is None else add(total, change)
        return [y], [total]

    rule.name = name

    def call(*xs):
        shape = broadcast_shapes(name, *[aval_of(x).shape for x in xs])
        weak = all([aval_of(x).weak_type for x in xs])
        xs = [array_of(x, shape) for x in xs]
        (y,) = custom_jvp_call.bind(*xs, program=program, rule=rule, num_consts=0)
        return convert_element_type(y, aval_of(y).dtype, True) if weak else y

    return call


def _of_arrays(core, name):
    def call(*xs: ArrayLike):
        return core(*xs)

    call.__name__ = name
    return call


def array_of(x, shape):
    """An operand as an array of a shape that it broadcasts to."""
    if type(x) is Literal:
        return filled(x.value, aval_of(x).update(shape=shape))
    return broadcast_to(x, shape)


def slope(core, position, arity):
    """The term that is the derivative of `core` in the operand at `position`."""

    @functools.cache
    def partial():
        def derivative(*xs):
            tangents = [None] * arity
            aval = aval_of(xs[position])
            tangents[position] = full(aval.shape, 1.0, aval.dtype)
            (y,), (t,) = jvp.jvp(lambda *operands: [core(*operands)], xs, tangents)
            return t if t is not None else full(aval_of(y).shape, 0.0, aval_of(y).dtype)

        derivative.__name__ = core.__name__
        further = [slope(derivative, i, arity) for i in range(arity)]
        return differentiable(derivative, *further)

    return lambda *operands: partial()(*operands[:arity])
