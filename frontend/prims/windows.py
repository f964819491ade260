"""Windows: reductions over every placement of a window, and the element that an extreme comes from.

A window has, for each axis, a length, a stride, a padding (before, after), a dilation of the
operand (`base_dilation - 1` holes between its elements) and a dilation of itself. Holes and padding
hold the initial value (StableHLO specification, `reduce_window`).
"""

from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import DTypeError, ShapeError, ValueRangeError
from hloom.frontend.families import NUMERIC, ORDERED
from hloom.frontend.primitive import Calling, Primitive, primitive
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.combiner import (
    IDENTITIES,
    combiner,
    is_identity,
    known_operation,
    split,
)
from hloom.frontend.prims.structural import pad, slice
from hloom.frontend.trace import aval_of


# ---------------------------------------------------------------- shapes
def dilated(n, step):
    """The length of n elements with step - 1 holes between them."""
    return (n - 1) * step + 1 if n else 0


def window_shape(shape, window, strides, padding, base_dilation, window_dilation):
    """The number of placements of the window along each axis."""
    found = []
    zipped = zip(shape, window, strides, padding, base_dilation, window_dilation, strict=True)
    for n, w, stride, (low, high), bd, wd in zipped:
        room = dilated(n, bd) + low + high - dilated(w, wd)
        found.append(room // stride + 1 if room >= 0 else 0)
    return tuple(found)


def window_padding(shape, window, strides, padding):
    """The padding of each axis; "SAME" gives ceil(length / stride) placements, "VALID" none.

    With "SAME" an odd element of padding goes to the end, with "SAME_LOWER" to the start. Shape and
    window are the dilated ones.
    """
    if not isinstance(padding, str):
        return tuple([(int(low), int(high)) for low, high in padding])
    name = padding.upper()
    if name == "VALID":
        return ((0, 0),) * len(shape)
    if name not in ("SAME", "SAME_LOWER"):
        known = "'SAME', 'SAME_LOWER', 'VALID', or a pair of ints for each axis"
        raise ValueRangeError(
            "a window's padding is not known", f"it is {padding!r}", f"use {known}"
        )
    pairs = []
    for n, w, stride in zip(shape, window, strides, strict=True):
        total = max((-(-n // stride) - 1) * stride + w - n, 0)
        less = total // 2
        pairs.append((less, total - less) if name == "SAME" else (total - less, less))
    return tuple(pairs)


def _canonical(name, shape, window, strides, padding, base_dilation, window_dilation):
    """The parameters of a window as tuples of ints; ShapeError if one does not fit the operand."""
    n = len(shape)
    ones = (1,) * n
    parts = {
        "window_dimensions": window,
        "window_strides": ones if strides is None else strides,
        "base_dilation": ones if base_dilation is None else base_dilation,
        "window_dilation": ones if window_dilation is None else window_dilation,
    }
    parts = {k: tuple([int(v) for v in values]) for k, values in parts.items()}
    if not isinstance(padding, str):
        padding = tuple(padding)
    for what, values in {**parts, "padding": padding}.items():
        if not isinstance(values, str) and len(values) != n:
            found = f"the operand has {n} axes, {what} is {values}"
            raise ShapeError(f"{name}: {what} needs a value for each axis", found, "correct it")
        if what != "padding" and any(v < 1 for v in values):
            remedy = "use numbers from 1 up"
            raise ValueRangeError(f"{name}: {what} must be positive", f"it is {values}", remedy)
    dilated_shape = [dilated(m, d) for m, d in zip(shape, parts["base_dilation"], strict=True)]
    reach = map(dilated, parts["window_dimensions"], parts["window_dilation"])
    pairs = window_padding(dilated_shape, list(reach), parts["window_strides"], padding)
    return {**parts, "padding": pairs}


def reduce_window_shape_tuple(
    operand_shape,
    window_dimensions,
    window_strides,
    padding,
    base_dilation=None,
    window_dilation=None,
):
    """The shape of `reduce_window` with explicit padding, a tuple of ints."""
    found = _canonical(
        "reduce_window_shape_tuple",
        tuple(operand_shape),
        window_dimensions,
        window_strides,
        padding,
        base_dilation,
        window_dilation,
    )
    return _shape_of(operand_shape, found)


def _shape_of(shape, params):
    return window_shape(
        shape,
        params["window_dimensions"],
        params["window_strides"],
        params["padding"],
        params["base_dilation"],
        params["window_dilation"],
    )


# ---------------------------------------------------------------- reductions over windows
class WindowReduction(Primitive):
    """A reduction over windows by one operation, from its identity."""

    family = "window"

    def __init__(self, name, kind, operation, doc):
        super().__init__(name, self._type, doc=doc)
        self.kind, self.operation = kind, operation

    def _type(self, x, **window):
        accepts, called = self.kind
        if not accepts(x.dtype):
            found = f"the operand is {x}"
            raise DTypeError(f"{self.name}: takes {called}", found, "use x.astype(...)")
        return ShapedArray(_shape_of(x.shape, window), x.dtype, x.weak_type)

    def __call__(
        self,
        operand,
        window_dimensions,
        window_strides=None,
        padding="VALID",
        base_dilation=None,
        window_dilation=None,
    ):
        window = _canonical(
            self.name,
            aval_of(operand).shape,
            window_dimensions,
            window_strides,
            padding,
            base_dilation,
            window_dilation,
        )
        return self.bind(operand, **window)[0]


reduce_window_sum = WindowReduction(
    "reduce_window_sum", NUMERIC, e.add, "The sum over each placement of a window."
)
reduce_window_max = WindowReduction(
    "reduce_window_max", ORDERED, e.max, "The largest element in each placement of a window."
)
reduce_window_min = WindowReduction(
    "reduce_window_min", ORDERED, e.min, "The smallest element in each placement of a window."
)

#: operation -> its reduction over windows
OF_OPERATION = {p.operation: p for p in (reduce_window_sum, reduce_window_max, reduce_window_min)}


def _reduce_window_type(*avals, computation, **window):
    n = len(avals) // 2
    for x in avals[:n]:
        if x.shape != avals[0].shape:
            found = f"they have shapes {', '.join(str(a.shape) for a in avals[:n])}"
            raise ShapeError(
                "reduce_window: operands need one shape", found, "broadcast them first"
            )
    shape = _shape_of(avals[0].shape, window)
    return [ShapedArray(shape, x.dtype) for x in avals[:n]]


@primitive(_reduce_window_type, kind=Calling)
def reduce_window(
    operand,
    init_value,
    computation,
    window_dimensions,
    window_strides=None,
    padding="VALID",
    base_dilation=None,
    window_dilation=None,
):
    """Combine the elements in every placement of a window with a function of two scalars.

    `operand` is an array or a tree of arrays of one shape, `init_value` has a scalar for each.
    Padding, "VALID", "SAME", "SAME_LOWER" or a pair of ints for each axis, holds the initial value.

    >>> import hloom
    >>> from hloom import lax
    >>> lax.reduce_window(hloom.numpy.arange(5.0), 0.0, lax.add, (2,))
    Array([1., 3., 5., 7.], dtype=float32)
    """
    flat, inits, structure = split("reduce_window", operand, init_value)
    window = _canonical(
        "reduce_window",
        aval_of(flat[0]).shape,
        window_dimensions,
        window_strides,
        padding,
        base_dilation,
        window_dilation,
    )
    scalars = [ShapedArray((), aval_of(x).dtype) for x in flat]
    operation = known_operation(computation, scalars, structure, "reduce_window")
    named = OF_OPERATION.get(operation)
    if named is not None and is_identity(operation, inits[0]):
        accepts, _ = named.kind
        if accepts(scalars[0].dtype):
            return structure.unflatten(named.bind(flat[0], **window))
    program = combiner("reduce_window", computation, structure, scalars)
    return structure.unflatten(reduce_window.bind(*flat, *inits, computation=program, **window))


# ---------------------------------------------------------------- where an extreme comes from
def _gather_type(tangents, operand, *, select, **window):
    if tangents.shape != operand.shape:
        found = f"they are {tangents} and {operand}"
        raise ShapeError("select_and_gather_add: two arrays of one shape", found, "broadcast one")
    return ShapedArray(_shape_of(operand.shape, window), tangents.dtype, tangents.weak_type)


@primitive(_gather_type)
def select_and_gather_add(tangents, operand, select, **window):
    """The elements of `tangents` at the places of the extremes of `operand` in each window.

    `select` is `ge` (the largest) or `le` (the smallest); the first of equal ones.
    """
    return select_and_gather_add.bind(tangents, operand, select=select, **window)[0]


def _scatter_type(source, operand, *, select, **window):
    shape = _shape_of(operand.shape, window)
    if source.shape != shape:
        found = f"the source is {source}, there are {shape} windows"
        raise ShapeError("select_and_scatter_add: one source for each window", found, "reshape it")
    return ShapedArray(operand.shape, source.dtype, source.weak_type)


@primitive(_scatter_type)
def select_and_scatter_add(source, operand, select, **window):
    """Add each element of `source` to the place of the extreme of `operand` in its window."""
    return select_and_scatter_add.bind(source, operand, select=select, **window)[0]


# ---------------------------------------------------------------- windows one offset at a time
def offsets(window):
    """Every position in a window, in order."""
    found: list[tuple[int, ...]] = [()]
    for length in window:
        found = [(*o, i) for o in found for i in range(length)]
    return found


def placements(x, fill, params):
    """For each position in the window, the elements that its placements have there."""
    shape = aval_of(x).shape
    steps = params["base_dilation"]
    config = [(*p, step - 1) for p, step in zip(params["padding"], steps, strict=True)]
    padded = pad(x, fill, config)
    out, strides = _shape_of(shape, params), params["window_strides"]
    parts = []
    for offset in offsets(params["window_dimensions"]):
        start = [o * d for o, d in zip(offset, params["window_dilation"], strict=True)]
        limit = [i + dilated(n, stride) for i, n, stride in zip(start, out, strides, strict=True)]
        parts.append(slice(padded, start, limit, strides))
    return parts


def loser(select, dtype):
    """The value that is never selected while there is another: the padding of a selection."""
    return IDENTITIES[e.max if select is e.ge else e.min](dtype)
