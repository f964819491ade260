"""Every call into jaxlib's private module, with the differences between its versions side by side.

Nothing is registered with jaxlib globally, and its snapshots of the stack rest only without JAX
(see source.rest), so hloom and JAX can live in one process. Buffers are jaxlib's `ArrayImpl`, which
never leave the runtime. Shardings given to jaxlib are `GSPMDSharding`, interned, since jaxlib
compares them by identity.
"""

import functools
import gc
import os
import threading

import numpy as np

# jaxlib reports the devices it finds on standard error unless it is told not to
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")

import jaxlib
from jaxlib import _jax, xla_client

from hloom.frontend import pytree, source
from hloom.frontend.errors import HloomError

VERSION = xla_client._version
JaxlibError = _jax.JaxRuntimeError
Buffer = _jax.ArrayImpl
Device = xla_client.Device
Traceback = _jax.Traceback


def _release(phase, _):
    """Let go of Python objects that jaxlib no longer needs, which its own threads may not."""
    if phase == "stop":
        _jax.collect_garbage()


gc.callbacks.append(_release)
source.install(_jax.Traceback.get_traceback, _jax.set_tracebacks_enabled)
source.rest()
pytree.install(_jax.pytree)


def _takes(function, parameter):
    """Whether a function of this version of jaxlib has a parameter."""
    return parameter in function.__doc__


#: until 0.11.1 it wants to be told not to look for a Python method on the buffers
_HANDLER_EXTRA = (True,) if _takes(_jax.array_result_handler, "_skip_checks") else ()
#: until 0.11.2 jaxlib knows DLPack before versions
_VERSIONED_DLPACK = _takes(_jax.buffer_to_dlpack_managed_tensor, "max_version")


class BackendError(HloomError, RuntimeError):
    """A platform that was asked for is not there."""


def once(function):
    """functools.cache for what there may be only one of, though several threads ask first.

    Two clients of one platform would each refuse the buffers of the other.
    """
    made, lock = functools.cache(function), threading.RLock()

    @functools.cache
    @functools.wraps(function)
    def call(*args):
        with lock:
            return made(*args)

    return call


@once
def cpu_client():
    """The CPU client; HLOOM_NUM_CPU_DEVICES sets the number of its devices.

    A single device computes in the thread that calls. Handing a program to another thread costs
    more than twice the work of a small one, and gains only what Python does meanwhile;
    HLOOM_CPU_ASYNC=1 chooses that. Several devices always run beside each other.
    """
    count = int(os.environ.get("HLOOM_NUM_CPU_DEVICES") or 1)
    asynchronous = count > 1 or os.environ.get("HLOOM_CPU_ASYNC", "0") not in ("", "0")
    return xla_client.make_cpu_client(asynchronous=asynchronous, num_devices=count)


@once
def sharding(devices):
    """The replicated sharding over a tuple of devices."""
    made = _jax.GSPMDSharding(_jax.DeviceList(devices), xla_client.HloSharding.replicate())
    _DEVICES[id(made)] = devices
    return made


#: id of an interned sharding -> its devices
_DEVICES: dict = {}


def devices_of(buffer):
    """The devices that hold a buffer."""
    return _DEVICES[id(buffer._sharding)]


@functools.cache
def device_list(devices):
    """jaxlib's list of devices."""
    return _jax.DeviceList(devices)


def handler(aval, devices):
    """What wraps one result of an execution in a buffer."""
    return _jax.array_result_handler(aval, sharding(devices), True, *_HANDLER_EXTRA)


_ZERO_COPY = xla_client.HostBufferSemantics.ZERO_COPY
_COPY = xla_client.HostBufferSemantics.IMMUTABLE_ONLY_DURING_CALL


def put(array, aval, device, may_alias=False):
    """A NumPy array, of the aval's dtype, in a device's memory."""
    # jaxlib narrows 64-bit arrays by a flag of its own unless told that 64 bits are on
    return _jax.batched_device_put(
        aval,
        sharding((device,)),
        [array],
        [device],
        True,
        not may_alias,
        _ZERO_COPY if may_alias else _COPY,
        True,
    )


def copy_to_device(buffer, aval, device):
    """A buffer's copy on another device of the same client."""
    semantics = xla_client.ArrayCopySemantics.ALWAYS_COPY
    (made,) = _jax.batched_copy_array_to_devices_with_sharding(
        [buffer], [device_list((device,))], [sharding((device,))], [semantics]
    )
    return handler(aval, (device,))(made)


def compile_options(devices, overrides=()):
    """CompileOptions for one replica on the given devices."""
    options = xla_client.CompileOptions()
    build = options.executable_build_options
    options.num_replicas = build.num_replicas = 1
    options.num_partitions = build.num_partitions = len(devices)
    options.device_assignment = build.device_assignment = xla_client.DeviceAssignment.create(
        np.array([[d.id for d in devices]], np.int32)
    )
    if overrides:
        options.env_option_overrides = list(overrides)
    return options


def compile(client, code, devices, overrides=(), callbacks=()):
    """Compile an `ir.Module` or its bytecode; the loaded executable."""
    options = compile_options(devices, overrides)
    if callbacks:
        return client.compile_and_load(code, device_list(devices), options, list(callbacks))
    return client.compile_and_load(code, list(devices), options)


def serialize(client, executable):
    """An executable as bytes."""
    return client.serialize_executable(executable)


def deserialize(client, data, devices, overrides=(), callbacks=()):
    """The executable from its bytes."""
    options = compile_options(devices, overrides)
    return client.deserialize_executable(data, device_list(devices), options, list(callbacks))


_PACKED = ("int2", "int4", "uint2", "uint4", "float4_e2m1fn")


def to_numpy(buffer, aval):
    """The values of a buffer as a read-only NumPy array, without a copy where the dtype allows."""
    dtype = aval.dtype
    on_host = buffer.platform() == "cpu"
    if on_host and dtype.isbuiltin == 1:  # not one of ml_dtypes
        return np.asarray(buffer)
    if not on_host or dtype.name in _PACKED:
        found, _ = buffer._single_device_array_to_np_array_did_copy()
        return found
    buffer.block_until_ready()
    holder = _Memory(buffer, aval)
    return np.asarray(holder).view(dtype).reshape(aval.shape)


class _Memory:
    """Offers the memory of a buffer as raw bytes, for dtypes that the buffer protocol lacks."""

    def __init__(self, buffer, aval):
        self.buffer = buffer
        self.__array_interface__ = {
            "shape": (aval.size * aval.dtype.itemsize,),
            "typestr": "|u1",
            "data": (buffer.unsafe_buffer_pointer(), True),
            "version": 3,
        }


def load_plugin(platform, path):
    """Load a PJRT plugin's shared library; its C API."""
    api = _jax.load_pjrt_plugin(platform, path, None)
    _jax.initialize_pjrt_plugin(platform)
    return api


def plugin_client(platform, options):
    """The client of a loaded plugin."""
    return xla_client.make_c_api_client(platform, options, None)


def topology_devices(api, name, options):
    """Compile-only devices of a topology."""
    return _jax.get_c_api_topology(api, name, options)._make_compile_only_devices()


def compile_ahead(devices, module, overrides=()):
    """Compile an `ir.Module` for compile-only devices; an executable that cannot be run."""
    options = compile_options(devices, overrides)
    return devices[0].client.compile(module, device_list(devices), options)


def cost_analysis(executable):
    """XLA's estimates of an executable, a dict; those of its HLO where the platform has none."""
    try:
        found = executable.cost_analysis()
    except JaxlibError:
        (module,) = executable.hlo_modules()
        return hlo_cost_analysis(module)
    return found[0] if isinstance(found, list | tuple) else found


def hlo_cost_analysis(module):
    """XLA's estimates of an HloModule, a dict."""
    return _jax.hlo_module_cost_analysis(cpu_client(), module)


def computation(module):
    """The XlaComputation of an MLIR module, before XLA optimises it."""
    convert = _jax.mlir.mlir_module_to_xla_computation
    return convert(str(module), use_tuple_args=False, return_tuple=False)


def hlo(module):
    """The HloModule of an MLIR module, before XLA optimises it."""
    return computation(module).get_hlo_module()


def jaxlib_version():
    """The version of jaxlib, as text."""
    return jaxlib.__version__


def to_dlpack(buffer, stream, max_version, copied):
    """A DLPack capsule that shares a buffer's memory."""
    if not _VERSIONED_DLPACK:
        return _jax.buffer_to_dlpack_managed_tensor(buffer, stream=stream)
    return _jax.buffer_to_dlpack_managed_tensor(
        buffer, stream=stream, max_version=max_version, copied=copied
    )


def serialize_portable(module, version):
    """Portable bytecode of an MLIR module for a StableHLO version.

    Operations of chlo become composites and shardings string attributes, which all consumers read.
    """
    return _jax.mlir.serialize_portable_artifact(module, version)


@once
def register_lapack():
    """Make LAPACK's kernels known to XLA, for CPU."""
    from jaxlib import lapack  # it loads scipy's linear algebra, which few programs need
    from jaxlib.cpu import _lapack

    _lapack.initialize()
    for name, kernel, version in lapack.registrations()["cpu"]:
        register_kernel(name, kernel, "cpu", version)


#: platform -> XLA's name of it, under which kernels are registered
_XLA_NAMES = {"cuda": "CUDA", "rocm": "ROCM"}


def register_kernel(name, kernel, platform, api_version=1):
    """Make a kernel, a PyCapsule or a dict of its stages, known to XLA under a name.

    Those of a plugin's platform are kept until the plugin is there to take them.
    """
    platform = _XLA_NAMES.get(platform, platform)
    xla_client.register_custom_call_target(name, kernel, platform=platform, api_version=api_version)


def take_kernels(platform, api, extension):
    """Let a plugin, by its extension module, take kernels and their types from now on."""
    name = _XLA_NAMES[platform]
    xla_client.register_custom_call_handler(
        name, functools.partial(extension.register_custom_call_target, api)
    )
    for kind, ids in extension.ffi_types().items():
        extension.register_custom_type(api, kind, ids)
    for target, kernel in extension.ffi_handlers().items():
        register_kernel(target, kernel, platform)
