"""The stages of compilation ahead of time, as types: `jit(f).trace`, `.lower()`, `.compile()`.

>>> import hloom
>>> isinstance(hloom.jit(lambda x: x).lower(1.0), hloom.stages.Lowered)
True
"""

from hloom.runtime.stages import ArgInfo, Compiled, Lowered, Traced

__all__ = ["ArgInfo", "Compiled", "Lowered", "Traced"]
