"""The calls of suite `library`: name -> (its operands, the call on xp and the operands).

Operands are made by a function of a NumPy generator and a size, and are NumPy arrays. A name says
which function is called, and after a slash on what or how.
"""

import math

import numpy as onp

F32, I32 = onp.float32, onp.int32

#: elements of the operands, about
SIZES = (100, 10_000, 1_000_000)
#: rows of a square matrix; rows and how many of them
ORDERS = (8, 64, 256, (1000, 4))


def vector(r, n):
    return (r.standard_normal(n).astype(F32),)


def vectors(r, n):
    return vector(r, n) * 2


def positive(r, n):
    return ((10 * r.random(n) + 0.1).astype(F32),)


def positives(r, n):
    return positive(r, n) * 2


def unit(r, n):
    return (r.uniform(-1, 1, n).astype(F32),)


def matrix(r, n):
    rows = math.isqrt(n)
    return (r.standard_normal((rows, rows)).astype(F32),)


def matrices(r, n):
    return matrix(r, n) + matrix(r, n)


def short_rows(r, n):
    return (r.standard_normal((n // 4, 4)).astype(F32),)


def short_columns(r, n):
    return (r.standard_normal((4, n // 4)).astype(F32),)


def points(r, n):
    return tuple(r.standard_normal((n // 3, 3)).astype(F32) for _ in "ab")


def factors(r, n):
    rows = math.isqrt(math.isqrt(n))
    return tuple(r.standard_normal((rows, rows)).astype(F32) for _ in "ab")


def filtered(r, n):
    return r.standard_normal(n).astype(F32), r.standard_normal(32).astype(F32)


def images(r, n):
    side = max(3, math.isqrt(n // 32))
    image = r.standard_normal((4, 8, side, side)).astype(F32)
    return image, r.standard_normal((8, 8, 3, 3)).astype(F32)


def integers(r, n):
    return (r.integers(0, n, n).astype(I32),)


def few_integers(r, n):
    return (r.integers(0, 50, n).astype(I32),)


def looked_up(r, n):
    return (*vector(r, n), *integers(r, n))


def looked_up_rows(r, n):
    rows = max(1, n // 16)
    return r.standard_normal((rows, 16)).astype(F32), r.integers(0, rows, rows).astype(I32)


def in_segments(r, n):
    return *vector(r, n), onp.sort(r.integers(0, n // 4, n)).astype(I32)


def permuted(r, n):
    return *vector(r, n), r.permutation(n).astype(I32)


def searched(r, n):
    return (onp.sort(r.standard_normal(n)).astype(F32), *vector(r, n))


def interpolated(r, n):
    return (*vector(r, n), *searched(r, 100))


def drawn(r, n):
    """A key, and an array of what is drawn."""
    return onp.array([0, 42], onp.uint32), onp.zeros(n, F32)


def square(r, n):
    shape = (n[0], n[1], n[1]) if isinstance(n, tuple) else (n, n)
    return ((r.standard_normal(shape) + 3 * onp.eye(shape[-1])).astype(F32),)


def definite(r, n):
    (a,) = square(r, n)
    return (a @ onp.swapaxes(a, -1, -2),)


def system(r, n):
    (a,) = square(r, n)
    return a, r.standard_normal((*a.shape[:-1], 1)).astype(F32)


CALLS = {
    # cumulative
    "cumsum": (vector, lambda xp, a: xp.np.cumsum(a)),
    "cumsum/axis0": (matrix, lambda xp, a: xp.np.cumsum(a, axis=0)),
    "cumsum/axis1": (matrix, lambda xp, a: xp.np.cumsum(a, axis=1)),
    "cumsum/int": (integers, lambda xp, a: xp.np.cumsum(a)),
    "cumprod": (vector, lambda xp, a: xp.np.cumprod(a)),
    "cummax": (vector, lambda xp, a: xp.lax.cummax(a)),
    "cumlogsumexp": (vector, lambda xp, a: xp.lax.cumlogsumexp(a)),
    "diff": (vector, lambda xp, a: xp.np.diff(a)),
    # reductions
    "sum": (vector, lambda xp, a: xp.np.sum(a)),
    "sum/axis0": (matrix, lambda xp, a: xp.np.sum(a, axis=0)),
    "sum/axis1": (matrix, lambda xp, a: xp.np.sum(a, axis=1)),
    "sum/short_rows": (short_rows, lambda xp, a: xp.np.sum(a, axis=0)),
    "mean/axis0": (matrix, lambda xp, a: xp.np.mean(a, axis=0)),
    "max/axis0": (matrix, lambda xp, a: xp.np.max(a, axis=0)),
    "argmax/axis1": (matrix, lambda xp, a: xp.np.argmax(a, axis=1)),
    "argmin": (vector, lambda xp, a: xp.np.argmin(a)),
    "any": (vector, lambda xp, a: xp.np.any(a > 9)),
    "var": (vector, lambda xp, a: xp.np.var(a)),
    "std/axis0": (matrix, lambda xp, a: xp.np.std(a, axis=0)),
    "norm": (vector, lambda xp, a: xp.np.linalg.norm(a)),
    "norm/short_rows": (short_rows, lambda xp, a: xp.np.linalg.norm(a, axis=-1)),
    "median": (vector, lambda xp, a: xp.np.median(a)),
    "percentile": (matrix, lambda xp, a: xp.np.percentile(a, 30, axis=1)),
    "count_nonzero": (few_integers, lambda xp, a: xp.np.count_nonzero(a)),
    # order
    "sort": (vector, lambda xp, a: xp.np.sort(a)),
    "sort/axis0": (matrix, lambda xp, a: xp.np.sort(a, axis=0)),
    "sort/int": (integers, lambda xp, a: xp.np.sort(a)),
    "argsort": (vector, lambda xp, a: xp.np.argsort(a)),
    "lexsort": (looked_up, lambda xp, a, b: xp.np.lexsort((a, b))),
    "top_k": (vector, lambda xp, a: xp.lax.top_k(a, 10)),
    "searchsorted": (searched, lambda xp, a, b: xp.np.searchsorted(a, b)),
    "digitize": (interpolated, lambda xp, a, b, c: xp.np.digitize(a, b)),
    "interp": (interpolated, lambda xp, a, b, c: xp.np.interp(a, b, c)),
    "unique/size": (few_integers, lambda xp, a: xp.np.unique(a, size=50)),
    "nonzero/size": (few_integers, lambda xp, a: xp.np.nonzero(a, size=len(a))),
    "bincount/length": (few_integers, lambda xp, a: xp.np.bincount(a, length=50)),
    "histogram": (vector, lambda xp, a: xp.np.histogram(a, bins=20)[0]),
    # indexing
    "take": (looked_up, lambda xp, a, i: xp.np.take(a, i)),
    "take/rows": (looked_up_rows, lambda xp, a, i: xp.np.take(a, i, axis=0)),
    "getitem/rows": (looked_up_rows, lambda xp, a, i: a[i]),
    "getitem/reversed": (vector, lambda xp, a: a[::-1]),
    "getitem/strided": (matrix, lambda xp, a: a[::2, ::2]),
    "take_along_axis": (
        matrix,
        lambda xp, a: xp.np.take_along_axis(a, xp.np.argmax(a, 1)[:, None], 1),
    ),
    "at_add": (looked_up, lambda xp, a, i: xp.np.zeros_like(a).at[i].add(a)),
    "at_add/unique": (
        permuted,
        lambda xp, a, i: xp.np.zeros_like(a).at[i].add(a, unique_indices=True),
    ),
    "at_add/rows": (looked_up_rows, lambda xp, a, i: a.at[i].add(a)),
    "at_set": (permuted, lambda xp, a, i: a.at[i].set(a)),
    "segment_sum": (
        in_segments,
        lambda xp, a, i: xp.ops.segment_sum(a, i, num_segments=len(a) // 4),
    ),
    "segment_sum/sorted": (
        in_segments,
        lambda xp, a, i: xp.ops.segment_sum(
            a, i, num_segments=len(a) // 4, indices_are_sorted=True
        ),
    ),
    "segment_max": (
        in_segments,
        lambda xp, a, i: xp.ops.segment_max(a, i, num_segments=len(a) // 4),
    ),
    "where": (vectors, lambda xp, a, b: xp.np.where(a > 0, a, b + 1)),
    "select": (
        vector,
        lambda xp, a: xp.np.select([a < -1, a < 0, a < 1], [a, 2 * a, 3 * a], 4 * a),
    ),
    "clip": (vector, lambda xp, a: xp.np.clip(a, -1, 1)),
    "tril": (matrix, lambda xp, a: xp.np.tril(a)),
    "diag": (matrix, lambda xp, a: xp.np.diag(a)),
    "trace": (matrix, lambda xp, a: xp.np.trace(a)),
    # shapes
    "transpose": (matrix, lambda xp, a: xp.np.transpose(a)),
    "roll": (vector, lambda xp, a: xp.np.roll(a, 7)),
    "roll/axes": (matrix, lambda xp, a: xp.np.roll(a, (1, 2), (0, 1))),
    "pad": (matrix, lambda xp, a: xp.np.pad(a, 2)),
    "pad/reflect": (matrix, lambda xp, a: xp.np.pad(a, 2, mode="reflect")),
    "pad/wrap": (matrix, lambda xp, a: xp.np.pad(a, 2, mode="wrap")),
    "tile": (matrix, lambda xp, a: xp.np.tile(a, (2, 2))),
    "repeat": (vector, lambda xp, a: xp.np.repeat(a, 3)),
    "repeat/axis1": (matrix, lambda xp, a: xp.np.repeat(a, 2, axis=1)),
    "concatenate": (vectors, lambda xp, a, b: xp.np.concatenate([a, b])),
    "concatenate/axis1": (matrices, lambda xp, a, b: xp.np.concatenate([a, b], axis=1)),
    "stack/last": (vectors, lambda xp, a, b: xp.np.stack([a, b], axis=-1)),
    "flip": (matrix, lambda xp, a: xp.np.flip(a)),
    "meshgrid": (factors, lambda xp, a, b: xp.np.meshgrid(a.ravel(), b.ravel())),
    # products
    "matmul": (matrices, lambda xp, a, b: xp.np.matmul(a, b)),
    "matvec": (matrix, lambda xp, a: a @ a[0]),
    "vdot": (vectors, lambda xp, a, b: xp.np.vdot(a, b)),
    "outer": (factors, lambda xp, a, b: xp.np.outer(a, b)),
    "kron": (factors, lambda xp, a, b: xp.np.kron(a, b)),
    "cross": (points, lambda xp, a, b: xp.np.cross(a, b)),
    "einsum/transposed": (matrices, lambda xp, a, b: xp.np.einsum("ij,kj->ki", a, b)),
    "einsum/rows": (matrices, lambda xp, a, b: xp.np.einsum("ij,ij->i", a, b)),
    "einsum/diagonal": (matrix, lambda xp, a: xp.np.einsum("ii->i", a)),
    "convolve": (filtered, lambda xp, a, b: xp.np.convolve(a, b, mode="same")),
    "conv": (images, lambda xp, a, w: xp.lax.conv(a, w, (1, 1), "SAME")),
    "polyval": (filtered, lambda xp, a, b: xp.np.polyval(b[:6], a)),
    "vander": (vector, lambda xp, a: xp.np.vander(a, 5)),
    # fft
    "fft": (vector, lambda xp, a: xp.np.fft.fft(a)),
    "rfft/fused": (vector, lambda xp, a: xp.np.abs(xp.np.fft.rfft(a * a + 1)) * 2),
    "fftn/fused": (matrix, lambda xp, a: xp.np.fft.ifftn(xp.np.fft.fftn(a) * 2).real + 1),
    # functions of elements
    "sin": (vector, lambda xp, a: xp.np.sin(a)),
    "tan": (vector, lambda xp, a: xp.np.tan(a)),
    "arcsin": (unit, lambda xp, a: xp.np.arcsin(a)),
    "exp": (vector, lambda xp, a: xp.np.exp(a)),
    "exp2": (vector, lambda xp, a: xp.np.exp2(a)),
    "expm1": (vector, lambda xp, a: xp.np.expm1(a)),
    "log": (positive, lambda xp, a: xp.np.log(a)),
    "log1p": (positive, lambda xp, a: xp.np.log1p(a)),
    "cbrt": (vector, lambda xp, a: xp.np.cbrt(a)),
    "tanh": (vector, lambda xp, a: xp.np.tanh(a)),
    "power": (positive, lambda xp, a: xp.np.power(a, 1.5)),
    "power/array": (positives, lambda xp, a, b: xp.np.power(a, b)),
    "mod": (vectors, lambda xp, a, b: xp.np.mod(a, b)),
    "floor_divide/int": (integers, lambda xp, a: a // 7),
    "logaddexp": (vectors, lambda xp, a, b: xp.np.logaddexp(a, b)),
    "sinc": (vector, lambda xp, a: xp.np.sinc(a)),
    "arctan2": (vectors, lambda xp, a, b: xp.np.arctan2(a, b)),
    "hypot": (vectors, lambda xp, a, b: xp.np.hypot(a, b)),
    "isclose": (vectors, lambda xp, a, b: xp.np.isclose(a, b)),
    "round": (vector, lambda xp, a: xp.np.round(a, 2)),
    "lgamma": (positive, lambda xp, a: xp.lax.lgamma(a)),
    "digamma": (positive, lambda xp, a: xp.lax.digamma(a)),
    "erf": (vector, lambda xp, a: xp.lax.erf(a)),
    "erfc": (vector, lambda xp, a: xp.lax.erfc(a)),
    "betainc": (positive, lambda xp, a: xp.scipy.special.betainc(a, 2.0, 0.3)),
    "gammainc": (positive, lambda xp, a: xp.scipy.special.gammainc(2.0, a)),
    "i0e": (positive, lambda xp, a: xp.scipy.special.i0e(a)),
    "norm_cdf": (vector, lambda xp, a: xp.scipy.stats.norm.cdf(a)),
    "logsumexp": (matrix, lambda xp, a: xp.scipy.special.logsumexp(a, axis=1)),
    # nn
    "softmax": (matrix, lambda xp, a: xp.nn.softmax(a)),
    "softmax/axis0": (matrix, lambda xp, a: xp.nn.softmax(a, axis=0)),
    "log_softmax": (matrix, lambda xp, a: xp.nn.log_softmax(a)),
    "gelu": (vector, lambda xp, a: xp.nn.gelu(a)),
    "silu": (vector, lambda xp, a: xp.nn.silu(a)),
    "one_hot": (few_integers, lambda xp, a: xp.nn.one_hot(a, 16)),
    "avg_pool": (
        images,
        lambda xp, a, w: xp.lax.reduce_window(
            a, 0.0, xp.lax.add, (1, 1, 2, 2), (1, 1, 2, 2), "VALID"
        ),
    ),
    # random
    "random.bits": (drawn, lambda xp, k, a: xp.random.bits(k, a.shape)),
    "random.uniform": (drawn, lambda xp, k, a: xp.random.uniform(k, a.shape)),
    "random.normal": (drawn, lambda xp, k, a: xp.random.normal(k, a.shape)),
    "random.randint": (drawn, lambda xp, k, a: xp.random.randint(k, a.shape, 0, 10)),
    "random.bernoulli": (drawn, lambda xp, k, a: xp.random.bernoulli(k, 0.3, a.shape)),
    "random.permutation": (drawn, lambda xp, k, a: xp.random.permutation(k, len(a))),
    "random.choice": (drawn, lambda xp, k, a: xp.random.choice(k, 100, a.shape)),
    "random.categorical": (drawn, lambda xp, k, a: xp.random.categorical(k, a[:100], shape=(99,))),
    "random.gamma": (drawn, lambda xp, k, a: xp.random.gamma(k, 2.0, (len(a) // 10,))),
    "random.split": (drawn, lambda xp, k, a: xp.random.split(k, len(a) // 10)),
    # linear algebra: of these the sizes are ORDERS
    "inv": (square, lambda xp, a: xp.np.linalg.inv(a)),
    "det": (square, lambda xp, a: xp.np.linalg.det(a)),
    "solve": (system, lambda xp, a, b: xp.np.linalg.solve(a, b)),
    "cholesky": (definite, lambda xp, a: xp.np.linalg.cholesky(a)),
    "qr": (square, lambda xp, a: xp.np.linalg.qr(a)),
    "svd": (square, lambda xp, a: xp.np.linalg.svd(a)),
    "eigh": (definite, lambda xp, a: xp.np.linalg.eigh(a)),
    "eigvalsh": (definite, lambda xp, a: xp.np.linalg.eigvalsh(a)),
    "pinv": (square, lambda xp, a: xp.np.linalg.pinv(a)),
    "matrix_power": (square, lambda xp, a: xp.np.linalg.matrix_power(a / 9, 5)),
    "solve_triangular": (
        system,
        lambda xp, a, b: xp.scipy.linalg.solve_triangular(a, b, lower=True),
    ),
    "cho_solve": (
        definite,
        lambda xp, a: xp.scipy.linalg.cho_solve(xp.scipy.linalg.cho_factor(a), a[..., :1]),
    ),
    "lu_factor": (square, lambda xp, a: xp.scipy.linalg.lu_factor(a)),
    "expm": (square, lambda xp, a: xp.scipy.linalg.expm(a)),
}


def sizes_of(make):
    return ORDERS if make in (square, definite, system) else SIZES


def name_of(call, size):
    return f"{call}@{'x'.join(map(str, size)) if isinstance(size, tuple) else size}"
