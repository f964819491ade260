"""`named_scope`: names for parts of a program, which profilers and dumps of the compiler show.

While no scope is open nothing is paid for them: opening the first one puts another function in the
place of `source.capture`, and closing the last one puts the old one back.
"""

import contextlib
import threading

from hloom.frontend import source
from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError
from hloom.frontend.flat import name_of

_lock = threading.Lock()
_open = 0


class Scoped:
    """A snapshot of the stack with the path of the scopes that it was taken in."""

    __slots__ = ("path", "snapshot")

    def __init__(self, path, snapshot):
        self.path, self.snapshot = path, snapshot

    @property
    def frames(self):
        """The frames of the stack."""
        return self.snapshot.frames


@contextlib.contextmanager
def named_scope(name):
    """Name the operations made inside a `with` block, or in the function that it decorates.

    Scopes nest: the names stand in StableHLO's locations and in the `op_name` of HLO metadata, with
    slashes between them, and profilers show them.

    >>> import hloom
    >>> @hloom.named_scope("block")
    ... def f(x):
    ...     return x + 1
    >>> '"block"' in hloom.jit(f).lower(1.0).as_text(debug_info=True)
    True
    """
    if not isinstance(name, str):
        raise ArgumentError(
            "named_scope: the name is a string",
            f"it is {name!r} of type {type(name).__name__}",
            'write named_scope("name")',
        )
    before = thread.context.scopes
    thread.context.scopes = f"{before}/{name}" if before else name
    _count(1)
    try:
        yield
    finally:
        _count(-1)
        thread.context.scopes = before


def named_call(fun, *, name=None):
    """The function `fun` with its operations in a scope of its name, or of another."""
    return named_scope(name or name_of(fun))(fun)


def _count(change):
    global _open, _plain
    with _lock:
        if _open == 0:
            _plain = source.capture
            source.install(_capture)
        _open += change
        if _open == 0:
            source.install(_plain)


_plain = source.capture


def _capture():
    path, snapshot = thread.context.scopes, _plain()
    return Scoped(path, snapshot) if path and snapshot else snapshot
