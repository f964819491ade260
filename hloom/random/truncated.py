"""Normal numbers between bounds, which may lie far out in a tail.

Near the middle the distribution function is inverted. Beyond two standard deviations it no longer
resolves the tail, so that its logarithm is inverted there, relative to the nearer bound `a`: with
Mills' ratio m, log(P(X > a + t) / P(X > a)) is -(a t + t^2 / 2) + log(m(a + t) / m(a)).
"""

import math

import numpy as np

from hloom.frontend.array import Array
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.reduction import reduce_or
from hloom.frontend.trace import aval_of
from hloom.lax.branches import cond
from hloom.random.draw import (
    bits_of,
    constant,
    float_dtype,
    full_shape,
    parameters,
    placed,
    rounded,
    spread,
    work_dtype,
)
from hloom.random.uniform import draw, draw_width
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

#: where the tails begin
_FAR = 2.0
#: terms of the continued fraction of Mills' ratio, and Newton steps: both exact to rounding
_TERMS, _STEPS = 32, 4
#: a tail ends here: what lies further than this from the bound has a probability below e^-80
_END = 40.0


@judged
def truncated_normal(
    key: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    shape=None,
    dtype=None,
    *,
    out_sharding=None,
) -> Array:
    """Standard normal numbers given that they lie in (lower, upper).

    >>> import hloom
    >>> x = hloom.random.truncated_normal(hloom.random.key(0), -1.0, 2.0, (100,))
    >>> bool(((x > -1) & (x < 2)).all())
    True
    """
    where = "either"
    if all(type(x) in (int, float) for x in (lower, upper)):
        where = "tail" if lower > _FAR or upper < -_FAR else "middle"
    return _truncated(key, lower, upper, shape, dtype, where, out_sharding)


@fused
def _truncated(key: ArrayLike, lower: ArrayLike, upper: ArrayLike, shape, dtype, where, sharding):
    name = "truncated_normal"
    dtype = float_dtype(name, dtype)
    work = work_dtype(dtype)
    lower, upper = parameters(name, work, lower, upper)
    shape = full_shape(name, shape, lower, upper)
    random = bits_of(name, key, shape, draw_width(work))
    lower, upper = spread(lower, shape), spread(upper, shape)
    if where == "either":
        far = e.bitwise_or(e.gt(lower, _FAR), e.lt(upper, -_FAR))
        some = reduce_or(far, range(aval_of(far).ndim))
        x = cond(some, _anywhere, _middle, random, lower, upper)
    else:
        x = (_tail if where == "tail" else _middle)(random, lower, upper)
    inside = [
        e.nextafter(rounded(bound, dtype), constant(end, dtype))
        for bound, end in ((lower, np.inf), (upper, -np.inf))
    ]
    return placed(e.clamp(inside[0], rounded(x, dtype), inside[1]), sharding)


def _middle(random, lower, upper):
    dtype = aval_of(lower).dtype
    root = constant(math.sqrt(2), dtype)
    ends = [e.erf(e.div(x, root)) for x in (lower, upper)]
    return e.mul(root, e.erf_inv(draw(random, dtype, *ends)))


def _anywhere(random, lower, upper):
    left, right = e.lt(upper, -_FAR), e.gt(lower, _FAR)
    far = e.bitwise_or(left, right)
    middle = _middle(random, e.select(far, -1.0, lower), e.select(far, 1.0, upper))
    tail = _tail(random, e.select(far, lower, _FAR), e.select(far, upper, 2 * _FAR))
    return e.select(spread(far, random.shape), tail, middle)


def _tail(random, lower, upper):
    """Numbers of a tail, by Newton's method, which comes down from above as log P is concave."""
    dtype = aval_of(lower).dtype
    left = e.lt(upper, 0.0)
    a, b = e.select(left, e.neg(upper), lower), e.select(left, e.neg(lower), upper)
    u = draw(random, dtype, constant(0, dtype), constant(1, dtype))
    ratio = _mills(a)

    def decrease(t):
        """-log(P(X > a + t) / P(X > a)), and Mills' ratio at a + t."""
        there = _mills(e.add(a, t))
        straight = e.mul(t, e.add(a, e.mul(0.5, t)))
        return e.sub(straight, e.log(e.div(there, ratio))), there

    whole = decrease(e.min(e.sub(b, a), _END))[0]
    wanted = e.neg(e.log1p(e.mul(u, e.expm1(e.neg(whole)))))
    t = e.div(e.mul(2.0, wanted), e.add(a, e.sqrt(e.add(e.square(a), e.mul(2.0, wanted)))))
    for _ in range(_STEPS):
        found, there = decrease(t)
        t = e.max(e.sub(t, e.mul(e.sub(found, wanted), there)), 0.0)
    x = e.add(a, t)
    return e.select(spread(left, aval_of(x).shape), e.neg(x), x)


def _mills(x):
    """P(X > x) over the density at x, from its continued fraction x + 1/(x + 2/(x + 3/...))."""
    found = x
    for k in range(_TERMS, 0, -1):
        found = e.add(x, e.div(float(k), found))
    return e.div(1.0, found)
