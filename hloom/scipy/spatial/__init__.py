"""Spatial data: scipy.spatial, as far as its rotations."""

from hloom.scipy.spatial import transform

__all__ = ["transform"]
