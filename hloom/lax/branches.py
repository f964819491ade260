"""Choices made at run time: `cond` between two functions, `switch` between several."""

from typing import NamedTuple

import numpy as np

from hloom.frontend import dtypes, pytree
from hloom.frontend.capture import values_of, write_back
from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError, ControlFlowError, ValueRangeError
from hloom.frontend.families import as_operand
from hloom.frontend.flat import flatten_args, name_of
from hloom.frontend.keywords import judged
from hloom.frontend.prims import control
from hloom.frontend.prims.elementwise import clamp, convert_element_type
from hloom.frontend.staging import common_consts, require_callable, staged, writing
from hloom.frontend.trace import aval_of, concrete_or_none
from hloom.runtime.dispatch import at_once

_ABSENT = object()


@judged
def cond(pred, true_fun, false_fun, *operands, operand=_ABSENT):
    """`true_fun(*operands)` if the scalar `pred` holds (is not zero), else `false_fun(*operands)`.

    Both functions are traced and one is run; their results have one structure and equal types.
    Under `vmap` with a batched `pred` both are run, and each element takes its own. The older form
    `cond(pred, true_operand, true_fun, false_operand, false_fun)` is taken as well.

    >>> import hloom
    >>> hloom.lax.cond(True, lambda x: x + 1, lambda x: x - 1, 3)
    Array(4, dtype=int32, weak_type=True)
    """
    if len(operands) == 2 and not callable(true_fun) and callable(operands[1]):
        (mine, f), (theirs, g) = (true_fun, false_fun), operands
        require_callable("cond", f, "true_fun")
        true_fun, false_fun, operands = lambda x, _: f(x), lambda _, y: g(y), (mine, theirs)
    require_callable("cond", true_fun, "true_fun")
    require_callable("cond", false_fun, "false_fun")
    operands = _operands("cond", operands, operand)
    aval = aval_of(pred)
    if aval.shape:
        raise ControlFlowError(
            "cond: the predicate is a scalar",
            f"it is {aval}",
            "reduce it with .any() or .all(), or choose element by element with hloom.numpy.where",
        )
    known = concrete_or_none(pred)
    if thread.context.settings.disable_jit and known is not None:
        return true_fun(*operands) if known else false_fun(*operands)
    funs, names = (false_fun, true_fun), ("false_fun", "true_fun")
    index_of = _itself if dtypes.is_bool(aval.dtype) else _truth
    return _choose("cond", (pred,), index_of, funs, operands, names)


@judged
def switch(index, branches, *operands, operand=_ABSENT):
    """The result of `branches[index](*operands)`; an index out of range is moved into it.

    >>> import hloom
    >>> hloom.lax.switch(2, [lambda x: x, lambda x: -x, lambda x: x * x], 5)
    Array(25, dtype=int32, weak_type=True)
    """
    branches = tuple(branches)
    names = [f"branches[{i}]" for i in range(len(branches))]
    for fun, name in zip(branches, names, strict=True):
        require_callable("switch", fun, name)
    if not branches:
        raise ValueRangeError("switch: needs a branch", "branches is empty", "give one or more")
    operands = _operands("switch", operands, operand)
    aval = aval_of(index)
    if aval.shape or not dtypes.is_integer(aval.dtype):
        raise ControlFlowError(
            "switch: the index is an integer scalar",
            f"it is {aval}",
            "pass an int, or x.astype(int)",
        )
    known = concrete_or_none(index)
    if len(branches) == 1:
        return branches[0](*operands)
    if thread.context.settings.disable_jit and known is not None:
        return branches[min(max(int(known), 0), len(branches) - 1)](*operands)
    if type(known) is int:
        index = np.int32(min(max(known, 0), len(branches) - 1))
        return _choose("switch", (index,), _itself, branches, operands, names)
    return _choose("switch", (index,), _clamped, branches, operands, names)


@judged
def platform_dependent(*args, default=None, **per_platform):
    """The result of the function for the platform that is compiled for, or of `default`.

    Keywords are `cpu`, `cuda`, `rocm`, `tpu`; functions are called with `args`, and give results of
    equal structure and types. Only the chosen one is compiled.

    >>> import hloom
    >>> hloom.lax.platform_dependent(3.0, cpu=lambda x: x + 1, default=lambda x: x - 1)
    Array(4., dtype=float32, weak_type=True)
    """
    names = [*per_platform, *["default"] * (default is not None)]
    funs = [*per_platform.values(), *[default] * (default is not None)]
    for name, fun in zip(names, funs):
        require_callable("platform_dependent", fun, name)
    if not funs:
        raise ArgumentError(
            "platform_dependent: needs a function", "none was given", "pass cpu=... or default=..."
        )
    index_of = _PlatformIndex(tuple(per_platform))
    return _choose("platform_dependent", (), index_of, tuple(funs), args, names)


def _operands(what, operands, operand):
    if operand is _ABSENT:
        return operands
    if operands:
        raise ArgumentError(
            f"{what}: operands are positional, or one is given as operand=",
            f"there are {len(operands)} positional ones, and operand=",
            "leave operand= out",
        )
    return (operand,)


def _itself(index, _):
    return index


def _truth(pred, _):
    return convert_element_type(pred, bool)


def _clamped(index, count):
    """An index of any integer dtype as int32, moved into the range of `count` branches."""
    aval, last = aval_of(index), count - 1
    if aval.dtype.itemsize != 4:  # clamped in its own dtype, so that no value wraps around
        last = min(last, int(dtypes.iinfo(aval.dtype).max))
    return convert_element_type(clamp(0, as_operand(index), last), "int32")


class _PlatformIndex(NamedTuple):
    """The index among `platforms` of the one that is compiled for; one more for any other."""

    platforms: tuple

    def __call__(self, _):
        return control.platform_index.bind(platforms=self.platforms)[0]


def _choose(what, given, index_of, funs, operands, names):
    """The results of one of `funs`, by the index `index_of(*given, len(funs))`."""
    leaves, tree = flatten_args(funs[0], operands, {})
    avals = [aval_of(x) for x in leaves]
    found = [staged(fun, tree, avals, what) for fun in funs]
    _check_results(what, found, funs, names)
    refs = tuple(dict.fromkeys([r for s in found for r in s.written]))
    n = len(found[0].result_avals)
    if refs:
        found = [s._replace(program=writing(s, refs)) for s in found]
    consts, programs = common_consts(found)
    values = [*consts, *leaves, *values_of(refs)]

    def run(*values):
        index = index_of(*values[: len(given)], len(funs))
        return control.cond.bind(index, *values[len(given) :], branches=programs)

    if thread.context.trace is None and index_of is not _itself:
        outs = at_once(run, [*given, *values], index_of, programs)
    else:
        outs = run(*given, *values)
    write_back(refs, outs[n:])
    return found[0].out_tree.unflatten(outs[:n])


def _check_results(what, found, funs, names):
    first = found[-1] if what == "cond" else found[0]
    place = found.index(first)
    for other, name, fun in zip(found, names, funs, strict=True):
        if other is first:
            continue
        avals = [[str(a.strip_weak_type()) for a in s.result_avals] for s in (first, other)]
        if first.out_tree == other.out_tree and avals[0] == avals[1]:
            continue
        pair = names[place], name
        lines = pytree.difference(first.out_tree, other.out_tree, avals[0], avals[1], names=pair)
        raise ControlFlowError(
            f"{what}: the results of {names[place]} ({name_of(funs[place])}) "
            f"and {name} ({name_of(fun)}) differ",
            lines,
            "return one structure, with equal shapes and dtypes, from both",
        )
