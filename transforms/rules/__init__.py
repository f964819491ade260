"""The rules of jvp, transposition and batching, a file for each family of primitives."""

from hloom.transforms.rules import (
    bitcast,
    calls,
    collectives,
    contraction,
    convolution,
    control,
    control_linear,
    custom,
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
