"""Arrays exchanged with other libraries by DLPack, without a copy where that can be.

>>> import numpy
>>> from hloom import dlpack
>>> dlpack.from_dlpack(numpy.ones(2, "float32"))
Array([1., 1.], dtype=float32)

The other way needs no function: `torch.from_dlpack(x)`, `numpy.from_dlpack(x)`.
"""

from hloom.frontend import dtypes
from hloom.numpy import interchange
from hloom.runtime.interchange import SUPPORTED


def from_dlpack(external_array, device=None, copy=None):
    """The array of an object that offers DLPack, such as a tensor of PyTorch, on the host.

    `hloom.numpy.from_dlpack` says when memory is shared.
    """
    return interchange.from_dlpack(external_array, device=device, copy=copy)


def is_supported_dtype(dtype):
    """Whether arrays of a dtype can be given to other libraries.

    >>> from hloom import dlpack
    >>> dlpack.is_supported_dtype("bfloat16"), dlpack.is_supported_dtype("int4")
    (True, False)
    """
    return dtypes.dtype(dtype) in SUPPORTED
