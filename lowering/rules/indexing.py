"""Lowerings of dynamic slices and gathers.

StableHLO moves the windows of a gather inside the operand. IREE reads what lies beyond it instead,
so that the portable target moves them by operations of its own.
"""

import numpy as np
from jaxlib.mlir import ir

from hloom.frontend import dtypes
from hloom.frontend.prims import indexing as i
from hloom.frontend.prims.elementwise import convert_element_type, le, max, min, select
from hloom.frontend.prims.indexing import CLIP, FILL, PROMISE
from hloom.frontend.prims.reduction import reduce_and
from hloom.frontend.prims.structural import broadcast_in_dim, reshape
from hloom.frontend.trace import aval_of
from hloom.lowering.dialects import stablehlo
from hloom.lowering.table import rule


@rule(i.dynamic_slice)
def _dynamic_slice(ctx, x, *starts, slice_sizes):
    return ctx.op("stablehlo.dynamic_slice", [x, *starts], {"slice_sizes": ctx.ints(slice_sizes)})


@rule(i.dynamic_update_slice)
def _dynamic_update_slice(ctx, x, update, *starts):
    return ctx.op("stablehlo.dynamic_update_slice", [x, update, *starts])


def last_starts(operand_shape, window, index_map):
    """For each element of an index vector the largest with which the window is inside."""
    return [operand_shape[a] - window[a] for a in index_map]


def inside(indices, limits):
    """Whether each index vector is between 0 and `limits`: a bool array without the last axis."""
    aval = aval_of(indices)
    # as unsigned numbers, negative ones are too large
    unsigned = np.dtype(f"uint{dtypes.itemsize_bits(aval.dtype)}")
    positions = convert_element_type(indices, unsigned)
    good = le(positions, bound(limits, unsigned, aval.shape))
    if aval.shape[-1] == 1:
        return reshape(good, aval.shape[:-1])
    return reduce_and(good, (aval.ndim - 1,))


def bound(limits, dtype, shape):
    """Limits of index vectors, as an operand beside indices of `shape`."""
    if len(set(limits)) == 1:
        return limits[0]
    return broadcast_in_dim(np.array(limits, dtype), shape, (len(shape) - 1,))


def moved_inside(indices, limits):
    """Index vectors moved between 0 and `limits`."""
    aval = aval_of(indices)
    return min(max(indices, 0), bound(limits, aval.dtype, aval.shape))


def _filled(x, indices, *, dimension_numbers, slice_sizes, fill_value, mode, **params):
    """A gather that clips, and the fill value where the window was not inside."""
    (found,) = i.gather.bind(
        x,
        indices,
        dimension_numbers=dimension_numbers,
        slice_sizes=slice_sizes,
        mode=CLIP,
        fill_value=None,
        **params,
    )
    limits = last_starts(aval_of(x).shape, slice_sizes, dimension_numbers.start_index_map)
    out = aval_of(found)
    places = [a for a in range(out.ndim) if a not in dimension_numbers.offset_dims]
    good = broadcast_in_dim(inside(indices, limits), out.shape, places)
    return select(good, found, broadcast_in_dim(fill_value, out.shape, ()))


def _clipped(x, indices, *, dimension_numbers, slice_sizes, mode, **params):
    """A gather whose windows are moved inside first."""
    limits = last_starts(aval_of(x).shape, slice_sizes, dimension_numbers.start_index_map)
    params.update(dimension_numbers=dimension_numbers, slice_sizes=slice_sizes, mode=PROMISE)
    return i.gather.bind(x, moved_inside(indices, limits), **params)[0]


def _numbers(dimension_numbers, index_rank):
    offsets, collapsed, index_map, batching, batched_axes = map(list, dimension_numbers)
    return stablehlo.GatherDimensionNumbers.get(
        offsets, collapsed, batching, batched_axes, index_map, index_rank - 1
    )


@rule(i.gather)
def _gather(ctx, x, indices, **params):
    indexed = bool(params["dimension_numbers"].start_index_map)
    if params["mode"] is FILL and indexed:
        return ctx.lower_fun(_filled, [x, indices], ctx.ins, **params)
    if params["mode"] is CLIP and indexed and ctx.module.target == "portable":
        return ctx.lower_fun(_clipped, [x, indices], ctx.ins, **params)
    numbers = ctx.attribute(_numbers, params["dimension_numbers"], ctx.ins[1].ndim)
    attributes = {
        "dimension_numbers": numbers,
        "slice_sizes": ctx.ints(params["slice_sizes"]),
        "indices_are_sorted": ctx.attribute(ir.BoolAttr.get, params["indices_are_sorted"]),
    }
    return ctx.op("stablehlo.gather", [x, indices], attributes)
