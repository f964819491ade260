"""Rules of dynamic slices and gathers: linear in the array they read, or in array and update."""

from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Literal
from hloom.frontend.prims import indexing as i
from hloom.frontend.prims.indexing import CLIP, GatherDimensionNumbers
from hloom.frontend.prims.scatter import ScatterDimensionNumbers, scatter, scatter_add
from hloom.frontend.prims.structural import broadcast_in_dim, concatenate, reshape
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import move, renumbered, spread, to_front
from hloom.transforms.transpose import is_linear
from hloom.transforms.zeros import zeros


# ---------------------------------------------------------------- dynamic_slice
@jvp.rule(i.dynamic_slice)
def _slice(primals, tangents, *, slice_sizes):
    g = tangents[0]
    outs = i.dynamic_slice.bind(*primals, slice_sizes=slice_sizes)
    if g is None:
        return outs, [None]
    return outs, i.dynamic_slice.bind(g, *primals[1:], slice_sizes=slice_sizes)


@transpose.rule(i.dynamic_slice)
def _slice_back(cts, x, *starts, slice_sizes):
    (whole,) = i.dynamic_update_slice.bind(zeros(x.aval), cts[0], *starts)
    return [whole, *[None] * len(starts)]


@batch.rule(i.dynamic_slice)
def _slice_batch(axis, operands, dims, *, slice_sizes):
    (x, *starts), (d, *start_dims) = operands, dims
    if not any(e is not None for e in start_dims):
        starts.insert(d, _zero_start(starts))
        sizes = (*slice_sizes[:d], axis.size, *slice_sizes[d:])
        return i.dynamic_slice.bind(x, *starts, slice_sizes=sizes), [d]
    columns, axes = _columns(axis, starts, start_dims)
    offsets = tuple(range(1, len(slice_sizes) + 1))
    numbers = GatherDimensionNumbers(offsets, (), tuple(axes))
    if d is not None:
        numbers = GatherDimensionNumbers(offsets, (), renumbered(axes, d), (d,), (0,))
        slice_sizes = (*slice_sizes[:d], min(1, axis.size), *slice_sizes[d:])
    return [i.gather(x, columns, numbers, slice_sizes, mode=CLIP)], [0]


def _zero_start(starts):
    return typed_literal(0, aval_of(starts[0]).dtype if starts else i.index_dtype(()))


def _columns(axis, starts, dims):
    """Batched start indices as one array of index vectors, and the axes they are for."""
    columns, axes = [], []
    for a, (start, d) in enumerate(zip(starts, dims, strict=True)):
        if not (type(start) is Literal and start.value == 0):
            axes.append(a)
            repeat = broadcast_in_dim(start, (axis.size, 1), ()) if d is None else None
            columns.append(reshape(start, (axis.size, 1)) if repeat is None else repeat)
    return concatenate(columns, 1), axes


# ---------------------------------------------------------------- dynamic_update_slice
@jvp.rule(i.dynamic_update_slice)
def _update(primals, tangents):
    (x, u, *starts), (gx, gu, *_) = primals, tangents
    outs = i.dynamic_update_slice.bind(x, u, *starts)
    if gx is None and gu is None:
        return outs, [None]
    gx = zeros(aval_of(x)) if gx is None else gx
    gu = zeros(aval_of(u)) if gu is None else gu
    return outs, i.dynamic_update_slice.bind(gx, gu, *starts)


@transpose.rule(i.dynamic_update_slice)
def _update_back(cts, x, u, *starts):
    (ct,) = cts
    ct_x = ct_u = None
    if is_linear(x):
        cleared = zeros(aval_of(u) if not is_linear(u) else u.aval)
        (ct_x,) = i.dynamic_update_slice.bind(ct, cleared, *starts)
    if is_linear(u):
        (ct_u,) = i.dynamic_slice.bind(ct, *starts, slice_sizes=u.aval.shape)
    return [ct_x, ct_u, *[None] * len(starts)]


@batch.rule(i.dynamic_update_slice)
def _update_batch(axis, operands, dims):
    (x, u, *starts), (dx, du, *start_dims) = operands, dims
    if not any(e is not None for e in start_dims):
        d = du if dx is None else dx
        x = spread(x, axis.size, d) if dx is None else x
        u = spread(u, axis.size, d) if du is None else move(u, du, d)
        starts.insert(d, _zero_start(starts))
        return i.dynamic_update_slice.bind(x, u, *starts), [d]
    x, u = to_front(x, dx, axis.size), to_front(u, du, axis.size)
    columns, axes = _columns(axis, starts, start_dims)
    windows = tuple(range(1, aval_of(x).ndim))
    numbers = ScatterDimensionNumbers(windows, (), renumbered(axes, 0), (0,), (0,))
    return [scatter(x, columns, u, numbers, unique_indices=True, mode=CLIP)], [0]


# ---------------------------------------------------------------- gather
@jvp.rule(i.gather)
def _gather(primals, tangents, *, fill_value, **params):
    x, indices = primals
    outs = i.gather.bind(x, indices, fill_value=fill_value, **params)
    g = tangents[0]
    if g is None:
        return outs, [None]
    zero = None if fill_value is None else typed_literal(0, aval_of(g).dtype)
    return outs, i.gather.bind(g, indices, fill_value=zero, **params)


@transpose.rule(i.gather)
def _gather_back(
    cts,
    x,
    indices,
    *,
    dimension_numbers,
    slice_sizes,
    indices_are_sorted,
    unique_indices,
    mode,
    fill_value,
):
    whole = scatter_add.bind(
        zeros(x.aval),
        indices,
        cts[0],
        dimension_numbers=ScatterDimensionNumbers(*dimension_numbers),
        indices_are_sorted=indices_are_sorted,
        unique_indices=unique_indices,
        mode=mode,
    )
    return [*whole, None]


@batch.rule(i.gather)
def _gather_batch(
    axis, operands, dims, *, dimension_numbers, slice_sizes, indices_are_sorted, **params
):
    (x, indices), (d, e) = operands, dims
    offsets, collapsed, index_map, batching, batched_axes = dimension_numbers
    dim = 0
    if e is not None:
        indices = move(indices, e, 0)
        offsets = renumbered(offsets, 0)
        batched_axes = renumbered(batched_axes, 0)
        indices_are_sorted = False
    if d is not None:
        lists = collapsed, index_map, batching
        collapsed, index_map, batching = (renumbered(axes, d) for axes in lists)
        length = axis.size if e is None else min(1, axis.size)
        slice_sizes = (*slice_sizes[:d], length, *slice_sizes[d:])
        if e is None:
            dim, offsets = window_axis(d, (*collapsed, *batching), offsets)
        else:
            place = sum(a < d for a in batching)
            batching = (*batching[:place], d, *batching[place:])
            batched_axes = (*batched_axes[:place], 0, *batched_axes[place:])
    numbers = GatherDimensionNumbers(offsets, collapsed, index_map, batching, batched_axes)
    params.update(slice_sizes=slice_sizes, indices_are_sorted=indices_are_sorted)
    return i.gather.bind(x, indices, dimension_numbers=numbers, **params), [dim]


def window_axis(d, dropped, offsets):
    """Where a new window axis, axis `d` of the operand, stands: (its place, all places)."""
    before = d - sum(a < d for a in dropped)
    dim = offsets[before - 1] + 1 if before else 0
    return dim, (*offsets[:before], dim, *[a + 1 for a in offsets[before:]])
