"""Derivatives held against finite differences, for tests.

Differences are sharp in float64 alone: see `hloom.enable_x64`. In float32 the tolerances are wide.
"""

import functools

import numpy as np

from hloom.frontend import dtypes, pytree
from hloom.frontend.errors import ValueRangeError
from hloom.frontend.flat import name_of
from hloom.transforms import derivatives

#: bits of the narrowest real number among the arguments -> tolerance, step of the differences
_DEFAULTS = {64: (1e-6, 1e-5), 32: (2e-2, 1e-2), 16: (2e-1, 1e-1)}


def check_grads(f, args, order, modes=("fwd", "rev"), atol=None, rtol=None, eps=None):
    """Compare the derivatives of `f` at `args`, up to an order, with central differences.

    `modes` holds "fwd", "rev" or both; then all their combinations are compared. Raises
    AssertionError where they differ.

    >>> import hloom
    >>> with hloom.enable_x64():
    ...     hloom.test_util.check_grads(hloom.numpy.sin, (1.0,), order=2)
    """
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    unknown = set(modes) - {"fwd", "rev"}
    if unknown or not modes:
        found = f"it holds {sorted(unknown)}" if modes else "it is empty"
        raise ValueRangeError("check_grads: modes", found, 'use "fwd", "rev" or both')
    args = _arrays(tuple(args))
    _check_order(f, args, order, modes, (atol, rtol, eps), f"{name_of(f)}: ")


def _check_order(f, args, order, modes, tolerances, path):
    for mode in modes:
        here = f"{path}{mode} "
        if mode == "fwd":
            check_jvp(f, functools.partial(derivatives.jvp, f), args, *tolerances, here)
            tangents = _direction(args)
            derived = lambda *xs, t=tangents: _inexact(derivatives.jvp(f, xs, t)[1])
        else:
            check_vjp(f, functools.partial(derivatives.vjp, f), args, *tolerances, here)
            cotangent = _direction(_arrays(f(*args)))
            derived = lambda *xs, c=cotangent: _inexact(derivatives.vjp(f, *xs)[1](c))
        if order > 1:
            _check_order(derived, args, order - 1, modes, tolerances, here)


def check_jvp(f, f_jvp, args, atol=None, rtol=None, eps=None, err_msg=""):
    """Compare `f_jvp(primals, tangents)`, (value, tangent), with central differences of `f`.

    The tangents are one direction taken at random. Raises AssertionError where they differ.

    >>> import hloom
    >>> f = lambda x: x**3
    >>> hloom.test_util.check_jvp(f, lambda p, t: hloom.jvp(f, p, t), (2.0,))
    """
    args = _arrays(tuple(args))
    atol, rtol, eps = _tolerances(args, atol, rtol, eps)
    tangents = _direction(args)
    value, found = f_jvp(args, tangents)
    _compare(f(*args), value, atol, rtol, f"{err_msg}value")
    expected = _difference(f, args, tangents, eps)
    _compare(expected, _inexact(found), atol, rtol, f"{err_msg}tangent")


def check_vjp(f, f_vjp, args, atol=None, rtol=None, eps=None, err_msg=""):
    """Compare `f_vjp(*primals)`, (value, pullback), with central differences of `f`.

    For a tangent v and a cotangent w taken at random, <w, J v> by differences is <Jᵀ w, v> by the
    pullback. Raises AssertionError where they differ.

    >>> import hloom
    >>> f = lambda x: x**3
    >>> hloom.test_util.check_vjp(f, lambda x: hloom.vjp(f, x), (2.0,))
    """
    args = _arrays(tuple(args))
    atol, rtol, eps = _tolerances(args, atol, rtol, eps)
    value, pullback = f_vjp(*args)
    _compare(f(*args), value, atol, rtol, f"{err_msg}value")
    tangents, cotangent = _direction(args), _direction(_arrays(value))
    expected = _product(cotangent, _difference(f, args, tangents, eps))
    found = _product(pullback(cotangent), tangents)
    np.testing.assert_allclose(
        found, expected, atol=atol, rtol=rtol, err_msg=f"{err_msg}cotangent, <Jᵀ w, v> and <w, J v>"
    )


# ---------------------------------------------------------------- trees of NumPy arrays
def _arrays(tree):
    return pytree.map(lambda x: np.asarray(x, dtypes.canonicalize(np.asarray(x).dtype)), tree)


def _inexact(tree):
    """The leaves that have derivatives; a list."""
    return [x for x in pytree.leaves(tree) if dtypes.is_inexact(x.dtype)]


def _direction(tree):
    rng = np.random.default_rng(0)

    def draw(x):
        if not dtypes.is_inexact(x.dtype):
            return np.zeros(x.shape, dtypes.float0)
        found = rng.standard_normal(x.shape)
        if dtypes.is_complex(x.dtype):
            found = found + 1j * rng.standard_normal(x.shape)
        return np.asarray(found, x.dtype)

    return pytree.map(draw, tree)


def _difference(f, args, tangents, eps):
    """The central difference of the results that have derivatives; a list."""

    def moved(step):
        go = lambda x, t: np.asarray(x + step * t, x.dtype) if dtypes.is_inexact(x.dtype) else x
        return [np.asarray(y) for y in _inexact(f(*pytree.map(go, args, tangents)))]

    return [(a - b) / (2 * eps) for a, b in zip(moved(eps), moved(-eps))]


def _product(a, b):
    """The real part of the bilinear product of two trees of derivatives."""
    wide = lambda x: np.asarray(x).astype(complex)
    pairs = zip(_inexact(a), _inexact(b), strict=True)
    return sum([np.sum(wide(x) * wide(y)) for x, y in pairs], 0j).real


def _tolerances(args, atol, rtol, eps):
    bits = [
        dtypes.itemsize_bits(x.dtype) // (2 if dtypes.is_complex(x.dtype) else 1)
        for x in _inexact(args)
    ]
    tolerance, step = _DEFAULTS[min([64, *bits, *[16 for b in bits if b < 16]])]
    return (
        tolerance if atol is None else atol,
        tolerance if rtol is None else rtol,
        step if eps is None else eps,
    )


def _compare(expected, found, atol, rtol, what):
    for a, b in zip(pytree.leaves(expected), pytree.leaves(found), strict=True):
        np.testing.assert_allclose(b, a, atol=atol, rtol=rtol, err_msg=what)
