"""Derived programs: the transformations applied to a Program as a whole, and kept with it.

A function that is called 48 times on the same avals is differentiated once: rules of primitives
that hold programs ask here.
"""

from typing import NamedTuple

from hloom.frontend.capture import Capture
from hloom.frontend.ir import Program, Var, memoised
from hloom.frontend.prims.calls import residual_sources
from hloom.frontend.trace import Tracer, interpret, stage
from hloom.transforms.batch import AxisData, batch, to_front
from hloom.transforms.jvp import jvp
from hloom.transforms.linearize import linearize
from hloom.transforms.transpose import transpose
from hloom.transforms.zeros import instantiate, tangent_aval, unpack, zeros


class Jvp(NamedTuple):
    """`program` from primals and active tangents to results and their nonzero tangents."""

    program: Program
    nonzero: tuple


@memoised
def jvp_program(program, active, forced=()):
    """The Jvp of a program; `active`, `forced`: which inputs have, outputs get, a tangent."""
    nonzero: list = []

    def run(*values):
        primals, tangents = values[: len(active)], iter(values[len(active) :])
        outs, out_tangents = jvp(
            lambda *xs: interpret(program, xs),
            primals,
            [next(tangents) if a else None for a in active],
        )
        for i, (y, t) in enumerate(zip(outs, out_tangents)):
            if t is None and forced and forced[i]:
                out_tangents[i] = instantiate(None, y)
        nonzero[:] = [t is not None for t in out_tangents]
        return [*outs, *[t for t in out_tangents if t is not None]]

    avals = program.in_avals
    tangent_avals = [tangent_aval(a) for a, on in zip(avals, active) if on]
    made = stage(run, [*avals, *tangent_avals], f"{program.name}_jvp")
    return Jvp(_sealed(made), tuple(nonzero))


def _sealed(program):
    """`program`, which may hold concrete constants, but no tracers of the trace around."""
    if any(isinstance(c, Tracer) for c in program.consts):
        raise AssertionError(f"{program.name}: a derived program closes over {program.consts}")
    return program


class Linear(NamedTuple):
    """The two halves of a linearized program.

    `primal` gives the results and the new residuals; `tangent` maps the residuals and the tangents
    of active inputs to the tangents of `nonzero` results. `sources` tells where each residual is
    found.
    """

    primal: Program
    tangent: Program
    sources: tuple
    nonzero: tuple

    def residuals(self, operands, results):
        """The residuals, from the operands and all results of `primal`."""
        n = len(self.nonzero)
        places = {"in": operands, "out": results, "new": results[n:]}
        return [places[kind][i] for kind, i in self.sources]


@memoised
def linearize_program(program, active, forced=()):
    """The Linear of a program for the given active inputs; outputs in `forced` get a tangent."""
    kept: list = []

    def run(*primals):
        def fun(*xs):
            return interpret(program, xs)

        outs, lin = linearize(fun, primals, active, forced)
        sources, new = residual_sources(lin.program.consts, primals, outs)
        kept[:] = [lin, sources]
        return [*outs, *new]

    primal = stage(run, program.in_avals, program.name)
    _sealed(primal)
    lin, sources = kept
    tangent = lin.program.closed()
    tangent.name = f"{program.name}_tangent"
    return Linear(primal, tangent, tuple(sources), tuple(lin.nonzero))


class Transposed(NamedTuple):
    """`program` from known operands and cotangents of results to cotangents of linear operands.

    Its last operands and results are the values of the refs that derivative rules in it touch.
    """

    program: Program
    nonzero: tuple
    refs: tuple


@memoised
def transpose_program(program, linear, given, forced=()):
    """The transpose of a program in the inputs marked `linear`; `given`: results with a cotangent.

    Linear inputs marked in `forced`, a mask of these alone, get a cotangent even if it is zero.
    """
    nonzero: list = []
    known_vars = [v for v, on in zip(program.invars, linear) if not on]
    linear_vars = [v for v, on in zip(program.invars, linear) if on]
    before, after = _split(program, linear_vars)
    split = Program((), linear_vars, after, program.outvars)
    split.constvars = [*program.constvars, *known_vars, *before.outvars]

    def run(*values):
        known, cts = values[: len(known_vars)], values[len(known_vars) :]
        found = transpose(
            split,
            unpack(cts, given),
            [*program.consts, *known, *interpret(before, known)],
        )
        for i, on in enumerate(forced):
            if on and found[i] is None:
                found[i] = zeros(linear_vars[i].aval)
        nonzero[:] = [c is not None for c in found]
        return [c for c in found if c is not None]

    avals = [v.aval for v in known_vars] + [a for a, g in zip(program.out_avals, given) if g]
    held = Capture()
    made = held.carried(stage(run, avals, f"{program.name}_transpose", held=held))
    return Transposed(_sealed(made), tuple(nonzero), held.refs)


def _split(program, linear_vars):
    """The program of what does not depend on linear inputs, and the equations of what does."""
    reached, before, after = set(linear_vars), [], []
    for eqn in program.eqns:
        if any([type(a) is Var and a in reached for a in eqn.invars]):
            reached.update(eqn.outvars)
            after.append(eqn)
        else:
            before.append(eqn)
    known_vars = [v for v in program.invars if v not in reached]
    made = [v for q in before for v in q.outvars]
    return Program(program.constvars, known_vars, before, made, program.consts), after


class Batched(NamedTuple):
    """The batched `program` and the batch dimension of each result (None: not batched)."""

    program: Program
    dims: tuple


@memoised
def _batch_program(program, name, size, spmd_name, dims, forced):
    axis = AxisData(name, size, spmd_name)
    out_dims: list = []

    def run(*values):
        outs, found = batch(lambda *xs: interpret(program, xs), axis, values, dims)
        for i, on in enumerate(forced):
            if on:
                outs[i], found[i] = to_front(outs[i], found[i], size), 0
        out_dims[:] = found
        return outs

    avals = [
        a if d is None else a.update(shape=(*a.shape[:d], size, *a.shape[d:]))
        for a, d in zip(program.in_avals, dims)
    ]
    made = stage(run, avals, f"{program.name}_batch")
    return Batched(_sealed(made), tuple(out_dims))


def batch_program(program, axis, dims, forced=()):
    """The Batched form of a program; outputs in `forced` get their batch dimension in front."""
    return _batch_program(program, axis.name, axis.size, axis.spmd_name, tuple(dims), tuple(forced))


# ---------------------------------------------------------------- operands in another order
@memoised
def reordered(program, in_sizes, in_order, out_sizes=None, out_order=None):
    """`program` with groups of inputs, and of outputs, in another order.

    The inputs are groups of `in_sizes`; group `in_order[i]` of them comes at place i.
    """
    invars = _regrouped(program.invars, in_sizes, in_order)
    outvars = program.outvars
    if out_sizes is not None:
        outvars = _regrouped(outvars, out_sizes, out_order)
    return Program(program.constvars, invars, program.eqns, outvars, program.consts, program.name)


def _regrouped(items, sizes, order):
    groups = grouped(items, sizes)
    return [x for i in order for x in groups[i]]


def grouped(items, sizes):
    """A list cut into consecutive lists of the given sizes, which add up to its length."""
    found, start = [], 0
    for n in sizes:
        found.append(list(items[start : start + n]))
        start += n
    if start != len(items):
        raise AssertionError(f"groups of {sizes} are not {len(items)} items")
    return found


@memoised
def widened(program, avals):
    """`program` with more inputs at the end, which it does not use."""
    invars = [*program.invars, *map(Var, avals)]
    return Program(
        program.constvars, invars, program.eqns, program.outvars, program.consts, program.name
    )
