"""`x.at[index]`, whose methods give copies of `x` in which the elements at an index are changed.

As `x[index]` (indexing.py), on concrete arrays each is one compiled program, found by one lookup.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import flag
from hloom.frontend.context import thread
from hloom.frontend.ir import exact
from hloom.frontend.prims.elementwise import select
from hloom.frontend.prims.indexing import GatherScatterMode
from hloom.frontend.prims.structural import broadcast_in_dim
from hloom.frontend.staging import require_callable
from hloom.frontend.trace import aval_of
from hloom.frontend.tracebacks import hides_frames
from hloom.numpy.creation import asarray
from hloom.numpy.index_plan import plan
from hloom.numpy.indexing import filled, operand_avals, template
from hloom.numpy.operations import beside
from hloom.numpy.promotion import broadcast_to, to_dtype
from hloom.numpy.reading import read
from hloom.numpy.writing import FUNCTIONS, Flags, cast, combined, write
from hloom.runtime.array import DeviceArray
from hloom.runtime.dispatch import compile_function, function_cache, fused, launch, remember
from hloom.typing import ArrayLike

_DEFAULT = Flags()
_rows = function_cache()
_writes = function_cache()
_reads = function_cache()


def update(operation, x, index, value, flags):
    """`x` with the elements at an index combined with a value."""
    if type(value) is list or type(value) is tuple:
        value = asarray(value)
    context = thread.context
    if context.trace is None and type(x) is DeviceArray:
        y = value if type(value) is DeviceArray else beside("x.at[...]", value, x)
        buffers = [x._raw, y._raw]
        static = template(x.aval.shape, index, buffers, flags.wrap)
        if static is not None:
            key = context.settings, operation, x.aval, y.aval, static, flags
            return launch(_writes.get(key) or _writer(key), buffers)
    if _is_common(x, index, value) and operation not in FUNCTIONS:
        return _where_masked(x, index, value, operation)
    return write(x, plan(aval_of(x).shape, index, flags.wrap), operation, value, flags)


def _writer(key):
    _, operation, aval, value_aval, static, flags = key
    given = [] if value_aval is None else [value_aval]

    def update(x, *operands):
        value = operands[0] if given else None
        index = filled(static, operands[len(given) :])
        return write(x, plan(x.shape, index, flags.wrap), operation, value, flags)

    name = operation if isinstance(operation, str) else "apply"
    avals = [aval, *given, *operand_avals(static)]
    return remember(_writes, key, compile_function(update, avals, f"at_{name}"))


def _is_common(x, index, value):
    """Whether an index is a mask, and the value is the same for all elements under it."""
    if not isinstance(index, Array | np.ndarray) or not dtypes.is_bool(index.dtype):
        return False
    shape = aval_of(x).shape
    fits = shape[: index.ndim] == index.shape
    return index.ndim > 0 and fits and aval_of(value).ndim <= len(shape) - index.ndim


@fused
def _where_masked(x: ArrayLike, mask: ArrayLike, value: ArrayLike, operation):
    """A mask needs no concrete values where the shape of the result does not depend on them."""
    shape, dtype = aval_of(x).shape, aval_of(x).dtype
    value = cast(value, dtype)
    value = broadcast_to(value, shape) if aval_of(value).ndim or operation == "set" else value
    new = to_dtype(combined(operation, x, value), dtype)
    if mask.ndim < len(shape):
        mask = broadcast_in_dim(mask, shape, range(mask.ndim))
    return select(mask, new, x)


def _method(operation, doc):
    @hides_frames
    def method(
        self,
        values,
        *,
        indices_are_sorted=False,
        unique_indices=False,
        mode=None,
        out_sharding=None,
        wrap_negative_indices=True,
    ):
        flags = _flags(mode, indices_are_sorted, unique_indices, wrap_negative_indices)
        return update(operation, self.array, self.index, values, flags)

    method.__name__, method.__doc__ = operation, doc
    return method


def _flags(mode, is_sorted, unique, wrap):
    if mode is None and wrap is True and is_sorted is False and unique is False:
        return _DEFAULT
    GatherScatterMode.from_any(mode, "x.at[...]")
    named = ("indices_are_sorted", is_sorted), ("unique_indices", unique)
    named = *named, ("wrap_negative_indices", wrap)
    return Flags(mode, *[flag("x.at[...]", what, value) for what, value in named])


class At:
    """`x.at`, which takes an index in brackets: `x.at[index]`."""

    __slots__ = ("array",)

    def __init__(self, array):
        self.array = array

    def __getitem__(self, index):
        return AtIndex(self.array, index)

    def __repr__(self):
        return f"At({self.array!r})"


class AtIndex:
    """`x.at[index]`: its methods give copies of `x` in which the elements at the index are changed.

    `mode` tells what becomes of positions outside of the array: 'drop', the default, or 'fill'
    leaves them out, 'clip' moves them to the nearest end, 'promise_in_bounds' promises that there
    are none. `indices_are_sorted` and `unique_indices` are further promises. Negative positions
    count from the end, unless `wrap_negative_indices` is False.

    >>> import hloom.numpy as np
    >>> np.zeros(3).at[1].set(5.0)
    Array([0., 5., 0.], dtype=float32)
    >>> np.zeros(3).at[np.array([0, 0, 2])].add(1.0)
    Array([2., 0., 1.], dtype=float32)
    """

    __slots__ = ("array", "index")

    def __init__(self, array, index):
        self.array = array
        self.index = index

    def __repr__(self):
        return f"AtIndex({self.array!r}, {self.index!r})"

    set = _method("set", "Replace the elements: `x[index] = values`.")
    add = _method("add", "Add to the elements, each time they are named: `x[index] += values`.")
    subtract = _method("subtract", "Subtract from the elements: `x[index] -= values`.")
    multiply = mul = _method("multiply", "Multiply the elements: `x[index] *= values`.")
    divide = _method("divide", "Divide the elements: `x[index] /= values`.")
    power = _method("power", "Raise the elements to a power: `x[index] **= values`.")
    min = _method("min", "Put the smaller of the elements and values in place of the elements.")
    max = _method("max", "Put the larger of the elements and values in place of the elements.")

    def apply(
        self,
        func,
        *,
        indices_are_sorted=False,
        unique_indices=False,
        mode=None,
        out_sharding=None,
        wrap_negative_indices=True,
    ):
        """Apply a function of one element to the elements, each time they are named."""
        require_callable("x.at[...].apply", func, "func")
        flags = _flags(mode, indices_are_sorted, unique_indices, wrap_negative_indices)
        x, index = self.array, self.index
        context = thread.context
        if context.trace is None and type(x) is DeviceArray:
            buffers = [x._raw]
            static = template(x.aval.shape, index, buffers, flags.wrap)
            if static is not None:
                key = context.settings, func, x.aval, None, static, flags
                return launch(_writes.get(key) or _writer(key), buffers)
        return write(x, plan(aval_of(x).shape, index, flags.wrap), func, None, flags)

    def get(
        self,
        *,
        indices_are_sorted=False,
        unique_indices=False,
        mode=None,
        fill_value=None,
        out_sharding=None,
        wrap_negative_indices=True,
    ):
        """The elements; in the mode 'fill', `fill_value` stands for those outside of the array."""
        x, index = self.array, self.index
        flags = _flags(mode, indices_are_sorted, unique_indices, wrap_negative_indices)
        if flags is _DEFAULT:
            return x[index]
        context = thread.context
        if context.trace is None and type(x) is DeviceArray:
            buffers = [x._raw]
            static = template(x.aval.shape, index, buffers, flags.wrap)
            if static is not None:
                key = context.settings, x.aval, static, flags, _fill_key(fill_value)
                return launch(_reads.get(key) or _getter(key, fill_value), buffers)
        return _get(x, index, flags, fill_value)


def _get(x, index, flags, fill_value):
    mode, is_sorted, unique, wrap = flags
    return read(x, plan(aval_of(x).shape, index, wrap), wrap, mode, fill_value, is_sorted, unique)


def _fill_key(fill_value):
    """A key that tells fill values apart by type, and NaNs by their signs."""
    if type(fill_value) in (float, complex):
        return type(fill_value), exact(fill_value)
    if isinstance(fill_value, np.generic | np.ndarray | DeviceArray):
        value = np.asarray(fill_value)
        return type(fill_value), value.dtype, value.shape, value.tobytes()
    return type(fill_value), repr(fill_value)


def _getter(key, fill_value):
    _, aval, static, flags, _ = key

    def getter(x, *operands):
        return _get(x, filled(static, operands), flags, fill_value)

    return remember(_reads, key, compile_function(getter, [aval, *operand_avals(static)], "at_get"))
