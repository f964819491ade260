"""Devices and platforms: the CPU always, CUDA and TPU where their plugins are installed.

HLOOM_PLATFORM names the platform to use; without it the CPU is used.
"""

import functools
import os

from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError, DeviceError
from hloom.frontend.trace import brief
from hloom.runtime import pjrt

Device = pjrt.Device

#: other names of platforms
_ALIASES = {"gpu": "cuda"}


def platform_named(name):
    """The platform's own name, for one that is also known by another."""
    return _ALIASES.get(name, name)


@functools.cache
def client(platform=None):
    """The client of a platform, started at its first use."""
    name = platform_named(platform or default_backend())
    if name == "cpu":
        return pjrt.cpu_client()
    from hloom.runtime import plugins  # looks for installed wheels; most processes never need it

    return plugins.client(name)


def client_of(device):
    """The client that a device belongs to."""
    return device.client


@functools.cache
def default_backend():
    """The name of the platform in use: "cpu", "cuda" or "tpu"."""
    asked = os.environ.get("HLOOM_PLATFORM", "cpu").split(",")[0].lower()
    return platform_named(asked) or "cpu"


def devices(backend=None):
    """The devices of a platform, by default the one in use."""
    return client(backend).devices()


def local_devices(process_index=None, backend=None):
    """The devices of this process."""
    return client(backend).local_devices()


def device_count(backend=None):
    """The number of devices."""
    return len(devices(backend))


def local_device_count(backend=None):
    """The number of devices of this process."""
    return len(local_devices(backend=backend))


def process_index(backend=None):
    """The number of this process among those that work together; 0 when it is alone."""
    return client(backend).process_index()


def process_count(backend=None):
    """How many processes work together."""
    return 1 + max((d.process_index for d in devices(backend)), default=0)


def process_indices(backend=None):
    """The numbers of the processes that work together."""
    return list(range(process_count(backend)))


host_id, host_count, host_ids = process_index, process_count, process_indices


def default_device():
    """The device that arrays are made on: that of the settings, or the first one."""
    chosen = thread.context.settings.default_device
    return _first_device() if chosen is None else _named_device(chosen)


def checked(device):
    """A device that was asked for, or None for any; raises unless it is a device."""
    if device is None or isinstance(device, Device):
        return device
    raise ArgumentError(
        "a device was asked for", f"{brief(device)} is none", "use one of hloom.devices()"
    )


@functools.cache
def _first_device():
    return local_devices()[0]


@functools.cache
def _named_device(chosen):
    """A device, or the device of a name such as "cpu" or "cpu:1"."""
    if not isinstance(chosen, str):
        return chosen
    platform, _, number = chosen.partition(":")
    known = local_devices(backend=platform)
    if number and not (number.isdigit() and int(number) < len(known)):
        raise DeviceError(
            f"default_device: {chosen!r}",
            f"{platform} has {len(known)} devices",
            f'use "{platform}:0" up to "{platform}:{len(known) - 1}"',
        )
    return known[int(number or 0)]
