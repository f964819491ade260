"""`scaled_dot`: products of arrays that carry a scale for each block of elements."""

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import ShapeError
from hloom.frontend.families import as_operand
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.structural import broadcast_in_dim, reshape
from hloom.frontend.trace import aval_of
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

#: contracted and batch axes for two and for three axes
_NUMBERS = {2: (((1,), (0,)), ((), ())), 3: (((2,), (1,)), ((0,), (0,)))}


def unscaled(x, scale, dtype=dtypes.float32):
    """`x` times `scale`, each of whose elements stands for a block of `x`, in a wide dtype."""
    shape, blocks = aval_of(x).shape, aval_of(scale).shape
    x, scale = e.convert_element_type(x, dtype), e.convert_element_type(scale, dtype)
    pairs = [n for b, s in zip(blocks, shape, strict=True) for n in (b, s // max(b, 1))]
    wide = broadcast_in_dim(scale, pairs, range(0, len(pairs), 2))
    return reshape(e.mul(reshape(x, pairs), wide), shape)


@fused
def scaled_dot(
    lhs: ArrayLike,
    rhs: ArrayLike,
    *,
    lhs_scale: ArrayLike | None = None,
    rhs_scale: ArrayLike | None = None,
    dimension_numbers=None,
    preferred_element_type=None,
) -> Array:
    """`dot_general` of (lhs * lhs_scale) and (rhs * rhs_scale), in bfloat16 by default.

    A scale has the rank of its array; along contracted axes each of its elements stands for a block
    of the array, and other axes have equal lengths. Without `dimension_numbers`, two matrices are
    multiplied, or batches of them along a first axis. Products are those of float32.

    >>> import hloom.numpy as np
    >>> x, scale = np.ones((2, 4)), np.full((2, 2), 0.5)
    >>> scaled_dot(x, x.T, lhs_scale=scale, preferred_element_type="float32")
    Array([[2., 2.],
           [2., 2.]], dtype=float32)
    """
    lhs, rhs = as_operand(lhs), as_operand(rhs)
    if dimension_numbers is None:
        ranks = aval_of(lhs).ndim, aval_of(rhs).ndim
        if ranks not in ((2, 2), (3, 3)):
            found = f"the operands have shapes {aval_of(lhs).shape} and {aval_of(rhs).shape}"
            what = "scaled_dot: multiplies matrices, or batches of them"
            raise ShapeError(what, found, "give dimension_numbers")
        dimension_numbers = _NUMBERS[ranks[0]]
    (lc, rc), _ = dimension_numbers
    left = _wide("lhs", lhs, lhs_scale, lc)
    right = _wide("rhs", rhs, rhs_scale, rc)
    product = dot_general(left, right, dimension_numbers)
    wanted = dtypes.bfloat16 if preferred_element_type is None else preferred_element_type
    return e.convert_element_type(product, wanted)


def _wide(side, x, scale, contracted):
    if scale is None:
        return e.convert_element_type(x, dtypes.float32)
    scale = as_operand(scale)
    shape, blocks = aval_of(x).shape, aval_of(scale).shape
    axes = {a % len(shape) for a in contracted}
    fits = len(shape) == len(blocks) and all(
        [n == b or (i in axes and b and n % b == 0) for i, (n, b) in enumerate(zip(shape, blocks))]
    )
    if not fits:
        found = f"{side} has shape {shape}, its scale {blocks}, contracted are {sorted(axes)}"
        what = "scaled_dot: a scale divides the contracted axes and equals the others"
        raise ShapeError(what, found, "give one scale for each block")
    return unscaled(x, scale)
