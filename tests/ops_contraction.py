"""Rows of dot_general and what is made of it alone."""

import numpy as np

from hloom.frontend.prims import contraction as c
from ops import INEXACT, NUMERIC, A, Op, case


def dot_general(x, y, dimension_numbers, preferred_element_type=None):
    """By einsum: batch axes first, then the free axes of x, then those of y."""
    (left, right), (left_batch, right_batch) = dimension_numbers
    names = iter("abcdefghij")
    x_axes = [next(names) for _ in x.shape]
    y_axes = [next(names) for _ in y.shape]
    for i, j in zip((*left, *left_batch), (*right, *right_batch), strict=True):
        y_axes[j] = x_axes[i]
    batch = [x_axes[i] for i in left_batch]
    summed = {x_axes[i] for i in (*left, *left_batch)}
    out = batch + [n for n in x_axes if n not in summed] + [n for n in y_axes if n not in summed]
    dtype = preferred_element_type or np.result_type(x, y)
    form = f"{''.join(x_axes)},{''.join(y_axes)}->{''.join(out)}"
    return np.einsum(form, x.astype(dtype), y.astype(dtype))


NONE = ((), ())
CASES = [
    case(A(2, 3), A(3, 4), dimension_numbers=(((1,), (0,)), NONE)),
    case(A(2, 3, 4), A(2, 4, 5), dimension_numbers=(((2,), (1,)), ((0,), (0,)))),
    case(A(4, 2, 3), A(3, 5, 4), dimension_numbers=(((0, 2), (2, 0)), NONE)),
    case(A(3), A(2), dimension_numbers=(NONE, NONE)),
    case(A(3, 2), A(2, 3), dimension_numbers=(NONE, ((0, 1), (1, 0)))),
    case(A(2, 0), A(0, 3), dimension_numbers=(((1,), (0,)), NONE)),
]

OPS = [
    Op(c.dot_general, dot_general, CASES, NUMERIC, tol=16),
    Op(
        c.dot_general,
        dot_general,
        [
            case(
                A(2, 3, low=-9, high=9),
                A(3, 4, low=-9, high=9),
                dimension_numbers=(((1,), (0,)), NONE),
                preferred_element_type=np.dtype("int32"),
            )
        ],
        ("int8", "uint8", "int16"),
        name="dot_general_preferred",
        grad=False,
    ),
    Op(
        c.dot,
        np.dot,
        [case(A(3), A(3)), case(A(2, 3), A(3)), case(A(3), A(3, 2)), case(A(2, 3), A(3, 4))],
        INEXACT,
        tol=16,
    ),
    Op(c.batch_matmul, np.matmul, [case(A(2, 3, 4), A(2, 4, 2))], INEXACT, tol=16),
]
