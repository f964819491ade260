"""Collectives: operations across the places of a named axis, such as the one that `vmap` maps over.

`axis_name` is a tuple of names, `axis_size` the product of their lengths. The axis is named by
`vmap(f, axis_name="i")`; outside such a function its name is unbound.
"""

import math

from hloom.frontend import dtypes, pytree
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import thread
from hloom.frontend.errors import DTypeError, HloomError, ShapeError, ValueRangeError
from hloom.frontend.families import NUMERIC, as_operand
from hloom.frontend.keywords import judged
from hloom.frontend.primitive import Primitive
from hloom.frontend.prims.elementwise import convert_element_type, div
from hloom.frontend.prims.structural import canonical_axis, reshape
from hloom.frontend.trace import aval_of


class UnboundAxisError(HloomError, NameError):
    """A collective names an axis that no transformation around it binds."""


def axis_names(axis_name):
    """A tuple of names from one name or several; UnboundAxisError unless each is bound."""
    names = tuple(axis_name) if isinstance(axis_name, tuple | list) else (axis_name,)
    for name in names:
        if name not in thread.context.axes:
            known = ", ".join(map(repr, thread.context.axes)) or "none"
            raise UnboundAxisError(
                f"there is no mapped axis {name!r} here",
                f"the axes bound here are: {known}",
                f"call it inside vmap(f, axis_name={name!r})",
            )
    return names


@judged
def axis_size(axis_name):
    """The length of a named axis, a Python int.

    >>> import hloom
    >>> hloom.vmap(lambda x: x * hloom.lax.axis_size("i"), axis_name="i")(hloom.numpy.ones(3))
    Array([3., 3., 3.], dtype=float32)
    """
    return math.prod([thread.context.axes[n] for n in axis_names(axis_name)])


def _unbound(primitive):
    def eager(args, params):
        axis_names(params["axis_name"])
        raise AssertionError(f"{primitive.name}: a bound axis reached the runtime")

    return eager


def _collective(name, type_rule, doc):
    made = Primitive(name, type_rule, doc=doc)
    made.eager = _unbound(made)
    return made


def _same_type(name, kind=NUMERIC):
    def rule(x, *, axis_name, axis_size, **_):
        accepts, called = kind
        if not accepts(x.dtype):
            raise DTypeError(f"{name}: takes {called}", f"the operand is {x}", "use x.astype(int)")
        return x

    return rule


reduce_across = {
    kind: _collective(name, _same_type(name), f"The {word} over the places of a named axis.")
    for kind, name, word in (
        ("sum", "psum", "sum"),
        ("max", "pmax", "largest element"),
        ("min", "pmin", "smallest element"),
    )
}


def _gather_type(x, *, axis_name, axis_size, axis, tiled):
    if tiled:
        return x.update(shape=(*x.shape[:axis], x.shape[axis] * axis_size, *x.shape[axis + 1 :]))
    return x.update(shape=(*x.shape[:axis], axis_size, *x.shape[axis:]))


def _scatter_type(x, *, axis_name, axis_size, axis, tiled):
    shape = list(x.shape)
    if shape[axis] % axis_size or (not tiled and shape[axis] != axis_size):
        raise ShapeError(
            f"psum_scatter: axis {axis} is split over {axis_size} places",
            f"it has length {shape[axis]}",
            f"give it a length {'divisible by' if tiled else 'of'} {axis_size}",
        )
    shape[axis : axis + 1] = [shape[axis] // axis_size] if tiled else []
    return x.update(shape=tuple(shape))


def _exchange_type(x, *, axis_name, axis_size, split_axis, concat_axis):
    if x.shape[split_axis] != axis_size:
        raise ShapeError(
            f"all_to_all: axis {split_axis} is split over {axis_size} places",
            f"it has length {x.shape[split_axis]}",
            f"give it length {axis_size}, or use tiled=True",
        )
    shape = [n for i, n in enumerate(x.shape) if i != split_axis]
    return x.update(shape=(*shape[:concat_axis], axis_size, *shape[concat_axis:]))


gather_across = _collective("all_gather", _gather_type, "The values of all places, stacked.")
scatter_across = _collective(
    "psum_scatter", _scatter_type, "The sum, of which each place gets a part."
)
exchange = _collective(
    "all_to_all", _exchange_type, "Each place sends a slice to each other place."
)
permute = _collective(
    "ppermute", _same_type("ppermute", (lambda d: True, "")), "Values moved between places."
)
index_on = _collective(
    "axis_index",
    lambda *, axis_name, axis_size: ShapedArray((), "int32"),
    "The number of this place.",
)


# ---------------------------------------------------------------- the functions
def _across(kind, x, axis_name):
    names = axis_names(axis_name)
    size = axis_size(names)

    def across(v):
        v = as_operand(v)
        if kind == "sum" and dtypes.is_bool(aval_of(v).dtype):
            v = convert_element_type(v, dtypes.int32)
        return reduce_across[kind].bind(v, axis_name=names, axis_size=size)[0]

    return pytree.map(across, x)


@judged
def psum(x, axis_name, *, axis_index_groups=None):
    """The sum of each array of a tree over a named axis; of bools, how many are true.

    >>> import hloom
    >>> hloom.vmap(lambda x: hloom.lax.psum(x, "i"), axis_name="i")(hloom.numpy.arange(3))
    Array([3, 3, 3], dtype=int32)
    """
    _no_groups("psum", axis_index_groups)
    return _across("sum", x, axis_name)


@judged
def pmax(x, axis_name, *, axis_index_groups=None):
    """The largest element over a named axis, for each array of a tree."""
    _no_groups("pmax", axis_index_groups)
    return _across("max", x, axis_name)


@judged
def pmin(x, axis_name, *, axis_index_groups=None):
    """The smallest element over a named axis, for each array of a tree."""
    _no_groups("pmin", axis_index_groups)
    return _across("min", x, axis_name)


@judged
def pmean(x, axis_name, *, axis_index_groups=None):
    """The mean of each array of a tree over a named axis, a float for integers."""
    _no_groups("pmean", axis_index_groups)
    size = axis_size(axis_name)

    def mean(total):
        dtype = aval_of(total).dtype
        if not dtypes.is_inexact(dtype):
            total = convert_element_type(total, dtypes.to_inexact(dtype))
        return div(total, size)

    return pytree.map(mean, psum(x, axis_name))


def _no_groups(name, groups):
    if groups is not None:
        raise ValueRangeError(
            f"{name}: axis_index_groups is for axes of devices",
            "the axis is mapped by vmap",
            "reshape the axis into two and name both",
        )


@judged
def all_gather(x, axis_name, *, axis_index_groups=None, axis=0, tiled=False):
    """The values of all places along a new axis (`tiled`: joined along an existing one)."""
    _no_groups("all_gather", axis_index_groups)
    names = axis_names(axis_name)

    def gather(v):
        v = as_operand(v)
        place = canonical_axis("all_gather", axis, aval_of(v).ndim + (not tiled))
        params = {"axis_name": names, "axis_size": axis_size(names), "axis": place, "tiled": tiled}
        return gather_across.bind(v, **params)[0]

    return pytree.map(gather, x)


@judged
def psum_scatter(x, axis_name, *, scatter_dimension=0, axis_index_groups=None, tiled=False):
    """The sum over a named axis, split along `scatter_dimension` among its places."""
    _no_groups("psum_scatter", axis_index_groups)
    names = axis_names(axis_name)

    def scatter(v):
        v = as_operand(v)
        place = canonical_axis("psum_scatter", scatter_dimension, aval_of(v).ndim)
        params = {"axis_name": names, "axis_size": axis_size(names), "axis": place, "tiled": tiled}
        return scatter_across.bind(v, **params)[0]

    return pytree.map(scatter, x)


@judged
def all_to_all(x, axis_name, split_axis, concat_axis, *, axis_index_groups=None, tiled=False):
    """Split `split_axis` over the places of an axis, and stack what arrives at `concat_axis`."""
    _no_groups("all_to_all", axis_index_groups)
    names = axis_names(axis_name)
    size = axis_size(names)
    params = {"axis_name": names, "axis_size": size}

    def one(v):
        v = as_operand(v)
        shape = aval_of(v).shape
        split = canonical_axis("all_to_all", split_axis, len(shape))
        join = canonical_axis("all_to_all", concat_axis, len(shape))
        if not tiled:
            return exchange.bind(v, split_axis=split, concat_axis=join, **params)[0]
        if shape[split] % size:
            raise ShapeError(
                f"all_to_all: axis {split} is split over {size} places",
                f"it has length {shape[split]}",
                f"give it a length divisible by {size}",
            )
        v = reshape(v, (*shape[:split], size, shape[split] // size, *shape[split + 1 :]))
        out = exchange.bind(v, split_axis=split, concat_axis=join, **params)[0]
        found = aval_of(out).shape
        return reshape(out, (*found[:join], found[join] * found[join + 1], *found[join + 2 :]))

    return pytree.map(one, x)


@judged
def ppermute(x, axis_name, perm):
    """Send the value of `source` to `destination` for each such pair in `perm`; zeros elsewhere."""
    names = axis_names(axis_name)
    size = axis_size(names)
    pairs = tuple([(int(a), int(b)) for a, b in perm])
    for what, ends in (("sources", [a for a, _ in pairs]), ("destinations", [b for _, b in pairs])):
        if len(set(ends)) != len(ends) or not all(0 <= i < size for i in ends):
            raise ValueRangeError(
                f"ppermute: {what} are distinct places from 0 to {size - 1}",
                f"they are {ends}",
                "correct the permutation",
            )
    bind = permute.bind
    return pytree.map(
        lambda v: bind(as_operand(v), axis_name=names, axis_size=size, perm=pairs)[0], x
    )


@judged
def pshuffle(x, axis_name, perm):
    """The value of place `perm[i]` at each place i."""
    return ppermute(x, axis_name, [(source, i) for i, source in enumerate(perm)])


@judged
def pswapaxes(x, axis_name, axis, *, axis_index_groups=None):
    """Exchange a named axis with a positional one of equal length."""
    return all_to_all(x, axis_name, axis, axis, axis_index_groups=axis_index_groups)


@judged
def axis_index(axis_name):
    """The number of this place along a named axis, an int32 scalar."""
    names = axis_names(axis_name)
    return index_on.bind(axis_name=names, axis_size=axis_size(names))[0]
