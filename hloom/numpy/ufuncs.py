"""`ufunc`: a function of elements that can also reduce, accumulate, combine all pairs, and update.

>>> import hloom.numpy as np
>>> np.add.reduce(np.arange(4)), np.multiply.accumulate(np.arange(1, 4))
(Array(6, dtype=int32), Array([1, 2, 6], dtype=int32))
>>> np.add.at(np.zeros(3), np.array([0, 0, 2]), 1.0, inplace=False)
Array([2., 0., 1.], dtype=float32)
"""

import functools

from hloom.api import eval_shape
from hloom.frontend.choices import flag
from hloom.frontend.errors import ArgumentError, UnsupportedError
from hloom.frontend.keywords import refused
from hloom.frontend.prims.structural import canonical_axes
from hloom.lax.loops import scan
from hloom.numpy import cumulative, elementwise, logic, reductions
from hloom.numpy.axes import expand_dims, moveaxis
from hloom.numpy.conditions import where as choose
from hloom.numpy.creation import arange, asarray
from hloom.numpy.joining import concatenate
from hloom.numpy.manipulation import broadcast_to
from hloom.numpy.promotion import no_out
from hloom.numpy.vectorized import vectorize
from hloom.runtime.dispatch import fused
from hloom.runtime.spec import ShapeDtypeStruct
from hloom.transforms.vmap import vmap
from hloom.typing import ArrayLike


class ufunc:
    """A function of `nin` arrays, element by element, with `nout` results.

    `func` works on arrays, or on scalars if it comes from `frompyfunc`. `identity` is what a
    reduction starts with. The other functions replace the general ways of the methods.
    """

    def __init__(
        self, func, /, nin, nout, *, name=None, nargs=None, identity=None, call=None,
        reduce=None, accumulate=None, at=None, reduceat=None,
    ):  # fmt: skip
        functools.update_wrapper(self, func)
        self.__name__ = name or func.__name__
        self.nin, self.nout, self.nargs = nin, nout, nargs or nin
        self.identity = identity
        self._call = call or func
        self._reduce, self._accumulate, self._at = reduce, accumulate, at
        self._reduceat = reduceat

    def __call__(self, *args, out=None, where=None, **unknown):
        if out is not None or where is not None or unknown:
            given = next(iter(unknown), "where" if out is None else "out")
            raise refused(self.__name__, given, ("out", "where"))
        return self._call(*args)

    def __repr__(self):
        return f"<hloom.numpy.ufunc '{self.__name__}'>"

    def _binary(self, method):
        if (self.nin, self.nout) != (2, 1):
            asked = f"{self.__name__}.{method}: combines pairs"
            found = f"the function takes {self.nin} and gives {self.nout}"
            raise ArgumentError(asked, found, "use a function of two arguments and one result")

    def _as_results(self, rows):
        """The rows in the dtype of the function's results, so that they can be combined again."""
        scalar = ShapeDtypeStruct((), rows.dtype)
        return rows.astype(eval_shape(self, scalar, scalar).dtype)

    def reduce(self, a, axis=0, dtype=None, out=None, keepdims=False, initial=None, where=None):
        """The elements along an axis, or along all if it is None, combined to one."""
        self._binary("reduce")
        no_out(f"{self.__name__}.reduce", out)
        if self._reduce is not None and dtype is None:
            return self._reduce(a, axis=axis, keepdims=keepdims, initial=initial, where=where)
        return self._reduced(a, axis, dtype, keepdims, initial, where)

    @fused
    def _reduced(self, a: ArrayLike, axis, dtype, keepdims, initial: ArrayLike, where: ArrayLike):
        a = asarray(a, dtype)
        axes = range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        kept = set(canonical_axes(f"{self.__name__}.reduce", axes, a.ndim))
        start = self.identity if initial is None else initial
        shape = a.shape
        if where is not None and start is None:
            found = f"{self.__name__} has no identity"
            raise ArgumentError(f"{self.__name__}.reduce: `where`", found, "give `initial`")
        rest = [i for i in range(len(shape)) if i not in kept]

        def lined_up(x):
            return x.transpose((*sorted(kept), *rest)).reshape((-1, *[shape[i] for i in rest]))

        rows = self._as_results(lined_up(a))
        if initial is not None or where is not None or (len(rows) == 0 and start is not None):
            first = broadcast_to(asarray(start, rows.dtype), rows.shape[1:])
        elif len(rows) == 0:
            found = f"{self.__name__} has no identity"
            raise ArgumentError(f"{self.__name__}.reduce: of nothing", found, "give `initial`")
        else:
            first, rows = rows[0], rows[1:]
        if where is None:
            found = scan(lambda x, row: (asarray(self(x, row), row.dtype), None), first, rows)[0]
        else:
            # what `where` leaves out is passed over
            taken = lined_up(broadcast_to(asarray(where), shape))

            def step(x, row):
                return choose(row[1], asarray(self(x, row[0]), x.dtype), x), None

            found = scan(step, first, (rows, taken))[0]
        keepdims = flag(f"{self.__name__}.reduce", "keepdims", keepdims)
        return expand_dims(found, tuple(sorted(kept))) if keepdims else found

    def accumulate(self, a, axis=0, dtype=None, out=None):
        """The reductions of the elements up to each position of an axis."""
        self._binary("accumulate")
        no_out(f"{self.__name__}.accumulate", out)
        if self._accumulate is not None:
            return self._accumulate(a, axis=axis, dtype=dtype)
        return self._accumulated(a, axis, dtype)

    @fused
    def _accumulated(self, a: ArrayLike, axis, dtype):
        rows = self._as_results(moveaxis(asarray(a, dtype), axis, 0))

        def step(x, row):
            x = asarray(self(x, row), row.dtype)
            return x, x

        _, later = scan(step, rows[0], rows[1:])
        return moveaxis(concatenate([rows[:1], later]), 0, axis)

    def outer(self, A, B, /):
        """The function of all pairs: the axes of `A`, then those of `B`."""
        self._binary("outer")
        return self._of_pairs(A, B)

    @fused
    def _of_pairs(self, A: ArrayLike, B: ArrayLike):
        A, B = asarray(A), asarray(B)
        return self(A.reshape(A.shape + (1,) * B.ndim), B)

    def at(self, a, indices, b=None, /, *, inplace=True):
        """`a` with the function applied at indices, once for each time that one occurs."""
        if flag(f"{self.__name__}.at", "inplace", inplace):
            found = "arrays are immutable"
            remedy = "give inplace=False and use the result"
            raise UnsupportedError(f"{self.__name__}.at: works in place", found, remedy)
        a = asarray(a)
        if self.nin == 1:
            return a.at[indices].apply(self)
        if self._at is not None:
            return getattr(a.at[indices], self._at)(b)
        return self._updated(a, arange(a.size).reshape(a.shape)[indices], b)

    @fused
    def _updated(self, a: ArrayLike, places: ArrayLike, b: ArrayLike):
        values = broadcast_to(asarray(b, a.dtype), places.shape).reshape(-1)

        def step(x, place_and_value):
            place, value = place_and_value
            return x.at[place].set(self(x[place], value).astype(x.dtype)), None

        return scan(step, a.reshape(-1), (places.reshape(-1), values))[0].reshape(a.shape)

    def reduceat(self, a, indices, axis=0, dtype=None, out=None):
        """The reductions from each index to the next; one element if that is not above."""
        self._binary("reduceat")
        no_out(f"{self.__name__}.reduceat", out)
        return self._over_segments(a, indices, axis, dtype)

    @fused
    def _over_segments(self, a: ArrayLike, indices: ArrayLike, axis, dtype):
        rows = self._as_results(moveaxis(asarray(a, dtype), axis, 0))
        starts = asarray(indices)
        ends = concatenate([starts[1:], asarray([len(rows)], starts.dtype)])
        positions = arange(len(rows))

        def segment(start, end):
            def step(x, position_and_row):
                position, row = position_and_row
                inside = (position > start) & (position < end)
                return choose(inside, asarray(self(x, row), x.dtype), x), None

            return scan(step, rows[start], (positions, rows))[0]

        return moveaxis(vmap(segment)(starts, ends), 0, axis)


def frompyfunc(func, /, nin, nout, *, identity=None):
    """The ufunc of a Python function of scalars.

    >>> import hloom.numpy as np
    >>> np.frompyfunc(lambda x, y: x * y + 1, 2, 1).reduce(np.arange(4))
    Array(10, dtype=int32)
    """
    return ufunc(vectorize(func), nin, nout, identity=identity)


def _of_two(function, identity=None, reduce=None, accumulate=None, at=None):
    return ufunc(function, 2, 1, identity=identity, reduce=reduce, accumulate=accumulate, at=at)


def _truth(reduction):
    """A logical reduction in the form of the others, which take `initial`."""

    def reduce(a, axis=0, keepdims=False, initial=None, where=None):
        found = reduction(a, axis=axis, keepdims=keepdims, where=where)
        return found if initial is None else combine(found, initial)

    combine = logic.logical_and if reduction is reductions.all else logic.logical_or
    return reduce


add = _of_two(elementwise.add, 0, reductions.sum, cumulative.cumsum, "add")
multiply = _of_two(elementwise.multiply, 1, reductions.prod, cumulative.cumprod, "multiply")
maximum = _of_two(elementwise.maximum, None, reductions.max, None, "max")
minimum = _of_two(elementwise.minimum, None, reductions.min, None, "min")
subtract = _of_two(elementwise.subtract, at="subtract")
logaddexp = _of_two(elementwise.logaddexp, float("-inf"))
logaddexp2 = _of_two(elementwise.logaddexp2, float("-inf"))
bitwise_and = _of_two(logic.bitwise_and, -1)
bitwise_or = _of_two(logic.bitwise_or, 0)
bitwise_xor = _of_two(logic.bitwise_xor, 0)
logical_and = _of_two(logic.logical_and, True, _truth(reductions.all))
logical_or = _of_two(logic.logical_or, False, _truth(reductions.any))
logical_xor = _of_two(logic.logical_xor, False)
negative = ufunc(elementwise.negative, 1, 1)
