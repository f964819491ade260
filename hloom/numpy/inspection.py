"""Questions about dtypes and arrays that need no computation, and arrays as text."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims.structural import canonical_axes
from hloom.frontend.trace import aval_of, is_value
from hloom.numpy.promotion import operand


@judged
def promote_types(a, b):
    """The dtype that two dtypes promote to.

    >>> import hloom.numpy as np
    >>> np.promote_types("int32", "bfloat16")
    dtype(bfloat16)
    """
    return dtypes.promote_types(a, b)


@judged
def result_type(*args):
    """The dtype that arrays, numbers and dtypes promote to together.

    >>> import hloom.numpy as np
    >>> np.result_type(np.int8, 3.0)
    dtype('float32')
    """
    return dtypes.result_type(*args)


def can_cast(from_, to, casting="safe"):
    """Whether one dtype converts to another under a casting rule of NumPy's."""
    return np.can_cast(dtypes.dtype(from_), dtypes.dtype(to), casting)


_KINDS = {
    "bool": dtypes.BOOLS,
    "signed integer": dtypes.SIGNED,
    "unsigned integer": dtypes.UNSIGNED,
    "integral": dtypes.INTEGERS,
    "real floating": dtypes.FLOATS,
    "complex floating": dtypes.COMPLEXES,
    "numeric": dtypes.NUMERIC,
}


def isdtype(dtype, kind):
    """Whether a dtype is of a kind: the name of one, a dtype, or a tuple of these.

    >>> import hloom.numpy as np
    >>> np.isdtype("bfloat16", "real floating"), np.isdtype("int8", ("bool", "integral"))
    (True, True)
    """
    kinds = kind if isinstance(kind, tuple) else (kind,)
    found = dtypes.dtype(dtype)
    for k in kinds:
        if isinstance(k, str) and k not in _KINDS and k not in _DTYPE_NAMES:
            known = ", ".join(map(repr, _KINDS))
            raise ValueRangeError(
                f"isdtype: {k!r} is no kind", f"known are {known}", "use one of these"
            )
        if found in _KINDS[k] if isinstance(k, str) and k in _KINDS else found == dtypes.dtype(k):
            return True
    return False


_DTYPE_NAMES = frozenset(d.name for d in dtypes.ALL)


def isscalar(element):
    """Whether an object is a number, or an array without axes."""
    if np.isscalar(element):
        return True
    return hasattr(element, "dtype") and hasattr(element, "ndim") and element.ndim == 0


def iscomplexobj(x):
    """Whether the dtype of an object is complex; its values do not matter."""
    return dtypes.is_complex(_dtype_of(x))


def isrealobj(x):
    """Whether the dtype of an object is not complex."""
    return not iscomplexobj(x)


def _dtype_of(x):
    return dtypes.dtype(np.asarray(x).dtype if isinstance(x, list | tuple) else dtypes.dtype_of(x))


def iterable(y):
    """Whether an object can be iterated over."""
    return np.iterable(y)


@judged
def shape(a):
    """The length of each axis."""
    return described("shape", a).shape


@judged
def ndim(a):
    """The number of axes."""
    return described("ndim", a).ndim


@judged
def size(a, axis=None):
    """The number of elements, or the length of an axis, or the product of several."""
    aval = described("size", a)
    if axis is None:
        return aval.size
    axes = canonical_axes("size", axis if isinstance(axis, list | tuple) else (axis,), aval.ndim)
    return math.prod([aval.shape[i] for i in axes])


def described(name, a):
    """The aval of a value, or of an object that has a shape and a dtype and no values."""
    if not is_value(a) and hasattr(a, "shape") and hasattr(a, "dtype"):
        return ShapedArray(tuple(a.shape), dtypes.canonicalize(dtypes.dtype(a.dtype)))
    return aval_of(operand(name, a))


# ---------------------------------------------------------------- text
def array_repr(arr, max_line_width=None, precision=None, suppress_small=None):
    """The text of an array, as `repr` gives it."""
    return np.array_repr(np.asarray(arr), max_line_width, precision, suppress_small)


def array_str(a, max_line_width=None, precision=None, suppress_small=None):
    """The values of an array as text, as `str` gives it."""
    return np.array_str(np.asarray(a), max_line_width, precision, suppress_small)


get_printoptions, set_printoptions = np.get_printoptions, np.set_printoptions
printoptions = np.printoptions
save, savez = np.save, np.savez
