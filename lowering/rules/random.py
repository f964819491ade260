"""Lowerings of the random primitives.

The cipher is written out, its 20 rounds in a row, so that all of it is one fused loop over the
elements. On CPU, barriers around it keep XLA from repeating a cipher inside each loop that reads
its result: along a chain of split keys that would double the work with each link.
"""

import math

import numpy as np

from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims import random as r
from hloom.frontend.prims.elementwise import (
    add,
    bitwise_or,
    bitwise_xor,
    convert_element_type,
    mul,
    shift_left,
    shift_right_logical,
)
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    concatenate,
    expand_dims,
    reshape,
    slice_in_dim,
)
from hloom.lowering.dialects import stablehlo
from hloom.lowering.table import none, rule

_UINT32, _UINT64 = np.dtype("uint32"), np.dtype("uint64")
_ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)
_PARITY = 0x1BD11BDA


def _rotate(x, bits):
    return bitwise_or(shift_left(x, bits), shift_right_logical(x, 32 - bits))


def threefry2x32(k0, k1, x0, x1):
    """Threefry-2x32 with 20 rounds: the words (x0, x1) under the key (k0, k1)."""
    schedule = k0, k1, bitwise_xor(bitwise_xor(k0, k1), _PARITY)
    x0, x1 = add(x0, k0), add(x1, k1)
    for i in range(5):
        for bits in _ROTATIONS[i % 2]:
            x0 = add(x0, x1)
            x1 = bitwise_xor(_rotate(x1, bits), x0)
        x0 = add(x0, schedule[(i + 1) % 3])
        x1 = add(x1, add(schedule[(i + 2) % 3], i + 1))
    return x0, x1


def words(key, shape):
    """The two words of keys u32[*batch, 2], repeated to [*batch, *shape] if there is a batch."""
    batch = key.shape[:-1]
    found = [reshape(slice_in_dim(key, i, i + 1, axis=-1), batch) for i in (0, 1)]
    if not batch:
        return found
    return [broadcast_in_dim(w, batch + shape, range(len(batch))) for w in found]


def counts(batch, shape):
    """The high and the low word of each place's number, in row-major order, [*batch, *shape].

    The high word is 0 where no number needs it.
    """
    wide = math.prod(shape) > 2**32
    dtype = _UINT64 if wide else _UINT32
    full, number = batch + shape, None
    for axis, n in enumerate(shape):
        if n > 1:
            stride = math.prod(shape[axis + 1 :])
            (place,) = broadcasted_iota.bind(dtype=dtype, shape=full, dimension=len(batch) + axis)
            place = mul(place, stride) if stride > 1 else place
            number = place if number is None else add(number, place)
    if number is None:
        number = broadcast_in_dim(np.zeros((), _UINT32), full, ())
    if not wide:
        return 0, number
    return _narrow(shift_right_logical(number, 32)), _narrow(number)


def _narrow(x):
    return convert_element_type(x, _UINT32)


def _stream(key, shape):
    k0, k1 = words(key, shape)
    return threefry2x32(k0, k1, *counts(key.shape[:-1], shape))


def random_bits(key, shape, width):
    """The bits of each place: one word, both or a part of their exclusive or."""
    high, low = _stream(key, shape)
    if width == 64:
        high, low = (
            convert_element_type.bind(w, dtype=_UINT64, weak_type=False)[0] for w in (high, low)
        )
        return bitwise_or(shift_left(high, 32), low)
    mixed = bitwise_xor(high, low)
    return mixed if width == 32 else convert_element_type(mixed, f"uint{width}")


def random_split(key, shape):
    """Both words of each place as a key."""
    return _pair(*_stream(key, shape))


def random_fold_in(key, data):
    """The number's cipher as a key."""
    k0, k1 = words(key, ())
    return _pair(*threefry2x32(k0, k1, 0, data))


def _pair(x0, x1):
    end = len(x0.shape)
    return concatenate([expand_dims(x0, [end]), expand_dims(x1, [end])], end)


def _shared(function):
    """The lowering that calls `function`, one for all equal uses in the module."""

    def emit(ctx, *operands, **params):
        outs = ctx.outs
        if ctx.module.platform == "cpu":
            operands = ctx.ops("stablehlo.optimization_barrier", operands, outs=ctx.ins)
        results = ctx.call_fun(function, operands, ctx.ins, **params)
        if ctx.module.platform == "cpu":
            results = ctx.ops("stablehlo.optimization_barrier", results, outs=outs)
        return results

    return emit


for _primitive, _function in (
    (r.threefry2x32, threefry2x32),
    (r.random_bits, random_bits),
    (r.random_split, random_split),
    (r.random_fold_in, random_fold_in),
):
    rule(_primitive)(_shared(_function))


@rule(r.rng_uniform)
def _uniform(ctx, a, b, *, shape):
    sizes = ctx.constant(np.array(shape, np.int64))
    kind = {"rng_distribution": ctx.enum(stablehlo.RngDistributionAttr.get, "UNIFORM")}
    return ctx.op("stablehlo.rng", [a, b, sizes], kind)


@rule(r.rng_bit_generator)
def _generator(ctx, key, *, shape, dtype, algorithm):
    state = ShapedArray((2,), _UINT64)
    narrow = ctx.ins[0].dtype == _UINT32
    if narrow:
        pairs = ctx.reshape(key, ShapedArray((2, 2), _UINT32))
        (key,) = ctx.op("stablehlo.bitcast_convert", [pairs], out=state)
    attributes = {
        "rng_algorithm": ctx.enum(stablehlo.RngAlgorithmAttr.get, r.ALGORITHMS[algorithm])
    }
    outs = ctx.outs
    key, bits = ctx.ops("stablehlo.rng_bit_generator", [key], attributes, [state, outs[1]])
    if narrow:
        (key,) = ctx.op("stablehlo.bitcast_convert", [key], out=ShapedArray((2, 2), _UINT32))
        key = ctx.reshape(key, outs[0])
    return [key, bits]


for _typed in (r.random_wrap, r.random_unwrap):
    none(_typed, "typed keys become words before lowering (transforms/physical.py)")
