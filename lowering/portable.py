"""The target `portable`: StableHLO's own operations only, which all its consumers know.

The rules of special functions emit CHLO operations; XLA expands them by the pass that runs here, so
the portable module computes what the `xla` one does, to the last bit.
"""

from jaxlib.mlir.passmanager import PassManager

from hloom.lowering.dialects import stablehlo

stablehlo.register_stablehlo_passes()

_PIPELINE = "builtin.module(func.func(chlo-legalize-to-stablehlo),cse)"


def legalize(module):
    """Expand the CHLO operations of an ir.Module in place, in its context."""
    PassManager.parse(_PIPELINE).run(module.operation)
