"""The logistic function and its inverse, and softmax with its kin over several axes."""

from hloom import nn
from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e
from hloom.nn.activations import as_inexact
from hloom.numpy.promotion import select
from hloom.runtime.dispatch import fused
from hloom.scipy.special.differentiable import differentiable
from hloom.scipy.special.series import computed
from hloom.typing import ArrayLike


@fused
def expit(x: ArrayLike) -> Array:
    """The logistic sigmoid 1 / (1 + exp(-x)); complex numbers too.

    >>> import hloom
    >>> hloom.scipy.special.expit(0.0)
    Array(0.5, dtype=float32, weak_type=True)
    """
    return e.logistic(as_inexact("expit", x))


def _logit(x):
    # near 1/2 the quotient is close to 1: its logarithm is that of 1 + (2x - 1) / (1 - x)
    middle = e.bitwise_and(e.gt(x, 0.25), e.lt(x, 0.75))
    m = select(middle, x, 0.5)
    near = e.log1p(e.div(e.sub(e.mul(m, 2.0), 1.0), e.sub(1.0, m)))
    far = e.sub(e.log(x), e.log1p(e.neg(x)))
    return select(middle, near, far)


_logit_function = differentiable(_logit, lambda x, y: e.div(1.0, e.mul(x, e.sub(1.0, x))))


@fused
def logit(x: ArrayLike) -> Array:
    """The inverse of `expit`, log(x / (1 - x)); NaN outside of [0, 1].

    >>> import hloom
    >>> hloom.scipy.special.logit(0.75)
    Array(1.0986123, dtype=float32, weak_type=True)
    """
    return computed("logit", _logit_function, x)


@fused
def softmax(x: ArrayLike, /, *, axis: int | tuple[int, ...] | None = None) -> Array:
    """exp(x) over its sum along axes, by default all.

    >>> import hloom
    >>> hloom.scipy.special.softmax(hloom.numpy.array([0.0, 0.0]))
    Array([0.5, 0.5], dtype=float32)
    """
    return nn.softmax(x, axis)


@fused
def log_softmax(x: ArrayLike, /, *, axis: int | tuple[int, ...] | None = None) -> Array:
    """The logarithm of `softmax`, exact where that is tiny.

    >>> import hloom
    >>> hloom.scipy.special.log_softmax(hloom.numpy.array([0.0, 1000.0]))
    Array([-1000.,     0.], dtype=float32)
    """
    return nn.log_softmax(x, axis)
