"""Vector quantization: scipy.cluster.vq."""

from hloom.frontend import dtypes
from hloom.frontend.errors import DTypeError, ShapeError
from hloom.frontend.prims import elementwise as e, structural as s
from hloom.frontend.prims.reduction import argmin, reduce_min, reduce_sum
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import promote_dtypes_inexact, select
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

__all__ = ["vq"]


@fused
def vq(obs: ArrayLike, code_book: ArrayLike, check_finite=True):
    """The nearest code of each observation, the first of several, and the distance to it.

    `obs` has shape (m, n) and `code_book` (k, n), or both are vectors of single features. The codes
    are m int32, their distances are Euclidean. `check_finite` is there for SciPy's sake.

    >>> import hloom.numpy as np
    >>> from hloom.scipy.cluster.vq import vq
    >>> vq(np.array([[1.0, 1.0], [5.0, 6.0]]), np.array([[0.0, 1.0], [5.0, 5.0]]))
    (Array([0, 1], dtype=int32), Array([1., 1.], dtype=float32))
    """
    obs, codes = promote_dtypes_inexact("vq", obs, code_book)
    one, two = aval_of(obs), aval_of(codes)
    if dtypes.is_complex(one.dtype):
        found, remedy = f"they are {one.dtype}", "give real and imaginary parts as features"
        raise DTypeError("vq: observations are real", found, remedy)
    if one.ndim != two.ndim or one.ndim not in (1, 2) or one.shape[1:] != two.shape[1:]:
        found = f"obs has shape {one.shape}, code_book has shape {two.shape}"
        remedy = "give (m, n) and (k, n), or two vectors"
        raise ShapeError("vq: observations and codes have the same features", found, remedy)
    if not two.shape[0]:
        found = f"code_book has shape {two.shape}"
        raise ShapeError("vq: there is a code", found, "give one or more")
    m, k = one.shape[0], two.shape[0]
    shape = (m, k, *one.shape[1:])
    rest = range(2, len(shape))
    left = s.broadcast_in_dim(obs, shape, (0, *rest))
    right = s.broadcast_in_dim(codes, shape, (1, *rest))
    squares = reduce_sum(e.integer_pow(e.sub(left, right), 2), tuple(rest))
    nearest = reduce_min(squares, (1,))
    # the root has no slope at 0, where the derivative is taken to be 0
    apart = e.gt(nearest, 0)
    distance = select(apart, e.sqrt(select(apart, nearest, 1.0)), nearest)
    return argmin(squares, 1, dtypes.int32), distance
