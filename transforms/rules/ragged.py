"""Rules of the products of groups of rows: linear in both factors, and each other's derivative."""

from hloom.frontend.precision import swapped
from hloom.frontend.prims.elementwise import add, convert_element_type, mul
from hloom.frontend.prims.ragged import grouped_dot, grouped_outer
from hloom.frontend.prims.structural import reshape, transpose as move_axes
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import move, to_front
from hloom.transforms.transpose import is_linear


def _bilinear(primitive):
    @jvp.rule(primitive)
    def forward(primals, tangents, **params):
        (x, y, *bounds), (gx, gy, *_) = primals, tangents
        out = primitive.bind(x, y, *bounds, **params)
        terms = [] if gx is None else primitive.bind(gx, y, *bounds, **params)
        terms += [] if gy is None else primitive.bind(x, gy, *bounds, **params)
        return out, [terms[0] if len(terms) == 1 else add(*terms) if terms else None]


_bilinear(grouped_dot)
_bilinear(grouped_outer)


def _turned(matrices):
    return move_axes(matrices, (0, 1, 3, 2))


def _as(primitive, wanted, precision, *operands):
    (found,) = primitive.bind(*operands, precision=precision, preferred_element_type=None)
    if aval_of(found).dtype != wanted.dtype:
        return convert_element_type(found, wanted.dtype)
    return found


@transpose.rule(grouped_dot)
def _dot_back(cts, x, w, *bounds, precision, preferred_element_type):
    (ct,) = cts
    if is_linear(x):
        return [_as(grouped_dot, x.aval, precision, ct, _turned(w), *bounds), None, None, None]
    return [None, _as(grouped_outer, w.aval, precision, x, ct, *bounds), None, None]


@transpose.rule(grouped_outer)
def _outer_back(cts, x, y, *bounds, precision, preferred_element_type):
    (ct,) = cts
    if is_linear(x):
        found = _as(grouped_dot, x.aval, swapped(precision), y, _turned(ct), *bounds)
        return [found, None, None, None]
    return [None, _as(grouped_dot, y.aval, precision, x, ct, *bounds), None, None]


# ---------------------------------------------------------------- batching
def _beside(x, source, axis):
    """`x` with its axis `source` merged into what is then axis `axis`, after the elements there."""
    x = move(x, source, axis + 1)
    shape = aval_of(x).shape
    return reshape(x, (*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :]))


def _apart(x, axis, size):
    shape = aval_of(x).shape
    return reshape(x, (*shape[:axis], shape[axis] // size, size, *shape[axis + 1 :]))


def _merged(operands, dims, size):
    """All operands with the batch in their first axis."""
    fronts = [to_front(x, d, size) for x, d in zip(operands, dims, strict=True)]
    shapes = [aval_of(x).shape for x in fronts]
    return [reshape(x, (s[0] * s[1], *s[2:])) for x, s in zip(fronts, shapes, strict=True)]


def _batched(primitive, one_by_one):
    @batch.rule(primitive)
    def apply(axis, operands, dims, **params):
        if dims[2] is dims[3] is None and None in dims[:2]:
            return one_by_one(axis.size, *operands[:2], *dims[:2], *operands[2:], **params)
        (found,) = primitive.bind(*_merged(operands, dims, axis.size), **params)
        shape = aval_of(found).shape
        return [reshape(found, (axis.size, shape[0] // axis.size, *shape[1:]))], [0]


def _dot_beside(size, x, w, dx, dw, starts, ends, **params):
    if dw is None:  # more rows of the same groups
        bounds = mul(starts, size), mul(ends, size)
        (found,) = grouped_dot.bind(_beside(x, dx, 1), w, *bounds, **params)
        return [_apart(found, 1, size)], [2]
    (found,) = grouped_dot.bind(x, _beside(w, dw, 3), starts, ends, **params)
    return [_apart(found, 2, size)], [3]


def _outer_beside(size, x, y, dx, dy, starts, ends, **params):
    if dy is None:
        (found,) = grouped_outer.bind(_beside(x, dx, 2), y, starts, ends, **params)
        return [_apart(found, 2, size)], [3]
    (found,) = grouped_outer.bind(x, _beside(y, dy, 2), starts, ends, **params)
    return [_apart(found, 3, size)], [4]


_batched(grouped_dot, _dot_beside)
_batched(grouped_outer, _outer_beside)
