"""Lowering of convolution."""

import numpy as np
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo

from hloom.frontend import dtypes
from hloom.frontend.prims.convolution import conv_general_dilated
from hloom.lowering.rules.contraction import convert, precision_attribute
from hloom.lowering.table import rule


def _layout(x_spec, w_spec, y_spec):
    (w_out, w_in, *w_space) = w_spec
    numbers = []
    for batch, feature, *space in (x_spec, (w_in, w_out, *w_space), y_spec):
        numbers += [batch, feature, space]
    return stablehlo.ConvDimensionNumbers.get(*numbers)


def _pads(pairs):
    return ir.DenseElementsAttr.get(np.array(pairs, np.int64).reshape(-1, 2))


@rule(conv_general_dilated)
def _conv(ctx, x, w, *, window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers,
          feature_group_count, batch_group_count, precision, preferred_element_type):  # fmt: skip
    left, right = ctx.ins
    attributes = {
        "window_strides": ctx.ints(window_strides),
        "padding": ctx.attribute(_pads, padding),
        "lhs_dilation": ctx.ints(lhs_dilation),
        "rhs_dilation": ctx.ints(rhs_dilation),
        "dimension_numbers": ctx.attribute(_layout, *dimension_numbers),
        "feature_group_count": ctx.i64(feature_group_count),
        "batch_group_count": ctx.i64(batch_group_count),
        "precision_config": precision_attribute(ctx, precision),
    }
    if left.dtype != right.dtype:
        common = dtypes.promote_types(left.dtype, right.dtype)
        x, w = convert(ctx, x, left, common), convert(ctx, w, right, common)
    return ctx.op("stablehlo.convolution", [x, w], attributes)
