"""The incomplete gamma and beta functions, by series and continued fractions in loops.

With D = x^a e^-x / Γ(a+1) (DLMF 8.7.1 and 8.9.2):

    P(a, x) = D S       S = sum of x^n / ((a+1) ... (a+n))               for x <= a or x <= 1
    Q(a, x) = a D C     C = 1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...)))       elsewhere

S and C are computed with their derivatives in `a`. D is a product of huge and tiny factors; for
large `a` it is written with x - a, which is exact, and Stirling's series. For x near a large `a`
both are an expansion in 1/a: uniform.py.
"""

import math

from hloom.frontend.prims.calls import stop
from hloom.frontend.prims.elementwise import (
    abs,
    add,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    digamma,
    div,
    eq,
    exp,
    expm1,
    ge,
    gt,
    integer_pow,
    le,
    log,
    log1p,
    lt,
    min,
    mul,
    neg,
    pow,
    rsqrt,
    select,
    sqrt,
    square,
    sub,
)
from hloom.lowering import uniform
from hloom.lowering.gamma import gamma, lgamma_next, log_quotient, stirling
from hloom.lowering.gaussian import halves
from hloom.lowering.iterate import eps, filled, repeat, tiny
from hloom.lowering.series import horner

_LARGE = 10.0
#: up to this |d|, log(1 + d) - d is a series
_NEAR = 0.55
#: up to this a, the fraction is computed from its end
_BACKWARDS = 5.0


# ---------------------------------------------------------------- the public functions
def igamma(a, x):
    """The regularized lower incomplete gamma function."""
    by_fraction, density, s, c = _gamma_parts(a, x)
    inner = select(by_fraction, sub(1.0, mul(mul(a, density), c)), mul(density, s))
    near, (lower, _) = _near_sides(a, x, density)
    inner = select(near, lower, inner)
    return _with_ends(a, x, inner, 0.0, 1.0)


def igammac(a, x):
    """The regularized upper incomplete gamma function."""
    by_fraction, density, s, c = _gamma_parts(a, x)
    inner = select(by_fraction, mul(mul(a, density), c), sub(1.0, mul(density, s)))
    near, (_, upper) = _near_sides(a, x, density)
    inner = select(near, upper, inner)
    little = bitwise_and(lt(a, 0.5), bitwise_and(gt(a, 0.0), le(x, 1.0)))
    little = bitwise_and(little, gt(x, 0.0))
    inner = select(little, _near_one(select(little, a, 0.25), select(little, x, 0.5)), inner)
    return _with_ends(a, x, inner, 1.0, 0.0)


def igamma_grad_a(a, x):
    """The derivative of igamma in a: that of log D is log x - ψ(a+1), and 1/a is in a D."""
    _, density, slope = _gamma_slopes(a, x)
    return _with_ends(a, x, mul(density, slope), 0.0, 0.0)


def random_gamma_grad(a, x):
    """Minus the derivative of igamma in a over that in x, which is a D / x."""
    _, _, slope = _gamma_slopes(a, x)
    return _with_ends(a, x, neg(mul(div(x, a), slope)), 0.0, math.inf)


def gamma_density(a, x):
    """The derivative of igamma in x, x^(a-1) e^-x / Γ(a), with its limits at 0 and infinity."""
    inside = bitwise_and(gt(x, 0.0), lt(x, math.inf))
    x0 = select(inside, x, 1.0)
    at_zero = _limit(x, a, filled(1.0, a))
    ends = select(eq(x, 0.0), at_zero, select(gt(x, 0.0), 0.0, filled(math.nan, x)))
    return select(inside, _gamma_density(a, x0, div(a, x0)), ends)


def beta_density(a, b, x, rest=None):
    """The derivative of the incomplete beta function in x, with its limits at 0 and 1."""
    inside = bitwise_and(gt(x, 0.0), gt(sub(1.0, x) if rest is None else rest, 0.0))
    x0 = select(inside, x, 0.5)
    y, drift, gap = _rest(a, b, x0, None if rest is None else select(inside, rest, 0.5))
    inner = _beta_density(a, b, x0, y, drift, gap, mul(x0, y))
    ends = select(eq(x, 1.0), _limit(x, b, a), filled(math.nan, x))
    return select(inside, inner, select(eq(x, 0.0), _limit(x, a, b), ends))


def _limit(x, power, value):
    """The limit of value t^(power - 1) for t -> 0."""
    return select(eq(power, 1.0), value, select(gt(power, 1.0), filled(0.0, x), math.inf))


def regularized_incomplete_beta(a, b, x):
    """The regularized incomplete beta function; beyond the mean it is 1 - I_{1-x}(b, a)."""
    return _incomplete_beta(a, b, x, False)


def beta_complement(a, b, x, rest=None):
    """1 - I_x(a, b), exact where that is small; x may be too small for 1 - x to tell.

    `rest` is 1 - x, if that is known where it is too small for x to tell.
    """
    return _incomplete_beta(a, b, x, True, rest)


def _incomplete_beta(a, b, x, upper, rest=None):
    beyond = gt(x, div(add(a, 1.0), add(add(a, b), 2.0)))
    y, drift, gap = _rest(a, b, x, rest)
    p, q = select(beyond, b, a), select(beyond, a, b)
    u = select(beyond, y, x)
    inside = bitwise_and(bitwise_and(gt(a, 0.0), gt(b, 0.0)), bitwise_and(gt(x, 0.0), gt(y, 0.0)))
    inside = bitwise_and(inside, bitwise_and(lt(a, math.inf), lt(b, math.inf)))
    # the side that is asked for is then the rest of what the fraction gives, which is near 1
    little = bitwise_and(inside, lt(p, 0.5))
    little = bitwise_and(little, bitwise_not(beyond) if upper else beyond)
    by_fraction = bitwise_and(inside, bitwise_not(little))
    offset = add(select(beyond, neg(gap), gap), 1.0)
    density = _beta_density(a, b, x, y, drift, gap)
    part = mul(density, _beta_fraction(p, q, u, offset, by_fraction))
    sides = (part, sub(1.0, part)) if upper else (sub(1.0, part), part)
    inner = select(beyond, *sides)
    p0, q0 = select(little, p, 0.25), select(little, q, 1.0)
    near = _complement(neg(log_quotient(q0, p0)), p0, select(little, u, 0.5), sub(1.0, q0))
    inner = select(little, near, inner)
    at_zero, at_one = (1.0, 0.0) if upper else (0.0, 1.0)
    # all of it is at 0 for a = 0 or infinite b, and at 1 for b = 0 or infinite a
    first, last = (bitwise_or(eq(p, 0.0), eq(q, math.inf)) for p, q in ((a, b), (b, a)))
    ends = select(last, filled(at_zero, a), at_one)
    ends = select(eq(x, 1.0), at_one, select(eq(x, 0.0), at_zero, ends))
    good = bitwise_and(bitwise_and(ge(a, 0.0), ge(b, 0.0)), bitwise_not(bitwise_and(first, last)))
    good = bitwise_and(good, bitwise_and(ge(x, 0.0), le(x, 1.0)))
    return select(inside, inner, select(good, ends, math.nan))


# ---------------------------------------------------------------- gamma
def _gamma_parts(a, x, slopes=False):
    """Where Q is computed, D, and S and C, each with its derivative if asked."""
    by_fraction = bitwise_and(gt(x, 1.0), gt(x, a))
    inside = bitwise_and(bitwise_and(gt(a, 0.0), gt(x, 0.0)), lt(x, math.inf))
    inside = bitwise_and(inside, lt(a, math.inf))
    inside = bitwise_and(inside, bitwise_not(uniform.is_near(a, x)))
    by_series = bitwise_and(inside, bitwise_not(by_fraction))
    by_fraction = bitwise_and(inside, by_fraction)
    s = _series(select(by_series, a, 1.0), select(by_series, x, 0.0), slopes)
    low = bitwise_and(by_fraction, lt(a, _BACKWARDS))
    high = bitwise_and(by_fraction, ge(a, _BACKWARDS))
    below = _fraction_of_small(select(low, a, 1.0), select(low, x, 2.0), slopes)
    beyond = _fraction(select(high, a, 1.0), select(high, x, 2.0), slopes)
    if slopes:
        c = [select(low, *pair) for pair in zip(below, beyond, strict=True)]
    else:
        c = select(low, below, beyond)
    return by_fraction, _gamma_density(a, x), s, c


def _gamma_slopes(a, x):
    """Where Q is computed, D, and the derivative of P in a over D."""
    by_fraction, density, (s, ds), (c, dc) = _gamma_parts(a, x, True)
    # ψ(a+1), since the inverse of a small a would hide the rest of ψ(a)
    shift = sub(log(x), digamma(add(a, 1.0)))
    below = add(mul(s, shift), ds)
    beyond = neg(add(mul(a, add(mul(c, shift), dc)), c))
    near, a0, d, exponent = _near(a, x)
    slope = select(by_fraction, beyond, below)
    return by_fraction, density, select(near, uniform.slope(a0, d, exponent), slope)


def _near(a, x):
    """Where a is large and x near it, and there a, x / a - 1 and log x^a e^-x a^-a e^a."""
    near = uniform.is_near(a, x)
    a, x = select(near, a, 1e3), select(near, x, 1e3)
    d = div(sub(x, a), a)
    return near, a, d, mul(a, log_minus(div(x, a), d))


def _near_sides(a, x, density):
    near, a, d, exponent = _near(a, x)
    return near, uniform.sides(density, a, exponent, gt(d, 0.0))


def _gamma_density(a, x, factor=1.0):
    """x^a e^-x / Γ(a+1) times a factor."""
    d = div(sub(x, a), a)
    # Γ itself, as far as it is a number, unless the exponent is small
    last = 32.0 if eps(x) > 1e-10 else 160.0
    direct = bitwise_or(lt(a, _LARGE), bitwise_and(lt(a, last), gt(abs(d), _NEAR)))
    a0 = select(direct, a, 1.0)
    # parts of the powers, since x^a alone may overflow; beyond 1e4 the product is 0
    near = min(x, 1e4)
    half = square(mul(pow(near, mul(a0, 0.25)), exp(mul(near, -0.25))))
    # a Γ(a), unless a + 1 is rounded less than that
    above = gt(a0, 1.0)
    whole = mul(gamma(select(above, a0, add(a0, 1.0))), select(above, a0, 1.0))
    product = mul(mul(mul(half, factor), half), div(1.0, whole))
    exponent = mul(a, log_minus(div(x, a), d))
    large = mul(exp(sub(exponent, stirling(a))), rsqrt(mul(2 * math.pi, a)))
    return select(direct, product, mul(large, factor))


def _near_one(a, x):
    """Q(a, x) for small a, where P is near 1 (Gautschi, 1979)."""
    return _complement(filled(0.0, a), a, x, None)


def _complement(shift, a, x, top):
    """1 - e^L (1 + a R), where e^L is near 1: L = a log x - log Γ(1 + a) - shift.

    R is the sum of t_n / (a + n) for n = 1, 2, ... with t_n = (-x)^n / n! or, for the incomplete
    beta function, (top)_n x^n / n!.
    """

    def step(n, a, x, *operands):
        *top, term, total = operands
        ratio = mul(x, add(top[0], sub(n, 1.0))) if top else neg(x)
        term = mul(term, div(ratio, n))
        change = div(term, add(a, n))
        total = add(total, change)
        return gt(abs(change), mul(abs(total), eps(a) / 4)), term, total

    constants = (a, x) if top is None else (a, x, top)
    _, total = repeat(step, constants, (filled(1.0, a), filled(0.0, a)))
    power = sub(sub(mul(a, log(x)), lgamma_next(a)), shift)
    return neg(add(expm1(power), mul(mul(a, exp(power)), total)))


def _series(a, x, slopes):
    """S, and S' if asked, whose terms are t h with t those of S and h the sum of all -1/(a+k)."""

    def step(n, a, x, t, s, h, ds):
        r = div(1.0, add(a, n))
        t, h = mul(t, mul(x, r)), sub(h, r)
        s = add(s, t)
        active = gt(t, mul(s, eps(s)))
        if slopes:
            change = mul(t, h)
            ds = add(ds, change)
            active = bitwise_or(active, gt(neg(change), mul(neg(ds), eps(s))))
        return active, t, s, h, ds

    one, zero = filled(1.0, a), filled(0.0, a)
    _, s, _, ds = repeat(step, (a, x), (one, one, zero, zero))
    return (s, ds) if slopes else s


def _fraction(a, x, slopes):
    """C, and C' if asked: p / q are the last two convergents, dp and dq derivatives in `a`."""

    def step(n, a, x, c, dc, p0, p, q0, q, dp0, dp, dq0, dq):
        m = mul(n, sub(a, n))
        b = add(sub(x, a), add(mul(2.0, n), 1.0))
        p2, q2 = add(mul(b, p), mul(m, p0)), add(mul(b, q), mul(m, q0))
        scale = div(1.0, q2)
        state = [mul(v, scale) for v in (p, p2, q, q2)]
        c2 = state[1]
        active = gt(abs(sub(c2, c)), mul(abs(c2), eps(c)))
        if slopes:
            dp2 = sub(add(mul(b, dp), add(mul(m, dp0), mul(n, p0))), p)
            dq2 = sub(add(mul(b, dq), add(mul(m, dq0), mul(n, q0))), q)
            derivatives = [mul(v, scale) for v in (dp, dp2, dq, dq2)]
            dc2 = sub(derivatives[1], mul(c2, derivatives[3]))
            active = bitwise_or(active, gt(abs(sub(dc2, dc)), mul(abs(dc2), eps(c))))
        else:
            derivatives, dc2 = [dp0, dp, dq0, dq], dc
        return active, c2, dc2, *state, *derivatives

    one, zero = filled(1.0, a), filled(0.0, a)
    first = add(sub(x, a), 1.0)
    state = zero, zero, zero, one, one, first, zero, zero, zero, neg(one)
    c, dc, *_ = repeat(step, (a, x), state)
    return (c, dc) if slopes else c


def _fraction_of_small(a, x, slopes):
    """C, and C' if asked, for x >= 1: from the last term on, which spares rounding for small a."""
    terms = 22 if eps(x) > 1e-10 else 90

    def step(n, a, x, r, dr):
        k = sub(terms + 1.0, n)
        part = div(k, r)
        back = mul(part, sub(k, a))
        if slopes:
            dr = add(sub(part, 1.0), mul(div(back, r), dr))
        return ge(k, 1.0), sub(add(sub(x, a), sub(mul(k, 2.0), 1.0)), back), dr

    first = add(sub(x, a), 2.0 * terms + 1)
    r, dr = repeat(step, (a, x), (first, filled(-1.0, a)), terms)
    c = div(1.0, r)
    return (c, neg(mul(mul(c, c), dr))) if slopes else c


# ---------------------------------------------------------------- beta
def _rest(a, b, x, rest=None):
    """1 - x, what rounding took from log x^a (1 - x)^b, and a (1 - x) - b x, 0 at the mean.

    `rest`, if given, is 1 - x where x is near 1 and rounds it. Products of halves are exact, and so
    is a difference of nearly equal ones.
    """
    y = sub(1.0, x)
    lost = sub(sub(1.0, y), x)
    drift, low = div(mul(b, lost), y), mul(a, lost)
    if rest is not None:
        near_one = gt(x, 0.5)
        # the value of the rest, with the derivative of 1 - x
        given = sub(stop.bind(rest)[0], sub(x, stop.bind(x)[0]))
        lost = sub(y, given)
        y = select(near_one, given, y)
        drift = select(near_one, mul(a, log1p(div(lost, x))), drift)
        low = select(near_one, neg(mul(b, lost)), low)
    (a0, a1), (b0, b1), (x0, x1), (y0, y1) = (halves(v) for v in (a, b, x, y))
    cross = add(sub(mul(a0, y1), mul(b0, x1)), sub(mul(a1, y0), mul(b1, x0)))
    low = add(sub(mul(a1, y1), mul(b1, x1)), low)
    return y, drift, add(sub(mul(a0, y0), mul(b0, x0)), add(cross, low))


def _beta_density(a, b, x, y, drift, gap, divisor=1.0):
    """x^a (1 - x)^b / B(a, b) over a divisor, where this is x^a y^b e^drift."""
    total, swapped = add(a, b), gt(b, a)
    big, little = select(swapped, b, a), select(swapped, a, b)
    near, far = select(swapped, y, x), select(swapped, x, y)
    one, two = ge(big, _LARGE), ge(little, _LARGE)
    # powers are exact to rounding, unlike exponentials of logarithms; half of them, since the
    # product may be a number where they are not
    small = select(two, 1.0, little)
    inner = pow(near, mul(select(two, 1.0, big), 0.5))
    outer = pow(mul(far, select(one, total, 1.0)), mul(small, 0.5))
    half = mul(inner, select(eq(inner, 0.0), 0.0, outer))
    mended = exp(drift)
    # Γ(total) / Γ(big) total^-little, without its large parts
    t = div(little, big)
    ratio = sub(mul(big, log_minus(add(t, 1.0), t)), mul(log1p(t), 0.5))
    step = sub(stirling(total), stirling(big))
    none_large = div(gamma(select(one, 1.0, total)), gamma(select(one, 1.0, big)))
    scale = div(select(one, exp(add(ratio, step)), none_large), gamma(small))
    direct = mul(mul(div(half, divisor), mul(half, mended)), scale)
    # both large: the exponent is 0 at the mean a / (a + b), and linear terms cancel
    p, q = div(a, total), div(b, total)
    exponent = add(
        mul(a, log_minus(div(x, p), div(neg(gap), a))),
        mul(b, log_minus(div(y, q), div(gap, b))),
    )
    scale = sqrt(div(mul(p, b), 2 * math.pi))
    both_large = mul(scale, exp(add(exponent, sub(step, stirling(little)))))
    return select(two, div(both_large, divisor), direct)


def _beta_fraction(a, b, x, offset, inside):
    """The continued fraction that I_x(a, b) is over its density, by Lentz's method.

    Its terms are positive for x up to the mean (Didonato and Morris, "Algorithm 708", 1992, (9)).
    """
    x, offset = select(inside, x, 0.0), select(inside, offset, 1.0)

    def step(n, a, b, x, offset, f, c, d):
        end = add(a, mul(2.0, n))
        before = sub(end, 1.0)
        m = mul(n, sub(b, n))
        # from a itself, of which a sum of it and 1 keeps few digits where it is small
        ahead, behind = add(a, n), add(a, sub(n, 1.0))
        top = mul(behind, add(behind, b))
        ratio = div(x, before)
        alpha = mul(mul(top, m), mul(ratio, ratio))
        late = div(mul(ahead, add(offset, mul(n, sub(2.0, x)))), add(end, 1.0))
        beta = add(add(mul(m, ratio), n), late)
        d = div(1.0, _nonzero(add(beta, mul(alpha, d))))
        c = _nonzero(add(beta, div(alpha, c)))
        change = mul(c, d)
        return gt(abs(sub(change, 1.0)), eps(f)), mul(f, change), c, d

    first = _nonzero(div(mul(a, offset), add(a, 1.0)))
    f, _, _ = repeat(step, (a, b, x, offset), (first, first, filled(0.0, a)))
    return div(1.0, f)


# ---------------------------------------------------------------- pieces
def log_minus(ratio, d):
    """log(ratio) - d, where d is the exact ratio - 1.

    For small d by log((1+r)/(1-r)) = 2r + 2r^3/3 + 2r^5/5 + ... with r = d / (2 + d).
    """
    small = lt(abs(d), _NEAR)
    d0 = select(small, d, 0.0)
    r = div(d0, add(2.0, d0))
    r2 = integer_pow(r, 2)
    last = 19 if eps(d) > 1e-10 else 39
    tail = horner(r2, [1 / k for k in range(3, last + 1, 2)])
    near = mul(r2, sub(mul(mul(2.0, r), tail), div(2.0, sub(1.0, r))))
    return select(small, near, sub(log(ratio), d))


def _with_ends(a, x, inner, at_zero, at_infinity):
    """`inner`, with the limits for x -> 0 and x / a -> inf, and NaN outside of the domain."""
    at_zero, at_infinity = filled(at_zero, a), filled(at_infinity, a)
    beyond = bitwise_or(eq(x, math.inf), eq(a, 0.0))
    before = bitwise_or(eq(x, 0.0), eq(a, math.inf))
    result = select(before, at_zero, select(beyond, at_infinity, inner))
    good = bitwise_and(ge(a, 0.0), ge(x, 0.0))
    undetermined = bitwise_or(
        bitwise_and(eq(a, 0.0), eq(x, 0.0)),
        bitwise_and(eq(a, math.inf), eq(x, math.inf)),
    )
    return select(bitwise_and(good, bitwise_not(undetermined)), result, math.nan)


def _nonzero(x):
    return select(eq(x, 0.0), tiny(x), x)
