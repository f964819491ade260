"""Devices to compile for that need not be there: the plugin's compiler alone is used.

    tpus = topology("tpu", "v5e:2x2")
    lowered = hloom.jit(step).trace(*args).lower(platform="tpu")
    lowered.compile(devices=tpus).as_text()

The platform's wheel must be installed; drivers and hardware need not be.
"""

import mmap
import os
import re
from typing import NamedTuple

from hloom.runtime import pjrt, plugins
from hloom.runtime.pjrt import BackendError

#: what libtpu asks of its surroundings unless it is told: the type of this machine, and its peers
_TPU_ENVIRONMENT = {
    "TPU_SKIP_MDS_QUERY": "1",
    "TPU_ACCELERATOR_TYPE": "v5litepod-4",
    "TPU_WORKER_HOSTNAMES": "localhost",
    "TPU_WORKER_ID": "0",
}


class Topology(NamedTuple):
    """Devices of a platform that programs are compiled for, and cannot be run on."""

    platform: str
    name: str
    devices: tuple


def topology(platform, name, **options):
    """The Topology of a name: "v5e:2x2" for "tpu"; for "cuda" a GPU, such as "H100 PCIe".

    A GPU is one that the plugin describes (see `gpus`), of the shortest name that holds the given
    one, or that `target_config` does, XLA's GpuTargetConfigProto as text; `topology="1x2x4"` says
    how many there are: slices, hosts in each, devices in each of them. Other options go to the
    plugin. A process that runs on TPUs of its own should not ask for a topology first, since libtpu
    is then told not to look for them.
    """
    library = plugins.library(platform)
    if platform == "cuda":
        if "target_config" not in options:
            name, options["target_config"] = _gpu(library, name)
        options = {"topology": "1x1x1", **options}
        asked = "x"  # the plugin wants a name and does not read it
    else:
        for variable, value in _TPU_ENVIRONMENT.items():
            os.environ.setdefault(variable, value)
        asked = name
    try:
        found = pjrt.topology_devices(plugins.loaded(platform), asked, options)
    except pjrt.JaxlibError as e:
        raise BackendError(
            f"the topology {name!r} of {platform} was asked for",
            f"its plugin says: {str(e).splitlines()[0]}",
            "TPUs are named like v5e:2x2 or v4:2x2x1",
        ) from None
    return Topology(platform, name, tuple(found))


def gpus():
    """The names of the GPUs that the CUDA plugin can compile for without having them."""
    return sorted(_gpu_configs(plugins.library("cuda")))


def _gpu(library, name):
    """The full name and the description of the GPU whose name is the shortest to hold `name`."""
    known = _gpu_configs(library)
    if not known:
        raise BackendError(
            f"the GPU {name!r} was asked for",
            "the plugin describes none, as those before 0.12",
            "install a newer one, or pass target_config=, XLA's GpuTargetConfigProto as text",
        )
    fitting = [k for k in known if name.lower() in k.lower()]
    if not fitting:
        raise BackendError(
            f"the GPU {name!r} was asked for",
            f"the plugin describes {', '.join(sorted(known))}",
            "name one of these, or a part of its name",
        )
    best = min(fitting, key=len)
    return best, known[best]


_START, _NAME = b"gpu_device_info {", re.compile(r'device_description_str: "(.*)"')


def _gpu_configs(library):
    """The plugin's descriptions of CUDA GPUs, texts that end with a zero byte: {name: text}."""
    found = {}
    with open(library, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(_START)
        while at >= 0:
            end = data.find(b"\0", at)
            text = data[at:end].decode("utf-8", "replace")
            name = _NAME.search(text)
            if name and "cuda_compute_capability" in text:
                found[name[1]] = text
            at = data.find(_START, end)
    return found
