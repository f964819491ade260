"""Which values wait for the backward pass, and how to choose them.

>>> import hloom
>>> import hloom.numpy as np
>>> f = lambda x, w: np.sum(np.sin(x * w))
>>> hloom.ad_checkpoint.print_saved_residuals(f, np.ones(3), 2.0)
~f32[] from the argument args[1]
f32[3] from the argument args[0]
f32[3] from cos at ...
>>> hloom.ad_checkpoint.print_saved_residuals(hloom.checkpoint(f), np.ones(3), 2.0)
f32[3] from the argument args[0]
~f32[] from the argument args[1]
"""

from hloom.frontend.flat import Flat, argument_paths, flatten_args, name_of
from hloom.frontend.ir import Literal
from hloom.frontend.prims.calls import checkpoint as checkpoint_call, checkpoint_name, jit
from hloom.frontend.source import describe
from hloom.frontend.trace import aval_of, stage
from hloom.transforms.programs import linearize_program
from hloom.transforms.remat import checkpoint, checkpoint_policies, remat
from hloom.transforms.zeros import has_tangent

__all__ = [
    "checkpoint",
    "checkpoint_name",
    "checkpoint_policies",
    "print_saved_residuals",
    "remat",
]


def print_saved_residuals(f, *args, **kwargs):
    """Print what reverse mode of `f(*args, **kwargs)` keeps: a line for each array, and its origin.

    The origin is an argument, a constant, or the operation and the line that made it.
    """
    print("\n".join(dict.fromkeys(_lines(f, args, kwargs))))


def _lines(f, args, kwargs):
    leaves, tree = flatten_args(f, args, kwargs)
    program = stage(Flat(f, tree), [aval_of(x) for x in leaves], name_of(f)).closed()
    given = len(program.invars) - len(leaves)
    active = (*[False] * given, *[has_tangent(x) for x in leaves])
    made = linearize_program(program, active)
    names = [*["a constant"] * given, *[f"the argument {p}" for p in argument_paths(tree)]]
    outs = made.primal.outvars
    for (kind, i), aval in zip(made.sources, made.tangent.in_avals):
        if kind == "in":
            yield f"{aval} from {names[i]}"
        else:
            atom = outs[i + len(made.nonzero) * (kind == "new")]
            yield f"{aval} from {_origin(made.primal, atom, names)}"


def _origin(program, atom, names):
    """What made an atom of a program."""
    if type(atom) is Literal or atom in program.constvars:
        return "a constant"
    if atom in program.invars:
        return names[program.invars.index(atom)]
    eqn = next(q for q in program.eqns if atom in q.outvars)
    i = eqn.outvars.index(atom)
    if eqn.primitive in (jit, checkpoint_call):
        own = [_origin(program, a, names) for a in eqn.invars]
        return _origin(eqn.params["program"], eqn.params["program"].outvars[i], own)
    place = describe(eqn.source)
    label = eqn.params["name"] if eqn.primitive.name == "name" else None
    what = f"{eqn.primitive.name} {label!r}" if label else eqn.primitive.name
    return f"{what} at {place}" if place else what
