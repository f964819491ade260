"""Linearization: evaluate the primals, and write the tangents down as a linear Program.

It is forward mode whose tangents are unknown. `JVPTrace` works on primals of the trace around and
on tangents that are tracers of a tangent program; below it, `PartialTrace` sends every operation
that touches a tangent to the tangent program and every other to the trace around. What the tangent
program needs of the primals becomes its constants, the residuals:

    f(x) = sin x * 2      primals   s = sin x; c = cos x; y = s * 2
                          tangent   { lambda c ; g. h = mul g c; k = mul h 2.0 in (k) }

"You only linearize once" (Radul et al., POPL 2023). Only primitives that hold programs need a rule
here, since they have to be split in two: `rules[p](primals, tangents, **params)`, like a jvp rule.
"""

import functools

from hloom.frontend import leaks
from hloom.frontend.context import thread
from hloom.frontend.primitive import registrar
from hloom.frontend.prims.calls import Custom
from hloom.frontend.trace import (
    StageTrace,
    StageTracer,
    Trace,
    all_concrete,
    aval_of,
    interpret,
)
from hloom.transforms.jvp import JVPTrace, JVPTracer
from hloom.transforms.zeros import instantiate, tangent_aval, zeros

#: primitive -> rule(primals, tangents, **params), for primitives that hold programs
rules: dict = {}

#: the decorator that registers the rule of a primitive
rule = registrar(rules)


class PartialTrace(Trace):
    """Sends operations on tangents to the program `tangent`, the others to `parent`.

    In a derivative rule, one loop may hold primals and tangents. What holds programs is therefore
    split, unless it is `whole`, being a half already.
    """

    __slots__ = ("done", "parent", "tangent", "whole")

    def __init__(self, parent, tangent):
        self.parent = parent
        self.tangent = tangent
        self.done = self.whole = False

    def bind(self, primitive, args, params):
        """Stage the operation if an operand is a tangent, else leave it to the parent."""
        tangent, parent = self.tangent, self.parent
        for a in args:
            if type(a) is StageTracer and a.trace is tangent:
                if self.whole or primitive not in rules or isinstance(primitive, Custom):
                    return tangent.bind(primitive, args, params)
                return self._split(primitive, args, params)
        if type(parent) is StageTrace and primitive.stage is None:
            return parent.emit(primitive, args, params)
        context = thread.context
        context.trace = parent
        try:
            return primitive.bind(*args, **params)
        finally:
            context.trace = self

    def runs_at_once(self, operands):
        """Operations on concrete primals are."""
        return self.parent is None and all_concrete(operands)

    def special(self, primitive):
        """The rule of a primitive that holds programs, whose halves are not split again."""
        found = rules.get(primitive)
        return found and functools.partial(self._wholly, found)

    def _wholly(self, rule, primals, tangents, /, **params):
        before, self.whole = self.whole, True
        try:
            return rule(primals, tangents, **params)
        finally:
            self.whole = before

    def _split(self, primitive, args, params):
        """An operation that is linear in its tangents is its own derivative where they are zero."""
        tangents = [a if type(a) is StageTracer and a.trace is self.tangent else None for a in args]
        primals = [a if t is None else zeros(a.aval) for a, t in zip(args, tangents)]
        outs, found = self._wholly(rules[primitive], primals, tangents, **params)
        return [y if t is None else t for y, t in zip(outs, found, strict=True)]


class Linearized:
    """The linear map at a point: `program` from the tangents of active inputs to those of outputs.

    `active` tells which inputs have tangents, `nonzero` which outputs have.
    """

    __slots__ = ("active", "nonzero", "program")

    def __init__(self, program, active, nonzero):
        self.program = program
        self.active = active
        self.nonzero = nonzero

    def __call__(self, tangents):
        """Tangents of the outputs (None if zero) for tangents of the active inputs."""
        outs = iter(interpret(self.program, tangents))
        return [next(outs) if n else None for n in self.nonzero]


def linearize(fun, primals, active, forced=(), count=None):
    """Results of `fun` on a flat list of primals, and its Linearized map; `active`: bools.

    Outputs marked in `forced` get a tangent even if it is zero. Outputs from `count()` on are
    auxiliary: their tangents are dropped.
    """
    context = thread.context
    parent = context.trace
    tangent = StageTrace("grad")
    partial = PartialTrace(parent, tangent)
    trace = JVPTrace(partial, partial.special)
    inputs = [
        tangent.input(tangent_aval(aval_of(p))) if a else None
        for p, a in zip(primals, active, strict=True)
    ]
    context.trace = trace
    try:
        pairs = [trace.split(y) for y in fun(*map(trace.enter, primals, inputs))]
    finally:
        trace.done = partial.done = True
        context.trace = parent
    if context.watches.check_tracer_leaks:
        leaks.check(trace, JVPTracer, fun)
    tangents = [t for _, t in pairs[: count and count()]]
    for i, on in enumerate(forced):
        if on and tangents[i] is None:
            tangents[i] = instantiate(None, pairs[i][0])
    nonzero = [t is not None for t in tangents]
    results = [t for t in tangents if t is not None]
    program = tangent.program([t for t in inputs if t is not None], results, "tangent")
    return [y for y, _ in pairs], Linearized(program, list(active), nonzero)
