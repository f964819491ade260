"""Control flow: primitives whose parameters are the Programs they run, choose among, or repeat.

Programs close over no tracers: what a body needs from around is among the leading operands.

    cond        index, *operands                       branches: each takes the operands
    while_loop  *cond_consts, *body_consts, *carry     cond(cond_consts, carry) -> bool[]
                                                       body(body_consts, carry) -> carry
    scan        *consts, *carry, *xs                   body(consts, carry, x) -> (carry, y)

`xs` and `ys` of a scan have a leading axis of `length`; the body sees one element of it.
"""

from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ProgramError
from hloom.frontend.primitive import Calling, Primitive


def _require(name, what, expected, found):
    if [(a.shape, a.dtype) for a in expected] != [(a.shape, a.dtype) for a in found]:
        raise ProgramError(f"{name}: {what} should be {list(expected)}, found {list(found)}")


def _cond_type(index, *operands, branches):
    for branch in branches:
        _require("cond", "the operands", branch.in_avals, operands)
        _require("cond", "results of a branch", branches[0].out_avals, branch.out_avals)
    avals = zip(*(b.out_avals for b in branches), strict=True)
    return tuple([a[0] if len(set(a)) == 1 else a[0].strip_weak_type() for a in avals])


cond = Calling("cond", _cond_type, doc="Run one of several programs on the operands, by an index.")


def _while_type(*operands, cond, body, cond_consts, body_consts):
    n = cond_consts + body_consts
    carry = operands[n:]
    _require("while_loop", "operands", cond.in_avals, operands[:cond_consts] + carry)
    _require("while_loop", "operands", body.in_avals, operands[cond_consts:])
    _require("while_loop", "the new carry", carry, body.out_avals)
    return tuple(body.in_avals[body_consts:])


while_loop = Calling(
    "while_loop", _while_type, doc="Run a body on a carry as long as a condition holds of it."
)


def _scan_type(*operands, body, num_consts, num_carry, length, reverse, unroll):
    n = num_consts + num_carry
    _require("scan", "consts and carry", body.in_avals[:n], operands[:n])
    _require("scan", "xs", [stacked(a, length) for a in body.in_avals[n:]], operands[n:])
    outs = body.out_avals
    carry = body.in_avals[num_consts:n]
    _require("scan", "the new carry", carry, outs[:num_carry])
    return (*carry, *[stacked(y, length) for y in outs[num_carry:]])


scan = Calling("scan", _scan_type, doc="Run a body on a carry and each element of arrays in turn.")


def _platform_index_type(*, platforms):
    return ShapedArray((), "int32")


platform_index = Primitive(
    "platform_index",
    _platform_index_type,
    doc="The position of the platform that is compiled for in `platforms`, or their number.",
)


def stacked(aval, length):
    """The aval of `length` values of `aval` along a new leading axis."""
    return aval.update(shape=(length, *aval.shape))
