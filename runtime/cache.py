"""A bounded folder of bytes that several processes share: compiled executables, mostly.

An entry is one file, named by the hash of its key, that holds all it takes to judge it:

    magic with the format's version | key length | data length | digest | key | data

A writer fills a temporary file in the same folder and renames it over the name, so a reader sees a
whole entry or none and takes no lock. What a reader does not trust (another user's file, one that
others may write to, a digest that does not fit) it treats as absent. `get` touches the file, and
the oldest files go when the folder outgrows its bound.
"""

import contextlib
import functools
import hashlib
import os
import re
import stat
import struct
import threading
import time
import warnings

from hloom.frontend import errors

FORMAT = 1
DEFAULT_MAX_BYTES = 2 << 30

_MAGIC = b"HLOOMC" + struct.pack("<H", FORMAT)
_HEADER = struct.Struct("<8sIQ32s")
#: The only names that eviction touches, so that a folder given by mistake keeps its other files.
_ENTRY = re.compile(rf"[0-9a-f]{{40}}\.v{FORMAT}\Z")
_TEMPORARY = re.compile(r"\.[0-9a-f]{40}\.[0-9a-f]{16}\.tmp\Z")
_ABANDONED_SECONDS = 3600.0
_OPEN = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)

#: kind of trouble -> what to do about it
_REMEDIES = {
    "folder": "set HLOOM_CACHE_DIR to a folder you can write to, or HLOOM_CACHE=0 to go without",
    "write": "make room or set HLOOM_CACHE_DIR; nothing more is stored by this process",
    "damaged": "nothing to do: it is removed and will be made again",
    "foreign": "point HLOOM_CACHE_DIR at a folder of your own that others cannot write to",
    "setting": "set it to a whole number of bytes, such as 2147483648",
}


class DiskCache:
    """Bytes by key in `folder`, up to `max_bytes` of them; the least recently used go first.

    No trouble with the disk ever raises: an unusable entry is a miss, an unusable folder turns the
    cache off, and one `CacheWarning` of each kind says so. Safe across processes and threads.
    """

    def __init__(self, folder: str | None, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self._warned: set[str] = set()
        self._sweeping = threading.Lock()
        self._until_sweep = 0
        self.readable = self.writable = folder is not None and self._make_folder()

    def get(self, key: bytes | str) -> bytes | None:
        """The data stored under `key`, or None."""
        if not self.readable:
            return None
        key = _as_bytes(key)
        path = self._path(key)
        try:
            file = os.open(path, _OPEN)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warn("foreign", f"entry {path} cannot be opened", error.strerror)
            return None
        try:
            status = os.fstat(file)
            if (reason := _untrusted(status)) is not None:
                self._warn("foreign", f"entry {path} is ignored", reason)
                self._discard(path, status)
                return None
            content = _read(file, status.st_size)
            data = _parse(content, key)
            if data is None:
                self._warn("damaged", f"entry {path} is ignored", "its checksum does not fit")
                self._discard(path, status)
            elif os.utime in os.supports_fd:
                os.utime(file)
            return data
        except OSError as error:
            self._warn("damaged", f"entry {path} cannot be read", error.strerror)
            return None
        finally:
            os.close(file)

    def put(self, key: bytes | str, data: bytes) -> None:
        """Store `data` under `key`, in the place of what was there."""
        key = _as_bytes(key)
        size = _footprint(_HEADER.size + len(key) + len(data))
        if not self.writable or size > self.max_bytes:
            return
        header = _HEADER.pack(_MAGIC, len(key), len(data), _digest(key, data))
        path = self._path(key)
        try:
            try:
                _write(path, header + key, data)
            except FileNotFoundError:  # somebody removed the whole folder: start again
                if not self._make_folder():
                    self.writable = False
                    return
                _write(path, header + key, data)
        except OSError as error:
            self.writable = False
            self._warn("write", f"entry {path} cannot be stored", error.strerror)
            return
        self._until_sweep -= size
        if self._until_sweep < 0:
            self._sweep()

    def _path(self, key: bytes) -> str:
        return f"{self.folder}/{hashlib.blake2b(key, digest_size=20).hexdigest()}.v{FORMAT}"

    def _make_folder(self) -> bool:
        assert self.folder is not None
        try:
            os.makedirs(os.path.dirname(self.folder) or ".", exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.mkdir(self.folder, 0o700)
            if not os.path.isdir(self.folder):
                raise NotADirectoryError(0, "it is not a folder")
            if not os.access(self.folder, os.W_OK | os.X_OK):
                raise PermissionError(0, "it cannot be written to")
        except OSError as error:
            self._warn("folder", f"folder {self.folder} cannot be used", error.strerror)
            return False
        return True

    def _sweep(self) -> None:
        # A process looks at the folder after its first store, then each sixteenth of the bound.
        if not self._sweeping.acquire(blocking=False):
            return
        try:
            self._until_sweep = min(self.max_bytes - self._evict(), self.max_bytes // 16)
        except OSError as error:
            self._until_sweep = self.max_bytes // 16
            self._warn("write", f"folder {self.folder} cannot be listed", error.strerror)
        finally:
            self._sweeping.release()

    def _evict(self) -> int:
        """Remove the oldest entries of a folder past its bound; returns the bytes that stay."""
        assert self.folder is not None
        entries, total, now = [], 0, time.time()
        with os.scandir(self.folder) as files:
            for file in files:
                with contextlib.suppress(FileNotFoundError):
                    if _ENTRY.match(file.name):
                        status = file.stat(follow_symlinks=False)
                        size = _footprint(status.st_size)
                        entries.append((status.st_mtime_ns, size, file.path))
                        total += size
                    elif _TEMPORARY.match(file.name):
                        age = now - file.stat(follow_symlinks=False).st_mtime
                        if age > _ABANDONED_SECONDS:  # its writer was killed
                            os.unlink(file.path)
        # Other writers' next sixteenths are accounted for by stopping short of the bound.
        if total > self.max_bytes - self.max_bytes // 16:
            entries.sort()
            for _, size, path in entries:
                if total <= self.max_bytes - self.max_bytes // 4:
                    break
                with contextlib.suppress(OSError):
                    os.unlink(path)
                    total -= size
        return total

    def _discard(self, path: str, status: os.stat_result) -> None:
        if status.st_uid == _user():
            with contextlib.suppress(OSError):
                os.unlink(path)

    def _warn(self, kind: str, asked: str, found: str | None) -> None:
        if kind not in self._warned:
            self._warned.add(kind)
            _warn(kind, asked, found)


@functools.cache
def default() -> DiskCache:
    """The cache of this process, as the environment says, made when first asked for.

    HLOOM_CACHE=0 turns it off. The folder is HLOOM_CACHE_DIR, else hloom in $XDG_CACHE_HOME, else
    ~/.cache/hloom; the bound is HLOOM_CACHE_MAX_BYTES (2 GiB when it is not set).
    """
    if os.environ.get("HLOOM_CACHE", "").strip().lower() in ("0", "false", "no", "off"):
        return DiskCache(None)
    return DiskCache(default_folder(), _max_bytes())


def default_folder() -> str:
    """The folder that the environment names for the cache."""
    chosen = os.environ.get("HLOOM_CACHE_DIR")
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the XDG specification says to ignore a relative one
        base = os.path.expanduser("~/.cache")
    return os.path.join(os.path.abspath(base), "hloom")


def _max_bytes() -> int:
    text = os.environ.get("HLOOM_CACHE_MAX_BYTES")
    if text is None:
        return DEFAULT_MAX_BYTES
    if not text.strip().isdecimal():
        found = f"{DEFAULT_MAX_BYTES} is used in its place"
        _warn("setting", f"HLOOM_CACHE_MAX_BYTES is {text!r}", found)
        return DEFAULT_MAX_BYTES
    return int(text)


def _warn(kind: str, asked: str, found: str | None) -> None:
    text = errors.message(f"disk cache: {asked}", found, _REMEDIES[kind], where=None)
    warnings.warn(text, errors.CacheWarning, stacklevel=4)


def _as_bytes(key: bytes | str) -> bytes:
    return key.encode() if isinstance(key, str) else key


def _digest(key: bytes, data: bytes) -> bytes:
    digest = hashlib.blake2b(struct.pack("<IQ", len(key), len(data)), digest_size=32)
    digest.update(key)
    digest.update(data)
    return digest.digest()


def _parse(content: bytes, key: bytes) -> bytes | None:
    if len(content) < _HEADER.size:
        return None
    magic, key_length, data_length, digest = _HEADER.unpack_from(content)
    start = _HEADER.size + len(key)
    if magic != _MAGIC or key_length != len(key) or len(content) != start + data_length:
        return None
    data = content[start:]
    return data if content.startswith(key, _HEADER.size) and digest == _digest(key, data) else None


def _untrusted(status: os.stat_result) -> str | None:
    if not stat.S_ISREG(status.st_mode):
        return "it is not a plain file"
    if status.st_uid != _user():
        return f"it belongs to user {status.st_uid}, and this process runs as {_user()}"
    if os.name == "posix" and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"others may write to it (mode {stat.S_IMODE(status.st_mode):o})"
    return None


def _user() -> int:
    return os.geteuid() if os.name == "posix" else 0  # other systems report 0 for every file


def _footprint(size: int) -> int:
    return -(-size // 4096) * 4096  # whole file-system blocks, so that many small entries count


def _read(file: int, size: int) -> bytes:
    content = os.read(file, size + 1)
    while len(content) < size and (more := os.read(file, size - len(content))):
        content += more
    return content


def _write(path: str, *parts: bytes) -> None:
    folder, name = os.path.split(path)
    temporary = f"{folder}/.{name[:40]}.{os.urandom(8).hex()}.tmp"
    file = os.open(temporary, _CREATE, 0o600)
    try:
        try:
            for part in parts:
                view = memoryview(part)
                while view:
                    view = view[os.write(file, view) :]
        finally:
            os.close(file)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
