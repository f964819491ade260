"""Kernels through XLA's FFI: one of LAPACK, from the runtime's wheel, and one compiled here."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.errors import RuleError
from hloom.ffi import ffi_call, include_dir, pycapsule, register_ffi_target

X = np.arange(6, dtype=np.float32).reshape(2, 3)
SOURCE = r"""
#include <cstdint>
#include <string_view>
#include "xla/ffi/api/ffi.h"
namespace ffi = xla::ffi;
static int64_t calls = 0;

ffi::Error Scale(float by, int64_t plus, bool twice, std::string_view word,
                 ffi::Span<const int64_t> more, ffi::Buffer<ffi::F32> x,
                 ffi::ResultBuffer<ffi::F32> y) {
  if (word == "refuse") return ffi::Error::InvalidArgument("refused by the kernel");
  for (size_t i = 0; i < x.element_count(); ++i)
    y->typed_data()[i] = (twice ? 2 : 1) * (x.typed_data()[i] * by + plus) + more.size();
  ++calls;
  return ffi::Error::Success();
}
XLA_FFI_DEFINE_HANDLER_SYMBOL(
    ScaleHandler, Scale,
    ffi::Ffi::Bind().Attr<float>("by").Attr<int64_t>("plus").Attr<bool>("twice")
        .Attr<std::string_view>("word").Attr<ffi::Span<const int64_t>>("more")
        .Arg<ffi::Buffer<ffi::F32>>().Ret<ffi::Buffer<ffi::F32>>());
extern "C" int64_t count() { return calls; }
"""
STATIC = {"by": np.float32(3), "plus": 1, "twice": False, "word": "", "more": (7, 8)}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    compiler = shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.skip("there is no C++ compiler")
    folder = tmp_path_factory.mktemp("kernel")
    (folder / "scale.cc").write_text(SOURCE)
    made = folder / "libscale.so"
    flags = ["-std=c++17", "-O0", "-shared", "-fPIC", "-w", f"-I{include_dir()}"]
    subprocess.run([compiler, *flags, str(folder / "scale.cc"), "-o", str(made)], check=True)
    found = ctypes.CDLL(str(made))
    found.count.restype = ctypes.c_int64
    register_ffi_target("hloom_test_scale", pycapsule(found.ScaleHandler), platform="cpu")
    return found


def scale(x, vmap_method=None, has_side_effect=False, **static):
    options = {"vmap_method": vmap_method, "has_side_effect": has_side_effect}
    spec = hloom.ShapeDtypeStruct(x.shape, x.dtype)
    return ffi_call("hloom_test_scale", spec, **options)(x, **STATIC | static)


@pytest.mark.parametrize("way", [lambda f: f, hloom.jit], ids=["eager", "jit"])
def test_a_compiled_kernel(library, way):
    np.testing.assert_array_equal(way(scale)(X), 3 * X + 3)
    found = way(lambda x: scale(x, twice=True, plus=2**40, more=[0]))(X)
    np.testing.assert_array_equal(found, 2 * (3 * X + 2.0**40) + 1)
    with pytest.raises(RuntimeError, match="refused by the kernel"):
        way(lambda x: scale(x, word="refuse"))(X)
    with pytest.raises(
        RuntimeError, match="expected F32 but got F64"
    ):  # a float64 where a float32 is wanted
        way(lambda x: scale(x, by=3.0))(X)


@pytest.mark.parametrize("method", ["sequential", "expand_dims", "broadcast_all"])
def test_vmap(library, method):
    found = hloom.jit(hloom.vmap(lambda x: scale(x, method), 1, 1))(X)
    np.testing.assert_array_equal(found, 3 * X + 3)
    with pytest.raises(RuleError, match="vmap_method is None"):
        hloom.vmap(scale)(X)


def test_side_effects_stay(library):
    before = library.count()
    hloom.jit(lambda x: (scale(x), x)[1])(X)
    assert library.count() == before
    hloom.jit(lambda x: (scale(x, has_side_effect=True), x)[1])(X)
    assert library.count() == before + 1


def test_a_derivative_is_stated(library):
    with pytest.raises(RuleError, match="a kernel without a derivative"):
        hloom.grad(lambda x: jnp.sum(scale(x)))(X)
    f = hloom.custom_jvp(lambda x: scale(x))
    f.defjvps(lambda t, y, x: 3 * t)
    np.testing.assert_array_equal(hloom.grad(lambda x: jnp.sum(f(x)))(X), np.full_like(X, 3))


def test_a_kernel_of_the_wheel_with_layouts_and_aliases():
    from jaxlib import lapack
    from jaxlib.cpu import _lapack

    _lapack.initialize()
    kernels = {name: kernel for name, kernel, _ in lapack.registrations()["cpu"]}
    register_ffi_target("hloom_test_potrf", kernels["lapack_spotrf_ffi"], platform="cpu")
    a = np.array([[4, 2, 0], [2, 5, 3], [0, 3, 6]], np.float32)
    out = hloom.ShapeDtypeStruct(a.shape, a.dtype), hloom.ShapeDtypeStruct((), "int32")
    potrf = ffi_call(
        "hloom_test_potrf",
        out,
        input_layouts=[(1, 0)],
        output_layouts=[(1, 0), None],
        input_output_aliases={0: 0},
        vmap_method="sequential",
    )
    f = lambda a: potrf(a, uplo=np.uint8(ord("L")))
    lower, info = hloom.jit(f)(a)
    assert int(info) == 0
    np.testing.assert_allclose(np.tril(lower), np.linalg.cholesky(a), rtol=1e-6)
    both, _ = hloom.vmap(f)(np.stack([a, 4 * a]))
    np.testing.assert_allclose(np.tril(both[1]), 2 * np.linalg.cholesky(a), rtol=1e-6)


def test_what_cannot_be_passed_or_exported(library):
    with pytest.raises(TypeError, match="the attribute more is a number"):
        scale(X, more=object())
    with pytest.raises(TypeError, match="choose among"):
        scale(X, "parallel")
    with pytest.raises(RuleError, match="is a kernel of some platforms"):
        hloom.export.export(hloom.jit(scale))(X)
    options = {"platforms": ("cpu",), "allow_custom_calls": ("hloom_test_scale",)}
    exported = hloom.export.export(hloom.jit(scale), **options)(X)
    again = hloom.export.deserialize(exported.serialize())
    np.testing.assert_array_equal(again.call(X), 3 * X + 3)
