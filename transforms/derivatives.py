"""The derivatives people ask for: jvp, vjp, grad, jacobians, and what else is made of them.

All are compositions of three passes: forward mode (jvp.py), linearization (linearize.py) and
transposition (transpose.py). Outside `jit` they run on concrete values, so Python control flow,
print and a debugger work inside the differentiated function.
"""

import functools

import numpy as np

from hloom.frontend import dtypes, pytree
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ArgumentError, DTypeError, ShapeError, TreeError
from hloom.frontend.families import typed_literal
from hloom.frontend.flat import Flat, argument_paths, flatten_args, flatten_result, name_of
from hloom.frontend.prims.structural import reshape, slice_in_dim
from hloom.frontend.trace import aval_of
from hloom.frontend.treedef import describe
from hloom.transforms import jvp as forward
from hloom.transforms import linearize as linearization
from hloom.transforms import transpose as transposition
from hloom.transforms.vmap import vmap
from hloom.transforms.zeros import as_array, has_tangent, instantiate, tangent_aval, zeros


# ---------------------------------------------------------------- forward mode
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


def vjp(fun, *primals, has_aux=False):
    """The results of `fun(*primals)`, and the function from their cotangents to the primals'.

    >>> import hloom
    >>> y, f_vjp = hloom.vjp(lambda x, w: x * w, 3.0, 4.0)
    >>> [float(g) for g in f_vjp(1.0)]
    [4.0, 3.0]
    """
    leaves, tree = flatten_args(fun, primals, {})
    flat = Flat(fun, tree, has_aux)
    active = [has_tangent(p) for p in leaves]
    outs, lin = linearization.linearize(flat, leaves, active, count=lambda: flat.count)
    n = flat.count
    recipe = _Recipe(
        fun, lin, tree, [aval_of(p) for p in leaves], flat.out_tree, [aval_of(y) for y in outs[:n]]
    )
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
    numbers, single = _argnums(fun, argnums)
    name = name_of(fun)

    @functools.wraps(fun)
    def with_gradient(*args, **kwargs):
        chosen = _choose(name, numbers, args)

        def partial(*values):
            full = list(args)
            for i, v in zip(chosen, values):
                full[i] = v
            return fun(*full, **kwargs)

        partial.__name__ = name
        leaves, tree = flatten_args(partial, tuple([args[i] for i in chosen]), {})
        active = []
        for i, x in enumerate(leaves):
            dtype = aval_of(x).dtype
            ok = dtypes.is_complex(dtype) if holomorphic else dtypes.is_inexact(dtype)
            if not ok:
                _check_input(name, dtype, tree, i, chosen, holomorphic, allow_int)
            active.append(dtypes.is_inexact(dtype))
        flat = Flat(partial, tree, has_aux)
        outs, lin = linearization.linearize(flat, leaves, active, count=lambda: flat.count)
        seed = _seed(name, flat, outs, holomorphic)
        found = pull(lin, [seed], [aval_of(x) for x in leaves])
        gradients, _ = tree.unflatten(found)
        gradient = gradients[0] if single else gradients
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
    both = value_and_grad(fun, argnums, has_aux, holomorphic, allow_int)

    @functools.wraps(fun)
    def gradient(*args, **kwargs):
        value, found = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def _argnums(fun, argnums):
    if not callable(fun):
        raise ArgumentError(
            "grad: its first argument is the function to differentiate",
            f"it is {fun!r} of type {type(fun).__name__}",
            "write grad(f)(x), not grad(f(x))",
        )
    if isinstance(argnums, tuple | list):
        return tuple([int(n) for n in argnums]), False
    return (argnums.__index__(),), True


def _choose(name, numbers, args):
    for n in numbers:
        if not -len(args) <= n < len(args):
            raise ArgumentError(
                f"grad: there is no positional argument {n} of {name} to differentiate",
                f"it was called with {len(args)}",
                "correct argnums, or pass the argument by position",
            )
    return [n % len(args) for n in numbers]


def _check_input(name, dtype, tree, i, chosen, holomorphic, allow_int):
    if allow_int and not holomorphic and not dtypes.is_complex(dtype):
        return
    path = pytree.leaf_keys(tree)[i]
    where = f"argument {chosen[path[1].idx]}{pytree.keystr(path[2:])}"
    if holomorphic:
        what, remedy = "complex inputs, since holomorphic=True", "convert it to a complex dtype"
    elif dtypes.is_complex(dtype):
        what = "real inputs"
        remedy = "pass holomorphic=True if the function is, or take vjp"
    else:
        what = "floating inputs"
        remedy = (
            "convert it with x.astype(float), choose others with argnums, or pass allow_int=True"
        )
    raise DTypeError(f"grad: differentiates {name} by {what}", f"{where} has dtype {dtype}", remedy)


def _seed(name, flat, outs, holomorphic):
    leaf = flat.count == 1 and pytree.treedef_is_leaf(flat.out_tree)
    aval = aval_of(outs[0]) if leaf else None
    if aval is None or aval.shape:
        found = f"an array of shape {aval.shape}" if aval else describe(flat.out_tree)
        raise ShapeError(
            f"grad: {name} must return a scalar",
            f"it returned {found}",
            "reduce it (sum or mean), use jacrev for all derivatives, "
            "or has_aux=True for extra results",
        )
    ok = dtypes.is_complex(aval.dtype) if holomorphic else dtypes.is_float(aval.dtype)
    if not ok:
        kind = "complex, since holomorphic=True" if holomorphic else "floating"
        what = f"grad: {name} must return a {kind} scalar"
        raise DTypeError(what, f"it returned {aval}", "convert the result, or take vjp")
    return typed_literal(1, aval.dtype)


# ---------------------------------------------------------------- jacobians
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


def _jacobian_inputs(name, fun, numbers, args, kwargs, holomorphic, allow_int, accepts):
    chosen = _choose(name, numbers, args)

    def partial(*values):
        full = list(args)
        for i, v in zip(chosen, values):
            full[i] = v
        return fun(*full, **kwargs)

    partial.__name__ = name
    leaves, tree = flatten_args(partial, tuple([args[i] for i in chosen]), {})
    for i, x in enumerate(leaves):
        dtype = aval_of(x).dtype
        ok = dtypes.is_complex(dtype) if holomorphic else accepts(dtype)
        if not ok:
            _check_input(name, dtype, tree, i, chosen, holomorphic, allow_int)
    return partial, leaves, tree


def jacfwd(fun, argnums=0, has_aux=False, holomorphic=False):
    """A function that gives the Jacobian of `fun`, column by column, by forward mode.

    For a result of shape S and an argument of shape A it has shape S + A; trees give trees of
    trees.

    >>> import hloom
    >>> hloom.jacfwd(lambda x: x**2)(hloom.numpy.arange(2.0))
    Array([[0., 0.],
           [0., 2.]], dtype=float32)
    """
    numbers, single = _argnums(fun, argnums)
    name = name_of(fun)

    @functools.wraps(fun)
    def jacobian(*args, **kwargs):
        partial, leaves, tree = _jacobian_inputs(
            name, fun, numbers, args, kwargs, holomorphic, False, dtypes.is_float
        )
        flat = Flat(partial, tree, has_aux)

        def push(*tangents):
            outs, found = forward.jvp(flat, leaves, list(tangents))
            full = [instantiate(t, y) for y, t in zip(outs[: flat.count], found)]
            return outs[flat.count :], full

        aux, columns = vmap(push, out_axes=(None, -1))(*_basis(leaves))
        rows = [tree.unflatten(_split_axis(c, aval_of(c).ndim - 1, leaves))[0] for c in columns]
        result = flat.out_tree.unflatten([r[0] if single else r for r in rows])
        return (result, flat.aux_tree.unflatten(aux)) if has_aux else result

    return jacobian


def jacrev(fun, argnums=0, has_aux=False, holomorphic=False, allow_int=False):
    """A function that gives the Jacobian of `fun`, row by row, by reverse mode; shapes as `jacfwd`.

    >>> import hloom
    >>> hloom.jacrev(lambda x: x**2)(hloom.numpy.arange(2.0))
    Array([[0., 0.],
           [0., 2.]], dtype=float32)
    """
    numbers, single = _argnums(fun, argnums)
    name = name_of(fun)

    @functools.wraps(fun)
    def jacobian(*args, **kwargs):
        partial, leaves, tree = _jacobian_inputs(
            name, fun, numbers, args, kwargs, holomorphic, allow_int, dtypes.is_inexact
        )
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
                    f"jacrev: {name} must return {kind} arrays",
                    f"it returned {aval_of(y)}",
                    "convert it",
                )
        rows = vmap(lambda *cts: pull(lin, list(cts), in_avals))(*_basis(outs))
        # rows[i] is (all outputs, *input i): cut it by outputs, then gather the inputs of each
        cut = [_split_axis(r, 0, outs) for r in rows]
        table = [tree.unflatten([c[j] for c in cut])[0] for j in range(len(outs))]
        result = flat.out_tree.unflatten([row[0] if single else row for row in table])
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
