"""Indexing with brackets: `x[index]` on arrays and tracers.

On a concrete array each call is one compiled program, found by one lookup. Its key is the aval and
the index's template: slices as they are, index arrays by their avals, and a mark for each integer,
which becomes a scalar operand, so that a loop over rows compiles one program.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError
from hloom.frontend.trace import aval_of
from hloom.frontend.tracebacks import hides_frames
from hloom.numpy.index_plan import InBounds, plan
from hloom.numpy.reading import read, row
from hloom.runtime.array import DeviceArray, put
from hloom.runtime.dispatch import compile_function, function_cache, launch, remember

_POSITION = ShapedArray((), np.dtype(np.int32))
_INSIDE = "inside"
_rows = function_cache()
_reads = function_cache()
_buffers: dict = {}


def getitem(x, index):
    """The elements of `x` at an index, as NumPy has it.

    A position outside of the array is moved to its nearest end; `x.at[index].get(mode=...)` has
    other ways. The shape of the result must not depend on traced values.

    >>> import hloom.numpy as np
    >>> x = np.arange(6).reshape(2, 3)
    >>> x[1, ::-1]
    Array([5, 4, 3], dtype=int32)
    >>> x[:, np.array([2, 0])]
    Array([[2, 0],
           [5, 3]], dtype=int32)
    """
    if thread.context.trace is None and type(x) is DeviceArray:
        if type(index) is int:
            found = _rows.get(x.aval)
            if found is None:
                found = _row(x, index)
            read_row, n = found
            if index < 0:
                index += n
            buffer = _buffers.get(index)
            if buffer is None:
                buffer = position(min(max(index, 0), n - 1))
            return launch(read_row, (x._raw, buffer))
        buffers = [x._raw]
        static = template(x.aval.shape, index, buffers)
        if static is not None:
            key = x.aval, static
            return launch(_reads.get(key) or _reader(key), buffers)
        found = _masked_on_host(x, index)
        if found is not None:
            return found
    return _read_anyhow(x, index)


@hides_frames
def _read_anyhow(x, index):
    shape = aval_of(x).shape
    if type(index) is int and shape and shape[0]:
        return row(x, shape, index)
    return read(x, plan(shape, index))


def _row(x, index):
    """The program that reads one position of the first axis, and the axis' length."""
    plan(x.aval.shape, index)  # raises for arrays without axes
    found = compile_function(
        lambda x, i: read(x, plan(x.shape, InBounds(i))), [x.aval, _POSITION], "getitem"
    )
    return remember(_rows, x.aval, (found, x.aval.shape[0]))


def _reader(key):
    aval, static = key

    def getitem(x, *operands):
        return read(x, plan(x.shape, filled(static, operands)))

    run = compile_function(getitem, [aval, *operand_avals(static)], "getitem")
    return remember(_reads, key, run)


# ---------------------------------------------------------------- templates
def position(i):
    """The buffer of a position, as an int32 scalar; kept."""
    found = _buffers.get(i)
    if found is None:
        if len(_buffers) > 8192:
            _buffers.clear()
        found = _buffers[i] = put(np.array(i, np.int32), _POSITION)._raw
    return found


def template(shape, index, buffers, wrap=True):
    """The static part of an index; its operands go to `buffers`. None if an entry is rare."""
    static, axis = [], 0
    entries = index if type(index) is tuple else (index,)
    for place, e in enumerate(entries):
        kind = type(e)
        if kind is int:
            if axis >= len(shape):
                return None
            n = shape[axis]
            i = e + n if e < 0 and wrap else e
            if 0 <= i < n:
                buffers.append(position(i))
                e = _INSIDE
            static.append(e)
        elif kind is slice:
            bounds = e.start, e.stop, e.step
            for bound in bounds:
                if bound is not None and type(bound) is not int:
                    return None
            static.append(bounds)
        elif kind is DeviceArray and e.aval.dtype.kind in "iu":
            buffers.append(e._raw)
            static.append(e.aval)
        elif e is None:
            static.append(e)
            continue
        elif e is Ellipsis:
            static.append(e)
            rest = entries[place + 1 :]
            axis = len(shape) - len(rest) + sum([r is None for r in rest])
            continue
        else:
            return None
        axis += 1
    return tuple(static)


def operand_avals(static):
    """The avals of the operands of a template."""
    return [
        _POSITION if e is _INSIDE else e for e in static if e is _INSIDE or type(e) is ShapedArray
    ]


def filled(static, operands):
    """The index of a template and its operands."""
    operands = iter(operands)

    def entry(e):
        if e is _INSIDE:
            return InBounds(next(operands))
        if type(e) is ShapedArray:
            return next(operands)
        return slice(*e) if type(e) is tuple else e

    return tuple([entry(e) for e in static])


# ---------------------------------------------------------------- the rest
def _masked_on_host(x, index):
    """The elements of an array in the host's memory under masks, whose counts decide the shape.

    A compiled program would serve one count only. None for other arrays and indices.
    """
    entries = index if type(index) is tuple else (index,)
    masks = [e for e in entries if isinstance(e, DeviceArray | np.ndarray)]
    simple = len(masks) + sum([e is None or e is Ellipsis or type(e) is slice for e in entries])
    if not masks or simple < len(entries) or not all(dtypes.is_bool(m.dtype) for m in masks):
        return None
    if any(d.platform != "cpu" for d in x.devices()):
        return None
    plan(x.aval.shape, index)  # raises for masks of a wrong shape
    host = [np.asarray(e) if isinstance(e, DeviceArray) else e for e in entries]
    if dtypes.is_extended(x.aval.dtype):
        # in memory each element is a row of words
        places = np.arange(x.aval.size).reshape(x.aval.shape)[tuple(host)]
        words = x._stored().reshape(x.aval.size, -1)[places]
        return put(words, ShapedArray(places.shape, x.aval.dtype))
    found = np.ascontiguousarray(np.asarray(x)[tuple(host)])
    return put(found, ShapedArray(found.shape, x.aval.dtype, x.aval.weak_type))


def setitem(x, index, value):
    """Raise: arrays are immutable."""
    raise ArgumentError(
        "x[index] = value: arrays are immutable",
        f"x is an array of {x.aval}",
        "use x = x.at[index].set(value)",
    )


def iterate(x):
    """The positions of the first axis, one after another."""
    return (x[i] for i in range(len(x)))
