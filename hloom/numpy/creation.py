"""Arrays from values: `array` and `asarray`, and from nothing: zeros, ranges, grids of numbers."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray
from hloom.frontend.choices import integer
from hloom.frontend.errors import (
    ArgumentError,
    DTypeError,
    IntegerRangeError,
    ShapeError,
    TracedValueError,
    UnsupportedError,
    ValueRangeError,
)
from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Literal
from hloom.frontend.keywords import judged
from hloom.frontend.primitive import composed
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.trace import PYTHON_SCALARS, aval_of, brief, concrete_or_none
from hloom.numpy.elementwise import positive
from hloom.numpy.inspection import described
from hloom.numpy.joining import stack
from hloom.numpy.manipulation import convert_strongly, placed, repeated
from hloom.numpy.promotion import not_an_array, operand, strong, to_dtype
from hloom.numpy.types import install
from hloom.runtime.array import DeviceArray, as_array, put
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@judged
def array(object, dtype=None, *, copy=True, order="K", ndmin=0, device=None, out_sharding=None):
    """An array of a number, nested sequences of numbers or arrays, or whatever NumPy makes one of.

    Numbers that the dtype does not hold raise OverflowError; so do the integers of 64-bit NumPy
    arrays that do not fit 32 bits, while 64-bit types are off. NumPy arrays that are converted to
    a dtype that is asked for wrap around, as in NumPy.

    >>> import hloom.numpy as np
    >>> np.array([[1, 2], [3, 4]], dtype="float32").shape
    (2, 2)
    """
    if order not in (None, "K", "A", "C"):
        raise UnsupportedError(
            f"array: order {order!r}", "arrays have no memory order of their own", "leave it away"
        )
    if dtype is not None:
        dtype = dtypes.requested("array", dtype)
    made = _from_object(object, dtype)
    if made is object and copy and type(made) is DeviceArray:
        made = positive(made)
    if made.aval.ndim < integer("array", "ndmin", ndmin):
        made = s.reshape(made, (1,) * (ndmin - made.aval.ndim) + made.aval.shape)
    return placed(made, device or out_sharding)


@judged
def asarray(a, dtype=None, order=None, *, copy=None, device=None, out_sharding=None):
    """`a` as an array; an array of the right dtype is returned as it is, unless `copy`.

    Raises ValueError if `copy` is False and the result is not `a` itself.

    >>> import hloom.numpy as np
    >>> np.asarray([1.0, 2.0])
    Array([1., 2.], dtype=float32)
    """
    made = array(a, dtype, copy=bool(copy), order=order, device=device, out_sharding=out_sharding)
    if copy is False and made is not a:
        found = f"{type(a).__name__} has to be copied to become {made.aval}"
        raise ValueRangeError("asarray: copy=False", found, "leave `copy` away")
    return made


def _from_object(x, dtype):
    kind = type(x)
    if isinstance(x, Array):
        return x if dtype is None else convert_strongly(x, dtype)
    if kind is list or kind is tuple:
        return _from_sequence(x, dtype)
    if kind in PYTHON_SCALARS:
        return _from_scalar(x, dtype)
    if kind is not np.ndarray:
        if kind is Literal:
            return as_array(x)
        if isinstance(x, list | tuple | range):
            return _from_sequence(x, dtype)
        if hasattr(x, "__hloom_array__"):
            return _from_object(x.__hloom_array__(), dtype)
        x = np.asarray(x)
    made = dtypes.narrowed("array", x) if dtype is None else np.asarray(x, dtype, order="C")
    return put(made, ShapedArray(made.shape, made.dtype))


def _from_scalar(x, dtype):
    weak = dtype is None and type(x) is not bool
    if dtype is None:
        dtype, _ = dtypes.python_scalar_dtype(type(x))
    stands = typed_literal(x, dtype, weak, "array")
    made = put(np.array(stands.value, dtype), stands.aval)
    made.literal = stands
    return made


def _from_sequence(x, dtype):
    kinds = set(map(type, x))
    if not kinds <= PYTHON_SCALARS:
        kinds = set()
        leaves = _leaves(x, kinds)
        for strange in kinds & {str, bytes, type(None), dict, set}:
            asked = f"array: arrays cannot hold values of type {strange.__name__}"
            raise DTypeError(asked, f"it was given {brief(x)}", "give numbers")
        if any(issubclass(k, Array) for k in kinds):
            return _stacked(x, dtype)
        if dtype is None and not kinds <= PYTHON_SCALARS:
            dtype = dtypes.result_type(*leaves)
    if dtype is None:
        dtype = _default_dtype(kinds)
    try:
        made = np.array(x, dtype)
    except OverflowError as error:
        asked = str(error).replace("Python integer", "array: integer").replace(" out", " is out")
        raise IntegerRangeError(asked, f"they are {brief(x)}", "use a wider dtype") from None
    except ValueError as error:
        if "NaN" in str(error):
            found = f"they are {brief(x)}"
            raise ValueRangeError("array: NaN is no integer", found, "use a float dtype") from None
        raise ShapeError(
            "array: the nested sequences have different lengths",
            f"they are {brief(x)}",
            "make the lengths equal, by padding for example",
        ) from None
    return put(made, ShapedArray(made.shape, dtype))


def _default_dtype(kinds):
    kind = next((k for k in (complex, float, int, bool) if k in kinds), float)
    return dtypes.python_scalar_dtype(kind)[0]


def _leaves(x, kinds):
    """The values of nested sequences whose types promote; adds the types to `kinds`."""
    found = []
    for v in x:
        if isinstance(v, list | tuple | range):
            found += _leaves(v, kinds)
        else:
            kind = type(v)
            if kind not in kinds or isinstance(v, np.ndarray):
                kinds.add(kind)
                found.append(v)
    return found


@composed("x")
def _stacked(x, dtype):
    """Nested sequences with arrays among the values, stacked."""
    return stack([_stacked(v, None) if isinstance(v, list | tuple) else v for v in x], dtype=dtype)


@judged
def copy(a, order=None):
    """A copy of `a` in memory of its own."""
    return array(a, copy=True, order=order)


# ---------------------------------------------------------------- filled arrays
@judged
def zeros(shape, dtype=None, *, device=None, out_sharding=None):
    """An array of zeros; float by default.

    >>> import hloom.numpy as np
    >>> np.zeros((2, 3)).dtype
    dtype('float32')
    """
    return placed(_filled("zeros", shape, 0, dtype), device or out_sharding)


@judged
def ones(shape, dtype=None, *, device=None, out_sharding=None):
    """An array of ones; float by default."""
    return placed(_filled("ones", shape, 1, dtype), device or out_sharding)


@judged
def empty(shape, dtype=None, *, device=None, out_sharding=None):
    """An array for which no values were asked: they are zeros."""
    return placed(_filled("empty", shape, 0, dtype), device or out_sharding)


@fused
def _filled(name, shape, value, dtype):
    dtype = dtypes.canonicalize(dtypes.float64) if dtype is None else dtypes.requested(name, dtype)
    shape = s.canonical_shape(name, shape)
    fill = typed_literal(value, dtype)
    return s.broadcast_in_dim.bind(fill, shape=shape, broadcast_dimensions=())[0]


@judged
def full(shape, fill_value, dtype=None, *, device=None, out_sharding=None):
    """An array of a shape in which every element is `fill_value`, or `fill_value` repeated.

    >>> import hloom.numpy as np
    >>> np.full(2, 7, "uint8")
    Array([7, 7], dtype=uint8)
    """
    if dtype is not None and type(fill_value) in PYTHON_SCALARS:
        # a number that does not fit raises; as an operand it would be converted in silence
        typed_literal(fill_value, dtypes.canonicalize(dtypes.dtype(dtype, "full")), name="full")
    return placed(_repeated(shape, fill_value, dtype), device or out_sharding)


@fused
def _repeated(shape, fill_value: ArrayLike, dtype):
    return _full("full", s.canonical_shape("full", shape), fill_value, dtype)


def _full(name, shape, value, dtype):
    value = operand(name, value)
    weak = dtype is None and aval_of(value).weak_type
    dtype = aval_of(value).dtype if dtype is None else dtypes.requested(name, dtype)
    value = to_dtype(value, dtype, weak, name)
    value = value if weak else strong(value)
    if aval_of(value).shape == ():
        return s.broadcast_in_dim.bind(value, shape=shape, broadcast_dimensions=())[0]
    return repeated(name, value, shape)


@judged
def zeros_like(a: ArrayLike, dtype=None, shape=None, *, device=None, out_sharding=None):
    """Zeros of the shape and dtype of `a`."""
    return placed(_like("zeros_like", a, 0, dtype, shape), device or out_sharding)


@judged
def ones_like(a: ArrayLike, dtype=None, shape=None, *, device=None, out_sharding=None):
    """Ones of the shape and dtype of `a`."""
    return placed(_like("ones_like", a, 1, dtype, shape), device or out_sharding)


@judged
def empty_like(prototype: ArrayLike, dtype=None, shape=None, *, device=None, out_sharding=None):
    """Zeros of the shape and dtype of `prototype`."""
    return placed(_like("empty_like", prototype, 0, dtype, shape), device or out_sharding)


@judged
def full_like(
    a: ArrayLike, fill_value: ArrayLike, dtype=None, shape=None, *, device=None, out_sharding=None
):
    """`fill_value` in the shape and dtype of `a`."""
    return placed(_full_like(a, fill_value, dtype, shape), device or out_sharding)


@fused
def _full_like(a: ArrayLike, fill_value: ArrayLike, dtype, shape):
    return _like.function("full_like", a, fill_value, dtype, shape)


@fused
def _like(name, a: ArrayLike, value, dtype, shape):
    aval = described(name, a)
    shape = aval.shape if shape is None else s.canonical_shape(name, shape)
    if dtype is None:
        value = to_dtype(operand(name, value), aval.dtype, aval.weak_type, name)
        value = value if aval.weak_type else strong(value)
    return _full(name, shape, value, dtype)


# ---------------------------------------------------------------- ranges
@judged
def arange(start, stop=None, step=None, dtype=None, *, device=None, out_sharding=None):
    """Numbers from `start` (0 if it is the only one given) up to, not including, `stop`.

    The arguments are static. Raises if one is traced.

    >>> import hloom.numpy as np
    >>> np.arange(3)
    Array([0, 1, 2], dtype=int32)
    >>> np.arange(1, 2, 0.5)
    Array([1. , 1.5], dtype=float32)
    """
    bounds = tuple([b if type(b) in PYTHON_SCALARS else _static(b) for b in (start, stop, step)])
    made = _arange(*bounds, dtype)
    return placed(made, device or out_sharding)


def _static(x):
    """A bound of a range as a Python or NumPy number."""
    if isinstance(x, str | bytes):
        raise not_an_array("arange", x)
    if x is None or isinstance(x, np.generic):
        return x
    found = concrete_or_none(x)
    if found is None:
        raise TracedValueError(
            "arange: the bounds decide the length, so they are static",
            f"one is traced ({x.aval})",
            "pass Python numbers; or use hloom.numpy.linspace, whose length is fixed",
        )
    values = np.asarray(found)
    if values.ndim:
        what = f"a bound has shape {values.shape}"
        raise ShapeError("arange: the bounds are scalars", what, "index the array first")
    return values[()]


@fused
def _arange(start, stop, step, dtype):
    if stop is None:
        start, stop = 0, start
    given = [b for b in (start, stop, step) if b is not None]
    dtype = dtypes.result_type(*given) if dtype is None else dtypes.requested("arange", dtype)
    step = 1 if step is None else step
    if step == 0:
        raise ValueRangeError(
            "arange: the step is 0", "the range would never end", "give another step"
        )
    for bound in (start, stop, step):
        if bound is None or isinstance(bound, complex | np.complexfloating):
            found = f"one is {bound}"
            raise ArgumentError("arange: the bounds are real numbers", found, "give real numbers")
    length = max(0, math.ceil((stop - start) / step))
    if dtypes.is_bool(dtype):
        return to_dtype(_line(start, step, length, dtypes.int32), dtype)
    return _line(start, step, length, dtype)


def _line(start, step, length, dtype):
    if dtypes.is_unsigned(dtype):  # which counts down by wrapping around
        start, step = (int(v) % (1 << dtypes.iinfo(dtype).bits) for v in (start, step))
    made = s.broadcasted_iota.bind(dtype=dtype, shape=(length,), dimension=0)[0]
    made = made if step == 1 else e.mul(made, typed_literal(step, dtype, name="arange"))
    return made if start == 0 else e.add(made, typed_literal(start, dtype, name="arange"))


install(array)
