"""The dialects of MLIR that modules are made of: their registration, types and attributes.

The Python classes of their operations are left out. They take a tenth of the time of a process that
compiles one function, and operations are made by name.
"""

import contextlib

from jaxlib.mlir._mlir_libs import (
    _chlo as chlo,
    _mlir,
    _mlirHlo as mhlo,
    _stablehlo as stablehlo,
)

__all__ = ["chlo", "mhlo", "stablehlo", "without_classes"]

_globals = _mlir.globals


@contextlib.contextmanager
def without_classes():
    """Inside, no attribute has the bindings import the classes of its dialect's operations."""
    modules = _globals.dialect_search_modules
    _globals.dialect_search_modules = []
    try:
        yield
    finally:
        _globals.dialect_search_modules = modules
