"""The house stands: imports point one way, in no cycles, by full name; every package is shipped.

Each check is a function from a tree to a list of complaints. It is run on the checkout, where the
list must be empty, and on a small tree with one thing wrong, where it must not be.
"""

import ast
import os
import tomllib
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import fresh

ROOT = Path(__file__).resolve().parents[1]

#: What each layer may import of hloom. hloom itself may import anything.
MAY_IMPORT = {
    "frontend": {"frontend"},
    "transforms": {"frontend", "transforms"},
    "lowering": {"frontend", "lowering"},
    "runtime": {"frontend", "lowering", "runtime"},
}
WITHOUT_JAXLIB = ("frontend", "transforms")
PRIVATE_JAXLIB = ("jaxlib._jax", "jaxlib.xla_client", "jaxlib.xla_extension")
PRIVATE_JAXLIB_HOME = "hloom.runtime.pjrt"
USERS = ("tests", "examples", "benchmarks")


class Import(NamedTuple):
    """One import statement's reach: `from a import b` may mean the module a.b or a name in a."""

    module: str
    name: str | None
    relative: bool
    line: int

    def names(self):
        return (self.module,) if self.name is None else (self.module, f"{self.module}.{self.name}")


class Module(NamedTuple):
    """A file of hloom under its full name."""

    name: str
    path: Path
    imports: tuple[Import, ...]

    @property
    def layer(self):
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 and parts[1] in MAY_IMPORT else "hloom"


def imports_of(path):
    """Every import of a file, those inside functions and `import_module("…")` included."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield Import(alias.name, None, False, node.lineno)
            case ast.ImportFrom(module=module, names=names, level=level):
                for alias in names:
                    yield Import(module or "", alias.name, level > 0, node.lineno)
            case ast.Call(
                func=ast.Attribute(attr="import_module")
                | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(module)), *_],
            ):
                yield Import(module, None, module.startswith("."), node.lineno)


def modules_of(root):
    """Every module of hloom, each once: the symlinks in hloom/ are not followed."""
    for top in ("hloom", *MAY_IMPORT):
        for folder, subfolders, files in os.walk(root / top):
            subfolders.sort()
            for file in sorted(files):
                if file.endswith(".py"):
                    path = Path(folder, file)
                    parts = path.relative_to(root).with_suffix("").parts
                    parts = parts if top == "hloom" else ("hloom", *parts)
                    parts = parts[:-1] if parts[-1] == "__init__" else parts
                    yield Module(".".join(parts), path, tuple(imports_of(path)))


def users_of(root):
    """The files that use hloom: tests, examples, benchmarks."""
    for top in USERS:
        for path in sorted((root / top).rglob("*.py")):
            yield Module(f"{top}.{path.stem}", path, tuple(imports_of(path)))


def begins_with(name, package):
    return name == package or name.startswith(package + ".")


def direction(root):
    for module in modules_of(root):
        allowed = MAY_IMPORT.get(module.layer)
        for found in module.imports:
            name = found.names()[-1]
            inside = any(begins_with(name, f"hloom.{layer}") for layer in allowed or ())
            if allowed and begins_with(name, "hloom") and not inside:
                yield f"{module.path}:{found.line}: {module.layer} imports {name}"


def jaxlib_stays_below(root):
    for module in modules_of(root):
        for found in module.imports:
            if module.layer in WITHOUT_JAXLIB and begins_with(found.module, "jaxlib"):
                yield f"{module.path}:{found.line}: {module.layer} imports {found.module}"


def private_jaxlib_in_one_file(root):
    for module in modules_of(root):
        for found in module.imports:
            private = any(begins_with(n, p) for n in found.names() for p in PRIVATE_JAXLIB)
            if private and module.name != PRIVATE_JAXLIB_HOME:
                name = found.names()[-1]
                yield f"{module.path}:{found.line}: {name} belongs in {PRIVATE_JAXLIB_HOME}"


def no_jax(root):
    for module in (*modules_of(root), *users_of(root)):
        for found in module.imports:
            if begins_with(found.module, "jax"):
                yield f"{module.path}:{found.line}: imports {found.module}"


def full_names(root):
    for module in (*modules_of(root), *users_of(root)):
        for found in module.imports:
            if found.relative:
                yield f"{module.path}:{found.line}: a relative import; write hloom.…"
            elif found.module.split(".")[0] in MAY_IMPORT:
                yield f"{module.path}:{found.line}: {found.module}; write hloom.{found.module}"


def cycles(root):
    modules = {module.name: module for module in modules_of(root)}

    def target(found):
        return next((n for n in reversed(found.names()) if n in modules), None)

    graph = {n: {target(i) for i in m.imports} - {None, n} for n, m in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield " <- ".join(error.args[1])


def packages_listed(root):
    settings = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    listed, folders = set(settings["packages"]), settings["package-dir"]
    present = {}
    for module in modules_of(root):
        is_package = module.path.name == "__init__.py"
        present[module.name if is_package else module.name.rpartition(".")[0]] = module.path.parent
    for name in sorted(present.keys() - listed):
        yield f"pyproject.toml: packages lacks {name}"
    for name in sorted(listed - present.keys()):
        yield f"pyproject.toml: packages has {name}, which does not exist"
    for folder in sorted(present.values()):
        if not (folder / "__init__.py").is_file():
            yield f"{folder}: no __init__.py"
    for layer in MAY_IMPORT:
        link = root / "hloom" / layer
        if not link.is_symlink() or os.readlink(link) != f"../{layer}":
            yield f"{link}: is not a symlink to ../{layer}"
        if folders.get(f"hloom.{layer}") != layer:
            yield f"pyproject.toml: package-dir lacks hloom.{layer}"


CHECKS = (
    direction,
    jaxlib_stays_below,
    private_jaxlib_in_one_file,
    no_jax,
    full_names,
    cycles,
    packages_listed,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_checkout(check):
    assert list(check(ROOT)) == []


def write_tree(root, files):
    """A tree that passes every check, then `files` over it."""
    packages = ["hloom", *(f"hloom.{layer}" for layer in MAY_IMPORT)]
    folders = "\n".join(f'"hloom.{layer}" = "{layer}"' for layer in MAY_IMPORT)
    tree = {
        "hloom/__init__.py": "from hloom.runtime.pjrt import run",
        "frontend/__init__.py": "",
        "frontend/ir.py": "import numpy",
        "transforms/__init__.py": "from hloom.frontend import ir",
        "lowering/__init__.py": "from hloom.frontend.ir import Program\nimport jaxlib.mlir",
        "runtime/__init__.py": "",
        "runtime/pjrt.py": "from jaxlib import _jax\nimport hloom.lowering",
        "tests/test_a.py": "import hloom",
        "pyproject.toml": f"[tool.setuptools]\npackages = {packages}\n"
        f"[tool.setuptools.package-dir]\n{folders}",
    }
    for name, text in (tree | files).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for layer in MAY_IMPORT:
        (root / "hloom" / layer).symlink_to(f"../{layer}")


@pytest.mark.parametrize("check", CHECKS, ids=lambda f: f.__name__)
def test_a_good_tree_passes(check, tmp_path):
    write_tree(tmp_path, {})
    assert list(check(tmp_path)) == []


BAD = [
    (direction, "frontend/ir.py", "from hloom.transforms import x"),
    (direction, "frontend/ir.py", "import hloom"),
    (direction, "frontend/ir.py", "from hloom import numpy"),
    (direction, "frontend/ir.py", "def f():\n    import hloom.runtime.pjrt"),
    (direction, "transforms/jvp.py", "from hloom.lowering import x"),
    (direction, "lowering/rules.py", "from hloom.transforms import x"),
    (direction, "lowering/rules.py", "import hloom.runtime"),
    (direction, "runtime/run.py", "from hloom import transforms"),
    (direction, "runtime/run.py", "import importlib\nimportlib.import_module('hloom.numpy')"),
    (jaxlib_stays_below, "frontend/ir.py", "def f():\n    import jaxlib"),
    (jaxlib_stays_below, "frontend/prims/sin.py", "from jaxlib.mlir import ir"),
    (jaxlib_stays_below, "transforms/jvp.py", "from jaxlib import mlir"),
    (private_jaxlib_in_one_file, "runtime/run.py", "from jaxlib import _jax"),
    (private_jaxlib_in_one_file, "runtime/run.py", "import jaxlib.xla_client as xc"),
    (private_jaxlib_in_one_file, "hloom/tree.py", "from jaxlib._jax import pytree"),
    (private_jaxlib_in_one_file, "lowering/say.py", "__import__('jaxlib._jax')"),
    (no_jax, "hloom/tree.py", "import jax"),
    (no_jax, "lowering/say.py", "def f():\n    from jax.interpreters import mlir"),
    (no_jax, "tests/test_a.py", "import jax.numpy as jnp"),
    (full_names, "frontend/ir.py", "from . import avals"),
    (full_names, "frontend/ir.py", "from .avals import Aval"),
    (full_names, "transforms/jvp.py", "from frontend.ir import Program"),
    (full_names, "tests/test_a.py", "import runtime"),
    (cycles, "frontend/ir.py", "from hloom.frontend import ir2\nimport hloom.frontend.ir3"),
    (cycles, "hloom/numpy.py", "def f():\n    from hloom import run"),
    (packages_listed, "frontend/prims/__init__.py", ""),
    (packages_listed, "hloom/nn/relu.py", ""),
]
# the other half of each cycle
CLOSES = {
    "frontend/ir.py": {"frontend/ir3.py": "from hloom.frontend.ir import f"},
    "hloom/numpy.py": {"hloom/__init__.py": "import hloom.numpy"},
}


@pytest.mark.parametrize(("check", "file", "text"), BAD)
def test_a_bad_tree_fails(check, file, text, tmp_path):
    write_tree(tmp_path, {file: text} | (CLOSES[file] if check is cycles else {}))
    assert list(check(tmp_path)) != []


def break_link(root):
    (root / "hloom" / "runtime").unlink()
    (root / "hloom" / "runtime").symlink_to(root / "runtime")


def break_list(root):
    path = root / "pyproject.toml"
    path.write_text(path.read_text().replace("['hloom', ", "['hloom', 'hloom.gone', "))


def break_folders(root):
    path = root / "pyproject.toml"
    path.write_text(path.read_text().replace('"hloom.lowering" = "lowering"', ""))


@pytest.mark.parametrize("damage", [break_link, break_list, break_folders])
def test_bad_packaging_fails(damage, tmp_path):
    write_tree(tmp_path, {})
    damage(tmp_path)
    assert list(packages_listed(tmp_path)) != []


def test_import_hloom_loads_no_jax_and_no_mlir():
    code = """
import hloom, sys
print([m for m in sys.modules if f"{m}.".startswith(("jax.", "iree.", "jaxlib.mlir."))])
"""
    done = fresh.python(code)
    assert (done.stdout, done.stderr) == ("[]\n", "")
