"""hloom.ops: what the rows of ops_segments.py do not say."""

import numpy as np
import pytest

import hloom
import hloom.numpy as hnp
from hloom import ops
from hloom.frontend import errors

X = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
IDS = np.array([1, 0, 1, 3])


def test_the_number_of_segments():
    assert ops.segment_sum(X, IDS).tolist() == [2, 4, 0, 4]
    assert ops.segment_sum(X, IDS.astype("uint8")).tolist() == [2, 4, 0, 4]
    assert ops.segment_sum(X, IDS, 2).tolist() == [2, 4]
    assert ops.segment_sum(X, IDS, 0).shape == (0,)
    assert ops.segment_sum(X[:0], IDS[:0]).shape == (0,)
    assert ops.segment_max(X[:0], IDS[:0], 2).tolist() == [-np.inf] * 2


def test_segments_outside():
    ids = np.array([-1, 0, 5, 1])
    assert ops.segment_sum(X, ids, 2).tolist() == [2, 4]
    assert ops.segment_prod(X, ids, 2, mode="drop").tolist() == [2, 4]
    assert ops.segment_sum(X, ids, 2, mode="clip").tolist() == [3, 7]


def test_empty_segments():
    for dtype, low, high in (("float32", -np.inf, np.inf), ("int8", -128, 127), ("bool", 0, 1)):
        data = X.astype(dtype)
        assert ops.segment_max(data, IDS).tolist()[2] == low
        assert ops.segment_min(data, IDS).tolist()[2] == high
    assert ops.segment_prod(X, IDS).tolist()[2] == 1


def test_one_segment_may_hold_nan():
    data = X.copy()
    data[1] = np.nan
    found = ops.segment_sum(data, IDS)
    np.testing.assert_array_equal(found, [np.nan, 4, 0, 4])


def test_buckets_round_less():
    n = 1 << 16
    data, ids = np.full(n, 0.1, np.float32), np.zeros(n, int)
    exact = n * float(np.float32(0.1))
    error = lambda size: abs(ops.segment_sum(data, ids, 1, bucket_size=size).item() - exact)
    assert error(256) < 0.1 * error(None)


@pytest.mark.parametrize("name", ["segment_max", "segment_min"])
def test_derivative_of_extremes(name):
    function = getattr(ops, name)
    loss = lambda x: (function(x, np.array([0, 0, 1, 1]), 2) * np.array([1.0, 2.0])).sum()
    assert hloom.grad(loss)(hnp.array([1.0, 3.0, 5.0, 4.0])).tolist() == (
        [0, 1, 2, 0] if name == "segment_max" else [1, 0, 0, 2]
    )
    # a tie is shared; a segment without rows has no derivative, and makes no NaN
    tie = hloom.grad(lambda x: function(x, np.array([0, 0, 2, 2]), 3)[::2].sum())
    assert tie(hnp.ones(4)).tolist() == [0.5] * 4


def test_segments_may_be_mapped_and_traced():
    both = np.stack([IDS, IDS[::-1]])
    found = hloom.jit(hloom.vmap(lambda ids: ops.segment_sum(X, ids, 4)))(both)
    assert found.tolist() == [[2, 4, 0, 4], [3, 6, 0, 1]]


def test_one_dispatch():
    program = hloom.make_program(lambda x, i: ops.segment_sum(x, i, 4))(X, IDS)
    assert [eqn.primitive.name for eqn in program.eqns] == [
        "reshape",
        "broadcast_in_dim",
        "scatter_add",
    ]


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: ops.segment_sum(X, X), errors.DTypeError, "segments have integer numbers"),
        (lambda: ops.segment_sum(X > 0, IDS), errors.DTypeError, "takes numbers"),
        (lambda: ops.segment_sum(X, IDS[:2]), errors.ShapeError, "each row of data has one"),
        (lambda: ops.segment_sum(X, IDS[:, None]), errors.ShapeError, "each row of data has one"),
        (lambda: ops.segment_sum(X, IDS, -1), errors.ValueRangeError, "num_segments is -1"),
        (lambda: ops.segment_sum(X, IDS, 2, bucket_size=0), errors.ValueRangeError, "has rows"),
        (lambda: ops.segment_sum(X, IDS, 2, mode="wrap"), errors.ValueRangeError, "no mode 'wrap'"),
        (
            lambda: hloom.jit(ops.segment_sum)(X, IDS),
            errors.TracerIntegerError,
            "the number of segments must be known",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


def test_derivatives_of_products_of_segments():
    def total(x):
        return (ops.segment_prod(x, IDS) ** 2).sum()

    def expected(x):
        products = ops.segment_prod(x, IDS)
        others = np.array([x[2], 1, x[0], 1])  # the product of a segment's other elements
        return 2 * products[IDS] * others

    for x in X, X * np.array([0, 1, 1, 1], np.float32), X * np.array([0, 1, 0, 0], np.float32):
        np.testing.assert_allclose(hloom.grad(total)(x), expected(x), rtol=1e-6)
