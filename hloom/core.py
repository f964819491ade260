"""The types under the functions: avals, traces and programs.

>>> import hloom
>>> from hloom.core import ShapedArray, Tracer
>>> seen = []
>>> _ = hloom.make_program(lambda x: (seen.append(isinstance(x, Tracer)), x)[1])(1.0)
>>> seen, ShapedArray((2,), "float32")
([True], f32[2])
"""

from hloom.api import ensure_compile_time_eval
from hloom.frontend.avals import ShapedArray
from hloom.frontend.ir import Eqn, Literal, Program, Var, check
from hloom.frontend.primitive import Primitive
from hloom.frontend.trace import Trace, Tracer

__all__ = [
    "Eqn",
    "Literal",
    "Primitive",
    "Program",
    "ShapedArray",
    "Trace",
    "Tracer",
    "Var",
    "check",
    "ensure_compile_time_eval",
    "eval_context",
]

eval_context = ensure_compile_time_eval
