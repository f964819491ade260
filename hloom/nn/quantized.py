"""`scaled_dot_general`: products of arrays rounded to narrow floats with a scale for each block.

The scale of a block is its largest magnitude over the largest number of the data's dtype. In the
formats MXFP8 and MXFP4 it is the next power of two (Open Compute Project, "Microscaling formats
(MX)", 2023); in NVFP4 it is itself a narrow float, in units of one scale for the whole array.
"""

import dataclasses
import math
from typing import Any

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import ArgumentError, ValueRangeError
from hloom.frontend.families import as_operand
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.reduction import reduce_max
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    expand_dims,
    full,
    pad,
    reshape,
    slice_in_dim,
    transpose,
)
from hloom.frontend.trace import aval_of
from hloom.lax.scaled import unscaled
from hloom.runtime.dispatch import fused
from hloom.transforms.custom import custom_vjp
from hloom.typing import ArrayLike, ArrayLikes


@dataclasses.dataclass
class BlockScaleConfig:
    """How an array is rounded: dtypes of data and scales, and the length of a block."""

    mode: str
    block_size: int
    data_type: Any
    scale_type: Any
    #: the scale of the whole array, or None: 1, or for "nvfp4" what its largest number asks for
    global_scale: Any = None
    infer_only: bool = False


_MODES = {
    "mxfp8": (32, dtypes.dtype("float8_e4m3fn"), dtypes.dtype("float8_e8m0fnu")),
    "mxfp4": (32, dtypes.dtype("float4_e2m1fn"), dtypes.dtype("float8_e8m0fnu")),
    "nvfp4": (16, dtypes.dtype("float4_e2m1fn"), dtypes.dtype("float8_e4m3fn")),
}


def get_scaled_dot_general_config(mode, global_scale=None):
    """The configuration of an operand of `scaled_dot_general`: "mxfp8", "mxfp4" or "nvfp4".

    `global_scale`, for "nvfp4" alone, is the scale of the whole array; without it, the array's
    largest number gives it.

    >>> import hloom
    >>> hloom.nn.get_scaled_dot_general_config("mxfp8").block_size
    32
    """
    if mode not in _MODES:
        found, remedy = f"mode is {mode!r}", f"use one of {', '.join(_MODES)}"
        raise ValueRangeError("get_scaled_dot_general_config: no such mode", found, remedy)
    if global_scale is not None and mode != "nvfp4":
        what = "get_scaled_dot_general_config: only nvfp4 has a scale of the whole array"
        raise ArgumentError(what, f"mode is {mode!r}", "leave global_scale out")
    return BlockScaleConfig(mode, *_MODES[mode], global_scale)


def scaled_dot_general(
    lhs: ArrayLike,
    rhs: ArrayLike,
    dimension_numbers,
    preferred_element_type=dtypes.float32,
    configs=None,
    implementation=None,
) -> Array:
    """`dot_general` of arrays that are first rounded to narrow floats with scales of blocks.

    `configs` are those of lhs, rhs and the cotangent; without them nothing is rounded. Derivatives
    are products of rounded arrays too. The result has `preferred_element_type`; products and sums
    are in float32. `implementation` has no meaning here.

    >>> import hloom
    >>> import hloom.numpy as np
    >>> configs = [hloom.nn.get_scaled_dot_general_config("mxfp8")] * 3
    >>> x = np.array([[1.0, 1.01]])
    >>> hloom.nn.scaled_dot_general(x, x, (((1,), (1,)), ((), ())), configs=configs)
    Array([[2.]], dtype=float32)
    """
    lhs, rhs = as_operand(lhs), as_operand(rhs)
    wanted = dtypes.canonicalize(dtypes.dtype(preferred_element_type))
    if configs is None:
        return dot_general(lhs, rhs, dimension_numbers, preferred_element_type=wanted)
    configs = tuple(configs) if isinstance(configs, list | tuple) else (configs,)
    if len(configs) != 3:
        found, remedy = f"there are {len(configs)}", "give those of lhs, rhs and the cotangent"
        raise ArgumentError("scaled_dot_general: takes three configurations", found, remedy)
    kinds = [dataclasses.replace(c, global_scale=None) for c in configs]
    kinds = tuple([tuple(vars(c).values()) for c in kinds])
    scales = [c.global_scale for c in configs]
    return _scaled_product(lhs, rhs, scales, kinds, dimension_numbers, wanted)


@fused
def _scaled_product(
    lhs: ArrayLike, rhs: ArrayLike, scales: ArrayLikes, kinds, dimension_numbers, wanted
):
    configs = [BlockScaleConfig(*k) for k in kinds]
    configs = [dataclasses.replace(c, global_scale=s) for c, s in zip(configs, scales)]
    (lc, rc), (lb, rb) = dimension_numbers
    x, batch, rows = _folded(lhs, lb, lc)
    y, _, columns = _folded(rhs, rb, rc)
    product = _product(configs)(x, y)
    return e.convert_element_type(reshape(product, (*batch, *rows, *columns)), wanted)


def _folded(x, batched, contracted):
    """`x` as [batch, free, contracted], and the lengths of its batch axes and of its free ones."""
    shape = aval_of(x).shape
    batched, contracted = ([a % len(shape) for a in axes] for axes in (batched, contracted))
    free = [a for a in range(len(shape)) if a not in batched and a not in contracted]
    parts = [[shape[a] for a in axes] for axes in (batched, free, contracted)]
    x = transpose(x, (*batched, *free, *contracted))
    return reshape(x, [math.prod(p) for p in parts]), parts[0], parts[1]


def _product(configs):
    left, right, back = configs

    @custom_vjp
    def product(x, y):
        return _rounded_product(x, y, left, right)

    def forward(x, y):
        return product(x, y), (x, y)

    def backward(saved, ct):
        x, y = saved
        turned = lambda v: transpose(v, (0, 2, 1))
        like = lambda v, x: e.convert_element_type(v, aval_of(x).dtype)
        gx = _rounded_product(ct, turned(y), back, right)
        gy = _rounded_product(turned(ct), turned(x), back, left)
        return like(gx, x), like(gy, y)

    product.defvjp(forward, backward)
    return product


def _rounded_product(x, y, left, right):
    """[b, m, k] and [b, n, k] to [b, m, n]."""
    return dot_general(rounded(x, left), rounded(y, right), (((2,), (2,)), ((0,), (0,))))


def rounded(x, config):
    """The float32 numbers that the data and scales stand for to which `x` is rounded."""
    x = e.convert_element_type(x, dtypes.float32)
    (b, m, k), size = aval_of(x).shape, config.block_size
    spare = -k % size
    if spare:
        x = pad(x, full((), 0.0, dtypes.float32), [(0, 0, 0), (0, 0, 0), (0, spare, 0)])
    blocks = reshape(x, (b, m, (k + spare) // size, size))
    largest = reduce_max(e.abs(blocks), (3,))
    most = float(dtypes.finfo(config.data_type).max)
    scale, whole = _scale(e.div(largest, most), config)
    empty = e.eq(scale, 0.0)
    divisor = expand_dims(e.select(empty, full(empty.shape, 1.0), e.mul(scale, whole)), (3,))
    ratio = e.div(blocks, broadcast_in_dim(divisor, blocks.shape, (0, 1, 2, 3)))
    data = e.convert_element_type(e.clamp(-most, ratio, most), config.data_type)
    stored = e.convert_element_type(scale, config.scale_type)
    found = e.mul(unscaled(reshape(data, x.shape), stored), whole)
    return slice_in_dim(found, 0, k, axis=2) if spare else found


def _scale(wanted, config):
    """Scales that the dtype of scales holds, and the one of the whole array."""
    if config.scale_type == dtypes.dtype("float8_e8m0fnu"):
        return _power_of_two(wanted), 1.0
    top = float(dtypes.finfo(config.scale_type).max)
    whole = config.global_scale
    if whole is None:
        whole = e.div(reduce_max(wanted, (0, 1, 2)), top)
        whole = e.select(e.eq(whole, 0.0), 1.0, whole)
    whole = reshape(e.convert_element_type(whole, dtypes.float32), ())
    scale = e.clamp(0.0, e.div(wanted, whole), top)
    wide = e.convert_element_type(e.convert_element_type(scale, config.scale_type), dtypes.float32)
    return wide, whole


def _power_of_two(x):
    """The least power of two not below x, within the range of float8_e8m0fnu."""
    exponent = e.ceil(e.log2(e.max(x, 2.0**-126)))
    least = e.exp2(exponent)
    # log2 is rounded
    least = e.select(e.lt(least, x), e.mul(least, 2.0), least)
    half = e.mul(least, 0.5)
    return e.max(e.select(e.ge(half, x), half, least), 2.0**-126)
