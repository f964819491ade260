"""`custom_vmap`: functions whose batching the user states."""

from hloom.frontend import pytree
from hloom.frontend.errors import ArgumentError, ShapeError, TreeError
from hloom.frontend.flat import flatten_result
from hloom.frontend.prims.calls import custom_vmap_call
from hloom.frontend.trace import aval_of
from hloom.frontend.tracebacks import hides_frames
from hloom.transforms.batch import spread
from hloom.transforms.custom import _Custom
from hloom.transforms.jvp import jvp
from hloom.transforms.zeros import instantiate


class custom_vmap(_Custom):
    """A function with a batching rule stated by `def_vmap`; derivatives go through the function.

    Derivatives of what `vmap` gives are those of the rule; `vmap` of a forward derivative uses the
    derivative of the rule. Reverse mode differentiates the function itself, whose batching is then
    the usual one.

    >>> import hloom
    >>> import hloom.numpy as np
    >>> @hloom.custom_batching.custom_vmap
    ... def f(x):
    ...     return np.sin(x)
    >>> @f.def_vmap
    ... def rule(axis_size, in_batched, x):
    ...     return np.cos(x), in_batched[0]
    >>> f(0.0), hloom.vmap(f)(np.zeros(2))
    (Array(0., dtype=float32, weak_type=True), Array([1., 1.], dtype=float32))
    """

    vmap_rule = None

    def __init__(self, fun):
        super().__init__(fun)

    def def_vmap(self, vmap_rule):
        """State the rule: `rule(axis_size, in_batched, *args)` gives (result, out_batched).

        `in_batched` and `out_batched` are trees of bools, like the arguments and the result; what
        is batched has the batch as its first axis.
        """
        self.vmap_rule = vmap_rule
        return vmap_rule

    @hides_frames
    def __call__(self, *args, **kwargs):
        if self.vmap_rule is None:
            what = f"{self.name}: is a custom_vmap function without a rule"
            raise ArgumentError(
                what, "def_vmap was never called", f"define one with @{self.name}.def_vmap"
            )
        flat, leaves, _ = self._split(args, kwargs)
        rule = VmapRule(self.name, self.vmap_rule, flat)
        outs = custom_vmap_call.bind(*leaves, program=flat, rule=rule, num_consts=0)
        return flat.out_tree.unflatten(outs)


class VmapRule:
    """The user's rule on flat lists: it gives results and which of them are batched."""

    def __init__(self, name, rule, flat):
        self.name, self.rule, self.flat = name, rule, flat

    def __call__(self, size, operands, batched):
        tree = self.flat.in_tree
        args, flags = tree.unflatten(operands)[0], tree.unflatten(batched)[0]
        pair = self.rule(size, list(flags), *args)
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise ArgumentError(
                f"{self.name}: its vmap rule gives a pair (result, which of it is batched)",
                f"it gave {type(pair).__name__}",
                "return exactly two things",
            )
        outs, out_tree = flatten_result(self.rule, pair[0])
        found, found_tree = pytree.flatten(pair[1])
        if out_tree != found_tree or not all([isinstance(b, bool) for b in found]):
            lines = pytree.difference(pair[0], pair[1], names=("the result", "out_batched"))
            what = f"{self.name}: its vmap rule gives a bool for each array of the result"
            raise TreeError(what, lines or f"it gave {pair[1]!r}", "return a tree of bools")
        for y, on in zip(outs, found):
            if on and aval_of(y).shape[:1] != (size,):
                raise ShapeError(
                    f"{self.name}: its vmap rule gives a result without the batch in front",
                    f"the batch is {size} long, and the result is {aval_of(y)}",
                    "move the batch to axis 0, or say that the result is not batched",
                )
        self.flat.out_tree = out_tree
        return outs, found


class DerivedVmapRule:
    """The forward derivative of a VmapRule, for operands some of which have tangents."""

    def __init__(self, rule, active, nonzero):
        self.rule, self.active, self.nonzero = rule, active, nonzero
        self.name = rule.name

    def __call__(self, size, operands, batched):
        n = len(self.active)
        # a primal and its tangent are batched alike
        own, theirs = list(batched[:n]), iter(zip(operands[n:], batched[n:]))
        primals, tangents = list(operands[:n]), []
        for i, on in enumerate(self.active):
            t, t_batched = next(theirs) if on else (None, own[i])
            if own[i] and on and not t_batched:
                t = spread(t, size)
            elif t_batched and not own[i]:
                primals[i], own[i] = spread(primals[i], size), True
            tangents.append(t)
        flags: list = []

        def run(*xs):
            outs, found = self.rule(size, xs, own)
            flags[:] = found
            return outs

        outs, out_tangents = jvp(run, primals, tangents)
        kept = [i for i, on in enumerate(self.nonzero) if on]
        full = [instantiate(out_tangents[i], outs[i]) for i in kept]
        return [*outs, *full], [*flags, *[flags[i] for i in kept]]
