"""Rows of convolutions, checked against a loop over windows."""

import itertools

import numpy as np

from hloom.frontend.prims import convolution as c
from hloom.frontend.prims.conv_layout import ConvDimensionNumbers
from ops import COMPLEX, FLOATS, A, Op, case


def dilated(x, axis, step):
    """`x` with step - 1 zeros between elements along an axis."""
    shape = list(x.shape)
    shape[axis] = 1 + step * (shape[axis] - 1)
    found = np.zeros(shape, x.dtype)
    found[(slice(None),) * axis + (slice(None, None, step),)] = x
    return found


def padded(x, axis, low, high):
    """`x` with zeros around along an axis; negative numbers cut."""
    width = [(0, 0)] * x.ndim
    width[axis] = (max(low, 0), max(high, 0))
    x = np.pad(x, width)
    return x.take(range(max(-low, 0), x.shape[axis] - max(-high, 0)), axis)


def convolve(
    x,
    w,
    window_strides,
    padding,
    lhs_dilation=None,
    rhs_dilation=None,
    dimension_numbers=None,
    feature_group_count=1,
    batch_group_count=1,
):
    """By a loop over places of the result: each is a sum over a window and a group's features."""
    n = x.ndim - 2
    specs = dimension_numbers or [range(n + 2)] * 3
    x, w = x.transpose(specs[0]), w.transpose(specs[1])
    for i in range(n):
        x = dilated(x, i + 2, (lhs_dilation or (1,) * n)[i])
        w = dilated(w, i + 2, (rhs_dilation or (1,) * n)[i])
        x = padded(x, i + 2, *padding[i])
    outputs = w.shape[0]
    groups = max(feature_group_count, batch_group_count)
    space = [
        (a - b) // s + 1 for a, b, s in zip(x.shape[2:], w.shape[2:], window_strides, strict=True)
    ]
    batch = x.shape[0] // batch_group_count
    y = np.zeros((batch, outputs, *space), np.result_type(x, w))
    for g in range(groups):
        part = x
        if feature_group_count > 1:
            part = np.split(x, groups, 1)[g]
        if batch_group_count > 1:
            part = np.split(x, groups, 0)[g]
        mine = range(g * outputs // groups, (g + 1) * outputs // groups)
        for place in itertools.product(*map(range, space)):
            ends = zip(place, window_strides, w.shape[2:], strict=True)
            here = [slice(p * s, p * s + k) for p, s, k in ends]
            window = part[(slice(None), slice(None), *here)]
            axes = range(1, n + 2)
            y[(slice(None), list(mine), *place)] = np.tensordot(window, w[list(mine)], (axes, axes))
    return y.transpose(np.argsort(specs[2]))


def transposed(x, w, strides, padding, transpose_kernel=False):
    """A transposed convolution, features last, as one of the dilated operand."""
    if transpose_kernel:
        w = w[::-1].swapaxes(-1, -2)
    k, s = w.shape[0], strides[0]
    total = k + s - 2 if padding == "SAME" else k + s - 2 + max(k - s, 0)
    low = (k - 1 if s > k - 1 else -(-total // 2)) if padding == "SAME" else k - 1
    numbers = (0, 2, 1), (2, 1, 0), (0, 2, 1)
    pads = [(low, total - low)]
    return convolve(x, w, (1,), pads, lhs_dilation=strides, dimension_numbers=numbers)


def patches(x, filter_shape, window_strides, padding):
    """Windows of a signal, as features."""
    (k,), (s,) = filter_shape, window_strides
    x = padded(x, 2, *padding[0])
    places = range(0, x.shape[2] - k + 1, s)
    found = np.stack([x[:, :, p : p + k] for p in places], -1)
    return found.reshape(x.shape[0], -1, len(places))


def local(x, w, window_strides, padding, filter_shape):
    """A kernel of its own for each place."""
    return np.einsum("nip,oip->nop", patches(x, filter_shape, window_strides, padding), w)


NHWC = ConvDimensionNumbers((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))
MIXED = ConvDimensionNumbers((1, 0, 2), (2, 0, 1), (2, 1, 0))
X, W = A(2, 2, 5), A(2, 2, 3)
CASES = [
    case(X, W, window_strides=(1,), padding=((0, 0),)),
    case(X, W, window_strides=(2,), padding=((1, 2),), rhs_dilation=(2,)),
    case(X, W, window_strides=(2,), padding=((2, -1),), lhs_dilation=(3,)),
    case(A(2, 4, 5), A(4, 2, 2), window_strides=(2,), padding=((0, 1),), feature_group_count=2),
    case(A(4, 2, 5), A(4, 2, 2), window_strides=(2,), padding=((1, 0),), batch_group_count=2),
    case(A(1, 3, 4, 2), A(2, 3, 2, 2), window_strides=(1, 2), padding=((1, 1), (0, 2)),
         dimension_numbers=NHWC),
    case(A(2, 3, 4), A(2, 2, 4), window_strides=(1,), padding=((1, 0),), dimension_numbers=MIXED,
         rhs_dilation=(1,), lhs_dilation=(2,)),
]  # fmt: skip
SOME = [(0, None), (None, 0), (1, 1), (3, None), (None, 2), (0, 3)]

OPS = [
    Op(
        c.conv_general_dilated, convolve, CASES, FLOATS, tol=64,
        in_axes=[a for a in SOME if 3 not in a],
    ),
    Op(c.conv_general_dilated, convolve, CASES[:3], COMPLEX, tol=64, name="conv_complex",
       in_axes=SOME[:3]),
    Op(
        c.conv_transpose,
        transposed,
        [
            case(A(1, 4, 2), A(3, 2, 2), strides=(2,), padding="SAME"),
            case(A(1, 4, 2), A(2, 2, 3), strides=(3,), padding="VALID"),
            case(A(1, 4, 2), A(3, 3, 2), strides=(1,), padding="SAME", transpose_kernel=True),
        ],
        FLOATS,
        tol=64,
        in_axes=SOME[:2],
    ),
    Op(
        c.conv_general_dilated_patches,
        patches,
        [case(X, filter_shape=(3,), window_strides=(2,), padding=((1, 1),))],
        FLOATS,
        tol=64,
    ),
    Op(
        c.conv_general_dilated_local,
        local,
        [case(X, A(2, 6, 3), window_strides=(1,), padding=((0, 0),), filter_shape=(3,))],
        FLOATS,
        tol=64,
        in_axes=SOME[:3],
    ),
]  # fmt: skip
