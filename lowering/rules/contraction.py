"""Lowerings of dot_general."""

from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo

from hloom.frontend.prims.contraction import Precision, dot_general
from hloom.lowering.table import rule


def precision_attribute(ctx, precision):
    """The precision_config of two operands."""
    pair = precision or (Precision.DEFAULT, Precision.DEFAULT)
    return ctx.attribute(_precision, *[p.name for p in pair])


def _precision(*names):
    return ir.ArrayAttr.get([stablehlo.PrecisionAttr.get(n) for n in names])


def _dimension_numbers(dimension_numbers):
    (xc, yc), (xb, yb) = dimension_numbers
    return stablehlo.DotDimensionNumbers.get(list(xb), list(yb), list(xc), list(yc))


@rule(dot_general)
def _dot(ctx, x, y, *, dimension_numbers, precision, preferred_element_type):
    attributes = {
        "dot_dimension_numbers": ctx.attribute(_dimension_numbers, dimension_numbers),
        "precision_config": precision_attribute(ctx, precision),
    }
    return ctx.op("stablehlo.dot_general", [x, y], attributes)
