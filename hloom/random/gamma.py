"""The gamma distribution, and those made of gamma numbers.

Marsaglia and Tsang, "A simple method for generating gamma variables", 2000: a cubed normal number,
nearly always accepted. A shape parameter a below 1 is raised by 1, and the number multiplied by
u^(1/a). All is done in logarithms, since numbers of a small shape are too small for a float.
The derivative in a is the one at a fixed quantile, and through the factor u^(1/a).
"""

import functools

import numpy as np

from hloom.frontend.array import Array
from hloom.frontend.errors import ShapeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.calls import custom_jvp_call, stop
from hloom.frontend.prims.cumulative import logaddexp
from hloom.frontend.prims.reduction import reduce_max, reduce_sum
from hloom.frontend.prims.special import random_gamma_grad
from hloom.frontend.prims.structural import broadcast_in_dim, canonical_shape
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import broadcast_shapes, broadcast_to
from hloom.random.continuous import gaussian, setup, sign_of
from hloom.random.draw import (
    check_fits,
    constant,
    finished,
    float_dtype,
    parameters,
    row,
    spread,
    subkeys,
    words_of,
    work_dtype,
)
from hloom.random.normal import standard
from hloom.random.rejection import is_exact, sample
from hloom.random.uniform import draw, draw_width
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


# ---------------------------------------------------------------- gamma
def log_gamma_numbers(name, key, a, shape, exact=True):
    """Logarithms of gamma numbers of shape parameters `a`."""
    a = broadcast_in_dim(a, shape, ()) if not aval_of(a).shape else a
    dtype = aval_of(a).dtype
    made, words = words_of(name, key)
    pair = made.split(words, (2,))
    # a parameter that is no positive number gives NaN, or the number 0 for 0, and no endless search
    zero = e.eq(a, 0.0)
    valid = e.bitwise_and(e.gt(a, 0.0), e.is_finite(a))
    wrong = e.bitwise_not(e.bitwise_or(valid, zero))
    a = e.select(valid, a, 1.0)
    small = e.lt(a, 1.0)
    raised = e.select(small, e.add(a, 1.0), a)
    program, rule = _core(made, exact)
    (x,) = custom_jvp_call.bind(row(pair, 0), raised, program=program, rule=rule, num_consts=0)
    bits = made.bits(row(pair, 1), shape, draw_width(dtype))
    u = draw(bits, dtype, constant(0, dtype), constant(1, dtype))
    factor = e.div(e.log1p(e.neg(u)), e.select(small, a, 1.0))
    x = e.add(x, e.select(small, factor, 0.0))
    return e.select(wrong, float("nan"), e.select(zero, float("-inf"), x))


@functools.cache
def _core(made, exact):
    """The sampler of log gamma numbers of parameters from 1 up, and its derivative."""

    def log_gamma(words, a):
        return [_marsaglia_tsang(made, words, a, exact)]

    def log_gamma_jvp(primals, tangents):
        (x,) = custom_jvp_call.bind(*primals, program=log_gamma, rule=log_gamma_jvp, num_consts=0)
        a, g = primals[1], tangents[1]
        if g is None:
            return [x], [None]
        number = e.exp(x)
        return [x], [e.mul(g, e.div(random_gamma_grad(a, number), number))]

    log_gamma_jvp.name = "log_gamma"
    return log_gamma, log_gamma_jvp


def _marsaglia_tsang(made, words, a, exact):
    shape, dtype = aval_of(a).shape, aval_of(a).dtype
    d = e.sub(a, 1 / 3)
    c = e.div(1 / 3, e.sqrt(d))

    def propose(words):
        pair = made.split(words, (2,))
        bits = [made.bits(row(pair, i), shape, draw_width(dtype)) for i in (0, 1)]
        x = standard(bits[0], dtype)
        u = draw(bits[1], dtype, constant(0, dtype), constant(1, dtype))
        root = e.add(1.0, e.mul(c, x))
        positive = e.gt(root, 0.0)
        v = e.integer_pow(e.select(positive, root, 1.0), 3)
        log_v = e.log(v)
        square = e.square(x)
        limit = e.add(e.mul(0.5, square), e.mul(d, e.add(e.sub(1.0, v), log_v)))
        accepted = e.lt(e.log1p(e.neg(u)), limit)
        return e.add(e.log(d), log_v), e.bitwise_and(positive, accepted)

    return sample(made, words, propose, exact)


@fused
def loggamma(
    key: ArrayLike, a: ArrayLike, shape=None, dtype=None, *, method="exact", out_sharding=None
) -> Array:
    """Logarithms of gamma numbers of shape parameter `a`, exact where the numbers underflow."""
    shape, dtype, _, (a,) = setup("loggamma", shape, dtype, a)
    x = log_gamma_numbers("loggamma", key, a, shape, is_exact("loggamma", method))
    return finished(x, dtype, out_sharding)


@fused
def gamma(
    key: ArrayLike, a: ArrayLike, shape=None, dtype=None, *, method="exact", out_sharding=None
) -> Array:
    """Gamma numbers of shape parameter `a` and scale 1.

    `method` "approximate" has no loop; it takes the last of a few proposals unseen, which is wrong
    for less than one number in a million.

    >>> import hloom
    >>> x = hloom.random.gamma(hloom.random.key(0), 3.0, (2000,))
    >>> abs(float(x.mean()) - 3.0) < 0.2
    True
    """
    shape, dtype, _, (a,) = setup("gamma", shape, dtype, a)
    x = e.exp(log_gamma_numbers("gamma", key, a, shape, is_exact("gamma", method)))
    return finished(x, dtype, out_sharding)


# ---------------------------------------------------------------- ratios of gamma numbers
@fused
def beta(
    key: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    shape=None,
    dtype=None,
    *,
    method="exact",
    out_sharding=None,
) -> Array:
    """Beta numbers: x / (x + y) for gamma numbers x and y of parameters `a` and `b`."""
    shape, dtype, _, (a, b) = setup("beta", shape, dtype, a, b)
    exact = is_exact("beta", method)
    keys = subkeys("beta", key, 2)
    x, y = (
        log_gamma_numbers("beta", k, v, shape, exact) for k, v in zip(keys, (a, b), strict=True)
    )
    return finished(e.exp(e.sub(x, logaddexp(x, y))), dtype, out_sharding)


@fused
def dirichlet(
    key: ArrayLike, alpha: ArrayLike, shape=None, dtype=None, *, out_sharding=None
) -> Array:
    """Vectors of positive numbers with sum 1: gamma numbers over their sum along the last axis.

    `shape` is that of the draws, without the last axis of `alpha`.
    """
    dtype = float_dtype("dirichlet", dtype)
    (alpha,) = parameters("dirichlet", work_dtype(dtype), alpha)
    own = aval_of(alpha).shape
    if not own:
        found = "it is a scalar"
        raise ShapeError("dirichlet: takes parameters along a last axis", found, "pass a vector")
    shape = own[:-1] if shape is None else canonical_shape("dirichlet", shape)
    check_fits("dirichlet", own[:-1], shape)
    full = (*shape, own[-1])
    x = log_gamma_numbers("dirichlet", key, broadcast_to(alpha, full), full)
    lead, end = range(len(shape)), [len(shape)]
    # the largest goes to 1 first: numbers of small parameters may all be too small for a float
    y = e.exp(e.sub(x, broadcast_in_dim(stop.bind(reduce_max(x, end))[0], full, lead)))
    y = e.div(y, broadcast_in_dim(reduce_sum(y, end), full, lead))
    return finished(y, dtype, out_sharding)


@fused
def chisquare(
    key: ArrayLike, df: ArrayLike, shape=None, dtype=None, *, method="exact", out_sharding=None
) -> Array:
    """Chi-square numbers of `df` degrees of freedom: sums of so many squared normal numbers."""
    shape, dtype, _, (df,) = setup("chisquare", shape, dtype, df)
    exact = is_exact("chisquare", method)
    log_x = log_gamma_numbers("chisquare", key, e.mul(0.5, df), shape, exact)
    return finished(e.mul(2.0, e.exp(log_x)), dtype, out_sharding)


@fused
def f(
    key: ArrayLike,
    dfnum: ArrayLike,
    dfden: ArrayLike,
    shape=None,
    dtype=None,
    *,
    out_sharding=None,
) -> Array:
    """F numbers: a ratio of two chi-square numbers, each over its degrees of freedom."""
    shape, dtype, _, freedom = setup("f", shape, dtype, dfnum, dfden)
    keys = subkeys("f", key, 2)
    # by logarithms, since both numbers may be too small for a float
    halves = [e.mul(0.5, df) for df in freedom]
    over, under = (
        e.sub(log_gamma_numbers("f", k, a, shape), e.log(a))
        for k, a in zip(keys, halves, strict=True)
    )
    return finished(e.exp(e.sub(over, under)), dtype, out_sharding)


@fused
def t(key: ArrayLike, df: ArrayLike, shape=None, dtype=None, *, out_sharding=None) -> Array:
    """Student's t numbers: normal ones over the root of chi-square ones over `df`."""
    shape, dtype, work, (df,) = setup("t", shape, dtype, df)
    first, second = subkeys("t", key, 2)
    half = e.mul(0.5, df)
    log_g = log_gamma_numbers("t", second, half, shape)
    scale = e.exp(e.mul(0.5, e.sub(e.log(half), log_g)))
    return finished(e.mul(gaussian("t", first, shape, work), scale), dtype, out_sharding)


def inverse_power(p):
    """1 / p, for an infinite p so small a number that gamma numbers to the 1/p are uniform."""
    dtype = aval_of(p).dtype
    endless = e.eq(p, typed_literal(np.inf, dtype))
    return e.select(endless, typed_literal(1e-30, dtype), e.div(1.0, p))


@fused
def generalized_normal(
    key: ArrayLike, p: ArrayLike, shape=(), dtype=None, *, out_sharding=None
) -> Array:
    """Numbers of density proportional to exp(-|x|^p): gamma numbers of parameter 1/p to the 1/p."""
    dtype = float_dtype("generalized_normal", dtype)
    work = work_dtype(dtype)
    (p,) = parameters("generalized_normal", work, p)
    shape = broadcast_shapes(
        "generalized_normal", canonical_shape("generalized_normal", shape), aval_of(p).shape
    )
    p = spread(p, shape)
    first, second = subkeys("generalized_normal", key, 2)
    inverse = inverse_power(p)
    size = e.exp(e.mul(log_gamma_numbers("generalized_normal", first, inverse, shape), inverse))
    x = e.mul(size, sign_of("generalized_normal", second, shape, work))
    return finished(x, dtype, out_sharding)
