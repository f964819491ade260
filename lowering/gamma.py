"""The gamma function, its logarithm and the derivative of that, from primitives.

Arguments above 10 go to Stirling's series (DLMF 5.11); the others are stepped down by recurrence to
where a Chebyshev series holds, and negative ones are reflected (DLMF 5.5). Logarithm and derivative
are exact up to rounding at their positive zeros 1, 2 and 1.46; at the negative ones only their
absolute error is small. The coefficients are those of interpolants at 80 points, computed with 50
digits.
"""

import math

from hloom.frontend import dtypes
from hloom.frontend.prims.elementwise import (
    abs,
    add,
    bitwise_and,
    bitwise_or,
    div,
    eq,
    exp,
    floor,
    ge,
    gt,
    integer_pow,
    le,
    log,
    log1p,
    lt,
    mul,
    ne,
    neg,
    pow,
    round,
    select,
    sub,
)
from hloom.frontend.trace import aval_of
from hloom.lowering.series import chebyshev, horner, sinc

#: the coefficients of 1/a, 1/a^3, ... in Stirling's series of log Γ(a) (DLMF 5.11.1)
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
#: those of 1/a^2, 1/a^4, ... in log a - 1/(2a) - ψ(a) (DLMF 5.11.2)
_DIGAMMA_FAR = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)
_LARGE = 10.0
#: the positive zero of ψ is the sum of these
_ROOT, _ROOT_REST = 1.4616321449683622, 9.549995429965697e-17

#: log Γ(1 + t) / t and log Γ(2 + t) / t in 2t, for t in [-1/2, 1/2]
_NEAR_1 = (
    -0.633011426275031,
    0.4405675574678963,
    -0.057857409449912446,
    0.010513973690267811,
    -0.002163989092091715,
    0.0004744402338724658,
    -0.00010799644528099427,
    2.5201155299530276e-05,
    -5.986014498026819e-06,
    1.4410616180293054e-06,
    -3.5060690575761177e-07,
    8.603823016763753e-08,
    -2.126510912478688e-08,
    5.287778091463614e-09,
    -1.3217135752166157e-09,
    3.3186698554450495e-10,
    -8.365902567746219e-11,
    2.116338666160694e-11,
    -5.370507653794381e-12,
    1.3666688100545857e-12,
    -3.486660039885161e-13,
    8.915622432767707e-14,
    -2.28454959350908e-14,
    5.86514671522212e-15,
    -1.5084071183968602e-15,
    3.885614648428306e-16,
    -1.0024188186640361e-16,
    2.5896418565384152e-17,
)

_NEAR_2 = (
    0.41418612492156676,
    0.16322170068760064,
    -0.008658972394126285,
    0.0006727515726001485,
    -6.139556963628233e-05,
    6.110065797003576e-06,
    -6.410003033826223e-07,
    6.962242692768951e-08,
    -7.747248733788217e-09,
    8.774075140687239e-10,
    -1.0070266869830198e-10,
    1.1678602130652374e-11,
    -1.3656871334744932e-12,
    1.6079351149711552e-13,
    -1.9039501088488732e-14,
    2.2653768767833064e-15,
    -2.706656814831896e-16,
    3.245660731626191e-17,
)

#: ψ(x) / (x - root) in 2x - 3, for x in [1, 2]
_DIGAMMA = (
    0.983570260441567,
    -0.2270640863346444,
    0.03336889902393011,
    -0.005320077271596548,
    0.0008788656937820505,
    -0.00014773492650606044,
    2.5060543468359146e-05,
    -4.2721034029993324e-06,
    7.302769272465923e-07,
    -1.2502886813559594e-07,
    2.1425009322359472e-08,
    -3.673295918565179e-09,
    6.299717236108931e-10,
    -1.080593028883266e-10,
    1.853735192053638e-11,
    -3.18023536582553e-12,
    5.456147570322795e-13,
    -9.360993131036438e-14,
    1.606064636295075e-14,
    -2.7555431377438815e-15,
    4.727736178601912e-16,
    -8.11148420346509e-17,
    1.391707769474154e-17,
)

#: (Γ(x) - 1) / ((x - 1) (x - 2)) in 2x - 3, for x in [1, 2]
_GAMMA = (
    0.47693316683837017,
    -0.07387781002496903,
    0.022435898404655007,
    -0.003231708827512927,
    0.0006124521884677977,
    -0.00010297397275378685,
    1.7936871679953115e-05,
    -3.0783656728554508e-06,
    5.296072827078427e-07,
    -9.094906329787138e-08,
    1.561562629910318e-08,
    -2.6802386081065315e-09,
    4.599642448152445e-10,
    -7.892814265667588e-11,
    1.3543022302650376e-11,
    -2.323725668164059e-12,
    3.986994596490083e-13,
    -6.840714086391538e-14,
    1.1736923859512652e-14,
    -2.013749293237764e-15,
    3.455059202250703e-16,
    -5.927956174521476e-17,
    1.0170776732849475e-17,
)


# ---------------------------------------------------------------- the three functions
def lgamma(x):
    """log |Γ(x)|; inf at the poles of Γ."""
    size = abs(x)
    small = le(size, 0.5)
    # log Γ(x) = log Γ(1 + x) - log |x| for small x of both signs
    lower, factor = _step_down(size, 8, 2.5)
    first = le(size, 1.5)
    t = select(small, x, sub(size, 1.0))
    near_1 = lgamma_next(t)
    t = sub(lower, 2.0)
    near_2 = add(mul(t, chebyshev(mul(t, 2.0), _NEAR_2)), log(factor))
    near = sub(select(first, near_1, near_2), select(small, log(size), 0.0))
    far = add(mul(sub(size, 0.5), sub(log(size), 1.0)), add(stirling(size), _HALF_LOG_2PI - 0.5))
    positive = select(ge(size, _LARGE), far, near)
    # |Γ(x) Γ(-x)| = π / |x sin(πx)|
    reflected = sub(log(div(math.pi, mul(size, abs(sine(fraction(x)))))), positive)
    result = select(lt(x, -0.5), reflected, positive)
    return select(_or_pole(x, eq(size, math.inf)), math.inf, result)


def digamma(x):
    """The derivative of `lgamma`, ψ(x); infinite at 0, and NaN at the other poles."""
    mirrored = lt(x, 0.0)
    p = select(mirrored, sub(1.0, x), x)
    below = lt(p, 1.0)
    shift = select(below, div(-1.0, p), 0.0)
    lower, shift = _step_down(select(below, add(p, 1.0), p), 8, 2.0, shift)
    root = float(aval_of(x).dtype.type(_ROOT))
    slope = chebyshev(sub(mul(lower, 2.0), 3.0), _DIGAMMA)
    # XLA would join the parts of the root if they were subtracted one after the other
    rest = mul(slope, (_ROOT - root) + _ROOT_REST)
    near = add(sub(mul(sub(lower, root), slope), rest), shift)
    r = div(1.0, p)
    tail = mul(horner(integer_pow(r, 2), _DIGAMMA_FAR), integer_pow(r, 2))
    far = sub(log(p), add(mul(r, 0.5), tail))
    positive = select(ge(p, _LARGE), far, near)
    r = fraction(x)
    # π / tan(πr)
    turn = div(mul(sine(sub(0.5, abs(r))), math.pi), sine(r))
    result = select(mirrored, sub(positive, turn), positive)
    result = select(_or_pole(x, eq(x, -math.inf)), math.nan, result)
    return select(eq(x, 0.0), div(-1.0, x), result)


def gamma(x):
    """Γ(x); infinite at 0, with the sign of that, and NaN at the other poles."""
    size = abs(x)
    below = lt(size, 1.0)
    lower, factor = _step_down(select(below, add(size, 1.0), size), 12, 2.0)
    bump = mul(mul(sub(lower, 1.0), sub(lower, 2.0)), chebyshev(sub(mul(lower, 2.0), 3.0), _GAMMA))
    near = mul(add(bump, 1.0), factor)
    near = select(below, div(near, size), near)
    # the power may overflow where its product with the exponential does not
    root = pow(size, mul(sub(size, 0.5), 0.5))
    far = mul(
        mul(mul(root, exp(neg(size))), mul(exp(stirling(size)), math.sqrt(2 * math.pi))), root
    )
    positive = select(ge(size, 14.0), far, near)
    beyond = 172.0 if dtypes.itemsize_bits(aval_of(x).dtype) == 64 else 36.0
    positive = select(ge(size, beyond), math.inf, positive)
    turn = sine(fraction(x))
    # Γ(x) Γ(-x) = -π / (x sin(πx)), and x Γ(-x) does not underflow for small x
    reflected = div(math.pi, mul(select(is_odd(round(x, 1)), neg(turn), turn), mul(size, positive)))
    result = select(lt(x, 0.0), reflected, positive)
    result = select(_or_pole(x, eq(x, -math.inf)), math.nan, result)
    return select(eq(x, 0.0), div(1.0, x), result)


# ---------------------------------------------------------------- pieces
_HALF_LOG_2PI = math.log(2 * math.pi) / 2


def stirling(a):
    """log Γ(a) - (a - 1/2) log a + a - log(2π) / 2, for large a."""
    r = div(1.0, a)
    return mul(r, horner(integer_pow(r, 2), _STIRLING))


def lgamma_next(t):
    """log Γ(1 + t) for t in [-1/2, 1/2], whose relative error is small near 0."""
    return mul(t, chebyshev(mul(t, 2.0), _NEAR_1))


def log_quotient(a, d):
    """log Γ(a + d) / Γ(a) for positive a and d, whose relative error is small even for small d."""
    total = None
    for _ in range(int(_LARGE)):
        below = lt(a, _LARGE)
        step = select(below, log1p(div(d, a)), 0.0)
        total = step if total is None else add(total, step)
        a = select(below, add(a, 1.0), a)
    end = add(a, d)
    far = add(mul(sub(a, 0.5), log1p(div(d, a))), mul(d, sub(log(end), 1.0)))
    # the difference of Stirling's series, the first term of it without cancellation
    far = sub(far, div(d, mul(mul(12.0, a), end)))
    return sub(add(far, sub(_stirling_rest(end), _stirling_rest(a))), total)


def _stirling_rest(a):
    r = div(1.0, a)
    return mul(integer_pow(r, 3), horner(integer_pow(r, 2), _STIRLING[1:]))


def _step_down(x, steps, bound, total=None):
    """x less an integer, not above `bound`, and the product of the numbers passed.

    With a `total`, not their product but that plus the sum of their inverses.
    """
    result = 1.0 if total is None else total
    for _ in range(steps):
        above = gt(x, bound)
        x = select(above, sub(x, 1.0), x)
        step = div(1.0, x) if total is not None else x
        step = select(above, step, 1.0 if total is None else 0.0)
        result = mul(result, step) if total is None else add(result, step)
    return x, result


def fraction(x):
    """x less the nearest integer, exact."""
    return sub(x, round(x, 1))


def sine(r):
    """sin(πr) for r in [-1/2, 1/2]."""
    return mul(mul(r, sinc(r)), math.pi)


def is_odd(x):
    """Whether a whole number is odd."""
    return ne(mul(floor(mul(x, 0.5)), 2.0), x)


def _or_pole(x, other):
    """Whether x is zero or a negative integer, or `other` holds."""
    return bitwise_or(other, bitwise_and(le(x, 0.0), eq(floor(x), x)))
