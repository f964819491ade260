"""Rules of `linear_solve`: from A x = b follows A dx = db - dA x, and Aᵀ b' = x' for cotangents."""

from hloom.frontend.errors import RuleError
from hloom.frontend.prims.calls import jit
from hloom.frontend.prims.elementwise import neg, sub
from hloom.frontend.prims.implicit import linear_solve
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import to_front
from hloom.transforms.programs import batch_program, jvp_program
from hloom.transforms.rules.control import mask_of, present
from hloom.transforms.transpose import is_linear
from hloom.transforms.zeros import instantiate, unpack, zeros


@jvp.rule(linear_solve)
def _jvp(primals, tangents, *, num_consts, matvec, **params):
    params = {"num_consts": num_consts, "matvec": matvec, **params}
    outs = linear_solve.bind(*primals, **params)
    consts, b, n = primals[:num_consts], primals[num_consts:], len(primals) - num_consts
    moved = _moved(matvec, consts, tangents[:num_consts], outs[:n])
    right = [_minus(db, m) for db, m in zip(tangents[num_consts:], moved, strict=True)]
    if not present(right):
        return outs, [None] * len(outs)
    full = [instantiate(r, x) for r, x in zip(right, b, strict=True)]
    found = linear_solve.bind(*consts, *full, **params)
    return outs, [*found[:n], *[None] * (len(outs) - n)]


def _moved(matvec, consts, tangents, x):
    """dA x: how the product changes with the operands of the system."""
    active = (*mask_of(tangents), *[False] * len(x))
    found = jvp_program(matvec, active)
    if not any(found.nonzero):
        return [None] * len(x)
    outs = jit.bind(*consts, *x, *present(tangents), program=found.program)
    return unpack(outs[len(x) :], found.nonzero)


def _minus(a, b):
    return a if b is None else neg(b) if a is None else sub(a, b)


@transpose.rule(linear_solve)
def _transpose(cts, *operands, num_consts, matvec, vecmat, solve, transpose_solve):
    if transpose_solve is None:
        raise RuleError(
            "custom_linear_solve: reverse mode solves the transposed system",
            "transpose_solve was not given",
            "pass transpose_solve, or symmetric=True if the system is",
        )
    consts, b = operands[:num_consts], operands[num_consts:]
    full = [zeros(x.aval) if ct is None else ct for ct, x in zip(cts, b)]
    turned = {
        "matvec": vecmat,
        "vecmat": matvec,
        "solve": transpose_solve,
        "transpose_solve": solve,
    }
    found = linear_solve.bind(*consts, *full, num_consts=num_consts, **turned)
    return [*[None] * num_consts, *[ct if is_linear(x) else None for ct, x in zip(found, b)]]


@batch.rule(linear_solve)
def _batch(axis, operands, dims, *, num_consts, **programs):
    b = [
        to_front(x, d, axis.size)
        for x, d in zip(operands[num_consts:], dims[num_consts:], strict=True)
    ]
    all_dims = [*dims[:num_consts], *[0] * len(b)]
    made = {
        name: p and batch_program(p, axis, all_dims, (True,) * len(p.outvars)).program
        for name, p in programs.items()
    }
    outs = linear_solve.bind(*operands[:num_consts], *b, num_consts=num_consts, **made)
    return outs, [0] * len(outs)
