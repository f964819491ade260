"""The lowerings, a file for each family of primitives."""

from hloom.lowering.rules import (
    bitcast,
    calls,
    contraction,
    convolution,
    control,
    cumulative,
    elementwise,
    fft,
    indexing,
    random,
    reduction,
    scatter,
    sorting,
    special,
    structural,
    windows,
)
