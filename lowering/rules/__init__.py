"""The lowerings, a file for each family of primitives."""

from hloom.lowering.rules import (
    calls,
    contraction,
    elementwise,
    reduction,
    structural,
)
