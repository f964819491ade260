"""Rules of reductions over windows.

A sum over windows transposes to a sum over windows of the holed and padded cotangent. The tangent
of an extreme is picked from the place of the extreme, and going back is adding to that place. Any
other window is differentiated as the combination of its positions, one by one.
"""

from hloom.frontend.families import typed_literal
from hloom.frontend.prims import windows as w
from hloom.frontend.prims.elementwise import ge, le
from hloom.frontend.prims.structural import full, pad
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import to_front
from hloom.transforms.rules.reduction import combined

jvp.linear(w.reduce_window_sum)


@transpose.rule(w.reduce_window_sum)
def _sum_back(cts, x, **window):
    """Every element gets the cotangents of the windows that it is in."""
    (ct,) = cts
    config, ones = [], (1,) * len(x.aval.shape)
    lengths = zip(
        x.aval.shape,
        aval_of(ct).shape,
        window["window_dimensions"],
        window["window_strides"],
        window["padding"],
        window["base_dilation"],
        window["window_dilation"],
        strict=True,
    )
    for n, m, length, stride, (low, _), step, wd in lengths:
        reach = w.dilated(length, wd)
        before = reach - 1 - low
        after = w.dilated(n, step) - 1 + reach - before - w.dilated(m, stride)
        config.append((before, after, stride - 1))
    padded = pad(ct, typed_literal(0, aval_of(ct).dtype), config)
    if 0 in x.aval.shape:
        return [full(x.aval.shape, typed_literal(0, aval_of(ct).dtype))]
    return w.reduce_window_sum.bind(
        padded,
        window_dimensions=window["window_dimensions"],
        window_strides=window["base_dilation"],
        padding=((0, 0),) * len(ones),
        base_dilation=ones,
        window_dilation=window["window_dilation"],
    )


def _extreme(primitive, select):
    @jvp.rule(primitive)
    def apply(primals, tangents, **window):
        (x,), (g,) = primals, tangents
        t = w.select_and_gather_add(g, x, select, **window)
        return primitive.bind(x, **window), [t]


_extreme(w.reduce_window_max, ge)
_extreme(w.reduce_window_min, le)


# ---------------------------------------------------------------- where an extreme comes from
def _picks(primitive, back):
    """Linear in the first operand; the second only says which elements are meant."""

    @jvp.rule(primitive)
    def apply(primals, tangents, **params):
        (_, operand), (g, _) = primals, tangents
        t = None if g is None else primitive(g, operand, **params)
        return primitive.bind(*primals, **params), [t]

    @transpose.rule(primitive)
    def apply_back(cts, _, operand, **params):
        return [back(cts[0], operand, **params), None]


_picks(w.select_and_gather_add, w.select_and_scatter_add)
_picks(w.select_and_scatter_add, w.select_and_gather_add)


# ---------------------------------------------------------------- any window
def _by_placements(program, n, window):
    """A function that does what `reduce_window` does, by elementwise combinations."""

    def fun(*args):
        xs, inits = args[:n], args[n:]
        parts = list(zip(*map(w.placements, xs, inits, [window] * n), strict=True))
        shape = aval_of(parts[0][0]).shape
        result = [full(shape, i) for i in inits]
        for part in parts:
            result = combined(program, result, part)
        return result

    return fun


@jvp.rule(w.reduce_window)
def _reduce_window(primals, tangents, *, computation, **window):
    fun = _by_placements(computation, len(primals) // 2, window)
    return jvp.jvp(fun, primals, tangents)


@batch.rule(w.reduce_window)
def _reduce_window_batch(axis, operands, dims, *, computation, **window):
    n = len(operands) // 2
    if any(d is not None for d in dims[n:]):
        return batch.batch(_by_placements(computation, n, window), axis, operands, dims)
    xs = [to_front(x, d, axis.size) for x, d in zip(operands[:n], dims[:n], strict=True)]
    params = _with_axis(window, 0)
    return w.reduce_window.bind(*xs, *operands[n:], computation=computation, **params), [0] * n


# ---------------------------------------------------------------- batching
_TRIVIAL = {
    "window_dimensions": 1,
    "window_strides": 1,
    "padding": (0, 0),
    "base_dilation": 1,
    "window_dilation": 1,
}


def _with_axis(window, d):
    """The parameters with a window of length 1 along a new axis d."""
    return {k: (*v[:d], _TRIVIAL[k], *v[d:]) for k, v in window.items()}


def _window_batch(axis, primitive, operands, dims, params):
    ((x,), (d,)) = operands, dims
    return primitive.bind(x, **_with_axis(params, d)), [d]


batch.families["window"] = _window_batch


def _picks_batch(primitive):
    @batch.rule(primitive)
    def apply(axis, operands, dims, *, select, **window):
        x, y = (to_front(v, d, axis.size) for v, d in zip(operands, dims, strict=True))
        return primitive.bind(x, y, select=select, **_with_axis(window, 0)), [0]


_picks_batch(w.select_and_gather_add)
_picks_batch(w.select_and_scatter_add)

for _primitive in (w.reduce_window, w.reduce_window_max, w.reduce_window_min):
    transpose.none(_primitive, "not linear")
