"""The directory that one demo owns: locked while it runs, empty when it begins, without processes of an earlier one."""

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROCESS_LIST = "processes"
SERVER_PIDS = ("*/redis.pid", "*/data/postmaster.pid")
GONE_SECONDS = 10.0
POLL_SECONDS = 0.05


class DirectoryInUse(RuntimeError):
    """Another demo runs here."""


@contextmanager
def own_directory(directory: Path) -> Iterator[Path]:
    """Raises DirectoryInUse, and then nothing was touched."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DirectoryInUse(f"Another demo runs in {directory}. Stop it, or give --directory.") from error
        end_leftovers(directory)
        for left in directory.iterdir():
            if left.name != "lock":
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        yield directory


def end_leftovers(directory: Path) -> None:
    """End what a killed demo left running. A process is ours when it is listed here and was started for here."""
    lists = [directory / PROCESS_LIST, *(path for pattern in SERVER_PIDS for path in directory.glob(pattern))]
    pids = {pid for path in lists for pid in listed(path) if belongs(pid, directory)}
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + GONE_SECONDS
    while any(belongs(pid, directory) for pid in pids) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def listed(path: Path) -> list[int]:
    """Process ids, one a line, as far as the file holds some (a server's pid file has one, in its first line)."""
    if not path.is_file():
        return []
    lines = path.read_text().splitlines()
    return [int(line) for line in (lines if path.name == PROCESS_LIST else lines[:1]) if line.strip().isdigit()]


def belongs(pid: int, directory: Path) -> bool:
    """Whether that process lives and names this directory in its command line or surroundings (Linux)."""
    for part in ("cmdline", "environ"):
        with contextlib.suppress(OSError):
            if os.fsencode(directory) in Path(f"/proc/{pid}/{part}").read_bytes():
                return True
    return False
