"""Names for annotations: what library functions take as arrays and as dtypes."""

from typing import Annotated, Any

import numpy as np

from hloom.frontend.array import Array

#: An array, a NumPy array or scalar, or a Python number.
ArrayLike = Array | np.ndarray | np.bool_ | np.number | bool | int | float | complex

#: An operand of a library function that may also be a sequence of arrays, nested perhaps.
ArrayLikes = Annotated[Any, "Arrays"]

#: Whatever names a dtype: a `numpy.dtype`, a scalar type, a string such as "bfloat16".
DTypeLike = str | type[Any] | np.dtype | Any
