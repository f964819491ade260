"""The lowerings, a file for each family of primitives."""

from hloom.lowering.rules import (  # noqa: F401
    contraction,
    elementwise,
    reduction,
    structural,
)
