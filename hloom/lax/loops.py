"""Loops whose body is traced once: `scan`, `while_loop` and `fori_loop`.

The carry of a loop keeps its structure, shapes and dtypes. An initial value of weak type, such as a
Python number, takes the dtype that the body gives it.
"""

import numpy as np

from hloom.frontend import dtypes, pytree
from hloom.frontend.capture import values_of, write_back
from hloom.frontend.context import thread
from hloom.frontend.errors import (
    ArgumentError,
    ControlFlowError,
    RefError,
    ShapeError,
    ValueRangeError,
)
from hloom.frontend.families import as_operand, typed_literal
from hloom.frontend.flat import flatten_args, name_of
from hloom.frontend.ir import Literal
from hloom.frontend.keywords import judged
from hloom.frontend.prims import control
from hloom.frontend.prims.elementwise import add, convert_element_type, lt
from hloom.frontend.refs import Cells
from hloom.frontend.staging import require_callable, seeing, staged
from hloom.frontend.trace import aval_of, concrete_or_none
from hloom.frontend.treedef import describe
from hloom.lax import stepwise
from hloom.transforms.programs import reordered


# ---------------------------------------------------------------- carries
def _staged_loop(what, fun, tree, carry, others, carry_tree_of, adapt=None):
    """The Staged body of a loop, and the initial carry as the body wants it.

    `carry_tree_of(out_tree)` gives the structure that the body returns for the carry, after it has
    checked what else it returns; the carry's own is the first child of the body's arguments.
    """
    while True:
        avals = [aval_of(x) for x in carry]
        found = staged(fun, tree, [*avals, *others], what, adapt)
        expected, returned = carry_tree_of(found.out_tree)
        outs = found.program.out_avals[: len(carry)]
        same = expected == returned
        promoted = [_promoted(x, a, b) for x, a, b in zip(carry, avals, outs)] if same else carry
        if all([p is x for p, x in zip(promoted, carry)]):
            break
        carry = promoted
    if not same or any([(a.shape, a.dtype) != (b.shape, b.dtype) for a, b in zip(avals, outs)]):
        hidden = _COUNTERS.get(adapt, 0)
        if hidden:
            expected, returned = expected.children()[hidden], returned.children()[hidden]
        raise _changed_carry(what, fun, expected, returned, avals[hidden:], outs[hidden:])
    return found, carry


def _promoted(x, aval, out):
    """An initial value of weak type in the dtype that the body makes of it; others as they are."""
    if not aval.weak_type or (out.weak_type and out.dtype == aval.dtype):
        return x
    dtype, _ = dtypes.join(aval.dtype, True, out.dtype, out.weak_type)
    if dtype == aval.dtype and out.weak_type:
        return x
    x = as_operand(x)
    if type(x) is Literal:
        return typed_literal(x.value, dtype, out.weak_type)
    return convert_element_type(x, dtype, out.weak_type)


def _changed_carry(what, fun, expected, returned, avals, outs):
    names = ("the carry", "the new carry")
    before, after = ([str(a.strip_weak_type()) for a in found] for found in (avals, outs))
    lines = pytree.difference(expected, returned, before, after, names=names)
    return ControlFlowError(
        f"{what}: the carry changes its type in {name_of(fun)}",
        lines,
        "return a carry of the structure, shapes and dtypes of the initial one",
    )


# ---------------------------------------------------------------- scan
@judged
def scan(f, init, xs=None, length=None, reverse=False, unroll=1, _split_transpose=False):
    """Run `carry, y = f(carry, x)` for each element `x` along the first axis of `xs`.

    `xs` is a tree of arrays with equal first axes, or None, and then `length` says how often. Of a
    mutable reference in `xs`, each step gets the view `ref.at[i]`.
    Returns the last carry and the `y` stacked. `reverse` goes from the last element to the first;
    `unroll` puts several steps (True: all of them) into one turn of the loop.

    >>> import hloom
    >>> hloom.lax.scan(lambda c, x: (c + x, c * x), 0, hloom.numpy.arange(4))
    (Array(6, dtype=int32), Array([0, 0, 2, 9], dtype=int32))
    """
    return scan_as("scan", f, init, xs, length, reverse, unroll)


def scan_as(what, f, init, xs, length, reverse, unroll, adapt=None):
    """`scan` under the name `what`; the body is `adapt(f)`, if that is given."""
    require_callable(what, f, "the body")
    leaves, tree = flatten_args(f, (init, xs), {}, lend=True)
    init_tree, xs_tree = tree.children()[0].children()
    n = init_tree.num_leaves
    if any([isinstance(x, Cells) for x in leaves[n:]]):
        body = adapt(f) if adapt else f
        return _along_refs(what, body, init, leaves[n:], xs_tree, length, reverse, unroll)
    length = length_of(what, leaves[n:], xs_tree, length)
    unroll = _unroll(what, unroll, length)
    elements = [a.update(shape=a.shape[1:]) for a in [aval_of(x) for x in leaves[n:]]]
    if thread.context.settings.disable_jit and length:
        return stepwise.scan(adapt(f) if adapt else f, init, xs, length, reverse)

    def carry_trees(out_tree):
        kind = out_tree.node_data()
        if kind is None or kind[0] not in (tuple, list) or len(out_tree.children()) != 2:
            raise ControlFlowError(
                f"{what}: the body returns a pair (carry, y)",
                f"{name_of(f)} returned {describe(out_tree)}",
                "return exactly two things; y may be None",
            )
        return init_tree, out_tree.children()[0]

    found, carry = _staged_loop(what, f, tree, leaves[:n], elements, carry_trees, adapt)
    refs, program, m = found.written, found.program, n + len(found.written)
    if refs:  # they are carried
        in_sizes = len(found.consts) + n, len(elements), len(refs)
        out_sizes = n, len(program.outvars) - m, len(refs)
        program = reordered(program, in_sizes, (0, 2, 1), out_sizes, (0, 2, 1))
    outs = control.scan.bind(
        *found.consts,
        *carry,
        *values_of(refs),
        *leaves[n:],
        body=program,
        num_consts=len(found.consts),
        num_carry=m,
        length=length,
        reverse=bool(reverse),
        unroll=unroll,
    )
    if refs:
        write_back(refs, outs[n:m])
        del outs[n:m]
    return tuple(found.out_tree.unflatten(outs))


def _along_refs(what, f, init, xs, tree, length, reverse, unroll):
    """`scan_as` with refs among `xs`, leaves of `tree`: step i gets a view of their elements i."""
    values = [x.take() if isinstance(x, Cells) else x for x in xs]
    length = length_of(what, values, tree, length)

    def step(carry, place):
        i, elements = place
        rest = iter(elements)
        parts = [x.at[i] if isinstance(x, Cells) else next(rest) for x in xs]
        return f(carry, tree.unflatten(parts))

    step.__name__ = name_of(f)
    arrays = [x for x in xs if not isinstance(x, Cells)]
    places = np.arange(length, dtype=np.int32)
    return scan_as(what, step, init, (places, arrays), length, reverse, unroll)


def length_of(what, xs, tree, length=None):
    """The number of steps, from the first axes of `xs` and `length`."""
    avals = [aval_of(x) for x in xs]
    found = {a.shape[0] for a in avals if a.shape}
    if length is not None:
        length = int(length.__index__())
        found.add(length)
    if any([not a.shape for a in avals]):
        lines = _axis_lines(tree, avals, lambda a: a if a.shape else f"{a}, which has no axis")
        remedy = "give each an axis of steps first; a list of numbers becomes one by numpy.array"
        raise ShapeError(f"{what}: goes along the first axis of each of xs", lines, remedy)
    if len(found) > 1:
        lines = _axis_lines(tree, avals, lambda a: f"{a}, which is {a.shape[0]} steps")
        if length is not None:
            lines.append(f"length is {length}")
        raise ShapeError(f"{what}: the first axes disagree", lines, "give all of xs one length")
    if not found:
        remedy = "pass xs, or length=n"
        raise ArgumentError(
            f"{what}: needs xs or a length", "xs has no arrays, length is None", remedy
        )
    (n,) = found
    if n < 0:
        raise ValueRangeError(f"{what}: the length is negative", f"it is {n}", "use 0 or more")
    return n


def _axis_lines(tree, avals, say):
    return [f"xs{path}: {say(a)}" for path, a in zip(pytree.leaf_paths(tree), avals)]


def _unroll(what, unroll, length):
    if isinstance(unroll, bool):
        return max(length, 1) if unroll else 1
    n = int(unroll.__index__())
    if n < 0:
        raise ValueRangeError(f"{what}: unroll is negative", f"it is {n}", "use True, or 1 or more")
    return max(n, 1)


# ---------------------------------------------------------------- while
@judged
def while_loop(cond_fun, body_fun, init_val):
    """Apply `body_fun` to a value as long as `cond_fun` of it is true; the last value.

    The number of turns need not be known, so it has a forward derivative only; `scan`, and
    `fori_loop` with static bounds, have both.

    >>> import hloom
    >>> hloom.lax.while_loop(lambda x: x < 100, lambda x: x * 2, 3)
    Array(192, dtype=int32, weak_type=True)
    """
    return _while("while_loop", cond_fun, body_fun, init_val)


def _while(what, cond_fun, body_fun, init_val, adapt_cond=None, adapt_body=None):
    require_callable(what, cond_fun, "the condition")
    require_callable(what, body_fun, "the body")
    leaves, tree = flatten_args(body_fun, (init_val,), {})
    if thread.context.settings.disable_jit:
        fun = adapt_cond(cond_fun) if adapt_cond else cond_fun
        body = adapt_body(body_fun) if adapt_body else body_fun
        return stepwise.while_loop(fun, body, init_val)
    (carry_tree,) = tree.children()[0].children()
    body, carry = _staged_loop(
        what, body_fun, tree, leaves, [], lambda out: (carry_tree, out), adapt_body
    )
    cond = staged(cond_fun, tree, [aval_of(x) for x in carry], what, adapt_cond)
    outs = cond.program.out_avals
    leaf = pytree.treedef_is_leaf(cond.out_tree)
    if not leaf or outs[0].shape or not dtypes.is_bool(outs[0].dtype):
        raise ControlFlowError(
            f"{what}: the condition returns one bool",
            f"{name_of(cond_fun)} returned {outs[0] if leaf else describe(cond.out_tree)}",
            "return a scalar comparison, or reduce an array with .any() or .all()",
        )
    if cond.written:
        raise RefError(
            f"{what}: the condition writes no mutable references",
            f"{name_of(cond_fun)} writes {cond.written[0].aval}, which was made outside",
            "write it in the body",
        )
    refs, program, consts = body.written, cond.program, cond.consts
    if refs:  # they are carried, and the condition sees what the body has written
        program, consts = seeing(cond, refs)
    found = control.while_loop.bind(
        *consts,
        *body.consts,
        *carry,
        *values_of(refs),
        cond=program,
        body=body.program,
        cond_consts=len(consts),
        body_consts=len(body.consts),
    )
    write_back(refs, found[len(carry) :])
    return carry_tree.unflatten(found[: len(carry)])


# ---------------------------------------------------------------- counted loops
@judged
def fori_loop(lower, upper, body_fun, init_val, *, unroll=None):
    """`x = body_fun(i, x)` for each integer `i` from `lower` to below `upper`; the last `x`.

    With bounds known while tracing it is a `scan`, which can be differentiated in reverse and
    unrolled; with traced bounds it is a `while_loop`.

    >>> import hloom
    >>> hloom.lax.fori_loop(1, 5, lambda i, x: x * i, 1)
    Array(24, dtype=int32, weak_type=True)
    """
    require_callable("fori_loop", body_fun, "the body")
    lower, upper = _bound("the lower bound", lower), _bound("the upper bound", upper)
    if type(lower) is int and type(upper) is int:
        length = max(upper - lower, 0)
        init = (lower, init_val)
        unroll = 1 if unroll is None else unroll
        (_, x), _ = scan_as("fori_loop", body_fun, init, None, length, False, unroll, _counting)
        return x
    if unroll is not None:
        raise ValueRangeError(
            "fori_loop: only a loop with static bounds is unrolled",
            f"the bounds are traced: {aval_of(lower)} and {aval_of(upper)}",
            "leave unroll out, or make the bounds Python ints",
        )
    dtype, weak = dtypes.join(*_dtype_and_weak(lower), *_dtype_and_weak(upper))
    lower = convert_element_type(as_operand(lower), dtype, weak)
    upper = convert_element_type(as_operand(upper), dtype, weak)
    start = (lower, upper, init_val)
    return _while("fori_loop", _below, body_fun, start, None, _stepping)[2]


def _bound(what, x):
    """A bound as a Python int when it is known, else as it is; an integer scalar."""
    aval = aval_of(x)
    if aval.shape or not dtypes.is_integer(aval.dtype):
        raise ControlFlowError(
            f"fori_loop: {what} is an integer", f"it is {aval}", "pass an int, or x.astype(int)"
        )
    known = concrete_or_none(x)
    return x if known is None else int(known)


def _dtype_and_weak(x):
    aval = aval_of(x)
    return aval.dtype, aval.weak_type


def _counting(body):
    """The body of a scan that counts."""

    def step(carry, _):
        i, x = carry
        return (add(i, 1), body(i, x)), None

    return step


def _stepping(body):
    """The body of a while loop that counts up to a bound."""

    def step(carry):
        i, upper, x = carry
        return add(i, 1), upper, body(i, x)

    return step


#: what stands before the user's carry in a carry that counts
_COUNTERS = {_counting: 1, _stepping: 2}


def _below(carry):
    return lt(carry[0], carry[1])
