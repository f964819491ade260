"""IREE runs every operation of the table, through the portable target, as its oracle says.

The rows of one file are compiled as one module with a public function for each row and dtype, since
starting the compiler is what takes the time; when that fails, each row alone, to name the one.
"""

import functools
import importlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from jaxlib.mlir import ir

import hloom
from hloom import export
from hloom.frontend import dtypes
from hloom.frontend.errors import IreeError
from hloom.lowering.context import context
from hloom.runtime import iree
from test_ops import bound, expected, wide

HAS_IREE = importlib.util.find_spec("iree") is not None and all(
    importlib.util.find_spec(f"iree.{part}") for part in ("compiler", "runtime")
)
needs_iree = pytest.mark.skipif(not HAS_IREE, reason="iree-base-compiler is not installed")


def is_portable(row):
    """Whether a portable module can hold a row: not if it calls the user's own kernel or Python."""
    return not row.refused and not row.custom_call


#: the files of the table and their rows
FAMILIES = {
    path.stem: list(filter(is_portable, importlib.import_module(path.stem).OPS))
    for path in sorted(Path(__file__).parent.glob("ops_*.py"))
}
#: long functions made of the operations of other files: only the text of their modules is checked
COMPOSED = ("ops_special_errors", "ops_special_gamma")


def each_family(*but):
    """A test for each file of rows."""
    names = [name for name, rows in FAMILIES.items() if rows and name not in but]
    return pytest.mark.parametrize("family", names)


#: programs that IREE refuses -> a part of what it says
LACKS = {
    # transforms of a length that is no power of two
    **dict.fromkeys(
        ["welch_float32", *[f"dct{k}_float32" for k in (1, 2, 3, 4)], "idctn_float32"],
        "failed to legalize operation 'stablehlo.fft'",
    ),
    # numbers whose source the platform chooses
    "rng_uniform_int32": "failed to legalize operation 'stablehlo.rng'",
    # compiled, but run with fewer buffers than its code reads
    "svd_complex64": "OUT_OF_RANGE",
}

#: rows that take IREE's compiler seconds -> the dtypes that they are run in
LONG = {
    "eigh": ["float32"],
    "svd_full": ["complex64"],
    "eig": ["complex64"],
    "schur": ["complex64"],
    "hessenberg": ["complex64"],
    "tridiagonal": ["float32"],
    "tridiagonal_solve": ["complex64"],
}

#: IREE's elementary functions are approximations of its own, a few ulp wider than XLA's
LOOSER = 4


def chosen(row):
    """The dtypes that a row is run in: a real and a complex one if it has them."""
    found = [d for d in ("float32", "complex64") if d in row.dtypes]
    return LONG.get(row.name) or found or [row.dtypes[-1]]


@functools.cache
def exported(family):
    """For each row of a file and dtype: name -> (row, operands, Exported)."""
    found = {}
    with hloom.enable_x64():
        for row in FAMILIES[family]:
            for dtype in chosen(row):
                case = row.cases[0]
                xs = case.make(dtype)
                made = export.export(hloom.jit(bound(row, case)), platforms=("cpu",))(*xs)
                found[f"{row.name}_{dtype}"] = row, xs, made
    return found


def merged(programs):
    """The text of one module with the functions of exported programs, public under their names."""
    with context().mlir, ir.Location.unknown():
        whole = ir.Module.create()
        for name, program in programs.items():
            source = program.module(context().mlir)
            functions = list(source.body.operations)
            for function in functions:
                old = ir.StringAttr(function.attributes["sym_name"]).value
                new = name if old == program.manifest["entry"] else f"{name}.{old}"
                ir.SymbolTable.replace_all_symbol_uses(old, new, source.operation)
                ir.SymbolTable.set_symbol_name(function, new)
            for function in functions:
                whole.body.append(function.operation.detach_from_parent())
        return str(whole)


@each_family()
def test_portable_modules_hold_stablehlo_alone(family):
    for name, (_, _, program) in exported(family).items():
        text = program.as_text()
        assert "chlo." not in text, name
        assert "custom_call" not in text, name


@needs_iree
@each_family(*COMPOSED)
def test_iree_agrees_with_the_oracle(family):
    rows = {name: found for name, found in exported(family).items() if name not in LACKS}
    vmfb = compiled({name: program for name, (_, _, program) in rows.items()})
    wrong = {}
    for name, (row, xs, _) in rows.items():
        try:
            check(row, xs, iree.Runner(vmfb, function=name)(*xs))
        except (AssertionError, IreeError) as error:
            wrong[name] = str(error)
    assert not wrong, "\n".join(f"{name}: {error}" for name, error in wrong.items())


@needs_iree
@each_family(*COMPOSED)
def test_iree_still_refuses_what_is_listed(family):
    found = exported(family)
    for name in LACKS.keys() & found.keys():
        _, xs, program = found[name]
        with pytest.raises(IreeError) as refusal:
            iree.Runner(iree.compile(merged({name: program})), function=name)(*xs)
        assert LACKS[name] in str(refusal.value), name


def test_only_programs_of_the_table_are_listed():
    names = {f"{row.name}_{d}" for rows in FAMILIES.values() for row in rows for d in chosen(row)}
    assert LACKS.keys() <= names
    assert LONG.keys() <= {row.name for rows in FAMILIES.values() for row in rows}


def compiled(programs):
    """The compiled module of exported programs; an error names those that cannot be compiled."""
    try:
        return iree.compile(merged(programs))
    except IreeError:
        for name, program in programs.items():
            try:
                iree.compile(merged({name: program}))
            except IreeError as error:
                error.add_note(f"in the row {name}")
                raise
        raise


def check(row, xs, got):
    """Assert that results of a row equal its oracle's."""
    wanted = expected(row, row.cases[0], xs)
    assert len(got) == len(wanted)
    for g, w in zip(got, wanted, strict=True):
        assert g.shape == np.shape(w)
        rtol, atol = (LOOSER * t for t in row.tolerance(dtypes.dtype(g.dtype)))
        if dtypes.is_inexact(dtypes.dtype(g.dtype)):
            np.testing.assert_allclose(wide(g), np.asarray(w).astype(g.dtype), rtol, atol)
        else:
            np.testing.assert_array_equal(g, w)
