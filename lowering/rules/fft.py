"""Lowering of fft."""

from hloom.frontend.prims.fft import fft
from hloom.lowering.dialects import stablehlo
from hloom.lowering.table import rule


@rule(fft)
def _fft(ctx, x, *, fft_type, fft_lengths):
    attributes = {
        "fft_type": ctx.enum(stablehlo.FftTypeAttr.get, fft_type.name),
        "fft_length": ctx.ints(fft_lengths),
    }
    return ctx.op("stablehlo.fft", [x], attributes)
