"""Code run in a Python process of its own, from the checkout."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def python(code, *arguments, warnings="error", **environment):
    """The finished process, with what it printed; it fails the test if the code failed."""
    command = [sys.executable, "-W", warnings, "-c", code, *map(str, arguments)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done
