"""Runs suites of one implementation in this process; one JSON object per line."""

import argparse
import json
import resource
import sys
import time


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--impl", required=True)
    ap.add_argument("--suite", required=True)
    ap.add_argument("--only")
    ap.add_argument("--reps", type=int, default=5)
    ap.add_argument("--no-compile", action="store_true")
    ap.add_argument("--heavy", action="store_true")
    a = ap.parse_args()
    import adapter
    import suites

    xp = adapter.load(a.impl)
    kw = {"only": a.only}
    if a.suite == "stages":
        kw.update(reps=a.reps, compile=not a.no_compile, heavy=a.heavy)
    t0 = time.perf_counter()
    for name, value in suites.SUITES[a.suite](xp, **kw):
        print(json.dumps({"metric": name, **value}), flush=True)
    print(
        json.dumps(
            {
                "meta": {
                    "impl": xp.name,
                    "version": xp.version,
                    "python": sys.version.split()[0],
                    "wall_s": time.perf_counter() - t0,
                    "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                }
            }
        )
    )


if __name__ == "__main__":
    main()
