"""Arguments that a function does not take: NumPy's keywords, misspelt names, one too many.

A call pays nothing for this: `judge` is asked only when a call has failed, and then says whether
the arguments were to blame. Of NumPy's keywords for which arrays have no use, NUMPY says why, and
what to do instead; a pair (function, keyword) comes before the keyword alone.

    UnsupportedError: sin: takes no `out`
        arrays are immutable, so a result cannot be written into one
        at model.py:12   np.sin(x, out=y)
        leave `out` away and use the result
"""

import difflib
import functools
import inspect
import traceback

import numpy as np

from hloom.frontend.choices import shown, whole
from hloom.frontend.errors import (
    ArgumentError,
    HloomError,
    IndexingError,
    UnsupportedError,
    ValueRangeError,
    rename,
)
from hloom.frontend.source import is_internal
from hloom.frontend.tracebacks import hide_frames

#: what a call raises of which its arguments may be the cause
FAULTS = (TypeError, ValueError, IndexError, AttributeError)

_AWAY = "leave it away"
_ONE_LOOP = ("the dtypes of the operands decide what runs", "convert operands with x.astype(...)")
_SORTING = ("the compiler chooses the algorithm", _AWAY)
_FIELDS = ("arrays have no fields to sort by", "sort by several arrays with hloom.numpy.lexsort")
_LAST_AXES = ("the last axes are multiplied", "move axes with hloom.numpy.moveaxis first")
_DDOF = ("it is another name of `ddof`", "use `ddof`")

NUMPY: dict = {
    "out": (
        "arrays are immutable, so a result cannot be written into one",
        "leave `out` away and use the result",
    ),
    "where": (
        "arrays are immutable, so there is nothing to leave as it is",
        "use the result, with hloom.numpy.where for some of its elements",
    ),
    "casting": ("dtypes promote by one rule", "leave it away; convert with x.astype(...)"),
    "order": ("arrays have no memory order of their own", _AWAY),
    "dtype": ("the dtypes of the operands decide it", "convert the result with x.astype(...)"),
    "subok": ("arrays have no subclasses", _AWAY),
    "like": ("it makes arrays of other libraries", "leave it away, or call that library"),
    "signature": _ONE_LOOP,
    "sig": _ONE_LOOP,
    "extobj": ("errors of floating-point numbers are not handled", _AWAY),
    ("matmul", "axes"): _LAST_AXES,
    ("matvec", "axes"): _LAST_AXES,
    ("vecmat", "axes"): _LAST_AXES,
    ("vecdot", "axes"): _LAST_AXES,
    ("nanstd", "correction"): _DDOF,
    ("nanvar", "correction"): _DDOF,
    ("partition", "order"): _FIELDS,
    ("argpartition", "order"): _FIELDS,
    ("partition", "kind"): _SORTING,
    ("argpartition", "kind"): _SORTING,
    ("astype", "casting"): ("every conversion is allowed", "ask hloom.numpy.can_cast before"),
    ("view", "type"): ("arrays have no subclasses", _AWAY),
    ("isin", "kind"): ("`method` chooses the algorithm", "use `method`, or leave it away"),
    ("matrix_rank", "A"): ("it is named `M`", "use `M`, or give it first"),
    ("clip", "a"): ("the array has no name", "give it first: clip(x, min, max)"),
    ("clip", "a_min"): ("it is named `min`", "use `min`"),
    ("clip", "a_max"): ("it is named `max`", "use `max`"),
}


def unsupported(name, keyword):
    """The error for a keyword of NumPy's that a function has no use for."""
    why, remedy = NUMPY.get((name, keyword)) or NUMPY[keyword]
    return UnsupportedError(f"{name}: takes no `{keyword}`", why, remedy)


def refused(name, keyword, parameters):
    """The error for a keyword that is none of a function's parameters."""
    if (name, keyword) in NUMPY or keyword in NUMPY:
        return unsupported(name, keyword)
    near = difflib.get_close_matches(keyword, parameters, 1)
    remedy = f"use `{near[0]}`" if near else "leave it away, or use one of its parameters"
    found = f"its parameters are {', '.join(parameters)}" if parameters else "it has no parameters"
    return ArgumentError(f"{name}: has no parameter `{keyword}`", found, remedy)


def judge(function, args, kwargs, name=None):
    """Raise if arguments do not bind to a function's parameters; the failed call is to blame."""
    signature = inspect.signature(function)
    name = name or function.__name__
    parameters = signature.parameters.values()
    named = [p for p in parameters if p.kind is not p.VAR_POSITIONAL and p.name != "self"]
    if not any(p.kind is p.VAR_KEYWORD for p in named):
        taken = {p.name: p.kind for p in named}
        for keyword in kwargs:
            if keyword not in taken:
                raise refused(name, keyword, list(taken)) from None
            if taken[keyword] is inspect.Parameter.POSITIONAL_ONLY:
                asked, found = f"{name}: `{keyword}` is given by position", "it was given by name"
                raise ArgumentError(asked, found, f"write {name}(...) without the name") from None
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        found, remedy = f"it is called as {name}{_shown(signature)}", "call it so"
        raise ArgumentError(f"{name}: {error}", found, remedy) from None


#: how the kinds of static parameters are told: by their annotation, else by their default
_KINDS = {
    text: kind
    for kind in (bool, int, str, float)
    for text in (kind, kind.__name__, f"{kind.__name__} | None", kind | None)
}
_SAID = {
    bool: ("True or False", "give one of them"),
    int: ("an integer", "give an int"),
    str: ("a string", "give one of those that its documentation names"),
    float: ("a number", "give a float"),
}


def _is_whole(value):
    return whole(value) is not None


_IS_KIND: dict = {
    str: lambda value: isinstance(value, str),
    float: lambda value: (
        not isinstance(value, str | dict | list | tuple | type)
        and hasattr(value, "__float__")
        and np.shape(value) == ()
    ),
}


def judge_kinds(function, args, kwargs, called=None):
    """Raise if a static argument is of another kind than its parameter; the call has failed.

    The kind is that of the annotation or of the default: a bool, an integer, a number or a string.
    """
    signature = inspect.signature(function)
    for name, value in signature.bind(*args, **kwargs).arguments.items():
        parameter = signature.parameters[name]
        named = _KINDS.get(parameter.annotation)
        kind = named or (parameter.annotation is parameter.empty and type(parameter.default))
        if kind not in _SAID or (isinstance(value, tuple | list) and not named):
            continue
        if value is None and (kind is not float or parameter.default is None):
            continue
        if not _IS_KIND.get(kind, _is_whole)(value):
            said, remedy = _SAID[kind]
            asked = f"{called or function.__name__}: {name} is {said}"
            raise ArgumentError(asked, f"it is {shown(value)}", remedy) from None


def blame(function, args, kwargs, error):
    """Raise if the arguments are to blame for an error; else let it bear the function's name."""
    error = getattr(error, "raw", error)  # what a part of the function could not explain
    is_method = function.__name__ == "__call__"
    name = args[0].__name__ if is_method else function.__name__
    judge(function, args, kwargs, name)
    raw, given = not isinstance(error, HloomError), args[is_method:]
    if raw:
        judge_kinds(function, args, kwargs, name)
    calls = any(map(_holds_function, (*given, *kwargs.values())))
    if raw and not (calls and _is_theirs(error)):
        raise _unexplained(name.strip("_"), given, kwargs, error) from error
    if not raw and not calls and name[0] != "_":
        rename(error, name)


def _holds_function(x):
    """Whether an argument is, or contains, a function of the caller's, which may have raised."""
    if isinstance(x, list | tuple):
        return any(map(_holds_function, x))
    return callable(x) and not isinstance(x, type)


def _is_theirs(error):
    """Whether an error has passed through code that is not the library's."""
    frames = traceback.walk_tb(error.__traceback__)
    return any(not is_internal(frame.f_code.co_filename) for frame, _ in frames)


def _unexplained(name, args, kwargs, error):
    """The error for arguments that Python or NumPy has refused, in words of theirs."""
    kind: type[HloomError] = ArgumentError
    if isinstance(error, ValueError | IndexError):
        kind = ValueRangeError if isinstance(error, ValueError) else IndexingError
    given = [_in_short(v) for v in args] + [f"{k}={_in_short(v)}" for k, v in kwargs.items()]
    found = [f"it is called as {name}({', '.join(given)})", str(error).partition("\n")[0]]
    made = kind(f"{name}: cannot use an argument", found, "look up what it takes with help(...)")
    vars(made)["raw"] = error
    return made


def _in_short(x):
    return str(getattr(x, "aval", "")) or shown(x)


def _shown(signature):
    """A signature without annotations."""
    shown = [p for p in signature.parameters.values() if p.name != "self"]
    return str(inspect.Signature([p.replace(annotation=p.empty) for p in shown]))


def judged(function):
    """Explain the failed calls of a function whose arguments it does not take."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            try:
                return function(*args, **kwargs)
            except FAULTS as error:
                blame(function, args, kwargs, error)
                raise
        except Exception as error:
            hide_frames(error)
            raise

    return call
