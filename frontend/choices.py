"""Static arguments that are numbers or switches: judged here, in the same words for all functions.

n = integer("vander", "N", n, least=0)
if flag("sum", "keepdims", keepdims): ...
if one_of(mode, ("full", "same")): ...
"""

import numpy as np

from hloom.frontend.errors import ArgumentError, HloomError, UnsupportedError, ValueRangeError


def shown(value):
    """A value in a few words, on one line."""
    text = repr(value)
    return (
        text if len(text) < 60 and "\n" not in text else f"a value of type {type(value).__name__}"
    )


def whole(value):
    """`value` as a Python int, or None if it is no integer."""
    try:
        return value.__index__()
    except HloomError:  # a traced value, which says so
        raise
    except (AttributeError, TypeError):
        return None


def integer(name, what, value, least=None):
    """`value` as a Python int; ArgumentError for others, ValueRangeError for one below `least`."""
    found = whole(value)
    if found is None:
        raise ArgumentError(f"{name}: {what} is an integer", f"it is {shown(value)}", "give an int")
    if least is not None and found < least:
        raise ValueRangeError(
            f"{name}: {what} is {least} or more", f"it is {found}", "give a larger one"
        )
    return found


def unplaced(name, sharding):
    """Raise unless no sharding is asked for: results lie where the operands do."""
    if sharding is not None:
        asked, found = (
            f"{name}: the result lies where its operands do",
            f"a sharding is {shown(sharding)}",
        )
        raise UnsupportedError(asked, found, "leave it away, and use hloom.device_put")


def without(name, **options):
    """Raise if an option is asked for that only other implementations have."""
    for what, value in options.items():
        if value is not None and value is not False:
            asked, found = f"{name}: {what} is not available", f"it is {shown(value)}"
            raise UnsupportedError(asked, found, "leave it away")


def one_of(value, options):
    """Whether `value` is one of some options; what cannot be compared or hashed is none."""
    try:
        return bool(value in options)
    except (TypeError, ValueError):
        return False


def flag(name, what, value):
    """`value`, a bool or an integer, as a bool; ArgumentError for others."""
    if value is True or value is False:
        return value
    if not isinstance(value, np.bool_) and whole(value) is None:
        found = f"it is {shown(value)}"
        raise ArgumentError(f"{name}: {what} is True or False", found, "give one of them")
    return bool(value)
