"""Python functions called on the host from inside compiled programs.

    pure_callback    a function of its operands: run as often as needed, never if nobody needs it
    io_callback      a function with effects: run once, also if nobody uses its results
    debug_callback   only looks at its operands: has no results, and every derivative passes it by
    ordered_call     an ordered one of these, just before lowering (transforms/order.py)

An effect is a name: "io" and "debug" keep an equation in its program, "ordered io" and "ordered
debug" keep it in its place among the others of the kind as well.
"""

import numpy as np

from hloom.frontend import dtypes, pytree, source
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import thread
from hloom.frontend.errors import DTypeError, ShapeError, TreeError
from hloom.frontend.primitive import Calling
from hloom.frontend.trace import PYTHON_SCALARS


class HostFunction:
    """A Python function as one of NumPy arrays, which gives the arrays of `out_avals`.

    `in_tree` is the structure of its (args, kwargs). Without an `out_tree` what it returns is
    dropped. The settings and the user's line are those of the place where it was called.
    """

    def __init__(self, what, function, in_tree, out_tree=None, out_avals=()):
        self.what, self.function = what, function
        self.in_tree, self.out_tree = in_tree, out_tree
        self.out_avals = tuple(out_avals)
        self.settings = thread.context.settings
        self.source = source.here()

    def of_avals(self, out_avals):
        """The same function for results of other avals."""
        made = object.__new__(HostFunction)
        vars(made).update(vars(self), out_avals=tuple(out_avals))
        return made

    @property
    def __name__(self):
        return getattr(self.function, "__name__", None) or type(self.function).__name__

    def __call__(self, *arrays):
        context = thread.context
        before = context.trace, context.settings
        context.trace, context.settings = None, self.settings
        try:
            args, kwargs = self.in_tree.unflatten(arrays)
            result = self.function(*args, **kwargs)
            return [] if self.out_tree is None else self._checked(result)
        finally:
            context.trace, context.settings = before

    def _checked(self, result):
        leaves, tree = pytree.flatten(result)
        if tree != self.out_tree:
            names = ("result_shape_dtypes", f"the result of {self.__name__}")
            lines = pytree.difference(self.out_tree.unflatten(self.out_avals), result, names=names)
            asked = f"{self.what}: {self.__name__} returned another structure than was declared"
            raise TreeError(asked, lines, "make the two agree", self.source)
        return [self._array(x, a, i) for i, (x, a) in enumerate(zip(leaves, self.out_avals))]

    def _array(self, x, aval, i):
        found = np.asarray(x)
        declared = f"{self.what}: result {i} of {self.__name__} was declared {aval}"
        if found.shape != aval.shape:
            remedy = "return that shape, or correct result_shape_dtypes"
            raise ShapeError(declared, f"it has shape {found.shape}", remedy, self.source)
        same = type(x) in PYTHON_SCALARS and np.can_cast(found.dtype, aval.dtype, "same_kind")
        if not same and dtypes.canonicalize(found.dtype) != aval.dtype:
            remedy = f"return x.astype({aval.dtype.name!r}), or correct result_shape_dtypes"
            raise DTypeError(declared, f"its dtype is {found.dtype}", remedy, self.source)
        return np.asarray(found, aval.dtype, order="C")


class EachLane:
    """A host function called for each element of a batch, one after the other.

    `batched` tells which operands have the batch as their first axis; all results do.
    """

    def __init__(self, function, size, batched):
        self.function, self.size, self.batched = function, size, batched
        self.__name__, self.source = function.__name__, function.source
        self.out_avals = tuple([a.update(shape=(size, *a.shape)) for a in function.out_avals])

    def __call__(self, *arrays):
        results = [np.empty(a.shape, a.dtype) for a in self.out_avals]
        for i in range(self.size):
            lane = [x[i] if on else x for x, on in zip(arrays, self.batched, strict=True)]
            for result, value in zip(results, self.function(*map(np.asarray, lane)), strict=True):
                result[i] = value
        return results


class Callback(Calling):
    """A primitive whose parameter `function` is called on the host; `ordered`, in its turn."""

    def __init__(self, name, effect, doc):
        super().__init__(name, _results, doc=doc)
        self._kinds = {
            ordered: frozenset((f"ordered {effect}" if ordered else effect,) if effect else ())
            for ordered in (False, True)
        }

    def effects_of(self, params):
        """The effect, which depends on the parameter `ordered`."""
        return self._kinds[params.get("ordered", False)]


def _results(*avals, function, **_):
    return function.out_avals


pure_callback = Callback("pure_callback", None, "Call a pure function on the host.")
io_callback = Callback("io_callback", "io", "Call a function with effects on the host.")
debug_callback = Callback("debug_callback", "debug", "Let a function on the host look at values.")

#: what goes from one ordered call to the next
TOKEN = ShapedArray((), "uint32")


def _ordered_type(token, *avals, function):
    return token, *function.out_avals


ordered_call = Calling(
    "ordered_call", _ordered_type, doc="Call a function on the host after the call that gave token."
)
ordered_call._effects = frozenset(("host",))


def is_ordered(effects):
    """Whether one of the effects keeps its place among others."""
    return "ordered io" in effects or "ordered debug" in effects
