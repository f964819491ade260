"""Functions that close over traced values, and linear functions with a transpose of their own.

A function with a derivative rule must get the values that it is differentiated in as arguments.
`closure_convert` finds those that it closes over; `custom_gradient` does so by itself.
"""

import functools

from hloom.frontend import dtypes, pytree
from hloom.frontend.errors import ArgumentError, TreeError
from hloom.frontend.flat import Flat, flatten_args, flatten_result, name_of
from hloom.frontend.prims.calls import linear_call as linear_call_primitive
from hloom.frontend.trace import Tracer, aval_of, interpret, stage
from hloom.frontend.tracebacks import hides_frames
from hloom.transforms.custom import custom_vjp
from hloom.transforms.zeros import zeros


def closure_convert(fun, *example_args):
    """A function that takes as arguments what `fun` closes over, and the list of these values.

    What counts is traced and may be differentiated; all else stays inside. `converted(*args,
    *consts)` gives `fun(*args)` for arguments like the examples, whose shapes and dtypes it keeps.

    >>> import hloom
    >>> def f(a):
    ...     g, consts = hloom.closure_convert(lambda x: a * x, 1.0)
    ...     return g(2.0, *consts), len(consts)
    >>> hloom.jvp(f, (3.0,), (1.0,), has_aux=True)[1:]
    (Array(2., dtype=float32, weak_type=True), 1)
    """
    leaves, tree = flatten_args(fun, example_args, {})
    flat = Flat(fun, tree)
    program = stage(flat, [aval_of(x) for x in leaves], name_of(fun), "closure_convert")
    moved = [_is_moved(c) for c in program.consts]
    out_tree = flat.out_tree

    def converted(*args):
        n = len(args) - sum(moved)
        given, found_tree = flatten_args(fun, args[:n], {})
        if found_tree != tree:
            lines = pytree.difference(example_args, args[:n], names=("the examples", "arguments"))
            asked = f"closure_convert: {name_of(fun)} was converted for other arguments"
            raise TreeError(asked, lines, "convert it again, or pass arguments like the examples")
        rest = iter(args[n:])
        consts = [next(rest) if on else c for c, on in zip(program.consts, moved)]
        return out_tree.unflatten(interpret(program, given, consts))

    return converted, [c for c, on in zip(program.consts, moved) if on]


def _is_moved(const):
    return isinstance(const, Tracer) and dtypes.is_inexact(const.aval.dtype)


# ---------------------------------------------------------------- custom_gradient
@pytree.register_static
class _Rule:
    """A function among residuals."""

    def __init__(self, function):
        self.function = function


def custom_gradient(fun=None):
    """A function whose reverse derivative it gives beside its result.

    `fun(*args)` gives (result, rule); `rule(cotangent)` gives the cotangents of the arguments: one
    if there is one argument, else a tuple.

    >>> import hloom
    >>> @hloom.custom_gradient
    ... def f(x):
    ...     return x**2, lambda g: (g * x,)
    >>> float(f(3.0)), float(hloom.grad(f)(3.0))
    (9.0, 3.0)
    """
    if fun is None:
        return custom_gradient

    def pair_of(args, kwargs):
        pair = fun(*args, **kwargs)
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not callable(pair[1]):
            raise ArgumentError(
                f"{name_of(fun)}: with custom_gradient it returns (result, rule)",
                f"it returned {type(pair).__name__}",
                "return the result and a function of its cotangent",
            )
        return pair

    @hides_frames
    @functools.wraps(fun)
    def call(*args, **kwargs):
        @custom_vjp
        @functools.wraps(fun)
        def wrapped(*args):
            return pair_of(args, kwargs)[0]

        # the arguments are what the call gave, not what the signature would fill in
        del wrapped.fun.__wrapped__

        def fwd(*args):
            result, rule = pair_of(args, kwargs)
            converted, consts = closure_convert(rule, result)
            return result, (consts, _Rule(converted))

        def bwd(residuals, cotangent):
            consts, rule = residuals
            found = rule.function(cotangent, *consts)
            alone = not isinstance(found, tuple | list) or (len(args) == 1 and len(found) != 1)
            return (found,) if alone else tuple(found)

        wrapped.defvjp(fwd, bwd)
        return wrapped(*args)

    return call


# ---------------------------------------------------------------- linear_call
class _Linear:
    """A linear map given by two functions of (residuals, operands), each other's transpose."""

    def __init__(self, forth, back, in_avals, out_avals, num_residuals):
        self.forth, self.back = forth, back
        self.in_avals, self.out_avals = tuple(in_avals), tuple(out_avals)
        self.num_residuals = num_residuals

    def forward(self, *operands):
        """Results for residuals and operands."""
        n = self.num_residuals
        return self.forth(operands[:n], operands[n:])

    def transposed(self, residuals, cotangents):
        """Cotangents of the operands."""
        given = [zeros(a) if c is None else c for c, a in zip(cotangents, self.out_avals)]
        turned = _Linear(self.back, self.forth, self.out_avals, self.in_avals, self.num_residuals)
        return linear_call_primitive.bind(*residuals, *given, map=turned)


def linear_call(fun, fun_transpose, residual_args, linear_args):
    """`fun(residual_args, linear_args)`, linear in its second argument, with a stated transpose.

    `fun_transpose(residual_args, cotangent)` gives the cotangent of `linear_args`; derivatives use
    it in place of what they would derive from `fun`.

    >>> import hloom
    >>> from hloom.custom_derivatives import linear_call
    >>> scale = lambda r, x: r * x
    >>> f = lambda x: linear_call(scale, lambda r, c: 10 * r * c, 3.0, x)
    >>> float(f(2.0)), float(hloom.grad(f)(2.0))
    (6.0, 30.0)
    """
    residuals, res_tree = flatten_args(fun, (residual_args,), {})
    operands, in_tree = flatten_args(fun, (linear_args,), {})
    res_of = lambda leaves: res_tree.unflatten(leaves)[0][0]
    out_trees: list = []

    def forth(r, x):
        leaves, tree = flatten_result(fun, fun(res_of(r), in_tree.unflatten(x)[0][0]))
        out_trees.append(tree)
        return leaves

    def back(r, c):
        leaves, tree = flatten_result(fun, fun_transpose(res_of(r), out_trees[0].unflatten(c)))
        _, wanted = pytree.flatten(linear_args)
        if tree != wanted:
            lines = pytree.difference(
                linear_args, tree.unflatten(leaves), names=("linear_args", "the cotangent")
            )
            what = f"linear_call: {name_of(fun_transpose)} gives the cotangent of linear_args"
            raise TreeError(what, lines, "return the structure of linear_args")
        return leaves

    avals = [aval_of(x) for x in (*residuals, *operands)]
    n = len(residuals)
    out_avals = stage(lambda *xs: forth(xs[:n], xs[n:]), avals, name_of(fun)).out_avals
    linear = _Linear(forth, back, avals[n:], out_avals, n)
    outs = linear_call_primitive.bind(*residuals, *operands, map=linear)
    return out_trees[0].unflatten(outs)
