"""`ffi_call`: a compiled kernel that is called through XLA's foreign function interface.

The kernel is known to the runtime by its name, `target`. `attributes` are pairs of names and
static values (see `static`); `layouts` are those of operands and results, each the order of an
array's axes from the slowest to the fastest, or None for rows; `aliases` are pairs (operand,
result) of one memory.
"""

from typing import NamedTuple

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ArgumentError
from hloom.frontend.primitive import Primitive


class Kernel(NamedTuple):
    """What a call says of its kernel."""

    target: str
    out_avals: tuple[ShapedArray, ...]
    attributes: tuple = ()
    in_layouts: tuple | None = None
    out_layouts: tuple | None = None
    aliases: tuple = ()
    has_side_effect: bool = False
    vmap_method: str | None = None


class _Call(Primitive):
    def effects_of(self, params):
        """A kernel with side effects stays, and stays single."""
        return _EFFECTS if params["kernel"].has_side_effect else _NONE


_EFFECTS: frozenset[str] = frozenset(("ffi",))
_NONE: frozenset[str] = frozenset()


def _type(*avals, kernel):
    return kernel.out_avals


ffi_call = _Call("ffi_call", _type, doc="Call a kernel through XLA's foreign function interface.")


def static(name, value):
    """A static value with its kind, so that equal numbers of different widths are told apart.

    The kinds are "str", "dict", "array" and names of dtypes; numbers are kept as their text.
    """
    if isinstance(value, str):
        return "str", value
    if isinstance(value, dict):
        return "dict", tuple([(k, static(f"{name}[{k!r}]", v)) for k, v in sorted(value.items())])
    if (
        isinstance(value, list | tuple | np.ndarray)
        and not (found := np.asarray(value)).dtype.hasobject
    ):
        if found.ndim == 1 and found.dtype.kind in "if":
            return "array", found.dtype.name, tuple(map(repr, found.tolist()))
    elif isinstance(value, bool | int | float | np.generic):
        dtype = np.asarray(value).dtype
        if dtypes.is_bool(dtype) or dtypes.is_integer(dtype) or dtypes.is_float(dtype):
            return dtype.name, repr(np.asarray(value).item())
    raise ArgumentError(
        f"ffi_call: the attribute {name} is a number, bool, string, dict or list of numbers",
        f"it is {value!r} of type {type(value).__name__}",
        "pass arrays as operands, and other things as one of these",
    )
