"""Functions whose batching the user states: see `custom_vmap`."""

import functools

from hloom.frontend import pytree
from hloom.lax.mapping import map
from hloom.transforms.custom_vmap import custom_vmap

__all__ = ["custom_vmap", "sequential_vmap"]


def sequential_vmap(f):
    """A function like `f` that `vmap` runs for one example after the other.

    >>> import hloom
    >>> f = hloom.custom_batching.sequential_vmap(lambda x: x * 2)
    >>> hloom.vmap(f)(hloom.numpy.arange(3))
    Array([0, 2, 4], dtype=int32)
    """
    wrapped = custom_vmap(f)

    @wrapped.def_vmap
    @functools.wraps(f)
    def rule(axis_size, in_batched, *args):
        leaves, tree = pytree.flatten(args)
        flags = pytree.leaves(in_batched)

        def one(moving):
            rest = iter(moving)
            return wrapped(*tree.unflatten([next(rest) if b else x for x, b in zip(leaves, flags)]))

        result = map(one, [x for x, b in zip(leaves, flags) if b])
        return result, pytree.map(lambda _: True, result)

    return wrapped
