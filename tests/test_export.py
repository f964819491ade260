"""An exported function is the same function in another process and in IREE, or it is refused."""

import collections
import importlib.util
import itertools
import json

import ml_dtypes
import numpy as np
import pytest

import fresh
import hloom
import hloom.numpy as hnp
from hloom import export, random, tree, tree_util
from hloom.frontend.errors import ArgumentError, ArtifactError, RuleError, TreeError
from hloom.frontend.primitive import Primitive
from hloom.lowering.table import rule
from hloom.runtime import artifact

HAS_IREE = importlib.util.find_spec("iree") is not None and all(
    importlib.util.find_spec(f"iree.{part}") for part in ("compiler", "runtime")
)
needs_iree = pytest.mark.skipif(not HAS_IREE, reason="iree-base-compiler is not installed")

Model = collections.namedtuple("Model", "w b")
export.register_namedtuple_serialization(Model, serialized_name="test_export.Model")


def spec(*shape, dtype="float32"):
    return hloom.ShapeDtypeStruct(shape, dtype)


def message(kind, function, *args, **kwargs):
    """The text of the error that a call raises, without the line of the user's program."""
    with pytest.raises(kind) as caught:
        function(*args, **kwargs)
    lines = str(caught.value).splitlines()
    return "\n".join(line for line in lines if not line.startswith("    at "))


def mlp(params, x):
    for layer in params[:-1]:
        x = hnp.tanh(x @ layer["w"] + layer["b"])
    return x @ params[-1]["w"] + params[-1]["b"]


def mlp_arguments(seed=0):
    normal = np.random.default_rng(seed).normal
    sizes = [7, 16, 3]
    params = [
        {"w": normal(size=(m, n)) / np.sqrt(m), "b": normal(size=n)}
        for m, n in itertools.pairwise(sizes)
    ]
    return tree.map(lambda x: x.astype(np.float32), (params, normal(size=(5, 7))))


def train_step(params, x, *, rate):
    def loss(params):
        return hnp.mean(mlp(params, x) ** 2)

    value, gradient = hloom.value_and_grad(loss)(params)
    return {"loss": value, "params": tree.map(lambda p, g: p - rate * g, params, gradient)}


def largest_difference(a, b):
    assert tree.structure(a) == tree.structure(b)
    pairs = zip(tree.leaves(a), tree.leaves(b))
    return max(float(np.max(np.abs(np.asarray(x) - np.asarray(y)))) for x, y in pairs)


# The function comes back.


@pytest.mark.parametrize("function", [mlp, train_step], ids=lambda f: f.__name__)
def test_as_jit(function):
    arguments, options = mlp_arguments(), {"rate": 0.1} if function is train_step else {}
    jitted = hloom.jit(function)
    exported = export.deserialize(export.export(jitted)(*arguments, **options).serialize())
    wanted = jitted(*arguments, **options)
    assert largest_difference(exported.call(*arguments, **options), wanted) < 1e-6
    assert exported.fun_name == function.__name__
    assert exported.in_tree == tree.structure((arguments, options))
    assert exported.out_tree == tree.structure(wanted)
    assert [a.shape for a in exported.in_avals] == [np.shape(x) for x in tree.leaves(arguments)] + [
        () for _ in options
    ]
    assert [str(a) for a in exported.out_avals] == [
        str(hloom.typeof(x)) for x in tree.leaves(wanted)
    ]


FRESH = """
import sys
import numpy as np
from hloom import export, tree

folder = sys.argv[1]
exported = export.load(f"{folder}/step.hloom")
given = np.load(f"{folder}/given.npz")
leaves = [given[f"arr_{i}"] for i in range(len(given))]
args, kwargs = tree.unflatten(exported.in_tree, leaves)
np.savez(f"{folder}/made.npz", *tree.leaves(exported.call(*args, **kwargs)))
print(exported)
assert "jax" not in sys.modules
"""


def test_in_a_fresh_process(tmp_path):
    arguments = mlp_arguments()
    exported = export.export(hloom.jit(train_step))(*arguments, rate=0.1)
    exported.save(tmp_path / "step.hloom")
    np.savez(tmp_path / "given.npz", *tree.leaves((arguments, {"rate": np.float32(0.1)})))
    assert fresh.python(FRESH, tmp_path).stdout == f"{exported}\n"
    made = np.load(tmp_path / "made.npz")
    wanted = tree.leaves(exported.call(*arguments, rate=0.1))
    assert len(wanted) == len(made.files)
    for i, x in enumerate(wanted):
        np.testing.assert_array_equal(made[f"arr_{i}"], x)


@needs_iree
@pytest.mark.parametrize("function", [mlp, train_step], ids=lambda f: f.__name__)
def test_in_iree(function, tmp_path):
    arguments, options = mlp_arguments(), {"rate": 0.1} if function is train_step else {}
    exported = export.export(hloom.jit(function))(*arguments, **options)
    program = export.iree.compile(exported)
    made = program(*arguments, **options)
    assert largest_difference(made, exported.call(*arguments, **options)) < 1e-5
    exported.save(tmp_path / "saved")
    assert export.iree.compile(tmp_path / "saved", "vmvx").target == "vmvx"
    program.save(tmp_path / "vmfb")
    assert (tmp_path / "vmfb").read_bytes() == program.vmfb


@needs_iree
def test_iree_takes_what_was_exported():
    exported = export.export(hloom.jit(lambda x: {"y": x + 1}))(spec(3))
    program = export.iree.compile(exported)
    assert repr(program) == (
        f"Program(<lambda>(f32[3]) -> {{'y': f32[3]}}, for cpu, {len(program.vmfb)} bytes)"
    )
    np.testing.assert_array_equal(program(np.arange(3.0))["y"], np.float32([1, 2, 3]))
    assert message(TreeError, program, np.arange(4.0)) == (
        "<lambda>: exported for args[0] of type f32[3]\n"
        "    it is f32[4]\n"
        "    convert it, or export again"
    )


@pytest.mark.parametrize(
    "dtype",
    ["bool", "int4", "int8", "uint8", "int32", "uint32", "float16", "bfloat16", "complex64"],
)
def test_dtypes(dtype):
    exported = export.export(hloom.jit(lambda x: (x, hnp.reshape(x, (3, 2)))))(
        spec(2, 3, dtype=dtype)
    )
    x = np.arange(6).reshape(2, 3).astype(np.dtype(getattr(ml_dtypes, dtype, dtype)))
    same, reshaped = export.deserialize(exported.serialize()).call(x)
    assert same.dtype == x.dtype
    np.testing.assert_array_equal(np.asarray(same), x)
    np.testing.assert_array_equal(np.asarray(reshaped), x.reshape(3, 2))


def draw(keys):
    return {"drawn": random.normal(keys[0], (3,)), "next": random.split(keys[1], 2)}


def test_prng_keys():
    keys = random.split(random.key(3), 2)
    exported = export.deserialize(export.export(hloom.jit(draw))(keys).serialize())
    assert str(exported.in_avals) == "(key<fry>[2],)"
    made, wanted = exported.call(keys), draw(keys)
    np.testing.assert_allclose(made["drawn"], wanted["drawn"], rtol=1e-6)
    assert hnp.array_equal(random.key_data(made["next"]), random.key_data(wanted["next"]))
    assert message(TreeError, exported.call, random.key_data(keys)) == (
        "draw: exported for args[0] of type key<fry>[2]\n"
        "    it is u32[2,2]\n"
        "    convert it, or export again"
    )
    other = resigned(
        exported.serialize(), lambda d: damaged(d, b'"threefry2x32"', b'"threefry4x64"')
    )
    assert message(ArtifactError, export.deserialize, other) == (
        "load: PRNG keys of the generator 'threefry4x64' as uint32[2, 2]\n"
        "    the generators are threefry2x32, rbg, unsafe_rbg\n"
        "    update hloom, or export the function again"
    )


@needs_iree
def test_prng_keys_in_iree():
    keys = random.split(random.key(3), 2)
    exported = export.export(hloom.jit(draw))(keys)
    made, wanted = export.iree.compile(exported)(keys), exported.call(keys)
    assert np.max(np.abs(made["drawn"] - np.asarray(wanted["drawn"]))) < 1e-5
    assert hnp.array_equal(random.key_data(made["next"]), random.key_data(wanted["next"]))


def test_captured_arrays_are_in_the_file():
    table = np.random.default_rng(0).normal(size=(300, 20)).astype(np.float32)
    captured = hloom.device_put(table)

    @hloom.jit
    def inner(x):
        return captured @ x

    exported = export.export(hloom.jit(lambda x: inner(x) + captured[:, 0]))(spec(20))
    assert len(exported.serialize()) > table.nbytes
    assert len(exported.in_avals) == 1
    x = np.ones(20, np.float32)
    made = export.deserialize(exported.serialize()).call(x)
    np.testing.assert_allclose(made, table @ x + table[:, 0], rtol=1e-5, atol=1e-5)


def test_portable_modules_compile_as_they_stand():
    captured = hloom.device_put(np.arange(5, dtype=np.float32))
    traced = hloom.jit(lambda x: x * captured).trace(spec(5))
    for target in "portable", "xla":
        compiled = traced.lower(target=target).compile()
        np.testing.assert_array_equal(compiled(hnp.ones(5)), np.arange(5))


def test_only_stablehlo_in_the_module():
    exported = export.export(hloom.jit(lambda x: hnp.arctan(x) + hnp.sinh(x)))(spec(4))
    text = exported.as_text()
    assert exported.mlir_module() == text
    assert text.startswith("module @_lambda_ {")
    assert "chlo" not in text
    assert artifact.ATTRIBUTE not in text
    assert "test_export.py" in exported.as_text(debug_info=True)


def test_static_arguments_are_gone():
    def scale(x, n, *, mode):
        return x * n if mode == "mul" else x

    jitted = hloom.jit(scale, static_argnames=("n", "mode"))
    exported = export.export(jitted)(spec(), 3, mode="mul")
    assert exported.in_tree == tree.structure(((0,), {}))
    assert float(exported.call(2.0)) == 6.0


def test_donation_is_noted_and_not_done():
    exported = export.export(hloom.jit(lambda x, y: x + y, donate_argnums=1))(spec(3), spec(3))
    assert exported.manifest["donated"] == [1]
    x = hnp.ones(3)
    exported.call(x, x)
    assert not x.is_deleted()


def test_weak_types_survive():
    exported = export.export(hloom.jit(lambda x: (x, x * 2)))(1.0)
    again = export.deserialize(exported.serialize())
    assert [str(a) for a in again.in_avals + again.out_avals] == ["~f32[]"] * 3
    assert again.call(1.0)[1].weak_type


def test_64_bits():
    with hloom.enable_x64():
        exported = export.export(hloom.jit(lambda x: x / 3))(spec(2, dtype="float64"))
        made = exported.call(np.ones(2))
        assert made.dtype == np.float64
        np.testing.assert_array_equal(made, np.ones(2) / 3)
    assert message(TreeError, exported.call, np.ones(2)) == (
        "<lambda>: exported for args[0] of type f64[2]\n"
        "    it is f32[2]\n"
        "    turn on 64-bit types: with hloom.enable_x64()"
    )


def test_text_of_an_exported_function():
    exported = export.export(hloom.jit(mlp), platforms=("cpu",), target_version="1.9.0")(
        [{"w": spec(2, 3), "b": spec(3)}], spec(4, 2)
    )
    assert repr(exported) == (
        "Exported(mlp([{'b': f32[3], 'w': f32[2,3]}], f32[4,2]) -> f32[4,3], for cpu, "
        f"StableHLO 1.9.0, {len(exported.serialize())} bytes)"
    )
    assert exported.platforms == ("cpu",)


# Trees of other types.


def test_named_tuples():
    exported = export.export(hloom.jit(lambda m: m._replace(b=m.b + 1)))(Model(spec(2), spec()))
    made = export.deserialize(exported.serialize()).call(Model(hnp.zeros(2), 1.0))
    assert type(made) is Model
    assert float(made.b) == 2.0


class Scaled:
    def __init__(self, x, unit):
        self.x, self.unit = x, unit


class Plain(Scaled):
    pass


for kind in Scaled, Plain:
    tree_util.register_pytree_node(
        kind, lambda s: ((s.x,), s.unit), lambda unit, xs, kind=kind: kind(*xs, unit)
    )
SCALED = {
    "serialized_name": "test_export.Scaled",
    "serialize_auxdata": str.encode,
    "deserialize_auxdata": bytes.decode,
}
export.register_pytree_node_serialization(Scaled, **SCALED)


def test_registered_nodes():
    exported = export.export(hloom.jit(lambda s: Scaled(s.x * 1000, "m" + s.unit)))(
        Scaled(spec(2), "km")
    )
    made = export.deserialize(exported.serialize()).call(Scaled(hnp.ones(2), "km"))
    assert made.unit == "mkm"
    assert message(TreeError, exported.call, Scaled(hnp.ones(2), "mile")) == (
        "<lambda>: exported for arguments of another structure\n"
        "    args[0]: the exported function has a Scaled with 1 child and metadata 'km', "
        "the call has a Scaled with 1 child and metadata 'mile'\n"
        "    pass the same structure, or export again"
    )


def test_nodes_made_from_children():
    class Pair(Scaled):
        pass

    tree_util.register_pytree_node(
        Pair, lambda p: ((p.x,), p.unit), lambda unit, xs: Pair(*xs, unit)
    )
    export.register_pytree_node_serialization(
        Pair,
        serialized_name="test_export.Pair",
        serialize_auxdata=str.encode,
        deserialize_auxdata=lambda data: data.decode().upper(),
        from_children=lambda unit, children: Pair(*children, unit.lower()),
    )
    exported = export.export(hloom.jit(lambda p: p))(Pair([spec(), spec(2)], "s"))
    again = export.deserialize(exported.serialize())
    assert again.in_tree == exported.in_tree
    assert again.call(Pair([1.0, hnp.ones(2)], "s")).unit == "s"


def test_unregistered_nodes():
    assert message(TreeError, export.export(hloom.jit(lambda s: s.x)), Plain(spec(2), "km")) == (
        "treedef_to_data: no way to write a Plain\n"
        "    it is not a list, tuple, dict, OrderedDict or None\n"
        "    register how to serialize it, or use one of these"
    )
    assert message(ArgumentError, export.register_pytree_node_serialization, Plain, **SCALED) == (
        "register serialization: Plain as 'test_export.Scaled'\n"
        "    Scaled is registered as 'test_export.Scaled'\n"
        "    register each type once, under a name of its own"
    )
    assert message(
        ArgumentError, export.register_namedtuple_serialization, Plain, serialized_name="p"
    ) == (
        "register_namedtuple_serialization: Plain\n"
        "    it is not a named tuple\n"
        "    use register_pytree_node_serialization"
    )


# In other functions.


def test_under_jit_its_module_is_there_once():
    helper = hloom.jit(lambda x: hnp.sin(x) + 1)
    exported = export.export(hloom.jit(lambda x: helper(helper(x))))(spec(3))
    jitted = hloom.jit(lambda x: exported.call(exported.call(x)) * 2)
    x = np.arange(3, dtype=np.float32)
    wanted = x
    for _ in range(4):
        wanted = np.sin(wanted) + 1
    np.testing.assert_allclose(jitted(x), wanted * 2, rtol=1e-6)
    text = jitted.lower(x).as_text()
    assert text.count("stablehlo.sine") == 1
    assert text.count("func.func private @_lambda_.") == 2


def test_an_export_of_an_export():
    inner = export.export(hloom.jit(lambda main: hnp.sin(main)))(spec(3))
    outer = export.export(hloom.jit(lambda x: inner.call(x) + inner.call(2 * x)))(spec(3))
    x = np.arange(3, dtype=np.float32)
    again = export.deserialize(outer.serialize())
    np.testing.assert_allclose(again.call(x), np.sin(x) + np.sin(2 * x), rtol=1e-5)


def test_vmap_is_a_loop():
    exported = export.export(hloom.jit(lambda x, y: {"z": x @ y}))(spec(2, 3), spec(3))
    x = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    y = np.float32([1, -1, 2])
    made = hloom.vmap(exported.call, in_axes=(2, None))(x, y)["z"]
    np.testing.assert_allclose(made, np.einsum("ijb,j->bi", x, y), rtol=1e-6)


def exported_twice_differentiable():
    def f(t, n, *, key):
        return {"y": hnp.sin(t["x"]) * n + random.normal(key, (2,)), "n": n + 1, "key": key}

    return export.export(hloom.jit(f))({"x": spec(2)}, 3, key=random.key(0))


def test_reverse_derivatives_come_along():
    fresh_one = exported_twice_differentiable()
    x = np.float32([0.5, 1.0])
    for exported in fresh_one, export.deserialize(fresh_one.serialize(vjp_order=2)):
        assert exported.has_vjp()

        def f(x, exported=exported):
            return exported.call({"x": x}, 3, key=random.key(0))["y"]

        gradient = hloom.grad(lambda x, f=f: f(x).sum())
        np.testing.assert_allclose(gradient(x), 3 * np.cos(x), rtol=1e-5)
        hessian = hloom.jit(hloom.jacrev(gradient))(x)
        np.testing.assert_allclose(hessian, -3 * np.diag(np.sin(x)), rtol=1e-5)
        vjp = exported.vjp()
        words = random.key_data(random.key(0))
        (found,) = vjp.call(x, 3, words, np.ones(2, np.float32))
        np.testing.assert_allclose(found, 3 * np.cos(x), rtol=1e-5)


def test_a_file_has_the_derivatives_that_were_asked_for():
    once = export.deserialize(exported_twice_differentiable().serialize(vjp_order=1))
    assert once.has_vjp()
    assert not once.vjp().has_vjp()
    none = export.deserialize(exported_twice_differentiable().serialize())
    assert none.vjp() is None
    with pytest.raises(RuleError, match="no derivative of this kind"):
        none.serialize(vjp_order=1)
    with hloom.enable_x64():
        wide = export.export(hloom.jit(hnp.sin))(spec(dtype="float64"))
    again = export.deserialize(wide.serialize(vjp_order=1))
    with hloom.enable_x64():
        np.testing.assert_allclose(hloom.grad(again.call)(0.5), np.cos(0.5), rtol=1e-12)


@pytest.mark.parametrize("derivative", [hloom.grad, lambda f: lambda x: hloom.jvp(f, (x,), (x,))])
def test_no_derivative(derivative):
    exported = export.deserialize(export.export(hloom.jit(hnp.sin))(spec()).serialize())
    assert message(RuleError, derivative(exported.call), 1.0) == (
        "sin: an exported function has no derivative of this kind\n"
        "    a file holds StableHLO, not the program that could be differentiated\n"
        "    for reverse mode, write it with serialize(vjp_order=1); "
        "or export the derivative itself"
    )


def test_another_platform():
    exported = export.export(hloom.jit(hnp.sin), platforms=["TPU", "cuda"])(spec())
    assert exported.platforms == ("tpu", "cuda")
    assert message(ArtifactError, exported.call, 1.0) == (
        "sin: called on the platform cpu\n"
        "    it was exported for tpu, cuda\n"
        "    export it with platforms=('cpu',)"
    )


# What is refused.


def test_wrong_arguments():
    exported = export.export(hloom.jit(train_step))(*mlp_arguments(), rate=0.1)
    params, x = mlp_arguments()
    assert message(TreeError, exported.call, params, x) == (
        "train_step: exported for arguments of another structure\n"
        "    kwargs['rate']: only in the exported function\n"
        "    pass the same structure, or export again"
    )
    assert message(TreeError, exported.call, params[:1], x, rate=0.1) == (
        "train_step: exported for arguments of another structure\n"
        "    args[0]: the exported function has a list of length 2, "
        "the call has a list of length 1\n"
        "    pass the same structure, or export again"
    )
    assert message(TreeError, exported.call, params, x.T, rate=0.1) == (
        "train_step: exported for args[1] of type f32[5,7]\n"
        "    it is f32[7,5]\n"
        "    convert it, or export again"
    )
    assert message(TreeError, exported.call, params, x, rate=1) == (
        "train_step: exported for kwargs['rate'] of type ~f32[]\n"
        "    it is ~i32[]\n"
        "    convert it, or export again"
    )


def test_what_cannot_be_exported():
    assert message(ArgumentError, export.export, abs) == (
        "export: takes a jitted function\n"
        "    it is <built-in function abs> of type builtin_function_or_method\n"
        "    write export(hloom.jit(f))(*args)"
    )
    assert message(ArgumentError, export.export, hloom.jit(abs), platforms=["cpu", "abacus"]) == (
        "export: for platforms ('cpu', 'abacus')\n"
        "    ['abacus'] are not known\n"
        "    choose among cpu, cuda, rocm, tpu"
    )
    assert message(ArgumentError, export.export, hloom.jit(abs), platforms=[]) == (
        "export: for platforms ()\n    there is none\n    choose among cpu, cuda, rocm, tpu"
    )


foreign = Primitive("foreign", lambda x: x)


@rule(foreign)
def _foreign(ctx, x):
    return ctx.op("stablehlo.custom_call", [x], {"call_target_name": ctx.string("their_kernel")})


def test_custom_calls_need_permission():
    jitted = hloom.jit(lambda x: foreign.bind(x)[0])
    assert message(ArtifactError, export.export(jitted), spec(2)) == (
        "export: the module calls 'their_kernel'\n"
        "    a custom call runs only where its name is known, and has no promise of stability\n"
        "    use operations that StableHLO has, or allow these custom calls by name"
    )
    exported = export.export(jitted, allow_custom_calls=["their_kernel"])(spec(2))
    assert exported.manifest["custom_calls"] == ["their_kernel"]
    assert exported.platforms == ("cpu",)
    assert export.deserialize(exported.serialize()) == exported


@pytest.fixture(scope="module")
def sine():
    return export.export(hloom.jit(lambda x: hnp.sin(x["x"])))({"x": spec(3)}).serialize()


def damaged(data, old, new):
    assert old in data
    assert len(old) == len(new)
    return data.replace(old, new)


def resigned(data, change):
    """The file after a change to its manifest by one who knows the format."""
    frame = artifact._FRAME.search(data)
    begin, end = frame.span(2)
    data = change(data)
    return data[:begin] + artifact._digest(data, begin, end) + data[end:]


def test_damaged_files(sine, tmp_path):
    checksum = (
        "load: the artifact is damaged\n"
        "    its checksum does not fit\n"
        "    copy the file again from its source, or export the program again"
    )
    for place in range(40, len(sine), 97):
        broken = bytearray(sine)
        broken[place] ^= 4
        with pytest.raises(ArtifactError):
            export.deserialize(broken)
    (tmp_path / "broken").write_bytes(damaged(sine, b'"float32"', b'"float64"'))
    assert message(ArtifactError, export.load, tmp_path / "broken") == checksum
    assert message(ArtifactError, export.iree.compile, tmp_path / "broken") == checksum
    assert message(ArtifactError, export.deserialize, sine[:-1]) == checksum
    assert message(ArtifactError, export.deserialize, sine[:100]) == (
        "load: StableHLO bytecode without a manifest of hloom\n"
        "    the file is cut short, or another program wrote it\n"
        "    if it is another's, compile the bytes themselves; otherwise export again"
    )


def test_foreign_and_new_files(sine):
    assert message(ArtifactError, export.deserialize, b"\x89PNG\r\n\x1a\n") == (
        "load: not an artifact\n"
        "    it begins with b'\\x89PNG\\r\\n\\x1a\\n'\n"
        "    give a file that hloom exported"
    )
    assert message(ArtifactError, export.deserialize, b"") == (
        "load: not an artifact\n    it is empty\n    give a file that hloom exported"
    )
    newer = damaged(sine, b"hloom-artifact:1:", b"hloom-artifact:9:")
    assert message(ArtifactError, export.deserialize, newer) == (
        "load: the artifact has format 9\n    this hloom reads up to format 1\n    update hloom"
    )


ARGUMENTS = b'["tuple",null,["tuple",null,["dict",["x"],"*"]],["dict",[]]]'
MISFITS = [
    (
        ARGUMENTS.replace(b"*", b"#"),
        "load: the manifest's 'in_tree' is no structure",
        "treedef_from_data: no way to read '#'",
    ),
    (
        ARGUMENTS.replace(b'["x"],"*"', b"[       ]"),
        "load: the manifest's 'in_tree' has 0 leaves",
        "its 'inputs' are 1",
    ),
    (
        ARGUMENTS.replace(b'["tuple",null', b'["list" ,null', 1),
        "load: the manifest's 'in_tree' is not that of arguments",
        "it is PyTreeDef([({'x': *},), {}])",
    ),
]


@pytest.mark.parametrize(("tree_data", "asked", "found"), MISFITS)
def test_manifests_that_do_not_fit(sine, tree_data, asked, found):
    broken = resigned(sine, lambda data: damaged(data, ARGUMENTS, tree_data))
    text = f"{asked}\n    {found}\n    export the function again"
    assert message(ArtifactError, export.deserialize, broken) == text


def test_a_type_that_is_not_registered_here():
    exported = export.export(hloom.jit(lambda m: m.w))(Model(spec(2), spec()))
    data = resigned(
        exported.serialize(), lambda d: damaged(d, b"test_export.Model", b"other_place.Model")
    )
    text = message(ArtifactError, export.deserialize, data)
    assert text.startswith("load: a pytree node type is called 'other_place.Model' in the file\n")
    assert text.endswith(
        "call register_pytree_node_serialization or register_namedtuple_serialization first"
    )


def test_the_manifest_is_plain_json(sine):
    manifest = export.deserialize(sine).manifest
    assert json.loads(json.dumps(manifest)) == manifest
    assert manifest["hloom"] == hloom.__version__
    assert manifest["platforms"] == list(export.PLATFORMS)
