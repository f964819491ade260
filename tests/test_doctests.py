"""Every example in a docstring runs and prints what it says; the README's example runs."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

from hloom.frontend.primitive import Primitive
from test_layers import ROOT, modules_of

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
WITH_EXAMPLES = [m.name for m in modules_of(ROOT) if ">>> " in m.path.read_text()]


def run(test):
    report = []
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    runner.run(test, out=report.append)
    return "".join(report)


def examples_of(module):
    """The examples of a module, its classes and functions, and its primitives."""
    yield from doctest.DocTestFinder().find(module)
    for name, value in vars(module).items():
        if isinstance(value, Primitive) and value.__doc__:
            where = f"{module.__name__}.{name}"
            parse = doctest.DocTestParser().get_doctest
            yield parse(value.__doc__, dict(vars(module)), where, module.__file__, None)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_module(name):
    module = importlib.import_module(name)
    tests = [t for t in examples_of(module) if t.examples]
    assert tests, f"{name} has a >>> that no docstring of its own holds"
    assert "".join(map(run, tests)) == ""


def test_a_wrong_example_is_reported():
    test = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert "Got:\n    2" in run(test)


def test_readme(capsys):
    text = Path(ROOT, "README.md").read_text()
    blocks = list(re.finditer(r"```python\n(.*?)```", text, re.DOTALL))
    assert blocks
    for block in blocks:
        above = "\n" * text.count("\n", 0, block.start(1))  # so that errors show README's line
        exec(compile(above + block[1], "README.md", "exec"), {"__name__": "readme"})
