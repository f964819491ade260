"""Operations on concrete values: look the compiled program up, run it, wrap the results.

`evaluate` runs one primitive. `fused` makes a library function one executable when it is called on
concrete arrays, and plain Python code when it is traced: it is found by one dictionary lookup on
interned avals. Both are what happens when no trace is in force (`context.trace` is None).

    @fused
    def mean(a: Array, axis=None):        # parameters annotated with Array are operands,
        return sum(a, axis) / a.size      # the others are static
"""

import functools
import inspect
from collections import OrderedDict

import numpy as np

from hloom.frontend import primitive as primitives
from hloom.frontend import pytree
from hloom.frontend.context import context
from hloom.frontend.ir import Literal
from hloom.frontend.trace import PYTHON_SCALARS, stage
from hloom.runtime import nans
from hloom.runtime.array import DeviceArray, as_array
from hloom.runtime.compile import compiled, prepared

_ENTRIES = 8192
_primitives: OrderedDict = OrderedDict()


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
    key = (context.settings, primitive, tuple(avals), *params.items())
    found = _primitives.get(key)
    if found is None:
        found = _primitives[key] = _compile_primitive(primitive, avals, params)
        if len(_primitives) > _ENTRIES:
            _primitives.popitem(last=False)
    return found(tuple(buffers))


def _compile_primitive(primitive, avals, params):
    program = stage(lambda *xs: primitive.bind(*xs, **params), avals, primitive.name)
    executable = compiled(prepared(program), primitive.name)
    return nans.checked(executable) if context.settings.debug_nans else executable


primitives.install(evaluate)


# ---------------------------------------------------------------- library functions
def fused(function):
    """Run `function` as one executable on concrete arrays; inline it where it is traced."""
    parameters = inspect.signature(function).parameters
    arrays = {n for n, p in parameters.items() if "Array" in str(p.annotation)}
    positional = [n in arrays for n, p in parameters.items() if p.kind in (0, 1)]
    rest = next((n in arrays for n, p in parameters.items() if p.kind == 2), False)
    cache: dict = {}

    @functools.wraps(function)
    def call(*args, **kwargs):
        if context.trace is not None:
            return function(*args, **kwargs)
        key, buffers = [context.settings], []
        try:
            for i, a in enumerate(args):
                if type(a) is DeviceArray:
                    key.append(a.aval)
                    buffers.append(a._raw)
                else:
                    is_array = positional[i] if i < len(positional) else rest
                    key.append(_operand(a, buffers) if is_array else _static(a))
            for name, a in kwargs.items():
                key.append(name)
                if type(a) is DeviceArray:
                    key.append(a.aval)
                    buffers.append(a._raw)
                else:
                    key.append(_operand(a, buffers) if name in arrays else _static(a))
            key = tuple(key)
            found = cache.get(key)
        except _Irregular:
            return function(*args, **kwargs)
        if found is None:
            if len(cache) > 1024:
                cache.clear()
            found = cache[key] = _compile_call(function, args, kwargs, positional, rest, arrays)
        return found(tuple(buffers))

    call.function = function
    return call


class _Irregular(Exception):
    """An argument that the fast path does not know: the plain function is called, and judges it."""


def _operand(a, buffers):
    """The key of an operand that is no DeviceArray; its buffers are appended."""
    kind = type(a)
    if kind in PYTHON_SCALARS or kind is Literal or isinstance(a, np.ndarray | np.generic):
        try:
            a = as_array(a)
        except TypeError:
            raise _Irregular from None
        buffers.append(a._raw)
        return a.aval
    if a is None:
        return None
    if kind is list or kind is tuple:
        return kind, *[_operand_or_array(x, buffers) for x in a]
    raise _Irregular


def _operand_or_array(x, buffers):
    if type(x) is DeviceArray:
        buffers.append(x._raw)
        return x.aval
    return _operand(x, buffers)


def _static(a):
    """The key of a static argument; equal numbers of different types are told apart."""
    kind = type(a)
    if kind is list:
        return list, *map(_static, a)
    if kind is tuple:
        return tuple, *map(_static, a)
    if isinstance(a, np.ndarray):
        raise _Irregular
    try:
        hash(a)
    except TypeError:
        raise _Irregular from None
    return (kind, repr(a)) if kind is float else (kind, a)


def _compile_call(function, args, kwargs, positional, rest, arrays):
    """The executable of one call; which arguments are operands is decided as for the key."""
    operands, avals = [], []

    def take(a, is_array):
        if type(a) is DeviceArray or (
            is_array and (type(a) in PYTHON_SCALARS or isinstance(a, Literal | np.ndarray | np.generic))
        ):
            avals.append(as_array(a).aval)
            operands.append(None)
            return _Slot(len(operands) - 1)
        if is_array and type(a) in (list, tuple):
            return type(a)([take(x, True) for x in a])
        return a

    slots = [
        take(a, positional[i] if i < len(positional) else rest) for i, a in enumerate(args)
    ]
    named = {n: take(a, n in arrays) for n, a in kwargs.items()}
    tree = []

    def flat(*xs):
        fill = functools.partial(_fill, xs)
        result = function(*map(fill, slots), **{n: fill(s) for n, s in named.items()})
        leaves, structure = pytree.flatten(result)
        tree.append(structure)
        return leaves

    return _run_of(flat, avals, function.__name__, tree)


def compile_function(function, avals, name):
    """What runs a function of arrays, given their avals: called with a tuple of buffers."""
    tree = []

    def flat(*xs):
        leaves, structure = pytree.flatten(function(*xs))
        tree.append(structure)
        return leaves

    return _run_of(flat, avals, name, tree)


def _run_of(flat, avals, name, tree):
    executable = compiled(prepared(stage(flat, avals, name)), name)
    if context.settings.debug_nans:
        executable = nans.checked(executable)
    single = pytree.treedef_is_leaf(tree[0])
    return _first(executable) if single else _tree(executable, tree[0])


class _Slot:
    __slots__ = ("index",)

    def __init__(self, index):
        self.index = index


def _fill(xs, slot):
    if type(slot) is _Slot:
        return xs[slot.index]
    if type(slot) in (list, tuple):
        return type(slot)([_fill(xs, s) for s in slot])
    return slot


def _first(executable):
    """The executable's one result."""
    if getattr(executable, "consts", True):
        return lambda buffers: executable(buffers)[0]
    execute, handlers, aval = executable.execute, executable.handlers, executable.out_avals[0]

    def run(buffers):
        return DeviceArray(execute(buffers).consume_with_handlers(handlers)[0], aval)

    return run


def _tree(executable, structure):
    """The executable's results as the function's tree."""
    return lambda buffers: structure.unflatten(executable(buffers))



def clear():
    """Forget the executables of single primitives."""
    _primitives.clear()
