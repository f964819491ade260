"""Programs through IREE: an artifact compiled to a VM FlatBuffer, and a runner for it.

IREE is optional and heavy, so it is imported when first used. Its compiler runs as a process of its
own: a crash there is an error here, and its MLIR never meets jaxlib's in one process.
"""

import importlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from hloom.frontend.errors import IreeError


class Target(NamedTuple):
    """How IREE compiles for a kind of device, and the driver that runs what comes out."""

    backend: str
    driver: str
    options: Mapping[str, Any] = {}


#: name -> how to compile for it. IREE's own default for the CPU uses no vector instructions.
TARGETS = {
    "cpu": Target("llvm-cpu", "local-task", {"llvmcpu_target_cpu": "host"}),
    "vmvx": Target("vmvx", "local-task"),
    "cuda": Target("cuda", "cuda", {"cuda_target": "sm_80"}),
    "rocm": Target("rocm", "hip", {"rocm_target": "gfx942"}),
    "vulkan": Target("vulkan-spirv", "vulkan"),
    "metal": Target("metal-spirv", "metal"),
}

#: Compiling must not change a program's types.
_OPTIONS = {"input_demote_f64_to_f32": False}

#: IREE's element type -> ours. A boolean is a byte there as well.
_ELEMENTS = {
    "BOOL_8": "bool",
    **{f"SINT_{bits}": f"int{bits}" for bits in (4, 8, 16, 32, 64)},
    **{f"INT_{bits}": f"int{bits}" for bits in (4, 8, 16, 32, 64)},
    **{f"UINT_{bits}": f"uint{bits}" for bits in (4, 8, 16, 32, 64)},
    **{f"FLOAT_{bits}": f"float{bits}" for bits in (16, 32, 64)},
    **{f"COMPLEX_{bits}": f"complex{bits}" for bits in (64, 128)},
    "BFLOAT_16": "bfloat16",
    "FLOAT_8_E4M3_FN": "float8_e4m3fn",
    "FLOAT_8_E4M3_FNUZ": "float8_e4m3fnuz",
    "FLOAT_8_E5M2": "float8_e5m2",
    "FLOAT_8_E5M2_FNUZ": "float8_e5m2fnuz",
    "FLOAT_8_E8M0_FNU": "float8_e8m0fnu",
}

#: IREE masks the ends of vectors, which it cannot for integers of 4 bits on a processor without
#: AVX-512. Then they are peeled off.
_MASKED = "failed to legalize operation 'vector.maskedload'"
_PEELED = {"llvmcpu_vector_pproc_strategy": "peel"}

#: what IREE complains about -> what to do
_REMEDIES = {
    "cholesky": "lower for the portable target, which says it in basic operations",
    "triangular_solve": "lower for the portable target, which says it in basic operations",
    "custom_call": "lower for the portable target, which makes no custom calls",
    "sdy": "lower for one device: IREE does not read shardings",
    "chlo": "lower for the portable target, which says it in basic operations",
}
_ERROR = re.compile(r"^(?:(?P<place>\S.*?): )?error: (?P<text>.*)$", re.MULTILINE)


def compile(data: bytes | str, target: str = "cpu", **options: Any) -> bytes:
    """A VM FlatBuffer of a StableHLO module, given as an artifact, as bytecode or as text.

    Options are those of iree-compile, without `--iree-` and with underscores, as in
    `llvmcpu_target_cpu="generic"`.
    Raises IreeError with IREE's first complaint when it cannot compile the module.
    """
    tools = _import("iree.compiler.tools", "iree-base-compiler")
    if target not in TARGETS:
        raise IreeError(
            f"iree.compile: target {target!r}",
            f"the targets are {', '.join(TARGETS)}",
            "choose one of these",
        )
    chosen = TARGETS[target]
    flags = {**_OPTIONS, **chosen.options, **options}
    try:
        return bytes(
            tools.compile_str(
                data,
                input_type="stablehlo",
                target_backends=[chosen.backend],
                extra_args=[_flag(name, value) for name, value in flags.items()],
            )
        )
    except tools.CompilerToolError as error:
        if _MASKED in str(error) and not _PEELED.keys() & flags.keys():
            return compile(data, target, **options, **_PEELED)
        found, remedy = _explain(str(error))
        raise IreeError(f"iree.compile: for {target}", found, remedy) from None


class Runner:
    """A compiled program on a device: call it with arrays, get a list of NumPy arrays."""

    def __init__(self, vmfb: bytes, driver: str = "local-task", function: str = "main") -> None:
        self._runtime = runtime = _import("iree.runtime", "iree-base-runtime")
        self._function = function
        try:
            self._device = runtime.get_device(driver)
            config = runtime.Config(device=self._device)
            module = runtime.VmModule.copy_buffer(config.vm_instance, vmfb)
            modules = [*config.default_vm_modules, module]
            self._context = runtime.VmContext(config.vm_instance, modules)
        except (ValueError, RuntimeError, LookupError) as error:
            raise IreeError(
                f"iree.Runner: a program of {len(vmfb)} bytes on {driver}",
                _first_line(error),
                f"the drivers are {', '.join(runtime.query_available_drivers())};"
                " the program is what iree.compile returns",
            ) from None
        self._entry = module.lookup_function(function)
        if self._entry is None:
            raise IreeError(
                f"iree.Runner: the function {function!r}",
                f"the program has {', '.join(module.function_names)}",
                "name one of these",
            )
        kinds = runtime.HalElementType
        self._dtypes = {int(getattr(kinds, name)): _dtype(d) for name, d in _ELEMENTS.items()}
        self._kinds = {dtype: kind for kind, dtype in self._dtypes.items()}

    def __call__(self, *arrays: Any) -> list[np.ndarray[Any, Any]]:
        """Run on arrays whose shapes and dtypes are the program's."""
        operands = self._runtime.VmVariantList(len(arrays))
        results = self._runtime.VmVariantList(1)
        for array in arrays:
            operands.push_ref(self._to_device(np.asarray(array)))
        try:
            self._context.invoke(self._entry, operands, results)
        except (ValueError, RuntimeError, LookupError) as error:
            given = ", ".join(f"{np.asarray(a).dtype}{list(np.shape(a))}" for a in arrays)
            raise IreeError(
                f"iree.Runner: {self._function}({given})",
                _first_line(error),
                f"the program is {self._entry.reflection.get('iree.abi.declaration', 'unknown')}",
            ) from None
        view = self._runtime.HalBufferView
        return [self._to_host(results.get_as_object(i, view)) for i in range(results.size)]

    def _to_device(self, array: np.ndarray[Any, Any]) -> Any:
        kind = self._kinds.get(array.dtype)
        if kind is None:
            raise IreeError(
                f"iree.Runner: an argument of dtype {array.dtype}",
                "IREE has no such element type",
                "convert the argument to the program's dtype",
            )
        types, usage = self._runtime.MemoryType, self._runtime.BufferUsage
        buffer = self._device.allocator.allocate_buffer_copy(
            memory_type=types.DEVICE_LOCAL,
            allowed_usage=usage.DEFAULT | usage.MAPPING,
            device=self._device,
            buffer=_to_bytes(array),
        )
        return self._runtime.HalBufferView(buffer, array.shape, kind)

    def _to_host(self, view: Any) -> np.ndarray[Any, Any]:
        dtype = self._dtypes[int(view.element_type)]
        kind = self._kinds[np.dtype(np.uint8)]
        as_bytes = self._runtime.HalBufferView(view.get_buffer(), [view.byte_length], kind)
        raw = self._runtime.DeviceArray(self._device, as_bytes).to_host()
        return _from_bytes(raw, tuple(view.shape), dtype)


def _to_bytes(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The elements as IREE keeps them: dense, and two to a byte when they have four bits."""
    flat: np.ndarray[Any, Any] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    if _bits(array.dtype) == 4:
        nibbles = np.append(flat, np.uint8(0))[: len(flat) + len(flat) % 2] & 0xF
        flat = nibbles[::2] | (nibbles[1::2] << 4)
    return flat


def _from_bytes(
    raw: np.ndarray[Any, Any], shape: tuple[int, ...], dtype: np.dtype[Any]
) -> np.ndarray[Any, Any]:
    size = int(np.prod(shape))
    if _bits(dtype) == 4:
        nibbles: np.ndarray[Any, Any] = np.stack([raw & 0xF, raw >> 4], axis=-1).reshape(-1)[:size]
        signed = dtype.name == "int4"
        if signed:
            nibbles = (nibbles ^ 8).astype(np.int8) - 8
        return nibbles.astype(dtype).reshape(shape)
    return raw[: size * dtype.itemsize].view(dtype).reshape(shape).copy()


def _bits(dtype: np.dtype[Any]) -> int:
    return 4 if dtype.name in ("int4", "uint4") else dtype.itemsize * 8


def _dtype(name: str) -> np.dtype[Any]:
    return np.dtype(getattr(ml_dtypes, name, name))


def _flag(name: str, value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"--iree-{name.replace('_', '-')}={text}"


def _explain(report: str) -> tuple[str, str]:
    error = _ERROR.search(report)
    if error is None:
        code = report.partition("Error code: ")[2].partition("\n")[0]
        said = report.partition("Diagnostics:")[2].partition("Invoked with:")[0].strip()
        found = said.partition("\n")[0] or f"iree-compile ended with code {code}"
        return found, "check the options; without any, report it to IREE with the module's text"
    text = error["text"].split(": %")[0][:200]
    place = f" ({error['place']})" if error["place"] else ""
    remedy = next((r for word, r in _REMEDIES.items() if word in text), None)
    return f"{text}{place}", remedy or "change the operation, or the options given to IREE"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _import(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise IreeError(
            f"iree: needs the package {package}",
            f"it cannot be imported: {error}",
            "pip install 'hloom[iree]'",
        ) from None
