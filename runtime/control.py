"""Control flow on concrete values: one executable, kept with the program that it runs."""

from hloom.frontend.context import thread
from hloom.frontend.prims import control
from hloom.frontend.prims.implicit import linear_solve
from hloom.frontend.trace import stage
from hloom.runtime import nans
from hloom.runtime.array import DeviceArray, as_array
from hloom.runtime.compile import compiled, prepared


def _kept_with(primitive, holder):
    """Keep the executables of `primitive` in the memo of `holder(params)`, one of its programs."""

    def eager(args, params):
        avals, buffers = [], []
        for a in args:
            if type(a) is not DeviceArray:
                a = as_array(a)
            avals.append(a.aval)
            buffers.append(a._raw)
        memo = holder(params).memo
        key = (primitive, thread.context.settings, tuple(avals), *params.items())
        found = memo.get(key)
        if found is None:
            program = stage(lambda *xs: primitive.bind(*xs, **params), avals, primitive.name)
            found = memo[key] = nans.checked(compiled(prepared(program), primitive.name))
        return found(tuple(buffers))

    primitive.eager = eager


_kept_with(control.cond, lambda params: params["branches"][0])
_kept_with(control.while_loop, lambda params: params["body"])
_kept_with(control.scan, lambda params: params["body"])
_kept_with(linear_solve, lambda params: params["solve"])
