"""Lowerings of control flow: `stablehlo.if`, `case` and `while`.

What a loop does not change is captured from around, not carried. A scan is a while loop that
counts: it reads one element of each of `xs` and writes one of each of `ys`, which start as zeros.
"""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims import control
from hloom.lowering.rules.elementwise import compare
from hloom.lowering.table import rule

_INDEX = ShapedArray((), "int32")
_BOOL = ShapedArray((), "bool")


@rule(control.cond)
def _cond(ctx, index, *operands, branches):
    def region(branch):
        return (), lambda body: body.run(branch, operands)

    if dtypes.is_bool(ctx.ins[0].dtype):
        no, yes = branches
        return ctx.regional("stablehlo.if", [index], None, [region(yes), region(no)])
    return ctx.regional("stablehlo.case", [index], None, [region(b) for b in branches])


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
    consts, carry, xs = operands[:num_consts], list(operands[num_consts:n]), operands[n:]
    ys_avals = ctx.outs[num_carry:]
    steps = _Steps(body, consts, num_carry, ctx.ins[n:], ys_avals, length, reverse, unroll > 1)
    ys = [ctx.scalar(0, y.dtype, y.shape) for y in ys_avals]
    turns, rest = divmod(length, unroll)
    if turns == 1:  # no loop: all steps stand in line
        turns, rest = 0, length
    if turns:
        bound = turns * unroll

        def cond(f, i, *_):
            return [compare(f, "LT", i, f.scalar(bound, "int32"), _INDEX)]

        def turn(f, i, *state):
            state = list(state)
            for k in range(unroll):
                state = steps.one(f, _plus(f, i, k), state, xs)
            return [_plus(f, i, unroll), *state]

        avals = [_INDEX, *ctx.outs]
        _, *state = loop(ctx, [ctx.scalar(0, "int32"), *carry, *ys], avals, cond, turn)
    else:
        state = [*carry, *ys]
    for k in range(length - rest, length):
        state = steps.one(ctx, ctx.scalar(k, "int32"), state, xs)
    return state


def _plus(f, i, k):
    return f.op("stablehlo.add", [i, f.scalar(k, "int32")], out=_INDEX)[0] if k else i


class _Steps:
    """Emits single steps of a scan into a block."""

    def __init__(self, body, consts, num_carry, xs_avals, ys_avals, length, reverse, several):
        self.body, self.consts, self.num_carry = body, consts, num_carry
        self.xs_avals, self.ys_avals = xs_avals, ys_avals
        self.length, self.reverse, self.several = length, reverse, several

    def one(self, f, i, state, xs):
        """The carry and ys after step number `i`, a value."""
        n = self.num_carry
        if self.reverse:
            (i,) = f.op("stablehlo.subtract", [f.scalar(self.length - 1, "int32"), i], out=_INDEX)
        elements = [_element(f, x, a, i) for x, a in zip(xs, self.xs_avals, strict=True)]
        run = f.call if self.several else f.run
        outs = run(self.body, [*self.consts, *state[:n], *elements])
        ys = [
            _store(f, buffer, y, a, i)
            for buffer, y, a in zip(state[n:], outs[n:], self.ys_avals, strict=True)
        ]
        return [*outs[:n], *ys]


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
