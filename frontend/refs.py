"""Mutable references: a `Ref` is a box with an array in it, which reads and writes replace.

There are no primitives and no effects behind it: a write is `value.at[index].set(x)`, and the box
holds the result. What is traced in a box is what was written there, so a derivative or a batch of
a function that makes and uses a ref needs nothing else.

A function that is staged may touch refs from outside: see capture.py.
"""

from typing import Any

import numpy as np

from hloom.frontend import pytree
from hloom.frontend.context import thread
from hloom.frontend.errors import LeakedTracerError, RefError, ShapeError
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
    #: whether others may hold the array too; if not, its memory can be given to a new value
    shared = True

    def take(self):
        """The array that is now in it."""
        raise NotImplementedError

    def put(self, value, shared=True):
        """Replace the array by one of the same shape and dtype; `shared` if others may hold it."""
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

    __slots__ = ("__weakref__", "aval", "home", "lent", "over", "shared", "trace", "value")

    def __init__(self, value, lent=False):
        if value.aval.weak_type:
            value = value.astype(value.dtype)
        self.value = value
        self.aval = AbstractRef(value.aval)
        self.trace = thread.context.trace  # the trace that it was made under
        self.home = staging(self.trace)
        self.lent = lent  # whether it stands for an argument
        self.over: str | None = None  # why it is no longer used
        self.shared = True

    def __getitem__(self, index):
        found = super().__getitem__(index)
        if found.size == self.size:  # it may be the same array
            self.shared = True
        return found

    def take(self):
        """The array that is now in it."""
        return self.place().value

    def put(self, value, shared=True):
        """Replace the array by one of the same shape and dtype; `shared` if others may hold it."""
        place = self.place()
        self.shared = shared
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

    __slots__ = ("aval", "index", "whole")

    def __init__(self, whole, index):
        self.whole, self.index = whole, index
        self.aval = AbstractRef(whole[index].aval)

    def take(self):
        """The array that is now in it."""
        return self.whole[self.index]

    def put(self, value, shared=True):
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


def without(leaves, tree):
    """The structure of a tree with None in place of its refs."""
    if not any([isinstance(x, Cells) for x in leaves]):
        return tree
    return pytree.structure(tree.unflatten([None if isinstance(x, Cells) else x for x in leaves]))


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
