"""Vectors as lists of arrays, of any shapes: the leaves of a tree that stands for one vector."""

import functools
import operator

from hloom.frontend import dtypes
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.matrices import conjugated
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import filled, to_dtype


def zeros_like(x):
    """The zero vector in the shapes of another."""
    return [filled(0, aval_of(a)) for a in x]


def inner(x, y):
    """The inner product of two vectors, linear in the second."""
    return functools.reduce(operator.add, [_contract(conjugated(a), b, 0) for a, b in zip(x, y)])


def norm(x):
    """The Euclidean norm of a vector."""
    return e.sqrt(real(inner(x, x)))


def real(x):
    """The real part of a scalar."""
    return e.real(x) if dtypes.is_complex(aval_of(x).dtype) else x


def add(x, y):
    """The sum of two vectors."""
    return [e.add(a, b) for a, b in zip(x, y)]


def subtract(x, y):
    """The difference of two vectors."""
    return [e.sub(a, b) for a, b in zip(x, y)]


def scaled(c, x):
    """A vector times a scalar."""
    return [e.mul(to_dtype(c, aval_of(a).dtype), a) for a in x]


def plus(x, c, y):
    """x + c y, for a scalar c."""
    return add(x, scaled(c, y))


def chosen(which, x, y):
    """The vector `x` where a scalar holds, else `y`."""
    return [e.select(which, a, b) for a, b in zip(x, y)]


# ---------------------------------------------------------------- several vectors
def basis(x, count):
    """Several vectors, one array for each leaf: `x`, then zeros."""
    return [filled(0, aval_of(a).update(shape=(count, *aval_of(a).shape))).at[0].set(a) for a in x]


def projections(vectors, x):
    """The inner products of several vectors with one."""
    found = [_contract(conjugated(v), a, 1) for v, a in zip(vectors, x)]
    return functools.reduce(operator.add, found)


def combined(coefficients, vectors):
    """The sum of several vectors times coefficients."""
    return [_combined(to_dtype(coefficients, aval_of(v).dtype), v) for v in vectors]


def _combined(c, v):
    return dot_general(c, v, (((0,), (0,)), ((), ())), "highest")


def _contract(v, a, free):
    """The products of `a` with what stands on the axes of `v` after the first `free`."""
    axes = tuple(range(aval_of(a).ndim))
    return dot_general(v, a, ((tuple(i + free for i in axes), axes), ((), ())), "highest")
