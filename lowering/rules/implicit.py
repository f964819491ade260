"""Lowering of `linear_solve`: its solver."""

from hloom.frontend.prims.implicit import linear_solve
from hloom.lowering.table import rule


@rule(linear_solve)
def _solve(ctx, *operands, num_consts, matvec, vecmat, solve, transpose_solve):
    return ctx.inline(solve, operands)
