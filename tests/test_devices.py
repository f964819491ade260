"""Several devices in one process: arrays stay where they are put, and computation follows them."""

import numpy as np
import pytest

import fresh
import hloom
import hloom.numpy as jnp
from hloom.runtime import plugins
from hloom.runtime.topology import Topology, topology

PROGRAM = """
import copy
import numpy as np
import hloom, hloom.numpy as jnp

first, second, third = hloom.devices()
x, y = jnp.arange(4.0), jnp.arange(4.0) * 2
z = hloom.device_put(x, second)
assert z.device == second and z.devices() == {second} and x.device == first

FUNCTIONS = {
    "unary": jnp.sin,
    "operator": lambda z: 2 - z,
    "arrays of the first device": lambda z: y + z,
    "index": lambda z: z[1],
    "slice": lambda z: z[1:],
    "at": lambda z: z.at[0].set(5),
    "library function": jnp.mean,
    "primitive": hloom.lax.sin,
    "jit": hloom.jit(lambda z, n=3: z * n),
    "unused argument": lambda z: hloom.jit(lambda a, b: b * 2)(z, z),
    "closure": hloom.jit(lambda z: z + y),
    "tree": lambda z: hloom.jit(lambda t: {"a": t[0] + 1})((z,))["a"],
    "grad": hloom.grad(lambda z: jnp.sum(z * z)),
    "jit of grad": hloom.jit(hloom.grad(lambda z: jnp.sum(z * z))),
    "vmap": hloom.vmap(jnp.sin),
    "scan": lambda z: hloom.lax.scan(lambda c, v: (c + v, c), 0.0, z)[1],
    "compiled": hloom.jit(jnp.sin).lower(x).compile(),
    "donation": lambda z: hloom.jit(lambda a: a + 1, donate_argnums=0)(z + 0),
    "deepcopy": copy.deepcopy,
}
for name, function in FUNCTIONS.items():
    for _ in range(2):
        found = function(z)
        assert found.devices() == {second}, name
        np.testing.assert_allclose(found, function(x), rtol=1e-6, err_msg=name)
    assert function(x).devices() == {first}, name

try:
    z + hloom.device_put(x, third)
except hloom.errors.DeviceError as e:
    print(e)
assert hloom.device_put(z, first).devices() == {first}
for make in (
    lambda **where: jnp.zeros(2, **where), lambda **where: jnp.ones(2, **where),
    lambda **where: jnp.empty(2, **where), lambda **where: jnp.full(2, 1.0, **where),
    lambda **where: jnp.zeros_like(x, **where), lambda **where: jnp.ones_like(x, **where),
    lambda **where: jnp.empty_like(x, **where), lambda **where: jnp.full_like(x, 3, **where),
    lambda **where: jnp.arange(3, **where), lambda **where: jnp.linspace(0, 1, 3, **where),
    lambda **where: jnp.eye(2, **where), lambda **where: jnp.asarray([1], **where),
    lambda **where: jnp.astype(x, "int8", **where), lambda **where: jnp.fft.fftfreq(3, **where),
    lambda **where: jnp.from_dlpack(np.ones(2), **where),
):
    assert make(device=second).devices() == {second}
    assert make(device=None).devices() == make().devices() == {first}
assert z.__dlpack_device__() == (1, 0)
try:
    jnp.from_dlpack(x, device=second, copy=False)
except BufferError as e:
    print(e)
assert hloom.device_put({"a": x}, third)["a"].device == third
w = hloom.device_put(y, third, src=first, donate=True)
assert y.is_deleted() and w.device == third
np.testing.assert_array_equal(w, np.arange(4.0) * 2)
assert hloom.device_put(w, third, donate=True) is w and not w.is_deleted()
z.delete()
try:
    z * 2
except hloom.errors.DeletedArrayError as e:
    print(e)
"""


def test_computation_follows_its_operands():
    done = fresh.python(PROGRAM, HLOOM_NUM_CPU_DEVICES="3")
    assert done.stderr == ""
    lines = [line for line in done.stdout.splitlines() if not line.startswith("    at ")]
    assert lines == [
        "the operands of an operation are on different devices",
        "    operand 0, f32[4]: cpu:1",
        "    operand 1, f32[4]: cpu:2",
        "    move them to one with hloom.device_put(x, device)",
        "from_dlpack: copy=False",
        "    the array is on cpu:0, and cpu:1 was asked for",
        "    leave `copy` away",
        "operand 0 of 2, f32[4], has no value any more",
        "    it was deleted, or donated to a jitted function (donate_argnums)",
        "    use the function's result instead, or do not donate it",
    ]


@pytest.mark.parametrize("device", ["cpu", 1, [1]])
def test_a_device_is_a_device(device):
    for call in (
        lambda: hloom.device_put(1.0, device),
        lambda: jnp.ones(2, device=device),
        lambda: jnp.ones(2).to_device(device),
        lambda: jnp.from_dlpack(np.ones(2), device=device),
    ):
        with pytest.raises(hloom.errors.ArgumentError, match=r"use one of hloom\.devices"):
            call()


def test_one_device():
    (device,) = hloom.devices()
    assert hloom.device_count() == 1
    assert hloom.default_backend() == "cpu"
    x = jnp.ones(2)
    assert hloom.device_put(x, device) is x
    with pytest.raises(hloom.errors.BackendError, match="there is no platform 'abacus'"):
        hloom.devices("abacus")


# ---------------------------------------------------------------- devices that are not there
@pytest.mark.parametrize("platform", ["tpu", "cuda"])
def test_lowering_for_other_platforms_calls_no_kernels_of_the_cpu(platform):
    def factorise(a):
        return jnp.linalg.qr(a), jnp.linalg.solve(a, a[0]), jnp.linalg.eigh(a)

    traced = hloom.jit(factorise).trace(hloom.ShapeDtypeStruct((4, 4), "float32"))
    assert "lapack" in traced.lower().as_text()
    lowered = traced.lower(platform=platform)
    assert "lapack" not in lowered.as_text()
    with pytest.raises(hloom.errors.BackendError) as found:
        lowered.compile()
    lines = str(found.value).splitlines()
    assert lines[0] == f"factorise: was lowered for {platform}"
    assert lines[1] == "    the devices in use are of cpu"


def test_gpu_is_cuda():
    lowered = hloom.jit(jnp.sin).trace(1.0).lower(platform="gpu")
    assert lowered.as_text() == hloom.jit(jnp.sin).trace(1.0).lower(platform="cuda").as_text()
    code = "import hloom; print(hloom.default_backend())"
    assert fresh.python(code, HLOOM_PLATFORM="gpu").stdout.strip() == "cuda"


@pytest.mark.skipif(bool(plugins.available()), reason="the plugins' wheels are installed")
@pytest.mark.parametrize(("platform", "wheel"), [("tpu", "libtpu"), ("cuda", "jax-cuda13-pjrt")])
def test_a_topology_needs_the_wheel(platform, wheel):
    with pytest.raises(hloom.errors.BackendError, match=f"pip install {wheel}"):
        topology(platform, "any")


def test_a_plugin_that_describes_no_gpu(tmp_path, monkeypatch):
    library = tmp_path / "xla_cuda_plugin.so"
    library.write_bytes(b"\x7fELF" + bytes(100))
    monkeypatch.setattr(plugins, "library", lambda platform: str(library))
    with pytest.raises(hloom.errors.BackendError) as found:
        topology("cuda", "H100")
    assert [line.strip() for line in str(found.value).splitlines() if "at test_" not in line] == [
        "the GPU 'H100' was asked for",
        "the plugin describes none, as those before 0.12",
        "install a newer one, or pass target_config=, XLA's GpuTargetConfigProto as text",
    ]


def test_a_program_of_another_platform_is_refused():
    lowered = hloom.jit(jnp.sin).lower(jnp.ones(2))
    with pytest.raises(hloom.errors.BackendError, match="the topology 'v5e:2x2' is of tpu"):
        lowered.compile(devices=Topology("tpu", "v5e:2x2", ()))
