"""The lowerings, a file for each family of primitives."""

from hloom.lowering.rules import (
    bitcast,
    calls,
    contraction,
    cumulative,
    elementwise,
    indexing,
    random,
    reduction,
    scatter,
    structural,
    windows,
)
