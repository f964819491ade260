"""StableHLO's portable bytecode: modules to bytes and back, at a version of StableHLO.

A module written for version v is readable by every consumer at v or later for five years, and the
serializer refuses what v cannot say. The version in a file's header is only a label that no reader
enforces, so nothing here trusts it.
"""

import contextlib
import io
import re
from collections.abc import Iterator

from jaxlib.mlir import ir

from hloom.frontend.errors import ArtifactError
from hloom.lowering.dialects import stablehlo
from hloom.runtime import pjrt

#: element type in MLIR -> the dtype's name in NumPy and ml_dtypes
DTYPES = {
    "i1": "bool",
    **{f"i{bits}": f"int{bits}" for bits in (2, 4, 8, 16, 32, 64)},
    **{f"ui{bits}": f"uint{bits}" for bits in (2, 4, 8, 16, 32, 64)},
    **{f"f{bits}": f"float{bits}" for bits in (16, 32, 64)},
    "bf16": "bfloat16",
    "complex<f32>": "complex64",
    "complex<f64>": "complex128",
    "f4E2M1FN": "float4_e2m1fn",
    "f8E3M4": "float8_e3m4",
    "f8E4M3": "float8_e4m3",
    "f8E4M3B11FNUZ": "float8_e4m3b11fnuz",
    "f8E4M3FN": "float8_e4m3fn",
    "f8E4M3FNUZ": "float8_e4m3fnuz",
    "f8E5M2": "float8_e5m2",
    "f8E5M2FNUZ": "float8_e5m2fnuz",
    "f8E8M0FNU": "float8_e8m0fnu",
}

_Requirement = stablehlo.StablehloCompatibilityRequirement

_ERROR = re.compile(r"(?P<place>\S+): error: (?P<text>.*?)(: %|: \"|$)", re.MULTILINE)

Shape = tuple[int | None, ...]


def current_version() -> str:
    """The newest StableHLO version that this jaxlib reads and writes."""
    return str(stablehlo.get_current_version())


def minimum_version() -> str:
    """The oldest StableHLO version that this jaxlib writes."""
    return str(stablehlo.get_minimum_version())


def preferred_versions() -> list[str]:
    """The versions to write, the best first: 12 weeks old, 4 weeks old, today's."""
    ages = (_Requirement.WEEK_12, _Requirement.WEEK_4, _Requirement.NONE)
    return [str(stablehlo.get_version_from_compatibility_requirement(age)) for age in ages]


def parse_version(text: str) -> tuple[int, int, int]:
    """The three numbers of a version such as "1.13.7"."""
    numbers = text.split(".")
    if len(numbers) != 3 or not all(n.isascii() and n.isdecimal() for n in numbers):
        raise ArtifactError(
            f"StableHLO version {text!r}",
            "a version is three numbers with dots between",
            f"write it as in {minimum_version()!r}",
        )
    major, minor, patch = map(int, numbers)
    return major, minor, patch


def serialize(module: ir.Module, version: str, attributes: dict[str, str] | None = None) -> bytes:
    """The portable bytecode of a module for a version, with string attributes added to it.

    Raises ArtifactError when the version is out of range or lacks an operation of the module.
    """
    lowest, highest = minimum_version(), current_version()
    if not parse_version(lowest) <= parse_version(version) <= parse_version(highest):
        raise ArtifactError(
            f"serialize: for StableHLO {version}",
            f"this jaxlib writes {lowest} to {highest}",
            "choose a version in that range",
        )
    copied = _copy(module)
    for name, value in (attributes or {}).items():
        copied.operation.attributes[name] = ir.StringAttr.get(value, module.context)
    try:
        return bytes(pjrt.serialize_portable(copied, version))
    except Exception as error:
        raise ArtifactError(
            f"serialize: StableHLO {version} cannot say this module",
            _reason(str(error)),
            f"ask for a newer version, up to {highest}, or lower for a portable target",
        ) from None


def deserialize(data: bytes, context: ir.Context) -> ir.Module:
    """The module in portable bytecode whose integrity has been established: the reader is C++."""
    with _diagnostics(context) as found:
        try:
            module: ir.Module = stablehlo.deserialize_portable_artifact(context, data)
        except Exception as error:
            raise ArtifactError(
                "deserialize: the module cannot be read",
                found or str(error),
                f"update jaxlib: this one reads StableHLO up to {current_version()}",
            ) from None
    return module


def custom_calls(module: ir.Module) -> set[str]:
    """The names of the custom calls that a module makes."""
    names = set()

    def visit(operation: ir.Operation) -> ir.WalkResult:
        if operation.name == "stablehlo.custom_call":
            names.add(ir.StringAttr(operation.attributes["call_target_name"]).value)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    return names


def signature(
    module: ir.Module, function: str = "main"
) -> tuple[list[tuple[Shape, str]], list[tuple[Shape, str]]]:
    """Shape (None where dynamic) and dtype of each parameter and each result of a function."""
    for operation in module.body.operations:
        attributes = operation.attributes
        if (
            operation.operation.name == "func.func"
            and ir.StringAttr(attributes["sym_name"]).value == function
        ):
            kind = ir.FunctionType(ir.TypeAttr(attributes["function_type"]).value)
            return [_shape_dtype(t) for t in kind.inputs], [_shape_dtype(t) for t in kind.results]
    raise ArtifactError(
        f"artifact: its entry is the function @{function}",
        "the module has no function of that name",
        "export the program again",
    )


def _reason(report: str) -> str:
    """MLIR's first complaint, without the operation, which may be the whole module."""
    error = _ERROR.search(report)
    return f"{error['text']} ({error['place']})" if error else report[:200]


def _copy(module: ir.Module) -> ir.Module:
    with io.BytesIO() as stream:
        module.operation.write_bytecode(stream)
        return ir.Module.parse(stream.getvalue(), module.context)


def _shape_dtype(kind: ir.Type) -> tuple[Shape, str]:
    try:
        tensor = ir.RankedTensorType(kind)
    except ValueError:
        return (), str(kind)
    dims = range(tensor.rank)
    shape = tuple(None if tensor.is_dynamic_dim(d) else tensor.get_dim_size(d) for d in dims)
    name = str(tensor.element_type)
    return shape, DTYPES.get(name, name)


@contextlib.contextmanager
def _diagnostics(context: ir.Context) -> Iterator[list[str]]:
    """Collects what MLIR would print: one line with its place for each error."""
    found: list[str] = []

    def collect(diagnostic: ir.Diagnostic) -> bool:
        if diagnostic.severity == ir.DiagnosticSeverity.ERROR:
            place = str(diagnostic.location).removeprefix("loc(").removesuffix(")")
            first, *_ = diagnostic.message.splitlines() or [""]
            found.append(first if place == "unknown" else f"{first} ({place})")
        return True

    handler = context.attach_diagnostic_handler(collect)
    try:
        yield found
    finally:
        handler.detach()
