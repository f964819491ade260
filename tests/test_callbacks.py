"""Callbacks: how often and in which order the host is called, what it gives, and how it fails."""

import gc
import traceback
import weakref

import numpy as np
import pytest

import fresh
import hloom
import hloom.numpy as jnp
from hloom import lax
from hloom.errors import CallbackError, DTypeError, RuleError, ShapeError, TreeError
from hloom.experimental import io_callback

X = np.arange(3, dtype=np.float32)
F32 = hloom.ShapeDtypeStruct((), "float32")
WAYS = {"eager": lambda f: f, "jit": hloom.jit}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


class Log(list):
    """Notes scalars; as a callback, gives nothing."""

    def __call__(self, *values):
        self.extend(v.item() for v in values)


# ---------------------------------------------------------------- pure_callback
@ways
def test_a_tree_of_results(way):
    def host(pair, scale=1):
        return {"sum": pair[0] + pair[1], "n": np.int32(scale)}

    def f(x, y):
        spec = {"sum": hloom.ShapeDtypeStruct(x.shape, x.dtype), "n": np.zeros((), "int32")}
        return hloom.pure_callback(host, spec, (x, y), scale=7)

    found = way(f)(X, X)
    np.testing.assert_array_equal(found["sum"], 2 * X)
    assert found["n"].dtype == np.int32
    assert int(found["n"]) == 7


@ways
def test_python_numbers_and_wide_floats_become_what_was_declared(way):
    f = lambda x: hloom.pure_callback(lambda x: (1, float(x), np.float64(x)), (F32, F32, F32), x)
    assert [float(y) for y in way(f)(2.5)] == [1.0, 2.5, 2.5]


def test_an_unused_pure_callback_is_not_called():
    log = Log()
    hloom.jit(lambda x: (hloom.pure_callback(log, F32, x), x)[1])(1.0)
    assert log == []


VMAP = {
    "sequential": [(), ()],
    "sequential_unrolled": [(), ()],
    "expand_dims": [(3,), (1,)],
    "broadcast_all": [(3,), (3,)],
    "legacy_vectorized": [(3,), ()],
}


@pytest.mark.parametrize("method", VMAP)
@ways
def test_vmap_methods(method, way):
    shapes = []

    def host(x, y):
        shapes.append((x.shape, y.shape))
        return x + y

    f = lambda x, y: hloom.pure_callback(host, F32, x, y, vmap_method=method)
    found = way(hloom.vmap(f, (0, None)))(X, np.float32(10))
    np.testing.assert_array_equal(found, X + 10)
    assert shapes == [tuple(VMAP[method])] * (3 if "seq" in method else 1)


@pytest.mark.parametrize("method", ["sequential", "expand_dims", "broadcast_all"])
def test_vmap_of_vmap(method):
    f = lambda x, y: hloom.pure_callback(np.multiply, F32, x, y, vmap_method=method)
    table = hloom.vmap(hloom.vmap(f, (None, 0)), (0, None))(X, X)
    np.testing.assert_array_equal(table, np.outer(X, X))


def test_vmap_needs_a_method():
    with pytest.raises(RuleError, match="vmap_method is None"):
        hloom.vmap(lambda x: hloom.pure_callback(np.sin, F32, x))(X)
    with pytest.raises(TypeError, match="choose among 'sequential'"):
        hloom.pure_callback(np.sin, F32, 1.0, vmap_method="parallel")


@ways
def test_a_derivative_is_stated_with_custom_jvp(way):
    @hloom.custom_jvp
    def sin(x):
        return hloom.pure_callback(np.sin, x, x, vmap_method="expand_dims")

    sin.defjvps(lambda t, y, x: t * jnp.cos(x))
    np.testing.assert_allclose(way(hloom.vmap(hloom.grad(sin)))(X), np.cos(X), rtol=1e-6)
    with pytest.raises(RuleError, match="state its derivative"):
        way(hloom.grad(lambda x: hloom.pure_callback(np.sin, x, x)))(1.0)
    # no operand is differentiated
    assert float(way(hloom.grad(lambda x: x * hloom.pure_callback(np.cos, F32, 0.0)))(1.0)) == 1


@pytest.mark.parametrize(
    ("host", "error", "words"),
    [
        (lambda x: x[:2], ShapeError, "declared f32[3]\n    it has shape (2,)"),
        (lambda x: x.astype(np.int32), DTypeError, "its dtype is int32"),
        (lambda x: (x, x), TreeError, "another structure than was declared"),
    ],
)
@ways
def test_a_result_that_was_not_declared(host, error, words, way):
    with pytest.raises(CallbackError) as failed:
        way(lambda x: hloom.pure_callback(host, x, x))(X)
    assert isinstance(failed.value.__cause__, error)
    assert words in str(failed.value.__cause__)
    assert "test_callbacks.py" in str(failed.value)


def test_what_is_no_declaration():
    with pytest.raises(TypeError, match="it holds 3 of type int"):
        hloom.pure_callback(np.sin, 3, 1.0)
    with pytest.raises(TypeError, match="the callback is a function"):
        hloom.pure_callback(np.ones(3), F32, 1.0)


# ---------------------------------------------------------------- failures
def fails(x):
    raise KeyError("no such thing")


@pytest.mark.parametrize(
    "program",
    [
        lambda x: hloom.pure_callback(fails, x, x),
        lambda x: io_callback(fails, x, x, ordered=True),
        lambda x: (hloom.debug.callback(fails, x), x)[1],
        lambda x: lax.fori_loop(0, 2, lambda i, x: io_callback(fails, x, x), x),
    ],
    ids=["pure", "io", "debug", "loop"],
)
@ways
def test_the_exception_is_the_cause(program, way):
    f = way(program)
    for _ in range(2):  # the second time through the fast path
        with pytest.raises(CallbackError, match="fails: the callback raised KeyError") as failed:
            hloom.block_until_ready(f(X))
        cause = failed.value.__cause__
        assert type(cause) is KeyError
        assert traceback.extract_tb(cause.__traceback__)[-1].name == "fails"
        assert isinstance(failed.value, RuntimeError)


def test_after_a_failure_all_goes_on():
    bad = [True]

    def host(x):
        if bad[0]:
            raise ValueError
        return x

    f = hloom.jit(lambda x: hloom.pure_callback(host, x, x))
    with pytest.raises(CallbackError):
        f(X)
    bad[0] = False
    np.testing.assert_array_equal(f(X), X)


# ---------------------------------------------------------------- io_callback and order
@ways
def test_an_effect_happens_though_its_result_is_not_used(way):
    log = Log()

    def host(x):
        log(x)
        return x

    f = way(lambda x: (io_callback(host, F32, x), x)[1])
    f(1.0)
    f(2.0)
    hloom.effects_barrier()
    assert log == [1.0, 2.0]


def nested(note, keep):
    """Notes in every kind of program that holds programs; `keep` is checkpoint or nothing."""

    @hloom.jit
    def inner(x):
        note(x)
        return x + 1

    @hloom.custom_jvp
    def custom(x):
        note(x)
        return x + 1

    custom.defjvps(None)

    def branch(x):
        note(x)
        return inner(x)

    def step(c, _):
        note(c)
        c = lax.cond(c % 2 == 0, branch, lambda x: x + 1, c)
        return c, note(c)

    def f(x):
        note(x)
        x, _ = lax.scan(step, x, None, length=2)
        x = lax.while_loop(lambda x: x < 5, inner, x)
        x = lax.switch(1, [inner, branch], x)
        x = keep(inner)(custom(inner(x)))
        note(x)
        return x

    return f


@pytest.mark.parametrize(
    "call",
    [
        lambda log, x: io_callback(log, None, x, ordered=True),
        lambda log, x: hloom.debug.callback(log, x, ordered=True),
    ],
    ids=["io", "debug"],
)
def test_order_through_control_flow(call):
    plain = []
    with hloom.disable_jit():
        nested(lambda x: plain.append(int(x)), lambda f: f)(0)
    log = Log()
    f = nested(lambda x: call(log, x), hloom.checkpoint)
    for run in (f, hloom.jit(f), hloom.jit(f, keep_unused=True)):
        assert int(run(0)) == plain[-1]
        hloom.effects_barrier()
        assert log == plain
        log.clear()


def test_io_and_debug_share_one_order():
    log = Log()

    def step(i, _):
        hloom.debug.callback(log, i, ordered=True)
        io_callback(log, None, i + 100, ordered=True)

    hloom.jit(lambda: lax.fori_loop(0, 3, step, None))()
    assert log == [0, 100, 1, 101, 2, 102]


def test_where_order_cannot_be_kept():
    note = lambda x: io_callback(Log(), None, x, ordered=True)
    with pytest.raises(ValueError, match="a batch has no order"):
        hloom.vmap(note)(X)
    with pytest.raises(NotImplementedError, match="an ordered effect happens in its condition"):
        hloom.jit(lambda x: lax.while_loop(lambda c: (note(c), c < 1)[1], lambda c: c + 1, x))(0.0)


def test_unordered_effects_are_mapped():
    log = Log()

    def host(x, y):
        log(x)
        return x * y

    f = hloom.vmap(lambda x, y: io_callback(host, F32, x, y), (0, None))
    np.testing.assert_array_equal(hloom.jit(f)(X, np.float32(3)), 3 * X)
    assert log == [0.0, 1.0, 2.0]


def test_dead_code_keeps_effects():
    log = Log()

    def step(c, x):
        hloom.debug.callback(log, x)
        return c, x * 2  # nobody uses it

    hloom.jit(lambda x: lax.scan(step, 0.0, x)[0])(X)
    assert sorted(log) == [0.0, 1.0, 2.0]


# ---------------------------------------------------------------- where they cannot go
def test_callbacks_are_not_exported():
    f = hloom.jit(lambda x: hloom.pure_callback(np.sin, x, x))
    with pytest.raises(RuleError, match="cannot leave this process"):
        hloom.export.export(f)(X)
    with pytest.raises(NotImplementedError, match="callbacks run on cpu and gpu alone"):
        f.trace(X).lower(platform="tpu")


def test_keys_are_not_operands():
    with pytest.raises(TypeError, match="key_data"):
        hloom.jit(lambda k: hloom.pure_callback(print, X, k))(hloom.random.key(0))


def test_settings_are_those_of_the_call():
    def host(x):
        return jnp.asarray(x) + jnp.ones((), "float64")

    with hloom.enable_x64():
        spec = hloom.ShapeDtypeStruct((), "float64")
        f = hloom.jit(lambda x: hloom.pure_callback(host, spec, x))
        assert f(1e-12).dtype == np.float64
        assert float(f(1e-12)) == 1e-12 + 1


# ---------------------------------------------------------------- the disk cache
PROGRAM = """
import os, sys, time
import numpy as np, hloom
from hloom.runtime import pjrt
compiled = []
compile = pjrt.compile
pjrt.compile = lambda *a: compiled.append(1) or compile(*a)
add = float(sys.argv[1])
x = np.ones(3, np.float32)
f = lambda x: hloom.pure_callback(lambda x: x + np.float32(add), x, x)
g = lambda x: hloom.pure_callback(lambda x: x - np.float32(add), x, x)
print(hloom.jit(f)(x)[0], hloom.jit(lambda x: g(x))(x)[0], len(compiled))
hloom.debug.print("last")
"""


def test_a_program_from_the_disk_cache_calls_this_process_functions(tmp_path):
    found = []
    for add in ("1", "2"):
        cache = {"HLOOM_CACHE": "1", "HLOOM_CACHE_DIR": str(tmp_path)}
        found.append(fresh.python(PROGRAM, add, **cache).stdout.split())
    # the two functions are one module, which is compiled once
    assert found[0][:2] == ["2.0", "0.0"]
    assert found[1] == ["3.0", "-1.0", "0", "last"]


def test_functions_are_freed_with_their_program():
    class Twice:
        def __call__(self, x):
            return np.asarray(x) * 2

    def run():
        function = Twice()
        call = hloom.jit(lambda x: hloom.pure_callback(function, x, x))
        np.testing.assert_array_equal(call(jnp.ones(3)), [2, 2, 2])
        return weakref.ref(function)

    alive = run()
    gc.collect()
    gc.collect()  # jaxlib lets go at the end of a collection
    assert alive() is None
