"""Continuous distributions whose numbers are a function of a few uniform or normal ones.

Most invert the distribution function: if u is uniform on (0, 1), F^-1(u) has the distribution F.
"""

import math

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import one_of
from hloom.frontend.errors import ValueRangeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.reduction import reduce_sum
from hloom.frontend.prims.structural import canonical_shape
from hloom.random.draw import (
    bits_of,
    constant,
    finished,
    float_dtype,
    full_shape,
    parameters,
    rounded,
    spread,
    subkeys,
    work_dtype,
)
from hloom.random.normal import standard
from hloom.random.uniform import draw_width, unit
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def gaussian(name, key, shape, dtype):
    """Standard normal numbers of a float dtype."""
    return standard(bits_of(name, key, shape, draw_width(dtype)), dtype)


def positive(name, key, shape, dtype):
    """Exponential numbers, -log(1 - u)."""
    return e.neg(e.log1p(e.neg(unit(name, key, shape, dtype))))


def setup(name, shape, dtype, *values):
    """The shape, the dtypes of the result and of the work, the parameters ready to be combined."""
    dtype = float_dtype(name, dtype)
    work = work_dtype(dtype)
    values = parameters(name, work, *values)
    shape = full_shape(name, shape, *values)
    return shape, dtype, work, [spread(v, shape) for v in values]


# ---------------------------------------------------------------- without parameters
@fused
def exponential(key: ArrayLike, shape=(), dtype=None, *, out_sharding=None) -> Array:
    """Exponential numbers of mean 1.

    >>> import hloom
    >>> bool((hloom.random.exponential(hloom.random.key(0), (9,)) >= 0).all())
    True
    """
    shape, dtype, work, _ = setup("exponential", canonical_shape("exponential", shape), dtype)
    return finished(positive("exponential", key, shape, work), dtype, out_sharding)


@fused
def gumbel(key: ArrayLike, shape=(), dtype=None, mode=None, *, out_sharding=None) -> Array:
    """Standard Gumbel numbers, -log(-log u); the logarithm of the inverse of an exponential.

    `mode` is "low" (the default) or "high", which also resolves the far tail of large numbers.
    """
    shape, dtype, work, _ = setup("gumbel", canonical_shape("gumbel", shape), dtype)
    return finished(extreme("gumbel", key, shape, work, mode), dtype, out_sharding)


def extreme(name, key, shape, dtype, mode=None):
    """Gumbel numbers; `mode` as in `gumbel`."""
    if mode_is_high(name, mode):
        return e.neg(e.log(fine_exponential(name, key, shape, dtype)))
    u = unit(name, key, shape, dtype, float(dtypes.finfo(dtype).tiny), 1.0)
    return e.neg(e.log(e.neg(e.log(u))))


def mode_is_high(name, mode):
    """Whether a sampler's `mode` asks for the resolution of its tail."""
    if not one_of(mode, (None, "low", "high")):
        found = f"it is {mode!r}"
        raise ValueRangeError(f"{name}: mode is 'low' or 'high'", found, "use one of them")
    return mode == "high"


def fine_exponential(name, key, shape, dtype):
    """Exponential numbers that resolve those near 0: -log1p(-u), where u has fine small values."""
    return e.neg(e.log1p(e.neg(fine_unit(name, key, shape, dtype))))


def fine_unit(name, key, shape, dtype):
    """Uniform numbers in (0, 1) that are finer than the steps of `uniform` where they are small."""
    coarse, fine = (unit(name, k, shape, dtype) for k in subkeys(name, key, 2))
    limits = dtypes.finfo(dtype)
    u = e.add(coarse, e.mul(fine, constant(limits.eps, dtype)))
    return e.clamp(constant(limits.tiny, dtype), u, constant(1 - limits.epsneg, dtype))


@fused
def laplace(key: ArrayLike, shape=(), dtype=None, *, out_sharding=None) -> Array:
    """Laplace numbers of location 0 and scale 1: exponential ones of either sign."""
    shape, dtype, work, _ = setup("laplace", canonical_shape("laplace", shape), dtype)
    u = unit("laplace", key, shape, work, -1.0 + float(dtypes.finfo(work).epsneg), 1.0)
    return finished(e.mul(e.sign(u), e.log1p(e.neg(e.abs(u)))), dtype, out_sharding)


@fused
def logistic(key: ArrayLike, shape=(), dtype=None, *, out_sharding=None) -> Array:
    """Standard logistic numbers, log(u / (1 - u))."""
    shape, dtype, work, _ = setup("logistic", canonical_shape("logistic", shape), dtype)
    u = unit("logistic", key, shape, work, float(dtypes.finfo(work).eps), 1.0)
    return finished(e.log(e.div(u, e.sub(1.0, u))), dtype, out_sharding)


@fused
def cauchy(key: ArrayLike, shape=(), dtype=None, *, out_sharding=None) -> Array:
    """Standard Cauchy numbers, tan(pi (u - 1/2))."""
    shape, dtype, work, _ = setup("cauchy", canonical_shape("cauchy", shape), dtype)
    u = unit("cauchy", key, shape, work, float(dtypes.finfo(work).eps), 1.0)
    return finished(e.tan(e.mul(e.sub(u, 0.5), constant(math.pi, work))), dtype, out_sharding)


@fused
def maxwell(key: ArrayLike, shape=(), dtype=None, *, out_sharding=None) -> Array:
    """Maxwell numbers of scale 1: lengths of vectors of three standard normal numbers."""
    shape, dtype, work, _ = setup("maxwell", canonical_shape("maxwell", shape), dtype)
    x = gaussian("maxwell", key, (*shape, 3), work)
    return finished(e.sqrt(reduce_sum(e.square(x), [len(shape)])), dtype, out_sharding)


# ---------------------------------------------------------------- with parameters
@fused
def double_sided_maxwell(
    key: ArrayLike, loc: ArrayLike, scale: ArrayLike, shape=(), dtype=None
) -> Array:
    """Maxwell numbers of either sign, scaled by `scale` and moved by `loc`.

    `shape` is that of the draws for each location and scale; the parameters' shape follows it.
    """
    dtype = float_dtype("double_sided_maxwell", dtype)
    work = work_dtype(dtype)
    loc, scale = parameters("double_sided_maxwell", work, loc, scale)
    own = full_shape("double_sided_maxwell", None, loc, scale)
    shape = canonical_shape("double_sided_maxwell", shape) + own
    first, second = subkeys("double_sided_maxwell", key, 2)
    lengths = maxwell.function(first, shape, work)
    signs = sign_of("double_sided_maxwell", second, shape, work)
    x = e.add(e.mul(e.mul(lengths, signs), spread(scale, shape)), spread(loc, shape))
    return rounded(x, dtype)


def sign_of(name, key, shape, dtype):
    """-1 or 1 with equal chances."""
    heads = e.lt(unit(name, key, shape, dtypes.python_scalar_dtype(float)[0]), 0.5)
    return e.select(heads, constant(1, dtype), constant(-1, dtype))


@fused
def lognormal(
    key: ArrayLike, sigma: ArrayLike = 1.0, shape=None, dtype=None, *, out_sharding=None
) -> Array:
    """Numbers whose logarithms are normal of mean 0 and standard deviation `sigma`."""
    shape, dtype, work, (sigma,) = setup("lognormal", shape, dtype, sigma)
    return finished(
        e.exp(e.mul(gaussian("lognormal", key, shape, work), sigma)), dtype, out_sharding
    )


@fused
def pareto(key: ArrayLike, b: ArrayLike, shape=None, dtype=None, *, out_sharding=None) -> Array:
    """Pareto numbers from 1 up, of density b x^(-b - 1)."""
    shape, dtype, work, (b,) = setup("pareto", shape, dtype, b)
    return finished(e.exp(e.div(positive("pareto", key, shape, work), b)), dtype, out_sharding)


@fused
def rayleigh(
    key: ArrayLike, scale: ArrayLike, shape=None, dtype=None, *, out_sharding=None
) -> Array:
    """Rayleigh numbers: lengths of vectors of two normal numbers of standard deviation `scale`."""
    shape, dtype, work, (scale,) = setup("rayleigh", shape, dtype, scale)
    u = unit("rayleigh", key, shape, work, float(dtypes.finfo(work).tiny), 1.0)
    return finished(e.mul(e.sqrt(e.mul(e.log(u), -2.0)), scale), dtype, out_sharding)


@fused
def weibull_min(
    key: ArrayLike, scale: ArrayLike, concentration: ArrayLike, shape=(), dtype=None
) -> Array:
    """Weibull numbers: `scale` times an exponential number to the power 1 / `concentration`.

    `shape` is that of the draws, which the parameters broadcast to.
    """
    shape, dtype, work, (scale, concentration) = setup(
        "weibull_min", canonical_shape("weibull_min", shape), dtype, scale, concentration
    )
    x = positive("weibull_min", key, shape, work)
    return rounded(e.mul(e.pow(x, e.div(1.0, concentration)), scale), dtype)


@fused
def wald(key: ArrayLike, mean: ArrayLike, shape=None, dtype=None, *, out_sharding=None) -> Array:
    """Wald (inverse Gaussian) numbers of scale 1 and the given mean.

    Michael, Schucany and Haas, "Generating random variates using transformations with multiple
    roots", 1976: the smaller root of a quadratic, or its mirror image.
    """
    shape, dtype, work, (mean,) = setup("wald", shape, dtype, mean)
    first, second = subkeys("wald", key, 2)
    v, z = gaussian("wald", first, shape, work), unit("wald", second, shape, work)
    # the roots are mean / r and mean r, written without the difference of large numbers
    half = e.mul(e.mul(mean, 0.5), e.square(v))
    # the root of each factor, since the product of large ones is no number
    r = e.add(e.add(half, 1.0), e.mul(e.sqrt(half), e.sqrt(e.add(half, 2.0))))
    small = e.le(z, e.div(r, e.add(r, 1.0)))
    x = e.select(small, e.div(mean, r), e.mul(mean, r))
    return finished(x, dtype, out_sharding)


@fused
def triangular(
    key: ArrayLike,
    left: ArrayLike,
    mode: ArrayLike,
    right: ArrayLike,
    shape=None,
    dtype=None,
    *,
    out_sharding=None,
) -> Array:
    """Numbers in [left, right], their density rising to `mode` and falling in straight lines."""
    shape, dtype, work, (left, mode, right) = setup("triangular", shape, dtype, left, mode, right)
    u = unit("triangular", key, shape, work)
    width = e.sub(right, left)
    at_mode = e.div(e.sub(mode, left), width)
    # roots of factors, since the square of a length may be too large or too small for a float
    mean = lambda share, part: e.mul(e.sqrt(e.mul(share, width)), e.sqrt(part))
    rising = e.add(left, mean(u, e.sub(mode, left)))
    falling = e.sub(right, mean(e.sub(1.0, u), e.sub(right, mode)))
    return finished(e.select(e.lt(u, at_mode), rising, falling), dtype, out_sharding)
