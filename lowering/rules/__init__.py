"""The lowerings, a file for each family of primitives."""

from hloom.lowering.rules import (
    bitcast,
    calls,
    collectives,
    contraction,
    control,
    convolution,
    cumulative,
    elementwise,
    fft,
    implicit,
    indexing,
    linalg,
    random,
    reduction,
    scatter,
    sorting,
    special,
    spectral,
    structural,
    windows,
)
