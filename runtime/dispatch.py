"""Operations on concrete values: look the compiled program up, run it, wrap the results.

`evaluate` runs one primitive. `fused` makes a library function one executable when it is called on
concrete arrays, and plain Python code when it is traced: it is found by one dictionary lookup on
interned avals. Both are what happens when no trace is in force (`thread.context.trace` is None).

    @fused
    def mean(a: Array, axis=None):        # parameters annotated with Array are operands,
        return sum(a, axis) / a.size      # the others are static
"""

import functools
import inspect
import operator
from collections import OrderedDict

import numpy as np

from hloom.frontend import dtypes, notices, primitive as primitives, pytree
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import thread
from hloom.frontend.errors import HloomError
from hloom.frontend.ir import Literal, exact
from hloom.frontend.keywords import FAULTS, blame
from hloom.frontend.trace import PYTHON_SCALARS, stage
from hloom.frontend.tracebacks import hide_frames
from hloom.runtime import nans, room
from hloom.runtime.array import DeviceArray, as_array, wrap, wrap_all
from hloom.runtime.compile import compiled, prepared
from hloom.runtime.execution import explain, run

_ENTRIES = 8192
_primitives: OrderedDict = OrderedDict()
room.forgets(_primitives.clear)


def evaluate(primitive, args, params):
    """Run a primitive on concrete values; the list of its results."""
    if primitive.eager is not None:
        return primitive.eager(args, params)
    avals, buffers = [], []
    for a in args:
        if type(a) is not DeviceArray:
            a = as_array(a)
        avals.append(a.aval)
        buffers.append(a._raw)
    key = (thread.context.settings, primitive, tuple(avals), *params.items())
    found = _primitives.get(key)
    if found is None:
        found = _primitives[key] = _compile_primitive(primitive, avals, params)
        if len(_primitives) > _ENTRIES:
            _primitives.popitem(last=False)
    return found(tuple(buffers))


def _compile_primitive(primitive, avals, params):
    program = stage(lambda *xs: primitive.bind(*xs, **params), avals, primitive.name)
    executable = compiled(prepared(program), primitive.name)
    return nans.checked(executable)


# ---------------------------------------------------------------- library functions
def fused(function, operands=None):
    """Run `function` as one executable on concrete arrays; inline it where it is traced.

    `operands` names the parameters that are arrays, by default those annotated so.
    """
    positional, arrays = _operands_of(function, operands)
    leading = (*positional, False).index(False)
    cache = function_cache()
    named = _named(function)

    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            context = thread.context
            if context.trace is not None or len(args) > len(positional):
                try:
                    return function(*args, **kwargs)
                except (*FAULTS, HloomError) as error:
                    blame(function, args, kwargs, error)
                    raise
            if not kwargs and len(args) <= leading:
                try:  # all are arrays: by far the most frequent call
                    if len(args) == 1:
                        (x,) = args
                        key: tuple = (context.settings, x.aval)
                        buffers: tuple | list = (x._raw,)
                    else:
                        key = (context.settings, *[x.aval for x in args])
                        buffers = [x._raw for x in args]
                    execute, handlers, avals, structure = cache[key]
                except (AttributeError, KeyError):
                    pass
                else:
                    try:
                        results = execute(buffers).consume_with_handlers(handlers)
                    except RuntimeError as e:
                        raise explain(e, buffers) from None
                    if structure is None:
                        made = DeviceArray()
                        made._raw, made.aval = results[0], avals
                        return made
                    return structure.unflatten(wrap_all(results, avals))
            parts, operands, large = [context.settings], [], 0
            try:
                for a, is_array in zip(args, positional):
                    if not is_array:
                        parts.append(_static(a))
                    elif type(a) is DeviceArray:
                        parts.append(a.aval)
                        operands.append(a._raw)
                    else:
                        if type(a) is int and not -128 <= a <= 127:
                            large = a
                        parts.append(_operand(a, operands))
                for name, a in kwargs.items():
                    if type(a) is int and name in arrays and not -128 <= a <= 127:
                        large = a
                    parts += name, _operand(a, operands) if name in arrays else _static(a)
                signature = tuple(parts)
                if large and _too_large(large, parts):
                    raise _Irregular
                found = cache.get(signature)
            except _Irregular:
                return named(*args, **kwargs)
            if found is None:
                found = _compile_call(named, args, kwargs, positional, arrays)
                remember(cache, signature, found)
            return launch(found, operands)
        except Exception as error:
            hide_frames(error)
            raise

    vars(call)["function"] = function
    return call


primitives.install(evaluate, fused)


def _named(function):
    """`function`, whose errors bear its name, not that of a part of it."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except (*FAULTS, HloomError) as error:
            blame(function, args, kwargs, error)
            raise

    return call


def launch(found, buffers):
    """Run a compiled call (see `entry`) on buffers; its result."""
    execute, handlers, avals, structure = found
    results = run(execute, buffers, handlers)
    if structure is None:
        return wrap(results[0], avals)
    return structure.unflatten(wrap_all(results, avals))


def function_cache():
    """A dictionary for the compiled calls of one library function."""
    cache: dict = {}
    room.forgets(cache.clear)
    return cache


def remember(cache, key, entry):
    """Keep a compiled call; the call."""
    if len(cache) > 1024:
        cache.clear()
    cache[key] = entry
    return entry


_kept = function_cache()


def at_once(function, operands, *key):
    """The results, a list, of `function(*operands)` as one executable, which `key` names."""
    arrays = [as_array(x) for x in operands]
    avals = [x.aval for x in arrays]
    key = (thread.context.settings, *key, *avals)
    found = _kept.get(key)
    if found is None:
        found = remember(_kept, key, compile_function(function, avals, function.__name__))
    return launch(found, [x._raw for x in arrays])


def _operands_of(function, names=None):
    """Which positional parameters are operands, and the names of all that are."""
    code, annotations = function.__code__, function.__annotations__
    arrays = {name for name, text in annotations.items() if "Array" in _text(text)}
    arrays = arrays if names is None else set(names)
    positional = [name in arrays for name in code.co_varnames[: code.co_argcount]]
    if code.co_flags & inspect.CO_VARARGS:
        rest = code.co_varnames[code.co_argcount + code.co_kwonlyargcount]
        positional += [rest in arrays] * 1000
    return positional, arrays


_text = functools.cache(str)


class _Irregular(Exception):
    """An argument that the fast path does not know: the plain function is called, and judges it."""


def _operand(a, buffers):
    """The key of an operand; its buffers are appended."""
    kind = type(a)
    if kind is DeviceArray:
        buffers.append(a._raw)
        return a.aval
    if kind is list or kind is tuple:
        return kind, *[_operand(x, buffers) for x in a]
    if kind in PYTHON_SCALARS or kind is Literal or isinstance(a, np.ndarray | np.generic):
        try:
            a = as_array(a)
        except (TypeError, OverflowError):
            raise _Irregular from None
        buffers.append(a._raw)
        return a.aval
    if a is None:
        return None
    raise _Irregular


def _too_large(value, parts):
    """Whether an operand is of an integer dtype that does not hold a Python integer beside it.

    As an operand, the integer would be converted in silence; as a number, it raises.
    """
    for aval in parts:
        if type(aval) is ShapedArray and aval.dtype in dtypes.LIMITS:
            low, high = dtypes.LIMITS[aval.dtype]
            if not low <= value <= high:
                return True
    return False


_SIMPLE = frozenset((int, bool, str, type(None)))


def _static(a):
    """The key of a static argument; equal numbers of different types are told apart."""
    kind = type(a)
    if kind is str or a is None:
        return a
    if kind is int:
        return kind, a
    if kind is tuple:
        kinds = tuple(map(type, a))
        return (kinds, a) if _SIMPLE.issuperset(kinds) else (tuple, *map(_static, a))
    if kind is list:
        return list, *map(_static, a)
    if kind is float or kind is complex:
        return kind, exact(a)
    if isinstance(a, np.ndarray | Array):
        raise _Irregular
    try:
        hash(a)
    except TypeError:
        raise _Irregular from None
    return kind, a


def _compile_call(named, args, kwargs, positional, arrays):
    """The compiled form of one call; which arguments are operands is decided as for the key."""
    avals = []

    def take(a):
        if a is None:
            return None
        if type(a) in (list, tuple):
            return type(a)([take(x) for x in a])
        avals.append(as_array(a).aval)
        return _Slot(len(avals) - 1)

    slots = [take(a) if is_array else a for a, is_array in zip(args, positional)]
    keywords = {n: take(a) if n in arrays else a for n, a in kwargs.items()}

    def flat(*xs):
        return named(
            *[_fill(xs, a) if is_array else a for a, is_array in zip(slots, positional)],
            **{n: _fill(xs, a) if n in arrays else a for n, a in keywords.items()},
        )

    return compile_function(flat, avals, named.__name__)


class _Slot:
    """The place of an operand among the arguments of a call."""

    __slots__ = ("index",)

    def __init__(self, index):
        self.index = index


def _fill(xs, slot):
    if type(slot) is _Slot:
        return xs[slot.index]
    return slot if slot is None else type(slot)([_fill(xs, s) for s in slot])


def compile_function(function, avals, name):
    """A function of arrays, compiled for operands of `avals`, as an `entry`."""
    tree = []

    def flat(*xs):
        leaves, structure = pytree.flatten(function(*xs))
        tree.append(structure)
        return leaves

    with notices.keeping() as kept:
        program = stage(flat, avals, name)
    made = entry(compiled(prepared(program), name), tree[0])
    if kept:
        return after(made[0], lambda buffers: _said(kept, buffers)), *made[1:]
    return made


def _said(kept, buffers):
    for notice in kept:
        notices.say(notice)
    return buffers


def entry(executable, structure, kept=None):
    """How to run an executable and wrap what it gives: execute, handlers, avals, structure.

    `execute(buffers).consume_with_handlers(handlers)` gives the results' buffers. `structure` is
    the results' tree, `avals` their list; one result has no structure, and its aval is bare. `kept`
    gives the positions of the buffers that the executable takes, by default all.
    """
    execute, avals = executable.execute, executable.out_avals
    looking = nans.checked(executable)
    if looking is not executable:
        execute = _Steps(looking)
    if kept is not None:
        choose = operator.itemgetter(*kept) if len(kept) > 1 else lambda b: [b[i] for i in kept]
        execute = after(execute, choose)
    if pytree.treedef_is_leaf(structure):
        return execute, executable.handlers, avals[0], None
    return execute, executable.handlers, avals, structure


def after(execute, prepare):
    """`execute` on what `prepare` makes of the buffers."""
    return lambda buffers: execute(prepare(buffers))


class _Steps:
    """An executable that does more than execute, in the two steps of a plain one."""

    def __init__(self, run):
        self.run = run

    def __call__(self, buffers):
        return _Results(self.run(buffers))


class _Results:
    def __init__(self, arrays):
        self.arrays = arrays

    def consume_with_handlers(self, handlers):
        """The buffers of the results."""
        return [x._raw for x in self.arrays]
