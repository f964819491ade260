"""Batching, what `vmap` does to each operation: one interpreter, `BatchTrace`, and one table.

A value may carry a batch dimension, at a position of its own. A rule gets the operands with theirs
(None if a value is the same for the whole batch) and gives results with theirs:

    rule(axis, operands, dims, **params) -> (results, result dims)

`axis` is the AxisData: the batch's size and its name, if it has one. Elementwise operations and
reductions share the rules of their families.
"""

from hloom.frontend import leaks
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import thread
from hloom.frontend.ir import Program, memoised
from hloom.frontend.primitive import because, registrar
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.structural import broadcast_in_dim, transpose
from hloom.frontend.trace import Trace, Tracer, aval_of
from hloom.transforms.jvp import missing
from hloom.transforms.zeros import unpack

#: primitive -> rule(axis, operands, dims, **params) -> (results, dims)
rules: dict = {}
#: family -> rule(axis, primitive, operands, dims, params) -> (results, dims)
families: dict = {}

#: the decorator that registers the rule of a primitive
rule = registrar(rules)


def none(primitive, reason):
    """State why `primitive` is never batched: it has no operands, say."""

    @because(reason)
    def apply(axis, operands, dims, **params):
        raise missing(primitive, "batch", "transforms/rules")

    rules[primitive] = apply


class AxisData:
    """The batch: its length, its name or None, and the mesh axes it is spread over, if any.

    `trace` is its BatchTrace while that is in force.
    """

    __slots__ = ("name", "size", "spmd_name", "trace")

    def __init__(self, name, size, spmd_name=None):
        self.name = name
        self.size = size
        self.spmd_name = spmd_name
        self.trace = None


class BatchTracer(Tracer):
    """An array with a batch dimension; its aval leaves that dimension out."""

    __slots__ = ("dim", "value")

    def __init__(self, trace, value, dim):
        self.trace = trace
        self.value = value
        self.dim = dim
        aval = aval_of(value)
        shape = aval.shape
        self.aval = ShapedArray(shape[:dim] + shape[dim + 1 :], aval.dtype, aval.weak_type)

    def __repr__(self):
        return f"BatchTracer<{self.aval}, batch dimension {self.dim} of {self.value!r}>"


class BatchTrace(Trace):
    """Applies batching rules under the trace `parent`."""

    __slots__ = ("axis", "done", "parent")
    what = "vmap"

    def __init__(self, parent, axis):
        self.parent = parent
        self.axis = axis
        self.done = False

    def bind(self, primitive, args, params):
        """Apply the rule of a primitive, if an operand is batched or the axis is named."""
        values, dims, batched = [], [], False
        for a in args:
            if type(a) is BatchTracer and a.trace is self:
                values.append(a.value)
                dims.append(a.dim)
                batched = True
            else:
                values.append(a)
                dims.append(None)
        named = self.axis.name is not None and names_axis(params, self.axis.name)
        context = thread.context
        before, context.trace = context.trace, self.parent
        try:
            if not batched and not named and not runs_python(params):
                return primitive.bind(*values, **params)
            found = rules.get(primitive)
            if found is not None:
                outs, out_dims = found(self.axis, values, dims, **params)
            else:
                family = families.get(primitive.family)
                if family is None:
                    raise missing(primitive, "batch", "transforms/rules")
                outs, out_dims = family(self.axis, primitive, values, dims, params)
        finally:
            context.trace = before
        return [
            y if d is None else BatchTracer(self, y, d) for y, d in zip(outs, out_dims, strict=True)
        ]

    def enter(self, value, dim):
        """A tracer for an input; the value itself when it has no batch dimension."""
        return value if dim is None else BatchTracer(self, value, dim)

    def split(self, value):
        """The value of a result and its batch dimension."""
        if type(value) is BatchTracer and value.trace is self:
            return value.value, value.dim
        return value, None


def names_axis(params, name):
    """Whether a collective among the parameters, or in a program among them, names the axis."""
    for key, value in params.items():
        if key == "axis_name":
            if name in value:
                return True
        else:
            programs = value if type(value) is tuple else (value,)
            if any(_program_names(v, name) for v in programs if isinstance(v, Program)):
                return True
    return False


def runs_python(params):
    """Whether a call runs a Python function, of which nobody knows what it closes over."""
    program = params.get("program")
    return program is not None and not isinstance(program, Program)


@memoised
def _program_names(program, name):
    return any(names_axis(eqn.params, name) for eqn in program.eqns)


def batch(fun, axis, values, dims):
    """Results of `fun` on a flat list of batched values, and their batch dimensions or None.

    Where a rule of the batch calls a Python function, the trace goes on under another parent: what
    the function closes over may be of this batch.
    """
    context = thread.context
    parent, axes = context.trace, context.axes
    trace = outer = axis.trace
    if outer is None:
        trace = axis.trace = BatchTrace(parent, axis)
    before, trace.parent, context.trace = trace.parent, parent, trace
    if axis.name is not None:
        context.axes = {**axes, axis.name: axis.size}
    try:
        pairs = [trace.split(y) for y in fun(*map(trace.enter, values, dims))]
    finally:
        context.trace, context.axes = parent, axes
        trace.parent = before
        if outer is None:
            trace.done, axis.trace = True, None
    if outer is None and context.watches.check_tracer_leaks:
        leaks.check(trace, BatchTracer, fun)
    return [y for y, _ in pairs], [d for _, d in pairs]


def batch_some(fun, axis, values, dims):
    """`batch` where an operand may be None, which `fun` gets, and so may a result."""
    given = [x is not None for x in values]
    made: list = []

    def run(*present):
        outs = fun(*unpack(present, given))
        made[:] = [y is not None for y in outs]
        return [y for y in outs if y is not None]

    present = [x for x in values if x is not None]
    outs, found = batch(run, axis, present, [d for d, g in zip(dims, given, strict=True) if g])
    return unpack(outs, made), unpack(found, made)


# ---------------------------------------------------------------- moving batch dimensions
def move(x, source, destination):
    """Move axis `source` of `x` to `destination`."""
    if source == destination:
        return x
    axes = [i for i in range(aval_of(x).ndim) if i != source]
    axes.insert(destination, source)
    return transpose(x, axes)


def spread(x, size, dim=0):
    """Repeat `x` along a new axis."""
    shape = aval_of(x).shape
    dims = [i for i in range(len(shape) + 1) if i != dim]
    return broadcast_in_dim(x, (*shape[:dim], size, *shape[dim:]), dims)


def to_front(x, dim, size):
    """`x` with its batch dimension first; repeated if it has none."""
    return spread(x, size) if dim is None else move(x, dim, 0)


def renumbered(axes, dim):
    """The axes as they are numbered once there is a batch dimension at `dim`."""
    return tuple([a + (a >= dim) for a in axes])


def unmapped(ct, found, dim, size):
    """A cotangent whose batch dimension is `found` as that of an operand with `dim`: None sums."""
    if ct is None:
        return None
    ct = to_front(ct, found, size)
    return reduce_sum(ct, (0,)) if dim is None else move(ct, 0, dim)


def at_front(operand, dim):
    """`operand` with its batch dimension, if it has one, moved first."""
    return operand if dim is None else move(operand, dim, 0)


# ---------------------------------------------------------------- the rules of families
def _elementwise(axis, primitive, operands, dims, params):
    shapes = [aval_of(x).shape for x in operands]
    wanted = {(s, d) for s, d in zip(shapes, dims, strict=True) if s}
    if len(wanted) == 1:  # every operand that is not a scalar is batched alike
        ((_, dim),) = wanted
        return primitive.bind(*operands, **params), [dim]
    rank = max(len(s) - (d is not None) for s, d in zip(shapes, dims, strict=True))
    full = [
        (s, d) for s, d in zip(shapes, dims, strict=True) if d is not None and len(s) == rank + 1
    ]
    dim = full[0][1] if full else 0
    if full:
        shape = list(full[0][0])
    else:
        shape = next(list(s) for s, d in zip(shapes, dims, strict=True) if d is None and s)
        shape.insert(0, axis.size)
    aligned = []
    for x, s, d in zip(operands, shapes, dims, strict=True):
        if d is not None:
            x = move(x, d, dim) if len(s) == rank + 1 else broadcast_in_dim(x, shape, (dim,))
        elif s:
            x = spread(x, axis.size, dim)
        aligned.append(x)
    return primitive.bind(*aligned, **params), [dim]


def _reduction(axis, primitive, operands, dims, params):
    ((x,), (d,)) = operands, dims
    axes = renumbered(params["axes"], d)
    outs = primitive.bind(x, axes=axes)
    return outs, [d - sum(a < d for a in axes)] * len(outs)


families["elementwise"] = _elementwise
families["reduction"] = _reduction
