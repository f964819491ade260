"""Minimization: scipy.optimize."""

from hloom.scipy.optimize.minimization import OptimizeResults, minimize

__all__ = ["OptimizeResults", "minimize"]
