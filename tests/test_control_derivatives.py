"""Derivatives of control flow, of every order and composition, and what they store."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import hloom
from control import (
    H0,
    XS,
    W,
    close,
    differences,
    looped,
    orders,
    reverse,
    rnn,
    rnn_unrolled,
    scan_in_cond_in_scan,
    total,
)
from hloom import lax, numpy as hnp
from hloom.frontend.ir import count_eqns, sub_programs

pytestmark = pytest.mark.usefixtures("wide")


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("unroll", [1, 3, True])
def test_derivatives_of_scan(backwards, unroll):
    def run(w, h, xs):
        return rnn(w, h, xs, reverse=backwards, unroll=unroll)

    orders(run, (W, H0, XS))
    args = (W, H0, XS)
    gradient = hloom.grad(lambda *a: total(run(*a)), argnums=(0, 1, 2))
    unrolled = hloom.grad(lambda *a: total(rnn_unrolled(*a, backwards)), argnums=(0, 1, 2))
    close(gradient(*args), unrolled(*args))


@pytest.mark.parametrize("length", [0, 1])
def test_derivatives_of_short_scans(length):
    orders(rnn, (W, H0, XS[:length]))


def test_derivatives_of_a_scan_that_counts():
    def run(x, y):
        def body(c, e):
            i, a, unused = c
            return (i + 1, a * hnp.sin(e) + i * x, unused), (a * i, e, y)

        return lax.scan(body, (0, x, y), np.linspace(0.5, 1, 3))

    reverse(lambda x, y: total(run(x, y)), (0.7, 0.4))
    orders(lambda x, y: run(x, y)[0][1:], (0.7, 0.4))


def test_derivatives_of_fori_loop():
    def power(x, a):
        return lax.fori_loop(0, 5, lambda i, y: y * x + a * i, x)

    orders(power, (1.1, 0.3))
    close(hloom.grad(power)(2.0, 0.0), 6 * 2.0**5)


def test_derivatives_of_while_loop():
    def newton(a):
        return lax.while_loop(
            lambda s: abs(s[0] * s[0] - s[1]) > 1e-13,
            lambda s: ((s[0] + s[1] / s[0]) / 2, s[1]),
            (a, a),
        )[0]

    differences(newton, (2.0,))
    close(hloom.jvp(newton, (2.0,), (1.0,))[1], 1 / (2 * math.sqrt(2)))
    close(hloom.jacfwd(newton)(2.0), 1 / (2 * math.sqrt(2)))
    close(hloom.jacfwd(hloom.jacfwd(newton))(2.0), -(2.0**-1.5) / 4, 1e-7)
    y, pushforward = hloom.linearize(newton, 2.0)
    close((y, pushforward(3.0)), (math.sqrt(2), 3 / (2 * math.sqrt(2))))
    close(hloom.jit(hloom.jacfwd(newton))(2.0), 1 / (2 * math.sqrt(2)))


def test_a_while_loop_may_stand_before_what_is_differentiated():
    def f(x):
        n = lax.while_loop(lambda n: n < 10, lambda n: n * 2, 3)
        return x * x * n

    close(hloom.grad(f)(3.0), 72.0)


@pytest.mark.parametrize("pred", [True, False])
def test_derivatives_of_cond(pred):
    def f(x, y):
        return lax.cond(pred, lambda a, b: (hnp.sin(a) * b, y), lambda a, b: (a * a, a * b), x, y)

    orders(f, (0.7, 1.3))
    orders(hloom.jit(f), (0.7, 1.3))


@pytest.mark.parametrize("index", [0, 1, 2])
def test_derivatives_of_switch(index):
    def f(x, w):
        branches = [
            lambda x: hnp.sin(w @ x),
            lambda x: hnp.exp(x) * hnp.cos(x) * x,
            lambda x: hnp.ones_like(x),
        ]
        return lax.switch(index, branches, x)

    orders(f, (H0, W))


def test_derivative_of_a_predicate_that_depends_on_the_input():
    def f(x):
        return lax.cond(x > 1, lambda x: x * x, lambda x: 3 * x, x)

    close([hloom.grad(f)(2.0), hloom.grad(f)(0.5)], [4.0, 3.0])
    close(hloom.vmap(hloom.grad(f))(np.array([2.0, 0.5])), np.array([4.0, 3.0]))


def test_derivatives_of_nested_control_flow():
    orders(scan_in_cond_in_scan, (0.4, 0.9))
    orders(hloom.jit(scan_in_cond_in_scan), (0.4, 0.9))


def test_jit_inside_and_outside():
    @hloom.jit
    def cell(h, x):
        return hnp.sin(h) * x, h

    def run(h, xs):
        return lax.scan(cell, h, xs)

    orders(run, (0.3, XS[:, 0]))
    orders(hloom.jit(run), (0.3, XS[:, 0]))


def test_third_derivative():
    def f(x):
        return lax.fori_loop(0, 4, lambda i, y: y * x, x)

    third = hloom.grad(hloom.grad(hloom.grad(f)))
    close(third(1.5), 60 * 1.5**2)
    close(hloom.jit(third)(1.5), 60 * 1.5**2)
    close(hloom.jacfwd(hloom.grad(hloom.grad(f)))(1.5), 60 * 1.5**2)


def test_hessian_of_scan():
    def f(h):
        return total(rnn(W, h, XS))

    found = hloom.hessian(f)(H0)
    assert found.shape == (3, 3)
    close(found, np.asarray(found).T)
    close(found, hloom.jacrev(hloom.jacrev(f))(H0))
    close(hloom.jacfwd(f)(H0), hloom.jacrev(f)(H0))


def test_has_aux_and_integers_pass_through():
    def f(x):
        (i, y), zs = lax.scan(lambda c, z: ((c[0] + 1, c[1] * x), z * 2), (0, x), np.arange(3))
        return y, (i, zs)

    (y, (i, zs)), g = hloom.value_and_grad(f, has_aux=True)(1.5)
    close((y, g), (1.5**4, 4 * 1.5**3))
    assert (int(i), [int(z) for z in zs]) == (3, [0, 2, 4])


# ---------------------------------------------------------------- what is stored
def scans_of(program):
    """Every scan equation of a program, nested ones included."""
    for eqn in program.eqns:
        if eqn.primitive.name == "scan":
            yield eqn
        for nested in sub_programs(eqn):
            yield from scans_of(nested)


def test_residuals_are_stored_once():
    def f(w, h, xs):
        return total(rnn(w, h, xs))

    program = hloom.make_program(hloom.grad(f))(W, H0, XS)
    forward, backward = scans_of(program)
    stacked = [v.aval.shape for v in forward.outvars[forward.params["num_carry"] :]]
    # new * h, which is the result; the carry before and after each step; the derivative of tanh
    assert len(stacked) <= 4
    assert set(stacked) == {(4, 3)}
    assert not any(a.aval.shape == (4, 3, 3) for a in backward.invars)


def test_residuals_that_no_turn_changes_are_not_stacked():
    def f(x, w):
        def body(c, _):
            return c * hnp.sin(w), None

        return lax.scan(body, x, None, length=100)[0]

    program = hloom.make_program(hloom.grad(f))(1.0, np.float64(0.3))
    forward, backward = scans_of(program)
    assert [v.aval.shape for v in forward.outvars] == [()]
    assert [a.aval.shape for a in backward.invars] == [(), ()]


def test_residuals_that_only_repeat_others_are_not_stacked():
    def f(x, gains):
        def body(c, gain):
            repeated = lax.broadcast_in_dim(gain, (8, 3), (1,))
            norm = lax.broadcast_in_dim(hnp.sum(c, axis=1), (8, 3), (0,))
            return hnp.sin(c) * repeated * norm, None

        return hnp.sum(lax.scan(body, x, gains)[0])

    args = (np.linspace(0.1, 1, 24).reshape(8, 3), np.linspace(1, 0.5, 12).reshape(4, 3))
    program = hloom.make_program(hloom.grad(f, argnums=(0, 1)))(*args)
    forward, _ = scans_of(program)
    stacked = sorted(v.aval.shape for v in forward.outvars[1:])
    # sin c, cos c and sin c * repeated; the sums; and gain not at all
    assert stacked[0] == (4, 8)
    assert stacked[1:] == [(4, 8, 3)] * (len(stacked) - 1)
    assert len(stacked) <= 5
    orders(f, args)


def test_a_residual_that_is_needed_twice():
    def f(x, w):
        def body(c, e):
            both = lax.broadcast_in_dim(c[0] * e, (3,), ())
            return (c[0] * w, c[1] * both), (c[0], both)

        return lax.scan(body, (x, x * H0), XS[:, 0])

    orders(f, (0.4, 0.9))


def test_work_is_preserved():
    def f(x):
        return lax.scan(lambda c, _: (hnp.sin(c) * c, None), x, None, length=10)[0]

    primal = count_eqns(hloom.make_program(f)(1.0))
    gradient = count_eqns(hloom.make_program(hloom.grad(f))(1.0))
    second = count_eqns(hloom.make_program(hloom.grad(hloom.grad(f)))(1.0))
    assert gradient <= 5 * primal + 8
    assert second <= 16 * primal + 24


# ---------------------------------------------------------------- random bodies
UNARY = [hnp.sin, hnp.tanh, lambda x: -x, lambda x: x * x * 0.3]
BINARY = [lambda x, y: x + y, lambda x, y: x * y * 0.5, hnp.maximum, lambda x, y: x - y]


@st.composite
def bodies(draw):
    """A list of steps on a growing list of values: (operation, operands), and what is returned."""
    steps, n = [], 5  # two carries, an element, a constant, a counter
    for _ in range(draw(st.integers(1, 5))):
        table = draw(st.sampled_from([UNARY, BINARY]))
        i = draw(st.integers(0, len(table) - 1))
        arity = 1 if table is UNARY else 2
        steps.append((table, i, [draw(st.integers(0, n - 1)) for _ in range(arity)]))
        n += 1
    returned = [draw(st.integers(0, n - 1)) for _ in range(3)]
    return steps, returned


@settings(max_examples=15)
@given(bodies(), st.integers(1, 3), st.booleans(), st.integers(1, 3))
def test_random_bodies(body, length, backwards, unroll):
    steps, (first, second, out) = body

    def cell(w):
        def step(c, x):
            i, a, b = c
            values = [a, b, x, w, i * 0.1]
            for table, k, operands in steps:
                values.append(table[k](*[values[j] for j in operands]))
            return (i + 1, values[first] + 0.0 * a, values[second] + 0.0 * b), values[out]

        return step

    def run(a, b, xs, w):
        (_, a, b), ys = lax.scan(cell(w), (0, a, b), xs, reverse=backwards, unroll=unroll)
        return a, b, ys

    def by_hand(a, b, xs, w):
        c, ys = (0, a, b), []
        for x in list(xs)[:: -1 if backwards else 1]:
            c, y = cell(w)(c, x)
            ys.append(hnp.asarray(y))
        return c[1], c[2], hnp.stack(ys[:: -1 if backwards else 1])

    args = (0.3, -0.4, np.linspace(0.2, 0.9, length), 0.7)
    close(run(*args), by_hand(*args))
    both = [hloom.grad(lambda *a, f=f: total(f(*a)), argnums=(0, 1, 2, 3)) for f in (run, by_hand)]
    close(both[0](*args), both[1](*args))
    batched = [np.array([a, a * 0.5]) for a in args]
    close(hloom.vmap(run)(*batched), looped(run, batched, (0, 0, 0, 0)))


# ---------------------------------------------------------------- in derivative rules
def _explicit(p, t):
    """The tangents of four cosines in a loop beside the primals."""
    step = lambda i, s: (hnp.cos(s[0]), -hnp.sin(s[0]) * s[1])
    return lax.fori_loop(0, 4, step, (p, t))


RUNS = {
    "scan": lambda x: lax.scan(lambda c, y: (hnp.sin(c * x), hnp.sin(y * c)), x, x * XS)[1],
    "ys alone": lambda x: lax.scan(lambda c, y: (c, hnp.sin(y * c)), x, x * XS)[1],
    "fori_loop": lambda x: lax.fori_loop(0, 4, lambda i, y: hnp.cos(y), x),
    "map": lambda x: lax.map(lambda y: hnp.sin(hnp.sin(y)), x * XS),
    "cond": lambda x: lax.cond(x > 1, lambda x: hnp.sin(hnp.sin(x)), lambda x: x, x),
    "cond in a loop": lambda x: lax.fori_loop(
        0, 3, lambda i, x: lax.cond(x < 2, lambda x: x * x, lambda x: hnp.sin(x), x), x
    ),
    "jit": hloom.jit(lambda x: hnp.sin(hnp.sin(x))),
    "checkpoint": hloom.checkpoint(lambda x: hnp.sin(hnp.sin(x))),
}


@pytest.mark.parametrize("name", [*RUNS, "by hand"])
def test_rules_whose_loops_hold_primals_and_tangents(name):
    plain = RUNS.get(name, RUNS["fori_loop"])
    ruled = hloom.custom_jvp(plain)

    @ruled.defjvp
    def rule(primals, tangents):
        if name == "by hand":
            return _explicit(*primals, *tangents)
        return hloom.jvp(plain, primals, tangents)

    def through(f):
        return lambda x: total(f(x))

    for x in (1.2, 0.4):
        close(ruled(x), plain(x))
        close(hloom.jvp(ruled, (x,), (0.7,)), hloom.jvp(plain, (x,), (0.7,)))
        for order in (hloom.grad, hloom.hessian, lambda f: hloom.grad(hloom.grad(hloom.grad(f)))):
            close(order(through(ruled))(x), order(through(plain))(x))
    first, many = hloom.grad(through(ruled)), np.array([0.4, 1.2])
    close(hloom.jit(first)(1.2), first(1.2))
    close(hloom.vmap(first)(many), np.array([first(x) for x in many]))


def test_a_rule_with_a_loop_of_unknown_length_has_forward_mode_alone():
    def run(x):
        return lax.while_loop(lambda y: y < 5, lambda y: y * y, x)

    ruled = hloom.custom_jvp(run)
    ruled.defjvp(lambda primals, tangents: hloom.jvp(run, primals, tangents))
    close(hloom.jacfwd(ruled)(1.5), hloom.jacfwd(run)(1.5))
    with pytest.raises(hloom.errors.RuleError, match="while_loop: has no reverse-mode derivative"):
        hloom.grad(ruled)(1.5)
