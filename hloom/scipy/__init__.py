"""Scientific functions with SciPy's names and meanings."""

from hloom.scipy import linalg
