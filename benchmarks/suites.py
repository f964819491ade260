"""The suites, each a generator of (metric name, value dict).

A value dict has `median`, `min` (wall seconds), `cpu`, `cpu_min`, or `value` and `unit`. Errors are
values too: one missing function in an implementation must not hide the other numbers.
"""

import gc
import statistics as st
import time
from functools import partial

import numpy as onp

import adapter
import library as library_calls
import programs
import sysml as sysml_programs

clock = time.perf_counter
cpu_clock = time.process_time


def measure(f, *, target=0.002, repeats=30, warmup=3, seconds=1.0):
    """Per call of f, over many short batches: wall median and minimum, CPU median and
    minimum (all threads of the process). Batches of ~2 ms often fit between two
    preemptions, so the wall minimum is fair even where the machine is overbooked;
    CPU time hardly sees the neighbours at all."""
    for _ in range(warmup):
        f()
    n = 1
    while True:
        t = cpu_clock()
        for _ in range(n):
            f()
        t = cpu_clock() - t
        if t >= target:
            break
        n = max(n + 1, int(n * min(10, 1.2 * target / max(t, 1e-9))))
    gc.collect()
    wall, cpu, end = [], [], clock() + seconds
    while len(wall) < repeats and (clock() < end or len(wall) < 5):
        c, t = cpu_clock(), clock()
        for _ in range(n):
            f()
        wall.append((clock() - t) / n)
        cpu.append((cpu_clock() - c) / n)
    return timing(wall, cpu, n * len(wall))


def timing(wall, cpu, n=None):
    return {
        "median": st.median(wall),
        "min": min(wall),
        "cpu": st.median(cpu),
        "cpu_min": min(cpu),
        "n": n or len(wall),
    }


def failure(e):
    return {"error": f"{type(e).__name__}: {e}"[:300]}


def guarded(name, thunk, *args):
    try:
        return name, thunk(*args)
    except Exception as e:
        return name, failure(e)


def dispatch(xp, only=None):
    """Python overhead of one call, on arrays so small that the arithmetic is free."""
    for name, make in DISPATCH.items():
        if only is None or only in name:
            yield guarded(name, _dispatch_one, xp, make)


def _dispatch_one(xp, make):
    f = make(xp)
    xp.block(f())
    return measure(f)


def _vec(xp, n=8):
    return xp.np.asarray(onp.arange(n, dtype=onp.float32) / n)


def _mat(xp, n=8):
    return xp.np.asarray(onp.eye(n, dtype=onp.float32))


def _eager(op):
    def make(xp):
        a, b, m = _vec(xp), _vec(xp) + 1, _mat(xp)
        xp.block((a, b, m))
        return lambda: op(xp, a, b, m)

    return make


def _jit_add(block):
    def make(xp):
        f, a = xp.jit(lambda x, y: x + y), _vec(xp)
        return (lambda: xp.block(f(a, a))) if block else (lambda: f(a, a))

    return make


def _jit_tree(n):
    def make(xp):
        tree = {f"g{i}": [_vec(xp) for _ in range(10)] for i in range(n // 10)}
        f = xp.jit(lambda t: {k: [x + 1 for x in v] for k, v in t.items()})
        return lambda: f(tree)

    return make


def _jit_tree_in(n):
    """n leaves in, one small result out: the cost of arguments alone."""

    def make(xp):
        tree = {f"g{i}": [_vec(xp) for _ in range(10)] for i in range(n // 10)}
        f = xp.jit(lambda t: t["g0"][0] + t["g0"][1])
        return lambda: f(tree)

    return make


def _small_fun(xp):
    m = _mat(xp)
    return lambda w: xp.np.sum(xp.np.tanh(xp.np.dot(m, w)) ** 2)


def _grad_eager(xp):
    f, w = _small_fun(xp), _vec(xp)
    g = xp.grad(f)
    return lambda: g(w)


def _grad_eager_mlp(xp):
    g, args = programs.mlp_grad(xp, sizes=(8, 8, 8, 4), batch=4)
    return lambda: g(*args)


def _vmap_eager(xp):
    f, w = xp.vmap(_small_fun(xp)), _mat(xp)
    return lambda: f(w)


def _key(op):
    def make(xp):
        k = xp.random.PRNGKey(0)
        return lambda: op(xp, k)

    return make


DISPATCH = {
    "jit_add": _jit_add(False),
    "jit_add_blocked": _jit_add(True),
    "jit_tree10": _jit_tree(10),
    "jit_tree100": _jit_tree(100),
    "jit_tree1000": _jit_tree(1000),
    "jit_tree1000_in1out": _jit_tree_in(1000),
    "eager_add": _eager(lambda xp, a, b, m: a + b),
    "eager_add_scalar": _eager(lambda xp, a, b, m: a + 1.0),
    "eager_sin": _eager(lambda xp, a, b, m: xp.np.sin(a)),
    "eager_matmul8": _eager(lambda xp, a, b, m: m @ m),
    "eager_getitem_int": _eager(lambda xp, a, b, m: a[0]),
    "eager_getitem_slice": _eager(lambda xp, a, b, m: a[1:3]),
    "eager_at_set": _eager(lambda xp, a, b, m: a.at[0].set(1.0)),
    "eager_sum": _eager(lambda xp, a, b, m: xp.np.sum(a)),
    "eager_reshape": _eager(lambda xp, a, b, m: xp.np.reshape(a, (2, 4))),
    "eager_concatenate": _eager(lambda xp, a, b, m: xp.np.concatenate([a, b])),
    "eager_where": _eager(lambda xp, a, b, m: xp.np.where(a > 0.5, a, b)),
    "eager_astype": _eager(lambda xp, a, b, m: a.astype("int32")),
    "eager_zeros": _eager(lambda xp, a, b, m: xp.np.zeros((8,))),
    "eager_einsum": _eager(lambda xp, a, b, m: xp.np.einsum("ij,jk->ik", m, m)),
    "np_asarray": _eager(lambda xp, a, b, m: onp.asarray(a)),
    "float_of_scalar": _eager(lambda xp, a, b, m: float(xp.np.sum(a))),
    "device_put_small": lambda xp: partial(xp.device_put, onp.ones(8, onp.float32)),
    "np_array_from_list": lambda xp: partial(xp.np.array, [1.0, 2.0, 3.0]),
    "grad_eager": _grad_eager,
    "grad_eager_mlp3": _grad_eager_mlp,
    "vmap_eager": _vmap_eager,
    "random_key": lambda xp: partial(xp.random.PRNGKey, 0),
    "random_split": _key(lambda xp, k: xp.random.split(k)),
    "random_normal": _key(lambda xp, k: xp.random.normal(k, (8,))),
}


def stages(xp, only=None, reps=5, compile=True, heavy=False):
    """Trace, lower, compile. `cold` is the first time in the process, after the
    backend is up; `warm` is a fresh function later: what the library keeps for its
    own inner functions is then hot. Give each program a process (bench.py does)."""
    xp.block(xp.jit(lambda x: x + 1)(_vec(xp)))  # the backend's own start is not ours
    for name, (build, opt) in programs.STAGES.items():
        if only is not None and only != name:
            continue
        try:
            yield from _stages_one(
                xp, name, build, reps, compile and (heavy or not opt.get("heavy"))
            )
        except Exception as e:
            yield f"{name}/error", failure(e)


def _stages_one(xp, name, build, reps, compile):
    ts, low, traced = {"trace": [], "lower": []}, None, None
    for _ in range(1 + reps):
        f, args = build(xp)
        xp.block(args)
        low = traced = None
        gc.collect()
        a = clock(), cpu_clock()
        traced = xp.jit(f).trace(*args)
        b = clock(), cpu_clock()
        low = traced.lower()
        c = clock(), cpu_clock()
        ts["trace"].append((b[0] - a[0], b[1] - a[1]))
        ts["lower"].append((c[0] - b[0], c[1] - b[1]))
        if sum(w for v in ts.values() for w, _ in v) > 40 and len(ts["trace"]) > 2:
            break
    for k, v in ts.items():
        yield f"{name}/{k}_cold", timing(*zip(*v[:1]))
        yield f"{name}/{k}_warm", timing(*zip(*v[1:]))
    yield f"{name}/eqns", {"value": adapter.count_eqns(traced), "unit": "eqns"}
    text = low.as_text()
    yield f"{name}/stablehlo_ops", {"value": adapter.count_stablehlo(text), "unit": "ops"}
    yield f"{name}/stablehlo_bytes", {"value": len(text), "unit": "B"}
    if compile:
        a = clock(), cpu_clock()
        c = low.compile()
        yield f"{name}/compile", timing([clock() - a[0]], [cpu_clock() - a[1]])
        for k, v in adapter.cost(c).items():
            yield f"{name}/{k}", v


def runtime(xp, only=None):
    """Seconds per blocked call of the compiled program."""
    for name, build in programs.RUNTIME.items():
        if only is None or only in name:
            try:
                yield from _runtime_one(xp, name, build)
            except Exception as e:
                yield name, failure(e)


def _runtime_one(xp, name, build):
    f, args = build(xp)
    c = xp.jit(f).lower(*args).compile()
    yield name, measure(lambda: xp.block(c(*args)), repeats=30, warmup=2, seconds=4.0)
    for k, v in adapter.cost(c).items():
        yield f"{name}/{k}", v


def library(xp, only=None):
    """Seconds per blocked call of one function of the library, compiled by itself."""
    adapter.add_library(xp)
    for name, (make, call) in library_calls.CALLS.items():
        for size in library_calls.sizes_of(make):
            metric = library_calls.name_of(name, size)
            if only is None or only in metric:
                metric, value = guarded(metric, _library_one, xp, make, call, size)
                if xp.compiled or "error" not in value:  # NumPy has not all of them
                    yield metric, value


def _library_one(xp, make, call, size):
    args = [xp.np.asarray(a) for a in make(onp.random.default_rng(0), size)]
    f = xp.jit(partial(call, xp))
    return measure(lambda: xp.block(f(*args)), warmup=2, seconds=0.3)


def sysml(xp, only=None):
    for name, make in sysml_programs.PROGRAMS.items():
        if only is None or only in name:
            yield guarded(name, _sysml_one, xp, make)


def _sysml_one(xp, make):
    run = make(xp)
    t0 = clock()
    run()
    first = clock() - t0
    return measure(run, repeats=20, warmup=1, seconds=3.0) | {"first": first}


SUITES = {
    "dispatch": dispatch,
    "stages": stages,
    "runtime": runtime,
    "library": library,
    "sysml": sysml,
}
