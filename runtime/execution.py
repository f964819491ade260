"""Execution of compiled programs, and what their failures mean in the user's terms.

Every program runs through `run`. A failure says what is wrong with the arrays that were given: one
was deleted or donated, or one is donated twice; or that a callback raised.
"""

from hloom.frontend.errors import ArgumentError, DeletedArrayError
from hloom.runtime.failures import reveal


def run(execute, buffers, handlers):
    """Execute a program on buffers; the buffers of its results."""
    try:
        return execute(buffers).consume_with_handlers(handlers)
    except RuntimeError as e:
        raise explain(e, buffers) from None


def explain(error, buffers):
    """The error to raise in place of jaxlib's, or jaxlib's own if the buffers are in order.

    Raises CallbackError, with the user's exception as its cause, if a callback failed.
    """
    reveal(error)
    for i, b in enumerate(buffers):
        if b.is_deleted():
            return deleted(f"operand {i} of {len(buffers)}, {b.aval}, has no value any more")
    text = str(error)
    if "shards, got: [" in text:  # jaxlib's words for a deleted buffer; it is none of the operands
        return deleted("an array that the function closes over has no value any more")
    if "donate the same buffer twice" in text:
        first: dict[int, int] = {}
        for i, b in enumerate(buffers):
            k = first.setdefault(id(b), i)
            if k != i:
                return ArgumentError(
                    f"one array, {b.aval}, is given twice to a function that donates it",
                    f"operands {k} and {i} are the same array, whose memory can be given up once",
                    "pass x + 0 as one of them, or do not donate it",
                )
    return error


def deleted(what):
    """The error about an array whose memory is gone."""
    return DeletedArrayError(
        what,
        "it was deleted, or donated to a jitted function (donate_argnums)",
        "use the function's result instead, or do not donate it",
    )
