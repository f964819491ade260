"""Rows of control flow; test_control.py and its neighbours say the rest."""

import numpy as np

from hloom import lax
from hloom.frontend.prims import control
from hloom.frontend.prims.elementwise import abs, add, cos, lt, mul, sin
from hloom.frontend.prims.implicit import linear_solve
from hloom.frontend.prims.reduction import reduce_max
from ops import WIDE, A, Op, V, case

INEXACT = (*WIDE, "complex128")


def cell(c, x):
    new = add(mul(sin(c), x), c)
    return new, mul(c, x)


def small(*shape):
    return A(*shape, low=-0.7, high=0.7)


def scanned(c, xs, **options):
    return lax.scan(cell, c, xs, **options)


def scanned_oracle(c, xs, reverse=False, unroll=1):
    order, ys = range(len(xs)), [None] * len(xs)
    for i in reversed(order) if reverse else order:
        ys[i] = c * xs[i]
        c = np.sin(c) * xs[i] + c
    return [c, np.stack(ys)]


def doubled(x, y):
    """`x` doubled until the largest element passes a bound, and `y` moved on as often."""

    def small_yet(s):
        return lt(reduce_max(abs(s[0]), (0,)), 20)

    return lax.while_loop(small_yet, lambda s: (add(s[0], s[0]), cos(s[1])), (x, y))


def doubled_oracle(x, y):
    while np.abs(x).max() < 20:
        x, y = x + x, np.cos(y)
    return [x, y]


def chosen(index, x, y):
    return lax.switch(index, [mul, lambda x, y: add(sin(x), y), lambda x, y: x], x, y)


def chosen_oracle(index, x, y):
    return [x * y, np.sin(x) + y, x][int(index)]


OPS = [
    Op(
        scanned,
        scanned_oracle,
        [
            case(small(3), small(4, 3)),
            case(small(3), small(5, 3), reverse=True, unroll=2),
            case(small(), small(2), unroll=True),
            case(small(2), small(1, 2)),
        ],
        INEXACT,
        name="scan",
        covers=(control.scan,),
    ),
    Op(
        doubled,
        doubled_oracle,
        [case(A(3, low=0.5, high=3), A(2))],
        WIDE,
        name="while_loop",
        covers=(control.while_loop,),
        grad=False,  # it has forward mode alone
    ),
    Op(
        chosen,
        chosen_oracle,
        [case(np.int32(i), A(3), A(3)) for i in range(3)],
        INEXACT,
        name="cond",
        covers=(control.cond,),
        grad=(1, 2),
    ),
    Op(
        lambda x: lax.platform_dependent(x, cpu=sin, default=cos),
        np.sin,
        [case(A(3))],
        INEXACT,
        name="platform_dependent",
        covers=(control.platform_index,),
    ),
    Op(
        lambda a, b: lax.custom_linear_solve(
            lambda x: mul(a, x), b, lambda matvec, b: b / a, symmetric=True
        ),
        lambda a, b: b / a,
        [case(V(1.0, 2.0, 4.0), A(3))],
        INEXACT,
        name="custom_linear_solve",
        covers=(linear_solve,),
    ),
]
