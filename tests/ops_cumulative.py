"""Rows of the cumulative operations; 600 elements are scanned in blocks."""

import numpy as np

from hloom.frontend.prims import cumulative as c
from ops import FLOATS, INEXACT, NUMERIC, REAL, WIDE, A, Op, V, case

NARROW = [
    case(A(5), axis=0, reverse=False),
    case(A(3, 4), axis=1, reverse=True),
    case(A(2, 3, 2), axis=1, reverse=False),
]
EMPTY = case(A(2, 0), axis=1, reverse=False)
LONG = [case(A(600), axis=0, reverse=False), case(A(2, 601, 2), axis=1, reverse=True)]
NEAR_ONE = [case(A(600, low=0.99, high=1.01), axis=0, reverse=r) for r in (False, True)]
ZEROS = case(V(2.0, 0.0, 3.0, 0.0, 5.0), axis=0, reverse=False)
NAN = case(V(1.0, np.nan, 3.0, -np.inf), axis=0, reverse=False)
INFINITE = case(V(-np.inf, -np.inf, 1.0, np.inf, 2.0), axis=0, reverse=False)


def scanned(accumulate):
    """The oracle of a scan from NumPy's, which keeps the dtype."""

    def oracle(x, axis, reverse):
        turned = np.flip(x, axis) if reverse else x
        y = accumulate(turned, axis).astype(x.dtype)
        return np.flip(y, axis) if reverse else y

    return oracle


def recurrence(a, b, axis, reverse):
    a, b = (np.moveaxis(v, axis, 0) for v in (a, b))
    y, last = np.empty_like(b), np.zeros_like(b[0])
    for k in reversed(range(len(b))) if reverse else range(len(b)):
        y[k] = last = a[k] * last + b[k]
    return np.moveaxis(y, 0, axis)


def pairs(*shape, **params):
    return case(A(*shape, low=-0.9, high=0.9), A(*shape), **params)


OPS = [
    Op(c.cumsum, scanned(np.cumsum), NARROW, NUMERIC, tol=16, atol=256, edges=[EMPTY, NAN, *LONG]),
    Op(c.cumprod, scanned(np.cumprod), NARROW, NUMERIC, tol=16, edges=[EMPTY, ZEROS]),
    Op(
        c.cumprod,
        scanned(np.cumprod),
        [ZEROS, *NEAR_ONE],
        WIDE,
        tol=600,
        name="cumprod_of_many",
        order=1,
        in_axes=[(0,), (1,)],
    ),
    Op(c.cummax, scanned(np.maximum.accumulate), NARROW, REAL, edges=[EMPTY, NAN, *LONG]),
    Op(c.cummin, scanned(np.minimum.accumulate), NARROW, REAL, edges=[EMPTY, NAN, *LONG]),
    Op(
        c.cumlogsumexp,
        scanned(np.logaddexp.accumulate),
        NARROW,
        FLOATS,
        tol=16,
        edges=[EMPTY, INFINITE, *LONG],
    ),
    Op(
        c.linear_recurrence,
        recurrence,
        [pairs(5, axis=0, reverse=False), pairs(3, 4, axis=1, reverse=True)],
        INEXACT,
        tol=64,
        edges=[pairs(600, axis=0, reverse=False), pairs(2, 601, 2, axis=1, reverse=True)],
    ),
]
