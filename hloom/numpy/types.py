"""Data types by name: scalar types such as `float32`, and what is asked of types and values.

A scalar type is called to make an array of its dtype, and is a dtype wherever one is taken.

    >>> import hloom.numpy as np
    >>> np.float32(3)
    Array(3., dtype=float32)
    >>> np.zeros(2, np.int8).dtype == np.int8
    True
"""

from typing import Any

import numpy as np

from hloom.frontend import dtypes


class ScalarType(type):
    """The type of scalar types: calling one makes an array."""

    dtype: Any

    def __call__(cls, x):
        return _array(x, cls.dtype)

    def __eq__(cls, other):
        return (
            cls is other
            or cls.dtype.type is other
            or (isinstance(other, np.dtype) and cls.dtype == other)
        )

    def __hash__(cls):
        return hash(cls.dtype.type)

    def __repr__(cls):
        return f"hloom.numpy.{cls.__name__}"


def install(array):
    """Make scalar types call `array(x, dtype)`."""
    global _array
    _array = array


_array: Any = None


def _scalar_type(name, dtype):
    doc = f"The type {dtype.name}: called, an array of it; a dtype wherever one is taken."
    return ScalarType(name, (), {"dtype": dtype, "__doc__": doc, "__module__": "hloom.numpy"})


bool_ = _scalar_type("bool_", dtypes.bool_)
if dtypes.int1 is not None:
    int1 = _scalar_type("int1", dtypes.int1)
    uint1 = _scalar_type("uint1", dtypes.uint1)
int2 = _scalar_type("int2", dtypes.int2)
int4 = _scalar_type("int4", dtypes.int4)
int8 = _scalar_type("int8", dtypes.int8)
int16 = _scalar_type("int16", dtypes.int16)
int32 = _scalar_type("int32", dtypes.int32)
int64 = _scalar_type("int64", dtypes.int64)
uint2 = _scalar_type("uint2", dtypes.uint2)
uint4 = _scalar_type("uint4", dtypes.uint4)
uint8 = _scalar_type("uint8", dtypes.uint8)
uint16 = _scalar_type("uint16", dtypes.uint16)
uint32 = _scalar_type("uint32", dtypes.uint32)
uint64 = _scalar_type("uint64", dtypes.uint64)
float4_e2m1fn = _scalar_type("float4_e2m1fn", dtypes.float4_e2m1fn)
float6_e2m3fn = _scalar_type("float6_e2m3fn", dtypes.float6_e2m3fn)
float6_e3m2fn = _scalar_type("float6_e3m2fn", dtypes.float6_e3m2fn)
float8_e3m4 = _scalar_type("float8_e3m4", dtypes.float8_e3m4)
float8_e4m3 = _scalar_type("float8_e4m3", dtypes.float8_e4m3)
float8_e4m3b11fnuz = _scalar_type("float8_e4m3b11fnuz", dtypes.float8_e4m3b11fnuz)
float8_e4m3fn = _scalar_type("float8_e4m3fn", dtypes.float8_e4m3fn)
float8_e4m3fnuz = _scalar_type("float8_e4m3fnuz", dtypes.float8_e4m3fnuz)
float8_e5m2 = _scalar_type("float8_e5m2", dtypes.float8_e5m2)
float8_e5m2fnuz = _scalar_type("float8_e5m2fnuz", dtypes.float8_e5m2fnuz)
float8_e8m0fnu = _scalar_type("float8_e8m0fnu", dtypes.float8_e8m0fnu)
bfloat16 = _scalar_type("bfloat16", dtypes.bfloat16)
float16 = _scalar_type("float16", dtypes.float16)
float32 = single = _scalar_type("float32", dtypes.float32)
float64 = double = _scalar_type("float64", dtypes.float64)
complex64 = csingle = _scalar_type("complex64", dtypes.complex64)
complex128 = cdouble = _scalar_type("complex128", dtypes.complex128)


# ---------------------------------------------------------------- Python's types, NumPy's classes
class DefaultType(ScalarType):
    """A scalar type whose width is that of Python's: 64 bits if they are on, else 32."""

    wide: np.dtype

    @property
    def dtype(cls):  # type: ignore[override]
        return dtypes.canonicalize(cls.wide)


def _default_type(name, wide):
    doc = f"The type {wide.name}, or its 32-bit form while 64-bit types are off."
    return DefaultType(name, (), {"wide": wide, "__doc__": doc, "__module__": "hloom.numpy"})


int_ = _default_type("int_", dtypes.int64)
uint = _default_type("uint", dtypes.uint64)
float_ = _default_type("float_", dtypes.float64)
complex_ = _default_type("complex_", dtypes.complex128)
bool = bool_

dtype = np.dtype
generic, number, integer, inexact = np.generic, np.number, np.integer, np.inexact
signedinteger, unsignedinteger = np.signedinteger, np.unsignedinteger
floating, complexfloating = np.floating, np.complexfloating
flexible, character, object_ = np.flexible, np.character, np.object_
ComplexWarning = np.exceptions.ComplexWarning

pi, e, inf, nan, euler_gamma, newaxis = np.pi, np.e, np.inf, np.nan, np.euler_gamma, None

iinfo = dtypes.iinfo


class finfo:
    """Limits of a float dtype, or of the parts of a complex one, as Python numbers.

    Being Python's, they take the dtype of the array beside them.

    >>> import hloom.numpy as np
    >>> np.finfo(np.float32).eps, np.finfo("bfloat16").bits
    (1.1920928955078125e-07, 16)
    """

    def __init__(self, dtype):
        self._limits = dtypes.finfo(dtype)

    def __getattr__(self, name):
        found = getattr(self._limits, name)
        return float(found) if isinstance(found, np.generic) else found

    def __repr__(self):
        return repr(self._limits)


issubdtype = dtypes.issubdtype
