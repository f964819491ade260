"""The dialects of MLIR that modules are made of: their registration, types and attributes.

The Python classes of their operations are left out. They take a tenth of the time of a process that
compiles one function, and operations are made by name.
"""

from jaxlib.mlir._mlir_libs import (
    _chlo as chlo,
    _mlirHlo as mhlo,
    _sdy as sdy,
    _stablehlo as stablehlo,
)

__all__ = ["chlo", "mhlo", "sdy", "stablehlo"]
