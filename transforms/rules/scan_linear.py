"""Reverse mode of `scan`: the loop becomes two, and the linear one runs backwards.

A scan becomes a scan of the primals, which stacks its residuals, and one of the tangents, which
reads them:

    h = tanh(W h + x)        primals      stack h and t, the derivative of tanh
                             tangents     dh = t * (W dh + dW h + dx)
                             cotangents   h' = Wᵀ (t h'), W' += (t h') hᵀ: the last turn first

A residual that is among the operands or results already is not stacked again; one that no turn
changes is computed once, before the loop; one that merely repeats a smaller array is made again.
"""

from typing import NamedTuple

from hloom.frontend.capture import Capture, values_of, write_back
from hloom.frontend.ir import Eqn, Literal, Program, Var, memoised
from hloom.frontend.prims.calls import jit
from hloom.frontend.prims.control import scan
from hloom.frontend.prims.elementwise import add
from hloom.frontend.prims.structural import broadcast_in_dim, broadcasted_iota, reshape
from hloom.frontend.trace import interpret, stage
from hloom.transforms import linearize, transpose
from hloom.transforms.dce import dce
from hloom.transforms.programs import grouped, linearize_program, reordered, transpose_program
from hloom.transforms.rules.control import chosen, either, filled, mask_of, present
from hloom.transforms.transpose import is_linear
from hloom.transforms.zeros import unpack, zeros

#: operations that are done again in the tangent loop rather than have their results stored
_CHEAP = frozenset((broadcast_in_dim, reshape, broadcasted_iota))


# ---------------------------------------------------------------- linearize
class _Halves(NamedTuple):
    """The body of a scan in two, and where the tangent scan finds its residuals.

    `primal` gives carry, ys and residuals to stack; `before` computes from the consts those that no
    turn changes; `consts` and `xs` name the residuals that lead the consts and xs of `tangent`.
    """

    primal: Program
    before: Program
    tangent: Program
    consts: tuple
    xs: tuple
    active: tuple
    nonzero: tuple


@memoised
def _linear_scan(body, consts_active, active, xs_active):
    c, n = len(consts_active), len(active)
    ys = len(body.outvars) - n
    while True:
        every = (*consts_active, *active, *xs_active)
        lin = linearize_program(body, every, (*active, *[False] * ys))
        if lin.nonzero[:n] == active:
            break
        active = either(active, lin.nonzero[:n])
    primal, tangent = lin.primal, lin.tangent
    store = _Store(primal, c, n, ys)
    fresh = tangent.invars[len(lin.sources) :]
    for (kind, i), var in zip(lin.sources, tangent.invars):
        atom = primal.invars[i] if kind == "in" else primal.outvars[i + (n + ys) * (kind == "new")]
        store.keep(atom, var)
    sizes = sum(consts_active), sum(active), sum(xs_active)
    dconsts, dcarry, dxs = grouped(fresh, sizes)
    consts, xs = store.consts, store.xs
    invars = [*[v for _, v in consts], *dconsts, *dcarry, *[v for _, v in xs], *dxs]
    return _Halves(
        dce(_with(primal, outvars=[*primal.outvars[: n + ys], *store.stack])),
        dce(_with(primal, primal.invars[:c], store.unchanging_eqns(), store.before)),
        _with(tangent, invars, store.again + tangent.eqns),
        tuple([s for s, _ in consts]),
        tuple([s for s, _ in xs]),
        active,
        lin.nonzero,
    )


class _Store:
    """Decides where each residual of a body is kept.

    `consts` and `xs` are pairs (source, variable of the tangent body); `before` and `stack` are the
    atoms to compute before the loop and to stack; `again` are equations for the tangent body.
    """

    def __init__(self, primal, num_consts, num_carry, num_ys):
        self.primal = primal
        self.consts, self.xs, self.before, self.stack, self.again = [], [], [], [], []
        self.first_new = num_carry + num_ys
        self.maker = {v: q for q in primal.eqns for v in q.outvars}
        self.unchanging = _unchanging(primal, num_consts)
        self.known: dict = {}  # atom of the primal body -> the variable of the tangent body
        # what is found among the operands and results of the scan: atom -> its source
        self.places = {
            y: ("out", j)
            for j, y in enumerate(primal.outvars[: self.first_new])
            if j >= num_carry and y not in self.unchanging
        }
        for i, v in enumerate(primal.invars):
            if not num_consts <= i < num_consts + num_carry:
                self.places[v] = "in", i

    def keep(self, atom, var):
        """Make `var` of the tangent body stand for `atom` of the primal body."""
        chain, source = self._origin(atom)
        if chain:
            self._again(chain, source, var)
        else:
            self._place(atom, var)

    def _free(self, atom):
        """Whether an atom takes no new memory."""
        return type(atom) is not Var or atom in self.unchanging or atom in self.places

    def _origin(self, atom):
        """The cheap equations that make `atom`, and what they start from; none if not worth it."""
        chain, source = [], atom
        while source in self.maker and self.maker[source].primitive in _CHEAP:
            eqn = self.maker[source]
            chain.append(eqn)
            source = eqn.invars[0] if eqn.invars else None
        worth = source is None or self._free(source) or source.aval.nbytes < atom.aval.nbytes
        return (chain[::-1], source) if worth and not self._free(atom) else ([], atom)

    def _again(self, chain, source, var):
        if source is not None and type(source) is not Literal and source not in self.known:
            self._place(source, Var(source.aval))
        for eqn in chain:
            (out,) = eqn.outvars
            made = var if eqn is chain[-1] else Var(out.aval)
            invars = [self.known.get(a, a) for a in eqn.invars]
            self.again.append(Eqn(eqn.primitive, invars, [made], eqn.params, eqn.source))
            self.known[out] = made

    def _place(self, atom, var):
        source = self.places.get(atom)
        if type(atom) is not Var or atom in self.unchanging:
            if source is None:
                source = "before", len(self.before)
                self.before.append(atom)
            self.consts.append((source, var))
        else:
            if source is None:
                source = "out", self.first_new + len(self.stack)
                self.stack.append(atom)
            self.xs.append((source, var))
        self.places[atom] = source
        self.known.setdefault(atom, var)

    def unchanging_eqns(self):
        """The equations that no turn changes."""
        return [q for q in self.primal.eqns if q.outvars and q.outvars[0] in self.unchanging]


def _with(program, invars=None, eqns=None, outvars=None):
    """A program with some of its parts replaced."""
    return Program(
        program.constvars,
        program.invars if invars is None else invars,
        program.eqns if eqns is None else eqns,
        program.outvars if outvars is None else outvars,
        program.consts,
        program.name,
    )


def _unchanging(program, num_consts):
    """The variables that depend on the constants and on the leading inputs alone."""
    known = {*program.constvars, *program.invars[:num_consts]}
    for eqn in program.eqns:
        if not eqn.effects and all([type(a) is not Var or a in known for a in eqn.invars]):
            known.update(eqn.outvars)
    return known


@linearize.rule(scan)
def _scan_linearize(primals, tangents, *, body, num_consts, num_carry, **params):
    c, n = num_consts, num_consts + num_carry
    dconsts, dcarry, dxs = tangents[:c], tangents[c:n], tangents[n:]
    found = _linear_scan(body, mask_of(dconsts), mask_of(dcarry), mask_of(dxs))
    outs = scan.bind(
        *primals, body=found.primal, num_consts=num_consts, num_carry=num_carry, **params
    )
    results = outs[: len(found.nonzero)]
    if not any(found.nonzero):
        return results, [None] * len(results)
    before = jit.bind(*primals[:c], program=found.before) if found.before.outvars else []
    values = {"in": primals, "out": outs, "before": before}
    consts = [values[kind][i] for kind, i in found.consts] + present(dconsts)
    start = present(filled(dcarry, primals[c:n], found.active))
    xs = [values[kind][i] for kind, i in found.xs] + present(dxs)
    dts = scan.bind(
        *consts, *start, *xs,
        body=found.tangent, num_consts=len(consts), num_carry=len(start), **params,
    )  # fmt: skip
    return results, unpack(dts, found.nonzero)


# ---------------------------------------------------------------- transpose
@transpose.rule(scan)
def _scan_transpose(cts, *operands, body, num_consts, num_carry, length, reverse, unroll):
    consts, carry, xs = grouped(operands, _sizes(body, num_consts, num_carry))
    consts_linear, xs_linear = _linear_mask(consts), _linear_mask(xs)
    found = _backward_scan(body, consts_linear, num_carry, xs_linear, mask_of(cts))
    for_consts = [x for x in consts if not is_linear(x)]
    for_xs = [x for x in xs if not is_linear(x)] + present(cts[num_carry:])
    totals = [zeros(a) for a in found.totals]
    carry_avals = body.in_avals[num_consts : num_consts + num_carry]
    last = [
        zeros(a) if ct is None else ct for ct, a, on in zip(cts, carry_avals, found.carry) if on
    ]
    start = [*totals, *last, *values_of(found.refs)]
    outs = scan.bind(
        *for_consts, *start, *for_xs,
        body=found.body, num_consts=len(for_consts), num_carry=len(start),
        length=length, reverse=not reverse, unroll=unroll,
    )  # fmt: skip
    n, m = len(totals), len(totals) + len(last)
    write_back(found.refs, outs[m : len(start)])
    del outs[m : len(start)]
    first = unpack(outs[n:m], found.carry)
    return [
        *unpack(unpack(outs[:n], found.consts), consts_linear),
        *[ct if is_linear(x) else None for ct, x in zip(first, carry)],
        *unpack(unpack(outs[m:], found.xs), xs_linear),
    ]


def _sizes(body, num_consts, num_carry):
    return num_consts, num_carry, len(body.invars) - num_consts - num_carry


def _linear_mask(operands):
    return tuple([is_linear(x) for x in operands])


class _Backward(NamedTuple):
    """The body of a transposed scan; which linear consts, carries and linear xs have a cotangent.

    `totals` are the avals of the cotangents of consts, which the scan adds up. It carries the
    values of `refs`, too.
    """

    body: Program
    consts: tuple
    carry: tuple
    xs: tuple
    totals: list
    refs: tuple


@memoised
def _backward_scan(body, consts_linear, num_carry, xs_linear, given):
    """Its carry is totals, cotangents of the carry; its xs are the known xs, cotangents of ys."""
    carry, ys = given[:num_carry], given[num_carry:]
    linear = (*consts_linear, *[True] * num_carry, *xs_linear)
    while True:
        found = transpose_program(body, linear, (*carry, *ys))
        sizes = sum(consts_linear), num_carry, sum(xs_linear)
        in_consts, in_carry, in_xs = grouped(found.nonzero, sizes)
        if either(carry, in_carry) == carry:
            break
        carry = either(carry, in_carry)
    avals = grouped(body.in_avals, _sizes(body, len(consts_linear), num_carry))
    totals = chosen(chosen(avals[0], consts_linear), in_consts)
    groups = (
        [a for a, on in zip(avals[0], consts_linear) if not on],
        totals,
        chosen(avals[1], carry),
        [a for a, on in zip(avals[2], xs_linear) if not on],
        chosen(body.out_avals[num_carry:], ys),
    )

    def run(*values):
        consts, sums, cts, xs, ys_cts = grouped(values, tuple(map(len, groups)))
        refs = found.refs
        outs = interpret(found.program, [*consts, *xs, *cts, *ys_cts, *values_of(refs)])
        write_back(refs, outs[len(outs) - len(refs) :])
        del outs[len(outs) - len(refs) :]
        to_consts, to_carry, to_xs = grouped(unpack(outs, found.nonzero), sizes)
        sums = [add(s, t) for s, t in zip(sums, present(to_consts), strict=True)]
        new = [zeros(a) if t is None else t for t, a, on in zip(to_carry, avals[1], carry) if on]
        return [*sums, *new, *present(to_xs)]

    held = Capture()
    in_avals = [a for group in groups for a in group]
    made = held.carried(stage(run, in_avals, f"{body.name}_transpose", held=held))
    if held.refs:
        k, ins, outs = len(held.refs), sum(map(len, groups[:3])), len(totals) + sum(carry)
        in_sizes = ins, len(in_avals) - ins, k
        out_sizes = outs, len(made.outvars) - outs - k, k
        made = reordered(made, in_sizes, (0, 2, 1), out_sizes, (0, 2, 1))
    return _Backward(made, tuple(in_consts), tuple(carry), tuple(in_xs), totals, held.refs)
