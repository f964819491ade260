"""Failures of callbacks: from the text that XLA gives back to the exception of the user's function.

XLA reports a failed callback as text. `Hosted` keeps the exception itself under a number that
stands in the text, so that the error raised to the user has it as its cause.
"""

import itertools
import re
from collections import OrderedDict

from hloom.frontend.errors import HloomError
from hloom.runtime.pjrt import JaxlibError

_KEPT = 64
_MARK = re.compile(r"hloom callback failure (\d+)\.")
_failures: OrderedDict = OrderedDict()
_numbers = itertools.count()


class CallbackError(HloomError, JaxlibError):
    """A Python function that a program called on the host raised; its cause is what it raised."""


class _Failed(Exception):
    """What XLA is told of an exception: its number."""


class Hosted:
    """A host function as the runtime calls it: it gives a tuple, and its exceptions are kept."""

    def __init__(self, function):
        self.function = function

    def __call__(self, *arrays):
        try:
            return tuple(self.function(*arrays))
        except BaseException as error:
            number = next(_numbers)
            _failures[number] = self.function, error
            if len(_failures) > _KEPT:
                _failures.popitem(last=False)
            raise _Failed(f"hloom callback failure {number}.") from None


def reveal(error):
    """Raise CallbackError if a callback is behind an error of the runtime."""
    found = _MARK.search(str(error))
    kept = found and _failures.get(int(found[1]))
    if kept:
        function, cause = kept
        raise failed(function, cause) from cause


def failed(function, cause):
    """The error about a host function that raised `cause`."""
    return CallbackError(
        f"{function.__name__}: the callback raised {type(cause).__name__}",
        str(cause).splitlines(),
        "the function's own traceback stands above",
        function.source,
    )
