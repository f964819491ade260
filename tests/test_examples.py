"""Each example runs as its reader runs it, and what it says about itself is true."""

import importlib.util
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from test_layers import ROOT

EXAMPLES = ROOT / "examples"
NUMBER = r"(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?|-?inf|nan)"


def needs(*packages):
    absent = [p for p in packages if importlib.util.find_spec(p) is None]
    return pytest.mark.skipif(bool(absent), reason=f"not installed: {', '.join(absent)}")


def run(example, *options, folder=None):
    """What an example prints, in a process of its own, wherever it is started."""
    paths = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
    done = subprocess.run(
        [sys.executable, EXAMPLES / example, *map(str, options)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stderr, done.stderr
    return done.stdout


def numbers(pattern, text):
    """The number that stands for # in a pattern, at each place where it is found."""
    pattern = re.escape(pattern).replace(r"\#", rf"\s*{NUMBER}").replace(r"\ ", r"\s*")
    found = [float(n) for n in re.findall(pattern, text)]
    assert found, f"{pattern} is not in:\n{text}"
    return found


def test_every_example_has_a_test():
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {path.stem for path in EXAMPLES.glob("*.py")} <= tested


@needs("sklearn", "matplotlib", "rich")
def test_digits(tmp_path):
    text = run("digits.py", "--epochs", 4, "--out", tmp_path / "made", folder=tmp_path)
    (accuracy,) = numbers("test accuracy #%", text)
    assert accuracy > 95
    differences = numbers("largest difference #", text)
    assert max(differences) < 1e-4
    assert len(differences) == (2 if importlib.util.find_spec("iree") else 1)
    made = {path.name for path in (tmp_path / "made").iterdir()}
    assert made == {"digits.png", "digits.stablehlo", "fresh.npy", "images.npy"}
    saved = (tmp_path / "made/digits.stablehlo").read_bytes()
    assert re.match(rb"ML\xefR.StableHLO_v", saved, re.DOTALL)


@needs("sklearn")
def test_newton():
    text = run("newton.py", "--descent-steps", 300)
    sizes = numbers("gradient #\n", text)
    assert sizes[-2] < 1e-12
    assert len(sizes) - 1 <= 12
    assert sizes[-1] > 1e-5
    (newton, descent) = re.search(rf"Newton {NUMBER}, descent {NUMBER}", text).groups()
    assert float(newton) < float(descent)
    assert numbers("test accuracy #%", text)[0] > 95


def test_pendulum():
    text = run("pendulum.py", "--steps", 300)
    assert numbers("largest error: # uncertainties", text)[0] < 3
    assert numbers("differ by #", text)[0] < 1e-10


@needs("sklearn")
def test_mislabelled():
    text = run("mislabelled.py")
    found = re.findall(r"among the +(\d+) that pull hardest: +(\d+) changed", text)
    half, whole, double = [int(b) / int(a) for a, b in found]
    assert half > 0.9
    assert whole > 0.8
    assert double > 0.45


def test_char_transformer():
    text = run("char_transformer.py", "--steps", 80)
    (by_frequency,) = numbers("costs # nats", text)
    first, *_, last = numbers("loss #", text)
    assert first > by_frequency
    assert last < 0.85 * by_frequency
    sample = text.rpartition("|")[2]
    assert len(sample.strip("\n")) > 200


def test_new_primitive():
    text = run("new_primitive.py")
    before, after = text.split("after the pass:")[0], text.split("after the pass:")[1]
    assert "log1mexp" not in before
    assert "log1mexp a" in after
    plain, exact = [
        [float(e) for e in re.findall(rf"{name} \w+: .*relative error {NUMBER}", text)]
        for name in ("plain", "exact")
    ]
    assert plain == [np.inf, np.inf]
    assert max(exact) < 2e-7
    ((found, wanted),) = re.findall(rf"derivative at 1: {NUMBER}; it is {NUMBER}", text)
    assert found == wanted
