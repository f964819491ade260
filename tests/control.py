"""What the tests of control flow share: numeric derivatives, functions, messages of errors.

Derivatives are compared with central differences in float64.
"""

import numpy as np
import pytest

import hloom
from hloom import lax, numpy as hnp
from hloom.frontend.pytree import leaves, map as tree_map


def total(tree):
    """The sum of all elements of the inexact leaves, each leaf weighted by its own number."""
    found = 0.0
    for i, x in enumerate(leaves(tree)):
        x = hnp.asarray(x)
        if x.dtype.kind == "f":
            weights = np.cos(np.arange(x.size) + i).reshape(x.shape)
            found = found + lax.reduce_sum(x * weights, range(x.ndim))
    return found


def close(a, b, tolerance=1e-9):
    """Whether two trees have equal structure and nearly equal leaves."""
    first, second = leaves(a), leaves(b)
    assert len(first) == len(second)
    for x, y in zip(first, second, strict=True):
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=tolerance, atol=tolerance)


def differences(f, args, seed=0):
    """jvp against central differences, and the transpose against jvp: ⟨Jv, w⟩ = ⟨v, Jᵀw⟩."""
    rng = np.random.default_rng(seed)
    direction = tree_map(lambda x: rng.standard_normal(np.shape(x)), args)
    _, tangent = hloom.jvp(f, args, direction)
    step = 1e-6
    plus = f(*tree_map(lambda x, v: x + step * v, args, direction))
    minus = f(*tree_map(lambda x, v: x - step * v, args, direction))
    numeric = tree_map(lambda p, m: (np.asarray(p) - np.asarray(m)) / (2 * step), plus, minus)
    close(tangent, numeric, 1e-6)
    return direction, tangent


def reverse(f, args):
    """`differences`, and that reverse mode agrees with forward mode."""
    direction, tangent = differences(f, args)
    y, pull = hloom.vjp(f, *args)
    weights = tree_map(lambda t: np.sin(np.arange(np.size(t)).reshape(np.shape(t)) + 1.0), y)
    pulled = pull(weights)
    left = sum(np.vdot(t, w) for t, w in zip(leaves(tangent), leaves(weights), strict=True))
    right = sum(np.vdot(c, v) for c, v in zip(leaves(pulled), leaves(direction), strict=True))
    np.testing.assert_allclose(left, right, rtol=1e-8)


def orders(f, args):
    """First and second derivatives: reverse, and forward and reverse of reverse."""
    reverse(f, args)
    gradient = hloom.grad(lambda *xs: total(f(*xs)), argnums=tuple(range(len(args))))
    reverse(gradient, args)
    close(gradient(*args), hloom.jit(gradient)(*args), 1e-8)


W = np.array([[0.3, -0.2, 0.5], [0.1, 0.4, -0.3], [-0.6, 0.2, 0.1]])
H0 = np.array([0.1, -0.2, 0.3])
XS = np.linspace(-1, 1, 12).reshape(4, 3)


def rnn(w, h, xs, **options):
    def cell(h, x):
        new = hnp.tanh(w @ h + x)
        return new, new * h

    return lax.scan(cell, h, xs, **options)


def rnn_unrolled(w, h, xs, reverse=False):
    ys = []
    for x in reversed(list(xs)) if reverse else list(xs):
        new = hnp.tanh(w @ h + x)
        ys.append(new * h)
        h = new
    return h, hnp.stack(ys[::-1] if reverse else ys)


def looped(f, args, in_axes):
    """What vmap should give, one call at a time."""
    size = next(np.shape(a)[d] for a, d in zip(args, in_axes, strict=True) if d is not None)
    one = [
        [a if d is None else np.take(a, i, d) for a, d in zip(args, in_axes, strict=True)]
        for i in range(size)
    ]
    return tree_map(lambda *ys: np.stack([np.asarray(y) for y in ys]), *[f(*a) for a in one])


BATCHES = {
    0: lambda x: np.stack([x, x * 0.5, x + 0.1]),
    1: lambda x: np.stack([x, x * 0.5, x + 0.1], 1),
}


def scan_in_cond_in_scan(x, w):
    def inner(c, e):
        return c * w + hnp.sin(e), c * e

    def outer(c, e):
        def yes(c):
            c, ys = lax.scan(inner, c, hnp.stack([e, c, x]))
            return c, lax.reduce_sum(ys, (0,))

        c, y = lax.cond(e > 0, yes, lambda c: (hnp.tanh(c), c * w), c)
        return c, y

    return lax.scan(outer, x, np.array([0.5, -0.3, 0.8]))


def message_of(error, call):
    """The text of the error that a call raises, without the line of the user's program."""
    with pytest.raises(error) as caught:
        call()
    lines = str(caught.value).split("\n")
    assert any(line.startswith("    at test_") for line in lines), lines
    return [line for line in lines if not line.startswith("    at ")]
