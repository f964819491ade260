"""The page of public names is what its command writes, and tells present names from absent ones."""

import subprocess
import sys

import pytest

from hloom.frontend import dtypes
from test_layers import ROOT

DOCS = ROOT / "docs"


@pytest.fixture
def make_api(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import make_api  # a script, not a module of hloom

    return make_api


@pytest.mark.skipif(dtypes.int1 is None, reason="the page is that of ml_dtypes 0.6")
def test_the_page_is_up_to_date_and_every_absence_has_its_reason():
    p = subprocess.run(
        [sys.executable, DOCS / "make_api.py", "--check"], capture_output=True, text=True
    )
    assert (p.returncode, p.stderr) == (0, p.stderr), p.stderr


def test_names_are_told_present_or_absent(make_api):
    modules = {"hloom": ["jit", "nothing"], "hloom.nowhere": ["gone"], "hloom.numpy": ["pi"]}
    page = make_api.Page(modules, {"hloom.nowhere.*": "There is none."})
    text = page.text()
    assert "2 of 4 are here" in text
    assert "| `jit` | Compile" in text
    assert "| `pi` |  |" in text
    assert "Absent: `gone`. There is none." in text
    assert page.problems() == ["hloom.nothing is absent without a reason"]


def test_a_reason_that_nothing_needs_is_a_problem(make_api):
    page = make_api.Page({"hloom": ["jit"]}, {"hloom.gr*": "It was not there once."})
    page.text()
    assert page.problems() == [
        "absent.toml gives a reason for hloom.gr*, which no absent name needs"
    ]


def test_the_list_of_names_is_read(make_api):
    text = "# a comment\n\nhloom\n    jit grad\n    vmap\n\nhloom.numpy\n    sin\n"
    assert make_api.expected(text) == {"hloom": ["jit", "grad", "vmap"], "hloom.numpy": ["sin"]}
