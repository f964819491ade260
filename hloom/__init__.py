"""hloom: arrays, automatic differentiation and compilation through StableHLO.

>>> import hloom
>>> import hloom.numpy as np
>>> gradient = hloom.jit(hloom.grad(lambda x: np.sum(np.sin(x))))
>>> gradient(np.zeros(2))
Array([1., 1.], dtype=float32)

Importing hloom is quick, since nothing is loaded before it is first used.
"""

import importlib
from typing import TYPE_CHECKING

from hloom.version import __version__

#: module -> the public names that it holds
_NAMES = {
    "hloom.api": (
        "block_until_ready clear_caches copy_to_host_async device_get device_put "
        "ensure_compile_time_eval eval_shape fwd_and_bwd live_arrays make_program typeof"
    ),
    "hloom.callbacks": "pure_callback",
    "hloom.environment": "print_environment_info",
    "hloom.frontend.array": "Array",
    "hloom.frontend.config": (
        "check_tracer_leaks config debug_infs debug_key_reuse debug_nans default_device "
        "default_matmul_precision default_prng_impl disable_jit enable_checks enable_x64 "
        "explain_cache_misses log_compiles no_execution no_tracing numpy_dtype_promotion "
        "numpy_rank_promotion override transfer_guard transfer_guard_device_to_device "
        "transfer_guard_device_to_host transfer_guard_host_to_device whole_tracebacks"
    ),
    "hloom.frontend.dtypes": "float0",
    "hloom.frontend.prims.calls": "checkpoint_name",
    "hloom.frontend.scopes": "named_call named_scope",
    "hloom.frontend.refs": "Ref",
    "hloom.numpy.index_plan": "ds",
    "hloom.ref": "empty_ref free_ref freeze new_ref",
    "hloom.runtime.callbacks": "effects_barrier",
    "hloom.runtime.devices": (
        "Device default_backend device_count devices local_device_count local_devices "
        "process_count process_index process_indices host_count host_id host_ids"
    ),
    "hloom.runtime.jit": "jit",
    "hloom.runtime.spec": "ShapeDtypeStruct",
    "hloom.transforms.closure": "closure_convert custom_gradient",
    "hloom.transforms.custom": "custom_jvp custom_vjp",
    "hloom.transforms.derivatives": "grad jvp linear_transpose linearize value_and_grad vjp",
    "hloom.transforms.jacobians": "hessian jacfwd jacobian jacrev",
    "hloom.transforms.remat": "checkpoint checkpoint_policies remat",
    "hloom.transforms.vmap": "vmap",
}
_MODULES = (
    "ad_checkpoint core custom_batching custom_derivatives debug dlpack dtypes errors "
    "experimental export ffi flatten_util image lax nn numpy ops random ref scipy stages "
    "test_util tree tree_util typing"
).split()
_WHERE = {name: module for module, names in _NAMES.items() for name in names.split()}

if TYPE_CHECKING:
    from hloom import (
        dlpack,
        errors,
        export,
        flatten_util,
        image,
        lax,
        nn,
        numpy,
        ops,
        random,
        ref,
        tree,
        tree_util,
    )
    from hloom.api import (
        block_until_ready,
        clear_caches,
        copy_to_host_async,
        device_get,
        device_put,
        ensure_compile_time_eval,
        eval_shape,
        fwd_and_bwd,
        live_arrays,
        make_program,
        typeof,
    )
    from hloom.callbacks import pure_callback
    from hloom.environment import print_environment_info
    from hloom.frontend.array import Array
    from hloom.frontend.config import (
        check_tracer_leaks,
        config,
        debug_infs,
        debug_key_reuse,
        debug_nans,
        default_device,
        default_matmul_precision,
        default_prng_impl,
        disable_jit,
        enable_checks,
        enable_x64,
        explain_cache_misses,
        log_compiles,
        no_execution,
        no_tracing,
        numpy_dtype_promotion,
        numpy_rank_promotion,
        override,
        transfer_guard,
        transfer_guard_device_to_device,
        transfer_guard_device_to_host,
        transfer_guard_host_to_device,
        whole_tracebacks,
    )
    from hloom.frontend.dtypes import float0
    from hloom.frontend.prims.calls import checkpoint_name
    from hloom.frontend.refs import Ref
    from hloom.frontend.scopes import named_call, named_scope
    from hloom.numpy.index_plan import ds
    from hloom.ref import empty_ref, free_ref, freeze, new_ref
    from hloom.runtime.callbacks import effects_barrier
    from hloom.runtime.devices import (
        Device,
        default_backend,
        device_count,
        devices,
        host_count,
        host_id,
        host_ids,
        local_device_count,
        local_devices,
        process_count,
        process_index,
        process_indices,
    )
    from hloom.runtime.jit import jit
    from hloom.runtime.spec import ShapeDtypeStruct
    from hloom.transforms.closure import closure_convert, custom_gradient
    from hloom.transforms.custom import custom_jvp, custom_vjp
    from hloom.transforms.derivatives import (
        grad,
        jvp,
        linear_transpose,
        linearize,
        value_and_grad,
        vjp,
    )
    from hloom.transforms.jacobians import hessian, jacfwd, jacobian, jacrev
    from hloom.transforms.remat import checkpoint, checkpoint_policies, remat
    from hloom.transforms.vmap import vmap


def __getattr__(name):
    if name in _WHERE:
        importlib.import_module("hloom.numpy")  # gives arrays their operators
        found = getattr(importlib.import_module(_WHERE[name]), name)
    elif name in _MODULES:
        try:
            found = importlib.import_module(f"hloom.{name}")
        except ModuleNotFoundError as e:
            if e.name != f"hloom.{name}":
                raise
            raise AttributeError(f"module 'hloom' has no attribute {name!r}") from None
    else:
        raise AttributeError(f"module 'hloom' has no attribute {name!r}")
    globals()[name] = found
    return found


def __dir__():
    return sorted([*globals(), *_WHERE, *_MODULES])
