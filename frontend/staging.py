"""User functions staged for control flow: traced once for each signature, and kept.

The table holds functions weakly, so that what was traced dies with the function.
"""

import weakref
from typing import NamedTuple

from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError
from hloom.frontend.flat import Flat, name_of
from hloom.frontend.ir import Program, Var, memoised
from hloom.frontend.trace import Tracer, aval_of, stage


class Staged(NamedTuple):
    """A function of tree leaves: `program` takes `consts`, what it closes over, then the leaves."""

    program: Program
    consts: list
    out_tree: object


_staged: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()


def staged(fun, args_tree, avals, what, adapt=None):
    """The Staged form of `fun`, whose (args, kwargs) have the structure `args_tree`.

    `adapt(fun)`, if given, is what is traced in its place. The result is kept, unless the function
    closes over a traced value.
    """
    context = thread.context
    key = args_tree, tuple(avals), adapt, context.settings, tuple(context.axes.items())
    try:
        kept = _staged.get(fun)
        if kept is None:
            kept = _staged[fun] = {}
    except TypeError:  # a callable that cannot be hashed or weakly referenced
        kept = {}
    found = kept.get(key)
    if found is None:
        flat = Flat(fun if adapt is None else adapt(fun), args_tree)
        program = stage(flat, avals, name_of(fun), what)
        found = Staged(program.closed(), program.consts, flat.out_tree)
        if not any([isinstance(c, Tracer) for c in program.consts]):
            kept[key] = found
    return found


def require_callable(what, fun, role):
    """Raise unless `fun` is callable."""
    if not callable(fun):
        raise ArgumentError(
            f"{what}: {role} is a function",
            f"it is {fun!r} of type {type(fun).__name__}",
            "pass the function itself, without calling it",
        )


@memoised
def taking(program, places, avals):
    """`program`, whose leading inputs are some of those of `avals`, as one that takes all of these.

    Leading input i goes to place `places[i]`; the inputs after them stay at the end.
    """
    invars = [Var(a) for a in avals]
    for i, v in zip(places, program.invars):
        invars[i] = v
    invars += program.invars[len(places) :]
    return Program(
        program.constvars, invars, program.eqns, program.outvars, program.consts, program.name
    )


def common_consts(found):
    """What several Staged functions close over, each value once; programs that take all of it."""
    if not any([s.consts for s in found]):
        return [], tuple([s.program for s in found])
    places: dict = {}
    values: list = []
    for s in found:
        for x in s.consts:
            if id(x) not in places:
                places[id(x)] = len(values)
                values.append(x)
    avals = tuple([aval_of(x) for x in values])
    programs = [taking(s.program, tuple([places[id(x)] for x in s.consts]), avals) for s in found]
    return values, tuple(programs)
