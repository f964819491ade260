"""Python functions applied along axes, or made to work on arrays of their arguments."""

import functools
import re

from hloom.frontend.errors import ArgumentError, ShapeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims.structural import canonical_axis
from hloom.frontend.staging import require_callable
from hloom.frontend.trace import aval_of
from hloom.numpy import promotion
from hloom.numpy.axes import as_axes, expand_dims, squeeze
from hloom.numpy.creation import asarray
from hloom.numpy.manipulation import broadcast_to
from hloom.runtime.dispatch import fused
from hloom.transforms.vmap import vmap
from hloom.typing import ArrayLike


@judged
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """`func1d` of each vector along an axis; the axes of its results stand in place of that one.

    >>> import hloom.numpy as np
    >>> np.apply_along_axis(lambda v: v[::-1], 1, np.arange(4).reshape(2, 2))
    Array([[1, 0],
           [3, 2]], dtype=int32)
    """
    require_callable("apply_along_axis", func1d, "func1d")
    # a function of the library is the same object in each call: one executable serves them
    alike = hasattr(func1d, "function") and not (args or kwargs)
    along = _along_axis if alike else _along_axis.function
    return along(asarray(arr), func1d, axis, *args, **kwargs)


@fused
def _along_axis(arr: ArrayLike, func1d, axis, *args, **kwargs):
    axis = canonical_axis("apply_along_axis", axis, arr.ndim)

    def function(v):
        return asarray(func1d(v, *args, **kwargs))

    for _ in range(1, arr.ndim - axis):
        function = vmap(function, in_axes=-1, out_axes=-1)
    for _ in range(axis):
        function = vmap(function)
    return function(arr)


@judged
def apply_over_axes(func, a, axes):
    """`func(a, axis)` for one axis after another; an axis that it drops is kept with length 1."""
    require_callable("apply_over_axes", func, "func")
    # a function of the library is the same object in each call: one executable serves them
    over = _over_axes if hasattr(func, "function") else _over_axes.function
    return over(asarray(a), func, as_axes(axes))


@fused
def _over_axes(a: ArrayLike, func, axes):
    for axis in axes:
        axis = canonical_axis("apply_over_axes", axis, a.ndim)
        found = func(a, axis)
        a = expand_dims(found, axis) if found.ndim == a.ndim - 1 else found
    return a


_NAME = r"\w+"
_DIMS = rf"\((?:{_NAME}(?:,{_NAME})*)?\)"
_SIGNATURE = re.compile(rf"{_DIMS}(?:,{_DIMS})*->{_DIMS}(?:,{_DIMS})*")


def _parse(signature):
    """The names of the core axes of each argument and of each result."""
    text = signature.replace(" ", "")
    if not _SIGNATURE.fullmatch(text):
        found = f"it is {signature!r}"
        raise ArgumentError("vectorize: no signature", found, "write it as '(m,n),(n)->(m)'")
    return tuple(
        [
            [
                tuple([n for n in group.split(",") if n])
                for group in re.findall(r"\(([^)]*)\)", side)
            ]
            for side in text.split("->")
        ]
    )


def vectorize(pyfunc, *, excluded=frozenset(), signature=None):
    """A function of arrays that applies `pyfunc` to their elements, broadcast together.

    `signature`, such as "(n),(n)->()", names the axes that `pyfunc` itself takes. Arguments named
    or counted in `excluded` are passed on as they are.

    >>> import hloom.numpy as np
    >>> np.vectorize(lambda x, y: x + y)(np.arange(2)[:, None], np.arange(3)).shape
    (2, 3)
    """
    require_callable("vectorize", pyfunc, "pyfunc")
    core = None if signature is None else _parse(signature)

    @functools.wraps(pyfunc)
    def call(*args, **kwargs):
        fixed = {i: a for i, a in enumerate(args) if i in excluded}
        named = {n: a for n, a in kwargs.items() if n in excluded}
        names = [n for n in kwargs if n not in excluded]
        arrays = [asarray(a) for i, a in enumerate(args) if i not in fixed]
        arrays += [asarray(kwargs[n]) for n in names]

        def inner(*xs):
            rest = list(xs)
            positional = [fixed[i] if i in fixed else rest.pop(0) for i in range(len(args))]
            return pyfunc(*positional, **dict(zip(names, rest)), **named)

        return _apply(inner, arrays, core, signature)

    return call


def _apply(function, arrays, core, signature):
    takes = [()] * len(arrays) if core is None else core[0]
    if len(takes) != len(arrays):
        found = f"it was given {len(arrays)}"
        asked = f"vectorize: {signature} takes {len(takes)} arrays"
        raise ArgumentError(asked, found, "pass as many arguments")
    sizes: dict = {}
    outer = []
    for x, names in zip(arrays, takes):
        cut = x.ndim - len(names)
        if cut < 0:
            found = f"an argument has shape {x.shape}"
            raise ShapeError(f"vectorize: {signature} needs more axes", found, "reshape it")
        outer.append(x.shape[:cut])
        for name, n in zip(names, x.shape[cut:]):
            wanted = int(name) if name.isdigit() else sizes.setdefault(name, n)
            if wanted != n:
                found = f"one is {wanted}, another {n}"
                raise ShapeError(
                    f"vectorize: lengths of axis {name!r} differ", found, "make them equal"
                )
    shape = promotion.broadcast_shapes("vectorize", *outer)
    checked = function if core is None else _checking(function, core[1], sizes, signature)
    mapped, squeezed = checked, []
    # an argument is mapped over the axes that it has itself; none is repeated
    for depth in range(len(shape)):
        in_axes = tuple(
            [0 if len(o) > depth and o[len(o) - 1 - depth] != 1 else None for o in outer]
        )
        for k, (o, axis) in enumerate(zip(outer, in_axes)):
            if axis is None and len(o) > depth:
                squeezed.append((k, len(o) - 1 - depth))
        if any(axis == 0 for axis in in_axes):
            mapped = vmap(mapped, in_axes=in_axes)
        else:
            mapped = _with_axis(mapped, shape[len(shape) - 1 - depth])
    for k in range(len(arrays)):
        dropped = tuple([axis for i, axis in squeezed if i == k])
        arrays[k] = squeeze(arrays[k], dropped) if dropped else arrays[k]
    return mapped(*arrays)


def _with_axis(function, n):
    """A function whose results have a new first axis of length `n`."""

    def call(*xs):
        found = function(*xs)
        return tuple(map(repeat, found)) if isinstance(found, tuple) else repeat(found)

    def repeat(y):
        return broadcast_to(expand_dims(y, 0), (n, *aval_of(y).shape))

    return call


def _checking(function, gives, sizes, signature):
    """The function, with the axes of its results compared with the signature."""

    def call(*xs):
        found = function(*xs)
        results = found if isinstance(found, tuple) else (found,)
        if len(results) != len(gives):
            asked = f"vectorize: {signature} gives {len(gives)} results"
            raise ArgumentError(asked, f"there are {len(results)}", "return as many")
        known = dict(sizes)
        for y, names in zip(results, gives):
            shape = aval_of(y).shape
            wanted = [
                int(m) if m.isdigit() else known.setdefault(m, n) for m, n in zip(names, shape)
            ]
            if len(shape) != len(names) or list(shape) != wanted:
                found = f"a result has shape {shape}"
                raise ShapeError(f"vectorize: {signature} says otherwise", found, "correct one")
        made = tuple([asarray(y) for y in results])
        return made if isinstance(found, tuple) else made[0]

    return call
