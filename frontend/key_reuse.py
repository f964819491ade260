"""Random keys that are used twice, found in a Program (`debug_key_reuse`).

A key is used where a sampler or `split` takes its words, which `random_unwrap` says; `fold_in` and
`key_data` only look. Each key is followed by a token: a tuple that starts with the variable where
it came to be, and goes on with the slices taken of it. Two uses of one token are an error, and so
are uses of an array of keys and of a slice of it. Slices at places that are computed are taken to
be others each time.
"""

from hloom.frontend import source
from hloom.frontend.errors import KeyReuseError
from hloom.frontend.ir import Literal, sub_programs
from hloom.frontend.keys import is_key
from hloom.frontend.prims import calls, control, indexing, random, structural

#: these give the keys they are given, in another shape or all the same
_SAME = (structural.reshape, structural.squeeze, structural.transpose)
#: these give some of the keys they are given, the same ones for equal parameters
_SOME = (structural.slice, indexing.dynamic_slice, indexing.gather)


def uses(program):
    """Position among the inputs -> the source of the use of that key; raises KeyReuseError."""
    found = program.memo.get("key uses")
    if found is None:
        found = program.memo["key uses"] = _Walk(program).inputs()
    return found


class _Walk:
    def __init__(self, program):
        self.program = program
        self.used: dict = {}  # token -> the source of its use
        self.tokens: dict = {}
        for eqn in program.eqns:
            if eqn.primitive is random.random_unwrap:
                if eqn.params.get("used"):
                    self.use(eqn.invars[0], eqn.source)
            elif eqn.primitive in _SAME:
                self.tokens[eqn.outvars[0]] = self.token(eqn.invars[0])
            elif eqn.primitive in _SOME and is_key(eqn.invars[0].aval):
                self.some(eqn)
            elif sub_programs(eqn) and any([is_key(a.aval) for a in eqn.invars]):
                _CALLS.get(eqn.primitive, _Walk.call)(self, eqn)

    def token(self, atom):
        return self.tokens.get(atom, (atom,))

    def inputs(self):
        """The uses of the program's own inputs, or of parts of them."""
        place = {v: i for i, v in enumerate(self.program.invars)}
        return {place[t[0]]: s for t, s in self.used.items() if t[0] in place}

    def use(self, atom, where):
        token = self.token(atom)
        for other, first in self.used.items():
            n = min(len(token), len(other))
            if token[:n] == other[:n]:
                raise reuse(atom.aval, first, where)
        self.used[token] = where

    def some(self, eqn):
        whole, *indices = eqn.invars
        if all([type(i) is Literal for i in indices]):
            at = (eqn.primitive, *[i.value for i in indices], *eqn.params.items())
            self.tokens[eqn.outvars[0]] = (*self.token(whole), at)

    # ------------------------------------------------------------ programs in programs
    def call(self, eqn):
        """A call: the operands are the inputs of each program, from the last one backwards."""
        for sub in sub_programs(eqn):
            first = len(eqn.invars) - len(sub.invars)
            for i in uses(sub):
                if first + i >= 0:
                    self.use(eqn.invars[first + i], eqn.source)
            inner = dict(zip(sub.invars, eqn.invars[max(first, 0) :]))
            if eqn.primitive is calls.jit:
                for out, v in zip(eqn.outvars, sub.outvars, strict=True):
                    if v in inner:
                        self.tokens[out] = self.token(inner[v])

    def cond(self, eqn):
        """One of the branches is run."""
        for i in set().union(*map(uses, eqn.params["branches"])):
            self.use(eqn.invars[1 + i], eqn.source)

    def scan(self, eqn):
        """A body whose leading operands stay, and whose carry is what it gave the last time."""
        params, body = eqn.params, eqn.params["body"]
        self.loop(eqn, body, 0, params["num_consts"], params["num_carry"], params["length"] > 1)

    def while_loop(self, eqn):
        """As a scan; the condition, which sees the carry that the body sees, can use no key."""
        params = eqn.params
        first, consts = params["cond_consts"], params["body_consts"]
        self.loop(eqn, params["cond"], 0, len(params["cond"].invars), 0, True)
        self.loop(eqn, params["body"], first, consts, len(eqn.invars) - first - consts, True)

    def loop(self, eqn, body, first, consts, carry, again):
        """A body that may be run `again`: a key that it uses must be a new one the next time."""
        results = dict(zip(body.invars[consts : consts + carry], body.outvars, strict=False))
        for i, where in uses(body).items():
            v = body.invars[i]
            if again and (i < consts or results.get(v) is v):
                raise reuse(v.aval, where, where, "the next time around")
            self.use(eqn.invars[first + i], eqn.source)


_CALLS = {
    control.cond: _Walk.cond,
    control.scan: _Walk.scan,
    control.while_loop: _Walk.while_loop,
}


def reuse(aval, first, where, again="again"):
    """The error for a key that is used a second time; `first` and `where` are snapshots."""
    place = source.describe(first)
    return KeyReuseError(
        "debug_key_reuse: a random key is used twice",
        f"the numbers drawn with {aval} at {place}, and {again}, are not independent",
        "split the key for each use, or pass hloom.random.clone(key) where equal numbers are meant",
        where,
    )
