"""Write docs/api.md: every public name that users expect, present or absent with the reason.

    python docs/make_api.py            write the page
    python docs/make_api.py --check    exit with 1 when the page is not what would be written

The names are in names.txt, the reasons in absent.toml: patterns of `module.name`, the first that
matches holds. A name without either, or a reason that no absent name needs, is an error.
"""

import argparse
import importlib
import inspect
import sys
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
PAGE = HERE / "api.md"
ABSENT = object()
HEAD = """# The public names

Written by `python docs/make_api.py`. Names follow JAX 0.12; {present} of {all} are here. Those that
are not have their reason below their module. The modules experimental, extend, interpreters and
example_libraries are not compared: they carry no promise of stability.
"""


def expected(text):
    """{module: names} of names.txt: a module's line, then indented lines of names."""
    modules: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line[:1] not in ("", "#", " "):
            names = modules.setdefault(line, [])
        elif line[:1] == " ":
            names += line.split()
    return modules


def found(module, name):
    """The object of that name, or ABSENT."""
    try:
        return getattr(importlib.import_module(module), name, ABSENT)
    except ModuleNotFoundError as e:
        if not module.startswith(str(e.name)):
            raise
        return ABSENT


def summary(thing):
    """What the object is, in one line of a table; others' objects are left to their own pages."""
    own = str(getattr(thing, "__module__", "")).startswith("hloom") or inspect.ismodule(thing)
    text = (inspect.getdoc(thing) if own else None) or ""
    line = text.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    return line if len(line) < 160 else f"{line[:150]} ..."


class Page:
    """The page's lines, and what is wrong with the tables that it is made of."""

    def __init__(self, modules, reasons):
        self.modules, self.reasons = modules, reasons
        self.used: set[str] = set()
        self.missing: list[str] = []
        self.present = 0

    def why(self, full):
        """The reason for the absence of `module.name`."""
        for pattern, reason in self.reasons.items():
            if fnmatchcase(full, pattern):
                self.used.add(pattern)
                return reason
        self.missing.append(full)
        return ""

    def section(self, module, names):
        """The lines of one module."""
        things = {name: found(module, name) for name in names}
        here = {name: thing for name, thing in things.items() if thing is not ABSENT}
        self.present += len(here)
        absent: dict[str, list[str]] = {}
        for name in names:
            if name not in here:
                absent.setdefault(self.why(f"{module}.{name}"), []).append(name)
        lines = ["", f"## {module}", ""]
        if here:
            lines += ["| name | |", "|---|---|"]
            lines += [f"| `{name}` | {summary(thing)} |" for name, thing in here.items()]
        for reason, missing in absent.items():
            lines += ["", f"Absent: {', '.join(f'`{n}`' for n in missing)}. {reason}"]
        return lines

    def text(self):
        """The whole page."""
        body = [line for m, names in self.modules.items() for line in self.section(m, names)]
        head = HEAD.format(present=self.present, all=sum(map(len, self.modules.values())))
        return head + "\n".join(body) + "\n"

    def problems(self):
        """Names without a reason, and reasons without a name."""
        stale = [p for p in self.reasons if p not in self.used]
        return [f"{n} is absent without a reason" for n in self.missing] + [
            f"absent.toml gives a reason for {p}, which no absent name needs" for p in stale
        ]


def build():
    """The Page from the two tables."""
    modules = expected((HERE / "names.txt").read_text())
    reasons = tomllib.loads((HERE / "absent.toml").read_text())
    return Page(modules, {p: reason for reason, names in reasons.items() for p in names.split()})


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    check = parser.parse_args().check
    page = build()
    text = page.text()
    problems = page.problems()
    if check and (not PAGE.exists() or PAGE.read_text() != text):
        problems.append("docs/api.md is not up to date: run python docs/make_api.py")
    if not check:
        PAGE.write_text(text)
    print("\n".join(problems) or f"{page.present} names are here", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
