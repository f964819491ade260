"""The operators and methods of arrays: library functions, installed on `hloom.Array` at import."""

from hloom.frontend import array as arrays
from hloom.numpy import elementwise, logic, manipulation

_BINARY = {
    "add": elementwise.add,
    "sub": elementwise.subtract,
    "mul": elementwise.multiply,
    "truediv": elementwise.divide,
    "pow": elementwise.power,
    "floordiv": elementwise.floor_divide,
    "mod": elementwise.remainder,
    "divmod": elementwise.divmod,
    "and": logic.bitwise_and,
    "or": logic.bitwise_or,
    "xor": logic.bitwise_xor,
    "lshift": logic.left_shift,
    "rshift": logic.right_shift,
}
_COMPARE = {
    "eq": logic.equal,
    "ne": logic.not_equal,
    "lt": logic.less,
    "le": logic.less_equal,
    "gt": logic.greater,
    "ge": logic.greater_equal,
}


def _reflected(function):
    return lambda self, other: function(other, self)


arrays.install(
    {f"__{n}__": f for n, f in (_BINARY | _COMPARE).items()}
    | {f"__r{n}__": _reflected(f) for n, f in _BINARY.items()}
    | {
        "__neg__": lambda self: elementwise.negative(self),
        "__pos__": lambda self: elementwise.positive(self),
        "__abs__": lambda self: elementwise.absolute(self),
        "__invert__": lambda self: logic.invert(self),
        "astype": lambda self, dtype, copy=False, device=None: manipulation.astype(self, dtype),
        "reshape": lambda self, *shape, order="C": manipulation.reshape(
            self, shape[0] if len(shape) == 1 else shape, order
        ),
    }
)
