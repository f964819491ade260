"""`ravel_pytree`: a tree of arrays as one vector, and the way back."""

import math

from hloom.frontend import dtypes
from hloom.frontend.errors import DTypeError, ShapeError
from hloom.frontend.prims.elementwise import real
from hloom.frontend.prims.structural import concatenate, full, reshape, slice_in_dim
from hloom.frontend.pytree import tree_flatten
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import operand, promote_dtypes, strong, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, ArrayLikes


def ravel_pytree(pytree):
    """The leaves of a tree, flat, one after another in one vector, and the function that undoes it.

    The vector has the dtype that the leaves promote to. The function takes a vector of that shape
    and dtype, and gives a tree of the structure, shapes and dtypes of this one.

    >>> import hloom.numpy as np
    >>> from hloom.flatten_util import ravel_pytree
    >>> flat, unravel = ravel_pytree({"w": np.ones((2, 2)), "n": np.array([3, 4])})
    >>> flat
    Array([3., 4., 1., 1., 1., 1.], dtype=float32)
    >>> unravel(2 * flat)["n"]
    Array([6, 8], dtype=int32)
    """
    leaves, treedef = tree_flatten(pytree)
    leaves = [operand("ravel_pytree", leaf) for leaf in leaves]
    avals = [aval_of(leaf) for leaf in leaves]
    flat = _raveled(leaves)
    specs = tuple([(aval.shape, dtypes.canonicalize(aval.dtype)) for aval in avals])
    return flat, Unravel(treedef, specs, aval_of(flat).dtype)


@fused
def _raveled(leaves: ArrayLikes):
    if not leaves:
        return full((0,), 0.0, dtypes.to_inexact(dtypes.int32))
    parts = promote_dtypes("ravel_pytree", *leaves)
    return concatenate([reshape(strong(x), (aval_of(x).size,)) for x in parts], 0)


class Unravel:
    """The function from a vector to the tree that `ravel_pytree` made it of.

    Those of trees with equal structures, shapes and dtypes are equal, so that it can be a static
    argument.
    """

    __slots__ = ("dtype", "specs", "treedef")

    def __init__(self, treedef, specs, dtype):
        self.treedef, self.specs, self.dtype = treedef, specs, dtype

    def __call__(self, flat):
        flat = operand("unravel", flat)
        return self.treedef.unflatten(_unraveled(flat, self.specs, self.dtype))

    def __eq__(self, other):
        return type(other) is Unravel and self._key() == other._key()

    def __hash__(self):
        return hash(self._key())

    def _key(self):
        return self.treedef, self.specs, self.dtype

    def __repr__(self):
        size = sum(math.prod(shape) for shape, _ in self.specs)
        return f"Unravel({self.dtype.name}[{size}] -> {self.treedef})"


@fused
def _unraveled(flat: ArrayLike, specs, dtype):
    sizes = [math.prod(shape) for shape, _ in specs]
    aval = aval_of(flat)
    if aval.shape != (sum(sizes),):
        found = f"it has shape {aval.shape}"
        remedy = "give a vector such as ravel_pytree made, under vmap one for each tree"
        raise ShapeError(f"unravel: takes a vector of {sum(sizes)} elements", found, remedy)
    if aval.dtype != dtype:
        found, remedy = f"it has dtype {aval.dtype}", f"convert it with x.astype({dtype.name!r})"
        raise DTypeError(f"unravel: takes a vector of dtype {dtype}", found, remedy)
    leaves, start = [], 0
    for (shape, kind), size in zip(specs, sizes, strict=True):
        part = slice_in_dim(flat, start, start + size)
        start += size
        if dtypes.is_complex(dtype) and not dtypes.is_complex(kind):
            part = real(part)
        leaves.append(reshape(to_dtype(part, kind), shape))
    return leaves
