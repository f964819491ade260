"""Special functions: elementwise, of any float dtype; integers become floats.

>>> import hloom
>>> hloom.scipy.special.gammaln(5.0)
Array(3.1780539, dtype=float32, weak_type=True)
"""

from hloom.scipy.special.gamma import (
    digamma,
    gammaln,
)
