"""More calls, as lines of Python: functions that are called alike, and what is no function's name.

`test_dispatches.py` runs these lines beside those of eager_calls.py, whose values they name.
"""

import inspect
import pkgutil

from hloom.scipy import stats

#: arguments -> functions of hloom.numpy
NUMPY = {
    "x": """abs absolute acos amax amin angle arccos arcsin arctan arctanh argmin asin atan atanh
        cbrt ceil conj conjugate cos cosh degrees diagflat exp exp2 expm1 fabs floor frexp i0
        iscomplex isinf isneginf isposinf isreal log log10 log1p log2 square atleast_1d""",
    "n": """arcsinh array asarray asinh histogram_bin_edges max min minmax modf negative
        positive rad2deg radians real reciprocal rint signbit sin sinc sinh sort_complex spacing
        sqrt sum tan tanh trunc unique_all unique_counts unique_inverse unique_values""",
    "x + 1": "acosh arccosh",
    "z": "angle conj imag real",
    "i": "bitwise_count bitwise_invert bitwise_not invert logical_not",
    "b": "all any count_nonzero packbits",
    "m": """diag_indices_from diagonal empty_like fliplr flipud hstack matrix_transpose
        rot90 tril_indices_from triu triu_indices_from unstack vstack""",
    "m[None]": "squeeze",
    "m, axis=1": """all amax argmin cumulative_prod cumulative_sum max min nanargmax nanargmin
        nancumprod nancumsum nanmax nanmedian nanmin nanprod nanstd nanvar prod std""",
    "m, axis=0, keepdims=True": "max mean median nanmax nanmean nanstd sum var",
    "m, where=m > 0.5": "mean nanmean nanstd nansum nanvar prod std var",
    "x, y": """add array_equal array_equiv arctan2 atan2 broadcast_arrays copysign correlate divide
        fmax fmin greater greater_equal isin less less_equal logaddexp2 logical_and logical_or
        logical_xor minimum multiply nextafter not_equal polysub pow remainder setdiff1d setxor1d
        subtract vecdot""",
    "2, n": "add divide fmin less minimum multiply power subtract",
    "x, 2.0": "copysign fmax greater less_equal maximum not_equal pow remainder",
    "i, i": """bitwise_and bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor gcd lcm
        left_shift right_shift""",
    "x, i": "ldexp",
    "m, m": "matvec tensordot vecdot vecmat",
    "[x, y]": "block column_stack concat dstack hstack vstack",
    "m, 2": "argpartition hsplit partition top_k vsplit",
    "stack, 2": "dsplit",
    "m, 0.3, axis=0": "nanpercentile nanquantile quantile",
    "4": """arange bartlett blackman diag_indices hamming hanning identity tri tril_indices
        triu_indices""",
    "4, 0.5": "kaiser",
    "(2, 3)": "empty indices",
    "(2, 3), 1.5": "full",
    "1, 4, 5": "geomspace logspace",
    "m, (1, 0)": "permute_dims",
    "m, (3, 5)": "resize",
    "m, 1": "rollaxis",
    "x, 'int32'": "astype",
    "hnp.sum, 0, m": "apply_along_axis",
    "lambda i, j: i + j, (2, 3)": "fromfunction",
    "3, hnp.tril": "mask_indices",
    "i, (3, 4)": "unravel_index",
    "packed": "unpackbits",
}


#: methods, operators, rotations, collectives under vmap, objects with brackets
OTHERS = """
turn.as_davenport(m[:3, :3], "extrinsic")
turns.mean(weights=x[:4])
turn.inv()
turns.__mul__(turns)
turns.__getitem__(slice(1, 3))
turn.approx_equal(turns, degrees=True, atol=1.0)
scipy.spatial.transform.Rotation.identity(3)
scipy.spatial.transform.Rotation.from_euler("xyz", n[:3], degrees=True)
scipy.spatial.transform.Rotation.align_vectors(m[:, :3], s[:, :3], weights=x[:4])
scipy.spatial.transform.Slerp.init(grid, turns)
slerp(0.5)
slerp(x)
vmap(lambda v: lax.psum(v, "k"), axis_name="k", out_axes=None)(m)
vmap(lambda v: lax.pmean(v, "k"), axis_name="k", out_axes=None)(m)
vmap(lambda v: lax.pmax(v, "k"), axis_name="k", out_axes=None)(m)
vmap(lambda v: lax.pmin(v, "k"), axis_name="k", out_axes=None)(m)
vmap(lambda v: lax.all_gather(v, "k"), axis_name="k")(m)
vmap(lambda v: lax.all_gather(v, "k", tiled=True), axis_name="k", out_axes=None)(m)
vmap(lambda v: lax.all_to_all(v, "k", 0, 0), axis_name="k")(m)
vmap(lambda v: lax.psum_scatter(v, "k"), axis_name="k")(m)
vmap(lambda v: lax.ppermute(v, "k", [(0, 1), (1, 0)]), axis_name="k")(m)
vmap(lambda v: lax.pshuffle(v, "k", [1, 0, 3, 2]), axis_name="k")(m)
vmap(lambda v: lax.pswapaxes(v, "k", 0), axis_name="k")(m)
vmap(lambda v: v + lax.axis_index("k"), axis_name="k")(m)
vmap(lambda v: lax.axis_size("k"), axis_name="k")(m)
x.all()
x.any()
x.argmax()
m.argmin(axis=1)
m.argpartition(2)
m.argsort(axis=0)
x.astype("int32")
i.choose([x, y, x, y])
x.clip(0.2, 0.8)
m.compress(i[:4] > 0, axis=0)
z.conj()
z.conjugate()
x.copy()
m.cumprod(axis=1)
m.cumsum(0)
m.diagonal(1)
m.dot(m)
m.flatten()
x.max()
m.mean(axis=0, keepdims=True)
m.min(axis=1)
b.nonzero()
m.prod()
m.ptp(axis=0)
m.ravel()
x.repeat(2)
m.reshape(2, -1)
x.round(2)
x.searchsorted(y)
x.sort()
m[None].squeeze()
m.std(axis=0, ddof=1)
m.sum(where=m > 0.5)
m.swapaxes(0, 1)
x.take(i)
x.tolist()
m.trace()
m.transpose(1, 0)
m.var()
x.view("int32")
x.at[i].set(y)
x.at[2].set(1.0)
m.at[1:3].mul(2.0)
x.at[i].min(y, mode="drop")
x.at[i].max(y)
x.at[i].get(mode="fill", fill_value=0)
x.at[i].power(2.0)
x.at[i].divide(y)
x.at[i].apply(lax.sin)
m.__getitem__((i[:2], slice(None)))
m.__getitem__(b[:4])
m.__getitem__((slice(None), None, i[:2]))
m.__getitem__((Ellipsis, 1))
x.__divmod__(y)
x.__rpow__(2.0)
x.__abs__()
x.__neg__()
i.__invert__()
i.__lshift__(1)
i.__mod__(3)
i.__floordiv__(3)
i.__and__(1)
x.__matmul__(y)
x.__rsub__(n)
x.__eq__(y)
x.__round__(2)
x.__pos__()
z.real.sum()
m.T.sum()
m.mT.sum()
hnp.r_.__getitem__((x, 0.0, y))
hnp.c_.__getitem__((x, y))
hnp.mgrid.__getitem__((slice(0, 3), slice(0, 2)))
hnp.ogrid.__getitem__((slice(0, 3), slice(0, 2)))
hnp.array(m)
hnp.array([1.0, 2.0])
hnp.array([x[0], y[0]])
hnp.array([[x, y], [x, y]])
hnp.asarray(x, dtype="int32")
hnp.asarray([x, n])
hnp.block([[m, m], [m, m]])
hnp.einsum("ii", m)
hnp.einsum("ij,j->i", m, n[:4])
hnp.where(b)
hnp.where(b, x, 0)
hnp.select([b, x > 0.5], [x, y], 2.0)
hnp.meshgrid(x, y, indexing="ij", sparse=True)
hnp.gradient(m)
hnp.gradient(m, 2.0, axis=0)
hnp.gradient(x, n)
hnp.apply_along_axis(hnp.sort, 0, m)
hnp.add.reduce(m, axis=1)
hnp.add.accumulate(m, axis=1)
hnp.multiply.reduceat(x, i)
hnp.add.at(x, i, 1.0, inplace=False)
hnp.maximum.outer(x, y)
hnp.subtract.reduce(x)
hnp.logical_and.reduce(m)
hnp.put_along_axis(m, i[:4, None], 0.0, axis=1, inplace=False)
hnp.take_along_axis(m, i[:4, None], axis=1)
hnp.take(x, i, mode="clip")
pair.reduce(x)
pair.accumulate(x)
pair.outer(x, y)
pair.reduceat(x, i)
hnp.logaddexp.reduce(m, axis=None, where=m > 0.5)
hnp.bitwise_or.reduceat(i, i)
"""


#: parameters of distributions -> what is given for them
_STATS = {"x": "x", "k": "i", "q": "p", "n": "9", "p": "p", "c": "p / 2", "b": "y + 2"}


def distributions():
    """The functions of the distributions of scipy.stats, by name."""
    for info in pkgutil.iter_modules(stats.__path__):
        module = getattr(stats, info.name, None)
        for name in "pdf pmf logpdf logpmf cdf logcdf sf logsf ppf isf".split():
            if inspect.ismodule(module) and hasattr(module, name):
                yield f"scipy.stats.{info.name}.{name}", getattr(module, name)


def _lines():
    for args, names in NUMPY.items():
        yield from [f"hnp.{name}({args})" for name in names.split()]
    for path, function in distributions():
        # all are made alike: of most the densities stand for the others
        *_, family, name = path.split(".")
        if name in ("pdf", "pmf") or family in ("norm", "bernoulli"):
            given = [_STATS.get(p, "y") for p in inspect.signature(function).parameters]
            if family not in ("dirichlet", "multinomial", "multivariate_normal"):
                yield f"{path}({', '.join(given)})"
    yield from OTHERS.strip().split("\n")


LINES = list(_lines())

_HOST = "NumPy makes it on the host"
_LENGTH = "its length depends on the values, so it is worked out by NumPy on the host"
_PARTS = "under vmap its parts run one after another"
#: lines that do not run exactly one executable: how many, and why
REASONS = {
    **dict.fromkeys(
        [
            "hnp.array(n)", "hnp.asarray(n)", "hnp.array([1.0, 2.0])", "hnp.tril_indices(4)",
            "hnp.triu_indices(4)", "hnp.tril_indices_from(m)", "hnp.triu_indices_from(m)",
            "x.tolist()",
        ],
        (0, _HOST),
    ),
    **dict.fromkeys(
        [
            "hnp.unique_all(n)", "hnp.unique_counts(n)", "hnp.unique_inverse(n)",
            "hnp.unique_values(n)", "hnp.setdiff1d(x, y)", "hnp.setxor1d(x, y)", "b.nonzero()",
            "hnp.where(b)", "m.__getitem__(b[:4])",
        ],
        (0, _LENGTH),
    ),
    "hnp.fromfunction(lambda i, j: i + j, (2, 3))": (2, "the grid, and the caller's function"),
    "hnp.mask_indices(3, hnp.tril)": (2, "the matrix, and the caller's function"),
    'vmap(lambda v: lax.pmean(v, "k"), axis_name="k", out_axes=None)(m)': (2, _PARTS),
    'vmap(lambda v: v + lax.axis_index("k"), axis_name="k")(m)': (4, _PARTS),
}  # fmt: skip
