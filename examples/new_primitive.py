"""A new operation and a new pass, from outside the library.

    python examples/new_primitive.py

`log(1 - exp(-x))` is -inf for small x in float32, and its derivative is 0/0 there: 1 - exp(-x)
rounds to 0. The new primitive `log1mexp` says what is meant, so that each layer can do it well:
its type rule, its derivative 1 / (exp(x) - 1), and a lowering with two branches (Mächler, 2012).
Batching, dtype checks and errors come with the family of elementwise operations.

The pass reads a program and puts the primitive where the pattern stands, so that a function
written in the plain way becomes exact before it is differentiated.
"""

import numpy as np

import hloom
import hloom.numpy as hnp
from hloom.frontend.families import FLOAT, unary
from hloom.frontend.ir import Eqn, Literal, Program
from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import interpret
from hloom.lowering.table import rule as lowering
from hloom.transforms import jvp
from hloom.transforms.dce import dce

# ---------------------------------------------------------------- what it is, and its rules

log1mexp = unary("log1mexp", FLOAT, "log(1 - exp(-x)) of each element x > 0, to full precision.")

jvp.elementwise(log1mexp, lambda g, x, y: g / e.expm1(x))


@lowering(log1mexp)
def _lower(ctx, x):
    return ctx.lower_fun(two_branches, [x], ctx.ins)


def two_branches(x):
    """The lowering, in operations that have one already."""
    small = e.log(-e.expm1(-x))
    large = e.log1p(-e.exp(-x))
    return e.select(x < np.log(2), small, large)


# ---------------------------------------------------------------- the pass


def use_log1mexp(program):
    """The program with `log1mexp` in place of log(1 - exp(-x)).

    neg, exp, sub 1.0 and log, each used by the next, become one equation; dead ones are dropped.
    """
    made_by = {eqn.outvars[0]: eqn for eqn in program.eqns}

    def operand(eqn, primitive, place=0):
        """What `primitive` was applied to, if it made this operand of `eqn`."""
        found = eqn and made_by.get(eqn.invars[place])
        return found if found and found.primitive is primitive else None

    eqns = []
    for eqn in program.eqns:
        difference = operand(eqn, e.sub) if eqn.primitive is e.log else None
        if difference and _is_one(difference.invars[0]):
            negation = operand(operand(difference, e.exp, place=1), e.neg)
            if negation:
                eqn = Eqn(log1mexp, negation.invars, eqn.outvars, {}, eqn.source)
        eqns.append(eqn)
    changed = Program(
        program.constvars, program.invars, eqns, program.outvars, program.consts, program.name
    )
    return dce(changed)


def _is_one(atom):
    return isinstance(atom, Literal) and atom.value == 1


def exact(function):
    """`function` after the pass; it can be differentiated, batched and compiled like any other."""

    def call(x):
        program = use_log1mexp(hloom.make_program(function)(x))
        return interpret(program, [x])[0]

    return call


# ---------------------------------------------------------------- both at work


def plain(x):
    """The probability of at least one event in the time x, as a logarithm."""
    return hnp.log(1 - hnp.exp(-x))


def main():
    improved = exact(plain)
    print("before the pass:", hloom.make_program(plain)(1.0))
    print("after the pass: ", hloom.make_program(improved)(1.0))

    points = np.float32([1e-9, 1e-4, 0.5, 1, 20])
    wide = points.astype(np.float64)
    truth = {"values": np.log(-np.expm1(-wide)), "slopes": 1 / np.expm1(wide)}
    for name, function in (("plain", plain), ("exact", improved)):
        values = hloom.jit(function)(points)
        slopes = hloom.jit(hloom.vmap(hloom.grad(function)))(points)
        found = {"values": values, "slopes": slopes}
        for what, numbers in found.items():
            error = np.max(np.abs(np.asarray(numbers) / truth[what] - 1))
            row = " ".join(f"{v:12.5g}" for v in np.asarray(numbers))
            print(f"{name} {what}: {row}   largest relative error {error:.1e}")
    curvature = hloom.grad(hloom.grad(improved))(1.0)
    print(f"second derivative at 1: {float(curvature):.6f}; it is {-np.e / (np.e - 1) ** 2:.6f}")


if __name__ == "__main__":
    main()
