"""Tracebacks as users read them: an error that leaves hloom takes hloom's own frames out.

What is left are the calls that the user wrote. A public function does this by one handler, which
costs nothing until something is raised:

    except Exception as error:
        hide_frames(error)
        raise

The bare `raise` adds no entry for the frame that it stands in.
"""

import functools

from hloom.frontend.context import thread
from hloom.frontend.errors import HloomError
from hloom.frontend.source import is_internal


def hide_frames(error):
    """Take hloom's frames out of an error's traceback, unless the flag `whole_tracebacks` is on.

    With them goes an error that came before it and never left hloom. An error that is neither
    hloom's own nor raised by the user's code keeps all: it is a bug.
    """
    if thread.context.watches.whole_tracebacks:
        return
    kept, inside = _entries(error)
    if inside and not isinstance(error, HloomError):
        return
    following = None
    for entry in reversed(kept):
        entry.tb_next = following
        following = entry
    error.__traceback__ = following
    origin = error.__cause__ or error.__context__
    if origin is not None and not _entries(origin)[0]:
        error.__cause__ = None


def _entries(error):
    """The entries of a traceback that are the user's, and whether the last one is hloom's."""
    kept, inside, entry = [], False, error.__traceback__
    while entry is not None:
        inside = is_internal(entry.tb_frame.f_code.co_filename)
        if not inside:
            kept.append(entry)
        entry = entry.tb_next
    return kept, inside


def hides_frames(function):
    """Make errors that leave a function take hloom's frames out of their tracebacks."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except Exception as error:
            hide_frames(error)
            raise

    return call
