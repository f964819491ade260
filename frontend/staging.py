"""User functions staged for control flow: traced once for each signature, and kept.

The table holds functions weakly, so that what was traced dies with the function.
"""

import weakref
from typing import NamedTuple

from hloom.frontend.capture import Capture, carrying, values_of
from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError
from hloom.frontend.flat import Flat, name_of
from hloom.frontend.ir import Program, Var, memoised
from hloom.frontend.trace import Tracer, aval_of, stage


class Staged(NamedTuple):
    """A function of tree leaves: `program` takes `consts`, what it closes over, then the leaves.

    Then it takes the values of the refs that it has `written`, whose new values are its last
    results. The last consts are the values of the refs that it only `read`.
    """

    program: Program
    consts: list
    out_tree: object
    written: tuple = ()
    read: tuple = ()

    @property
    def result_avals(self):
        """The avals of the function's own results."""
        avals = self.program.out_avals
        return avals[: len(avals) - len(self.written)]


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
        held = Capture()
        program = stage(flat, avals, name_of(fun), what, held)
        closed = held.closed(program)
        found = Staged(closed, program.consts, flat.out_tree, held.written, held.read)
        if held.lasting and not any([isinstance(c, Tracer) for c in program.consts]):
            kept[key] = found
    if found.read:
        found = found._replace(consts=[*found.consts, *values_of(found.read)])
    return found


def writing(found, refs):
    """The program of a Staged function with an input and a result, at the end, for each ref."""
    if found.written == refs:
        return found.program
    program, own = found.program, found.written
    ins, outs = len(program.invars) - len(own), len(program.outvars) - len(own)
    place = [own.index(r) if r in own else None for r in refs]
    return carrying(
        program,
        tuple([r.aval.inner_aval for r in refs]),
        tuple([None if i is None else ins + i for i in place]),
        tuple([None if i is None else outs + i for i in place]),
    )


def seeing(found, refs):
    """Program and consts of a Staged function that reads refs, with an input for each at the end.

    The values of these refs are not among the consts any more.
    """
    n = len(found.consts) - len(found.read)
    places = tuple([n + found.read.index(r) if r in found.read else None for r in refs])
    program = carrying(found.program, tuple([r.aval.inner_aval for r in refs]), places)
    return program, [x for i, x in enumerate(found.consts) if i not in places]


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
