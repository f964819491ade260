"""Rules of the reductions; that of batching the named ones is in transforms/batch.py.

A product, and a reduction by any function, is differentiated as the tree of pairwise combinations
that it could be computed by: log(n) steps of work n/2, n/4, ..., right where elements are zero.
"""

from hloom.frontend.families import typed_literal
from hloom.frontend.primitive import composed
from hloom.frontend.prims import reduction as r
from hloom.frontend.prims.elementwise import convert_element_type, div, eq, mul, select
from hloom.frontend.prims.structural import broadcast_in_dim, full, reshape, slice_in_dim
from hloom.frontend.trace import aval_of, interpret
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import AxisData

jvp.linear(r.reduce_sum)


@transpose.rule(r.reduce_sum)
def _sum_back(cts, x, *, axes):
    return [spread_back(cts[0], x.aval.shape, axes)]


def spread_back(y, shape, axes):
    """Repeat a reduced array over the axes that were reduced."""
    kept = [i for i in range(len(shape)) if i not in axes]
    return broadcast_in_dim(y, shape, kept)


# ---------------------------------------------------------------- extremes
def _extreme(primitive):
    @jvp.rule(primitive)
    def apply(primals, tangents, *, axes):
        (x,), (g,) = primals, tangents
        (y,) = primitive.bind(x, axes=axes)
        hit, count = _attained(x, y, axes)
        total = r.reduce_sum(select(hit, g, typed_literal(0, aval_of(g).dtype)), axes)
        return [y], [div(total, count)]


@composed("x", "y")
def _attained(x, y, axes):
    """Where an extreme is attained, and how often: all these elements share the tangent."""
    hit = eq(x, spread_back(y, aval_of(x).shape, axes) if aval_of(y).shape else y)
    return hit, r.reduce_sum(convert_element_type(hit, aval_of(x).dtype), axes)


_extreme(r.reduce_max)
_extreme(r.reduce_min)


# ---------------------------------------------------------------- trees of combinations
def halved(combine, xs, axes):
    """Reduce arrays of one shape along axes: the first half with the second, until one is left.

    `combine(lefts, rights)` combines lists of arrays element by element.
    """
    for axis in axes:
        left_over = None
        n = aval_of(xs[0]).shape[axis]
        while n > 1:
            half = n // 2
            if n % 2:
                last = _part(xs, axis, n - 1, n)
                left_over = last if left_over is None else combine(left_over, last)
            xs = combine(_part(xs, axis, 0, half), _part(xs, axis, half, 2 * half))
            n = half
        if left_over is not None:
            xs = combine(xs, left_over)
    shape = [n for i, n in enumerate(aval_of(xs[0]).shape) if i not in axes]
    return [reshape(x, shape) for x in xs]


def _part(xs, axis, start, stop):
    return [slice_in_dim(x, start, stop, axis=axis) for x in xs]


@jvp.rule(r.reduce_prod)
def _prod(primals, tangents, *, axes):
    (x,), (g,) = primals, tangents
    shape = aval_of(x).shape
    if any(shape[a] == 0 for a in axes):
        return r.reduce_prod.bind(x, axes=axes), [None]
    return jvp.jvp(lambda x: halved(lambda a, b: [mul(a[0], b[0])], [x], axes), [x], [g])


# ---------------------------------------------------------------- any reduction
def combined(program, lefts, rights):
    """The combiner `program` on pairs of arrays, element by element."""

    def run(*xs):
        return interpret(program, xs)

    for size in reversed(aval_of(lefts[0]).shape):
        run = _mapped(run, size)
    return run(*lefts, *rights)


def _mapped(run, size):
    def outer(*xs):
        ys, dims = batch.batch(run, AxisData(None, size), xs, [0] * len(xs))
        return [batch.to_front(y, d, size) for y, d in zip(ys, dims, strict=True)]

    return outer


def _as_tree(program, axes, n):
    """A function that does what `reduce` does, by elementwise combinations."""

    def fun(*args):
        xs, inits = args[:n], args[n:]
        shape = aval_of(xs[0]).shape
        kept = [m for i, m in enumerate(shape) if i not in axes]
        starts = [full(kept, i) for i in inits]
        if any(shape[a] == 0 for a in axes):
            return starts
        return combined(program, halved(lambda a, b: combined(program, a, b), xs, axes), starts)

    return fun


@jvp.rule(r.reduce)
def _reduce(primals, tangents, *, computation, axes):
    tree = _as_tree(computation, axes, len(primals) // 2)
    return jvp.jvp(tree, primals, tangents)


@batch.rule(r.reduce)
def _reduce_batch(axis, operands, dims, *, computation, axes):
    n = len(operands) // 2
    if any(d is not None for d in dims[n:]):
        return batch.batch(_as_tree(computation, axes, n), axis, operands, dims)
    xs = [batch.to_front(x, d, axis.size) for x, d in zip(operands[:n], dims[:n], strict=True)]
    moved = tuple([a + 1 for a in axes])
    return r.reduce.bind(*xs, *operands[n:], computation=computation, axes=moved), [0] * n


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

for _primitive in (r.reduce, r.reduce_max, r.reduce_min, r.reduce_prod):
    transpose.none(_primitive, "not linear")
