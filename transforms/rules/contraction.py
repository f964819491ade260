"""Rules of dot_general: linear in each operand."""

import numpy as np

from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.elementwise import add
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
        return [_other(ct, y, x.aval, (yc, xc), (yb, xb), precision, False), None]
    return [None, _other(ct, x, y.aval, (xc, yc), (xb, yb), precision, True)]


def _other(ct, known, wanted, contracted, batched, precision, known_is_left):
    """The cotangent of one operand: the result's with the free axes of the other contracted away."""
    (kc, wc), (kb, wb) = contracted, batched
    rank = aval_of(known).ndim
    free = [a for a in range(rank) if a not in kc and a not in kb]
    wanted_free = [a for a in range(wanted.ndim) if a not in wc and a not in wb]
    first = len(kb)
    ct_free = range(first, first + len(free)) if known_is_left else range(first + len(wanted_free), aval_of(ct).ndim)
    dims = ((tuple(ct_free), tuple(free)), (tuple(range(first)), tuple(kb)))
    precision = precision and tuple(reversed(precision)) if known_is_left else precision
    out_dtype = None if aval_of(ct).dtype == aval_of(known).dtype == wanted.dtype else wanted.dtype
    product = dot_general(ct, known, dims, precision, out_dtype)
    # the product has the batch axes, the free axes of the wanted operand, and its contracted ones
    # in the order in which they stand in `known`
    by_known = sorted(range(len(kc)), key=lambda i: kc[i])
    axes = [*wb, *wanted_free, *[wc[i] for i in by_known]]
    return move_axes(product, [int(i) for i in np.argsort(axes)])


@batch.rule(dot_general)
def _dot_batch(axis, operands, dims, *, dimension_numbers, precision, preferred_element_type):
    (x, y), (dx, dy) = operands, dims
    (xc, yc), (xb, yb) = dimension_numbers
    params = {"precision": precision, "preferred_element_type": preferred_element_type}
    if dx is not None and dy is not None:
        shift = lambda axes, d: tuple([a + (a >= d) for a in axes])  # noqa: E731
        numbers = (
            (shift(xc, dx), shift(yc, dy)),
            ((dx, *shift(xb, dx)), (dy, *shift(yb, dy))),
        )
        return dot_general.bind(x, y, dimension_numbers=numbers, **params), [0]
    if dx is not None:
        # the batch axis is one more free axis of x
        numbers = ((tuple([a + (a >= dx) for a in xc]), yc), (tuple([a + (a >= dx) for a in xb]), yb))
        out = dot_general.bind(x, y, dimension_numbers=numbers, **params)
        free = [a for a in range(aval_of(x).ndim) if a not in numbers[0][0] and a not in numbers[1][0]]
        return out, [len(xb) + free.index(dx)]
    numbers = ((xc, tuple([a + (a >= dy) for a in yc])), (xb, tuple([a + (a >= dy) for a in yb])))
    out = dot_general.bind(x, y, dimension_numbers=numbers, **params)
    free = [a for a in range(aval_of(y).ndim) if a not in numbers[0][1] and a not in numbers[1][1]]
    rank_left = aval_of(x).ndim - len(xc) - len(xb)
    return out, [len(xb) + rank_left + free.index(dy)]

