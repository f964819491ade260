"""Rules of the reductions; the batching rule is the family's, in transforms/batch.py."""

import math

from hloom.frontend.families import typed_literal
from hloom.frontend.prims import reduction as r
from hloom.frontend.prims.elementwise import div, eq, mul, select
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    concatenate,
    full,
    reshape,
    slice_in_dim,
)
from hloom.frontend.prims.structural import transpose as move_axes
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose

jvp.linear(r.reduce_sum)


@transpose.rule(r.reduce_sum)
def _sum_back(cts, x, *, axes):
    return [_spread_back(cts[0], x.aval.shape, axes)]


def _spread_back(y, shape, axes):
    """Repeat a reduced array over the axes that were reduced."""
    kept = [i for i in range(len(shape)) if i not in axes]
    return broadcast_in_dim(y, shape, kept)


def _extreme(primitive):
    @jvp.rule(primitive)
    def apply(primals, tangents, *, axes):
        (x,), (g,) = primals, tangents
        (y,) = primitive.bind(x, axes=axes)
        # the tangent is shared by all elements that attain the extreme
        hit = eq(x, _spread_back(y, aval_of(x).shape, axes))
        zero = typed_literal(0, aval_of(g).dtype)
        one = typed_literal(1, aval_of(g).dtype)
        shape = aval_of(x).shape
        count = r.reduce_sum(select(hit, full(shape, one), full(shape, zero)), axes)
        total = r.reduce_sum(select(hit, g, full(shape, zero)), axes)
        return [y], [div(total, count)]


_extreme(r.reduce_max)
_extreme(r.reduce_min)


@jvp.rule(r.reduce_prod)
def _prod(primals, tangents, *, axes):
    (x,), (g,) = primals, tangents
    y = r.reduce_prod.bind(x, axes=axes)
    shape = aval_of(x).shape
    kept = [i for i in range(len(shape)) if i not in axes]
    order = [*kept, *axes]
    flat = (*[shape[i] for i in kept], math.prod(shape[i] for i in axes))
    others = _exclusive_products(reshape(move_axes(x, order), flat), len(kept))
    weighted = mul(reshape(move_axes(g, order), flat), others)
    return y, [r.reduce_sum(weighted, (len(kept),))]


def _exclusive_products(x, axis):
    """At each position the product of all other elements along `axis`, in log(n) steps."""
    n = aval_of(x).shape[axis]
    before, after = _shifted_scan(x, axis, n, False), _shifted_scan(x, axis, n, True)
    return mul(before, after)


def _shifted_scan(x, axis, n, reverse):
    """The product of the elements before (or after) each position, by doubling."""
    one = full(_with_length(aval_of(x).shape, axis, 1), typed_literal(1, aval_of(x).dtype))
    if n <= 1:
        return one if n else x
    if reverse:
        scanned = concatenate([slice_in_dim(x, 1, n, axis=axis), one], axis)
    else:
        scanned = concatenate([one, slice_in_dim(x, 0, n - 1, axis=axis)], axis)
    step = 1
    while step < n:
        ones = full(_with_length(aval_of(x).shape, axis, step), typed_literal(1, aval_of(x).dtype))
        if reverse:
            shifted = concatenate([slice_in_dim(scanned, step, n, axis=axis), ones], axis)
        else:
            shifted = concatenate([ones, slice_in_dim(scanned, 0, n - step, axis=axis)], axis)
        scanned, step = mul(scanned, shifted), step * 2
    return scanned


def _with_length(shape, axis, n):
    return (*shape[:axis], n, *shape[axis + 1 :])


for _bits in (r.reduce_and, r.reduce_or, r.reduce_xor):
    jvp.none(_bits, "the operand is bool or integer")
for _arg in (r.argmax, r.argmin):
    jvp.none(_arg, "the result is an integer")


def _arg_batch(primitive):
    @batch.rule(primitive)
    def apply(axis_data, operands, dims, *, axis, index_dtype):
        (x,), (d,) = operands, dims
        moved = axis + (axis >= d)
        return primitive.bind(x, axis=moved, index_dtype=index_dtype), [d - (moved < d)]


_arg_batch(r.argmax)
_arg_batch(r.argmin)
