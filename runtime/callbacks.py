"""Callbacks while programs run: who waits for whom, and calls on concrete values.

Programs with callbacks leave a token when they start. An ordered program waits for the token of the
one before it; `effects_barrier`, and the end of the process, wait for all.
"""

import atexit
import threading
from collections import deque

from hloom.frontend.prims import callbacks
from hloom.runtime.array import as_array, put
from hloom.runtime.failures import failed, reveal
from hloom.runtime.pjrt import JaxlibError

# ---------------------------------------------------------------- tokens
_lock = threading.Lock()
_tokens: deque = deque()
_last_ordered = None


def started(execute, ordered):
    """`execute` of a program with callbacks, which leaves a token."""

    def start(buffers):
        global _last_ordered
        if ordered and _last_ordered is not None:
            _wait(_last_ordered)
        results = execute(buffers, with_tokens=True)
        token = results.consume_token()
        with _lock:
            if ordered:
                _last_ordered = token
            _tokens.append(token)
            oldest = _tokens.popleft() if len(_tokens) > 32 else None
        if oldest is not None:
            _wait(oldest)
        return results

    return start


def _wait(token):
    try:
        token.block_until_ready()
    except JaxlibError as error:
        reveal(error)
        raise


def effects_barrier():
    """Wait until every callback of the programs started so far has run.

    Raises hloom.errors.CallbackError if one of them failed.

    >>> import hloom
    >>> hloom.jit(lambda x: hloom.debug.print("x is {}", x))(1.0)
    x is 1.0
    >>> hloom.effects_barrier()
    """
    while True:
        with _lock:
            if not _tokens:
                return
            token = _tokens.popleft()
        _wait(token)


atexit.register(effects_barrier)


# ---------------------------------------------------------------- on concrete values
def _eager(args, params):
    function = params["function"]
    if params.get("ordered") and _last_ordered is not None:
        _wait(_last_ordered)
    arrays = [as_array(a)._numpy() for a in args]
    try:
        found = function(*arrays)
    except Exception as error:
        raise failed(function, error) from error
    return [put(x, a) for x, a in zip(found, function.out_avals, strict=True)]


for _primitive in (callbacks.pure_callback, callbacks.io_callback, callbacks.debug_callback):
    _primitive.eager = _eager
