"""Memory shared with other libraries: DLPack both ways, and Python's buffer protocol.

Shared memory is not copied, and arrays are immutable: other libraries must not write into it.
"""

import ctypes

import ml_dtypes
import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.errors import DTypeError, InterchangeError
from hloom.frontend.trace import brief
from hloom.runtime import pjrt

#: platform -> DLPack's number of the device type
_DEVICE_TYPES = {"cpu": 1, "cuda": 2, "gpu": 2, "rocm": 10}
#: DLPack's device of the host's memory
_HOST = (1, 0)
#: (code, bits) -> the dtypes that DLPack has and NumPy has not
_FOREIGN = {
    (4, 16): ml_dtypes.bfloat16,
    (7, 8): ml_dtypes.float8_e3m4,
    (8, 8): ml_dtypes.float8_e4m3,
    (9, 8): ml_dtypes.float8_e4m3b11fnuz,
    (10, 8): ml_dtypes.float8_e4m3fn,
    (11, 8): ml_dtypes.float8_e4m3fnuz,
    (12, 8): ml_dtypes.float8_e5m2,
    (13, 8): ml_dtypes.float8_e5m2fnuz,
    (14, 8): ml_dtypes.float8_e8m0fnu,
}
#: NumPy's own dtypes
_BUILT_IN = frozenset(d for d in dtypes.ALL if d.isbuiltin == 1 and d != dtypes.float0)
#: what can be given away: the rest is packed, or not of numbers
SUPPORTED = _BUILT_IN.union(map(np.dtype, _FOREIGN.values()))


# ---------------------------------------------------------------- giving
def dlpack_device(device):
    """DLPack's (type, number) of a device."""
    found = _DEVICE_TYPES.get(device.platform)
    if found is None:
        raise InterchangeError(
            f"DLPack: the array is on {device}",
            f"DLPack has no number for the platform {device.platform!r}",
            "copy it to the host first: numpy.asarray(x)",
        )
    return found, (found != _HOST[0] and device.local_hardware_id) or 0


def exported(x, stream, max_version, dl_device, copy):
    """A DLPack capsule of an array's memory, or of a copy of it, which may be on the host."""
    if x.dtype not in SUPPORTED:
        kind = DTypeError if dtypes.is_extended(x.dtype) else InterchangeError
        raise kind(
            f"DLPack: an array of {x.dtype.name}",
            "DLPack has no such elements, or packs several in a byte",
            "convert it first: x.astype('int8'), or hloom.random.key_data(keys)",
        )
    device = dlpack_device(x.device)
    wanted = device if dl_device is None else tuple(dl_device)
    if wanted != device:
        if wanted == _HOST and copy is not False:
            host = pjrt.cpu_client().local_devices()[0]
            return pjrt.to_dlpack(pjrt.put(x._stored(), x.aval, host), None, max_version, True)
        raise InterchangeError(
            f"DLPack: the device {wanted} was asked for" + ", and no copy" * (copy is False),
            f"the array is on {device}, {x.device}",
            "move it first: hloom.device_put(x, device)",
        )
    if stream is not None and device[0] == _HOST[0]:
        raise InterchangeError(
            f"DLPack: the stream {stream} was asked for",
            f"the array is on {x.device}, which has no streams",
            "leave `stream` away",
        )
    x.block_until_ready()
    raw = pjrt.copy_to_device(x._raw, x.aval, x.device) if copy else x._raw
    return pjrt.to_dlpack(raw, stream, max_version, bool(copy))


def exported_memory(x):
    """A read-only memoryview of an array."""
    if x.aval.dtype not in _BUILT_IN:
        # NumPy asks here first, and takes another way when refused: the message must cost nothing
        raise BufferError(_NO_FORMAT)
    try:
        return memoryview(x._raw)
    except (BufferError, RuntimeError):  # deleted, in another memory, or its computation failed
        return memoryview(x._numpy())


_NO_FORMAT = (
    "memoryview: an array of a dtype that Python's buffer protocol does not have\n"
    "    it has only NumPy's own dtypes\n"
    "    view the bits as integers: x.view('uint8') or x.view('uint16')"
)


# ---------------------------------------------------------------- taking
def taken(x, copy=None):
    """The memory of an object that offers DLPack, as a NumPy array that keeps the object alive.

    Memory of another device than the host is copied by the library it comes from.
    """
    if not (hasattr(x, "__dlpack__") and hasattr(x, "__dlpack_device__")):
        raise InterchangeError(
            "from_dlpack: takes an object with __dlpack__ and __dlpack_device__",
            f"it was given {type(x).__name__}",
            "use hloom.numpy.asarray for numbers, lists and NumPy's arrays",
        )
    kind, number = x.__dlpack_device__()
    if kind == _HOST[0]:
        return _memory(x)
    try:
        if copy is not False:
            return _memory(x, on_host=False)
        reason = "to be shared it has to be there"
    except (TypeError, ValueError, BufferError, RuntimeError) as error:
        reason = f"{type(x).__name__} does not copy it: {brief(error)}"
    raise InterchangeError(
        "from_dlpack: takes memory of the host",
        f"it is on DLPack's device ({int(kind)}, {number}), and {reason}",
        "copy it to the host first, such as tensor.cpu()",
    )


def _memory(x, on_host=True):
    try:
        return np.from_dlpack(x) if on_host else np.from_dlpack(x, device="cpu")
    except (RuntimeError, BufferError):
        return _read(x.__dlpack__() if on_host else x.__dlpack__(dl_device=_HOST))


class _Tensor(ctypes.Structure):
    """DLPack's DLTensor."""

    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device", ctypes.c_int32 * 2),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)


def _read(capsule):
    """The NumPy array of a capsule whose dtype NumPy lacks."""
    tensor = _Tensor.from_address(_pointer(capsule, b"dltensor"))
    found = _FOREIGN.get((tensor.code, tensor.bits))
    if found is None or tensor.lanes != 1:
        raise InterchangeError(
            "from_dlpack: takes elements of a dtype of hloom",
            f"DLPack's code is {tensor.code}, of {tensor.bits} bits and {tensor.lanes} lanes",
            "convert it in the library that it comes from",
        )
    return np.asarray(_Memory(capsule, tensor, np.dtype(found).itemsize)).view(found)


class _Memory:
    """Offers a tensor's memory as elements of so many bytes; it keeps the capsule alive."""

    def __init__(self, capsule, tensor, width):
        self.capsule = capsule
        shape = tuple(tensor.shape[: tensor.ndim])
        strides = (
            tuple(width * n for n in tensor.strides[: tensor.ndim]) if tensor.strides else None
        )
        self.__array_interface__ = {
            "shape": shape,
            "strides": strides or None,
            "typestr": f"|V{width}" if width > 1 else "|u1",
            "data": ((tensor.data or 0) + tensor.byte_offset, True),
            "version": 3,
        }
