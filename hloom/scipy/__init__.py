"""Scientific functions with SciPy's names and meanings.

>>> import hloom
>>> hloom.scipy.linalg.det(hloom.numpy.eye(2) * 3)
Array(9., dtype=float32)

Each part is loaded when it is first used.
"""

import importlib

_PARTS = (
    "cluster fft integrate interpolate linalg ndimage optimize signal sparse spatial special stats"
).split()

__all__ = list(_PARTS)


def __getattr__(name):
    if name in _PARTS:
        return importlib.import_module(f"hloom.scipy.{name}")
    raise AttributeError(f"module 'hloom.scipy' has no attribute {name!r}")


def __dir__():
    return _PARTS
