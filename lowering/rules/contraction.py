"""Lowering of dot_general."""

from jaxlib.mlir import ir

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.precision import DotAlgorithm, DotAlgorithmPreset, Precision
from hloom.frontend.prims.contraction import dot_general
from hloom.lowering.context import element_type
from hloom.lowering.dialects import stablehlo
from hloom.lowering.table import rule


def precision_attribute(ctx, precision):
    """The precision_config of two operands."""
    pair = precision if type(precision) is tuple else (Precision.DEFAULT, Precision.DEFAULT)
    return ctx.attribute(_precision, *[p.name for p in pair])


def _precision(*names):
    return ir.ArrayAttr.get([stablehlo.PrecisionAttr.get(n) for n in names])


def _dimension_numbers(dimension_numbers):
    (xc, yc), (xb, yb) = dimension_numbers
    return stablehlo.DotDimensionNumbers.get(list(xb), list(yb), list(xc), list(yc))


def _algorithm(*fields):
    kinds = [ir.FloatTF32Type.get() if t == "tf32" else element_type(t) for t in fields[:3]]
    return stablehlo.DotAlgorithm.get(*kinds, *fields[3:])


def _stored(dtype, wanted):
    """The dtype in which an operand goes into an algorithm that works in `wanted`."""
    if wanted == "tf32" or (wanted == "bfloat16" and dtype == "float32"):
        return dtypes.dtype("float32")
    return wanted


@rule(dot_general)
def _dot(ctx, x, y, *, dimension_numbers, precision, preferred_element_type):
    (left, right), out = ctx.ins, ctx.outs[0]
    if 0 in left.shape or 0 in right.shape:
        # sums of nothing, which some compilers of StableHLO do not survive
        return [ctx.scalar(0, out.dtype, out.shape)]
    attributes = {"dot_dimension_numbers": ctx.attribute(_dimension_numbers, dimension_numbers)}
    if isinstance(precision, DotAlgorithmPreset):
        precision = precision.algorithm(left.dtype, right.dtype, out.dtype)
    if isinstance(precision, DotAlgorithm):
        attributes["algorithm"] = ctx.attribute(_algorithm, *precision)
        x = convert(ctx, x, left, _stored(left.dtype, precision.lhs_precision_type))
        y = convert(ctx, y, right, _stored(right.dtype, precision.rhs_precision_type))
        sums = out.update(dtype=precision.accumulation_type)
        (product,) = ctx.op("stablehlo.dot_general", [x, y], attributes, sums)
        return [convert(ctx, product, sums, out.dtype)]
    attributes["precision_config"] = precision_attribute(ctx, precision)
    if left.dtype != right.dtype and ctx.module.target == "portable":
        common = dtypes.promote_types(left.dtype, right.dtype)
        x, y = convert(ctx, x, left, common), convert(ctx, y, right, common)
    return ctx.op("stablehlo.dot_general", [x, y], attributes)


def convert(ctx, value, aval, dtype):
    """A value in another dtype."""
    if aval.dtype == dtype:
        return value
    return ctx.op("stablehlo.convert", [value], None, ShapedArray(aval.shape, dtype))[0]
