"""`debug_nans`: find the operation that first makes a NaN, also inside jit.

After each execution the results are looked at. If one holds a NaN, the program is run again, one
equation after another, and the first whose results hold a NaN although its operands do not is
named.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.config import override
from hloom.frontend.context import tracing
from hloom.frontend.errors import NanError
from hloom.frontend.ir import Var, sub_programs
from hloom.runtime.array import DeviceArray, wrap_all


class Checked:
    """An executable that raises NanError when a result holds a NaN."""

    def __init__(self, executable):
        self.executable = executable

    def __call__(self, buffers):
        """Run on a tuple of buffers; a list of arrays."""
        results = self.executable(buffers)
        if any(map(has_nan, results)):
            program = self.executable.program
            locate(program, wrap_all(buffers, program.in_avals))
            asked = f"{program.name}: a result is NaN"
            raise NanError(
                asked, "run alone, none of its operations makes one", "compare with jit off"
            )
        return results


checked = Checked


def has_nan(x):
    """Whether a concrete array holds a NaN."""
    if not isinstance(x, Array | np.ndarray) or not dtypes.is_inexact(x.dtype) or x.size == 0:
        return False
    if isinstance(x, DeviceArray) and x.is_deleted():
        return False
    return bool(np.isnan(np.asarray(x).astype(np.complex128)).any())


def locate(program, args):
    """Run a program equation by equation; raise NanError at the first that makes a NaN."""
    env = dict(zip(program.constvars + program.invars, [*program.consts, *args]))
    with tracing(None), override(debug_nans=False):
        for eqn in program.eqns:
            operands = [env[a] if type(a) is Var else a for a in eqn.invars]
            results = eqn.primitive.bind(*operands, **eqn.params)
            if any(map(has_nan, results)):
                for nested in sub_programs(eqn):
                    if len(nested.invars) == len(operands):
                        locate(nested, operands)
                fresh = not any(map(has_nan, [x for x in operands if isinstance(x, DeviceArray)]))
                origin = "its operands hold none" if fresh else "an input holds one already"
                raise NanError(
                    f"{eqn.primitive.name}: made a NaN",
                    origin,
                    "look at the values there, or turn debug_nans off",
                    eqn.source,
                )
            env.update(zip(eqn.outvars, results))
