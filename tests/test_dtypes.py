"""Dtypes: what names one, what kind each is, how two promote, and what 64-bit mode changes."""

import csv
import itertools
import re
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from hloom import dtypes as public
from hloom.frontend import dtypes
from hloom.frontend.config import enable_x64
from hloom.frontend.errors import DTypeError, TypePromotionError, ValueRangeError

NUMPY = [d for d in dtypes.ALL if d.type.__module__ == "numpy" and d is not dtypes.float0]
NARROW = [d for d in dtypes.ALL if d not in NUMPY and d is not dtypes.float0]
SCALARS = {"int": (int, 2), "float": (float, 2.0), "complex": (complex, 2j)}
TABLE = list(
    csv.DictReader(
        (Path(__file__).parent / "golden" / "dtypes" / "promotion.csv").read_text().splitlines()
    )
)


def message(error, call):
    """The text of the error that `call` raises, without the place in this file."""
    with pytest.raises(error) as info:
        call()
    return re.sub(r"\n    at test_dtypes\.py:.*", "", str(info.value))


# Promotion. The table was written by JAX 0.12's `result_type`; its documentation draws the lattice.


def test_the_table_is_whole():
    names = {row["left"] for row in TABLE}
    assert len(TABLE) == 2 * len(names) * (len(names) + 1) // 2
    left_out = {"int1", "uint1", "float6_e2m3fn", "float6_e3m2fn", "float0"}
    assert names == {d.name for d in dtypes.ALL if d is not dtypes.float0} - left_out | set(SCALARS)


@pytest.mark.parametrize("mode", ["0", "1"])
def test_promotion_table(mode):
    with enable_x64(mode == "1"):
        wrong = [row for row in TABLE if row["x64"] == mode and found(row) != expected(row)]
    assert wrong == []


def expected(row):
    cell = "error" if row["dtype"] == "error" else (np.dtype(row["dtype"]), row["weak"] == "1")
    return {cell}


def found(row):
    """The distinct results over both orders, and over values and types of Python scalars."""
    left, right = (SCALARS.get(row[side], (dtypes.dtype(row[side]),)) for side in ("left", "right"))
    pairs = [p for a in left for b in right for p in ((a, b), (b, a))]
    return {promoted(*pair) for pair in pairs}


def promoted(*args):
    try:
        return dtypes.result_type(*args, return_weak_type_flag=True)
    except TypePromotionError:
        return "error"


@pytest.mark.parametrize("x64", [False, True])
def test_join_is_associative_and_commutative(x64):
    with enable_x64(x64):
        avals = [(d, w) for d in dtypes.ALL[:-1] for w in (False, True) if not (w and d in NARROW)]
        avals = [(d, w) for d, w in avals if dtypes.canonicalize(d) is d]
        joins = {(p, q): join(p, q) for p in avals for q in avals}
        assert all(joins[p, q] == joins[q, p] for p, q in joins)
        for p, q, r in itertools.product(avals, repeat=3):
            if p[1] == q[1] == r[1]:
                left, right = joins[p, q], joins[q, r]
                assert (left and join(left, r)) == (right and join(p, right)), (p, q, r)


def join(p, q):
    try:
        return dtypes.join(*p, *q)
    except TypePromotionError:
        return None


def test_join_follows_the_mode():
    u32, i32 = dtypes.uint32, dtypes.int32
    assert dtypes.join(u32, False, i32, False) == (dtypes.int32, False)
    with enable_x64():
        assert dtypes.join(u32, False, i32, False) == (dtypes.int64, False)
    assert dtypes.join(u32, False, i32, False) == (dtypes.int32, False)


def test_narrow_types_do_not_promote():
    assert (
        message(TypePromotionError, lambda: dtypes.promote_types("float8_e5m2", "bfloat16"))
        == """promotion: float8_e5m2 and bfloat16 have no common type
    float8_e5m2 does not widen implicitly
    convert one of them first, such as x.astype("float32")"""
    )
    assert (
        message(TypePromotionError, lambda: dtypes.result_type("int4", 1.0))
        == """promotion: int4 and a Python float have no common type
    int4 does not widen implicitly
    convert one of them first, such as x.astype("int32")"""
    )
    assert (
        message(TypePromotionError, lambda: dtypes.result_type("complex64", "uint2"))
        == """promotion: complex64 and uint2 have no common type
    uint2 does not widen implicitly
    convert one of them first, such as x.astype("int32")"""
    )
    assert (
        message(TypePromotionError, lambda: dtypes.result_type(dtypes.float0, "int8"))
        == """promotion: float0 and int8 have no common type
    float0 does not promote
    use numbers of one dtype"""
    )


def test_errors_name_the_line():
    with pytest.raises(ValueError) as info:
        dtypes.promote_types("int4", "int8")
    assert "at test_dtypes.py:" in str(info.value)
    assert 'dtypes.promote_types("int4", "int8")' in str(info.value)


def test_result_type_of_arrays_and_scalars():
    class Weak:
        dtype, weak_type = dtypes.float32, True

    assert dtypes.result_type(np.ones(2, "float16"), np.int8(3)) == dtypes.float16
    assert dtypes.result_type(np.float64(1)) == dtypes.float32
    assert dtypes.result_type(Weak(), "bfloat16") == dtypes.bfloat16
    assert dtypes.result_type(Weak(), 1, return_weak_type_flag=True) == (dtypes.float32, True)
    assert dtypes.result_type("int8", 1, 2.0, 3j) == dtypes.complex64
    assert dtypes.result_type(True, np.bool_(1), return_weak_type_flag=True) == (
        dtypes.bool_,
        False,
    )
    assert (
        message(ValueRangeError, dtypes.result_type)
        == """result_type: nothing to promote
    no argument was given
    give at least one"""
    )


# What names a dtype.


@pytest.mark.parametrize("dt", dtypes.ALL[:-1], ids=str)
def test_every_name_of_a_dtype(dt):
    class Scalar:
        dtype = dt

    for name in (dt, dt.type, dt.name, Scalar, Scalar(), dt.newbyteorder()):
        assert dtypes.dtype(name) is dt
    assert dtypes.from_short_name(dtypes.short_name(dt)) is dt


@pytest.mark.parametrize(
    ("name", "dt"),
    [("f4", dtypes.float32), (">i8", dtypes.int64), ("?", dtypes.bool_), (bool, dtypes.bool_)],
)
def test_other_names(name, dt):
    assert dtypes.dtype(name) is dt


def test_python_types_are_of_the_default_width():
    wide = {int: "int64", float: "float64", complex: "complex128"}
    narrow = {int: "int32", float: "float32", complex: "complex64"}
    for x64, names in ((False, narrow), (True, wide)):
        with enable_x64(x64):
            assert dtypes.x64() is x64
            for kind, name in names.items():
                assert dtypes.dtype(kind) == name
                assert dtypes.python_scalar_dtype(kind) == (np.dtype(name), True)
            assert dtypes.python_scalar_dtype(bool) == (dtypes.bool_, False)


@pytest.mark.parametrize(
    ("x", "what"),
    [
        ("text", "'text' is not a dtype"),
        (None, "None is not a dtype"),
        (1.0, "1.0 is not a dtype"),
        ([1], "[1] is not a dtype"),
        (np.floating, "<class 'numpy.floating'> is not a dtype"),
        (dtypes.prng_key, "<class 'hloom.frontend.dtypes.prng_key'> is not a dtype"),
        (object, "arrays cannot hold dtype('O')"),
        (str, "arrays cannot hold dtype('<U')"),
        ("S3", "arrays cannot hold dtype('S3')"),
        ("datetime64[s]", "arrays cannot hold dtype('<M8[s]')"),
        (np.dtype([("a", "i4")]), "arrays cannot hold dtype([('a', '<i4')])"),
    ],
)
def test_what_is_not_a_dtype(x, what):
    assert message(DTypeError, lambda: dtypes.dtype(x)) == (
        f"dtype: {what}\n"
        "    arrays hold booleans, integers, floats and complex numbers\n"
        '    give one of those, such as "float32" or hloom.numpy.float32'
    )


# Kinds.

KINDS = {
    "b": {"is_bool"},
    "i": {"is_integer", "is_signed"},
    "u": {"is_integer", "is_unsigned"},
    "f": {"is_float", "is_inexact", "is_signed"},
    "c": {"is_complex", "is_inexact", "is_signed"},
    "V": set(),
}
PREDICATES = set().union(*KINDS.values()) | {"is_extended"}


def kind_of(dt):
    return next(k for k, names in {
        "b": ["bool"], "u": ["uint"], "i": ["int"], "f": ["float", "bfloat"], "c": ["complex"],
        "V": ["void"],
    }.items() if re.sub(r"\d.*", "", dt.name) in names)  # fmt: skip


@pytest.mark.parametrize("dt", dtypes.ALL[:-1], ids=str)
def test_predicates(dt):
    assert {name for name in PREDICATES if getattr(dtypes, name)(dt)} == KINDS[kind_of(dt)]


def test_float0_and_extended_are_of_no_kind_of_number():
    key = Key()
    assert {name for name in PREDICATES if getattr(dtypes, name)(dtypes.float0)} == set()
    assert {name for name in PREDICATES if getattr(dtypes, name)(key)} == {"is_extended"}


class Key(dtypes.ExtendedDType):
    type = dtypes.prng_key
    name = "key<test>"


CLASSES = [
    np.generic,
    np.number,
    np.integer,
    np.signedinteger,
    np.unsignedinteger,
    np.inexact,
    np.floating,
    np.complexfloating,
]


def test_issubdtype_is_numpys():
    for a, b in itertools.product([*NUMPY, *CLASSES, bool, int, float, complex], repeat=2):
        assert dtypes.issubdtype(a, b) == np.issubdtype(a, b), (a, b)


@pytest.mark.parametrize("dt", NARROW, ids=str)
def test_issubdtype_of_narrow_types(dt):
    like = {"f": np.float16, "i": np.int8, "u": np.uint8}[kind_of(dt)]
    for cls in CLASSES:
        assert dtypes.issubdtype(dt, cls) == np.issubdtype(like, cls)
    for other in dtypes.ALL[:-1]:
        assert dtypes.issubdtype(dt, other) == (dt is other)


def test_issubdtype_of_keys():
    key = Key()
    assert dtypes.dtype(key) is key
    assert dtypes.issubdtype(key, dtypes.prng_key)
    assert dtypes.issubdtype(key, dtypes.extended)
    assert dtypes.issubdtype(dtypes.prng_key, dtypes.extended)
    assert dtypes.issubdtype(key, np.generic)
    assert not dtypes.issubdtype(key, np.number)
    assert not dtypes.issubdtype("float32", dtypes.extended)


def test_keys_promote_with_themselves_only():
    key = Key()
    assert dtypes.result_type(key, key) is key
    assert (
        message(TypePromotionError, lambda: dtypes.result_type(key, 1))
        == """promotion: key<test> and a Python int have no common type
    key<test> does not promote
    use numbers of one dtype"""
    )
    assert dtypes.canonicalize_dtype(key, allow_extended_dtype=True) is key
    assert (
        message(DTypeError, lambda: dtypes.canonicalize_dtype(key))
        == """canonicalize_dtype: key<test> is not a dtype of numbers
    it is an extended dtype
    give allow_extended_dtype=True to let it through"""
    )


# Widths, limits and neighbours.


def test_canonicalize():
    narrow = {"float64": "float32", "int64": "int32", "uint64": "uint32", "complex128": "complex64"}
    for dt in dtypes.ALL:
        assert dtypes.canonicalize(dt) == np.dtype(narrow.get(dt.name, dt))
        with enable_x64():
            assert dtypes.canonicalize(dt) is dt


@pytest.mark.parametrize("dt", sorted(dtypes.INEXACTS, key=str), ids=str)
def test_finfo(dt):
    info = dtypes.finfo(dt)
    reference = ml_dtypes.finfo(dt) if dt in NARROW else np.finfo(dt)
    for name in ("bits", "eps", "max", "min", "tiny", "nmant", "dtype"):
        assert getattr(info, name) == getattr(reference, name), name
    assert dtypes.finfo(dt.type) is info


@pytest.mark.parametrize("dt", sorted(dtypes.INTEGERS, key=str), ids=str)
def test_iinfo(dt):
    info, bits = dtypes.iinfo(dt), dtypes.itemsize_bits(dt)
    signed = dtypes.is_signed(dt)
    assert info.bits == bits
    assert info.min == (-(2 ** (bits - 1)) if signed else 0)
    assert info.max == 2 ** (bits - signed) - 1


def test_no_limits():
    assert (
        message(ValueError, lambda: dtypes.finfo("int32"))
        == """finfo: dtype('int32') is not a float or complex dtype
    it has no such limits
    use hloom.numpy.iinfo"""
    )
    assert (
        message(ValueError, lambda: dtypes.iinfo(bool))
        == """iinfo: dtype('bool') is not an integer dtype
    it has no such limits
    give an integer dtype"""
    )


def test_widths():
    for dt in dtypes.ALL[:-1]:
        digits = re.search(r"\d+", dt.name)
        assert dtypes.itemsize_bits(dt) == (int(digits[0]) if digits else 8)


@pytest.mark.parametrize("x64", [False, True])
def test_neighbours(x64):
    with enable_x64(x64):
        default = dtypes.dtype(float)
        for dt in sorted(dtypes.NUMERIC | dtypes.BOOLS, key=str):
            inexact = dt in dtypes.INEXACTS
            assert dtypes.to_inexact(dt) is (dt if inexact else default)
            assert dtypes.tangent_dtype(dt) is (dt if inexact else dtypes.float0)
    for dt in NUMPY:
        assert dtypes.to_real(dt) == np.zeros(1, dt).real.dtype
    for dt in ("float16", "bfloat16", "float32", "complex64", "int8"):
        assert dtypes.to_complex(dtypes.dtype(dt)) is dtypes.complex64
    for dt in (dtypes.float64, dtypes.complex128):
        assert dtypes.to_complex(dt) is dtypes.complex128


def test_zero_and_one():
    for dt in sorted(dtypes.NUMERIC | dtypes.BOOLS, key=str):
        zero, one = dtypes.zero(dt), dtypes.one(dt)
        assert zero.dtype == one.dtype == dt
        if dt is not dtypes.float8_e8m0fnu:  # powers of two only: it has no zero
            assert zero == 0
        if dt is not dtypes.int1:  # holds 0 and -1
            assert one == 1


def test_scalar_type_of():
    python = {"b": bool, "i": int, "u": int, "f": float, "c": complex}
    for dt in dtypes.ALL[:-1]:
        assert dtypes.scalar_type_of(dt) is python[kind_of(dt)]
    for value in (True, 1, 1.0, 1j):
        assert dtypes.scalar_type_of(value) is type(value)
    assert (
        message(TypeError, lambda: dtypes.scalar_type_of(dtypes.float0))
        == """scalar_type_of: dtype([('float0', 'V')]) has no Python scalar type
    only booleans, integers, floats and complex numbers have one
    convert it to one of those first"""
    )


def test_short_names():
    names = {"bool": "bool", "bfloat16": "bf16", "uint4": "u4", "int8": "i8", "complex64": "c64"}
    assert {n: dtypes.short_name(dtypes.dtype(n)) for n in names} == names
    assert len({dtypes.short_name(d) for d in dtypes.ALL}) == len(dtypes.ALL)
    assert dtypes.short_name(Key()) == "key<test>"


def test_public_names():
    assert public.bfloat16 is ml_dtypes.bfloat16
    assert public.float0 is dtypes.float0
    assert public.TypePromotionError is TypePromotionError
    assert issubclass(public.TypePromotionError, ValueError)
    assert public.canonicalize_dtype("uint64") == dtypes.uint32
    assert public.canonicalize_dtype(None) == dtypes.float32
