"""Rules of the structural primitives: all are linear in the array they move."""

import numpy as np

from hloom.frontend.families import typed_literal
from hloom.frontend.primitive import composed
from hloom.frontend.prims import structural as s
from hloom.frontend.prims.elementwise import select, sub
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import at_front, move, spread, to_front
from hloom.transforms.transpose import is_linear

for _linear in (s.broadcast_in_dim, s.reshape, s.transpose, s.slice, s.pad, s.concatenate, s.rev):
    jvp.linear(_linear)
jvp.none(s.broadcasted_iota, "it has no operands")
batch.none(s.broadcasted_iota, "it has no operands")


# ---------------------------------------------------------------- broadcast_in_dim
@transpose.rule(s.broadcast_in_dim)
def _broadcast_back(cts, x, *, shape, broadcast_dimensions):
    own = x.aval.shape
    kept = {d for d, n in zip(broadcast_dimensions, own, strict=True) if n == shape[d]}
    axes = tuple([i for i in range(len(shape)) if i not in kept])
    return [_sum_to(cts[0], axes, own) if len(kept) < len(own) else reduce_sum(cts[0], axes)]


@composed("ct")
def _sum_to(ct, axes, shape):
    return s.reshape(reduce_sum(ct, axes), shape)


@batch.rule(s.broadcast_in_dim)
def _broadcast_batch(axis, operands, dims, *, shape, broadcast_dimensions):
    x = at_front(operands[0], dims[0])
    moved = (0, *[d + 1 for d in broadcast_dimensions])
    return s.broadcast_in_dim.bind(x, shape=(axis.size, *shape), broadcast_dimensions=moved), [0]


# ---------------------------------------------------------------- reshape and transpose
@transpose.rule(s.reshape)
def _reshape_back(cts, x, *, new_sizes):
    return [s.reshape(cts[0], x.aval.shape)]


@batch.rule(s.reshape)
def _reshape_batch(axis, operands, dims, *, new_sizes):
    return s.reshape.bind(at_front(operands[0], dims[0]), new_sizes=(axis.size, *new_sizes)), [0]


@transpose.rule(s.transpose)
def _transpose_back(cts, x, *, permutation):
    return [s.transpose(cts[0], [int(i) for i in np.argsort(permutation)])]


@batch.rule(s.transpose)
def _transpose_batch(axis, operands, dims, *, permutation):
    (x,), (d,) = operands, dims
    moved = (d, *[p + (p >= d) for p in permutation])
    return [s.transpose(x, moved)], [0]


# ---------------------------------------------------------------- slice, pad, concatenate, rev
@transpose.rule(s.slice)
def _slice_back(cts, x, *, start_indices, limit_indices, strides):
    (ct,) = cts
    config = []
    for n, m, lo, step in zip(x.aval.shape, aval_of(ct).shape, start_indices, strides, strict=True):
        covered = lo + (m - 1) * step + 1 if m else lo
        config.append((lo, n - covered, step - 1))
    return [s.pad(ct, _zero(ct), config)]


@batch.rule(s.slice)
def _slice_batch(axis, operands, dims, *, start_indices, limit_indices, strides):
    (x,), (d,) = operands, dims
    insert = lambda t, v: (*t[:d], v, *t[d:])
    params = {
        "start_indices": insert(start_indices, 0),
        "limit_indices": insert(limit_indices, axis.size),
        "strides": insert(strides, 1),
    }
    return s.slice.bind(x, **params), [d]


def _zero(x):
    return typed_literal(0, aval_of(x).dtype)


@transpose.rule(s.pad)
def _pad_back(cts, x, value, *, padding_config):
    (ct,) = cts
    ct_x = ct_value = None
    back = [(-lo, -hi, 0) for lo, hi, _ in padding_config]
    if is_linear(x) or is_linear(value):
        inner = s.pad(ct, _zero(ct), back)
        strides = [mid + 1 for _, _, mid in padding_config]
        ct_x = s.slice(inner, [0] * len(back), aval_of(inner).shape, strides)
    if is_linear(value):
        total = reduce_sum(ct, range(aval_of(ct).ndim))
        ct_value = sub(total, reduce_sum(ct_x, range(aval_of(ct_x).ndim)))
    return [ct_x if is_linear(x) else None, ct_value]


@batch.rule(s.pad)
def _pad_batch(axis, operands, dims, *, padding_config):
    (x, value), (d, value_dim) = operands, dims
    if value_dim is None:
        config = (*padding_config[:d], (0, 0, 0), *padding_config[d:])
        return s.pad.bind(x, value, padding_config=config), [d]
    x = to_front(x, d, axis.size)
    config = ((0, 0, 0), *padding_config)
    padded = s.pad(x, _zero(x), config)
    inside = s.pad(s.full(aval_of(x).shape, True), False, config)
    shape = aval_of(padded).shape
    return [select(inside, padded, s.broadcast_in_dim(value, shape, (0,)))], [0]


@transpose.rule(s.concatenate)
def _concatenate_back(cts, *xs, dimension):
    (ct,) = cts
    results, start = [], 0
    for x in xs:
        n = aval_of(x).shape[dimension] if not is_linear(x) else x.aval.shape[dimension]
        part = s.slice_in_dim(ct, start, start + n, axis=dimension) if is_linear(x) else None
        results.append(part)
        start += n
    return results


@batch.rule(s.concatenate)
def _concatenate_batch(axis, operands, dims, *, dimension):
    d = next(d for d in dims if d is not None)
    moved = [
        spread(x, axis.size, d) if e is None else move(x, e, d)
        for x, e in zip(operands, dims, strict=True)
    ]
    return s.concatenate.bind(*moved, dimension=dimension + (dimension >= d)), [d]


@transpose.rule(s.rev)
def _rev_back(cts, x, *, dimensions):
    return s.rev.bind(cts[0], dimensions=dimensions)


@batch.rule(s.rev)
def _rev_batch(axis, operands, dims, *, dimensions):
    (x,), (d,) = operands, dims
    return s.rev.bind(x, dimensions=batch.renumbered(dimensions, d)), [d]
