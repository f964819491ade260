"""Keys: made from a seed, split, folded with a number, converted to words and back.

A key is an array of a key dtype (`key`), or, in the old style, the bare uint32 words (`PRNGKey`);
every function of `hloom.random` takes both. There is no hidden state: equal keys, equal numbers.
"""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray
from hloom.frontend.choices import one_of
from hloom.frontend.context import thread
from hloom.frontend.errors import DTypeError, ShapeError, ValueRangeError
from hloom.frontend.ir import Literal
from hloom.frontend.keys import KeyDType, is_key
from hloom.frontend.keywords import judged
from hloom.frontend.prims.elementwise import convert_element_type, shift_right_logical
from hloom.frontend.prims.random import random_unwrap, random_wrap
from hloom.frontend.prims.structural import broadcast_in_dim, concatenate, reshape
from hloom.frontend.trace import Tracer, aval_of, literal
from hloom.numpy.promotion import operand
from hloom.random.generators import GENERATORS
from hloom.runtime.array import as_array, put
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def generator(name, impl=None, dtype=None):
    """The Generator that is named, or whose key dtype is given, or that is the default."""
    if isinstance(dtype, KeyDType):
        found = dtype.impl
        if impl is not None and generator(name, impl).dtype is not dtype:
            remedy = "give one of the two"
            raise ValueRangeError(f"{name}: impl and dtype disagree", f"{impl!r}, {dtype}", remedy)
    elif isinstance(impl, KeyDType):
        found = impl.impl
    else:
        found = impl if impl is not None else thread.context.settings.default_prng_impl
    if not one_of(found, GENERATORS):
        remedy = f"use one of {', '.join(GENERATORS)}"
        raise ValueRangeError(f"{name}: no such generator", f"impl is {found!r}", remedy)
    return GENERATORS[found]


def words_of(name, key):
    """The Generator of one key, typed or raw, and its words; raises for anything else."""
    key = operand(name, key)
    if type(key) is Literal:
        key = as_array(key)
    aval = aval_of(key)
    if is_key(aval):
        made, shape = GENERATORS[aval.dtype.impl], aval.shape
        key = random_unwrap(key, used=name != "fold_in")
    else:
        made, shape = generator(name), aval.shape[:-1]
        _check_words(name, aval, made.dtype)
    if shape:
        found = f"it was given keys of shape {shape}"
        raise ShapeError(f"{name}: takes a single key", found, f"use hloom.vmap({name}) for many")
    return made, key


def _check_words(name, aval, dtype):
    if aval.dtype != dtypes.uint32 or aval.shape[-1:] != (dtype.words,):
        what = f"{name}: a key of {dtype.impl} is {dtype.words} words of uint32"
        remedy = "make keys with hloom.random.key(seed)"
        raise DTypeError(what, f"it was given {aval}", remedy)


# ---------------------------------------------------------------- from a seed
@judged
def PRNGKey(seed: ArrayLike, *, impl=None) -> Array:
    """The raw key of an integer seed: uint32 words.

    >>> import hloom
    >>> hloom.random.PRNGKey(3)
    Array([0, 3], dtype=uint32)
    """
    made = generator("PRNGKey", impl)
    return _seeded("PRNGKey", seed, made, ShapedArray((made.dtype.words,), dtypes.uint32))


def _seeded(name, seed, made, aval):
    """The key of a seed, with the aval of a raw or of a typed key."""
    if type(seed) is int:
        wide = thread.context.settings.enable_x64
        if not -(2**63) <= seed < 2**63:
            remedy = "reduce it, or use fold_in"
            raise ValueRangeError(f"{name}: takes a seed of 64 bits", f"it is {seed}", remedy)
    else:
        own = _seed_aval(name, seed)
        wide = dtypes.itemsize_bits(own.dtype) == 64
        if isinstance(seed, Tracer) and seed.concrete() is None:
            words = made.seed(_words(seed, wide))
            return random_wrap(words, aval.dtype) if is_key(aval) else words
        seed = int(np.asarray(seed))
    words = (seed >> 32 & 0xFFFFFFFF if wide else 0, seed & 0xFFFFFFFF)
    return put(np.array(words * (made.dtype.words // 2), np.uint32), aval)


def _seed_aval(name, seed):
    aval = aval_of(operand(name, seed))
    if not dtypes.is_integer(aval.dtype) and not dtypes.is_bool(aval.dtype):
        raise DTypeError(f"{name}: takes an integer seed", f"it was given {aval}", "use an int")
    if aval.shape:
        found = f"it was given {aval}"
        raise ShapeError(f"{name}: takes one seed", found, f"use hloom.vmap({name}) for many")
    return aval


def _words(seed, wide):
    low = reshape(convert_element_type(seed, dtypes.uint32), (1,))
    if wide:
        top = shift_right_logical(convert_element_type(seed, dtypes.uint64), 32)
        return concatenate([reshape(convert_element_type(top, dtypes.uint32), (1,)), low], 0)
    return concatenate([broadcast_in_dim(literal(0, dtypes.uint32), (1,), ()), low], 0)


@judged
def key(seed: ArrayLike, *, impl=None, dtype=None) -> Array:
    """The typed key of an integer seed: an array of shape () and a key dtype.

    >>> import hloom
    >>> hloom.random.key(3).dtype
    key<fry>
    """
    made = generator("key", impl, dtype)
    return _seeded("key", seed, made, ShapedArray((), made.dtype))


# ---------------------------------------------------------------- more keys
@fused
def split(key: ArrayLike, num=2) -> Array:
    """New independent keys from one key, which should not be used again.

    `num` is how many, or the shape of the array of keys.

    >>> import hloom
    >>> hloom.random.split(hloom.random.key(0), 3).shape
    (3,)
    """
    made, words = words_of("split", key)
    return _as_given(made.split(words, num if isinstance(num, tuple) else (num,)), key)


@fused
def _fold_in(key: ArrayLike, data: ArrayLike):
    made, words = words_of("fold_in", key)
    return _as_given(made.fold_in(words, convert_element_type(data, dtypes.uint32)), key)


@judged
def fold_in(key: ArrayLike, data: ArrayLike) -> Array:
    """A new key from a key and an integer of 32 bits, such as the number of a step or a device.

    >>> import hloom
    >>> key = hloom.random.key(0)
    >>> bool(hloom.random.fold_in(key, 1) == hloom.random.fold_in(key, 2))
    False
    """
    if isinstance(data, int):
        if not -(2**31) <= data < 2**32:
            remedy = "fold in its high and low halves, one after the other"
            raise ValueRangeError("fold_in: takes 32 bits", f"the data is {data}", remedy)
        data = literal(data & 0xFFFFFFFF, dtypes.uint32)
    data = operand("fold_in", data)
    aval = aval_of(data)
    if not dtypes.is_integer(aval.dtype) and not dtypes.is_bool(aval.dtype):
        raise DTypeError("fold_in: takes an integer", f"it was given {aval}", "use an int")
    if aval.shape:
        found = f"it was given {aval}"
        raise ShapeError("fold_in: takes one integer", found, "use hloom.vmap for many")
    return _fold_in(key, data)


def _as_given(words, key):
    """New keys as the given one is: typed or raw."""
    aval = aval_of(key)
    return random_wrap(words, aval.dtype) if is_key(aval) else words


@judged
def clone(key: ArrayLike) -> Array:
    """The same key once more, said on purpose where keys are watched (`hloom.debug_key_reuse`)."""
    key = operand("clone", key)
    if thread.context.settings.debug_key_reuse and is_key(aval_of(key)):
        return random_wrap(random_unwrap(key), aval_of(key).dtype)
    return key


# ---------------------------------------------------------------- typed keys and words
@judged
def key_data(keys: ArrayLike) -> Array:
    """The words of typed keys, uint32 on a last axis; raw keys as they are."""
    keys = operand("key_data", keys)
    if is_key(aval_of(keys)):
        return random_unwrap(keys)
    _check_words("key_data", aval_of(keys), generator("key_data").dtype)
    return keys


@judged
def wrap_key_data(key_bits_array: ArrayLike, *, impl=None, dtype=None) -> Array:
    """The typed keys of uint32 words on the last axis, the inverse of `key_data`.

    >>> import hloom
    >>> hloom.random.wrap_key_data(hloom.random.PRNGKey(1)) == hloom.random.key(1)
    Array(True, dtype=bool)
    """
    made = generator("wrap_key_data", impl, dtype)
    words = operand("wrap_key_data", key_bits_array)
    _check_words("wrap_key_data", aval_of(words), made.dtype)
    return random_wrap(words, made.dtype)


@judged
def key_impl(keys: ArrayLike) -> str:
    """The name of the generator that keys belong to.

    >>> import hloom
    >>> hloom.random.key_impl(hloom.random.key(0))
    'threefry2x32'
    """
    aval = aval_of(operand("key_impl", keys))
    return aval.dtype.impl if is_key(aval) else generator("key_impl").dtype.impl


def key_dtype(impl_spec=None):
    """The dtype of typed keys of a generator, by default of the one in force.

    >>> import hloom
    >>> hloom.random.key_dtype("rbg")
    key<rbg>
    """
    return generator("key_dtype", impl_spec).dtype
