"""Rotations in three dimensions: scipy.spatial.transform."""

from hloom.scipy.spatial.rotation import Rotation
from hloom.scipy.spatial.slerp import Slerp

__all__ = ["Rotation", "Slerp"]
