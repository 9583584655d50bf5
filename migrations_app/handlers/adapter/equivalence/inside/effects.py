"""What a call does besides answering: files, programs, network, environment; also what it tries in vain."""

import hashlib
import os
import stat
import sys
from contextlib import suppress
from typing import Any

MOST = 50
_MOST_BYTES = 1_000_000
_CACHES = ".cache"
_NETWORK = (
    *("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethost"),
    *("urllib.Request", "http.client.connect", "ftplib.connect", "smtplib.connect", "imaplib.open", "poplib.connect"),
)
_PROGRAMS = ("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "pty.spawn")
_SIGNALS = ("os.kill", "signal.pthread_kill")
_ENVIRONMENT = ("os.putenv", "os.unsetenv", "os.chdir")
_PATHS = (
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "shutil.rmtree",
    "shutil.move",
    "sqlite3.connect",
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Effects:
    """An audit hook cannot be taken off again, so there is one for each process."""

    def __init__(self, scratch: str) -> None:
        self._scratch = scratch
        self._recording = False
        self._tried: set[str] = set()
        self._before: dict[str, str] = {}
        sys.addaudithook(self._heard)

    def begin(self) -> None:
        self._tried = set()
        self._before = content(self._scratch)
        self._recording = True

    def end(self) -> list[str]:
        """As sentences, sorted. New files are removed, so that each case begins alike."""
        self._recording = False
        after = content(self._scratch)
        found = set(self._tried)
        for path in sorted(after.keys() - self._before.keys(), reverse=True):
            found.add(f"creates {path}: {after[path]}")
            _remove(path)
        found |= {f"removes {path}" for path in self._before.keys() - after.keys()}
        common = self._before.keys() & after.keys()
        found |= {f"changes {path}: {after[path]}" for path in common if self._before[path] != after[path]}
        return sorted(found)[:MOST]

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._recording:
            return
        self._recording = False  # what saying it does is not recorded
        try:
            said = _said(event, arguments, self._scratch)
            if said and len(self._tried) < MOST:
                self._tried.add(said[:500])
        finally:
            self._recording = True


def _said(event: str, arguments: tuple[Any, ...], scratch: str) -> str:
    if event == "open":
        path, _, flags = arguments
        writes = isinstance(flags, int) and flags & _WRITES
        return f"opens {_path(path)} for writing" if writes and _is_outside(path, scratch) else ""
    if event in _PATHS:
        paths = [one for one in arguments if isinstance(one, str | bytes | os.PathLike)]
        outside = [_path(one) for one in paths if _is_outside(one, scratch)]
        return f"{event} {', '.join(outside)}" if outside else ""
    if event.startswith(_NETWORK):
        return (
            f"network: {event} {', '.join(str(one) for one in arguments if isinstance(one, str | bytes | tuple | int))}"
        )
    if event.startswith(_PROGRAMS):
        said = [repr(one) for one in arguments if isinstance(one, str | bytes | list | tuple)]
        return f"program: {event} {' '.join(said[:2])}".rstrip()
    if event in _SIGNALS:
        return f"signal: {event}"
    if event in _ENVIRONMENT:
        return f"environment: {event} {_path(arguments[0]) if arguments else ''}"
    return ""


def _path(found: Any) -> str:
    try:
        return os.fsdecode(found)
    except TypeError:
        return repr(found)[:200]


def _is_outside(path: Any, scratch: str) -> bool:
    """Files in the scratch directory are compared by their content instead."""
    if isinstance(path, int):
        return False
    whole = os.path.normpath(os.path.join(scratch, _path(path)))
    return whole != os.devnull and not whole.startswith(f"{scratch}/")


def content(root: str) -> dict[str, str]:
    """Each path in it with what it is; caches and what else is mounted there are left out."""
    found: dict[str, str] = {}
    waiting = [root]
    device = os.stat(root).st_dev
    while waiting and len(found) < 10_000:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            status = entry.stat(follow_symlinks=False)
            if status.st_dev != device or entry.name == _CACHES:
                continue
            if stat.S_ISDIR(status.st_mode):
                found[entry.path] = "a directory"
                waiting.append(entry.path)
            elif stat.S_ISREG(status.st_mode):
                found[entry.path] = f"{status.st_size} bytes, {_digest(entry.path)}"
            else:
                found[entry.path] = f"of kind {stat.S_IFMT(status.st_mode):o}"
    return found


def _digest(path: str) -> str:
    try:
        with open(path, "rb") as source:
            return hashlib.sha256(source.read(_MOST_BYTES)).hexdigest()[:16]
    except OSError:
        return "unreadable"


def _remove(path: str) -> None:
    with suppress(OSError):
        if os.path.isdir(path) and not os.path.islink(path):
            os.rmdir(path)
        else:
            os.unlink(path)
