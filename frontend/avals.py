"""Abstract values: what is known of an array before it has a value.

A `ShapedArray` is interned: equal avals are the same object, so that comparing and hashing them,
which every cache on the dispatch path does, costs nothing.

>>> from hloom.frontend.avals import ShapedArray
>>> ShapedArray((3, 4), "float32")
f32[3,4]
>>> ShapedArray((3,), "int32") is ShapedArray((3,), "int32")
True
"""

import math

import numpy as np

from hloom.frontend import dtypes


class ShapedArray:
    """Shape (a tuple of ints), dtype (a `numpy.dtype`) and whether the dtype is weak."""

    __slots__ = ("__weakref__", "dtype", "ndim", "shape", "size", "weak_type")
    _interned: dict = {}
    shape: tuple[int, ...]
    dtype: np.dtype
    weak_type: bool
    ndim: int
    size: int

    def __new__(cls, shape, dtype, weak_type=False):
        found = cls._interned.get((shape, dtype, weak_type))
        return found if found is not None else _intern(shape, dtype, weak_type)

    def __reduce__(self):
        return ShapedArray, (self.shape, self.dtype, self.weak_type)

    def update(self, shape=None, dtype=None, weak_type=None):
        """This aval with some of its parts changed."""
        return ShapedArray(
            self.shape if shape is None else shape,
            self.dtype if dtype is None else dtype,
            self.weak_type if weak_type is None else weak_type,
        )

    def strip_weak_type(self):
        """The same aval with a strong type."""
        return ShapedArray(self.shape, self.dtype) if self.weak_type else self

    @property
    def nbytes(self):
        """Bytes of the array's data."""
        return self.size * self.dtype.itemsize

    def __repr__(self):
        mark = "~" if self.weak_type else ""
        return f"{mark}{dtypes.short_name(self.dtype)}[{','.join(map(str, self.shape))}]"


def _intern(shape, dtype, weak_type):
    shape = tuple(map(int, shape))
    dtype = dtypes.dtype(dtype)
    key = shape, dtype, bool(weak_type)
    found = ShapedArray._interned.get(key)
    if found is None:
        found = object.__new__(ShapedArray)
        found.shape, found.dtype, found.weak_type = key
        found.ndim, found.size = len(shape), math.prod(shape)
        found = ShapedArray._interned.setdefault(key, found)
    return found
