"""What all tests share: the checker is on, the checkout is importable, golden texts are kept."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]

os.environ["HLOOM_CHECK"] = "1"
os.environ.setdefault("HLOOM_WHOLE_TRACEBACKS", "1")  # for those who mend what fails
# A cache of executables for those that turn it on; never the user's.
CACHE = None if "HLOOM_CACHE_DIR" in os.environ else tempfile.mkdtemp(prefix="hloom-test-cache-")
os.environ.setdefault("HLOOM_CACHE_DIR", str(CACHE))
# What is tested is compiled here and now; the tests of the disk cache turn it on.
os.environ.setdefault("HLOOM_CACHE", "0")
if str(ROOT) not in sys.path:  # a bare pytest in a checkout, hloom not installed
    sys.path.insert(0, str(ROOT))

import hloom  # noqa: E402 - after what it reads from the environment

hypothesis.settings.register_profile("hloom", deadline=None, derandomize=True)
hypothesis.settings.load_profile("hloom")


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden texts anew; review the diff"
    )


def pytest_unconfigure():
    if CACHE:
        shutil.rmtree(CACHE, ignore_errors=True)


@pytest.fixture
def wide():
    """64-bit types are on."""
    with hloom.enable_x64():
        yield


@pytest.fixture
def golden(request):
    """A function `golden(name, text)` that compares text with tests/golden/<test file>/<name>."""
    folder = ROOT / "tests" / "golden" / request.path.stem.removeprefix("test_")

    def compare(name, text):
        path = folder / name
        if request.config.getoption("--update-golden"):
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert path.is_file(), f"{path} is absent; run pytest with --update-golden and review it"
        assert text == path.read_text()

    return compare
