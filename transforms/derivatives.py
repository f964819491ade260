"""The derivatives people ask for: jvp, vjp, grad, jacobians, and what else is made of them.

All are compositions of three passes: forward mode (jvp.py), linearization (linearize.py) and
transposition (transpose.py). Outside `jit` they run on concrete values, so Python control flow,
print and a debugger work inside the differentiated function.
"""

import functools

import numpy as np

from hloom.frontend import dtypes, pytree, refs
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ArgumentError, DTypeError, ShapeError, TreeError
from hloom.frontend.families import typed_literal
from hloom.frontend.flat import Flat, argument_paths, flatten_args, flatten_result, name_of
from hloom.frontend.trace import aval_of
from hloom.frontend.tracebacks import hides_frames
from hloom.frontend.treedef import describe
from hloom.transforms import jvp as forward, linearize as linearization, transpose as transposition
from hloom.transforms.choice import Choice
from hloom.transforms.zeros import as_array, has_tangent, instantiate, tangent_aval, zeros


# ---------------------------------------------------------------- forward mode
@hides_frames
def jvp(fun, primals, tangents, has_aux=False):
    """The results of `fun(*primals)` and their derivative in the direction of `tangents`.

    `primals` and `tangents` are tuples of equal structure. Returns (results, tangents of results),
    and auxiliary data as a third with `has_aux`.

    >>> import hloom
    >>> y, t = hloom.jvp(lambda x: x * x, (3.0,), (1.0,))
    >>> float(y), float(t)
    (9.0, 6.0)
    """
    for what, found in (("primals", primals), ("tangents", tangents)):
        if not isinstance(found, tuple | list):
            raise ArgumentError(
                f"jvp: {what} are a tuple, one entry for each argument of {name_of(fun)}",
                f"they are {type(found).__name__}",
                f"write ({what},) for a single argument",
            )
    leaves, tree = flatten_args(fun, tuple(primals), {})
    t_leaves, t_tree = flatten_args(fun, tuple(tangents), {})
    if tree != t_tree:
        lines = pytree.difference(
            (primals, {}), (tangents, {}), names=("the primals", "the tangents")
        )
        raise TreeError(
            "jvp: primals and tangents need one structure", lines, "give them the same tree"
        )
    checked = [
        _tangent_for(p, t, name) for p, t, name in zip(leaves, t_leaves, argument_paths(tree))
    ]
    flat = Flat(fun, tree, has_aux)
    outs, out_tangents = forward.jvp(flat, leaves, checked)
    n = flat.count
    full = [instantiate(t, y) for y, t in zip(outs[:n], out_tangents)]
    result = flat.out_tree.unflatten(outs[:n]), flat.out_tree.unflatten(full)
    return (*result, flat.aux_tree.unflatten(outs[n:])) if has_aux else result


def _tangent_for(primal, tangent, name):
    """The tangent of a primal, None for float0; its aval must be the primal's tangent aval."""
    expected, found = tangent_aval(aval_of(primal)), _aval_or_float0(tangent)
    if expected.shape != found.shape or expected.dtype != found.dtype:
        raise ShapeError(
            f"jvp: the tangent of {name} has the wrong type",
            f"the primal is {aval_of(primal)}, so it should be {expected}; it is {found}",
            "give it the primal's shape and dtype (float0 for integers and bools)",
        )
    return None if expected.dtype == dtypes.float0 else tangent


def _aval_or_float0(x):
    if isinstance(x, np.ndarray) and x.dtype == dtypes.float0:
        return ShapedArray(x.shape, dtypes.float0)
    return aval_of(x)


@hides_frames
def linearize(fun, *primals, has_aux=False):
    """The results of `fun(*primals)` and its derivative there, as a function of tangents.

    `fun` is evaluated once; the returned function is cheap and may be called many times.

    >>> import hloom
    >>> y, f_jvp = hloom.linearize(hloom.numpy.sin, 0.0)
    >>> float(f_jvp(2.0))
    2.0
    """
    leaves, tree = flatten_args(fun, primals, {})
    flat = Flat(fun, tree, has_aux)
    active = [has_tangent(p) for p in leaves]
    outs, lin = linearization.linearize(flat, leaves, active, count=lambda: flat.count)
    n, names = flat.count, argument_paths(tree)

    def pushforward(*tangents):
        found, t_tree = flatten_args(fun, tangents, {})
        if t_tree != tree:
            lines = pytree.difference(
                (primals, {}), (tangents, {}), names=("the primals", "the tangents")
            )
            raise TreeError(
                "linearize: tangents need the structure of the primals", lines, "correct them"
            )
        for p, t, name in zip(leaves, found, names):
            _tangent_for(p, t, name)
        out_tangents = lin([t for t, a in zip(found, active) if a])
        return flat.out_tree.unflatten([instantiate(t, y) for y, t in zip(outs, out_tangents)])

    result = flat.out_tree.unflatten(outs[:n]), pushforward
    return (*result, flat.aux_tree.unflatten(outs[n:])) if has_aux else result


# ---------------------------------------------------------------- reverse mode
class Pullback:
    """The function that `vjp` returns: cotangents of the results to cotangents of the arguments.

    It is a pytree whose leaves are the residuals, so it may be passed to and returned from `jit`.
    """

    def __init__(self, residuals, recipe):
        self.residuals = residuals
        self.recipe = recipe

    @hides_frames
    def __call__(self, cotangents):
        r = self.recipe
        cts, tree = flatten_result(r.fun, cotangents)
        if tree != r.out_tree:
            template = r.out_tree.unflatten(r.out_avals)
            lines = pytree.difference(template, cotangents, names=("the result", "the cotangent"))
            what = f"vjp: the cotangent needs the structure of the result of {name_of(r.fun)}"
            raise TreeError(what, lines, "give a tree of that structure")
        for i, (c, aval) in enumerate(zip(cts, r.out_avals)):
            cts[i] = _checked_cotangent(r, c, aval, i)
        found = pull(r.lin, cts, r.in_avals, self.residuals)
        return r.in_tree.unflatten(found)[0]

    def __repr__(self):
        return f"Pullback of {name_of(self.recipe.fun)}"


pytree.register_node(
    Pullback, lambda p: (tuple(p.residuals), p.recipe), lambda r, c: Pullback(list(c), r)
)


class _Recipe:
    """What a Pullback knows besides its residuals."""

    def __init__(self, fun, lin, in_tree, in_avals, out_tree, out_avals):
        self.fun, self.lin = fun, lin
        self.in_tree, self.in_avals = in_tree, in_avals
        self.out_tree, self.out_avals = out_tree, out_avals


def _checked_cotangent(recipe, ct, aval, i):
    expected = tangent_aval(aval)
    found = _aval_or_float0(ct)
    if found.shape != expected.shape or found.dtype != expected.dtype:
        # a Python scalar has no dtype of its own to get wrong
        if (
            found.weak_type
            and not found.shape
            and not expected.shape
            and dtypes.is_inexact(expected.dtype)
        ):
            return (
                typed_literal(ct, expected.dtype)
                if not isinstance(ct, np.ndarray) and np.isscalar(ct)
                else ct
            )
        path = pytree.keystr(pytree.leaf_keys(recipe.out_tree)[i])
        raise ShapeError(
            f"vjp: the cotangent of result{path} of {name_of(recipe.fun)} has the wrong type",
            f"the result is {aval}, so it should be {expected}; it is {found}",
            "give it the shape and dtype of the result (float0 for integers and bools)",
        )
    return None if expected.dtype == dtypes.float0 else ct


def pull(lin, cotangents, in_avals, residuals=None):
    """Cotangents of all inputs, as arrays, for those of all outputs of a linearized function."""
    cts = [c for c, nonzero in zip(cotangents, lin.nonzero) if nonzero]
    found = iter(transposition.transpose(lin.program, cts, residuals))
    return [
        materialize(next(found) if active else None, aval)
        for active, aval in zip(lin.active, in_avals)
    ]


def materialize(ct, aval):
    """A cotangent as an array of the input's tangent aval."""
    if ct is None:
        return zeros(tangent_aval(aval))
    return as_array(ct)


@hides_frames
def vjp(fun, *primals, has_aux=False):
    """The results of `fun(*primals)`, and the function from their cotangents to the primals'.

    Refs among the primals are used as they are; their cotangent is None.

    >>> import hloom
    >>> y, f_vjp = hloom.vjp(lambda x, w: x * w, 3.0, 4.0)
    >>> [float(g) for g in f_vjp(1.0)]
    [4.0, 3.0]
    """
    leaves, tree = flatten_args(fun, primals, {}, lend=True)
    in_tree = refs.without(leaves, tree)
    leaves, tree = refs.fixed(leaves, tree)
    flat = Flat(fun, tree, has_aux)
    active = [has_tangent(p) for p in leaves]
    outs, lin = linearization.linearize(flat, leaves, active, count=lambda: flat.count)
    n = flat.count
    in_avals, out_avals = [aval_of(p) for p in leaves], [aval_of(y) for y in outs[:n]]
    recipe = _Recipe(fun, lin, in_tree, in_avals, flat.out_tree, out_avals)
    pullback = Pullback(lin.program.consts, recipe)
    result = flat.out_tree.unflatten(outs[:n]), pullback
    return (*result, flat.aux_tree.unflatten(outs[n:])) if has_aux else result


def value_and_grad(fun, argnums=0, has_aux=False, holomorphic=False, allow_int=False):
    """A function that gives the value of the scalar function `fun` and its gradient.

    `argnums` tells by position which arguments to differentiate: an int gives one gradient, a
    sequence a tuple. With `has_aux`, `fun` gives (value, auxiliary data) and so does the first
    result.

    >>> import hloom
    >>> loss = lambda x: hloom.numpy.sum(x**2)
    >>> value, gradient = hloom.value_and_grad(loss)(hloom.numpy.arange(3.0))
    >>> float(value), gradient
    (5.0, Array([0., 2., 4.], dtype=float32))
    """
    choice = Choice("value_and_grad", fun, argnums, holomorphic, allow_int)
    return hides_frames(_with_gradient(choice, has_aux))


def _with_gradient(choice, has_aux):
    @functools.wraps(choice.fun)
    def with_gradient(*args, **kwargs):
        partial, leaves, tree = choice.inputs(args, kwargs)
        flat = Flat(partial, tree, has_aux)
        active = [has_tangent(x) for x in leaves]
        outs, lin = linearization.linearize(flat, leaves, active, count=lambda: flat.count)
        found = pull(lin, [_seed(choice, flat, outs)], [aval_of(x) for x in leaves])
        gradient = choice.of(tree.unflatten(found)[0])
        value = flat.out_tree.unflatten(outs[:1])
        if has_aux:
            return (value, flat.aux_tree.unflatten(outs[1:])), gradient
        return value, gradient

    return with_gradient


def grad(fun, argnums=0, has_aux=False, holomorphic=False, allow_int=False):
    """A function that gives the gradient of the scalar function `fun`; see `value_and_grad`.

    >>> import hloom
    >>> float(hloom.grad(hloom.numpy.tanh)(0.0))
    1.0
    """
    both = _with_gradient(Choice("grad", fun, argnums, holomorphic, allow_int), has_aux)

    @hides_frames
    @functools.wraps(fun)
    def gradient(*args, **kwargs):
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def _seed(choice, flat, outs):
    """The cotangent of the result, which must be a scalar."""
    call, name, holomorphic = choice.call, choice.name, choice.holomorphic
    leaf = flat.count == 1 and pytree.treedef_is_leaf(flat.out_tree)
    aval = aval_of(outs[0]) if leaf else None
    if aval is None or aval.shape:
        found = f"an array of shape {aval.shape}" if aval else describe(flat.out_tree)
        raise ShapeError(
            f"{call}: {name} must return a scalar",
            f"it returned {found}",
            "reduce it (sum or mean), use jacrev for all derivatives, "
            "or has_aux=True for extra results",
        )
    ok = dtypes.is_complex(aval.dtype) if holomorphic else dtypes.is_float(aval.dtype)
    if not ok:
        kind = "complex, since holomorphic=True" if holomorphic else "floating"
        what = f"{call}: {name} must return a {kind} scalar"
        raise DTypeError(what, f"it returned {aval}", "convert the result, or take vjp")
    return typed_literal(1, aval.dtype, aval.weak_type)


@hides_frames
def linear_transpose(fun, *primals):
    """The transpose of a linear function: from cotangents of its result to those of `primals`.

    The primals matter only by shape and dtype.

    >>> import hloom
    >>> f_t = hloom.linear_transpose(lambda x: 3.0 * x, 1.0)
    >>> [float(c) for c in f_t(2.0)]
    [6.0]
    """
    leaves, tree = pytree.flatten((primals, {}))
    avals = [x if hasattr(x, "shape") and hasattr(x, "dtype") else aval_of(x) for x in leaves]
    points = [zeros(_shaped(a)) for a in avals]
    flat = Flat(fun, tree)
    active = [has_tangent(p) for p in points]
    outs, lin = linearization.linearize(flat, points, active)
    recipe = _Recipe(
        fun, lin, tree, [aval_of(p) for p in points], flat.out_tree, [aval_of(y) for y in outs]
    )
    return Pullback(lin.program.consts, recipe)


def _shaped(x):
    return ShapedArray(tuple(x.shape), x.dtype)
