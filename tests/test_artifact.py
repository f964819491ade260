"""An exported file is plain StableHLO to others, and to hloom it is either whole or refused."""

import json
import random
import re

import ml_dtypes
import numpy as np
import pytest
from jaxlib.mlir import ir

import fresh
from hloom.frontend.errors import ArtifactError
from hloom.lowering.context import context
from hloom.runtime import artifact, portable

SINE = """
module @program {
  func.func public @main(%x: tensor<4x?xf32>, %n: tensor<i32>) -> (tensor<4x?xf32>, tensor<bf16>) {
    %0 = stablehlo.sine %x : tensor<4x?xf32>
    %1 = stablehlo.convert %n : (tensor<i32>) -> tensor<bf16>
    return %0, %1 : tensor<4x?xf32>, tensor<bf16>
  }
}
"""
CUSTOM = """
func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.custom_call @lapack_thing(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %1 = func.call @inner(%0) : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
func.func private @inner(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.custom_call @another(%x) : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""
#: dot algorithms came with StableHLO 1.6
ALGORITHM = """
func.func public @main(%x: tensor<2x2xf32>) -> tensor<2x2xf32> {
  %0 = stablehlo.dot_general %x, %x, contracting_dims = [1] x [0],
    algorithm = <lhs_precision_type = tf32, rhs_precision_type = tf32, accumulation_type = f32,
      lhs_component_count = 1, rhs_component_count = 1, num_primitive_operations = 1,
      allow_imprecise_accumulation = false>
    : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
"""


def aval(dtype, *shape, weak=False):
    return {"shape": list(shape), "dtype": dtype, "weak": weak}


def manifest(inputs, outputs, **more):
    return {
        "hloom": "0.1.0",
        "inputs": inputs,
        "outputs": outputs,
        "in_tree": {"tuple": [None, None]},
        "out_tree": None,
        "platforms": ["cpu"],
        **more,
    }


MANIFEST = manifest(
    [aval("float32", 4, "n"), aval("int32", weak=True)],
    [aval("float32", 4, "n"), aval("bfloat16")],
    symbols=["n >= 1"],
    names=["größe", 'a"b\\c\n'],
)
VECTOR = manifest([aval("float32", 4)], [aval("float32", 4)])
MATRIX = manifest([aval("float32", 2, 2)], [aval("float32", 2, 2)])


def parse(text):
    return ir.Module.parse(text, context().mlir)


@pytest.fixture(scope="module")
def packed():
    return artifact.pack(parse(SINE), MANIFEST)


def refusal(function, *arguments, **keywords):
    with pytest.raises(ArtifactError) as caught:
        function(*arguments, **keywords)
    lines = str(caught.value).splitlines()
    assert len(lines) >= 3
    return "\n".join(line.strip() for line in lines if not line.strip().startswith("at "))


def resign(data, change=lambda text: text):
    """An artifact whose manifest, or version label, was changed by one who knows the format."""
    frame = artifact._FRAME.search(data)
    begin, end = frame.span(2)
    data = change(data)
    return data[:begin] + artifact._digest(data, begin, end) + data[end:]


# What is packed comes back.


def test_round_trip(packed):
    data, found = artifact.unpack(packed)
    assert data == packed
    assert MANIFEST.items() <= found.items()
    assert found["entry"] == "main"
    assert found["donated"] == found["custom_calls"] == []
    assert found["stablehlo"] == portable.preferred_versions()[0]


def test_load_gives_the_module_back(packed):
    module, found = artifact.load(packed, context().mlir)
    assert found == artifact.unpack(packed)[1]
    del module.operation.attributes[artifact.ATTRIBUTE]
    assert str(module) == str(parse(SINE))


def test_pack_does_not_change_the_module():
    module = parse(SINE)
    artifact.pack(module, MANIFEST)
    assert str(module) == str(parse(SINE))


def test_pack_is_deterministic(packed):
    assert artifact.pack(parse(SINE), MANIFEST) == packed


def test_write_and_read(packed, tmp_path):
    path = tmp_path / "program.hloom"
    path.write_bytes(b"old content")
    artifact.write(path, packed)
    assert artifact.read(path) == artifact.unpack(packed)
    assert [p.name for p in tmp_path.iterdir()] == ["program.hloom"]
    (tmp_path / "compared").write_bytes(b"")
    assert path.stat().st_mode == (tmp_path / "compared").stat().st_mode


def test_a_failing_write_leaves_the_old_file(packed, tmp_path, monkeypatch):
    path = tmp_path / "program.hloom"
    artifact.write(path, packed)

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(artifact.os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        artifact.write(path, packed[:100])
    assert path.read_bytes() == packed
    assert [p.name for p in tmp_path.iterdir()] == ["program.hloom"]


def test_another_program_reads_it_as_stablehlo(packed, tmp_path):
    path = tmp_path / "program.mlirbc"
    artifact.write(path, packed)
    script = (
        "import sys\n"
        "from jaxlib.mlir import ir\n"
        "from jaxlib.mlir.dialects import func, stablehlo\n"
        "with ir.Context() as context:\n"
        "    stablehlo.register_dialect(context)\n"
        "    data = open(sys.argv[1], 'rb').read()\n"
        "    print(stablehlo.deserialize_portable_artifact(context, data))\n"
        "assert not any(name.split('.')[0] == 'hloom' for name in sys.modules)\n"
    )
    text = fresh.python(script, path).stdout
    assert "stablehlo.sine" in text
    assert "hloom-artifact:1:" in text


def test_a_fresh_process_loads_it(packed, tmp_path):
    path = tmp_path / "program.hloom"
    artifact.write(path, packed)
    script = (
        "import json, sys\n"
        "from hloom.lowering.context import context\n"
        "from hloom.runtime import artifact\n"
        "module, manifest = artifact.load(artifact.read(sys.argv[1])[0], context().mlir)\n"
        "print(json.dumps([str(module), manifest]))\n"
    )
    text, found = json.loads(fresh.python(script, path).stdout)
    assert text == str(artifact.load(packed, context().mlir)[0])
    assert found == artifact.unpack(packed)[1]


@pytest.mark.parametrize("version", ["0.9.0", "1.0.0", portable.current_version()])
def test_older_versions_can_be_asked_for(version):
    data = artifact.pack(parse(SINE), MANIFEST, version)
    assert data[5:].startswith(f"StableHLO_v{version}\0".encode())
    assert artifact.load(data, context().mlir)[1]["stablehlo"] == version


def test_the_default_version_rises_when_operations_need_it(monkeypatch):
    current = portable.current_version()
    monkeypatch.setattr(portable, "preferred_versions", lambda: ["1.5.0", "1.6.0", current])
    assert artifact.unpack(artifact.pack(parse(SINE), MANIFEST))[1]["stablehlo"] == "1.5.0"
    assert artifact.unpack(artifact.pack(parse(ALGORITHM), MATRIX))[1]["stablehlo"] == "1.6.0"


def test_a_user_string_that_looks_like_a_frame_does_no_harm():
    bait = f"hloom-artifact:1:{'0' * 64}:2:{{}}"
    text = f'module attributes {{a.bait = "{bait}"}} {{ {SINE} }}'.replace("module @program {", "")
    text = text.replace("}\n }", " }")
    data = artifact.pack(parse(text), MANIFEST)
    assert data.count(b"hloom-artifact:1:") == 2
    assert artifact.load(data, context().mlir)[1]["names"] == MANIFEST["names"]


def test_chlo_becomes_composites_and_shardings_become_strings():
    function = """
      func.func public @main(%x: tensor<4xf32> {{{attributes}}}) -> tensor<4xf32> {{
        %0 = {operation} %x : tensor<4xf32> {arrow}
        return %0 : tensor<4xf32>
      }}
    """
    erf = function.format(attributes="", operation="chlo.erf", arrow="-> tensor<4xf32>")
    module, _ = artifact.load(artifact.pack(parse(erf), VECTOR), context().mlir)
    assert 'stablehlo.composite "chlo.erf"' in str(module)
    assert "func private @chlo.erf.impl" in str(module)
    sharding = 'sdy.sharding = #sdy.sharding<@mesh, [{"d"}]>'
    sharded = function.format(attributes=sharding, operation="stablehlo.sine", arrow="")
    sharded = 'sdy.mesh @mesh = <["d"=2]>' + sharded
    module, _ = artifact.load(artifact.pack(parse(sharded), VECTOR), context().mlir)
    assert 'mhlo.sharding = "{devices=[2]<=[2]}"' in str(module)


# Damage: never trusted, and never shown to MLIR's reader.


@pytest.fixture
def no_mlir(monkeypatch):
    def fail(*arguments):
        raise AssertionError("MLIR was asked to read damaged bytes")

    monkeypatch.setattr(portable, "deserialize", fail)


def test_every_flipped_byte_is_noticed(packed, no_mlir):
    draw = random.Random(0)
    for position in range(len(packed)):
        damaged = bytearray(packed)
        damaged[position] ^= 1 << draw.randrange(8)
        refusal(artifact.load, bytes(damaged), context().mlir)


def test_every_truncation_is_noticed(packed, no_mlir):
    for length in range(len(packed)):
        refusal(artifact.load, packed[:length], context().mlir)


def test_bytes_that_are_added_moved_or_lost_are_noticed(packed, no_mlir):
    draw = random.Random(1)
    for _ in range(300):
        one, two = sorted(draw.sample(range(len(packed)), 2))
        blocks = packed[:one], packed[one:two], packed[two:]
        for data in (
            packed + packed[one:two],
            blocks[0] + blocks[2],
            blocks[0] + bytes(two - one) + blocks[2],
            blocks[0] + draw.randbytes(two - one) + blocks[2],
        ):
            if data != packed:
                refusal(artifact.load, data, context().mlir)


def test_a_relabelled_version_is_noticed(packed):
    version = artifact.unpack(packed)[1]["stablehlo"].encode()
    relabelled = packed.replace(b"StableHLO_v" + version, b"StableHLO_v0.99.0", 1)
    assert "its checksum does not fit" in refusal(artifact.unpack, relabelled)
    swapped = version[:-1] + (b"0" if version[-1:] != b"0" else b"1")
    forged = resign(packed, lambda data: data.replace(b"_v" + version, b"_v" + swapped, 1))
    assert refusal(artifact.unpack, forged) == (
        f"load: the manifest says StableHLO {version.decode()}\n"
        f"the bytecode says {swapped.decode()}\n"
        "copy the file again from its source, or export the program again"
    )


# Files that are not ours, or not for this version.


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04 a zip", "it begins with b'PK\\x03\\x04 a zip'"),
        (b"ML\xefR\x0dMLIR21\0...", "it is MLIR bytecode, but not portable"),
    ],
)
def test_other_files(data, found):
    assert refusal(artifact.unpack, data) == (
        f"load: not an artifact\n{found}\ngive a file that hloom exported"
    )


def test_an_artifact_of_another_program():
    data = portable.serialize(parse(SINE), "1.0.0")
    assert refusal(artifact.unpack, data) == (
        "load: StableHLO bytecode without a manifest of hloom\n"
        "the file is cut short, or another program wrote it\n"
        "if it is another's, compile the bytes themselves; otherwise export again"
    )


def test_a_newer_format(packed):
    newer = packed.replace(b"hloom-artifact:1:", b"hloom-artifact:2:")
    assert refusal(artifact.unpack, newer) == (
        "load: the artifact has format 2\nthis hloom reads up to format 1\nupdate hloom"
    )


def test_a_newer_stablehlo(packed, monkeypatch):
    needed = artifact.unpack(packed)[1]["stablehlo"]
    monkeypatch.setattr(portable, "current_version", lambda: "1.2.3")
    assert refusal(artifact.load, packed, context().mlir) == (
        f"load: the artifact needs StableHLO {needed}\n"
        f"it was written with jaxlib {artifact.jaxlib.version.__version__};"
        " this jaxlib reads up to 1.2.3\n"
        "update jaxlib, or export with target_version='1.2.3'"
    )


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (b'"weak":true', b'"weak":1234', "it should be a list of {shape, dtype, weak}"),
        (b'"entry":"main"', b'"entry":"mine"', "the module has no function of that name"),
        (b'"int32"', b'"uint8"', "(float32[4,?], int32[])"),
        (b"[4,", b"[5,", "(float32[4,?], int32[])"),
        (b'"donated":[]', b'"donated":[9', "the manifest is not JSON"),
    ],
)
def test_a_manifest_that_does_not_fit(packed, old, new, found):
    assert found in refusal(
        artifact.load, resign(packed, lambda d: d.replace(old, new)), context().mlir
    )


def test_custom_calls_that_the_manifest_hides():
    data = artifact.pack(parse(CUSTOM), VECTOR, allow_custom_calls=("lapack_thing", "another"))
    hidden = resign(data, lambda d: d.replace(b'["another",', b'["anothxr",'))
    assert "load: the module calls 'another'" in refusal(artifact.load, hidden, context().mlir)


def test_bytes_that_only_look_whole():
    data = artifact.pack(parse(SINE), MANIFEST)
    start = data.index(b"\0") + 1
    broken = resign(data, lambda d: d[:start] + b"\xff" * 8 + d[start + 8 :])
    assert "deserialize: the module cannot be read" in refusal(
        artifact.load, broken, context().mlir
    )


# What cannot be exported.


def test_custom_calls_are_allowed_by_name():
    assert portable.custom_calls(parse(SINE)) == set()
    assert portable.custom_calls(parse(CUSTOM)) == {"another", "lapack_thing"}
    assert refusal(artifact.pack, parse(CUSTOM), VECTOR, allow_custom_calls=("another",)) == (
        "export: the module calls 'lapack_thing'\n"
        "a custom call runs only where its name is known, and has no promise of stability\n"
        "use operations that StableHLO has, or allow these custom calls by name"
    )
    data = artifact.pack(parse(CUSTOM), VECTOR, allow_custom_calls=("another", "lapack_thing"))
    assert artifact.load(data, context().mlir)[1]["custom_calls"] == ["another", "lapack_thing"]


def test_an_operation_that_the_target_lacks():
    text = refusal(artifact.pack, parse(ALGORITHM), MATRIX, "1.5.0")
    assert text == (
        "serialize: StableHLO 1.5.0 cannot say this module\n"
        "failed to legalize operation 'vhlo.dot_general_v2'"
        " that was explicitly marked illegal (-:3:8)\n"
        f"ask for a newer version, up to {portable.current_version()},"
        " or lower for a portable target"
    )
    assert artifact.unpack(artifact.pack(parse(ALGORITHM), MATRIX, "1.6.0"))


@pytest.mark.parametrize("version", ["99.0.0", "0.1.0"])
def test_a_version_out_of_range(version):
    lowest, highest = portable.minimum_version(), portable.current_version()
    assert refusal(artifact.pack, parse(SINE), MANIFEST, version) == (
        f"serialize: for StableHLO {version}\n"
        f"this jaxlib writes {lowest} to {highest}\n"
        "choose a version in that range"
    )


@pytest.mark.parametrize("version", ["latest", "1.2", "1.2.x", "1.-2.3"])
def test_a_version_that_is_none(version):
    assert "three numbers" in refusal(artifact.pack, parse(SINE), MANIFEST, version)


@pytest.mark.parametrize("field", ["hloom", "inputs", "outputs", "in_tree", "platforms"])
def test_a_manifest_without_a_field(field):
    partial = {name: value for name, value in MANIFEST.items() if name != field}
    assert f"the manifest's {field!r} is nothing" in refusal(artifact.pack, parse(SINE), partial)


def test_a_manifest_of_another_program():
    assert refusal(artifact.pack, parse(SINE), VECTOR) == (
        "export: the manifest's inputs are (float32[4])\n"
        "those of the function @main are (float32[4,?], int32[])\n"
        "describe the module that is exported"
    )


def test_donated_inputs_exist():
    text = refusal(artifact.pack, parse(SINE), {**MANIFEST, "donated": [0, 2]})
    assert text.startswith("export: the manifest donates inputs [0, 2]\nthere are 2 inputs\n")


def test_the_error_is_a_value_error_that_names_the_users_line():
    with pytest.raises(ValueError) as caught:
        artifact.unpack(b"nonsense")
    assert re.search(
        r"at .*test_artifact.py:\d+ +artifact.unpack\(b\"nonsense\"\)", str(caught.value)
    )


# Data types.


def test_every_dtype_that_stablehlo_has_is_known():
    for element, name in portable.DTYPES.items():
        text = f"func.func @main(%x: tensor<3x{element}>) {{ return }}"
        inputs, outputs = portable.signature(parse(text))
        assert (inputs, outputs) == ([((3,), name)], [])
        assert np.dtype(getattr(ml_dtypes, name, name)).name == name
