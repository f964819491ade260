"""Modules for CUDA call cuSOLVER: run here with LAPACK's kernels of the same names in their place.

The two take the same operands and give the same results, so what surrounds the calls is tested:
layouts, adjoints, pivots, failures. What the kernels themselves do is seen on a GPU alone.
"""

import re

import numpy as np
import pytest
from jaxlib.mlir import ir

import hloom
from hloom import lax, numpy as jnp
from hloom.lowering.kernels import LIBRARIES

DTYPES = ["float32", "complex128"]
#: options of cuSOLVER's kernels -> those of LAPACK's, as text
OPTIONS = [
    (r"algorithm = 0 : ui8, lower = true", "mode = 86 : ui8, uplo = 76 : ui8"),
    (r"algorithm = 0 : ui8, lower = false", "mode = 86 : ui8, uplo = 85 : ui8"),
    (r"\{lower = true\}", "{uplo = 76 : ui8}"),
    (r"\{lower = false\}", "{uplo = 85 : ui8}"),
    (r"compute_uv = true, full_matrices = true, transposed = false", "mode = 65 : ui8"),
    (r"compute_uv = true, full_matrices = false, transposed = false", "mode = 83 : ui8"),
]


def by_lapack(f, x):
    """The results of `f`, lowered for CUDA, with its kernels replaced; and their names."""
    lowered = hloom.jit(f).trace(x).lower(platform="cuda")
    text = lowered.as_text()
    assert "lapack" not in text
    for found, instead in OPTIONS:
        text = re.sub(found, instead, text)
    _, target = LIBRARIES["cpu"]
    text = re.sub(r"cusolver_(\w+)_ffi", lambda m: target(m[1], np.dtype(x.dtype)), text)
    module = lowered.module
    names = set(re.findall(r"cusolver_(\w+)_ffi", lowered.as_text()))
    module.ir = ir.Module.parse(text, module.context.mlir)
    module.platform, module.libraries = "cpu", {"lapack"}
    return lowered.compile()(x), names


def hermitian(x):
    return x + jnp.conj(jnp.swapaxes(x, -1, -2))


PROGRAMS = {
    "lu": (lax.linalg.lu, {"getrf"}),
    "qr": (jnp.linalg.qr, {"geqrf", "orgqr"}),
    "qr_complete": (lambda x: jnp.linalg.qr(x, "complete"), {"geqrf", "orgqr"}),
    "geqrf": (lax.linalg.geqrf, {"geqrf"}),
    "svd": (lambda x: jnp.linalg.svd(x, full_matrices=False), {"gesvd"}),
    "svd_full": (jnp.linalg.svd, {"gesvd"}),
    "svdvals": (jnp.linalg.svdvals, {"gesvd"}),
}
SQUARE = {
    "solve": (lambda x: jnp.linalg.solve(x, x[..., :1]), {"getrf"}),
    "eigh": (lambda x: jnp.linalg.eigh(hermitian(x)), {"syevd"}),
    "eigh_upper": (lambda x: jnp.linalg.eigh(hermitian(x), "U"), {"syevd"}),
    "tridiagonal": (lambda x: lax.linalg.tridiagonal(hermitian(x)), {"sytrd"}),
    "tridiagonal_upper": (lambda x: lax.linalg.tridiagonal(hermitian(x), lower=False), {"sytrd"}),
}
CASES = [(name, shape) for name in PROGRAMS for shape in [(3, 3), (2, 4, 3), (2, 3, 4)]]
CASES += [(name, shape) for name in SQUARE for shape in [(3, 3), (2, 4, 4)]]


def sample(shape, dtype):
    rng = np.random.default_rng(3)
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if dtype[0] == "c" else x).astype(dtype)


def invariant(name, leaves):
    """What does not depend on the signs of vectors."""
    if name.startswith("svd") and len(leaves) == 3:
        u, s, vt = leaves
        k = s.shape[-1]
        return [s, (u[..., :k] * s[..., None, :]) @ vt[..., :k, :]]
    if name.startswith("eigh"):
        values, v = leaves
        return [values, (v * values[..., None, :]) @ np.conj(np.swapaxes(v, -1, -2))]
    return leaves


@pytest.mark.skipif(hloom.default_backend() != "cpu", reason="LAPACK is on the CPU alone")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "shape"), CASES, ids=str)
def test_what_surrounds_the_kernels(name, shape, dtype):
    f, kernels = (PROGRAMS | SQUARE)[name]
    with hloom.enable_x64():
        x = jnp.asarray(sample(shape, dtype))
        found, names = by_lapack(f, x)
        wanted = hloom.jit(f)(x)
    assert names == kernels
    found, wanted = ([np.asarray(y) for y in hloom.tree.leaves(t)] for t in (found, wanted))
    eps = np.finfo(dtype).eps
    for a, b in zip(invariant(name, found), invariant(name, wanted), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, rtol=200 * eps, atol=200 * eps)


def test_what_cusolver_lacks_is_done_by_loops():
    programs = [
        lambda x: lax.linalg.qr(x, pivoting=True),
        lambda x: lax.linalg.eig(x),
        lambda x: lax.linalg.schur(x),
        lambda x: lax.linalg.hessenberg(x),
        lambda x: lax.linalg.svd(x, algorithm=lax.linalg.SvdAlgorithm.JACOBI),
    ]
    x = hloom.ShapeDtypeStruct((3, 3), "float32")
    for f in programs:
        text = hloom.jit(f).trace(x).lower(platform="cuda").as_text()
        assert "custom_call" not in text
        assert "stablehlo.while" in text


def test_kernels_that_are_not_installed():
    from hloom.runtime import plugins

    if plugins.available():
        pytest.skip("the plugin is installed")
    with pytest.raises(hloom.errors.BackendError, match="pip install jax-cuda13-pjrt"):
        plugins.register("cusolver")
