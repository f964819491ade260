"""The disk cache returns what was stored or nothing, whatever other processes do to the folder."""

import errno
import hashlib
import inspect
import os
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import pytest

import fresh
from hloom.frontend.errors import CacheWarning
from hloom.runtime import cache
from hloom.runtime.cache import DiskCache

ROOT = Path(__file__).resolve().parents[1]
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def expected(key, size):
    """The data that belongs to a key, so that a reader can judge what any writer has stored."""
    return (hashlib.sha256(key.encode()).digest() * (size // 32 + 1))[:size]


@pytest.fixture
def store(tmp_path):
    return DiskCache(str(tmp_path / "store"))


def only_file(store):
    (name,) = os.listdir(store.folder)
    return os.path.join(store.folder, name)


def start(code, *arguments):
    imports = "import hashlib, sys\nfrom hloom.runtime.cache import DiskCache\n"
    script = imports + inspect.getsource(expected) + code
    command = [sys.executable, "-W", "error", "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


# What is stored comes back.


@pytest.mark.parametrize("key", [b"bytes", "text", b"\x00\xff" * 500, ""])
@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 1000])
def test_round_trip(store, key, data):
    assert store.get(key) is None
    store.put(key, data)
    assert store.get(key) == data
    assert DiskCache(store.folder).get(key) == data


def test_the_last_value_wins(store):
    for data in (b"first", b"second, longer", b"3"):
        store.put("key", data)
        assert store.get("key") == data
    assert len(os.listdir(store.folder)) == 1


def test_another_key_under_the_same_name_is_not_returned(store):
    store.put("key", b"data")
    os.rename(store._path(b"key"), store._path(b"other"))
    with pytest.warns(CacheWarning, match="checksum does not fit"):
        assert store.get("other") is None


def test_a_small_entry_is_read_in_less_than_a_hundred_microseconds(store):
    store.put("key", bytes(5000))
    took = []
    for _ in range(300):
        began = time.perf_counter()
        store.get("key")
        took.append(time.perf_counter() - began)
    assert min(took) < 100e-6


# Damage.


def test_damage_in_any_place_is_a_miss_and_one_warning(store):
    store.put("a key", b"some data of an executable")
    path = only_file(store)
    with open(path, "rb") as file:
        good = file.read()
    for position in range(len(good)):
        with open(path, "wb") as file:
            file.write(good[:position] + bytes([good[position] ^ 0x41]) + good[position + 1 :])
        fresh = DiskCache(store.folder)
        with pytest.warns(CacheWarning) as caught:
            assert fresh.get("a key") is None
        assert len(caught) == 1
        assert not os.path.exists(path)
        assert fresh.get("a key") is None


@pytest.mark.parametrize("change", [lambda b, n: b[:n], lambda b, n: b + bytes(n + 1)])
def test_truncated_and_lengthened_entries_are_misses(store, change):
    store.put("a key", b"some data of an executable")
    path = only_file(store)
    with open(path, "rb") as file:
        good = file.read()
    for length in range(len(good)):
        with open(path, "wb") as file:
            file.write(change(good, length))
        with pytest.warns(CacheWarning):
            assert DiskCache(store.folder).get("a key") is None


def test_the_warning_has_three_parts_and_comes_once(store):
    for key in ("one", "two"):
        store.put(key, b"data")
        with open(store._path(key.encode()), "wb") as file:
            file.write(b"garbage")
    with pytest.warns(CacheWarning) as caught:
        assert store.get("one") is None
    assert str(caught.pop().message) == (
        f"disk cache: entry {store._path(b'one')} is ignored\n"
        "    its checksum does not fit\n"
        "    nothing to do: it is removed and will be made again"
    )
    assert store.get("two") is None
    store.put("one", b"again")
    assert store.get("one") == b"again"


# Other people's files.


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
@pytest.mark.parametrize("mode", [0o602, 0o620, 0o666])
def test_an_entry_that_others_may_write_to_is_removed(store, mode):
    store.put("key", b"data")
    os.chmod(only_file(store), mode)
    with pytest.warns(CacheWarning, match=f"others may write to it .mode {mode:o}"):
        assert store.get("key") is None
    assert os.listdir(store.folder) == []


@pytest.mark.skipif(os.name != "posix", reason="users are POSIX")
def test_an_entry_of_another_user_is_ignored_and_stays(store, monkeypatch):
    store.put("key", b"data")
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.warns(CacheWarning, match="it belongs to user"):
        assert store.get("key") is None
    assert len(os.listdir(store.folder)) == 1


@pytest.mark.skipif(not IS_ROOT, reason="only root can give a file away")
def test_an_entry_given_to_another_user_is_ignored(store):
    store.put("key", b"data")
    os.chown(only_file(store), 12345, 12345)
    with pytest.warns(CacheWarning, match="it belongs to user 12345"):
        assert store.get("key") is None
    assert len(os.listdir(store.folder)) == 1


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="the system cannot refuse symlinks")
def test_a_symlink_is_not_followed(store, tmp_path):
    store.put("key", b"data")
    os.rename(only_file(store), tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", store._path(b"key"))
    with pytest.warns(CacheWarning):
        assert store.get("key") is None
    assert (tmp_path / "elsewhere").exists()


@pytest.mark.skipif(os.name != "posix", reason="permission bits are POSIX")
def test_folder_and_entries_are_private(store):
    store.put("key", b"data")
    assert os.stat(store.folder).st_mode & 0o777 == 0o700
    assert os.stat(only_file(store)).st_mode & 0o777 == 0o600


# Folders and disks that do not work.


def test_a_folder_that_cannot_be_made_turns_the_cache_off(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.warns(CacheWarning, match="cannot be used"):
            store = DiskCache(str(folder))
        store.put("key", b"data")
        assert store.get("key") is None


def test_a_read_only_folder_turns_the_cache_off(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)  # root may always
    with pytest.warns(CacheWarning, match="cannot be written to"):
        store = DiskCache(str(tmp_path))
    store.put("key", b"data")
    assert store.get("key") is None
    assert os.listdir(tmp_path) == []


def test_a_full_disk_stops_storing_and_leaves_nothing_behind(store, monkeypatch):
    store.put("before", b"data")
    room, really_write = [1000], os.write

    def write(file, data):
        if not room[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = really_write(file, data[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(os, "write", write)
    with pytest.warns(CacheWarning, match="No space left on device"):
        store.put("large", bytes(5000))
    store.put("small", b"x")
    assert store.get("before") == b"data"
    assert store.get("large") is None
    assert len(os.listdir(store.folder)) == 1


def test_a_folder_that_is_removed_is_made_again(store):
    store.put("key", b"data")
    os.unlink(only_file(store))
    os.rmdir(store.folder)
    assert store.get("key") is None
    store.put("key", b"data")
    assert store.get("key") == b"data"


# The bound.


def used(store):
    return sum(-(-e.stat().st_size // 4096) * 4096 for e in os.scandir(store.folder))


def test_the_folder_stays_below_its_bound(tmp_path):
    store = DiskCache(str(tmp_path / "store"), max_bytes=400_000)
    for index in range(300):
        store.put(f"key {index}", bytes(3000 + 37 * index))
        assert used(store) <= store.max_bytes
    assert store.get("key 299") is not None
    assert store.get("key 0") is None


def test_what_was_used_last_stays(tmp_path):
    store = DiskCache(str(tmp_path / "store"), max_bytes=40 * 4096)
    for index in range(30):
        store.put(f"key {index}", b"x")
        os.utime(store._path(f"key {index}".encode()), (index + 1, index + 1))
    assert store.get("key 3") == b"x"
    for index in range(30, 45):
        store.put(f"key {index}", b"x")
    assert store.get("key 3") == b"x"
    assert [store.get(f"key {i}") for i in (0, 1, 2, 4, 5)] == [None] * 5


def test_an_entry_larger_than_the_bound_is_not_stored(tmp_path):
    store = DiskCache(str(tmp_path / "store"), max_bytes=10_000)
    store.put("key", bytes(20_000))
    assert os.listdir(store.folder) == []


def test_eviction_leaves_files_that_are_not_entries(tmp_path):
    (tmp_path / "thesis.tex").write_text("x" * 100_000)
    (tmp_path / ("0" * 40)).write_text("x" * 100_000)
    store = DiskCache(str(tmp_path), max_bytes=20_000)
    for index in range(20):
        store.put(str(index), bytes(4000))
    assert (tmp_path / "thesis.tex").exists()
    assert (tmp_path / ("0" * 40)).exists()


def test_temporary_files_of_killed_writers_are_removed_after_a_while(store):
    os.makedirs(store.folder, exist_ok=True)
    old, new = (f"{store.folder}/.{'0' * 40}.{digit * 16}.tmp" for digit in "ab")
    for path in (old, new):
        with open(path, "wb") as file:
            file.write(b"half an ent")
    os.utime(old, (1, 1))
    store.put("key", b"data")
    assert not os.path.exists(old)
    assert os.path.exists(new)


# Several processes.

HAMMER = """
store = DiskCache(sys.argv[1], max_bytes=int(sys.argv[3]))
state = int(sys.argv[2])
hits = 0
for _ in range(400):
    state = (state * 1103515245 + 12345) % 2**31
    key, size = f"key {state % 40}", 100 + state // 40 % 40 * 500
    found = store.get(key)
    if found is None or state % 3 == 0:
        store.put(key, expected(key, size))
    if found is not None:
        hits += 1
        assert found == expected(key, len(found)), key
print(hits)
"""


def test_processes_that_hammer_one_folder_see_only_whole_entries(tmp_path):
    folder, bound = tmp_path / "store", 300_000
    processes = [start(HAMMER, folder, seed, bound) for seed in range(4)]
    hits = [int(p.communicate(timeout=120)[0]) for p in processes]
    assert [p.returncode for p in processes] == [0] * 4
    assert min(hits) > 0
    # Each process may have stored a sixteenth of the bound since it last looked.
    assert used(DiskCache(str(folder))) <= bound + 4 * bound // 16
    assert not [name for name in os.listdir(folder) if name.endswith(".tmp")]


ENDLESS = """
store = DiskCache(sys.argv[1])
print("ready", flush=True)
while True:
    for index in range(5):
        store.put(f"key {index}", expected(f"key {index}", 3_000_000 + index))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_writer_killed_in_the_middle_leaves_only_whole_entries(tmp_path):
    folder = tmp_path / "store"
    for attempt in range(4):
        process = start(ENDLESS, folder)
        assert process.stdout.readline() == "ready\n"
        deadline = time.monotonic() + 30
        while not any(DiskCache(str(folder)).get(f"key {i}") for i in range(5)):
            assert time.monotonic() < deadline
        time.sleep(0.03 + 0.017 * attempt)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            reader = DiskCache(str(folder))
            found = [reader.get(f"key {index}") for index in range(5)]
        assert any(found)
        for index, data in enumerate(found):
            key = f"key {index}"
            assert data is None or data == expected(key, 3_000_000 + index)


# The cache of the process.


@pytest.fixture
def environment(monkeypatch, tmp_path):
    for name in ("HLOOM_CACHE", "HLOOM_CACHE_DIR", "HLOOM_CACHE_MAX_BYTES", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    cache.default.cache_clear()
    yield monkeypatch
    cache.default.cache_clear()


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, "home/.cache/hloom"),
        ({"XDG_CACHE_HOME": "{tmp}/xdg"}, "xdg/hloom"),
        ({"XDG_CACHE_HOME": "relative"}, "home/.cache/hloom"),
        ({"XDG_CACHE_HOME": "{tmp}/xdg", "HLOOM_CACHE_DIR": "{tmp}/own/deep"}, "own/deep"),
        ({"HLOOM_CACHE_DIR": "~/own"}, "home/own"),
    ],
)
def test_the_environment_chooses_the_folder(environment, tmp_path, variables, folder):
    for name, value in variables.items():
        environment.setenv(name, value.format(tmp=tmp_path))
    assert cache.default().folder == str(tmp_path / folder)
    assert cache.default() is cache.default()
    assert (tmp_path / folder).is_dir()


def test_the_environment_turns_it_off(environment, tmp_path):
    environment.setenv("HLOOM_CACHE", "0")
    store = cache.default()
    store.put("key", b"data")
    assert store.get("key") is None
    assert not (tmp_path / "home").exists()


def test_the_environment_sets_the_bound(environment):
    assert cache.default().max_bytes == 2 << 30
    cache.default.cache_clear()
    environment.setenv("HLOOM_CACHE_MAX_BYTES", "123456")
    assert cache.default().max_bytes == 123456
    cache.default.cache_clear()
    environment.setenv("HLOOM_CACHE_MAX_BYTES", "2 GB")
    with pytest.warns(CacheWarning, match="HLOOM_CACHE_MAX_BYTES is '2 GB'"):
        assert cache.default().max_bytes == 2 << 30


def test_import_touches_no_files(tmp_path):
    variables = {"HLOOM_CACHE": "1", "HLOOM_CACHE_DIR": str(tmp_path / "store")}
    fresh.python("import hloom.runtime.cache", **variables)
    assert not (tmp_path / "store").exists()
