"""What the samplers share: dtypes, shapes and parameters."""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.errors import DTypeError, ShapeError
from hloom.frontend.families import typed_literal
from hloom.frontend.keys import is_key
from hloom.frontend.prims.elementwise import convert_element_type
from hloom.frontend.prims.random import random_wrap
from hloom.frontend.prims.structural import (
    canonical_shape,
    reshape,
    slice_in_dim,
)
from hloom.frontend.trace import aval_of
from hloom.numpy.manipulation import placed
from hloom.numpy.promotion import broadcast_shapes, broadcast_to, operand, to_dtype
from hloom.random.keys import words_of


def bits_of(name, key, shape, width):
    """Random bits of one key, as unsigned integers of a width."""
    made, words = words_of(name, key)
    return made.bits(words, shape, width)


def keys_of(name, key, num):
    """The words of `num` keys split from one, each a raw key's, with their Generator."""
    made, words = words_of(name, key)
    return made, made.split(words, (num,))


def subkeys(name, key, num):
    """A list of `num` keys split from one, typed or raw as it is."""
    made, words = words_of(name, key)
    new = made.split(words, (num,))
    typed = is_key(aval_of(key))
    rows = [row(new, i) for i in range(num)]
    return [random_wrap(w, made.dtype) for w in rows] if typed else rows


def row(words, i):
    """The words of one key among those of several."""
    return reshape(slice_in_dim(words, i, i + 1), words.shape[1:])


def float_dtype(name, dtype):
    """A real float dtype; the default one for None."""
    found = dtypes.python_scalar_dtype(float)[0] if dtype is None else requested(dtype, name)
    if not dtypes.is_float(found):
        raise DTypeError(f"{name}: makes floats", f"dtype is {found.name}", "use a float dtype")
    return found


def work_dtype(dtype):
    """The dtype in which numbers of a float dtype are made: halves are rounded from float32.

    A half has too few values near 0 and 1 to be the uniform number that others come from.
    """
    return dtypes.float32 if dtypes.itemsize_bits(dtype) < 32 else dtype


def rounded(x, dtype):
    """Numbers in the dtype asked for."""
    return x if aval_of(x).dtype == dtype else convert_element_type(x, dtype)


def finished(x, dtype, sharding):
    """Numbers in the dtype and with the sharding asked for, if any."""
    return placed(rounded(x, dtype), sharding)


def int_dtype(name, dtype):
    """An integer dtype; the default one for None."""
    found = dtypes.python_scalar_dtype(int)[0] if dtype is None else requested(dtype, name)
    if not dtypes.is_integer(found):
        remedy = "use an integer dtype"
        raise DTypeError(f"{name}: makes integers", f"dtype is {found.name}", remedy)
    return found


def requested(dtype, name="random"):
    """The dtype that a caller names, under the 64-bit policy."""
    return dtypes.requested(name, dtype)


def full_shape(name, shape, *parameters):
    """The shape asked for, which the parameters must broadcast to; theirs for None."""
    own = broadcast_shapes(name, *(aval_of(p).shape for p in parameters))
    if shape is None:
        return own
    shape = canonical_shape(name, shape)
    check_fits(name, own, shape)
    return shape


def check_fits(name, own, shape):
    """Raise unless parameters of shape `own` broadcast to the shape of the draws."""
    lead = len(shape) - len(own)
    if lead < 0 or any(n not in (1, m) for n, m in zip(own, shape[lead:], strict=True)):
        found = f"its parameters have shape {own}"
        remedy = f"end the shape in {own}, or leave it away"
        raise ShapeError(f"{name}: cannot draw shape {shape}", found, remedy)


def parameters(name, dtype, *values):
    """Parameters as operands of a dtype."""
    return [to_dtype(operand(name, v), dtype) for v in values]


def spread(x, shape):
    """A parameter repeated to the result's shape; scalars stay, since they go with every shape."""
    return x if aval_of(x).shape == () else broadcast_to(x, shape)


def constant(value, dtype):
    """The Literal of a number rounded to a dtype."""
    return typed_literal(np.asarray(value, dtype).item(), dtype)
