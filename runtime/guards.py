"""What the settings forbid or log: transfers, executions and traces.

A transfer is explicit when `device_put` or `device_get` asks for it; `thread.context.explicit` says
so.
"""

import contextlib
import logging

from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import thread
from hloom.frontend.errors import ForbiddenError

log = logging.getLogger("hloom")

_PLACES = {
    "host_to_device": "from the host to a device",
    "device_to_device": "from one device to another",
    "device_to_host": "from a device to the host",
}


def transfer(kind, aval):
    """Log or refuse a transfer of a value, as the guard of its kind says."""
    policy = getattr(thread.context.watches, f"transfer_guard_{kind}")
    explicit = thread.context.explicit
    if policy == "allow" or (explicit and not policy.endswith("explicit")):
        return
    asked = f"a value would go {_PLACES[kind]}: {aval}"
    if policy.startswith("log"):
        log.warning("a value goes %s: %s", _PLACES[kind], aval)
        return
    remedy = "use hloom.device_put or hloom.device_get to say that it should"
    if explicit:
        remedy = "leave the guard first"
    raise ForbiddenError(asked, f'transfer_guard_{kind} is "{policy}"', remedy)


@contextlib.contextmanager
def explicit():
    """Inside a `with` block, transfers are explicit."""
    before = thread.context.explicit
    thread.context.explicit = True
    try:
        yield
    finally:
        thread.context.explicit = before


def execution(name):
    """Refuse to run a program, if nothing may be run."""
    if thread.context.settings.no_execution:
        raise ForbiddenError(
            f"{name}: would be run", "no_execution is on", "leave hloom.no_execution first"
        )


def tracing(name, key, known):
    """Report or refuse that a jitted function is traced for a key unlike the known ones."""
    watches = thread.context.watches
    if watches.no_tracing:
        raise ForbiddenError(
            f"{name}: would be traced", ["no_tracing is on", *_news(key, known)],
            "call it with these types before, or leave hloom.no_tracing first",
        )  # fmt: skip
    if watches.explain_cache_misses:
        log.warning("%s is traced: %s", name, "; ".join(_news(key, known)))
    if watches.log_compiles:
        avals = ", ".join(str(k) for k in key if type(k) is ShapedArray)
        log.warning("Tracing %s for (%s)", name, avals)


def _news(key, known):
    """What tells a key from the known one that is most like it."""
    if not known:
        return ["it has not been called before"]
    same = lambda other: sum([a == b for a, b in zip(key, other)]) - abs(len(key) - len(other))
    closest = max(known, key=same)
    first = next(i for i, k in enumerate((*key, ShapedArray((), "bool"))) if type(k) is ShapedArray)
    found = []
    for i, (a, b) in enumerate(zip(key, closest)):
        if a == b:
            continue
        if i == 0:
            names = [n for n in a.flags if getattr(a, n) != getattr(b, n)]
            found.append(f"the settings {', '.join(names)} are new")
        elif i == 1:
            found.append(f"the named axes are {a}, they were {b}")
        elif type(a) is ShapedArray and type(b) is ShapedArray:
            found.append(f"array {i - first} is {a}, it was {b}")
        elif i == 2:
            found.append("the structure of the arguments is new")
        else:
            found.append(f"the static arguments are {a}, they were {b}")
    return found or ["the number of arguments is new"]
