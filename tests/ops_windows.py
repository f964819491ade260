"""Rows of the reductions over windows; the oracle visits every placement."""

import itertools

import numpy as np

from hloom.frontend.prims import elementwise as e, windows as w
from ops import FLOATS, NUMERIC, REAL, A, Op, case


def window(lengths, strides=None, padding=None, base=None, dilation=None):
    """The parameters of a window, as primitives have them."""
    ones = (1,) * len(lengths)
    return {
        "window_dimensions": tuple(lengths),
        "window_strides": strides or ones,
        "padding": padding or ((0, 0),) * len(lengths),
        "base_dilation": base or ones,
        "window_dilation": dilation or ones,
    }


VECTOR = window((3,))
POOL = window((2, 3), (1, 2), ((1, 0), (1, 1)))
HOLES = window((2, 2), (2, 1), ((2, 1), (0, 1)), (2, 1), (1, 2))
CROPPED = window((2, 2), (3, 3), ((-1, 0), (0, -2)))
LARGE = window((6, 7), (2, 3), ((2, 2), (3, 3)))
ALL = (POOL, HOLES, CROPPED, LARGE)


def placements(shape, window_dimensions, window_strides, padding, base_dilation, window_dilation):
    """For each placement the operand's positions in the window, None for padding and holes."""
    counts = w.window_shape(
        shape, window_dimensions, window_strides, padding, base_dilation, window_dilation
    )
    axes = list(zip(shape, window_strides, padding, base_dilation, window_dilation, strict=True))
    for out in np.ndindex(*counts):
        inside = []
        for offset in np.ndindex(*window_dimensions):
            place = []
            for o, k, (n, stride, (low, _), base, dilation) in zip(out, offset, axes, strict=True):
                i = o * stride + k * dilation - low
                place.append(i // base if i % base == 0 and 0 <= i < n * base else None)
            inside.append(None if None in place else tuple(place))
        yield out, inside


def over_windows(function, start):
    """The oracle of a reduction: `function` of two numbers, from `start(dtype)`."""

    def oracle(x, **params):
        counts = w.window_shape(x.shape, *params.values())
        y = np.empty(counts, x.dtype)
        for out, inside in placements(x.shape, **params):
            nothing = total = x.dtype.type(start(x.dtype))
            for place in inside:
                total = function(total, nothing if place is None else x[place])
            y[out] = total
        return y

    return oracle


def least(dtype):
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min


def most(dtype):
    return np.inf if dtype.kind == "f" else np.iinfo(dtype).max


def zero(dtype):
    return 0


def one(dtype):
    return 1


def chosen(operand, select, inside):
    """The position in a window that wins; None if there is none."""
    best = None
    for place in inside:
        if place is not None and (best is None or not select(operand[best], operand[place])):
            best = place
    return best


def gather_oracle(tangents, operand, select, **params):
    compare = np.greater_equal if select is e.ge else np.less_equal
    y = np.zeros(w.window_shape(operand.shape, *params.values()), tangents.dtype)
    for out, inside in placements(operand.shape, **params):
        place = chosen(operand, compare, inside)
        y[out] = 0 if place is None else tangents[place]
    return y


def scatter_oracle(source, operand, select, **params):
    compare = np.greater_equal if select is e.ge else np.less_equal
    y = np.zeros(operand.shape, source.dtype)
    for out, inside in placements(operand.shape, **params):
        place = chosen(operand, compare, inside)
        if place is not None:
            y[place] += source[out]
    return y


def sources(params, shape=(6, 7)):
    """A source for every placement, and the operand."""
    return A(*w.window_shape(shape, *params.values())), A(*shape)


def together(x, y):
    """(1 + x) (1 + y) - 1, which is no operation that has a name."""
    return e.add(e.add(x, y), e.mul(x, y))


CASES = [case(A(5), **VECTOR), *[case(A(6, 7), **p) for p in ALL]]
# an extreme of nothing is infinite, and has no derivative
FULL = [case(A(5), **VECTOR), *[case(A(6, 7), **p) for p in (POOL, CROPPED, LARGE)]]
EMPTY = case(A(6, 7), **HOLES)
PRODUCTS = [case(A(6, 7, low=0.8, high=1.2), **p) for p in (POOL, HOLES, CROPPED)]


def product(x, window_dimensions, **rest):
    """Products over windows, which have no primitive of their own."""
    return w.reduce_window(x, 1, e.mul, window_dimensions, **rest)


def general(x, window_dimensions, **rest):
    """The primitive that takes any function."""
    return w.reduce_window(x, 0.0, together, window_dimensions, **rest)


OPS = [
    Op(w.reduce_window_sum, over_windows(np.add, zero), CASES, NUMERIC, tol=32),
    Op(w.reduce_window_max, over_windows(np.maximum, least), FULL, REAL, edges=[EMPTY]),
    Op(w.reduce_window_min, over_windows(np.minimum, most), FULL, REAL, edges=[EMPTY]),
    Op(product, over_windows(np.multiply, one), PRODUCTS, FLOATS, tol=32, name="window_product"),
    Op(
        general,
        over_windows(lambda a, b: a + b + a * b, zero),
        [case(A(5, low=0, high=0.5), **VECTOR), case(A(4, 5, low=0, high=0.3), **HOLES)],
        FLOATS,
        tol=32,
        name="reduce_window",
        covers=(w.reduce_window,),
    ),
    Op(
        w.select_and_gather_add,
        gather_oracle,
        [case(A(6, 7), A(6, 7), select=s, **p) for s, p in itertools.product((e.ge, e.le), ALL)],
        FLOATS,
        grad=(0,),
    ),
    Op(
        w.select_and_scatter_add,
        scatter_oracle,
        [case(*sources(p), select=s, **p) for s, p in itertools.product((e.ge, e.le), ALL)],
        FLOATS,
        grad=(0,),
        tol=32,
    ),
]
