"""Lowerings of the factorizations: kernels on CPU and CUDA, StableHLO or loops elsewhere.

StableHLO has cholesky and triangular_solve, which XLA knows on every platform. The portable target
does without them, and everything is done by loops there (see lowering/factorizations.py).
"""

from jaxlib.mlir import ir

from hloom.frontend.families import typed_literal
from hloom.frontend.prims import linalg as la
from hloom.frontend.prims.elementwise import conj, eq, select, sub
from hloom.frontend.prims.matrices import lower_part, upper_part
from hloom.frontend.prims.structural import broadcast_in_dim, pad, slice_in_dim
from hloom.frontend.trace import aval_of
from hloom.lowering import factorizations as loops
from hloom.lowering.dialects import stablehlo
from hloom.lowering.kernels import INT, batch_of, kernel
from hloom.lowering.table import platform_rules, rule, rules


def by_kernels(primitive, *platforms):
    """Register a lowering to kernels of platforms, which the portable target does not take."""

    def register(function):
        def choose(ctx, *operands, **params):
            portable = ctx.module.target == "portable"
            chosen = rules[primitive] if portable or 0 in ctx.ins[0].shape else function
            return chosen(ctx, *operands, **params)

        for platform in platforms:
            platform_rules[primitive, platform] = choose
        return function

    return register


def or_empty(*primitives):
    """Let the plain rules of primitives give empty results without an algorithm."""
    for primitive in primitives:
        rules[primitive] = _unless_empty(rules[primitive])


def _unless_empty(function):
    def emit(ctx, *operands, **params):
        if all(out.size == 0 for out in ctx.outs):
            return [ctx.scalar(0, out.dtype, out.shape) for out in ctx.outs]
        return function(ctx, *operands, **params)

    return emit


def nan_unless_done(x, info):
    """Matrices, or vectors, with NaN in place of those whose kernel gave another `info` than 0."""
    shape = aval_of(x).shape
    done = eq(info, typed_literal(0, INT))
    done = broadcast_in_dim(done, shape, range(len(aval_of(info).shape)))
    return select(done, x, typed_literal(float("nan"), aval_of(x).dtype))


# ---------------------------------------------------------------- cholesky
def _finished_cholesky(factor, info):
    return lower_part(nan_unless_done(factor, info))


@by_kernels(la.cholesky, "cpu")
def _potrf(ctx, x):
    aval = ctx.ins[0]
    info = batch_of(aval, dtype=INT)
    found = kernel(ctx, "potrf", [x], [aval], [aval, info], [(0, 0)], uplo="L")
    return ctx.lower_fun(_finished_cholesky, found, [aval, info])


@rule(la.cholesky)
def _cholesky(ctx, x):
    if ctx.module.target == "portable":
        return ctx.lower_fun(loops.cholesky, [x], ctx.ins)
    found = ctx.op("stablehlo.cholesky", [x], {"lower": ctx.attribute(ir.BoolAttr.get, True)})
    return ctx.lower_fun(lower_part, found, ctx.ins)


# ---------------------------------------------------------------- triangular_solve
@by_kernels(la.triangular_solve, "cpu")
def _trsm(ctx, a, b, *, left_side, lower, transpose_a, conjugate_a, unit_diagonal):
    if conjugate_a and not transpose_a:
        (a,) = ctx.lower_fun(conj, [a], ctx.ins[:1])
    options = {
        "side": "L" if left_side else "R",
        "uplo": "L" if lower else "U",
        "trans_x": ("C" if conjugate_a else "T") if transpose_a else "N",
        "diag": "U" if unit_diagonal else "N",
    }
    return kernel(ctx, "trsm", [a, b], ctx.ins, ctx.outs, [(1, 0)], **options)


@rule(la.triangular_solve)
def _triangular_solve(ctx, a, b, **params):
    if ctx.module.target == "portable":
        return ctx.lower_fun(loops.triangular_solve, [a, b], ctx.ins, **params)
    conjugate = params["conjugate_a"]
    if conjugate and not params["transpose_a"]:
        (a,) = ctx.lower_fun(conj, [a], ctx.ins[:1])
    name = ("ADJOINT" if conjugate else "TRANSPOSE") if params["transpose_a"] else "NO_TRANSPOSE"
    flags = "left_side", "lower", "unit_diagonal"
    attributes = {
        **{k: ctx.attribute(ir.BoolAttr.get, params[k]) for k in flags},
        "transpose_a": ctx.enum(stablehlo.TransposeAttr.get, name),
    }
    return ctx.op("stablehlo.triangular_solve", [a, b], attributes)


# ---------------------------------------------------------------- lu
def _finished_lu(packed, pivots, *, rows):
    pivots = sub(pivots, typed_literal(1, INT))
    return packed, pivots, loops.permutation_of(pivots, rows)


@by_kernels(la.lu, "cpu", "cuda")
def _getrf(ctx, x):
    aval, pivots = ctx.ins[0], ctx.outs[1]
    info = batch_of(aval, dtype=INT)
    packed, found, _ = kernel(ctx, "getrf", [x], [aval], [aval, pivots, info], [(0, 0)])
    return ctx.lower_fun(_finished_lu, [packed, found], [aval, pivots], rows=aval.shape[-2])


@rule(la.lu)
def _lu(ctx, x):
    return ctx.lower_fun(loops.lu, [x], ctx.ins)


# ---------------------------------------------------------------- qr
def _reflectors(packed, *, columns):
    """The reflectors below the diagonal, in as many columns as Q has."""
    extra = columns - aval_of(packed).shape[-1]
    config = [(0, 0, 0)] * (aval_of(packed).ndim - 1) + [(0, extra, 0)]
    return pad(packed, typed_literal(0, aval_of(packed).dtype), config) if extra else packed


def _upper_rows(packed, *, rows):
    return upper_part(slice_in_dim(packed, 0, rows, axis=aval_of(packed).ndim - 2))


def _from_zero(places):
    return sub(places, typed_literal(1, INT))


@by_kernels(la.qr, "cpu", "cuda")
def _geqrf(ctx, x, *, pivoting, full_matrices):
    if pivoting and ctx.module.platform == "cuda":  # cuSOLVER does not pivot
        return _qr(ctx, x, pivoting=pivoting, full_matrices=full_matrices)
    aval, (q, r, *rest) = ctx.ins[0], ctx.outs
    taus = batch_of(aval, min(aval.shape[-2:]))
    if pivoting:
        places = rest[0]
        none = ctx.scalar(0, INT, places.shape)
        ins, outs = [aval, places], [aval, places, taus]
        packed, order, scales = kernel(ctx, "geqp3", [x, none], ins, outs, [(0, 0), (1, 1)])
        rest = ctx.lower_fun(_from_zero, [order], [places])
    else:
        packed, scales = kernel(ctx, "geqrf", [x], [aval], [aval, taus], [(0, 0)])
    (vectors,) = ctx.lower_fun(_reflectors, [packed], [aval], columns=q.shape[-1])
    (found,) = kernel(ctx, "orgqr", [vectors, scales], [q, taus], [q], [(0, 0)])
    return [found, *ctx.lower_fun(_upper_rows, [packed], [aval], rows=r.shape[-2]), *rest]


@rule(la.qr)
def _qr(ctx, x, **params):
    return ctx.lower_fun(loops.qr, [x], ctx.ins, **params)


@by_kernels(la.geqrf, "cpu", "cuda")
def _packed_qr(ctx, x):
    return kernel(ctx, "geqrf", [x], ctx.ins, ctx.outs, [(0, 0)])


@rule(la.geqrf)
def _packed_loop(ctx, x):
    return ctx.lower_fun(loops.geqrf, [x], ctx.ins)


@by_kernels(la.householder_product, "cpu", "cuda")
def _orgqr(ctx, a, taus):
    return kernel(ctx, "orgqr", [a, taus], ctx.ins, ctx.outs, [(0, 0)])


@rule(la.householder_product)
def _householder(ctx, a, taus):
    return ctx.lower_fun(la.reflected_columns, [a, taus], ctx.ins)


or_empty(la.cholesky, la.triangular_solve, la.lu, la.qr, la.geqrf, la.householder_product)
