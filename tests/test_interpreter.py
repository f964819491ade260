"""Every operation through StableHLO's reference interpreter, which shares no code with XLA."""

import numpy as np
import pytest

import hloom
from hloom.frontend import dtypes
from interpreter import interpreted
from test_ops import ROWS, bound, each, expected, main_dtype

#: error allowed beside that of the row: the interpreter adds up in another order
SLACK = 1e-13


@each([row for row in ROWS if not row.interpreter])
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


def test_interpreter_states_its_reasons():
    for row in ROWS:
        if row.interpreter:
            case = row.cases[0]
            with hloom.enable_x64(), pytest.raises(Exception) as error:
                interpreted(bound(row, case))(*case.make(main_dtype(row)))
            assert row.interpreter in str(error.value)
