"""Random vectors and matrices: multivariate normal, uniform in a ball, orthogonal."""

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import integer, one_of
from hloom.frontend.errors import DTypeError, ShapeError, ValueRangeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.linalg import cholesky, qr
from hloom.frontend.prims.matrices import along_rows, diagonal, transposed
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.spectral import eigh, svd
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    canonical_shape,
    expand_dims,
)
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import (
    broadcast_shapes,
    broadcast_to,
    promote_dtypes_inexact,
    to_dtype,
)
from hloom.random.continuous import positive, sign_of
from hloom.random.draw import (
    check_fits,
    finished,
    float_dtype,
    parameters,
    requested,
    spread,
    subkeys,
    work_dtype,
)
from hloom.random.gamma import inverse_power, log_gamma_numbers
from hloom.random.normal import normal
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@fused
def multivariate_normal(
    key: ArrayLike,
    mean: ArrayLike,
    cov: ArrayLike,
    shape=None,
    dtype=None,
    method="cholesky",
    *,
    out_sharding=None,
) -> Array:
    """Normal vectors of a mean, of shape (..., n), and a covariance matrix, of shape (..., n, n).

    `shape` is that of the draws, without n; the parameters' leading axes broadcast to it. `method`
    says how the matrix becomes a factor of itself: "cholesky", "eigh" or "svd", which take
    semidefinite matrices too.

    >>> import hloom
    >>> import hloom.numpy as np
    >>> hloom.random.multivariate_normal(hloom.random.key(0), np.zeros(2), np.eye(2), (5,)).shape
    (5, 2)
    """
    if not one_of(method, _FACTORS):
        found, remedy = f"it is {method!r}", f"use one of {', '.join(_FACTORS)}"
        raise ValueRangeError("multivariate_normal: no such method", found, remedy)
    mean, cov = promote_dtypes_inexact("multivariate_normal", mean, cov)
    dtype = aval_of(mean).dtype if dtype is None else float_dtype("multivariate_normal", dtype)
    work = work_dtype(dtype)
    mean, cov = to_dtype(mean, work), to_dtype(cov, work)
    own, square = aval_of(mean).shape, aval_of(cov).shape
    if not own or len(square) < 2 or square[-2:] != (own[-1], own[-1]):
        found = f"the mean has shape {own}, the covariance {square}"
        what = "multivariate_normal: takes a mean (..., n) and a covariance (..., n, n)"
        raise ShapeError(what, found, "match their last axes")
    n = own[-1]
    batch = broadcast_shapes("multivariate_normal", own[:-1], square[:-2])
    shape = batch if shape is None else canonical_shape("multivariate_normal", shape)
    check_fits("multivariate_normal", batch, shape)
    factor = _FACTORS[method](cov)
    factor = broadcast_to(factor, (*shape, n, n)) if len(square) > 2 else factor
    x = normal.function(key, (*shape, n), work)
    if len(square) > 2:
        lead = tuple(range(len(shape)))
        end = len(shape)
        turned = dot_general(factor, x, (((end + 1,), (end,)), (lead, lead)))
    else:
        turned = dot_general(x, factor, (((len(shape),), (1,)), ((), ())))
    x = e.add(broadcast_to(mean, (*shape, n)), turned)
    return finished(x, dtype, out_sharding)


def _by_eigenvalues(cov):
    vectors, values = eigh(cov)
    return e.mul(vectors, along_rows(e.sqrt(e.max(values, 0.0)), vectors))


def _by_singular_values(cov):
    u, values, _ = svd(cov)
    return e.mul(u, along_rows(e.sqrt(values), u))


_FACTORS = {"cholesky": cholesky, "eigh": _by_eigenvalues, "svd": _by_singular_values}


@fused
def orthogonal(key: ArrayLike, n, shape=(), dtype=None, m=None, *, out_sharding=None) -> Array:
    """Uniformly distributed orthogonal (for a complex dtype, unitary) matrices of n rows.

    With `m` columns, which are orthonormal if there are no more of them than rows; else the rows
    are. Mezzadri, "How to generate random matrices from the classical compact groups", 2007.
    """
    shape = canonical_shape("orthogonal", shape)
    dtype = dtypes.python_scalar_dtype(float)[0] if dtype is None else requested(dtype)
    if not dtypes.is_inexact(dtype):
        found = f"dtype is {dtype.name}"
        raise DTypeError("orthogonal: makes floats or complex numbers", found, "use float32")
    n = integer("orthogonal", "n", n, least=0)
    m = n if m is None else integer("orthogonal", "m", m, least=0)
    long, short = max(n, m), min(n, m)
    work = work_dtype(dtype)
    q, r = qr(normal.function(key, (*shape, long, short), work), full_matrices=False)
    # the signs of R's diagonal, which make the factors unique, spread over the columns of Q
    turns = diagonal(r)
    signs = e.div(turns, e.convert_element_type(e.abs(turns), work))
    q = e.mul(q, along_rows(signs, q))
    return finished(q if n >= m else transposed(q), dtype, out_sharding)


@fused
def ball(key: ArrayLike, d, p: ArrayLike = 2, shape=(), dtype=None, *, out_sharding=None) -> Array:
    """Points uniform in the unit ball of the p-norm in `d` dimensions, of shape (*shape, d).

    Barthe, Guedon, Mendelson, Naor, "A probabilistic approach to the geometry of the l_p^n-ball",
    2005: generalized normal numbers over the p-norm of themselves and an exponential number.
    """
    d, dtype = integer("ball", "d", d, least=0), float_dtype("ball", dtype)
    work = work_dtype(dtype)
    (p,) = parameters("ball", work, p)
    shape = broadcast_shapes("ball", canonical_shape("ball", shape), aval_of(p).shape)
    first, second = subkeys("ball", key, 2)
    own, wide = aval_of(p).shape, (*shape, d)
    power = broadcast_to(expand_dims(spread(p, shape), [len(shape)]), wide) if own else p
    # |g|^p is a gamma number; by logarithms, since for small p the number g may be no float
    numbers, signs = subkeys("ball", first, 2)
    inverse = inverse_power(power)
    log_g = log_gamma_numbers("ball", numbers, inverse, wide)
    rest = positive("ball", second, shape, work)
    log_norm = e.log(e.add(reduce_sum(e.exp(log_g), [len(shape)]), rest))
    log_norm = broadcast_in_dim(log_norm, wide, range(len(shape)))
    sizes = e.exp(e.mul(e.sub(log_g, log_norm), inverse))
    return finished(e.mul(sizes, sign_of("ball", signs, wide, work)), dtype, out_sharding)
