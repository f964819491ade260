"""Rules of the scatters: sums are linear, the others are told apart by which update has its way."""

import math

from hloom.frontend.errors import RuleError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import scatter as sc
from hloom.frontend.prims.cumulative import linear_recurrence, shifted
from hloom.frontend.prims.elementwise import add, div, eq, mul, ne, neg, select
from hloom.frontend.prims.indexing import FILL, gather, index_dtype
from hloom.frontend.prims.sorting import sort
from hloom.frontend.prims.structural import broadcast_in_dim, broadcasted_iota, full, reshape
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import move, renumbered, spread, to_front
from hloom.transforms.rules.indexing import window_axis
from hloom.transforms.transpose import is_linear
from hloom.transforms.zeros import zeros


def _read(x, indices, update_aval, params, fill=0):
    """The windows of `x` that a scatter with these parameters writes; `fill` where it does not."""
    numbers = params["dimension_numbers"]
    return gather.bind(
        x,
        indices,
        dimension_numbers=numbers.of_gather(),
        slice_sizes=sc.window_shape(numbers, update_aval.shape, aval_of(x).ndim),
        indices_are_sorted=params["indices_are_sorted"],
        unique_indices=params["unique_indices"],
        mode=params["mode"],
        fill_value=typed_literal(fill, aval_of(x).dtype) if params["mode"] is FILL else None,
    )[0]


def _zero(x):
    return typed_literal(0, aval_of(x).dtype)


# ---------------------------------------------------------------- sums
def _sum(primitive, negate):
    @jvp.rule(primitive)
    def forward(primals, tangents, **params):
        (x, indices, u), (gx, _, gu) = primals, tangents
        outs = primitive.bind(x, indices, u, **params)
        if gu is None:
            return outs, [gx]
        gx = zeros(aval_of(x)) if gx is None else gx
        return outs, primitive.bind(gx, indices, gu, **params)

    @transpose.rule(primitive)
    def back(cts, x, indices, u, **params):
        (ct,) = cts
        ct_u = None
        if is_linear(u):
            ct_u = _read(ct, indices, u.aval, params)
            ct_u = neg(ct_u) if negate else ct_u
        return [ct if is_linear(x) else None, None, ct_u]


_sum(sc.scatter_add, False)
_sum(sc.scatter_sub, True)


# ---------------------------------------------------------------- replacement
@jvp.rule(sc.scatter)
def _replace(primals, tangents, **params):
    (x, indices, u), (gx, _, gu) = primals, tangents
    outs = sc.scatter.bind(x, indices, u, **params)
    if gx is None and gu is None:
        return outs, [None]
    if params["unique_indices"] or gu is None:
        gx = zeros(aval_of(x)) if gx is None else gx
        gu = zeros(aval_of(u)) if gu is None else gu
        return outs, sc.scatter.bind(gx, indices, gu, **params)
    # of several updates of an element one stays: scatter their numbers to learn which
    x_aval, u_aval = aval_of(x), aval_of(u)
    numbers = _update_numbers(u_aval, params["dimension_numbers"])
    nobody = broadcast_in_dim(typed_literal(0, aval_of(numbers).dtype), x_aval.shape, ())
    (winner,) = sc.scatter.bind(nobody, indices, numbers, **params)
    wins = eq(_read(winner, indices, u_aval, params), numbers)
    kept = zeros(x_aval) if gx is None else select(eq(winner, 0), gx, full(x_aval.shape, _zero(gx)))
    gu = select(wins, gu, full(u_aval.shape, _zero(gu)))
    return outs, sc.scatter_add.bind(kept, indices, gu, **params)


def _update_numbers(aval, dimension_numbers):
    """1, 2, ... for the windows of the updates, repeated to the updates' shape."""
    places = [a for a in range(aval.ndim) if a not in dimension_numbers.update_window_dims]
    lengths = [aval.shape[a] for a in places]
    count = math.prod(lengths)
    numbers = add(reshape(broadcasted_iota("int32", (count,), 0), lengths), 1)
    return broadcast_in_dim(numbers, aval.shape, places)


@transpose.rule(sc.scatter)
def _replace_back(cts, x, indices, u, **params):
    (ct,) = cts
    u_aval = u.aval if is_linear(u) else aval_of(u)
    ct_x = ct_u = None
    if is_linear(x):
        (ct_x,) = sc.scatter.bind(ct, indices, zeros(u_aval), **params)
    if is_linear(u):
        ct_u = _read(ct, indices, u_aval, params)
    return [ct_x, None, ct_u]


# ---------------------------------------------------------------- products
@jvp.rule(sc.scatter_mul)
def _product(primals, tangents, **params):
    (x, indices, u), (gx, _, gu) = primals, tangents
    outs = sc.scatter_mul.bind(x, indices, u, **params)
    if gx is None and gu is None:
        return outs, [None]
    if gu is None or not aval_of(u).size:
        return outs, [None] if gx is None else sc.scatter_mul.bind(gx, indices, u, **params)
    if not params["unique_indices"]:
        gx = zeros(aval_of(x)) if gx is None else gx
        product = lambda x, u: [_product_in_order(x, indices, u, params)]
        return outs, jvp.jvp(product, [x, u], [gx, gu])[1]
    total = zeros(aval_of(x))
    if gx is not None:
        (total,) = sc.scatter_mul.bind(gx, indices, u, **params)
    share = mul(gu, _read(x, indices, aval_of(u), params))
    return outs, sc.scatter_add.bind(total, indices, share, **params)


def _product_in_order(x, indices, u, params):
    """A product with updates that may meet, in operations that have derivatives.

    The updates are sorted by the element that they go to, and a recurrence multiplies those of one
    element: without a division, so that updates may be 0.
    """
    shape, count = aval_of(x).shape, aval_of(x).size
    kind = index_dtype((count + 1,))
    numbers = reshape(broadcasted_iota(kind, (count,), 0), shape)
    places = _read(numbers, indices, aval_of(u), params, fill=count)
    places, factors = sort([reshape(v, (aval_of(u).size,)) for v in (places, u)], 0)
    starts = ne(places, shifted(places, 0, False, -1))
    none = full((aval_of(u).size,), _zero(u))
    running = linear_recurrence(select(starts, none, factors), select(starts, factors, none))
    # the last of each element has its whole product; the others go nowhere
    ends = ne(places, shifted(places, 0, True, -1))
    places = select(ends, places, full(aval_of(places).shape, typed_literal(count, kind)))
    (product,) = sc.scatter.bind(
        full((count,), typed_literal(1, aval_of(x).dtype)),
        reshape(places, (*aval_of(places).shape, 1)),
        running,
        dimension_numbers=sc.ScatterDimensionNumbers((), (0,), (0,)),
        indices_are_sorted=False,
        unique_indices=True,
        mode=FILL,
    )
    return mul(x, reshape(product, shape))


@transpose.rule(sc.scatter_mul)
def _product_back(cts, x, indices, u, **params):
    return [*sc.scatter_mul.bind(cts[0], indices, u, **params), None, None]


# ---------------------------------------------------------------- extremes
def _extreme(primitive):
    @jvp.rule(primitive)
    def forward(primals, tangents, **params):
        (x, indices, u), (gx, _, gu) = primals, tangents
        (y,) = primitive.bind(x, indices, u, **params)
        if gx is None and gu is None:
            return [y], [None]
        # the tangent is shared by all that attain the extreme
        x_aval, u_aval = aval_of(x), aval_of(u)
        zero, one = typed_literal(0, x_aval.dtype), typed_literal(1, x_aval.dtype)
        x_hits, u_hits = eq(x, y), eq(u, _read(y, indices, u_aval, params))
        x_ones = select(x_hits, full(x_aval.shape, one), full(x_aval.shape, zero))
        u_ones = select(u_hits, full(u_aval.shape, one), full(u_aval.shape, zero))
        (count,) = sc.scatter_add.bind(x_ones, indices, u_ones, **params)
        total = full(x_aval.shape, zero) if gx is None else mul(gx, x_ones)
        if gu is not None:
            (total,) = sc.scatter_add.bind(total, indices, mul(gu, u_ones), **params)
        return [y], [div(total, count)]


_extreme(sc.scatter_min)
_extreme(sc.scatter_max)


@jvp.rule(sc.scatter_apply)
def _apply(primals, tangents, **params):
    if tangents[0] is not None:
        raise RuleError(
            "scatter_apply: has no derivative",
            "the function may be applied to an element more than once",
            "pass unique_indices=True to x.at[...].apply, which then gathers and scatters",
        )
    return sc.scatter_apply.bind(*primals, **params), [None]


# ---------------------------------------------------------------- batching
def _batching(primitive):
    @batch.rule(primitive)
    def apply(axis, operands, dims, *, dimension_numbers, indices_are_sorted, **params):
        (x, indices, u), (dx, di, du) = operands, dims
        windows, inserted, index_map, batching, batched_axes = dimension_numbers
        d = 0 if dx is None else dx
        x = spread(x, axis.size) if dx is None else x
        inserted, index_map, batching = (renumbered(t, d) for t in (inserted, index_map, batching))
        if di is None:
            dim, windows = window_axis(d, (*inserted, *batching), windows)
            u = spread(u, axis.size, dim) if du is None else move(u, du, dim)
        else:
            indices, u = move(indices, di, 0), to_front(u, du, axis.size)
            windows, batched_axes = renumbered(windows, 0), renumbered(batched_axes, 0)
            place = sum(a < d for a in batching)
            batching = (*batching[:place], d, *batching[place:])
            batched_axes = (*batched_axes[:place], 0, *batched_axes[place:])
            indices_are_sorted = False
        numbers = sc.ScatterDimensionNumbers(windows, inserted, index_map, batching, batched_axes)
        params.update(dimension_numbers=numbers, indices_are_sorted=indices_are_sorted)
        return primitive.bind(x, indices, u, **params), [d]


SCATTERS = (
    sc.scatter,
    sc.scatter_add,
    sc.scatter_sub,
    sc.scatter_mul,
    sc.scatter_min,
    sc.scatter_max,
    sc.scatter_apply,
)
for _primitive in SCATTERS:
    _batching(_primitive)

for _primitive in (sc.scatter_apply, sc.scatter_max, sc.scatter_min):
    transpose.none(_primitive, "not linear")
