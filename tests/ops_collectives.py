"""Rows of the collectives, over an axis that vmap maps: axis 0 of the samples."""

import numpy as np

import hloom
from hloom.frontend.prims import collectives as c
from ops import FLOATS, WIDE, A, Op, case

N = 3
DTYPES = (*WIDE, "int32", "complex128")


def mapped(function):
    """`function` of one place and the axis name, mapped over axis 0."""
    return hloom.vmap(lambda x: function(x, "i"), axis_name="i")


def row(name, function, oracle, covers, shape=(N, 4), dtypes=DTYPES):
    """A row of a collective; the oracle takes the values of all places stacked."""
    return Op(mapped(function), oracle, [case(A(*shape))], dtypes, name=name, covers=(covers,))


def everywhere(x):
    return np.broadcast_to(x, (N, *x.shape))


def permuted(x):
    return np.stack([x[2], x[0], np.zeros_like(x[0])])


OPS = [
    row("psum", c.psum, lambda x: everywhere(x.sum(0, x.dtype)), c.reduce_across["sum"]),
    row("pmean", c.pmean, lambda x: everywhere(x.mean(0)), c.reduce_across["sum"], dtypes=FLOATS),
    row("pmax", c.pmax, lambda x: everywhere(x.max(0)), c.reduce_across["max"], dtypes=FLOATS),
    row("pmin", c.pmin, lambda x: everywhere(x.min(0)), c.reduce_across["min"], dtypes=FLOATS),
    row("all_gather", c.all_gather, everywhere, c.gather_across),
    row(
        "psum_scatter",
        c.psum_scatter,
        lambda x: x.sum(0, x.dtype),
        c.scatter_across,
        shape=(N, N, 2),
    ),
    row(
        "all_to_all",
        lambda x, i: c.all_to_all(x, i, 0, 0),
        lambda x: np.swapaxes(x, 0, 1),
        c.exchange,
        shape=(N, N, 2),
    ),
    row("ppermute", lambda x, i: c.ppermute(x, i, [(2, 0), (0, 1)]), permuted, c.permute),
    Op(
        mapped(lambda x, i: c.axis_index(i)),
        lambda x: np.arange(N, dtype=np.int32),
        [case(A(N, 2))],
        ("float64",),
        name="axis_index",
        covers=(c.index_on,),
        grad=False,
    ),
]
