"""Functions whose derivatives the user states.

>>> import hloom
>>> from hloom.custom_derivatives import zero_from_primal
>>> zero_from_primal(hloom.numpy.ones(2))
Array([0., 0.], dtype=float32)
"""

from hloom.frontend import pytree
from hloom.frontend.trace import aval_of
from hloom.transforms.closure import closure_convert, custom_gradient, linear_call
from hloom.transforms.custom import (
    CustomVjpPrimal,
    SymbolicZero,
    custom_jvp,
    custom_vjp,
    zeros_of_tree,
)
from hloom.transforms.zeros import tangent_aval

__all__ = [
    "CustomVJPPrimal",
    "SymbolicZero",
    "closure_convert",
    "custom_gradient",
    "custom_jvp",
    "custom_vjp",
    "custom_vjp_primal_tree_values",
    "linear_call",
    "zero_from_primal",
]

CustomVJPPrimal = CustomVjpPrimal


def zero_from_primal(val, symbolic_zeros=False):
    """Zero tangents of the arrays of a tree; as SymbolicZeros if so asked."""
    if not symbolic_zeros:
        return zeros_of_tree(val)
    return pytree.map(lambda x: SymbolicZero(tangent_aval(aval_of(x))), val)


def custom_vjp_primal_tree_values(tree):
    """The values in a tree of the CustomVJPPrimals that `fwd` gets with `symbolic_zeros=True`."""
    is_primal = lambda x: isinstance(x, CustomVjpPrimal)
    return pytree.map(lambda x: x.value if is_primal(x) else x, tree, is_leaf=is_primal)
