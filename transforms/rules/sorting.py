"""Rules of sorting: tangents are taken in the order that the positions were sorted into."""

from hloom.frontend.prims import sorting as s
from hloom.frontend.prims.indexing import index_dtype
from hloom.frontend.prims.structural import broadcasted_iota
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import move, to_front


@jvp.rule(s.sort)
def _sort(primals, tangents, *, dimension, **params):
    shape = aval_of(primals[0]).shape
    positions = broadcasted_iota(index_dtype(shape), shape, dimension)
    *outs, order = s.sort.bind(*primals, positions, dimension=dimension, **params)
    moved = [None if g is None else s.take_in_order(g, order, dimension) for g in tangents]
    return outs, moved


@batch.rule(s.sort)
def _sort_batch(axis, operands, dims, *, dimension, **params):
    xs = [to_front(x, d, axis.size) for x, d in zip(operands, dims, strict=True)]
    return s.sort.bind(*xs, dimension=dimension + 1, **params), [0] * len(xs)


@jvp.rule(s.top_k)
def _top_k(primals, tangents, *, k):
    values, indices = s.top_k.bind(*primals, k=k)
    last = aval_of(values).ndim - 1
    return [values, indices], [s.take_in_order(tangents[0], indices, last), None]


@batch.rule(s.top_k)
def _top_k_batch(axis, operands, dims, *, k):
    (x,), (d,) = operands, dims
    return s.top_k.bind(move(x, d, 0), k=k), [0, 0]


for _primitive in (s.sort, s.top_k):
    transpose.none(_primitive, "not linear; its derivative is a gather")
