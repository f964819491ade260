"""`ShapeDtypeStruct`: an array's shape and dtype without its values, for tracing ahead of time."""

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray


class ShapeDtypeStruct:
    """The shape and dtype of an array: what `eval_shape` gives and `jit(f).lower` takes.

    >>> import hloom
    >>> hloom.eval_shape(hloom.numpy.sin, hloom.ShapeDtypeStruct((3,), "float32"))
    ShapeDtypeStruct(shape=(3,), dtype=float32)
    """

    __slots__ = ("dtype", "shape", "sharding", "weak_type")

    def __init__(self, shape, dtype, *, sharding=None, weak_type=False):
        self.shape = tuple([int(n) for n in shape])
        self.dtype = dtypes.canonicalize(dtypes.dtype(dtype))
        self.sharding = sharding
        self.weak_type = weak_type

    @classmethod
    def like(cls, x):
        """The struct of anything with a shape and a dtype."""
        return cls(x.shape, x.dtype, weak_type=getattr(x, "weak_type", False))

    @property
    def ndim(self):
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self):
        """The number of elements."""
        return self.stand_in().aval.size

    def stand_in(self):
        """A value with this aval, for tracing."""
        return _StandIn(ShapedArray(self.shape, self.dtype, self.weak_type))

    def update(self, **changes):
        """This struct with some of its parts changed."""
        parts = {n: getattr(self, n) for n in self.__slots__} | changes
        return type(self)(parts.pop("shape"), parts.pop("dtype"), **parts)

    def __len__(self):
        return self.shape[0]

    def __eq__(self, other):
        return isinstance(other, ShapeDtypeStruct) and all(
            getattr(self, n) == getattr(other, n) for n in self.__slots__
        )

    def __hash__(self):
        return hash((self.shape, self.dtype, self.weak_type))

    def __repr__(self):
        weak = ", weak_type=True" if self.weak_type else ""
        return f"ShapeDtypeStruct(shape={self.shape}, dtype={self.dtype.name}{weak})"


class _StandIn(Array):
    """An array known by its aval only."""

    __slots__ = ("aval",)

    def __init__(self, aval):
        self.aval = aval
