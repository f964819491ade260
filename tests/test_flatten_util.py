"""hloom.flatten_util: trees as vectors and back."""

import numpy as np
import pytest

import hloom
import hloom.numpy as hnp
from hloom.flatten_util import ravel_pytree
from hloom.frontend import errors

TREE = {"b": np.float32(2), "a": np.arange(3), "c": (np.array([[True]]), None)}


def test_there_and_back():
    flat, unravel = ravel_pytree(TREE)
    assert (flat.dtype, flat.tolist()) == (np.float32, [0, 1, 2, 2, 1])
    back = unravel(flat)
    assert hloom.tree.structure(back) == hloom.tree.structure(TREE)
    for got, want in zip(hloom.tree.leaves(back), hloom.tree.leaves(TREE), strict=True):
        assert (got.shape, got.dtype) == (want.shape, hloom.numpy.asarray(want).dtype)
        assert not got.aval.weak_type
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("tree", [{}, [1.5], np.ones((2, 0)), [np.ones(2), 1j], [np.int8(3), 7]])
def test_small_trees(tree):
    flat, unravel = ravel_pytree(tree)
    assert (flat.ndim, flat.aval.weak_type) == (1, False)
    for got, want in zip(hloom.tree.leaves(unravel(flat)), hloom.tree.leaves(tree), strict=True):
        np.testing.assert_array_equal(got, want)


def test_complex_numbers_become_real_again():
    _, unravel = ravel_pytree([np.ones(1, "float32"), np.ones(1, "complex64")])
    real, whole = unravel(np.array([1 + 2j, 3 + 4j], "complex64"))
    assert (real.tolist(), whole.tolist()) == ([1.0], [3 + 4j])


def test_transformed():
    tree = {"w": hnp.array([[1.0, 2.0]]), "b": hnp.array(3.0)}
    flat, unravel = ravel_pytree(tree)
    slope = hloom.grad(lambda v: (unravel(v)["w"] ** 2).sum() + unravel(v)["b"])(flat)
    assert slope.tolist() == [1.0, 2.0, 4.0]
    many = hloom.vmap(unravel)(hnp.stack([flat, 2 * flat]))
    assert (many["w"].shape, many["b"].tolist()) == ((2, 1, 2), [3.0, 6.0])
    total = hloom.jit(lambda t: ravel_pytree(t)[0].sum())(tree)
    assert total == 6.0


def test_equal_functions_are_one_static_argument():
    first, second = (ravel_pytree({"a": hnp.full(2, x)})[1] for x in (1.0, 2.0))
    assert (first, hash(first)) == (second, hash(second))
    assert first != ravel_pytree({"a": hnp.ones(3)})[1]
    assert repr(first) == "Unravel(float32[2] -> PyTreeDef({'a': *}))"


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda u: u(hnp.ones(6)), errors.ShapeError, "takes a vector of 5 elements"),
        (lambda u: u(hnp.ones((1, 5))), errors.ShapeError, r"it has shape \(1, 5\)"),
        (lambda u: u(hnp.ones(5, "int32")), errors.DTypeError, "x.astype\\('float32'\\)"),
        (lambda u: ravel_pytree({"a": "x"}), errors.ArgumentError, "takes arrays and numbers"),
    ],
)
def test_what_is_refused(call, kind, text):
    unravel = ravel_pytree(TREE)[1]
    with pytest.raises(kind, match=text):
        call(unravel)
