"""Functions of integers: greatest common divisor and least common multiple."""

from hloom.frontend import dtypes
from hloom.frontend.errors import DTypeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.reduction import reduce_or
from hloom.frontend.trace import aval_of
from hloom.lax.loops import while_loop
from hloom.numpy import promotion
from hloom.numpy.elementwise import absolute, dtype_of
from hloom.numpy.promotion import promote, select
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _integers(name, x1, x2):
    x1, x2 = promote(name, x1, x2)
    if not dtypes.is_integer(dtype_of(x1)):
        found = f"they promote to {dtype_of(x1)}"
        raise DTypeError(f"{name}: takes integers", found, "convert them with x.astype(int)")
    shape = aval_of(x1).shape or aval_of(x2).shape
    return [promotion.broadcast_to(absolute(x), shape) for x in (x1, x2)]


@fused
def gcd(x1: ArrayLike, x2: ArrayLike):
    """The greatest common divisor of integers, by Euclid's algorithm.

    >>> import hloom.numpy as np
    >>> np.gcd(np.array([12, 7]), 18)
    Array([6, 1], dtype=int32)
    """
    return _gcd(*_integers("gcd", x1, x2))


def _gcd(x1, x2):
    def unfinished(pair):
        return reduce_or(e.ne(pair[1], 0), range(pair[1].ndim))

    def step(pair):
        x, y = pair
        done = e.eq(y, 0)
        return select(done, x, y), select(done, 0, e.rem(x, select(done, 1, y)))

    return while_loop(unfinished, step, (x1, x2))[0]


@fused
def lcm(x1: ArrayLike, x2: ArrayLike):
    """The least common multiple of integers; 0 where one is 0.

    >>> import hloom.numpy as np
    >>> int(np.lcm(4, 6))
    12
    """
    x1, x2 = _integers("lcm", x1, x2)
    divisor = _gcd(x1, x2)
    zero = e.eq(divisor, 0)
    return select(zero, 0, e.mul(e.div(x1, select(zero, 1, divisor)), x2))
