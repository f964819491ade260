"""Functions as files: portable StableHLO that carries its calling convention.

An exported function is one file that any StableHLO consumer reads. It runs again through XLA, in
another process, with another version of jaxlib or on another platform, or through IREE.

>>> import hloom
>>> from hloom import export
>>> double = hloom.jit(lambda tree: {"y": tree["x"] * 2})
>>> exported = export.export(double)({"x": hloom.ShapeDtypeStruct((3,), "float32")})
>>> again = export.deserialize(exported.serialize())
>>> again.call({"x": hloom.numpy.ones(3)})
{'y': Array([2., 2., 2.], dtype=float32)}
"""

from hloom.export import iree
from hloom.export.exported import (
    PLATFORMS,
    Exported,
    default_export_platform,
    deserialize,
    export,
    load,
)
from hloom.export.trees import (
    register_namedtuple_serialization,
    register_pytree_node_serialization,
)
from hloom.frontend.errors import ArtifactError

__all__ = [
    "PLATFORMS",
    "ArtifactError",
    "Exported",
    "default_export_platform",
    "deserialize",
    "export",
    "iree",
    "load",
    "register_namedtuple_serialization",
    "register_pytree_node_serialization",
]
