"""The export file: StableHLO portable bytecode that carries hloom's manifest inside.

The file IS a portable artifact, so that any StableHLO consumer reads it. The manifest, JSON of the
calling convention, is the module's string attribute `hloom.manifest`:

    hloom-artifact:<format>:<blake2b of the whole file, itself as zeros>:<length of the JSON>:<JSON>

Bytecode keeps strings verbatim, so the frame is found, and the digest judged, by looking at bytes:
MLIR's reader, which is C++ and may crash on damaged input, sees only files that are as written. The
digest finds damage, not malice; a module from a stranger is a program from a stranger.
"""

import contextlib
import hashlib
import json
import os
import re
from typing import Any

import jaxlib.version
from jaxlib.mlir import ir

from hloom.frontend.errors import ArtifactError
from hloom.runtime import portable

FORMAT = 1
ATTRIBUTE = "hloom.manifest"

_BYTECODE = b"ML\xefR"
#: magic, the bytecode's own version, and the producer, which is the StableHLO version
_PRODUCER = re.compile(rb"ML\xefR[\x00-\xff]StableHLO_v(\d+\.\d+\.\d+)\x00")
_FRAME = re.compile(rb"hloom-artifact:(\d{1,6}):([0-9a-f]{64}):(\d{1,12}):")
_NO_DIGEST = b"0" * 64

_AGAIN = "copy the file again from its source, or export the program again"


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_avals(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(aval, dict)
        and isinstance(aval.get("shape"), list)
        and all(isinstance(n, str) or (type(n) is int and n >= 0) for n in aval["shape"])
        and isinstance(aval.get("dtype"), str)
        and isinstance(aval.get("weak"), bool)
        for aval in value
    )


#: field -> (whether a value fits, what fits). A manifest may hold more; readers ignore the rest.
FIELDS = {
    "hloom": (lambda v: isinstance(v, str), "the version of hloom that wrote the file"),
    "jaxlib": (lambda v: isinstance(v, str), "the version of jaxlib that wrote the file"),
    "stablehlo": (lambda v: isinstance(v, str), "the StableHLO version that a reader needs"),
    "entry": (lambda v: isinstance(v, str), "the name of the function to call"),
    "inputs": (_is_avals, "a list of {shape, dtype, weak}, symbolic sizes as strings"),
    "outputs": (_is_avals, "a list of {shape, dtype, weak}, symbolic sizes as strings"),
    "in_tree": (lambda v: True, "the structure of the arguments, as JSON"),
    "out_tree": (lambda v: True, "the structure of the results, as JSON"),
    "platforms": (_is_strings, "a list of platform names"),
    "donated": (lambda v: isinstance(v, list) and all(type(i) is int for i in v), "input numbers"),
    "symbols": (_is_strings, "a list of symbolic dimensions and constraints"),
    "custom_calls": (_is_strings, "a list of the names of custom calls"),
}
_DEFAULTS = {"entry": "main", "donated": [], "symbols": []}


def pack(
    module: ir.Module,
    manifest: dict[str, Any],
    target_version: str | None = None,
    *,
    allow_custom_calls: tuple[str, ...] = (),
) -> bytes:
    """The bytes of an artifact: the module, and the manifest completed with the writer's versions.

    The manifest gives `hloom`, `inputs`, `outputs`, `in_tree`, `out_tree` and `platforms`; the rest
    of FIELDS has defaults or is filled in. Without a target version, the file is for StableHLO as
    it was 12 weeks before this jaxlib, or as much newer as the operations need. Raises
    ArtifactError for a custom call that is not allowed by name, a manifest that does not describe
    the module, or an operation that the target version lacks.
    """
    calls = portable.custom_calls(module)
    if refused := sorted(calls - set(allow_custom_calls)):
        raise ArtifactError(
            f"export: the module calls {', '.join(map(repr, refused))}",
            "a custom call runs only where its name is known, and has no promise of stability",
            "use operations that StableHLO has, or allow these custom calls by name",
        )
    manifest = {**_DEFAULTS, **manifest, "jaxlib": jaxlib.version.__version__}
    manifest["custom_calls"] = sorted(calls)
    *early, last = [target_version] if target_version else portable.preferred_versions()
    _check_fields({**manifest, "stablehlo": last}, "export")
    _check_signature(module, manifest, "export")
    for version in early:
        with contextlib.suppress(ArtifactError):
            return _pack(module, manifest, version)
    return _pack(module, manifest, last)


def unpack(data: bytes) -> tuple[bytes, dict[str, Any]]:
    """The portable bytecode and the manifest of an artifact, judged without reading any MLIR.

    Raises ArtifactError for bytes that are damaged, cut short, too new or not an artifact of hloom.
    """
    data = bytes(data)
    producer = _PRODUCER.match(data)
    if producer is None:
        found = "it is MLIR bytecode, but not portable" if data[:4] == _BYTECODE else _look(data)
        raise ArtifactError("load: not an artifact", found, "give a file that hloom exported")
    manifest = _check_fields(_manifest(data), "load")
    if producer[1].decode() != manifest["stablehlo"]:
        raise ArtifactError(
            f"load: the manifest says StableHLO {manifest['stablehlo']}",
            f"the bytecode says {producer[1].decode()}",
            _AGAIN,
        )
    return data, manifest


def load(data: bytes, context: ir.Context) -> tuple[ir.Module, dict[str, Any]]:
    """The module and the manifest of an artifact, after all checks that need no compiler.

    Raises ArtifactError as `unpack` does, and for a StableHLO version beyond this jaxlib's.
    """
    data, manifest = unpack(data)
    needed, current = manifest["stablehlo"], portable.current_version()
    if portable.parse_version(needed) > portable.parse_version(current):
        raise ArtifactError(
            f"load: the artifact needs StableHLO {needed}",
            f"it was written with jaxlib {manifest['jaxlib']}; this jaxlib reads up to {current}",
            f"update jaxlib, or export with target_version={current!r}",
        )
    module = portable.deserialize(data, context)
    _check_signature(module, manifest, "load")
    if unlisted := portable.custom_calls(module) - set(manifest["custom_calls"]):
        raise ArtifactError(
            f"load: the module calls {', '.join(map(repr, sorted(unlisted)))}",
            f"the manifest lists {manifest['custom_calls']}",
            "do not run it: the file was not written by hloom's export",
        )
    return module, manifest


def write(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file so that whoever opens the path finds the old content or all of the new."""
    path = os.path.abspath(path)
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name[:100]}.{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def read(path: str | os.PathLike[str]) -> tuple[bytes, dict[str, Any]]:
    """What `unpack` makes of a file."""
    with open(path, "rb") as file:
        return unpack(file.read())


def _pack(module: ir.Module, manifest: dict[str, Any], version: str) -> bytes:
    said = {**manifest, "stablehlo": version}
    text = json.dumps(said, separators=(",", ":"), sort_keys=True, allow_nan=False)
    frame = f"hloom-artifact:{FORMAT}:{_NO_DIGEST.decode()}:{len(text)}:{text}"
    data = portable.serialize(module, version, {ATTRIBUTE: frame})
    begin = data.index(frame.encode()) + frame.index(_NO_DIGEST.decode())
    end = begin + len(_NO_DIGEST)
    return data[:begin] + _digest(data, begin, end) + data[end:]


def _manifest(data: bytes) -> dict[str, Any]:
    # A user's string may hold what looks like a frame: the frame is the one whose digest fits.
    frames = list(_FRAME.finditer(data))
    for frame in frames:
        if int(frame[1]) > FORMAT:
            continue
        begin, end = frame.span(2)
        if frame[2] == _digest(data, begin, end):
            return _parse(data[frame.end() : frame.end() + int(frame[3])])
    if not frames:
        raise ArtifactError(
            "load: StableHLO bytecode without a manifest of hloom",
            "the file is cut short, or another program wrote it",
            "if it is another's, compile the bytes themselves; otherwise export again",
        )
    if newest := max((int(f[1]) for f in frames if int(f[1]) > FORMAT), default=0):
        raise ArtifactError(
            f"load: the artifact has format {newest}",
            f"this hloom reads up to format {FORMAT}",
            "update hloom",
        )
    raise ArtifactError("load: the artifact is damaged", "its checksum does not fit", _AGAIN)


def _parse(text: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise ArtifactError("load: the manifest is not JSON", str(error), _AGAIN) from None
    if not isinstance(manifest, dict):
        raise ArtifactError("load: the manifest is not a JSON object", text[:40].decode(), _AGAIN)
    return manifest


def _check_fields(manifest: dict[str, Any], verb: str) -> dict[str, Any]:
    for field, (fits, wanted) in FIELDS.items():
        if field not in manifest or not fits(manifest[field]):
            value = repr(manifest[field])[:80] if field in manifest else "nothing"
            raise ArtifactError(
                f"{verb}: the manifest's {field!r} is {value}",
                f"it should be {wanted}",
                "give a value of that kind" if verb == "export" else _AGAIN,
            )
    if not all(0 <= number < len(manifest["inputs"]) for number in manifest["donated"]):
        raise ArtifactError(
            f"{verb}: the manifest donates inputs {manifest['donated']}",
            f"there are {len(manifest['inputs'])} inputs",
            "donate inputs that exist",
        )
    return manifest


def _check_signature(module: ir.Module, manifest: dict[str, Any], verb: str) -> None:
    parts = portable.signature(module, manifest["entry"])
    for field, actual in zip(("inputs", "outputs"), parts):
        said = [
            (tuple(None if isinstance(n, str) else n for n in aval["shape"]), aval["dtype"])
            for aval in manifest[field]
        ]
        if said != actual:
            raise ArtifactError(
                f"{verb}: the manifest's {field} are {_show(said)}",
                f"those of the function @{manifest['entry']} are {_show(actual)}",
                "describe the module that is exported" if verb == "export" else _AGAIN,
            )


def _show(avals: list[tuple[tuple[int | None, ...], str]]) -> str:
    shown = (f"{dtype}[{','.join('?' if n is None else str(n) for n in s)}]" for s, dtype in avals)
    return f"({', '.join(shown)})"


def _digest(data: bytes, begin: int, end: int) -> bytes:
    digest, view = hashlib.blake2b(digest_size=32), memoryview(data)
    for part in (view[:begin], _NO_DIGEST, view[end:]):
        digest.update(part)
    return digest.hexdigest().encode()


def _look(data: bytes) -> str:
    return "it is empty" if not data else f"it begins with {data[:16]!r}"
