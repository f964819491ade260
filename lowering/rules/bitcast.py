"""Lowering of bitcast_convert_type."""

from hloom.frontend.prims.bitcast import bitcast_convert_type
from hloom.lowering.table import rule


@rule(bitcast_convert_type)
def _bitcast(ctx, x, *, new_dtype):
    return ctx.op("stablehlo.bitcast_convert", [x])
