"""The targets of the benchmarks, and which of them a run meets.

    python targets.py results.json [--impl hloom]

Prints a line per measured row that has a target and closes with a count. Exits with 1 when one is
missed.
"""

import argparse
import json
import statistics as st
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from report import PRIMARY, without_errors

#: suite -> {pattern of the metric's name: largest ratio to the base, or None for no target}; the
#: first pattern that matches holds.
RATIOS = {
    "cold": {"import": 0.20, "*": None},
    "dispatch": {
        "jit_add": 1.0,
        "jit_tree*": 1.1,
        "eager_sin": 1.0,
        "eager_sum": 1.0,
        "eager_getitem_*": 0.15,
        "eager_at_set": 0.15,
        "eager_*": 0.75,
        "random_*": 0.75,
        "grad_eager*": 0.25,
        "vmap_eager": 0.25,
        "float_of_scalar": 0.5,
        "device_put_small": 0.5,
        "np_array_from_list": 0.5,
        "*": None,
    },
    "stages": {
        "gpt12_adam/trace_*": 0.20,
        "gpt12_adam/lower_*": 0.30,
        "gpt48_adam/trace_*": 0.20,
        "gpt48_adam/lower_*": 0.30,
        "gpt12_adam/trace+lower_*": None,
        "gpt48_adam/trace+lower_*": None,
        "*/trace+lower_*": 0.40,
        "*/flops": 1.02,
        "*/bytes accessed": 1.02,
        "*/hlo_instructions": 1.02,
        "*": None,
    },
    "runtime": {
        "*/flops": 1.02,
        "*/bytes accessed": 1.02,
        "*/hlo_instructions": 1.02,
        "*/*": None,
        "*": 1.05,
    },
    "library": {"*": 1.05},
}
#: suite -> metric -> largest value
VALUES = {
    "cold": {"import/peak_mib": 125.0},
    "cache": {"eager/load per compile": 0.05, "gpt12_adam/load per compile": 0.1},
}


class Verdict(NamedTuple):
    """One row beside its target; `found` is a number, or the error that stands in its place."""

    suite: str
    metric: str
    found: float | str
    limit: float

    @property
    def met(self) -> bool:
        return not isinstance(self.found, str) and self.found <= self.limit


def limit_of(suite: str, metric: str) -> float | None:
    """The largest ratio allowed to a metric, or None."""
    rows = RATIOS.get(suite, {})
    return next((limit for pattern, limit in rows.items() if fnmatchcase(metric, pattern)), None)


def ratio(metric: dict, base: str, impl: str, primary: str) -> float | str:
    """The median over rounds of one metric's ratio, or the error."""
    mine, theirs = metric.get(impl, []), without_errors(metric.get(base, []))
    good = without_errors(mine)
    if not good:
        return mine[0]["error"] if mine else "absent"
    if not theirs:
        return f"no value of {base}"
    key = "value" if "value" in good[0] else primary
    return st.median(_quotient(g[key], b[key]) for g, b in zip(good, theirs))


def _quotient(x: float, y: float) -> float:
    return x / y if y else 1.0 if x == y else float("inf")


def with_sums(metrics: dict) -> dict:
    """The raw metrics of suite stages, and PROGRAM/trace+lower_{cold,warm} of each program."""
    out = dict(metrics)
    for name, trace in metrics.items():
        program, _, stage = name.rpartition("/trace_")
        lower = metrics.get(f"{program}/lower_{stage}")
        if program and lower:
            out[f"{program}/trace+lower_{stage}"] = {
                label: [_sum(t, l) for t, l in zip(trace[label], lower[label])]
                for label in trace.keys() & lower.keys()
            }
    return out


def _sum(a: dict, b: dict) -> dict:
    return {key: a[key] + b[key] for key in ("median", "min", "cpu", "cpu_min")}


def verdicts(data: dict, impl: str) -> Iterator[Verdict]:
    """Every row of a results file that has a target; an error of `impl` misses its target."""
    base = data["meta"]["impls"][0][0]
    for suite, metrics in data["raw"].items():
        for name, metric in (with_sums(metrics) if suite == "stages" else metrics).items():
            if name.endswith("/error") and impl in metric:
                yield Verdict(suite, name, metric[impl][0]["error"], 0.0)
                continue
            largest = VALUES.get(suite, {}).get(name)
            if largest is not None:
                good = without_errors(metric.get(impl, []))
                found = st.median(r["value"] for r in good) if good else "absent"
                yield Verdict(suite, name, found, largest)
                continue
            limit = limit_of(suite, name)
            if limit is not None:
                found = ratio(metric, base, impl, PRIMARY[suite])
                yield Verdict(suite, name, found, limit)


def line(v: Verdict) -> str:
    found = v.found[:60] if isinstance(v.found, str) else f"{v.found:.3f}"
    return f"{'pass' if v.met else 'FAIL'}  {v.suite:9} {v.metric:34} {found:>9} <= {v.limit:g}"


def main() -> int:
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("results", type=Path, nargs="+")
    ap.add_argument("--impl", default="hloom")
    a = ap.parse_args()
    rows = [v for path in a.results for v in verdicts(json.loads(path.read_text()), a.impl)]
    for v in rows:
        print(line(v))
    met = sum(v.met for v in rows)
    print(f"{met} of {len(rows)} targets met")
    return 0 if met == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
