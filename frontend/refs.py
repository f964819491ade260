"""Mutable references: a `Ref` is a box with an array in it, which reads and writes replace.

There are no primitives and no effects behind it: a write is `value.at[index].set(x)`, and the box
holds the result. What is traced in a box is what was written there, so a derivative or a batch of
a function that makes and uses a ref needs nothing else.

A staged function (`jit`, a loop's body) may touch a ref from outside. The first time it does, the
value becomes an input of its program; when the trace closes, what was written is a result of it:

    r = new_ref(0.0)                                { lambda ; a:f32[] b:f32[]. let
    scan(lambda c, x: r.addupdate(x), 0, xs)            c:f32[] = add b a in (c) }

`Capture` collects these refs. Whoever stages the function gives the program their values, and puts
the results back into the boxes, which may be those of the trace around.
"""

from typing import Any

import numpy as np

from hloom.frontend import pytree
from hloom.frontend.context import thread
from hloom.frontend.errors import LeakedTracerError, RefError, ShapeError
from hloom.frontend.ir import Program, Var, memoised
from hloom.frontend.trace import StageTrace, Tracer


class AbstractRef:
    """What is known of a ref without its value: `inner_aval`, the aval of the array inside."""

    __slots__ = ("inner_aval",)

    def __init__(self, inner_aval):
        self.inner_aval = inner_aval

    shape = property(lambda self: self.inner_aval.shape, doc="The length of each axis.")
    dtype = property(lambda self: self.inner_aval.dtype, doc="The element type.")
    ndim = property(lambda self: self.inner_aval.ndim, doc="The number of axes.")
    size = property(lambda self: self.inner_aval.size, doc="The number of elements.")

    def __eq__(self, other):
        return type(other) is AbstractRef and self.inner_aval == other.inner_aval

    def __hash__(self):
        return hash((AbstractRef, self.inner_aval))

    def __repr__(self):
        return f"Ref({self.inner_aval})"


class Cells:
    """What a ref and a view of one have in common: elements that are read and replaced."""

    __slots__ = ()
    aval: AbstractRef

    def take(self):
        """The array that is now in it."""
        raise NotImplementedError

    def put(self, value):
        """Replace the array by one of the same shape and dtype."""
        raise NotImplementedError

    shape = property(lambda self: self.aval.shape, doc="The length of each axis.")
    dtype = property(lambda self: self.aval.dtype, doc="The element type.")
    ndim = property(lambda self: self.aval.ndim, doc="The number of axes.")
    size = property(lambda self: self.aval.size, doc="The number of elements.")

    @property
    def at(self):
        """`ref.at[index]` is a view: its elements are those of the ref."""
        return _At(self)

    def __getitem__(self, index):
        value: Any = self.take()
        return value if index is Ellipsis else value[index]

    def __setitem__(self, index, x):
        value: Any = self.take()
        if index is not Ellipsis or getattr(x, "aval", None) != value.aval:
            x = value.at[index].set(x)
        self.put(x)

    def addupdate(self, x, idx=None):
        """Add to the elements at an index, by default to all."""
        value: Any = self.take()
        self.put(value.at[... if idx is None else idx].add(x))

    def __len__(self):
        if not self.shape:
            raise ShapeError("len(ref): the ref has no axes", f"it is {self.aval}", "read ref[...]")
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __bool__(self):
        return bool(self[...])

    def __array__(self, dtype=None, copy=None):
        return np.array(self[...], dtype)

    def __hloom_array__(self):
        raise RefError(
            "an operation needs arrays or numbers",
            f"one of its arguments is a mutable reference, {self.aval}",
            "read its value with ref[...]",
        )


class Ref(Cells):
    """A mutable array, made by `new_ref`: `ref[i]` reads elements, `ref[i] = x` replaces them.

    >>> import hloom
    >>> total = hloom.new_ref(hloom.numpy.zeros(2))
    >>> @hloom.jit
    ... def count(x):
    ...     total[0] += x
    >>> count(2.0)
    >>> count(3.0)
    >>> total
    Ref([5., 0.], dtype=float32)
    """

    __slots__ = ("__weakref__", "aval", "home", "lent", "over", "trace", "value")

    def __init__(self, value, lent=False):
        if value.aval.weak_type:
            value = value.astype(value.dtype)
        self.value = value
        self.aval = AbstractRef(value.aval)
        self.trace = thread.context.trace  # the trace that it was made under
        self.home = staging(self.trace)
        self.lent = lent  # whether it stands for an argument
        self.over = None  # why it is no longer used

    def take(self):
        """The array that is now in it."""
        return self.place().value

    def put(self, value):
        """Replace the array by one of the same shape and dtype."""
        place = self.place()
        if value.aval != place.value.aval:
            value = value.astype(self.dtype)
        if isinstance(value, Tracer):
            _admit(self, value, self.trace if place is self else staging(thread.context.trace))
        place.value = value

    def place(self):
        """What holds its value in the trace in force: itself, or its Entry in a staged function."""
        if self.over:
            raise RefError(
                "the ref is used after its end", f"{self.aval} was {self.over}", "make a new one"
            )
        trace = thread.context.trace
        here = staging(trace)
        ended = self.trace is not None and self.trace.done
        if ended or (self.home is not None and (here is None or self.home.done)):
            raise LeakedTracerError(
                f"a ref ({self.aval}) is used outside of the function that made it",
                f"it was made under {self.trace.what}",
                "return its value, or make it outside",
            )
        if here is self.home:
            return self
        if here.held is None:
            raise RefError(
                "a ref from outside cannot be used here",
                f"{self.aval} is used in a function that is traced by itself, "
                "such as a reducer, or a reverse rule in forward mode",
                "pass its value, ref[...], or make the ref in the function",
            )
        return here.held.entry(here, self)

    def end(self, why):
        """Let nobody use it any more; the last value."""
        if self.lent or self.place() is not self:
            raise RefError(
                "a ref is frozen or freed in the function that made it",
                f"{self.aval} comes from outside",
                "freeze or free it outside",
            )
        value, self.value, self.over = self.value, None, why
        return value

    def __repr__(self):
        if self.over or isinstance(self.value, Tracer) or thread.context.trace is not None:
            return f"Ref({self.aval.inner_aval}{', ' + self.over if self.over else ''})"
        return repr(self.value).replace("Array(", "Ref(", 1).replace("\n  ", "\n")


class View(Cells):
    """Some elements of a ref: `ref.at[index]`."""

    __slots__ = ("index", "whole")

    def __init__(self, whole, index):
        self.whole, self.index = whole, index

    @property
    def aval(self):
        """The aval, as that of a ref of its own."""
        return AbstractRef(self.take().aval)

    def take(self):
        """The array that is now in it."""
        return self.whole[self.index]

    def put(self, value):
        """Replace the array by one of the same shape and dtype."""
        self.whole[self.index] = value

    def __repr__(self):
        return f"View({self.whole!r}, {self.index!r})"


class _At:
    __slots__ = ("cells",)

    def __init__(self, cells):
        self.cells = cells

    def __getitem__(self, index):
        return View(self.cells, index)


class _Fixed:
    """A ref in a tree whose structure it belongs to; unflattened, it is the ref itself."""

    def __init__(self, cells):
        self.cells = cells


pytree.register_node(_Fixed, lambda f: ((), f.cells), lambda cells, _: cells)


def fixed(leaves, tree):
    """Leaves and structure of a tree whose refs are no leaves, but part of the structure."""
    found = [x for x in leaves if isinstance(x, Cells)]
    if not found:
        return leaves, tree
    for x in found:
        x.take()  # so that a function staged around knows of it
    return pytree.flatten(
        tree.unflatten([_Fixed(x) if isinstance(x, Cells) else x for x in leaves])
    )


def places_of(what, leaves):
    """The places of refs among the leaves of a call's arguments; raises if one is there twice."""
    found = [i for i, x in enumerate(leaves) if isinstance(x, Cells)]
    first: dict = {}
    for i in found:
        if leaves[i] in first:
            raise RefError(
                f"{what}: a ref is passed once to a function",
                f"{leaves[i].aval} is argument leaf {first[leaves[i]]} and argument leaf {i}",
                "pass it once, or pass another ref",
            )
        first[leaves[i]] = i
    return tuple(found)


def staging(trace):
    """The innermost staging trace, to which a trace hands its operations on, or None."""
    while trace is not None and type(trace) is not StageTrace:
        trace = getattr(trace, "parent", None)
    return trace


def _admit(ref, value, level):
    """Raise if a value belongs to a transformation that began after its ref was made."""
    trace: Any = thread.context.trace
    while trace is not None and trace is not level:
        if value.trace is trace and trace.what == "vmap":
            raise RefError(
                "a batched value is written to a ref that is not batched",
                f"{ref.aval} was made outside of vmap, and each of {trace.axis.size} examples "
                "would write a value of its own",
                "pass the ref through vmap with an axis of in_axes, or make it in the function",
            )
        if value.trace in (trace, getattr(trace, "tangent", None)):
            raise RefError(
                "a differentiated value is written to a ref that is not differentiated",
                f"{ref.aval} was made outside of the function that is differentiated",
                "write hloom.lax.stop_gradient(value), or make the ref in the function",
            )
        trace = None if type(trace) is StageTrace else getattr(trace, "parent", None)


# ---------------------------------------------------------------- staged functions
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
        self.entries = {}
        self.written = self.read = ()

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
        outs = [*range(k, len(program.outvars)), *[None] * len(self.read)]
        return carrying(program, avals, tuple(range(n, len(program.invars))), tuple(outs))

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
    function's own results, of which there are `count`.
    """

    def __init__(self, fun, places):
        self.fun, self.places = fun, places
        self.count, self.written = 0, ()

    def __call__(self, *values):
        lent = {i: Ref(values[i], lent=True) for i in self.places}
        outs = self.fun(*[lent.get(i, x) for i, x in enumerate(values)])
        self.count = len(outs)
        self.written = tuple([i for i in self.places if lent[i].value is not values[i]])
        return [*outs, *[lent[i].value for i in self.written]]


def values_of(refs):
    """The arrays that are now in refs."""
    return [r.take() for r in refs]


def write_back(refs, values):
    """Put a new value into each ref."""
    for ref, value in zip(refs, values, strict=True):
        ref.put(value)


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
