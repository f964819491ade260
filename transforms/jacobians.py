"""Jacobians and Hessians: a derivative mapped over a basis of its arguments or results."""

import functools

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.errors import DTypeError
from hloom.frontend.flat import Flat
from hloom.frontend.prims.structural import reshape, slice_in_dim
from hloom.frontend.trace import aval_of
from hloom.frontend.tracebacks import hides_frames
from hloom.transforms import jvp as forward, linearize as linearization
from hloom.transforms.choice import Choice
from hloom.transforms.derivatives import pull
from hloom.transforms.vmap import vmap
from hloom.transforms.zeros import has_tangent, instantiate


def _basis(leaves):
    """For each leaf, its part of the standard basis of all leaves together: (total, *shape)."""
    total = sum(aval_of(x).size for x in leaves)
    parts, start = [], 0
    for x in leaves:
        aval = aval_of(x)
        eye = np.zeros((total, aval.size), aval.dtype)
        eye[start : start + aval.size] = np.eye(aval.size, dtype=aval.dtype)
        parts.append(eye.reshape(total, *aval.shape))
        start += aval.size
    return parts


def _split_axis(x, axis, leaves):
    """Cut the axis of all inputs into one piece for each leaf, in its shape."""
    pieces, start, shape = [], 0, aval_of(x).shape
    for leaf in leaves:
        aval = aval_of(leaf)
        piece = slice_in_dim(x, start, start + aval.size, axis=axis)
        pieces.append(reshape(piece, (*shape[:axis], *aval.shape, *shape[axis + 1 :])))
        start += aval.size
    return pieces


def jacfwd(fun, argnums=0, has_aux=False, holomorphic=False):
    """A function that gives the Jacobian of `fun`, column by column, by forward mode.

    For a result of shape S and an argument of shape A it has shape S + A; trees give trees of
    trees.

    >>> import hloom
    >>> hloom.jacfwd(lambda x: x**2)(hloom.numpy.arange(2.0))
    Array([[0., 0.],
           [0., 2.]], dtype=float32)
    """
    choice = Choice("jacfwd", fun, argnums, holomorphic, accepts=dtypes.is_float)

    @hides_frames
    @functools.wraps(fun)
    def jacobian(*args, **kwargs):
        partial, leaves, tree = choice.inputs(args, kwargs)
        flat = Flat(partial, tree, has_aux)

        def push(*tangents):
            outs, found = forward.jvp(flat, leaves, list(tangents))
            full = [instantiate(t, y) for y, t in zip(outs[: flat.count], found)]
            return outs[flat.count :], full

        aux, columns = vmap(push, out_axes=(None, -1))(*_basis(leaves))
        rows = [tree.unflatten(_split_axis(c, aval_of(c).ndim - 1, leaves))[0] for c in columns]
        result = flat.out_tree.unflatten([choice.of(r) for r in rows])
        return (result, flat.aux_tree.unflatten(aux)) if has_aux else result

    return jacobian


def jacrev(fun, argnums=0, has_aux=False, holomorphic=False, allow_int=False):
    """A function that gives the Jacobian of `fun`, row by row, by reverse mode; shapes as `jacfwd`.

    >>> import hloom
    >>> hloom.jacrev(lambda x: x**2)(hloom.numpy.arange(2.0))
    Array([[0., 0.],
           [0., 2.]], dtype=float32)
    """
    choice = Choice("jacrev", fun, argnums, holomorphic, allow_int)

    @hides_frames
    @functools.wraps(fun)
    def jacobian(*args, **kwargs):
        partial, leaves, tree = choice.inputs(args, kwargs)
        flat = Flat(partial, tree, has_aux)
        active = [has_tangent(x) for x in leaves]
        outs, lin = linearization.linearize(flat, leaves, active, count=lambda: flat.count)
        outs, aux = outs[: flat.count], outs[flat.count :]
        in_avals = [aval_of(x) for x in leaves]
        for y in outs:
            if not dtypes.is_inexact(aval_of(y).dtype) or (
                holomorphic and not dtypes.is_complex(aval_of(y).dtype)
            ):
                kind = "complex" if holomorphic else "floating"
                raise DTypeError(
                    f"jacrev: {choice.name} must return {kind} arrays",
                    f"it returned {aval_of(y)}",
                    "convert it",
                )
        rows = vmap(lambda *cts: pull(lin, list(cts), in_avals))(*_basis(outs))
        # rows[i] is (all outputs, *input i): cut it by outputs, then gather the inputs of each
        cut = [_split_axis(r, 0, outs) for r in rows]
        table = [tree.unflatten([c[j] for c in cut])[0] for j in range(len(outs))]
        result = flat.out_tree.unflatten([choice.of(row) for row in table])
        return (result, flat.aux_tree.unflatten(aux)) if has_aux else result

    return jacobian


jacobian = jacrev


def hessian(fun, argnums=0, has_aux=False, holomorphic=False):
    """A function that gives the second derivatives of `fun`: forward mode over reverse mode.

    >>> import hloom
    >>> hloom.hessian(lambda x: hloom.numpy.sum(x**3))(hloom.numpy.arange(2.0))
    Array([[0., 0.],
           [0., 6.]], dtype=float32)
    """
    return jacfwd(jacrev(fun, argnums, has_aux, holomorphic), argnums, has_aux, holomorphic)
