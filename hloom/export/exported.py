"""`export` makes, `load` and `deserialize` read, `Exported` is a function in portable StableHLO."""

import base64
import functools
import os

import hloom.api  # the passes before compilation
import hloom.numpy  # noqa: F401 - the operators of the arrays that calls give
from hloom.export import reverse
from hloom.export.call import call_exported, no_derivative
from hloom.export.convention import Convention
from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError
from hloom.frontend.trace import Tracer
from hloom.lowering.context import context as mlir_context
from hloom.runtime import artifact, devices
from hloom.version import __version__

#: where a portable module runs
PLATFORMS = ("cpu", "cuda", "rocm", "tpu")


class Exported:
    """A function in portable StableHLO, with its calling convention.

    `fun_name`, `in_tree`, `in_avals`, `out_tree` and `out_avals` say how it is called: the trees
    are those of (args, kwargs) and of the result. `platforms` is where it runs, `manifest` all that
    its file says about it, a dict.
    """

    def __init__(self, data, manifest, export_vjp=None):
        self._data = data
        self._hash = hash(data)
        self._convention = Convention.from_manifest(manifest)
        self.manifest = manifest
        self._export_vjp, self._vjp = export_vjp, None
        self._differentiable = reverse.attached(self._call, self._convention, self.vjp)

    @property
    def fun_name(self):
        """The function's name."""
        return self._convention.fun_name

    @property
    def in_tree(self):
        """The structure of (args, kwargs)."""
        return self._convention.in_tree

    @property
    def in_avals(self):
        """The types of the leaves of (args, kwargs)."""
        return self._convention.in_avals

    @property
    def out_tree(self):
        """The structure of the result."""
        return self._convention.out_tree

    @property
    def out_avals(self):
        """The types of the leaves of the result."""
        return self._convention.out_avals

    @property
    def platforms(self):
        """The names of the platforms on which it may be called."""
        return tuple(self.manifest["platforms"])

    def call(self, *args, **kwargs):
        """The function's results; on arrays, or in a function that is traced.

        Its reverse derivative is that of `vjp`. Raises TreeError unless the arguments have the
        trees, shapes and dtypes of the export.
        """
        operands = self._convention.leaves(args, kwargs)
        traced = any(isinstance(x, Tracer) for x in operands)
        call = self._differentiable if traced and self.has_vjp() else self._call
        return self._convention.result(call(*operands))

    def _call(self, *operands):
        return call_exported.bind(*operands, exported=self)

    def has_vjp(self):
        """Whether it can be differentiated: it is new, or was serialized with `vjp_order`."""
        return self._export_vjp is not None or "vjp" in self.manifest

    def vjp(self):
        """The exported reverse derivative, or None if the file has none.

        It is called with the leaves of the arguments, keys as words, then the cotangents of the
        floating leaves of the result; it gives a list, the cotangents of the floating arguments.
        """
        if self._vjp is None and self.has_vjp():
            written = self.manifest.get("vjp")
            made = deserialize(base64.b64decode(written)) if written else self._export_vjp()
            self._vjp = made
        return self._vjp

    def serialize(self, vjp_order=0):
        """The bytes of the file; what is read from them can be differentiated `vjp_order` times.

        Raises RuleError if the function cannot.
        """
        if vjp_order == 0:
            return self._data
        if not self.has_vjp():
            raise no_derivative(self)
        derivative = base64.b64encode(self.vjp().serialize(vjp_order - 1)).decode()
        return artifact.pack(
            self.module(mlir_context().mlir),
            {**self.manifest, "vjp": derivative},
            self.manifest["stablehlo"],
            allow_custom_calls=tuple(self.manifest["custom_calls"]),
        )

    def save(self, path, vjp_order=0):
        """Write the file: whoever opens the path finds the old content or all of the new."""
        artifact.write(path, self.serialize(vjp_order))

    def module(self, context):
        """The module, an `ir.Module` in an MLIR context."""
        module, _ = artifact.load(self._data, context)
        del module.operation.attributes[artifact.ATTRIBUTE]
        return module

    def as_text(self, debug_info=False):
        """The StableHLO module as text; with `debug_info`, locations in the user's program too."""
        module = self.module(mlir_context().mlir)
        return module.operation.get_asm(enable_debug_info=debug_info)

    def mlir_module(self):
        """The StableHLO module as text."""
        return self.as_text()

    def __eq__(self, other):
        return type(other) is Exported and self._data == other._data

    def __hash__(self):
        return self._hash

    def __repr__(self):
        where = ", ".join(self.platforms)
        version, size = self.manifest["stablehlo"], len(self._data)
        return f"Exported({self._convention}, for {where}, StableHLO {version}, {size} bytes)"


def default_export_platform():
    """The platform in use: "cpu", "cuda", "rocm" or "tpu"."""
    return devices.default_backend()


def export(fun_jit, *, platforms=None, allow_custom_calls=(), target_version=None):
    """A function that exports a jitted function for arguments, arrays or ShapeDtypeStructs.

    `platforms` says where the file may run: by default anywhere, or on the platform in use if
    custom calls are allowed. `allow_custom_calls` names the custom calls that may stand in it.
    `target_version` is the oldest StableHLO that will read it, by default that of 12 weeks ago, or
    as much newer as the operations need. The function made raises ArtifactError if portable
    StableHLO cannot say the program.

    >>> import hloom
    >>> from hloom import export
    >>> export.export(hloom.jit(lambda x: x + 1))(hloom.ShapeDtypeStruct((2,), "float32")).out_avals
    (f32[2],)
    """
    if not hasattr(fun_jit, "jitted"):
        raise ArgumentError(
            "export: takes a jitted function",
            f"it is {fun_jit!r} of type {type(fun_jit).__name__}",
            "write export(hloom.jit(f))(*args)",
        )
    if platforms is None:
        platforms = (default_export_platform(),) if allow_custom_calls else PLATFORMS
    platforms = tuple(dict.fromkeys(p.lower() for p in platforms))
    if unknown := [p for p in platforms if p not in PLATFORMS] or not platforms:
        raise ArgumentError(
            f"export: for platforms {platforms}",
            f"{unknown} are not known" if platforms else "there is none",
            f"choose among {', '.join(PLATFORMS)}",
        )

    again = functools.partial(
        export,
        platforms=platforms,
        allow_custom_calls=allow_custom_calls,
        target_version=target_version,
    )

    def make(*args, **kwargs):
        traced = fun_jit.trace(*args, **kwargs)
        lowered = traced.lower("portable", platforms[0] if len(platforms) == 1 else "any")
        avals = traced.program.in_avals, traced.program.out_avals
        convention = Convention(
            traced.fun_name, traced.in_tree, avals[0], traced.out_tree, avals[1]
        )
        manifest = {
            **convention.to_manifest(),
            "hloom": __version__,
            "platforms": list(platforms),
            "donated": list(traced.donated),
        }
        calls = tuple(allow_custom_calls)
        data = artifact.pack(
            lowered.compiler_ir(), manifest, target_version, allow_custom_calls=calls
        )
        x64 = thread.context.settings.enable_x64
        export_vjp = functools.partial(reverse.exported, fun_jit, convention, again, x64)
        return Exported(*artifact.unpack(data), export_vjp)

    return make


def deserialize(blob):
    """The function in the bytes of a file.

    Raises ArtifactError for bytes that are damaged, too new, or no artifact of hloom; nothing in
    them has been run then.
    """
    data, manifest = artifact.unpack(blob)
    artifact.load(data, mlir_context().mlir)
    return Exported(data, manifest)


def load(path: str | os.PathLike[str]):
    """The function in a file; raises ArtifactError as `deserialize` does."""
    with open(path, "rb") as file:
        return deserialize(file.read())
