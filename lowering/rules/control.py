"""Lowerings of control flow: `stablehlo.if`, `case` and `while`.

What a loop does not change is captured from around, not carried. A scan is a while loop that
counts: it reads one element of each of `xs` and writes one of each of `ys`, which start as zeros.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims import control
from hloom.lowering.rules.elementwise import compare
from hloom.lowering.table import rule

_INDEX = ShapedArray((), "int32")
_BOOL = ShapedArray((), "bool")


@rule(control.cond)
def _cond(ctx, index, *operands, branches):
    known = _constant(index)
    if known is not None:
        return ctx.inline(branches[min(max(known, 0), len(branches) - 1)], operands)

    def region(branch):
        return (), lambda body: body.run(branch, operands)

    if dtypes.is_bool(ctx.ins[0].dtype):
        no, yes = branches
        return ctx.regional("stablehlo.if", [index], None, [region(yes), region(no)])
    return ctx.regional("stablehlo.case", [index], None, [region(b) for b in branches])


def _constant(value):
    """The number that a value is known to be, or None."""
    owner = value.owner
    if getattr(owner, "name", None) != "stablehlo.constant":
        return None
    return int(np.asarray(owner.attributes["value"]))


@rule(control.platform_index)
def _platform_index(ctx, *, platforms):
    platform = ctx.module.platform
    index = platforms.index(platform) if platform in platforms else len(platforms)
    return [ctx.scalar(index, "int32")]


@rule(control.while_loop)
def _while(ctx, *operands, cond, body, cond_consts, body_consts):
    n = cond_consts + body_consts
    for_cond, for_body, carry = operands[:cond_consts], operands[cond_consts:n], operands[n:]
    return loop(
        ctx,
        carry,
        ctx.outs,
        lambda f, *xs: f.run(cond, [*for_cond, *xs]),
        lambda f, *xs: f.run(body, [*for_body, *xs]),
    )


def loop(ctx, carry, avals, cond, body):
    """`stablehlo.while` whose regions are filled by `cond(function, *carry)` and `body`."""
    bodies = [(avals, cond), (avals, body)]
    return ctx.regional("stablehlo.while", carry, None, bodies, avals)


# ---------------------------------------------------------------- scan
@rule(control.scan)
def _scan(ctx, *operands, body, num_consts, num_carry, length, reverse, unroll):
    n = num_consts + num_carry
    consts, carry = operands[:num_consts], operands[num_consts:n]
    turns, rest = divmod(length, unroll)
    once = unroll == 1 or length == 1  # else the body is a function, called several times

    def step(f, carry, elements):
        run = f.run if once else f.call
        outs = run(body, [*consts, *carry, *elements])
        return outs[:num_carry], outs[num_carry:]

    xs, ys = list(zip(operands[n:], ctx.ins[n:], strict=True)), ctx.outs[num_carry:]
    if turns == 1 or 0 < length < unroll:
        return _in_line(ctx, step, carry, xs, ys, length, reverse)
    avals = [_INDEX, *ctx.outs]

    def at(f, i, state):
        """The state after step number `i`, a value."""
        if reverse:
            (i,) = f.op("stablehlo.subtract", [f.scalar(length - 1, "int32"), i], out=_INDEX)
        elements = [_element(f, x, a, i) for x, a in xs]
        new, made = step(f, state[:num_carry], elements)
        stored = [
            _store(f, buffer, y, a, i)
            for buffer, y, a in zip(state[num_carry:], made, ys, strict=True)
        ]
        return [*new, *stored]

    def cond(f, i, *_):
        return [compare(f, "LT", i, f.scalar(turns * unroll, "int32"), _INDEX)]

    def turn(f, i, *state):
        for k in range(unroll):
            state = at(f, _plus(f, i, k), state)
        return [_plus(f, i, unroll), *state]

    state = [*carry, *[ctx.scalar(0, a.dtype, a.shape) for a in ys]]
    if turns:
        _, *state = loop(ctx, [ctx.scalar(0, "int32"), *state], avals, cond, turn)
    for k in range(length - rest, length):
        state = at(ctx, ctx.scalar(k, "int32"), state)
    return state


def _plus(f, i, k):
    return f.op("stablehlo.add", [i, f.scalar(k, "int32")], out=_INDEX)[0] if k else i


def _starts(f, i, aval):
    zero = f.scalar(0, "int32")
    return [i, *[zero] * (aval.ndim - 1)]


def _element(f, x, aval, i):
    sizes = (1, *aval.shape[1:])
    attributes = {"slice_sizes": f.ints(sizes)}
    one = aval.update(shape=sizes)
    (found,) = f.op("stablehlo.dynamic_slice", [x, *_starts(f, i, aval)], attributes, one)
    return f.reshape(found, aval.update(shape=sizes[1:]))


def _store(f, buffer, y, aval, i):
    y = f.reshape(y, aval.update(shape=(1, *aval.shape[1:])))
    return f.op("stablehlo.dynamic_update_slice", [buffer, y, *_starts(f, i, aval)], out=aval)[0]


# ---------------------------------------------------------------- all steps in line
def _in_line(ctx, step, carry, xs, ys, length, reverse):
    """A scan without a loop: one step after the other."""
    made = [None] * length
    for i in reversed(range(length)) if reverse else range(length):
        carry, made[i] = step(ctx, carry, [_piece(ctx, x, a, i) for x, a in xs])
    columns = zip(*made, strict=True)
    return [*carry, *[_stacked(ctx, column, a) for column, a in zip(columns, ys, strict=True)]]


def _piece(ctx, x, aval, i):
    one = aval.update(shape=(1, *aval.shape[1:]))
    if aval.shape[0] > 1:
        starts, limits = [i, *[0] * (aval.ndim - 1)], [i + 1, *aval.shape[1:]]
        attributes = {
            "start_indices": ctx.ints(starts),
            "limit_indices": ctx.ints(limits),
            "strides": ctx.ints([1] * aval.ndim),
        }
        (x,) = ctx.op("stablehlo.slice", [x], attributes, one)
    return ctx.reshape(x, aval.update(shape=aval.shape[1:]))


def _stacked(ctx, column, aval):
    one = aval.update(shape=(1, *aval.shape[1:]))
    parts = [ctx.reshape(y, one) for y in column]
    if len(parts) == 1:
        return parts[0]
    return ctx.op("stablehlo.concatenate", parts, {"dimension": ctx.i64(0)}, aval)[0]
