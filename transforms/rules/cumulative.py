"""Rules of the cumulative operations: every derivative is a linear recurrence.

y[k] = x[k] * y[k-1]           y'[k] = x[k] * y'[k-1] + x'[k] * y[k-1]
y[k] = a[k] * y[k-1] + b[k]    y'[k] = a[k] * y'[k-1] + (a'[k] * y[k-1] + b'[k])
"""

import math

from hloom.frontend.families import typed_literal
from hloom.frontend.prims import cumulative as c
from hloom.frontend.prims.combiner import highest, lowest
from hloom.frontend.prims.cumulative import shifted
from hloom.frontend.prims.elementwise import add, eq, exp, gt, lt, mul, select, sub
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import to_front

jvp.linear(c.cumsum)


@transpose.rule(c.cumsum)
def _cumsum_back(cts, x, *, axis, reverse):
    return [c.cumsum(cts[0], axis, not reverse)]


@jvp.rule(c.cumprod)
def _cumprod(primals, tangents, *, axis, reverse):
    (x,), (g,) = primals, tangents
    y = c.cumprod(x, axis, reverse)
    terms = mul(g, shifted(y, axis, reverse, 1))
    return [y], [c.linear_recurrence(x, terms, axis, reverse)]


def _extreme(primitive, beats, identity):
    @jvp.rule(primitive)
    def apply(primals, tangents, *, axis, reverse):
        (x,), (g,) = primals, tangents
        y = primitive(x, axis, reverse)
        dtype = aval_of(x).dtype
        before = shifted(y, axis, reverse, identity(dtype))
        zero, half, one = (typed_literal(v, dtype) for v in (0, 0.5, 1))
        keeps, tied = beats(before, x), eq(before, x)
        # the tangent is shared by the earlier extreme and an element that equals it
        factors = select(keeps, one, select(tied, half, zero))
        terms = select(keeps, zero, select(tied, mul(g, half), g))
        return [y], [c.linear_recurrence(factors, terms, axis, reverse)]


_extreme(c.cummax, gt, lowest)
_extreme(c.cummin, lt, highest)


@jvp.rule(c.cumlogsumexp)
def _cumlogsumexp(primals, tangents, *, axis, reverse):
    (x,), (g,) = primals, tangents
    y = c.cumlogsumexp(x, axis, reverse)
    before = shifted(y, axis, reverse, -math.inf)
    factors, weights = _share(before, y), _share(x, y)
    return [y], [c.linear_recurrence(factors, mul(g, weights), axis, reverse)]


def _share(part, total):
    """exp(part - total), 0 where the total is log 0."""
    nothing = eq(total, typed_literal(-math.inf, aval_of(total).dtype))
    zero = typed_literal(0, aval_of(total).dtype)
    return select(nothing, zero, exp(sub(part, select(nothing, zero, total))))


# ---------------------------------------------------------------- recurrences
@jvp.rule(c.linear_recurrence)
def _recurrence(primals, tangents, *, axis, reverse):
    (a, b), (ga, gb) = primals, tangents
    y = c.linear_recurrence(a, b, axis, reverse)
    terms = gb
    if ga is not None:
        change = mul(ga, shifted(y, axis, reverse, 0))
        terms = change if gb is None else add(change, gb)
    return [y], [c.linear_recurrence(a, terms, axis, reverse)]


@transpose.rule(c.linear_recurrence)
def _recurrence_back(cts, a, b, *, axis, reverse):
    # each factor stands where the step back starts
    factors = shifted(a, axis, not reverse, 0)
    return [None, c.linear_recurrence(factors, cts[0], axis, not reverse)]


@batch.rule(c.linear_recurrence)
def _recurrence_batch(axis_data, operands, dims, *, axis, reverse):
    a, b = (to_front(x, d, axis_data.size) for x, d in zip(operands, dims, strict=True))
    return c.linear_recurrence.bind(a, b, axis=axis + 1, reverse=reverse), [0]


def _cumulative_batch(axis_data, primitive, operands, dims, params):
    ((x,), (d,)) = operands, dims
    axis = params["axis"]
    return primitive.bind(x, axis=axis + (axis >= d), reverse=params["reverse"]), [d]


batch.families["cumulative"] = _cumulative_batch

for _primitive in (c.cummax, c.cummin, c.cumprod, c.cumlogsumexp):
    transpose.none(_primitive, "not linear")
