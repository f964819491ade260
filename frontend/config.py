"""The settings of hloom: one table of flags, read from the environment or set in the program.

A combination of values is one interned, immutable object. What changes the results or the form of
compiled programs is in `Settings`: the one in force, `thread.context.settings` (see context.py), is
part of the keys of caches. What only watches, reports or forbids is in `Watches`,
`thread.context.watches`, so that turning it on makes nothing compile again.

>>> import hloom
>>> with hloom.enable_x64():
...     print(hloom.numpy.arange(3).dtype)
int64
"""

import contextlib
import os

from hloom.frontend.context import Context, thread
from hloom.frontend.errors import ValueRangeError

#: name -> (default, what it does). The environment variable is HLOOM_ and the name in capitals.
FLAGS = {
    "enable_x64": (False, "64-bit types are kept, not narrowed to 32 bits"),
    "debug_nans": (False, "stop at the operation that first makes a NaN"),
    "debug_infs": (False, "stop at the operation that first makes an infinity"),
    "debug_key_reuse": (False, "stop where a random key is used a second time"),
    "disable_jit": (False, "jit calls the Python function, operation by operation"),
    "check": (False, "check every program after tracing and after every pass"),
    "default_matmul_precision": (None, "precision of dot and conv that do not state one"),
    "default_prng_impl": ("threefry2x32", "the generator behind random.key and random.PRNGKey"),
    "default_device": (None, "where arrays are made: a device, or its name such as cpu:1"),
    "numpy_rank_promotion": ("allow", "whether arrays of different ranks broadcast"),
    "numpy_dtype_promotion": ("standard", "whether arrays of different dtypes are promoted"),
    "no_execution": (False, "no compiled program may be run"),
}
WATCHES = {
    "log_compiles": (False, "log each trace of a jitted function and each compilation"),
    "explain_cache_misses": (False, "log why a jitted function is traced again"),
    "check_tracer_leaks": (False, "raise where a traced value outlives its function"),
    "no_tracing": (False, "no jitted function may be traced"),
    "whole_tracebacks": (False, "errors show hloom's own frames too"),
    "transfer_guard_host_to_device": ("allow", "what is done when values go to a device"),
    "transfer_guard_device_to_device": ("allow", "what is done when arrays go between devices"),
    "transfer_guard_device_to_host": ("allow", "what is done when values are read"),
}
_GUARDS = ("allow", "log", "disallow", "log_explicit", "disallow_explicit")
#: name -> the values that it may have
CHOICES = {
    "default_prng_impl": ("threefry2x32", "rbg", "unsafe_rbg"),
    "numpy_rank_promotion": ("allow", "warn", "raise"),
    "numpy_dtype_promotion": ("standard", "strict"),
    **{name: _GUARDS for name in WATCHES if name.startswith("transfer_guard")},
}

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


class _Values:
    """One immutable combination of flag values; equal combinations are the same object."""

    __slots__ = ("_values",)
    flags: dict
    _interned: dict
    _values: tuple

    def __new__(cls, **values):
        key = tuple(values[name] for name in cls.flags)
        found = cls._interned.get(key)
        if found is None:
            found = object.__new__(cls)
            for name in cls.flags:
                setattr(found, name, values[name])
            found._values = key
            cls._interned[key] = found
        return found

    def replace(self, **changes):
        """These values with some flags changed."""
        return type(self)(**{**dict(zip(self.flags, self._values, strict=True)), **changes})

    def __repr__(self):
        pairs = zip(self.flags, self._values, strict=True)
        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in pairs)})"


class Settings(_Values):
    """The flags that compiled programs depend on."""

    __slots__ = tuple(FLAGS)
    flags = FLAGS
    _interned = {}


class Watches(_Values):
    """The flags that compiled programs do not depend on."""

    __slots__ = tuple(WATCHES)
    flags = WATCHES
    _interned = {}


def _split(changes):
    """The changes of settings and those of watches; raises for flags and values that are not."""
    for name, value in changes.items():
        if name not in FLAGS and name not in WATCHES:
            known = ", ".join((*FLAGS, *WATCHES))
            raise AttributeError(
                f"config: there is no flag {name!r}\n    the flags are {known}\n"
                "    use one of these"
            )
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueRangeError(
                f"config: {name}",
                f"it is {value!r}",
                f"choose among {', '.join(map(repr, CHOICES[name]))}",
            )
    settings = {n: v for n, v in changes.items() if n in FLAGS}
    return settings, {n: v for n, v in changes.items() if n in WATCHES}


def _from_environment(name, default):
    text = os.environ.get(f"HLOOM_{name.upper()}")
    if text is None or not isinstance(default, bool):
        if text is not None:
            _split({name: text})
        return default if text is None else text
    if text.lower() not in _TRUE + _FALSE:
        raise ValueError(
            f"HLOOM_{name.upper()} is {text!r}\n    a flag is on or off\n"
            "    set it to 1 or 0, or unset it"
        )
    return text.lower() in _TRUE


def _plain(name):
    return name.removeprefix("hloom_").removeprefix("jax_")


class Config:
    """The flags as attributes, with `update` to change one for the whole process.

    A name may have the prefix `hloom_`, or `jax_` as in programs written for JAX.

    >>> import hloom
    >>> hloom.config.update("jax_enable_x64", False)
    >>> hloom.config.jax_enable_x64, hloom.config.enable_x64
    (False, False)
    """

    def __getattr__(self, name):
        name = _plain(name)
        context = thread.context
        return getattr(context.watches if name in WATCHES else context.settings, name)

    def update(self, name, value):
        """Set a flag, for this thread and for those that start later."""
        settings, watches = _split({_plain(name): value})
        context = thread.context
        context.settings = context.settings.replace(**settings)
        context.watches = context.watches.replace(**watches)
        Context.initial = context.settings, context.watches

    def __repr__(self):
        context = thread.context
        inside = (repr(context.settings)[len("Settings(") : -1], repr(context.watches)[8:-1])
        return f"Config({', '.join(inside)})"


@contextlib.contextmanager
def override(**changes):
    """Change flags inside a `with` block, for this thread."""
    settings, watches = _split(changes)
    context = thread.context
    before = context.settings, context.watches
    if settings:
        context.settings = before[0].replace(**settings)
    if watches:
        context.watches = before[1].replace(**watches)
    try:
        yield
    finally:
        context.settings, context.watches = before


def enable_x64(new_val=True):
    """Keep 64-bit types inside a `with` block (or narrow them, with False)."""
    return override(enable_x64=bool(new_val))


def disable_jit(disable=True):
    """Inside a `with` block, run jitted functions as plain Python, operation by operation."""
    return override(disable_jit=bool(disable))


def debug_nans(new_val=True):
    """Inside a `with` block, raise at the operation that first makes a NaN."""
    return override(debug_nans=bool(new_val))


def default_matmul_precision(precision):
    """Inside a `with` block, the precision of products that do not state one."""
    return override(default_matmul_precision=precision)


def debug_infs(new_val=True):
    """Inside a `with` block, raise at the operation that first makes an infinity."""
    return override(debug_infs=bool(new_val))


def debug_key_reuse(new_val=True):
    """Inside a `with` block, raise KeyReuseError where a typed random key is used a second time.

    A sampler and `split` use their key; `fold_in` and `key_data` do not. Keys are followed through
    calls, branches and loops. Raw keys, of `PRNGKey`, are not watched. `hloom.random.clone` gives a
    key that may be used once more.

    >>> import hloom
    >>> key = hloom.random.key(0)
    >>> with hloom.debug_key_reuse():
    ...     x = hloom.random.normal(key)
    ...     try:
    ...         y = hloom.random.uniform(key)
    ...     except RuntimeError as e:
    ...         print(str(e).splitlines()[0])
    debug_key_reuse: a random key is used twice
    """
    return override(debug_key_reuse=bool(new_val))


def enable_checks(new_val=True):
    """Inside a `with` block, check every program after tracing and after every pass."""
    return override(check=bool(new_val))


def default_prng_impl(impl):
    """Inside a `with` block, the generator of new keys: "threefry2x32", "rbg" or "unsafe_rbg"."""
    return override(default_prng_impl=impl)


def default_device(device):
    """Inside a `with` block, the device on which arrays are made, or its name such as "cpu:1".

    Operations on arrays of another device still run there. None stands for the first device.
    """
    return override(default_device=device)


def numpy_rank_promotion(policy):
    """Inside a `with` block, whether arrays of different ranks broadcast in `hloom.numpy`.

    "allow" lets them, "warn" warns when the operation is traced, "raise" raises ShapeError; arrays
    of rank 0 always broadcast.

    >>> import hloom
    >>> import hloom.numpy as np
    >>> with hloom.numpy_rank_promotion("raise"):
    ...     try:
    ...         np.ones((2, 3)) + np.ones(3)
    ...     except ValueError as e:
    ...         print(str(e).splitlines()[0])
    add: arrays of different ranks, (3,) and (2, 3)
    """
    return override(numpy_rank_promotion=policy)


def numpy_dtype_promotion(policy):
    """Inside a `with` block, whether arrays of different dtypes are promoted to a common one.

    "standard" promotes them; "strict" raises TypePromotionError, except for Python numbers, and
    other values of weak type, that take the dtype of an array.

    >>> import hloom
    >>> import hloom.numpy as np
    >>> with hloom.numpy_dtype_promotion("strict"):
    ...     np.ones(2) + 1
    Array([2., 2.], dtype=float32)
    """
    return override(numpy_dtype_promotion=policy)


def no_execution(new_val=True):
    """Inside a `with` block, raise ForbiddenError where a compiled program would be run."""
    return override(no_execution=bool(new_val))


def no_tracing(new_val=True):
    """Inside a `with` block, raise ForbiddenError where a jitted function would be traced."""
    return override(no_tracing=bool(new_val))


def log_compiles(new_val=True):
    """Inside a `with` block, log each trace of a jitted function and each compilation.

    The logger is `hloom`, of Python's logging, and the level WARNING.
    """
    return override(log_compiles=bool(new_val))


def explain_cache_misses(new_val=True):
    """Inside a `with` block, log why a jitted function is traced: what is new in the call."""
    return override(explain_cache_misses=bool(new_val))


def whole_tracebacks(new_val=True):
    """Inside a `with` block, leave hloom's own frames in the tracebacks of errors."""
    return override(whole_tracebacks=bool(new_val))


def check_tracer_leaks(new_val=True):
    """Inside a `with` block, raise LeakedTracerError where a traced value outlives its function.

    Every trace is followed by a garbage collection, which is slow.
    """
    return override(check_tracer_leaks=bool(new_val))


def transfer_guard(policy):
    """Inside a `with` block, what is done when values go to, from or between devices.

    "log" and "disallow" concern implicit transfers: NumPy arrays and Python numbers as operands,
    `float(x)`, `numpy.asarray(x)`. "log_explicit" and "disallow_explicit" concern `device_put` and
    `device_get` too. "allow" does nothing.

    >>> import hloom, numpy
    >>> with hloom.transfer_guard("disallow"):
    ...     x = hloom.device_put(numpy.float32(1))
    ...     try:
    ...         float(x)
    ...     except RuntimeError as e:
    ...         print(str(e).splitlines()[0])
    a value would go from a device to the host: f32[]
    """
    return override(**{name: policy for name in WATCHES if name.startswith("transfer_guard")})


def transfer_guard_host_to_device(policy):
    """`transfer_guard` for values that go to a device alone."""
    return override(transfer_guard_host_to_device=policy)


def transfer_guard_device_to_device(policy):
    """`transfer_guard` for arrays that go from one device to another alone."""
    return override(transfer_guard_device_to_device=policy)


def transfer_guard_device_to_host(policy):
    """`transfer_guard` for values that are read from a device alone."""
    return override(transfer_guard_device_to_host=policy)


config = Config()
Context.initial = (
    Settings(**{n: _from_environment(n, d) for n, (d, _) in FLAGS.items()}),
    Watches(**{n: _from_environment(n, d) for n, (d, _) in WATCHES.items()}),
)
thread.context = Context()  # the first was made before there were settings
