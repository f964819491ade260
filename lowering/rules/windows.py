"""Lowerings of reductions over windows."""

import math

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e, windows as w
from hloom.frontend.prims.combiner import IDENTITIES
from hloom.frontend.prims.structural import full, pad, slice
from hloom.lowering.rules.elementwise import compare
from hloom.lowering.rules.reduction import one_operation
from hloom.lowering.table import rule

#: windows of so many positions are taken apart
_FEW = 32


def _attributes(ctx, window):
    return {
        "window_dimensions": ctx.ints(window["window_dimensions"]),
        "window_strides": ctx.ints(window["window_strides"]),
        "base_dilations": ctx.ints(window["base_dilation"]),
        "window_dilations": ctx.ints(window["window_dilation"]),
        "padding": ctx.pairs(window["padding"]),
    }


def _windows(ctx, operands, inits, window, combine, outs=None):
    outs = ctx.outs if outs is None else outs
    scalars = [ShapedArray((), out.dtype) for out in outs]
    bodies = [(scalars * 2, combine)]
    attributes = _attributes(ctx, window)
    return ctx.regional("stablehlo.reduce_window", [*operands, *inits], attributes, bodies, outs)


def _named(primitive):
    @rule(primitive)
    def emit(ctx, x, **window):
        dtype = ctx.ins[0].dtype
        start = ctx.scalar(IDENTITIES[primitive.operation](dtype), dtype)
        return _windows(ctx, [x], [start], window, one_operation(primitive.operation, dtype))


for _primitive in w.OF_OPERATION.values():
    _named(_primitive)


@rule(w.reduce_window)
def _reduce_window(ctx, *values, computation, **window):
    n = len(values) // 2
    run = lambda body, *xs: body.run(computation, xs)
    return _windows(ctx, values[:n], values[n:], window, run)


# ---------------------------------------------------------------- where an extreme comes from
def _is_small(window):
    return math.prod(window["window_dimensions"]) <= _FEW


def _direction(select):
    return "GE" if select is e.ge else "LE"


@rule(w.select_and_gather_add)
def _gather(ctx, tangents, operand, *, select, **window):
    if _is_small(window):
        return ctx.lower_fun(_gather_apart, [tangents, operand], ctx.ins, select=select, **window)
    t, key = ctx.ins
    scalar_key, scalar_t = ShapedArray((), key.dtype), ShapedArray((), t.dtype)
    inits = [ctx.scalar(w.loser(select, key.dtype), key.dtype), ctx.scalar(0, t.dtype)]

    def choose(body, a, s, b, u):
        keep = compare(body, _direction(select), a, b, scalar_key)
        return [
            body.op("stablehlo.select", [keep, a, b], out=scalar_key)[0],
            body.op("stablehlo.select", [keep, s, u], out=scalar_t)[0],
        ]

    outs = [ctx.outs[0].update(dtype=key.dtype), ctx.outs[0]]
    return _windows(ctx, [operand, tangents], inits, window, choose, outs)[1:]


@rule(w.select_and_scatter_add)
def _scatter(ctx, source, operand, *, select, **window):
    holes = any(d != 1 for d in (*window["base_dilation"], *window["window_dilation"]))
    if holes or _is_small(window):
        return ctx.lower_fun(_scatter_apart, [source, operand], ctx.ins, select=select, **window)
    out, key = ctx.outs[0], ctx.ins[1]
    scalar_key, scalar = ShapedArray((), key.dtype), ShapedArray((), out.dtype)
    if key.dtype != out.dtype:
        return ctx.lower_fun(_scatter_apart, [source, operand], ctx.ins, select=select, **window)

    def better(body, a, b):
        return [compare(body, _direction(select), a, b, scalar_key)]

    def total(body, a, b):
        return body.op("stablehlo.add", [a, b], out=scalar)

    attributes = {
        "window_dimensions": ctx.ints(window["window_dimensions"]),
        "window_strides": ctx.ints(window["window_strides"]),
        "padding": ctx.pairs(window["padding"]),
    }
    zero = ctx.scalar(0, out.dtype)
    bodies = [([scalar_key] * 2, better), ([scalar] * 2, total)]
    operands = [operand, source, zero]
    return ctx.regional("stablehlo.select_and_scatter", operands, attributes, bodies)


def _gather_apart(tangents, operand, select, **window):
    parts = w.placements(operand, w.loser(select, operand.dtype), window)
    picked, *others = w.placements(tangents, typed_literal(0, tangents.dtype), window)
    for keep, t in zip(_kept(parts, select), others, strict=True):
        picked = e.select(keep, picked, t)
    return picked


def _kept(parts, select):
    """For each position but the first, whether an earlier one is at least as good."""
    best = parts[0]
    for part in parts[1:]:
        keep = select(best, part)
        yield keep
        best = e.select(keep, best, part)


def _scatter_apart(source, operand, select, **window):
    parts = w.placements(operand, w.loser(select, operand.dtype), window)
    zero = typed_literal(0, source.dtype)
    which = full(source.shape, typed_literal(0, dtypes.int32))
    for k, keep in enumerate(_kept(parts, select), 1):
        which = e.select(keep, which, typed_literal(k, dtypes.int32))
    padded = [
        w.dilated(n, step) + low + high
        for n, step, (low, high) in zip(
            operand.shape, window["base_dilation"], window["padding"], strict=True
        )
    ]
    total = None
    for k, offset in enumerate(w.offsets(window["window_dimensions"])):
        part = e.select(e.eq(which, typed_literal(k, dtypes.int32)), source, zero)
        config = []
        for o, wd, n, m, stride in zip(
            offset,
            window["window_dilation"],
            padded,
            source.shape,
            window["window_strides"],
            strict=True,
        ):
            config.append((o * wd, n - o * wd - w.dilated(m, stride), stride - 1))
        part = pad(part, zero, config)
        total = part if total is None else e.add(total, part)
    total = pad(total, zero, [(-low, -high, 0) for low, high in window["padding"]])
    return slice(total, [0] * len(padded), total.shape, window["base_dilation"])
