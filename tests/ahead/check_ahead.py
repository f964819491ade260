"""Training steps and factorisations compile for a TPU v5e and an H100 that are not there.

Run by `make ahead` and not by `make test`, since the compilers are a gigabyte of wheels.
It shows that programs compile, not that they run.
"""

import base64
import importlib.util
import json
import pathlib
import re
import subprocess
import sys

import pytest

PROGRAM = pathlib.Path(__file__).with_name("programs.py")
LIMIT_S = 240

DEVICES = {"tpu": "v5e:2x2", "cuda": "H100 80GB HBM3"}
#: the least number of multiplications and of bytes of arguments
PROGRAMS = {
    "mlp": (128 * 784 * 256, 3 * 4 * 784 * 256),
    "conv": (64 * 16 * 16 * 32 * 9 * 8, 3 * 4 * 8 * 8 * 32 * 10),
    "linalg": (16**3, 4 * 16**2),
}
#: what the HLO must hold: layouts in tiles on the TPU, kernels of libraries on the GPU
HLO = {
    ("tpu", "mlp"): r":T\(8,128\).* convolution\(",
    ("tpu", "conv"): r":T\(8,128\).* convolution\(",
    ("tpu", "linalg"): r":T\(8,128\)",
    ("cuda", "mlp"): r"__triton_gemm|__cublas\$|gemm_fusion",
    ("cuda", "conv"): r"__cudnn\$conv",
    ("cuda", "linalg"): "(?s)"
    + "".join(f"(?=.*cusolver_{k}_ffi)" for k in ("getrf", "geqrf", "orgqr", "syevd", "gesvd")),
}


def compiled(platform, name, program):
    """What the program that compiles reports; what it wrote if it fails or takes too long."""
    command = [sys.executable, "-W", "error", str(PROGRAM), platform, name, program]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired as e:
        pytest.fail(f"{command} took more than {LIMIT_S} s\n{e.stdout}\n{e.stderr}")
    if done.returncode:
        pytest.fail(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("platform", "program"), HLO)
def test_a_program_compiles(platform, program, capsys):
    found = compiled(platform, DEVICES[platform], program)
    code = base64.b64decode(found["code"])
    with capsys.disabled():
        print(
            f"\n{platform:5}{program:7}{found['device']:22} lower {found['lower_s']:6.3f} s  "
            f"compile {found['compile_s']:6.3f} s  {len(code)} bytes"
        )
    assert found["jax"] == []
    assert "lapack" not in found["stablehlo"]
    assert re.search(HLO[platform, program], found["hlo"])
    if platform == "cuda":
        assert b"sm_90a" in code
        assert b"\x7fELF" in code
    multiplications, argument_bytes = PROGRAMS[program]
    if "cudnn" not in found["hlo"]:  # what happens in the library is not counted
        assert found["flops"] > 2 * multiplications
    assert found["argument_bytes"] >= argument_bytes
    assert "it can be looked at and serialised" in found["refusal"]


@pytest.mark.parametrize(
    ("platform", "name", "message"),
    [
        ("tpu", "v5e:nonsense", "TPUs are named like v5e:2x2"),
        ("cuda", "Voodoo", "the plugin describes .*NVIDIA H100 80GB HBM3"),
    ],
)
def test_a_topology_that_is_not_known(platform, name, message):
    code = f"from hloom.runtime.topology import topology; topology({platform!r}, {name!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT_S
    )
    assert done.returncode == 1
    assert "BackendError" in done.stderr
    assert re.search(message, done.stderr)


def test_jax_is_not_installed():
    assert importlib.util.find_spec("jax") is None
