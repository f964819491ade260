"""Lowerings of the products of groups of rows.

Few rows meet all groups at once, and what is not theirs is masked. Many are cut into tiles, and a
loop goes over the pairs of a tile and a group that share rows: one pair for each tile, and one more
for each border of groups inside a tile (Gale et al., "MegaBlocks", 2022). Its work grows with the
rows, not with the rows times the groups.
"""

from hloom.frontend import dtypes
from hloom.frontend.prims import elementwise as e, ragged
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.control import while_loop
from hloom.frontend.prims.cumulative import cumsum
from hloom.frontend.prims.indexing import dynamic_slice, dynamic_update_slice
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    full,
    iota,
    pad,
    reshape,
    slice_in_dim,
)
from hloom.frontend.trace import aval_of, stage
from hloom.lowering.table import rule

_ALL_AT_ONCE = 128


def _tile(m, groups):
    """The rows of a tile, a power of two near the mean length of a group; None for no tiles."""
    rows = 1 << max(min(m // max(groups, 1), 256), 32).bit_length() - 1
    visited = (-(-m // rows) + groups - 1) * rows
    return rows if m > _ALL_AT_ONCE and 2 * visited < m * groups else None


def _inside(m, starts, ends):
    """Whether row i is in group j: [b, m, g]."""
    b, g = aval_of(starts).shape
    spread = lambda v: broadcast_in_dim(v, (b, m, g), (0, 2))
    row = broadcast_in_dim(iota("int32", m), (b, m, g), (1,))
    return e.bitwise_and(e.le(spread(starts), row), e.lt(row, spread(ends)))


def _masked(x, inside):
    """[b, m, k] -> [b, m, g, k], with zeros where a row is not in a group."""
    b, m, k = aval_of(x).shape
    shape = (b, m, aval_of(inside).shape[2], k)
    wide = broadcast_in_dim(x, shape, (0, 1, 3))
    return e.select(broadcast_in_dim(inside, shape, (0, 1, 2)), wide, full(shape, 0, wide.dtype))


def _product(x, y, contracted, batch, out, precision):
    wanted = None if out == x.dtype == y.dtype else out
    return dot_general(x, y, (contracted, batch), precision, wanted)


def _sum_dtype(out):
    """The dtype in which parts of a product are added up."""
    narrow = dtypes.is_float(out) and dtypes.itemsize_bits(out) < 32
    return dtypes.float32 if narrow else out


# ---------------------------------------------------------------- all groups at once
def _dot_masked(x, w, starts, ends, out, precision):
    found = _product(x, w, ((2,), (2,)), ((0,), (0,)), out, precision)
    inside = broadcast_in_dim(_inside(x.shape[1], starts, ends), found.shape, (0, 1, 2))
    return reduce_sum(e.select(inside, found, full(found.shape, 0, out)), (2,))


def _outer_masked(x, y, starts, ends, out, precision):
    inside = _inside(x.shape[1], starts, ends)
    x, y = _masked(x, inside), _masked(y, inside)
    return _product(x, y, ((1,), (1,)), ((0, 2), (0, 2)), out, precision)


# ---------------------------------------------------------------- tile by tile
def _visits(starts, ends, m, rows):
    """For each group, batch by batch: the visits up to its last, and its first tile less the visits
    before it; and where it starts and ends."""
    flat = (starts.shape[0] * starts.shape[1],)
    starts, ends = [reshape(e.clamp(0, v, m), flat) for v in (starts, ends)]
    first = e.div(starts, rows)
    last = e.div(e.sub(ends, 1), rows)
    number = e.select(e.lt(starts, ends), e.add(e.sub(last, first), 1), full(flat, 0, "int32"))
    through = cumsum(number)
    return through, e.sub(first, e.sub(through, number)), starts, ends


def _at(v, j):
    return reshape(dynamic_slice(v, (j,), (1,)), ())


def _over_tiles(operands, starts, ends, rows, result, step):
    """`result` after `step(operands, result, batch, group, row, mask)` for each visit."""
    b, m, _ = operands[0].shape
    groups = starts.shape[1]
    tables = _visits(starts, ends, m, rows)
    spare = -m % rows
    padding = [(0, 0, 0), (0, spare, 0), (0, 0, 0)]
    whole = [
        pad(x, full((), 0, x.dtype), padding) if x.ndim == 3 and spare else x for x in operands
    ]
    total = _at(tables[0], b * groups - 1)
    carry = [full((), 0, "int32"), result]
    constants = [*tables, *whole]

    def go_on(total, t, _):
        return [e.lt(t, total)]

    def body(through, base, starts, ends, *rest):
        *xs, t, found = rest
        before = e.le(through, t)
        j = reduce_sum(e.convert_element_type(before, "int32"), (0,))
        row = e.mul(e.add(_at(base, j), t), rows)
        at = e.add(iota("int32", rows), row)
        mask = e.bitwise_and(e.le(_at(starts, j), at), e.lt(at, _at(ends, j)))
        batch, group = e.div(j, groups), e.rem(j, groups)
        return [e.add(t, 1), step(xs, found, batch, group, row, mask)]

    avals = [aval_of(v) for v in (*constants, *carry)]
    found = while_loop.bind(
        total,
        *constants,
        *carry,
        cond=stage(go_on, [aval_of(v) for v in (total, *carry)], "cond"),
        body=stage(body, avals, "body"),
        cond_consts=1,
        body_consts=len(constants),
    )
    return found[1]


def _rows_of(x, batch, row, rows):
    k = x.shape[2]
    return reshape(dynamic_slice(x, (batch, row, 0), (1, rows, k)), (rows, k))


def _dot_tiled(x, w, starts, ends, out, precision, rows):
    (b, m, k), n = x.shape, w.shape[3]

    def step(operands, found, batch, group, row, mask):
        x, w = operands
        matrix = reshape(dynamic_slice(w, (batch, group, 0, 0), (1, 1, k, n)), (k, n))
        new = _product(
            _rows_of(x, batch, row, rows), matrix, ((1,), (0,)), ((), ()), out, precision
        )
        new = e.select(
            broadcast_in_dim(mask, (rows, n), (0,)), new, _rows_of(found, batch, row, rows)
        )
        return dynamic_update_slice(found, reshape(new, (1, rows, n)), (batch, row, 0))

    result = full((b, m + -m % rows, n), 0, out)
    return slice_in_dim(_over_tiles([x, w], starts, ends, rows, result, step), 0, m, axis=1)


def _outer_tiled(x, y, starts, ends, out, precision, rows):
    (b, _, k), n = x.shape, y.shape[2]
    sums = _sum_dtype(out)

    def step(operands, found, batch, group, row, mask):
        parts = []
        for v in operands:
            v = _rows_of(v, batch, row, rows)
            inside = broadcast_in_dim(mask, v.shape, (0,))
            parts.append(e.select(inside, v, full(v.shape, 0, v.dtype)))
        left, right = parts
        product = _product(left, right, ((0,), (0,)), ((), ()), sums, precision)
        new = reshape(product, (1, 1, k, n))
        old = dynamic_slice(found, (batch, group, 0, 0), (1, 1, k, n))
        return dynamic_update_slice(found, e.add(old, new), (batch, group, 0, 0))

    result = full((b, starts.shape[1], k, n), 0, sums)
    found = _over_tiles([x, y], starts, ends, rows, result, step)
    return e.convert_element_type(found, out)


def _lowered(primitive, masked, tiled):
    @rule(primitive)
    def emit(ctx, *operands, precision, preferred_element_type):
        rows = _tile(ctx.ins[0].shape[1], ctx.ins[2].shape[1])
        params = {"out": ctx.outs[0].dtype, "precision": precision}
        avals = [a.strip_weak_type() for a in ctx.ins]
        if rows is None:
            return ctx.lower_fun(masked, operands, avals, **params)
        return ctx.lower_fun(tiled, operands, avals, rows=rows, **params)


_lowered(ragged.grouped_dot, _dot_masked, _dot_tiled)
_lowered(ragged.grouped_outer, _outer_masked, _outer_tiled)
