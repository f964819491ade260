"""Reverse mode of `cond`, which becomes two, and the reason why `while_loop` has none.

A branch keeps its residuals in slots that it shares with the other branches; what it does not
fill is zero, and the linear branches read the same slots.
"""

from typing import NamedTuple

from hloom.frontend.capture import values_of, write_back
from hloom.frontend.errors import RuleError
from hloom.frontend.ir import memoised
from hloom.frontend.prims.control import cond, while_loop
from hloom.frontend.staging import Staged, taking, writing
from hloom.frontend.trace import interpret, stage
from hloom.transforms import jvp, linearize, transpose
from hloom.transforms.programs import linearize_program, transpose_program
from hloom.transforms.rules.control import either, mask_of, present
from hloom.transforms.transpose import is_linear
from hloom.transforms.zeros import unpack, zeros


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
    slots: list = []
    shared: dict = {}
    places = []
    for lin in made:
        taken = _slots_for(lin.primal.out_avals[n:], slots)
        mine: list = []
        for (kind, i), aval in zip(lin.sources, lin.tangent.in_avals):
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
    found = [transpose_program(b, linear, given, wanted) for b in branches]
    refs = tuple(dict.fromkeys([r for t in found for r in t.refs]))
    made = tuple([writing(Staged(t.program, [], None, t.refs), refs) for t in found])
    operands = *[x for x in operands if not is_linear(x)], *present(cts), *values_of(refs)
    outs = cond.bind(index, *operands, branches=made) if any(wanted) or refs else []
    write_back(refs, outs[sum(wanted) :])
    return [None, *unpack(unpack(outs[: sum(wanted)], wanted), linear)]


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
