"""Lowering of `ffi_call`: a custom call of version 4, whose attributes XLA hands to the kernel."""

import numpy as np
from jaxlib.mlir import ir

from hloom.frontend import dtypes
from hloom.frontend.errors import RuleError
from hloom.frontend.prims.ffi import ffi_call
from hloom.lowering.context import element_type
from hloom.lowering.kernels import alias
from hloom.lowering.table import rule


@rule(ffi_call)
def _ffi(ctx, *operands, kernel):
    if ctx.module.target == "portable" and ctx.module.platform == "any":
        raise RuleError(
            f"ffi_call: {kernel.target!r} is a kernel of some platforms",
            "the module is for any",
            f'export for one, and allow it: platforms=("cpu",), allow_custom_calls='
            f'("{kernel.target}",)',
            ctx.eqn.source,
        )
    layouts = lambda avals, given: ir.ArrayAttr.get(
        [_layout(a.ndim, None if given is None else given[i]) for i, a in enumerate(avals)]
    )
    attributes = {
        "call_target_name": ctx.string(kernel.target),
        "api_version": ctx.i32(4),
        "has_side_effect": ir.BoolAttr.get(kernel.has_side_effect),
        "backend_config": ir.DictAttr.get({k: _attribute(*v) for k, v in kernel.attributes}),
        "operand_layouts": layouts(ctx.ins, kernel.in_layouts),
        "result_layouts": layouts(ctx.outs, kernel.out_layouts),
        "output_operand_aliases": ir.ArrayAttr.get(
            [alias(i, o, len(ctx.outs) == 1) for i, o in kernel.aliases]
        ),
    }
    return ctx.ops("stablehlo.custom_call", operands, attributes, ctx.outs)


def _layout(rank, order):
    order = range(rank) if order is None else order
    minor_first = np.array(list(order)[::-1], np.int64)
    return ir.DenseIntElementsAttr.get(minor_first, type=ir.IndexType.get())


def _attribute(kind, *value):
    """The attribute that a kernel gets for a static value (frontend/prims/ffi.py)."""
    if kind == "str":
        return ir.StringAttr.get(*value)
    if kind == "dict":
        return ir.DictAttr.get({k: _attribute(*v) for k, v in value[0]})
    if kind == "array":
        name, texts = value
        dtype = np.dtype(name)
        return _ARRAYS[name].get([_number(dtype, t) for t in texts])
    dtype = np.dtype(kind)
    number = _number(dtype, *value)
    if dtypes.is_bool(dtype):
        return ir.BoolAttr.get(number)
    made = ir.IntegerAttr if dtypes.is_integer(dtype) else ir.FloatAttr
    return made.get(element_type(dtype), number)


_ARRAYS = {
    "int8": ir.DenseI8ArrayAttr,
    "int16": ir.DenseI16ArrayAttr,
    "int32": ir.DenseI32ArrayAttr,
    "int64": ir.DenseI64ArrayAttr,
    "float32": ir.DenseF32ArrayAttr,
    "float64": ir.DenseF64ArrayAttr,
}


def _number(dtype, text):
    if dtypes.is_bool(dtype):
        return text == "True"
    return int(text) if dtypes.is_integer(dtype) else float(text)
