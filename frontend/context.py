"""What is in force in this thread: the settings, the current trace and the named axes.

`thread.context` is this thread's Context. Its `trace` is None when operations run at once on
concrete values; otherwise it is the Trace that every primitive goes to (see trace.py). `axes` maps
the name of each mapped axis to its size; `scopes` is the path of the named scopes (see scopes.py),
`explicit` whether a transfer was asked for (see runtime/guards.py).
"""

import contextlib
import gc
import threading
from typing import Any

from hloom.frontend import source


class Context:
    """The state of one thread. Hot paths take it once: looking up a thread's own is slow."""

    __slots__ = ("axes", "explicit", "scopes", "settings", "trace", "watches")

    #: what a new thread starts with (see config.py)
    initial: Any = (None, None)

    def __init__(self):
        self.settings, self.watches = self.initial
        self.trace: Any = None
        self.axes: dict = {}
        self.scopes = ""
        self.explicit = False


class _Thread(threading.local):
    def __init__(self):
        self.context = Context()
        source.enter()


thread = _Thread()


@contextlib.contextmanager
def tracing(trace):
    """Send every primitive to `trace` inside a `with` block."""
    before = thread.context.trace
    thread.context.trace = trace
    try:
        yield trace
    finally:
        thread.context.trace = before


@contextlib.contextmanager
def named_axis(name, size):
    """Make the axis `name` known inside a `with` block."""
    before = thread.context.axes
    if name is not None:
        thread.context.axes = {**before, name: size}
    try:
        yield
    finally:
        thread.context.axes = before


@contextlib.contextmanager
def collector_paused():
    """Keep the garbage collector out of a `with` block.

    Tracing and lowering make many objects that all stay; the collector would visit them over and
    over.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
