"""Lowerings of the scatters.

A scatter of one window is a dynamic update slice, which XLA does in place; others are StableHLO's,
which leaves out windows that are not inside the operand. IREE writes them to memory beyond it, so
that the portable target sees to them by itself.
"""

from jaxlib.mlir import ir

from hloom.frontend.avals import ShapedArray
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e, scatter as sc
from hloom.frontend.prims.combiner import IDENTITIES
from hloom.frontend.prims.indexing import CLIP, FILL, PROMISE, dynamic_slice, dynamic_update_slice
from hloom.frontend.prims.structural import broadcast_in_dim, pad, reshape, slice
from hloom.frontend.trace import aval_of
from hloom.lowering.dialects import stablehlo
from hloom.lowering.rules.indexing import bound, inside, last_starts, moved_inside
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
    _, limits = _window_and_limits(x, u, dimension_numbers)
    indices = moved_inside(indices, limits)
    params = {**params, "mode": PROMISE}
    return primitive.bind(x, indices, u, dimension_numbers=dimension_numbers, **params)[0]


def _window_and_limits(x, u, numbers):
    """The shape of the windows, and the largest element of each index vector inside."""
    shape = aval_of(x).shape
    window = sc.window_shape(numbers, aval_of(u).shape, len(shape))
    return window, last_starts(shape, window, numbers.scatter_dims_to_operand_dims)


def _dropped(x, indices, u, *, primitive, combine, dimension_numbers, **params):
    """A scatter whose windows are all inside: those that are not go where they change nothing."""
    numbers = dimension_numbers
    window, limits = _window_and_limits(x, u, numbers)
    good = inside(indices, limits)
    params.update(dimension_numbers=numbers, mode=PROMISE, indices_are_sorted=False)
    if combine is not None:
        # an update that changes nothing, anywhere
        u_aval = aval_of(u)
        places = [a for a in range(u_aval.ndim) if a not in numbers.update_window_dims]
        kind = IDENTITIES[e.add if combine is e.sub else combine]
        neutral = typed_literal(kind(u_aval.dtype), u_aval.dtype)
        u = e.select(broadcast_in_dim(good, u_aval.shape, places), u, neutral)
        return primitive.bind(x, moved_inside(indices, limits), u, **params)[0]
    # space for one window more, behind the last element along each axis that has an index
    shape, aval = aval_of(x).shape, aval_of(indices)
    axes = numbers.scatter_dims_to_operand_dims
    config = [(0, window[a] if a in axes else 0, 0) for a in range(len(shape))]
    wide = pad(x, typed_literal(0, aval_of(x).dtype), config)
    good = broadcast_in_dim(good, aval.shape, range(aval.ndim - 1))
    behind = bound([shape[a] for a in axes], aval.dtype, aval.shape)
    indices = e.select(good, indices, behind)
    (wide,) = primitive.bind(wide, indices, u, **{**params, "unique_indices": False})
    return slice(wide, (0,) * len(shape), shape)


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
        drops = mode is FILL and ctx.module.target == "portable"
        if indexed and (mode is CLIP or drops):
            params = {"primitive": primitive, "dimension_numbers": numbers, **flags}
            if update is not None:
                params["update"] = update
            if drops:
                params["combine"] = combine
            function = _dropped if drops else _clipped
            return ctx.lower_fun(function, [x, indices, u], ctx.ins, **params)
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
