"""Memory shared with NumPy, PyTorch and Python: DLPack, the buffer protocol, `numpy.asarray`."""

import importlib.util
import sys

import ml_dtypes
import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom import dlpack, errors
from hloom.runtime import interchange

_NUMBERS = "bool int8 uint8 int16 uint16 int32 uint32 float16 float32 complex64"
NUMBERS = _NUMBERS.split()
_NARROW = "bfloat16 float8_e4m3fn float8_e5m2 float8_e4m3b11fnuz int4 uint4 int2"
NARROW = _NARROW.split()

torch_only = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"
)
buffers_only = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="classes offer the buffer protocol from Python 3.12 on"
)


def values(dtype):
    return np.array([[0, 1, 1], [1, 0, 1]]).astype(jnp.dtype(dtype))


def aligned(dtype, n):
    """An array of zeros at a multiple of 64 bytes."""
    raw = np.zeros(n * np.dtype(dtype).itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + n * np.dtype(dtype).itemsize].view(dtype)


# ---------------------------------------------------------------- NumPy
@pytest.mark.parametrize("dtype", NUMBERS + NARROW)
def test_numpy_reads_an_array(dtype):
    found = np.asarray(jnp.asarray(values(dtype)))
    assert found.dtype == jnp.dtype(dtype)
    assert not found.flags.writeable
    np.testing.assert_array_equal(found.astype("complex64"), values(dtype).astype("complex64"))


def test_asarray_shares_and_array_copies():
    x = jnp.arange(4.0)
    assert np.asarray(x).ctypes.data == x.unsafe_buffer_pointer()
    copied = np.array(x)
    assert copied.flags.writeable
    assert copied.ctypes.data != x.unsafe_buffer_pointer()


def test_another_dtype_needs_a_copy():
    x = jnp.arange(4)
    assert np.asarray(x, "float64").dtype == np.float64
    with pytest.raises(ValueError, match="an array of int32 has no view as float64"):
        x.__array__("float64", copy=False)


@pytest.mark.parametrize("dtype", NUMBERS)
def test_dlpack_to_and_from_numpy(dtype):
    x = jnp.asarray(values(dtype))
    shared = np.from_dlpack(x)
    assert shared.ctypes.data == x.unsafe_buffer_pointer()
    np.testing.assert_array_equal(shared, values(dtype))
    back = jnp.from_dlpack(values(dtype))
    assert back.dtype == x.dtype
    np.testing.assert_array_equal(back, values(dtype))


def test_memory_outlives_the_array():
    shared = np.from_dlpack(jnp.arange(1000) + 1)
    jnp.zeros(1000, "int32").block_until_ready()
    np.testing.assert_array_equal(shared, np.arange(1, 1001))


def test_copies_are_made_when_asked():
    x = jnp.arange(4)
    assert np.from_dlpack(x, copy=True).ctypes.data != x.unsafe_buffer_pointer()
    source = aligned("int32", 4)
    made = dlpack.from_dlpack(source, copy=True)
    source[:] = 7
    assert made.tolist() == [0, 0, 0, 0]
    assert dlpack.from_dlpack(x) is x
    assert dlpack.from_dlpack(x, copy=True).unsafe_buffer_pointer() != x.unsafe_buffer_pointer()


def test_aligned_memory_is_shared():
    source = aligned("float32", 16)
    made = dlpack.from_dlpack(source, copy=False)
    assert made.unsafe_buffer_pointer() == source.ctypes.data
    for refused in (source[1:], source[::2], aligned("float64", 4)):
        with pytest.raises(errors.InterchangeError, match="has to be copied"):
            dlpack.from_dlpack(refused, copy=False)
        assert dlpack.from_dlpack(refused).shape == refused.shape


def test_what_dlpack_does_not_take():
    with pytest.raises(errors.InterchangeError, match="packs several in a byte"):
        np.from_dlpack(jnp.zeros(2, "int4"))
    with pytest.raises(errors.DTypeError, match="DLPack: an array of key<fry>"):
        hloom.random.key(0).__dlpack__()
    with pytest.raises(errors.InterchangeError, match="it was given list"):
        dlpack.from_dlpack([1.0])
    with pytest.raises(errors.InterchangeError, match=r"the device \(2, 0\) was asked for"):
        jnp.ones(2).__dlpack__(dl_device=(2, 0))
    with pytest.raises(errors.InterchangeError, match="the stream 1 was asked for"):
        jnp.ones(2).__dlpack__(stream=1)
    assert jnp.ones(2).__dlpack_device__() == (1, 0)


class OnAccelerator:
    """A tensor of another library on a CUDA device, which copies it to the host or cannot."""

    def __init__(self, values, copies=True):
        self.values, self.copies = values, copies

    def __dlpack_device__(self):
        return 2, 0

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        if dl_device != (1, 0) or not self.copies:
            raise BufferError("no copy to the host")
        return self.values.__dlpack__()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_memory_of_other_devices_is_copied_to_the_host(dtype):
    tensor = OnAccelerator(jnp.arange(3, dtype=dtype))
    found = dlpack.from_dlpack(tensor)
    assert found.tolist() == [0, 1, 2]
    assert found.dtype == dtype
    with pytest.raises(errors.InterchangeError, match=r"\(2, 0\), and to be shared it has to be"):
        dlpack.from_dlpack(tensor, copy=False)
    tensor.copies = False
    with pytest.raises(errors.InterchangeError, match="OnAccelerator does not copy it"):
        dlpack.from_dlpack(tensor)


def test_arrays_of_other_devices_are_copied_to_the_host(monkeypatch):
    monkeypatch.setitem(interchange._DEVICE_TYPES, "cpu", 2)
    x = jnp.arange(3)
    assert x.__dlpack_device__() == (2, 0)
    found = np.from_dlpack(x, device="cpu")
    assert found.tolist() == [0, 1, 2]
    assert found.ctypes.data != x.unsafe_buffer_pointer()
    with pytest.raises(errors.InterchangeError, match=r"\(1, 0\) was asked for, and no copy"):
        x.__dlpack__(dl_device=(1, 0), copy=False)


def test_supported_dtypes():
    assert all(map(dlpack.is_supported_dtype, [*NUMBERS, "bfloat16", "float8_e5m2"]))
    assert not any(map(dlpack.is_supported_dtype, ["int4", "uint2", "float4_e2m1fn"]))


class Offers:
    """An array of ours as a foreign object, which offers DLPack alone."""

    def __init__(self, x):
        self.x = x

    def __dlpack__(self, **_):
        return self.x.__dlpack__()

    def __dlpack_device__(self):
        return 1, 0


@pytest.mark.parametrize("dtype", [d for d in NARROW if "float" in d])
def test_dtypes_that_numpy_lacks(dtype):
    for x in (jnp.asarray(values(dtype)), jnp.zeros((), dtype), jnp.zeros((0, 2), dtype)):
        found = dlpack.from_dlpack(Offers(x))
        assert (found.shape, found.dtype) == (x.shape, x.dtype)
        np.testing.assert_array_equal(found, x)


# ---------------------------------------------------------------- PyTorch
@torch_only
@pytest.mark.parametrize(
    "dtype", ["bfloat16", *[d for d in NUMBERS if d not in ("uint16", "uint32")]]
)
def test_torch_both_ways(dtype):
    import torch

    x = jnp.asarray(values(dtype))
    tensor = torch.from_dlpack(x)
    assert str(tensor.dtype) == f"torch.{dtype}"
    assert tensor.data_ptr() == x.unsafe_buffer_pointer()
    back = jnp.from_dlpack(tensor)
    assert back.dtype == x.dtype
    np.testing.assert_array_equal(back, x)
    transposed = jnp.from_dlpack(tensor.T)
    np.testing.assert_array_equal(transposed, np.asarray(x).T)


@torch_only
def test_torch_gradients_stay_there():
    import torch

    with pytest.raises(BufferError, match="detach"):
        jnp.from_dlpack(torch.ones(2, requires_grad=True))


# ---------------------------------------------------------------- the buffer protocol
@buffers_only
def test_memoryview():
    x = jnp.arange(6.0).reshape(2, 3)
    view = memoryview(x)
    assert (view.shape, view.format[-1], view.readonly) == ((2, 3), "f", True)
    assert bytes(view) == x.tobytes()
    for dtype in ("bfloat16", "int4"):
        with pytest.raises(BufferError, match="view the bits as integers"):
            memoryview(jnp.ones(2, dtype))
    with pytest.raises(BufferError, match="view the bits"):
        memoryview(hloom.random.key(0))
    x.delete()
    with pytest.raises(errors.DeletedArrayError):
        memoryview(x)


def test_memoryview_by_way_of_numpy():
    x = jnp.arange(3)
    assert memoryview(np.asarray(x)).tolist() == [0, 1, 2]


def test_bytes():
    x = jnp.asarray(np.array([1.5, -2], ml_dtypes.bfloat16))
    assert x.tobytes() == np.asarray(x).tobytes()
    assert jnp.frombuffer(jnp.arange(3).tobytes(), "int32").tolist() == [0, 1, 2]
