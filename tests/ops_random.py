"""Rows of the random primitives, against the ciphers written out once more in NumPy."""

import functools

import numpy as np

from hloom.frontend.keys import key_dtype
from hloom.frontend.prims import random as r
from ops import A, Op, case

ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24]


def threefry(k0, k1, x0, x1):
    """Threefry-2x32, 20 rounds, on 64-bit integers."""
    k0, k1, x0, x1 = (np.asarray(v, np.uint64) for v in (k0, k1, x0, x1))
    word = np.uint64(0xFFFFFFFF)
    keys = [k0, k1, k0 ^ k1 ^ np.uint64(0x1BD11BDA)]
    x0, x1 = x0 + k0 & word, x1 + k1 & word
    for i in range(20):
        turn = np.uint64(ROTATIONS[i % 8])
        x0 = x0 + x1 & word
        x1 = (x1 << turn | x1 >> np.uint64(32) - turn) & word ^ x0
        if i % 4 == 3:
            n = i // 4 + 1
            x0 = x0 + keys[n % 3] & word
            x1 = x1 + keys[(n + 1) % 3] + np.uint64(n) & word
    return [x0.astype(np.uint32), x1.astype(np.uint32)]


def stream(key, shape):
    """Both words of each place, for each key of a batch."""
    places = np.arange(int(np.prod(shape))).reshape(shape)
    batch = key.shape[:-1]
    k0, k1 = (key[..., i].reshape(batch + (1,) * len(shape)) for i in (0, 1))
    return threefry(k0, k1, np.zeros_like(places), places)


def bits(key, shape, width):
    high, low = stream(key, shape)
    if width == 64:
        return high.astype(np.uint64) << np.uint64(32) | low
    return (high ^ low).astype(f"uint{width}")


def philox(state, shape):
    """Philox-4x32, 10 rounds: the key is the first half of the state, which also counts on."""
    k = [int(v) for v in state[:2]]
    word, found = 0xFFFFFFFF, []
    count = -(-int(np.prod(shape)) // 4)
    start = int(state[2]) | int(state[3]) << 32
    for i in range(count):
        n = start + i
        c, (a, b) = [n & word, n >> 32 & word, *k], k
        for _ in range(10):
            p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
            c = [(q >> 32) ^ c[1] ^ a, q & word, (p >> 32) ^ c[3] ^ b, p & word]
            a, b = a + 0x9E3779B9 & word, b + 0xBB67AE85 & word
        found += c
    after = start + count
    state = [*state[:2], after & word, after >> 32 & word]
    flat = np.array(found[: int(np.prod(shape))], np.uint32)
    return [np.array(state, np.uint32), flat.reshape(shape)]


UINT32 = ("uint32",)
WORDS = functools.partial(A, low=0, high=2**32 - 1)
FRY = key_dtype("threefry2x32")

OPS = [
    Op(
        r.threefry2x32,
        threefry,
        [case(WORDS(), WORDS(), WORDS(5), WORDS(5)), case(WORDS(3), WORDS(3), WORDS(3), WORDS())],
        UINT32,
        grad=False,
    ),
    Op(
        r.random_bits,
        bits,
        [case(WORDS(2), shape=(2, 3), width=w) for w in (8, 16, 32, 64)]
        + [case(WORDS(3, 2), shape=(4,), width=32), case(WORDS(2), shape=(), width=32)],
        UINT32,
        grad=False,
    ),
    Op(
        r.random_split,
        lambda key, shape: np.stack(stream(key, shape), -1),
        [case(WORDS(2), shape=(3,)), case(WORDS(3, 2), shape=(2, 2))],
        UINT32,
        grad=False,
    ),
    Op(
        r.random_fold_in,
        lambda key, data: np.stack(threefry(key[..., 0], key[..., 1], 0 * data, data), -1),
        [case(WORDS(2), WORDS()), case(WORDS(3, 2), WORDS(3))],
        UINT32,
        grad=False,
    ),
    Op(
        r.rng_bit_generator,
        lambda key, shape, algorithm: philox(key, shape),
        [case(WORDS(4), shape=(2, 3), algorithm="philox")],
        UINT32,
        grad=False,
        interpreter="rng_bit_generator",
    ),
    Op(
        r.rng_uniform,
        lambda a, b, shape: np.full(shape, a),
        [case(np.int32(3), np.int32(4), shape=(2, 3))],
        ("int32",),
        grad=False,
        interpreter="rng",
    ),
    Op(
        lambda words: r.random_unwrap(r.random_wrap(words, FRY)),
        np.array,
        [case(WORDS(2)), case(WORDS(3, 2))],
        UINT32,
        grad=False,
        name="random_wrap",
        covers=(r.random_wrap, r.random_unwrap),
    ),
]
