"""Staged functions that touch refs from outside: their values become operands and results.

When a function that is staged (for `jit`, or as a loop's body) first touches a ref from outside,
the value becomes an input of its program; when the trace closes, what was written is a result:

    r = new_ref(0.0)                                            { lambda ; a:f32[] b:f32[]. let
    scan(lambda c, x: (c, r.addupdate(x)), None, xs)                c:f32[] = add b a in (c) }

`Capture` collects these refs. Whoever stages the function gives the program their values, and puts
the results back into the refs, which may be captured by the trace around in their turn.
"""

from hloom.frontend.ir import Program, Var, memoised
from hloom.frontend.refs import Ref


class Entry:
    """A ref from outside within a staged function: its value there, at first an input."""

    __slots__ = ("input", "value")

    def __init__(self, tracer):
        self.input = self.value = tracer


class Capture:
    """The refs from outside that a function touches while it is staged (see `trace.stage`).

    Their values are the last inputs of its program: first the `written` refs, whose new values are
    its last results, then those that are only `read`.
    """

    def __init__(self):
        self.entries: dict = {}
        self.written: tuple = ()
        self.read: tuple = ()

    @property
    def refs(self):
        """All, in the order of the inputs."""
        return (*self.written, *self.read)

    @property
    def lasting(self):
        """Whether all were made outside of any trace, so that the program may be kept."""
        return all([r.trace is None for r in self.refs])

    def entry(self, trace, ref):
        """The Entry of a ref in the trace."""
        found = self.entries.get(ref)
        if found is None:
            found = self.entries[ref] = Entry(trace.input(ref.aval.inner_aval))
        return found

    def closed(self, program):
        """The program as one of its constants, the read refs, its inputs and the written refs."""
        if not self.read:
            return program.closed()
        k = len(program.invars) - len(self.read)
        invars = [*program.constvars, *program.invars[k:], *program.invars[:k]]
        return Program((), invars, program.eqns, program.outvars, name=program.name)

    def carried(self, program):
        """The program with a result for each of the refs, in the order of its inputs for them."""
        if not self.read:
            return program
        n, k = len(program.invars) - len(self.refs), len(program.outvars) - len(self.written)
        avals = tuple([r.aval.inner_aval for r in self.refs])
        ins = tuple(range(n, n + len(avals)))
        outs = *range(k, len(program.outvars)), *[None] * len(self.read)
        return carrying(program, avals, ins, outs)

    def close(self, inputs):
        """The results that the trace has besides those of the function; adds to its inputs."""
        found = self.entries.items()
        written = {r: e for r, e in found if e.value is not e.input}
        read = {r: e for r, e in found if e.value is e.input}
        inputs += [e.input for e in (*written.values(), *read.values())]
        self.written, self.read, self.entries = tuple(written), tuple(read), {}
        return [e.value for e in written.values()]


class Lending:
    """A flat function whose inputs at `places` are the values of refs, which it gets refs for.

    After a call, `written` are the places whose refs were written. Their new values come after the
    function's own results.
    """

    def __init__(self, fun, places):
        self.fun, self.places = fun, places
        self.written: tuple = ()

    def __call__(self, *values):
        lent = {i: Ref(values[i], lent=True) for i in self.places}
        outs = self.fun(*[lent.get(i, x) for i, x in enumerate(values)])
        self.written = tuple([i for i in self.places if lent[i].value is not values[i]])
        return [*outs, *[lent[i].value for i in self.written]]


def values_of(refs):
    """The arrays that are now in refs."""
    return [r.take() for r in refs]


def own_values_of(refs):
    """The arrays that are now in refs, copied where others may hold them."""
    return [r.take().copy() if r.shared else r.take() for r in refs]


def write_back(refs, values, shared=True):
    """Put a new value into each ref."""
    for ref, value in zip(refs, values, strict=True):
        ref.put(value, shared)


@memoised
def carrying(program, avals, ins, outs=None):
    """The program with inputs, and results, for the values of refs at the end, one for each aval.

    Ref i has had input `ins[i]` and result `outs[i]` of the program. Where these are None, it gets
    an input that is not used, and a result that is the input.
    """
    invars, outvars = program.invars, program.outvars
    last = [Var(a) if i is None else invars[i] for a, i in zip(avals, ins, strict=True)]
    invars = [v for i, v in enumerate(invars) if i not in ins] + last
    if outs is not None:
        new = [v if i is None else outvars[i] for v, i in zip(last, outs, strict=True)]
        outvars = [v for i, v in enumerate(outvars) if i not in outs] + new
    return Program(program.constvars, invars, program.eqns, outvars, program.consts, program.name)
