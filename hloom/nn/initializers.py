"""Initial values of weights: each function here makes an initializer, `init(key, shape, dtype)`.

>>> import hloom
>>> init = hloom.nn.initializers.he_normal()
>>> init(hloom.random.key(0), (784, 10)).shape
(784, 10)
"""

import math
from typing import Any, Protocol

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import one_of
from hloom.frontend.errors import DTypeError, ShapeError, ValueRangeError
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.structural import canonical_axis, canonical_shape, pad, reshape, transpose
from hloom.naming import named
from hloom.numpy.creation import full, ones as all_ones, zeros as all_zeros
from hloom.numpy.promotion import operand, to_dtype
from hloom.random import (
    draw,
    normal as draw_normal,
    orthogonal as draw_orthogonal,
    truncated_normal as draw_truncated,
    uniform as draw_uniform,
)
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike

#: standard deviation of a standard normal number given that it lies in (-2, 2)
_TRUNCATED_AT_TWO = 0.87962566103423978


class Initializer(Protocol):
    """What an initializer is: a function of a key and a shape that gives an array."""

    def __call__(
        self, key: Array, shape: Any, dtype: Any = None, out_sharding: Any = None
    ) -> Array:
        """An array of the shape, of the initializer's dtype if none is given."""
        ...


def _initializer(sample, dtype):
    """The initializer of `sample(key, shape, dtype)`, whose dtype is `dtype` unless it is told."""
    default = dtype

    def init(key, shape, dtype=None, out_sharding=None):
        chosen = default if dtype is None else dtype
        if chosen is None:
            chosen = dtypes.python_scalar_dtype(float)[0]
        chosen = draw.requested(chosen)
        shape = canonical_shape("initializer", shape)
        return draw.placed(sample(key, shape, chosen), out_sharding)

    return init


# ---------------------------------------------------------------- constants
def zeros(key: ArrayLike, shape, dtype=None, out_sharding=None) -> Array:
    """Zeros; itself an initializer."""
    return draw.placed(all_zeros(shape, dtype), out_sharding)


def ones(key: ArrayLike, shape, dtype=None, out_sharding=None) -> Array:
    """Ones; itself an initializer."""
    return draw.placed(all_ones(shape, dtype), out_sharding)


def constant(value, dtype=None) -> Initializer:
    """An initializer of arrays full of `value`.

    >>> import hloom
    >>> hloom.nn.initializers.constant(7)(None, (2,))
    Array([7., 7.], dtype=float32)
    """
    return _initializer(lambda key, shape, chosen: full(shape, value, chosen), dtype)


# ---------------------------------------------------------------- one distribution
@fused
def _scaled_uniform(key: ArrayLike, shape, dtype, scale: ArrayLike):
    if dtypes.is_complex(dtype):
        return _scaled(_disk(key, shape, dtype), scale)
    return _scaled(draw_uniform.function(key, shape, dtype), scale)


@fused
def _scaled_normal(key: ArrayLike, shape, dtype, scale: ArrayLike):
    return _scaled(draw_normal.function(key, shape, dtype), scale)


@fused
def _scaled_truncated(key: ArrayLike, shape, dtype, scale: ArrayLike, lower, upper):
    return _scaled(draw_truncated(key, lower, upper, shape, dtype), scale)


def _scaled(x, scale):
    return e.mul(x, to_dtype(operand("initializer", scale), x.dtype))


def uniform(scale=1e-2, dtype=None) -> Initializer:
    """An initializer of numbers uniform on [0, scale)."""
    return _initializer(lambda *args: _scaled_uniform(*args, scale), dtype)


def normal(stddev=1e-2, dtype=None) -> Initializer:
    """An initializer of normal numbers of a standard deviation."""
    return _initializer(lambda *args: _scaled_normal(*args, stddev), dtype)


def truncated_normal(stddev=1e-2, dtype=None, lower=-2.0, upper=2.0) -> Initializer:
    """An initializer of normal numbers within (lower, upper), multiplied by `stddev` after that."""
    return _initializer(lambda *args: _scaled_truncated(*args, stddev, lower, upper), dtype)


# ---------------------------------------------------------------- scaled by the layer's size
def variance_scaling(
    scale, mode, distribution, in_axis=-2, out_axis=-1, batch_axis=(), dtype=None
) -> Initializer:
    """An initializer of numbers of mean 0 and variance scale / n.

    n is the number of inputs of the layer ("fan_in"), of its outputs ("fan_out"), or the arithmetic
    or geometric mean of both ("fan_avg", "fan_geo_avg"). Axes that are not named by `in_axis`,
    `out_axis` or `batch_axis` are the window of a convolution. `distribution` is "normal",
    "uniform" or "truncated_normal", which keeps to two standard deviations.
    """
    if not one_of(distribution, _DISTRIBUTIONS):
        found, remedy = f"it is {distribution!r}", f"use one of {', '.join(_DISTRIBUTIONS)}"
        raise ValueRangeError("variance_scaling: no such distribution", found, remedy)
    if not one_of(mode, _FANS):
        found, remedy = f"it is {mode!r}", f"use one of {', '.join(_FANS)}"
        raise ValueRangeError("variance_scaling: no such mode", found, remedy)

    def sample(key, shape, dtype):
        if not dtypes.is_inexact(dtype):
            found = f"dtype is {dtype.name}"
            raise DTypeError("initializer: makes floats or complex numbers", found, "use float32")
        size = _FANS[mode](*_fans(shape, in_axis, out_axis, batch_axis))
        return _DISTRIBUTIONS[distribution](key, shape, dtype, math.sqrt(scale / max(size, 1)))

    return _initializer(sample, dtype)


_FANS = {
    "fan_in": lambda n, m: n,
    "fan_out": lambda n, m: m,
    "fan_avg": lambda n, m: (n + m) / 2,
    "fan_geo_avg": lambda n, m: math.sqrt(n * m),
}


def _fans(shape, in_axis, out_axis, batch_axis):
    """The numbers of inputs and outputs of a layer."""
    axes = [
        {canonical_axis("variance_scaling", i, len(shape)) for i in _as_tuple(a)}
        for a in (in_axis, out_axis, batch_axis)
    ]
    ins, outs, batch = (math.prod(shape[i] for i in found) for found in axes)
    window = math.prod(shape) / max(ins * outs * batch, 1)
    return ins * window, outs * window


def _as_tuple(axis):
    return (axis,) if isinstance(axis, int) else tuple(axis)


@fused
def _centred_uniform(key: ArrayLike, shape, dtype, stddev: ArrayLike):
    if dtypes.is_complex(dtype):
        return _scaled(_disk(key, shape, dtype), e.mul(stddev, math.sqrt(2)))
    x = draw.parameters("initializer", dtype, 2.0, 1.0)
    u = e.sub(e.mul(draw_uniform.function(key, shape, dtype), x[0]), x[1])
    return _scaled(u, e.mul(operand("initializer", stddev), math.sqrt(3)))


@fused
def _truncated_at_two(key: ArrayLike, shape, dtype, stddev: ArrayLike):
    stddev = operand("initializer", stddev)
    if not dtypes.is_complex(dtype):
        x = draw_truncated(key, -2.0, 2.0, shape, dtype)
        return _scaled(x, e.div(stddev, _TRUNCATED_AT_TWO))
    # a complex normal number given that its length, a Rayleigh number, is below 2
    return _scaled(_disk(key, shape, dtype, 2.0), e.div(stddev, 0.95311164380491208))


_DISTRIBUTIONS = {
    "truncated_normal": _truncated_at_two,
    "normal": _scaled_normal,
    "uniform": _centred_uniform,
}


def _disk(key, shape, dtype, cut=None):
    """Complex numbers uniform on the unit disk, or normal ones of length below `cut`."""
    part = dtypes.to_real(dtype)
    lengths, angles = draw.subkeys("initializer", key, 2)
    u = draw_uniform.function(lengths, shape, part)
    if cut is None:
        r = e.sqrt(u)
    else:
        r = e.sqrt(e.neg(e.log1p(e.mul(u, math.expm1(-(cut**2))))))
    angle = e.mul(draw_uniform.function(angles, shape, part), 2 * math.pi)
    return e.complex(e.mul(r, e.cos(angle)), e.mul(r, e.sin(angle)))


def _named(name, scale, mode, distribution, doc):
    """What makes variance_scaling initializers of a fixed scale, mode and distribution."""

    def make(in_axis=-2, out_axis=-1, batch_axis=(), dtype=None) -> Initializer:
        return variance_scaling(scale, mode, distribution, in_axis, out_axis, batch_axis, dtype)

    return named(make, name, doc)


glorot_uniform = xavier_uniform = _named(
    "glorot_uniform", 1.0, "fan_avg", "uniform",
    "Glorot and Bengio's initializer (2010), uniform: variance 2 / (inputs + outputs).",
)  # fmt: skip
glorot_normal = xavier_normal = _named(
    "glorot_normal", 1.0, "fan_avg", "truncated_normal",
    "Glorot and Bengio's initializer (2010), normal: variance 2 / (inputs + outputs).",
)  # fmt: skip
lecun_uniform = _named(
    "lecun_uniform", 1.0, "fan_in", "uniform",
    "LeCun's initializer (1998), uniform: variance 1 / inputs.",
)  # fmt: skip
lecun_normal = _named(
    "lecun_normal", 1.0, "fan_in", "truncated_normal",
    "LeCun's initializer (1998), normal: variance 1 / inputs.",
)  # fmt: skip
he_uniform = kaiming_uniform = _named(
    "he_uniform", 2.0, "fan_in", "uniform",
    "He's initializer (2015), uniform: variance 2 / inputs, for layers before a relu.",
)  # fmt: skip
he_normal = kaiming_normal = _named(
    "he_normal", 2.0, "fan_in", "truncated_normal",
    "He's initializer (2015), normal: variance 2 / inputs, for layers before a relu.",
)  # fmt: skip


# ---------------------------------------------------------------- orthogonal
def orthogonal(scale=1.0, column_axis=-1, dtype=None) -> Initializer:
    """An initializer of uniformly distributed orthogonal matrices, times `scale`.

    The matrix has `column_axis` for its columns and all other axes for its rows; the columns are
    orthonormal, or the rows, if there are fewer of them.
    """

    def sample(key, shape, dtype):
        if len(shape) < 2:
            found = f"the shape is {shape}"
            raise ShapeError("orthogonal: needs two axes", found, "use `normal` for vectors")
        axis = canonical_axis("orthogonal", column_axis, len(shape))
        return _orthogonal(key, shape, dtype, axis, scale)

    return _initializer(sample, dtype)


@fused
def _orthogonal(key: ArrayLike, shape, dtype, axis, scale: ArrayLike):
    columns = shape[axis]
    rows = math.prod(shape) // max(columns, 1)
    q = draw_orthogonal.function(key, max(rows, columns), (), dtype, min(rows, columns))
    q = q if rows <= columns else transpose(q, (1, 0))
    rest = [n for i, n in enumerate(shape) if i != axis]
    back = [*range(1, axis + 1), 0, *range(axis + 1, len(shape))]
    return _scaled(transpose(reshape(q, (columns, *rest)), back), scale)


def delta_orthogonal(scale=1.0, column_axis=-1, dtype=None) -> Initializer:
    """An initializer of convolution kernels that are orthogonal in the middle and 0 elsewhere.

    The shape is (*window, inputs, outputs) with one to three axes of the window, and no fewer
    outputs than inputs (Xiao et al., "Dynamical isometry and a mean field theory of CNNs", 2018).
    """

    def sample(key, shape, dtype):
        if len(shape) not in (3, 4, 5) or shape[-1] < shape[-2]:
            found, remedy = f"the shape is {shape}", "give (*window, inputs, outputs)"
            what = "delta_orthogonal: takes 3 to 5 axes, and no fewer outputs than inputs"
            raise ShapeError(what, found, remedy)
        axis = canonical_axis("delta_orthogonal", column_axis, 2)
        return _delta_orthogonal(key, shape, dtype, axis, scale)

    return _initializer(sample, dtype)


@fused
def _delta_orthogonal(key: ArrayLike, shape, dtype, axis, scale: ArrayLike):
    window = [((n - 1) // 2, n - 1 - (n - 1) // 2, 0) for n in shape[:-2]]
    matrix = _orthogonal(key, shape[-2:], dtype, axis, scale)
    middle = reshape(matrix, (*[1] * len(window), *shape[-2:]))
    return pad(middle, draw.constant(0, dtype), [*window, (0, 0, 0), (0, 0, 0)])
