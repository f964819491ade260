"""The rules of jvp, transposition and batching, a file for each family of primitives."""

from hloom.transforms.rules import (
    calls,
    contraction,
    elementwise,
    reduction,
    structural,
)
