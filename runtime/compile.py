"""Programs to executables: passes, lowering, and the caches of what has been compiled.

Three levels: the executable kept with its program, an in-memory table keyed by the module's bytes,
and the disk cache keyed by the same bytes with all else that compilation depends on.
"""

import contextlib
import functools
import hashlib
import os
import platform as machine
from collections import OrderedDict

from hloom.frontend import key_reuse
from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError
from hloom.frontend.ir import check
from hloom.frontend.keys import in_memory
from hloom.runtime import cache, devices, guards, pjrt, room
from hloom.runtime.array import place, wrap_all
from hloom.runtime.callbacks import started
from hloom.runtime.execution import run
from hloom.runtime.failures import Hosted
from hloom.runtime.placement import SEVERAL_DEVICES, Following

_passes: list = []
_last_passes: list = []
_memory: OrderedDict = OrderedDict()
room.forgets(_memory.clear)
_MEMORY_ENTRIES = 4096


def install(*passes, last):
    """Make `passes`, functions Program -> Program, run before every compilation.

    Those of `last` run when the program will be transformed no more: they say effects and extended
    dtypes by what a module has.
    """
    _passes[:] = passes
    _last_passes[:] = last


def prepared(program):
    """A program after the passes that precede lowering."""
    if thread.context.settings.debug_key_reuse:
        key_reuse.uses(program)
    for improve in _passes:
        program = improve(program)
        if thread.context.settings.check:
            check(program)
    return program


def _final(program):
    """A prepared program as it is lowered."""
    for rewrite in _last_passes:
        program = rewrite(program)
    return program


class Executable:
    """A compiled program: called with buffers, it gives arrays."""

    __slots__ = (
        "devices",
        "execute",
        "handlers",
        "loaded",
        "module",
        "options",
        "out_avals",
        "program",
    )

    def __init__(self, program, loaded, module, placed, options=()):
        self.program = program
        self.loaded = loaded
        self.module = module
        self.devices = placed
        self.options = options
        self.out_avals = program.out_avals
        self.handlers = [pjrt.handler(in_memory(a), placed) for a in self.out_avals]
        # a portable module holds its constants
        consts = () if module.target == "portable" else _final(program).consts
        self.execute = loaded.execute_sharded
        if module.callbacks:
            self.execute = started(self.execute, module.ordered)
        if consts:
            with guards.explicit():
                raws = [place(c, *placed)._raw for c in consts]
            self.execute = _with_consts(self.execute, raws)
        if SEVERAL_DEVICES:
            self.execute = Following(self.execute, self)

    def __call__(self, buffers):
        """Run on a tuple of buffers; a list of arrays."""
        results = run(self.execute, buffers, self.handlers)
        return wrap_all(results, self.out_avals)

    def elsewhere(self, placed):
        """The Executable of the same program on other devices."""
        return load(self.program, self.module, placed, self.options)


def _with_consts(execute, consts):
    return lambda buffers: execute((*consts, *buffers))


def lowered(program, name, donated=(), target="xla", platform=None):
    """The StableHLO module (lowering.module.Module) of a prepared program."""
    from hloom.lowering.module import lower  # MLIR's bindings are loaded at the first lowering

    program = _final(program)
    platform = devices.platform_named(platform or devices.default_backend())
    return lower(program, name, platform, target, donated)


def compiled(program, name, donated=(), placed=None, options=()):
    """The Executable of a prepared program on the given devices."""
    guards.execution(name)
    placed = placed or (devices.default_device(),)
    return load(program, lowered(program, name, donated), placed, options)


def register_kernels(module):
    """Make the libraries of kernels that a module calls known to XLA."""
    if module.libraries:
        from hloom.runtime import plugins  # most processes never need it

        for library in sorted(module.libraries):
            plugins.register(library)


def load(program, module, placed, options=()):
    """The Executable of a module, from a cache or the compiler."""
    register_kernels(module)
    key = _key(module.fingerprint(), placed, options)
    client = devices.client_of(placed[0])
    # equal modules may call different functions, so these are given to each executable
    callbacks = list(map(Hosted, module.callbacks))
    loaded = None if callbacks else _memory.get(key)
    if loaded is None:
        room.make_room()
        loaded = _from_disk(client, key, placed, options, callbacks)
        if thread.context.watches.log_compiles:
            what = "Compiling" if loaded is None else "Loaded from the disk cache:"
            guards.log.warning("%s %s", what, program.name)
        if loaded is None:
            code = module.ir if callbacks else module.bytecode()
            try:
                loaded = pjrt.compile(client, code, placed, options, callbacks)
            except pjrt.JaxlibError as error:
                raise _misled(program.name, options, error) from None
            _to_disk(client, key, loaded)
        if not callbacks:
            _memory[key] = loaded
            if len(_memory) > _MEMORY_ENTRIES:
                _memory.popitem(last=False)
    else:
        _memory.move_to_end(key)
    return Executable(program, loaded, module, placed, options)


def _misled(name, options, error):
    """The error to raise in place of the compiler's: one of the options may be to blame."""
    text = str(error).splitlines()[0]
    if not any(option in text for option, _ in options):
        return error
    return ArgumentError(
        f"{name}: compiler_options are XLA's, by name", text, "correct the option, or leave it out"
    )


def _from_disk(client, key, placed, options, callbacks):
    data = cache.default().get(key)
    if data is None:
        return None
    try:
        return pjrt.deserialize(client, data, placed, options, callbacks)
    except pjrt.JaxlibError:
        return None  # written by another build of the compiler under the same version


def _to_disk(client, key, loaded):
    disk = cache.default()
    if disk.folder is not None:
        # some executables cannot be serialised; they are compiled each time
        with contextlib.suppress(pjrt.JaxlibError):
            disk.put(key, pjrt.serialize(client, loaded))


def _key(code, placed, options):
    digest = hashlib.blake2b(code, digest_size=32, key=_environment())
    digest.update(repr(([d.id for d in placed], placed[0].platform, options)).encode())
    return digest.digest()


@functools.cache
def _environment():
    """What compilation depends on besides the module: versions, processor, XLA's flags."""
    parts = (pjrt.VERSION, pjrt.jaxlib_version(), _processor(), os.environ.get("XLA_FLAGS", ""))
    return hashlib.blake2b(repr(parts).encode(), digest_size=32).digest()


def _processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            lines = [line for line in f if line.startswith(("model name", "flags", "Features"))]
        return "".join(sorted(set(lines)))
    except OSError:
        return repr(machine.uname())
