"""Computation follows its operands: a program runs on the device that holds them.

Programs are compiled for the first device. In a process with several, one whose operands are on
another is compiled for that device too, when it first gets them.
"""

import os

from hloom.frontend.errors import DeviceError
from hloom.runtime import guards, pjrt

#: whether this process may have several devices; with one, nothing here costs a call anything
SEVERAL_DEVICES = (
    os.environ.get("HLOOM_NUM_CPU_DEVICES", "1") != "1"
    or os.environ.get("HLOOM_PLATFORM", "cpu") != "cpu"
)


class Following:
    """An executable's `execute`, on whichever device its operands are.

    Operands on the first device, where arrays are made unless told otherwise, are copied to where
    the others are; DeviceError if these are on two.
    """

    def __init__(self, execute, executable):
        self.execute = execute
        self.home = executable.devices
        self.elsewhere = executable.elsewhere
        self.others = {}

    def __call__(self, buffers):
        """Start the program; what gives its results."""
        places = {pjrt.devices_of(b) for b in buffers} - {self.home}
        if not places:
            return self.execute(buffers)
        there = places.pop()
        if places:
            raise DeviceError(
                "the operands of an operation are on different devices",
                [f"operand {i}, {b.aval}: {pjrt.devices_of(b)[0]}" for i, b in enumerate(buffers)],
                "move them to one with hloom.device_put(x, device)",
            )
        other = self.others.get(there)
        if other is None:
            other = self.others[there] = self.elsewhere(there)
        for b in buffers:
            if pjrt.devices_of(b) != there:
                guards.transfer("device_to_device", b.aval)
        moved = [
            b if pjrt.devices_of(b) == there else pjrt.copy_to_device(b, b.aval, there[0])
            for b in buffers
        ]
        return _Results(other.execute(moved), other.handlers)


class _Results:
    """Results of another executable than the one whose handlers the caller knows."""

    def __init__(self, results, handlers):
        self.results = results
        self.handlers = handlers

    def consume_with_handlers(self, _):
        """The buffers of the results."""
        return self.results.consume_with_handlers(self.handlers)
