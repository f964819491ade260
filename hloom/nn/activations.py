"""Activation functions: elementwise, of any float dtype; integers become floats.

They are compositions whose derivatives are finite where the function's is: where a branch would
overflow, its argument is replaced before it is computed, not after.
"""

import math

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import flag
from hloom.frontend.errors import ShapeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.structural import canonical_axis, slice_in_dim
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import operand, promote_inexact, select, to_dtype
from hloom.runtime.dispatch import fused
from hloom.transforms.custom import custom_jvp
from hloom.typing import ArrayLike


def as_inexact(name, x):
    """`x` as an operand of a float or complex dtype."""
    x = operand(name, x)
    aval = aval_of(x)
    if dtypes.is_inexact(aval.dtype):
        return x
    return to_dtype(x, dtypes.to_inexact(aval.dtype), aval.weak_type)


# ---------------------------------------------------------------- rectifiers
@fused
def relu(x: ArrayLike) -> Array:
    """The positive part, max(x, 0); its derivative at 0 is 0.

    >>> import hloom
    >>> hloom.nn.relu(hloom.numpy.array([-1.0, 0.0, 2.0]))
    Array([0., 0., 2.], dtype=float32)
    """
    x = operand("relu", x)
    return select(e.le(x, 0), 0, x)


@fused
def relu6(x: ArrayLike) -> Array:
    """min(max(x, 0), 6); its derivative at 0 and at 6 is 0."""
    return e.clamp(0.0, as_inexact("relu6", x), 6.0)


@fused
def leaky_relu(x: ArrayLike, negative_slope: ArrayLike = 0.01) -> Array:
    """x where it is not negative, else negative_slope * x."""
    x, slope = promote_inexact("leaky_relu", x, negative_slope)
    return select(e.ge(x, 0.0), x, e.mul(slope, x))


@fused
def elu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    """x where it is positive, else alpha * (exp(x) - 1)."""
    x, alpha = promote_inexact("elu", x, alpha)
    return _exponential_below(x, alpha, alpha, lambda v: v)


@fused
def celu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    """x where it is positive, else alpha * (exp(x / alpha) - 1)."""
    x, alpha = promote_inexact("celu", x, alpha)
    return _exponential_below(x, alpha, alpha, lambda v: e.div(v, alpha))


def _exponential_below(x, alpha, scale, inner):
    above = e.gt(x, 0.0)
    return select(above, x, e.mul(scale, e.expm1(inner(select(above, 0.0, x)))))


@fused
def selu(x: ArrayLike) -> Array:
    """lambda * elu(x, alpha), with the constants that keep mean 0 and variance 1 through layers.

    Klambauer, Unterthiner, Mayr, Hochreiter, "Self-normalizing neural networks", 2017.
    """
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return e.mul(elu.function(as_inexact("selu", x), alpha), scale)


# ---------------------------------------------------------------- sigmoids
@fused
def sigmoid(x: ArrayLike) -> Array:
    """1 / (1 + exp(-x))."""
    return e.logistic(as_inexact("sigmoid", x))


@fused
def log_sigmoid(x: ArrayLike) -> Array:
    """log(sigmoid(x)), exact for large negative x."""
    return e.neg(_softplus(e.neg(as_inexact("log_sigmoid", x))))


@fused
def hard_sigmoid(x: ArrayLike) -> Array:
    """relu6(x + 3) / 6."""
    return _hard_sigmoid(as_inexact("hard_sigmoid", x))


def _hard_sigmoid(x):
    return e.div(e.clamp(0.0, e.add(x, 3.0), 6.0), 6.0)


@fused
def sparse_sigmoid(x: ArrayLike) -> Array:
    """(x + 1) / 2, moved into [0, 1]: the derivative of sparse_plus."""
    return e.mul(0.5, e.add(e.clamp(-1.0, as_inexact("sparse_sigmoid", x), 1.0), 1.0))


@fused
def hard_tanh(x: ArrayLike) -> Array:
    """x, moved into [-1, 1]; its derivative at the ends is 1."""
    x = operand("hard_tanh", x)
    return select(e.gt(x, 1), 1, select(e.lt(x, -1), -1, x))


@fused
def soft_sign(x: ArrayLike) -> Array:
    """x / (1 + |x|)."""
    x = as_inexact("soft_sign", x)
    return e.div(x, e.add(e.abs(x), 1.0))


@fused
def tanh(x: ArrayLike, /) -> Array:
    """The hyperbolic tangent."""
    return e.tanh(as_inexact("tanh", x))


# ---------------------------------------------------------------- smooth rectifiers
@fused
def softplus(x: ArrayLike) -> Array:
    """log(1 + exp(x)), without overflow.

    >>> import hloom
    >>> hloom.nn.softplus(hloom.numpy.array([-1000.0, 1000.0]))
    Array([   0., 1000.], dtype=float32)
    """
    return _softplus(as_inexact("softplus", x))


def _softplus(x):
    # not by max and abs: each branch is the whole function near 0, and so its derivatives
    above = e.ge(x, 0.0)
    most, least = select(above, x, 0.0), select(above, 0.0, x)
    return e.add(most, e.log1p(e.exp(e.sub(least, most))))


@fused
def sparse_plus(x: ArrayLike) -> Array:
    """0 up to -1, (x + 1)^2 / 4 up to 1, and x from there."""
    x = as_inexact("sparse_plus", x)
    middle = e.mul(0.25, e.square(e.add(e.clamp(-1.0, x, 1.0), 1.0)))
    return select(e.le(x, -1.0), 0.0, select(e.ge(x, 1.0), x, middle))


@fused
def squareplus(x: ArrayLike, b: ArrayLike = 4) -> Array:
    """(x + sqrt(x^2 + b)) / 2 (Barron, "Squareplus: a softplus-like algebraic rectifier", 2021)."""
    x, b = promote_inexact("squareplus", x, b)
    return e.mul(0.5, e.add(x, e.sqrt(e.add(e.square(x), b))))


@fused
def silu(x: ArrayLike) -> Array:
    """x * sigmoid(x), also known as swish."""
    x = as_inexact("silu", x)
    return e.mul(x, e.logistic(x))


swish = silu


@fused
def hard_silu(x: ArrayLike) -> Array:
    """x * hard_sigmoid(x), also known as hard_swish."""
    x = as_inexact("hard_silu", x)
    return e.mul(x, _hard_sigmoid(x))


hard_swish = hard_silu


@fused
def mish(x: ArrayLike) -> Array:
    """x * tanh(softplus(x)) (Misra, "Mish: a self regularized activation function", 2019)."""
    x = as_inexact("mish", x)
    return e.mul(x, e.tanh(_softplus(x)))


@fused
def gelu(x: ArrayLike, approximate=True) -> Array:
    """x times the normal distribution function of x.

    `approximate` uses a tanh of a cubic (Hendrycks, Gimpel, "Gaussian error linear units", 2016).
    """
    x = as_inexact("gelu", x)
    if flag("gelu", "approximate", approximate):
        return _gelu_by_tanh(x)
    return e.mul(e.mul(0.5, x), e.erfc(e.mul(-math.sqrt(0.5), x)))


def _bent(x):
    """x within [-10, 10], beyond which the tanh is 1 in any dtype, and the tanh of its cubic."""
    inner = x if dtypes.is_complex(aval_of(x).dtype) else e.clamp(-10.0, x, 10.0)
    cubic = e.add(inner, e.mul(0.044715, e.integer_pow(inner, 3)))
    return inner, e.tanh(e.mul(math.sqrt(2 / math.pi), cubic))


@custom_jvp
def _gelu_by_tanh(x):
    return e.mul(x, e.mul(0.5, e.add(1.0, _bent(x)[1])))


@_gelu_by_tanh.defjvp
def _gelu_by_tanh_jvp(primals, tangents):
    # stated, since the derivative of the clamp would be a mask
    (x,), (t,) = primals, tangents
    inner, bend = _bent(x)
    growth = e.add(1.0, e.mul(3 * 0.044715, e.integer_pow(inner, 2)))
    turn = e.mul(e.mul(e.mul(math.sqrt(2 / math.pi), growth), inner), e.one_minus_square(bend))
    return _gelu_by_tanh(x), e.mul(t, e.mul(0.5, e.add(e.add(1.0, bend), turn)))


# ---------------------------------------------------------------- others
@fused
def glu(x: ArrayLike, axis=-1) -> Array:
    """The first half of an axis times the sigmoid of the second half."""
    x = as_inexact("glu", x)
    shape = aval_of(x).shape
    axis = canonical_axis("glu", axis, len(shape))
    n = shape[axis]
    if n % 2:
        found = f"axis {axis} has length {n}"
        raise ShapeError("glu: splits an axis into halves", found, "use an even length")
    first = slice_in_dim(x, 0, n // 2, axis=axis)
    return e.mul(first, e.logistic(slice_in_dim(x, n // 2, n, axis=axis)))


@fused
def log1mexp(x: ArrayLike) -> Array:
    """log(1 - exp(-x)) for x > 0, exact near 0 and for large x.

    Maechler, "Accurately computing log(1 - exp(-|a|))", 2012.
    """
    x = as_inexact("log1mexp", x)
    small = e.lt(x, math.log(2))
    near = e.log(e.neg(e.expm1(e.neg(select(small, x, 0.5)))))
    far = e.log1p(e.neg(e.exp(e.neg(select(small, 1.0, x)))))
    return select(small, near, far)


@fused
def identity(x: ArrayLike) -> Array:
    """x."""
    return operand("identity", x)
