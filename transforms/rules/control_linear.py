"""Reverse mode of control flow: a choice or a loop becomes two, and the linear one runs backwards.

A scan becomes a scan of the primals, which stacks its residuals, and one of the tangents, which
reads them. A residual that is among the operands or results already is not stacked again, and one
that the turns do not change is computed once, before the loop:

    h = tanh(W h + x)        primals      stack h and t, the derivative of tanh
                             tangents     dh = t * (W dh + dW h + dx)
                             cotangents   h' = Wᵀ (t h'), W' += (t h') hᵀ: the last turn first
"""

from typing import NamedTuple

from hloom.frontend.errors import RuleError
from hloom.frontend.ir import Program, Var, memoised
from hloom.frontend.prims.calls import jit
from hloom.frontend.prims.control import cond, scan, while_loop
from hloom.frontend.prims.elementwise import add
from hloom.frontend.staging import taking
from hloom.frontend.trace import interpret, stage
from hloom.transforms import jvp, linearize, transpose
from hloom.transforms.dce import dce
from hloom.transforms.programs import grouped, linearize_program, transpose_program
from hloom.transforms.rules.calls import unpack
from hloom.transforms.rules.control import either, filled, mask_of, present
from hloom.transforms.transpose import is_linear
from hloom.transforms.zeros import zeros


# ---------------------------------------------------------------- cond
class _Branches(NamedTuple):
    """A cond in two: `primal` gives results and residual slots, `tangent` takes `shared` residuals.

    `shared` tells where each is found: ("in", operand), ("out", result) or ("new", slot).
    """

    primal: tuple
    tangent: tuple
    shared: tuple
    nonzero: tuple


@memoised
def _linear_branches(first, others, active):
    branches = (first, *others)
    nonzero = (False,) * len(first.outvars)
    for b in branches:
        nonzero = either(nonzero, linearize_program(b, active).nonzero)
    made = [linearize_program(b, active, nonzero) for b in branches]
    n = len(nonzero)
    slots, shared, places = [], {}, []
    for lin in made:
        taken = _slots_for(lin.primal.out_avals[n:], slots)
        mine, avals = [], lin.tangent.in_avals
        for (kind, i), aval in zip(lin.sources, avals):
            key = kind, taken[i] if kind == "new" else i
            times = sum(k[:2] == key for k in mine)  # the same value twice needs two places
            mine.append((*key, times))
            shared.setdefault(mine[-1], aval)
        places.append((taken, mine))
    order = {key: i for i, key in enumerate(shared)}
    primal, tangent = [], []
    for lin, (taken, mine) in zip(made, places):
        primal.append(_with_slots(lin.primal, n, tuple(taken), tuple(slots)))
        where = tuple([order[key] for key in mine])
        tangent.append(taking(lin.tangent, where, tuple(shared.values())))
    return _Branches(tuple(primal), tuple(tangent), tuple([k[:2] for k in shared]), nonzero)


def _slots_for(avals, slots):
    """A slot for each aval, found among those other branches made, or made."""
    free, taken = list(range(len(slots))), []
    for a in avals:
        a = a.strip_weak_type()
        i = next((i for i in free if slots[i] is a), None)
        if i is None:
            slots.append(a)
            i = len(slots) - 1
        else:
            free.remove(i)
        taken.append(i)
    return taken


@memoised
def _with_slots(program, n, taken, slots):
    """A branch with its residuals, after `n` results, in their slots; zeros in the others."""

    def run(*operands):
        outs = interpret(program, operands)
        by_slot = dict(zip(taken, outs[n:], strict=True))
        return [*outs[:n], *[by_slot[i] if i in by_slot else zeros(a) for i, a in enumerate(slots)]]

    return stage(run, program.in_avals, program.name)


@linearize.rule(cond)
def _cond_linearize(primals, tangents, *, branches):
    index, *primals = primals
    found = _linear_branches(branches[0], branches[1:], mask_of(tangents[1:]))
    n = len(found.nonzero)
    outs = cond.bind(index, *primals, branches=found.primal)
    if not any(found.nonzero):
        return outs[:n], [None] * n
    values = {"in": primals, "out": outs, "new": outs[n:]}
    residuals = [values[kind][i] for kind, i in found.shared]
    dts = cond.bind(index, *residuals, *present(tangents), branches=found.tangent)
    return outs[:n], unpack(dts, found.nonzero)


@transpose.rule(cond)
def _cond_transpose(cts, index, *operands, branches):
    linear, given = tuple([is_linear(x) for x in operands]), mask_of(cts)
    wanted = (False,) * sum(linear)
    for b in branches:
        wanted = either(wanted, transpose_program(b, linear, given).nonzero)
    made = [transpose_program(b, linear, given, wanted).program for b in branches]
    known = [x for x in operands if not is_linear(x)]
    outs = cond.bind(index, *known, *present(cts), branches=tuple(made)) if any(wanted) else []
    return [None, *unpack(unpack(outs, wanted), linear)]


# ---------------------------------------------------------------- while
@linearize.rule(while_loop)
def _while_linearize(primals, tangents, **params):
    outs = while_loop.bind(*primals, **params)
    # forward mode runs the loop again beside its tangents, since residuals have no known number
    _, out_tangents = jvp.rules[while_loop](primals, tangents, **params)
    return outs, out_tangents


@transpose.rule(while_loop)
def _while_transpose(cts, *operands, **_):
    raise RuleError(
        "while_loop: has no reverse-mode derivative",
        "the number of turns is not known beforehand, so residuals cannot be stored",
        "use scan, or fori_loop with bounds that are ints; or forward mode: jvp, jacfwd",
    )


# ---------------------------------------------------------------- scan: linearize
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
    primal = lin.primal
    unchanging = _unchanging(primal, c)
    stack, before, consts, xs = [], [], [], []  # consts, xs: (source, variable of the tangent body)
    for (kind, i), var in zip(lin.sources, lin.tangent.invars):
        atom = primal.invars[i] if kind == "in" else primal.outvars[i + (n + ys) * (kind == "new")]
        if kind == "in" and i < c:
            consts.append((("in", i), var))
        elif kind == "in" and i >= c + n:
            xs.append((("in", i), var))
        elif type(atom) is not Var or atom in unchanging:
            consts.append((("before", len(before)), var))
            before.append(atom)
        elif kind == "out" and n <= i:
            xs.append((("out", i), var))
        else:
            xs.append((("out", n + ys + len(stack)), var))
            stack.append(atom)
    sizes = sum(consts_active), sum(active), sum(xs_active)
    dconsts, dcarry, dxs = grouped(lin.tangent.invars[len(lin.sources) :], sizes)
    invars = [*[v for _, v in consts], *dconsts, *dcarry, *[v for _, v in xs], *dxs]
    return _Halves(
        dce(_with(primal, outvars=[*primal.outvars[: n + ys], *stack])),
        dce(
            _with(
                primal, invars=primal.invars[:c], eqns=_eqns_of(primal, unchanging), outvars=before
            )
        ),
        _with(lin.tangent, invars=invars),
        tuple([s for s, _ in consts]),
        tuple([s for s, _ in xs]),
        active,
        lin.nonzero,
    )


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


def _eqns_of(program, known):
    return [q for q in program.eqns if q.outvars and q.outvars[0] in known]


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


# ---------------------------------------------------------------- scan: transpose
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
    outs = scan.bind(
        *for_consts, *totals, *last, *for_xs,
        body=found.body, num_consts=len(for_consts), num_carry=len(totals) + len(last),
        length=length, reverse=not reverse, unroll=unroll,
    )  # fmt: skip
    n, m = len(totals), len(totals) + len(last)
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

    `totals` are the avals of the cotangents of consts, which the scan adds up.
    """

    body: Program
    consts: tuple
    carry: tuple
    xs: tuple
    totals: list


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
    totals = _chosen(_chosen(avals[0], consts_linear), in_consts)
    groups = (
        [a for a, on in zip(avals[0], consts_linear) if not on],
        totals,
        _chosen(avals[1], carry),
        [a for a, on in zip(avals[2], xs_linear) if not on],
        _chosen(body.out_avals[num_carry:], ys),
    )

    def run(*values):
        consts, sums, cts, xs, ys_cts = grouped(values, tuple(map(len, groups)))
        outs = interpret(found.program, [*consts, *xs, *cts, *ys_cts])
        to_consts, to_carry, to_xs = grouped(unpack(outs, found.nonzero), sizes)
        sums = [add(s, t) for s, t in zip(sums, present(to_consts), strict=True)]
        new = [zeros(a) if t is None else t for t, a, on in zip(to_carry, avals[1], carry) if on]
        return [*sums, *new, *present(to_xs)]

    made = stage(run, [a for group in groups for a in group], f"{body.name}_transpose")
    return _Backward(made, tuple(in_consts), tuple(carry), tuple(in_xs), totals)


def _chosen(items, mask):
    return [x for x, on in zip(items, mask, strict=True) if on]
