"""The reverse derivative of an exported function, exported with it and called by its file.

It is an exported function of its own, (*operands, *cotangents) -> cotangents, in which only the
floating operands and results have cotangents.
"""

from hloom.frontend import dtypes, pytree
from hloom.frontend.config import enable_x64
from hloom.frontend.keys import in_memory
from hloom.runtime.jit import jit
from hloom.runtime.spec import ShapeDtypeStruct
from hloom.transforms.custom import custom_vjp
from hloom.transforms.derivatives import vjp


def _floating(avals):
    return [i for i, aval in enumerate(avals) if dtypes.is_inexact(in_memory(aval).dtype)]


def exported(fun, convention, export, x64):
    """Export, by `export`, the derivative of `fun`, a function of a calling convention."""
    inputs, outputs = _floating(convention.in_avals), _floating(convention.out_avals)
    count = len(convention.in_avals)

    def reverse(*values):
        def floating(*xs):
            operands = list(values[:count])
            for i, x in zip(inputs, xs, strict=True):
                operands[i] = x
            args, kwargs = convention.arguments(operands)
            results = pytree.leaves(fun(*args, **kwargs))
            return [results[i] for i in outputs]

        return list(vjp(floating, *[values[i] for i in inputs])[1](list(values[count:])))

    reverse.__name__ = f"{convention.fun_name}_vjp"
    avals = [in_memory(a) for a in convention.in_avals]
    avals += [convention.out_avals[i] for i in outputs]
    with enable_x64(x64):
        return export(jit(reverse))(*[ShapeDtypeStruct(a.shape, a.dtype) for a in avals])


def attached(call, convention, derivative):
    """`call`, a function of operands, with the exported derivative that `derivative()` gives."""
    inputs, outputs = _floating(convention.in_avals), _floating(convention.out_avals)

    @custom_vjp
    def function(*operands):
        return call(*operands)

    def backward(operands, cotangents):
        found = derivative().call(*operands, *[cotangents[i] for i in outputs])
        each = dict(zip(inputs, found, strict=True))
        return tuple([each.get(i) for i in range(len(operands))])

    function.defvjp(lambda *operands: (function(*operands), operands), backward)
    return function
