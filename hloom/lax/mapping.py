"""`map`: a function of each element along an axis, one after the other or in batches."""

from hloom.frontend import pytree
from hloom.frontend.errors import ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims.structural import concatenate, reshape, slice_in_dim
from hloom.frontend.trace import aval_of
from hloom.lax.loops import length_of, scan_as
from hloom.transforms.vmap import vmap


@judged
def map(f, xs, *, batch_size=None):
    """`f` of each element along the first axis of `xs`, one after the other; the results stacked.

    With `batch_size`, that many elements at a time go through `vmap(f)`.

    >>> import hloom
    >>> hloom.lax.map(lambda x: x * x, hloom.numpy.arange(4))
    Array([0, 1, 4, 9], dtype=int32)
    """
    if batch_size is None:
        return scan_as("map", f, None, xs, None, False, 1, _each)[1]
    if batch_size < 1:
        raise ValueRangeError(
            "map: batch_size is at least 1", f"it is {batch_size}", "use 1 or more"
        )
    leaves, tree = pytree.flatten(xs)
    n = length_of("map", leaves, tree)
    whole = n - n % batch_size
    parts = []
    if whole or not n:
        batches = pytree.map(lambda x: _batches(x, whole, batch_size), xs)
        ys = scan_as("map", f, None, batches, None, False, 1, _each_batch)[1]
        parts.append(pytree.map(_joined, ys))
    if n - whole:
        parts.append(vmap(f)(pytree.map(lambda x: slice_in_dim(x, whole, n), xs)))
    return parts[0] if len(parts) == 1 else pytree.map(lambda *ys: concatenate(ys, 0), *parts)


def _each(f):
    return lambda _, x: (None, f(x))


def _each_batch(f):
    return lambda _, xs: (None, vmap(f)(xs))


def _batches(x, whole, batch_size):
    shape = aval_of(x).shape
    return reshape(slice_in_dim(x, 0, whole), (whole // batch_size, batch_size, *shape[1:]))


def _joined(y):
    shape = aval_of(y).shape
    return reshape(y, (shape[0] * shape[1], *shape[2:]))
