"""Polynomials, packed bits and windows: hloom.numpy against NumPy."""

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.frontend import errors

P = np.array([2.0, 5, -1, 3])
Q = np.array([1.0, -2])
X = np.linspace(0, 3, 8, dtype="float32")
Y = np.sin(X)


def same(found, expected):
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(np.asarray(found), expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("name", ["polyadd", "polysub", "polymul", "polyval"])
def test_arithmetic(name):
    for args in ((P, Q), (Q, P), (P, P)):
        same(getattr(jnp, name)(*args), getattr(np, name)(*args))
    same(hloom.jit(getattr(jnp, name))(P, Q), getattr(np, name)(P, Q))


def test_division():
    quotient, rest = jnp.polydiv(P, Q)
    same(quotient, np.polydiv(P, Q)[0])
    same(rest, [0, 0, 0, 37])
    same(jnp.polydiv(P, Q, trim_leading_zeros=True)[1], np.polydiv(P, Q)[1])
    same(jnp.polydiv(Q, P)[1], Q)


@pytest.mark.parametrize("order", range(5))
def test_derivatives_and_integrals(order):
    same(jnp.polyder(P, order), np.polyder(P, order))
    same(jnp.polyint(P, order), np.polyint(P, order))
    if order:
        same(jnp.polyint(P, order, 3.0), np.polyint(P, order, 3.0))
        same(jnp.polyint(P, order, range(order)), np.polyint(P, order, list(range(order))))


def test_zeros():
    same(jnp.poly(P), np.poly(P))
    for p in (P, np.array([0, 0, 1.0, -3, 2, 0]), Q, np.array([3.0])):
        found = np.sort_complex(np.asarray(jnp.roots(p)))
        same(found, np.sort_complex(np.roots(p)))
    same(hloom.jit(lambda p: jnp.roots(p, strip_zeros=False))(Q), [2])
    with pytest.raises(errors.TracedValueError, match="decide the length"):
        hloom.jit(jnp.roots)(Q)


def test_fit():
    same(jnp.polyfit(X, Y, 2), np.polyfit(X, Y, 2))
    same(jnp.polyfit(X, Y, 1, w=X + 1), np.polyfit(X, Y, 1, w=X + 1))
    both = np.stack([Y, X], 1)
    same(jnp.polyfit(X, both, 2), np.polyfit(X, both, 2))
    for kind in (True, "unscaled"):
        same(jnp.polyfit(X, Y, 2, cov=kind)[1], np.polyfit(X, Y, 2, cov=kind)[1])
    for found, expected in zip(
        jnp.polyfit(X, Y, 2, full=True)[:4], np.polyfit(X, Y, 2, full=True)[:4], strict=True
    ):
        same(found, expected)
    with pytest.raises(errors.ShapeError, match="a vector x, and y as long"):
        jnp.polyfit(X, Y[1:], 2)


@pytest.mark.parametrize("bitorder", ["big", "little"])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_bits(axis, bitorder):
    bits = np.random.default_rng(0).random((3, 11)) > 0.5
    packed = np.packbits(bits, axis, bitorder)
    same(jnp.packbits(bits, axis, bitorder), packed)
    for count in (None, 5, -2, 30):
        expected = np.unpackbits(packed, axis, count, bitorder)
        same(jnp.unpackbits(packed, axis, count, bitorder), expected)


@pytest.mark.parametrize("size", [0, 1, 7, 8])
def test_windows(size):
    for name in ("hanning", "hamming", "blackman", "bartlett"):
        same(getattr(jnp, name)(size), getattr(np, name)(size))
    same(jnp.kaiser(size, 3.5), np.kaiser(size, 3.5))
    same(jnp.i0(np.array([-2.0, 0, 3])), np.i0(np.array([-2.0, 0, 3])))
