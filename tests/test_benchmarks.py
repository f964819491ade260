"""The benchmarks run on hloom, and their targets tell a pass from a miss."""

import json
import subprocess
import sys

import pytest

from test_layers import ROOT

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture
def targets(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import targets  # a script's neighbour, not a module of hloom

    return targets


def timed(cpu):
    return {"median": cpu, "min": cpu, "cpu": cpu, "cpu_min": cpu}


def results(suite, metrics):
    """A results file: metrics is {name: (jax's value dicts, hloom's value dicts)}."""
    raw = {name: {"jax": jax, "hloom": ours} for name, (jax, ours) in metrics.items()}
    return {
        "meta": {"impls": [["jax", "jax", "py"], ["hloom", "hloom", "py"]]},
        "raw": {suite: raw},
    }


def judged(targets, suite, metrics):
    return {v.metric: v.met for v in targets.verdicts(results(suite, metrics), "hloom")}


@pytest.mark.parametrize(
    ("suite", "metric", "limit"),
    [
        ("cold", "import", 0.2),
        ("cold", "import_jit", None),
        ("dispatch", "jit_add", 1.0),
        ("dispatch", "jit_tree1000_in1out", 1.1),
        ("dispatch", "eager_sin", 1.0),
        ("dispatch", "eager_matmul8", 0.75),
        ("dispatch", "eager_getitem_int", 0.15),
        ("dispatch", "grad_eager_mlp3", 0.25),
        ("dispatch", "random_split", 0.75),
        ("dispatch", "np_asarray", None),
        ("stages", "gpt48_adam/trace_cold", 0.2),
        ("stages", "gpt48_adam/trace+lower_cold", None),
        ("stages", "gpt48_scan_adam/trace_cold", None),
        ("stages", "gpt48_scan_adam/trace+lower_warm", 0.4),
        ("stages", "mlp_grad/hlo_instructions", 1.02),
        ("runtime", "nbody", 1.05),
        ("runtime", "nbody/temp_bytes", None),
        ("library", "cumsum@100", 1.05),
        ("sysml", "sgd_small", None),
    ],
)
def test_limit(targets, suite, metric, limit):
    assert targets.limit_of(suite, metric) == limit


def test_ratio_is_the_median_over_rounds(targets):
    rounds = ([timed(1.0)] * 3, [timed(0.1), timed(9.0), timed(0.15)])
    assert judged(targets, "cold", {"import": rounds}) == {"import": True}
    rounds = ([timed(1.0)] * 3, [timed(0.1), timed(9.0), timed(0.25)])
    assert judged(targets, "cold", {"import": rounds}) == {"import": False}


def test_stages_are_summed(targets):
    metrics = {
        "chain/trace_cold": ([timed(1.0)], [timed(0.6)]),
        "chain/lower_cold": ([timed(3.0)], [timed(0.8)]),
        "chain/trace_warm": ([timed(1.0)], [timed(0.6)]),
        "chain/lower_warm": ([timed(1.0)], [timed(0.8)]),
    }
    assert judged(targets, "stages", metrics) == {
        "chain/trace+lower_cold": True,
        "chain/trace+lower_warm": False,
    }


def test_counts_and_memory(targets):
    count = lambda n: [{"value": n, "unit": ""}]
    metrics = {"a/flops": (count(0), count(0)), "b/flops": (count(0), count(1))}
    assert judged(targets, "runtime", metrics) == {"a/flops": True, "b/flops": False}
    assert judged(targets, "cold", {"import/peak_mib": (count(1), count(124))})["import/peak_mib"]
    assert not judged(targets, "cold", {"import/peak_mib": (count(999), count(126))})[
        "import/peak_mib"
    ]


def test_an_error_is_a_miss(targets):
    wrong = [{"error": "TypeError: no"}]
    assert judged(targets, "dispatch", {"jit_add": ([timed(1.0)], wrong)}) == {"jit_add": False}
    assert judged(targets, "stages", {"chain/error": ([], wrong)}) == {"chain/error": False}


def test_command(targets, tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(results("cold", {"import": ([timed(1.0)], [timed(0.3)])})))
    done = run("targets.py", path)
    assert done.returncode == 1
    assert done.stdout == (f"FAIL  cold      {'import':34}     0.300 <= 0.2\n0 of 1 targets met\n")


def run(script, *args):
    return subprocess.run(
        [sys.executable, BENCHMARKS / script, *args],
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("suite", "only", "metrics"),
    [
        ("dispatch", "jit_add", {"jit_add", "jit_add_blocked"}),
        ("library", "det@8", {"det@8"}),
        ("stages", "rnn100_grad", {"rnn100_grad/trace_warm", "rnn100_grad/flops"}),
    ],
)
def test_worker_measures_hloom(suite, only, metrics):
    done = run("worker.py", "--impl", "hloom", "--suite", suite, "--only", only, "--reps", "1")
    assert done.returncode == 0, done.stderr
    rows = {r["metric"]: r for r in map(json.loads, done.stdout.splitlines()) if "metric" in r}
    assert rows.keys() >= metrics
    assert [r for r in rows.values() if "error" in r] == []
