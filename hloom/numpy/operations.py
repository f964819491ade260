"""Wrappers of elementwise functions of one and two operands, for speed on the paths taken most.

A wrapper has a `body`, the function as plain library code, and takes short ways around it:

* on concrete arrays: one lookup by the operands' avals finds the compiled program of the body;
* under a trace, where the operands need no promotion: straight to the primitive that it applies.

`direct` is the set of dtypes that the primitive takes as they are.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import thread
from hloom.frontend.errors import IntegerRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Literal
from hloom.frontend.keywords import judge
from hloom.frontend.trace import PYTHON_SCALARS
from hloom.frontend.tracebacks import hide_frames
from hloom.numpy.promotion import keeps, not_an_array, operand, promote, promote_dtypes_inexact
from hloom.runtime.array import DeviceArray, as_array, put
from hloom.runtime.dispatch import compile_function, function_cache, remember
from hloom.runtime.execution import explain

_NONE: frozenset = frozenset()


#: what an operator takes beside an array; other classes may have operators of their own
_OPERANDS = Array | np.ndarray | np.generic | bool | int | float | complex | Literal


def unary(name, body, primitive=None, direct=_NONE):
    """The fast wrapper of a function of one operand."""
    cache = function_cache()

    def call(x, /, **unknown):
        try:
            if unknown:
                judge(body, (x,), unknown, name)
            context = thread.context
            trace = context.trace
            if trace is None:
                if type(x) is not DeviceArray:
                    x = as_array(operand(name, x))
                found = cache.get(x.aval)
                if found is None or found[3] is not context.settings:
                    found = _under_settings(cache, body, name, x)
                execute, handlers, aval, _ = found
                made = DeviceArray()
                made.aval = aval
                try:
                    made._raw = execute((x._raw,)).consume_with_handlers(handlers)[0]
                    return made
                except RuntimeError as error:
                    raise explain(error, (x._raw,)) from None
            if isinstance(x, Array) and x.aval.dtype in direct:
                return trace.bind(primitive, (x,), {})[0]
            return body(x)
        except Exception as error:
            hide_frames(error)
            raise

    return _named(call, name, body)


def _under_settings(cache, body, name, x):
    """The compiled call under the settings in force, kept where the next one looks first."""
    settings = thread.context.settings
    found = cache.get((settings, x.aval)) or _compile(cache, body, name, x)
    return remember(cache, x.aval, (*found[:3], settings))


def binary(name, body, primitive=None, direct=_NONE, beyond=None):
    """The fast wrapper of a function of two operands; its attribute `operator` is for operators.

    `beyond(x, y)` is the result for a Python integer that the dtype beside it does not hold.
    """
    cache = function_cache()
    call = _binary(name, body, primitive, direct, cache, beyond, False)
    call.operator = _binary(name, body, primitive, direct, cache, beyond, True)
    return call


def _binary(name, body, primitive, direct, cache, beyond, operator):
    def call(x, y, /, **unknown):
        try:
            if unknown:
                judge(body, (x, y), unknown, name)
            context = thread.context
            trace = context.trace
            if trace is None:
                if type(x) is DeviceArray:
                    if type(y) is not DeviceArray:
                        if operator and not is_operand(name, y):
                            return NotImplemented
                        y = beside(name, y, x)
                elif operator and not is_operand(name, x):
                    return NotImplemented
                elif type(y) is DeviceArray:
                    x = beside(name, x, y)
                else:
                    x = as_array(operand(name, x))
                    y = beside(name, y, x)
                found = cache.get((context.settings, x.aval, y.aval))
                if found is None:
                    found = _compile(cache, body, name, x, y)
                execute, handlers, aval, _ = found
                buffers = x._raw, y._raw
                made = DeviceArray()
                made.aval = aval
                try:
                    made._raw = execute(buffers).consume_with_handlers(handlers)[0]
                    return made
                except RuntimeError as error:
                    raise explain(error, buffers) from None
            if isinstance(x, Array):
                if isinstance(y, Array):
                    if is_plain(x.aval, y.aval) and x.aval.dtype in direct:
                        return trace.bind(primitive, (x, y), {})[0]
                elif type(y) in PYTHON_SCALARS and x.aval.dtype in direct:
                    y = number(name, y, x.aval.dtype)
                    if type(y) is Literal:
                        return trace.bind(primitive, (x, y), {})[0]
            elif type(x) in PYTHON_SCALARS and isinstance(y, Array) and y.aval.dtype in direct:
                x = number(name, x, y.aval.dtype)
                if type(x) is Literal:
                    return trace.bind(primitive, (x, y), {})[0]
            if operator and not (is_operand(name, x) and is_operand(name, y)):
                return NotImplemented
            return body(x, y)
        except Exception as error:
            if beyond is not None and isinstance(error, IntegerRangeError):
                return beyond(x, y)
            hide_frames(error)
            raise

    return _named(call, name, body)


def is_plain(a, b):
    """Whether operands of two avals need no promotion."""
    if a is b:
        return True
    return a.dtype is b.dtype and (a.shape == b.shape or not a.shape or not b.shape)


def is_operand(name, x):
    """Whether an operator takes `x`; raises for lists and the like, which would surprise."""
    if isinstance(x, _OPERANDS) or hasattr(x, "__hloom_array__"):
        return True
    if isinstance(x, list | tuple | dict):
        raise not_an_array(name, x)
    return False


def _named(call, name, body):
    call.__name__ = call.__qualname__ = name
    call.__doc__ = body.__doc__
    call.__module__ = "hloom.numpy"
    call.function = call.__wrapped__ = body
    return call


def _compile(cache, body, name, *operands):
    avals = [x.aval for x in operands]
    return remember(cache, (thread.context.settings, *avals), compile_function(body, avals, name))


_LITERALS: dict = {}
_ARRAYS: dict = {}


def _is_key(value):
    """Whether no other number equals it: 0.0 and -0.0 would share a key, as 1 + 0j and 1 - 0j."""
    return type(value) is int or (value and value == value and type(value) is not complex)


def number(name, value, dtype):
    """The Literal of a number beside an array of `dtype`; the number itself if it widens that."""
    key = dtype, type(value), value
    found = _LITERALS.get(key)
    if found is None:
        if not keeps(dtype, type(value)):
            return value
        found = typed_literal(value, dtype, True, name)
        if _is_key(value):
            if len(_LITERALS) > 4096:
                _LITERALS.clear()
            _LITERALS[key] = found
    return found


def beside(name, x, other):
    """The concrete array of an operand beside a concrete array; a number takes its dtype."""
    kind = type(x)
    if kind not in PYTHON_SCALARS:
        return as_array(operand(name, x))
    aval = other.aval
    found = _ARRAYS.get((aval, kind, x))
    if found is None or thread.context.watches.transfer_guard_host_to_device != "allow":
        dtype = aval.dtype
        if not keeps(dtype, kind):
            return as_array(x)
        # an array of its own: people can delete those that `scalar` shares
        value = typed_literal(x, dtype, True, name).value
        found = put(np.array(value, dtype), ShapedArray((), dtype, True))
        if _is_key(x):
            if len(_ARRAYS) > 4096:
                _ARRAYS.clear()
            _ARRAYS[aval, kind, x] = found
    return found


def operation(body):
    """Make a function of one or two operands, written as plain code, fast on concrete arrays."""
    make = unary if body.__code__.co_argcount == 1 else binary
    return make(body.__name__, body)


def of_one(name, primitive, direct):
    """The function of one operand that is one primitive, which takes the dtypes `direct`."""

    def body(x, /):
        return primitive.bind(operand(name, x))[0]

    body.__doc__ = primitive.__doc__
    return unary(name, body, primitive, direct)


def of_one_inexact(name, primitive):
    """The function of one operand that is one primitive of floats and complex numbers."""

    def body(x, /):
        return primitive.bind(*promote_dtypes_inexact(name, x))[0]

    body.__doc__ = primitive.__doc__
    return unary(name, body, primitive, dtypes.INEXACTS)


def of_two(name, primitive, direct, promotion=promote, beyond=None):
    """The function of two operands that is one primitive behind a promotion."""

    def body(x, y, /):
        return primitive.bind(*promotion(name, x, y))[0]

    body.__doc__ = primitive.__doc__
    return binary(name, body, primitive, direct, beyond)
