"""The generators of random bits, each as four functions on the words of one key.

threefry2x32    counter-based: bits depend on the key and the place alone; the same on every device
rbg             keys are split by threefry, bits come from the compiler's own generator
unsafe_rbg      keys are split by the compiler's generator too: fast, and not tested for quality
"""

from typing import NamedTuple

from hloom.frontend import dtypes
from hloom.frontend.keys import KEY_DTYPES
from hloom.frontend.prims import random as r
from hloom.frontend.prims.elementwise import bitwise_xor
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    concatenate,
    reshape,
    slice,
    transpose,
)
from hloom.frontend.trace import literal


class Generator(NamedTuple):
    """`seed(words)`, `split(key, shape)`, `fold_in(key, data)` and `bits(key, shape, width)`."""

    dtype: dtypes.ExtendedDType
    seed: object
    split: object
    fold_in: object
    bits: object


def _twice(words):
    return concatenate([words, words], 0)


def _split_halves(key, shape):
    halves = r.random_split(reshape(key, (2, 2)), shape)
    n = len(shape)
    return reshape(transpose(halves, (*range(1, n + 1), 0, n + 1)), (*shape, 4))


def _fold_in_halves(key, data):
    both = broadcast_in_dim(data, (2,), ())
    return reshape(r.random_fold_in(reshape(key, (2, 2)), both), (4,))


def _generated(key, shape, width):
    return r.rng_bit_generator(key, shape, f"uint{width}")[1]


def _split_generated(key, shape):
    # nine of ten blocks are skipped, so that neighbouring keys are not neighbouring blocks
    blocks = _generated(key, (*shape, 10, 4), 32)
    n = len(shape)
    return reshape(slice(blocks, (0,) * (n + 2), (*shape, 1, 4)), (*shape, 4))


def _fold_in_generated(key, data):
    blocks = _generated(_seed_words(data), (10, 4), 32)
    return bitwise_xor(key, reshape(slice(blocks, (9, 0), (10, 4)), (4,)))


def _seed_words(data):
    zero = broadcast_in_dim(literal(0, dtypes.uint32), (1,), ())
    return _twice(concatenate([zero, reshape(data, (1,))], 0))


#: name -> generator
GENERATORS = {
    "threefry2x32": Generator(
        KEY_DTYPES["threefry2x32"],
        lambda words: words,
        r.random_split,
        r.random_fold_in,
        r.random_bits,
    ),
    "rbg": Generator(KEY_DTYPES["rbg"], _twice, _split_halves, _fold_in_halves, _generated),
    "unsafe_rbg": Generator(
        KEY_DTYPES["unsafe_rbg"], _twice, _split_generated, _fold_in_generated, _generated
    ),
}
