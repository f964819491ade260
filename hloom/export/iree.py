"""Exported functions through IREE: compiled for its targets, and run where there is a device.

>>> from hloom.export import iree
>>> sorted(iree.TARGETS)
['cpu', 'cuda', 'metal', 'rocm', 'vmvx', 'vulkan']
"""

import functools

import numpy as np

from hloom.export.convention import Convention
from hloom.frontend.errors import IreeError
from hloom.frontend.keys import in_memory
from hloom.runtime import artifact, iree as backend
from hloom.runtime.iree import TARGETS

__all__ = ["TARGETS", "IreeError", "Program", "compile"]


class Program:
    """A function compiled by IREE; called like the function, it gives trees of NumPy arrays.

    `vmfb` is the compiled program, which IREE's own tools read, `target` what it was compiled for.
    """

    def __init__(self, vmfb, target, manifest):
        self.vmfb = vmfb
        self.target = target
        self.manifest = manifest
        self._convention = Convention.from_manifest(manifest)

    def __call__(self, *args, **kwargs):
        """Run on arrays; raises TreeError unless they are what the function was exported for."""
        operands = self._convention.leaves(args, kwargs)
        dtypes = [in_memory(aval).dtype for aval in self._convention.in_avals]
        arrays = [np.asarray(x, dtype) for x, dtype in zip(operands, dtypes)]
        return self._convention.result(self._runner(*arrays))

    @functools.cached_property
    def _runner(self):
        # made at the first call: a program may be compiled for a device that is not here
        return backend.Runner(self.vmfb, TARGETS[self.target].driver, self.manifest["entry"])

    def save(self, path):
        """Write the compiled program to a file, for IREE's own tools."""
        artifact.write(path, self.vmfb)

    def __repr__(self):
        return f"Program({self._convention}, for {self.target}, {len(self.vmfb)} bytes)"


def compile(exported, target="cpu", **options):
    """Compile an exported function, or the file it was saved to, with IREE; a Program.

    `target` is a name of TARGETS. Options are those of iree-compile, without `--iree-` and with
    underscores, as in `llvmcpu_target_cpu="generic"`. Raises IreeError with IREE's first complaint
    if it cannot compile the program, and ArtifactError for a damaged file.
    """
    if hasattr(exported, "serialize"):
        data, manifest = exported.serialize(), exported.manifest
    else:
        data, manifest = artifact.read(exported)
    return Program(backend.compile(data, target, **options), target, manifest)
