"""Where in the user's program an equation came from.

While tracing, `capture()` takes a cheap snapshot of the stack; nothing is resolved until an error,
a location or a printout asks. `user_frame` then finds the innermost frame that is not hloom's own.
The runtime replaces `capture` by jaxlib's C++ snapshot, which costs a fifth of a microsecond. While
that is on, jaxlib takes one for every array that it makes, a tenth of a small call and more under
a deep stack: it rests while nothing is traced. jaxlib fails where its switch is turned on while
another thread runs a program, so once a second thread uses hloom it stays as it is, and Python
takes the snapshots where it is off.
"""

import linecache
import os
import sys
import threading
from types import FrameType, SimpleNamespace

_LAYERS = ("frontend", "transforms", "lowering", "runtime", "hloom")
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_INSIDE = tuple(
    os.path.join(base, layer) + os.sep
    for layer in _LAYERS
    for base in dict.fromkeys((_ROOT, os.path.dirname(_ROOT)))
)
_KNOWN: dict = {}


def is_internal(filename):
    """Whether a file is part of hloom, and so not the user's."""
    found = _KNOWN.get(filename)
    if found is None:
        found = filename.startswith(_INSIDE) or filename.startswith("<frozen")
        _KNOWN[filename] = found
    return found


def _python_snapshot():
    frames: list = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if not is_internal(code.co_filename):
            frames.append(
                SimpleNamespace(
                    file_name=code.co_filename, function_name=code.co_name, line_num=frame.f_lineno
                )
            )
            break
        frame = frame.f_back
    return SimpleNamespace(frames=frames)


capture = _python_snapshot
#: called with whether snapshots are wanted; those of Python need no switch
_switch = bool
#: the first thread that uses hloom; None once there are several
_alone: int | None = threading.get_ident()
_lock = threading.Lock()


def install(snapshot, switch=None):
    """Make `snapshot` the function that captures the stack, or gives None once switched off."""
    global capture, _switch
    capture, _switch = snapshot, switch or _switch


def awake():
    """A snapshot after a rest; those that follow need no waking."""
    with _lock:
        if _alone is not None:
            _switch(True)
    return capture() or _python_snapshot()


def rest():
    """Switch snapshots off, unless JAX is in the process: it wants its own."""
    with _lock:
        if _alone is not None:
            _switch("jax" in sys.modules)


def enter():
    """Take note of a thread that uses hloom for the first time."""
    global _alone
    with _lock:
        if _alone not in (None, threading.get_ident()):
            _alone = None
            _switch("jax" in sys.modules)


def here():
    """A snapshot where few are taken: it wakes nothing for longer."""
    found = capture()
    if found is None:
        found = awake()
        rest()
    return found


def user_frame(snapshot):
    """The user's innermost frame (file_name, line_num, function_name) of a snapshot, or None."""
    if snapshot is None:
        return None
    return next((f for f in snapshot.frames if not is_internal(f.file_name)), None)


def describe(snapshot):
    """`model.py:12   return h + bias`, or None when no user frame is known."""
    frame = user_frame(snapshot)
    if frame is None:
        return None
    text = linecache.getline(frame.file_name, frame.line_num).strip()
    place = f"{os.path.basename(frame.file_name)}:{frame.line_num}"
    return f"{place}   {text}" if text else place
