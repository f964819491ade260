"""Sequences of axes, as "xyz" for axes that stand still and "XYZ" for those of the body."""

import itertools

import numpy as np

from hloom.frontend.errors import ShapeError, ValueRangeError


def parsed(name, seq, lengths=(1, 2, 3)):
    """The unit vectors of a sequence, a NumPy array, and whether they turn with the body."""
    text = seq if isinstance(seq, str) else ""
    known = text in (text.lower(), text.upper()) and set(text.lower()) <= set("xyz")
    if not (known and len(text) in lengths):
        count = " or ".join(map(str, lengths))
        remedy = f'write {count} of "xyz", or of "XYZ" for axes of the body'
        raise ValueRangeError(f"{name}: no such sequence of axes", f"it is {seq!r}", remedy)
    if any(a == b for a, b in itertools.pairwise(text)):
        remedy = "add the two angles"
        raise ValueRangeError(f"{name}: an axis follows itself", f"seq is {seq!r}", remedy)
    return np.eye(3)[["xyz".index(a) for a in text.lower()]], text.isupper()


def check_angles(name, shape, count):
    """Raise unless angles, of a shape, are for `count` axes."""
    if (shape[-1:] or (1,)) != (count,):
        found = f"the angles have shape {shape}, there are {count} axes"
        raise ShapeError(f"{name}: takes an angle for each axis", found, f"give (..., {count})")
