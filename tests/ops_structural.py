"""Rows of the structural primitives."""

import numpy as np

from hloom.frontend.prims import structural as s
from ops import ANY, A, Op, case


def broadcast(x, shape, broadcast_dimensions):
    lengths = [1] * len(shape)
    for n, d in zip(x.shape, broadcast_dimensions, strict=True):
        lengths[d] = n
    return np.broadcast_to(x.reshape(lengths), shape)


def iota(dtype, shape, dimension):
    return np.indices(shape)[dimension].astype(dtype)


def cut(x, start_indices, limit_indices, strides=None):
    strides = strides or [1] * x.ndim
    return x[tuple(map(slice, start_indices, limit_indices, strides))]


def pad(x, value, padding_config):
    """Interior padding first, then the edges, of which negative ones crop."""
    for axis, (low, high, interior) in enumerate(padding_config):
        x = np.moveaxis(x, axis, 0)
        n = len(x)
        spread = np.full((n + max(n - 1, 0) * interior, *x.shape[1:]), value, x.dtype)
        spread[:: interior + 1] = x
        edges = [np.full((max(k, 0), *x.shape[1:]), value, x.dtype) for k in (low, high)]
        whole = np.concatenate([edges[0], spread, edges[1]])
        x = np.moveaxis(whole[max(-low, 0) : len(whole) - max(-high, 0)], 0, axis)
    return x


OPS = [
    Op(
        s.broadcast_in_dim,
        broadcast,
        [
            case(A(), shape=(2, 3), broadcast_dimensions=()),
            case(A(3), shape=(2, 3, 2), broadcast_dimensions=(1,)),
            case(A(1, 3), shape=(2, 4, 3), broadcast_dimensions=(1, 2)),
            case(A(3), shape=(0, 3), broadcast_dimensions=(1,)),
        ],
        ANY,
    ),
    Op(
        s.reshape,
        lambda x, new_sizes: x.reshape(new_sizes),
        [
            case(A(2, 6), new_sizes=(3, 4)),
            case(A(1, 1), new_sizes=()),
            case(A(0, 2), new_sizes=(3, 0)),
        ],
        ANY,
    ),
    Op(
        s.transpose,
        lambda x, permutation: x.transpose(permutation),
        [case(A(2, 3, 4), permutation=(2, 0, 1)), case(A(2, 3), permutation=(1, 0))],
        ANY,
    ),
    Op(
        lambda **params: s.broadcasted_iota(**params),
        iota,
        [
            case(dtype=d, shape=(2, 3), dimension=1)
            for d in ("int32", "uint8", "float32", "complex64")
        ],
        ("float64",),
        name="iota",
        covers=(s.broadcasted_iota,),
        grad=False,
        in_axes=[],
    ),
    Op(
        s.slice,
        cut,
        [
            case(A(5, 4), start_indices=(1, 0), limit_indices=(4, 3)),
            case(A(7, 4), start_indices=(0, 1), limit_indices=(6, 4), strides=(2, 3)),
            case(A(3, 2), start_indices=(1, 0), limit_indices=(1, 2)),
        ],
        ANY,
    ),
    Op(
        s.pad,
        pad,
        [
            case(A(3, 2), A(), padding_config=((1, 2, 0), (0, 1, 1))),
            case(A(4, 3), A(), padding_config=((-1, 2, 0), (2, -2, 2))),
            case(A(0, 2), A(), padding_config=((2, 0, 1), (0, 0, 0))),
        ],
        ANY,
    ),
    Op(
        lambda *xs, dimension: s.concatenate(xs, dimension),
        lambda *xs, dimension: np.concatenate(xs, dimension),
        [
            case(A(2, 3), A(2, 1), dimension=1),
            case(A(2, 3), A(0, 3), A(1, 3), dimension=0),
        ],
        ANY,
        name="concatenate",
        covers=(s.concatenate,),
    ),
    Op(
        s.rev,
        lambda x, dimensions: np.flip(x, dimensions),
        [case(A(3, 2, 2), dimensions=(0, 2)), case(A(3, 2), dimensions=(1,))],
        ANY,
    ),
]
