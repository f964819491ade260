"""Every operation through StableHLO's reference interpreter, which shares no code with XLA."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import hloom
from hloom.frontend import dtypes
from interpreter import interpreted
from test_ops import ROWS, bound, each, expected, main_dtype

#: error allowed beside that of the row: the interpreter adds up in another order
SLACK = 1e-13


#: rows of inverse transforms to odd lengths, which the interpreter has wrong: see the next test
ODD_INVERSES = ("dct3", "idctn")


def test_interpreter_has_inverse_transforms_to_odd_lengths_wrong():
    halves = {n: np.fft.rfft(np.arange(1.0, n + 1)) for n in (4, 5)}
    inverse = {n: (lambda z, n=n: [hloom.numpy.fft.irfft(z, n)]) for n in halves}
    with hloom.enable_x64():
        found = {n: interpreted(inverse[n])(z)[0] for n, z in halves.items()}
    np.testing.assert_allclose(found[4], np.arange(1.0, 5), 1e-12)
    assert not np.allclose(found[5], np.arange(1.0, 6), 1e-2)


@each([row for row in ROWS if not row.interpreter and row.name not in ODD_INVERSES])
def test_interpreter_agrees_with_oracle(row):
    case = row.cases[0]
    with hloom.enable_x64():
        xs = case.make(main_dtype(row))
        got = interpreted(bound(row, case))(*xs)
        for g, w in zip(got, expected(row, case, xs), strict=True):
            if dtypes.is_inexact(dtypes.dtype(g.dtype)):
                rtol, atol = row.tolerance(dtypes.dtype(g.dtype))
                np.testing.assert_allclose(g, w, rtol + SLACK, atol + SLACK)
            else:
                np.testing.assert_array_equal(g, w)


@each([row for row in ROWS if row.interpreter])
def test_interpreter_states_its_reason(row):
    """In a process of its own, which the interpreter may abort."""
    program = f"import test_interpreter; test_interpreter.run_row({row.name!r})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parent,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert row.interpreter in done.stderr


def run_row(name):
    """Run the first case of a row."""
    (row,) = [row for row in ROWS if row.name == name]
    with hloom.enable_x64():
        interpreted(bound(row, row.cases[0]))(*row.cases[0].make(main_dtype(row)))
