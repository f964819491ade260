"""`composite`: functions that stay one named operation in StableHLO, for compilers that know it."""

import functools

import numpy as np

from hloom.frontend import dtypes, pytree
from hloom.frontend.array import Array
from hloom.frontend.errors import ArgumentError
from hloom.frontend.flat import flatten_args
from hloom.frontend.ir import Program
from hloom.frontend.keywords import judged
from hloom.frontend.prims import calls
from hloom.frontend.staging import require_callable, staged
from hloom.frontend.trace import Tracer, aval_of


class Constant:
    """A NumPy array as an attribute: compared by its value."""

    def __init__(self, array):
        self.array = np.asarray(array)
        self._key = self.array.dtype, self.array.shape, self.array.tobytes()

    def __eq__(self, other):
        return type(other) is Constant and self._key == other._key

    def __hash__(self):
        return hash(self._key)

    def __repr__(self):
        return repr(self.array)


@judged
def composite(decomposition, name, version=0):
    """A function that does what `decomposition` does, as one operation `name` in StableHLO.

    Positional arguments are its operands, keyword arguments its attributes: text, numbers, NumPy
    arrays, dtypes, and tuples of these; those that are None are left out. A compiler that does not
    know the name inlines the decomposition, and so does every transformation.

    >>> import functools, hloom
    >>> @functools.partial(hloom.lax.composite, name="my.scale")
    ... def scale(x, *, factor):
    ...     return x * factor
    >>> scale(3.0, factor=2)
    Array(6., dtype=float32, weak_type=True)
    """
    require_callable("composite", decomposition, "decomposition")

    @functools.wraps(decomposition)
    def call(*args, **kwargs):
        attributes = tuple(
            [
                (key, _attribute(name, key, value))
                for key, value in sorted(kwargs.items())
                if value is not None
            ]
        )
        function = decomposition
        if kwargs:
            function = functools.update_wrapper(
                functools.partial(decomposition, **kwargs), decomposition
            )
        leaves, tree = flatten_args(function, args, {})
        found = staged(function, tree, [aval_of(x) for x in leaves], "composite")
        outs = calls.composite.bind(
            *leaves,
            program=_with_constants(found, name),
            name=name,
            version=int(version),
            attributes=attributes,
        )
        return found.out_tree.unflatten(outs)

    return call


def _with_constants(found, name):
    """The staged program, in which the arrays that it closes over are constants."""
    program, n = found.program, len(found.consts)
    for x in found.consts:
        if isinstance(x, Tracer):
            raise ArgumentError(
                f"composite: {name} takes all its traced arrays as operands",
                f"{program.name} closes over {aval_of(x)}, traced under {x.trace.what}",
                "pass the array as a positional argument",
            )
    if not n:
        return program
    operands = program.invars[:n], program.invars[n:]
    return Program(*operands, program.eqns, program.outvars, found.consts, program.name)


def _attribute(name, key, value):
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return tuple([_attribute(name, key, v) for v in value])
    if isinstance(value, np.dtype | type):
        return dtypes.dtype(value).name
    if isinstance(value, np.ndarray | np.generic) or (
        isinstance(value, Array) and not isinstance(value, Tracer)
    ):
        return Constant(value)
    raise ArgumentError(
        f"composite: attribute {key} of {name} is not one that StableHLO has",
        f"it is {value!r}",
        "pass text, numbers, NumPy arrays or tuples by keyword, and traced arrays by position",
    )


@judged
def dce_sink(val, *, prevent_mlir_dce=False):
    """Have the arrays of a tree computed where nobody uses them; None.

    Passes over programs keep what goes into it. With `prevent_mlir_dce`, passes over StableHLO find
    it used as well.
    """
    calls.dce_sink.bind(*pytree.leaves(val), keep=bool(prevent_mlir_dce))
