"""How many executables an eager call of a library function runs: one, or the reason is here."""

import importlib
import re

import numpy as np
import pytest

import eager_calls
import eager_families
import hloom
import hloom.numpy as hnp
import hurry
import ops
import test_equations
from hloom import lax
from hloom.frontend.primitive import Primitive
from hloom.runtime import compile as compilation, room

R = np.random.default_rng(0)
X = np.linspace(0.1, 2, 6, dtype=np.float32)
M = (R.random((4, 4)) + np.eye(4)).astype(np.float32)
I = np.array([0, 2, 1, 3, 1, 2], np.int32)
B = np.array([1, 0, 1, 1, 0, 1], bool)
IMAGE = M.reshape(1, 1, 4, 4)

#: calls of what is no row of test_equations.CALLS
CALLS = {
    "numpy.apply_over_axes": (lambda m: hnp.apply_over_axes(hnp.sum, m, (0, 1)), M),
    "numpy.apply_over_axes(lambda)": (
        lambda m: hnp.apply_over_axes(lambda x, axis: hnp.sum(x, axis, keepdims=True), m, (0, 1)),
        M,
    ),
    "numpy.argwhere": (hnp.argwhere, B),
    "numpy.argwhere(size)": (lambda b: hnp.argwhere(b, size=3), B),
    "numpy.array_split": (lambda x: hnp.array_split(x, 4), X),
    "numpy.atleast_2d": (hnp.atleast_2d, X),
    "numpy.atleast_3d": (hnp.atleast_3d, X, X),
    "numpy.bincount": (hnp.bincount, I),
    "numpy.choose": (lambda i, x: hnp.choose(i, [x] * 4), I, X),
    "numpy.compress": (hnp.compress, B, X),
    "numpy.compress(size)": (lambda b, x: hnp.compress(b, x, size=4), B, X),
    "numpy.copy": (hnp.copy, X),
    "numpy.delete": (lambda m: hnp.delete(m, 1), M),
    "numpy.delete(axis)": (lambda m: hnp.delete(m, slice(2), axis=1), M),
    "numpy.delete(unique)": (lambda m, i: hnp.delete(m, i, assume_unique_indices=True), M, I[:2]),
    "numpy.einsum": (lambda m: hnp.einsum("ij,jk,kl->il", m, m, m), M),
    "numpy.extract": (hnp.extract, M > 1, M),
    "numpy.extract(size)": (lambda b, x: hnp.extract(b, x, size=4), B, X),
    "numpy.eye": (lambda: hnp.eye(3),),
    "numpy.fft.fftfreq": (lambda: hnp.fft.fftfreq(5),),
    "numpy.fill_diagonal": (lambda m: hnp.fill_diagonal(m, 0.0, inplace=False), M),
    "numpy.flatnonzero": (hnp.flatnonzero, M > 1),
    "numpy.flatnonzero(size)": (lambda m: hnp.flatnonzero(m, size=3), M > 1),
    "numpy.histogram2d": (hnp.histogram2d, X, X),
    "numpy.histogramdd": (hnp.histogramdd, M),
    "numpy.insert": (lambda x: hnp.insert(x, 1, 5.0), X),
    "numpy.insert(axis)": (lambda m, x: hnp.insert(m, [1, 2], x, axis=1), M, M[:, :2]),
    "numpy.interp": (hnp.interp, X, X, X),
    "numpy.interp(left, right)": (lambda x, e: hnp.interp(x, x, x, 0.0, e), X, X[0]),
    "numpy.intersect1d": (hnp.intersect1d, I, I),
    "numpy.ix_": (hnp.ix_, I, I),
    "numpy.linalg.multi_dot": (lambda m: hnp.linalg.multi_dot([m, m, m]), M),
    "numpy.linspace": (lambda: hnp.linspace(0, 1, 5),),
    "numpy.nonzero": (hnp.nonzero, M > 1),
    "numpy.piecewise": (lambda x, b: hnp.piecewise(x, [b], [1.0, 2.0]), X, B),
    "numpy.piecewise(function)": (lambda x, b: hnp.piecewise(x, [b], [hnp.sin, 2.0]), X, B),
    "numpy.place": (lambda x, b: hnp.place(x, b, x, inplace=False), X, B),
    "numpy.poly": (hnp.poly, X),
    "numpy.polyadd": (hnp.polyadd, X, X[:2]),
    "numpy.polyder": (hnp.polyder, X),
    "numpy.polydiv": (hnp.polydiv, X, X[:3]),
    "numpy.polyfit": (lambda x: hnp.polyfit(x, x, 2), X),
    "numpy.polyint": (hnp.polyint, X),
    "numpy.polymul": (hnp.polymul, X, X),
    "numpy.put": (lambda x, i: hnp.put(x, i, 1.0, inplace=False), X, I),
    "numpy.ravel_multi_index": (lambda i: hnp.ravel_multi_index((i, i), (4, 4)), I),
    "numpy.roots": (hnp.roots, X),
    "numpy.roots(strip_zeros=False)": (lambda x: hnp.roots(x, strip_zeros=False), X),
    "numpy.split": (lambda x: hnp.split(x, 3), X),
    "numpy.trim_zeros": (hnp.trim_zeros, I),
    "numpy.union1d": (hnp.union1d, I, I),
    "numpy.union1d(size)": (lambda i: hnp.union1d(i, i, size=3), I),
    "numpy.unique": (hnp.unique, I),
    "numpy.vectorize": (hnp.vectorize(lambda a: a + 1), X),
    "lax.approx_max_k": (lambda x: lax.approx_max_k(x, 2), X),
    "lax.associative_scan": (lambda x: lax.associative_scan(lax.add, x), X),
    "lax.cond": (lambda x: lax.cond(True, lax.sin, lax.cos, x), X),
    "lax.conv_transpose": (lambda x: lax.conv_transpose(x, x, (1, 1), "SAME"), IMAGE),
    "lax.log2": (lax.log2, X),
    "lax.map": (lambda x: lax.map(lax.sin, x), X),
    "lax.one_minus_square": (lax.one_minus_square, X),
    "lax.polynomial": (lambda x: lax.polynomial(x, [1.0, 2.0, 3.0]), X),
    "lax.split": (lambda x: lax.split(x, (2, 4)), X),
    "lax.stack": (lambda x: lax.stack([x, x]), X),
    "lax.switch": (lambda x: lax.switch(2, [lax.sin, lax.cos, lax.tan], x), X),
    "lax.tile": (lambda x: lax.tile(x, (2,)), X),
    "lax.unstack": (lax.unstack, M),
    "nn.dot_product_attention": (hloom.nn.dot_product_attention, *[IMAGE] * 3),
    "nn.initializers.orthogonal": (
        lambda: hloom.nn.initializers.orthogonal()(hloom.random.PRNGKey(0), (4, 4)),
    ),
    "image.resize": (lambda m: hloom.image.resize(m, (2, 2), "linear"), M),
    "scipy.linalg.sqrtm": (hloom.scipy.linalg.sqrtm, M),
    "scipy.ndimage.map_coordinates": (
        lambda m, x: hloom.scipy.ndimage.map_coordinates(m, [x, x], 1),
        M,
        X,
    ),
    "scipy.signal.stft": (lambda x: hloom.scipy.signal.stft(x, nperseg=4), X),
    "scipy.signal.welch": (lambda x: hloom.scipy.signal.welch(x, nperseg=4), X),
}

#: nothing is timed or compared: compiled with little effort
HOST = "its length depends on the values, so it is worked out by NumPy on the host"
#: calls that do not run exactly one executable: how many, and why
REASONS = {
    "numpy.intersect1d": (0, HOST),
    "numpy.apply_over_axes(lambda)": (2, "the caller's function is called once for each axis"),
    "numpy.argwhere": (0, HOST),
    "numpy.bincount": (2, "the largest value, which is the length, then the counts"),
    "numpy.flatnonzero": (0, HOST),
    "numpy.linspace": (0, "NumPy divides as it should"),
    "numpy.linspace(start=0, stop=1, num=5)": (0, "NumPy divides as it should"),
    "numpy.nonzero": (0, HOST),
    "numpy.piecewise(function)": (2, "the caller's function is called, then values are chosen"),
    "numpy.unique": (0, HOST),
    "a + a[0]": (2, "an expression of two operations"),
    "pure_callback": (0, "a call of the Python function, of no compiled code"),
    "io_callback": (0, "a call of the Python function, of no compiled code"),
    "debug_callback": (0, "a call of the Python function, of no compiled code"),
}


def array_of(struct):
    """An array for a row of test_equations; what is given as an array stays."""
    if not isinstance(struct, hloom.ShapeDtypeStruct):
        return hnp.asarray(struct) if isinstance(struct, np.ndarray) else struct
    if struct.dtype == np.uint32:
        return hloom.random.PRNGKey(0)
    return hnp.asarray((R.random(struct.shape) * 3 + 0.1).astype(struct.dtype))


def calls():
    """What is called, and its name and operands: of the library, then of the primitives."""
    is_leaf = lambda x: isinstance(x, hloom.ShapeDtypeStruct)
    for text, function, operands in test_equations.rows():
        yield text, function, hloom.tree.map(array_of, operands, is_leaf=is_leaf)
    for text, (function, *operands) in CALLS.items():
        yield text, function, hloom.tree.map(hnp.asarray, operands)
    for row in ops.collect():
        if isinstance(row.function, Primitive) and {"float32", "int32"} & set(row.dtypes):
            dtype = "float32" if "float32" in row.dtypes else "int32"
            case = next((c for c in row.cases if c.fits(dtype)), None)
            if case is not None:
                call = lambda *xs, row=row, case=case: row.function(*xs, **case.params)
                yield row.name, call, [hnp.asarray(x) for x in case.make(dtype)]


@pytest.fixture(scope="module")
def executed():
    """A list that grows by the name of each program that is executed, and of each made for it."""
    names, load = [], compilation.load

    def counted(program, module, placed, options=()):
        names.append(f"(making {program.name})")
        executable = load(program, module, placed, tuple(hurry.OPTIONS.items()))
        execute = executable.execute

        def call(buffers):
            names.append(program.name)
            return execute(buffers)

        executable.execute = call
        return executable

    room.clear_caches()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compilation, "load", counted)
        yield names
    room.clear_caches()


def test_an_eager_call_runs_one_executable(executed):
    wrong, seen = [], 0
    for name, function, operands in calls():
        function(*operands)
        executed.clear()
        function(*operands)
        wanted, _ = REASONS.get(name, (1, ""))
        seen += 1
        if len(executed) != wanted:
            wrong.append(f"{name}: {len(executed)} {executed[:9]}")
    assert not wrong, "\n".join(wrong)
    assert seen > 360


def test_the_lines_run_one_executable(executed):
    names, others = eager_calls.operands(0), eager_calls.operands(1)
    wrong, lines = [], [*eager_calls.CALLS.split("\n")[1:-1], *eager_families.LINES]
    reasons = eager_calls.REASONS | eager_families.REASONS
    for line in lines:
        code = eager_calls.parts(line)
        for values in (names, others):
            function, args, keywords = eval(code, vars(eager_calls), values)
            executed.clear()
            function(*args, **keywords)
        wanted, _ = reasons.get(line, (1, ""))
        # a new function is compiled anew
        ran = [n for n in executed if not (n.startswith("(making") and "lambda" in line)]
        if len(ran) != wanted:
            wrong.append(f"{line}: {len(ran)} {ran[:9]}")
    assert not wrong, "\n".join(wrong)
    assert set(reasons) <= set(lines)


def test_every_distribution_is_fused():
    functions = dict(eager_families.distributions())
    assert len(functions) > 150
    assert not [name for name, function in functions.items() if not hasattr(function, "function")]


#: functions that run nothing: they tell what an argument is, make a configuration, read a file
SILENT = set(
    """get_scaled_dot_general_config key_dtype key_impl array_repr array_str broadcast_shapes
    can_cast einsum_path from_dlpack frombuffer fromfile fromiter frompyfunc fromstring
    get_printoptions iinfo iscomplexobj isdtype isrealobj isscalar issubdtype iterable load ndim
    printoptions promote_types result_type save savez set_printoptions shape size dtype
    conv_dimension_numbers conv_general_permutations conv_general_shape_tuple conv_shape_tuple
    conv_transpose_shape_tuple padtype_to_pads reduce_window_shape_tuple gaussian_kde""".split()
)


@pytest.mark.parametrize(
    "path",
    """
    image lax lax.linalg nn numpy numpy.linalg random scipy.cluster.vq scipy.fft scipy.integrate
    scipy.linalg scipy.ndimage scipy.optimize scipy.signal scipy.sparse.linalg scipy.special
    scipy.stats
    """.split(),
)
def test_every_function_is_called(path):
    module = importlib.import_module(f"hloom.{path}")
    called = " ".join([*[name for name, _, _ in calls()], eager_calls.CALLS])
    called = f"{called} {' '.join(eager_families.LINES)}".replace("hnp.", "numpy.")
    public = getattr(module, "__all__", None) or [n for n in dir(module) if n[0] != "_"]
    functions = [n for n in public if callable(getattr(module, n)) and n not in SILENT]
    functions = [n for n in functions if not isinstance(getattr(module, n), type)]
    named = rf"\b({path}\.)?" if path == "lax" else rf"\b{path}\."  # primitives have no path
    missing = [n for n in functions if not re.search(rf"{named}{n}\b", called)]
    assert functions
    assert not missing
