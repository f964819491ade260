"""Warnings at the user's line, as often as the line runs.

A library function is traced once and its executable kept; what it warned of while it was traced is
kept with the executable, and said again at each of its calls. Python shows a warning once for each
line of the user's, unless told otherwise.
"""

import contextlib
import sys
import threading
import warnings

from hloom.frontend import source
from hloom.frontend.errors import message


class _Kept(threading.local):
    notices: list | None = None


_kept = _Kept()


def warn(asked, found=None, remedy=None, category=UserWarning):
    """Warn at the user's line, in the three parts of an error; later, if notices are being kept."""
    if _kept.notices is None:
        say((asked, found, remedy, category))
    else:
        _kept.notices.append((asked, found, remedy, category))


def say(notice):
    """Give one warning."""
    asked, found, remedy, category = notice
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and source.is_internal(frame.f_code.co_filename):
        level, frame = level + 1, frame.f_back
    text = message(asked, found, remedy) if found or remedy else asked
    warnings.warn(text, category, stacklevel=level)


@contextlib.contextmanager
def keeping():
    """Keep the warnings given in a `with` block in the list that it yields."""
    before, _kept.notices = _kept.notices, []
    try:
        yield _kept.notices
    finally:
        _kept.notices = before
