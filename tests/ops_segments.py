"""Rows of the reductions of segments."""

import numpy as np

from hloom import ops
from ops import FLOATS, INTS, NUMERIC, A, Op, case

SEGMENTS = np.array([2, 0, 2, -1, 0, 4])
APART = np.array([3, 0, 2, 1])


def oracle(name):
    """The rows of each segment, reduced by a loop."""
    ufunc = {"sum": np.add, "prod": np.multiply, "max": np.maximum, "min": np.minimum}[name]

    def reduce(data, ids, num_segments, **_):
        if ufunc.identity is None:
            info = np.iinfo(data.dtype) if data.dtype.kind in "iu" else None
            ends = (info.min, info.max) if info else (-np.inf, np.inf)
            identity = ends[name == "min"]
        else:
            identity = ufunc.identity
        out = np.full((num_segments, *data.shape[1:]), identity, data.dtype)
        for row, i in zip(data, ids, strict=True):
            if 0 <= i < num_segments:
                out[i] = ufunc(out[i], row)
        return out

    return reduce


def row(name, dtypes, *cases, **options):
    function = getattr(ops, f"segment_{name}")
    cases = [case(A(len(ids), *shape), ids, **params) for ids, shape, params in cases]
    return Op(function, oracle(name), cases, dtypes, grad=options.pop("grad", (0,)), **options)


MANY = [
    (SEGMENTS, (), {"num_segments": 4}),
    (SEGMENTS, (2,), {"num_segments": 3, "bucket_size": 4}),
]

OPS = [
    row("sum", NUMERIC, *MANY),
    row("prod", NUMERIC, (APART, (2,), {"num_segments": 3, "unique_indices": True})),
    row("max", INTS + FLOATS, (SEGMENTS, (2,), {"num_segments": 3}), grad=False),
    row("min", INTS + FLOATS, (SEGMENTS, (2,), {"num_segments": 3}), grad=False),
]
