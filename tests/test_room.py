"""Executables are forgotten before the process has no memory maps left for the next one."""

import os

import pytest

import fresh

pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/maps"), reason="only Linux bounds a process's memory maps"
)

START = """
import numpy as np, hloom
from hloom.runtime import room

before = room._in_use()
room._limit = lambda: 2 * before + 800
held, most = [], 0
"""


def run(script):
    done = fresh.python(START + script, warnings="always")
    return done.stdout, done.stderr


def test_what_only_caches_hold_is_forgotten():
    out, err = run("""
for i in range(300):
    assert hloom.jit(lambda x: x * i)(np.float32(2)) == 2 * i
    most = max(most, room._in_use() - before)
print(most)
""")
    # a look each 64 compilations, each of three maps or more
    assert 3 * 64 < int(out) < 700
    assert err == ""


def test_what_the_user_holds_is_warned_of():
    _, err = run("""
for i in range(260):
    held.append(hloom.jit(lambda x: x * i).lower(np.float32(1)).compile())
assert held[7](np.float32(2)) == 14
""")
    assert "RuntimeWarning: this process has " in err
    assert "hold fewer compiled functions, or raise the bound (sysctl -w vm.max_map_count" in err
    assert err.count("RuntimeWarning") <= 3
