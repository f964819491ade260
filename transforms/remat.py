"""`checkpoint`: trade memory for time by computing residuals again on the backward pass.

Linearizing a checkpointed program keeps only its inputs, and what the policy allows to save. The
tangent side is one linear map that holds the forward program; run forward it computes tangents, and
its transpose computes the forward program a second time, linearizes it there, and runs that
backwards. Saved values replace what recomputes them, and dead-code elimination removes the rest.
(Griewank and Walther, Evaluating Derivatives, chapter 12.)

A policy is a function `policy(primitive, *in_avals, **params) -> bool`: may this equation's results
be saved?
"""

import functools
import inspect

from hloom.frontend.capture import Capture, values_of, write_back
from hloom.frontend.errors import ArgumentError
from hloom.frontend.flat import Flat, flatten_args, name_of
from hloom.frontend.ir import Eqn, Program, Var, memoised
from hloom.frontend.prims.calls import (
    checkpoint as checkpoint_call,
    linear_call,
    name as name_primitive,
    optimization_barrier,
)
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.trace import StageTracer, aval_of, interpret, stage
from hloom.frontend.tracebacks import hides_frames
from hloom.transforms import batch, jvp, linearize, transpose
from hloom.transforms.dce import dce
from hloom.transforms.programs import batch_program, jvp_program
from hloom.transforms.zeros import instantiate, tangent_aval, unpack, zeros


# ---------------------------------------------------------------- policies
class checkpoint_policies:
    """Ready-made policies for `checkpoint(f, policy=...)`."""

    @staticmethod
    def nothing_saveable(primitive, *_, **__):
        """Save nothing but the inputs; the default."""
        return False

    @staticmethod
    def everything_saveable(primitive, *_, **__):
        """Save every result, as if there were no checkpoint."""
        return True

    @staticmethod
    def dots_saveable(primitive, *_, **__):
        """Save the results of matrix products, which are dear to compute."""
        return primitive is dot_general

    @staticmethod
    def dots_with_no_batch_dims_saveable(primitive, *_, **params):
        """Save the results of matrix products without batch axes."""
        return primitive is dot_general and not params["dimension_numbers"][1][0]

    @staticmethod
    def save_only_these_names(*names):
        """Save only values marked with `checkpoint_name` under one of these names."""

        def policy(primitive, *_, **params):
            return primitive is name_primitive and params["name"] in names

        return policy

    @staticmethod
    def save_any_names_but_these(*names):
        """Save values marked with `checkpoint_name`, except under these names."""

        def policy(primitive, *_, **params):
            return primitive is name_primitive and params["name"] not in names

        return policy

    @staticmethod
    def save_anything_except_these_names(*names):
        """Save every result, except those marked with `checkpoint_name` under these names."""

        def policy(primitive, *_, **params):
            return not (primitive is name_primitive and params["name"] in names)

        return policy

    @staticmethod
    def save_from_both_policies(first, second):
        """Save what either policy saves."""

        def policy(*args, **params):
            return first(*args, **params) or second(*args, **params)

        return policy

    checkpoint_dots = dots_saveable
    checkpoint_dots_with_no_batch_dims = dots_with_no_batch_dims_saveable


def checkpoint(
    fun=None,
    /,
    *,
    prevent_cse=True,
    policy=None,
    static_argnums=(),
    static_argnames=(),
    concrete=False,
):
    """A function like `fun` whose residuals are computed again on the backward pass, not kept.

    `policy` tells which intermediate results may be kept (`checkpoint_policies`). `prevent_cse`
    keeps the compiler from undoing it; inside `scan` that is not needed. Arguments at
    `static_argnums` and of `static_argnames` are passed on as they are, however they are given.

    >>> import hloom
    >>> f = hloom.checkpoint(lambda x: hloom.numpy.sin(hloom.numpy.sin(x)))
    >>> float(hloom.grad(f)(0.0))
    1.0
    """
    if fun is None:
        return functools.partial(
            checkpoint,
            prevent_cse=prevent_cse,
            policy=policy,
            static_argnums=static_argnums,
            static_argnames=static_argnames,
        )
    if concrete:
        raise ArgumentError(
            "checkpoint: concrete=True cannot be had",
            "the function is traced",
            "mark the arguments it branches on with static_argnums",
        )
    statics, names = _statics(fun, static_argnums, static_argnames)

    @hides_frames
    @functools.wraps(fun)
    def call(*args, **kwargs):
        fixed = {i % len(args): args[i] for i in statics if i < len(args)}
        moving = tuple([a for i, a in enumerate(args) if i not in fixed])
        known = {key: kwargs.pop(key) for key in names if key in kwargs}

        def partial(*values, **named):
            rest = iter(values)
            full = [fixed[i] if i in fixed else next(rest) for i in range(len(args))]
            return fun(*full, **named, **known)

        partial.__name__ = name_of(fun)
        leaves, tree = flatten_args(partial, moving, kwargs)
        flat = Flat(partial, tree)
        held = Capture()
        program = stage(flat, [aval_of(x) for x in leaves], name_of(fun), "checkpoint", held)
        outs = checkpoint_call.bind(
            *program.consts,
            *values_of(held.read),
            *leaves,
            *values_of(held.written),
            program=held.closed(program),
            policy=policy,
            prevent_cse=prevent_cse,
        )
        n = len(outs) - len(held.written)
        write_back(held.written, outs[n:])
        return flat.out_tree.unflatten(outs[:n])

    return call


def _statics(fun, positions, names):
    """Positions and names of static arguments, each with its name or its position."""
    positions = {positions} if isinstance(positions, int) else set(positions)
    names = {names} if isinstance(names, str) else set(names)
    if not positions and not names:
        return (), ()
    try:
        parameters = inspect.signature(fun).parameters.values()
    except (TypeError, ValueError):
        return positions, names
    listed = [p.name for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    found = {i % len(listed) for i in positions if -len(listed) <= i < len(listed)}
    found |= {listed.index(n) for n in names if n in listed}
    return positions | found, names | {listed[i] for i in found}


remat = checkpoint


# ---------------------------------------------------------------- rules
@jvp.rule(checkpoint_call)
def _jvp(primals, tangents, *, program, policy, prevent_cse):
    found = jvp_program(program, tuple([t is not None for t in tangents]))
    given = [t for t in tangents if t is not None]
    params = {"program": found.program, "policy": policy, "prevent_cse": prevent_cse}
    outs = checkpoint_call.bind(*primals, *given, **params)
    n = len(found.nonzero)
    return outs[:n], unpack(outs[n:], found.nonzero)


@batch.rule(checkpoint_call)
def _batch(axis, operands, dims, *, program, policy, prevent_cse):
    found = batch_program(program, axis, dims)
    params = {"program": found.program, "policy": policy, "prevent_cse": prevent_cse}
    return checkpoint_call.bind(*operands, **params), found.dims


@linearize.rule(checkpoint_call)
def _linearize(primals, tangents, *, program, policy, prevent_cse):
    active = tuple([t is not None for t in tangents])
    saved = _saved(program, policy)
    nonzero = jvp_program(program, active).nonzero
    n = len(program.outvars)
    saving = _returning(program, saved)
    outs = checkpoint_call.bind(*primals, program=saving, policy=policy, prevent_cse=prevent_cse)
    given = [t for t in tangents if t is not None]
    linear = Recomputed(program, saved, active, nonzero, prevent_cse)
    found = linear_call.bind(*primals, *outs[n:], *given, map=linear)
    return outs[:n], unpack(found, nonzero)


class Recomputed:
    """The derivative of a checkpointed program: its residuals are inputs and saved values."""

    def __init__(self, program, saved, active, nonzero, prevent_cse):
        self.program, self.saved, self.prevent_cse = program, saved, prevent_cse
        self.active, self.nonzero = active, nonzero
        self.num_residuals = len(active) + len(saved)
        outs = zip(program.out_avals, nonzero)
        self.out_avals = tuple([tangent_aval(a) for a, on in outs if on])

    def forward(self, *operands):
        """Tangents of the results that have any."""
        given = unpack(operands[self.num_residuals :], self.active)
        primals = list(operands[: len(self.active)])
        outs, found = jvp.jvp(lambda *xs: interpret(self.program, xs), primals, given)
        return [instantiate(t, y) for y, t, on in zip(outs, found, self.nonzero) if on]

    def transposed(self, residuals, cotangents):
        """Cotangents of the active inputs."""
        given = tuple([c is not None for c in cotangents])
        backward = _backward(self.program, self.saved, self.active, self.nonzero, given)
        known = [*residuals, *[c for c in cotangents if c is not None]]
        return interpret(backward, optimization_barrier(known) if self.prevent_cse else known)


@memoised
def _backward(program, saved, active, nonzero, given):
    """The Program from inputs, saved values and cotangents to cotangents of the active inputs."""
    aliases: dict = {}
    n, m = len(active), len(active) + len(saved)

    def run(*values):
        known = dict(zip(saved, values[n:m]))

        def forward(*xs):
            return _noting(program, xs, known, aliases)

        _, lin = linearize.linearize(forward, list(values[:n]), active)
        want = unpack(unpack(values[m:], given), nonzero)
        found = transpose.transpose(lin.program, [c for c, z in zip(want, lin.nonzero) if z])
        avals = [a for a, on in zip(program.in_avals, active) if on]
        return [zeros(tangent_aval(a)) if c is None else c for c, a in zip(found, avals)]

    outs = [tangent_aval(a) for a, on in zip(program.out_avals, nonzero) if on]
    avals = [*program.in_avals, *[v.aval for v in saved], *[a for a, g in zip(outs, given) if g]]
    return dce(_renamed(stage(run, avals, f"{program.name}_backward"), aliases))


def _noting(program, args, known, aliases):
    """Interpret a program under linearization; note which variables recompute saved values."""
    env = dict(zip(program.constvars, program.consts))
    env.update(zip(program.invars, args))
    for eqn in program.eqns:
        operands = [env[a] if type(a) is Var else a for a in eqn.invars]
        results = eqn.primitive.bind(*operands, **eqn.params)
        for var, value in zip(eqn.outvars, results):
            env[var] = value
            primal = value.primal if isinstance(value, jvp.JVPTracer) else value
            if var in known and isinstance(primal, StageTracer):
                aliases[primal.var] = known[var].var
    return [env[a] if type(a) is Var else a for a in program.outvars]


def _renamed(program, aliases):
    """The program with variables replaced; what computed them is then dead."""
    swap = lambda atoms: [aliases.get(a, a) if type(a) is Var else a for a in atoms]
    eqns = [Eqn(e.primitive, swap(e.invars), e.outvars, e.params, e.source) for e in program.eqns]
    outvars = swap(program.outvars)
    return Program(program.constvars, program.invars, eqns, outvars, program.consts, program.name)


def _saved(program, policy):
    """The variables that a policy saves."""
    if policy is None:
        return ()
    return tuple(
        v
        for eqn in program.eqns
        if policy(eqn.primitive, *[a.aval for a in eqn.invars], **eqn.params)
        for v in eqn.outvars
    )


@memoised
def _returning(program, saved):
    """The program with more of its variables among the results."""
    outvars = [*program.outvars, *saved]
    constvars, consts = program.constvars, program.consts
    return Program(constvars, program.invars, program.eqns, outvars, consts, program.name)
