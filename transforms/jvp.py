"""Forward-mode differentiation: one interpreter, `JVPTrace`, and one table, `rules`.

Each value carries its tangent. A primitive's rule takes the primal operands and their tangents,
where None is a tangent known to be zero, and gives the results and theirs:

    sin x, with tangent g    ->    sin x, with tangent g * cos x

Rules run in the trace around the differentiated function, so that they may be differentiated again.
The rules themselves are in transforms/rules/, a file for each family.
"""

from hloom.frontend import leaks
from hloom.frontend.context import thread
from hloom.frontend.errors import RuleError
from hloom.frontend.primitive import because, registrar
from hloom.frontend.prims.elementwise import add
from hloom.frontend.prims.structural import broadcast_in_dim
from hloom.frontend.trace import Trace, Tracer, aval_of
from hloom.transforms.zeros import zeros

#: primitive -> rule(primals, tangents, **params) -> (results, tangents of the results)
rules: dict = {}

#: the decorator that registers the rule of a primitive
rule = registrar(rules)


def elementwise(primitive, *terms):
    """The rule of an elementwise primitive: for each operand, `term(g, *operands, result)`."""

    def apply(primals, tangents, **params):
        (y,) = primitive.bind(*primals, **params)
        total = None
        for term, g in zip(terms, tangents, strict=True):
            if g is not None:
                t = term(g, *primals, y, **params)
                total = t if total is None else add(total, t)
        return [y], [total if total is None else fill(total, aval_of(y).shape)]

    rules[primitive] = apply


def linear(primitive):
    """The rule of a primitive that is linear in all its operands taken together."""

    def apply(primals, tangents, **params):
        outs = primitive.bind(*primals, **params)
        if all(g is None for g in tangents):
            return outs, [None] * len(outs)
        full = [
            zeros(aval_of(p)) if g is None else g for p, g in zip(primals, tangents, strict=True)
        ]
        return outs, primitive.bind(*full, **params)

    rules[primitive] = apply


def none(primitive, reason):
    """State why the results of `primitive` have no tangents: they are piecewise constant, say."""

    @because(reason)
    def apply(primals, tangents, **params):
        outs = primitive.bind(*primals, **params)
        return outs, [None] * len(outs)

    rules[primitive] = apply


def fill(x, shape):
    """`x`, repeated to `shape` if it is of rank 0."""
    return x if aval_of(x).shape == shape else broadcast_in_dim(x, shape, ())


class JVPTracer(Tracer):
    """A primal value and its tangent, which is not zero."""

    __slots__ = ("primal", "tangent")

    def __init__(self, trace, primal, tangent):
        self.trace = trace
        self.primal = primal
        self.tangent = tangent
        self.aval = aval_of(primal)

    def concrete(self):
        """The concrete primal, so that Python control flow works on it; None when it is traced."""
        primal = self.primal
        return primal.concrete() if isinstance(primal, Tracer) else primal

    def block_until_ready(self):
        """Wait for the primal."""
        self.primal.block_until_ready()
        return self

    def __repr__(self):
        return f"JVPTracer<{self.primal!r}>"


class JVPTrace(Trace):
    """Applies rules under the trace `parent`; `special(primitive)` may know a better one."""

    __slots__ = ("done", "parent", "special")
    what = "jvp"

    def __init__(self, parent, special=None):
        self.parent = parent
        self.special = special
        self.done = False

    def bind(self, primitive, args, params):
        """Apply the rule of a primitive, if an operand has a tangent."""
        primals, tangents, active = [], [], False
        for a in args:
            if type(a) is JVPTracer and a.trace is self:
                primals.append(a.primal)
                tangents.append(a.tangent)
                active = True
            else:
                primals.append(a)
                tangents.append(None)
        context = thread.context
        before, context.trace = context.trace, self.parent
        try:
            if not active:
                return primitive.bind(*primals, **params)
            found = (self.special and self.special(primitive)) or rules.get(primitive)
            if found is None:
                raise missing(primitive, "jvp", "transforms/rules")
            outs, out_tangents = found(primals, tangents, **params)
        finally:
            context.trace = before
        return [
            y if t is None else JVPTracer(self, y, t)
            for y, t in zip(outs, out_tangents, strict=True)
        ]

    def enter(self, primal, tangent):
        """A tracer for an input; the primal itself when the tangent is zero."""
        return primal if tangent is None else JVPTracer(self, primal, tangent)

    def split(self, value):
        """The primal and the tangent of a result."""
        if type(value) is JVPTracer and value.trace is self:
            return value.primal, value.tangent
        return value, None


def missing(primitive, table, folder):
    """The error for a primitive without a rule."""
    return RuleError(
        f"{primitive.name}: has no {table} rule",
        f"the table `{table}.rules` has no entry for it",
        f"register one with hloom.transforms.{table}.rule({primitive.name}); see {folder}",
    )


def jvp(fun, primals, tangents):
    """Results of `fun` on flat lists and their tangents; None stands for a zero tangent."""
    context = thread.context
    parent = context.trace
    context.trace = trace = JVPTrace(parent)
    try:
        outs = fun(*map(trace.enter, primals, tangents))
        pairs = [trace.split(y) for y in outs]
    finally:
        trace.done = True
        context.trace = parent
    if context.watches.check_tracer_leaks:
        del outs
        leaks.check(trace, JVPTracer, fun)
    return [p for p, _ in pairs], [t for _, t in pairs]
