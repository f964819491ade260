"""Integrals of samples: scipy.integrate.

>>> import hloom.numpy as np
>>> from hloom.scipy import integrate
>>> float(integrate.trapezoid(np.array([1.0, 2.0, 3.0]), dx=0.5))
2.0
"""

from hloom.numpy.differences import trapezoid

__all__ = ["trapezoid"]
