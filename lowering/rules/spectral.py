"""Lowerings of the spectral decompositions: LAPACK on CPU, elsewhere iterations of our own.

Those are Jacobi's rotations for Hermitian matrices and singular values, QR iterations for others.
"""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims import spectral as sp
from hloom.frontend.prims.elementwise import complex
from hloom.lowering import eig, factorizations, jacobi, schur
from hloom.lowering.lapack import INT, batch_of, kernel
from hloom.lowering.rules.linalg import nan_unless_done, on_cpu, or_empty
from hloom.lowering.table import rule


def _checked(ctx, values, info, avals):
    """Results with NaN where the kernel failed."""
    state = batch_of(ctx.ins[-1], dtype=INT)
    return [
        ctx.lower_fun(nan_unless_done, [v, info], [a, state])[0]
        for v, a in zip(values, avals, strict=True)
    ]


# ---------------------------------------------------------------- Hermitian matrices
@on_cpu(sp.eigh)
def _syevd(ctx, x, *, lower, rotate):
    if rotate:
        return _eigh(ctx, x, lower=lower, rotate=rotate)
    (aval,), outs = ctx.ins, ctx.outs
    results = [*outs, batch_of(aval, dtype=INT)]
    *found, info = kernel(
        ctx, "syevd", [x], [aval], results, [(0, 0)], mode="V", uplo="L" if lower else "U"
    )
    return _checked(ctx, found, info, outs)


@rule(sp.eigh)
def _eigh(ctx, x, *, lower, rotate):
    return ctx.lower_fun(jacobi.eigh, [x], ctx.ins, lower=lower)


@on_cpu(sp.tridiagonal)
def _sytrd(ctx, x, *, lower):
    outs = [*ctx.outs, batch_of(ctx.ins[0], dtype=INT)]
    uplo = "L" if lower else "U"
    *found, info = kernel(ctx, "sytrd", [x], ctx.ins, outs, [(0, 0)], uplo=uplo)
    return _checked(ctx, found, info, ctx.outs)


@rule(sp.tridiagonal)
def _tridiagonal(ctx, x, *, lower):
    return ctx.lower_fun(factorizations.tridiagonal, [x], ctx.ins, lower=lower)


# ---------------------------------------------------------------- singular values
@on_cpu(sp.svd)
def _gesdd(ctx, x, *, full_matrices, compute_uv, algorithm):
    if algorithm is sp.SvdAlgorithm.JACOBI:
        return _svd(ctx, x, full_matrices=full_matrices, compute_uv=compute_uv, algorithm=algorithm)
    (aval,), outs = ctx.ins, ctx.outs
    one = batch_of(aval, 1, 1)
    u, s, vt = outs if compute_uv else (one, *outs, one)
    results = [aval, s, u, vt, batch_of(aval, dtype=INT)]
    name = "gesvd" if algorithm is sp.SvdAlgorithm.QR else "gesdd"
    mode = ("A" if full_matrices else "S") if compute_uv else "N"
    _, values, left, right, info = kernel(ctx, name, [x], [aval], results, [(0, 0)], mode=mode)
    return _checked(ctx, [left, values, right] if compute_uv else [values], info, outs)


@rule(sp.svd)
def _svd(ctx, x, *, full_matrices, compute_uv, algorithm):
    params = {"full_matrices": full_matrices, "compute_uv": compute_uv}
    return ctx.lower_fun(jacobi.svd, [x], ctx.ins, **params)


# ---------------------------------------------------------------- general matrices
@on_cpu(sp.eig)
def _geev(ctx, x, *, left, right):
    (aval,), (values, *_) = ctx.ins, ctx.outs
    vectors = ShapedArray(aval.shape, values.dtype)
    info = batch_of(aval, dtype=INT)
    real = dtypes.is_float(aval.dtype)
    part = values.update(dtype=aval.dtype)
    parts = [part, part] if real else [values]
    options = {"compute_left": "V" if left else "N", "compute_right": "V" if right else "N"}
    *found, ul, ur, state = kernel(
        ctx, "geev", [x], [aval], [*parts, vectors, vectors, info], [], **options
    )
    if real:
        found = ctx.lower_fun(complex, found, parts)
    wanted = [*found, *[ul] * left, *[ur] * right]
    return _checked(ctx, wanted, state, ctx.outs)


@rule(sp.eig)
def _eig(ctx, x, *, left, right):
    return ctx.lower_fun(eig.eig, [x], ctx.ins, left=left, right=right)


@on_cpu(sp.schur)
def _gees(ctx, x, *, vectors):
    (aval,), outs = ctx.ins, ctx.outs
    values, info = batch_of(aval, aval.shape[-1]), batch_of(aval, dtype=INT)
    parts = [values, values] if dtypes.is_float(aval.dtype) else [values]
    options = {"mode": "V" if vectors else "N", "sort": "N"}
    form, basis, *_, state = kernel(
        ctx, "gees", [x], [aval], [aval, aval, *parts, info, info], [(0, 0)], **options
    )
    return _checked(ctx, [form, basis][: len(outs)], state, outs)


@rule(sp.schur)
def _schur(ctx, x, *, vectors):
    return ctx.lower_fun(schur.schur, [x], ctx.ins, vectors=vectors)


@on_cpu(sp.hessenberg)
def _gehrd(ctx, x):
    (aval,), outs = ctx.ins, ctx.outs
    results = [*outs, batch_of(aval, dtype=INT)]
    high = aval.shape[-1]
    *found, info = kernel(ctx, "gehrd", [x], [aval], results, [(0, 0)], low=1, high=high)
    return _checked(ctx, found, info, outs)


@rule(sp.hessenberg)
def _hessenberg(ctx, x):
    return ctx.lower_fun(factorizations.hessenberg, [x], ctx.ins)


# ---------------------------------------------------------------- tridiagonal systems
@on_cpu(sp.tridiagonal_solve)
def _gtsv(ctx, dl, d, du, b):
    results = [*ctx.ins, batch_of(ctx.outs[0], dtype=INT)]
    same = [(i, i) for i in range(4)]
    *_, x, info = kernel(ctx, "gtsv", [dl, d, du, b], ctx.ins, results, same)
    return _checked(ctx, [x], info, ctx.outs)


@rule(sp.tridiagonal_solve)
def _thomas(ctx, *operands):
    return ctx.lower_fun(factorizations.tridiagonal_solve, operands, ctx.ins)


or_empty(sp.eigh, sp.tridiagonal, sp.svd, sp.eig, sp.schur, sp.hessenberg, sp.tridiagonal_solve)
