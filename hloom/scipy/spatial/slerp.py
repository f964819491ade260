"""`Slerp`: rotations in time, between known ones at an even speed about a fixed axis."""

import dataclasses

from hloom.frontend.array import Array
from hloom.frontend.errors import ArgumentError, ShapeError
from hloom.frontend.registry import register_dataclass
from hloom.frontend.trace import aval_of
from hloom.numpy import asarray, clip, diff, searchsorted
from hloom.numpy.promotion import promote_dtypes_inexact
from hloom.runtime.dispatch import fused
from hloom.scipy.spatial.rotation import Rotation


@register_dataclass
@dataclasses.dataclass(frozen=True, eq=False)
class Slerp:
    """Spherical linear interpolation; made by `Slerp.init(times, rotations)`, called with times.

    >>> import hloom.numpy as np
    >>> from hloom.scipy.spatial.transform import Rotation, Slerp
    >>> known = Rotation.from_euler("z", np.array([[0.0], [90.0]]), degrees=True)
    >>> slerp = Slerp.init(np.array([0.0, 1.0]), known)
    >>> round(float(slerp(0.5).magnitude()), 4)
    0.7854
    """

    #: rising times, of shape (n,)
    times: Array
    timedelta: Array
    #: the rotations at all times but the last
    rotations: Rotation
    #: the turns from each time to the next, as vectors
    rotvecs: Array

    @classmethod
    def init(cls, times, rotations):
        """The interpolation of n rotations at n rising times; raises ShapeError for others."""
        if not isinstance(rotations, Rotation):
            found = f"it was given a value of type {type(rotations).__name__}"
            raise ArgumentError("Slerp: takes a Rotation", found, "make one by Rotation.from_quat")
        (times,) = promote_dtypes_inexact("Slerp", asarray(times))
        shape = rotations.quat.shape[:-1]
        if len(shape) != 1 or shape[0] < 2 or times.shape != shape:
            found = f"times have shape {times.shape}, rotations {shape}"
            remedy = "give both one axis, of length 2 or more"
            raise ShapeError("Slerp: takes a time for each rotation", found, remedy)
        steps, before, rotvecs = _turns(times, rotations.quat)
        return cls(times, steps, Rotation(before), rotvecs)

    def __call__(self, times):
        """The Rotation at times of any shape; before the first and after the last it goes on."""
        (times,) = promote_dtypes_inexact("Slerp", asarray(times))
        return Rotation(
            _between(times, self.times, self.timedelta, self.rotations.quat, self.rotvecs)
        )


@fused
def _turns(times: Array, quat: Array):
    """The steps of time, the rotations before them, and the turns that they make."""
    before, after = Rotation(quat[:-1]), Rotation(quat[1:])
    return diff(times), before.quat, (before.inv() * after).as_rotvec()


@fused
def _between(times: Array, known: Array, steps: Array, quat: Array, rotvecs: Array):
    """The quaternions at times between known ones."""
    place = clip(searchsorted(known, times, side="right") - 1, 0, aval_of(steps).size - 1)
    part = (times - known[place]) / steps[place]
    return (Rotation(quat[place]) * Rotation.from_rotvec(part[..., None] * rotvecs[place])).quat
