"""The settings of hloom: one table of flags, read from the environment or set in the program.

A combination of values is one interned, immutable `Settings` object. The one in force is
`context.settings` (see context.py), so caches put it in their keys and compare it by identity.

>>> import hloom
>>> with hloom.enable_x64():
...     print(hloom.numpy.arange(3).dtype)
int64
"""

import contextlib
import os

from hloom.frontend.context import context

#: name -> (default, what it does). The environment variable is HLOOM_ and the name in capitals.
FLAGS = {
    "enable_x64": (False, "64-bit types are kept, not narrowed to 32 bits"),
    "debug_nans": (False, "stop at the operation that first makes a NaN"),
    "disable_jit": (False, "jit calls the Python function, operation by operation"),
    "check": (False, "check every program after tracing and after every pass"),
    "default_matmul_precision": (None, "precision of dot and conv that do not state one"),
    "default_prng_impl": ("threefry2x32", "the generator behind random.key and random.PRNGKey"),
}

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


class Settings:
    """One immutable combination of flag values; equal combinations are the same object."""

    __slots__ = (*FLAGS, "_values")
    _interned: dict = {}
    _values: tuple

    def __new__(cls, **values):
        key = tuple(values[name] for name in FLAGS)
        found = cls._interned.get(key)
        if found is None:
            found = object.__new__(cls)
            for name in FLAGS:
                setattr(found, name, values[name])
            found._values = key
            cls._interned[key] = found
        return found

    def replace(self, **changes):
        """These settings with some flags changed."""
        for name in changes:
            if name not in FLAGS:
                known = ", ".join(FLAGS)
                raise AttributeError(
                    f"config: there is no flag {name!r}\n    the flags are {known}\n"
                    "    use one of these"
                )
        return Settings(**{**dict(zip(FLAGS, self._values, strict=True)), **changes})

    def __repr__(self):
        return (
            f"Settings({', '.join(f'{n}={v!r}' for n, v in zip(FLAGS, self._values, strict=True))})"
        )


def _from_environment(name, default):
    text = os.environ.get(f"HLOOM_{name.upper()}")
    if text is None or not isinstance(default, bool):
        return default if text is None else text
    if text.lower() not in _TRUE + _FALSE:
        raise ValueError(
            f"HLOOM_{name.upper()} is {text!r}\n    a flag is on or off\n"
            "    set it to 1 or 0, or unset it"
        )
    return text.lower() in _TRUE


class Config:
    """The flags as attributes, with `update` to change one for the whole process."""

    def __getattr__(self, name):
        return getattr(context.settings, name.removeprefix("hloom_"))

    def update(self, name, value):
        """Set a flag, for this thread and for those that start later."""
        changed = context.settings.replace(**{name.removeprefix("hloom_"): value})
        type(context).settings = changed
        context.settings = changed

    def __repr__(self):
        return repr(context.settings).replace("Settings", "Config")


@contextlib.contextmanager
def override(**changes):
    """Change flags inside a `with` block, for this thread."""
    before = context.settings
    context.settings = before.replace(**changes)
    try:
        yield
    finally:
        context.settings = before


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


config = Config()
type(context).settings = Settings(**{n: _from_environment(n, d) for n, (d, _) in FLAGS.items()})
