"""Convolutions: `conv_general_dilated`, and the functions made of it."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.choices import unplaced
from hloom.frontend.errors import DTypeError, ShapeError, ValueRangeError
from hloom.frontend.families import as_operand
from hloom.frontend.keywords import judged
from hloom.frontend.precision import canonical_precision
from hloom.frontend.primitive import composed, primitive
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.conv_layout import (
    conv_dimension_numbers,
    conv_shape_tuple,
    dilate,
    in_layout,
    padtype_to_pads,
    transposed_pads,
)
from hloom.frontend.prims.structural import rev, transpose
from hloom.frontend.trace import aval_of


def _conv_type(
    x,
    w,
    *,
    window_strides,
    padding,
    lhs_dilation,
    rhs_dilation,
    dimension_numbers,
    feature_group_count,
    batch_group_count,
    precision,
    preferred_element_type,
):
    if x.dtype != w.dtype and preferred_element_type is None:
        found = f"they are {x} and {w}"
        raise DTypeError(
            "convolution: operands need one dtype", found, "convert with x.astype(...)"
        )
    lhs = [x.shape[a] for a in dimension_numbers.lhs_spec]
    rhs = [w.shape[a] for a in dimension_numbers.rhs_spec]
    lengths = len(window_strides), len(padding), len(lhs_dilation), len(rhs_dilation)
    if {*lengths} != {len(lhs) - 2}:
        found = f"there are {lengths} for {len(lhs) - 2} axes of space"
        what = "convolution: strides, pads and dilations are one for each axis of space"
        raise ShapeError(what, found, "give as many")
    if min(feature_group_count, batch_group_count) != 1 or lhs[1] != rhs[1] * feature_group_count:
        found = f"the operand has {lhs[1]} features, the kernel takes {rhs[1]} in each of "
        found += f"{feature_group_count} groups; there are {batch_group_count} batch groups"
        remedy = "check dimension_numbers; use feature groups or batch groups, not both"
        raise ShapeError("convolution: features do not fit", found, remedy)
    groups = max(feature_group_count, batch_group_count)
    if rhs[0] % groups:
        found = f"the kernel gives {rhs[0]} features, there are {groups} groups"
        raise ShapeError("convolution: groups divide the features", found, "choose a divisor")
    lhs[2:] = map(dilate, lhs[2:], lhs_dilation)
    rhs[2:] = map(dilate, rhs[2:], rhs_dilation)
    shape = conv_shape_tuple(lhs, rhs, window_strides, padding, batch_group_count)
    weak = x.weak_type and w.weak_type and preferred_element_type is None
    return ShapedArray(
        in_layout(shape, dimension_numbers.out_spec), preferred_element_type or x.dtype, weak
    )


@primitive(_conv_type)
def conv_general_dilated(
    lhs,
    rhs,
    window_strides,
    padding,
    lhs_dilation=None,
    rhs_dilation=None,
    dimension_numbers=None,
    feature_group_count=1,
    batch_group_count=1,
    precision=None,
    preferred_element_type=None,
    out_sharding=None,
):
    """Slide the kernel `rhs` over `lhs`: sums of products over windows and features.

    `padding` is "SAME", "SAME_LOWER", "VALID" or a pair (low, high) for each axis of space. A
    dilation of n puts n - 1 holes between elements: of `lhs` for a transposed convolution, of `rhs`
    to reach further. Features, or the batch, may fall into groups that are convolved apart. By
    default the axes of `lhs` are batch, feature, space; of `rhs` output feature, input feature,
    space.

    >>> import hloom
    >>> x, kernel = hloom.numpy.ones((1, 3, 8, 8)), hloom.numpy.ones((5, 3, 3, 3))
    >>> hloom.lax.conv_general_dilated(x, kernel, (1, 1), "SAME").shape
    (1, 5, 8, 8)
    """
    unplaced("conv_general_dilated", out_sharding)
    lhs, rhs = as_operand(lhs), as_operand(rhs)
    x, w = aval_of(lhs), aval_of(rhs)
    numbers = conv_dimension_numbers(x.shape, w.shape, dimension_numbers)
    space = len(numbers.lhs_spec) - 2
    lhs_dilation = (1,) * space if lhs_dilation is None else _ints(lhs_dilation)
    rhs_dilation = (1,) * space if rhs_dilation is None else _ints(rhs_dilation)
    strides = _ints(window_strides)
    if isinstance(padding, str):
        if {*lhs_dilation} - {1}:
            found = f"padding is {padding!r}, lhs_dilation is {lhs_dilation}"
            remedy = "give pairs (low, high), or use conv_transpose"
            raise ValueRangeError(
                "convolution: a dilated operand is padded by pairs", found, remedy
            )
        window = [dilate(w.shape[a], d) for a, d in zip(numbers.rhs_spec[2:], rhs_dilation)]
        lengths = [x.shape[a] for a in numbers.lhs_spec[2:]]
        padding = padtype_to_pads(lengths, window, strides, padding)
    if preferred_element_type is not None:
        preferred_element_type = dtypes.canonicalize(dtypes.dtype(preferred_element_type))
        if preferred_element_type == x.dtype == w.dtype:
            preferred_element_type = None
    return conv_general_dilated.bind(
        lhs,
        rhs,
        window_strides=strides,
        padding=tuple([_ints(p) for p in padding]),
        lhs_dilation=lhs_dilation,
        rhs_dilation=rhs_dilation,
        dimension_numbers=numbers,
        feature_group_count=int(feature_group_count),
        batch_group_count=int(batch_group_count),
        precision=_precision(precision),
        preferred_element_type=preferred_element_type,
    )[0]


def _precision(precision):
    """A pair of Precisions or None; the algorithms of the settings are for dot_general only."""
    found = canonical_precision(precision)
    if found is None or type(found) is tuple:
        return found
    if precision is not None:
        remedy = 'use a lax.Precision, or its name such as "highest"'
        raise ValueRangeError("convolution: takes no algorithm", f"it is {precision!r}", remedy)
    return None


def _ints(values):
    return tuple([int(v) for v in values])


def conv(lhs, rhs, window_strides, padding, precision=None, preferred_element_type=None):
    """A convolution with batch and features first, padded by "SAME" or "VALID".

    >>> import hloom
    >>> x, kernel = hloom.numpy.ones((1, 3, 8, 8)), hloom.numpy.ones((5, 3, 3, 3))
    >>> hloom.lax.conv(x, kernel, (2, 2), "VALID").shape
    (1, 5, 3, 3)
    """
    return conv_general_dilated(
        lhs,
        rhs,
        window_strides,
        padding,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


def conv_with_general_padding(
    lhs,
    rhs,
    window_strides,
    padding,
    lhs_dilation,
    rhs_dilation,
    precision=None,
    preferred_element_type=None,
):
    """A convolution with batch and features first, padded and dilated at will."""
    return conv_general_dilated(
        lhs,
        rhs,
        window_strides,
        padding,
        lhs_dilation,
        rhs_dilation,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


#: number of axes -> where they stand in a transposed convolution by default
_TRANSPOSED_LAYOUTS = {
    2: ("NC", "IO", "NC"),
    3: ("NHC", "HIO", "NHC"),
    4: ("NHWC", "HWIO", "NHWC"),
    5: ("NHWDC", "HWDIO", "NHWDC"),
}


@composed("lhs", "rhs")
def conv_transpose(
    lhs,
    rhs,
    strides,
    padding,
    rhs_dilation=None,
    dimension_numbers=None,
    transpose_kernel=False,
    precision=None,
    preferred_element_type=None,
    use_consistent_padding=False,
):
    """The convolution that widens by `strides`, with the shapes of a strided one's gradient.

    Features stand last by default. With `transpose_kernel` the kernel is that of the convolution
    whose gradient it is: space reversed, input and output features exchanged. Pairs in `padding`
    pad the widened operand, or with `use_consistent_padding` the convolution whose gradient it is.

    >>> import hloom
    >>> x, kernel = hloom.numpy.ones((1, 4, 4, 3)), hloom.numpy.ones((3, 3, 3, 5))
    >>> hloom.lax.conv_transpose(x, kernel, (2, 2), "SAME").shape
    (1, 8, 8, 5)
    """
    x, w = aval_of(lhs), aval_of(rhs)
    if dimension_numbers is None:
        if x.ndim not in _TRANSPOSED_LAYOUTS:
            found, remedy = f"the operand is {x}", "give dimension_numbers"
            raise ValueRangeError("conv_transpose: no default layout", found, remedy)
        dimension_numbers = _TRANSPOSED_LAYOUTS[x.ndim]
    numbers = conv_dimension_numbers(x.shape, w.shape, dimension_numbers)
    space = numbers.rhs_spec[2:]
    rhs_dilation = (1,) * len(space) if rhs_dilation is None else _ints(rhs_dilation)
    window = [dilate(w.shape[a], d) for a, d in zip(space, rhs_dilation, strict=True)]
    if isinstance(padding, str):
        padding = [transposed_pads(k, s, padding) for k, s in zip(window, strides, strict=True)]
    elif use_consistent_padding:
        both = zip(window, padding, strict=True)
        padding = [(k - 1 - low, k - 1 - high) for k, (low, high) in both]
    if transpose_kernel:
        rhs = rev(rhs, space)
        out_feature, in_feature, *_ = numbers.rhs_spec
        numbers = numbers._replace(rhs_spec=(in_feature, out_feature, *space))
    return conv_general_dilated(
        lhs,
        rhs,
        (1,) * len(space),
        padding,
        strides,
        rhs_dilation,
        numbers,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


@judged
def conv_general_dilated_patches(
    lhs,
    filter_shape,
    window_strides,
    padding,
    lhs_dilation=None,
    rhs_dilation=None,
    dimension_numbers=None,
    precision=None,
    preferred_element_type=None,
):
    """The windows that a kernel of `filter_shape` would see, as features: (feature, *window) flat.

    >>> import hloom
    >>> x = hloom.numpy.ones((1, 3, 8, 8))
    >>> hloom.lax.conv_general_dilated_patches(x, (2, 2), (1, 1), "VALID").shape
    (1, 12, 7, 7)
    """
    x, window = aval_of(lhs), _ints(filter_shape)
    rank, size = len(window) + 2, math.prod(window)
    specs = conv_dimension_numbers(x.shape, (1,) * rank, dimension_numbers)
    features = x.shape[specs.lhs_spec[1]]
    # the kernel that picks each element of the window, for every feature
    picks = np.tile(
        np.eye(size, dtype=x.dtype).reshape(size, 1, *window), (features, *(1,) * (rank - 1))
    )
    return conv_general_dilated(
        lhs,
        transpose(picks, np.argsort(specs.rhs_spec)),
        window_strides,
        padding,
        lhs_dilation,
        rhs_dilation,
        specs,
        feature_group_count=features,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


@composed("lhs", "rhs")
def conv_general_dilated_local(
    lhs,
    rhs,
    window_strides,
    padding,
    filter_shape,
    lhs_dilation=None,
    rhs_dilation=None,
    dimension_numbers=None,
    precision=None,
):
    """A convolution with a kernel of its own at each place of the result.

    The input features of `rhs` are those of `conv_general_dilated_patches`, its space is that of
    the result.
    """
    left = precision[0] if isinstance(precision, tuple) else precision
    numbers = conv_dimension_numbers(aval_of(lhs).shape, aval_of(rhs).shape, dimension_numbers)
    patches = conv_general_dilated_patches(
        lhs, filter_shape, window_strides, padding, lhs_dilation, rhs_dilation, numbers, left
    )
    (batch, feature, *space), (_, taps, *kernel_space) = numbers.out_spec, numbers.rhs_spec
    dims = ((feature,), (taps,)), (tuple(space), tuple(kernel_space))
    # space, batch, output feature
    product = dot_general(patches, rhs, dims, precision)
    n = len(space)
    order = in_layout((n, n + 1, *range(n)), (batch, feature, *space))
    return transpose(product, order)
