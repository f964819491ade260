"""Lowerings of the scatters.

A scatter of one window is a dynamic update slice, which XLA does in place; others are StableHLO's.
"""

from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo

from hloom.frontend.avals import ShapedArray
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims import scatter as sc
from hloom.frontend.prims.indexing import CLIP, FILL, PROMISE, dynamic_slice, dynamic_update_slice
from hloom.frontend.prims.structural import reshape, slice
from hloom.frontend.trace import aval_of
from hloom.lowering.rules.indexing import bound, inside, last_starts
from hloom.lowering.table import rule

#: primitive -> (primitive, operation) that combine an element and its update; None keeps the update
COMBINE = {
    sc.scatter: (None, None),
    sc.scatter_add: (e.add, "stablehlo.add"),
    sc.scatter_sub: (e.sub, "stablehlo.subtract"),
    sc.scatter_mul: (e.mul, "stablehlo.multiply"),
    sc.scatter_min: (e.min, "stablehlo.minimum"),
    sc.scatter_max: (e.max, "stablehlo.maximum"),
}


def _one_window(x, indices, u, *, combine, dimension_numbers, mode):
    """A scatter whose indices are a single vector."""
    shape = aval_of(x).shape
    window = sc.window_shape(dimension_numbers, aval_of(u).shape, len(shape))
    index_map = dimension_numbers.scatter_dims_to_operand_dims
    starts = [typed_literal(0, aval_of(indices).dtype)] * len(shape)
    for k, a in enumerate(index_map):
        starts[a] = reshape(slice(indices, (k,), (k + 1,)), ())
    new = reshape(u, window)
    if combine is not None or mode is FILL:
        (old,) = dynamic_slice.bind(x, *starts, slice_sizes=window)
        new = new if combine is None else combine(old, new)
        if mode is FILL:
            good = inside(indices, last_starts(shape, window, index_map))
            new = e.select(good, new, old)
    return dynamic_update_slice.bind(x, new, *starts)[0]


def _clipped(x, indices, u, *, primitive, dimension_numbers, **params):
    """A scatter whose windows are moved inside first."""
    shape = aval_of(x).shape
    window = sc.window_shape(dimension_numbers, aval_of(u).shape, len(shape))
    limits = last_starts(shape, window, dimension_numbers.scatter_dims_to_operand_dims)
    aval = aval_of(indices)
    high = bound(limits, aval.dtype, aval.shape)
    indices = e.min(e.max(indices, 0), high)
    return primitive.bind(
        x, indices, u, dimension_numbers=dimension_numbers, **{**params, "mode": PROMISE}
    )[0]


def _numbers(dimension_numbers, index_rank):
    windows, inserted, index_map, batching, batched_axes = map(list, dimension_numbers)
    return stablehlo.ScatterDimensionNumbers.get(
        windows, inserted, batching, batched_axes, index_map, index_rank - 1
    )


def _scatter(primitive):
    combine, name = COMBINE.get(primitive, (None, None))

    @rule(primitive)
    def emit(ctx, x, indices, u, *, dimension_numbers, mode, update=None, **flags):
        numbers = dimension_numbers
        indexed = bool(numbers.scatter_dims_to_operand_dims)
        if ctx.ins[1].ndim == 1 and update is None:
            params = {
                "combine": combine,
                "dimension_numbers": numbers,
                "mode": mode if indexed else PROMISE,
            }
            return ctx.lower_fun(_one_window, [x, indices, u], ctx.ins, **params)
        if mode is CLIP and indexed:
            params = {"primitive": primitive, "dimension_numbers": numbers, **flags}
            if update is not None:
                params["update"] = update
            return ctx.lower_fun(_clipped, [x, indices, u], ctx.ins, **params)
        scalar = ShapedArray((), ctx.ins[0].dtype)
        attributes = {
            "scatter_dimension_numbers": ctx.attribute(_numbers, numbers, ctx.ins[1].ndim),
            "indices_are_sorted": ctx.attribute(ir.BoolAttr.get, flags["indices_are_sorted"]),
            "unique_indices": ctx.attribute(ir.BoolAttr.get, flags["unique_indices"]),
        }

        def body(inner, old, new):
            if update is not None:
                return inner.inline(update, [old])
            return [new] if name is None else inner.op(name, [old, new], out=scalar)

        return ctx.regional(
            "stablehlo.scatter", [x, indices, u], attributes, [([scalar] * 2, body)]
        )


for _primitive in (*COMBINE, sc.scatter_apply):
    _scatter(_primitive)
