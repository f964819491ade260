"""Rejection sampling of whole arrays: propose for all elements, keep those accepted, go on."""

from hloom.frontend.errors import ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.reduction import reduce_and
from hloom.frontend.prims.structural import broadcast_in_dim
from hloom.frontend.trace import aval_of
from hloom.lax.loops import while_loop
from hloom.random.draw import row

#: how many proposals "approximate" methods make, the last of which is taken as it is
ROUNDS = 6


def is_exact(name, method):
    """Whether a sampler's `method` asks for a loop until all is accepted."""
    if method not in ("exact", "approximate"):
        found, remedy = f"it is {method!r}", "use one of them"
        raise ValueRangeError(f"{name}: method is 'exact' or 'approximate'", found, remedy)
    return method == "exact"


def sample(made, words, propose, exact=True, skip=None):
    """The first accepted proposal of each element.

    `propose(words)` gives proposals and bools that accept them; it is called with new words each
    time. Elements where `skip` holds are of no interest. If not `exact`, there are a few rounds and
    no loop, and the last proposals are taken.
    """
    if not exact:
        keys = made.split(words, (ROUNDS,))
        x, done = propose(row(keys, 0))
        for i in range(1, ROUNDS):
            new, accepted = propose(row(keys, i))
            x, done = e.select(done, x, new), e.bitwise_or(done, accepted)
        return x

    def step(state):
        i, x, done = state
        new, accepted = propose(made.fold_in(words, i))
        return e.add(i, 1), e.select(done, x, new), e.bitwise_or(done, accepted)

    def unfinished(state):
        done = state[2]
        return e.bitwise_not(reduce_and(done, range(aval_of(done).ndim)))

    x, done = propose(words)
    done = done if skip is None else e.bitwise_or(done, skip)
    first = broadcast_in_dim(typed_literal(0, words.dtype), (), ())
    return while_loop(unfinished, step, (first, x, done))[1]
