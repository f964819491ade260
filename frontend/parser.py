"""Text to programs: reads what printer.py writes.

    >>> from hloom.frontend.parser import parse
    >>> program = parse("{ lambda ; a:f32[3]. let b:f32[3] = sin a; c:f32[3] = mul b 2.0 in (c) }")
    >>> print(program)
    { lambda ; a:f32[3]. let b:f32[3] = sin a; c:f32[3] = mul b 2.0 in (c) }

Equations get back everything but their sources. Constants are not in the text, so a program that
has some is read with `consts`. A parameter that is a Python function has no text, and cannot be
read.
"""

import ast
import enum
import re

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ProgramError
from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Eqn, Literal, Program, Var, check
from hloom.frontend.keys import KEY_DTYPES
from hloom.frontend.primitive import PRIMITIVES

_TOKEN = re.compile(
    r"""\s*(?:\#[^\n]*\n\s*)*
    (?P<token>
        @[^\s,\])]+                                   # the name of a program
      | '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*"         # a string
      | [-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?j?|inf|nan)\b\.?   # a number
      | \([-+\d.einfaj]+j\)                             # a complex number
      | key<\w+>                                       # the dtype of keys
      | [A-Za-z_][\w.]*                                # a name
      | .
    )""",
    re.VERBOSE | re.DOTALL,
)

_KEYS = {dtype.name: dtype for dtype in KEY_DTYPES.values()}


def parse(text, consts=()):
    """The Program of a text; the first one if it defines several. ProgramError if it is not one."""
    reader = _Reader(text)
    try:
        program = reader.module(consts)
    except ProgramError:
        raise
    except (ValueError, LookupError, TypeError) as error:
        asked = "parse: the text is no program"
        raise ProgramError(asked, f"{error} in: {reader.around()}", "correct the text") from None
    return check(program)


class _Reader:
    def __init__(self, text):
        self.tokens = [m["token"] for m in _TOKEN.finditer(text + "\n") if m["token"].strip()]
        self.place = 0
        self.programs: dict = {}

    # ------------------------------------------------------------ tokens
    def peek(self):
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def around(self):
        return " ".join(self.tokens[max(0, self.place - 5) : self.place + 5])

    def next(self, expected=None):
        token = self.peek()
        if expected is not None and token != expected:
            found = f"found {token!r} in: {self.around()}"
            raise ProgramError(f"parse: expected {expected!r}", found, "correct the text")
        self.place += 1
        return token

    # ------------------------------------------------------------ programs
    def module(self, consts):
        """The first program; those it calls stand after it, so they are read first."""
        starts = [0] + [
            i
            for i, t in enumerate(self.tokens)
            if t.startswith("@") and self.tokens[i + 1 : i + 2] == ["="]
        ]
        for start in reversed(starts[1:]):
            self.place = start + 2
            name = self.tokens[start][1:]
            self.programs[name] = self.program(name)
        self.place = 0
        return self.program("main", consts)

    def program(self, name, consts=()):
        self.next("{")
        self.next("lambda")
        scope: dict = {}
        constvars = self.binders(scope, ";")
        invars = self.binders(scope, ".")
        eqns = []
        if self.peek() == "let":
            self.next()
            while self.peek() != "in":
                eqns.append(self.eqn(scope))
                if self.peek() == ";":
                    self.next()
        self.next("in")
        self.next("(")
        outvars = []
        while self.peek() != ")":
            outvars.append(self.atom(scope))
            if self.peek() == ",":
                self.next()
        self.next(")")
        self.next("}")
        return Program(constvars, invars, eqns, outvars, consts, name)

    def binders(self, scope, end):
        found = []
        while self.peek() != end:
            found.append(self.binder(scope))
        self.next(end)
        return found

    def binder(self, scope):
        name = self.next()
        self.next(":")
        scope[name] = Var(self.aval())
        return scope[name]

    def aval(self):
        weak = self.peek() == "~"
        if weak:
            self.next()
        dtype = _dtype(self.next())
        self.next("[")
        shape = []
        while self.peek() != "]":
            shape.append(int(self.next()))
            if self.peek() == ",":
                self.next()
        self.next("]")
        return ShapedArray(tuple(shape), dtype, weak)

    def eqn(self, scope):
        # binders enter the scope after the operands have been read
        inner = dict(scope)
        outvars = []
        while self.peek() != "=":
            outvars.append(self.binder(inner))
        self.next("=")
        name = self.next()
        if name not in PRIMITIVES:
            raise ProgramError(
                f"parse: there is no primitive {name!r}",
                "nothing of that name is defined",
                "correct it",
            )
        params = {}
        if self.peek() == "[":
            self.next()
            while self.peek() != "]":
                key = self.next()
                self.next("=")
                params[key] = self.value()
                if self.peek() == ",":
                    self.next()
            self.next("]")
        operands = []
        while self.peek() not in (";", "in") and not self._begins_eqn():
            operands.append(self.atom(scope))
        scope.update(inner)
        return Eqn(PRIMITIVES[name], operands, outvars, params, None)

    def _begins_eqn(self):
        token, after = (*self.tokens[self.place : self.place + 2], "")[:2]
        return after == ":" and token[0].isalpha() and token not in ("True", "False", "inf", "nan")

    def atom(self, scope):
        token = self.peek()
        if token in scope:
            return scope[self.next()]
        value = self.number()
        if self.peek() == ":":
            return self.typed(value)
        kinds = {bool: "bool", int: "i32", float: "f32", complex: "c64"}
        dtype = dtypes.from_short_name(kinds[type(value)])
        return Literal(value, ShapedArray((), dtype, type(value) is not bool))

    def typed(self, value):
        self.next(":")
        weak = self.peek() == "~"
        if weak:
            self.next()
        return typed_literal(value, _dtype(self.next()), weak)

    def number(self):
        token = self.next()
        if token in ("True", "False"):
            return token == "True"
        try:
            if "j" in token:
                return complex(token)
            return float(token) if re.search(r"[.einfa]", token) else int(token)
        except ValueError:
            what = f"parse: {token!r} is neither a variable in scope nor a number"
            raise ProgramError(what, "an operand was expected", "correct the text") from None

    # ------------------------------------------------------------ parameters
    def value(self):
        token = self.peek()
        if token.startswith("@"):
            return self.programs[self.next()[1:]]
        if token == "(":
            return self.items(")")
        if token[0] in "'\"":
            return ast.literal_eval(self.next())
        if token == "<":
            raise ProgramError(
                "parse: a parameter is a Python object",
                f"near {token!r}",
                "such programs cannot be read",
            )
        if token == "None":
            return ast.literal_eval(self.next())
        if (token[0].isalpha() or token[0] == "_") and token not in ("True", "False", "inf", "nan"):
            return self.named()
        value = self.number()
        return self.typed(value) if self.peek() == ":" else value

    def items(self, end):
        self.next()
        found = []
        while self.peek() != end:
            found.append(self.value())
            if self.peek() == ",":
                self.next()
        self.next(end)
        return tuple(found)

    def named(self):
        token = self.next()
        if "." in token:
            kind, member = token.split(".", 1)
            return _class(kind)[member]
        if self.peek() == "(":
            kind, fields = _class(token), {}
            self.next()
            while self.peek() != ")":
                key = self.next()
                self.next("=")
                fields[key] = self.value()
                if self.peek() == ",":
                    self.next()
            self.next(")")
            return kind(**fields)
        return _dtype(token)


def _dtype(text):
    return _KEYS.get(text) or dtypes.from_short_name(text)


def _class(name):
    """The enumeration or named tuple of hloom that is called `name`."""
    pending = [enum.Enum, tuple]
    while pending:
        kind = pending.pop()
        if kind.__name__ == name and kind.__module__.startswith("hloom"):
            return kind
        pending += kind.__subclasses__()
    raise ProgramError(f"parse: there is no {name!r}", "no parameter has that type", "correct it")
