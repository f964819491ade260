"""`vmap`: a function on one example becomes a function on a batch of them."""

import functools

from hloom.frontend import pytree
from hloom.frontend.capture import Lending
from hloom.frontend.errors import ArgumentError, AxisError, ShapeError, ValueRangeError
from hloom.frontend.flat import Flat, argument_paths, flatten_args, name_of, to_argument
from hloom.frontend.prims.structural import canonical_axis
from hloom.frontend.refs import places_of
from hloom.frontend.trace import aval_of
from hloom.frontend.tracebacks import hides_frames
from hloom.transforms.batch import AxisData, batch, move, spread


def vmap(fun, in_axes=0, out_axes=0, axis_name=None, axis_size=None, spmd_axis_name=None):
    """A function that maps `fun` over an axis of its arguments.

    `in_axes` gives, for each positional argument, the axis to map over, None for an argument used
    as it is, or a tree prefix of these; keyword arguments are mapped over axis 0. `out_axes` says
    where the mapped axis goes in the results. Collectives inside name the axis by `axis_name`.

    >>> import hloom
    >>> dot = hloom.vmap(hloom.numpy.dot, in_axes=(0, None))
    >>> dot(hloom.numpy.eye(2), hloom.numpy.array([3.0, 4.0]))
    Array([3., 4.], dtype=float32)
    """
    name = name_of(fun)
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)
    if not callable(fun):
        what = "vmap: its first argument is the function to map"
        raise ArgumentError(what, f"it is {fun!r}", "write vmap(f)(x), not vmap(f(x))")

    @hides_frames
    @functools.wraps(fun)
    def mapped(*args, **kwargs):
        if isinstance(in_axes, tuple) and len(in_axes) != len(args):
            raise ValueRangeError(
                f"vmap: in_axes of {name} has {len(in_axes)} entries, "
                "one for each positional argument",
                f"it was called with {len(args)}",
                "make their numbers agree; keyword arguments are mapped over axis 0",
            )
        leaves, tree = flatten_args(fun, args, kwargs, lend=True, argument=_Other)
        places = places_of(f"vmap: {name}", leaves)
        if type(in_axes) is int:
            dims = [in_axes] * len(leaves)
        else:
            axes = (in_axes, 0)
            dims = pytree.broadcast_prefix(
                axes, tree, pytree.is_none, ("in_axes", f"the arguments of {name}"), "vmap"
            )
        for i, x in enumerate(leaves):
            if type(x) is _Other:
                leaves[i] = x.leaf if dims[i] is None else to_argument(fun, x.leaf, tree, i)
        given = leaves
        if places:
            places = [i for i in places if dims[i] is not None]  # the others are closed over
            leaves = [x[...] if i in places else x for i, x in enumerate(given)]
        dims = [
            None if d is None else _axis(name, x, d, tree, i)
            for i, (x, d) in enumerate(zip(leaves, dims))
        ]
        size = _size(name, leaves, dims, axis_size, tree)
        flat = Flat(fun, tree)
        lending = Lending(flat, places) if places else None
        axis = AxisData(axis_name, size, spmd_axis_name)
        outs, out_dims = batch(lending or flat, axis, leaves, dims)
        if lending:
            for i in reversed(lending.written):
                y, d = outs.pop(), out_dims.pop()
                given[i].put(spread(y, size, dims[i]) if d is None else move(y, d, dims[i]))
        if type(out_axes) is int:
            wanted = [out_axes] * len(outs)
        else:
            wanted = pytree.broadcast_prefix(
                out_axes,
                flat.out_tree,
                pytree.is_none,
                ("out_axes", f"the result of {name}"),
                "vmap",
            )
        placed = [
            _place(name, y, d, w, size, flat.out_tree, i)
            for i, (y, d, w) in enumerate(zip(outs, out_dims, wanted))
        ]
        return flat.out_tree.unflatten(placed)

    return mapped


class _Other:
    """A leaf that is no array yet: one that is not mapped goes to the function as it is."""

    def __init__(self, _fun, leaf, _tree, _i):
        self.leaf = leaf


def _axis(name, x, axis, tree, i):
    ndim = aval_of(x).ndim
    if not isinstance(axis, int):
        what = f"vmap: in_axes of {name} holds ints and None"
        raise ArgumentError(
            what, f"for {argument_paths(tree)[i]} it holds {axis!r}", "correct in_axes"
        )
    if not -ndim <= axis < ndim:
        raise AxisError(
            f"vmap: {argument_paths(tree)[i]} of {name} has no axis {axis} to map over",
            f"it has shape {aval_of(x).shape}",
            "correct in_axes, or use None for an argument that is not mapped",
        )
    return axis % ndim


def _size(name, leaves, dims, axis_size, tree):
    sizes = {aval_of(x).shape[d] for x, d in zip(leaves, dims) if d is not None}
    if axis_size is not None:
        sizes.add(axis_size)
    if len(sizes) == 1:
        return sizes.pop()
    if not sizes:
        what = f"vmap: nothing tells over how many examples to map {name}"
        raise ValueRangeError(
            what, "no argument is mapped", "map one with in_axes, or give axis_size"
        )
    paths = argument_paths(tree)
    found = [
        f"axis {d} of {paths[i]} has length {aval_of(x).shape[d]}"
        for i, (x, d) in enumerate(zip(leaves, dims))
        if d is not None
    ]
    if axis_size is not None:
        found.append(f"axis_size is {axis_size}")
    raise ShapeError(f"vmap: the mapped axes of {name} need one length", found, "make them agree")


def _place(name, y, dim, wanted, size, tree, i):
    """A result with its batch dimension where `out_axes` wants it."""
    if wanted is None:
        if dim is None:
            return y
        path = pytree.keystr(pytree.leaf_keys(tree)[i])
        raise ValueRangeError(
            f"vmap: out_axes of {name} is None for result{path}, which varies over the batch",
            f"it is {aval_of(y)} with batch dimension {dim}",
            "give it an axis, or reduce it over the mapped axis",
        )
    ndim = aval_of(y).ndim + (dim is None)
    wanted = canonical_axis("vmap: out_axes", wanted, ndim)
    return spread(y, size, wanted) if dim is None else move(y, dim, wanted)
