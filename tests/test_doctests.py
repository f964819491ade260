"""Every example in a docstring runs and prints what it says; the README's example runs."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

from test_layers import ROOT, modules_of

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
WITH_EXAMPLES = [m.name for m in modules_of(ROOT) if ">>> " in m.path.read_text()]


def run(test):
    report = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(test, out=report.append)
    return "".join(report)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_module(name):
    module = importlib.import_module(name)
    tests = [t for t in doctest.DocTestFinder().find(module) if t.examples]
    assert tests, f"{name} has a >>> that no docstring of its own holds"
    assert "".join(map(run, tests)) == ""


def test_a_wrong_example_is_reported():
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert "Got:\n    2" in run(test)


def test_readme(capsys):
    blocks = re.findall(r"```python\n(.*?)```", Path(ROOT, "README.md").read_text(), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {"__name__": "readme"})
