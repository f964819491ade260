"""Families of primitives: what elementwise operations have in common; a record states the rest.

    sin = unary("sin", INEXACT, "Sine of each element, in radians.")
    add = binary("add", NUMERIC, "Sum of two arrays, element by element.")

Operands of an elementwise operation have one dtype and one shape, except that an operand of rank 0
goes with every shape. Python scalars take the dtype of the array beside them.
"""

import functools
import inspect

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.accuracy import canonical_accuracy
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import DTypeError, IntegerRangeError, ShapeError, ValueRangeError
from hloom.frontend.ir import Literal
from hloom.frontend.keywords import judge
from hloom.frontend.primitive import Primitive
from hloom.frontend.trace import PYTHON_SCALARS, aval_of, literal

#: kinds of dtypes: name -> (test, what it is called in errors)
BOOL = (dtypes.is_bool, "bool")
INTEGER = (dtypes.is_integer, "an integer dtype")
FLOAT = (dtypes.is_float, "a floating dtype")
COMPLEX = (dtypes.is_complex, "a complex dtype")
INEXACT = (dtypes.is_inexact, "a floating or complex dtype")
NUMERIC = (lambda d: d in dtypes.NUMERIC, "a number dtype")
REAL = (lambda d: d in dtypes.NUMERIC and not dtypes.is_complex(d), "a real number dtype")
BITS = (lambda d: dtypes.is_bool(d) or dtypes.is_integer(d), "bool or an integer dtype")
SIGNED = (lambda d: dtypes.is_inexact(d) or dtypes.is_signed(d), "a signed number dtype")
ORDERED = (
    lambda d: not dtypes.is_complex(d) and not dtypes.is_extended(d),
    "bool or a real number dtype",
)
ANY = (lambda d: not dtypes.is_extended(d), "bool or a number dtype")
ANYTHING = (lambda d: True, "any dtype")


_ANY_SIDE, _BY_NAME = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY


@functools.cache
def _signature(operands, options=()):
    names = [inspect.Parameter(n, _ANY_SIDE) for n in operands]
    return inspect.Signature(
        names + [inspect.Parameter(n, _BY_NAME, default=None) for n in options]
    )


#: what primitives are called whose names are no function's
_CALLED = {
    "and": "bitwise_and",
    "or": "bitwise_or",
    "xor": "bitwise_xor",
    "not": "bitwise_not",
}


class Elementwise(Primitive):
    """An operation on elements at equal positions; `result` maps their dtype to the result's."""

    family = "elementwise"

    def __init__(self, name, kind, operands, doc, result=None, options=()):
        super().__init__(name, self._type, doc=doc)
        self.__name__ = _CALLED.get(name, name)
        self.kind, self.operands, self.arity = kind, operands, len(operands)
        self.result = result
        self.__signature__ = _signature(operands, options)

    def _type(self, *avals, **_):
        first = avals[0]
        accepts, called = self.kind
        for a in avals:
            if a.dtype != first.dtype:
                found = f"the operands have dtypes {', '.join(str(b.dtype) for b in avals)}"
                remedy = f"convert one: x.astype({first.dtype}), or use hloom.numpy, which promotes"
                raise DTypeError(f"{self.name}: operands need one dtype", found, remedy)
        if not accepts(first.dtype):
            remedy = "convert the operand with x.astype(...)"
            found = f"the operand is {first}"
            raise DTypeError(f"{self.__name__}: takes {called}", found, remedy)
        shape = common_shape(self.name, avals)
        weak = all([a.weak_type for a in avals])
        dtype = first.dtype if self.result is None else self.result(first.dtype)
        return ShapedArray(shape, dtype, weak and dtype == first.dtype)

    def __call__(self, *operands, **params):
        if params or len(operands) != self.arity:
            judge(self, operands, params)
            bound = self.__signature__.bind(*operands, **params).arguments
            operands, params = tuple([bound.pop(n) for n in self.operands]), bound
        return self.bind(*same_dtype(operands, self.name), **params)[0]


class Unary(Elementwise):
    """An elementwise operation on one array."""

    def __call__(self, x, *more, **params):
        if more or params:
            judge(self, (x, *more), params)
        return self.bind(x if isinstance(x, Array) else as_operand(x), **params)[0]


class Approximated(Unary):
    """A function that compilers may offer in several accuracies (see accuracy.py)."""

    def __call__(self, x, *more, accuracy=None, **unknown):
        if more or unknown:
            judge(self, (x, *more), unknown)
        params = {} if accuracy is None else {"accuracy": canonical_accuracy(self.name, accuracy)}
        return self.bind(x if isinstance(x, Array) else as_operand(x), **params)[0]


def common_shape(name, avals):
    """The one shape of the operands that are not of rank 0; ShapeError if they differ."""
    shape = ()
    for a in avals:
        if a.shape != shape and a.shape:
            if shape:
                found = f"the operands have shapes {' and '.join(str(b.shape) for b in avals)}"
                remedy = "broadcast them first (hloom.numpy does it by itself)"
                raise ShapeError(f"{name}: operands need one shape", found, remedy)
            shape = a.shape
    return shape


def as_operand(x):
    """`x`, with Python scalars made Literals."""
    return literal(x) if type(x) in PYTHON_SCALARS else x


#: Python's number types, each of which holds those before it
_WIDTH = (bool, int, float, complex)


def same_dtype(operands, name="a number"):
    """The operands, with Python scalars given the dtype of the first array among them.

    Scalars alone get the widest of their types.
    """
    for x in operands:
        if type(x) in PYTHON_SCALARS:
            break
    else:
        return operands
    like = next((aval_of(x) for x in operands if type(x) not in PYTHON_SCALARS), None)
    if like is None:
        widest = max(map(_WIDTH.index, map(type, operands)))
        return [literal(_WIDTH[widest](x)) for x in operands]
    return [scalar_like(x, like, name) if type(x) in PYTHON_SCALARS else x for x in operands]


def scalar_like(value, aval, name="a number"):
    """The Literal of a Python scalar with the dtype of `aval`, which must be able to hold it."""
    dtype = aval.dtype
    fits = (
        type(value) is bool
        or (dtypes.is_inexact(dtype) and (type(value) is not complex or dtypes.is_complex(dtype)))
        or (type(value) is int and dtypes.is_integer(dtype))
    )
    if not fits:
        raise DTypeError(
            f"a {type(value).__name__} cannot become {dtype}",
            f"the operands are {value!r} and an array of {aval}",
            "convert the array with x.astype(...), or use hloom.numpy, which promotes",
        )
    return typed_literal(value, dtype, True, name)


def typed_literal(value, dtype, weak=False, name="a number"):
    """The Literal of a Python scalar in a given dtype, rounded as the dtype does.

    Raises OverflowError for an integer that the dtype does not hold; `name` is for that error.
    """
    if dtypes.is_bool(dtype):
        value = bool(value)
    elif dtypes.is_complex(dtype):
        value = complex(value)
    elif dtypes.is_float(dtype):
        value = float(value)
    else:
        if type(value) is not int:
            value = _whole(value, dtype, name)
        limits = dtypes.LIMITS.get(dtype)  # keys have none
        if limits and not limits[0] <= value <= limits[1]:
            raise dtypes.unfit(name, value, dtype)
    return Literal(value, ShapedArray((), dtype, weak))


def _whole(value, dtype, name):
    try:
        return int(value)
    except (ValueError, OverflowError) as error:  # NaN, and infinity
        kind = ValueRangeError if isinstance(error, ValueError) else IntegerRangeError
        found = f"{dtype.name} holds integers"
        raise kind(f"{name}: {value} is no integer", found, "use a float dtype") from None


def unary(name, kind, doc, result=None):
    """A new elementwise primitive of one operand."""
    return Unary(name, kind, ("x",), doc, result)


def approximated(name, kind, doc):
    """A new elementwise primitive of one operand, to which an accuracy may be given."""
    return Approximated(name, kind, ("x",), doc, options=("accuracy",))


def binary(name, kind, doc, result=None, operands=("x", "y")):
    """A new elementwise primitive of two operands."""
    return Elementwise(name, kind, operands, doc, result)


def compare(name, kind, doc):
    """A new comparison: two operands of one dtype, a bool result."""
    return Elementwise(name, kind, ("x", "y"), doc, lambda _: np.dtype(bool))
