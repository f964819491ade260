"""Errors of control flow: whole messages, with the user's line."""

import numpy as np
import pytest

import hloom
from control import message_of
from hloom import lax, numpy as hnp
from hloom.frontend.errors import (
    ArgumentError,
    ControlFlowError,
    RuleError,
    ShapeError,
    ValueRangeError,
)

pytestmark = pytest.mark.usefixtures("wide")


def test_error_the_carry_changes_its_type():
    def step(c, x):
        return {"h": hnp.concatenate([c["h"], c["h"]]), "n": c["n"] + 0.5}, x

    start = {"h": np.ones(3), "n": np.int32(0)}
    for what, call in {
        "scan": lambda: lax.scan(step, start, np.ones(2)),
    }.items():
        assert message_of(ControlFlowError, call) == [
            f"{what}: the carry changes its type in step",
            "    ['h']: the carry has f64[3], the new carry has f64[6]",
            "    ['n']: the carry has i32[], the new carry has f64[]",
            "    return a carry of the structure, shapes and dtypes of the initial one",
        ]


def test_error_the_carry_changes_its_structure():
    def body(c):
        return (c[0], c[1], c[0])

    assert message_of(ControlFlowError, lambda: lax.while_loop(lambda c: True, body, (1, 2))) == [
        "while_loop: the carry changes its type in body",
        "    the root: the carry has a tuple of length 2, the new carry has a tuple of length 3",
        "    return a carry of the structure, shapes and dtypes of the initial one",
    ]
    assert message_of(
        ControlFlowError, lambda: lax.fori_loop(0, 3, lambda i, x: [x], np.float64(1))
    ) == [
        "fori_loop: the carry changes its type in <lambda>",
        "    the root: the carry has a leaf, the new carry has a list of length 1",
        "    return a carry of the structure, shapes and dtypes of the initial one",
    ]


def test_error_the_body_returns_no_pair():
    assert message_of(ControlFlowError, lambda: lax.scan(lambda c, x: c, 0.0, np.ones(3))) == [
        "scan: the body returns a pair (carry, y)",
        "    <lambda> returned a leaf",
        "    return exactly two things; y may be None",
    ]


def test_error_first_axes():
    xs = {"a": np.ones(3), "b": np.ones((4, 2))}
    assert message_of(ShapeError, lambda: lax.scan(lambda c, x: (c, x), 0.0, xs, length=3)) == [
        "scan: the first axes disagree",
        "    xs['a']: f64[3], which is 3 steps",
        "    xs['b']: f64[4,2], which is 4 steps",
        "    length is 3",
        "    give all of xs one length",
    ]
    assert message_of(ShapeError, lambda: lax.map(lambda x: x, [np.ones(2), 1.0])) == [
        "map: goes along the first axis of each of xs",
        "    xs[0]: f64[2]",
        "    xs[1]: ~f64[], which has no axis",
        "    give each an axis of steps first; a list of numbers becomes one by numpy.array",
    ]
    assert message_of(ArgumentError, lambda: lax.scan(lambda c, x: (c, x), 0.0)) == [
        "scan: needs xs or a length",
        "    xs has no arrays, length is None",
        "    pass xs, or length=n",
    ]


def test_errors_of_numbers():
    step = lambda c, x: (c, x)
    assert message_of(ValueRangeError, lambda: lax.scan(step, 0.0, length=-1)) == [
        "scan: the length is negative",
        "    it is -1",
        "    use 0 or more",
    ]
    assert message_of(ValueRangeError, lambda: lax.scan(step, 0.0, length=2, unroll=-1)) == [
        "scan: unroll is negative",
        "    it is -1",
        "    use True, or 1 or more",
    ]
    assert message_of(ValueRangeError, lambda: lax.map(abs, np.ones(2), batch_size=0)) == [
        "map: batch_size is at least 1",
        "    it is 0",
        "    use 1 or more",
    ]
    assert message_of(ValueRangeError, lambda: lax.switch(0, [])) == [
        "switch: needs a branch",
        "    branches is empty",
        "    give one or more",
    ]


def test_error_the_branches_differ():
    def yes(x):
        return {"a": x, "b": hnp.ones(2)}

    def no(x):
        return {"a": x > 0, "b": hnp.ones(3)}

    assert message_of(ControlFlowError, lambda: lax.cond(True, yes, no, 1.0)) == [
        "cond: the results of true_fun (yes) and false_fun (no) differ",
        "    ['a']: true_fun has f64[], false_fun has bool[]",
        "    ['b']: true_fun has f64[2], false_fun has f64[3]",
        "    return one structure, with equal shapes and dtypes, from both",
    ]
    assert message_of(
        ControlFlowError, lambda: lax.switch(1, [lambda x: x, lambda x: x, lambda x: (x,)], 1.0)
    ) == [
        "switch: the results of branches[0] (<lambda>) and branches[2] (<lambda>) differ",
        "    the root: branches[0] has a leaf, branches[2] has a tuple of length 1",
        "    return one structure, with equal shapes and dtypes, from both",
    ]


def test_errors_of_predicates():
    assert message_of(ControlFlowError, lambda: lax.cond(np.ones(2), abs, abs, 1.0)) == [
        "cond: the predicate is a scalar",
        "    it is f64[2]",
        "    reduce it with .any() or .all(), or choose element by element with hloom.numpy.where",
    ]
    assert message_of(ControlFlowError, lambda: lax.switch(1.5, [abs, abs], 1.0)) == [
        "switch: the index is an integer scalar",
        "    it is ~f64[]",
        "    pass an int, or x.astype(int)",
    ]
    for test, found in [
        (lambda x: x, "f64[2]"),
        (lambda x: x > 0, "bool[2]"),
        (lambda x: (True,), "a tuple of length 1"),
        (lambda x: None, "None"),
    ]:
        assert message_of(ControlFlowError, lambda: lax.while_loop(test, abs, np.ones(2))) == [  # noqa: B023
            "while_loop: the condition returns one bool",
            f"    <lambda> returned {found}",
            "    return a scalar comparison, or reduce an array with .any() or .all()",
        ]


def test_errors_of_functions_and_bounds():
    assert message_of(ArgumentError, lambda: lax.scan(3, 0.0, length=2)) == [
        "scan: the body is a function",
        "    it is 3 of type int",
        "    pass the function itself, without calling it",
    ]
    assert message_of(ArgumentError, lambda: lax.cond(True, 1.0, 2.0)) == [
        "cond: true_fun is a function",
        "    it is 1.0 of type float",
        "    pass the function itself, without calling it",
    ]
    assert message_of(ControlFlowError, lambda: lax.fori_loop(0, 2.5, lambda i, x: x, 0)) == [
        "fori_loop: the upper bound is an integer",
        "    it is ~f64[]",
        "    pass an int, or x.astype(int)",
    ]
    traced = hloom.jit(lambda n: lax.fori_loop(0, n, lambda i, x: x, 0, unroll=2))
    assert message_of(ValueRangeError, lambda: traced(3)) == [
        "fori_loop: only a loop with static bounds is unrolled",
        "    the bounds are traced: ~i64[] and ~i64[]",
        "    leave unroll out, or make the bounds Python ints",
    ]
    assert message_of(ArgumentError, lambda: lax.cond(True, abs, abs, 1.0, operand=2.0)) == [
        "cond: operands are positional, or one is given as operand=",
        "    there are 1 positional ones, and operand=",
        "    leave operand= out",
    ]


def test_error_reverse_mode_of_a_while_loop():
    def f(x, n):
        return lax.fori_loop(0, n, lambda i, y: y * x, x)

    for call in (
        lambda: hloom.jit(hloom.grad(f))(2.0, 3),
        lambda: hloom.grad(lambda x: lax.while_loop(lambda y: y < 9, lambda y: y * x, x))(2.0),
    ):
        assert message_of(RuleError, call) == [
            "while_loop: has no reverse-mode derivative",
            "    the number of turns is not known beforehand, so residuals cannot be stored",
            "    use scan, or fori_loop with bounds that are ints; or forward mode: jvp, jacfwd",
        ]
    assert float(hloom.grad(f)(2.0, 3)) == 4 * 2.0**3  # outside jit the bounds are known
