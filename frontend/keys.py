"""Dtypes of PRNG keys, and how keys lie in memory.

An array of typed keys has its logical shape and the dtype of its generator, `key<fry>[3]`. In
memory it is an array of uint32 with one more axis, the words of a key: `u32[3,2]`.
`transforms/physical.py` turns a program on keys into one on words.

>>> from hloom.frontend.avals import ShapedArray
>>> from hloom.frontend.keys import KEY_DTYPES, in_memory
>>> ShapedArray((3,), KEY_DTYPES["threefry2x32"]), in_memory(ShapedArray((3,), KEY_DTYPES["rbg"]))
(key<fry>[3], u32[3,4])
"""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray


class KeyDType(dtypes.ExtendedDType):
    """The dtype of the keys of one generator: `impl` is its name, `words` the length of a key."""

    __slots__ = ("impl", "name", "words")
    type = dtypes.prng_key

    def __init__(self, impl, tag, words):
        self.impl = impl
        self.name = f"key<{tag}>"
        self.words = words

    @property
    def itemsize(self):
        """Bytes of one key."""
        return 4 * self.words

    def __reduce__(self):
        return key_dtype, (self.impl,)


#: name of the generator -> dtype of its keys
KEY_DTYPES = {
    "threefry2x32": KeyDType("threefry2x32", "fry", 2),
    "rbg": KeyDType("rbg", "rbg", 4),
    "unsafe_rbg": KeyDType("unsafe_rbg", "urbg", 4),
}


def key_dtype(impl):
    """The dtype of the keys of a generator."""
    return KEY_DTYPES[impl]


def is_key(aval):
    """Whether an aval is that of typed keys."""
    return type(aval.dtype) is KeyDType


def in_memory(aval):
    """The aval of the buffer that holds an array: for keys, their words."""
    if type(aval.dtype) is KeyDType:
        return ShapedArray((*aval.shape, aval.dtype.words), dtypes.uint32)
    return aval
