"""`DeviceArray`, the concrete array: a buffer in a device's memory and an interned aval.

It is the class behind the values that people see; `hloom.Array` is its base. The buffer may still
be computed when the array is made: reading its values waits.
"""

import struct

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError, DTypeError, TracedValueError
from hloom.frontend.ir import Literal, exact
from hloom.frontend.keys import in_memory
from hloom.frontend.trace import PYTHON_SCALARS, Tracer, convert, leaked, scalar_aval
from hloom.runtime import devices, guards, pjrt
from hloom.runtime.execution import deleted
from hloom.runtime.failures import reveal
from hloom.runtime.interchange import dlpack_device, exported, exported_memory

_FORMATS = "b1 ? i1 b u1 B i2 h u2 H i4 i u4 I i8 q u8 Q f2 e f4 f f8 d".split()
#: dtype -> what reads one element in the host's memory as a Python scalar
_UNPACK = {
    np.dtype(t): struct.Struct(f"={f}").unpack for t, f in zip(_FORMATS[::2], _FORMATS[1::2])
}


#: aval of rank 0 -> the same
_SINGLE: dict = {}


def _unpacker(aval, kind):
    if aval.shape:
        remedy = "use x.item()" if aval.size == 1 else "index or reduce it first"
        raise TypeError(
            f"only arrays of rank 0 become a Python {kind.__name__}\n"
            f"    this one has shape {aval.shape}\n    {remedy}"
        )
    found = _SINGLE[aval] = _UNPACK.get(aval.dtype, _not_in_memory)
    return found


def _not_in_memory(raw):
    raise BufferError("the dtype has no format in Python's memory")


class DeviceArray(Array):
    """A concrete array; `literal`, if set, is what stands for it in a program (see trace.lift)."""

    # without a constructor: to set two slots takes half the time of its call (see `wrap`)
    __slots__ = ("__weakref__", "_raw", "aval", "literal")

    _raw: pjrt.Buffer
    aval: ShapedArray
    literal: Literal

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
        if thread.context.watches.transfer_guard_device_to_host != "allow":
            guards.transfer("device_to_host", self.aval)
        try:
            return pjrt.to_numpy(self._live(), in_memory(self.aval))
        except RuntimeError as error:
            reveal(error)
            raise

    def _live(self):
        """The buffer; jaxlib must not be asked for the values of one that is deleted."""
        if self._raw.is_deleted():
            raise deleted(f"the array {self.aval} has no value any more")
        return self._raw

    def __array__(self, dtype=None, copy=None):
        found = self._numpy()
        if dtype is None or found.dtype == dtype:
            return found.copy() if copy else found
        if copy is False:
            raise ValueError(
                f"an array of {found.dtype} has no view as {np.dtype(dtype)}\n"
                "    copy=False was asked for\n    leave copy away, or use x.astype(...)"
            )
        return found.astype(dtype)

    def __buffer__(self, flags):
        # called from Python 3.12 on; before, memoryview(numpy.asarray(x)) is the same
        if thread.context.watches.transfer_guard_device_to_host != "allow":
            guards.transfer("device_to_host", self.aval)
        return exported_memory(self)

    def __bool__(self):
        if self.aval.size != 1:
            raise ValueError(
                f"the truth of an array of {self.aval.size} elements is not defined\n"
                f"    it has shape {self.aval.shape}\n    use x.any() or x.all()"
            )
        return bool(self._numpy().item())

    def _scalar(self, kind):
        unpack = _SINGLE.get(self.aval) or _unpacker(self.aval, kind)
        if thread.context.watches.transfer_guard_device_to_host == "allow":
            try:
                (found,) = unpack(self._raw)
                return found
            except (BufferError, RuntimeError):
                pass  # deleted, in another memory, or its computation failed
        return self._numpy().item()

    def __int__(self):
        return int(self._scalar(int))

    def __float__(self):
        return float(self._scalar(float))

    def __complex__(self):
        return complex(self._scalar(complex))

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
        is_number = not self.aval.shape and not dtypes.is_extended(self.aval.dtype)
        return format(self._numpy().item() if is_number else str(self), spec)

    def __repr__(self):
        if self.is_deleted():
            return f"Array({self.aval}, deleted)"
        if dtypes.is_extended(self.aval.dtype):
            name = self.aval.dtype.name
            return f"Array({self.aval.shape}, dtype={name}) of words\n{self._stored()}"
        head, weak = "Array(", ", weak_type=True" if self.aval.weak_type else ""
        text = np.array2string(self._printable(), separator=", ", prefix=head)
        if self.aval.size == 0 and self.aval.ndim > 1:
            text = f"[], shape={self.aval.shape}"
        return f"{head}{text}, dtype={self.aval.dtype.name}{weak})"

    def __str__(self):
        if self.is_deleted():
            return "deleted array"
        return repr(self) if dtypes.is_extended(self.aval.dtype) else str(self._printable())

    def _printable(self):
        found = self._stored()
        if found.dtype.isbuiltin == 1:
            return found
        # NumPy would neither align the types of ml_dtypes nor show that they are floats
        return found.astype(np.int8 if dtypes.is_integer(self.aval.dtype) else np.float32)

    # ------------------------------------------------------------ memory
    def block_until_ready(self):
        """Wait until the value has been computed; the array."""
        try:
            self._live().block_until_ready()
        except RuntimeError as error:
            reveal(error)
            raise
        return self

    def is_ready(self):
        """Whether the value has been computed."""
        return self._live().is_ready()

    def is_deleted(self):
        """Whether the memory has been given up, by `delete` or by donation."""
        return self._raw.is_deleted()

    def delete(self):
        """Give up the memory now."""
        self._raw.delete()

    def devices(self):
        """The set of devices that hold the array."""
        return set(pjrt.devices_of(self._raw))

    @property
    def device(self):
        """The device that holds the array."""
        (found,) = pjrt.devices_of(self._raw)
        return found

    def copy_to_host_async(self):
        """Begin to copy the value to the host."""
        self._live()._copy_single_device_array_to_host_async()

    def __reduce__(self):
        return put, (np.array(self._stored()), self.aval)

    def __deepcopy__(self, memo):
        return put(self._stored(), self.aval, self.device)

    def __copy__(self):
        return self

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        return exported(self, stream, max_version, dl_device, copy)

    def __dlpack_device__(self):
        return dlpack_device(self.device)

    def unsafe_buffer_pointer(self):
        """The address of the memory."""
        return self._live().unsafe_buffer_pointer()


def wrap(raw, aval):
    """The array of a buffer."""
    made = DeviceArray()
    made._raw, made.aval = raw, aval
    return made


def wrap_all(raws, avals):
    """The arrays of several buffers, in a list."""
    n = len(avals)
    unrolled = _UNROLLED.get(n)
    if unrolled is not None:
        return unrolled(raws, avals)
    if 0 < n <= 32:
        return _unroll(n)(raws, avals)
    arrays = []
    for raw, aval in zip(raws, avals):
        arrays.append(made := DeviceArray())
        made._raw, made.aval = raw, aval
    return arrays


#: number of buffers -> `wrap_all` without its loop, which takes half again as long
_UNROLLED: dict = {}


def _unroll(n):
    names = [f"x{i}" for i in range(n)]
    each = lambda what: ", ".join([what.format(x) for x in names])
    lines = [
        "def wrap_all(raws, avals):",
        f"    {each('{}')}, = {each('DeviceArray()')},",
        f"    {each('{}._raw')}, = raws",
        f"    {each('{}.aval')}, = avals",
        f"    return [{each('{}')}]",
    ]
    scope = {"DeviceArray": DeviceArray}
    exec("\n".join(lines), scope)
    found = _UNROLLED[n] = scope["wrap_all"]
    return found


def put(values, aval, device=None, may_alias=False):
    """An array of a NumPy array's values, which has the shape and dtype of the aval in memory."""
    if thread.context.watches.transfer_guard_host_to_device != "allow":
        guards.transfer("host_to_device", aval)
    device = device or devices.default_device()
    return wrap(pjrt.put(values, in_memory(aval), device, may_alias), aval)


_SCALARS: dict = {}


def scalar(value, aval):
    """The array of a Python number; kept, since the same few numbers are used again and again."""
    context = thread.context
    guard = context.watches.transfer_guard_host_to_device
    if guard != "allow" or context.settings.default_device:
        return put(np.array(value, aval.dtype), aval)
    key = (aval, exact(value))
    found = _SCALARS.get(key)
    if found is None or found._raw.is_deleted():
        if len(_SCALARS) > 4096:
            _SCALARS.clear()
        found = _SCALARS[key] = put(np.array(value, aval.dtype), aval)
    return found


def from_numpy(x):
    """The array of a NumPy array or scalar, narrowed to 32 bits unless 64-bit types are on."""
    x = dtypes.narrowed("an operand", x)
    return put(x, ShapedArray(x.shape, x.dtype))


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
    if isinstance(x, Tracer):
        raise leaked(x) if x.trace.done else _captured(x)
    if isinstance(x, Array):
        what = "an operation needs a concrete array"
        raise ArgumentError(what, f"it was given {x!r}", "pass an array")
    return as_array(convert(x))


def place(x, device=None):
    """The array of a value on a device; by default where it is, or on the first device."""
    found = as_array(x)
    if devices.checked(device) is None or device in found.devices():
        return found
    guards.transfer("device_to_device", found.aval)
    return wrap(pjrt.copy_to_device(found._raw, found.aval, device), found.aval)


def _captured(x):
    """The error for a tracer where operations run at once, while its transformation still runs."""
    return TracedValueError(
        "operations run at once here, and one is given a traced value",
        f"the value is traced under {x.trace.what} ({x.aval})",
        "pass it as an argument of the function with a rule of its own that closes over it",
    )
