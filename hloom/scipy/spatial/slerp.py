"""`Slerp`: rotations in time, between known ones at an even speed about a fixed axis."""

import dataclasses

from hloom.frontend.array import Array
from hloom.frontend.errors import ArgumentError, ShapeError
from hloom.frontend.registry import register_dataclass
from hloom.numpy import asarray, clip, diff, searchsorted
from hloom.numpy.promotion import promote_dtypes_inexact
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
        before = rotations[:-1]
        return cls(times, diff(times), before, (before.inv() * rotations[1:]).as_rotvec())

    def __call__(self, times):
        """The Rotation at times of any shape; before the first and after the last it goes on."""
        (times,) = promote_dtypes_inexact("Slerp", asarray(times))
        place = searchsorted(self.times, times, side="right") - 1
        place = clip(place, 0, self.timedelta.shape[0] - 1)
        part = (times - self.times[place]) / self.timedelta[place]
        return self.rotations[place] * Rotation.from_rotvec(part[..., None] * self.rotvecs[place])
