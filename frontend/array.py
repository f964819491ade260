"""`Array`, the common base of concrete arrays and tracers: what `isinstance(x, hloom.Array)` asks.

It has no methods of its own but those that read the aval. The operators and methods (`x + y`,
`x.sum()`, `x.at[i].set(v)`) are library functions; the library installs them here once, at import.
"""

from collections.abc import Callable
from typing import Any

from hloom.frontend.avals import ShapedArray


class Array:
    """An immutable n-dimensional array: a value in a device's memory, or a tracer of one.

    >>> import hloom
    >>> isinstance(hloom.numpy.ones(3), hloom.Array)
    True
    """

    __slots__ = ()
    aval: ShapedArray
    __getitem__: Callable[..., Any]
    __array_priority__ = 100

    @property
    def shape(self):
        """The length of each axis, a tuple of ints."""
        return self.aval.shape

    @property
    def dtype(self):
        """The element type, a `numpy.dtype`."""
        return self.aval.dtype

    @property
    def ndim(self):
        """The number of axes."""
        return self.aval.ndim

    @property
    def size(self):
        """The number of elements."""
        return self.aval.size

    @property
    def itemsize(self):
        """Bytes of one element."""
        return self.aval.dtype.itemsize

    @property
    def nbytes(self):
        """Bytes of all elements."""
        return self.aval.nbytes

    @property
    def weak_type(self):
        """Whether the dtype gives way to others in promotion, as a Python scalar's does."""
        return self.aval.weak_type

    def __len__(self):
        if not self.aval.shape:
            raise TypeError("len() of a 0-dimensional array: it has no axes")
        return self.aval.shape[0]

    def __hash__(self):
        raise TypeError(
            "an array cannot be hashed, so it cannot be a dict key or set element\n"
            "    its elements, not its identity, decide equality\n"
            "    use id(x), or a tuple of numbers, as the key"
        )


def install(members):
    """Give arrays and tracers the library's operators and methods: {name: function or property}."""
    for name, member in members.items():
        setattr(Array, name, member)
