"""Several threads that use hloom together, each from a process of its own: the first use counts."""

from tests import fresh

_TOGETHER = """
import sys, threading
import numpy as np
import hloom
import hloom.numpy as hnp

sys.setswitchinterval(1e-5)
start, failed = threading.Barrier(6), []

def work(k):
    start.wait()
    try:
        for i in range(int(sys.argv[1])):
            x = hnp.arange(4.0) + i
            slopes = hloom.grad(lambda a: hnp.sum(hnp.sin(a) ** 3))(x)
            expected = 3 * np.sin(np.asarray(x)) ** 2 * np.cos(np.asarray(x))
            np.testing.assert_allclose(slopes, expected, rtol=1e-4, atol=1e-5)
    except BaseException as error:
        failed.append(repr(error))

threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
for t in threads:
    t.start()
for t in threads:
    t.join()
assert not failed, failed[0]
"""

_TRACED_IN = """
import threading
import hloom
import hloom.numpy as hnp

lines = []

def square(x):
    return x * x

def work():
    lines.append(hloom.jit(square).lower(1.0).as_text(debug_info=True))

work()
other = threading.Thread(target=work)
other.start()
other.join()
work()
for text in lines:
    print(text.count('"<string>":9'), text.count('"square"'))
"""


def test_the_first_use_in_many_threads_at_once():
    """One client is made, and snapshots that one thread wants break no run of another."""
    fresh.python(_TOGETHER, 12, HLOOM_CACHE="0")


def test_locations_in_a_second_thread():
    assert fresh.python(_TRACED_IN).stdout.split("\n")[:3] == ["1 1"] * 3
