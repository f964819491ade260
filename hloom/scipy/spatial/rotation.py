"""`Rotation`: rotations in three dimensions, kept as unit quaternions."""

import dataclasses
import math

from hloom.frontend.array import Array
from hloom.frontend.choices import flag, one_of
from hloom.frontend.errors import ArgumentError, IndexingError, ShapeError, ValueRangeError
from hloom.frontend.registry import register_dataclass
from hloom.frontend.trace import aval_of
from hloom.numpy import asarray, broadcast_to, concatenate
from hloom.numpy.promotion import operand, promote_dtypes_inexact
from hloom.random import normal
from hloom.runtime.dispatch import fused
from hloom.scipy.spatial import quaternions as q
from hloom.scipy.spatial.averages import aligned, mean
from hloom.scipy.spatial.euler import check_angles, parsed
from hloom.typing import ArrayLike, ArrayLikes

_DEGREE = math.pi / 180


@register_dataclass
@dataclasses.dataclass(frozen=True, eq=False)
class Rotation:
    """A rotation in three dimensions, or several: a tree with the unit quaternions as its leaf.

    `quat` has shape (..., 4), the scalar last. Constructors `from_…` take arrays with any leading
    axes; methods `as_…` and `apply` give such, and leading axes of two rotations broadcast. All
    have derivatives, at the rotation by zero too.

    >>> import hloom.numpy as np
    >>> from hloom.scipy.spatial.transform import Rotation
    >>> turn = Rotation.from_euler("z", 90, degrees=True)
    >>> np.round(turn.apply(np.array([1.0, 0.0, 0.0])), 3)
    Array([0., 1., 0.], dtype=float32)
    """

    quat: Array

    # ------------------------------------------------------------ made from other forms
    @classmethod
    def from_quat(cls, quat, *, scalar_first=False):
        """From quaternions (..., 4) of any length but 0; the scalar is last or first."""
        return cls(_from_quat(asarray(quat), _flag("from_quat", scalar_first, "scalar_first")))

    @classmethod
    def from_matrix(cls, matrix):
        """From orthogonal matrices (..., 3, 3) of determinant 1."""
        return cls(q.from_matrix(_array("from_matrix", matrix, (3, 3))))

    @classmethod
    def from_rotvec(cls, rotvec, degrees=False):
        """From vectors (..., 3): axes times angles, in radians or degrees."""
        return cls(_from_rotvec(asarray(rotvec), _flag("from_rotvec", degrees)))

    @classmethod
    def from_mrp(cls, mrp):
        """From modified Rodrigues parameters (..., 3): axes times tan(angle / 4)."""
        return cls(q.from_mrp(_array("from_mrp", mrp, (3,))))

    @classmethod
    def from_euler(cls, seq, angles, degrees=False):
        """From angles (..., n) about the n axes of `seq`, such as "zyx", up to three.

        Axes of small letters stand still, those of capitals turn with the body. For one axis, the
        angles may be a scalar. Raises ValueError for another sequence or shape.
        """
        axes, intrinsic = parsed("Rotation.from_euler", seq)
        return cls(
            _about("from_euler", axes, asarray(angles), intrinsic, _flag("from_euler", degrees))
        )

    @classmethod
    def from_davenport(cls, axes, order, angles, degrees=False):
        """From angles (..., n) about axes (n, 3), each at right angles to the next.

        `order` is "intrinsic" if the axes turn with the body, or "extrinsic".
        """
        turning = _turns_with_body("from_davenport", order)
        return cls(
            _about_davenport(
                asarray(axes), asarray(angles), turning, _flag("from_davenport", degrees)
            )
        )

    @classmethod
    def identity(cls, num=None, dtype=float):
        """The rotation by zero, or `num` of them."""
        unit = asarray([0, 0, 0, 1], dtype)
        return cls(unit if num is None else broadcast_to(unit, (num, 4)))

    @classmethod
    def random(cls, random_key, num=None):
        """A rotation, or `num` of them, uniform among all rotations."""
        return cls(_random(random_key, (4,) if num is None else (num, 4)))

    @classmethod
    def concatenate(cls, rotations):
        """All rotations of a sequence of Rotations, or of one, along a first axis."""
        several = isinstance(rotations, list | tuple)
        rotations = list(rotations) if several else [rotations]
        if not rotations or not all(isinstance(r, cls) for r in rotations):
            found = f"it was given {[type(r).__name__ for r in rotations]}"
            raise ArgumentError("concatenate: takes Rotations", found, "give one or more")
        return cls(_joined([r.quat for r in rotations]))

    @classmethod
    def align_vectors(cls, a, b, weights=None):
        """The Rotation that takes vectors `b` (n, 3) nearest to `a`, and the distance that is left.

        That is the root of the weighted sum of squares (Kabsch, 1976).
        """
        weights = None if weights is None else asarray(weights)
        quat, left = _aligned(asarray(a), asarray(b), weights)
        return cls(quat), left

    # ------------------------------------------------------------ given as other forms
    def as_quat(self, canonical=False, scalar_first=False):
        """Quaternions (..., 4); `canonical` chooses of q and -q the one with w positive."""
        canonical = _flag("as_quat", canonical, "canonical")
        scalar_first = _flag("as_quat", scalar_first, "scalar_first")
        return (
            _as_quat(self.quat, canonical, scalar_first) if canonical or scalar_first else self.quat
        )

    def as_matrix(self):
        """Orthogonal matrices (..., 3, 3)."""
        return q.to_matrix(self.quat)

    def as_rotvec(self, degrees=False):
        """Vectors (..., 3): axes times angles up to pi, or 180 degrees."""
        return _as_rotvec(self.quat, _flag("as_rotvec", degrees))

    def as_mrp(self):
        """Modified Rodrigues parameters (..., 3)."""
        return q.to_mrp(self.quat)

    def as_euler(self, seq, degrees=False):
        """Angles (..., 3) about the three axes of `seq`, as `from_euler` takes them.

        The first and the third are within half a turn; the second is from 0 to pi if the first axis
        is the third, else within pi / 2. Where they are not unique, the third is 0.
        """
        axes, intrinsic = parsed("Rotation.as_euler", seq, (3,))
        return _angles(self.quat, axes, intrinsic, _flag("as_euler", degrees))

    def as_davenport(self, axes, order, degrees=False):
        """Angles (..., 3) about axes (3, 3), as `from_davenport` takes them."""
        turning = _turns_with_body("as_davenport", order)
        return _davenport_angles(self.quat, asarray(axes), turning, _flag("as_davenport", degrees))

    # ------------------------------------------------------------ operations
    def apply(self, vectors, inverse=False):
        """Vectors (..., 3) turned by the rotations, or by their inverses."""
        return _applied(self.quat, asarray(vectors), _flag("apply", inverse, "inverse"))

    def inv(self):
        """The inverses."""
        return Rotation(q.inverse(self.quat))

    def magnitude(self):
        """The angles, from 0 to pi."""
        return q.angle(self.quat)

    def approx_equal(self, other, atol=None, degrees=False):
        """Whether the angles between rotations are below `atol`, by default 1e-8 radians."""
        if not isinstance(other, Rotation):
            found = f"it was given a value of type {type(other).__name__}"
            raise ArgumentError("Rotation.approx_equal: compares Rotations", found, "give one")
        degrees = _flag("approx_equal", degrees)
        return _near(
            self.quat, other.quat, 1e-8 if atol is None else atol, degrees and atol is not None
        )

    def mean(self, weights=None):
        """The Rotation nearest to all in the sense of squares of quaternions, weighted."""
        return Rotation(_mean(self.quat, None if weights is None else asarray(weights)))

    def __mul__(self, other):
        """The rotation by `other`, then by this."""
        if not isinstance(other, Rotation):
            return NotImplemented
        return Rotation(q.compose(self.quat, other.quat))

    def __pow__(self, n, modulus=None):
        """The rotation about the same axis by `n` times the angle."""
        if modulus is not None:
            found = f"modulus is {modulus}"
            raise ValueRangeError("Rotation: a power has no modulus", found, "leave it out")
        return Rotation(_power(self.quat, n))

    # ------------------------------------------------------------ a sequence
    @property
    def single(self):
        """Whether this is one rotation, without leading axes."""
        return self.quat.ndim == 1

    @property
    def shape(self):
        """The lengths of the leading axes."""
        return self.quat.shape[:-1]

    def __len__(self):
        if self.single:
            found, remedy = "its shape is ()", "ask for `single` or `shape`"
            raise ArgumentError("Rotation: a single one has no length", found, remedy)
        return self.quat.shape[0]

    def __bool__(self):
        return True

    def __iter__(self):
        return (Rotation(x) for x in self._several("iterated over").quat)

    def __getitem__(self, indexer):
        """The rotations at positions along the leading axes."""
        quat = self._several("indexed").quat
        n = quat.shape[0]
        if isinstance(indexer, int) and not -n <= indexer < n:
            found = f"it has {n} rotations, the index is {indexer}"
            raise IndexingError("Rotation: no such rotation", found, f"use {-n} to {n - 1}")
        places = indexer if isinstance(indexer, tuple) else (indexer,)
        rest = () if any(p is Ellipsis for p in places) else (Ellipsis,)
        return Rotation(quat[(*places, *rest, slice(None))])

    def _several(self, use):
        if self.single:
            found = "its shape is ()"
            remedy = "make several with Rotation.concatenate"
            raise ArgumentError(f"Rotation: a single one cannot be {use}", found, remedy)
        return self


def _flag(name, value, what="degrees"):
    return flag(f"Rotation.{name}", what, value)


def _array(name, x, shape):
    """An argument as an array of inexact dtype whose last axes have a shape."""
    (x,) = promote_dtypes_inexact(f"Rotation.{name}", asarray(x))
    if aval_of(x).shape[-len(shape) :] != shape:
        wanted = f"(..., {', '.join(map(str, shape))})"
        found = f"it was given shape {aval_of(x).shape}"
        raise ShapeError(f"Rotation.{name}: takes shape {wanted}", found, "reshape it")
    return x


def _turns_with_body(name, order):
    kinds = {"intrinsic": True, "i": True, "extrinsic": False, "e": False}
    if not one_of(order, kinds):
        remedy = 'use "intrinsic" or "extrinsic"'
        raise ValueRangeError(f"Rotation.{name}: no such order", f"it is {order!r}", remedy)
    return kinds[order]


def _unit_axes(name, axes):
    return q.normalized(_array(name, axes, (3,)).reshape(-1, 3))


# ---------------------------------------------------------------- the arrays of each method
@fused
def _from_quat(quat: ArrayLike, scalar_first):
    quat = _array("from_quat", quat, (4,))
    return q.normalized(concatenate([quat[..., 1:], quat[..., :1]], -1) if scalar_first else quat)


@fused
def _from_rotvec(rotvec: ArrayLike, degrees):
    rotvec = _array("from_rotvec", rotvec, (3,))
    return q.from_rotvec(rotvec * _DEGREE if degrees else rotvec)


@fused
def _about(name, axes: ArrayLike, angles: ArrayLike, intrinsic, degrees):
    (angles,) = promote_dtypes_inexact(f"Rotation.{name}", angles)
    check_angles(f"Rotation.{name}", angles.shape, axes.shape[0])
    angles = angles[None] if angles.ndim == 0 else angles
    angles = angles * _DEGREE if degrees else angles
    return q.about(axes.astype(angles.dtype), angles, intrinsic)


@fused
def _about_davenport(axes: ArrayLike, angles: ArrayLike, intrinsic, degrees):
    name = "from_davenport"
    return _about(name, _unit_axes(name, axes), angles, intrinsic, degrees)


@fused
def _random(key: ArrayLike, shape):
    return q.normalized(normal(key, shape))


@fused
def _joined(quats: ArrayLikes):
    return concatenate([x.reshape(-1, 4) for x in quats])


@fused
def _aligned(a: ArrayLike, b: ArrayLike, weights: ArrayLike | None):
    a, b = _array("align_vectors", a, (3,)), _array("align_vectors", b, (3,))
    if a.shape != b.shape or a.ndim > 2:
        lines = f"they have shapes {a.shape} and {b.shape}"
        raise ShapeError("align_vectors: takes as many of both", lines, "give (n, 3) for each")
    turn, left = aligned(a.reshape(-1, 3), b.reshape(-1, 3), weights)
    return q.from_matrix(turn), left


@fused
def _as_quat(quat: ArrayLike, canonical, scalar_first):
    quat = q.canonical(quat) if canonical else quat
    return concatenate([quat[..., 3:], quat[..., :3]], -1) if scalar_first else quat


@fused
def _as_rotvec(quat: ArrayLike, degrees):
    found = q.to_rotvec(quat)
    return found / _DEGREE if degrees else found


@fused
def _angles(quat: ArrayLike, axes: ArrayLike, intrinsic, degrees):
    found = q.angles_about(quat, axes.astype(quat.dtype), intrinsic)
    return found / _DEGREE if degrees else found


@fused
def _davenport_angles(quat: ArrayLike, axes: ArrayLike, intrinsic, degrees):
    axes = _unit_axes("as_davenport", axes)
    if axes.shape[0] != 3:
        found = f"axes have shape {axes.shape}"
        raise ShapeError("as_davenport: takes three axes", found, "give shape (3, 3)")
    return _angles(quat, axes, intrinsic, degrees)


@fused
def _applied(quat: ArrayLike, vectors: ArrayLike, inverse):
    vectors = _array("apply", vectors, (3,))
    return q.rotated(q.inverse(quat) if inverse else quat, vectors)


@fused
def _near(quat: ArrayLike, other: ArrayLike, atol: ArrayLike, degrees):
    atol = operand("Rotation.approx_equal", atol)
    return q.angle(q.compose(quat, q.inverse(other))) < (atol * _DEGREE if degrees else atol)


@fused
def _mean(quat: ArrayLike, weights: ArrayLike | None):
    return mean(quat.reshape(-1, 4), weights)


@fused
def _power(quat: ArrayLike, n: ArrayLike):
    return q.from_rotvec(n * q.to_rotvec(quat))
