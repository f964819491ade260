"""What the special functions are made of: series by Horner's rule, and the promotion of operands.

A Chebyshev series is cut where the dtype cannot see the rest, and turned into powers of t: the
tables are such that the powers lose nothing. Where a function has several pieces, the coefficients
are chosen element by element, which is one evaluation instead of several.
"""

import functools
import itertools

import numpy as np
from numpy.polynomial import chebyshev as basis

from hloom.frontend import dtypes, pytree
from hloom.frontend.errors import DTypeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import aval_of
from hloom.lowering.gaussian import square_error
from hloom.numpy.promotion import promote_inexact, select, to_dtype
from hloom.transforms.custom import custom_jvp


def computed(name, function, *xs):
    """A function of operands in one float dtype; narrow floats are computed in float32."""
    xs = promote_inexact(name, *xs)
    dtype = aval_of(xs[0]).dtype
    if dtypes.is_complex(dtype):
        found, remedy = f"the operands promote to {dtype}", "pass the real part"
        raise DTypeError(f"{name}: takes real numbers", found, remedy)
    if dtypes.itemsize_bits(dtype) >= 32:
        return function(*xs)
    wide = function(*[to_dtype(x, dtypes.float32) for x in xs])
    return pytree.map(lambda y: e.convert_element_type(y, dtype), wide)


def polynomial(x, coefficients, *others):
    """The sum of coefficients times powers of x; `others` are pairs (where, coefficients)."""
    aval = aval_of(x)
    number = lambda c: typed_literal(c, aval.dtype, aval.weak_type)
    columns = [coefficients, *[c for _, c in others]]
    total = None
    for row in reversed(list(itertools.zip_longest(*columns, fillvalue=0.0))):
        c = number(row[0])
        for (where, _), value in zip(others, row[1:]):
            c = select(where, number(value), c)
        total = c if total is None else e.add(e.mul(total, x), c)
    return total


def chebyshev(t, table, *others):
    """The Chebyshev series of a table at t; `others` are pairs (where, table)."""
    eps = float(dtypes.finfo(aval_of(t).dtype).eps)
    return polynomial(t, _powers(table, eps), *[(where, _powers(c, eps)) for where, c in others])


@functools.cache
def _powers(table, eps):
    sizes = np.abs(table)
    rest = np.cumsum(sizes[::-1])[::-1]
    kept = max(1, int(np.sum(rest > eps / 16 * sizes.max())))
    return tuple(basis.cheb2poly(np.array(table[:kept])).tolist())


@functools.partial(custom_jvp, nondiff_argnums=(1,))
def gauss(x, scale):
    """exp(-scale x^2), where the rounding of x^2 does not matter."""
    x = e.clamp(-64.0, x, 64.0)
    near = e.sub(1.0, e.mul(square_error(x), scale))
    return e.mul(e.exp(e.mul(e.square(x), -scale)), near)


@gauss.defjvp
def _gauss_jvp(scale, primals, tangents):
    (x,), (t,) = primals, tangents
    y = gauss(x, scale)
    return y, e.mul(t, e.mul(e.mul(x, -2.0 * scale), y))
