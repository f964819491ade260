"""Rows of the products of groups of rows: few rows at once, and many tile by tile."""

import numpy as np

from hloom import lax
from hloom.frontend.prims.ragged import grouped_dot, grouped_outer
from ops import FLOATS, A, Op, case

_NONE = {"precision": None, "preferred_element_type": None}


def by_groups(x, w, sizes):
    """Row by row: a row times the matrix of its group."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    out = np.zeros((x.shape[0], w.shape[2]), np.result_type(x, w))
    for i, j in enumerate(group):
        out[i] = x[i] @ w[j]
    return out


def of_groups(x, y, sizes):
    """Group by group: the product of the columns of x and the rows of y in it."""
    ends = np.cumsum(sizes)
    return np.stack([x[:, e - n : e] @ y[e - n : e] for n, e in zip(sizes, ends, strict=True)])


def grouped(x, w, starts, ends):
    """Batch by batch and group by group."""
    out = np.zeros((*x.shape[:2], w.shape[3]), np.result_type(x, w))
    for b, j in np.ndindex(*starts.shape):
        rows = slice(starts[b, j], ends[b, j])
        out[b, rows] = x[b, rows] @ w[b, j]
    return out


def outer(x, y, starts, ends):
    """Batch by batch and group by group."""
    out = np.zeros((*starts.shape, x.shape[2], y.shape[2]), np.result_type(x, y))
    for b, j in np.ndindex(*starts.shape):
        rows = slice(starts[b, j], ends[b, j])
        out[b, j] = x[b, rows].T @ y[b, rows]
    return out


_CONTRACTED = lax.RaggedDotDimensionNumbers((((1,), (0,)), ((), ())), (1,), ())
_SIZES = np.array([2, 0, 3], np.int32)
_STARTS, _ENDS = np.array([[0, 2], [1, 4]], np.int32), np.array([[2, 3], [1, 5]], np.int32)
_MANY = np.array([3, 70, 0, 1, 30, 64, 20, 9], np.int32)

OPS = [
    Op(lax.ragged_dot, by_groups, [case(A(6, 2), A(3, 2, 4), _SIZES)], FLOATS, tol=16),
    Op(
        lambda x, y, sizes: lax.ragged_dot_general(x, y, sizes, _CONTRACTED),
        of_groups,
        [case(A(2, 6), A(6, 3), _SIZES)],
        FLOATS,
        name="ragged_dot_contracted",
        tol=16,
    ),
    Op(
        lambda *operands: grouped_dot.bind(*operands, **_NONE)[0],
        grouped,
        [case(A(2, 6, 2), A(2, 2, 2, 3), _STARTS, _ENDS)],
        FLOATS,
        name="grouped_dot",
        covers=(grouped_dot,),
        tol=16,
    ),
    Op(
        lambda *operands: grouped_outer.bind(*operands, **_NONE)[0],
        outer,
        [case(A(2, 6, 2), A(2, 6, 3), _STARTS, _ENDS)],
        FLOATS,
        name="grouped_outer",
        covers=(grouped_outer,),
        tol=16,
    ),
    Op(
        lax.ragged_dot,
        by_groups,
        [case(A(200, 2), A(8, 2, 3), _MANY)],
        ("float64",),
        name="ragged_dot_of_many_rows",
        tol=16,
    ),
    Op(
        lambda x, y, sizes: lax.ragged_dot_general(x, y, sizes, _CONTRACTED),
        of_groups,
        [case(A(2, 200), A(200, 3), _MANY)],
        ("bfloat16", "float64"),
        name="ragged_dot_contracted_over_many_rows",
        tol=64,
    ),
]
