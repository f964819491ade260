"""PJRT plugins: the CUDA and TPU runtimes, found when their wheels are installed.

Nothing is imported from the wheels, since their Python code needs JAX; the shared library is found
in them and loaded. `topology.topology` compiles for hardware that is not there.

    HLOOM_PLATFORM=cuda python train.py          pip install jax-cuda13-pjrt jax-cuda13-plugin
    HLOOM_PLATFORM=tpu python train.py           pip install libtpu
"""

import functools
import importlib.util
import os
from typing import NamedTuple

from hloom.runtime import pjrt
from hloom.runtime.pjrt import BackendError


class Wheel(NamedTuple):
    """A Python package and the shared library in it."""

    package: str
    library: str
    install: str


WHEELS = {
    "cuda": (
        Wheel("jax_plugins.xla_cuda13", "xla_cuda_plugin.so", "jax-cuda13-pjrt jax-cuda13-plugin"),
        Wheel("jax_plugins.xla_cuda12", "xla_cuda_plugin.so", "jax-cuda12-pjrt jax-cuda12-plugin"),
    ),
    "tpu": (Wheel("libtpu", "libtpu.so", "libtpu"),),
}

#: platform -> options of its client
_OPTIONS = {"cuda": {"platform_name": "cuda"}, "tpu": {}}


def library(platform):
    """The path of the platform's shared library; BackendError if no wheel holds one."""
    if platform not in WHEELS:
        known = ", ".join(["cpu", *WHEELS])
        raise BackendError(
            f"there is no platform {platform!r}",
            f"known are {known}",
            "set HLOOM_PLATFORM to one of these",
        )
    for wheel in WHEELS[platform]:
        folder = _folder(wheel.package)
        path = folder and os.path.join(folder, wheel.library)
        if path and os.path.exists(path):
            return path
    raise BackendError(
        f"platform {platform!r} was asked for",
        "its plugin is not installed",
        f"pip install {WHEELS[platform][0].install}, or unset HLOOM_PLATFORM",
    )


def _folder(package):
    try:
        found = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        return None
    return found and next(iter(found.submodule_search_locations or ()), None)


def available():
    """The platforms whose plugins are installed, besides "cpu"."""
    return [
        name
        for name, wheels in WHEELS.items()
        if any(
            (folder := _folder(w.package)) and os.path.exists(os.path.join(folder, w.library))
            for w in wheels
        )
    ]


@functools.cache
def loaded(platform):
    """The plugin's C API, initialised once."""
    return pjrt.load_plugin(platform, library(platform))


@functools.cache
def client(platform):
    """The client of a platform's devices."""
    loaded(platform)
    try:
        return pjrt.plugin_client(platform, _OPTIONS[platform])
    except pjrt.JaxlibError as e:
        raise BackendError(
            f"platform {platform!r} was asked for",
            f"its plugin finds no device it can use: {str(e).splitlines()[0]}",
            "check the driver, or unset HLOOM_PLATFORM to run on the CPU",
        ) from None
