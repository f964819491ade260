"""Control flow: values as plain Python loops give them, types of carries, and what is traced."""

import gc
import weakref

import numpy as np
import pytest

import hloom
from control import H0, XS, W, close, rnn, rnn_unrolled
from hloom import lax, numpy as hnp
from hloom.frontend.ir import check
from hloom.frontend.trace import interpret
from hloom.transforms.dce import dce

pytestmark = pytest.mark.usefixtures("wide")


# ---------------------------------------------------------------- values
@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("unroll", [1, 2, 3, 4, 7, True, False])
def test_scan_is_the_loop(backwards, unroll):
    got = rnn(W, H0, XS, reverse=backwards, unroll=unroll)
    close(got, rnn_unrolled(W, H0, XS, backwards))
    jitted = hloom.jit(lambda w, h, xs: rnn(w, h, xs, reverse=backwards, unroll=unroll))
    close(jitted(W, H0, XS), got)


@pytest.mark.parametrize("length", [0, 1, 2, 5])
def test_scan_of_any_length(length):
    carry, ys = lax.scan(lambda c, x: ({"a": c["a"] + x}, (c["a"], x)), {"a": 2}, np.arange(length))
    assert int(carry["a"]) == 2 + sum(range(length))
    assert [int(y) for y in ys[0]] == [2 + sum(range(i)) for i in range(length)]
    assert (ys[1].shape, ys[1].dtype) == ((length,), np.int64)


def test_scan_with_a_length_and_no_xs():
    c, ys = lax.scan(lambda c, _: (c * 2, None), 1, length=5)
    assert (int(c), ys) == (32, None)
    c, ys = lax.scan(lambda c, x: (c, x), (), {"x": np.arange(3)}, length=3)
    assert (c, list(ys)) == ((), ["x"])


def test_while_loop_is_the_loop():
    def collatz(n):
        return lax.while_loop(
            lambda s: s[0] != 1,
            lambda s: (hnp.where(s[0] % 2 == 0, s[0] // 2, 3 * s[0] + 1), s[1] + 1),
            (n, 0),
        )[1]

    assert [int(collatz(n)) for n in (1, 6, 7, 27)] == [0, 8, 16, 111]
    assert [int(n) for n in hloom.vmap(collatz)(np.array([1, 6, 7, 27]))] == [0, 8, 16, 111]
    assert int(hloom.jit(collatz)(27)) == 111


@pytest.mark.parametrize("bounds", [(0, 5), (2, 5), (-3, 3), (5, 2), (4, 4)])
def test_fori_loop_is_the_loop(bounds):
    def run(low, high):
        return lax.fori_loop(low, high, lambda i, x: x * 2 + i, 1)

    expected = 1
    for i in range(*bounds):
        expected = expected * 2 + i
    assert int(run(*bounds)) == expected
    assert int(hloom.jit(run)(*bounds)) == expected
    assert int(run(*map(np.int32, bounds))) == expected
    assert int(run(hnp.asarray(bounds[0]), bounds[1])) == expected


def test_fori_loop_unrolled():
    for unroll in (1, 2, 3, True, False):
        assert int(lax.fori_loop(0, 7, lambda i, x: x + i * i, 0, unroll=unroll)) == 91


@pytest.mark.parametrize("pred", [True, False])
def test_cond_takes_an_operand_for_each_branch(pred):
    def f(pred, x):
        return lax.cond(pred, x, lambda x: x * 2, (x, 1.0), lambda pair: pair[0] + pair[1])

    wanted = 6.0 if pred else 4.0
    assert float(f(pred, 3.0)) == float(hloom.jit(f)(pred, 3.0)) == wanted
    assert float(hloom.grad(f, 1)(pred, 3.0)) == (2.0 if pred else 1.0)


@pytest.mark.parametrize("pred", [True, False, 1, 0, 2.5, np.bool_(True), np.int8(0)])
def test_cond_runs_one_branch(pred):
    def choose(p):
        return lax.cond(p, lambda x, y: x + y, lambda x, y: x - y, 5, 3)

    expected = 8 if pred else 2
    assert int(choose(pred)) == expected
    assert int(hloom.jit(choose)(pred)) == expected
    assert int(lax.cond(pred, lambda x: x, lambda x: -x, operand=7)) == (7 if pred else -7)


@pytest.mark.parametrize("index", [-7, 0, 1, 2, 9, np.uint8(200), np.int64(2**40)])
def test_switch_moves_the_index_into_range(index):
    branches = [lambda x: x, lambda x: x * 10, lambda x: x * 100]
    expected = 3 * 10 ** min(max(int(index), 0), 2)
    assert int(lax.switch(index, branches, 3)) == expected
    assert int(hloom.jit(lambda i: lax.switch(i, branches, 3))(index)) == expected
    assert int(lax.switch(index, branches[:1], operand=3)) == 3


def test_a_known_predicate_leaves_one_branch():
    for pred, name in ((True, "sine"), (False, "cosine")):
        text = hloom.jit(lambda x, p=pred: lax.cond(p, hnp.sin, hnp.cos, x)).lower(1.0).as_text()
        assert f"stablehlo.{name}" in text
        assert "stablehlo.if" not in text


def test_platform_dependent_compiles_one_function():
    def f(x):
        return lax.platform_dependent(x, cpu=lambda x: x + 1, tpu=hnp.sin)

    def g(x):
        return lax.platform_dependent(x, tpu=hnp.sin, default=lambda x: x - 1)

    for h, expected in ((f, 4.0), (g, 2.0)):
        assert float(h(3.0)) == expected
        assert "sine" not in hloom.jit(h).lower(3.0).as_text()
        assert float(hloom.grad(h)(3.0)) == 1.0
        close(hloom.vmap(h)(np.full(2, 3.0)), np.full(2, expected))


def test_branches_share_what_they_close_over():
    def run(p, a, b):
        return lax.cond(p, lambda: a + b, lambda: b * 2.0)

    program = hloom.make_program(run)(True, 1.0, 2.0)
    (eqn,) = program.eqns
    assert len(eqn.invars) == 3
    assert float(hloom.jit(run)(False, 1.0, 3.0)) == 6.0
    assert float(run(True, 1.0, 3.0)) == 4.0


@pytest.mark.parametrize("batch_size", [None, 1, 2, 3, 7, 9])
def test_map_is_the_loop(batch_size):
    xs = {"x": np.arange(7.0), "y": np.arange(14.0).reshape(7, 2)}
    got = lax.map(lambda e: (e["x"] * e["y"], e["x"]), xs, batch_size=batch_size)
    close(got, (xs["x"][:, None] * xs["y"], xs["x"]))


def test_map_of_nothing():
    assert lax.map(lambda x: (x, x * 2), np.ones((0, 2)), batch_size=4)[1].shape == (0, 2)


# ---------------------------------------------------------------- types of carries
@pytest.mark.parametrize("x", [np.float32(1), np.float64(1)])
@pytest.mark.parametrize("init", [0, 0.0])
def test_a_weak_carry_takes_the_type_the_body_gives(init, x):
    c, _ = lax.scan(lambda c, _: (c + x, None), init, length=2)
    w = lax.while_loop(lambda c: c < 2, lambda c: c + x, init)
    f = lax.fori_loop(0, 2, lambda _, c: c + x, init)
    assert [(y.dtype, float(y)) for y in (c, w, f)] == [(x.dtype, 2)] * 3


def test_weak_carries_take_their_types_one_after_the_other():
    def body(c, _):
        a, b, d = c
        return (a + b, b + d, d + np.float32(1)), None

    (a, b, d), _ = lax.scan(body, (0, 0, 0), length=3)
    assert [(y.dtype, float(y)) for y in (a, b, d)] == [
        (np.float32, 1),
        (np.float32, 3),
        (np.float32, 3),
    ]


def test_a_weak_carry_stays_weak_if_the_body_lets_it():
    c, ys = lax.scan(lambda c, _: (c * 2, c), 1, length=3)
    assert (c.aval.weak_type, ys.aval.weak_type) == (True, True)
    strong, _ = lax.scan(lambda c, _: (1.0, c), np.float64(2), length=3)
    assert not strong.aval.weak_type


# ---------------------------------------------------------------- dead code
def cleaned(f, *args):
    """The one equation that is left of a function's program when it is clean."""
    program = check(dce(hloom.make_program(f)(*args)))
    (eqn,) = program.eqns
    expected = hloom.jit(f)(*args)
    close(interpret(program, [hnp.asarray(a) for a in args]), [expected])
    return eqn


def test_dead_parts_of_a_scan_are_dropped():
    def f(x, unused, xs):
        def body(c, e):
            a, feeds_itself, feeds_a = c
            return (a + feeds_a, feeds_itself * unused, feeds_a + e[0]), (a, hnp.sin(a))

        return lax.scan(body, (x, x, x), (xs, xs))[1][0]

    eqn = cleaned(f, np.float64(1), np.float64(2), np.arange(3.0))
    assert (eqn.params["num_consts"], eqn.params["num_carry"]) == (0, 2)
    assert (len(eqn.invars), len(eqn.outvars)) == (3, 3)


def test_dead_parts_of_a_while_loop_are_dropped():
    def f(x, limit, unused):
        def body(c):
            a, b, d = c
            return a + 1, b * a, d * unused

        return lax.while_loop(lambda c: c[0] < limit, body, (x, x, x))[1]

    eqn = cleaned(f, 1.0, 4.0, 2.0)
    assert (eqn.params["cond_consts"], eqn.params["body_consts"]) == (1, 0)
    assert (len(eqn.invars), len(eqn.outvars)) == (3, 2)


def test_dead_parts_of_a_cond_are_dropped():
    def f(p, x, y):
        return lax.cond(p, lambda: (x, x * y), lambda: (x + 1, y))[0]

    eqn = cleaned(f, True, 1.0, 2.0)
    assert (len(eqn.invars), len(eqn.outvars)) == (2, 1)


# ---------------------------------------------------------------- tracing
def test_the_same_function_is_traced_once():
    traced = []

    def body(c, x):
        traced.append(1)
        return c + x, c

    for _ in range(3):
        lax.scan(body, np.float64(0), np.arange(3.0))
    assert len(traced) == 1
    lax.scan(body, np.float64(0), np.arange(4.0))
    assert len(traced) == 1  # the elements have the same type
    hloom.jit(lambda x: lax.scan(body, x, x[None])[0])(np.float64(1.0))
    assert len(traced) == 1
    lax.scan(body, np.zeros(2), np.ones((3, 2)))
    assert len(traced) == 2


def test_an_eager_loop_is_compiled_once(monkeypatch):
    from hloom.runtime import control

    compiled = []
    real = control.compiled
    monkeypatch.setattr(control, "compiled", lambda *a: compiled.append(1) or real(*a))

    def cond(x):
        return x < 5

    def body(x):
        return x + 1

    def double(x):
        return x * 2

    for i in range(3):
        lax.while_loop(cond, body, np.int64(i))
        lax.cond(i > 1, body, double, np.int64(i))
        lax.fori_loop(0, 3, lambda_free, np.int64(i))
    assert len(compiled) == 3


def lambda_free(i, x):
    return x + i


def test_what_was_traced_dies_with_the_function():
    def make():
        scale = np.ones(3)

        def body(c, x):
            return c * scale, x

        lax.scan(body, np.ones(3), np.arange(2.0))
        return weakref.ref(body)

    dead = make()
    gc.collect()
    assert dead() is None


def test_disable_jit_runs_python():
    seen = []

    def body(c, x):
        seen.append(float(c))
        return c + x, c * x

    with hloom.disable_jit():
        got = lax.scan(body, 1.0, np.arange(3.0), reverse=True)
        assert seen == [1.0, 3.0, 4.0]
        assert float(lax.while_loop(lambda x: bool(x < 5), lambda x: x * 2, 1.0)) == 8.0
        assert float(lax.cond(2 > 1, lambda x: x if x > 0 else -x, lambda x: x, -3.0)) == 3.0
        assert float(lax.switch(5, [lambda x: x, lambda x: float(x) * 2], 2.0)) == 4.0
        assert int(lax.fori_loop(0, 3, lambda i, x: x + i, 1)) == 4
        close(hloom.grad(lambda x: lax.scan(body, x, np.arange(3.0))[0])(1.0), 1.0)
    close(got, lax.scan(lambda c, x: (c + x, c * x), 1.0, np.arange(3.0), reverse=True))
