"""`debug_nans` and `debug_infs`: find the operation that first makes one, also inside jit.

After each execution the results are looked at. If one holds a NaN, the program is run again, one
equation after another, and the first whose results hold a NaN although its operands do not is
named.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.config import override
from hloom.frontend.context import thread, tracing
from hloom.frontend.errors import NanError
from hloom.frontend.ir import Literal, Var, sub_programs
from hloom.frontend.prims import control
from hloom.runtime import key_watch
from hloom.runtime.array import DeviceArray, wrap_all

_SETTING = {"a NaN": "debug_nans", "an infinity": "debug_infs"}


class Checked:
    """An executable that raises NanError when a result holds a NaN or, if asked, an infinity."""

    def __init__(self, executable, program):
        self.executable = executable
        self.program = program

    def __call__(self, buffers):
        """Run on a tuple of buffers; a list of arrays."""
        results = self.executable(buffers)
        flaw = next(filter(None, map(_flaw, results)), None)
        if flaw:
            locate(self.program, wrap_all(buffers, self.program.in_avals))
            asked = f"{self.program.name}: a result holds {flaw}"
            raise NanError(
                asked, "run alone, none of its operations makes one", "compare with jit off"
            )
        return results


def checked(executable):
    """The executable, or one that looks at its keys and its results if the settings ask for it."""
    settings, run = thread.context.settings, executable
    if settings.debug_key_reuse:
        run = key_watch.watched(executable)
    if settings.debug_nans or settings.debug_infs:
        run = Checked(run, executable.program)
    return run


def _flaw(x):
    """What the settings forbid in a concrete array: "a NaN", "an infinity", or None if nothing."""
    settings = thread.context.settings
    if settings.debug_nans and _holds(np.isnan, x):
        return "a NaN"
    return "an infinity" if settings.debug_infs and _holds(np.isinf, x) else None


def _holds(test, x):
    if not isinstance(x, Array | np.ndarray) or not dtypes.is_inexact(x.dtype) or x.size == 0:
        return False
    if isinstance(x, DeviceArray) and x.is_deleted():
        return False
    return bool(test(np.asarray(x).astype(np.complex128)).any())


def locate(program, args):
    """Run a program equation by equation; raise NanError at the first that makes one.

    Returns the results, if none does.
    """
    env = dict(zip(program.constvars + program.invars, [*program.consts, *args]))
    with tracing(None):
        for eqn in program.eqns:
            operands = [env[a] if type(a) is Var else a for a in eqn.invars]
            with override(debug_nans=False, debug_infs=False):
                results = eqn.primitive.bind(*operands, **eqn.params)
            flaw = next(filter(None, map(_flaw, results)), None)
            if flaw:
                _look_inside(eqn, operands)
                fresh = not any(map(_flaw, [x for x in operands if isinstance(x, DeviceArray)]))
                origin = "its operands hold none" if fresh else "an input holds one already"
                raise NanError(
                    f"{eqn.primitive.name}: made {flaw}",
                    origin,
                    f"look at the values there, or turn {_SETTING[flaw]} off",
                    eqn.source,
                )
            env.update(zip(eqn.outvars, results))
    return [env[a] if type(a) is Var else a for a in program.outvars]


def _look_inside(eqn, operands):
    """Locate in the programs of an equation, of loops turn by turn."""
    params = eqn.params
    if eqn.primitive is control.cond:
        index = int(np.clip(_known(operands[0]), 0, len(params["branches"]) - 1))
        locate(params["branches"][index], operands[1:])
    elif eqn.primitive is control.while_loop:
        n = params["cond_consts"]
        m = n + params["body_consts"]
        carry = operands[m:]
        while _known(locate(params["cond"], operands[:n] + carry)[0]):
            carry = locate(params["body"], operands[n:m] + carry)
    elif eqn.primitive is control.scan:
        n = params["num_consts"]
        m = n + params["num_carry"]
        carry, turns = operands[n:m], range(params["length"])
        for i in reversed(turns) if params["reverse"] else turns:
            with override(debug_nans=False, debug_infs=False):
                xs = [x[i] for x in operands[m:]]
            carry = locate(params["body"], operands[:n] + carry + xs)[: m - n]
    else:
        for nested in sub_programs(eqn):
            if len(nested.invars) == len(operands):
                locate(nested, operands)


def _known(x):
    return x.value if type(x) is Literal else np.asarray(x)
