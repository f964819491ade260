"""hloom: arrays, automatic differentiation and compilation through StableHLO.

>>> import hloom
>>> import hloom.numpy as np
>>> gradient = hloom.jit(hloom.grad(lambda x: np.sum(np.sin(x))))
>>> gradient(np.zeros(2))
Array([1., 1.], dtype=float32)
"""

import importlib

from hloom import numpy, tree, tree_util
from hloom.api import (
    block_until_ready,
    clear_caches,
    device_get,
    device_put,
    eval_shape,
    make_program,
    typeof,
)
from hloom.frontend.array import Array
from hloom.frontend.config import (
    config,
    debug_nans,
    default_matmul_precision,
    disable_jit,
    enable_x64,
)
from hloom.runtime.devices import (
    default_backend,
    device_count,
    devices,
    local_device_count,
    local_devices,
    process_count,
    process_index,
)
from hloom.runtime.jit import jit
from hloom.runtime.spec import ShapeDtypeStruct
from hloom.transforms.custom import custom_jvp, custom_vjp
from hloom.transforms.derivatives import (
    grad,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linear_transpose,
    linearize,
    value_and_grad,
    vjp,
)
from hloom.transforms.remat import checkpoint, checkpoint_policies
from hloom.transforms.vmap import vmap

remat = checkpoint

__version__ = "0.1.0"

#: modules that are imported when they are first asked for
_LAZY = ("dtypes", "errors", "export", "image", "lax", "nn", "ops", "random", "scipy", "typing")


def __getattr__(name):
    if name in _LAZY:
        return importlib.import_module(f"hloom.{name}")
    raise AttributeError(f"module 'hloom' has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), *_LAZY])
