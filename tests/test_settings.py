"""Each setting does what it says: inside its block, for the process, and from the environment."""

import logging
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.errors import (
    ForbiddenError,
    LeakedTracerError,
    NanError,
    ShapeError,
    TypePromotionError,
)
from hloom.frontend.config import CHOICES, FLAGS, WATCHES
from hloom.frontend.context import thread

ROOT = Path(__file__).resolve().parents[1]
X = np.arange(3, dtype=np.float32)


# ---------------------------------------------------------------- the table
#: flag -> (what its context manager takes, the value that it then has)
TAKES = {
    **{
        name: (True, True)
        for name, (default, _) in {**FLAGS, **WATCHES}.items()
        if default is False
    },
    **{name: (values[-1], values[-1]) for name, values in CHOICES.items()},
    "default_matmul_precision": ("highest", "highest"),
    "default_device": ("cpu", "cpu"),
}


def managers():
    names = {name: name for name in (*FLAGS, *WATCHES)} | {"check": "enable_checks"}
    return {name: getattr(hloom, public) for name, public in names.items()}


def test_every_flag_has_a_context_manager_and_an_attribute():
    assert TAKES.keys() == managers().keys()
    for name, manager in managers().items():
        given, value = TAKES[name]
        before = getattr(hloom.config, name)
        with manager(given):
            assert getattr(hloom.config, name) == value
            seen = []
            other = threading.Thread(
                target=lambda n=name, s=seen: s.append(getattr(hloom.config, n))
            )
            other.start()
            other.join()
            assert seen == [before]
        assert getattr(hloom.config, name) == before


def test_update_is_for_the_process():
    def value_elsewhere():
        seen = []
        other = threading.Thread(target=lambda: seen.append(hloom.config.log_compiles))
        other.start()
        other.join()
        return seen[0]

    hloom.config.update("hloom_log_compiles", True)
    try:
        assert value_elsewhere()
    finally:
        hloom.config.update("log_compiles", False)
    assert not value_elsewhere()


def test_what_is_no_flag_or_no_value():
    with pytest.raises(AttributeError, match="there is no flag 'enable_magic'"):
        hloom.config.update("enable_magic", True)
    with pytest.raises(ValueError, match="choose among 'allow', 'warn', 'raise'"):
        hloom.numpy_rank_promotion("forbid").__enter__()
    with pytest.raises(AttributeError):
        hloom.config.enable_magic


def test_the_environment():
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HLOOM_LOG_COMPILES": "1",
        "HLOOM_NUMPY_RANK_PROMOTION": "raise",
        "HLOOM_DEFAULT_DEVICE": "cpu:1",
        "HLOOM_NUM_CPU_DEVICES": "2",
    }
    code = (
        "import hloom, hloom.numpy as np\nc = hloom.config\n"
        "print(c.log_compiles, c.numpy_rank_promotion, np.ones(3).device.id,"
        " hloom.jit(lambda: np.arange(3))().device.id, np.asarray(3.0).device.id)\n"
        "with hloom.default_device(hloom.devices()[0]): print(np.ones(3).device.id)\n"
        "try:\n    with hloom.default_device('cpu:7'): np.ones(3)\n"
        "except ValueError as e: print(str(e).splitlines()[1].strip())\n"
    )
    run = lambda **more: subprocess.run(
        [sys.executable, "-c", code], env=env | more, capture_output=True, text=True
    )
    assert run().stdout.splitlines() == ["True raise 1 1 1", "0", "cpu has 2 devices"]
    wrong = run(HLOOM_NUMPY_RANK_PROMOTION="never")
    assert "choose among 'allow', 'warn', 'raise'" in wrong.stderr


# ---------------------------------------------------------------- promotion
def test_rank_promotion():
    a, b = np.ones((2, 3), np.float32), X
    with hloom.numpy_rank_promotion("raise"):
        for f in (jnp.add, hloom.jit(jnp.add)):
            with pytest.raises(ShapeError, match="add: arrays of different ranks"):
                f(a, b)
        assert jnp.add(a, 1.0).shape == jnp.add(a, b[None]).shape == (2, 3)
    with hloom.numpy_rank_promotion("warn"), pytest.warns(UserWarning, match="different ranks"):
        hloom.jit(lambda a, b: a * b)(a, b)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jnp.add(a, b)


def test_dtype_promotion():
    ints = np.arange(3, dtype=np.int32)
    with hloom.numpy_dtype_promotion("strict"):
        for f in (lambda: jnp.add(X, ints), lambda: hloom.jit(jnp.multiply)(X, ints)):
            with pytest.raises(TypePromotionError, match=r"f32 and i32|i32 and f32"):
                f()
        with pytest.raises(TypePromotionError):
            jnp.concatenate([X, ints])
        with pytest.raises(TypePromotionError):
            jnp.add(ints, 1.5)  # the array would change
        assert jnp.add(X, 1).dtype == np.float32
        assert hloom.grad(lambda x: jnp.sum(jnp.tanh(x) ** 2 / 3))(X).dtype == np.float32
    assert jnp.add(X, ints).dtype == np.float32


# ---------------------------------------------------------------- values
def test_debug_infs():
    with hloom.debug_infs():
        for f in (lambda x: jnp.divide(1, x), hloom.jit(lambda x: 1 / x)):
            with pytest.raises(NanError, match="div: made an infinity"):
                f(X)
        assert np.isnan(jnp.log(jnp.asarray(-1.0)))
        with hloom.debug_nans(), pytest.raises(NanError, match="log: made a NaN"):
            jnp.log(jnp.asarray(-1.0))
    assert np.isinf((1 / jnp.asarray(X))[0])


def falling_root(c, x):
    return jnp.sqrt(c) - x  # of a negative number in the second turn


IN_LOOPS = {
    "scan": lambda c: hloom.lax.scan(lambda c, x: (falling_root(c, x), c), c, jnp.full(4, 2.0)),
    "scan, from the end": lambda c: hloom.lax.scan(
        lambda c, x: (falling_root(c, x), c), c, jnp.full(4, 2.0), reverse=True
    ),
    "while_loop": lambda c: hloom.lax.while_loop(
        lambda s: s[0] < 4, lambda s: (s[0] + 1, falling_root(s[1], 2.0)), (0, c)
    ),
    "cond": lambda c: hloom.lax.cond(c > 0, lambda c: jnp.sqrt(-c), jnp.log, c),
    "switch": lambda c: hloom.lax.switch(7, [jnp.log, lambda c: jnp.sqrt(-c)], c),
    "a scan in a jit in a cond": lambda c: hloom.lax.cond(
        c > 0, hloom.jit(lambda c: IN_LOOPS["scan"](c)[0]), jnp.exp, c
    ),
}


@pytest.mark.parametrize("name", IN_LOOPS)
@pytest.mark.parametrize("through", [hloom.jit, lambda f: f], ids=["jit", "eager"])
def test_debug_nans_follows_the_turns_of_loops(name, through):
    with hloom.debug_nans(), pytest.raises(NanError) as caught:
        through(IN_LOOPS[name])(jnp.asarray(1.0))
    asked, found, *_ = str(caught.value).splitlines()
    assert asked.startswith("sqrt: made a NaN"), asked
    assert "its operands hold none" in str(caught.value), found


def test_default_prng_impl():
    with hloom.default_prng_impl("rbg"):
        assert hloom.random.key(0).dtype.name == "key<rbg>"
    assert hloom.random.key(0).dtype.name == "key<fry>"


def test_enable_checks():
    before = thread.context.settings.check
    with hloom.enable_checks(not before):
        assert thread.context.settings.check is not before


# ---------------------------------------------------------------- logs
def lines(caplog):
    found = [r.getMessage() for r in caplog.records if r.name == "hloom"]
    caplog.clear()
    return found


def test_log_compiles(caplog):
    @hloom.jit
    def a_new_function(x):
        return x * 3 + 2.5

    x = jnp.asarray(X)
    with hloom.log_compiles():
        a_new_function(x)
        first = lines(caplog)
        a_new_function(x)
        assert lines(caplog) == []
    assert first[0] == "Tracing a_new_function for (f32[3])"
    assert first[1].endswith("a_new_function")
    assert caplog.handler.level <= logging.WARNING


def test_watching_makes_nothing_compile_again():
    traces = []

    @hloom.jit
    def f(x):
        traces.append(1)
        return x

    f(X)
    for name in WATCHES:
        with hloom.override(**{name: TAKES[name][1] if "guard" not in name else "log"}):
            f(hloom.device_put(X))
    assert len(traces) == 1


def test_explain_cache_misses(caplog):
    @hloom.jit
    def f(x, y=None):
        return x

    static = lambda n: f"((1, <class 'int'>, {n}),)"
    g = hloom.jit(lambda x, n: x * n, static_argnums=1)
    with hloom.explain_cache_misses():
        f(X)
        f(X[:2])
        f(X.astype(np.int32))
        f(X, X)
        with hloom.enable_x64():
            f(X)
        g(X, 2)
        g(X, 3)
        g(X, 3)
    assert lines(caplog) == [
        "f is traced: it has not been called before",
        "f is traced: array 0 is f32[2], it was f32[3]",
        "f is traced: array 0 is i32[3], it was f32[3]",
        "f is traced: the structure of the arguments is new",
        "f is traced: the settings enable_x64 are new",
        "<lambda> is traced: it has not been called before",
        f"<lambda> is traced: the static arguments are {static(3)}, they were {static(2)}",
    ]


# ---------------------------------------------------------------- what is forbidden
def test_no_tracing():
    f = hloom.jit(lambda x: x + 1)
    f(X)
    with hloom.no_tracing():
        np.testing.assert_array_equal(f(X), X + 1)
        with pytest.raises(ForbiddenError, match="array 0 is f32\\[2\\], it was f32\\[3\\]"):
            f(X[:2])
    assert f(X[:2]).shape == (2,)


def test_no_execution():
    f = hloom.jit(lambda x: x + 1)
    compiled = f.lower(X).compile()
    f(X)
    with hloom.no_execution():
        x = hloom.device_put(X)
        for run in (f, compiled, jnp.sin, lambda x: x + x):
            with pytest.raises(ForbiddenError, match="no_execution is on"):
                run(x)
        assert f.lower(X).compile() is not None
        assert hloom.eval_shape(f, X).shape == (3,)
    np.testing.assert_array_equal(f(X), X + 1)


GUARDS = {
    "host_to_device": [
        lambda x: jnp.sin(np.ones(3)),
        lambda x: x + 1.5,
        lambda x: jnp.asarray([1]),
    ],
    "device_to_host": [np.asarray, lambda x: float(x[0]), repr, lambda x: x.tolist()],
}


@pytest.mark.parametrize("kind", GUARDS)
def test_transfer_guards(kind, caplog):
    x = jnp.asarray(X)
    x[0]
    for f in GUARDS[kind]:  # what is kept from before is guarded as well
        f(x)
    guard = getattr(hloom, f"transfer_guard_{kind}")
    asked = {
        "host_to_device": lambda: hloom.device_put(X),
        "device_to_host": lambda: hloom.device_get(x),
    }[kind]
    for transfer in GUARDS[kind]:
        for policy in ("disallow", "disallow_explicit"):
            with guard(policy), pytest.raises(ForbiddenError, match="a value would go from"):
                transfer(x)
        with guard("log"):
            transfer(x)
        assert lines(caplog)[0].startswith("a value goes from")
    with guard("disallow"):
        asked()
    with guard("disallow_explicit"), pytest.raises(ForbiddenError, match="leave the guard"):
        asked()
    with guard("log_explicit"):
        asked()
    assert len(lines(caplog)) == 1
    with guard("disallow"):
        (x * x).block_until_ready()
        hloom.jit(lambda x: x * 2.5)(x)


# ---------------------------------------------------------------- leaks
def leaky(transform):
    kept = []

    def f(x):
        kept.append(x * 2)
        return jnp.sum(x)

    return transform(f), kept


@pytest.mark.parametrize("transform", [hloom.jit, hloom.grad, hloom.vmap], ids=lambda t: t.__name__)
def test_check_tracer_leaks(transform):
    f, kept = leaky(transform)
    x = X[:, None] if transform is hloom.vmap else X
    with hloom.check_tracer_leaks(), pytest.raises(LeakedTracerError, match="held by list"):
        f(x)
    kept.clear()
    f, kept = leaky(transform)
    f(x)
    kept.clear()


def test_no_leak_is_found_where_there_is_none():
    def f(x):
        y = jnp.sin(x)
        again = lambda: y
        cycle = [again]
        cycle.append(cycle)
        return hloom.lax.scan(lambda c, v: (c + v, None), 0.0, again())[0]

    with hloom.check_tracer_leaks():
        hloom.jit(hloom.grad(f))(X)
        hloom.vmap(hloom.grad(hloom.jit(f)))(X[None])
        hloom.hessian(hloom.checkpoint(f))(X)
