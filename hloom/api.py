"""Top-level functions that join the layers: passes installed, values moved, programs shown."""

import functools

import numpy as np

from hloom import slopes  # noqa: F401 - derivatives of primitives
from hloom.frontend import (
    printer as _printer,  # noqa: F401 - shows programs
    pytree,
)
from hloom.frontend.array import Array
from hloom.frontend.capture import Capture
from hloom.frontend.context import thread, tracing
from hloom.frontend.flat import Flat, flatten_args, name_of
from hloom.frontend.refs import Cells
from hloom.frontend.trace import FoldTrace, Tracer, aval_of, is_value, stage
from hloom.frontend.tracebacks import hides_frames
from hloom.runtime import (
    compile as compilation,
    control as _control,  # noqa: F401 - runs control flow on concrete values
    devices,
)
from hloom.runtime.array import DeviceArray, place, wrap
from hloom.runtime.guards import explicit
from hloom.runtime.jit import _specs, jit as _jit
from hloom.runtime.room import clear_caches  # noqa: F401 - public
from hloom.transforms import rules as _  # noqa: F401 - fills the tables
from hloom.transforms.dce import dce
from hloom.transforms.derivatives import vjp
from hloom.transforms.order import ordered
from hloom.transforms.physical import physical

compilation.install(dce, last=(ordered, physical))


def make_program(fun):
    """A function that gives the Program which `fun` traces to; print it to read it.

    The refs that `fun` uses from outside are inputs, and those it writes are results, at the end.

    >>> import hloom
    >>> print(hloom.make_program(lambda x: hloom.numpy.sin(x) * 2.0)(1.0))
    { lambda ; a:~f32[]. let b:~f32[] = sin a; c:~f32[] = mul b 2.0 in (c) }
    """

    def trace(*args, **kwargs):
        leaves, tree = flatten_args(fun, *_specs(args, kwargs))
        avals = [aval_of(x) for x in leaves]
        return stage(Flat(fun, tree), avals, name_of(fun), held=Capture())

    return trace


def eval_shape(fun, *args, **kwargs):
    """Shapes and dtypes of the results of `fun`, as ShapeDtypeStructs, without computing them."""
    traced = fun if hasattr(fun, "jitted") else _jit(fun)
    return traced.eval_shape(*args, **kwargs)


def typeof(x):
    """The aval of an array, a number or a ref: its shape, dtype and weak type.

    >>> import hloom
    >>> hloom.typeof(1.0)
    ~f32[]
    """
    return x.aval if isinstance(x, Cells) else aval_of(x)


def block_until_ready(x):
    """Wait until every array in a tree has been computed; the tree."""
    if type(x) is DeviceArray:
        return x.block_until_ready()
    if type(x) is tuple:  # what a call gives most often besides an array
        for part in x:
            block_until_ready(part)
        return x
    for leaf in pytree.leaves(x):
        if isinstance(leaf, Array):
            leaf.block_until_ready()
    return x


@hides_frames
def device_put(x, device=None, *, src=None, donate=False, may_alias=None):
    """The arrays of a tree in the memory of a device (default: where they are, or the first one).

    With `donate`, an array that is copied to another device is deleted where it was. With
    `may_alias=False` the result shares no memory with `x`. Where `x` is, `src`, is known anyway.

    >>> import hloom, numpy
    >>> hloom.device_put(numpy.ones(2))
    Array([1., 1.], dtype=float32)
    """
    before, thread.context.explicit = thread.context.explicit, True
    try:
        if type(x) is np.ndarray and may_alias is not False:
            return place(x, device)
        move = functools.partial(_moved, device=device, donate=donate, copied=may_alias is False)
        return pytree.map(move, x)
    finally:
        thread.context.explicit = before


def _moved(x, device, donate, copied):
    if isinstance(x, Tracer):
        return x
    if copied and isinstance(x, np.ndarray):
        x = x.copy()
    found = place(x, device)
    if type(x) is DeviceArray:
        if copied and found is x:
            return x.copy()
        if donate and found is not x:
            found.block_until_ready()
            x.delete()
    return found


def copy_to_host_async(x):
    """Begin to copy the arrays of a tree to the host, so that reading them waits less; the tree."""
    for leaf in pytree.leaves(x):
        if hasattr(leaf, "copy_to_host_async"):
            leaf.copy_to_host_async()
    return x


def live_arrays(platform=None):
    """The arrays of a platform that have memory now, constants included, in a list.

    An array of PRNG keys is listed as its words.
    """
    raws = devices.client(platform).live_arrays()
    return [wrap(raw, raw.aval) for raw in raws if not raw.is_deleted()]


def ensure_compile_time_eval():
    """Inside a `with` block, operations on concrete values run at once, also while tracing.

    Those on traced values are traced, as they are outside of the block.

    >>> import hloom
    >>> @hloom.jit
    ... def f(x):
    ...     with hloom.ensure_compile_time_eval():
    ...         n = hloom.numpy.arange(4).sum()
    ...     return x[: int(n)].shape[0]
    >>> f(hloom.numpy.ones(9))
    Array(6, dtype=int32, weak_type=True)
    """
    parent = thread.context.trace
    return tracing(None if parent is None else FoldTrace(parent))


def fwd_and_bwd(fun, argnums, has_aux=False, jitted=True):
    """The two halves of reverse mode: `fwd(*args)` and `bwd(residuals, cotangent)`.

    `fwd` gives the result of `fun` and the residuals, a tree of arrays, and with `has_aux` the
    auxiliary data third; `bwd` gives the cotangents of the arguments that `argnums` names, a tuple,
    or one alone for an int. Both are jitted unless told otherwise.

    >>> import hloom
    >>> fwd, bwd = hloom.fwd_and_bwd(lambda x, y: x * y, argnums=(0, 1))
    >>> y, residuals = fwd(3.0, 4.0)
    >>> [float(g) for g in bwd(residuals, 1.0)]
    [4.0, 3.0]
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def fwd(*args):
        places = [i % len(args) for i in numbers]

        def partial(*values):
            full = list(args)
            for i, v in zip(places, values):
                full[i] = v
            return fun(*full)

        partial.__name__ = name_of(fun)
        return vjp(partial, *[args[i] for i in places], has_aux=has_aux)

    def bwd(residuals, cotangent):
        found = residuals(cotangent)
        return found[0] if isinstance(argnums, int) else found

    return (_jit(fwd), _jit(bwd)) if jitted else (fwd, bwd)


def device_get(x):
    """The arrays of a tree as NumPy arrays."""
    with explicit():
        return pytree.map(lambda leaf: np.asarray(leaf) if is_value(leaf) else leaf, x)
