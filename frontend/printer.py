"""Programs as text: stable, typed at binders, each nested program once, and readable by parser.py.

    { lambda a:f32[3,3]; b:f32[3]. let
        c:f32[3] = dot_general[dimension_numbers=(((1,), (0,)), ((), ())), ...] a b
        d:f32[] = jit[program=@loss] c
      in (d) }
    @loss = { lambda ; a:f32[3]. let b:f32[] = reduce_sum[axes=(0,)] a in (b) }

A literal is a plain number when it is weakly typed and 32 bits wide; any other shows its type, as
in `2.0:bf16`. `program_to_text(program, sources=True)` adds the user's line to each equation.
"""

import enum
import itertools

import numpy as np

from hloom.frontend import dtypes, ir, source
from hloom.frontend.ir import Literal, Program, exact

_WIDTH = 100
_RESERVED = ("in", "inf", "lambda", "let", "nan")


def program_to_text(program, sources=False):
    """The text of a program, followed by the programs that it calls."""
    names: dict = {}
    pending, parts = [program], []
    while pending:
        current = pending.pop(0)
        text = _Printer(names, pending, sources).program(current)
        parts.append(f"@{names[current]} = {text}" if current in names else text)
    return "\n".join(parts)


def variable_names():
    """a, b, ..., z, ba, bb, ...: names of variables in the order of their binding."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    for n in itertools.count():
        text = letters[n % 26]
        while n := n // 26:
            text = letters[n % 26] + text
        if text not in _RESERVED:
            yield text


class _Printer:
    def __init__(self, names, pending, sources):
        self.names, self.pending, self.sources = names, pending, sources
        self.vars: dict = {}
        self.fresh = variable_names()

    def program(self, program):
        consts = " ".join(map(self.binder, program.constvars))
        inputs = " ".join(map(self.binder, program.invars))
        head = f"{{ lambda {consts}; {inputs}." if consts else f"{{ lambda ; {inputs}."
        eqns = [self.eqn(e) for e in program.eqns]
        tail = f"in ({', '.join(map(self.atom, program.outvars))}) }}"
        if not eqns:
            return f"{head} {tail}"
        line = f"{head} let {'; '.join(eqns)} {tail}"
        if len(line) <= _WIDTH and not self.sources:
            return line
        body = "\n".join(f"    {e}" for e in eqns)
        return f"{head} let\n{body}\n  {tail}"

    def binder(self, var):
        self.vars[var] = next(self.fresh)
        return f"{self.vars[var]}:{var.aval}"

    def atom(self, atom):
        return literal_to_text(atom) if type(atom) is Literal else self.vars[atom]

    def eqn(self, eqn):
        operands = "".join(f" {self.atom(a)}" for a in eqn.invars)
        params = ", ".join(f"{k}={self.value(v)}" for k, v in sorted(eqn.params.items()))
        results = " ".join(map(self.binder, eqn.outvars))
        text = f"{results} = {eqn.primitive.name}{f'[{params}]' if params else ''}{operands}"
        place = source.describe(eqn.source) if self.sources else None
        return f"{text}    # {place}" if place else text

    def value(self, value):
        if isinstance(value, Program):
            if value not in self.names:
                taken = set(self.names.values())
                base = value.name
                self.names[value] = next(
                    n for n in itertools.chain([base], (f"{base}_{i}" for i in itertools.count(1)))
                    if n not in taken
                )  # fmt: skip
                self.pending.append(value)
            return f"@{self.names[value]}"
        if type(value) is Literal:
            return literal_to_text(value)
        if isinstance(value, enum.Enum):
            return f"{type(value).__name__}.{value.name}"
        if isinstance(value, np.dtype | dtypes.ExtendedDType):
            return dtypes.short_name(value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            inside = ", ".join(f"{k}={self.value(v)}" for k, v in zip(value._fields, value))
            return f"{type(value).__name__}({inside})"
        if type(value) is tuple:
            inside = ", ".join(map(self.value, value))
            return f"({inside},)" if len(value) == 1 else f"({inside})"
        if value is None or isinstance(value, bool | int | float | str):
            return repr(value)
        return f"<{getattr(value, '__name__', None) or type(value).__name__}>"


def literal_to_text(literal):
    """A literal: the number, with its type unless that is what the number alone would have."""
    value, aval = literal.value, literal.aval
    plain = dtypes.short_name(aval.dtype) in ("f32", "i32", "c64") and aval.weak_type
    text = exact(value) if value != value and type(value) is float else repr(value)
    if plain or dtypes.is_bool(aval.dtype):
        return text
    return f"{text}:{'~' * aval.weak_type}{dtypes.short_name(aval.dtype)}"


ir.install(program_to_text)
