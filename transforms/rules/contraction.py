"""Rules of dot_general: linear in each operand."""

from hloom.frontend.precision import swapped
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.elementwise import add, convert_element_type
from hloom.frontend.prims.structural import transpose as move_axes
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.transpose import is_linear


@jvp.rule(dot_general)
def _dot(primals, tangents, **params):
    (x, y), (gx, gy) = primals, tangents
    out = dot_general.bind(x, y, **params)
    terms = [] if gx is None else dot_general.bind(gx, y, **params)
    terms += [] if gy is None else dot_general.bind(x, gy, **params)
    return out, [terms[0] if len(terms) == 1 else add(*terms)]


@transpose.rule(dot_general)
def _dot_back(cts, x, y, *, dimension_numbers, precision, preferred_element_type):
    (ct,) = cts
    (xc, yc), (xb, yb) = dimension_numbers
    if is_linear(x):
        return [_other(ct, y, x.aval, (yc, xc), (yb, xb), precision, known_is_left=False), None]
    return [None, _other(ct, x, y.aval, (xc, yc), (xb, yb), precision, known_is_left=True)]


def _other(ct, known, wanted, contracted, batched, precision, known_is_left):
    """The cotangent of one operand: the result's with the free axes of the other contracted away.

    Of the two orders of the factors, the one is taken whose product needs no transposition.
    """
    (kc, wc), (kb, wb) = contracted, batched
    free = [a for a in range(aval_of(known).ndim) if a not in kc and a not in kb]
    wanted_free = [a for a in range(wanted.ndim) if a not in wc and a not in wb]
    first = len(kb) if known_is_left else len(kb) + len(wanted_free)
    ct_free = tuple(range(first, first + len(free)))
    ct_batch = tuple(range(len(kb)))
    # the axes of `known` that are left stand in its order, wherever their partners are
    partners = [wc[i] for i in sorted(range(len(kc)), key=kc.__getitem__)]
    axes = [*wb, *wanted_free, *partners]
    crossed = [*wb, *partners, *wanted_free]
    if _disorder(crossed) < _disorder(axes):
        axes, factors = crossed, (known, ct)
        contracted, batch_axes = (free, ct_free), (kb, ct_batch)
    else:
        factors = ct, known
        contracted, batch_axes = (ct_free, free), (ct_batch, kb)
    # the cotangent stands where the wanted operand was, or in the place of the other
    in_order = (factors[0] is known) == known_is_left
    dims = contracted, batch_axes
    product = dot_general(*factors, dims, precision if in_order else swapped(precision))
    product = move_axes(product, [axes.index(i) for i in range(len(axes))])
    if aval_of(product).dtype != wanted.dtype:
        return convert_element_type(product, wanted.dtype)
    return product


def _disorder(axes):
    """What a transposition costs: nothing, or less if the last axis stays in its place."""
    return 0 if axes == sorted(axes) else 1 if axes[-1] == len(axes) - 1 else 2


@batch.rule(dot_general)
def _dot_batch(axis, operands, dims, *, dimension_numbers, **params):
    (x, y), (dx, dy) = operands, dims
    (xc, yc), (xb, yb) = dimension_numbers
    if dx is not None:
        xc, xb = batch.renumbered(xc, dx), batch.renumbered(xb, dx)
    if dy is not None:
        yc, yb = batch.renumbered(yc, dy), batch.renumbered(yb, dy)
    if dx is not None and dy is not None:
        numbers = (xc, yc), ((dx, *xb), (dy, *yb))
        return dot_general.bind(x, y, dimension_numbers=numbers, **params), [0]
    # the batch axis is one more free axis of its operand
    out = dot_general.bind(x, y, dimension_numbers=((xc, yc), (xb, yb)), **params)
    if dx is not None:
        return out, [len(xb) + _place_among_free(dx, xc, xb)]
    left = aval_of(x).ndim - len(xc)
    return out, [left + _place_among_free(dy, yc, yb)]


def _place_among_free(dim, contracted, batched):
    return dim - sum(a < dim for a in (*contracted, *batched))
