"""`debug_key_reuse` between executions: the keys that programs have used, by their buffers."""

import weakref

from hloom.frontend import source
from hloom.frontend.key_reuse import reuse, uses

#: id of a buffer -> the buffer, weakly, and the source of the use of the key in it
_used: dict = {}


class Watched:
    """An executable that raises KeyReuseError when given a key that was used before."""

    def __init__(self, executable, places):
        self.executable = executable
        self.places = places

    def __call__(self, buffers):
        """Run on a tuple of buffers; a list of arrays."""
        program, here = self.executable.program, source.here()
        for i in self.places:
            if (found := _used.get(id(buffers[i]))) is not None:
                raise reuse(program.in_avals[i], found[1], here)
        results = self.executable(buffers)
        for i in self.places:
            _remember(buffers[i], here)
        return results


def watched(executable):
    """The executable, or one that watches the keys which its program uses."""
    places = tuple(uses(executable.program))
    return Watched(executable, places) if places else executable


def _remember(buffer, where):
    number = id(buffer)
    _used[number] = weakref.ref(buffer, lambda _: _used.pop(number, None)), where
