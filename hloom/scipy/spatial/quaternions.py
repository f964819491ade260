"""Unit quaternions (x, y, z, w) on the last axis, and the other ways to say a rotation.

Leading axes are a batch, and broadcast. Every function is smooth where the rotation that it tells
of is: near zero, quotients such as sin(r) / r are series in r squared.
"""

import math

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.structural import concatenate as joined
from hloom.frontend.trace import aval_of
from hloom.lax.arrays import stack
from hloom.numpy import argmax, cross, where
from hloom.numpy.promotion import promote_dtypes_inexact
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


# ---------------------------------------------------------------- parts
def parts(quat):
    """The vectors, and the scalars with an axis of length 1."""
    return quat[..., :3], quat[..., 3:]


def whole(vector, scalar):
    """The quaternions of vectors, and of scalars with an axis of length 1."""
    return joined([vector, scalar], aval_of(vector).ndim - 1)


def square(vector):
    """The squares of the lengths of vectors, with an axis of length 1."""
    return e.square(vector).sum(-1, keepdims=True)


def length(vector):
    """The lengths of vectors, with an axis of length 1; at 0 the derivative is 0."""
    found = square(vector)
    some = e.gt(found, 0)
    return where(some, e.sqrt(where(some, found, 1.0)), 0.0)


def normalized(x):
    """Vectors or quaternions of length 1; NaN for those of length 0."""
    return x * e.rsqrt(square(x))


def _series(x, coefficients):
    total = coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


_SIN = [(-1) ** k / math.factorial(2 * k + 1) for k in range(8)]
_COS = [(-1) ** k / math.factorial(2 * k) for k in range(8)]
_ATAN = [(-1) ** k / (2 * k + 1) for k in range(10)]


def _sinc_and_cos(squared):
    """sin(r) / r and cos(r) of r squared."""
    small = e.lt(squared, 0.25)
    near, r = where(small, squared, 0.0), e.sqrt(where(small, 1.0, squared))
    sinc = where(small, _series(near, _SIN), e.sin(r) / r)
    return sinc, where(small, _series(near, _COS), e.cos(r))


def canonical(quat):
    """The one of q and -q whose last component that is not zero is positive, w before z, y, x."""
    x, y, z, w = (quat[..., i : i + 1] for i in range(4))
    first = where(e.ne(w, 0), w, where(e.ne(z, 0), z, where(e.ne(y, 0), y, x)))
    return where(e.lt(first, 0), -quat, quat)


def upper(quat):
    """The one of q and -q with w not negative."""
    return where(e.lt(quat[..., 3:], 0), -quat, quat)


# ---------------------------------------------------------------- operations
@fused
def compose(p: ArrayLike, q: ArrayLike) -> Array:
    """The quaternion of the rotation by `q`, then by `p`."""
    p, q = promote_dtypes_inexact("Rotation", p, q)
    (u, s), (v, t) = parts(p), parts(q)
    scalar = s * t - (u * v).sum(-1, keepdims=True)
    return normalized(whole(s * v + t * u + cross(u, v), scalar))


@fused
def inverse(quat: ArrayLike) -> Array:
    """The conjugate."""
    vector, scalar = parts(quat)
    return whole(-vector, scalar)


@fused
def rotated(quat: ArrayLike, vectors: ArrayLike) -> Array:
    """Vectors turned by rotations."""
    quat, vectors = promote_dtypes_inexact("Rotation.apply", quat, vectors)
    u, s = parts(quat)
    turn = 2 * cross(u, vectors)
    return vectors + s * turn + cross(u, turn)


@fused
def angle(quat: ArrayLike) -> Array:
    """The angle of a rotation, from 0 to pi."""
    vector, scalar = parts(quat)
    return 2 * e.atan2(length(vector), e.abs(scalar))[..., 0]


# ---------------------------------------------------------------- other forms
@fused
def from_rotvec(rotvec: ArrayLike) -> Array:
    """The quaternion of an axis times an angle."""
    sinc, cos = _sinc_and_cos(square(rotvec) * 0.25)
    return whole(rotvec * (0.5 * sinc), cos)


@fused
def to_rotvec(quat: ArrayLike) -> Array:
    """The axis times the angle, of a length up to pi."""
    u, s = parts(upper(quat))
    squared = square(u)
    small = e.lt(squared, 0.01 * e.square(s))
    tangent = where(small, squared, 0.0) / e.square(where(small, s, 1.0))
    near = 2 * _series(tangent, _ATAN) / where(small, s, 1.0)
    r = e.sqrt(where(small, 1.0, squared))
    return u * where(small, near, 2 * e.atan2(r, s) / r)


@fused
def from_mrp(mrp: ArrayLike) -> Array:
    """The quaternion of modified Rodrigues parameters: the axis times tan(angle / 4)."""
    squared = square(mrp)
    return whole(2 * mrp, 1 - squared) / (1 + squared)


@fused
def to_mrp(quat: ArrayLike) -> Array:
    """Modified Rodrigues parameters, of a length up to 1."""
    u, s = parts(upper(quat))
    return u / (1 + s)


@fused
def from_matrix(matrix: ArrayLike) -> Array:
    """The quaternion of an orthogonal matrix (Shepperd, 1978): from its largest component."""
    m = [[matrix[..., i, j] for j in range(3)] for i in range(3)]
    trace = m[0][0] + m[1][1] + m[2][2]
    u = [m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]]
    found = []
    for i in range(3):  # 4 times the quaternion times its component i
        row = [m[i][j] + m[j][i] for j in range(3)]
        row[i] = 1 + 2 * m[i][i] - trace
        found.append(stack([*row, u[i]], -1))
    found.append(stack([*u, 1 + trace], -1))
    largest = argmax(stack([m[0][0], m[1][1], m[2][2], trace], -1), -1)[..., None]
    chosen = found[3]
    for i in range(3):
        chosen = where(e.eq(largest, i), found[i], chosen)
    return normalized(chosen)


@fused
def to_matrix(quat: ArrayLike) -> Array:
    """The orthogonal matrix."""
    x, y, z, w = (quat[..., i] for i in range(4))
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return stack([stack(row, -1) for row in rows], -2)


# ---------------------------------------------------------------- angles about axes
@fused
def about(axes: ArrayLike, angles: ArrayLike, intrinsic: bool) -> Array:
    """The rotations by angles (..., n) about n axes of length 1, one after the other.

    Axes turn with the body if `intrinsic`, else they stand still.
    """
    axes, half = promote_dtypes_inexact("Rotation", axes, angles)
    half = half * 0.5
    cos, sin = e.cos(half), e.sin(half)
    total = None
    for i in range(aval_of(half).shape[-1]):
        turn = whole(axes[i] * sin[..., i : i + 1], cos[..., i : i + 1])
        pair = (total, turn) if intrinsic else (turn, total)
        total = turn if total is None else compose(*pair)
    return total


@fused
def angles_about(quat: ArrayLike, axes: ArrayLike, intrinsic: bool) -> Array:
    """The angles about three axes of length 1, the second at right angles to the others.

    With the third axis the first turned by `shift` about the second, q times that turn is a
    rotation about the first, second and again first axis (Bernardes and Viollet, 2022). Where only
    the sum or difference of two angles is known, the third is 0.
    """
    quat, axes = promote_dtypes_inexact("Rotation", quat, axes)
    n1, n2, n3 = (axes[i] for i in ((0, 1, 2) if intrinsic else (2, 1, 0)))
    shift = e.atan2((cross(n2, n1) * n3).sum(), (n1 * n3).sum())
    half = (shift * 0.5)[None]
    u, s = parts(compose(quat, whole(n2 * e.sin(half), e.cos(half))))
    # a shift backwards: the second angle is sought on the other side
    side = where(e.lt(shift, 0), -1.0, 1.0).astype(aval_of(u).dtype)
    a, b, c, d = s[..., 0], u @ n1, side * (u @ n2), side * (u @ cross(n1, n2))
    second = 2 * e.atan2(_hypot(c, d), _hypot(a, b))
    mean, half_difference = _angle(b, a), _angle(d, c)
    first, last = mean + half_difference, mean - half_difference
    tiny = max(1e-7, 10 * float(dtypes.finfo(aval_of(u).dtype).eps))
    still, turned = e.lt(second, tiny), e.gt(second, math.pi - tiny)
    locked = e.bitwise_or(still, turned)
    alone = where(still, 2 * mean, 2 * half_difference if intrinsic else -2 * half_difference)
    if intrinsic:
        first, last = where(locked, alone, first), where(locked, 0.0, last)
    else:
        first, last = where(locked, alone, last), where(locked, 0.0, first)
    return stack([_wrapped(first), _wrapped(side * second - shift), _wrapped(last)], -1)


def _hypot(x, y):
    return length(stack([x, y], -1))[..., 0]


def _angle(y, x):
    """The angle of a point; 0 at the origin, where its derivative is 0 too."""
    origin = e.bitwise_and(e.eq(x, 0), e.eq(y, 0))
    return e.atan2(y, where(origin, 1.0, x))


def _wrapped(angle):
    turn = 2 * math.pi
    angle = where(e.gt(angle, math.pi), angle - turn, angle)
    return where(e.lt(angle, -math.pi), angle + turn, angle)
