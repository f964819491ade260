"""Which arguments of a jitted function are marked, static or donated, by number and by name."""

import inspect

from hloom.frontend.errors import ArgumentError, ValueRangeError
from hloom.frontend.flat import name_of

_POSITIONAL = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD


class Parameters:
    """The parameters of a function: positional ones in order, all names, and if it takes more."""

    def __init__(self, fun):
        self.function = name_of(fun)
        try:
            found = list(inspect.signature(fun).parameters.values())
        except (TypeError, ValueError):  # some built-ins do not tell
            found = []
            self.known = self.closed = self.named = False
        else:
            kinds = {p.kind for p in found}
            self.known = True
            self.closed = inspect.Parameter.VAR_POSITIONAL not in kinds
            self.named = inspect.Parameter.VAR_KEYWORD not in kinds
        self.positional = [p.name for p in found if p.kind in _POSITIONAL]
        self.names = {p.name for p in found}

    def marks(self, what, nums, names):
        """Numbers and names of the arguments marked `what`; if only one is given, both follow."""
        inferred = nums is None or names is None
        nums = self._listed(f"{what}_argnums", nums, int)
        names = self._listed(f"{what}_argnames", names, str)
        n = len(self.positional)
        if self.closed:
            nums = tuple([self._index(f"{what}_argnums", i, n) for i in nums])
        for k in names:
            if self.named and k not in self.names:
                raise ValueRangeError(
                    f"jit: {what}_argnames names {k!r}",
                    f"{self.function} has no such parameter: ({', '.join(sorted(self.names))})",
                    "name a parameter of the function",
                )
        if inferred and self.known:
            extra = [self.positional.index(k) for k in names if k in self.positional]
            names = *names, *[self.positional[i] for i in nums if -n <= i < n]
            nums = *nums, *extra
        return frozenset(nums), frozenset(names)

    def _listed(self, what, given, kind):
        if given is None or isinstance(given, kind):
            return () if given is None else (given,)
        try:
            listed = tuple([i.__index__() if kind is int else i for i in given])
        except (TypeError, AttributeError):
            listed = (None,)
        if not all([isinstance(i, kind) for i in listed]):
            raise ArgumentError(
                f"jit: {what} is of type {kind.__name__}, or several of them in a sequence",
                f"it is {given!r}",
                "numbers are argnums, names are argnames",
            )
        return listed

    def _index(self, what, i, n):
        if not -n <= i < n:
            raise ValueRangeError(
                f"jit: {what} counts the positional parameters of {self.function}",
                f"{i} is given, and there are {n}",
                "give a smaller number, or the name of a keyword-only parameter as argname",
            )
        return i % n


def disjoint(function, static, donated):
    """Refuse arguments that are both static and donated; each is a pair (numbers, names)."""
    both = [*(static[0] & donated[0]), *(static[1] & donated[1])]
    if both:
        raise ValueRangeError(
            f"jit: an argument of {function} is either static or donated",
            f"{', '.join(map(repr, both))} is both",
            "donate arrays alone: a static argument has no memory on the device",
        )
