"""Rules of the collectives: batching over the axis they name is where they get their meaning."""

import itertools

from hloom.frontend.context import thread
from hloom.frontend.families import typed_literal
from hloom.frontend.primitive import composed
from hloom.frontend.prims import collectives as c
from hloom.frontend.prims.elementwise import add, div, eq, mul, rem, select
from hloom.frontend.prims.reduction import reduce_max, reduce_min, reduce_sum
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    concatenate,
    full,
    reshape,
    slice_in_dim,
)
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import move, spread

_LOCAL = {"sum": reduce_sum, "max": reduce_max, "min": reduce_min}


def _rest(axis, params):
    """The parameters without this axis: the axes still to be reduced."""
    names = tuple([n for n in params["axis_name"] if n != axis.name])
    return {**params, "axis_name": names, "axis_size": params["axis_size"] // axis.size}


def _here(axis, axis_name):
    return axis.name is not None and axis.name in axis_name


def _reduction(kind):
    primitive = c.reduce_across[kind]

    @batch.rule(primitive)
    def apply(axis, operands, dims, **params):
        (x,), (d,) = operands, dims
        if not _here(axis, params["axis_name"]):
            return primitive.bind(x, **params), [d]
        if d is not None:
            x = _LOCAL[kind](x, (d,))
        elif kind == "sum":
            x = mul(x, axis.size)
        rest = _rest(axis, params)
        return (primitive.bind(x, **rest) if rest["axis_name"] else [x]), [None]


for _kind in _LOCAL:
    _reduction(_kind)

jvp.linear(c.reduce_across["sum"])


@transpose.rule(c.reduce_across["sum"])
def _sum_back(cts, x, **params):
    return c.reduce_across["sum"].bind(cts[0], **params)


def _extreme(kind):
    primitive = c.reduce_across[kind]

    @jvp.rule(primitive)
    def apply(primals, tangents, **params):
        (x,), (g,) = primals, tangents
        (y,) = primitive.bind(x, **params)
        shape, dtype = aval_of(x).shape, aval_of(g).dtype
        hit = eq(x, y)
        one, zero = full(shape, typed_literal(1, dtype)), full(shape, typed_literal(0, dtype))
        total = c.reduce_across["sum"].bind
        (count,) = total(select(hit, one, zero), **params)
        (share,) = total(select(hit, g, zero), **params)
        return [y], [div(share, count)]


_extreme("max")
_extreme("min")


# ---------------------------------------------------------------- moving values
def _gather_rest(axis, x, params):
    """Gather the other named axes too, and order all of them as they were named."""
    names, place = params["axis_name"], params["axis"]
    rest = {**_rest(axis, params), "tiled": False}
    # the places of the other axes come before this one's: (others, this, ...)
    (x,) = c.gather_across.bind(x, **rest)
    sizes = [thread.context.axes[n] if n != axis.name else axis.size for n in names]
    mine = names.index(axis.name)
    others = sizes[:mine] + sizes[mine + 1 :]
    shape = aval_of(x).shape
    x = reshape(x, (*shape[:place], *others, *shape[place + 1 :]))
    x = move(x, place + len(others), place + mine)
    total = params["axis_size"]
    tail = aval_of(x).shape[place + len(names) :]
    joined = (total * tail[0], *tail[1:]) if params["tiled"] else (total, *tail)
    return [reshape(x, (*shape[:place], *joined))], [None]


@batch.rule(c.gather_across)
def _gather(axis, operands, dims, /, **params):
    (x,), (d,) = operands, dims
    names, place = params["axis_name"], params["axis"]
    if not _here(axis, names):
        if d is None:
            return c.gather_across.bind(x, **params), [None]
        # in front, the batch dimension shifts the axis by one
        return c.gather_across.bind(move(x, d, 0), **{**params, "axis": place + 1}), [0]
    x = spread(x, axis.size, place) if d is None else move(x, d, place)
    if len(names) > 1:
        return _gather_rest(axis, x, params)
    if params["tiled"]:
        shape = aval_of(x).shape
        x = reshape(x, (*shape[:place], shape[place] * shape[place + 1], *shape[place + 2 :]))
    return [x], [None]


jvp.linear(c.gather_across)


@transpose.rule(c.gather_across)
def _gather_back(cts, x, **params):
    return c.scatter_across.bind(cts[0], **params)


@batch.rule(c.scatter_across)
def _scatter(axis, operands, dims, /, **params):
    (x,), (d,) = operands, dims
    place, size = params["axis"], axis.size
    if not _here(axis, params["axis_name"]):
        return c.scatter_across.bind(move(x, d, 0), **{**params, "axis": place + 1}), [0]
    x = mul(x, size) if d is None else reduce_sum(x, (d,))
    if params["tiled"]:
        shape = aval_of(x).shape
        x = reshape(x, (*shape[:place], size, shape[place] // size, *shape[place + 1 :]))
    return [x], [place]


jvp.linear(c.scatter_across)


@transpose.rule(c.scatter_across)
def _scatter_back(cts, x, **params):
    return c.gather_across.bind(cts[0], **params)


@batch.rule(c.exchange)
def _exchange(axis, operands, dims, *, axis_name, axis_size, split_axis, concat_axis):
    (x,), (d,) = operands, dims
    params = {"axis_name": axis_name, "axis_size": axis_size}
    if not _here(axis, axis_name):
        shifted = {"split_axis": split_axis + 1, "concat_axis": concat_axis + 1}
        return c.exchange.bind(move(x, d, 0), **params, **shifted), [0]
    x = move(x, d, 0) if d is not None else spread(x, axis.size, 0)
    # the split axis becomes the batch; the old batch lands where the pieces are stacked
    x = move(x, split_axis + 1, 0)
    return [move(x, 1, concat_axis + 1)], [0]


jvp.linear(c.exchange)


@transpose.rule(c.exchange)
def _exchange_back(cts, x, *, split_axis, concat_axis, **params):
    return c.exchange.bind(cts[0], split_axis=concat_axis, concat_axis=split_axis, **params)


@batch.rule(c.permute)
def _permute(axis, operands, dims, *, axis_name, axis_size, perm):
    (x,), (d,) = operands, dims
    if not _here(axis, axis_name):
        return c.permute.bind(x, axis_name=axis_name, axis_size=axis_size, perm=perm), [d]
    x = move(x, d, 0) if d is not None else spread(x, axis.size, 0)
    return [_permuted(x, perm)], [0]


@composed("x")
def _permuted(x, perm):
    """The rows of `x` at their new places, cut in runs that stay together; zeros elsewhere."""
    size, *rest = aval_of(x).shape
    source, parts = {b: a for a, b in perm}, []
    # rows of one run are as far from their sources as the first is
    shift = lambda row: source[row] - row if row in source else None
    for moved, run in itertools.groupby(range(size), shift):
        rows = list(run)
        if moved is None:
            parts.append(full((len(rows), *rest), typed_literal(0, aval_of(x).dtype)))
        else:
            parts.append(slice_in_dim(x, rows[0] + moved, rows[-1] + 1 + moved))
    return concatenate(parts, 0)


jvp.linear(c.permute)


@transpose.rule(c.permute)
def _permute_back(cts, x, *, perm, **params):
    return c.permute.bind(cts[0], perm=tuple([(b, a) for a, b in perm]), **params)


@batch.rule(c.index_on)
def _index(axis, operands, dims, *, axis_name, axis_size):
    # the number of a place among several axes counts the last one fastest
    here = broadcasted_iota("int32", (axis.size,), 0)
    rest = tuple([n for n in axis_name if n != axis.name])
    if not rest:
        return [here], [0]
    place, sizes = axis_name.index(axis.name), thread.context.axes
    inner = 1
    for n in axis_name[place + 1 :]:
        inner *= sizes[n]
    (other,) = c.index_on.bind(axis_name=rest, axis_size=axis_size // axis.size)
    high = div(other, inner)
    low = rem(other, inner)
    spread_high = broadcast_in_dim(mul(high, inner * axis.size), (axis.size,), ())
    return [add(add(spread_high, mul(here, inner)), broadcast_in_dim(low, (axis.size,), ()))], [0]


jvp.none(c.index_on, "it has no operands")

for _kind in ("max", "min"):
    transpose.none(c.reduce_across[_kind], "not linear")
