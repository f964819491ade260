"""Counts: poisson, binomial, multinomial.

Large counts by transformed rejection (Hoermann, "The transformed rejection method for generating
Poisson random variables" and "The generation of binomial random variates", 1993); small ones by the
definition: how many arrivals come before a time, how many successes within a number of trials.
"""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import ShapeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.reduction import reduce_or
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    canonical_shape,
    concatenate,
    expand_dims,
    slice_in_dim,
    transpose,
)
from hloom.frontend.trace import aval_of
from hloom.lax.loops import scan, while_loop
from hloom.numpy.promotion import broadcast_shapes, broadcast_to, operand, to_dtype
from hloom.random.draw import (
    check_fits,
    constant,
    float_dtype,
    full_shape,
    int_dtype,
    parameters,
    placed,
    rounded,
    row,
    words_of,
    work_dtype,
)
from hloom.random.rejection import is_exact, sample
from hloom.random.uniform import draw, draw_width
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

#: from this mean on counts are drawn by transformed rejection
_LARGE = 10.0
#: the approximate method takes a small count from its distribution function up to here
_LAST = 40


def _full(x, shape):
    return broadcast_in_dim(x, shape, ()) if not aval_of(x).shape else broadcast_to(x, shape)


def _unit(made, words, shape, dtype):
    random = made.bits(words, shape, draw_width(dtype))
    return draw(random, dtype, constant(0, dtype), constant(1, dtype))


def _zeros(shape, dtype):
    return broadcast_in_dim(constant(0, dtype), shape, ())


def log_factorial_tail(k):
    """log k! less Stirling's formula, (k + 1/2) log(k + 1) - (k + 1) + log(2 pi) / 2."""
    n = e.add(k, 1.0)
    few = e.lt(k, 10.0)
    small = e.select(few, n, 1.0)
    half = e.sub(small, 0.5)
    formula = e.add(e.sub(e.mul(half, e.log(small)), small), 0.5 * math.log(2 * math.pi))
    square = e.square(n)
    series = e.sub(1 / 12, e.div(e.sub(1 / 360, e.div(1 / 1260, square)), square))
    return e.select(few, e.sub(e.lgamma(small), formula), e.div(series, n))


def _transformed(made, words, shape, dtype, b, a, centre, v_r, decide, last=None, **how):
    """Counts by transformed rejection; `decide(k, v, us)` compares v with the true density."""

    def propose(words):
        pair = made.split(words, (2,))
        u = e.sub(_unit(made, row(pair, 0), shape, dtype), 0.5)
        v = e.sub(1.0, _unit(made, row(pair, 1), shape, dtype))
        us = e.sub(0.5, e.abs(u))
        k = e.floor(e.add(e.mul(e.add(e.div(e.mul(2.0, a), us), b), u), centre))
        at_once = e.bitwise_and(e.ge(us, 0.07), e.le(v, v_r))
        outside = e.lt(k, 0.0)
        if last is not None:
            outside = e.bitwise_or(outside, e.gt(k, last))
        edge = e.bitwise_and(e.lt(us, 0.013), e.gt(v, us))
        kept = e.max(e.select(outside, _zeros(shape, dtype), k), 0.0)
        inside = e.bitwise_not(e.bitwise_or(outside, edge))
        exact = e.bitwise_and(inside, decide(kept, v, us))
        return kept, e.bitwise_and(e.bitwise_not(outside), e.bitwise_or(at_once, exact))

    return sample(made, words, propose, **how)


# ---------------------------------------------------------------- poisson
@fused
def poisson(
    key: ArrayLike, lam: ArrayLike, shape=None, dtype=None, *, method="exact", out_sharding=None
) -> Array:
    """Poisson counts of mean `lam`.

    `method` "approximate" has no loop, and a total variation distance below 1e-4.

    >>> import hloom
    >>> x = hloom.random.poisson(hloom.random.key(0), 4.0, (2000,))
    >>> abs(float(x.mean()) - 4.0) < 0.2
    True
    """
    dtype = int_dtype("poisson", dtype)
    exact = is_exact("poisson", method)
    lam = operand("poisson", lam)
    real = dtypes.promote_types(dtypes.to_inexact(aval_of(lam).dtype), dtypes.float32)
    lam = to_dtype(lam, real)
    shape = full_shape("poisson", shape, lam)
    lam = _full(lam, shape)
    made, words = words_of("poisson", key)
    pair = made.split(words, (2,))
    endless = e.eq(lam, float("inf"))
    lam = e.select(endless, 1.0, lam)
    large = e.ge(lam, _LARGE)
    few = e.select(large, 0.0, lam)
    small = _arrivals(made, row(pair, 0), few) if exact else _inverted(made, row(pair, 0), few)
    many = _poisson_large(made, row(pair, 1), e.select(large, lam, _LARGE), large, exact)
    count = e.select(endless, float("inf"), e.select(large, many, small))
    # a count beyond the range of the dtype becomes its largest number
    count = e.clamp(0.0, count, float(dtypes.iinfo(dtype).max))
    count = e.select(e.ne(lam, lam), -1.0, count)
    return placed(e.convert_element_type(count, dtype), out_sharding)


def _arrivals(made, words, lam):
    """How many times a product of uniform numbers can be taken before it falls below exp(-lam)."""
    shape, dtype = lam.shape, lam.dtype

    def some_left(state):
        left = e.gt(state[2], e.neg(lam))
        return reduce_or(left, range(len(shape)))

    def step(state):
        i, count, log_product = state
        u = _unit(made, made.fold_in(words, i), shape, dtype)
        after = e.add(log_product, e.log1p(e.neg(u)))
        arrived = e.gt(after, e.neg(lam))
        return e.add(i, 1), e.add(count, e.convert_element_type(arrived, dtype)), after

    first = broadcast_in_dim(constant(0, np.dtype("uint32")), (), ())
    return while_loop(some_left, step, (first, _zeros(shape, dtype), _zeros(shape, dtype)))[1]


def _inverted(made, words, lam):
    """How many values of the distribution function a uniform number exceeds."""
    u = _unit(made, words, lam.shape, lam.dtype)
    probability = e.exp(e.neg(lam))
    total, count = probability, _zeros(lam.shape, lam.dtype)
    for k in range(1, _LAST):
        count = e.add(count, e.convert_element_type(e.gt(u, total), lam.dtype))
        probability = e.mul(probability, e.div(lam, float(k)))
        total = e.add(total, probability)
    return count


def _poisson_large(made, words, lam, wanted, exact):
    b = e.add(0.931, e.mul(2.53, e.sqrt(lam)))
    a = e.add(-0.059, e.mul(0.02483, b))
    inverse_alpha = e.add(1.1239, e.div(1.1328, e.sub(b, 3.4)))
    v_r = e.sub(0.9277, e.div(3.6224, e.sub(b, 2.0)))

    def decide(k, v, us):
        left = e.log(e.div(e.mul(v, inverse_alpha), e.add(e.div(a, e.square(us)), b)))
        return e.le(left, _log_poisson(k, lam))

    centre = e.add(lam, 0.43)
    how = {"exact": exact, "skip": e.bitwise_not(wanted)}
    return _transformed(made, words, lam.shape, lam.dtype, b, a, centre, v_r, decide, **how)


def _log_poisson(k, lam):
    """k log(lam) - lam - log k!, with the large terms taken against each other first."""
    n = e.add(k, 1.0)
    apart = e.div(e.sub(lam, n), n)
    body = e.sub(e.mul(k, e.log1p(apart)), e.sub(lam, n))
    rest = e.add(e.mul(0.5, e.log(n)), 0.5 * math.log(2 * math.pi))
    return e.sub(e.sub(body, rest), log_factorial_tail(k))


# ---------------------------------------------------------------- binomial
@fused
def binomial(key: ArrayLike, n: ArrayLike, p: ArrayLike, shape=None, dtype=None) -> Array:
    """Numbers of successes in `n` trials that succeed with probability `p`, as floats.

    >>> import hloom
    >>> x = hloom.random.binomial(hloom.random.key(0), 10, 0.5, (2000,))
    >>> abs(float(x.mean()) - 5.0) < 0.2
    True
    """
    dtype = float_dtype("binomial", dtype)
    n, p = parameters("binomial", work_dtype(dtype), n, p)
    shape = full_shape("binomial", shape, n, p)
    made, words = words_of("binomial", key)
    return rounded(_binomial(made, words, _full(n, shape), _full(p, shape)), dtype)


def _binomial(made, words, n, p):
    """Binomial numbers; the rarer outcome is the one that is counted."""
    valid = e.bitwise_and(e.bitwise_and(e.ge(p, 0.0), e.le(p, 1.0)), e.ge(n, 0.0))
    valid = e.bitwise_and(valid, e.is_finite(n))
    n = e.select(valid, e.floor(n), 0.0)
    often = e.gt(p, 0.5)
    q = e.select(valid, e.select(often, e.sub(1.0, p), p), 0.0)
    large = e.ge(e.mul(n, q), _LARGE)
    pair = made.split(words, (2,))
    few = _successes(made, row(pair, 0), n, e.select(large, 0.0, q))
    n_large, q_large = e.select(large, n, 40.0), e.select(large, q, 0.25)
    many = _binomial_large(made, row(pair, 1), n_large, q_large, large)
    count = e.select(large, many, few)
    count = e.select(often, e.sub(n, count), count)
    return e.select(valid, count, float("nan"))


def _successes(made, words, n, p):
    """How many waiting times, which are geometric, fit one after the other into n trials."""
    shape, dtype = n.shape, n.dtype
    never = e.le(p, 0.0)
    log_q = e.log1p(e.neg(e.select(never, 0.5, p)))

    def some_left(state):
        left = e.le(state[2], n)
        return reduce_or(left, range(len(shape)))

    def step(state):
        i, count, trials = state
        u = _unit(made, made.fold_in(words, i), shape, dtype)
        wait = e.add(e.floor(e.div(e.log1p(e.neg(u)), log_q)), 1.0)
        after = e.add(trials, wait)
        success = e.le(after, n)
        return e.add(i, 1), e.add(count, e.convert_element_type(success, dtype)), after

    first = broadcast_in_dim(constant(0, np.dtype("uint32")), (), ())
    trials = e.select(never, e.add(n, 1.0), _zeros(shape, dtype))
    return while_loop(some_left, step, (first, _zeros(shape, dtype), trials))[1]


def _binomial_large(made, words, n, p, wanted):
    q = e.sub(1.0, p)
    spread = e.sqrt(e.mul(e.mul(n, p), q))
    b = e.add(1.15, e.mul(2.53, spread))
    a = e.add(e.add(-0.0873, e.mul(0.0248, b)), e.mul(0.01, p))
    centre = e.add(e.mul(n, p), 0.5)
    v_r = e.sub(0.92, e.div(4.2, b))
    alpha = e.mul(e.add(2.83, e.div(5.1, b)), spread)
    mode = e.floor(e.mul(e.add(n, 1.0), p))
    ratio = e.div(p, q)

    def log_density(k):
        """The logarithm of the probability of k over that of the mode."""
        above, below = e.add(e.sub(n, k), 1.0), e.add(k, 1.0)
        top, bottom = e.add(e.sub(n, mode), 1.0), e.add(mode, 1.0)
        found = e.mul(e.add(mode, 0.5), e.log(e.div(bottom, e.mul(ratio, top))))
        found = e.add(found, e.mul(e.add(n, 1.0), e.log(e.div(top, above))))
        last = e.mul(e.add(k, 0.5), e.log(e.div(e.mul(ratio, above), below)))
        tails = [log_factorial_tail(x) for x in (mode, e.sub(n, mode), k, e.sub(n, k))]
        found = e.add(e.add(found, last), e.add(tails[0], tails[1]))
        return e.sub(found, e.add(tails[2], tails[3]))

    def decide(k, v, us):
        left = e.log(e.div(e.mul(v, alpha), e.add(e.div(a, e.square(us)), b)))
        return e.le(left, log_density(k))

    how = {"last": n, "skip": e.bitwise_not(wanted)}
    return _transformed(made, words, n.shape, n.dtype, b, a, centre, v_r, decide, **how)


# ---------------------------------------------------------------- multinomial
@fused
def multinomial(
    key: ArrayLike, n: ArrayLike, p: ArrayLike, *, shape=None, dtype=None, unroll=1
) -> Array:
    """How often each outcome comes in `n` trials with probabilities `p` along the last axis.

    `shape` is that of the draws, without the last axis. Outcomes are counted one after the other,
    each among the trials that are left, with its probability among the outcomes that are left.

    >>> import hloom
    >>> p = hloom.numpy.array([0.2, 0.3, 0.5])
    >>> float(hloom.random.multinomial(hloom.random.key(0), 10, p).sum())
    10.0
    """
    dtype = float_dtype("multinomial", dtype)
    work = work_dtype(dtype)
    n, p = parameters("multinomial", work, n, p)
    own = aval_of(p).shape
    if not own:
        found = "p is a scalar"
        raise ShapeError("multinomial: takes probabilities along an axis", found, "pass a vector")
    batch = broadcast_shapes("multinomial", aval_of(n).shape, own[:-1])
    shape = batch if shape is None else canonical_shape("multinomial", shape)
    check_fits("multinomial", batch, shape)
    made, words = words_of("multinomial", key)
    count = own[-1]
    p = broadcast_to(p, (*shape, count))
    left, rest = _full(n, shape), _full(constant(1, work), shape)

    def step(state, outcome):
        left, rest = state
        words, part = outcome
        chance = e.clamp(0.0, e.div(part, e.select(e.gt(rest, 0.0), rest, 1.0)), 1.0)
        found = _binomial(made, words, left, chance)
        return (e.sub(left, found), e.sub(rest, part)), found

    first = slice_in_dim(p, 0, count - 1, axis=len(shape))
    first = transpose(first, (len(shape), *range(len(shape))))
    outcomes = made.split(words, (count - 1,)), first
    (left, _), counts = scan(step, (left, rest), outcomes, unroll=unroll)
    counts = concatenate([counts, expand_dims(left, [0])], 0)
    return rounded(transpose(counts, (*range(1, len(shape) + 1), 0)), dtype)
