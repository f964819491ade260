"""Rules of control flow: transform the programs, and run, choose or repeat the results.

What a loop carries must have one form from its first turn to its last. Whether a carry has a
tangent, a cotangent or a batch dimension is therefore a fixed point: start from what the initial
values have, add what the body gives back, until nothing is added.
"""

from hloom.frontend.ir import memoised
from hloom.frontend.prims.calls import jit, stop_gradient
from hloom.frontend.prims.control import cond, platform_index, scan, while_loop
from hloom.frontend.prims.elementwise import eq, select_n
from hloom.frontend.prims.reduction import reduce_or
from hloom.frontend.prims.structural import broadcast_in_dim
from hloom.frontend.trace import aval_of, interpret, stage
from hloom.transforms import batch, jvp
from hloom.transforms.batch import move, to_front
from hloom.transforms.programs import batch_program, grouped, jvp_program, reordered, widened
from hloom.transforms.zeros import instantiate, unpack


def present(values):
    return [x for x in values if x is not None]


def mask_of(values):
    return tuple([x is not None for x in values])


def either(a, b):
    """The places where either of two masks holds."""
    return tuple([x or y for x, y in zip(a, b, strict=True)])


def chosen(items, mask):
    """The items at the places where a mask holds."""
    return [x for x, on in zip(items, mask, strict=True) if on]


def filled(tangents, primals, wanted):
    """Tangents with zeros where one is wanted and absent."""
    return [instantiate(t, p) if w else None for t, p, w in zip(tangents, primals, wanted)]


# ---------------------------------------------------------------- jvp
@jvp.rule(cond)
def _cond_jvp(primals, tangents, *, branches):
    index, *primals = primals
    active = mask_of(tangents[1:])
    nonzero = (False,) * len(branches[0].outvars)
    for b in branches:
        nonzero = either(nonzero, jvp_program(b, active).nonzero)
    made = tuple([jvp_program(b, active, nonzero).program for b in branches])
    outs = cond.bind(index, *primals, *present(tangents), branches=made)
    n = len(nonzero)
    return outs[:n], unpack(outs[n:], nonzero)


@jvp.rule(while_loop)
def _while_jvp(primals, tangents, *, cond, body, cond_consts, body_consts):
    first = cond_consts + body_consts
    consts_active, active = mask_of(tangents[cond_consts:first]), mask_of(tangents[first:])
    while True:
        made = jvp_program(body, (*consts_active, *active), active)
        if made.nonzero == active:
            break
        active = either(active, made.nonzero)
    carry = len(active)
    for_cond, for_body, start = primals[:cond_consts], primals[cond_consts:first], primals[first:]
    dconsts = present(tangents[cond_consts:first])
    dstart = present(filled(tangents[first:], start, active))
    program = reordered(made.program, (body_consts, carry, len(dconsts), len(dstart)), (0, 2, 1, 3))
    wider = widened(cond, tuple([aval_of(t) for t in dstart]))
    outs = while_loop.bind(
        *for_cond, *for_body, *dconsts, *start, *dstart,
        cond=wider, body=program, cond_consts=cond_consts, body_consts=body_consts + len(dconsts),
    )  # fmt: skip
    return outs[:carry], unpack(outs[carry:], active)


@jvp.rule(scan)
def _scan_jvp(primals, tangents, *, body, num_consts, num_carry, **params):
    c, n = num_consts, num_consts + num_carry
    groups = grouped(tangents, (c, num_carry, len(tangents) - n))
    consts_active, active, xs_active = map(mask_of, groups)
    ys = len(body.outvars) - num_carry
    while True:
        forced = (*active, *[False] * ys)
        made = jvp_program(body, (*consts_active, *active, *xs_active), forced)
        found = made.nonzero[:num_carry]
        if found == active:
            break
        active = either(active, found)
    consts, carry, xs = primals[:c], primals[c:n], primals[n:]
    dconsts, dxs = present(tangents[:c]), present(tangents[n:])
    dcarry = present(filled(tangents[c:n], carry, active))
    sizes = (c, num_carry, len(xs), len(dconsts), len(dcarry), len(dxs))
    dys = sum(made.nonzero[num_carry:])
    program = reordered(
        made.program, sizes, (0, 3, 1, 4, 2, 5), (num_carry, ys, len(dcarry), dys), (0, 2, 1, 3)
    )
    outs = scan.bind(
        *consts, *dconsts, *carry, *dcarry, *xs, *dxs,
        body=program, num_consts=c + len(dconsts), num_carry=num_carry + len(dcarry), **params,
    )  # fmt: skip
    new, dnew, ys_out, dys_out = grouped(outs, (num_carry, len(dcarry), ys, dys))
    return [*new, *ys_out], unpack([*dnew, *dys_out], made.nonzero)


# ---------------------------------------------------------------- batch
@batch.rule(cond)
def _cond_batch(axis, operands, dims, *, branches):
    (index, *operands), (index_dim, *dims) = operands, dims
    batched = (False,) * len(branches[0].outvars)
    for b in branches:
        batched = either(batched, mask_of(batch_program(b, axis, dims).dims))
    if index_dim is not None:
        return _select_branch(axis, index, operands, dims, branches, batched)
    made = [batch_program(b, axis, dims, batched).program for b in branches]
    outs = cond.bind(index, *operands, branches=tuple(made))
    return outs, [0 if on else None for on in batched]


def _select_branch(axis, index, operands, dims, branches, batched):
    """Every branch is run, and each lane takes the results of its own.

    The others are differentiated as constants there: their derivatives may be infinite, and
    infinity times a cotangent of zero is NaN.
    """
    live = [stop_gradient(x) is not x for x in operands]
    operands = [to_front(x, d, axis.size) if on else x for x, d, on in zip(operands, dims, live)]
    dims = tuple([0 if on else d for d, on in zip(dims, live)])
    forced = (True,) * len(batched)
    kind = aval_of(index).dtype.type
    runs = []
    for i, b in enumerate(branches):
        here = eq(index, kind(i)) if any(live) else None
        taken = [choose(here, (stop_gradient(x), x)) if on else x for x, on in zip(operands, live)]
        made = batch_program(b, axis, dims, forced)
        runs.append(jit.bind(*taken, program=made.program))
    outs = [choose(index, cases) for cases in zip(*runs, strict=True)]
    return outs, [0] * len(outs)


def choose(index, cases):
    """For each position of the leading axis, the elements of the case that `index` names there."""
    shape = aval_of(cases[0]).shape
    if len(shape) > 1:
        index = broadcast_in_dim(index, shape, (0,))
    return select_n(index, *cases)


@batch.rule(while_loop)
def _while_batch(axis, operands, dims, *, cond, body, cond_consts, body_consts):
    first = cond_consts + body_consts
    consts_dims, batched = dims[:first], mask_of(dims[first:])
    while True:
        carry_dims = [0 if on else None for on in batched]
        test = batch_program(cond, axis, [*consts_dims[:cond_consts], *carry_dims])
        (lanes,) = mask_of(test.dims)
        if lanes:
            batched = (True,) * len(batched)
            carry_dims = [0] * len(batched)
            test = batch_program(cond, axis, [*consts_dims[:cond_consts], *carry_dims], (True,))
        made = batch_program(body, axis, [*consts_dims[cond_consts:], *carry_dims], batched)
        if mask_of(made.dims) == batched:
            break
        batched = either(batched, mask_of(made.dims))
    carry = [
        to_front(x, d, axis.size) if on else x
        for x, d, on in zip(operands[first:], dims[first:], batched, strict=True)
    ]
    for_cond, for_body = operands[:cond_consts], operands[cond_consts:first]
    test, step = test.program, made.program
    if lanes:
        test, step = _any_lane(test), _running_lanes(step, test, cond_consts)
        for_body, body_consts = [*for_cond, *for_body], cond_consts + body_consts
    outs = while_loop.bind(
        *for_cond, *for_body, *carry,
        cond=test, body=step, cond_consts=cond_consts, body_consts=body_consts,
    )  # fmt: skip
    return outs, carry_dims


@memoised
def _any_lane(cond):
    """A condition that holds as long as it holds in one lane."""

    def run(*values):
        (lanes,) = interpret(cond, values)
        return [reduce_or(lanes, (0,))]

    return stage(run, cond.in_avals, cond.name)


@memoised
def _running_lanes(body, cond, cond_consts):
    """A body that changes the carry of those lanes alone in which the condition holds."""
    body_consts = len(body.invars) - len(body.outvars)

    def run(*values):
        for_cond, values = values[:cond_consts], values[cond_consts:]
        carry = values[body_consts:]
        (running,) = interpret(cond, [*for_cond, *carry])
        new = interpret(body, values)
        return [choose(running, pair) for pair in zip(carry, new, strict=True)]

    return stage(run, [*cond.in_avals[:cond_consts], *body.in_avals], body.name)


@batch.rule(scan)
def _scan_batch(axis, operands, dims, *, body, num_consts, num_carry, **params):
    n = num_consts + num_carry
    xs = [x if d is None else move(x, d, 1) for x, d in zip(operands[n:], dims[n:], strict=True)]
    xs_dims = [None if d is None else 0 for d in dims[n:]]
    batched, ys = mask_of(dims[num_consts:n]), len(body.outvars) - num_carry
    while True:
        carry_dims = [0 if on else None for on in batched]
        all_dims = [*dims[:num_consts], *carry_dims, *xs_dims]
        made = batch_program(body, axis, all_dims, (*batched, *[False] * ys))
        found = mask_of(made.dims[:num_carry])
        if found == batched:
            break
        batched = either(batched, found)
    carry = [
        to_front(x, d, axis.size) if on else x
        for x, d, on in zip(operands[num_consts:n], dims[num_consts:n], batched, strict=True)
    ]
    outs = scan.bind(
        *operands[:num_consts], *carry, *xs,
        body=made.program, num_consts=num_consts, num_carry=num_carry, **params,
    )  # fmt: skip
    return outs, [*carry_dims, *[None if d is None else d + 1 for d in made.dims[num_carry:]]]


jvp.none(platform_index, "it has no operands")
batch.none(platform_index, "it has no operands")
