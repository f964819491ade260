"""A primitive is what an operation is: a name, a type rule, a document and a public function.

What each layer does with it stands in that layer's table, keyed by the primitive itself. `bind`
hands it to the trace in force, or has it run at once; results are always a list.

    @primitive(transpose_type)
    def transpose(x, permutation):
        "Permute the axes of `x`."
        return transpose.bind(x, permutation=tuple(permutation))[0]
"""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from hloom.frontend.context import thread, tracing
from hloom.frontend.errors import HloomError, name_unnamed
from hloom.frontend.keywords import FAULTS, blame, judged
from hloom.frontend.tracebacks import hide_frames

F = TypeVar("F")


def _no_runtime(primitive, args, params):
    raise RuntimeError("hloom.frontend was used without a runtime; import hloom first")


_evaluate = _no_runtime
_fused: Callable = lambda function, operands: function


def install(evaluate, fused):
    """Make `evaluate(primitive, args, params)` run primitives on concrete values.

    `fused(function, operands)` gives the form of a `composed` function for concrete values.
    """
    global _evaluate, _fused
    _evaluate, _fused = evaluate, functools.cache(fused)


def composed(*operands):
    """Make a function of several primitives one executable on concrete values.

    `operands` are the names of the parameters that are arrays; the others are static.
    """

    def decorate(function):
        inlined = judged(function)

        @functools.wraps(function)
        def call(*args, **kwargs):
            trace = thread.context.trace
            if trace is None:
                return _fused(function, operands)(*args, **kwargs)
            if trace.runs_at_once((args, kwargs)):
                with tracing(None):
                    return _fused(function, operands)(*args, **kwargs)
            return inlined(*args, **kwargs)

        return call

    return decorate


#: every primitive by its name, for the parser and for tables of all
PRIMITIVES: dict = {}


class Primitive:
    """An operation; called, it is its public function.

    `family` names the group whose common rules apply where a table has none for the primitive
    itself. `stage(trace, args, params)` and `eager(args, params)` replace, for call-like
    primitives, what a staging trace does and what is done on concrete values.
    """

    family: str | None = None
    stage: Callable | None = None
    eager: Callable | None = None

    __name__: str
    __qualname__: str

    def __init__(self, name, type_rule, call=None, doc=None, effects=()):
        self.name = self.__name__ = name
        self.type_rule = type_rule
        self.call = call
        self.__doc__ = doc if doc is not None else getattr(call, "__doc__", None)
        if call is not None:
            self.__wrapped__ = call
        self.types = {}
        PRIMITIVES[name] = self
        self._effects = frozenset(effects)

    def bind(self, *args, **params):
        """Apply the primitive to operands of any kind; the list of results."""
        trace = thread.context.trace
        try:
            if trace is None:
                return _evaluate(self, args, params)
            return trace.bind(self, args, params)
        except HloomError as error:
            name_unnamed(error, self.__name__)
            hide_frames(error)
            raise

    def type(self, *avals, **params):
        """The avals of the results, a tuple; memoised."""
        key = (*avals, *params.items()) if params else avals
        found = self.types.get(key)
        if found is None:
            found = self.derive(avals, params)
            if len(self.types) > 4096:
                self.types.clear()
            self.types[key] = found
        return found

    def derive(self, avals, params):
        """What the type rule says of the operands, a tuple."""
        found = self.type_rule(*avals, **params)
        return tuple(found) if isinstance(found, list | tuple) else (found,)

    def programs(self, params):
        """The programs among the parameters: a primitive that has some is `Calling`."""
        return ()

    def effects_of(self, params):
        """The names of the effects of one application."""
        return self._effects

    def __call__(self, *args, **kwargs):
        try:
            try:
                return self.call(*args, **kwargs)
            except FAULTS as error:
                blame(self.call, args, kwargs, error)
                raise
        except Exception as error:
            hide_frames(error)
            raise

    def __repr__(self):
        return self.name

    def __reduce__(self):
        return self.name


class Calling(Primitive):
    """A primitive that holds programs; its types are not kept, lest a key keep programs alive."""

    def type(self, *avals, **params):
        """The avals of the results, a tuple."""
        return self.derive(avals, params)

    def programs(self, params):
        """The programs among the parameters, also those in tuples."""
        values = params.values()
        tuples = [v for value in values if type(value) is tuple for v in value]
        return [v for v in (*values, *tuples) if hasattr(v, "eqns")]

    def effects_of(self, params):
        """The effects of the primitive and of the programs it holds."""
        return self._effects.union(*[program.effects for program in self.programs(params)])


def registrar(rules):
    """The decorator `rule(primitive)`, which enters a function in a table of rules."""

    def rule(primitive):
        def register(function):
            rules[primitive] = function
            return function

        return register

    return rule


def because(reason: str) -> Callable[[F], F]:
    """Mark a function that stands in a rule's place with the reason why there is no rule."""

    def mark(function: Any) -> Any:
        function.reason = reason
        return function

    return mark


def primitive(type_rule, name=None, effects=(), kind=Primitive):
    """Make a function the public face of a new primitive of the same name."""

    def decorate(call):
        made = kind(name or call.__name__, type_rule, call, effects=effects)
        made.__module__, made.__qualname__ = call.__module__, call.__qualname__
        return made

    return decorate
