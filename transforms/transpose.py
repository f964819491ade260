"""Transposition: run a linear Program backwards, from cotangents of results to those of inputs.

Equations are visited last first. A rule gets the cotangents of the results (None if zero) and the
operands, where a `Linear` stands for each operand that depends on the inputs; it gives a cotangent,
or None, for each operand. Cotangents of a variable that is used several times are added.

    { lambda c ; g. h = mul g c; k = mul h 2.0 in (k) }      k' -> h' = k' * 2.0 -> g' = h' * c
"""

from hloom.frontend.context import thread
from hloom.frontend.ir import Var
from hloom.frontend.primitive import because, registrar
from hloom.frontend.prims.elementwise import add
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.trace import StageTrace, aval_of
from hloom.transforms.jvp import missing

#: primitive -> rule(cotangents, *operands, **params) -> cotangents of the operands
rules: dict = {}


class Linear:
    """Stands in a transposition rule for an operand in which the operation is linear."""

    __slots__ = ("aval",)

    def __init__(self, aval):
        self.aval = aval

    def __repr__(self):
        return f"Linear({self.aval})"


def is_linear(x):
    """Whether an operand of a transposition rule is one that a cotangent is asked for."""
    return type(x) is Linear


#: the decorator that registers the rule of a primitive
rule = registrar(rules)


def linear(primitive, *terms):
    """The rule of a one-result primitive: for each operand, `term(cotangent, *operands, **params)`.

    A term gives the cotangent under the result's shape; an operand of rank 0 that was repeated gets
    the sum. A term that is None belongs to an operand that is never linear.
    """

    def apply(cotangents, *operands, **params):
        (ct,) = cotangents
        return [
            collect(term(ct, *operands, **params), x.aval) if is_linear(x) else None
            for term, x in zip(terms, operands, strict=True)
        ]

    rules[primitive] = apply


def none(primitive, reason):
    """State why `primitive` needs no rule: it is linear in none of its operands, say."""

    @because(reason)
    def apply(cotangents, *operands, **params):
        raise missing(primitive, "transpose", "transforms/rules")

    rules[primitive] = apply


def collect(ct, aval):
    """The cotangent of an operand perhaps repeated from rank 0: the sum over all places."""
    shape = aval_of(ct).shape
    return ct if shape == aval.shape else reduce_sum(ct, range(len(shape)))


def accumulate(a, b):
    """The sum of two cotangents, either of which may be None."""
    return b if a is None else a if b is None else add(a, b)


def transpose(program, cotangents, consts=None):
    """Cotangents of the inputs of a linear `program`, None where they are zero."""
    env = dict(zip(program.constvars, program.consts if consts is None else consts, strict=True))
    ct: dict = {}
    for atom, c in zip(program.outvars, cotangents, strict=True):
        if type(atom) is Var and c is not None and atom not in env:
            ct[atom] = accumulate(ct.get(atom), c)
    trace = thread.context.trace
    staged = trace if type(trace) is StageTrace else None
    before = staged and staged.source
    try:
        for eqn in reversed(program.eqns):
            cts = [ct.pop(v, None) for v in eqn.outvars]
            if all([c is None for c in cts]):
                continue
            if staged:
                staged.source = eqn.source
            found = rules.get(eqn.primitive)
            if found is None:
                raise missing(eqn.primitive, "transpose", "transforms/rules")
            operands = [
                (env[a] if a in env else Linear(a.aval)) if type(a) is Var else a
                for a in eqn.invars
            ]
            for atom, c in zip(eqn.invars, found(cts, *operands, **eqn.params), strict=True):
                if c is not None:
                    previous = ct.get(atom)
                    ct[atom] = c if previous is None else add(previous, c)
    finally:
        if staged:
            staged.source = before
    return [ct.get(v) for v in program.invars]
