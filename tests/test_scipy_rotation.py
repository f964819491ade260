"""hloom.scipy.spatial.transform beside SciPy."""

import itertools
import warnings

import numpy as np
import pytest
from scipy.spatial.transform import Rotation as SciPy, Slerp as SciPySlerp

import hloom
import hloom.numpy as hnp
from hloom.scipy.spatial.transform import Rotation, Slerp

# general ones after those by 0, by pi, by nearly 0, and one with a negative scalar
QUATS = np.concatenate(
    [
        [[0, 0, 0, 1], [1, 0, 0, 0], [1e-9, 0, 0, 1], [0.1, 0.2, 0.3, -2]],
        np.random.default_rng(0).normal(size=(4, 4)),
    ]
)
GENERAL = slice(3, None)
VECTORS = np.random.default_rng(1).normal(size=(8, 3))
SEQUENCES = [
    "".join(s)
    for n in (1, 2, 3)
    for s in itertools.product("xyz", repeat=n)
    if all(a != b for a, b in itertools.pairwise(s))
]


@pytest.fixture(autouse=True)
def _wide():
    with hloom.enable_x64(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Gimbal lock")
        yield


@pytest.fixture(scope="module")
def both():
    with hloom.enable_x64():
        return Rotation.from_quat(QUATS), SciPy.from_quat(QUATS)


def close(got, want, tol=1e-12):
    got = np.asarray(got)
    assert got.shape == np.shape(want)
    np.testing.assert_allclose(got, want, tol, tol)


def same(got, want, tol=1e-12):
    close(got.as_matrix(), want.as_matrix(), tol)


# ---------------------------------------------------------------- forms
def test_forms(both):
    got, want = both
    close(got.as_quat(), want.as_quat())
    for canonical, first in itertools.product((False, True), repeat=2):
        close(got.as_quat(canonical, first), want.as_quat(canonical=canonical, scalar_first=first))
    close(got.as_matrix(), want.as_matrix())
    close(got.as_rotvec(), want.as_rotvec())
    close(got.as_rotvec(degrees=True), want.as_rotvec(degrees=True))
    close(got.as_mrp(), want.as_mrp())
    close(got.magnitude(), want.magnitude())


def test_constructors(both):
    _, want = both
    same(Rotation.from_quat(np.roll(QUATS, 1, -1), scalar_first=True), want)
    same(Rotation.from_matrix(want.as_matrix()), want)
    same(Rotation.from_rotvec(want.as_rotvec()), want)
    same(Rotation.from_rotvec(want.as_rotvec(degrees=True), degrees=True), want)
    same(Rotation.from_mrp(want.as_mrp()), want)
    close(Rotation.from_rotvec(3 * VECTORS).as_mrp(), SciPy.from_rotvec(3 * VECTORS).as_mrp())
    same(Rotation.from_quat(QUATS.reshape(2, 4, 4))[1], want[4:])
    assert Rotation.from_matrix(np.eye(3, dtype=int)).quat.dtype == "float64"


def test_euler_angles(both):
    got, want = both
    for seq in SEQUENCES:
        for letters in (seq, seq.upper()):
            angles = VECTORS[:, : len(seq)]
            same(Rotation.from_euler(letters, angles), SciPy.from_euler(letters, angles))
            if len(seq) == 3:
                close(got[GENERAL].as_euler(letters), want[GENERAL].as_euler(letters), 1e-9)
                same(Rotation.from_euler(letters, got.as_euler(letters)), want, 1e-7)


def test_gimbal_lock():
    for seq, middle in (("xyz", np.pi / 2), ("ZYX", -np.pi / 2), ("zxz", 0.0), ("YXY", np.pi)):
        want = SciPy.from_euler(seq, [0.3, middle, 0.5])
        found = np.asarray(Rotation.from_quat(want.as_quat()).as_euler(seq))
        assert found[2] == 0
        close(found, want.as_euler(seq), 1e-7)


def test_shapes_of_angles():
    close(Rotation.from_euler("z", 90, degrees=True).as_rotvec(degrees=True), [0, 0, 90])
    assert Rotation.from_euler("z", [0.1]).single
    assert Rotation.from_euler("z", [[0.1], [0.2]]).shape == (2,)
    assert Rotation.from_euler("zx", np.zeros((2, 3, 2))).shape == (2, 3)
    turn = Rotation.from_euler("XYZ", [10, 20, 30], degrees=True)
    close(turn.as_euler("XYZ", degrees=True), [10, 20, 30])


def test_davenport_angles(both):
    got, want = both
    for sign, order in itertools.product((1, -1), ("intrinsic", "extrinsic")):
        axes = VECTORS[:3].copy()
        axes[1] = sign * np.cross(axes[0], axes[2])
        angles = VECTORS[3:]
        same(
            Rotation.from_davenport(axes, order, angles), SciPy.from_davenport(axes, order, angles)
        )
        found = got[GENERAL].as_davenport(axes, order, degrees=True)
        close(found, want[GENERAL].as_davenport(axes, order, degrees=True), 1e-9)


# ---------------------------------------------------------------- operations
def test_operations(both):
    got, want = both
    close(got.inv().as_quat(), want.inv().as_quat())
    same(got * got[5], want * want[5])
    close(got.apply(VECTORS), want.apply(VECTORS))
    close(got.apply(VECTORS, inverse=True), want.apply(VECTORS, inverse=True))
    close(got[4].apply(VECTORS), want[4].apply(VECTORS))
    close(got.apply(VECTORS[0]), want.apply(VECTORS[0]))
    close(got[4].apply(VECTORS[0]), want[4].apply(VECTORS[0]))
    for n in (0, 1, -1, 2, 0.3):
        same(got**n, want**n)
    turned = SciPy.from_rotvec([0, 0, 1e-3])
    moved = got * Rotation.from_rotvec(np.array([0, 0, 1e-3]))
    for tolerance in ((None, False), (1e-2, False), (1e-2, True), (1.0, True)):
        expected = (want * turned).approx_equal(want, *tolerance)
        np.testing.assert_array_equal(moved.approx_equal(got, *tolerance), expected)


def test_mean(both):
    got, want = both
    same(got.mean(), want.mean(), 1e-9)
    weights = np.arange(1.0, 9.0)
    same(got.mean(weights), want.mean(weights), 1e-9)


def test_align_vectors():
    a, turn = VECTORS, SciPy.from_rotvec([0.3, -2.0, 0.4])
    b = turn.inv().apply(a) + 0.1 * np.roll(a, 1, 0)
    for weights in (None, np.arange(1.0, 9.0)):
        got, want = Rotation.align_vectors(a, b, weights), SciPy.align_vectors(a, b, weights)
        same(got[0], want[0])
        close(got[1], want[1])
    mirrored = a * [1, 1, -1]  # the best matrix would be a reflection
    same(Rotation.align_vectors(a, mirrored)[0], SciPy.align_vectors(a, mirrored)[0])


def test_slerp(both):
    got, want = both
    times, others = np.arange(8.0) ** 2, np.array([[0.0, 0.3, 1.0], [8.5, 40.0, 49.0]])
    slerp = Slerp.init(times, got)
    assert slerp(others).shape == (2, 3)
    expected = SciPySlerp(times, want)(others.ravel()).as_matrix()
    close(slerp(others).as_matrix(), expected.reshape(2, 3, 3, 3), 1e-9)
    assert slerp(0.3).single
    # before the first time and after the last it goes on turning
    plain = Slerp.init([0, 1], Rotation.from_rotvec(np.array([[0, 0, 0.1], [0, 0, 0.4]])))
    close(plain(np.array([-1.0, 2.0])).as_rotvec(), [[0, 0, -0.2], [0, 0, 0.7]])


def test_identity_and_random():
    close(Rotation.identity().as_quat(), [0, 0, 0, 1])
    assert Rotation.identity(3).quat.shape == (3, 4)
    assert Rotation.identity(dtype="float32").quat.dtype == "float32"
    key = hloom.random.key(0)
    assert Rotation.random(key).single
    many = Rotation.random(key, 4000)
    close(hnp.sum(many.quat**2, -1), np.ones(4000))
    # uniform: the mean of the matrices is 0, the mean angle pi / 2 + 2 / pi
    assert abs(np.asarray(many.as_matrix()).mean(0)).max() < 0.05
    assert abs(float(many.magnitude().mean()) - (np.pi / 2 + 2 / np.pi)) < 0.05


# ---------------------------------------------------------------- sequences and trees
def test_sequences(both):
    got, _ = both
    assert len(got) == 8
    assert not got.single
    assert bool(got[0])
    assert [r.single for r in got] == [True] * 8
    close(got[-1].quat, got.quat[-1])
    close(got[2:4].quat, got.quat[2:4])
    close(got[np.array([0, 5])].quat, got.quat[np.array([0, 5])])
    close(got[got.magnitude() > 1].quat, np.asarray(got.quat)[np.asarray(got.magnitude()) > 1])
    grid = Rotation(got.quat.reshape(2, 4, 4))
    for places in ((1, 2), (..., 2), (slice(None), None, 0)):
        shape = np.zeros((2, 4))[places].shape
        assert grid[places].shape == shape
    close(grid[1, 2].quat, got.quat[6])
    joined = Rotation.concatenate([got[0], got[2:4]])
    close(joined.quat, np.asarray(got.quat)[[0, 2, 3]])
    close(Rotation.concatenate(got).quat, got.quat)


def test_rotations_go_through_transformations(both):
    got, want = both
    assert len(hloom.tree.leaves(got)) == 1
    same(hloom.jit(lambda r: r.inv())(got), want.inv())
    close(hloom.vmap(lambda r, v: r.apply(v))(got, VECTORS), want.apply(VECTORS))
    _, turns = hloom.lax.scan(lambda total, r: (total * r, total.magnitude()), got[0], got)
    total, expected = want[0], []
    for r in want:
        expected.append(total.magnitude())
        total = total * r
    close(turns, expected)
    slerp = Slerp.init(np.arange(8.0), got)
    close(hloom.jit(lambda s, t: s(t).quat)(slerp, 0.5), slerp(0.5).quat)


# ---------------------------------------------------------------- derivatives
VALUES = np.arange(1.0, 4.0)
FUNCTIONS = {
    "rotvec": lambda r: r.as_rotvec(),
    "mrp": lambda r: r.as_mrp(),
    "matrix": lambda r: Rotation.from_matrix(r.as_matrix()).as_matrix(),
    "xyz": lambda r: r.as_euler("xyz"),
    "ZXZ": lambda r: r.as_euler("ZXZ"),
    "apply": lambda r: r.apply(VALUES),
    "inverse": lambda r: r.apply(VALUES, inverse=True),
    "product": lambda r: (r * r).as_mrp(),
    "power": lambda r: (r**0.5).as_quat(),
    "magnitude": lambda r: r.magnitude(),
    "mean": lambda r: Rotation.concatenate([r, r * r, r.inv()]).mean([1.0, 2.0, 1.0]).as_rotvec(),
    "slerp": lambda r: Slerp.init([0.0, 1.0], Rotation.concatenate([r, r**2]))(0.4).as_rotvec(),
    "align": lambda r: Rotation.align_vectors(r.apply(VECTORS), VECTORS)[0].as_rotvec(),
}


def jacobian(f, x, step=1e-5):
    columns = [(np.asarray(f(x + d)) - np.asarray(f(x - d))) / (2 * step) for d in step * np.eye(3)]
    return np.stack(columns, -1)


def of_rotvec(name):
    return lambda v: FUNCTIONS[name](Rotation.from_rotvec(v))


def compiled(f):
    """A function of a vector, compiled with little effort, which is what takes the time."""
    options = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
    return hloom.jit(f).lower(np.zeros(3)).compile(options)


@pytest.fixture(scope="module")
def everything():
    """The value and the Jacobians of every function, as one program."""

    def at(v):
        found = {n: of_rotvec(n) for n in FUNCTIONS}
        return {n: (f(v), hloom.jacfwd(f)(v), hloom.jacrev(f)(v)) for n, f in found.items()}

    with hloom.enable_x64():
        return compiled(at)


@pytest.mark.parametrize("v", [np.zeros(3), np.array([0.4, -1.2, 0.7])], ids=["zero", "general"])
def test_derivatives(v, everything):
    # the angle has no derivative at 0, where ours is 0; "ZXZ" is locked there
    kinks = ("magnitude", "ZXZ") if not v.any() else ()
    for name, (value, forward, reverse) in everything(v).items():
        assert np.isfinite(np.asarray(forward)).all()
        np.testing.assert_allclose(forward, reverse, 1e-12, 1e-12)
        assert forward.shape == (*value.shape, 3)
        if name not in kinks:
            want = jacobian(lambda x, n=name: everything(x)[n][0], v)
            np.testing.assert_allclose(forward, want, 1e-7, 1e-8)


def test_second_derivatives_at_zero():
    names = ("rotvec", "ZXZ", "apply", "product", "magnitude", "mean")
    found = compiled(lambda v: [hloom.hessian(of_rotvec(n))(v) for n in names])(np.zeros(3))
    for name, hessian in zip(names, found, strict=True):
        assert np.isfinite(np.asarray(hessian)).all(), name
    turned = np.asarray(found[names.index("apply")])
    # d²/dv² of exp([v]) x at 0 is half the sum of two products of cross products
    cross = np.stack(
        [np.cross(np.eye(3)[i], np.eye(3)) for i in range(3)]
    )  # cross[i, j] = e_i x e_j
    twice = np.einsum("jkl,ilm,k->mij", cross, cross, VALUES)
    close(turned, (twice + np.swapaxes(twice, 1, 2)) / 2)


def test_precision_of_small_angles_in_float32():
    for size in (1e-20, 1e-6, 1e-3, 0.1, 0.9, 1.1):
        v = np.array([size, -size, 2 * size], np.float32)
        r = Rotation.from_rotvec(v)
        np.testing.assert_allclose(r.as_rotvec(), v, 1e-6)
        assert r.quat.dtype == "float32"


# ---------------------------------------------------------------- errors
ONE = [0.0, 0.0, 0.0, 1.0]
ERRORS = {
    "quat": (
        lambda: Rotation.from_quat([1.0, 2.0, 3.0]),
        ValueError,
        ("from_quat: takes shape (..., 4)", "it was given shape (3,)", "reshape it"),
    ),
    "matrix": (
        lambda: Rotation.from_matrix(np.eye(2)),
        ValueError,
        ("from_matrix: takes shape (..., 3, 3)", "(2, 2)", "reshape it"),
    ),
    "letters": (
        lambda: Rotation.from_euler("xYz", [1.0, 2.0, 3.0]),
        ValueError,
        ("from_euler: no such sequence of axes", "it is 'xYz'", 'write 1 or 2 or 3 of "xyz"'),
    ),
    "two": (
        lambda: Rotation.from_quat(ONE).as_euler("xy"),
        ValueError,
        ("as_euler: no such sequence of axes", "it is 'xy'", 'write 3 of "xyz"'),
    ),
    "repeated": (
        lambda: Rotation.from_euler("xxz", [1.0, 2.0, 3.0]),
        ValueError,
        ("from_euler: an axis follows itself", "seq is 'xxz'", "add the two angles"),
    ),
    "angles": (
        lambda: Rotation.from_euler("xy", [1.0, 2.0, 3.0]),
        ValueError,
        ("takes an angle for each axis", "shape (3,), there are 2 axes", "give (..., 2)"),
    ),
    "order": (
        lambda: Rotation.from_davenport(np.eye(3), "inner", [1.0, 2.0, 3.0]),
        ValueError,
        ("from_davenport: no such order", "it is 'inner'", 'use "intrinsic" or "extrinsic"'),
    ),
    "three": (
        lambda: Rotation.from_quat(ONE).as_davenport(np.eye(3)[:2], "e"),
        ValueError,
        ("as_davenport: takes three axes", "(2, 3)", "give shape (3, 3)"),
    ),
    "len": (
        lambda: len(Rotation.from_quat(ONE)),
        TypeError,
        ("a single one has no length", "its shape is ()", "ask for `single` or `shape`"),
    ),
    "single": (
        lambda: Rotation.from_quat(ONE)[0],
        TypeError,
        ("a single one cannot be indexed", "its shape is ()", "Rotation.concatenate"),
    ),
    "index": (
        lambda: Rotation.from_quat([ONE, ONE])[2],
        IndexError,
        ("no such rotation", "it has 2 rotations, the index is 2", "use -2 to 1"),
    ),
    "concatenate": (
        lambda: Rotation.concatenate([ONE]),
        TypeError,
        ("concatenate: takes Rotations", "['list']", "give one or more"),
    ),
    "modulus": (
        lambda: pow(Rotation.from_quat(ONE), 2, 3),
        ValueError,
        ("a power has no modulus", "modulus is 3", "leave it out"),
    ),
    "weights": (
        lambda: Rotation.from_quat([ONE, ONE]).mean([1.0]),
        ValueError,
        ("mean: a weight for each", "there are 2, weights have shape (1,)", "give shape (2,)"),
    ),
    "vectors": (
        lambda: Rotation.align_vectors(VECTORS, VECTORS[:2]),
        ValueError,
        ("takes as many of both", "(8, 3) and (2, 3)", "give (n, 3) for each"),
    ),
    "times": (
        lambda: Slerp.init([0.0, 1.0, 2.0], Rotation.from_quat([ONE, ONE])),
        ValueError,
        ("Slerp: takes a time for each rotation", "(3,), rotations (2,)", "of length 2 or more"),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, parts = ERRORS[name]
    with pytest.raises(kind) as error:
        call()
    for part in parts:
        assert part in str(error.value)


def test_only_rotations_are_composed():
    with pytest.raises(TypeError):
        Rotation.from_quat(ONE) * 2
