"""Arrays from other libraries, bytes, text and files."""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ArgumentError, InterchangeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims.structural import canonical_shape
from hloom.frontend.staging import require_callable
from hloom.numpy.creation import array, asarray
from hloom.numpy.spaces import meshgrid
from hloom.runtime.array import DeviceArray, place, put
from hloom.runtime.devices import checked
from hloom.runtime.interchange import taken


def from_dlpack(x, /, *, device=None, copy=None):
    """The array of an object that offers DLPack, such as a tensor of PyTorch.

    Memory of other devices is copied to the host by the library it comes from, if it can. Memory
    of the host that begins at a multiple of 64 bytes and lies in C order is shared unless `copy` is
    True, and must then not be written to any more; other memory is copied, or refused with
    InterchangeError if `copy` is False. 64-bit types are narrowed while they are off.

    >>> import hloom.numpy as np
    >>> import numpy
    >>> np.from_dlpack(numpy.ones(2, "float32"))
    Array([1., 1.], dtype=float32)
    """
    if type(x) is DeviceArray:
        moved = place(x, device)
        if copy is False and moved is not x:
            found = f"the array is on {x.device}, and {device} was asked for"
            raise InterchangeError("from_dlpack: copy=False", found, "leave `copy` away")
        return put(moved._stored(), moved.aval, moved.device) if copy else moved
    values = taken(x, copy)
    stored = dtypes.narrowed("from_dlpack", values)
    aval = ShapedArray(stored.shape, stored.dtype)
    made = put(stored, aval, checked(device), may_alias=not copy)
    if copy is False and made.size and made.unsafe_buffer_pointer() != values.ctypes.data:
        raise InterchangeError(
            "from_dlpack: copy=False",
            f"memory of {values.dtype}{list(values.shape)} at {values.ctypes.data:#x} has to be "
            "copied: it is not in C order at a multiple of 64 bytes in a dtype that is on",
            "leave `copy` away",
        )
    return made


@judged
def frombuffer(buffer, dtype=float, count=-1, offset=0):
    """The one-dimensional array of the bytes of a buffer."""
    wide = np.dtype(float) if dtype is float else np.dtype(dtype)
    return _read("frombuffer", np.frombuffer, buffer, wide, count, offset)


@judged
def fromstring(string, dtype=float, count=-1, *, sep):
    """The numbers in a text, between separators."""
    return _read("fromstring", np.fromstring, string, np.dtype(dtype), count, sep=sep)


def fromfile(*args, **kwargs):
    """The numbers in a file, as `numpy.fromfile` reads them."""
    return array(np.fromfile(*args, **kwargs))


def fromiter(*args, **kwargs):
    """The numbers that an iterator gives, as `numpy.fromiter` takes them."""
    return _read("fromiter", np.fromiter, *args, **kwargs)


def _read(name, reader, *args, **kwargs):
    """The array that a function of NumPy's reads."""
    try:
        found = reader(*args, **kwargs)
    except (TypeError, ValueError) as error:
        kind = ValueRangeError if isinstance(error, ValueError) else ArgumentError
        remedy = f"see numpy.{name}, which reads it"
        raise kind(f"{name}: cannot read the numbers", str(error), remedy) from None
    return array(found)


@judged
def load(file, *args, **kwargs):
    """The array in a .npy file; of other files, what `numpy.load` gives."""
    found = np.load(file, *args, **kwargs)
    return array(found) if isinstance(found, np.ndarray) else found


@judged
def fromfunction(function, shape, *, dtype=float, **kwargs):
    """`function` of the index arrays of a shape.

    >>> import hloom.numpy as np
    >>> np.fromfunction(lambda i, j: i + j, (2, 3), dtype=int)
    Array([[0, 1, 2],
           [1, 2, 3]], dtype=int32)
    """
    dtype = dtypes.requested("fromfunction", dtype)
    require_callable("fromfunction", function, "function")
    shape = canonical_shape("fromfunction", shape)
    ranges = [asarray(np.arange(n), dtype) for n in shape]
    return function(*meshgrid(*ranges, indexing="ij"), **kwargs)
