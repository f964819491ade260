"""PJRT plugins: the CUDA and TPU runtimes, found when their wheels are installed.

No Python code of the wheels is imported, since it needs JAX; the shared library is found in them
and loaded, and so are the extension modules with the kernels of CUDA. `topology.topology` compiles
for hardware that is not there.

    HLOOM_PLATFORM=cuda python train.py          pip install jax-cuda13-pjrt jax-cuda13-plugin
    HLOOM_PLATFORM=tpu python train.py           pip install libtpu
"""

import importlib
import importlib.util
import os
from typing import NamedTuple

from hloom.runtime import pjrt
from hloom.runtime.pjrt import BackendError


class Wheel(NamedTuple):
    """A Python package, the shared library in it, and the package that has its kernels."""

    package: str
    library: str
    install: str
    kernels: str = ""


WHEELS = {
    "cuda": (
        Wheel(
            "jax_plugins.xla_cuda13",
            "xla_cuda_plugin.so",
            "jax-cuda13-pjrt jax-cuda13-plugin",
            "jax_cuda13_plugin",
        ),
        Wheel(
            "jax_plugins.xla_cuda12",
            "xla_cuda_plugin.so",
            "jax-cuda12-pjrt jax-cuda12-plugin",
            "jax_cuda12_plugin",
        ),
    ),
    "tpu": (Wheel("libtpu", "libtpu.so", "libtpu"),),
}

#: platform -> options of its client
_OPTIONS = {"cuda": {"platform_name": "cuda"}, "tpu": {}}


def library(platform):
    """The path of the platform's shared library; BackendError if no wheel holds one."""
    return _found(platform)[1]


def _found(platform):
    """The first Wheel of a platform that is installed, and the path of its shared library."""
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
            return wheel, path
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


@pjrt.once
def loaded(platform):
    """The plugin's C API, initialised once."""
    wheel, path = _found(platform)
    api = pjrt.load_plugin(platform, path)
    if wheel.kernels and _folder(wheel.kernels):
        extension = importlib.import_module(f"{wheel.kernels}.cuda_plugin_extension")
        pjrt.take_kernels(platform, api, extension)
    return api


@pjrt.once
def register(library):
    """Make a library of kernels known to XLA: "lapack" of the CPU, "cusolver" of CUDA."""
    if library == "lapack":
        pjrt.register_lapack()
        return
    wheel, _ = _found("cuda")
    if not _folder(wheel.kernels):
        raise BackendError(
            f"the program calls kernels of {library}",
            f"{wheel.kernels} is not installed",
            f"pip install {wheel.install}",
        )
    kernels = importlib.import_module(f"{wheel.kernels}._solver").registrations()
    for name, kernel in kernels.items():
        pjrt.register_kernel(name, kernel, "cuda")


@pjrt.once
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
