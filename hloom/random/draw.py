"""What the samplers share: dtypes, shapes and parameters."""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.errors import DTypeError, ShapeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims.structural import canonical_shape, reshape, slice_in_dim
from hloom.frontend.trace import aval_of
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


def row(words, i):
    """The words of one key among those of several."""
    return reshape(slice_in_dim(words, i, i + 1), words.shape[1:])


def float_dtype(name, dtype):
    """A real float dtype; the default one for None."""
    found = dtypes.python_scalar_dtype(float)[0] if dtype is None else requested(dtype)
    if not dtypes.is_float(found):
        raise DTypeError(f"{name}: makes floats", f"dtype is {found.name}", "use a float dtype")
    return found


def int_dtype(name, dtype):
    """An integer dtype; the default one for None."""
    found = dtypes.python_scalar_dtype(int)[0] if dtype is None else requested(dtype)
    if not dtypes.is_integer(found):
        remedy = "use an integer dtype"
        raise DTypeError(f"{name}: makes integers", f"dtype is {found.name}", remedy)
    return found


def requested(dtype):
    """The dtype that a caller names, under the 64-bit policy."""
    return dtypes.canonicalize(dtypes.dtype(dtype))


def full_shape(name, shape, *parameters):
    """The shape asked for, which the parameters must broadcast to; theirs for None."""
    own = broadcast_shapes(name, *(aval_of(p).shape for p in parameters))
    if shape is None:
        return own
    shape = canonical_shape(name, shape)
    if own and broadcast_shapes(name, own, shape) != shape:
        found = f"its parameters have shape {own}"
        raise ShapeError(f"{name}: cannot draw shape {shape}", found, f"draw {own} or wider")
    return shape


def parameters(name, dtype, *values):
    """Parameters as operands of a dtype."""
    return [to_dtype(operand(name, v), dtype) for v in values]


def spread(x, shape):
    """A parameter repeated to the result's shape; scalars stay, since they go with every shape."""
    return x if aval_of(x).shape == () else broadcast_to(x, shape)


def constant(value, dtype):
    """The Literal of a number rounded to a dtype."""
    return typed_literal(np.asarray(value, dtype).item(), dtype)
