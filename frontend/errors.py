"""Errors, each in three parts: what was asked, what was found, what to do; with the user's line.

Every class subclasses the built-in class that NumPy would raise. `message` lays the parts out:

    ShapeError: add: shapes (3, 4) and (3,) do not broadcast
        axis -1 is 4 on the left and 3 on the right
        at model.py:12   return h + bias
        reshape the right to (3, 1), or give it shape (4,)
"""

import re

import numpy as np

from hloom.frontend import source


def message(asked, found, remedy, where=True):
    """The text of an error; `where` is True (the line now executing), a snapshot, or None."""
    place = source.describe(source.here() if where is True else where) if where else None
    parts = [asked, *_lines(found), *([f"at {place}"] if place else []), *_lines(remedy)]
    return "\n    ".join(parts)


def _lines(part):
    return [] if not part else [part] if isinstance(part, str) else list(part)


_NO_NAME = re.compile(r"(an operand|a number)(?=: )|an operation(?= needs)")
_NAME = re.compile(rf"\w+(?=: )|{_NO_NAME.pattern}")


def rename(error, name, pattern=_NAME):
    """Let an error of a part speak of the function that was called, `name`."""
    text = str(error)
    found = pattern.match(text)
    if found:
        rest = text[found.end() :]
        error.args = (f"{name}{rest if rest[0] == ':' else ':' + rest}",)
        if isinstance(error, AxisError):
            error._msg = error.args[0]  # which is what NumPy's class shows


def name_unnamed(error, name):
    """Let an error about an operand, which knows of no function, speak of `name`."""
    rename(error, name, _NO_NAME)


class HloomError(Exception):
    """The base of all errors that hloom raises by itself."""

    def __init_subclass__(cls):
        if cls.__module__.startswith("hloom."):
            cls.__module__ = "hloom.errors"  # where users find it

    def __init__(self, asked, found=None, remedy=None, where=True):
        super().__init__(message(asked, found, remedy, where) if found or remedy else asked)


class ShapeError(HloomError, ValueError):
    """Shapes that do not fit an operation: `hloom.numpy.ones((3, 4)) + hloom.numpy.ones(3)`."""


class MatrixError(ShapeError, np.linalg.LinAlgError):
    """What is no matrix, or not square, in linear algebra: `hloom.numpy.linalg.inv(x[0])`."""


class AxisError(HloomError, np.exceptions.AxisError):
    """An axis out of bounds or named twice: `hloom.numpy.sum(hloom.numpy.ones(3), axis=1)`."""

    _msg: str


class DTypeError(HloomError, TypeError):
    """A dtype that an operation does not take: `hloom.lax.sin(hloom.numpy.arange(3))`."""


class TypePromotionError(HloomError, ValueError):
    """Two dtypes without a common type: `numpy.ones(3, "float8_e5m2") + x` with x bfloat16."""


class ArgumentError(HloomError, TypeError):
    """An argument of a wrong kind: `hloom.numpy.sin("x")`."""


class ValueRangeError(HloomError, ValueError):
    """An argument with an unusable value: `hloom.lax.iota("float32", -1)`."""


class IntegerRangeError(HloomError, OverflowError):
    """An integer that a dtype cannot hold: `hloom.numpy.asarray(300, "int8")`."""


class IndexingError(HloomError, IndexError):
    """An index that cannot be used: `hloom.numpy.ones(3)[0, 0]`."""


class ControlFlowError(HloomError, TypeError):
    """A carry that changes its type, branches that differ, or a condition that is no bool."""


class IndexTypeError(HloomError, TypeError, IndexError):
    """An index of a kind that arrays do not take: `hloom.numpy.ones(3)[1.5]`."""


class RefError(HloomError, ValueError):
    """A mutable reference where it cannot be: returned, passed twice, or used after its end."""


class TreeError(HloomError, ValueError):
    """Two pytrees that should have the same structure and have not."""


class UnsupportedError(HloomError, NotImplementedError):
    """What NumPy does and immutable or traced arrays cannot: `hloom.numpy.sum(x, out=y)`."""


class RuleError(HloomError, NotImplementedError):
    """A primitive lacks a rule that a transformation needs."""


class TracedValueError(HloomError, TypeError):
    """A traced value was used where a concrete one is needed; the base of the more exact ones."""


class TracerBoolError(TracedValueError):
    """`if x > 0:` on a traced `x`."""


class TracerIntegerError(TracedValueError, IndexError):
    """`range(n)`, `list[n]` or `int(n)` on a traced `n`."""


class TracerArrayError(TracedValueError):
    """`numpy.asarray(x)` on a traced `x`."""


class LeakedTracerError(HloomError, RuntimeError):
    """A traced value outlived the function that was traced."""


class ForbiddenError(HloomError, RuntimeError):
    """What the settings forbid: a trace, an execution or a transfer."""


class DeletedArrayError(HloomError, RuntimeError):
    """An array was used after it was deleted or donated."""


class DeviceError(HloomError, ValueError):
    """Operands of one operation on different devices."""


class InterchangeError(HloomError, BufferError):
    """Memory that cannot be shared with another library, by DLPack or the buffer protocol."""


class NonConcreteIndexError(TracedValueError, IndexError):
    """A boolean mask that is traced: the shape of the result would depend on its values."""


class ProgramError(HloomError, AssertionError):
    """A Program breaks a rule of the IR; raised by `ir.check`."""


class NanError(HloomError, FloatingPointError):
    """An operation made a NaN while `debug_nans` is on."""


class KeyReuseError(HloomError, RuntimeError):
    """A random key is used twice while `debug_key_reuse` is on."""


class ArtifactError(HloomError, ValueError):
    """An exported file that cannot be trusted or read, or a program that cannot be exported."""


class IreeError(HloomError, RuntimeError):
    """IREE cannot compile or run a module."""


HloomError.__module__ = "hloom.errors"


class CacheWarning(RuntimeWarning):
    """Something is wrong with the disk cache; work goes on without it."""
