"""`DeviceArray`, the concrete array: a buffer in a device's memory and an interned aval.

It is the class behind the values that people see; `hloom.Array` is its base. The buffer may still be
computed when the array is made: reading its values waits.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ArgumentError, DeletedArrayError, DTypeError
from hloom.frontend.ir import Literal
from hloom.frontend.keys import in_memory
from hloom.frontend.trace import PYTHON_SCALARS, convert, leaked, scalar_aval
from hloom.runtime import devices, pjrt


class DeviceArray(Array):
    """A concrete array; `literal`, if set, is what stands for it in a program (see trace.lift)."""

    __slots__ = ("__weakref__", "_raw", "aval", "literal")

    def __init__(self, raw, aval):
        self._raw = raw
        self.aval = aval

    # ------------------------------------------------------------ values
    def _numpy(self):
        if dtypes.is_extended(self.aval.dtype):
            raise DTypeError(
                f"an array of {self.aval.dtype.name} has no NumPy value",
                f"it is {self.aval}, of PRNG keys",
                "use hloom.random.key_data(keys), which is uint32",
            )
        return self._stored()

    def _stored(self):
        try:
            return pjrt.to_numpy(self._raw, in_memory(self.aval))
        except (RuntimeError, ValueError) as e:
            raise self._deleted() or e from None

    def _deleted(self):
        if not self.is_deleted():
            return None
        return DeletedArrayError(
            f"the array {self.aval} has no value any more",
            "it was deleted, or donated to a jitted function (donate_argnums)",
            "use the function's result instead, or do not donate it",
        )

    def __array__(self, dtype=None, copy=None):
        found = self._numpy()
        if dtype is not None and found.dtype != dtype:
            return found.astype(dtype)
        return found.copy() if copy else found

    def __bool__(self):
        if self.aval.size != 1:
            raise ValueError(
                f"the truth of an array of {self.aval.size} elements is not defined\n"
                f"    it has shape {self.aval.shape}\n    use x.any() or x.all()"
            )
        return bool(self._numpy().item())

    def _scalar(self, kind):
        if self.aval.size != 1:
            raise TypeError(
                f"only arrays of one element become a Python {kind}\n"
                f"    this one has shape {self.aval.shape}\n    index or reduce it first"
            )
        return self._numpy().item()

    def __int__(self):
        return int(self._scalar("int"))

    def __float__(self):
        return float(self._scalar("float"))

    def __complex__(self):
        return complex(self._scalar("complex"))

    def __index__(self):
        if self.aval.shape or not dtypes.is_integer(self.aval.dtype):
            raise TypeError(
                "only integer arrays of rank 0 are an index\n"
                f"    this one is {self.aval}\n    use int(x) or x.astype(int)"
            )
        return int(self._numpy())

    def item(self, *args):
        """The element, or the element at an index, as a Python scalar."""
        return self._numpy().item(*args)

    def tolist(self):
        """The elements as nested Python lists."""
        return self._numpy().tolist()

    def tobytes(self, order="C"):
        """The elements as bytes."""
        return self._numpy().tobytes(order)

    def __iter__(self):
        if not self.aval.shape:
            raise TypeError("iteration over a 0-dimensional array: it has no axes")
        return (self[i] for i in range(self.aval.shape[0]))

    def __format__(self, spec):
        return format(self._numpy().item() if not self.aval.shape else str(self), spec)

    def __repr__(self):
        if self.is_deleted():
            return f"Array({self.aval}, deleted)"
        if dtypes.is_extended(self.aval.dtype):
            name = self.aval.dtype.name
            return f"Array({self.aval.shape}, dtype={name}) of words\n{self._stored()}"
        head, weak = "Array(", ", weak_type=True" if self.aval.weak_type else ""
        text = np.array2string(self._printable(), separator=", ", prefix=head)
        return f"{head}{text}, dtype={self.aval.dtype.name}{weak})"

    def __str__(self):
        return "deleted array" if self.is_deleted() else str(self._printable())

    def _printable(self):
        found = self._stored()
        return found.astype(np.float32) if found.dtype.kind == "V" and found.size else found

    # ------------------------------------------------------------ memory
    def block_until_ready(self):
        """Wait until the value has been computed; the array."""
        try:
            self._raw.block_until_ready()
        except RuntimeError as e:
            raise self._deleted() or e from None
        return self

    def is_ready(self):
        """Whether the value has been computed."""
        return self._raw.is_ready()

    def is_deleted(self):
        """Whether the memory has been given up, by `delete` or by donation."""
        return self._raw.is_deleted()

    def delete(self):
        """Give up the memory now."""
        self._raw.delete()

    def devices(self):
        """The set of devices that hold the array."""
        return set(pjrt.devices_of(self._raw))

    def copy_to_host_async(self):
        """Begin to copy the value to the host."""
        self._raw._copy_single_device_array_to_host_async()

    def __reduce__(self):
        return put, (np.array(self._stored()), self.aval)

    def __deepcopy__(self, memo):
        return put(self._stored(), self.aval)

    def __copy__(self):
        return self

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        if copy:
            return put(self._numpy(), self.aval).__dlpack__()
        return pjrt.to_dlpack(self.block_until_ready()._raw)

    def __dlpack_device__(self):
        (device,) = self.devices()
        return ({"cpu": 1, "cuda": 2, "gpu": 2}.get(device.platform, 1), device.local_hardware_id or 0)

    def unsafe_buffer_pointer(self):
        """The address of the memory."""
        return self._raw.unsafe_buffer_pointer()


def put(values, aval, device=None, may_alias=False):
    """An array of a NumPy array's values, which has the shape and dtype of the aval in memory."""
    device = device or devices.default_device()
    return DeviceArray(pjrt.put(values, in_memory(aval), device, may_alias), aval)


_SCALARS: dict = {}


def scalar(value, aval):
    """The array of a Python number; kept, since the same few numbers are used again and again."""
    key = (aval, value if value and value == value else repr(value))
    found = _SCALARS.get(key)
    if found is None or found._raw.is_deleted():
        if len(_SCALARS) > 4096:
            _SCALARS.clear()
        found = _SCALARS[key] = put(np.array(value, aval.dtype), aval)
    return found


def from_numpy(x):
    """The array of a NumPy array or scalar, narrowed to 32 bits unless 64-bit types are on."""
    dtype = dtypes.canonicalize(dtypes.dtype(x.dtype))
    x = np.asarray(x, dtype, order="C")
    return put(x, ShapedArray(x.shape, dtype))


def as_array(x):
    """The concrete array of any value that an operation takes."""
    kind = type(x)
    if kind is DeviceArray:
        return x
    if kind in PYTHON_SCALARS:
        return scalar(x, scalar_aval(kind))
    if kind is Literal:
        return scalar(x.value, x.aval)
    if isinstance(x, np.ndarray | np.generic):
        return from_numpy(x)
    if isinstance(x, Array):
        found = x.concrete() if hasattr(x, "concrete") else None
        if found is not None:
            return found
        raise leaked_or_foreign(x)
    return as_array(convert(x))


def place(x, device=None):
    """The array of a value on a device; by default where it is, or on the first device."""
    found = as_array(x)
    if device is None or device in found.devices():
        return found
    return DeviceArray(pjrt.copy_to_device(found._raw, found.aval, device), found.aval)


def leaked_or_foreign(x):
    """The error for a tracer that reached a place where operations run at once."""
    if getattr(x, "trace", None) is not None:
        return leaked(x)
    return ArgumentError("an operation needs a concrete array", f"it was given {x!r}", "pass an array")
