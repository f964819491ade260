"""`custom_jvp` and `custom_vjp`: functions whose derivative the user states.

Both carry a rule object through the traces. For forward mode it is called with primals and
tangents; for reverse mode it runs `fwd` on primals and keeps `bwd`, wrapped as a linear map that
knows its own transpose. Forward mode through a `custom_vjp` works too: `bwd` is linear in the
cotangents, and its transpose is the derivative.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from hloom.frontend import dtypes, pytree, refs
from hloom.frontend.errors import ArgumentError, ShapeError, TreeError
from hloom.frontend.flat import Flat, flatten_args, flatten_result, name_of
from hloom.frontend.ir import Program, Var
from hloom.frontend.prims.calls import custom_jvp_call, custom_vjp_call
from hloom.frontend.trace import aval_of, stage
from hloom.frontend.tracebacks import hides_frames
from hloom.frontend.treedef import spread
from hloom.transforms.batch import batch, batch_some, to_front, unmapped
from hloom.transforms.transpose import transpose
from hloom.transforms.zeros import instantiate, tangent_aval, zeros


class SymbolicZero:
    """A tangent or cotangent known to be zero, for rules defined with `symbolic_zeros=True`."""

    def __init__(self, aval):
        self.aval = aval
        self.shape, self.dtype = aval.shape, aval.dtype

    def __repr__(self):
        return f"SymbolicZero({self.aval})"


class CustomVjpPrimal:
    """An argument of a `fwd` rule with `symbolic_zeros=True`: `value`, and if it is `perturbed`."""

    def __init__(self, value, perturbed):
        self.value = value
        self.perturbed = perturbed


class _Custom:
    """What the two decorators share: the function, its static arguments and the call."""

    __call__: Callable[..., Any]

    def __init__(self, fun, nondiff_argnums=(), nondiff_argnames=()):
        functools.update_wrapper(self, fun)
        self.fun = fun
        self.name = name_of(fun)
        nums = (nondiff_argnums,) if isinstance(nondiff_argnums, int) else nondiff_argnums
        if nondiff_argnames:
            names = list(inspect.signature(fun).parameters)
            nums = (*nums, *[names.index(n) for n in nondiff_argnames])
        self.nondiff = tuple(sorted(nums))

    def __get__(self, instance, owner=None):
        return self if instance is None else functools.partial(self, instance)

    def _split(self, args, kwargs):
        """The function of differentiable arguments; their leaves and tree; the other arguments."""
        args = _positional(self.fun, args, kwargs)
        fixed = [args[i] for i in self.nondiff]
        moving = tuple([a for i, a in enumerate(args) if i not in self.nondiff])

        def partial(*values):
            rest = iter(values)
            return self.fun(*[a if i in self.nondiff else next(rest) for i, a in enumerate(args)])

        partial.__name__ = self.name
        leaves, tree = flatten_args(partial, moving, {})
        return Flat(partial, tree), leaves, fixed


def _positional(fun, args, kwargs):
    """Arguments by position, keywords and defaults filled in."""
    try:
        signature = inspect.signature(fun)
    except (TypeError, ValueError):
        return args
    if any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()) and not kwargs:
        return args
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    if bound.kwargs:
        raise ArgumentError(
            f"{name_of(fun)}: a function with a custom derivative takes arguments by position",
            f"{', '.join(map(repr, bound.kwargs))} can only be passed by keyword",
            "make these parameters positional",
        )
    return bound.args


# ---------------------------------------------------------------- forward rules
class custom_jvp(_Custom):
    """A function whose forward derivative is stated with `defjvp`; reverse mode follows from it.

    >>> import hloom
    >>> import hloom.numpy as np
    >>> @hloom.custom_jvp
    ... def f(x):
    ...     return np.sin(x)
    >>> @f.defjvp
    ... def f_jvp(primals, tangents):
    ...     (x,), (t,) = primals, tangents
    ...     return f(x), 2 * np.cos(x) * t
    >>> float(hloom.grad(f)(0.0))
    2.0
    """

    jvp = None
    symbolic_zeros = False

    def defjvp(self, jvp, symbolic_zeros=False):
        """State the rule: `jvp(*nondiff, primals, tangents)` gives results and their tangents."""
        self.jvp, self.symbolic_zeros = jvp, symbolic_zeros
        return jvp

    def defjvps(self, *jvps):
        """State one rule for each argument: `jvp(tangent, result, *primals)`, or None for zero."""

        def jvp(primals, tangents):
            result = self(*primals)
            total = zeros_of_tree(result)
            for rule, t in zip(jvps, tangents):
                if rule is not None:
                    total = pytree.map(lambda a, b: a + b, total, rule(t, result, *primals))
            return result, total

        self.defjvp(jvp)

    @hides_frames
    def __call__(self, *args, **kwargs):
        if self.jvp is None:
            what = f"{self.name}: is a custom_jvp function without a rule"
            raise ArgumentError(
                what, "defjvp was never called", f"define one with @{self.name}.defjvp"
            )
        flat, leaves, fixed = self._split(args, kwargs)
        rule = JvpRule(self, flat, fixed)
        outs = custom_jvp_call.bind(*leaves, program=flat, rule=rule, num_consts=0)
        return flat.out_tree.unflatten(outs)


def zeros_of_tree(tree):
    """Zeros in the shapes of a tree of arrays."""
    return pytree.map(lambda x: zeros(tangent_aval(aval_of(x))), tree)


class JvpRule:
    """The user's jvp function on flat lists: (primals, tangents) -> (results, tangents)."""

    def __init__(self, owner, flat, fixed):
        self.owner, self.flat, self.fixed = owner, flat, fixed
        self.name = owner.name

    def __call__(self, primals, tangents):
        owner, tree = self.owner, self.flat.in_tree
        full = [
            t if t is not None else _symbolic(p) if owner.symbolic_zeros else instantiate(None, p)
            for p, t in zip(primals, tangents)
        ]
        pair = owner.jvp(*self.fixed, tree.unflatten(primals)[0], tree.unflatten(full)[0])
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ArgumentError(
                f"{self.name}: its jvp rule gives a pair (result, tangent of the result)",
                f"it gave {type(pair).__name__}",
                "return exactly two things",
            )
        outs, out_tree = flatten_result(owner.jvp, pair[0])
        out_tangents, t_tree = pytree.flatten(pair[1])
        if out_tree != t_tree:
            lines = pytree.difference(pair[0], pair[1], names=("the result", "its tangent"))
            what = f"{self.name}: its jvp rule gives a result and a tangent of different structure"
            raise TreeError(what, lines, "give both the structure of the function's result")
        self.flat.out_tree = out_tree
        checked = [_checked_tangent(self.name, y, t) for y, t in zip(outs, out_tangents)]
        return outs, checked


def _symbolic(primal):
    return SymbolicZero(tangent_aval(aval_of(primal)))


def _checked_tangent(name, y, t):
    if isinstance(t, SymbolicZero):
        return None
    expected = tangent_aval(aval_of(y))
    if expected.dtype == dtypes.float0:
        return None
    found = aval_of(t)
    if expected.shape != found.shape or (expected.dtype != found.dtype and not found.weak_type):
        raise ShapeError(
            f"{name}: its jvp rule gives a tangent of the wrong type",
            f"the result is {aval_of(y)}, so its tangent should be {expected}; it is {found}",
            "give the tangent the shape and dtype of the result",
        )
    return t


class _BatchedRule:
    """A rule applied to a batch; `mapped` says if results have the batch dimension, in front.

    They have if an operand has one. Else they have if the function, or its rule, closes over values
    that have: the first run of either tells.
    """

    def __init__(self, rule, axis, dims):
        self.rule, self.axis, self.dims, self.name = rule, axis, dims, rule.name
        self.mapped: bool | None = None

    def settle(self, found):
        """Say if results are mapped, by the dimensions found in a run, if nothing has yet."""
        if self.mapped is None:
            self.mapped = any([d is not None for d in (*self.dims, *found)])

    def front(self, outs, dims):
        """Results, or their tangents, with the batch dimension in front if they are mapped."""
        if not self.mapped:
            return outs
        return [x if x is None else to_front(x, d, self.axis.size) for x, d in zip(outs, dims)]

    def out_dims(self, count):
        """The batch dimension of each of `count` results."""
        return [0 if self.mapped else None] * count


class BatchedJvpRule(_BatchedRule):
    """A JvpRule applied to a batch."""

    def __call__(self, primals, tangents):
        n, count = len(primals), 0

        def run(*values):
            nonlocal count
            outs, found = self.rule(values[:n], values[n:])
            count = len(outs)
            return [*outs, *found]

        values, dims = batch_some(run, self.axis, [*primals, *tangents], self.dims * 2)
        self.settle(dims)
        return self.front(values[:count], dims[:count]), self.front(values[count:], dims[count:])


# ---------------------------------------------------------------- reverse rules
class custom_vjp(_Custom):
    """A function with a reverse derivative stated by `defvjp`; forward mode works through it too.

    >>> import hloom
    >>> import hloom.numpy as np
    >>> @hloom.custom_vjp
    ... def clip_gradient(x):
    ...     return x
    >>> clip_gradient.defvjp(lambda x: (x, None), lambda _, g: (np.clip(g, -1.0, 1.0),))
    >>> float(hloom.grad(lambda x: clip_gradient(x) * 10)(1.0))
    1.0
    """

    fwd = bwd = None
    symbolic_zeros = False

    def defvjp(self, fwd, bwd, symbolic_zeros=False, optimize_remat=False):
        """State the rule: `fwd(*args)` gives (result, residuals), `bwd` the cotangents.

        `bwd(*nondiff, residuals, cotangent)` gives a tuple: for each differentiable argument, its
        cotangent or None for zero.
        """
        self.fwd, self.bwd, self.symbolic_zeros = fwd, bwd, symbolic_zeros

    @hides_frames
    def __call__(self, *args, **kwargs):
        if self.fwd is None:
            what = f"{self.name}: is a custom_vjp function without a rule"
            raise ArgumentError(
                what, "defvjp was never called", f"call {self.name}.defvjp(fwd, bwd)"
            )
        flat, leaves, fixed = self._split(args, kwargs)
        rule = VjpRule(self, flat, fixed)
        outs = custom_vjp_call.bind(*leaves, program=flat, rule=rule, num_consts=0)
        return flat.out_tree.unflatten(outs)


class VjpRule:
    """The user's fwd and bwd on flat lists.

    `fwd(primals, active)` gives results, residuals and a static token that `bwd(token, residuals,
    cotangents)` needs; it gives one cotangent, or None, for each primal.
    """

    def __init__(self, owner, flat, fixed):
        self.owner, self.flat, self.fixed = owner, flat, fixed
        self.name = owner.name

    def fwd(self, primals, active):
        """Results, residuals and token."""
        owner, tree = self.owner, self.flat.in_tree
        values = (
            [CustomVjpPrimal(p, a) for p, a in zip(primals, active)]
            if owner.symbolic_zeros
            else primals
        )
        moving = iter(tree.unflatten(values)[0])
        count = len(self.fixed) + len(pytree.treedef_children(pytree.treedef_children(tree)[0]))
        fixed = iter(self.fixed)
        args = [next(fixed) if i in owner.nondiff else next(moving) for i in range(count)]
        pair = owner.fwd(*args)
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ArgumentError(
                f"{self.name}: its fwd rule gives a pair (result, residuals)",
                f"it gave {type(pair).__name__}",
                "return exactly two things",
            )
        outs, out_tree = flatten_result(owner.fwd, pair[0])
        self.flat.out_tree = out_tree
        residuals, res_tree = refs.fixed(*pytree.flatten(pair[1]))
        return outs, residuals, (out_tree, res_tree, tuple([aval_of(p) for p in primals]))

    def bwd(self, token, residuals, cotangents):
        """Cotangents of the primals."""
        out_tree, res_tree, avals = token
        owner = self.owner
        ct = out_tree.unflatten(
            [SymbolicZero(c[1]) if type(c) is tuple and owner.symbolic_zeros
             else zeros(c[1]) if type(c) is tuple else c for c in cotangents]
        )  # fmt: skip
        found = owner.bwd(*self.fixed, res_tree.unflatten(residuals), ct)
        children = pytree.treedef_children(pytree.treedef_children(self.flat.in_tree)[0])
        if not isinstance(found, tuple | list) or len(found) != len(children):
            size = f"{len(found)}" if isinstance(found, tuple | list) else type(found).__name__
            raise TreeError(
                f"{self.name}: its bwd rule gives a tuple of {len(children)} cotangents, "
                "one for each differentiable argument",
                f"it gave {size}",
                "return a tuple, with None for arguments without a cotangent",
            )
        flat: list = []
        for i, (part, child) in enumerate(zip(found, children)):
            if part is None:
                flat += [None] * child.num_leaves
                continue
            leaves, tree = pytree.flatten(part, pytree.is_none)
            if tree != child:  # a None may stand for a whole subtree, and for none at all
                wide = spread(tree, child, leaves)
                if wide is not None and _present(wide) == _present(leaves):
                    leaves = wide
            if len(leaves) != child.num_leaves:
                primal = child.unflatten(range(child.num_leaves))
                lines = pytree.difference(primal, part, names=("the argument", "its cotangent"))
                what = f"{self.name}: its bwd rule gives cotangent {i} in another structure"
                raise TreeError(what, lines, "give it the structure of the argument")
            flat += leaves
        return [self._checked(c, a) for c, a in zip(flat, avals)]

    def _checked(self, ct, aval):
        if ct is None or isinstance(ct, SymbolicZero) or tangent_aval(aval).dtype == dtypes.float0:
            return None
        found = aval_of(ct)
        if found.shape != aval.shape or (found.dtype != aval.dtype and not found.weak_type):
            raise ShapeError(
                f"{self.name}: its bwd rule gives a cotangent of the wrong type",
                f"the argument is {aval}, the cotangent {found}",
                "give it the shape and dtype of the argument",
            )
        return ct


def _present(leaves):
    return sum([x is not None for x in leaves])


class BatchedVjpRule(_BatchedRule):
    """A VjpRule applied to a batch."""

    def fwd(self, primals, active):
        """Results, residuals and token, for a batch."""
        kept: list = []

        def run(*values):
            outs, residuals, token = self.rule.fwd(values, active)
            kept[:] = [len(outs), token]
            return [*outs, *residuals]

        values, dims = batch(run, self.axis, primals, self.dims)
        n, token = kept
        self.settle(dims)
        return self.front(values[:n], dims[:n]), values[n:], (token, tuple(dims[n:]))

    def bwd(self, token, residuals, cotangents):
        """Cotangents of the primals: summed over the batch for primals that are not batched."""
        inner, res_dims = token
        n = len(residuals)
        if not self.mapped:
            return self.rule.bwd(inner, residuals, cotangents)
        zero = {i: ("zero", _unbatched(c[1])) for i, c in enumerate(cotangents) if type(c) is tuple}

        def run(*values):
            cts = [zero.get(i, c) for i, c in enumerate(values[n:])]
            return self.rule.bwd(inner, values[:n], cts)

        given = [None if i in zero else c for i, c in enumerate(cotangents)]
        dims = [*res_dims, *[0] * len(given)]
        found = zip(*batch_some(run, self.axis, [*residuals, *given], dims), self.dims)
        return [unmapped(c, d, dim, self.axis.size) for c, d, dim in found]


def _unbatched(aval):
    return aval.update(shape=aval.shape[1:])


class LinearMap:
    """The derivative of a custom_vjp function at a point: a linear map that knows its transpose.

    Its operands are residuals and then the tangents of the active inputs. `transposed` calls the
    user's bwd; `forward` is the transpose of that, for forward mode.
    """

    def __init__(self, rule, token, active, num_residuals, in_avals, out_avals):
        self.rule, self.token, self.active = rule, token, active
        self.num_residuals = num_residuals
        self.in_avals = in_avals
        self.out_avals = out_avals

    def transposed(self, residuals, cotangents):
        """Cotangents of the active inputs, for those of the results (None: zero)."""
        cts = [("zero", a) if c is None else c for c, a in zip(cotangents, self.out_avals)]
        found = self.rule.bwd(self.token, residuals, cts)
        return [c for c, a in zip(found, self.active) if a]

    def forward(self, *operands):
        """Tangents of the results."""
        residuals, tangents = operands[: self.num_residuals], operands[self.num_residuals :]

        def back(*cts):
            found = self.transposed(residuals, cts)
            return [zeros(a) if c is None else c for c, a in zip(found, self.in_avals)]

        program = stage(back, self.out_avals, f"{self.rule.name}_bwd", "custom_vjp")
        found = transpose(_linear_part(program), tangents)
        return [zeros(a) if t is None else t for t, a in zip(found, self.out_avals)]


def _linear_part(program):
    """The program with what does not depend on its inputs computed and made constant."""
    depends = set(program.invars)
    env = dict(zip(program.constvars, program.consts))
    eqns = []
    for eqn in program.eqns:
        if any(type(a) is Var and a in depends for a in eqn.invars):
            depends.update(eqn.outvars)
            eqns.append(eqn)
        else:
            operands = [env[a] if type(a) is Var else a for a in eqn.invars]
            env.update(zip(eqn.outvars, eqn.primitive.bind(*operands, **eqn.params)))
    return Program(
        list(env), program.invars, eqns, program.outvars, list(env.values()), program.name
    )
