"""What the array API standard asks of a namespace: its version, abilities, devices, dtypes."""

from hloom.frontend import dtypes
from hloom.frontend.choices import one_of
from hloom.frontend.context import thread
from hloom.frontend.errors import ValueRangeError
from hloom.runtime import devices

VERSION = "2024.12"

_KINDS = {
    "bool": ("bool",),
    "signed integer": ("int8", "int16", "int32", "int64"),
    "unsigned integer": ("uint8", "uint16", "uint32", "uint64"),
    "real floating": ("float32", "float64"),
    "complex floating": ("complex64", "complex128"),
}
_UNIONS = {
    "integral": ("signed integer", "unsigned integer"),
    "numeric": ("signed integer", "unsigned integer", "real floating", "complex floating"),
    None: tuple(_KINDS),
}
_DEFAULTS = {
    "real floating": dtypes.float64,
    "complex floating": dtypes.complex128,
    "integral": dtypes.int64,
    "indexing": dtypes.int64,
}


def check_version(api_version):
    """Raise ValueRangeError unless a version of the standard is the one that is followed."""
    if api_version not in (None, VERSION):
        raise ValueRangeError(
            f"__array_namespace__: version {api_version!r} of the array API standard",
            f"hloom.numpy follows version {VERSION!r}",
            "leave api_version away",
        )


def _check_device(name, device):
    """Raise ValueRangeError unless a device is None or one of this process."""
    known = devices.local_devices()
    if not one_of(device, [None, *known]):
        found = f"the devices are {', '.join(map(str, known))}"
        raise ValueRangeError(f"{name}: there is no device {device!r}", found, "use one of them")


class NamespaceInfo:
    """What hloom.numpy can do, in the terms of the array API standard.

    >>> import hloom.numpy as np
    >>> np.__array_namespace_info__().default_dtypes()["integral"]
    dtype('int32')
    """

    def capabilities(self):
        """Whether shapes may depend on values, which they may outside traced functions only."""
        eager = thread.context.trace is None
        return {"boolean indexing": eager, "data-dependent shapes": eager, "max dimensions": 64}

    def default_device(self):
        """The device on which arrays are made."""
        return devices.default_device()

    def devices(self):
        """All devices of this process."""
        return devices.local_devices()

    def default_dtypes(self, *, device=None):
        """The dtype of each kind that arrays have unless another is asked for."""
        _check_device("default_dtypes", device)
        return {kind: dtypes.canonicalize(dtype) for kind, dtype in _DEFAULTS.items()}

    def dtypes(self, *, device=None, kind=None):
        """The standard's dtypes by name, all or those of a kind; 64-bit ones only while on."""
        _check_device("dtypes", device)
        asked = kind if isinstance(kind, tuple) else (kind,)
        for k in asked:
            if k not in _KINDS and k not in _UNIONS:
                known = ", ".join(map(repr, [*_KINDS, *(k for k in _UNIONS if k)]))
                raise ValueRangeError(f"dtypes: {k!r} is no kind", f"known are {known}", "use one")
        kinds = [member for k in asked for member in _UNIONS.get(k, (k,))]
        found = {name: dtypes.dtype(name) for member in kinds for name in _KINDS[member]}
        return {name: d for name, d in found.items() if dtypes.canonicalize(d) == d}
