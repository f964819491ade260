"""The row of calls through XLA's FFI, of a kernel that the runtime's wheel holds."""

import numpy as np

import hloom
from hloom.frontend.prims.ffi import ffi_call
from hloom.runtime import pjrt
from ops import Op, V, case

pjrt.register_lapack()


def factor(a):
    """The Cholesky factor in LAPACK's own layout, by columns: L of a, or its transpose by rows."""
    spec = hloom.ShapeDtypeStruct(a.shape, a.dtype), hloom.ShapeDtypeStruct((), "int32")
    by_columns = {"input_layouts": [(1, 0)], "output_layouts": [(1, 0), None]}
    call = hloom.ffi.ffi_call("lapack_spotrf_ffi", spec, vmap_method="sequential", **by_columns)
    return hloom.numpy.tril(call(a, uplo=np.uint8(ord("L")))[0])


OPS = [
    Op(
        factor,
        np.linalg.cholesky,
        [case(V([4.0, 2.0], [2.0, 5.0]))],
        ("float32",),
        name="ffi_call",
        covers=(ffi_call,),
        grad=False,
        custom_call=True,
        interpreter="custom_call",
    )
]
