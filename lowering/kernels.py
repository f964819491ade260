"""Kernels of linear algebra: custom calls through XLA's foreign function interface.

LAPACK has them on CPU, cuSOLVER on CUDA. A kernel takes matrices with any number of leading axes,
each stored by columns. The runtime registers the libraries that a module lists before it compiles
it.
"""

import numpy as np
from jaxlib.mlir import ir

from hloom.frontend.avals import ShapedArray

_PREFIX = {"float32": "s", "float64": "d", "complex64": "c", "complex128": "z"}
#: kernels with another name for complex matrices
_COMPLEX = {"orgqr": "ungqr", "ormqr": "unmqr", "syevd": "heevd", "sytrd": "hetrd"}
INT = np.dtype("int32")


def _lapack(name, dtype):
    """The target of a kernel of LAPACK, which tells the dtype: `lapack_spotrf_ffi`."""
    prefix = _PREFIX[dtype.name]
    return f"lapack_{prefix}{_COMPLEX.get(name, name) if prefix in 'cz' else name}_ffi"


#: platform -> its library, and the target of a kernel there
LIBRARIES = {
    "cpu": ("lapack", _lapack),
    "cuda": ("cusolver", lambda name, dtype: f"cusolver_{name}_ffi"),
}


def kernel(ctx, name, operands, ins, outs, aliases, **attributes):
    """Call the platform's kernel on values of avals `ins`; the values of its results, of `outs`.

    `aliases` are pairs (operand, result) that share memory. A one-letter string is passed as a
    character, a bool or an int as such.
    """
    library, target = LIBRARIES[ctx.module.platform]
    ctx.module.libraries.add(library)
    single = len(outs) == 1
    rank = max(a.ndim for a in (*ins, *outs))
    layouts = lambda avals: ir.ArrayAttr.get([ctx.attribute(_layout, a.ndim, rank) for a in avals])
    call = {
        "call_target_name": ctx.string(target(name, ins[0].dtype)),
        "api_version": ctx.attribute(_int32, 4),
        "backend_config": ir.DictAttr.get({k: _attribute(v) for k, v in attributes.items()}),
        "operand_layouts": layouts(ins),
        "result_layouts": layouts(outs),
        "output_operand_aliases": ir.ArrayAttr.get(
            [ctx.attribute(alias, i, o, single) for i, o in aliases]
        ),
    }
    return ctx.ops("stablehlo.custom_call", operands, call, outs)


def _int32(value):
    return ir.IntegerAttr.get(ir.IntegerType.get_signless(32), value)


def _attribute(value):
    if isinstance(value, str):
        return ir.IntegerAttr.get(ir.IntegerType.get_unsigned(8), ord(value))
    return ir.BoolAttr.get(value) if isinstance(value, bool) else _int32(value)


def _layout(rank, matrices):
    """Axes from the fastest to the slowest; in arrays of rank `matrices` columns are contiguous."""
    order = list(range(rank - 1, -1, -1))
    if rank == matrices:
        order[:2] = order[1::-1]
    return ir.DenseIntElementsAttr.get(np.array(order, np.int64), type=ir.IndexType.get())


def alias(operand, result, single):
    """The attribute: a result shares the memory of an operand."""
    places = "" if single else str(result)
    text = f"#stablehlo.output_operand_alias<output_tuple_indices = [{places}], "
    return ir.Attribute.parse(text + f"operand_index = {operand}, operand_tuple_indices = []>")


def batch_of(aval, *lengths, dtype=None):
    """The aval of arrays of shape `lengths`, one for each matrix of `aval`."""
    return ShapedArray((*aval.shape[:-2], *lengths), aval.dtype if dtype is None else dtype)
