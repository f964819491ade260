"""The rules of jvp, transposition and batching, a file for each family of primitives."""

from hloom.transforms.rules import (
    bitcast,
    calls,
    contraction,
    custom,
    cumulative,
    elementwise,
    indexing,
    random,
    reduction,
    scatter,
    structural,
    windows,
)
