"""Scatters: an array with windows of it, at positions known only at run time, changed by updates.

They mirror `gather` (indexing.py): each vector along the last axis of the indices is the start of
one window, and the window of the updates is combined with it. Where windows overlap, all updates of
a sum or an extreme take part, while a plain `scatter` keeps one of them, unspecified which.
"""

from typing import NamedTuple

from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ArgumentError, DTypeError, ShapeError
from hloom.frontend.families import ANY, NUMERIC, ORDERED, same_dtype, typed_literal
from hloom.frontend.keywords import judged
from hloom.frontend.primitive import Calling, Primitive, composed
from hloom.frontend.prims.indexing import (
    GatherDimensionNumbers,
    GatherScatterMode,
    as_array_operand,
    check_axes,
    check_indices,
    widened,
)
from hloom.frontend.prims.structural import broadcast_in_dim
from hloom.frontend.trace import aval_of, stage


class ScatterDimensionNumbers(NamedTuple):
    """How axes of the operand, the indices and the updates of a scatter go together.

    `update_window_dims`: axes of the updates that run inside a window. `inserted_window_dims`:
    operand axes, of window length 1, that the updates lack. `scatter_dims_to_operand_dims`: the
    operand axis of each element of an index vector. The batching axes of operand and indices run in
    step.
    """

    update_window_dims: tuple[int, ...]
    inserted_window_dims: tuple[int, ...]
    scatter_dims_to_operand_dims: tuple[int, ...]
    operand_batching_dims: tuple[int, ...] = ()
    scatter_indices_batching_dims: tuple[int, ...] = ()

    def of_gather(self):
        """The numbers of the gather that reads the windows this scatter writes."""
        return GatherDimensionNumbers(*self)


def window_shape(numbers, update_shape, ndim):
    """The shape of a window in the operand: length 1 along the axes that the updates lack."""
    lengths = iter([update_shape[a] for a in numbers.update_window_dims])
    dropped = (*numbers.inserted_window_dims, *numbers.operand_batching_dims)
    return tuple([1 if a in dropped else next(lengths) for a in range(ndim)])


class Scatter(Primitive):
    """A scatter; the dtypes it takes are those of the operation that combines elements."""

    family = "scatter"

    def __init__(self, name, kind, doc):
        super().__init__(name, self._type, doc=doc)
        self.kind = kind

    def _type(self, x, indices, updates, *, dimension_numbers, **_):
        name, numbers = self.name, dimension_numbers
        accepts, called = self.kind
        if x.dtype != updates.dtype or not accepts(x.dtype):
            found = f"they are {x} and {updates}"
            raise DTypeError(
                f"{name}: operand and updates have one dtype, {called}", found, "convert them"
            )
        windows, inserted, index_map, batching, batched_axes = numbers
        check_indices(name, indices, index_map, batching, batched_axes, x)
        dropped = sorted((*inserted, *batching))
        check_axes(name, "inserted_window_dims and operand_batching_dims", dropped, x.ndim)
        check_axes(name, "update_window_dims", windows, updates.ndim)
        places = [n for a, n in enumerate(updates.shape) if a not in windows]
        if len(windows) + len(dropped) != x.ndim or places != list(indices.shape[:-1]):
            found = f"operand {x}, indices {indices}, updates {updates}, window axes {windows}"
            raise ShapeError(
                f"{name}: the shapes do not fit the dimension numbers", found, "correct them"
            )
        window = window_shape(numbers, updates.shape, x.ndim)
        if any(m > n for a, (m, n) in enumerate(zip(window, x.shape)) if a not in batching):
            found = f"the window has shape {window}, the operand has shape {x.shape}"
            raise ShapeError(
                f"{name}: the window is larger than the operand", found, "use smaller updates"
            )
        return ShapedArray(x.shape, x.dtype, x.weak_type)

    @judged
    def __call__(
        self,
        operand,
        scatter_indices,
        updates,
        dimension_numbers,
        *,
        indices_are_sorted=False,
        unique_indices=False,
        mode=None,
    ):
        operand, updates = same_dtype((as_array_operand(operand), updates))
        numbers = ScatterDimensionNumbers(*map(tuple, dimension_numbers))
        return self.bind(
            operand,
            widened(as_array_operand(scatter_indices)),
            updates,
            dimension_numbers=numbers,
            indices_are_sorted=bool(indices_are_sorted),
            unique_indices=bool(unique_indices),
            mode=GatherScatterMode.from_any(mode),
        )[0]


scatter = Scatter("scatter", ANY, "Replace windows of an array by updates.")
scatter_add = Scatter("scatter_add", ANY, "Add updates to windows of an array.")
scatter_sub = Scatter("scatter_sub", NUMERIC, "Subtract updates from windows of an array.")
scatter_mul = Scatter("scatter_mul", ANY, "Multiply windows of an array by updates.")
scatter_min = Scatter("scatter_min", ORDERED, "The smaller of windows of an array and updates.")
scatter_max = Scatter("scatter_max", ORDERED, "The larger of windows of an array and updates.")


class ScatterApply(Calling, Scatter):
    """Applies a function, the Program `update` on scalars, to the elements of windows."""

    @composed("operand", "scatter_indices")
    def __call__(
        self,
        operand,
        scatter_indices,
        func,
        dimension_numbers,
        *,
        update_shape=(),
        indices_are_sorted=False,
        unique_indices=False,
        mode=None,
    ):
        operand = as_array_operand(operand)
        scalar = aval_of(operand).update(shape=())
        update = stage(lambda x: [func(x)], [scalar], getattr(func, "__name__", "update"))
        out = update.out_avals[0]
        if out.shape or out.dtype != scalar.dtype:
            found = f"it gives {out} for {scalar}"
            remedy = "return a scalar of the operand's dtype"
            raise ArgumentError(
                "scatter_apply: the function maps scalars to scalars", found, remedy
            )
        if update.constvars:
            found = f"it uses {len(update.constvars)} arrays from outside"
            remedy = "use Python numbers in it, or gather, compute and scatter the result"
            raise ArgumentError(
                "scatter_apply: the function works on its argument alone", found, remedy
            )
        return self.bind(
            operand,
            widened(as_array_operand(scatter_indices)),
            broadcast_in_dim(typed_literal(0, scalar.dtype), update_shape, ()),
            dimension_numbers=ScatterDimensionNumbers(*map(tuple, dimension_numbers)),
            indices_are_sorted=bool(indices_are_sorted),
            unique_indices=bool(unique_indices),
            mode=GatherScatterMode.from_any(mode),
            update=update,
        )[0]


scatter_apply = ScatterApply(
    "scatter_apply",
    ANY,
    "Apply a function of one scalar to the elements of windows, again for each window.",
)
