"""Lowering of convolution."""

import numpy as np
from jaxlib.mlir import ir

from hloom.frontend import dtypes
from hloom.frontend.prims.convolution import conv_general_dilated
from hloom.frontend.prims.elementwise import add, complex, convert_element_type, imag, real, sub
from hloom.frontend.trace import aval_of
from hloom.lowering.dialects import stablehlo
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


def _conv_parts(x, w, **params):
    """The convolution of complex numbers by those of their parts."""
    conv = lambda x, w: conv_general_dilated.bind(x, w, **params)[0]
    (a, b), (c, d) = _parts(x), _parts(w)
    return complex(sub(conv(a, c), conv(b, d)), add(conv(a, d), conv(b, c)))


def _parts(x):
    x = convert_element_type(x, dtypes.to_complex(aval_of(x).dtype))
    return real(x), imag(x)


@rule(conv_general_dilated)
def _conv(ctx, x, w, *, window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers,
          feature_group_count, batch_group_count, precision, preferred_element_type):  # fmt: skip
    left, right = ctx.ins
    out = ctx.outs[0].dtype
    if ctx.module.target == "portable" and dtypes.is_complex(out):
        # IREE's compiler crashes where complex numbers are padded
        params = dict(ctx.eqn.params, preferred_element_type=dtypes.to_real(out))
        return ctx.lower_fun(_conv_parts, [x, w], ctx.ins, **params)
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
