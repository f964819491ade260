"""Rows of the primitives that hold programs or functions, and of those that only name or order."""

import numpy as np

import hloom
from hloom import lax
from hloom.frontend.prims import calls
from hloom.frontend.prims.elementwise import add, cos, exp, mul, sin
from ops import ANY, WIDE, A, Op, case


def inner(x, y):
    return mul(sin(x), exp(y)), add(x, y)


def inner_oracle(x, y):
    return [np.sin(x) * np.exp(y), x + y]


jitted = hloom.jit(inner)
kept = hloom.checkpoint(inner)


@hloom.custom_jvp
def by_forward(x, y):
    return inner(x, y)


@by_forward.defjvp
def _by_forward(primals, tangents):
    return hloom.jvp(inner, primals, tangents)


@hloom.custom_vjp
def by_reverse(x, y):
    return inner(x, y)


def _forward(x, y):
    return by_reverse(x, y), (x, y)


def _reverse(residuals, cotangents):
    (x, y), (a, b) = residuals, cotangents
    return add(mul(a, mul(cos(x), exp(y))), b), add(mul(a, mul(sin(x), exp(y))), b)


by_reverse.defvjp(_forward, _reverse)

by_lane = hloom.custom_batching.sequential_vmap(inner)

PAIR = [case(A(5), A(5))]


def sunk(x):
    """x, beside its sine, which goes nowhere."""
    lax.dce_sink(sin(x))
    return add(x, x)


def calling(name, function, *covers):
    """A row of a call of the inner function."""
    return Op(function, inner_oracle, PAIR, (*WIDE, "complex128"), name=name, covers=covers)


OPS = [
    calling("jit", jitted, calls.jit),
    calling("checkpoint", kept, calls.checkpoint),
    calling("custom_jvp", by_forward, calls.custom_jvp_call),
    # its derivative is a linear_call of the reverse rule
    calling("custom_vjp", by_reverse, calls.custom_vjp_call, calls.linear_call),
    calling("custom_vmap", by_lane, calls.custom_vmap_call),
    calling("composite", lax.composite(inner, "test.inner"), calls.composite),
    Op(sunk, lambda x: x + x, [case(A(3))], WIDE, name="dce_sink", covers=(calls.dce_sink,)),
    Op(
        lambda x: calls.checkpoint_name(x, "here"),
        np.array,
        [case(A(2, 3))],
        ANY,
        name="name",
        covers=(calls.name,),
    ),
    Op(
        lambda *arrays: calls.optimization_barrier(list(arrays)),
        lambda x, y: [x, y],
        [case(A(3), A(2, 2))],
        ANY,
        name="optimization_barrier",
        covers=(calls.optimization_barrier,),
    ),
    Op(
        lambda x: calls.stop.bind(x),
        np.array,
        [case(A(3))],
        ANY,
        name="stop_gradient",
        covers=(calls.stop,),
        grad=False,
    ),
]
