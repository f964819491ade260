"""Lowering of convolution.

XLA convolves images fast on the CPU, but vectors slowly. There a vector is cut into blocks, each
with what follows it in the same row, and these are multiplied by the matrix whose columns are the
kernel, one place lower in each. For a very short kernel shifted copies of the vector are added.
"""

import math

import numpy as np
from jaxlib.mlir import ir

from hloom.frontend import dtypes
from hloom.frontend.families import typed_literal
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.convolution import conv_general_dilated
from hloom.frontend.prims.elementwise import (
    abs,
    add,
    complex,
    convert_element_type,
    imag,
    lt,
    mul,
    real,
    sub,
)
from hloom.frontend.prims.reduction import reduce_max
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    concatenate,
    pad,
    reshape,
    slice_in_dim,
)
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


def _attributes(ctx, window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers,
                feature_group_count, batch_group_count, precision, **_):  # fmt: skip
    return {
        "window_strides": ctx.ints(window_strides),
        "padding": ctx.attribute(_pads, padding),
        "lhs_dilation": ctx.ints(lhs_dilation),
        "rhs_dilation": ctx.ints(rhs_dilation),
        "dimension_numbers": ctx.attribute(_layout, *dimension_numbers),
        "feature_group_count": ctx.i64(feature_group_count),
        "batch_group_count": ctx.i64(batch_group_count),
        "precision_config": precision_attribute(ctx, precision),
    }


@rule(conv_general_dilated)
def _conv(ctx, x, w, **params):
    left, right = ctx.ins
    out = ctx.outs[0].dtype
    if ctx.module.target == "portable" and dtypes.is_complex(out):
        # IREE's compiler crashes where complex numbers are padded
        params["preferred_element_type"] = dtypes.to_real(out)
        return ctx.lower_fun(_conv_parts, [x, w], ctx.ins, **params)
    if left.dtype != right.dtype:
        common = dtypes.promote_types(left.dtype, right.dtype)
        x, w = convert(ctx, x, left, common), convert(ctx, w, right, common)
    return ctx.op("stablehlo.convolution", [x, w], _attributes(ctx, **params))


# ---------------------------------------------------------------- vectors
#: elements of a kernel up to which shifted copies are added, and up to which blocks are multiplied;
#: the least places for that
_FEW, _MANY, _LEAST = 4, 1024, 256


@rule(conv_general_dilated, platform="cpu")
def _conv_on_cpu(ctx, x, w, **params):
    if ctx.module.target == "portable" or not _is_of_vectors(ctx, **params):
        return _conv(ctx, x, w, **params)
    out, (batch, _, space) = ctx.outs[0], params["dimension_numbers"][2]
    sizes = {"rows": out.shape[batch], "places": out.shape[space], "ends": params["padding"][0]}
    if ctx.ins[1].size <= _FEW:
        (y,) = ctx.lower_fun(_by_shifts, [x, w], ctx.ins, **sizes)
        return [ctx.reshape(y, out)]
    # where the matrix is zero, what is not finite would become NaN
    (finite,) = ctx.lower_fun(_is_finite, [x], ctx.ins[:1])
    attributes = _attributes(ctx, **params)

    def blocked(body):
        (y,) = body.lower_fun(_by_blocks, [x, w], ctx.ins, **sizes)
        return [body.reshape(y, out)]

    plain = lambda body: body.op("stablehlo.convolution", [x, w], attributes, out)
    return ctx.regional("stablehlo.if", [finite], None, [((), blocked), ((), plain)])


def _is_of_vectors(ctx, *, window_strides, lhs_dilation, rhs_dilation, dimension_numbers, **_):
    """Whether rows are convolved with one short kernel, at all places."""
    (left, right), out = ctx.ins, ctx.outs[0]
    if left.ndim != 3 or right.size > _MANY or not left.dtype == right.dtype == out.dtype:
        return False
    (batch, feature, space), (_, _, along), (to_batch, _, to_space) = dimension_numbers
    return (
        out.dtype in (np.float32, np.float64)
        and window_strides == lhs_dilation == rhs_dilation == (1,)
        and left.shape[feature] == 1
        and right.shape[along] == right.size
        and (left.shape[batch] == 1 or (batch < space and to_batch < to_space))
        and out.shape[to_space] >= max(_LEAST, 4 * right.size)
    )


def _is_finite(x):
    return lt(reduce_max(abs(x), range(x.ndim)), math.inf)


def _lengthened(x, rows, low, high):
    """The rows of an operand with zeros at both ends."""
    x = reshape(x, (rows, x.size // rows))
    return pad(x, typed_literal(0, x.dtype), [(0, 0, 0), (low, high, 0)])


def _by_shifts(x, w, rows, places, ends):
    x, w = _lengthened(x, rows, *ends), reshape(w, (w.size,))
    total = None
    for k in range(w.size):
        factor = broadcast_in_dim(slice_in_dim(w, k, k + 1), (rows, places), (1,))
        term = mul(slice_in_dim(x, k, k + places, axis=1), factor)
        total = term if total is None else add(total, term)
    return total


def _by_blocks(x, w, rows, places, ends):
    n = w.size
    length = max(32, 1 << (n - 2).bit_length())
    count = -(-places // length)
    low, high = ends
    spare = (count + 1) * length - (places + n - 1)
    x = reshape(_lengthened(x, rows, low, high + spare), (rows, count + 1, length))
    after = slice_in_dim(slice_in_dim(x, 1, count + 1, axis=1), 0, n - 1, axis=2)
    x = concatenate([slice_in_dim(x, 0, count, axis=1), after], 2)
    # rows of the kernel and zeros, read one element short: each is shifted by one more
    period = length + n
    w = pad(reshape(w, (n,)), typed_literal(0, w.dtype), [(0, length, 0)])
    w = reshape(broadcast_in_dim(w, (length, period), (1,)), (length * period,))
    w = reshape(slice_in_dim(w, 0, length * (period - 1)), (length, period - 1))
    y = dot_general(x, w, (((2,), (1,)), ((), ())))
    return slice_in_dim(reshape(y, (rows, count * length)), 0, places, axis=1)
