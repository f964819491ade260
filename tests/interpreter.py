"""StableHLO's reference interpreter: it shares no code with XLA, and compiles nothing."""

import functools

import numpy as np
from jaxlib.mlir.dialects import stablehlo

import hloom
from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims.elementwise import convert_element_type, imag, real
from hloom.frontend.trace import stage
from hloom.lowering.context import dense
from hloom.lowering.module import lower
from hloom.transforms.physical import physical


def interpreted(f):
    """`f`, from trees of NumPy arrays to a tree of NumPy arrays, run by the interpreter.

    Complex numbers come and go in two parts, and narrow types as float32, which NumPy can read.
    """
    modules = {}

    @functools.wraps(f)
    def call(*args):
        leaves, tree = hloom.tree.flatten(args)
        leaves = [np.asarray(x) for x in leaves]
        key = tree, *[(x.shape, x.dtype) for x in leaves]
        if key not in modules:
            modules[key] = _module(f, tree, leaves)
        module, out_tree, kinds = modules[key]
        context = module.context
        with context.mlir, context.unknown:
            stablehlo.register_interpreter_dialect(context.mlir)
            results = iter(stablehlo.eval_module(module.ir, [dense(x) for x in leaves]))
            outs = [_read(results, kind) for kind in kinds]
        return hloom.tree.unflatten(out_tree, outs)

    return call


def _module(f, tree, leaves):
    found = []

    def flat(*xs):
        outs, out_tree = hloom.tree.flatten(f(*hloom.tree.unflatten(tree, xs)))
        outs = [convert_element_type(y, y.dtype) for y in outs]
        found.append((out_tree, [y.dtype for y in outs]))
        return [part for y in outs for part in _parts(y)]

    avals = [ShapedArray(x.shape, dtypes.dtype(x.dtype)) for x in leaves]
    module = lower(physical(stage(flat, avals)), target="portable")
    return module, *found[-1]


def _parts(x):
    if dtypes.is_complex(x.dtype):
        return [real(x), imag(x)]
    if dtypes.itemsize_bits(x.dtype) < 32 and not dtypes.is_bool(x.dtype):
        return [convert_element_type(x, "float32")]
    return [x]


def _read(results, kind):
    if dtypes.is_complex(kind):
        return np.array(next(results)) + 1j * np.array(next(results))
    return np.array(next(results)).astype(kind)
