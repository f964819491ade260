"""Bad input to the array library: what each mistake raises or warns of, whole, and as which class.

A row is a call, the class that NumPy raises for it (or that of its documentation), and the error's
first lines; the line with the place is that of the call here. Whoever adds a check adds a row.
"""

import inspect
import warnings

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom import errors, lax
from hloom.scipy import fft, linalg, optimize, signal, special
from hloom.scipy.sparse import linalg as sparse

A = np.eye(3, dtype=np.float32)
X, V, I8 = np.ones((2, 3), np.float32), np.arange(3, dtype=np.float32), np.array([1, 2], np.int8)

WIDER = "use a wider dtype"
KEEP = f"{WIDER}, or keep 64 bits: hloom.config.update('enable_x64', True)"
IN_32 = "int32 holds -2147483648 to 2147483647"
IN_8, IN_U8 = "int8 holds -128 to 127", "uint8 holds 0 to 255"
NUMBERS = "arrays hold booleans, integers, floats and complex numbers"
DTYPES = 'give one of those, such as "float32" or hloom.numpy.float32'
MAKE = "pass an array or a number; hloom.numpy.asarray makes an array of a list"
UNORDERED = "arrays have no memory order of their own"
IMMUTABLE = "arrays are immutable, so a result cannot be written into one"
OUT = "leave `out` away and use the result"


def row(kind, call, *lines):
    """A call that fails with a class and with lines, of which the user's own is left out."""
    return pytest.param(call, kind, lines)


def fails(call, kind, lines):
    """Check the class, the whole text, and that the line of the user's is the call's."""
    with pytest.raises(kind) as caught:
        call()
    text = str(caught.value).split("\n    ")
    places = [line for line in text if line.startswith("at ")]
    line = call.__code__.co_firstlineno
    assert len(places) == 1
    assert places[0].startswith(f"at test_bad_input_library.py:{line} ")
    assert [line for line in text if line not in places] == list(lines)
    assert isinstance(caught.value, errors.HloomError)


# ---------------------------------------------------------------- keywords
KEYWORDS = [
    row(NotImplementedError, lambda: jnp.sin(V, out=V), "sin: takes no `out`", IMMUTABLE, OUT),
    row(NotImplementedError, lambda: jnp.matmul(X, V, out=V), "matmul: takes no `out`",
        IMMUTABLE, OUT),
    row(NotImplementedError, lambda: hloom.jit(lambda x: jnp.dot(x, x, out=x))(V),
        "dot: takes no `out`", IMMUTABLE, OUT),
    row(NotImplementedError, lambda: lax.exp(V, out=V), "exp: takes no `out`", IMMUTABLE, OUT),
    row(NotImplementedError, lambda: jnp.trace(X, out=V), "trace: takes no `out`", IMMUTABLE, OUT),
    row(NotImplementedError, lambda: jnp.add(V, V, casting="no"), "add: takes no `casting`",
        "dtypes promote by one rule", "leave it away; convert with x.astype(...)"),
    row(NotImplementedError, lambda: jnp.exp2(V, dtype=int), "exp2: takes no `dtype`",
        "the dtypes of the operands decide it", "convert the result with x.astype(...)"),
    row(NotImplementedError, lambda: jnp.log(V, where=V > 0), "log: takes no `where`",
        "arrays are immutable, so there is nothing to leave as it is",
        "use the result, with hloom.numpy.where for some of its elements"),
    row(NotImplementedError, lambda: jnp.zeros(3, order="F"), "zeros: takes no `order`",
        UNORDERED, "leave it away"),
    row(NotImplementedError, lambda: jnp.array(X, order="F"), "array: order 'F'", UNORDERED,
        "leave it away"),
    row(ValueError, lambda: jnp.reshape(X, 6, order="K"), "reshape: order 'K'", UNORDERED,
        "use 'C' or 'F'"),
    row(NotImplementedError, lambda: jnp.array(X, subok=True), "array: takes no `subok`",
        "arrays have no subclasses", "leave it away"),
    row(NotImplementedError, lambda: jnp.ones(3).astype("int8", casting="safe"),
        "astype: takes no `casting`", "every conversion is allowed",
        "ask hloom.numpy.can_cast before"),
    row(NotImplementedError, lambda: jnp.clip(V, a_min=0), "clip: takes no `a_min`",
        "it is named `min`", "use `min`"),
    row(TypeError, lambda: jnp.mean(V, dtypes="int8"), "mean: has no parameter `dtypes`",
        "its parameters are a, axis, dtype, out, keepdims, where", "use `dtype`"),
    row(TypeError, lambda: jnp.unique_values(x=V), "unique_values: `x` is given by position",
        "it was given by name", "write unique_values(...) without the name"),
    row(TypeError, lambda: jnp.sort(), "sort: missing a required argument: 'a'",
        "it is called as sort(a, axis=-1, *, kind=None, order=None, stable=True, descending=False)",
        "call it so"),
    row(TypeError, lambda: lax.neg(V, V), "neg: too many positional arguments",
        "it is called as neg(x)", "call it so"),
]  # fmt: skip

# ---------------------------------------------------------------- numbers that do not fit
NUMBERS_OUTSIDE = [
    row(OverflowError, lambda: jnp.asarray(I8) + 300, "add: integer 300 is out of bounds for int8",
        IN_8, WIDER),
    row(OverflowError, lambda: hloom.jit(lambda x: -129 * x)(I8),
        "multiply: integer -129 is out of bounds for int8", IN_8, WIDER),
    row(OverflowError, lambda: lax.add(I8, 300), "add: integer 300 is out of bounds for int8",
        IN_8, WIDER),
    row(OverflowError, lambda: jnp.asarray(300, "int8"),
        "array: integer 300 is out of bounds for int8", IN_8, WIDER),
    row(OverflowError, lambda: jnp.array([[1, 300]], "int8"),
        "array: integer 300 is out of bounds for int8", "they are [[1, 300]]", WIDER),
    row(OverflowError, lambda: jnp.array(2**40),
        "array: integer 1099511627776 is out of bounds for int32", IN_32, KEEP),
    row(OverflowError, lambda: jnp.full(2, 300, "uint8"),
        "full: integer 300 is out of bounds for uint8", IN_U8, WIDER),
    row(OverflowError, lambda: jnp.full(2, -1.5, "uint8"),
        "full: integer -1 is out of bounds for uint8", IN_U8, WIDER),
    row(OverflowError, lambda: jnp.full_like(I8, 300),
        "full_like: integer 300 is out of bounds for int8", IN_8, WIDER),
    row(OverflowError, lambda: jnp.where(V > 1, np.int8(1), 300),
        "where: integer 300 is out of bounds for int8", IN_8, WIDER),
    row(OverflowError, lambda: jnp.asarray(I8).at[0].set(300),
        "x.at[...]: integer 300 is out of bounds for int8", IN_8, WIDER),
    row(OverflowError, lambda: jnp.arange(2**31, 2**31 + 2),
        "arange: integer 2147483648 is out of bounds for int32", IN_32, KEEP),
    row(OverflowError, lambda: jnp.asarray(np.array([1, -(2**40)])),
        "array: integer -1099511627776 is out of bounds for int32", IN_32, KEEP),
    row(OverflowError, lambda: jnp.arange(1) + np.full(2000, 2**31),
        "add: integer 2147483648 is out of bounds for int32", IN_32, KEEP),
    row(OverflowError, lambda: jnp.sum(np.array([2**40])),
        "sum: integer 1099511627776 is out of bounds for int32", IN_32, KEEP),
    row(OverflowError, lambda: hloom.jit(lambda x: x)(np.array([2**32], np.uint64)),
        "an operand: integer 4294967296 is out of bounds for uint32",
        "uint32 holds 0 to 4294967295", KEEP),
    row(ValueError, lambda: jnp.array([np.nan], "int8"), "array: NaN is no integer",
        "they are [nan]", "use a float dtype"),
    row(ValueError, lambda: jnp.array(float("nan"), "int8"), "array: nan is no integer",
        "int8 holds integers", "use a float dtype"),
    row(OverflowError, lambda: jnp.full(2, float("inf"), "int8"), "full: inf is no integer",
        "int8 holds integers", "use a float dtype"),
]  # fmt: skip

# ---------------------------------------------------------------- what arrays cannot hold
STRANGE = [
    row(TypeError, call, f"{name}: {what}", NUMBERS, DTYPES)
    for name, what, call in [
        ("zeros", "arrays cannot hold dtype('<U')", lambda: jnp.zeros(3, str)),
        ("ones", "arrays cannot hold dtype('O')", lambda: jnp.ones(3, object)),
        ("full", "arrays cannot hold dtype('<U')", lambda: jnp.full(3, 1, str)),
        ("array", "arrays cannot hold dtype('<U1')", lambda: jnp.array("a")),
        ("asarray", "arrays cannot hold dtype('O')", lambda: jnp.asarray(None)),
        ("array", "arrays cannot hold dtype('O')", lambda: jnp.array({"a": 1})),
        ("array", "arrays cannot hold dtype('<U1')", lambda: jnp.array(np.array(["a"]))),
        ("array", "arrays cannot hold dtype('<M8[D]')", lambda: jnp.array([1], "M8[D]")),
        ("astype", "arrays cannot hold dtype('<U')", lambda: jnp.ones(3).astype(str)),
        ("astype", "'int37' is not a dtype", lambda: jnp.astype(V, "int37")),
        ("arange", "arrays cannot hold dtype('<U')", lambda: jnp.arange(3, dtype=str)),
        ("linspace", "arrays cannot hold dtype('O')", lambda: jnp.linspace(0, 1, dtype=object)),
        ("sum", "(1,) is not a dtype", lambda: jnp.sum(V, dtype=(1,))),
    ]
] + [
    row(TypeError, lambda: jnp.array(["a"]), "array: arrays cannot hold values of type str",
        "it was given ['a']", "give numbers"),
    row(TypeError, lambda: jnp.full(3, "a"), "full: takes arrays and numbers",
        "it was given 'a' of type str", MAKE),
    row(TypeError, lambda: jnp.arange("a"), "arange: takes arrays and numbers",
        "it was given 'a' of type str", MAKE),
    row(TypeError, lambda: jnp.linspace(None, 1), "linspace: takes arrays and numbers",
        "it was given None of type NoneType", MAKE),
    row(TypeError, lambda: jnp.sum([1, 2]), "sum: takes arrays and numbers",
        "it was given a list of length 2", MAKE),
]  # fmt: skip

# ---------------------------------------------------------------- shapes, axes, modes
AXES_2 = "use an axis from -2 to 1"
MISTAKES = [
    row(np.exceptions.AxisError, lambda: jnp.sum(X, axis=5), "sum: there is no axis 5",
        "the operand has 2 axes", AXES_2),
    row(TypeError, lambda: jnp.sum(X, axis=1.5), "sum: an axis is an integer", "it is 1.5",
        "give an int, or a tuple of ints"),
    row(TypeError, lambda: jnp.cumsum(X, axis="a"), "cumsum: an axis is an integer", "it is 'a'",
        "give an int, or a tuple of ints"),
    row(IndexError, lambda: jnp.flip(X, 5), "flip: there is no axis 5", "the operand has 2 axes",
        AXES_2),
    row(ValueError, lambda: jnp.fliplr(V), "fliplr: there is no axis 1", "the operand has 1 axes",
        "use an axis from -1 to 0"),
    row(np.exceptions.AxisError, lambda: jnp.unique(X, axis=2), "unique: there is no axis 2",
        "the operand has 2 axes", AXES_2),
    row(ValueError, lambda: jnp.zeros(-1), "zeros: a length is negative", "the shape is (-1,)",
        "use lengths from 0 up"),
    row(TypeError, lambda: jnp.zeros(1.5), "zeros: lengths are integers", "the shape is 1.5",
        "give an int, or a tuple of ints"),
    row(TypeError, lambda: jnp.reshape(X, "a"), "reshape: lengths are integers",
        "the shape is 'a'", "give an int, or a tuple of ints"),
    row(TypeError, lambda: jnp.linspace(0, 1, 2.5), "linspace: num is an integer", "it is 2.5",
        "give an int"),
    row(TypeError, lambda: jnp.round(V, "a"), "round: decimals is an integer", "it is 'a'",
        "give an int"),
    row(TypeError, lambda: jnp.fft.fft(V, n="a"), "fft: n is an integer", "it is 'a'",
        "give an int"),
    row(ValueError, lambda: jnp.repeat(X, -1), "repeat: the repeats are not negative",
        "they are -1", "use 0 and up"),
    row(TypeError, lambda: jnp.repeat(X, "a"), "repeat: the repeats are integers",
        "they are 'a'", "give ints"),
    row(ValueError, lambda: jnp.array_split(V, 0), "array_split: makes one part or more",
        "the number of parts is 0", "use 1 and up"),
    row(ValueError, lambda: jnp.hstack([X, X[:1]]),
        "hstack: shapes may differ only along axis 1", "the operands have shapes (2, 3), (1, 3)",
        "reshape or pad the operands"),
    row(ValueError, lambda: jnp.append(X, V, axis=0), "append: shapes may differ only along axis 0",
        "the operands have shapes (2, 3), (3,)", "reshape or pad the operands"),
    row(ValueError, lambda: jnp.where(X, X), "where: takes one array or three",
        "x and y go together, and exclude size and fill_value", "give where(condition, x, y)"),
    row(ValueError, lambda: jnp.cumulative_sum(X), "cumulative_sum: which axis?",
        "the array has 2 axes", "give axis=0, for example"),
    row(ValueError, lambda: jnp.histogram(V, range=(1, 0)),
        "histogram: the range ends before it begins", "it is (1, 0)", "exchange them"),
    row(ValueError, lambda: jnp.histogram2d(V, V[:2]), "histogram2d: coordinates of one length",
        "they have shapes (3,), (2,)", "give as many of each"),
    row(TypeError, lambda: jnp.lexsort(()), "lexsort: needs a key", "there is none",
        "give one array at least"),
    row(IndexError, lambda: jnp.take_along_axis(X, X, 0),
        "take_along_axis: positions are integers", "they are f32[2,3]", "use x.astype(int)"),
    row(TypeError, lambda: jnp.packbits(V), "packbits: takes bools and integers",
        "the operand is f32[3]", "compare it with 0"),
    row(TypeError, lambda: jnp.asarray(X) & 1.0, "bitwise_and: takes bool or an integer dtype",
        "the operand is f32[2,3]", "convert the operand with x.astype(...)"),
    row(np.linalg.LinAlgError, lambda: jnp.linalg.inv(X), "inv: takes square matrices",
        "the operand is f32[2,3]", "give it two last axes of equal length"),
    row(np.linalg.LinAlgError, lambda: jnp.linalg.det(V), "det: takes square matrices",
        "the operand is f32[3]", "give it two last axes of equal length"),
    row(np.linalg.LinAlgError, lambda: jnp.linalg.cholesky(X), "cholesky: takes square matrices",
        "the operand is f32[2,3]", "give it two last axes of equal length"),
    row(np.linalg.LinAlgError, lambda: jnp.linalg.svd(V), "svd: takes matrices",
        "the operand is f32[3]", "give it two last axes"),
    row(TypeError, lambda: jnp.linalg.matrix_power(X[:, :2], 1.5),
        "matrix_power: the power is an integer", "it is 1.5", "give an int"),
    row(ValueError, lambda: jnp.linalg.multi_dot([X]),
        "multi_dot: multiplies two arrays or more", "there are 1", "give more"),
]  # fmt: skip

# ---------------------------------------------------------------- values out of range, switches
I3, MASK = np.array([0, 2, 1]), np.array([True, False])
SHARES, PARTS = "use numbers from 0 to 1", "use numbers from 0 to 100"
CHOOSE, INT, LARGER = "give one of them", "give an int", "give a larger one"
REDUCTIONS = [
    "sum",
    "prod",
    "max",
    "min",
    "any",
    "all",
    "mean",
    "std",
    "var",
    "median",
    "ptp",
    "average",
    "nansum",
    "nanmax",
    "nanmean",
    "nanstd",
    "nanmedian",
    "count_nonzero",
    "argmax",
    "nanargmin",
]
RANGES = [
    row(TypeError, lambda name=name: getattr(jnp, name)(X, keepdims="a"),
        f"{name}: keepdims is True or False", "it is 'a'", CHOOSE)
    for name in REDUCTIONS
] + [
    row(TypeError, lambda: jnp.sum(X, True), "sum: an axis is an integer", "it is True",
        "give an int, or keepdims=..."),
    row(TypeError, lambda: jnp.linalg.norm(X, keepdims=1.5), "norm: keepdims is True or False",
        "it is 1.5", CHOOSE),
    row(ValueError, lambda: jnp.quantile(V, 1.5), "quantile: q is from 0 to 1", "it is 1.5",
        SHARES),
    row(ValueError, lambda: jnp.nanquantile(V, np.float32(-0.5)),
        "nanquantile: q is from 0 to 1", "it is -0.5", SHARES),
    row(ValueError, lambda: jnp.quantile(V, q=float("nan")), "quantile: q is from 0 to 1",
        "it is nan", SHARES),
    row(ValueError, lambda: hloom.jit(lambda x: jnp.quantile(x, np.array([0.5, 2.0])))(V),
        "quantile: q is from 0 to 1", "it is [0.5 2. ]", SHARES),
    row(ValueError, lambda: jnp.percentile(V, 101), "percentile: q is from 0 to 100",
        "it is 101", PARTS),
    row(ValueError, lambda: jnp.nanpercentile(V, -1), "nanpercentile: q is from 0 to 100",
        "it is -1", PARTS),
    row(TypeError, lambda: jnp.quantile(V, None), "quantile: takes arrays and numbers",
        "it was given None of type NoneType", MAKE),
    row(ValueError, lambda: jnp.geomspace(0, 5),
        "geomspace: equal ratios lead neither from 0 nor to it", "it was given 0",
        "use numbers that are not 0"),
    row(ValueError, lambda: jnp.geomspace(np.ones(2), np.array([1, 0])),
        "geomspace: equal ratios lead neither from 0 nor to it", "it was given [1 0]",
        "use numbers that are not 0"),
    row(TypeError, lambda: jnp.geomspace(1, 2, 2.5), "geomspace: num is an integer", "it is 2.5",
        INT),
    row(ValueError, lambda: jnp.unravel_index(6, (2, 3)),
        "unravel_index: a position is outside of shape (2, 3)", "they are from 6 to 6",
        "use numbers from -6 to 5"),
    row(ValueError, lambda: jnp.unravel_index(np.array([0, -7]), (2, 3)),
        "unravel_index: a position is outside of shape (2, 3)", "they are from -7 to 0",
        "use numbers from -6 to 5"),
    row(ValueError, lambda: jnp.ravel_multi_index((2, 0), (2, 3)),
        "ravel_multi_index: a number is out of range", "they are from 2 to 2",
        "use numbers from 0 to 1, or mode='clip' or 'wrap'"),
    row(ValueError, lambda: jnp.bincount(I3, minlength=-1), "bincount: minlength is 0 or more",
        "it is -1", LARGER),
    row(TypeError, lambda: jnp.bincount(I3, minlength=1.5), "bincount: minlength is an integer",
        "it is 1.5", INT),
    row(ValueError, lambda: jnp.vander(V, -1), "vander: N is 0 or more", "it is -1", LARGER),
    row(TypeError, lambda: jnp.diag(X, k=1.5), "diag: k is an integer", "it is 1.5", INT),
    row(TypeError, lambda: jnp.diff(V, 1.5), "diff: n is an integer", "it is 1.5", INT),
    row(TypeError, lambda: jnp.hamming("a"), "hamming: M is an integer", "it is 'a'", INT),
    row(TypeError, lambda: jnp.polyder(V, 1.5), "polyder: m is an integer", "it is 1.5", INT),
    row(TypeError, lambda: jnp.rot90(X, k="a"), "rot90: k is an integer", "it is 'a'", INT),
    row(TypeError, lambda: jnp.array(1, ndmin=1.5), "array: ndmin is an integer", "it is 1.5",
        INT),
    row(TypeError, lambda: jnp.std(V, ddof="a"), "std: ddof is a number", "it is 'a'",
        "give an int or a float"),
    row(ValueError, lambda: jnp.cov(V, ddof=1.5), "cov: ddof is an integer", "it is 1.5", INT),
    row(TypeError, lambda: jnp.arange(None), "arange: the bounds are real numbers",
        "one is None", "give real numbers"),
    row(ValueError, lambda: jnp.rot90(X, axes=(0,)), "rot90: turns within two axes",
        "the axes are (0,)", "give a pair"),
    row(TypeError, lambda: jnp.split(X, [1.5]), "split: an index is an integer", "it is 1.5",
        INT),
    row(ValueError, lambda: jnp.vsplit(V, 3), "vsplit: the array needs 2 axes", "it is f32[3]",
        "use hloom.numpy.split, which takes the axis"),
    row(IndexError, lambda: jnp.delete(V, 1.5), "delete: positions are integers",
        "it was given 1.5", "give ints, or a mask"),
    row(ValueError, lambda: jnp.delete(V, MASK), "delete: a mask is as long as the axis",
        "it has shape (2,), the axis 3 elements", "give it one each"),
    row(ValueError, lambda: jnp.insert(V, I3[:2], V),
        "insert: shapes (3,) and (2,) do not broadcast",
        "axis -1 is 3 on the left and 2 on the right",
        "make the lengths of axis -1 equal, or one of them 1"),
    row(np.exceptions.AxisError, lambda: jnp.trim_zeros(X, axis=5),
        "trim_zeros: there is no axis 5", "the operand has 2 axes", AXES_2),
    row(TypeError, lambda: jnp.trim_zeros(V, 3), "trim_zeros: trim is a string", "it is 3",
        'use "f", "b" or "fb"'),
    row(TypeError, lambda: jnp.select([V], [V]), "select: conditions are bools", "one is f32[3]",
        "compare it with 0"),
    row(ValueError, lambda: jnp.searchsorted(V, 1.0, sorter=I3[:2]),
        "searchsorted: the sorter is as long", "it has shape (2,), the vector (3,)",
        "use argsort of it"),
    row(ValueError, lambda: jnp.histogram(V, range=(0, float("inf"))),
        "histogram: the range is finite", "it is (0, inf)", "give other ends"),
    row(ValueError, lambda: jnp.histogram(V, range=(1, 2, 3)), "histogram: a range is a pair",
        "it is (1, 2, 3)", "give (low, high)"),
    row(ValueError, lambda: jnp.histogramdd(X, range=[(0, 1)]),
        "histogramdd: a range for each axis", "there are 3 axes and 1 ranges",
        "give one for each, or None"),
    row(ValueError, lambda: jnp.histogram(V, weights=np.ones(4)),
        "histogram: a weight for each element",
        "the weights have shape (4,), the array (3,)", "give as many"),
    row(ValueError, lambda: jnp.interp(1.0, V, V, period=0), "interp: the period is not 0",
        "it is 0", "give its length"),
    row(TypeError, lambda: jnp.vectorize(3), "vectorize: pyfunc is a function",
        "it is 3 of type int", "pass the function itself, without calling it"),
    row(ValueError, lambda: jnp.fromfunction(np.add, (2, -1)),
        "fromfunction: a length is negative", "the shape is (2, -1)", "use lengths from 0 up"),
    row(ValueError, lambda: jnp.frombuffer(b"123", "int32"),
        "frombuffer: cannot read the numbers",
        "buffer size must be a multiple of element size", "see numpy.frombuffer, which reads it"),
    row(ValueError, lambda: jnp.fft.fftfreq("a"), "fftfreq: n is the number of samples",
        "n is 'a'", "give a positive int"),
    row(ValueError, lambda: jnp.einsum(X), "einsum: takes subscripts and arrays",
        "it was given 1 arguments", 'give subscripts and arrays, as einsum("ij,jk", x, y)'),
    # the name is that of the function that was called, not that of a part of it
    row(np.exceptions.AxisError, lambda: jnp.nansum(X, axis=5), "nansum: there is no axis 5",
        "the operand has 2 axes", AXES_2),
    row(np.exceptions.AxisError, lambda: hloom.jit(lambda x: jnp.append(x, x, axis=4))(X),
        "append: there is no axis 4", "the operand has 2 axes", AXES_2),
    row(ValueError, lambda: jnp.trapezoid(V, x=np.ones(4, np.float32)),
        "trapezoid: shapes (3,) and (2,) do not broadcast",
        "axis -1 is 3 on the left and 2 on the right",
        "make the lengths of axis -1 equal, or one of them 1"),
]  # fmt: skip

# ---------------------------------------------------------------- beside hloom.numpy
KEY = hloom.random.key(0)
Q = np.ones((1, 2, 2, 4), np.float32)
TREE = hloom.tree.structure([1, 2])
KINDS = [
    # a static argument of another kind than its parameter, named by the signature
    row(TypeError, lambda: hloom.nn.gelu(V, approximate=X), "gelu: approximate is True or False",
        "it is a value of type ndarray", CHOOSE),
    row(TypeError, lambda: special.logsumexp(V, keepdims="a"),
        "logsumexp: keepdims is True or False", "it is 'a'", CHOOSE),
    row(TypeError, lambda: linalg.qr(A, pivoting=A), "qr: pivoting is True or False",
        "it is a value of type ndarray", CHOOSE),
    row(TypeError, lambda: special.logsumexp(V, return_sign=A),
        "logsumexp: return_sign is True or False", "it is a value of type ndarray", CHOOSE),
    row(TypeError, lambda: hloom.jit(lambda x: linalg.expm(x, upper_triangular=A))(A),
        "expm: upper_triangular is True or False", "it is a value of type ndarray", CHOOSE),
]  # fmt: skip
MODULES = [
    row(TypeError, lambda: hloom.random.normal(KEY, X), "normal: lengths are integers",
        "the shape is a value of type ndarray", "give an int, or a tuple of ints"),
    row(TypeError, lambda: hloom.random.normal("a"), "normal: takes arrays and numbers",
        "it was given 'a' of type str", MAKE),
    row(TypeError, lambda: hloom.random.uniform(KEY, maxval=np.float32),
        "uniform: takes arrays and numbers",
        "it was given <class 'numpy.float32'> of type type", MAKE),
    row(TypeError, lambda: hloom.random.orthogonal(KEY, "a"), "orthogonal: n is an integer",
        "it is 'a'", INT),
    row(ValueError, lambda: hloom.random.ball(KEY, -1), "ball: d is 0 or more", "it is -1",
        LARGER),
    row(ValueError, lambda: hloom.random.key(0, impl=["rbg"]), "key: no such generator",
        "impl is ['rbg']", "use one of threefry2x32, rbg, unsafe_rbg"),
    row(TypeError, lambda: hloom.random.choice(KEY, None), "choice: takes arrays and numbers",
        "it was given None of type NoneType", MAKE),
    row(TypeError, lambda: hloom.random.choice(KEY, 5, replace="a"),
        "choice: replace is True or False", "it is 'a'", CHOOSE),
    row(ValueError, lambda: hloom.random.permutation(KEY, -1), "permutation: x is 0 or more",
        "it is -1", LARGER),
    row(TypeError, lambda: hloom.random.randint(KEY, (2,), 0, 5, dtypes="int8"),
        "randint: has no parameter `dtypes`",
        "its parameters are key, shape, minval, maxval, dtype, out_sharding", "use `dtype`"),
    row(TypeError, lambda: hloom.nn.dot_product_attention(Q, Q, Q, scale="a"),
        "dot_product_attention: scale is a number", "it is 'a'",
        "give a float, or None for 1 / sqrt(H)"),
    row(TypeError, lambda: hloom.nn.dot_product_attention(Q, Q, Q, local_window_size=(1, 2, 3)),
        "dot_product_attention: local_window_size is an integer or a pair of them",
        "it is (1, 2, 3)", "give (left, right)"),
    row(TypeError, lambda: hloom.image.resize(X, (4, 4), "linear", antialias="a"),
        "resize: antialias is True or False", "it is 'a'", CHOOSE),
    row(TypeError, lambda: hloom.ops.segment_sum(V, I3, 2.5),
        "segment_sum: num_segments is an integer", "it is 2.5", INT),
    row(ValueError, lambda: hloom.ops.segment_max(V, I3, 3, mode=["clip"]),
        "segment_max: there is no mode ['clip']",
        "the modes are 'fill', 'drop', 'clip' and 'promise_in_bounds'", "use one of these"),
    row(TypeError, lambda: hloom.tree.unflatten("a", [1]), "unflatten: takes structures of trees",
        "it was given 'a' of type str", "make structures with hloom.tree.structure(tree)"),
    row(TypeError, lambda: hloom.tree.unflatten(TREE, 1),
        "unflatten: the leaves are in an iterable", "it was given 1", "give a list of them"),
    row(TypeError, lambda: hloom.tree_util.register_static("a"), "register: a node is a class",
        "it was given 'a'", "give the class itself"),
    row(TypeError, lambda: signal.stft(V, nperseg="a"), "stft: nperseg is an integer",
        "it is 'a'", INT),
    row(TypeError, lambda: signal.welch(None), "welch: takes arrays and numbers",
        "it was given None of type NoneType", MAKE),
    row(TypeError, lambda: signal.csd(V, V, "a"), "csd: takes arrays and numbers",
        "it was given 'a' of type str", MAKE),
    row(TypeError, lambda: signal.detrend(V, bp="a"), "detrend: bp is an integer", "it is 'a'",
        INT),
    row(TypeError, lambda: fft.dct(V, n="a"), "dct: n is an integer", "it is 'a'", INT),
    row(ValueError, lambda: fft.dct(V, norm=["ortho"]), "dct: norm ['ortho'] is not known",
        'use "backward", "ortho" or "forward"'),
    row(TypeError, lambda: linalg.hilbert("a"), "hilbert: n is an integer", "it is 'a'", INT),
    row(ValueError, lambda: linalg.dft(-1), "dft: n is 0 or more", "it is -1", LARGER),
    row(TypeError, lambda: linalg.cho_solve(A, V),
        "cho_solve: takes the pair that cho_factor makes",
        "it was given a value of type ndarray", "give a tuple of two"),
    row(ValueError, lambda: linalg.companion(np.float32(1)), "companion: too few coefficients",
        "a is f32[]", "give two coefficients or more, the highest first"),
    row(TypeError, lambda: sparse.cg(A, V, tol=None), "cg: tol is a number", "it is None",
        "give a float"),
    row(ValueError, lambda: sparse.gmres(A, V, restart=0), "gmres: restart is 1 or more",
        "it is 0", LARGER),
    row(TypeError, lambda: optimize.minimize(np.sum, V, method="BFGS", options=[1]),
        "minimize: options is a dict", "it is of type list", "write {name: value}"),
    row(ValueError, lambda: jnp.__array_namespace_info__().dtypes(device="none"),
        "dtypes: there is no device 'none'",
        f"the devices are {', '.join(map(str, hloom.devices()))}", "use one of them"),
    row(OverflowError, lambda: hloom.jit(lambda x: lax.add(x, np.int64(2**40)))(V.astype(int)),
        "add: integer 1099511627776 is out of bounds for int32", IN_32, KEEP),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "kind", "lines"),
    KEYWORDS + NUMBERS_OUTSIDE + STRANGE + MISTAKES + RANGES + KINDS + MODULES,
)
def test_the_whole_text(call, kind, lines):
    fails(call, kind, lines)


# ---------------------------------------------------------------- every keyword of NumPy's
UFUNC = ("out", "where", "casting", "order", "dtype", "subok", "signature")
#: NumPy's functions that have no signature to look at, and the keywords of its documentation
WRITTEN = {
    "array": ("subok", "like"), "asarray": ("like",), "arange": ("like",),
    "zeros": ("order", "like"), "empty": ("order", "like"), "empty_like": ("order", "subok"),
    "concatenate": ("out", "casting"), "dot": ("out",), "frombuffer": ("like",),
    "fromstring": ("like",),
}  # fmt: skip
#: names for operands, and functions that hand what they do not know to others
ELSEWHERE = {("issubdtype", "arg1"), ("issubdtype", "arg2"), ("einsum_path", "einsum_call")}
HANDED_ON = {"fromfile", "fromfunction", "fromiter", "load"}


def parameters(function):
    """The names that may be given by keyword."""
    try:
        found = inspect.signature(function).parameters.values()
    except ValueError:
        return []
    return [p.name for p in found if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]


def unknown_keywords():
    """(module, function, keyword) for what NumPy's function knows and hloom's does not."""
    for mine, theirs in ((jnp, np), (jnp.linalg, np.linalg), (jnp.fft, np.fft)):
        for name in sorted(n for n in dir(theirs) if hasattr(mine, n) and n[0] != "_"):
            a, b = getattr(mine, name), getattr(theirs, name)
            if not callable(b) or isinstance(b, type) or name in HANDED_ON:
                continue
            taken = UFUNC if isinstance(b, np.ufunc) else WRITTEN.get(name) or parameters(b)
            known = () if isinstance(a, jnp.ufunc) else parameters(a)
            for keyword in taken:
                if keyword not in known and (name, keyword) not in ELSEWHERE:
                    yield a, keyword


def test_every_keyword_of_numpy_is_taken_or_refused():
    count = 0
    for function, keyword in unknown_keywords():
        count += 1
        operands = getattr(function, "nin", None) or sum(
            p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
            for p in inspect.signature(function).parameters.values()
        )
        with pytest.raises((errors.UnsupportedError, errors.ArgumentError)) as caught:
            function(*[X] * operands, **{keyword: X})
        lines = str(caught.value).split("\n    ")
        assert f"`{keyword}`" in lines[0], (function, keyword)
        assert len(lines) == 4, (function, keyword)
    assert count > 600


def test_signatures_are_those_of_the_functions():
    assert str(inspect.signature(jnp.sin)) == "(x, /)"
    assert str(inspect.signature(jnp.remainder)) == "(x1, x2, /)"
    assert list(inspect.signature(jnp.array).parameters)[:2] == ["object", "dtype"]
    assert jnp.sin.__name__ == "sin"


# ---------------------------------------------------------------- 64 bits
NARROWING = [
    ("zeros", "float64", "float32", lambda: jnp.zeros(3, "float64")),
    ("array", "float64", "float32", lambda: jnp.array(V, dtype=np.float64)),
    ("array", "int64", "int32", lambda: jnp.int64(1)),
    ("astype", "complex128", "complex64", lambda: jnp.asarray(V).astype("complex128")),
    ("sum", "uint64", "uint32", lambda: jnp.sum(I8, dtype="uint64")),
    ("trace", "float64", "float32", lambda: jnp.trace(X, dtype="float64")),
    ("uniform", "float64", "float32",
     lambda: hloom.random.uniform(hloom.random.key(0), (2,), dtype="float64")),
    ("convert_element_type", "int64", "int32", lambda: lax.convert_element_type(V, "int64")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "wide", "narrow", "call"), NARROWING)
def test_a_64_bit_dtype_that_is_asked_for(name, wide, narrow, call):
    for _ in range(2):  # also when the executable is there
        with pytest.warns(UserWarning, match="was asked for") as caught:
            assert call().dtype == narrow
        (warning,) = caught
        assert warning.filename == __file__
        line = call.__code__.co_firstlineno
        asked, why, place, remedy = str(warning.message).split("\n    ")
        assert asked == f"{name}: {wide} was asked for and {narrow} is made"
        assert why == "64-bit types are off"
        assert place.startswith(f"at test_bad_input_library.py:{line} ")
        assert remedy == "ask for 32 bits, or keep 64: hloom.config.update('enable_x64', True)"
    with hloom.enable_x64():
        assert call().dtype == wide


def test_each_line_warns_once():
    with warnings.catch_warnings(record=True) as caught:
        warnings.resetwarnings()  # Python's own way: once for each line
        for _ in range(3):
            jnp.sum(V, dtype="float64")
        jnp.sum(V, dtype="float64")
    assert len(caught) == 2
    assert caught[1].lineno == caught[0].lineno + 1


def test_what_asks_for_no_width_is_narrowed_in_silence():
    assert jnp.zeros(2, float).dtype == jnp.asarray(np.ones(2)).dtype == np.float32
    assert jnp.zeros(2, int).dtype == jnp.asarray(np.arange(2)).dtype == np.int32
    limits = np.array([-(2**31), 2**31 - 1])
    np.testing.assert_array_equal(jnp.asarray(limits), limits)
    np.testing.assert_array_equal(hloom.jit(lambda x: x)(np.repeat(limits, 600))[::600], limits)
    assert jnp.asarray(np.array([], np.int64)).shape == (0,)


# ---------------------------------------------------------------- numbers at the edge
def test_bounds_beyond_a_dtype_are_no_bounds():
    x = np.array([-128, 5, 127], np.int8)
    for low, high in ((0, 300), (-300, 7), (-(2**40), 2**40), (200, 300)):
        found = jnp.clip(x, low, high)
        assert found.dtype == np.int8
        np.testing.assert_array_equal(found, np.clip(x.astype(object), low, high).clip(-128, 127))


def test_large_numbers_beside_wide_arrays_are_operands():
    assert jnp.where(V > 1, np.int32(1), 300).tolist() == [300, 300, 1]
    assert jnp.where(V > 1, V, 300).tolist() == [300, 300, 2]
    assert jnp.full_like(V, 300).tolist() == [300] * 3
    assert jnp.full(2, 255, "uint8").tolist() == [255, 255]


def test_integers_of_a_dtype_wrap_alike_under_jit():
    for convert in (
        lambda x: jnp.full_like(x, np.int64(300)),
        lambda x: jnp.pad(x, 1, constant_values=np.int64(300))[:1],
    ):
        for run in (convert, hloom.jit(convert)):
            np.testing.assert_array_equal(run(jnp.asarray(I8))[0], 44)


def test_fill_values_that_are_nan_keep_their_signs():
    x = jnp.ones(2)
    for fill in (float("nan"), -float("nan"), np.float32("nan"), 0.0, -0.0, np.float32(-0.0)):
        found = np.asarray(x.at[5].get(mode="fill", fill_value=fill))
        assert np.signbit(found) == np.signbit(fill)


def test_numpy_integers_are_static_arguments():
    two = np.int64(2), np.array(2)
    for n in two:
        assert hloom.random.split(KEY, n).shape == (2,)
        assert hloom.random.normal(KEY, (n, 3)).shape == (2, 3)
        assert hloom.random.orthogonal(KEY, n).shape == (2, 2)
        assert hloom.ops.segment_sum(V, I3, n).shape == (2,)
        assert hloom.nn.one_hot(I3, n).shape == (3, 2)
        assert hloom.image.resize(X, (n, n), "linear").shape == (2, 2)
        assert linalg.hilbert(n).shape == (2, 2)
        assert fft.dct(V, 2, n).shape == (2,)
        assert signal.detrend(V, bp=n).shape == (3,)


def test_numpy_arrays_that_are_converted_wrap_around():
    assert jnp.asarray(np.array([300, -1]), "uint8").tolist() == [44, 255]
    assert jnp.asarray(np.array([2**40 + 1]), "int32").tolist() == [1]
