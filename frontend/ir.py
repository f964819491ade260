"""The IR: a Program is a list of equations in A-normal form, typed at its binders.

    atom    ::= Var | Literal                     a variable, or a Python scalar with its aval
    eqn     ::= outvars = primitive[params] atoms
    program ::= { lambda constvars; invars. eqns in outvars }

    { lambda ; a:f32[3] b:f32[]. let c:f32[3] = sin a; d:f32[3] = mul c 2.0 in (d) }

Programs are immutable once built and compared by identity. Programs inside equation parameters (the
bodies of `jit`, `scan`, `cond` ...) close over nothing that is traced: what they need from around
are explicit operands. What a pass derives from a program is kept in `program.memo`, and dies with
it.
"""

import functools
import math

from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ProgramError


class Var:
    """A variable: bound once, by a program's inputs or by an equation."""

    __slots__ = ("aval",)

    def __init__(self, aval):
        self.aval = aval

    def __repr__(self):
        return f"Var({self.aval})"


def exact(value):
    """A key of a number that tells apart equal ones: 0.0 from -0.0, and NaNs by their signs."""
    if type(value) is complex:
        return exact(value.real), exact(value.imag)
    if value and value == value:
        return value
    return "-nan" if value != value and math.copysign(1, value) < 0 else repr(value)


class Literal:
    """A Python scalar as an operand, with its aval; equal literals are the same object."""

    __slots__ = ("__weakref__", "aval", "value")
    _interned: dict = {}
    aval: ShapedArray
    value: bool | int | float | complex

    def __new__(cls, value, aval):
        # most numbers are keys of their own, at no cost
        plain = value and value == value and type(value) is not complex
        key = (aval, value if plain else exact(value))
        found = cls._interned.get(key)
        if found is None:
            if len(cls._interned) > 8192:
                cls._interned.clear()
            found = object.__new__(cls)
            found.value, found.aval = value, aval
            cls._interned[key] = found
        return found

    def __repr__(self):
        return f"{self.value}"


class Eqn:
    """One application of a primitive; `source` is a snapshot of the stack that made it."""

    __slots__ = ("invars", "outvars", "params", "primitive", "source")

    def __init__(self, primitive, invars, outvars, params, source):
        self.primitive = primitive
        self.invars = invars
        self.outvars = outvars
        self.params = params
        self.source = source

    @property
    def effects(self):
        """The names of the effects of the equation; empty for a pure one."""
        return self.primitive.effects_of(self.params)


class Program:
    """A typed functional program; `consts` are the values of its `constvars`."""

    __slots__ = ("__weakref__", "consts", "constvars", "eqns", "invars", "memo", "name", "outvars")

    def __init__(self, constvars, invars, eqns, outvars, consts=(), name="main"):
        self.constvars = list(constvars)
        self.invars = list(invars)
        self.eqns = eqns
        self.outvars = list(outvars)
        self.consts = list(consts)
        self.name = name
        self.memo = {}

    @property
    def in_avals(self):
        """The avals of the inputs, constants not included."""
        return [v.aval for v in self.invars]

    @property
    def out_avals(self):
        """The avals of the results."""
        return [v.aval for v in self.outvars]

    @property
    def effects(self):
        """The union of the effects of the equations."""
        found = self.memo.get("effects")
        if found is None:
            each = {e.primitive.effects_of(e.params) for e in self.eqns}
            found = self.memo["effects"] = frozenset().union(*each)
        return found

    def closed(self):
        """This program with its constants turned into leading inputs."""
        if not self.constvars:
            return self
        if "closed" not in self.memo:
            invars = self.constvars + self.invars
            self.memo["closed"] = Program((), invars, self.eqns, self.outvars, name=self.name)
        return self.memo["closed"]

    def __str__(self):
        return _text(self)

    __repr__ = __str__


_text = object.__repr__


def install(text):
    """Make `text(program)` the way programs are shown."""
    global _text
    _text = text


def memoised(derive):
    """Keep what a pass derives from a program with the program: `pass(program, *parameters)`."""

    def lookup(program, *parameters):
        key = (derive, *parameters)
        found = program.memo.get(key)
        if found is None:
            found = program.memo[key] = derive(program, *parameters)
        return found

    return functools.update_wrapper(lookup, derive)


def sub_programs(eqn):
    """The programs among the parameters of an equation."""
    return eqn.primitive.programs(eqn.params)


def count_eqns(program):
    """Number of equations, those of nested programs included."""
    return sum(1 + sum(map(count_eqns, sub_programs(e))) for e in program.eqns)


def check(program, top=True):
    """Raise ProgramError unless `program` is well scoped and well typed; return it."""
    scope = set()

    def bind(var, what):
        if type(var) is not Var or type(var.aval) is not ShapedArray:
            raise ProgramError(f"check: {what} binds {var!r}, which is no typed variable")
        if var in scope:
            raise ProgramError(f"check: {what} binds a variable a second time")
        scope.add(var)

    def use(atom, what):
        if type(atom) is Literal:
            if atom.aval.shape:
                raise ProgramError(f"check: {what} uses a literal of shape {atom.aval.shape}")
        elif atom not in scope:
            raise ProgramError(f"check: {what} uses a variable that is not in scope")

    # of an array, `trace` is a method
    if not top and any(not callable(getattr(c, "trace", len)) for c in program.consts):
        raise ProgramError("check: a nested program closes over a tracer; it should be an operand")
    if len(program.consts) != len(program.constvars):
        raise ProgramError("check: there is not one value for each constant")
    for v in program.constvars + program.invars:
        bind(v, "the program's inputs")
    for i, eqn in enumerate(program.eqns):
        what = f"equation {i} ({eqn.primitive.name})"
        for atom in eqn.invars:
            use(atom, what)
        nested = sub_programs(eqn)
        for inner in nested:
            check(inner, top=False)
        if not nested and any(isinstance(value, Program) for value in eqn.params.values()):
            raise ProgramError(f"check: {what} holds a program; its primitive should be Calling")
        expected = eqn.primitive.type(*[a.aval for a in eqn.invars], **eqn.params)
        found = [v.aval for v in eqn.outvars]
        if list(expected) != found:
            raise ProgramError(f"check: {what} has results {found}, its type rule gives {expected}")
        for v in eqn.outvars:
            bind(v, what)
    for atom in program.outvars:
        use(atom, "the program's results")
    return program
