"""Random bits as pure functions of a key: counter-based generators.

A threefry key is two 32-bit words. The bits at a place of the result are the cipher of the place's
own number under the key (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
2011), so that each element depends on the key and its position, and on nothing beside it. Leading
axes of the keys are a batch: there is one stream for each key.
"""

import enum

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.choices import unplaced
from hloom.frontend.errors import DTypeError, ShapeError, ValueRangeError
from hloom.frontend.families import common_shape, same_dtype
from hloom.frontend.keys import KeyDType
from hloom.frontend.primitive import primitive
from hloom.frontend.prims.structural import canonical_shape

_UINT32 = dtypes.uint32
_UINTS = {8: dtypes.uint8, 16: dtypes.uint16, 32: dtypes.uint32, 64: dtypes.uint64}


# ---------------------------------------------------------------- the cipher
def _threefry_type(k0, k1, x0, x1):
    words = (k0, k1, x0, x1)
    if any(w.dtype != _UINT32 for w in words):
        found = f"the operands are {', '.join(map(str, words))}"
        raise DTypeError("threefry2x32: takes uint32 words", found, "convert with x.astype(...)")
    out = ShapedArray(common_shape("threefry2x32", words), _UINT32)
    return out, out


@primitive(_threefry_type)
def threefry2x32(key0, key1, count0, count1):
    """The two words that the cipher Threefry-2x32, 20 rounds, makes of two words under a key."""
    return threefry2x32.bind(*same_dtype((key0, key1, count0, count1)))


# ---------------------------------------------------------------- streams of a threefry key
def _check_key(name, key):
    if key.dtype != _UINT32 or key.shape[-1:] != (2,):
        remedy = "make keys with hloom.random.key or hloom.random.PRNGKey"
        raise DTypeError(f"{name}: takes keys of 2 words of uint32", f"it was given {key}", remedy)
    return key.shape[:-1]


def _bits_type(key, *, shape, width):
    batch = _check_key("random_bits", key)
    if width not in _UINTS:
        found = f"it was asked for {width}"
        raise ValueRangeError("random_bits: 8, 16, 32 or 64 bits", found, "use one of those widths")
    return ShapedArray(batch + shape, _UINTS[width])


@primitive(_bits_type)
def random_bits(key, shape, width=32):
    """Unsigned integers of `width` random bits, of shape `key.shape[:-1] + shape`."""
    return random_bits.bind(key, shape=canonical_shape("random_bits", shape), width=width)[0]


def _split_type(key, *, shape):
    return ShapedArray((*_check_key("random_split", key), *shape, 2), _UINT32)


@primitive(_split_type)
def random_split(key, shape):
    """New keys, of shape `key.shape[:-1] + shape + (2,)`."""
    return random_split.bind(key, shape=canonical_shape("random_split", shape))[0]


def _fold_in_type(key, data):
    batch = _check_key("random_fold_in", key)
    if data.dtype != _UINT32 or data.shape != batch:
        found = f"the keys are {key}, the data {data}"
        raise ShapeError("random_fold_in: takes one uint32 for each key", found, "use hloom.vmap")
    return key


@primitive(_fold_in_type)
def random_fold_in(key, data):
    """The key that follows from a key and a number: one uint32 for each key."""
    return random_fold_in.bind(key, data)[0]


# ---------------------------------------------------------------- the compiler's generators
class RandomAlgorithm(enum.IntEnum):
    """The compiler's generators; the default one is the backend's choice."""

    RNG_DEFAULT = 0
    RNG_THREE_FRY = 1
    RNG_PHILOX = 2


#: names of the algorithms, as in StableHLO
ALGORITHMS = {"default": "DEFAULT", "three_fry": "THREE_FRY", "philox": "PHILOX"}


def _generator_type(key, *, shape, dtype, algorithm):
    words = {_UINT32: 4, dtypes.uint64: 2}.get(key.dtype)
    if words is None or key.shape != (words,):
        found, remedy = f"the key is {key}", "reshape or convert it"
        raise ShapeError("rng_bit_generator: the state is u32[4] or u64[2]", found, remedy)
    if dtype not in _UINTS.values():
        found, remedy = f"the dtype is {dtype}", "use uint32 and convert"
        raise DTypeError("rng_bit_generator: makes unsigned integers", found, remedy)
    return key, ShapedArray(shape, dtype)


@primitive(_generator_type)
def rng_bit_generator(
    key, shape, dtype=_UINT32, algorithm=RandomAlgorithm.RNG_DEFAULT, *, out_sharding=None
):
    """The next state and random bits from the compiler's own generator, which may differ by device.

    `key` is the state, u32[4] or u64[2]; `algorithm` is a `RandomAlgorithm`, or "default",
    "three_fry" or "philox".
    """
    unplaced("rng_bit_generator", out_sharding)
    if type(algorithm) is RandomAlgorithm:
        algorithm = tuple(ALGORITHMS)[algorithm]
    if algorithm not in ALGORITHMS:
        found, remedy = f"it was asked for {algorithm!r}", f"use one of {', '.join(ALGORITHMS)}"
        raise ValueRangeError("rng_bit_generator: no such algorithm", found, remedy)
    shape = canonical_shape("rng_bit_generator", shape)
    dtype = dtypes.dtype(dtype)
    return rng_bit_generator.bind(key, shape=shape, dtype=dtype, algorithm=algorithm)


def _uniform_type(a, b, *, shape):
    if a.dtype != b.dtype or a.shape or b.shape or dtypes.is_complex(a.dtype):
        found, remedy = f"they are {a} and {b}", "convert them, or use hloom.random.uniform"
        raise DTypeError("rng_uniform: the bounds are two numbers of one dtype", found, remedy)
    return ShapedArray(shape, a.dtype)


@primitive(_uniform_type, effects=("random",))
def rng_uniform(a, b, shape):
    """Random numbers in [a, b) from the device's own state, other ones at each run.

    `a` and `b` are numbers of one real dtype. `hloom.random.uniform` gives numbers that depend on a
    key alone, and on no device.

    >>> rng_uniform(0.0, 1.0, (2, 3)).shape
    (2, 3)
    """
    a, b = same_dtype((a, b))
    return rng_uniform.bind(a, b, shape=canonical_shape("rng_uniform", shape))[0]


# ---------------------------------------------------------------- typed keys
def _wrap_type(data, *, dtype):
    if data.dtype != _UINT32 or data.shape[-1:] != (dtype.words,):
        what = f"random_wrap: {dtype.name} takes uint32 with a last axis of {dtype.words} words"
        raise DTypeError(what, f"it was given {data}", "give what hloom.random.key_data returned")
    return ShapedArray(data.shape[:-1], dtype)


@primitive(_wrap_type)
def random_wrap(data, dtype):
    """The keys of `dtype` that words stand for: the last axis of `data` goes."""
    return random_wrap.bind(data, dtype=dtype)[0]


def _unwrap_type(keys, *, used=False):
    if type(keys.dtype) is not KeyDType:
        remedy = "make keys with hloom.random.key"
        raise DTypeError("random_unwrap: takes typed keys", f"it was given {keys}", remedy)
    return ShapedArray((*keys.shape, keys.dtype.words), _UINT32)


@primitive(_unwrap_type)
def random_unwrap(keys, used=False):
    """The words of typed keys, uint32 on a new last axis; `used` says that numbers come of them."""
    return (random_unwrap.bind(keys, used=True) if used else random_unwrap.bind(keys))[0]
