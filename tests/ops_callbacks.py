"""Rows of the callbacks: Python functions that compiled programs call."""

import hloom
from hloom.experimental import io_callback
from hloom.frontend.prims import callbacks
from hloom.frontend.prims.elementwise import neg
from ops import A, Op, case

DTYPES = ("bool", "int8", "uint16", "bfloat16", "float32", "float64", "complex64")
LIMITS = {"refused": "no portable module can hold", "interpreter": "callback", "grad": False}


def swapped(x, y):
    return y[::-1], x


def declared(x, y):
    return hloom.ShapeDtypeStruct(y.shape, y.dtype), hloom.ShapeDtypeStruct(x.shape, x.dtype)


def pure(x, y):
    return hloom.pure_callback(swapped, declared(x, y), x, y, vmap_method="sequential")


def effectful(x, y):
    return io_callback(swapped, declared(x, y), x, y)


def looked_at(x, y):
    hloom.debug.callback(lambda *_: None, x, y)
    hloom.debug.callback(lambda *_: None, y, ordered=True)
    return neg(x), neg(y)


PAIR = [case(A(3), A(2, 2))]

OPS = [
    Op(
        pure,
        swapped,
        PAIR,
        DTYPES,
        name="pure_callback",
        covers=(callbacks.pure_callback,),
        **LIMITS,
    ),
    Op(
        effectful,
        swapped,
        PAIR,
        DTYPES,
        name="io_callback",
        covers=(callbacks.io_callback,),
        **LIMITS,
    ),
    Op(
        looked_at,
        lambda x, y: (-x, -y),
        PAIR,
        ("int32", "float32", "float64"),
        name="debug_callback",
        covers=(callbacks.debug_callback, callbacks.ordered_call),
        **{**LIMITS, "grad": True},
    ),
]
