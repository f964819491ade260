"""What is in force in this thread: the settings, the current trace and the named axes.

`context.trace` is None when operations run at once on concrete values; otherwise it is the Trace
that every primitive goes to (see trace.py). `context.axes` maps the name of each mapped axis to its
size. `context.scopes` is the path of the named scopes (see scopes.py), `context.explicit` whether a
transfer was asked for (see runtime/guards.py).
"""

import contextlib
import gc
import threading
from typing import Any


class Context(threading.local):
    """Per-thread state; the class attributes are what a new thread starts with."""

    trace: Any = None
    settings: Any = None
    watches: Any = None
    axes: dict = {}
    scopes: str = ""
    explicit: bool = False


context = Context()


@contextlib.contextmanager
def tracing(trace):
    """Send every primitive to `trace` inside a `with` block."""
    before = context.trace
    context.trace = trace
    try:
        yield trace
    finally:
        context.trace = before


@contextlib.contextmanager
def named_axis(name, size):
    """Make the axis `name` known inside a `with` block."""
    before = context.axes
    if name is not None:
        context.axes = {**before, name: size}
    try:
        yield
    finally:
        context.axes = before


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
