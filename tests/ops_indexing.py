"""Rows of dynamic slices, gathers and scatters; their oracles go window by window."""

import itertools

import numpy as np

from hloom.frontend.prims import indexing as i, scatter as sc
from ops import ANY, FLOATS, NUMERIC, ORDERED, A, Op, case


# ---------------------------------------------------------------- oracles
def dynamic_slice(x, j, k):
    """The window of shape (2, 3) moved to lie inside."""
    j, k = clamped((j, k), x.shape, (2, 3))
    return x[j : j + 2, k : k + 3]


def dynamic_update_slice(x, u, j, k):
    """`x` with a window replaced."""
    j, k = clamped((j, k), x.shape, u.shape)
    x = x.copy()
    x[j : j + u.shape[0], k : k + u.shape[1]] = u
    return x


def clamped(starts, shape, sizes):
    """Starts counted from the front and moved inside."""
    front = [s + n if s < 0 else s for s, n in zip(starts, shape, strict=True)]
    limits = [n - m for n, m in zip(shape, sizes, strict=True)]
    return [min(max(int(s), 0), n) for s, n in zip(front, limits, strict=True)]


def windows(x, indices, index_map, batching, batched_axes, sizes, mode):
    """For each place of the indices: (place, start of the window, or None if it is left out)."""
    for place in itertools.product(*map(range, indices.shape[:-1])):
        start = np.zeros(x.ndim, int)
        start[list(index_map)] = indices[place]
        for a, b in zip(batching, batched_axes, strict=True):
            start[a] = place[b]
        inside = np.clip(start, 0, np.array(x.shape) - sizes)
        outside = mode == "fill" and (inside != start).any()
        yield (
            place,
            None if outside else tuple(slice(s, s + n) for s, n in zip(inside, sizes, strict=True)),
        )


def gather(x, indices, dimension_numbers, slice_sizes, mode="clip", fill_value=0):
    """The windows of `x`, as the StableHLO specification has it."""
    offsets, collapsed, index_map, batching, batched_axes = dimension_numbers
    dropped = (*collapsed, *batching)
    kept = [n for a, n in enumerate(slice_sizes) if a not in dropped]
    rank = indices.ndim - 1 + len(kept)
    places = [a for a in range(rank) if a not in offsets]
    out = np.zeros((*indices.shape[:-1], *kept), x.dtype)
    for place, box in windows(x, indices, index_map, batching, batched_axes, slice_sizes, mode):
        out[place] = fill_value if box is None else x[box].reshape(kept)
    return np.moveaxis(out, range(rank), [*places, *offsets])


def scatter(combine):
    """The oracle of a scatter whose elements and updates are combined so."""

    def run(x, indices, u, dimension_numbers, mode="fill", **_):
        inside, inserted, index_map, batching, batched_axes = dimension_numbers
        dropped = (*inserted, *batching)
        places = [a for a in range(u.ndim) if a not in inside]
        u = np.moveaxis(u, [*places, *inside], range(u.ndim))
        lengths = iter(u.shape[len(places) :])
        sizes = [1 if a in dropped else next(lengths) for a in range(x.ndim)]
        x = x.copy()
        for place, box in windows(x, indices, index_map, batching, batched_axes, sizes, mode):
            if box is not None:
                x[box] = combine(x[box], u[place].reshape(sizes))
        return x

    return run


# ---------------------------------------------------------------- cases
ROWS = i.GatherDimensionNumbers((1,), (0,), (0,))
BOXES = i.GatherDimensionNumbers((0, 2), (), (1, 0))
PAIRS = i.GatherDimensionNumbers((), (1,), (1,), (0,), (1,))
OUTSIDE = np.array([[2], [-1], [0], [7]], np.int32)
CORNERS = np.array([[3, 1], [0, 0], [4, 2]], np.int32)
IN_STEP = np.array([[[0], [1], [2], [1]], [[3], [2], [9], [4]]], np.int32)

GATHERS = [
    case(A(4, 5), OUTSIDE, dimension_numbers=ROWS, slice_sizes=(1, 5)),
    case(A(4, 5), CORNERS, dimension_numbers=BOXES, slice_sizes=(2, 2)),
    case(A(4, 5), IN_STEP, dimension_numbers=PAIRS, slice_sizes=(1, 1)),
]


def with_mode(cases, **params):
    """The cases with parameters added."""
    return [case(*c.operands, **c.params, **params) for c in cases]


def scatters(outside, corners, in_step):
    """Cases of a scatter: rows, boxes of updates, and axes in step."""
    to = lambda numbers: sc.ScatterDimensionNumbers(*numbers)
    return [
        case(A(4, 5), outside, A(len(outside), 5), dimension_numbers=to(ROWS)),
        case(A(4, 5), corners, A(2, len(corners), 2), dimension_numbers=to(BOXES)),
        case(A(4, 5), in_step, A(2, 4), dimension_numbers=to(PAIRS)),
    ]


REPEATED = scatters(np.array([[2], [2], [0], [7]], np.int32), CORNERS, IN_STEP)
ONCE = scatters(
    np.array([[2], [1], [0]], np.int32),
    np.array([[3, 2], [0, 0], [4, 0]], np.int32),
    np.array([[[0], [1], [2], [1]], [[3], [2], [9], [4]]], np.int32),
)
ONE_WINDOW = [
    case(
        A(4, 5),
        np.array(start, np.int32),
        A(5),
        dimension_numbers=sc.ScatterDimensionNumbers((0,), (0,), (0,)),
    )
    for start in ([2], [-1], [4])
]


def scatter_row(primitive, combine, dtypes, cases, name, **options):
    """A row of a scatter, over its modes."""
    return Op(
        primitive,
        scatter(combine),
        [*with_mode(cases, mode="fill"), *with_mode(cases[:1], mode="clip")],
        dtypes,
        name=name,
        **options,
    )


OPS = [
    Op(
        lambda x, j, k: i.dynamic_slice(x, (j, k), (2, 3)),
        dynamic_slice,
        [case(A(4, 5), np.int32(j), np.int32(k)) for j, k in ((1, 0), (3, 9), (-1, -2))],
        ANY,
        name="dynamic_slice",
        covers=(i.dynamic_slice,),
        in_axes=[(0, None, None), (2, None, None), (None, 0, None), (1, 0, 0), (2, None, 0)],
    ),
    Op(
        lambda x, u, j, k: i.dynamic_update_slice(x, u, (j, k)),
        dynamic_update_slice,
        [case(A(4, 5), A(2, 3), np.int32(j), np.int32(k)) for j, k in ((1, 0), (3, 9), (-1, -2))],
        ANY,
        name="dynamic_update_slice",
        covers=(i.dynamic_update_slice,),
        in_axes=[
            (0, None, None, None),
            (1, 2, None, None),
            (None, 0, None, None),
            (2, 1, 0, 0),
            (None, None, 0, None),
            (0, None, None, 0),
        ],
    ),
    Op(i.gather, gather, with_mode(GATHERS, mode="clip"), ANY, name="gather"),
    Op(
        i.gather,
        gather,
        with_mode(GATHERS, mode="fill", fill_value=1),
        ANY,
        name="gather_fill",
        in_axes=[(0, None), (1, None), (2, None), (None, 0), (None, 1), (0, 0), (1, 1), (2, 0)],
    ),
    scatter_row(sc.scatter, lambda x, u: u, ANY, REPEATED, "scatter"),
    scatter_row(
        sc.scatter, lambda x, u: u, ANY, with_mode(ONCE, unique_indices=True), "scatter_unique"
    ),
    scatter_row(sc.scatter, lambda x, u: u, ANY, ONE_WINDOW, "scatter_window"),
    scatter_row(sc.scatter_add, lambda x, u: x + u, NUMERIC, REPEATED, "scatter_add"),
    scatter_row(sc.scatter_add, lambda x, u: x + u, NUMERIC, ONE_WINDOW, "scatter_add_window"),
    scatter_row(sc.scatter_sub, lambda x, u: x - u, NUMERIC, REPEATED, "scatter_sub"),
    scatter_row(
        sc.scatter_mul,
        lambda x, u: x * u,
        NUMERIC,
        with_mode(ONCE, unique_indices=True),
        "scatter_mul",
    ),
    scatter_row(sc.scatter_mul, lambda x, u: x * u, NUMERIC, REPEATED, "scatter_mul_repeated"),
    scatter_row(sc.scatter_max, np.maximum, ORDERED, REPEATED, "scatter_max"),
    scatter_row(sc.scatter_min, np.minimum, ORDERED, REPEATED, "scatter_min"),
    Op(
        lambda x, indices: sc.scatter_apply(
            x, indices, lambda v: v * 2, sc.ScatterDimensionNumbers(*ROWS), update_shape=(4, 5)
        ),
        lambda x, indices: scatter(lambda old, _: old * 2)(
            x, indices, np.zeros((4, 5), x.dtype), sc.ScatterDimensionNumbers(*ROWS)
        ),
        [case(A(4, 5), np.array([[2], [2], [-1], [0]], np.int32))],
        FLOATS,
        name="scatter_apply",
        covers=(sc.scatter_apply,),
        grad=False,
    ),
]
