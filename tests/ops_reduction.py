"""Rows of the reductions."""

import numpy as np

from hloom.frontend.prims import elementwise as e, reduction as r
from ops import ANY, BOOL, FLOATS, INTS, NUMERIC, ORDERED, A, Op, V, case

AXES = [case(A(3, 4), axes=(0,)), case(A(2, 3, 2), axes=(0, 2)), case(A(3), axes=(0,))]
BITS = [case(A(3, 4, low=-100, high=100), axes=(1,)), case(A(0, 4), axes=(0,))]
EMPTY = case(A(2, 0), axes=(1,))
NAN = case(V([1.0, np.nan], [2.0, 3.0]), axes=(1,))


def over(function):
    """The oracle of a reduction from NumPy's, which keeps the dtype of integers."""
    return lambda x, axes: function(x, axis=axes, dtype=x.dtype)


def extreme(function):
    return lambda x, axes: function(x, axis=axes)


def position(function):
    return lambda x, axis, index_dtype: function(x, axis).astype(index_dtype)


def together(x, y):
    """(1 + x) (1 + y) - 1 and the larger of two, for pairs: no operation that has a name."""
    (a, b), (c, d) = x, y
    return e.add(e.add(a, c), e.mul(a, c)), e.max(b, d)


def general(x, y, axes):
    """The primitive that takes any function."""
    return list(r.reduce((x, y), (0.0, -np.inf), together, axes))


OPS = [
    Op(r.reduce_sum, over(np.sum), AXES, NUMERIC, tol=8, edges=[EMPTY, NAN]),
    Op(r.reduce_prod, over(np.prod), AXES, NUMERIC, tol=16, edges=[EMPTY, NAN]),
    Op(r.reduce_max, extreme(np.max), AXES, ANY, edges=[NAN]),
    Op(r.reduce_min, extreme(np.min), AXES, ANY, edges=[NAN]),
    Op(r.reduce_and, over(np.bitwise_and.reduce), BITS, BOOL + INTS),
    Op(r.reduce_or, over(np.bitwise_or.reduce), BITS, BOOL + INTS),
    Op(r.reduce_xor, over(np.bitwise_xor.reduce), BITS, BOOL + INTS),
    Op(
        r.argmax,
        position(np.argmax),
        [case(A(3, 4), axis=1, index_dtype="int32"), case(A(3, 4), axis=0, index_dtype="uint8")],
        ORDERED,
        edges=[case(V([1.0, np.nan, np.nan], [2.0, 2.0, 1.0]), axis=1, index_dtype="int32")],
    ),
    Op(
        r.argmin,
        position(np.argmin),
        [case(A(3, 4), axis=1, index_dtype="int32"), case(A(3, 4), axis=0, index_dtype="uint8")],
        ORDERED,
        edges=[case(V([1.0, np.nan, np.nan], [2.0, 2.0, 1.0]), axis=1, index_dtype="int32")],
    ),
    Op(
        general,
        lambda x, y, axes: [np.prod(1 + x, axes) - 1, np.max(y, axes)],
        [case(A(3, 5), A(3, 5), axes=(1,)), case(A(2, 3, 2), A(2, 3, 2), axes=(0, 2))],
        FLOATS,
        tol=64,
        name="reduce",
        covers=(r.reduce,),
        edges=[case(A(2, 1), A(2, 1), axes=(1,))],
    ),
]
