"""`interp`: piecewise linear functions from points."""

from hloom.frontend import dtypes
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.trace import PYTHON_SCALARS, aval_of
from hloom.numpy import elementwise as ew
from hloom.numpy.creation import asarray
from hloom.numpy.joining import concatenate
from hloom.numpy.promotion import promote_dtypes_inexact
from hloom.numpy.searching import searchsorted
from hloom.numpy.selection import clip, where
from hloom.numpy.sorting import argsort
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLikes as Operand


@fused
def _interp(
    x: Operand, xp: Operand, fp: Operand, goes_on, left: Operand, right: Operand, period: Operand
):
    if aval_of(xp).shape != aval_of(fp).shape or aval_of(xp).ndim != 1 or not aval_of(xp).size:
        found = f"they have shapes {aval_of(xp).shape} and {aval_of(fp).shape}"
        raise ShapeError("interp: xp and fp are vectors, equally long", found, "correct one")
    x, xp = map(asarray, promote_dtypes_inexact("interp", x, xp))
    (fp,) = map(asarray, promote_dtypes_inexact("interp", fp))
    if period is not None:
        x, xp = x % period, xp % period
        order = argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = concatenate([fp[-1:], fp, fp[:1]])
    if xp.size == 1:
        return _ended(ew.add(fp[0], ew.multiply(x, 0)), x, xp, left, right, period)
    i = clip(searchsorted(xp, x, side="right"), 1, xp.size - 1)
    step, rise = xp[i] - xp[i - 1], fp[i] - fp[i - 1]
    offset = x - xp[i - 1]
    tiny = dtypes.finfo(xp.dtype).tiny
    flat = ew.absolute(step) <= float(tiny)
    inside = where(flat, fp[i - 1], fp[i - 1] + offset / where(flat, 1, step) * rise)
    if period is None:
        if not goes_on[0]:
            inside = where(x < xp[0], fp[0], inside)
        if not goes_on[1]:
            inside = where(x > xp[-1], fp[-1], inside)
    return _ended(inside, x, xp, left, right, period)


def _ended(inside, x, xp, left, right, period):
    """The values, with those given for what is before the points and after them."""
    if left is not None and period is None:
        inside = where(x < xp[0], left, inside)
    if right is not None and period is None:
        inside = where(x > xp[-1], right, inside)
    return inside


@judged
def interp(x, xp, fp, left=None, right=None, period=None):
    """The values at `x` of the line through the points (xp, fp), where `xp` increases.

    Outside of the points they are `left` and `right`, by default the values at the ends; or the
    line goes on, if that is "extrapolate". With `period` the line repeats.

    >>> import hloom.numpy as np
    >>> np.interp(np.array([0.5, 3.0]), np.array([0.0, 1.0]), np.array([10.0, 20.0]))
    Array([15., 20.], dtype=float32)
    """
    for side in (left, right):
        if isinstance(side, str) and side != "extrapolate":
            found = f"it is {side!r}"
            raise ValueRangeError("interp: left and right", found, "give a value or 'extrapolate'")
    if type(period) in PYTHON_SCALARS and period == 0:
        raise ValueRangeError("interp: the period is not 0", "it is 0", "give its length")
    goes_on = isinstance(left, str), isinstance(right, str)
    left, right = (None if isinstance(v, str) else v for v in (left, right))
    return _interp(x, xp, fp, goes_on, left, right, period)
