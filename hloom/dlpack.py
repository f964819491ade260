"""Arrays exchanged with other libraries by DLPack, without a copy where that can be.

>>> import numpy
>>> from hloom import dlpack
>>> dlpack.from_dlpack(numpy.ones(2, "float32"))
Array([1., 1.], dtype=float32)

The other way needs no function: `torch.from_dlpack(x)`, `numpy.from_dlpack(x)`.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import InterchangeError
from hloom.runtime.array import DeviceArray, place, put
from hloom.runtime.interchange import SUPPORTED, taken


def from_dlpack(external_array, device=None, copy=None):
    """The array of an object that offers DLPack, such as a tensor of PyTorch, on the host.

    Memory that begins at a multiple of 64 bytes and lies in C order is shared unless `copy` is
    True, and must then not be written to any more; other memory is copied, or refused with
    InterchangeError if `copy` is False. 64-bit types are narrowed while they are off.
    """
    x = external_array
    if type(x) is DeviceArray:
        moved = place(x, device)
        return put(moved._stored(), moved.aval, moved.device) if copy else moved
    values = taken(x)
    dtype = dtypes.canonicalize(dtypes.dtype(values.dtype))
    stored = np.asarray(values, dtype, order="C")
    made = put(stored, ShapedArray(stored.shape, dtype), device, may_alias=not copy)
    if copy is False and made.size and made.unsafe_buffer_pointer() != values.ctypes.data:
        raise InterchangeError(
            "from_dlpack: copy=False",
            f"memory of {values.dtype}{list(values.shape)} at {values.ctypes.data:#x} has to be "
            "copied: it is not in C order at a multiple of 64 bytes in a dtype that is on",
            "leave `copy` away",
        )
    return made


def is_supported_dtype(dtype):
    """Whether arrays of a dtype can be given to other libraries.

    >>> from hloom import dlpack
    >>> dlpack.is_supported_dtype("bfloat16"), dlpack.is_supported_dtype("int4")
    (True, False)
    """
    return dtypes.dtype(dtype) in SUPPORTED
