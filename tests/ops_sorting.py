"""Rows of sorting."""

import numpy as np

from hloom.frontend.prims import sorting as s
from ops import ANY, FLOATS, ORDERED, A, Op, V, case

SPECIAL = V([3.0, np.nan, -np.inf, 0.0], [np.inf, -0.0, np.nan, -1.0])
SEVERAL = np.array([[2, 1, 2, 0], [1, 1, 0, 2], [0, 0, 0, 0]], np.int32)


def largest(x, k):
    order = np.argsort(-x if x.dtype.kind == "f" else ~x, -1, kind="stable")[..., :k]
    return [np.take_along_axis(x, order, -1), order.astype(np.int32)]


def beside(*operands, dimension, num_keys):
    """Arrays sorted together."""
    return list(s.sort(operands, dimension, num_keys=num_keys))


def beside_oracle(*operands, dimension, num_keys):
    order = np.lexsort(operands[:num_keys][::-1], dimension)
    return [np.take_along_axis(x, order, dimension) for x in operands]


OPS = [
    Op(
        s.sort,
        lambda x, dimension: np.sort(x, dimension),
        [case(A(6), dimension=0), case(A(3, 4), dimension=0), case(A(2, 5), dimension=1)],
        ANY,
        edges=[case(SPECIAL, dimension=1), case(A(0, 3), dimension=0)],
    ),
    Op(
        beside,
        beside_oracle,
        [
            case(A(3, 4), A(3, 4), dimension=1, num_keys=1),
            case(SEVERAL, A(3, 4), A(3, 4), dimension=0, num_keys=2),
        ],
        ANY,
        name="sort_together",
        edges=[case(SPECIAL, A(2, 4), dimension=1, num_keys=1)],
    ),
    Op(
        s.top_k,
        largest,
        [case(A(6), k=2), case(A(2, 5), k=5), case(A(2, 3), k=0)],
        ORDERED,
        tol={"default": 0},
    ),
    Op(
        lambda x: list(s.top_k(x, 2, axis=0)),
        lambda x: [np.sort(x, 0)[:-3:-1], np.argsort(-x, 0)[:2].astype(np.int32)],
        [case(A(4, 3))],
        FLOATS,
        name="top_k_of_columns",
    ),
]
