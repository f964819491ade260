"""Random programs: whatever is composed of the primitives must keep every promise at once.

Hypothesis draws a list of operations; each takes earlier values, scaled into a range in which all
are smooth. The function they make is then checked, printed, parsed, compiled, differentiated and
batched.
"""

import numpy as np
from hypothesis import given, settings, strategies as st

import hloom
import hloom.numpy as jnp
from hloom.frontend.ir import check
from hloom.frontend.parser import parse
from hloom.frontend.printer import program_to_text
from hloom.frontend.trace import interpret
from hloom.transforms.cse import cse
from hloom.transforms.dce import dce
from hloom.transforms.inline import inline

SHAPE = (2, 3)

#: operations on one or two arrays of SHAPE, smooth and bounded on [-2, 2]
UNARY = (
    jnp.sin,
    jnp.tanh,
    lambda x: jnp.exp(-x * x),
    lambda x: x / (1 + x * x),
    lambda x: jnp.sqrt(1 + x * x) - 1,
    lambda x: jnp.roll(x, 1, axis=1),
    lambda x: x[::-1],
    lambda x: x.T.reshape(SHAPE),
    lambda x: jnp.broadcast_to(jnp.mean(x, axis=0), SHAPE),
    lambda x: jnp.broadcast_to(x[:, 1:2], SHAPE),
    lambda x: jnp.cumsum(x, axis=1) / 3,
    lambda x: x.at[0, 1].set(0.5),
    lambda x: hloom.jit(jnp.cos)(x),
    lambda x: hloom.checkpoint(lambda y: jnp.sin(jnp.sin(y)))(x),
    lambda x: hloom.vmap(lambda row: row * jnp.sum(row) / 3)(x),
    lambda x: hloom.lax.scan(lambda c, row: (jnp.tanh(c + row), c * row), x[0], x)[1],
    lambda x: hloom.lax.fori_loop(0, 3, lambda i, c: jnp.sin(c) + 0.1, x),
    lambda x: hloom.lax.cond(x.shape[0] > 1, jnp.sin, jnp.cos, x),
    lambda x: hloom.grad(lambda y: jnp.sum(jnp.sin(y) * y))(x),
)
BINARY = (
    jnp.add,
    jnp.subtract,
    lambda x, y: x * y / 2,
    lambda x, y: jnp.where(jnp.arange(3) % 2 == 0, x, y),
    lambda x, y: jnp.concatenate([x[:1], y[1:]]),
    lambda x, y: (x @ y.T @ x) / 6,
    lambda x, y: jnp.einsum("ij,ik->kj", x, y)[:2] / 2,
)

steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(UNARY), st.integers(0, 9)),
        st.tuples(st.sampled_from(BINARY), st.integers(0, 9), st.integers(0, 9)),
    ),
    min_size=1,
    max_size=6,
)
seeds = st.integers(0, 2**31)


def function_of(steps):
    def run(x):
        values = [x]
        for operation, *places in steps:
            values.append(operation(*[values[i % len(values)] for i in places]))
        return values[-1]

    return run


def point(seed, *lead):
    return np.random.default_rng(seed).uniform(-1, 1, (*lead, *SHAPE))


@settings(max_examples=15)
@given(steps, seeds)
def test_every_way_to_run_a_program_gives_the_same(steps, seed):
    with hloom.enable_x64():
        f, x = function_of(steps), point(seed)
        program = check(hloom.make_program(f)(x))
        expected = np.asarray(f(jnp.asarray(x)))
        text = program_to_text(program)
        results = {"jit": hloom.jit(f)(x), "interpreted": interpret(program, [x])[0]}
        for change in (dce, cse, inline):
            results[change.__name__] = interpret(check(change(program)), [x])[0]
        if "<" not in text.replace("<lambda>", ""):
            again = parse(text, program.consts)
            assert program_to_text(again) == text
            results["parsed"] = interpret(again, [x])[0]
        for name, found in results.items():
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13, err_msg=name)


@settings(max_examples=15)
@given(steps, seeds)
def test_derivatives_agree_with_differences_and_with_each_other(steps, seed):
    with hloom.enable_x64():
        f = hloom.jit(function_of(steps))
        x, t, w = point(seed), point(seed + 1), point(seed + 2)
        _, forward = hloom.jit(lambda x, t: hloom.jvp(f, (x,), (t,)))(x, t)
        h = 1e-5
        differences = (np.asarray(f(x + h * t)) - np.asarray(f(x - h * t))) / (2 * h)
        np.testing.assert_allclose(forward, differences, rtol=1e-6, atol=1e-7)
        (back,) = hloom.jit(lambda x, w: hloom.vjp(f, x)[1](w))(x, w)
        np.testing.assert_allclose(np.vdot(w, forward), np.vdot(back, t), rtol=1e-9, atol=1e-11)


@settings(max_examples=10)
@given(steps, seeds)
def test_batches_equal_loops(steps, seed):
    with hloom.enable_x64():
        f = hloom.jit(function_of(steps))
        gradient = hloom.jit(hloom.grad(lambda x: jnp.sum(f(x) ** 2)))
        xs = point(seed, 3)
        for fun in (f, gradient):
            batched = hloom.jit(hloom.vmap(fun))(xs)
            looped = np.stack([np.asarray(fun(x)) for x in xs])
            np.testing.assert_allclose(batched, looped, rtol=1e-11, atol=1e-12)
