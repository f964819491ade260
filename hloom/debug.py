"""Looking into compiled programs while they run: `print` and `callback`.

They work in eager code, under `jit`, `vmap` and `grad`, and inside control flow. Under `vmap` each
example is shown by itself; derivatives pass them by, showing primal values.

>>> import hloom
>>> @hloom.jit
... def f(x):
...     hloom.debug.print("x = {x}, twice {twice:.1f}", x=x, twice=2 * x)
...     return x
>>> float(f(3.0))
x = 3.0, twice 6.0
3.0
"""

import builtins
import functools
import re
import string

from hloom.frontend import pytree
from hloom.frontend.errors import ArgumentError, ValueRangeError
from hloom.frontend.keys import is_key
from hloom.frontend.prims.callbacks import HostFunction, debug_callback
from hloom.frontend.prims.random import random_unwrap, random_wrap
from hloom.frontend.staging import require_callable
from hloom.frontend.trace import aval_of, is_value

_print = builtins.print


def callback(callback=None, *args, ordered=False, partitioned=False, **kwargs):
    """Call `callback(*args, **kwargs)` on the host when the program comes here; it returns nothing.

    Arrays reach it as NumPy arrays, but keys as keys; arguments that are no arrays, as they are.
    `ordered` calls happen in the order of the program; others may not, and both wait for no one:
    see `hloom.effects_barrier`. Without a callback, it is a decorator.

    >>> import hloom
    >>> seen = []
    >>> @hloom.jit
    ... def f(x):
    ...     hloom.debug.callback(lambda x: seen.append(float(x)), x)
    ...     return x + 1
    >>> float(f(1.0)), seen
    (2.0, [1.0])
    """
    if callback is None:
        given = {"ordered": ordered, "partitioned": partitioned}
        return lambda function: functools.partial(_call, "callback", function, **given)
    return _call("callback", callback, *args, ordered=ordered, partitioned=partitioned, **kwargs)


def _call(what, function, *args, ordered, partitioned, **kwargs):
    require_callable(f"debug.{what}", function, "the callback")
    if partitioned:
        raise ArgumentError(
            f"debug.{what}: partitioned=True shows each device's part",
            "callbacks see whole arrays",
            "leave it out",
        )
    leaves, tree = pytree.flatten((args, kwargs))
    kinds = [_kind(leaf) for leaf in leaves]
    if any(kind is not None for kind in kinds):
        function = _of_arrays(function, leaves, tree, kinds)
        operands = [random_unwrap(x) if k else x for x, k in zip(leaves, kinds) if k is not False]
        leaves, tree = pytree.flatten((tuple(operands), {}))
    host = HostFunction(f"debug.{what}", function, tree)
    debug_callback.bind(*leaves, function=host, ordered=bool(ordered))


def _kind(leaf):
    """None for an array, the dtype for one of keys, False for what is no array."""
    if not is_value(leaf):
        return False
    aval = aval_of(leaf)
    return aval.dtype if is_key(aval) else None


def _of_arrays(function, leaves, tree, kinds):
    """The function of those leaves alone that are arrays, of keys their words."""

    @functools.wraps(function)
    def call(*operands):
        rest = iter(operands)
        whole = [x if kind is False else next(rest) for x, kind in zip(leaves, kinds)]
        whole = [random_wrap(x, dtype=kind) if kind else x for x, kind in zip(whole, kinds)]
        args, kwargs = tree.unflatten(whole)
        return function(*args, **kwargs)

    return call


# ---------------------------------------------------------------- print
def print(fmt, *args, ordered=False, partitioned=False, skip_format_check=False, **kwargs):
    """Print `fmt.format(*args, **kwargs)` when the program comes here.

    The fields of the format, such as `{}`, `{0}`, `{x}` or `{x:.2f}`, stand for the arguments,
    whose values are known by then; an f-string would show tracers. `ordered` is as in `callback`.
    Raises ValueRangeError when fields and arguments do not fit, unless
    `skip_format_check`.

    >>> import hloom
    >>> hloom.vmap(lambda x: hloom.debug.print("{} squared is {}", x, x * x))(hloom.numpy.arange(3))
    0 squared is 0
    1 squared is 1
    2 squared is 4
    """
    if not skip_format_check:
        _check_format(fmt, args, kwargs)
    show = functools.partial(_show, fmt)
    show.__name__ = "print"
    _call("print", show, *args, ordered=ordered, partitioned=partitioned, **kwargs)


def _show(fmt, *args, **kwargs):
    _print(fmt.format(*args, **kwargs))


class _Fields(string.Formatter):
    """Takes the fields of a format and notes which arguments they name."""

    def __init__(self):
        self.used: set = set()

    def get_field(self, field_name, args, kwargs):
        first = re.split(r"[.\[]", field_name, maxsplit=1)[0]
        key = int(first) if first.isdigit() else first
        if key not in (range(len(args)) if type(key) is int else kwargs):
            raise KeyError(key)
        self.used.add(key)
        return "", key

    def format_field(self, value, format_spec):
        return ""


def _check_format(fmt, args, kwargs):
    if not isinstance(fmt, str):
        what = "debug.print: its first argument is the format, a string"
        remedy = 'write debug.print("{}", x)'
        raise ArgumentError(what, f"it is of type {type(fmt).__name__}", remedy)
    fields = _Fields()
    try:
        fields.vformat(fmt, args, kwargs)
    except (KeyError, ValueError) as error:
        missing = type(error) is KeyError
        raise ValueRangeError(
            f"debug.print: the format {fmt!r}",
            f"{error.args[0]!r} is not among the arguments" if missing else str(error),
            "give an argument for each field; write {{ and }} for braces",
        ) from None
    unused = [
        *[f"argument {i}" for i in range(len(args)) if i not in fields.used],
        *[f"argument {name!r}" for name in kwargs if name not in fields.used],
    ]
    if unused:
        raise ValueRangeError(
            f"debug.print: the format {fmt!r} does not show {', '.join(unused)}",
            "no field names it",
            "add {} for it; in an f-string, write {{}} or leave out the f",
        )
