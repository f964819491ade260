"""Compiled kernels, written in C or C++, called from programs through XLA's FFI.

library = ctypes.cdll.LoadLibrary("librms.so")          # built with -I hloom.ffi.include_dir()
hloom.ffi.register_ffi_target("rms", hloom.ffi.pycapsule(library.Rms), platform="cpu")
y = hloom.ffi.ffi_call("rms", hloom.ShapeDtypeStruct(x.shape, x.dtype))(x, eps=np.float32(1e-5))
"""

import ctypes
import os
from collections.abc import Callable
from typing import Any

import jaxlib

from hloom.callbacks import VMAP_METHODS
from hloom.frontend.avals import ShapedArray
from hloom.frontend.dtypes import canonicalize
from hloom.frontend.errors import ArgumentError
from hloom.frontend.families import as_operand
from hloom.frontend.prims.ffi import Kernel, ffi_call as primitive, static
from hloom.runtime import pjrt
from hloom.runtime.devices import platform_named


def ffi_call(
    target_name: str,
    result_shape_dtypes: Any,
    *,
    has_side_effect: bool = False,
    vmap_method: str | None = None,
    input_layouts: Any = None,
    output_layouts: Any = None,
    input_output_aliases: dict[int, int] | None = None,
) -> Callable[..., Any]:
    """A function that calls the kernel registered as `target_name`.

    `result_shape_dtypes` is one ShapeDtypeStruct or a sequence of them, and so is the result. The
    function takes arrays by position, the operands, and static attributes by name: a Python int or
    float is passed as 64 bits, a NumPy scalar in its own width; bools, strings, dicts and tuples
    of numbers are taken too. A layout is the order of an array's axes from the slowest to the
    fastest, a tuple, or None for rows; `input_output_aliases` maps operands to the results that may
    take their memory. A kernel with side effects is called even if its results are not used.
    `vmap_method` is as for `hloom.pure_callback`. There is no derivative: see `hloom.custom_vjp`.

    >>> import hloom
    >>> hloom.ffi.ffi_call("rms", hloom.ShapeDtypeStruct((3,), "float32"))
    ffi_call('rms')
    """
    if vmap_method not in (None, *VMAP_METHODS):
        raise ArgumentError(
            "ffi_call: vmap_method",
            f"it is {vmap_method!r}",
            f"choose among {', '.join(map(repr, VMAP_METHODS))}",
        )
    several = isinstance(result_shape_dtypes, list | tuple)
    specs = result_shape_dtypes if several else (result_shape_dtypes,)
    kernel = Kernel(
        target_name,
        tuple([ShapedArray(s.shape, canonicalize(s.dtype)) for s in specs]),
        in_layouts=_layouts(input_layouts),
        out_layouts=_layouts(
            output_layouts if several or output_layouts is None else [output_layouts]
        ),
        aliases=tuple((input_output_aliases or {}).items()),
        has_side_effect=has_side_effect,
        vmap_method=vmap_method,
    )
    return _Call(kernel, several)


def _layouts(layouts):
    return None if layouts is None else tuple([None if o is None else tuple(o) for o in layouts])


class _Call:
    """A kernel as a function of its operands and attributes."""

    def __init__(self, kernel, several):
        self.kernel, self.several = kernel, several

    def __call__(self, *operands, **attributes):
        given = tuple([(name, static(name, v)) for name, v in sorted(attributes.items())])
        kernel = self.kernel._replace(attributes=given)
        outs = primitive.bind(*map(as_operand, operands), kernel=kernel)
        return outs if self.several else outs[0]

    def __repr__(self):
        return f"ffi_call({self.kernel.target!r})"


def register_ffi_target(name, fn, platform="cpu", api_version=1, **kwargs):
    """Make a kernel known by a name, for a platform: "cpu", "cuda" or "rocm".

    `fn` is a PyCapsule (see `pycapsule`), or a dict of them for the stages "instantiate",
    "prepare", "initialize" and "execute". The process keeps it as long as it runs.
    """
    if kwargs:
        raise ArgumentError(
            f"register_ffi_target: {name!r}",
            f"there is no {', '.join(map(repr, kwargs))}",
            "leave it out",
        )
    pjrt.register_kernel(name, fn, platform_named(platform), api_version)


def pycapsule(funcptr):
    """A PyCapsule of a kernel's address, given as a `ctypes` function or an integer."""
    address = funcptr if isinstance(funcptr, int) else ctypes.cast(funcptr, ctypes.c_void_p).value
    make = ctypes.pythonapi.PyCapsule_New
    make.restype = ctypes.py_object
    make.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return make(address, None, None)


def include_dir():
    """The folder with the headers of XLA's FFI, for the compiler of kernels: `-I`.

    >>> import hloom, os
    >>> os.path.isfile(os.path.join(hloom.ffi.include_dir(), "xla", "ffi", "api", "ffi.h"))
    True
    """
    return os.path.join(os.path.dirname(jaxlib.__file__), "include")
