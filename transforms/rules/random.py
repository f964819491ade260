"""Rules of the random primitives: bits have no tangents; a batch of keys is a batch of streams."""

from hloom.frontend.prims import random as r
from hloom.frontend.prims.structural import concatenate, expand_dims, reshape, slice_in_dim
from hloom.transforms import batch, jvp
from hloom.transforms.batch import move, to_front

for _bits in (r.threefry2x32, r.random_bits, r.random_split, r.random_fold_in, r.rng_bit_generator):
    jvp.none(_bits, "the results are integers")
jvp.none(r.rng_uniform, "a random number has no derivative in the ends of its range")
for _typed in (r.random_wrap, r.random_unwrap):
    jvp.none(_typed, "keys have no tangents")


@batch.rule(r.threefry2x32)
def _threefry_batch(axis, operands, dims):
    outs, (dim,) = batch.families["elementwise"](axis, r.threefry2x32, operands, dims, {})
    return outs, [dim, dim]


@batch.rule(r.random_bits)
def _bits_batch(axis, operands, dims, **params):
    return r.random_bits.bind(move(operands[0], dims[0], 0), **params), [0]


@batch.rule(r.random_split)
def _split_batch(axis, operands, dims, **params):
    return r.random_split.bind(move(operands[0], dims[0], 0), **params), [0]


@batch.rule(r.random_fold_in)
def _fold_in_batch(axis, operands, dims):
    (key, data), (key_dim, data_dim) = operands, dims
    key, data = to_front(key, key_dim, axis.size), to_front(data, data_dim, axis.size)
    return r.random_fold_in.bind(key, data), [0]


@batch.rule(r.rng_uniform)
def _uniform_batch(axis, operands, dims, *, shape):
    a, b = [to_front(x, d, axis.size) for x, d in zip(operands, dims, strict=True)]
    one = lambda x, i: reshape(slice_in_dim(x, i, i + 1), ())
    runs = [r.rng_uniform(one(a, i), one(b, i), (1, *shape)) for i in range(axis.size)]
    return [concatenate(runs, 0)], [0]


@batch.rule(r.rng_bit_generator)
def _generator_batch(axis, operands, dims, **params):
    # the generator has no batch: it runs once for each state
    states = move(operands[0], dims[0], 0)
    runs = [
        r.rng_bit_generator.bind(
            reshape(slice_in_dim(states, i, i + 1), states.shape[1:]), **params
        )
        for i in range(axis.size)
    ]
    return [concatenate([expand_dims(x, [0]) for x in xs], 0) for xs in zip(*runs, strict=True)], [
        0,
        0,
    ]


@batch.rule(r.random_wrap)
def _wrap_batch(axis, operands, dims, *, dtype):
    return r.random_wrap.bind(move(operands[0], dims[0], 0), dtype=dtype), [0]


@batch.rule(r.random_unwrap)
def _unwrap_batch(axis, operands, dims, **used):
    return r.random_unwrap.bind(operands[0], **used), dims
