"""Tangent types, and zeros: rules use None for a zero tangent, users need an array."""

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Literal
from hloom.frontend.prims.structural import broadcast_in_dim
from hloom.frontend.trace import aval_of


def tangent_aval(aval):
    """The aval of a tangent: the primal's own, or float0 for dtypes without derivatives."""
    dtype = dtypes.tangent_dtype(aval.dtype)
    return aval if dtype == aval.dtype else ShapedArray(aval.shape, dtype)


def has_tangent(x):
    """Whether values like `x` have tangents other than zero."""
    return dtypes.is_inexact(aval_of(x).dtype)


def zeros(aval):
    """An array of zeros; a NumPy array for float0."""
    if aval.dtype == dtypes.float0:
        return np.zeros(aval.shape, dtypes.float0)
    fill = typed_literal(0, aval.dtype, aval.weak_type)
    return broadcast_in_dim.bind(fill, shape=aval.shape, broadcast_dimensions=())[0]


def as_array(x):
    """A value as an array that users can compute with: a Literal is none yet."""
    if type(x) is not Literal:
        return x
    return broadcast_in_dim.bind(x, shape=(), broadcast_dimensions=())[0]


def instantiate(tangent, primal):
    """The tangent of `primal` as an array."""
    return zeros(tangent_aval(aval_of(primal))) if tangent is None else tangent


def unpack(values, mask):
    """Values at the places where `mask` holds, None elsewhere."""
    rest = iter(values)
    return [next(rest) if on else None for on in mask]
