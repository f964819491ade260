"""IREE compiles what hloom exports and computes the same numbers."""

import importlib.util
import stat
import sys

import ml_dtypes
import numpy as np
import pytest

import fresh
from hloom.frontend.errors import IreeError
from hloom.lowering.context import context
from hloom.runtime import artifact, iree

HAS_IREE = importlib.util.find_spec("iree") is not None and all(
    importlib.util.find_spec(f"iree.{part}") for part in ("compiler", "runtime")
)
needs_iree = pytest.mark.skipif(not HAS_IREE, reason="iree-base-compiler is not installed")

MLP = """
func.func public @main(%x: tensor<8x16xf32>, %w: tensor<16x4xf32>, %b: tensor<4xf32>)
    -> (tensor<8x4xf32>, tensor<8xf32>) {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0]
    : (tensor<8x16xf32>, tensor<16x4xf32>) -> tensor<8x4xf32>
  %1 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<4xf32>) -> tensor<8x4xf32>
  %2 = stablehlo.add %0, %1 : tensor<8x4xf32>
  %3 = stablehlo.tanh %2 : tensor<8x4xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %4 = stablehlo.reduce(%3 init: %zero) applies stablehlo.add across dimensions = [1]
    : (tensor<8x4xf32>, tensor<f32>) -> tensor<8xf32>
  return %3, %4 : tensor<8x4xf32>, tensor<8xf32>
}
"""
IDENTITY_SUM = """
func.func public @main(%x: tensor<{type}>) -> (tensor<{type}>, tensor<{type}>) {{
  %0 = stablehlo.{add} %x, %x : tensor<{type}>
  return %0, %x : tensor<{type}>, tensor<{type}>
}}
"""
CHOLESKY = """
func.func public @main(%x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %0 = stablehlo.cholesky %x : tensor<3x3xf32>
  return %0 : tensor<3x3xf32>
}
"""


def doubled(kind, shape="3x4", add="add"):
    return IDENTITY_SUM.format(type=f"{shape}x{kind}" if shape else kind, add=add)


def pack(text, inputs, outputs):
    manifest = {
        "hloom": "0.1.0",
        "inputs": [{"shape": s, "dtype": d, "weak": False} for s, d in inputs],
        "outputs": [{"shape": s, "dtype": d, "weak": False} for s, d in outputs],
        "in_tree": None,
        "out_tree": None,
        "platforms": ["cpu"],
    }
    return artifact.pack(artifact.ir.Module.parse(text, context().mlir), manifest)


def mlp_operands():
    draw = np.random.default_rng(0)
    return [draw.normal(size=s).astype(np.float32) for s in ((8, 16), (16, 4), (4,))]


def refusal(function, /, *arguments, **keywords):
    with pytest.raises(IreeError) as caught:
        function(*arguments, **keywords)
    return [line.strip() for line in str(caught.value).splitlines() if " at " not in line]


@needs_iree
@pytest.mark.parametrize("target", ["cpu", "vmvx"])
def test_an_artifact_runs_as_numpy_says(target):
    kinds = [[8, 16], [16, 4], [4]], [[8, 4], [8]]
    data = pack(MLP, *([(shape, "float32") for shape in part] for part in kinds))
    run = iree.Runner(iree.compile(data, target))
    x, w, b = mlp_operands()
    hidden, total = run(x, w, b)
    expected = np.tanh(x.astype(np.float64) @ w + b)
    np.testing.assert_allclose(hidden, expected, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(total, expected.sum(axis=1), rtol=2e-5, atol=1e-5)
    np.testing.assert_array_equal(run(x, w, b)[0], hidden)


#: element type -> dtype; the values 0 to 11, doubled where that is exact
KINDS = {
    "i1": "bool",
    **{f"i{bits}": f"int{bits}" for bits in (4, 8, 16, 32, 64)},
    **{f"ui{bits}": f"uint{bits}" for bits in (4, 8, 16, 32, 64)},
    **{f"f{bits}": f"float{bits}" for bits in (16, 32, 64)},
    "bf16": "bfloat16",
    "f8E4M3FN": "float8_e4m3fn",
    "f8E4M3FNUZ": "float8_e4m3fnuz",
    "f8E5M2": "float8_e5m2",
    "f8E5M2FNUZ": "float8_e5m2fnuz",
    "complex<f32>": "complex64",
    "complex<f64>": "complex128",
}


@needs_iree
@pytest.mark.parametrize("kind", KINDS)
def test_dtypes_go_in_and_come_out_unchanged(kind):
    dtype = np.dtype(getattr(ml_dtypes, KINDS[kind], KINDS[kind]))
    is_bool = dtype == np.bool_
    run = iree.Runner(iree.compile(doubled(kind, add="or" if is_bool else "add")))
    x = np.arange(12).reshape(3, 4).astype(dtype)
    for operand in (x, x[::-1], np.asfortranarray(x)):
        twice, same = run(operand)
        assert twice.dtype == same.dtype == dtype
        np.testing.assert_array_equal(same, operand)
        np.testing.assert_array_equal(twice, operand | operand if is_bool else operand + operand)


@needs_iree
def test_integers_of_4_bits_compile_for_processors_without_masks():
    avx2 = {"llvmcpu_target_cpu": "haswell"}
    assert len(iree.compile(doubled("i4"), **avx2)) > 1000
    with pytest.raises(IreeError, match="maskedload"):
        iree.compile(doubled("i4"), **avx2, llvmcpu_vector_pproc_strategy="mask")


@needs_iree
def test_float64_keeps_its_precision():
    text = doubled("f64", shape="")
    (twice, _) = iree.Runner(iree.compile(text))(np.float64(1 + 2**-40))
    assert twice.shape == ()
    assert twice == 2 * (1 + 2**-40)
    demoted = iree.compile(text, input_demote_f64_to_f32=True)
    (twice, _) = iree.Runner(demoted)(np.float32(1))
    assert twice.dtype == np.float32


@needs_iree
def test_results_own_their_memory():
    run = iree.Runner(iree.compile(doubled("f32")))
    first = run(np.ones((3, 4), np.float32))[0]
    run(np.zeros((3, 4), np.float32))
    first += 1
    np.testing.assert_array_equal(first, np.full((3, 4), 3, np.float32))


@needs_iree
def test_empty_arrays():
    (twice, same) = iree.Runner(iree.compile(doubled("f32", "0x4")))(np.ones((0, 4), np.float32))
    assert twice.shape == same.shape == (0, 4)


# Errors.


@needs_iree
def test_an_operation_that_iree_lacks():
    lines = refusal(iree.compile, CHOLESKY)
    assert lines[0] == "iree.compile: for cpu"
    assert lines[1].startswith("failed to legalize operation 'stablehlo.cholesky'")
    assert lines[-1] == "lower for the portable target, which says it in basic operations"


@needs_iree
def test_the_error_names_the_users_line():
    located = CHOLESKY.replace(" : tensor<3x3xf32>\n  r", ' : tensor<3x3xf32> loc("m.py":7:3)\n  r')
    data = pack(located, [([3, 3], "float32")], [([3, 3], "float32")])
    assert "(m.py:7:3)" in refusal(iree.compile, data)[1]


@needs_iree
@pytest.mark.parametrize("data", [b"", b"nonsense", b"ML\xefR\x0dStableHLO_v1.0.0\0\xff\xff"])
def test_input_that_is_no_module(data):
    assert refusal(iree.compile, data)[0] == "iree.compile: for cpu"


@needs_iree
def test_damaged_input_ends_in_an_error_whatever_it_does_to_the_compiler():
    data = bytearray(pack(CHOLESKY, [([3, 3], "float32")], [([3, 3], "float32")]))
    for position in range(30, len(data) - 1, len(data) // 8):
        damaged = bytes(data[:position]) + b"\xff\xff" + bytes(data[position + 2 :])
        refusal(iree.compile, damaged)


@needs_iree
def test_a_compiler_that_crashes(tmp_path, monkeypatch):
    tool = tmp_path / "iree-compile"
    tool.write_text("#!/bin/sh\nkill -SEGV $$\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("IREE_TOOL_PATH", str(tmp_path))
    lines = refusal(iree.compile, CHOLESKY)
    assert lines[1] == "iree-compile ended with code -11"


@needs_iree
def test_targets_are_known():
    assert refusal(iree.compile, CHOLESKY, "abacus") == [
        "iree.compile: target 'abacus'",
        f"the targets are {', '.join(iree.TARGETS)}",
        "choose one of these",
    ]


@needs_iree
def test_options_reach_the_compiler():
    lines = refusal(iree.compile, CHOLESKY, no_such_option=True)
    assert "--iree-no-such-option" in " ".join(lines)


@needs_iree
def test_arguments_that_do_not_fit():
    run = iree.Runner(iree.compile(doubled("f32")))
    good = np.ones((3, 4), np.float32)
    for operands, shown in (
        ((), "main()"),
        ((good, good), "main(float32[3, 4], float32[3, 4])"),
        ((good[:2],), "main(float32[2, 4])"),
        ((good.astype(np.int32),), "main(int32[3, 4])"),
    ):
        lines = refusal(run, *operands)
        assert lines[0] == f"iree.Runner: {shown}"
        assert "tensor<3x4xf32>" in lines[-1]
    np.testing.assert_array_equal(run(good)[0], 2 * good)
    assert "no such element type" in refusal(run, np.array(["text"]))[1]


@needs_iree
def test_programs_and_drivers_that_do_not_fit():
    program = iree.compile(doubled("f32"))
    assert refusal(iree.Runner, b"not a program")[0] == (
        "iree.Runner: a program of 13 bytes on local-task"
    )
    assert "local-task" in refusal(iree.Runner, program, "abacus")[-1]
    assert refusal(iree.Runner, program, function="mine")[0] == "iree.Runner: the function 'mine'"


def test_without_iree_the_error_says_how_to_install_it(monkeypatch):
    for name in [n for n in sys.modules if n == "iree" or n.startswith("iree.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "iree", None)
    lines = refusal(iree.compile, CHOLESKY)
    assert lines[0] == "iree: needs the package iree-base-compiler"
    assert lines[-1] == "pip install 'hloom[iree]'"
    assert refusal(iree.Runner, b"")[0] == "iree: needs the package iree-base-runtime"


def test_iree_is_not_imported_until_it_is_used():
    script = (
        "import sys; from hloom.runtime import iree; "
        "assert not [name for name in sys.modules if name.split('.')[0] == 'iree']"
    )
    fresh.python(script)
