"""Mistakes with mutable references: the whole message, and no value lost."""

from typing import Any, NamedTuple

import numpy as np
import pytest

import hloom
from control import message_of
from hloom import lax, numpy as hnp
from hloom.frontend.errors import (
    ArgumentError,
    LeakedTracerError,
    RefError,
    ShapeError,
    UnsupportedError,
)


class Wrong(NamedTuple):
    error: Any
    call: Any
    lines: list


def outside(r):
    return {
        "returned": Wrong(
            RefError,
            lambda: hloom.jit(lambda x: {"a": hloom.new_ref(x)})(1.0),
            [
                "<lambda>: a transformed function returns no mutable references",
                "    the result['a'] is one, Ref(f32[])",
                (
                    "    return its value, ref[...]; "
                    "what is written to a ref from outside is seen outside"
                ),
            ],
        ),
        "carried": Wrong(
            RefError,
            lambda: lax.scan(lambda c, _: (c, None), r, None, 2),
            [
                "an operation needs arrays or numbers",
                "    one of its arguments is a mutable reference, Ref(f32[3])",
                "    read its value with ref[...]",
            ],
        ),
        "twice": Wrong(
            RefError,
            lambda: hloom.jit(lambda a, b: a[0])(r, r),
            [
                "<lambda>: a ref is passed once to a function",
                "    Ref(f32[3]) is argument leaf 0 and argument leaf 1",
                "    pass it once, or pass another ref",
            ],
        ),
        "passed and closed over": Wrong(
            RefError,
            lambda: hloom.jit(lambda a: a[0] + r[0])(r),
            [
                "<lambda>: a ref is either passed to a function or closed over",
                "    Ref(f32[3]) is both",
                "    use the argument only, or pass another ref",
            ],
        ),
        "batched": Wrong(
            RefError,
            lambda: hloom.vmap(lambda x: r.addupdate(x, 0))(hnp.ones(2)),
            [
                "a batched value is written to a ref that is not batched",
                (
                    "    Ref(f32[3]) was made outside of vmap, "
                    "and each of 2 examples would write a value of its own"
                ),
                "    pass the ref through vmap with an axis of in_axes, or make it in the function",
            ],
        ),
        **{
            f"differentiated by {name}": Wrong(
                RefError,
                call,
                [
                    "a differentiated value is written to a ref that is not differentiated",
                    "    Ref(f32[3]) was made outside of the function that is differentiated",
                    "    write hloom.lax.stop_gradient(value), or make the ref in the function",
                ],
            )
            for name, call in {
                "grad": lambda: hloom.grad(lambda x: [r.addupdate(x, 0), x][1])(1.0),
                "jvp": lambda: hloom.jvp(lambda x: r.addupdate(x, 0), (1.0,), (1.0,)),
                "grad in jit": lambda: hloom.jit(
                    hloom.grad(lambda x, r: [r.addupdate(x, 0), x][1])
                )(1.0, r),
                "grad of jit": lambda: hloom.grad(
                    hloom.jit(lambda x, r: [r.addupdate(x, 0), x][1])
                )(1.0, r),
                "grad of scan": lambda: hloom.grad(
                    lambda x: lax.scan(lambda c, _: (c, r.addupdate(c, 0)), x, None, 2)[0]
                )(1.0),
            }.items()
        },
        "by a ref": Wrong(
            RefError,
            lambda: hloom.grad(lambda a: a[0])(r),
            [
                "grad: differentiates <lambda> by arrays",
                "    argument 0 is a mutable reference, Ref(f32[3])",
                "    choose other arguments with argnums, or pass its value, ref[...]",
            ],
        ),
        "written in a condition": Wrong(
            RefError,
            lambda: lax.while_loop(lambda i: [r.addupdate(1.0), i < 3][1], lambda i: i + 1, 0),
            [
                "while_loop: the condition writes no mutable references",
                "    <lambda> writes Ref(f32[3]), which was made outside",
                "    write it in the body",
            ],
        ),
        "in a reducer": Wrong(
            RefError,
            lambda: lax.reduce(np.ones(3), 0.0, lambda a, b: a * r[0] * b, (0,)),
            [
                "a ref from outside cannot be used here",
                (
                    "    Ref(f32[3]) is used in a function that is traced by itself, "
                    "such as a reducer, or a reverse rule in forward mode"
                ),
                "    pass its value, ref[...], or make the ref in the function",
            ],
        ),
        "written in a function with a rule": Wrong(
            RefError,
            lambda: hloom.jit(with_a_rule(lambda x: [r.addupdate(x), x][1]))(1.0),
            [
                "a function with a derivative or a batching rule of its own writes no outer refs",
                "    it writes Ref(f32[3]), which was made outside",
                "    write it in the rule, or outside of the function",
            ],
        ),
        "not read": Wrong(
            RefError,
            lambda: hnp.sin(r),
            [
                "an operation needs arrays or numbers",
                "    one of its arguments is a mutable reference, Ref(f32[3])",
                "    read its value with ref[...]",
            ],
        ),
        "lowered": Wrong(
            RefError,
            lambda: hloom.jit(lambda: r[0]).lower(),
            [
                "<lambda>: a function that uses refs from outside is not lowered by itself",
                "    it uses Ref(f32[3])",
                "    call it, or pass the value of the ref and return the new one",
            ],
        ),
        "frozen inside": Wrong(
            RefError,
            lambda: hloom.jit(hloom.freeze)(r),
            [
                "a ref is frozen or freed in the function that made it",
                "    Ref(f32[3]) comes from outside",
                "    freeze or free it outside",
            ],
        ),
        "a ref of a ref": Wrong(
            ArgumentError,
            lambda: hloom.new_ref(r),
            [
                "new_ref: the initial value is an array or a number",
                "    it is a ref itself, Ref(f32[3])",
                "    pass its value, ref[...]",
            ],
        ),
        "no ref": Wrong(
            ArgumentError,
            lambda: hloom.ref.get(3.0),
            [
                "get: takes a mutable reference",
                "    it is 3.0 of type float",
                "    make one with new_ref(x)",
            ],
        ),
        "elsewhere": Wrong(
            UnsupportedError,
            lambda: hloom.new_ref(1.0, memory_space="host"),
            [
                "new_ref: memory_space cannot be chosen",
                "    memory_space is 'host'; a ref is a box with an array, wherever the array is",
                "    leave it out",
            ],
        ),
        "length": Wrong(
            ShapeError,
            lambda: len(hloom.new_ref(1.0)),
            ["len(ref): the ref has no axes", "    it is Ref(f32[])", "    read ref[...]"],
        ),
    }


def with_a_rule(fun):
    made = hloom.custom_jvp(fun)
    made.defjvp(lambda primals, tangents: (primals[0], tangents[0]))
    return made


@pytest.mark.parametrize("name", outside(None))
def test_error(name):
    r = hloom.new_ref(hnp.zeros(3))
    wrong = outside(r)[name]
    assert message_of(wrong.error, wrong.call) == wrong.lines
    assert r[...].tolist() == [0.0, 0.0, 0.0]


def test_error_a_ref_outlives_its_function():
    def leaking(transform):
        kept = []
        transform(lambda x: [kept.append(hloom.new_ref(x)), x][1])(1.0)
        return kept[0][...]

    for transform, name in ((hloom.jit, "jit"), (hloom.grad, "jvp")):
        assert message_of(LeakedTracerError, lambda t=transform: leaking(t)) == [
            "a ref (Ref(f32[])) is used outside of the function that made it",
            f"    it was made under {name}",
            "    return its value, or make it outside",
        ]
