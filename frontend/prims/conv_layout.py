"""Where the axes of a convolution stand, and how it is padded: dimension numbers, pads and shapes.

("NHWC", "HWIO", "NHWC")    letters: batch N and feature C, output O and input I features, space
"""

from collections.abc import Sequence
from typing import NamedTuple

from hloom.frontend.errors import ShapeError, ValueRangeError


class ConvDimensionNumbers(NamedTuple):
    """Axes: batch, feature, space; in the kernel output feature, input feature, space."""

    lhs_spec: Sequence[int]
    rhs_spec: Sequence[int]
    out_spec: Sequence[int]


#: What convolutions take as `dimension_numbers`.
ConvGeneralDilatedDimensionNumbers = None | ConvDimensionNumbers | tuple[str, str, str]


def conv_dimension_numbers(lhs_shape, rhs_shape, dimension_numbers):
    """The ConvDimensionNumbers of three strings, of itself, or of None: batch and features first.

    >>> import hloom
    >>> numbers = hloom.lax.conv_dimension_numbers(
    ...     (1, 8, 8, 3), (3, 3, 3, 5), ("NHWC", "HWIO", "NHWC"))
    >>> numbers.rhs_spec
    (3, 2, 0, 1)
    """
    if isinstance(dimension_numbers, ConvDimensionNumbers):
        return ConvDimensionNumbers(*[tuple(map(int, spec)) for spec in dimension_numbers])
    rank = len(lhs_shape)
    if len(rhs_shape) != rank:
        found = f"they have shapes {tuple(lhs_shape)} and {tuple(rhs_shape)}"
        remedy = "give both a batch or feature axis more"
        raise ShapeError("convolution: operands need equally many axes", found, remedy)
    if dimension_numbers is None:
        return ConvDimensionNumbers(*[tuple(range(rank))] * 3)
    found = conv_general_permutations(dimension_numbers)
    if any(len(spec) != rank for spec in found):
        what = f"dimension_numbers {dimension_numbers} do not fit"
        found = f"the operands have {rank} axes"
        raise ValueRangeError(f"convolution: {what}", found, "use a letter for each axis")
    return ConvDimensionNumbers(*found)


def conv_general_permutations(dimension_numbers):
    """The axes that letters of three strings name: features, then space in the kernel's order."""
    specs = tuple(dimension_numbers)
    strings = len(specs) == 3 and all(isinstance(s, str) for s in specs)
    pairs = "NC", "OI", "NC"
    if not strings or any(
        len({*s}) != len(s) or not {*pair} <= {*s} for s, pair in zip(specs, pairs, strict=False)
    ):
        remedy = 'use three strings such as ("NHWC", "HWIO", "NHWC")'
        raise ValueRangeError("dimension_numbers are not known", f"they are {specs}", remedy)
    space = [c for c in specs[1] if c not in "OI"]
    if any({*s} - {*pair} != {*space} for s, pair in zip(specs, pairs, strict=True)):
        remedy = "use the same letters in all three"
        raise ValueRangeError("letters for space differ", f"they are {specs}", remedy)
    return tuple(
        tuple([s.index(c) for c in (*pair, *space)]) for s, pair in zip(specs, pairs, strict=True)
    )


def dilate(n, step):
    """The length of an axis with `step` - 1 holes between elements."""
    return 1 + step * (n - 1) if n else 0


def padtype_to_pads(in_shape, window_shape, window_strides, padding):
    """The (low, high) pads of each axis for "VALID", "SAME" or "SAME_LOWER".

    >>> import hloom
    >>> hloom.lax.padtype_to_pads((10,), (4,), (2,), "SAME")
    [(1, 1)]
    """
    name = str(padding).upper()
    if name == "VALID":
        return [(0, 0)] * len(in_shape)
    if name not in ("SAME", "SAME_LOWER"):
        remedy = 'use "SAME", "SAME_LOWER", "VALID" or pairs (low, high)'
        raise ValueRangeError(f"padding {padding!r} is not known", None, remedy)
    pads = []
    for n, k, step in zip(in_shape, window_shape, window_strides, strict=True):
        extra = max((-(-n // step) - 1) * step + k - n, 0)
        small, large = extra // 2, extra - extra // 2
        pads.append((small, large) if name == "SAME" else (large, small))
    return [(int(low), int(high)) for low, high in pads]


def conv_shape_tuple(lhs_shape, rhs_shape, strides, pads, batch_group_count=1):
    """The shape of a convolution with batch and features first, from operands' shapes alike."""
    if isinstance(pads, str):
        pads = padtype_to_pads(lhs_shape[2:], rhs_shape[2:], strides, pads)
    space = []
    for n, k, step, (low, high) in zip(lhs_shape[2:], rhs_shape[2:], strides, pads, strict=True):
        span = n + low + high
        if span < 0:
            found = f"an axis of length {n} is padded by {(low, high)}"
            raise ShapeError("convolution: a padded axis is negative", found, "take away less")
        space.append((span - k) // step + 1 if span >= k else 0)
    if lhs_shape[0] % batch_group_count:
        found = f"the batch is {lhs_shape[0]}, batch_group_count is {batch_group_count}"
        raise ShapeError("convolution: groups divide the batch", found, "choose a divisor")
    return (lhs_shape[0] // batch_group_count, rhs_shape[0], *space)


def conv_general_shape_tuple(lhs_shape, rhs_shape, window_strides, padding, dimension_numbers):
    """The shape of a convolution under dimension numbers.

    >>> import hloom
    >>> numbers = ("NHWC", "HWIO", "NHWC")
    >>> hloom.lax.conv_general_shape_tuple((1, 8, 8, 3), (3, 3, 3, 5), (1, 1), "VALID", numbers)
    (1, 6, 6, 5)
    """
    numbers = conv_dimension_numbers(lhs_shape, rhs_shape, dimension_numbers)
    lhs = [lhs_shape[a] for a in numbers.lhs_spec]
    rhs = [rhs_shape[a] for a in numbers.rhs_spec]
    return in_layout(conv_shape_tuple(lhs, rhs, window_strides, padding), numbers.out_spec)


def in_layout(shape, spec):
    """A shape with batch and features first, under the layout `spec`."""
    found = [0] * len(shape)
    for a, n in zip(spec, shape, strict=True):
        found[a] = n
    return tuple(found)


def transposed_pads(window, stride, padding):
    """The pads with which a dilated convolution undoes the shape of one with "SAME" or "VALID"."""
    name = str(padding).upper()
    if name not in ("SAME", "VALID"):
        remedy = 'use "SAME", "VALID" or pairs (low, high)'
        raise ValueRangeError(f"padding {padding!r} is not known", None, remedy)
    if name == "VALID":
        # the result is (n - 1) stride + max(window, stride) long
        return window - 1, max(window, stride) - 1
    # the result is n stride long
    extra = window + stride - 2
    low = window - 1 if stride > window - 1 else -(-extra // 2)
    return low, extra - low


def conv_transpose_shape_tuple(lhs_shape, rhs_shape, window_strides, padding, dimension_numbers):
    """The shape of a transposed convolution under dimension numbers."""
    numbers = conv_dimension_numbers(lhs_shape, rhs_shape, dimension_numbers)
    lhs = [lhs_shape[a] for a in numbers.lhs_spec]
    rhs = [rhs_shape[a] for a in numbers.rhs_spec]
    if isinstance(padding, str):
        both = zip(rhs[2:], window_strides, strict=True)
        padding = [transposed_pads(k, step, padding) for k, step in both]
    lhs[2:] = [dilate(n, step) for n, step in zip(lhs[2:], window_strides, strict=True)]
    ones = (1,) * len(window_strides)
    return in_layout(conv_shape_tuple(lhs, rhs, ones, padding), numbers.out_spec)
