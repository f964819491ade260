"""Room for executables: what forgets them all, on demand and before the process has no more room.

Every kernel of an executable on the CPU takes three memory maps. Linux allows a process 65,530
(vm.max_map_count), which a few thousand executables use up, and LLVM does not survive the next. So
when half of the maps are in use, all executables that only a cache holds are forgotten; what is
needed again compiles again.
"""

import gc
import warnings

_EVERY = 64  # compilations between two looks; one of them has some hundreds of maps at most

_clears: list = []
_compilations = 0
_allowed: int | None = None


def forgets(clear):
    """Have `clear()` called when executables are forgotten; also a decorator."""
    _clears.append(clear)
    return clear


def clear_caches():
    """Forget every executable in memory; functions compile again, or load from the disk cache."""
    for clear in _clears:
        clear()


def make_room():
    """Before a compilation: forget executables if the process has many memory maps."""
    global _compilations, _allowed
    _compilations += 1
    if _compilations % _EVERY:
        return
    if _allowed is None:
        _allowed = _limit() // 2
    if not _allowed or _in_use() < _allowed:
        return
    clear_caches()
    gc.collect()
    kept = _in_use()
    if kept > 0.8 * _allowed:
        # what is left is held by the program itself; look again when half of the rest is used
        _allowed = (kept + _limit()) // 2
        warnings.warn(
            f"this process has {kept:,} memory maps, mostly those of compiled functions that it "
            f"holds, and crashes at {_limit():,}; hold fewer compiled functions, "
            "or raise the bound (sysctl -w vm.max_map_count=1048576)",
            RuntimeWarning,
            stacklevel=2,
        )


def _limit():
    try:
        with open("/proc/sys/vm/max_map_count", encoding="ascii") as f:
            return int(f.read())
    except OSError:
        return 0  # not Linux: no such bound


def _in_use():
    with open("/proc/self/maps", "rb") as f:
        return sum(1 for _ in f)
