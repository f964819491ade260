"""jit and its stages: signatures, static and donated arguments, caches, compilation ahead."""

import functools
import gc
import re
import weakref

import numpy as np
import pytest

import fresh
import hloom
import hloom.numpy as jnp


def counting(fun):
    """`fun`, and the list that grows by one at each trace."""
    traces = []

    def run(*args, **kwargs):
        traces.append(1)
        return fun(*args, **kwargs)

    return run, traces


def test_one_trace_for_each_signature():
    fun, traces = counting(lambda x, y=1: x + y)
    f = hloom.jit(fun)
    calls = [
        (f(1.0), 2.0), (f(2.0), 3.0), (f(1), 2), (f(np.ones(2)), 2.0), (f(np.zeros(2)), 1.0),
        (f(1.0, y=2.0), 3.0), (f(3.0, y=2.0), 5.0), (f(1.0, 2.0), 3.0),
    ]  # fmt: skip
    for found, expected in calls:
        np.testing.assert_allclose(found, np.broadcast_to(expected, found.shape))
    assert len(traces) == 5


def takes(x, y, *, k=1):
    return x * y * k


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"static_argnums": 2}, "jit: static_argnums counts the positional parameters of takes"),
        ({"donate_argnums": (0, -3)}, "jit: donate_argnums counts the positional parameters"),
        ({"static_argnames": "z"}, "jit: static_argnames names 'z'"),
        ({"donate_argnames": ["x", "z"]}, "jit: donate_argnames names 'z'"),
        ({"static_argnums": "x"}, "jit: static_argnums is of type int, or several"),
        ({"static_argnames": (1,)}, "jit: static_argnames is of type str, or several"),
        ({"static_argnums": 0, "donate_argnums": -2}, "jit: an argument of takes is either"),
        ({"static_argnums": 0, "donate_argnames": "x"}, "jit: an argument of takes is either"),
        ({"static_argnames": "k", "donate_argnames": "k"}, "jit: an argument of takes is either"),
    ],
)
def test_marks_that_fit_no_argument(options, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        hloom.jit(takes, **options)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith(words), lines
    assert len(lines) >= 3


def test_marks_of_functions_that_take_any_argument():
    f = hloom.jit(lambda *args, **kwargs: args[0] * args[1], static_argnums=1)
    assert f(jnp.ones(2), 3).tolist() == [3, 3]
    g = hloom.jit(lambda **kwargs: kwargs["x"] * len(kwargs["how"]), static_argnames="how")
    assert g(x=2, how="abc") == 6
    assert hloom.jit(takes, static_argnums=-1)(jnp.ones(2), 3).tolist() == [3, 3]


def test_trees_in_and_out():
    f = hloom.jit(lambda t, *, k: {"a": t["x"] + k, "b": [t["y"], None, (k,)]})
    out = f({"x": 1.0, "y": jnp.arange(2)}, k=2.0)
    assert float(out["a"]) == 3.0
    assert out["b"][1] is None
    np.testing.assert_array_equal(out["b"][0], [0, 1])


def test_static_arguments_by_number_and_name():
    fun, traces = counting(lambda x, n, mode="a": x * n if mode == "a" else x + n)
    f = hloom.jit(fun, static_argnums=1, static_argnames="mode")
    assert float(f(2.0, 3)) == 6.0
    assert float(f(2.0, 3)) == 6.0
    assert float(f(2.0, 4)) == 8.0
    assert float(f(2.0, 4, mode="b")) == 6.0
    assert float(f(2.0, n=4, mode="b")) == 6.0
    assert len(traces) == 4
    # 1, 1.0 and True are equal and yet different static arguments
    kinds = hloom.jit(lambda x, n: x * (2 if type(n) is int else 3), static_argnums=1)
    assert [float(kinds(1.0, n)) for n in (1, 1.0, True)] == [2.0, 3.0, 3.0]


@pytest.mark.parametrize(
    ("options", "kind", "finding"),
    [
        ({"static_argnums": 3}, ValueError, "3 is given, and there are 2"),
        ({"donate_argnums": -3}, ValueError, "-3 is given, and there are 2"),
        ({"static_argnames": "z"}, ValueError, "no such parameter: (key, x, y)"),
        ({"donate_argnames": ["z"]}, ValueError, "no such parameter"),
        ({"static_argnums": 2}, ValueError, "name of a keyword-only parameter"),
        ({"static_argnums": 1, "donate_argnames": "y"}, ValueError, "is both"),
        ({"static_argnums": -1, "donate_argnums": 1}, ValueError, "1, 'y' is both"),
        ({"static_argnums": "x"}, TypeError, "it is 'x'"),
        ({"static_argnames": 0}, TypeError, "it is 0"),
    ],
)
def test_marks_that_fit_no_parameter_are_refused(options, kind, finding):
    def fun(x, y, *, key=None):
        return x

    with pytest.raises(kind, match=re.escape(finding)):
        hloom.jit(fun, **options)


def test_marks_count_from_the_end_and_are_not_completed_when_both_are_given():
    f = hloom.jit(lambda n, x: x + n, static_argnums=-2, donate_argnums=-1)
    x = jnp.ones(3)
    assert f(2, x).tolist() == [3.0, 3.0, 3.0]
    assert x.is_deleted()
    kinds = hloom.jit(
        lambda a, b, c: [type(x) is int for x in (a, b, c)], static_argnums=0, static_argnames="b"
    )
    assert [bool(k) for k in kinds(1, 2, 3)] == [True, False, False]
    assert [bool(k) for k in kinds(1, b=2, c=3)] == [True, True, False]
    anything = hloom.jit(lambda *a, **k: type(a[-1]) is int, static_argnums=-1, static_argnames="k")
    assert anything(1, 2, 3, k=4)


def test_donated_memory_is_reused_and_the_argument_deleted():
    f = hloom.jit(lambda x, y: (x + y, y), donate_argnums=0)
    x, y = jnp.arange(1000.0), jnp.ones(1000)
    where = x.unsafe_buffer_pointer()
    z, _ = f(x, y)
    assert x.is_deleted()
    assert not y.is_deleted()
    assert z.unsafe_buffer_pointer() == where
    by_name = hloom.jit(lambda x, y: x + y, donate_argnames="y")
    by_name(z, y=y)
    assert y.is_deleted()
    assert not z.is_deleted()


def test_methods_and_decorator_factories():
    class Model:
        def __init__(self, w):
            self.w = w

        @hloom.jit
        def twice(x):
            return 2 * x

        def __call__(self, x):
            return hloom.jit(lambda w, x: w * x)(self.w, x)

    assert float(Model(3.0)(2.0)) == 6.0

    @hloom.jit(static_argnames="n")
    def power(x, n):
        return x**n

    assert float(power(2.0, n=3)) == 8.0
    assert power.__name__ == "power"


def test_clear_caches_forgets_jitted_functions():
    fun, traces = counting(lambda x: x + 1)
    f = hloom.jit(fun)
    f(1.0)
    hloom.clear_caches()
    assert float(f(1.0)) == 2.0
    assert len(traces) == 2


def test_disable_jit_runs_python():
    seen = []

    @hloom.jit
    def f(x):
        seen.append(x)
        return x + 1 if x > 0 else x

    with hloom.disable_jit():
        assert float(f(jnp.float32(1))) == 2.0
    assert isinstance(seen[0], hloom.Array)


def test_nested_jit_closes_over_traced_and_concrete_values():
    table = np.arange(5000.0, dtype=np.float32)

    @hloom.jit
    def outer(x):
        inner = hloom.jit(lambda y: y * x + table[:2])
        return inner(x + 1)

    np.testing.assert_allclose(outer(2.0), [6.0, 7.0])


def test_large_constants_are_hidden_inputs_not_literals():
    table = np.arange(100_000, dtype=np.float32)
    lowered = hloom.jit(lambda x: x + table).lower(1.0)
    assert len(lowered.as_text()) < 2000
    np.testing.assert_allclose(lowered.compile()(1.0), table + 1)


def test_inline_leaves_no_call():
    f = hloom.jit(jnp.sin, inline=True)
    assert "jit" not in str(hloom.make_program(lambda x: f(x) + 1)(1.0))


@pytest.mark.parametrize("inline", [False, True])
def test_what_is_traced_inside_gets_and_gives_arrays(inline):
    @functools.partial(hloom.jit, inline=inline)
    def f(x, y):
        assert (x.dtype, x.shape, y.shape) == (np.float32, (), (2,))
        return {"one": 1.0, "y": y}

    def g(z):
        found = f(2.0, np.ones(2, np.float32))
        assert (found["one"].dtype, found["y"].shape) == (np.float32, (2,))
        return z + found["one"]

    for transform in (hloom.jit, hloom.grad):
        assert float(transform(g)(1.0)) == (2.0 if transform is hloom.jit else 1.0)


def test_functions_are_not_kept_alive():
    def make():
        f = hloom.jit(lambda x: x + 1)
        f(1.0)
        return weakref.ref(f.jitted.fun)

    found = make()
    gc.collect()
    assert found() is None


# ---------------------------------------------------------------- stages
def test_stages_tell_what_they_hold():
    traced = hloom.jit(lambda x: {"y": jnp.sin(x) * 2}).trace(jnp.ones(3))
    assert traced.out_info == {"y": hloom.ShapeDtypeStruct((3,), "float32")}
    assert [e.primitive.name for e in traced.program.eqns] == ["sin", "mul"]
    lowered = traced.lower()
    assert "stablehlo.sine" in lowered.as_text()
    assert "test_jit.py" in lowered.as_text(debug_info=True)
    compiled = lowered.compile()
    np.testing.assert_allclose(compiled(jnp.ones(3))["y"], 2 * np.sin(np.ones(3)), rtol=1e-6)
    assert compiled.cost_analysis()["flops"] >= 3
    assert compiled.memory_analysis().output_size_in_bytes >= 12
    assert "HloModule" in compiled.as_text()


def test_every_stage_tells_the_types_of_the_arguments():
    f = hloom.jit(lambda t, k: (t["x"] + k, t["x"]), donate_argnums=0)
    traced = f.trace({"x": jnp.ones(3)}, k=jnp.int32(2))
    lowered = traced.lower()
    for stage in (traced, lowered, lowered.compile()):
        assert str(stage.in_avals) == "(({'x': f32[3]},), {'k': i32[]})"
        assert stage.donate_argnums == (0,)
        assert stage.args_info[0][0]["x"].donated
        assert not stage.args_info[1]["k"].donated
        assert [x.shape for x in stage.out_info] == [(3,), (3,)]
    assert [a.shape for a in traced.out_avals] == [(3,), (3,)]
    assert not traced.effects


def test_a_lowered_function_is_shown_as_xla_reads_it():
    lowered = hloom.jit(lambda x: hloom.lax.erf_inv(x) @ x).lower(jnp.ones(3))
    assert "f32[] dot(" in lowered.as_text("hlo")
    assert lowered.compiler_ir("hlo").as_hlo_text() == lowered.as_text("hlo")
    assert lowered.cost_analysis()["flops"] > 5
    with pytest.raises(ValueError, match="dialect 'mhlo' is not known"):
        lowered.as_text("mhlo")


def test_shape_structs_stand_in_for_arrays():
    spec = hloom.ShapeDtypeStruct((2, 3), "float32")
    assert hloom.eval_shape(lambda x: x.T @ x, spec) == hloom.ShapeDtypeStruct((3, 3), "float32")
    compiled = hloom.jit(lambda x: x + 1).lower(spec).compile()
    np.testing.assert_allclose(compiled(np.zeros((2, 3), np.float32)), np.ones((2, 3)))
    assert hloom.ShapeDtypeStruct.like(jnp.ones(2)) == hloom.ShapeDtypeStruct((2,), "float32")


# ---------------------------------------------------------------- the disk cache
def run_cached(folder, code):
    """What a fresh process that shares a cache folder prints."""
    cache = {"HLOOM_CACHE": "1", "HLOOM_CACHE_DIR": str(folder)}
    done = fresh.python(code, warnings="default", **cache)
    return done.stdout.strip(), done.stderr


PROGRAM = """
import hloom, hloom.numpy as np
from hloom.runtime import pjrt
compiled, compile_ = [], pjrt.compile
pjrt.compile = lambda *a, **k: (compiled.append(1), compile_(*a, **k))[1]
x = hloom.jit(lambda x: np.tanh(x) * 3)(np.arange(4.0))
print(x.tolist(), len(compiled))
"""


def test_a_second_process_compiles_nothing(tmp_path):
    first, _ = run_cached(tmp_path, PROGRAM)
    second, _ = run_cached(tmp_path, PROGRAM)
    assert first.rsplit(" ", 1)[0] == second.rsplit(" ", 1)[0]
    assert int(first.rsplit(" ", 1)[1]) > 0
    assert second.rsplit(" ", 1)[1] == "0"


def test_a_damaged_cache_is_ignored_with_one_warning(tmp_path):
    first, _ = run_cached(tmp_path, PROGRAM)
    for entry in tmp_path.rglob("*"):
        if entry.is_file():
            data = bytearray(entry.read_bytes())
            data[len(data) // 2] ^= 0xFF
            entry.write_bytes(data)
    second, warned = run_cached(tmp_path, PROGRAM)
    assert second == first
    assert warned.count("CacheWarning") == 1


def test_leaked_tracer_is_named():
    box = []
    hloom.jit(lambda x: box.append(x * 2) or x)(1.0)
    with pytest.raises(hloom.errors.LeakedTracerError, match="leaked out"):
        jnp.sin(box[0])


def test_a_moved_line_finds_the_same_entry(tmp_path):
    run_cached(tmp_path, PROGRAM)
    moved, _ = run_cached(tmp_path, "\n\n\n" + PROGRAM.replace("x = hloom", "import os\nx = hloom"))
    assert moved.rsplit(" ", 1)[1] == "0"


# ---------------------------------------------------------------- options of the compiler
def test_compiler_options_reach_the_compiler():
    exact = {"xla_cpu_enable_fast_math": False}
    f = hloom.jit(lambda x: jnp.sin(x) * 2, compiler_options={"xla_backend_optimization_level": 0})
    np.testing.assert_allclose(f(1.0), 2 * np.sin(1.0), rtol=1e-6)
    assert float(hloom.grad(f)(0.0)) == 2.0
    np.testing.assert_allclose(f.lower(1.0).compile(exact)(1.0), f(1.0), rtol=1e-6)
    with pytest.raises(hloom.errors.ArgumentError, match="outermost jitted function"):
        hloom.jit(lambda x: f(x) + 1)(1.0)
    with pytest.raises(hloom.errors.ArgumentError, match="a dict of XLA's options"):
        hloom.jit(jnp.sin, compiler_options="fast")


@pytest.mark.parametrize("options", [{"no_such_option": 1}, {"xla_cpu_enable_fast_math": "?"}])
def test_a_wrong_compiler_option_is_named(options):
    f = hloom.jit(jnp.cos, compiler_options=options)
    for call in (f, lambda x: hloom.jit(jnp.cos).lower(x).compile(options)):
        with pytest.raises(hloom.errors.ArgumentError, match=next(iter(options))):
            call(1.0)
