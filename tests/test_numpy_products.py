"""Products of hloom.numpy: values as NumPy's, and as few operations as there can be."""

import numpy as np
import pytest

import hloom
import hloom.numpy as hnp
from hloom.frontend.errors import ShapeError

pytestmark = pytest.mark.usefixtures("wide")

SPECS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk->ki", (2, 3), (3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ij->", (2, 3)),
    ("ba", (2, 3)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("iij->j", (3, 3, 2)),
    ("iii->i", (3, 3, 3)),
    ("bqhd,bkhd->bhqk", (2, 3, 4, 5), (2, 6, 4, 5)),
    ("bqhd,bkhd->bqhk", (2, 3, 4, 5), (2, 6, 4, 5)),
    ("...ij,...jk->...ik", (7, 2, 3), (3, 4)),
    ("...ij,...jk", (7, 2, 3), (1, 3, 4)),
    ("i,j->ji", (3,), (4,)),
    ("ij,kl->", (3, 2), (4, 5)),
    ("ij,ij->ij", (1, 3), (2, 3)),
    ("ij,jk,kl->il", (2, 3), (3, 4), (4, 5)),
    ("ijk,ijk,ijk->k", (2, 3, 4), (2, 3, 4), (2, 3, 4)),
    ("ii,ij->j", (3, 3), (3, 4)),
    (",ij->ij", (), (2, 3)),
    ("...,...->...", (2, 3), (3,)),
    ("a,b,c->cab", (2,), (3,), (4,)),
]


def sample(*shape, c=False):
    """Normal numbers, complex if asked."""
    rng = np.random.default_rng(len(shape) + sum(shape))
    x = rng.normal(size=shape)
    return x + 1j * rng.normal(size=shape) if c else x


def close(got, want):
    assert got.shape == np.shape(want)
    np.testing.assert_allclose(got, want, 1e-12, 1e-12)


@pytest.mark.parametrize(("spec", "shapes"), [(s, t) for s, *t in SPECS])
def test_einsum(spec, shapes):
    xs = [sample(*s) for s in shapes]
    for optimize in ("auto", False, True):
        close(hnp.einsum(spec, *xs, optimize=optimize), np.einsum(spec, *xs))


def test_einsum_of_lists():
    x, y = sample(2, 3), sample(3, 4)
    close(hnp.einsum(x, [0, 1], y, [1, 2], [0, 2]), x @ y)
    close(hnp.einsum(x, [0, 1], y, [1, 2]), x @ y)
    close(hnp.einsum(x, [..., 1], y, [1, 2], [..., 2]), x @ y)


def test_einsum_path():
    xs = sample(2, 3), sample(3, 40), sample(40, 2)
    path, report = hnp.einsum_path("ij,jk,kl->il", *xs)
    assert path == [(1, 2), (0, 1)]
    assert "scaling" in str(report).lower()
    close(hnp.einsum("ij,jk,kl->il", *xs, optimize=path), xs[0] @ xs[1] @ xs[2])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("ij,jk->iz", "einsum: the result cannot have these letters"),
        ("ij", "einsum: one term for each operand"),
        ("i,j->ij", "einsum: one letter for each axis"),
        ("i1,ij->i", "einsum: subscripts are letters"),
    ],
)
def test_einsum_errors(spec, message):
    with pytest.raises(ValueError) as error:
        hnp.einsum(spec, sample(2, 3), sample(3, 4))
    assert str(error.value).startswith(message)


SHAPES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 4)),
    ((7, 2, 3), (3, 4)),
    ((7, 2, 3), (7, 3, 4)),
    ((2, 3), (7, 3, 4)),
    ((5, 1, 2, 3), (7, 3, 4)),
    ((3,), (7, 3, 4)),
]


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_matmul_and_dot(left, right):
    x, y = sample(*left), sample(*right)
    close(hnp.matmul(x, y), x @ y)
    close(hnp.asarray(x) @ y, x @ y)
    close(hnp.dot(x, y), np.dot(x, y))


def test_matmul_errors():
    with pytest.raises(ShapeError) as error:
        hnp.matmul(sample(2, 3), sample(2, 3))
    assert "axis -1 is 3 on the left, axis -2 is 2 on the right" in str(error.value)
    with pytest.raises(ShapeError):
        hnp.matmul(2.0, sample(2, 3))


def test_other_products():
    z, w = sample(3, 2, c=True), sample(2, 3, c=True).T
    close(hnp.vdot(z, w), np.vdot(z, w))
    close(hnp.vecdot(z, w), np.sum(z.conj() * w, -1))
    close(hnp.vecdot(z, w, axis=0), np.sum(z.conj() * w, 0))
    close(hnp.vecmat(z[:, 0], w), z[:, 0].conj() @ w)
    close(hnp.matvec(z, w[0]), z @ w[0])
    for left, right in (((3,), (3,)), ((2, 3), (4, 3)), ((), (3,)), ((2, 4, 3), (5, 3))):
        x, y = sample(*left), sample(*right)
        close(hnp.inner(x, y), np.inner(x, y))
        close(hnp.outer(x, y), np.outer(x, y))
        close(hnp.kron(x, y), np.kron(x, y))
    x, y = sample(2, 3, 4), sample(4, 3, 5)
    for axes in (1, 0, (2, 0), ([1, 2], [1, 0])):
        close(hnp.tensordot(x, y, axes), np.tensordot(x, y, axes))


def test_cross():
    x, y = sample(5, 3), sample(3, 5).T
    close(hnp.cross(x, y), np.cross(x, y))
    close(hnp.cross(x.T, y, 0, 1, 0), np.cross(x.T, y, 0, 1, 0))
    close(hnp.cross(x[:, :2], y[:, :2]), x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0])
    close(hnp.cross(x[:, :2], y), np.cross(x * [1, 1, 0], y))


def test_trace():
    x = sample(3, 5, 4)
    for offset in (-3, -1, 0, 2, 7):
        close(hnp.trace(x, offset), np.trace(x, offset))
        close(hnp.trace(x, offset, 2, 0), np.trace(x, offset, 2, 0))
    assert hnp.trace(np.eye(3, dtype="int8")).dtype == np.dtype("int64")


def test_bools_and_integers():
    x = np.array([[True, False], [True, True]])
    np.testing.assert_array_equal(hnp.matmul(x, x), x @ x)
    np.testing.assert_array_equal(hnp.einsum("ij->i", x), x.any(1))
    n = np.arange(6, dtype="int8").reshape(2, 3)
    got = hnp.matmul(n, n.T, preferred_element_type="int32")
    np.testing.assert_array_equal(got, n.astype("int32") @ n.T)
    assert got.dtype == np.dtype("int32")


@pytest.mark.parametrize(
    ("precision", "error"),
    [
        ("highest", 1e-6),
        (("high", "default"), 1e-6),
        ("F32_F32_F32", 1e-6),
        ("BF16_BF16_F32_X3", 1e-4),
        (hloom.lax.Precision.HIGH, 1e-6),
        (hloom.lax.DotAlgorithm("float16", "float16", "float32"), 1e-2),
    ],
    ids=str,
)
def test_precision(precision, error):
    x, y = sample(2, 3).astype("float32"), sample(3, 4).astype("float32")
    found = hnp.matmul(x, y, precision=precision)
    assert found.dtype == np.dtype("float32")
    np.testing.assert_allclose(found, x @ y, error, error)


def test_unknown_precision():
    with pytest.raises(ValueError) as error:
        hnp.matmul(sample(2, 2), sample(2, 2), precision="great")
    assert "precision 'great' is not known" in str(error.value)


def names(fun, *args):
    """The names of the equations of a traced function, one after another."""
    text = str(hloom.make_program(fun)(*args))
    return [
        word
        for word in text.replace(";", " ").replace("[", " ").split()
        if word in ("dot_general", "transpose", "reshape", "reduce_sum", "convert_element_type")
    ]


def test_products_are_one_equation():
    x, y = sample(2, 3), sample(3, 4)
    assert names(hnp.matmul, x, y) == ["dot_general"]
    for spec in ("ij,jk->ik", "ij,jk->ki"):
        assert names(lambda a, b, s=spec: hnp.einsum(s, a, b), x, y) == ["dot_general"]
    q, k = sample(2, 3, 4, 5), sample(2, 6, 4, 5)
    heads = lambda a, b: hnp.einsum("bqhd,bkhd->bhqk", a, b)
    assert names(heads, q, k) == ["dot_general"]
    assert names(lambda a, b: hnp.einsum("ij,kl->", a, b), x, y)[:2] == ["reduce_sum"] * 2


def test_gradients_need_no_transposition():
    x, w = sample(2, 5, 3), sample(3, 4)

    def loss(x, w):
        return hnp.sum(hnp.einsum("bqd,de->bqe", x, w) ** 2)

    found = names(hloom.grad(loss, (0, 1)), x, w)
    assert found.count("dot_general") == 3
    assert "transpose" not in found
