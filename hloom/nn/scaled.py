"""Products of arrays of narrow floats that carry a scale for each block of elements."""

from hloom.frontend.array import Array
from hloom.frontend.errors import ShapeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.trace import aval_of
from hloom.lax.scaled import unscaled
from hloom.numpy.promotion import operand
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@fused
def scaled_matmul(
    lhs: ArrayLike,
    rhs: ArrayLike,
    lhs_scales: ArrayLike,
    rhs_scales: ArrayLike,
    preferred_element_type="float32",
) -> Array:
    """Batches of lhs times the transpose of rhs, both multiplied by the scales of their blocks.

    lhs has shape (B, M, K), rhs (B, N, K), their scales (B, M, K / k) and (B, N, K / k'), where k
    and k' are the lengths of the blocks. Products and sums are in float32.

    >>> import hloom
    >>> import hloom.numpy as np
    >>> x, scale = np.array([[[1.0, 2.0, 3.0]]]), np.array([[[0.5]]])
    >>> hloom.nn.scaled_matmul(x, x, scale, scale)
    Array([[[3.5]]], dtype=float32)
    """
    left = _unscaled("lhs", operand("scaled_matmul", lhs), operand("scaled_matmul", lhs_scales))
    right = _unscaled("rhs", operand("scaled_matmul", rhs), operand("scaled_matmul", rhs_scales))
    (b, _, k), (c, _, n) = left.shape, right.shape
    if b != c or k != n:
        found = f"lhs and rhs have shapes {left.shape} and {right.shape}"
        what = "scaled_matmul: takes (B, M, K) and (B, N, K)"
        raise ShapeError(what, found, "match the batch and the last axes")
    product = dot_general(left, right, (((2,), (2,)), ((0,), (0,))))
    return e.convert_element_type(product, preferred_element_type)


def _unscaled(side, x, scales):
    """The numbers that an array and its scales stand for, in float32."""
    shape, blocks = aval_of(x).shape, aval_of(scales).shape
    fits = len(shape) == len(blocks) == 3 and shape[:2] == blocks[:2]
    if not fits or not blocks[2] or shape[2] % blocks[2]:
        found = f"{side} has shape {shape}, its scales {blocks}"
        what = "scaled_matmul: takes one scale for each block of the last axis"
        raise ShapeError(what, found, "give scales of shape (B, M, number of blocks)")
    return unscaled(x, scales)
