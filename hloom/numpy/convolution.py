"""Convolution and correlation of vectors."""

from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.prims import structural as s
from hloom.frontend.prims.convolution import conv_general_dilated
from hloom.frontend.trace import aval_of
from hloom.numpy.floats import conjugate
from hloom.numpy.promotion import promote_dtypes_inexact
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


def _vectors(name, a, v, mode):
    a, v = promote_dtypes_inexact(name, a, v)
    one, two = aval_of(a), aval_of(v)
    if one.ndim != 1 or two.ndim != 1 or not one.size or not two.size:
        found = f"they have shapes {one.shape} and {two.shape}"
        raise ShapeError(f"{name}: takes two vectors that are not empty", found, "ravel them")
    if mode not in ("full", "same", "valid"):
        found = "the modes are 'full', 'same' and 'valid'"
        raise ValueRangeError(f"{name}: mode {mode!r}", found, "use one of these")
    return a, v


def _convolved(a, v, mode, middle, precision, preferred):
    """The part of the whole convolution that `mode` names; "same" begins at `middle`."""
    m, n = aval_of(a).size, aval_of(v).size
    if m < n:
        a, v, m, n = v, a, n, m
    start, length = {
        "full": (0, m + n - 1),
        "same": (middle, m),
        "valid": (n - 1, m - n + 1),
    }[mode]
    before = n - 1 - start
    made = conv_general_dilated(
        s.reshape(a, (1, 1, m)),
        s.reshape(s.rev(v, (0,)), (1, 1, n)),
        (1,),
        [(before, length - (m + before - n + 1))],
        precision=precision,
        preferred_element_type=preferred,
    )
    return s.reshape(made, (length,))


@fused
def convolve(
    a: ArrayLike, v: ArrayLike, mode="full", *, precision=None, preferred_element_type=None
):
    """The convolution of two vectors: all places where they overlap, or a part of them.

    "same" gives as many elements as the longer has, "valid" the places of full overlap.

    >>> import hloom.numpy as np
    >>> np.convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0]))
    Array([1., 3., 5., 3.], dtype=float32)
    """
    a, v = _vectors("convolve", a, v, mode)
    middle = (min(aval_of(a).size, aval_of(v).size) - 1) // 2
    return _convolved(a, v, mode, middle, precision, preferred_element_type)


@fused
def correlate(
    a: ArrayLike, v: ArrayLike, mode="valid", *, precision=None, preferred_element_type=None
):
    """The correlation of two vectors: the sums of `a[n + k]` times the conjugate of `v[n]`.

    >>> import hloom.numpy as np
    >>> np.correlate(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0]))
    Array([2., 3.], dtype=float32)
    """
    a, v = _vectors("correlate", a, v, mode)
    m, n = aval_of(a).size, aval_of(v).size
    middle = (n - 1) // 2 if m >= n else m // 2
    flipped = s.rev(conjugate(v), (0,))
    return _convolved(a, flipped, mode, middle, precision, preferred_element_type)
