"""Matrices of a fixed form: Toeplitz, Hilbert, Pascal and others."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.choices import flag, integer, one_of
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims.structural import broadcast_in_dim, concatenate
from hloom.frontend.trace import aval_of
from hloom.numpy.creation import asarray, zeros
from hloom.numpy.promotion import operand, promote_dtypes, promote_dtypes_inexact
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, DTypeLike


def _vector(name, x):
    x = operand(name, x)
    if aval_of(x).ndim < 1:
        raise ShapeError(f"{name}: takes vectors", f"the operand is {aval_of(x)}", "use x[None]")
    return x


def _constant(table, dtype=None):
    """An array of known numbers, of the default float."""
    dtype = dtypes.canonicalize(dtypes.dtype("float64" if dtype is None else dtype))
    return asarray(np.asarray(table).astype(dtype))


def _windows(values, rows, columns, step):
    """Row i holds the elements of a vector from i (step 1) or rows - 1 - i (step -1) on."""
    places = np.arange(rows)[:, None] * step + np.arange(columns)
    return values[..., places + (rows - 1 if step < 0 else 0)]


@fused
def toeplitz(c: ArrayLike, r: ArrayLike | None = None):
    """Matrices with constant diagonals: first column `c`, first row `r` (its first element unread).

    >>> import hloom.numpy as np
    >>> import hloom.scipy.linalg as linalg
    >>> linalg.toeplitz(np.array([1, 2]), np.array([1, 7, 8]))
    Array([[1, 7, 8],
           [2, 1, 7]], dtype=int32)
    """
    c = operand("toeplitz", c)
    c = c if aval_of(c).ndim else c.reshape(1)
    if r is None:
        r = c.conj()
    c, r = promote_dtypes("toeplitz", c, r)
    r = r if aval_of(r).ndim else r.reshape(1)
    batch = np.broadcast_shapes(aval_of(c).shape[:-1], aval_of(r).shape[:-1])
    c, r = (_with_batch(v, batch) for v in (c, r))
    values = concatenate([c[..., ::-1], r[..., 1:]], len(batch))
    return _windows(values, aval_of(c).shape[-1], aval_of(r).shape[-1], -1)


def _with_batch(x, batch):
    shape = aval_of(x).shape
    wanted = (*batch, shape[-1])
    dims = range(len(wanted) - len(shape), len(wanted))
    return x if shape == wanted else broadcast_in_dim(x, wanted, dims)


@fused
def hankel(c: ArrayLike, r: ArrayLike | None = None):
    """Matrices with constant anti-diagonals: first column `c`, last row `r` from its second."""
    c = _vector("hankel", c)
    c, r = promote_dtypes("hankel", c, c * 0 if r is None else _vector("hankel", r))
    batch = np.broadcast_shapes(aval_of(c).shape[:-1], aval_of(r).shape[:-1])
    c, r = (_with_batch(v, batch) for v in (c, r))
    values = concatenate([c, r[..., 1:]], len(batch))
    return _windows(values, aval_of(c).shape[-1], aval_of(r).shape[-1], 1)


@fused
def circulant(c: ArrayLike):
    """Matrices whose columns are `c` turned round by 0, 1, 2, ... places."""
    c = _vector("circulant", c)
    n = aval_of(c).shape[-1]
    return c[..., (np.arange(n)[:, None] - np.arange(n)) % max(n, 1)]


@fused
def companion(a: ArrayLike):
    """The matrix whose eigenvalues are the roots of the polynomial with coefficients `a`."""
    (a,) = promote_dtypes_inexact("companion", a)
    n = aval_of(a).shape[-1] - 1 if aval_of(a).ndim else 0
    if n < 1:
        remedy = "give two coefficients or more, the highest first"
        raise ShapeError("companion: too few coefficients", f"a is {aval_of(a)}", remedy)
    first = -a[..., 1:] / a[..., :1]
    shape = *aval_of(a).shape[:-1], n - 1, n
    below = np.broadcast_to(np.eye(n - 1, n, dtype=aval_of(a).dtype), shape)
    return concatenate([first[..., None, :], below], aval_of(a).ndim - 1)


@fused
def convolution_matrix(a: ArrayLike, n: int, mode: str = "full"):
    """The matrix that convolves a vector of length `n` with `a`; `mode` as in numpy.convolve."""
    a, n = _vector("convolution_matrix", a), integer("convolution_matrix", "n", n, least=1)
    m = aval_of(a).shape[-1]
    if not one_of(mode, ("full", "same", "valid")):
        remedy = 'use "full", "same" or "valid"'
        raise ValueRangeError(f"convolution_matrix: mode {mode!r} is not known", None, remedy)
    places = np.arange(m + n - 1)[:, None] - np.arange(n)
    inside = (places >= 0) & (places < m)
    full = a[..., places.clip(0, m - 1)] * inside.astype(aval_of(a).dtype)
    if mode == "full":
        return full
    length = max(m, n) if mode == "same" else max(m, n) - min(m, n) + 1
    start = (m + n - 1 - length) // 2
    return full[..., start : start + length, :]


@fused
def leslie(f: ArrayLike, s: ArrayLike):
    """The matrix of a population: fecundities `f` in the first row, survival `s` below."""
    f, s = promote_dtypes("leslie", _vector("leslie", f), _vector("leslie", s))
    n = aval_of(f).shape[-1]
    if n != aval_of(s).shape[-1] + 1:
        found = f"f is {aval_of(f)}, s is {aval_of(s)}"
        raise ShapeError("leslie: f is one longer than s", found, "drop or add an element")
    below = s[..., :, None] * np.eye(n - 1, n, dtype=aval_of(s).dtype)
    return concatenate([f[..., None, :], below], aval_of(f).ndim - 1)


@fused
def fiedler(a: ArrayLike):
    """The absolute differences of all pairs of elements."""
    a = _vector("fiedler", a)
    return abs(a[..., :, None] - a[..., None, :])


@fused
def fiedler_companion(a: ArrayLike):
    """A matrix of five diagonals with the eigenvalues of the companion matrix of `a`."""
    (a,) = promote_dtypes_inexact("fiedler_companion", a)
    n = aval_of(a).size - 1
    if aval_of(a).ndim != 1 or n < 1:
        remedy = "give two coefficients or more, the highest first"
        raise ShapeError("fiedler_companion: too few coefficients", f"a is {aval_of(a)}", remedy)
    a = a / a[0]
    made = zeros((n, n), aval_of(a).dtype).at[0, 0].set(-a[1])
    for k in range(1, n):
        # a coefficient above the diagonal after even rows, below it after odd ones
        row, column = (k - 1, k) if k % 2 else (k, k - 1)
        made = made.at[row, column].set(-a[k + 1])
        row, column = (k, k - 2) if k % 2 else (k - 2, k)
        made = made.at[row, max(column, 0)].set(1)
    return made


@judged
def block_diag(*arrs):
    """One matrix with matrices along its diagonal and zeros elsewhere; vectors count as rows.

    >>> import hloom.numpy as np
    >>> import hloom.scipy.linalg as linalg
    >>> linalg.block_diag(np.ones((1, 2)), np.ones((1, 1)))
    Array([[1., 1., 0.],
           [0., 0., 1.]], dtype=float32)
    """
    return _block_diag(*(arrs or (np.zeros((1, 0), np.float32),)))


@fused
def _block_diag(*arrs: ArrayLike):
    blocks = []
    for x in promote_dtypes("block_diag", *arrs):
        shape = aval_of(x).shape
        if len(shape) > 2:
            found = f"one is {aval_of(x)}"
            raise ShapeError("block_diag: takes matrices", found, "pass the matrices one by one")
        blocks.append(asarray(x).reshape((1,) * (2 - len(shape)) + shape))
    rows = sum(aval_of(b).shape[0] for b in blocks)
    columns = sum(aval_of(b).shape[1] for b in blocks)
    made = zeros((rows, columns), aval_of(blocks[0]).dtype)
    i = j = 0
    for b in blocks:
        m, n = aval_of(b).shape
        made = made.at[i : i + m, j : j + n].set(b)
        i, j = i + m, j + n
    return made


# ---------------------------------------------------------------- constants
@judged
def hilbert(n: int):
    """1 / (i + j + 1) at row i and column j."""
    k = np.arange(integer("hilbert", "n", n, least=0))
    return _constant(1 / (k[:, None] + k + 1))


@judged
def invhilbert(n: int):
    """The inverse of the Hilbert matrix, whose elements are integers."""
    n, c = integer("invhilbert", "n", n, least=0), math.comb
    table = [
        [
            (-1) ** (i + j)
            * (i + j + 1)
            * c(n + i, n - j - 1)
            * c(n + j, n - i - 1)
            * c(i + j, i) ** 2
            for j in range(n)
        ]
        for i in range(n)
    ]
    return _constant(np.array(table, float).reshape(n, n))


def _pascal(n, kind, name):
    kind = "symmetric" if kind is None else kind
    if not one_of(kind, ("symmetric", "lower", "upper")):
        remedy = 'use "symmetric", "lower" or "upper"'
        raise ValueRangeError(f"{name}: kind {kind!r} is not known", None, remedy)
    n = integer(name, "n", n, least=0)
    lower = np.array([[float(math.comb(i, j)) for j in range(n)] for i in range(n)]).reshape(n, n)
    return kind, lower


@judged
def pascal(n: int, kind: str | None = None):
    """Pascal's triangle as a "lower" or "upper" triangular matrix, or their "symmetric" product."""
    kind, lower = _pascal(n, kind, "pascal")
    return _constant({"lower": lower, "upper": lower.T}.get(kind, lower @ lower.T))


@judged
def invpascal(n: int, kind: str | None = None):
    """The inverse of Pascal's matrix."""
    kind, lower = _pascal(n, kind, "invpascal")
    n = len(lower)
    k = np.arange(n)
    lower = lower * (-1.0) ** (k[:, None] + k)
    return _constant({"lower": lower, "upper": lower.T}.get(kind, lower.T @ lower))


@judged
def hadamard(n: int, dtype: DTypeLike = int):
    """The orthogonal matrix of 1 and -1 that doubling makes; n is a power of two."""
    n = integer("hadamard", "n", n)
    if n < 1 or n & (n - 1):
        raise ValueRangeError(f"hadamard: {n} is no power of two", None, "use 1, 2, 4, 8, ...")
    made = np.ones((1, 1))
    while len(made) < n:
        made = np.block([[made, made], [made, -made]])
    return _constant(made, dtype)


@judged
def helmert(n: int, full: bool = False):
    """Orthonormal contrasts: row k compares element k with those before; `full` adds the mean."""
    n = integer("helmert", "n", n, least=1)
    k = np.arange(n)
    made = np.tri(n, k=-1) - np.diag(k)
    made[0] = 1
    lengths = np.sqrt(np.where(k, k * (k + 1), n))
    made = made / lengths[:, None]
    return _constant(made if flag("helmert", "full", full) else made[1:])


@judged
def dft(n: int, scale: str | None = None, *, dtype: DTypeLike | None = None):
    """The matrix of the discrete Fourier transform; `scale` is None, "sqrtn" or "n"."""
    if not one_of(scale, (None, "sqrtn", "n")):
        raise ValueRangeError(f"dft: scale {scale!r} is not known", None, 'use "sqrtn" or "n"')
    n = integer("dft", "n", n, least=0)
    k = np.arange(n)
    made = np.exp(-2j * np.pi * (k[:, None] * k % max(n, 1)) / max(n, 1))
    made = made / {None: 1, "sqrtn": math.sqrt(n), "n": n}[scale]
    return _constant(made, "complex128" if dtype is None else dtype)
