"""Data types: kinds, limits, promotion and the 64-bit policy.

>>> from hloom import dtypes
>>> dtypes.result_type("bfloat16", 1.0), dtypes.issubdtype("bfloat16", dtypes.prng_key)
(dtype(bfloat16), False)
"""

from ml_dtypes import bfloat16

from hloom.frontend.dtypes import (
    canonicalize_dtype,
    extended,
    finfo,
    float0,
    iinfo,
    issubdtype,
    itemsize_bits,
    prng_key,
    result_type,
    scalar_type_of,
)
from hloom.frontend.errors import TypePromotionError

__all__ = [
    "TypePromotionError",
    "bfloat16",
    "canonicalize_dtype",
    "extended",
    "finfo",
    "float0",
    "iinfo",
    "issubdtype",
    "itemsize_bits",
    "prng_key",
    "result_type",
    "scalar_type_of",
]
