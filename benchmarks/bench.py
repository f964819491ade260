"""Compare implementations of JAX's programming model side by side, in one run.

    python bench.py --impl jax=VENV/bin/python --impl hloom=VENV2/bin/python \
                    [--suite cold dispatch stages runtime library sysml cache] \
                    [--only NAME] [--rounds 3] [--out results.json]

Each measurement runs in a process of its own, A B A B ... for `--rounds` rounds, so
that a slow minute of a shared machine falls on all of them alike. Reported: the
median over rounds of each round's median, the minimum over all, CPU time, and the
median of the rounds' ratios (first implementation = 1; below 1 is faster than it).
NAME of --impl may be `label:module`, e.g. `jaxA:jax` and `jaxB:jax` for an A/A run:
what its ratios differ from 1 is the noise of the machine.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import programs
from report import PRIMARY, summarise, table

HERE = Path(__file__).resolve().parent

_PROGRAM = (
    "import sys; sys.path.insert(0, {here!r}); import adapter, programs; "
    "xp = adapter.load({m!r}); f, args = programs.%s; xp.block(xp.jit(f)(*args))"
)
COLD = {
    "python": "pass",
    "import_numpy": "import numpy",
    "import": "import {m}",
    "import_jit": "import {m}; import {m}.numpy as jnp; print({m}.jit(lambda x: x + 1)(1.0))",
    "import_mlp_grad": _PROGRAM % "mlp_grad(xp)",
    "import_gpt12": _PROGRAM % "gpt_step(xp, 12)",
}

#: what suite `cache` has compiled: once into an empty disk cache, then again in a second process
CACHED = {
    "eager": "f, args = (lambda x: xp.np.arctan2(x, 2 + x)), (xp.np.ones((7, 13)),)",
    "gpt12_adam": "f, args = programs.gpt_step(xp, 12)",
}
_CACHED = """
import sys, time; sys.path.insert(0, {here!r}); import adapter, programs
xp = adapter.load({m!r})
{make}
lowered = xp.jit(f).lower(*args)
wall, cpu = time.perf_counter(), time.process_time()
lowered.compile()
print(time.perf_counter() - wall, time.process_time() - cpu)
"""


def env():
    """The children's environment; hloom is this checkout's, installed or not."""
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {
        **inherited,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE.parent), os.getenv("PYTHONPATH")])),
        "JAX_PLATFORMS": "cpu",
        "HLOOM_PLATFORM": "cpu",
        "HLOOM_CACHE": "0",  # JAX's is off by default too; suite `cache` measures both
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONHASHSEED": "0",
        # two BLAS threads spinning on a busy machine made a 2 ms Cholesky take 400 ms
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def cold_once(python, module, code):
    """Wall, CPU and peak memory of a whole process."""
    t0 = time.perf_counter()
    p = subprocess.Popen(
        [python, "-c", code.format(m=module, here=str(HERE))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=env(),
    )
    err = p.stderr.read()
    _, status, ru = os.wait4(p.pid, 0)
    wall = time.perf_counter() - t0
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode:
        return {"error": err.decode(errors="replace").strip().splitlines()[-1][:300]}
    return {"wall": wall, "cpu": ru.ru_utime + ru.ru_stime, "peak_mib": ru.ru_maxrss / 1024}


def worker(python, module, suite, only, extra):
    """Yields (metric, value) as the worker prints them: a cut run keeps what it has."""
    cmd = [python, str(HERE / "worker.py"), "--impl", module, "--suite", suite, *extra]
    if only:
        cmd += ["--only", only]
    with tempfile.TemporaryFile("w+") as err:
        p = subprocess.Popen(cmd, stdout=subprocess.PIPE, stderr=err, text=True, env=env())
        try:
            for line in p.stdout:
                row = json.loads(line) if line.startswith("{") else {}
                if "metric" in row:
                    yield row.pop("metric"), row
        finally:
            if p.poll() is None and sys.exc_info()[0] is not None:
                p.kill()
            code = p.wait()
        if code:
            err.seek(0)
            tail = (err.read().strip().splitlines() or ["?"])[-1][:300]
            yield f"{only or suite}/error", {"error": f"worker exited {code}: {tail}"}


def jobs(suite, only):
    """What --only is for each process: every staged program gets its own."""
    if suite != "stages":
        return [only]
    return [name for name in programs.STAGES if only is None or only in name]


def run_cold(impls, only, rounds, add):
    for key, code in COLD.items():
        if only and only not in key:
            continue
        for r in range(rounds + 1):
            for label, module, python in impls:
                v = cold_once(python, module, code)
                if r == 0:  # warms the page cache and .pyc files
                    continue
                if "error" in v:
                    add(key, label, v)
                    continue
                wall, cpu = v["wall"], v["cpu"]
                add(key, label, {"median": wall, "min": wall, "cpu": cpu, "cpu_min": cpu})
                add(f"{key}/peak_mib", label, {"value": v["peak_mib"], "unit": "MiB"})


def compile_once(python, module, make, folder):
    """Wall and CPU time that a new process waits for an executable, with its disk cache there."""
    caches = {
        "HLOOM_CACHE": "1",
        "HLOOM_CACHE_DIR": folder,
        "JAX_COMPILATION_CACHE_DIR": folder,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    code = _CACHED.format(m=module, here=str(HERE), make=make)
    p = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, env={**env(), **caches}
    )
    if p.returncode:
        return {"error": p.stderr.strip().splitlines()[-1][:300]}
    wall, cpu = map(float, p.stdout.split())
    return {"median": wall, "min": wall, "cpu": cpu, "cpu_min": cpu}


def run_cache(impls, only, rounds, add):
    for key, make in CACHED.items():
        if only and only not in key:
            continue
        for _ in range(rounds):
            for label, module, python in impls:
                with tempfile.TemporaryDirectory() as folder:
                    first = compile_once(python, module, make, folder)
                    again = compile_once(python, module, make, folder)
                add(f"{key}/compile", label, first)
                add(f"{key}/load", label, again)
                if "error" not in first and "error" not in again:
                    share = again["cpu"] / first["cpu"]
                    add(f"{key}/load per compile", label, {"value": share, "unit": ""})


def run_suite(impls, suite, only, rounds, extra, add):
    for job in jobs(suite, only):
        for r in range(rounds):
            for label, module, python in impls:
                # compilation is XLA's: one round is enough
                once = ["--no-compile"] if suite == "stages" and r else []
                for metric, v in worker(python, module, suite, job, extra + once):
                    add(metric, label, v)
            print(f"  {suite} {job or ''} round {r + 1}/{rounds}", file=sys.stderr, flush=True)


def parse_impl(spec):
    name, _, python = spec.partition("=")
    label, _, module = name.partition(":")
    return label, module or label, python or sys.executable


def arguments():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("--impl", action="append", required=True, metavar="LABEL[:MODULE]=PYTHON")
    ap.add_argument("--suite", nargs="+", choices=PRIMARY, default=list(PRIMARY))
    ap.add_argument("--only", help="substring of the metric's or program's name")
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--reps", type=int, default=5, help="warm repetitions in suite stages")
    ap.add_argument("--no-compile", action="store_true", help="stages: trace and lower only")
    ap.add_argument("--heavy", action="store_true", help="stages: also compile the heavy programs")
    ap.add_argument("--out", default="results.json")
    return ap.parse_args()


def main():
    a = arguments()
    impls = [parse_impl(spec) for spec in a.impl]
    labels = [label for label, _, _ in impls]
    results, raw = {}, {}

    def save():  # after every value: a cut run keeps its data
        meta = {
            "when": time.strftime("%F %T"),
            "load": os.getloadavg(),
            "cpus": os.cpu_count(),
            "impls": [list(i) for i in impls],
            "argv": sys.argv[1:],
        }
        data = {"meta": meta, "results": results, "raw": raw}
        Path(a.out).write_text(json.dumps(data, indent=1))
        Path(a.out).with_suffix(".md").write_text(table(results, labels) + "\n")

    for suite in a.suite:
        raw[suite], results[suite] = {}, {}

        def add(metric, label, value, suite=suite):
            per_label = raw[suite].setdefault(metric, {})
            per_label.setdefault(label, []).append(value)
            results[suite][metric] = summarise(per_label, labels, PRIMARY[suite])
            save()

        if suite == "cold":
            run_cold(impls, a.only, a.rounds, add)
            continue
        if suite == "cache":
            run_cache(impls, a.only, a.rounds, add)
            continue
        extra = []
        if suite == "stages":
            extra = ["--reps", str(a.reps)]
            extra += ["--no-compile"] * a.no_compile + ["--heavy"] * a.heavy
        run_suite(impls, suite, a.only, a.rounds, extra, add)
    save()
    print(table(results, labels))


if __name__ == "__main__":
    main()
