"""The lowerings, a file for each family of primitives."""

from hloom.lowering.rules import (
    bitcast,
    calls,
    contraction,
    elementwise,
    random,
    reduction,
    structural,
)
