"""The hypergeometric functions 1F1 and 2F1 of real numbers (DLMF chapters 13 and 15).

1F1 is its power series, or for large |x| the asymptotic one, where that converges to rounding.
Kummer's transformation makes negative x positive, which spares cancellation. Where the terms still
change their signs, the power series goes as far as it loses nothing, and from there the solution of
the differential equation is carried on by Taylor series; for b < 0 it comes from b > 0.

2F1 is its power series up to x = 1/2 or, for large c, further, and is carried on from there, in
steps of half the distance to 1 or less. Pfaff's transformation takes negative x to x / (x - 1) in
(0, 1).
"""

import math

from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e, special as s
from hloom.frontend.trace import aval_of
from hloom.lowering.iterate import eps, filled, repeat
from hloom.numpy.promotion import select
from hloom.runtime.dispatch import fused
from hloom.scipy.special.differentiable import differentiable, slope
from hloom.scipy.special.series import computed
from hloom.typing import ArrayLike

_STEPS = 100_000
#: a number to begin a series with, so that neither it nor its derivative overflows
_SCALE = 2.0**-20


def _all(*conditions):
    found = conditions[0]
    for c in conditions[1:]:
        found = e.bitwise_and(found, c)
    return found


def _ends(a):
    """Whether a is 0, -1, ..., so that a series in rising factorials of it ends."""
    return _all(e.le(a, 0.0), e.eq(e.floor(a), a))


def _power_series(tops, bottoms, z, first=1.0):
    """The sum of z^n / n! times rising factorials of `tops` over those of `bottoms`; and z d/dz.

    Both are times the first term; and the size of the largest term.
    """
    k = len(tops)

    def step(n, *operands):
        *parameters, z, term, total, slope, most = operands
        tops, bottoms = parameters[:k], parameters[k:]
        before = e.sub(n, 1.0)
        rise, fall = z, n
        for a in tops:
            rise = e.mul(rise, e.add(a, before))
        for b in bottoms:
            fall = e.mul(fall, e.add(b, before))
        # a series that ends does so before a denominator vanishes
        ratio = select(e.eq(rise, 0.0), 0.0, e.div(rise, fall))
        term = e.mul(term, ratio)
        total, change = e.add(total, term), e.mul(term, n)
        slope, most = e.add(slope, change), e.max(most, e.abs(term))
        small = e.lt(e.abs(change), e.mul(e.max(e.abs(total), e.abs(slope)), eps(z) / 64))
        # terms that have begun to fall may rise again while a denominator is negative
        falls = e.lt(e.abs(ratio), 1.0)
        for b in bottoms:
            falls = e.bitwise_and(falls, e.gt(e.add(b, n), 1.0))
        done = e.bitwise_or(_all(small, falls), e.eq(term, 0.0))
        return e.bitwise_not(done), term, total, slope, most

    first = filled(first, z) if isinstance(first, float) else first
    state = first, first, filled(0.0, z), first
    return repeat(step, (*tops, *bottoms, z), state, _STEPS)[1:]


def _carried(advance, parameters, place, value, slope, end):
    """The solution of an equation at `end`, from its value and its derivative at `place`.

    `advance(place, end, *parameters)` is the next place, the step h to it, and the function to the
    term f_(n+2) of the Taylor series of n, f_n and f_(n+1).
    """
    k = len(parameters)

    def step(_, *operands):
        parameters, end, state = operands[:k], operands[k], operands[k + 1 :]
        place, value, slope, n, here, after, total, change = state
        ahead, h, following = advance(place, end, *parameters)
        first = e.eq(n, 0.0)
        here, after = select(first, value, here), select(first, e.mul(slope, h), after)
        total = select(first, e.add(value, after), total)
        change = select(first, after, change)
        here, after = after, following(n, here, after)
        total = e.add(total, after)
        gain = e.mul(after, e.add(n, 2.0))
        change = e.add(change, gain)
        size = e.mul(e.max(e.abs(total), e.abs(change)), eps(place) / 64)
        up = e.add(n, 1.0)
        last = e.max(e.abs(gain), e.mul(e.abs(here), up))
        done = _all(e.le(last, size), e.gt(n, 2.0))
        value, slope = select(done, total, value), select(done, e.div(change, h), slope)
        place, n = select(done, ahead, place), select(done, 0.0, up)
        return e.ne(place, end), place, value, slope, n, here, after, total, change

    zero = filled(0.0, value)
    state = place, value, slope, zero, zero, zero, zero, zero
    found = repeat(step, (*parameters, end), state, _STEPS)
    return select(e.eq(place, end), value, found[1])


# ---------------------------------------------------------------- 1F1
def _hyp1f1(a, b, x):
    """By its series; where b < 0 and their terms hide the sum, from two values for b > 0.

    From those the recurrence in b goes down, and loses nothing on the way (DLMF 13.3.2). The three
    sums are passes of one loop, whose body is compiled once.
    """
    low = e.floor(b)
    steps = select(_all(e.lt(b, 0.0), e.gt(b, -500.0)), e.neg(low), 0.0)

    def sums(n, a, b, x, steps, first, here, above):
        n = e.add(filled(0.0, x), n)
        again = e.gt(n, 1.0)
        shift = select(again, e.add(steps, e.sub(n, 2.0)), 0.0)
        value, hidden = _confluent_sum(a, e.add(b, shift), x)
        lost = _all(hidden, e.gt(steps, 0.0), e.ne(e.floor(b), b))
        second = e.eq(n, 2.0)
        active = e.bitwise_or(second, _all(lost, e.bitwise_not(again)))
        here, above = select(second, value, here), select(e.gt(n, 2.0), value, above)
        return active, select(again, first, value), here, above

    def down(n, a, b, x, steps, here, above):
        c = e.add(b, e.add(e.sub(steps, n), 1.0))
        below = e.sub(c, 1.0)
        last = e.mul(e.mul(e.div(x, c), e.sub(c, a)), above)
        return e.lt(n, steps), e.div(e.sub(e.mul(e.add(below, x), here), last), below), here

    # those of the first pass have no value for another b
    none = filled(math.nan, x)
    first, here, above = repeat(sums, (a, b, x, steps), (none, none, none))
    known = e.eq(here, here)
    steps = select(known, steps, 0.0)
    found, _ = repeat(down, (a, b, x, steps), (here, above))
    return select(known, found, first)


def _confluent_sum(a, b, x):
    """1F1, and where terms of its series are so large that they hide their sum."""
    ends = _ends(a)
    short = e.bitwise_and(ends, e.bitwise_or(e.gt(b, 0.0), _ends(b)))
    turned = _all(e.lt(x, 0.0), e.bitwise_not(short))
    top = select(turned, e.sub(b, a), a)
    z = select(turned, e.neg(x), x)
    far, converged = _falling_series(e.sub(b, top), e.sub(1.0, top), z)
    by_powers = e.bitwise_or(e.bitwise_not(converged), _ends(top))
    z0 = select(by_powers, z, 0.0)
    swings = _all(e.lt(top, 0.0), e.gt(b, 0.0))
    first = e.div(e.add(b, 1.0), e.sub(1.0, top))
    first = select(swings, e.min(z0, select(swings, first, 1.0)), z0)
    # neither e^x nor the series overflow before the result does
    share = e.max(select(e.lt(top, 0.0), e.mul(x, 0.5), x), -80.0)
    start = e.exp(share)
    scale = select(turned, start, _SCALE)
    near, slope, most = _power_series([top], [b], first, scale)
    hidden = _all(by_powers, e.gt(most, e.mul(e.abs(near), 500.0)))
    slope = e.div(slope, select(e.eq(first, 0.0), 1.0, first))
    near = _carried(_confluent_step, (top, b), first, near, slope, z0)
    rest = e.exp(e.mul(e.sub(x, share), 0.5))
    near = select(turned, e.mul(e.mul(near, rest), rest), e.div(near, _SCALE))
    half = e.exp(e.mul(x, 0.5))
    power = e.pow(select(by_powers, 1.0, z), e.mul(e.sub(top, b), 0.5))
    far = e.mul(e.mul(e.mul(_gamma_quotient(b, top), power), far), power)
    far = select(turned, far, e.mul(e.mul(far, half), half))
    result = select(by_powers, near, far)
    pole = _all(_ends(b), e.bitwise_not(_all(ends, e.ge(a, b))))
    result = select(e.eq(x, 0.0), 1.0, select(pole, math.inf, result))
    return select(e.bitwise_or(e.ne(a, a), e.ne(x, x)), math.nan, result), hidden


def _falling_series(a, b, z):
    """The sum of (a)_n (b)_n / (n! z^n) up to its smallest term, and whether that is tiny.

    Even a sum that ends leaves out e^-z z^(a + b - 1) or less, which is tiny then.
    """

    def step(n, a, b, z, term, total, _):
        before = e.sub(n, 1.0)
        ratio = e.div(e.mul(e.add(a, before), e.add(b, before)), e.mul(z, n))
        falls = e.lt(e.abs(ratio), 1.0)
        term = e.mul(term, ratio)
        small = e.lt(e.abs(term), e.mul(e.abs(total), eps(z) / 8))
        total = select(falls, e.add(total, term), total)
        active = e.bitwise_and(falls, e.bitwise_not(small))
        return active, term, total, select(_all(falls, small), filled(1.0, z), 0.0)

    recessive = e.mul(e.sub(e.add(a, b), 1.0), e.log(z))
    recessive = select(e.bitwise_or(_ends(a), _ends(b)), e.max(recessive, 0.0), 0.0)
    one, large = filled(1.0, z), e.gt(e.sub(z, recessive), -math.log(eps(z)))
    state = one, one, filled(0.0, z)
    _, total, found = repeat(step, (a, b, select(large, z, 1.0)), state, 500)
    return total, _all(large, e.gt(found, 0.0))


def _confluent_step(z, end, a, b):
    """The place after z on the way to `end`, and the terms of the Taylor series (DLMF 13.2.1):

    z (n+1)(n+2) f_(n+2) = (n+a) h² f_n - (n+b-z)(n+1) h f_(n+1)
    """
    # a fraction of a period of the oscillation, and of the distance to the pole at 0
    h = e.min(e.mul(z, 0.5), e.sqrt(e.div(z, e.add(e.abs(a), 1.0))))
    ahead = e.min(e.add(z, h), end)
    h = e.sub(ahead, z)

    def following(n, here, after):
        up = e.add(n, 1.0)
        rise = e.mul(e.mul(e.add(n, a), e.mul(h, h)), here)
        fall = e.mul(e.mul(e.sub(e.add(n, b), z), up), e.mul(h, after))
        return e.div(e.sub(rise, fall), e.mul(z, e.mul(up, e.add(n, 2.0))))

    return ahead, h, following


def _gamma_quotient(a, b):
    """Γ(a) / Γ(b)."""
    limit = 170.0 if aval_of(a).dtype.itemsize == 8 else 34.0
    moderate = e.lt(e.max(e.abs(a), e.abs(b)), limit)
    sign = e.mul(e.sign(s.gamma(a)), e.sign(s.gamma(b)))
    far = e.mul(sign, e.exp(e.sub(e.lgamma(a), e.lgamma(b))))
    return select(moderate, e.div(s.gamma(a), s.gamma(b)), far)


_confluent = differentiable(
    _hyp1f1,
    slope(_hyp1f1, 0, 3),
    slope(_hyp1f1, 1, 3),
    lambda a, b, x, y: e.mul(e.div(a, b), _confluent(e.add(a, 1.0), e.add(b, 1.0), x)),
)


@fused
def hyp1f1(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> Array:
    """Kummer's confluent hypergeometric function 1F1(a; b; x) of real numbers.

    >>> import hloom
    >>> round(float(hloom.scipy.special.hyp1f1(1.0, 2.0, 1.0)), 5)
    1.71828
    """
    return computed("hyp1f1", _confluent, a, b, x)


# ---------------------------------------------------------------- 2F1
def _hyp2f1(a, b, c, x):
    ends = e.bitwise_or(_ends(a), _ends(b))
    # the greater one stays as it is, so that there is as little change of signs as may be
    a, b = e.max(a, b), e.min(a, b)
    turned = _all(e.lt(x, 0.0), e.bitwise_not(ends))
    top = select(turned, e.sub(c, b), b)
    w = select(turned, e.div(1.0, e.sub(1.0, x)), e.sub(1.0, x))
    z = select(turned, e.div(x, e.sub(x, 1.0)), x)
    inside = _all(e.bitwise_not(ends), e.gt(w, 0.0))
    # the series goes further where c is large, and steps would be small
    place = select(e.gt(c, 64.0), 1 / 64, filled(0.5, c))
    border = e.sub(1.0, place)
    first = select(ends, x, select(inside, e.min(z, border), 0.0))
    value, slope, _ = _power_series([a, top], [c], first)
    rest = select(inside, e.min(w, place), place)
    value = _carried(_gauss_step, (a, top, c), place, value, e.div(slope, border), rest)
    factor = select(turned, e.pow(e.sub(1.0, select(turned, x, 0.0)), e.neg(a)), 1.0)
    result = e.mul(value, factor)
    # at 1 by Gauss's formula; beyond, it is not real
    excess = e.sub(e.sub(c, a), b)
    total = e.mul(_gamma_quotient(c, e.sub(c, a)), _gamma_quotient(excess, e.sub(c, b)))
    at_one = select(e.gt(excess, 0.0), total, math.inf)
    other = select(e.eq(x, 1.0), at_one, math.inf)
    result = select(e.bitwise_or(ends, e.gt(w, 0.0)), result, other)
    early = e.bitwise_or(_all(_ends(a), e.ge(a, c)), _all(_ends(b), e.ge(b, c)))
    result = select(_all(_ends(c), e.bitwise_not(early)), math.inf, result)
    result = select(e.eq(x, 0.0), 1.0, result)
    defined = _all(e.eq(a, a), e.eq(b, b), e.eq(c, c), e.eq(x, x))
    return select(defined, result, math.nan)


def _gauss_step(w, end, a, b, c):
    """The distance to 1 after w, and the terms of the Taylor series at z = 1 - w (DLMF 15.10.1):

    z w (n+1)(n+2) f_(n+2) = (n+a)(n+b) h² f_n - ((w-z) n + c - (a+b+1) z)(n+1) h f_(n+1)
    """
    z = e.sub(1.0, w)
    # in small parts of z where c is large, since rounding brings in the solution z^(1 - c)
    h = e.min(e.mul(w, 0.5), e.div(e.mul(z, 5.0), e.add(e.abs(c), 2.0)))
    ahead = e.max(e.sub(w, h), end)
    h = e.sub(w, ahead)

    def following(n, here, after):
        up = e.add(n, 1.0)
        rise = e.mul(e.mul(e.mul(e.add(n, a), e.add(n, b)), e.mul(h, h)), here)
        middle = e.add(e.mul(e.sub(w, z), n), e.sub(c, e.mul(e.add(e.add(a, b), 1.0), z)))
        fall = e.mul(e.mul(middle, up), e.mul(h, after))
        return e.div(e.sub(rise, fall), e.mul(e.mul(z, w), e.mul(up, e.add(n, 2.0))))

    return ahead, h, following


_gauss = differentiable(
    _hyp2f1,
    slope(_hyp2f1, 0, 4),
    slope(_hyp2f1, 1, 4),
    slope(_hyp2f1, 2, 4),
    lambda a, b, c, x, y: e.mul(
        e.div(e.mul(a, b), c), _gauss(e.add(a, 1.0), e.add(b, 1.0), e.add(c, 1.0), x)
    ),
)


@fused
def hyp2f1(a: ArrayLike, b: ArrayLike, c: ArrayLike, x: ArrayLike) -> Array:
    """Gauss's hypergeometric function 2F1(a, b; c; x) of real numbers.

    For x > 1, where it is real for polynomials only, it is inf otherwise.

    >>> import hloom
    >>> round(float(hloom.scipy.special.hyp2f1(1.0, 1.0, 2.0, 0.5)), 5)
    1.38629
    """
    return computed("hyp2f1", _gauss, a, b, c, x)
