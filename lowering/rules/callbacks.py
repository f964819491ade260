"""Lowerings of callbacks: a custom call that finds the Python function by its number."""

import numpy as np
from jaxlib.mlir import ir

from hloom.frontend.errors import RuleError, UnsupportedError
from hloom.frontend.prims import callbacks
from hloom.lowering.table import rule

#: platform -> the target that calls the functions which the executable was loaded with
_TARGETS = {
    "cpu": "xla_ffi_python_cpu_callback",
    "cuda": "xla_ffi_python_gpu_callback",
    "rocm": "xla_ffi_python_gpu_callback",
}


@rule(callbacks.pure_callback)
def _pure(ctx, *operands, function, vmap_method):
    return _call(ctx, operands, ctx.ins, ctx.outs, function, False)


@rule(callbacks.io_callback)
@rule(callbacks.debug_callback)
def _effectful(ctx, *operands, function, ordered):
    return _call(ctx, operands, ctx.ins, ctx.outs, function, True)


@rule(callbacks.ordered_call)
def _ordered(ctx, token, *operands, function):
    ctx.module.ordered = True
    return _call(ctx, (token, *operands), ctx.ins, ctx.outs, _Passing(function), True)


class _Passing:
    """A host function that hands the token on."""

    def __init__(self, function):
        self.function = function
        self.__name__, self.source = function.__name__, function.source

    def __call__(self, token, *arrays):
        return [token, *self.function(*arrays)]


def _call(ctx, operands, ins, outs, function, has_side_effect):
    module = ctx.module
    if module.target == "portable":
        raise RuleError(
            f"{ctx.eqn.primitive.name}: {function.__name__} cannot leave this process",
            "a callback is a Python function, which no portable module can hold",
            "export the function without its callbacks",
            ctx.eqn.source,
        )
    target = _TARGETS.get(module.platform)
    if target is None:
        raise UnsupportedError(
            f"{ctx.eqn.primitive.name}: {function.__name__} on {module.platform}",
            "callbacks run on cpu and gpu alone",
            "call the function outside of the compiled one",
            ctx.eqn.source,
        )
    layouts = lambda avals: ir.ArrayAttr.get([ctx.attribute(_layout, a.ndim) for a in avals])
    attributes = {
        "call_target_name": ctx.string(target),
        "api_version": ctx.i32(4),
        "has_side_effect": ir.BoolAttr.get(has_side_effect),
        "backend_config": ir.DictAttr.get({"index": ctx.attribute(_ui64, len(module.callbacks))}),
        "operand_layouts": layouts(ins),
        "result_layouts": layouts(outs),
    }
    module.callbacks.append(function)
    return ctx.ops("stablehlo.custom_call", operands, attributes, outs)


def _ui64(value):
    return ir.IntegerAttr.get(ir.IntegerType.get_unsigned(64), value)


def _layout(rank):
    """The layout by rows, axes from the fastest to the slowest."""
    order = np.arange(rank - 1, -1, -1, dtype=np.int64)
    return ir.DenseIntElementsAttr.get(order, type=ir.IndexType.get())
