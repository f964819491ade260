"""Python functions called from inside compiled programs: `pure_callback` and `io_callback`.

The functions get NumPy arrays, which they may keep and must not change.
"""

from hloom.frontend import pytree
from hloom.frontend.avals import ShapedArray
from hloom.frontend.dtypes import canonicalize
from hloom.frontend.errors import ArgumentError
from hloom.frontend.flat import flatten_args, name_of
from hloom.frontend.prims import callbacks
from hloom.frontend.prims.callbacks import HostFunction
from hloom.frontend.staging import require_callable

VMAP_METHODS = (
    "sequential",
    "sequential_unrolled",
    "expand_dims",
    "broadcast_all",
    "legacy_vectorized",
)


def pure_callback(callback, result_shape_dtypes, *args, sharding=None, vmap_method=None, **kwargs):
    """The results of `callback(*args, **kwargs)`, a Python function run on the host.

    `result_shape_dtypes` is a tree of what has a shape and a dtype, such as ShapeDtypeStructs: the
    structure, shapes and dtypes that the callback returns. It must have no effects, since it may be
    run several times, or not at all if its results are not used. It has no derivative; state one
    with `custom_jvp` or `custom_vjp`.

    `vmap_method` says what `vmap` makes of it: "sequential" calls it for one example after the
    other; the others call it once with a leading axis on all operands and results, where an operand
    that is the same for all examples has length 1 ("expand_dims") or is repeated ("broadcast_all").
    Without a method it cannot be mapped. If the callback raises, the call raises
    `hloom.errors.CallbackError`, whose cause is the callback's exception.

    >>> import hloom, numpy
    >>> f = lambda x: hloom.pure_callback(numpy.sin, x, x)
    >>> hloom.jit(f)(hloom.numpy.zeros(2))
    Array([0., 0.], dtype=float32)
    """
    _refuse_sharding("pure_callback", sharding)
    if vmap_method not in (None, *VMAP_METHODS):
        raise ArgumentError(
            "pure_callback: vmap_method",
            f"it is {vmap_method!r}",
            f"choose among {', '.join(map(repr, VMAP_METHODS))}",
        )
    operands, function = host_function("pure_callback", callback, args, kwargs, result_shape_dtypes)
    outs = callbacks.pure_callback.bind(*operands, function=function, vmap_method=vmap_method)
    return function.out_tree.unflatten(outs)


def io_callback(callback, result_shape_dtypes, *args, sharding=None, ordered=False, **kwargs):
    """The results of `callback(*args, **kwargs)`, a Python function with effects run on the host.

    It is run exactly once each time the program comes to it, also when its results are not used;
    `ordered` calls are run in the order of the program. `result_shape_dtypes` is as for
    `hloom.pure_callback`, or None for no results. Under `vmap` it is run for one example after the
    other, and cannot be ordered. It has no derivative.

    >>> import hloom
    >>> from hloom.experimental import io_callback
    >>> seen = []
    >>> hloom.jit(lambda x: io_callback(seen.append, None, x, ordered=True))(3)
    >>> seen
    [array(3, dtype=int32)]
    """
    _refuse_sharding("io_callback", sharding)
    operands, function = host_function("io_callback", callback, args, kwargs, result_shape_dtypes)
    outs = callbacks.io_callback.bind(*operands, function=function, ordered=bool(ordered))
    return function.out_tree.unflatten(outs)


def host_function(what, callback, args, kwargs, results):
    """The operands of a call, and the HostFunction of its callback."""
    require_callable(what, callback, "the callback")
    operands, in_tree = flatten_args(callback, args, kwargs)
    leaves, out_tree = pytree.flatten(results)
    avals = [_declared(what, callback, leaf) for leaf in leaves]
    return operands, HostFunction(what, callback, in_tree, out_tree, avals)


def _declared(what, callback, leaf):
    if not hasattr(leaf, "shape") or not hasattr(leaf, "dtype"):
        raise ArgumentError(
            f"{what}: result_shape_dtypes of {name_of(callback)} tells shapes and dtypes",
            f"it holds {leaf!r} of type {type(leaf).__name__}",
            "use hloom.ShapeDtypeStruct(shape, dtype), or an array like the result",
        )
    return ShapedArray(leaf.shape, canonicalize(leaf.dtype))


def _refuse_sharding(what, sharding):
    if sharding is not None:
        raise ArgumentError(
            f"{what}: sharding says on which devices the callback is run",
            f"it is {sharding!r}; callbacks are run where the program is",
            "leave it out",
        )
