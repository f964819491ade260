"""What this process runs with, for a report of a problem."""

import platform
import sys

import numpy as np

from hloom.frontend.context import thread
from hloom.runtime import devices, pjrt
from hloom.version import __version__


def print_environment_info(return_string=False):
    """Print the versions, devices, system and settings in use; or give them as text.

    >>> import hloom
    >>> hloom.print_environment_info(return_string=True).splitlines()[0].split()[0]
    'hloom:'
    """
    rows = {
        "hloom": __version__,
        "jaxlib": pjrt.jaxlib_version(),
        "numpy": np.__version__,
        "python": sys.version,
        "devices": ", ".join(map(str, devices.devices())),
        "processes": devices.process_count(),
        "system": platform.platform(),
        "settings": thread.context.settings,
    }
    text = "\n".join(f"{name + ':':<11}{value}" for name, value in rows.items())
    if return_string:
        return text
    print(text)
    return None
