"""hloom.nn against its formulas in NumPy and SciPy, and its derivatives against differences."""

import numpy as np
import pytest
import scipy.special as sp
import scipy.stats as st

import hloom
import hloom.numpy as hnp
from hloom import nn, random
from hloom.nn import initializers

SMOOTH = {
    "sigmoid": sp.expit,
    "log_sigmoid": lambda x: -np.logaddexp(0, -x),
    "soft_sign": lambda x: x / (1 + abs(x)),
    "tanh": np.tanh,
    "softplus": lambda x: np.logaddexp(x, 0),
    "squareplus": lambda x: (x + np.sqrt(x**2 + 4)) / 2,
    "silu": lambda x: x * sp.expit(x),
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)),
    "gelu": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "celu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "identity": lambda x: x,
    "sparse_plus": lambda x: np.where(x <= -1, 0, np.where(x >= 1, x, (x + 1) ** 2 / 4)),
}
SCALE, ALPHA = 1.0507009873554805, 1.6732632423543772
KINKED = {  # with the derivative at each kink
    "relu": (lambda x: np.maximum(x, 0), {0: 0}),
    "relu6": (lambda x: np.clip(x, 0, 6), {0: 0, 6: 0}),
    "leaky_relu": (lambda x: np.where(x >= 0, x, 0.01 * x), {0: 1}),
    "selu": (
        lambda x: SCALE * np.where(x > 0, x, ALPHA * np.expm1(np.minimum(x, 0))),
        {0: SCALE * ALPHA},
    ),
    "hard_sigmoid": (lambda x: np.clip(x + 3, 0, 6) / 6, {-3: 0, 3: 0}),
    "hard_silu": (lambda x: x * np.clip(x + 3, 0, 6) / 6, {-3: 0, 3: 1}),
    "hard_tanh": (lambda x: np.clip(x, -1, 1), {-1: 1, 1: 1}),
    "sparse_sigmoid": (lambda x: np.clip(x + 1, 0, 2) / 2, {-1: 0, 1 - 2**-24: 0.5, 1: 0}),
}
POINTS = np.array([-800.0, -30.0, -2.5, -0.7, -1e-3, 2e-3, 0.4, 1.7, 4.0, 40.0, 800.0])
FUNCTIONS = {**SMOOTH, **{name: f for name, (f, _) in KINKED.items()}}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_and_their_derivatives(name):
    function, formula = getattr(nn, name), FUNCTIONS[name]
    with hloom.enable_x64():
        np.testing.assert_allclose(function(POINTS), formula(POINTS), rtol=1e-12, atol=1e-300)
        step = 1e-6 * np.maximum(1, abs(POINTS))
        wanted = (formula(POINTS + step) - formula(POINTS - step)) / (2 * step)
        found = hloom.vmap(hloom.grad(function))(POINTS)
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9)
        second = hloom.vmap(hloom.grad(hloom.grad(function)))(POINTS)
        assert np.isfinite(np.asarray(second)).all()


def test_second_derivatives_of_softplus_at_zero():
    for sign, function in (1, nn.softplus), (-1, nn.log_sigmoid):
        assert float(hloom.grad(function)(0.0)) == 0.5
        assert float(hloom.grad(hloom.grad(function))(0.0)) == sign * 0.25


@pytest.mark.parametrize("name", KINKED)
def test_derivatives_at_kinks(name):
    for x, wanted in KINKED[name][1].items():
        assert float(hloom.grad(getattr(nn, name))(float(x))) == pytest.approx(wanted)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_activations_at_extremes(name):
    function, formula = getattr(nn, name), FUNCTIONS[name]
    for dtype in ("float32", "float16", "bfloat16"):
        limits = hnp.finfo(dtype)
        x = hnp.array([float(limits.min) / 8, 0.0, float(limits.max) / 8], dtype)
        found = function(x)
        assert found.dtype == x.dtype
        if name != "squareplus":  # whose square of x overflows before the result
            np.testing.assert_allclose(
                np.asarray(found, np.float64), formula(np.asarray(x, np.float64)), rtol=1e-2
            )
        gradient = np.asarray(hloom.vmap(hloom.grad(function))(x), np.float64)
        if name != "squareplus":
            assert np.isfinite(gradient).all()


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"relu", "leaky_relu", "identity"}))
def test_integers_become_floats(name):
    found = getattr(nn, name)(np.arange(-2, 3))
    if name == "hard_tanh":
        assert found.dtype == np.int32
    else:
        assert found.dtype == np.float32
    wanted = FUNCTIONS[name](np.arange(-2.0, 3.0))
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)


def test_parameters_of_activations():
    x = np.float32([-2.0, -0.5, 0.5])
    np.testing.assert_allclose(nn.leaky_relu(x, 0.2), np.where(x >= 0, x, 0.2 * x))
    np.testing.assert_allclose(nn.elu(x, 2.0), np.where(x > 0, x, 2 * np.expm1(x)), rtol=1e-6)
    np.testing.assert_allclose(nn.celu(x, 2.0), np.where(x > 0, x, 2 * np.expm1(x / 2)), rtol=1e-6)
    np.testing.assert_allclose(nn.squareplus(x, 1.0), (x + np.sqrt(x**2 + 1)) / 2, rtol=1e-6)
    np.testing.assert_allclose(nn.gelu(x, approximate=False), x * st.norm.cdf(x), rtol=1e-6)
    pair = np.float32([[1.0, 2.0, 3.0, 4.0]])
    np.testing.assert_allclose(nn.glu(pair), pair[:, :2] * sp.expit(pair[:, 2:]), rtol=1e-6)


def test_log1mexp_is_exact_near_zero_and_far_from_it():
    with hloom.enable_x64():
        x = np.array([1e-12, 1e-3, 0.6, 0.7, 5.0, 50.0])
        wanted = np.where(x < 0.7, np.log(-np.expm1(-x)), np.log1p(-np.exp(-x)))
        np.testing.assert_allclose(nn.log1mexp(x), wanted, rtol=1e-14)
        slopes = hloom.vmap(hloom.grad(nn.log1mexp))(x)
        np.testing.assert_allclose(slopes, 1 / np.expm1(x), rtol=1e-12)


# ---------------------------------------------------------------- softmax and its kin
X = np.random.RandomState(0).randn(3, 4, 5) * 3
MASK = np.random.RandomState(1).rand(3, 4, 5) > 0.4
MASK[0, :, :3] = MASK[..., 3:] = True  # something is left along every axis
AXES = [-1, 0, (0, 2), None]


@pytest.mark.parametrize("axis", AXES)
def test_softmax_and_logsumexp(axis):
    with hloom.enable_x64():
        np.testing.assert_allclose(nn.softmax(X, axis), sp.softmax(X, axis), rtol=1e-12)
        np.testing.assert_allclose(nn.log_softmax(X, axis), sp.log_softmax(X, axis), rtol=1e-12)
        np.testing.assert_allclose(nn.logsumexp(X, axis), sp.logsumexp(X, axis), rtol=1e-12)
        count = np.ones_like(X).sum(axis)
        wanted = sp.logsumexp(X, axis) - np.log(count)
        np.testing.assert_allclose(nn.logmeanexp(X, axis), wanted, rtol=1e-12)


@pytest.mark.parametrize("axis", AXES)
def test_masks_leave_elements_out(axis):
    out = np.where(MASK, X, -np.inf)
    with hloom.enable_x64():
        wanted = sp.softmax(out, axis)
        np.testing.assert_allclose(nn.softmax(X, axis, where=MASK), wanted, rtol=1e-12)
        wanted = sp.log_softmax(out, axis)
        np.testing.assert_allclose(nn.log_softmax(X, axis, where=MASK), wanted, rtol=1e-12)
        wanted = sp.logsumexp(out, axis)
        np.testing.assert_allclose(nn.logsumexp(X, axis, where=MASK), wanted, rtol=1e-12)
        np.testing.assert_allclose(
            nn.logmeanexp(X, axis, where=MASK), wanted - np.log(MASK.sum(axis)), rtol=1e-12
        )
        for function in (nn.softmax, nn.logsumexp, nn.logmeanexp):
            loss = lambda x: (function(x, axis, where=MASK) ** 2).sum()  # noqa: B023
            gradient = np.asarray(hloom.grad(loss)(X))
            assert np.isfinite(gradient).all()
            assert (gradient[~MASK] == 0).all()


def _check_gradient(loss, x):
    found = np.asarray(hloom.grad(loss)(x))
    flat = x.reshape(-1)
    for i in range(0, flat.size, 3):
        step = np.zeros_like(flat)
        step[i] = 1e-5
        step = step.reshape(x.shape)
        wanted = (float(loss(x + step)) - float(loss(x - step))) / 2e-5
        assert found.reshape(-1)[i] == pytest.approx(wanted, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("axis", AXES)
def test_derivatives_of_reductions(axis):
    with hloom.enable_x64():
        for function in (nn.softmax, nn.log_softmax, nn.logsumexp, nn.standardize):
            _check_gradient(lambda x: (function(x, axis) ** 2).sum(), X[:2, :2])  # noqa: B023


def test_softmax_has_higher_derivatives():
    with hloom.enable_x64():
        x = X[0, 0]
        p = sp.softmax(x)
        jacobian = np.diag(p) - np.outer(p, p)
        np.testing.assert_allclose(hloom.jacfwd(nn.softmax)(x), jacobian, rtol=1e-10)
        np.testing.assert_allclose(hloom.jacrev(nn.softmax)(x), jacobian, rtol=1e-10)
        np.testing.assert_allclose(hloom.hessian(nn.logsumexp)(x), jacobian, atol=1e-12)
        both = hloom.vmap(hloom.jacrev(nn.softmax))(X[0])
        np.testing.assert_allclose(both[0], jacobian, rtol=1e-10)


def test_no_overflow_and_no_nan_from_infinities():
    big = np.float32([1e30, 1e30, -np.inf])
    np.testing.assert_array_equal(nn.softmax(big), [0.5, 0.5, 0])
    assert float(nn.logsumexp(np.float32([-np.inf, -np.inf]))) == -np.inf
    assert float(nn.logsumexp(np.float32([np.inf, 1.0]))) == np.inf
    gradient = hloom.grad(lambda x: nn.logsumexp(x))(np.float32([-np.inf, 0.0]))
    np.testing.assert_array_equal(gradient, [0, 1])
    assert float(nn.logsumexp(2.5)) == 2.5


def test_logsumexp_with_weights_and_signs():
    a, b = X[0].astype(np.float32), X[1].astype(np.float32)
    found, sign = nn.logsumexp(a, 1, b, keepdims=True, return_sign=True)
    wanted, wanted_sign = sp.logsumexp(a, 1, b, keepdims=True, return_sign=True)
    np.testing.assert_allclose(found, wanted, rtol=2e-5)
    np.testing.assert_array_equal(sign, wanted_sign)
    # an element of weight zero may be as large as it likes
    assert float(nn.logsumexp(np.float32([1e4, 0]), b=np.float32([0, 1]))) == 0


def test_standardize():
    with hloom.enable_x64():
        wanted = (X - X.mean(-1, keepdims=True)) / np.sqrt(X.var(-1, keepdims=True) + 1e-5)
        for algorithm in ("fast", "stable"):
            found = nn.standardize(X, algorithm=algorithm)
            np.testing.assert_allclose(found, wanted, rtol=1e-10)
        given = nn.standardize(X, mean=0.0, variance=np.ones((4, 1)), epsilon=0.0)
        np.testing.assert_allclose(given, X, rtol=1e-12)
        masked = np.asarray(nn.standardize(X, None, where=MASK, epsilon=0.0))
        assert abs(masked[MASK].mean()) < 1e-12
        assert masked[MASK].std() == pytest.approx(1)


def test_one_hot():
    x = np.array([[0, 1], [2, -1]])
    wanted = np.eye(3)[x] * (x >= 0)[..., None]
    np.testing.assert_array_equal(nn.one_hot(x, 3), wanted)
    np.testing.assert_array_equal(nn.one_hot(x, 3, axis=0), np.moveaxis(wanted, -1, 0))
    assert nn.one_hot(x, 3, dtype="int8").dtype == np.int8
    np.testing.assert_array_equal(nn.one_hot(1, 3), [0, 1, 0])
    np.testing.assert_array_equal(nn.one_hot([1, 0], 3), [[0, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(hloom.vmap(lambda i: nn.one_hot(i, 3))(np.arange(3)), np.eye(3))


# ---------------------------------------------------------------- attention
R = np.random.RandomState(2)
Q, K, V = R.randn(2, 5, 4, 8), R.randn(2, 7, 2, 8), R.randn(2, 7, 2, 8)


def _attention(q, k, v, bias=0.0, mask=True, scale=8**-0.5):
    k, v = np.repeat(k, 2, 2), np.repeat(v, 2, 2)
    scores = np.einsum("btnh,bsnh->bnts", q, k) * scale + bias
    scores = np.where(mask, scores, -np.inf)
    return np.einsum("bnts,bsnh->btnh", sp.softmax(scores, -1), v), sp.logsumexp(scores, -1)


def _attend(*args, **kwargs):
    with hloom.enable_x64():
        return nn.dot_product_attention(*args, **kwargs)


def test_attention_with_grouped_heads_bias_and_mask():
    bias, mask = R.randn(1, 4, 5, 7), R.rand(2, 1, 5, 7) > 0.3
    mask[..., 0] = True
    wanted, residual = _attention(Q, K, V, bias, mask)
    found, sums = _attend(Q, K, V, bias, mask, return_residual=True)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    np.testing.assert_allclose(sums, np.moveaxis(residual, 1, 2), rtol=1e-10)


def test_attention_without_a_batch():
    found, sums = _attend(Q[0], K[0], V[0], return_residual=True)
    np.testing.assert_allclose(found, _attention(Q, K, V)[0][0], rtol=1e-10)
    assert sums.shape == (5, 4)


def test_causal_and_local_attention():
    row, column = np.arange(5)[:, None], np.arange(7)[None]
    for window, causal in ((None, True), (1, False), ((2, 1), False), ((3, 0), True)):
        left, right = (99, 99) if window is None else np.broadcast_to(window, 2)
        mask = (
            (row - column <= left) & (column - row <= right) & (~np.array(causal) | (column <= row))
        )
        found = _attend(Q, K, V, is_causal=causal, local_window_size=window, scale=0.3)
        np.testing.assert_allclose(found, _attention(Q, K, V, mask=mask, scale=0.3)[0], rtol=1e-10)


def test_attention_with_lengths():
    queries, keys = np.array([3, 5]), np.array([4, 7])
    mask = (np.arange(7) < keys[:, None])[:, None, None]
    wanted = _attention(Q, K, V, mask=mask)[0]
    wanted[0, 3:] = 0
    found = _attend(Q, K, V, query_seq_lengths=queries, key_value_seq_lengths=keys)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)


def test_attention_derivatives():
    with hloom.enable_x64():
        for i in range(3):

            def loss(x, i=i):
                args = [x if j == i else a for j, a in enumerate((Q[0, :3], K[0, :4], V[0, :4]))]
                return (nn.dot_product_attention(*args, is_causal=True) ** 2).sum()

            _check_gradient(loss, (Q[0, :3], K[0, :4], V[0, :4])[i])


def test_attention_of_narrow_floats_is_computed_wide():
    q, k, v = (x.astype(hnp.bfloat16) for x in (Q, K, V))
    found = nn.dot_product_attention(q, k, v)
    assert found.dtype == hnp.bfloat16
    wanted = _attention(*(x.astype(np.float64) for x in (q, k, v)))[0]
    np.testing.assert_allclose(np.asarray(found, np.float64), wanted, atol=2e-2)


# ---------------------------------------------------------------- scaled products
def test_scaled_matmul():
    a, b = R.randn(2, 3, 8).astype("float8_e4m3fn"), R.randn(2, 5, 8).astype("float8_e4m3fn")
    s, t = 2.0 ** R.randint(-2, 3, (2, 3, 4)), 2.0 ** R.randint(-2, 3, (2, 5, 2))
    found = nn.scaled_matmul(a, b, s.astype("float8_e8m0fnu"), t.astype(np.float32))
    wide = a.astype(float) * np.repeat(s, 2, -1), b.astype(float) * np.repeat(t, 4, -1)
    np.testing.assert_allclose(found, wide[0] @ wide[1].mT, rtol=1e-5)
    assert nn.scaled_matmul(a, b, s, t, "bfloat16").dtype == hnp.bfloat16


# ---------------------------------------------------------------- initializers
KEY = random.key(5)

SCALED = {  # variance for (inputs, outputs) = (200, 100)
    "lecun_normal": 1 / 200,
    "lecun_uniform": 1 / 200,
    "he_normal": 2 / 200,
    "he_uniform": 2 / 200,
    "glorot_normal": 2 / 300,
    "glorot_uniform": 2 / 300,
}


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize("dtype", ["float32", "complex64"])
def test_variance_scaling(name, dtype):
    x = np.asarray(getattr(initializers, name)()(KEY, (200, 100), dtype))
    assert x.dtype == dtype
    assert abs(x.mean()) < 4 * np.sqrt(SCALED[name] / x.size)
    assert (abs(x) ** 2).mean() == pytest.approx(SCALED[name], rel=0.03)


def test_fans_of_convolutions():
    x = np.asarray(initializers.he_normal()(KEY, (3, 3, 50, 20)))
    assert x.var() == pytest.approx(2 / (9 * 50), rel=0.05)
    init = initializers.variance_scaling(1.0, "fan_out", "normal", 1, 2, batch_axis=0)
    assert np.asarray(init(KEY, (4, 50, 40))).var() == pytest.approx(1 / 40, rel=0.05)


def test_simple_initializers():
    np.testing.assert_array_equal(initializers.zeros(KEY, (2,)), [0, 0])
    np.testing.assert_array_equal(initializers.ones(KEY, (2,), "int32"), [1, 1])
    np.testing.assert_array_equal(initializers.constant(3.0)(KEY, (2,)), [3, 3])
    x = np.asarray(initializers.uniform(2.0)(KEY, (1000,)))
    assert x.min() >= 0
    assert 1.9 < x.max() < 2
    assert np.asarray(initializers.normal(0.5)(KEY, (5000,))).std() == pytest.approx(0.5, rel=0.05)
    x = np.asarray(initializers.truncated_normal(0.5, lower=-1.0, upper=3.0)(KEY, (5000,)))
    assert -0.5 < x.min() < -0.49
    assert initializers.normal(dtype="bfloat16")(KEY, (2,)).dtype == hnp.bfloat16


def test_orthogonal_initializers():
    for shape, axis in (((4, 6), -1), ((6, 4), -1), ((2, 3, 5), 0), ((3, 3), 0)):
        x = np.moveaxis(np.asarray(initializers.orthogonal(2.0, axis)(KEY, shape)), axis, 0)
        x = x.reshape(x.shape[0], -1)
        product = x @ x.T if x.shape[0] <= x.shape[1] else x.T @ x
        np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-5)
    x = np.array(initializers.delta_orthogonal()(KEY, (3, 5, 4, 6)))
    np.testing.assert_allclose(x[1, 2] @ x[1, 2].T, np.eye(4), atol=1e-5)
    x[1, 2] = 0
    assert not x.any()


# ---------------------------------------------------------------- errors
ERRORS = {
    "odd glu": (lambda: nn.glu(np.ones(3)), "glu: splits an axis into halves"),
    "standardize": (lambda: nn.standardize(X, algorithm="exact"), "standardize: the algorithm"),
    "attention shapes": (
        lambda: nn.dot_product_attention(Q, K, V[:1]),
        "dot_product_attention: key and value have one shape",
    ),
    "attention heads": (
        lambda: nn.dot_product_attention(Q[:, :, :3], K, V),
        "dot_product_attention: the key's heads divide the query's",
    ),
    "attention mask": (
        lambda: nn.dot_product_attention(Q, K, V, mask=np.ones((2, 3, 5, 7), bool)),
        "dot_product_attention: the mask broadcasts to the scores",
    ),
    "scales": (
        lambda: nn.scaled_matmul(X, X, X[..., :2], X),
        "scaled_matmul: takes one scale for each block",
    ),
    "a mode": (
        lambda: initializers.variance_scaling(1.0, "fan", "normal"),
        "variance_scaling: no such mode",
    ),
    "a distribution": (
        lambda: initializers.variance_scaling(1.0, "fan_in", "cauchy"),
        "variance_scaling: no such distribution",
    ),
    "a vector": (lambda: initializers.orthogonal()(KEY, (3,)), "orthogonal: needs two axes"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, text = ERRORS[name]
    with pytest.raises(ValueError, match=text):
        call()
