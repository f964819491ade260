"""hloom.numpy keeps the promises of the Python array API standard, version 2024.12.

The tables of names and signatures are in array_api.py, those of special values in
array_api_special.py; docs/array_api.md says where immutability and static shapes part ways with it.
"""

import inspect
import operator

import numpy as np
import pytest

import array_api
import array_api_special as special
import hloom
import hloom.numpy as xp

pytestmark = pytest.mark.usefixtures("wide")

KEYWORD = inspect.Parameter.KEYWORD_ONLY
POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
STARRED = inspect.Parameter.VAR_POSITIONAL


def the(array):
    return np.asarray(array)


# ---------------------------------------------------------------- names and signatures
def signatures():
    for module, tables in array_api.SIGNATURES.items():
        for line in filter(None, "\n".join(tables).splitlines()):
            name, parameters = line.split("(", 1)
            wanted = eval(f"lambda {parameters[:-1]}: None", {})
            yield pytest.param(module, name, inspect.signature(wanted), id=f"{module}.{name}")


@pytest.mark.parametrize(("module", "name", "wanted"), list(signatures()))
def test_every_call_that_the_standard_allows_is_accepted(module, name, wanted):
    function = getattr(getattr(xp, module) if module else xp, name)
    found = inspect.signature(function).parameters
    places = [p for p in found.values() if p.kind is not KEYWORD]
    for i, (key, parameter) in enumerate(wanted.parameters.items()):
        if parameter.kind is STARRED:
            assert places[i].kind is STARRED
            continue
        if parameter.kind is not KEYWORD:
            assert places[i].kind is not STARRED, key
        if parameter.kind is not POSITIONAL_ONLY:
            assert found[key].kind is not POSITIONAL_ONLY, key
    required = [p for p in wanted.parameters.values() if p.default is p.empty]
    extra = [p for p in found.values() if p.default is p.empty and p.kind is not STARRED]
    assert len(extra) <= len(required)


@pytest.mark.parametrize("name", [*array_api.CONSTANTS, *array_api.DTYPE_NAMES])
def test_constants_and_dtypes_are_there(name):
    found = getattr(xp, name)
    if name in array_api.DTYPE_NAMES:
        dtype = xp.zeros(1, dtype=found).dtype
        assert dtype == found
        assert found == dtype
        assert dtype.name == name
    elif name == "newaxis":
        assert found is None
    else:
        assert type(found) is float


@pytest.mark.parametrize("name", array_api.METHODS)
def test_arrays_have_the_methods(name):
    assert hasattr(xp.ones((1, 1)), name)


@pytest.mark.parametrize(
    ("result", "fields"),
    [
        (lambda x: xp.linalg.eigh(x), ("eigenvalues", "eigenvectors")),
        (lambda x: xp.linalg.qr(x), ("Q", "R")),
        (lambda x: xp.linalg.slogdet(x), ("sign", "logabsdet")),
        (lambda x: xp.linalg.svd(x), ("U", "S", "Vh")),
        (lambda x: xp.unique_all(x), ("values", "indices", "inverse_indices", "counts")),
        (lambda x: xp.unique_counts(x), ("values", "counts")),
        (lambda x: xp.unique_inverse(x), ("values", "inverse_indices")),
    ],
)
def test_several_results_have_names(result, fields):
    assert result(xp.eye(2))._fields == fields


# ---------------------------------------------------------------- the namespace
def test_arrays_tell_their_namespace():
    x = xp.ones(2)
    assert x.__array_namespace__() is xp
    assert x.__array_namespace__(api_version="2024.12") is xp
    assert xp.__array_api_version__ == "2024.12"
    with pytest.raises(ValueError, match="version '1999"):
        x.__array_namespace__(api_version="1999.1")


def test_the_namespace_tells_what_it_can_do():
    info = xp.__array_namespace_info__()
    assert set(info.capabilities()) == {
        "boolean indexing", "data-dependent shapes", "max dimensions",
    }  # fmt: skip
    assert info.capabilities()["boolean indexing"]
    traced = []
    hloom.jit(lambda x: traced.append(info.capabilities()) or x)(1.0)
    assert not traced[0]["boolean indexing"]
    assert not traced[0]["data-dependent shapes"]
    assert info.default_device() in info.devices()
    assert info.devices()[0] == xp.ones(1).device


def test_the_namespace_tells_its_dtypes():
    info = xp.__array_namespace_info__()
    assert list(info.dtypes()) == array_api.DTYPE_NAMES
    assert list(info.dtypes(kind="unsigned integer")) == ["uint8", "uint16", "uint32", "uint64"]
    assert len(info.dtypes(kind="integral")) == 8
    assert len(info.dtypes(kind="numeric")) == 12
    assert list(info.dtypes(kind=("bool", "complex floating"))) == [
        "bool", "complex64", "complex128",
    ]  # fmt: skip
    assert all(xp.isdtype(d, "real floating") for d in info.dtypes(kind="real floating").values())
    with pytest.raises(ValueError, match="'text' is no kind"):
        info.dtypes(kind="text")
    for kind, dtype in info.default_dtypes().items():
        assert dtype == {"real floating": xp.float64, "complex floating": xp.complex128}.get(
            kind, xp.int64
        )
    with hloom.enable_x64(False):
        assert info.default_dtypes()["indexing"] == xp.int32 == xp.argmax(xp.ones(2)).dtype
        assert "float64" not in info.dtypes()
        assert "int32" in info.dtypes()


# ---------------------------------------------------------------- special values
WIDTHS = pytest.mark.parametrize(
    ("real", "rtol"), [("float32", 1e-5), ("float64", 1e-12)], ids=["32", "64"]
)


def check_rows(rows, found, rtol):
    wrong = [
        f"{operands} gives {y}, not {wanted}"
        for (operands, wanted), y in zip(rows, found, strict=True)
        if not all(
            special.agrees(float(part), w, rtol)
            for part, w in zip((y.real, y.imag), wanted, strict=False)
        )
    ]
    assert not wrong, "\n".join(wrong)


@WIDTHS
@pytest.mark.parametrize("name", [*special.REAL, *special.REAL_PAIRS])
def test_special_values_of_real_functions(name, real, rtol):
    table = special.REAL.get(name) or special.REAL_PAIRS[name]
    rows = [(xs, (wanted,)) for xs, wanted in special.real_rows(table)]
    operands = [xp.asarray(column, dtype=real) for column in zip(*(xs for xs, _ in rows))]
    check_rows(rows, the(getattr(xp, name)(*operands)), rtol)


@WIDTHS
@pytest.mark.parametrize("name", [*special.COMPLEX, *special.ROTATED, "cos"])
def test_special_values_of_complex_functions(name, real, rtol):
    rows = list(special.complex_rows(name))
    z = np.empty(len(rows), np.result_type(real, "complex64"))
    z.real, z.imag = np.asarray([xs for xs, _ in rows]).T
    check_rows(rows, the(getattr(xp, name)(xp.asarray(z))), rtol)


REAL_CUTS = {"acos": 2, "asin": -2, "acosh": 0.5, "atanh": 2, "log": -2, "log1p": -3, "sqrt": -2}
IMAGINARY_CUTS = {"asinh": 2, "atan": -2}


@pytest.mark.parametrize("name", [*REAL_CUTS, *IMAGINARY_CUTS])
def test_branch_cuts_belong_to_the_side_that_the_sign_of_zero_tells(name):
    for side in (1, -1):
        if name in REAL_CUTS:
            on, near = (complex(REAL_CUTS[name], side * d) for d in (0.0, 1e-9))
        else:
            on, near = (complex(side * d, IMAGINARY_CUTS[name]) for d in (0.0, 1e-9))
        found = the(getattr(xp, name)(xp.asarray([on])))
        np.testing.assert_allclose(found, getattr(np, name)([near]), atol=1e-7)


def test_remainders_have_derivatives_at_multiples():
    assert hloom.grad(lambda x: xp.remainder(x, 3.0))(6.0) == 1
    assert hloom.grad(lambda x: xp.remainder(x, -3.0))(6.0) == 1
    assert hloom.grad(lambda y: xp.remainder(-7.0, y))(3.0) == 3


# ---------------------------------------------------------------- dtypes
def test_kinds_of_numbers_beside_arrays():
    for name in array_api.DTYPE_NAMES:
        x = xp.ones(2, dtype=getattr(xp, name))
        for number in (True, 2, 2.5, 2j):
            known = xp.result_type(x, number)
            if np.result_type(x.dtype, type(number)).kind == x.dtype.kind:
                assert known == x.dtype
            assert (xp.multiply(x, number)).dtype == known == xp.multiply(number, x).dtype


def test_limits_are_numbers_of_python():
    for name in ("float32", "float64"):
        limits, wanted = xp.finfo(getattr(xp, name)), np.finfo(name)
        for key in ("eps", "max", "min", "smallest_normal"):
            assert type(getattr(limits, key)) is float
            assert getattr(limits, key) == getattr(wanted, key)
        assert limits.bits == wanted.bits
        assert limits.dtype == name
    assert xp.finfo(xp.complex64).dtype == xp.float32
    limits = xp.iinfo(xp.uint8)
    assert (limits.bits, limits.min, limits.max, limits.dtype) == (8, 0, 255, xp.uint8)
    assert type(limits.max) is int


def test_positions_have_the_dtype_of_indices():
    x = xp.asarray([3.0, 1.0, 2.0])
    wanted = xp.__array_namespace_info__().default_dtypes()["indexing"]
    found = [
        xp.argmax(x),
        xp.argmin(x),
        xp.argsort(x),
        xp.count_nonzero(x),
        xp.searchsorted(xp.sort(x), x),
        xp.nonzero(x)[0],
        *xp.unique_all(x)[1:],
    ]
    assert {y.dtype for y in found} == {wanted}


@pytest.mark.parametrize("name", ["sum", "prod", "cumulative_sum", "cumulative_prod"])
def test_small_integers_are_summed_in_wide_ones(name):
    for dtype, wide in (("bool", "int64"), ("int8", "int64"), ("uint8", "uint64")):
        assert getattr(xp, name)(xp.ones(3, dtype=dtype), axis=0).dtype == wide
    assert getattr(xp, name)(xp.ones(3, dtype="float32"), axis=0).dtype == "float32"
    assert getattr(xp, name)(xp.ones(3), axis=0, dtype=xp.float32).dtype == "float32"


# ---------------------------------------------------------------- copies and devices
def test_copies_are_made_where_asked():
    x = xp.ones(3)
    assert xp.asarray(x, copy=False) is x is xp.asarray(x)
    assert xp.asarray(x, copy=True) is not x
    assert xp.astype(x, xp.float64, copy=False) is x is x.astype(xp.float64, copy=False)
    assert xp.astype(x, xp.float64, copy=True) is not x
    for refused in (
        lambda: xp.asarray(x, dtype=xp.float32, copy=False),
        lambda: xp.asarray([1.0], copy=False),
    ):
        with pytest.raises(ValueError, match="copy=False"):
            refused()


def test_arrays_move_between_devices():
    x = xp.arange(3)
    assert the(x.to_device(x.device, stream=None)).tolist() == [0, 1, 2]
    assert xp.zeros(2, device=x.device).device == xp.astype(x, xp.int8, device=x.device).device
    kind = x.__dlpack_device__()
    capsule = x.__dlpack__(stream=None, max_version=(1, 0), dl_device=kind, copy=True)
    assert "dltensor" in repr(capsule)
    assert '"dltensor"' in repr(x.__dlpack__())
    with pytest.raises(BufferError, match=r"the device \(2, 0\)"):
        x.__dlpack__(dl_device=(2, 0))
    for copy in (None, True):
        made = xp.from_dlpack(np.arange(3.0), device=x.device, copy=copy)
        assert made.dtype == "float64"
        assert made.device == x.device


def test_in_place_operators_bind_a_new_array():
    for name in "iadd isub imul itruediv ifloordiv imod ipow".split():
        x = before = xp.asarray([3.0, 4.0])
        x = getattr(operator, name)(x, 2)
        assert x is not before
        assert the(before).tolist() == [3, 4]
        assert (the(x) == getattr(operator, name)(np.asarray([3.0, 4.0]), 2)).all()
    with pytest.raises(TypeError, match="immutable"):
        before[0] = 1.0


# ---------------------------------------------------------------- shapes and indices
X = np.arange(24).reshape(3, 4, 2)


@pytest.mark.parametrize(
    "key",
    [
        0, -1, slice(None, None, -1), slice(5, 9), ..., None, (..., 0), (None, 0, ...), (0, 1, 0),
        (),
        (slice(1), None, 1), (slice(2, 0, -1), slice(0, 0)), X > 11, X[:, :, 0] % 3 == 0,
        np.asarray([True, False, True]), (np.asarray([[0], [2]]), np.asarray([1, -1]), 1),
        (np.asarray([2, 0]), np.asarray([1, 3]), np.asarray([0, -1])),
    ],
    ids=str,
)  # fmt: skip
def test_indexing(key):
    keys = key if isinstance(key, tuple) else (key,)
    ours = tuple(xp.asarray(k) if isinstance(k, np.ndarray) else k for k in keys)
    found = xp.asarray(X)[ours if isinstance(key, tuple) else ours[0]]
    np.testing.assert_array_equal(the(found), X[key])


@pytest.mark.parametrize("shape", [(0,), (0, 4), (3, 0), (0, 0, 2), (3, 4, 0)])
def test_a_mask_without_elements_may_stand_for_axes_with_some(shape):
    mask, wanted = xp.zeros(shape, dtype=bool), (0, *X.shape[len(shape) :])
    assert xp.asarray(X)[mask].shape == wanted
    assert hloom.jit(lambda x, m: x[m])(xp.asarray(X), mask).shape == wanted
    with pytest.raises(IndexError, match="a boolean mask has the shape"):
        xp.asarray(X)[xp.zeros((2, *shape[1:]), dtype=bool)]


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (lambda: xp.roll(xp.arange(5), (1, 2), axis=0), [2, 3, 4, 0, 1]),
        (lambda: xp.diff(xp.arange(2), n=3), []),
        (lambda: xp.arange(5, 1, -2, dtype=xp.uint8), [5, 3]),
        (lambda: xp.argsort(xp.asarray([2, 1, 2]), descending=True), [0, 2, 1]),
        (lambda: xp.argsort(xp.zeros((0,))), []),
        (lambda: xp.cumulative_sum(xp.asarray([1, 2]), include_initial=True), [0, 1, 3]),
        (lambda: xp.cumulative_prod(xp.asarray([2, 3]), include_initial=True), [1, 2, 6]),
        (lambda: xp.count_nonzero(xp.asarray([[1, 0], [3, 4]]), axis=1, keepdims=True), [[1], [2]]),
        (
            lambda: xp.searchsorted(
                xp.asarray([30, 10, 20]), xp.asarray([20, 25]), sorter=xp.asarray([1, 2, 0])
            ),
            [1, 2],
        ),
        (
            lambda: xp.take_along_axis(xp.asarray([[1, 2], [3, 4]]), xp.asarray([[1], [-1]])),
            [[2], [4]],
        ),
        (lambda: xp.unstack(xp.asarray([[1, 2], [3, 4]]), axis=1)[0], [1, 3]),
        (lambda: xp.repeat(xp.asarray([1, 2]), xp.asarray([0, 2])), [2, 2]),
        (lambda: xp.tile(xp.asarray([1, 2]), (2, 1)), [[1, 2], [1, 2]]),
        (lambda: xp.unique_inverse(xp.asarray([[3, 1], [1, 3]])).inverse_indices, [[1, 0], [0, 1]]),
        (lambda: xp.vecdot(xp.asarray([1j, 2]), xp.asarray([1j, 2])), 5),
        (lambda: xp.clip(xp.asarray([1.0, np.nan, 5.0]), max=3), [1, np.nan, 3]),
    ],
)
def test_results(call, wanted):
    np.testing.assert_array_equal(the(call()), wanted)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3, 3)])
@pytest.mark.parametrize(
    "name", "cholesky det eigh eigvalsh inv matrix_rank pinv qr slogdet svd svdvals".split()
)
def test_matrices_without_elements(name, shape):
    found = getattr(xp.linalg, name)(xp.zeros(shape))
    wanted = getattr(np.linalg, name)(np.zeros(shape))
    for x, y in zip(found, wanted, strict=True) if isinstance(found, tuple) else [(found, wanted)]:
        np.testing.assert_array_equal(the(x), y)
    if name in ("inv", "det"):
        slope = hloom.grad(lambda a: getattr(xp.linalg, name)(a).sum())(xp.zeros(shape))
        assert slope.shape == shape


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: xp.ones((2, 3)) + xp.ones(4), ValueError),
        (lambda: xp.reshape(xp.ones(3), (4,)), ValueError),
        (lambda: xp.squeeze(xp.ones((2, 1)), axis=0), ValueError),
        (lambda: xp.expand_dims(xp.ones(2), axis=3), (IndexError, ValueError)),
        (lambda: xp.permute_dims(xp.ones((2, 3)), (0,)), ValueError),
        (lambda: xp.ones(2)[0, 0], IndexError),
        (lambda: xp.ones(2)[1.0], (IndexError, TypeError)),
        (lambda: bool(xp.ones(2)), ValueError),
        (lambda: float(xp.asarray(1j)), TypeError),
        (lambda: int(xp.asarray(np.nan)), ValueError),
        (lambda: int(xp.asarray(np.inf)), OverflowError),
        (lambda: operator.index(xp.asarray(1.0)), TypeError),
        (lambda: xp.asarray(2**70), OverflowError),
        (lambda: xp.bitwise_and(xp.ones(2), xp.ones(2)), TypeError),
        (lambda: xp.result_type(), ValueError),
        (lambda: xp.isdtype(xp.int8, "text"), (TypeError, ValueError)),
        (lambda: xp.linalg.cross(xp.ones(4), xp.ones(4)), ValueError),
        (lambda: xp.linalg.det(xp.ones((2, 3))), ValueError),
    ],
)
def test_errors(call, error):
    with pytest.raises(error):
        call()


# ---------------------------------------------------------------- where hloom parts ways
DATA_DEPENDENT = {
    "mask": lambda x: x[x > 1],
    "nonzero": lambda x: xp.nonzero(x),
    "unique_values": lambda x: xp.unique_values(x),
    "unique_counts": lambda x: xp.unique_counts(x).counts,
    "repeat": lambda x: xp.repeat(x, xp.astype(x, xp.int32)),
}


@pytest.mark.parametrize("name", DATA_DEPENDENT)
def test_shapes_that_depend_on_values_are_refused_in_traced_functions(name):
    x = xp.asarray([0.0, 2.0, 2.0])
    DATA_DEPENDENT[name](x)
    with pytest.raises((TypeError, IndexError), match="traced"):
        hloom.jit(DATA_DEPENDENT[name])(x)


def test_python_numbers_stay_weak_as_arrays():
    x = xp.ones(2, dtype=xp.float32)
    assert xp.asarray(1.0).dtype == "float64"
    assert (xp.asarray(1.0) + x).dtype == "float32"
    assert (xp.asarray(1.0, dtype=xp.float64) + x).dtype == "float64"


def test_indices_beyond_the_end_are_moved_to_it():
    assert the(xp.arange(3)[7]) == 2
