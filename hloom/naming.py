"""Functions made in families: one signature and one body, several names."""

from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function", bound=Callable)


def named(function: Function, name: str, doc: str) -> Function:
    """The function under the name and with the document of a member of its family."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function
