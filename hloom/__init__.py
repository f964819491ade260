"""hloom: arrays, automatic differentiation and compilation with StableHLO."""

from hloom.frontend.array import Array
from hloom.frontend.config import config, debug_nans, disable_jit, enable_x64
from hloom.runtime import dispatch as _dispatch
from hloom.transforms import rules as _rules
