"""Lowerings of the spectral decompositions: kernels where a platform has them, or iterations.

Those are Jacobi's rotations for Hermitian matrices and singular values, QR iterations for others.
"""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.prims import spectral as sp
from hloom.frontend.prims.elementwise import complex
from hloom.frontend.prims.matrices import adjoint
from hloom.lowering import eig, factorizations, jacobi, schur
from hloom.lowering.kernels import INT, batch_of, kernel
from hloom.lowering.rules.linalg import by_kernels, nan_unless_done, or_empty
from hloom.lowering.table import rule


def _checked(ctx, values, info, avals):
    """Results with NaN where the kernel failed."""
    state = batch_of(ctx.ins[-1], dtype=INT)
    return [
        ctx.lower_fun(nan_unless_done, [v, info], [a, state])[0]
        for v, a in zip(values, avals, strict=True)
    ]


def _reduced(ctx, name, x, **options):
    """The results of a kernel that overwrites its one matrix, with NaN where it failed."""
    results = [*ctx.outs, batch_of(ctx.ins[0], dtype=INT)]
    *found, info = kernel(ctx, name, [x], ctx.ins, results, [(0, 0)], **options)
    return _checked(ctx, found, info, ctx.outs)


#: the triangle that is read, for LAPACK: `lower` -> its letter
_TRIANGLE = {True: "L", False: "U"}


# ---------------------------------------------------------------- Hermitian matrices
@by_kernels(sp.eigh, "cpu")
def _syevd(ctx, x, *, lower, rotate):
    if rotate:
        return _eigh(ctx, x, lower=lower, rotate=rotate)
    return _reduced(ctx, "syevd", x, mode="V", uplo=_TRIANGLE[lower])


@by_kernels(sp.eigh, "cuda")
def _syevd_on_cuda(ctx, x, *, lower, rotate):
    if rotate:
        return _eigh(ctx, x, lower=lower, rotate=rotate)
    # algorithm 0 lets the library choose
    return _reduced(ctx, "syevd", x, algorithm="\0", lower=lower)


@rule(sp.eigh)
def _eigh(ctx, x, *, lower, rotate):
    return ctx.lower_fun(jacobi.eigh, [x], ctx.ins, lower=lower)


@by_kernels(sp.tridiagonal, "cpu")
def _sytrd(ctx, x, *, lower):
    return _reduced(ctx, "sytrd", x, uplo=_TRIANGLE[lower])


@by_kernels(sp.tridiagonal, "cuda")
def _sytrd_on_cuda(ctx, x, *, lower):
    return _reduced(ctx, "sytrd", x, lower=lower)


@rule(sp.tridiagonal)
def _tridiagonal(ctx, x, *, lower):
    return ctx.lower_fun(factorizations.tridiagonal, [x], ctx.ins, lower=lower)


# ---------------------------------------------------------------- singular values
@by_kernels(sp.svd, "cpu")
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


@by_kernels(sp.svd, "cuda")
def _gesvd(ctx, x, *, full_matrices, compute_uv, algorithm):
    if algorithm is sp.SvdAlgorithm.JACOBI:
        return _svd(ctx, x, full_matrices=full_matrices, compute_uv=compute_uv, algorithm=algorithm)
    (aval,), outs = ctx.ins, ctx.outs
    *batch, m, n = aval.shape
    wide, high, k = m < n, max(m, n), min(m, n)
    if wide:  # cuSOLVER takes none that are wider than high
        (x,) = ctx.lower_fun(adjoint, [x], [aval])
        aval = aval.update(shape=(*batch, n, m))
    left, right = batch_of(aval, high, high if full_matrices else k), batch_of(aval, k, k)
    results = [aval, outs[compute_uv], left, right, batch_of(aval, dtype=INT)]
    # vectors are made in any case: which shapes they have if unwanted, no document says
    options = {"full_matrices": full_matrices, "compute_uv": True, "transposed": False}
    _, s, u, vt, info = kernel(ctx, "gesvd", [x], [aval], results, [(0, 0)], **options)
    if wide:
        (u,), (vt,) = ctx.lower_fun(adjoint, [vt], [right]), ctx.lower_fun(adjoint, [u], [left])
    return _checked(ctx, [u, s, vt] if compute_uv else [s], info, outs)


@rule(sp.svd)
def _svd(ctx, x, *, full_matrices, compute_uv, algorithm):
    params = {"full_matrices": full_matrices, "compute_uv": compute_uv}
    return ctx.lower_fun(jacobi.svd, [x], ctx.ins, **params)


# ---------------------------------------------------------------- general matrices
@by_kernels(sp.eig, "cpu")
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


@by_kernels(sp.schur, "cpu")
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


@by_kernels(sp.hessenberg, "cpu")
def _gehrd(ctx, x):
    return _reduced(ctx, "gehrd", x, low=1, high=ctx.ins[0].shape[-1])


@rule(sp.hessenberg)
def _hessenberg(ctx, x):
    return ctx.lower_fun(factorizations.hessenberg, [x], ctx.ins)


# ---------------------------------------------------------------- tridiagonal systems
@by_kernels(sp.tridiagonal_solve, "cpu")
def _gtsv(ctx, dl, d, du, b):
    results = [*ctx.ins, batch_of(ctx.outs[0], dtype=INT)]
    same = [(i, i) for i in range(4)]
    *_, x, info = kernel(ctx, "gtsv", [dl, d, du, b], ctx.ins, results, same)
    return _checked(ctx, [x], info, ctx.outs)


@rule(sp.tridiagonal_solve)
def _thomas(ctx, *operands):
    return ctx.lower_fun(factorizations.tridiagonal_solve, operands, ctx.ins)


or_empty(sp.eigh, sp.tridiagonal, sp.svd, sp.eig, sp.schur, sp.hessenberg, sp.tridiagonal_solve)
