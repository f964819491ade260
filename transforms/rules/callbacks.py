"""Rules of callbacks: what a derivative and a batch make of a function on the host."""

from hloom.frontend.errors import RuleError, ValueRangeError
from hloom.frontend.prims.callbacks import (
    EachLane,
    debug_callback,
    io_callback,
    ordered_call,
    pure_callback,
)
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import at_front, spread, to_front


# ---------------------------------------------------------------- derivatives
def _no_jvp(primitive):
    def refuse(primals, tangents, *, function, **_):
        raise RuleError(
            f"{primitive.name}: {function.__name__} is a Python function without a derivative",
            "an operand of it is being differentiated",
            "state its derivative with hloom.custom_jvp or hloom.custom_vjp, "
            "or pass hloom.lax.stop_gradient(x)",
            function.source,
        )

    return refuse


@jvp.rule(debug_callback)
def _debug_jvp(primals, tangents, **params):
    debug_callback.bind(*primals, **params)
    return [], []


jvp.none(ordered_call, "it is made after all derivatives")
for _primitive in (pure_callback, io_callback):
    jvp.rules[_primitive] = _no_jvp(_primitive)
    transpose.none(_primitive, "it has no tangents")


@transpose.rule(debug_callback)
def _debug_transpose(cts, *operands, **_):
    # tangents that have no values on the way back cannot be looked at
    return [None] * len(operands)


# ---------------------------------------------------------------- batches
def _each(primitive, axis, operands, dims, function, **params):
    batched = tuple([d is not None for d in dims])
    front = [at_front(x, d) for x, d in zip(operands, dims, strict=True)]
    outs = primitive.bind(*front, function=EachLane(function, axis.size, batched), **params)
    return outs, [0] * len(outs)


@batch.rule(debug_callback)
def _debug_batch(axis, operands, dims, *, function, ordered):
    return _each(debug_callback, axis, operands, dims, function, ordered=ordered)


@batch.rule(io_callback)
def _io_batch(axis, operands, dims, *, function, ordered):
    if ordered:
        raise ValueRangeError(
            f"io_callback: {function.__name__} is ordered, and a batch has no order",
            "it was called under vmap with ordered=True",
            "use hloom.lax.map or scan, which go one by one, or ordered=False",
            function.source,
        )
    return _each(io_callback, axis, operands, dims, function, ordered=ordered)


@batch.rule(pure_callback)
def _pure_batch(axis, operands, dims, *, function, vmap_method):
    if vmap_method is None:
        raise RuleError(
            f"pure_callback: {function.__name__} does not say what vmap makes of it",
            "vmap_method is None",
            'pass vmap_method="sequential", or "expand_dims" or "broadcast_all" '
            "if the function takes leading axes",
            function.source,
        )
    if vmap_method.startswith("sequential"):
        return _each(pure_callback, axis, operands, dims, function, vmap_method=vmap_method)
    full = [
        WITHOUT_BATCH[vmap_method](x, axis.size) if d is None else to_front(x, d, axis.size)
        for x, d in zip(operands, dims, strict=True)
    ]
    wide = function.of_avals([a.update(shape=(axis.size, *a.shape)) for a in function.out_avals])
    outs = pure_callback.bind(*full, function=wide, vmap_method=vmap_method)
    return outs, [0] * len(outs)


#: vmap_method -> what becomes of an operand that is the same for the whole batch
WITHOUT_BATCH = {
    "expand_dims": lambda x, size: spread(x, 1),
    "broadcast_all": lambda x, size: spread(x, size),
    "legacy_vectorized": lambda x, size: x,
}
batch.none(ordered_call, "it is made after all batching")
