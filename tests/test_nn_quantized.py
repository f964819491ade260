"""Products of block-scaled arrays beside the formats written out in NumPy."""

import ml_dtypes  # noqa: F401 - teaches NumPy the names of the narrow floats
import numpy as np
import pytest

import hloom
from control import message_of
from hloom import nn
from hloom.frontend.errors import ArgumentError, ValueRangeError

R = np.random.default_rng(5)
X = (R.normal(size=(2, 3, 64)) * 10.0 ** R.uniform(-3, 3, (2, 3, 1))).astype(np.float32)
Y = R.normal(size=(2, 5, 64)).astype(np.float32)
NUMBERS = (((2,), (2,)), ((0,), (0,)))
BLOCK = {"mxfp8": 32, "mxfp4": 32, "nvfp4": 16}
DATA = {"mxfp8": "float8_e4m3fn", "mxfp4": "float4_e2m1fn", "nvfp4": "float4_e2m1fn"}
MOST = {"mxfp8": 448.0, "mxfp4": 6.0, "nvfp4": 6.0}


def rounded(x, mode, whole=None):
    """The numbers that blocks along the last axis stand for."""
    k = x.shape[-1]
    x = np.concatenate([x, np.zeros((*x.shape[:-1], -k % BLOCK[mode]), x.dtype)], -1)
    blocks = x.reshape(*x.shape[:-1], -1, BLOCK[mode]).astype(np.float64)
    scale = np.abs(blocks).max(-1, keepdims=True) / MOST[mode]
    if mode == "nvfp4":
        whole = scale.max() / 448 if whole is None else whole
        scale = np.float32(scale / whole).astype("float8_e4m3fn").astype(float) * whole
    else:
        scale = 2.0 ** np.ceil(np.log2(np.maximum(scale, 2.0**-126)))
    data = np.float32(blocks / np.where(scale == 0, 1, scale)).astype(DATA[mode])
    return (data.astype(float) * scale).reshape(x.shape)[..., :k]


def _configs(mode, whole=None):
    return [nn.get_scaled_dot_general_config(mode, whole)] * 3


@pytest.mark.parametrize("mode", BLOCK)
def test_operands_are_rounded_block_by_block(mode):
    found = nn.scaled_dot_general(X, Y, NUMBERS, configs=_configs(mode))
    wanted = rounded(X, mode) @ rounded(Y, mode).mT
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5 * np.abs(wanted).max())
    assert np.abs(wanted - X @ Y.mT).max() > 1e-3 * np.abs(wanted).max()


def test_a_scale_of_the_whole_array():
    found = nn.scaled_dot_general(X, Y, NUMBERS, configs=_configs("nvfp4", np.float32(0.125)))
    wanted = rounded(X, "nvfp4", 0.125) @ rounded(Y, "nvfp4", 0.125).mT
    # scales above 448 are 448: numbers are cut off
    small = np.abs(X).max((0, 2)) < 6 * 448 * 0.125
    assert small.any()
    np.testing.assert_allclose(found[:, small], wanted[:, small], rtol=1e-4, atol=1e-4)


def test_any_axes_a_last_block_that_is_not_full_and_zeros():
    x, y = X[:, :, :40].copy(), Y[:, :, :40]
    x[0, 1] = 0
    found = nn.scaled_dot_general(
        x.transpose(2, 0, 1), y, (((0,), (-1,)), ((1,), (0,))), "bfloat16", _configs("mxfp8")
    )
    wanted = rounded(x, "mxfp8") @ rounded(y, "mxfp8").mT
    assert found.dtype == hloom.numpy.bfloat16
    np.testing.assert_allclose(np.asarray(found, float), wanted, rtol=1e-2, atol=1e-2)
    plain = nn.scaled_dot_general(x, y, NUMBERS)
    np.testing.assert_allclose(plain, x @ y.mT, rtol=1e-4, atol=1e-4)


def test_powers_of_two_are_exact():
    x = np.float32(2.0) ** np.arange(-20, 12).reshape(1, 1, 32)
    config = nn.get_scaled_dot_general_config("mxfp8")
    for i in range(32):
        one = np.where(np.arange(32) == i, x, 0)
        ones = np.ones_like(x)
        found = nn.scaled_dot_general(one, ones, NUMBERS, configs=[config] * 3)
        assert float(found.item()) == float(x[0, 0, i])


def test_derivatives_are_products_of_rounded_arrays():
    f = lambda x, y: nn.scaled_dot_general(x, y, NUMBERS, configs=_configs("mxfp8"))
    ct = R.normal(size=(2, 3, 5)).astype(np.float32)
    _, back = hloom.vjp(f, X, Y)
    gx, gy = back(ct)
    wanted = rounded(ct, "mxfp8") @ rounded(Y.mT, "mxfp8").mT
    np.testing.assert_allclose(gx, wanted, rtol=1e-4, atol=1e-4)
    wanted = rounded(ct.mT, "mxfp8") @ rounded(X.mT, "mxfp8").mT
    np.testing.assert_allclose(gy, wanted, rtol=1e-4, atol=1e-5 * np.abs(wanted).max())
    one = hloom.vmap(lambda x, y: f(x[None], y[None])[0])(X, Y)
    np.testing.assert_allclose(one, f(X, Y), rtol=1e-5)


def test_errors():
    assert message_of(ValueRangeError, lambda: _configs("mxfp2"))[0] == (
        "get_scaled_dot_general_config: no such mode"
    )
    assert message_of(ArgumentError, lambda: _configs("mxfp8", 2.0))[0] == (
        "get_scaled_dot_general_config: only nvfp4 has a scale of the whole array"
    )
    two = _configs("mxfp8")[:2]
    assert message_of(ArgumentError, lambda: nn.scaled_dot_general(X, Y, NUMBERS, configs=two))[
        0
    ] == ("scaled_dot_general: takes three configurations")
