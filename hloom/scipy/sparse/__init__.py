"""Sparse systems: scipy.sparse, as far as its solvers of systems given by a product."""

from hloom.scipy.sparse import linalg

__all__ = ["linalg"]
