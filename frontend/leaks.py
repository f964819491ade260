"""`check_tracer_leaks`: after a function has been traced, none of its traced values may be left."""

import gc

from hloom.frontend.errors import LeakedTracerError


def check(trace, kind, fun):
    """Raise LeakedTracerError if a tracer, of class `kind`, is left of the ended trace of `fun`.

    Only functions of users, which are Flat, are judged: passes put traced values by for a while.
    """
    if not hasattr(fun, "out_tree"):
        return
    gc.collect()
    left = [x for x in gc.get_referrers(trace) if isinstance(x, kind) and x.trace is trace]
    if not left:
        return
    holders = {type(h).__name__ for h in gc.get_referrers(left[0]) if h is not left}
    raise LeakedTracerError(
        f"a traced value ({left[0].aval}) is left after its function has been traced",
        f"it was made under {trace.what}, and is held by {', '.join(sorted(holders)) or 'a frame'}",
        "return it from the function, and keep no traced values in globals, lists or attributes",
    )
