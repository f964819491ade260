"""The operators and methods of arrays: library functions, installed on `hloom.Array` at import."""

import sys

from hloom.frontend import array as arrays
from hloom.frontend.keywords import judged, unsupported
from hloom.numpy import (
    axes,
    cumulative,
    diagonals,
    elementwise,
    floats,
    indexing,
    logic,
    manipulation,
    products,
    reductions,
    repetition,
    rounding,
    searching,
    selection,
    sorting,
    statistics,
    taking,
    triangles,
    updating,
)
from hloom.numpy.namespace import check_version
from hloom.numpy.operations import is_operand


def _operator(function):
    """A function of two operands as an operator, which leaves foreign operands to their class."""
    if hasattr(function, "operator"):
        return function.operator

    def call(x, y):
        if not (is_operand(function.__name__, x) and is_operand(function.__name__, y)):
            return NotImplemented
        return function(x, y)

    return call


def _reflected(operator):
    return lambda self, other: operator(other, self)


_ARITHMETIC = {
    "add": elementwise.add,
    "sub": elementwise.subtract,
    "mul": elementwise.multiply,
    "truediv": elementwise.divide,
    "pow": elementwise.power,
    "floordiv": elementwise.floor_divide,
    "mod": elementwise.remainder,
    "divmod": elementwise.divmod,
    "matmul": products.at,
    "and": logic.bitwise_and,
    "or": logic.bitwise_or,
    "xor": logic.bitwise_xor,
    "lshift": logic.left_shift,
    "rshift": logic.right_shift,
}
_COMPARISONS = {
    "eq": logic.equal,
    "ne": logic.not_equal,
    "lt": logic.less,
    "le": logic.less_equal,
    "gt": logic.greater,
    "ge": logic.greater_equal,
}
_OPERATORS = {n: _operator(f) for n, f in (_ARITHMETIC | _COMPARISONS).items()}


# ---------------------------------------------------------------- methods with a form of their own
@judged
def reshape(self, *shape, order="C", copy=None, out_sharding=None):
    """The elements in another shape, given as a tuple or as several lengths."""
    return manipulation.reshape(self, shape[0] if len(shape) == 1 else shape, order)


@judged
def astype(self, dtype, copy=False, device=None):
    """The array in another dtype."""
    return manipulation.astype(self, dtype, copy=copy, device=device)


@judged
def transpose(self, *order):
    """The axes in another order, given as a tuple or one by one; reversed by default."""
    order = order[0] if len(order) == 1 and not isinstance(order[0], int) else order
    return axes.transpose(self, order or None)


@judged
def flatten(self, order="C", *, out_sharding=None):
    """The elements in one axis."""
    return manipulation.ravel(self, order)


@judged
def copy(self):
    """A copy in memory of its own."""
    return elementwise.positive(self)


@judged
def view(self, dtype=None, type=None):
    """The same bits as another dtype; the last axis grows or shrinks if the widths differ."""
    if type is not None:
        raise unsupported("view", "type")
    return manipulation.view(self, dtype)


def contains(self, value):
    """Whether some element equals a value, for the operator `in`."""
    return bool(reductions.any(logic.equal(self, value)))


def to_device(self, device, *, stream=None):
    """The array on another device."""
    return manipulation.astype(self, self.dtype, device=device)


def namespace(self, *, api_version=None):
    """The module of functions that follows the Python array API standard, hloom.numpy.

    Raises ValueError for another version of the standard than the one it follows.
    """
    check_version(api_version)
    return sys.modules[__package__]


def compress(self, condition, axis=None, *, size=None, fill_value=0, out=None):
    """The slices along an axis where a condition holds."""
    return taking.compress(condition, self, axis, size=size, fill_value=fill_value, out=out)


def round_(self, ndigits=None):
    """The nearest integers, or decimals, for the built-in `round`."""
    return rounding.round(self, ndigits or 0)


_METHODS = {
    "__neg__": elementwise.negative,
    "__pos__": elementwise.positive,
    "__abs__": elementwise.absolute,
    "__invert__": logic.invert,
    "__round__": round_,
    "__array_namespace__": namespace,
    "__contains__": contains,
    "__getitem__": indexing.getitem,
    "__setitem__": indexing.setitem,
    "__iter__": indexing.iterate,
    "astype": astype,
    "clip": selection.clip,
    "compress": compress,
    "conj": floats.conjugate,
    "conjugate": floats.conjugate,
    "copy": copy,
    "dot": products.dot,
    "flatten": flatten,
    "ravel": manipulation.ravel,
    "repeat": repetition.repeat,
    "reshape": reshape,
    "round": rounding.round,
    "squeeze": axes.squeeze,
    "swapaxes": axes.swapaxes,
    "to_device": to_device,
    "trace": diagonals.trace,
    "transpose": transpose,
    "view": view,
}
_FROM_MODULES = {
    reductions: "all any argmax argmin max min prod ptp sum",
    statistics: "mean std var",
    cumulative: "cumprod cumsum",
    searching: "nonzero searchsorted",
    sorting: "argpartition argsort partition sort",
    taking: "choose take",
    triangles: "diagonal",
}
_PROPERTIES = {
    "T": axes.transpose,
    "at": updating.At,
    "mT": axes.matrix_transpose,
    "real": floats.real,
    "imag": floats.imag,
}

arrays.install({f"__{n}__": f for n, f in _OPERATORS.items()})
arrays.install({f"__r{n}__": _reflected(_OPERATORS[n]) for n in _ARITHMETIC})
arrays.install(_METHODS)
for _module, _names in _FROM_MODULES.items():
    arrays.install({n: getattr(_module, n) for n in _names.split()})
arrays.install({n: property(f, doc=f.__doc__) for n, f in _PROPERTIES.items()})
