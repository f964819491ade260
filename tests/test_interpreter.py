"""Every operation through StableHLO's reference interpreter, which shares no code with XLA."""

import numpy as np
import pytest
from jaxlib.mlir.dialects import stablehlo

import hloom
from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims.elementwise import convert_element_type, imag, real
from hloom.frontend.trace import stage
from hloom.lowering.context import dense
from hloom.lowering.module import lower
from test_ops import ROWS, bound, each, expected, main_dtype

#: error allowed beside that of the row: the interpreter adds up in another order
SLACK = 1e-13


def readable(x):
    """`x` as arrays of dtypes that NumPy reads from an attribute."""
    if dtypes.is_complex(x.dtype):
        return [real(x), imag(x)]
    if dtypes.itemsize_bits(x.dtype) < 32 and not dtypes.is_bool(x.dtype):
        return [convert_element_type(x, "float32")]
    return [x]


def interpret(f, xs):
    """The results of `f`, made readable, by the interpreter."""
    avals = [ShapedArray(x.shape, dtypes.dtype(x.dtype)) for x in xs]
    module = lower(
        stage(lambda *ys: [r for y in f(*ys) for r in readable(y)], avals), target="portable"
    )
    context = module.context
    with context.mlir, context.unknown:
        stablehlo.register_interpreter_dialect(context.mlir)
        return [np.array(y) for y in stablehlo.eval_module(module.ir, [dense(x) for x in xs])]


def parts(x):
    """An oracle's result as `readable` makes it."""
    return [np.real(x), np.imag(x)] if np.iscomplexobj(x) else [x]


@each([row for row in ROWS if not row.interpreter])
def test_interpreter_agrees_with_oracle(row):
    case = row.cases[0]
    with hloom.enable_x64():
        xs = case.make(main_dtype(row))
        got = interpret(bound(row, case), xs)
        wanted = [p for w in expected(row, case, xs) for p in parts(w)]
        for g, w in zip(got, wanted, strict=True):
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
                interpret(bound(row, case), case.make(main_dtype(row)))
            assert row.interpreter in str(error.value)
