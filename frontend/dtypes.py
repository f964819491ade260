"""Data types: their names, the 64-bit policy, their kinds, and the promotion of two types.

A dtype is a `numpy.dtype`; the narrow floats and integers come from `ml_dtypes`. PRNG keys have an
`ExtendedDType` instead. With 64-bit types off (the default) `canonicalize` narrows 64 bits to 32.

Promotion is the least upper bound in a lattice with three *weak* nodes, `i*`, `f*` and `c*`, which
are the Python scalars: a weak type yields to any strong type of its own kind or of a wider kind.

    bool -> i* -> u8 -> u16 -> u32 -> u64 -> f* -> bf16 -> f32 -> f64 -> c128
            i* -> i8 -> i16 -> i32 -> i64 -> f* -> f16  -> f32 -> c64 -> c128
                  u8 -> i16, u16 -> i32, u32 -> i64          f* -> c* -> c64

Integers below 8 bits lie above `i*` only, and floats of 8 bits or fewer above `f*` only, with
nothing above them: they never widen by themselves.

>>> from hloom.frontend import dtypes
>>> dtypes.promote_types("int8", "uint8")
dtype('int16')
>>> dtypes.join(dtypes.bfloat16, False, dtypes.float32, True)
(dtype(bfloat16), False)
"""

import functools

import ml_dtypes
import numpy as np

from hloom.frontend import notices
from hloom.frontend.context import thread
from hloom.frontend.errors import (
    DTypeError,
    IntegerRangeError,
    TypePromotionError,
    ValueRangeError,
)


class extended(np.generic):
    """Abstract scalar class of the dtypes that NumPy does not have."""


class prng_key(extended):
    """Abstract scalar class of PRNG key dtypes."""


class ExtendedDType:
    """A dtype that NumPy does not have: `type` is its scalar class, `name` how it prints."""

    __slots__ = ()
    type = extended
    name = "extended"
    kind = "V"

    def __repr__(self):
        return self.name


_SHORT: dict = {}
_KIND: dict = {}
_BITS: dict = {}


def _new(name, short, kind, bits):
    """Record a dtype: its printed name, its kind (b, i, u, f, c or V) and its width in bits.

    None is one that this version of ml_dtypes has not: those of one bit came with 0.6.
    """
    if not hasattr(ml_dtypes, name) and not hasattr(np, name):
        return None
    dt = np.dtype(getattr(ml_dtypes, name, name))
    _SHORT[dt], _KIND[dt], _BITS[dt] = short, kind, bits
    return dt


bool_ = _new("bool", "bool", "b", 8)
int1 = _new("int1", "i1", "i", 1)
int2 = _new("int2", "i2", "i", 2)
int4 = _new("int4", "i4", "i", 4)
int8 = _new("int8", "i8", "i", 8)
int16 = _new("int16", "i16", "i", 16)
int32 = _new("int32", "i32", "i", 32)
int64 = _new("int64", "i64", "i", 64)
uint1 = _new("uint1", "u1", "u", 1)
uint2 = _new("uint2", "u2", "u", 2)
uint4 = _new("uint4", "u4", "u", 4)
uint8 = _new("uint8", "u8", "u", 8)
uint16 = _new("uint16", "u16", "u", 16)
uint32 = _new("uint32", "u32", "u", 32)
uint64 = _new("uint64", "u64", "u", 64)
float4_e2m1fn = _new("float4_e2m1fn", "f4_e2m1fn", "f", 4)
float6_e2m3fn = _new("float6_e2m3fn", "f6_e2m3fn", "f", 6)
float6_e3m2fn = _new("float6_e3m2fn", "f6_e3m2fn", "f", 6)
float8_e3m4 = _new("float8_e3m4", "f8_e3m4", "f", 8)
float8_e4m3 = _new("float8_e4m3", "f8_e4m3", "f", 8)
float8_e4m3b11fnuz = _new("float8_e4m3b11fnuz", "f8_e4m3b11fnuz", "f", 8)
float8_e4m3fn = _new("float8_e4m3fn", "f8_e4m3fn", "f", 8)
float8_e4m3fnuz = _new("float8_e4m3fnuz", "f8_e4m3fnuz", "f", 8)
float8_e5m2 = _new("float8_e5m2", "f8_e5m2", "f", 8)
float8_e5m2fnuz = _new("float8_e5m2fnuz", "f8_e5m2fnuz", "f", 8)
float8_e8m0fnu = _new("float8_e8m0fnu", "f8_e8m0fnu", "f", 8)
bfloat16 = _new("bfloat16", "bf16", "f", 16)
float16 = _new("float16", "f16", "f", 16)
float32 = _new("float32", "f32", "f", 32)
float64 = _new("float64", "f64", "f", 64)
complex64 = _new("complex64", "c64", "c", 64)
complex128 = _new("complex128", "c128", "c", 128)

#: The dtype of the tangent of an integer or a bool: it holds no data.
float0 = np.dtype([("float0", np.void, 0)])
_SHORT[float0], _KIND[float0], _BITS[float0] = "float0", "V", 0

ALL = tuple(_SHORT)
BOOLS = frozenset(d for d in ALL if _KIND[d] == "b")
SIGNED = frozenset(d for d in ALL if _KIND[d] == "i")
UNSIGNED = frozenset(d for d in ALL if _KIND[d] == "u")
INTEGERS = SIGNED | UNSIGNED
FLOATS = frozenset(d for d in ALL if _KIND[d] == "f")
COMPLEXES = frozenset(d for d in ALL if _KIND[d] == "c")
INEXACTS = FLOATS | COMPLEXES
NUMERIC = INTEGERS | INEXACTS

#: the least and the greatest integer that each integer dtype holds
LIMITS = {d: (int(ml_dtypes.iinfo(d).min), int(ml_dtypes.iinfo(d).max)) for d in INTEGERS}

_SIGNED_OR_INEXACT = SIGNED | INEXACTS


def is_bool(dt):
    """Whether `dt` is the boolean type."""
    return dt is bool_


def is_integer(dt):
    """Whether `dt` is a signed or unsigned integer (not bool)."""
    return dt in INTEGERS


def is_unsigned(dt):
    """Whether `dt` is an unsigned integer."""
    return dt in UNSIGNED


def is_signed(dt):
    """Whether `dt` holds negative numbers: a signed integer, a float or a complex."""
    return dt in _SIGNED_OR_INEXACT


def is_float(dt):
    """Whether `dt` is a real floating-point type."""
    return dt in FLOATS


def is_complex(dt):
    """Whether `dt` is a complex type."""
    return dt in COMPLEXES


def is_inexact(dt):
    """Whether `dt` is a float or a complex."""
    return dt in INEXACTS


def is_extended(dt):
    """Whether `dt` is a dtype that NumPy does not have, such as that of a PRNG key."""
    return isinstance(dt, ExtendedDType)


# The 64-bit policy.

_NARROW = {float64: float32, int64: int32, uint64: uint32, complex128: complex64}
_NARROWED = {int32: int64, uint32: uint64}
_DEFAULTS = (
    {bool: bool_, int: int32, float: float32, complex: complex64},
    {bool: bool_, int: int64, float: float64, complex: complex128},
)


def x64():
    """Whether 64-bit types are kept in this thread."""
    return thread.context.settings.enable_x64


def canonicalize(dt):
    """The dtype that an array of `dt` has: 64 bits become 32 unless 64-bit types are on."""
    return dt if thread.context.settings.enable_x64 else _NARROW.get(dt, dt)


def python_scalar_dtype(scalar_type):
    """The dtype of `bool`, `int`, `float` or `complex`, and whether it is weak (all but bool)."""
    return _DEFAULTS[thread.context.settings.enable_x64][scalar_type], scalar_type is not bool


# From anything that names a dtype.

_DTYPES: dict = {}
for _dt in ALL:
    _DTYPES.update({_dt: _dt, _dt.type: _dt, _dt.name: _dt})
del _DTYPES[np.void], _DTYPES[float0.name]


def dtype(x, name="dtype"):
    """The dtype that `x` names; `name` is the function that asks, for errors.

    `x` is a dtype, a NumPy or ml_dtypes scalar type, a name such as "bfloat16", a Python scalar
    type (of the default width) or an object with a `dtype`. Raises TypeError for anything else, and
    for types that arrays cannot hold, such as strings and objects.

    >>> dtype("bfloat16"), dtype(np.int8), dtype(float)
    (dtype(bfloat16), dtype('int8'), dtype('float32'))
    """
    try:
        found = _DTYPES.get(x)
    except TypeError:
        found = None
    return _name_to_dtype(x, name) if found is None else found


_read = dtype


def _name_to_dtype(x, name="dtype"):
    if x is int or x is float or x is complex:
        return python_scalar_dtype(x)[0]
    own = getattr(x, "dtype", None)
    if isinstance(own, np.dtype | ExtendedDType):
        x = own
    if isinstance(x, ExtendedDType):
        return x
    found = _numpy_dtype(x)
    known = None if found is None else _DTYPES.get(found.newbyteorder("="))
    if known is None:
        what = f"{x!r} is not a dtype" if found is None else f"arrays cannot hold {found!r}"
        raise DTypeError(
            f"{name}: {what}",
            "arrays hold booleans, integers, floats and complex numbers",
            'give one of those, such as "float32" or hloom.numpy.float32',
        )
    if isinstance(x, str):
        _DTYPES[x] = known
    return known


def _numpy_dtype(x):
    # NumPy reads None and its abstract classes as float64; here they are more likely mistakes.
    if x is None or (isinstance(x, type) and x in _ABSTRACT):
        return None
    try:
        return np.dtype(x)
    except TypeError:
        return None


def requested(name, dtype):
    """The dtype that the caller of a function asks for, with a warning if it is narrowed.

    Python's types `int`, `float` and `complex` ask for no width, and so are narrowed in silence.
    """
    found = _read(dtype, name)
    kept = canonicalize(found)
    if kept is not found and not (dtype is int or dtype is float or dtype is complex):
        asked = f"{name}: {found} was asked for and {kept} is made"
        remedy = "ask for 32 bits, or keep 64: hloom.config.update('enable_x64', True)"
        notices.warn(asked, "64-bit types are off", remedy)
    return kept


def holds(dt, value):
    """Whether an integer dtype holds a Python integer."""
    low, high = LIMITS[dt]
    return low <= value <= high


def unfit(name, value, dt):
    """The error for an integer that a dtype does not hold."""
    low, high = LIMITS[dt]
    wide = dt in _NARROWED and LIMITS[_NARROWED[dt]][0] <= value <= LIMITS[_NARROWED[dt]][1]
    remedy = "use a float dtype" if dt is int64 or dt is uint64 else "use a wider dtype"
    if wide and not x64():
        remedy += ", or keep 64 bits: hloom.config.update('enable_x64', True)"
    asked = f"{name}: integer {value} is out of bounds for {dt.name}"
    return IntegerRangeError(asked, f"{dt.name} holds {low} to {high}", remedy)


def narrowed(name, x):
    """The values of a NumPy array or scalar, in C order, in the dtype that arrays have.

    Raises OverflowError for integers of 64 bits that do not fit 32, while 64-bit types are off.
    """
    own = dtype(x.dtype, name)
    dt = canonicalize(own)
    found = np.asarray(x, dt, order="C")
    if dt is not own and dt in INTEGERS and x.size:
        if x.size <= 1024:  # the faster way for small arrays: a microsecond
            fits = 1 not in (found != x).tobytes()
        else:
            fits = LIMITS[dt][0] <= x.min() and x.max() <= LIMITS[dt][1]
        if not fits:
            values = np.asarray(x)
            raise unfit(name, int(values[found != values].flat[0]), dt)
    return found


def canonicalize_dtype(dtype, allow_extended_dtype=False):
    """The dtype that an array made with `dtype` has: 64 bits become 32 unless 64-bit types are on.

    None is NumPy's own default, a float. Raises TypeError for what is not a dtype, and for a PRNG
    key's unless `allow_extended_dtype`.

    >>> canonicalize_dtype("float64"), canonicalize_dtype(int)
    (dtype('float32'), dtype('int32'))
    """
    found = _name_to_dtype(float if dtype is None else dtype)
    if is_extended(found) and not allow_extended_dtype:
        raise DTypeError(
            f"canonicalize_dtype: {found.name} is not a dtype of numbers",
            "it is an extended dtype",
            "give allow_extended_dtype=True to let it through",
        )
    return canonicalize(found)


_ABSTRACT = frozenset(
    {
        np.generic,
        np.number,
        np.integer,
        np.signedinteger,
        np.unsignedinteger,
        np.inexact,
        np.floating,
        np.complexfloating,
        np.flexible,
        np.character,
        extended,
        prng_key,
    }
)
_PARENT = {
    d.type: {"i": np.signedinteger, "u": np.unsignedinteger, "f": np.floating}[_KIND[d]]
    for d in ALL
    if _KIND[d] in "iuf" and d.type.__module__ != "numpy"
}


def issubdtype(arg1, arg2):
    """Whether dtype or class `arg1` lies below `arg2`: `numpy.issubdtype` for every dtype here.

    >>> issubdtype("bfloat16", np.floating), issubdtype("int4", np.signedinteger)
    (True, True)
    """
    try:
        return _issubdtype(arg1, arg2)
    except TypeError:
        return _issubdtype.__wrapped__(arg1, arg2)


@functools.lru_cache(maxsize=1024)
def _issubdtype(a, b):
    a, b = _scalar_class(a), _scalar_class(b)
    return a is b or issubclass(_PARENT.get(a, a), b)


_PYTHON_CLASS = {bool: np.bool_, int: np.int64, float: np.float64, complex: np.complex128}


def _scalar_class(x):
    if isinstance(x, type):
        if issubclass(x, np.generic):
            return x
        if x in _PYTHON_CLASS:
            return _PYTHON_CLASS[x]
    if x is None:  # as in NumPy, where it is the default dtype
        return np.float64
    return dtype(x).type


# Neighbours of a dtype.

_REAL = {complex64: float32, complex128: float64}
_COMPLEX = {float64: complex128, complex128: complex128}


def to_inexact(dt):
    """`dt` itself if it is a float or complex, else the default float."""
    return dt if dt in INEXACTS else _DEFAULTS[thread.context.settings.enable_x64][float]


def to_real(dt):
    """The dtype of the real part of `dt`."""
    return _REAL.get(dt, dt)


def to_complex(dt):
    """The complex dtype whose parts hold `dt`: complex128 for 64-bit floats, else complex64."""
    return _COMPLEX.get(to_inexact(dt), complex64)


def tangent_dtype(dt):
    """The dtype of a tangent of `dt`: itself if it is a float or complex, else float0."""
    return dt if dt in INEXACTS else float0


def zero(dt):
    """The NumPy scalar 0 of `dt`."""
    return np.zeros((), dt)[()]


def one(dt):
    """The NumPy scalar 1 of `dt`."""
    return np.ones((), dt)[()]


_PYTHON_TYPE = {"b": bool, "i": int, "u": int, "f": float, "c": complex}


def scalar_type_of(x):
    """The Python scalar type (bool, int, float or complex) of a value, an array or a dtype.

    >>> scalar_type_of("bfloat16"), scalar_type_of(np.int8(3))
    (<class 'float'>, <class 'int'>)
    """
    dt = dtype_of(x)
    kind = _KIND.get(dt)
    if kind not in _PYTHON_TYPE:
        raise DTypeError(
            f"scalar_type_of: {dt!r} has no Python scalar type",
            "only booleans, integers, floats and complex numbers have one",
            "convert it to one of those first",
        )
    return _PYTHON_TYPE[kind]


def itemsize_bits(dtype):
    """The width of a dtype in bits, which for the narrow types is less than NumPy's storage.

    >>> itemsize_bits("int4"), itemsize_bits("complex64")
    (4, 64)
    """
    dt = _name_to_dtype(dtype)
    return _BITS[dt] if dt in _BITS else 8 * dt.itemsize


def short_name(dt):
    """How `dt` is printed in programs: "f32", "bf16", "i8", "bool"; "key<fry>" for PRNG keys."""
    return _SHORT.get(dt) or dt.name


_BY_SHORT_NAME = {short: dt for dt, short in _SHORT.items()}


def from_short_name(text):
    """The dtype that `short_name` prints as `text`; raises KeyError if there is none."""
    return _BY_SHORT_NAME[text]


_dtype = dtype  # for where a parameter has its name


def finfo(dtype):
    """Limits of a float dtype, or of the parts of a complex one: `eps`, `max`, `tiny`, `bits`, ….

    >>> finfo("bfloat16").bits, float(finfo("float32").eps)
    (16, 1.1920928955078125e-07)
    """
    dt = _dtype(dtype)
    if dt not in INEXACTS:
        raise _no_limits("finfo", dt, "a float or complex", "iinfo")
    return _finfo(to_real(dt))


def iinfo(int_type):
    """Limits of an integer dtype: `min`, `max`, `bits`.

    >>> iinfo("int4").min, iinfo(np.uint8).max
    (-8, 255)
    """
    dt = dtype(int_type)
    if dt not in INTEGERS:
        raise _no_limits("iinfo", dt, "an integer", "finfo")
    return _iinfo(dt)


def _no_limits(asked, dt, wanted, other):
    do = f"use hloom.numpy.{other}" if dt in NUMERIC else f"give {wanted} dtype"
    return ValueRangeError(f"{asked}: {dt!r} is not {wanted} dtype", "it has no such limits", do)


_finfo = functools.cache(ml_dtypes.finfo)
_iinfo = functools.cache(ml_dtypes.iinfo)


# Promotion.

_TINY_INTEGERS = tuple(d for d in ALL if d in INTEGERS and _BITS[d] < 8)
_TINY_FLOATS = tuple(d for d in ALL if d in FLOATS and _BITS[d] <= 8)
_ABOVE = {
    bool_: ("i*",),
    "i*": (uint8, int8, *_TINY_INTEGERS),
    uint8: (uint16, int16),
    uint16: (uint32, int32),
    uint32: (uint64, int64),
    uint64: ("f*",),
    int8: (int16,),
    int16: (int32,),
    int32: (int64,),
    int64: ("f*",),
    "f*": (bfloat16, float16, "c*", *_TINY_FLOATS),
    bfloat16: (float32,),
    float16: (float32,),
    float32: (float64, complex64),
    float64: (complex128,),
    "c*": (complex64,),
    complex64: (complex128,),
    complex128: (),
    **dict.fromkeys(_TINY_INTEGERS + _TINY_FLOATS, ()),
}
_WEAK_NODE = {"b": bool_, "i": "i*", "u": "i*", "f": "f*", "c": "c*"}
_WEAK_TYPE = {"i*": int, "f*": float, "c*": complex}


@functools.cache
def _upper_bounds(node):
    return frozenset({node}).union(*(_upper_bounds(above) for above in _ABOVE[node]))


_JOINS: tuple = ({}, {})


def join(dtype1, weak1, dtype2, weak2):
    """The common (dtype, weak) of two avals' dtypes; raises TypePromotionError if there is none."""
    if dtype1 is dtype2:
        return dtype1, weak1 and weak2
    settings = thread.context.settings
    try:
        found = _JOINS[settings.enable_x64][dtype1, weak1, dtype2, weak2]
    except KeyError:
        found = _join(dtype1, weak1, dtype2, weak2)
    if settings.numpy_dtype_promotion == "strict":
        _require_weak(dtype1, weak1, dtype2, weak2, found[0])
    return found


def _require_weak(dtype1, weak1, dtype2, weak2, joined):
    """Raise unless a weak dtype gives way to the other, or both are weak."""
    if (
        (dtype1 == dtype2)
        or (weak1 and (weak2 or joined == dtype2))
        or (weak2 and joined == dtype1)
    ):
        return
    raise TypePromotionError(
        f"{short_name(dtype1)} and {short_name(dtype2)} are not promoted",
        'numpy_dtype_promotion is "strict"',
        f"convert one: x.astype({joined.name!r})",
    )


def _join(dtype1, weak1, dtype2, weak2):
    nodes = [_node(dtype1, weak1), _node(dtype2, weak2)]
    if not all(node in _ABOVE for node in nodes):
        raise _no_join(dtype1, weak1, dtype2, weak2)
    common = _upper_bounds(nodes[0]) & _upper_bounds(nodes[1])
    least = next((node for node in common if _upper_bounds(node) == common), None)
    if least is None:
        raise _no_join(dtype1, weak1, dtype2, weak2)
    if least in _WEAK_TYPE:
        result = python_scalar_dtype(_WEAK_TYPE[least])
    else:
        result = canonicalize(least), False
    _JOINS[thread.context.settings.enable_x64][dtype1, weak1, dtype2, weak2] = result
    return result


def _node(dt, weak):
    return _WEAK_NODE[_KIND[dt]] if weak and dt in _KIND else dt


def _no_join(dtype1, weak1, dtype2, weak2):
    one, two = (
        f"a Python {scalar_type_of(dt).__name__}" if weak else _full_name(dt)
        for dt, weak in ((dtype1, weak1), (dtype2, weak2))
    )
    apart = [d for d in (dtype1, dtype2) if d not in _ABOVE]
    if apart:
        found, remedy = f"{_full_name(apart[0])} does not promote", "use numbers of one dtype"
    else:
        tiny = next(d for d in (dtype1, dtype2) if d in _TINY_INTEGERS + _TINY_FLOATS)
        found = f"{tiny.name} does not widen implicitly"
        wider = "float32" if tiny in FLOATS else "int32"
        remedy = f'convert one of them first, such as x.astype("{wider}")'
    return TypePromotionError(f"promotion: {one} and {two} have no common type", found, remedy)


def _full_name(dt):
    return "float0" if dt == float0 else dt.name


def dtype_and_weak(x):
    """The (dtype, weak) of a value, array, aval or dtype; Python scalars and types are weak."""
    own = getattr(x, "dtype", None)
    if isinstance(own, np.dtype | ExtendedDType):
        return canonicalize(dtype(own)), getattr(x, "weak_type", False)
    for scalar_type in (bool, int, float, complex):
        if x is scalar_type or isinstance(x, scalar_type):
            return python_scalar_dtype(scalar_type)
    return canonicalize(dtype(x)), False


def dtype_of(x):
    """The dtype of a value, an array, an aval or a dtype."""
    return dtype_and_weak(x)[0]


def promote_types(a, b):
    """The dtype that two dtypes promote to.

    >>> promote_types("uint8", "int8"), promote_types("int32", "bfloat16")
    (dtype('int16'), dtype(bfloat16))
    """
    return join(*dtype_and_weak(a), *dtype_and_weak(b))[0]


def result_type(*args, return_weak_type_flag=False):
    """The dtype that values, arrays and dtypes promote to together; with the weak flag if asked.

    >>> result_type(np.int8(1), 2.0), result_type("bfloat16", 2.0, 1)
    (dtype('float32'), dtype(bfloat16))
    """
    if not args:
        raise ValueRangeError(
            "result_type: nothing to promote", "no argument was given", "give at least one"
        )
    result = functools.reduce(lambda p, q: join(*p, *q), map(dtype_and_weak, args))
    return result if return_weak_type_flag else result[0]
